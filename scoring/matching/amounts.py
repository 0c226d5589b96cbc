"""Numbers given to a finance figure: read once, refused when they cannot mean anything."""

import math
from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from scoring.errors import InvalidFacts
from scoring.words import Words

Amount = float | int | Decimal
Array = npt.NDArray[np.float64]


def amount(name: str, value: Amount, *, positive: bool = False, negative_allowed: bool = False) -> float:
    """`value` as a float; raises InvalidFacts naming the field when it is no usable amount."""
    number = float(value)
    if isinstance(value, bool) or not math.isfinite(number):
        raise InvalidFacts({name: Words("应为有限的数字", "must be a finite number")})
    if positive and number <= 0:
        raise InvalidFacts({name: Words("应大于 0", "must be greater than 0")})
    if not negative_allowed and number < 0:
        raise InvalidFacts({name: Words("不能小于 0", "must be at least 0")})
    return number


def series(name: str, values: Sequence[Amount], *, shortest: int = 1, negative_allowed: bool = True) -> Array:
    """`values` as a vector; raises InvalidFacts when it is too short or holds what is no number."""
    if len(values) < shortest:
        raise InvalidFacts({name: Words(f"至少需要 {shortest} 期", f"needs at least {shortest} periods")})
    numbers = np.array([float(value) for value in values], dtype=np.float64)
    if not np.isfinite(numbers).all():
        raise InvalidFacts({name: Words("每期都应为有限的数字", "every period must be a finite number")})
    if not negative_allowed and (numbers < 0).any():
        raise InvalidFacts({name: Words("各期不能为负", "no period may be negative")})
    return numbers


def rate(name: str, value: Amount) -> float:
    """An interest or discount rate per period as a decimal (0.036 is 3.6 %); above −1."""
    number = amount(name, value, negative_allowed=True)
    if number <= -1:
        raise InvalidFacts({name: Words("利率应大于 −100%", "a rate must be above −100 %")})
    if number > 1:
        raise InvalidFacts(
            {name: Words("利率以小数填写，0.036 即 3.6%", "a rate is a decimal: 0.036 means 3.6 %")}
        )
    return number


def whole(name: str, value: int, *, least: int, most: int = 1200) -> int:
    """A count of periods within sensible bounds."""
    if isinstance(value, bool) or value != int(value) or not least <= value <= most:
        raise InvalidFacts(
            {name: Words(f"应为 {least} 至 {most} 的整数", f"must be a whole number from {least} to {most}")}
        )
    return int(value)
