"""Workbooks of projects, read cell by cell: facts where they can be read, a fault for each cell that cannot.

The first visible sheet counts. Its header row is the one, of the first rows, with most known fields. A fault
names its cell and says what would be right; a caller that imports takes all rows or none.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import python_calamine

from registry.reports import archive
from registry.reports.archive import refused
from registry.reports.cells import UnreadableCell, read_cell
from registry.reports.headers import Headers
from registry.reports.survey import Survey, column_letters, first_visible_sheet, percent_styles, survey
from scoring.facts import FactSpec, Value
from scoring.words import Words

HEADER_ROWS = 15

_FORMULA = Words("是公式，请复制后“选择性粘贴—数值”", "holds a formula; copy it and paste it as a value")
_ERROR = Words("是错误值（例如 #N/A），请改正或清空", "holds an error such as #N/A; correct or clear it")
_UNUSUAL = Words(
    "可以读取，但超出常见范围，请核对单位和小数点", "is readable but unusual; check unit and decimals"
)


@dataclass(frozen=True, slots=True)
class CellFault:
    """One cell that needs attention: `cell` as the spreadsheet names it, and what is wrong with it."""

    cell: str
    row: int
    header: str
    message: Words

    @property
    def words(self) -> Words:
        """The message with its place, for people."""
        zh = f"“{self.header}”" if self.header else ""
        en = f" “{self.header}”" if self.header else ""
        return Words(
            f"第 {self.row} 行{zh}（{self.cell}）：{self.message.zh}",
            f"Row {self.row}{en} ({self.cell}): {self.message.en}",
        )


@dataclass(frozen=True, slots=True)
class ProjectRow:
    """The facts of one row; `number` is the row's number in the sheet."""

    number: int
    facts: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class ProjectSheet:
    """A sheet of projects. `doubts` are readable but unusual; `ignored` are headers of unread columns."""

    name: str
    rows: tuple[ProjectRow, ...]
    faults: tuple[CellFault, ...]
    doubts: tuple[CellFault, ...]
    ignored: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Column:
    number: int
    header: str
    spec: FactSpec

    def fault(self, row: int, message: Words) -> CellFault:
        return CellFault(f"{column_letters(self.number)}{row}", row, self.header, message)


def read_workbook(source: Path | bytes, dictionary: Mapping[str, FactSpec]) -> ProjectSheet:
    """The projects of a workbook; raises RefusedWorkbook if it cannot be opened safely or has no header."""
    name, table, notes = _open(source)
    headers = Headers.of(dictionary)
    header_row = _header_row(table, headers)
    columns, faults, ignored = _columns(table[header_row - 1], header_row, headers)
    faults += _merged(notes, header_row)
    doubts: list[CellFault] = []
    rows: list[ProjectRow] = []
    for number, values in enumerate(table[header_row:], start=header_row + 1):
        facts, wrong, unusual = _read_row(number, values, columns, notes)
        faults += wrong
        doubts += unusual
        if facts or wrong:
            rows.append(ProjectRow(number, facts))
    return ProjectSheet(name, tuple(rows), tuple(faults), tuple(doubts), tuple(ignored))


def _open(source: Path | bytes) -> tuple[str, Sequence[Sequence[Any]], Survey]:
    parts = archive.load_parts(source)
    name, sheet = first_visible_sheet(parts)
    styles = next((content for part, content in parts.items() if part.lower() == "xl/styles.xml"), None)
    notes = survey(sheet, percent_styles=frozenset() if styles is None else percent_styles(styles))
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(archive.repacked(parts)))
        table = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise refused("无法解析，请重新另存为 .xlsx", "cannot be parsed; save it again as .xlsx") from error
    return name, table, notes


def _header_row(table: Sequence[Sequence[Any]], headers: Headers) -> int:
    known = [
        sum(headers.find(value) is not None for value in row if isinstance(value, str))
        for row in table[:HEADER_ROWS]
    ]
    if not any(known):
        raise refused(
            "没有认得的表头；列名应为字段名，例如“项目名称”“总投资”",
            "has no known header; name the columns by field, for example “Project name”",
        )
    return known.index(max(known)) + 1


def _columns(
    row: Sequence[Any], number: int, headers: Headers
) -> tuple[list[_Column], list[CellFault], list[str]]:
    columns: dict[str, _Column] = {}
    faults: list[CellFault] = []
    ignored: list[str] = []
    for position, value in enumerate(row, start=1):
        header = str(value).strip()
        spec = headers.find(header)
        message = headers.fault(header)
        if spec is not None and spec.key in columns:
            first = column_letters(columns[spec.key].number)
            message = Words(
                f"与 {first} 列是同一字段，请只留一列", f"repeats column {first}; keep one of them"
            )
        if message is not None:
            faults.append(CellFault(f"{column_letters(position)}{number}", number, header, message))
        elif spec is not None:
            columns[spec.key] = _Column(position, header, spec)
        elif header:
            ignored.append(header)
    return list(columns.values()), faults, ignored


def _merged(notes: Survey, header_row: int) -> list[CellFault]:
    faults = []
    for (top, left), (bottom, right) in notes.merged:
        if bottom < header_row:
            continue  # a title above the table
        first, last = f"{column_letters(left)}{top}", f"{column_letters(right)}{bottom}"
        message = Words(
            f"{first}:{last} 是合并单元格，请取消合并并逐格填写",
            f"{first}:{last} are merged; unmerge them and fill each cell",
        )
        faults.append(CellFault(first, top, "", message))
    return faults


def _read_row(
    number: int, values: Sequence[Any], columns: Sequence[_Column], notes: Survey
) -> tuple[dict[str, Value], list[CellFault], list[CellFault]]:
    facts: dict[str, Value] = {}
    faults: list[CellFault] = []
    doubts: list[CellFault] = []
    for column in columns:
        place = (number, column.number)
        if place in notes.formulas or place in notes.errors:
            faults.append(column.fault(number, _FORMULA if place in notes.formulas else _ERROR))
            continue
        try:
            value = read_cell(column.spec, values[column.number - 1], is_percent=place in notes.percents)
        except UnreadableCell as error:
            faults.append(column.fault(number, error.words))
            continue
        if value is not None:
            facts[column.spec.key] = value
            if column.spec.is_implausible(value):
                doubts.append(column.fault(number, _UNUSUAL))
    return facts, faults, doubts
