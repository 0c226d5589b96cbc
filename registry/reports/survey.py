"""What a sheet holds beside values: its extent, formulas, error cells, percentages and merged cells.

Read with a streaming parser before anything is laid out in memory, so that one far cell cannot ask for a
billion empty ones.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from registry.reports.archive import refused

MAX_ROWS = 20_000
MAX_COLUMNS = 300
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})\Z")
_PERCENT_FORMATS = frozenset({9, 10})

Place = tuple[int, int]


@dataclass(slots=True)
class Survey:
    """Places are (row, column), both counted from 1."""

    formulas: set[Place] = field(default_factory=set)
    errors: set[Place] = field(default_factory=set)
    percents: set[Place] = field(default_factory=set)
    merged: list[tuple[Place, Place]] = field(default_factory=list)


def survey(sheet: bytes, *, percent_styles: frozenset[int]) -> Survey:
    """The survey of one sheet part; raises RefusedWorkbook if it is too large or not sound XML."""
    found = Survey()
    walker = _Walker(found, percent_styles)
    _parse(sheet, walker.start)
    return found


def first_visible_sheet(parts: Mapping[str, bytes]) -> tuple[str, bytes]:
    """Name and content of the first sheet of cells that is not hidden; raises RefusedWorkbook."""
    by_name = {name.lower(): content for name, content in parts.items()}
    sheets: list[dict[str, str]] = []
    targets: dict[str, str] = {}

    def on_sheet(name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            sheets.append(attributes)

    def on_relationship(name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship":
            target = attributes.get("Target", "").lower()
            targets[attributes.get("Id", "")] = target[1:] if target.startswith("/") else f"xl/{target}"

    _parse(by_name["xl/workbook.xml"], on_sheet)
    _parse(by_name.get("xl/_rels/workbook.xml.rels", b"<none/>"), on_relationship)
    for sheet in sheets:
        part = targets.get(sheet.get("id", ""), "")
        if sheet.get("state", "visible") == "visible" and part in by_name:
            return sheet.get("name", ""), by_name[part]
    raise refused("没有可见的工作表", "has no visible sheet")


def percent_styles(styles: bytes) -> frozenset[int]:
    """The cell styles that show a number as a percentage, by their index."""
    codes: dict[int, str] = {}
    formats: list[int] = []
    inside = [False]

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt":
            codes[_whole(attributes.get("numFmtId"))] = attributes.get("formatCode", "")
        elif name in ("cellXfs", "cellStyleXfs", "dxfs", "cellStyles"):
            inside[0] = name == "cellXfs"
        elif name == "xf" and inside[0]:
            formats.append(_whole(attributes.get("numFmtId")))

    _parse(styles, start)
    return frozenset(
        index
        for index, number in enumerate(formats)
        if number in _PERCENT_FORMATS or "%" in codes.get(number, "")
    )


def column_letters(column: int) -> str:
    """1 → “A”, 28 → “AB”."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def place_of(reference: str) -> Place:
    """“C7” → (7, 3); raises RefusedWorkbook."""
    match = _REFERENCE.match(reference)
    if match is None:
        raise refused("的单元格编号不正常", "holds an odd cell reference")
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(match[2]), column


class _Walker:
    """Follows the cells of a sheet; a cell counts once something stands in it."""

    def __init__(self, found: Survey, percent_styles: frozenset[int]) -> None:
        self.found = found
        self.percent_styles = percent_styles
        self.row = 0
        self.column = 0
        self.cell: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "row":
            self.row = _whole(attributes["r"]) if "r" in attributes else self.row + 1
            self.column = 0
        elif name == "c":
            self.cell = attributes
            if "r" in attributes:
                self.row, self.column = place_of(attributes["r"])
            else:
                self.column += 1
        elif name in ("v", "is"):
            self._content()
        elif name == "f":
            self._content()
            self.found.formulas.add((self.row, self.column))
        elif name == "mergeCell":
            first, _, last = attributes.get("ref", "").partition(":")
            self.found.merged.append((place_of(first), place_of(last or first)))

    def _content(self) -> None:
        place = (self.row, self.column)
        if self.row > MAX_ROWS or self.column > MAX_COLUMNS:
            where = f"{column_letters(self.column)}{self.row}"
            raise refused(
                f"的 {where} 超出范围：最多 {MAX_ROWS:,} 行、{MAX_COLUMNS} 列，请删去多余的行列",
                f"has a cell at {where}; at most {MAX_ROWS:,} rows and {MAX_COLUMNS} columns are read",
            )
        if self.cell.get("t") == "e":
            self.found.errors.add(place)
        if _whole(self.cell.get("s")) in self.percent_styles:
            self.found.percents.add(place)


def _whole(text: str | None) -> int:
    if text is None:
        return 0
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise refused("的内部编号不正常", "holds an odd number")
    return int(text)


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _parse(xml: bytes, start: Callable[[str, dict[str, str]], None]) -> None:
    parser = expat.ParserCreate(namespace_separator=" ")

    def on_start(name: str, attributes: dict[str, str]) -> None:
        start(_local(name), {_local(key): value for key, value in attributes.items()})

    def on_doctype(*_: object) -> None:
        raise refused("含有不允许的 XML 声明", "holds XML declarations that are not allowed")

    parser.StartElementHandler = on_start
    parser.StartDoctypeDeclHandler = on_doctype
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        raise refused("的内容无法解析", "cannot be parsed") from error
