"""Numbers as readers see them: grouped, rounded half up once, with a real minus sign."""

import math
from decimal import ROUND_HALF_UP, Decimal

Number = int | float | Decimal
MINUS = "−"
UNKNOWN = "—"


def grouped(value: Number | None, decimals: int = 0) -> str:
    """1234567.8 → “1,234,568”; an unknown value is “—”, never 0."""
    if value is None:
        return UNKNOWN
    return _signless(_rounded(value, decimals), decimals)


def significant(value: Number | None, digits: int = 3) -> str:
    """18673 → “18,700”, 0.12345 → “0.123”: the given number of significant digits."""
    if value is None:
        return UNKNOWN
    exact = _exact(value)
    if exact == 0:
        return "0"
    decimals = digits - 1 - exact.adjusted()
    rounded = _rounded(exact, decimals)
    if rounded.adjusted() > exact.adjusted():  # 999.6 became 1000
        decimals -= 1
    return _signless(rounded, max(decimals, 0))


def signed(value: Number | None, decimals: int = 1) -> str:
    """A change: “+3.7”, “−0.4”, and “0.0” without a sign."""
    if value is None:
        return UNKNOWN
    rounded = _rounded(value, decimals)
    return ("+" if rounded > 0 else "") + _signless(rounded, decimals)


def span(low: Number | None, high: Number | None, digits: int = 3) -> str:
    """An interval without its unit: “16,900–20,400”; a negative bound keeps its sign."""
    if low is None or high is None:
        return UNKNOWN
    return f"{significant(low, digits)}–{significant(high, digits)}"


def shares_of(total: Number, parts: list[Number], decimals: int) -> list[Decimal]:
    """The parts rounded so that they add up to the rounded total; the largest takes the difference."""
    shown = [_rounded(part, decimals) for part in parts]
    if shown:
        largest = max(range(len(shown)), key=lambda i: abs(shown[i]))
        shown[largest] += _rounded(total, decimals) - sum(shown)
    return shown


def _exact(value: Number) -> Decimal:
    if not math.isfinite(value):
        raise ValueError(f"a figure must be finite, not {value}")
    return Decimal(str(value))


def _rounded(value: Number, decimals: int) -> Decimal:
    return _exact(value).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def _signless(value: Decimal, decimals: int) -> str:
    text = f"{abs(value):,.{max(decimals, 0)}f}"
    return MINUS + text if value < 0 else text
