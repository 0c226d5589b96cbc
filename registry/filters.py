"""How numbers and dates are written on pages: rounded once, here."""

from datetime import date, datetime
from decimal import Decimal
from math import floor, isfinite, log10
from typing import Any

from flask import Flask

from registry import charts
from registry.clock import BEIJING
from registry.language import current
from scoring.facts import FactSpec, Value
from scoring.places import district, townships
from scoring.taxonomy import categories
from scoring.units import units
from scoring.words import Words

UNKNOWN = "—"
MINUS = "−"
WAN = 10_000
_COUNTED = {
    "个": Words("个", "count"),
    "家": Words("家", "enterprises"),
    "种": Words("种", "kinds"),
    "笔": Words("笔", "deals"),
    "万人": Words("万人", "10k people"),
}


def init_app(app: Flask) -> None:
    for function in (money, tco2e, number, percent, day, moment, fact, category, township, unit):
        app.jinja_env.filters[function.__name__] = function
    app.jinja_env.globals["charts"] = charts.speaking(current)


def number(value: float | Decimal | None, places: int = 0) -> str:
    """Grouped, with a real minus sign; unknown is a dash, never 0."""
    if value is None or not isfinite(value):
        return UNKNOWN
    return f"{value:,.{places}f}".replace("-", MINUS)


def money(value: Decimal | None) -> str:
    """An amount given in 万元: whole below one 亿元, two decimals of 亿元 above; CNY m or bn in English."""
    if value is None:
        return UNKNOWN
    if current() == "en":
        million = value / 100
        return (
            f"CNY {number(million / 1000, 2)} bn" if abs(million) >= 1000 else f"CNY {number(million, 1)} m"
        )
    if abs(value) >= WAN:
        return f"{number(value / WAN, 2)} 亿元"
    return f"{number(value, 0 if value == value.to_integral_value() else 2)} 万元"


def tco2e(value: float | None, unit: bool = True) -> str:
    """Tonnes of CO2 equivalent with three significant figures."""
    if value is None or not isfinite(value):
        return UNKNOWN
    if value == 0:
        rounded = 0.0
    else:
        places = 2 - floor(log10(abs(value)))
        rounded = round(value, places)
    shown = number(rounded, 0 if abs(rounded) >= 100 else 1 if abs(rounded) >= 10 else 2)
    return f"{shown} tCO₂e" if unit else shown


def percent(value: float | Decimal | None, places: int = 1) -> str:
    return UNKNOWN if value is None else f"{number(value, places)}%"


def day(value: date | None) -> str:
    """2026-11-23 in tables; the date in Beijing when a moment is given."""
    if value is None:
        return UNKNOWN
    if isinstance(value, datetime):
        value = value.astimezone(BEIJING).date()
    return value.isoformat()


def moment(value: datetime | None) -> str:
    """Date and minute in Beijing."""
    return UNKNOWN if value is None else value.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")


def category(code: str) -> str:
    """A category with its name."""
    found = categories().get(code)
    return f"{code} {found.label.in_language(current())}" if found else code


def township(code: str | None) -> str:
    """A township, or the district itself, by name; a dash outside the district."""
    if code == district().code:
        return district().label.in_language(current())
    found = townships().get(code or "")
    return found.label.in_language(current()) if found else UNKNOWN


def unit(symbol: str) -> str:
    """A unit by its symbol, or what an indicator of the index counts."""
    known = units().get(symbol)
    label = known.label if known else _COUNTED.get(symbol)
    return label.in_language(current()) if label else symbol


def fact(value: Value | None, spec: FactSpec) -> str:
    """A stated fact as a person reads it: label of the choice, unit behind the number."""
    if value is None:
        return ""
    return _fact(value, spec)


def _fact(value: Any, spec: FactSpec) -> str:
    language = current()
    if isinstance(value, bool):
        return (Words("是", "Yes") if value else Words("否", "No")).in_language(language)
    if isinstance(value, frozenset):
        joint = "、" if language == "zh" else ", "
        return joint.join(spec.choice_label(item).in_language(language) for item in sorted(value))
    if spec.kind == "choice":
        return spec.choice_label(value).in_language(language)
    if spec.check == "category":
        return category(value)
    if spec.check == "township":
        return township(value)
    if isinstance(value, Decimal | int):
        unit = spec.unit.label.in_language(language) if spec.unit else ""
        shown = f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}"
        return f"{shown.replace('-', MINUS)} {unit}".strip()
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
