"""Tables written as workbooks. Text is always written as text, so no cell of ours can turn into a formula."""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter

from scoring.words import Words

# A cell holds at most so many characters; a sheet name so many.
_MAX_TEXT = 32_767
_MAX_SHEET_NAME = 31
_EXACT_DIGITS = 15
_INK, _PINE, _LINE, _HEAD = "#15211d", "#0d4437", "#b9c4bf", "#dcece5"


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column: which entry of a row it shows, its title with the unit, and its width in characters."""

    key: str
    title: Words
    width: int = 14


def table_workbook(
    *,
    title: Words,
    columns: Sequence[TableColumn],
    rows: Iterable[Mapping[str, Any]],
    notes: Sequence[Words] = (),
    made_on: date,
    language: str = "zh",
) -> bytes:
    """A workbook with one table: title, header, rows; and a second sheet with notes (editions, date, counts).

    A cell may be text, Words, a number, a date, a flag, a set of texts or None (left empty: missing is not
    zero). A number with more than 15 digits is written as text, since a spreadsheet would round it. The same
    input gives the same bytes.
    """
    target = io.BytesIO()
    book = _new_book(target, title, made_on, language)
    sheet = book.add_worksheet(_sheet_name(title.in_language(language)))
    formats = _Formats.of(book)
    sheet.write_string(0, 0, title.in_language(language), formats.title)
    for position, column in enumerate(columns):
        sheet.set_column(position, position, column.width)
        sheet.write_string(2, position, column.title.in_language(language), formats.head)
    sheet.freeze_panes(3, min(1, len(columns)))
    last = 2
    for last, row in enumerate(rows, start=3):
        for position, column in enumerate(columns):
            _write(sheet, last, position, row.get(column.key), formats, language)
    if columns and last > 2:
        sheet.autofilter(2, 0, last, len(columns) - 1)
    if notes:
        _write_notes(book, notes, formats, language)
    book.close()
    return target.getvalue()


@dataclass(frozen=True, slots=True)
class _Formats:
    title: Any
    head: Any
    text: Any
    number: Any
    day: Any

    @classmethod
    def of(cls, book: Any) -> "_Formats":
        cell = {"font_color": _INK, "border": 1, "border_color": _LINE, "valign": "top"}
        return cls(
            title=book.add_format({"bold": True, "font_size": 14, "font_color": _PINE}),
            head=book.add_format({**cell, "bold": True, "bg_color": _HEAD, "text_wrap": True}),
            text=book.add_format({**cell, "text_wrap": True}),
            number=book.add_format({**cell, "num_format": "#,##0.####"}),
            day=book.add_format({**cell, "num_format": "yyyy-mm-dd", "align": "left"}),
        )


def _new_book(target: io.BytesIO, title: Words, made_on: date, language: str) -> Any:
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(target, options)
    moment = datetime(made_on.year, made_on.month, made_on.day)  # noqa: DTZ001 - a property of the file
    book.set_properties({"title": title.in_language(language), "created": moment})
    return book


def _write(sheet: Any, row: int, column: int, value: Any, formats: _Formats, language: str) -> None:
    if value is None:
        sheet.write_blank(row, column, None, formats.text)
    elif isinstance(value, bool):
        words = Words("是", "yes") if value else Words("否", "no")
        sheet.write_string(row, column, words.in_language(language), formats.text)
    elif isinstance(value, int | float | Decimal):
        _write_number(sheet, row, column, value, formats)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, formats.day)
    else:
        sheet.write_string(row, column, _text(value, language)[:_MAX_TEXT], formats.text)


def _write_number(sheet: Any, row: int, column: int, value: float | Decimal, formats: _Formats) -> None:
    exact = Decimal(str(value))
    digits = len(exact.normalize().as_tuple().digits) if exact.is_finite() else _EXACT_DIGITS + 1
    if digits > _EXACT_DIGITS:
        sheet.write_string(row, column, str(value), formats.text)
    else:
        sheet.write_number(row, column, float(value), formats.number)


def _text(value: Any, language: str) -> str:
    if isinstance(value, Words):
        return value.in_language(language)
    if isinstance(value, set | frozenset | list | tuple):
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return ("、" if language.startswith("zh") else ", ").join(_text(item, language) for item in items)
    return str(value)


def _write_notes(book: Any, notes: Sequence[Words], formats: _Formats, language: str) -> None:
    sheet = book.add_worksheet("说明" if language.startswith("zh") else "Notes")
    sheet.set_column(0, 0, 100)
    for row, note in enumerate(notes):
        sheet.write_string(row, 0, note.in_language(language), formats.text)


def _sheet_name(title: str) -> str:
    allowed = "".join("-" if char in "[]:*?/\\" else char for char in title).strip("'")
    return allowed[:_MAX_SHEET_NAME] or "1"
