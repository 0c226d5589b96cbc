"""One cell of a workbook from outside, read as a fact; what cannot be read says what would be right."""

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from scoring.errors import InvalidFacts
from scoring.facts import FactSpec, Value
from scoring.units import Unit, units
from scoring.words import Words

# A spreadsheet keeps 15 significant digits; what follows is the noise of binary fractions.
_DIGITS = 15
_FIRST_DAY = date(1899, 12, 30)
_QUANTITY = re.compile(r"([-+]?[0-9][0-9,]*(?:\.[0-9]+)?)(\D.*)\Z")
_SHORT_MONEY = {"亿": "亿元", "万": "万元", "元": "CNY", "rmb": "CNY", "人民币": "CNY"}


class UnreadableCell(Exception):
    """A cell that cannot be read as its field; `words` says why and what would be right."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.words = Words(zh, en)


def read_cell(spec: FactSpec, raw: Any, *, is_percent: bool = False) -> Value | None:
    """The fact in a cell, None if nothing is stated; raises UnreadableCell.

    `is_percent` tells that the cell shows its number as a percentage: 15 % is kept as 0.15 there.
    """
    try:
        return spec.read(_prepared(spec, raw, is_percent))
    except InvalidFacts as error:
        words = error.messages[spec.key]
        raise UnreadableCell(words.zh, words.en) from None


def _prepared(spec: FactSpec, raw: Any, is_percent: bool) -> Any:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, int | float):
        return _number(spec, raw, is_percent)
    if isinstance(raw, datetime | date | time | timedelta):
        return _moment(spec, raw)
    if isinstance(raw, str) and spec.is_numeric:
        return _without_unit(spec, raw)
    return raw


def _number(spec: FactSpec, raw: float, is_percent: bool) -> Any:
    exact = Decimal(f"{raw:.{_DIGITS}g}")
    if spec.kind == "date":
        raise _serial_number(exact)
    if spec.is_numeric:
        shown_in_percent = is_percent and spec.unit is not None and spec.unit.symbol == "%"
        return format(exact * 100 if shown_in_percent else exact, "f")
    if spec.kind == "flag":
        return format(exact, "f")
    if abs(exact) >= 10**_DIGITS:
        raise UnreadableCell(
            "长编号存成了数字，末几位已丢失；请把单元格设为“文本”后重新填写",
            "the code was kept as a number and lost its last digits; format the cell as text, type it again",
        )
    return format(exact, "f")


def _serial_number(exact: Decimal) -> UnreadableCell:
    if 20_000 <= exact <= 80_000:
        day = _FIRST_DAY + timedelta(days=int(exact))
        return UnreadableCell(
            f"“{exact:f}”像是日期序号，若指 {day}，请填 {day}",
            f"“{exact:f}” looks like a serial date; if {day} is meant, type {day}",
        )
    return UnreadableCell("日期应写成 2026-03-31", "a date is written 2026-03-31")


def _moment(spec: FactSpec, raw: datetime | date | time | timedelta) -> Any:
    if spec.kind == "date" and isinstance(raw, date):
        return raw
    if spec.is_numeric or spec.kind in ("date", "flag"):
        raise UnreadableCell(
            f"单元格是日期或时间格式（{raw}），请改为“常规”格式后重新填写",
            f"the cell is formatted as a date or time ({raw}); format it as general and type it again",
        )
    return raw.isoformat() if isinstance(raw, date | time) else str(raw)


def _without_unit(spec: FactSpec, raw: str) -> str:
    """The number before the field's own unit; raises UnreadableCell for “1.05 亿元” where 万元 are asked."""
    text = re.sub(r"\s", "", unicodedata.normalize("NFKC", raw))
    match = _QUANTITY.match(text)
    stated = _unit(match[2]) if match else None
    if match is None or stated is None or spec.unit is None or stated.dimension != spec.unit.dimension:
        return raw
    if stated.comparable(spec.unit):
        return match[1]
    amount = Decimal(match[1].replace(",", "")) * stated.scale / spec.unit.scale
    right = format(amount.normalize(), "f")
    raise UnreadableCell(
        f"“{raw.strip()}”的单位不是{spec.unit.label.zh}，应填 {right}",
        f"“{raw.strip()}” is not in {spec.unit.label.en}; type {right}",
    )


def _unit(text: str) -> Unit | None:
    wanted = _SHORT_MONEY.get(text.casefold(), text).casefold()
    for unit in units().values():
        names = (unit.symbol, unit.label.zh, unit.label.en)
        if wanted in (unicodedata.normalize("NFKC", name).replace(" ", "").casefold() for name in names):
            return unit
    return None
