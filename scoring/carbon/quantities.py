"""The border: what a caller states, in whatever unit, becomes a number in the declared unit of its input.

Accepted are a number or text in the declared unit, a (value, unit) pair, a {"value", "unit"} mapping, a pint
quantity, text with a unit such as “15.58 GWh/yr”, and a `Factor`. Units are read by pint; what has another
dimension is refused.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

import numpy as np

from scoring import catalogue
from scoring.carbon.factors import Factor
from scoring.errors import InvalidFacts
from scoring.facts import FactSpec
from scoring.words import Words

MAX_UNIT_LENGTH = 60
MAX_SERIES = 400
_UNIT_TEXT = re.compile(r"[A-Za-z0-9_.*/()^%° +\-]*\Z")
_BIG_POWER = re.compile(r"(\*\*|\^)\s*\(?\s*[-+]?\s*(\d{2,}|[^\d\s\-+])")
_NUMBER_AND_UNIT = re.compile(r"\s*([-+]?[\d,]*\.?\d+(?:[eE][-+]?\d{1,2})?)\s*(\S.*)\Z")
# words that describe the substance or the moment and change no unit
_NOTES = re.compile(r"\b(wet|dry|clinker|cement|waste|over the period)\b|\bd\.m\.?")
_CHINESE = (
    ("万元", "(1e4*CNY)"),
    ("亿元", "(1e8*CNY)"),
    ("百公里", "(100*km)"),
    ("人公里", "pkm"),
    ("公里", "km"),
    ("人次", "person"),
    ("公顷", "hectare"),
    ("亩", "mu"),
    ("吨", "t"),
    ("元", "CNY"),
    ("年", "year"),
    ("天", "day"),
    ("小时", "hour"),
    ("头", "head"),
    ("标准煤", "ce"),
)


class UnknownUnit(Exception):
    """Text that is no unit, or one of another dimension than wanted."""


def read(spec: FactSpec, raw: Any) -> float | np.ndarray | None:
    """The value meant, in the unit of the input; None when nothing was stated. Raises InvalidFacts."""
    value, unit = _split(spec, raw)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if is_series(spec):
        return _read_series(spec, value, unit)
    if isinstance(value, Sequence | np.ndarray) and not isinstance(value, str):
        raise InvalidFacts({spec.key: Words("应为一个数，不是数列", "must be one number, not a series")})
    if unit is not None:
        value = _convert(spec, value, unit)
    if not spec.is_numeric:
        raise InvalidFacts({spec.key: Words("不是数值输入", "is not a numeric input")})
    if isinstance(value, float | np.floating):
        value = _decimal(spec, float(value))
    found = spec.read(value)
    if found is None:
        return None
    if not isinstance(found, Decimal | int):
        raise InvalidFacts({spec.key: Words("应填数字", "must be a number")})
    return float(found)


def fits(spec: FactSpec, raw: Any) -> bool:
    """Whether the unit stated with a value, if any, can be converted to that of the input."""
    _, unit = _split(spec, raw)
    if unit is None or spec.unit is None or unit in (spec.unit.symbol, spec.unit.pint):
        return True
    try:
        conversion(unit, spec.unit.pint)
    except UnknownUnit:
        return False
    return True


def is_series(spec: FactSpec) -> bool:
    """Whether the input is a series: a text field that has a unit, its numbers parted by commas."""
    return spec.kind == "text" and spec.unit is not None


@lru_cache(maxsize=2048)
def conversion(given: str, wanted: str) -> tuple[float, float]:
    """Slope and offset that turn a value in one unit into another; raises UnknownUnit."""
    text = _normalised(given)
    target = _parse(wanted)
    source = _parse(text)
    if not source.is_compatible_with(target) and "[emission]" in target.dimensionality:
        # a plain tonne beside an emission is a tonne of CO2 equivalent
        source = _parse(re.sub(r"\b(k?)(t|g)\b", r"\1\2CO2e", text).replace("ktCO2e", "1e3*tCO2e"))
    if not source.is_compatible_with(target):
        raise UnknownUnit(given)
    if source._is_multiplicative:
        return float(source.to(target.units).magnitude) / float(target.magnitude), 0.0
    at_zero, at_one = (type(source)(value, source.units).to(target.units).magnitude for value in (0.0, 1.0))
    return float(at_one - at_zero), float(at_zero)


def back(declared: str, wanted: str) -> tuple[float, float]:
    """Slope and offset from a declared unit to one that a caller names; raises UnknownUnit."""
    slope, offset = conversion(wanted, declared)
    return 1.0 / slope, -offset / slope


@cache
def registry() -> Any:
    """The unit registry of pint, made when the first unit is converted."""
    import pint

    found: Any = pint.UnitRegistry()
    lines = (catalogue.DATA / "units.txt").read_text(encoding="utf-8").splitlines()
    found.load_definitions([line for line in lines if line and not line.startswith("#")])
    return found


def _parse(text: str) -> Any:
    ureg = registry()
    try:
        parsed = ureg.parse_expression(text)
    except Exception as error:  # pint raises half a dozen kinds, tokenizer errors among them
        raise UnknownUnit(text) from error
    return parsed if hasattr(parsed, "units") else ureg.Quantity(float(parsed), "")


@lru_cache(maxsize=2048)
def _normalised(given: str) -> str:
    text = unicodedata.normalize("NFKC", given).strip().replace("·", "*").replace("−", "-")
    for chinese, meant in _CHINESE:
        text = text.replace(chinese, meant)
    text = re.sub(r"(?:1e4|10\^4|10\*\*4|万)\s*\*?\s*([A-Za-z]\w*)", r"(1e4*\1)", text)
    text = re.sub(r"\b100\s*km\b", "(100*km)", text)
    text = _NOTES.sub("", re.sub(r"\bin year \d+", "/year", text))
    if re.match(r"1?\s*\(([A-Za-z/, ]+)\)\Z", text.strip()):  # “1 (SPF)”: a bare number and its name
        text = "1"
    if " per " in text:
        above, below = text.split(" per ", 1)
        text = f"({above})/({below})"
    text = re.sub(r"(?<![\w.])%", "percent", text.strip())
    if len(text) > MAX_UNIT_LENGTH or not _UNIT_TEXT.match(text) or _BIG_POWER.search(text):
        raise UnknownUnit(given)
    return text or "1"


def _split(spec: FactSpec, raw: Any) -> tuple[Any, str | None]:
    if isinstance(raw, Factor):
        return raw.value, raw.unit.pint
    if isinstance(raw, Mapping) and set(raw) == {"value", "unit"}:
        return raw["value"], str(raw["unit"])
    if isinstance(raw, tuple) and len(raw) == 2 and isinstance(raw[1], str):
        return raw[0], raw[1]
    if hasattr(raw, "magnitude") and hasattr(raw, "units"):
        return raw.magnitude, str(raw.units)
    if isinstance(raw, str) and spec.is_numeric and spec.unit is not None:
        match = _NUMBER_AND_UNIT.match(unicodedata.normalize("NFKC", raw))
        if match and match[2].strip() not in ("", spec.unit.symbol):
            return match[1].replace(",", ""), match[2].strip()
    return raw, None


def _convert(spec: FactSpec, value: Any, unit: str) -> Any:
    wanted = spec.unit
    if wanted is None or unit in (wanted.symbol, wanted.pint):
        return value
    try:
        slope, offset = conversion(unit, wanted.pint)
        return float(value) * slope + offset
    except UnknownUnit:
        raise InvalidFacts(
            {
                spec.key: Words(
                    f"单位“{unit[:40]}”不能换算为 {wanted.label.zh or '无量纲数'}",
                    f"the unit “{unit[:40]}” cannot be converted to {wanted.label.en or 'a bare number'}",
                )
            }
        ) from None
    except (TypeError, ValueError):
        raise InvalidFacts({spec.key: Words("应填数字", "must be a number")}) from None


def _decimal(spec: FactSpec, value: float) -> Decimal:
    if not np.isfinite(value):
        raise InvalidFacts({spec.key: Words("应为有限的数", "must be a finite number")})
    return Decimal(repr(value))


def _read_series(spec: FactSpec, value: Any, unit: str | None) -> np.ndarray:
    items = re.split(r"[,;，；、\s]+", value.strip(" ,;，；、")) if isinstance(value, str) else list(value)
    if not items or len(items) > MAX_SERIES:
        raise InvalidFacts(
            {spec.key: Words(f"应有 1–{MAX_SERIES} 个数", f"must have 1 to {MAX_SERIES} numbers")}
        )
    found = np.empty(len(items))
    for place, item in enumerate(items):
        try:
            number = float(_convert(spec, item, unit) if unit is not None else item)
        except (TypeError, ValueError):
            raise InvalidFacts(
                {spec.key: Words(f"第 {place + 1} 项不是数字", f"entry {place + 1} is not a number")}
            ) from None
        if not np.isfinite(number):
            raise InvalidFacts({spec.key: Words("应为有限的数", "must be finite numbers")})
        low, high = spec.minimum, spec.maximum
        if (low is not None and number < low) or (high is not None and number > high):
            span = f"{low if low is not None else '−∞'}–{high if high is not None else '∞'}"
            raise InvalidFacts(
                {
                    spec.key: Words(
                        f"第 {place + 1} 项应在 {span} 之间", f"entry {place + 1} must lie within {span}"
                    )
                }
            )
        found[place] = number
    return found
