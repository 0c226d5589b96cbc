"""The panel: one value per unit, quarter and indicator, with its status and source; gaps stay gaps."""

import csv
import hashlib
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from scoring.index import period as periods
from scoring.index.refusal import Refused
from scoring.words import Words

STATUSES: dict[str, Words] = {
    "A": Words("实际值", "actual"),
    "P": Words("初值", "provisional"),
    "E": Words("估计值", "estimated"),
    "I": Words("插补值", "imputed"),
    "M": Words("缺失", "missing"),
}
COLUMNS = ("unit", "period", "leaf", "value", "status", "source")


class Cell(NamedTuple):
    """One value as received; `value` is None exactly when the status is M."""

    unit: str
    period: str
    leaf: str
    value: float | None
    status: str = "A"
    source: str = ""


class InvalidPanel(Refused):
    """A panel that cannot be used; `faults` lists every cell that is wrong and why."""

    def __init__(self, faults: Sequence[Refused]) -> None:
        first = faults[0]
        more = len(faults) - 1
        zh, en = first.words.zh, first.words.en
        if more:
            zh, en = f"{zh}（另有 {more} 处）", f"{en} (and {more} more)"
        super().__init__(first.rule, Words(zh, en), unit=first.unit, node=first.node, period=first.period)
        self.faults = tuple(faults)


class Panel:
    """Immutable cells, sorted by unit, quarter and indicator."""

    def __init__(self, cells: Iterable[Cell]) -> None:
        self.cells: tuple[Cell, ...] = tuple(
            sorted(cells, key=lambda cell: (cell.unit, cell.period, cell.leaf))
        )
        faults = list(_faults(self.cells))
        if faults:
            raise InvalidPanel(faults)

    @classmethod
    def from_rows(cls, rows: "Iterable[Mapping[str, Any] | Sequence[Any]]") -> "Panel":
        """A panel from mappings with the keys of `COLUMNS`, or sequences in that order.

        A value may be int, float, Decimal or None; status defaults to A, or M where there is no value.
        Raises InvalidPanel, which lists every cell that is wrong.
        """
        return cls(_cell(row) for row in rows)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Panel) and self.cells == other.cells

    def __hash__(self) -> int:
        return hash(self.cells)

    @cached_property
    def by_key(self) -> dict[tuple[str, str, str], Cell]:
        return {(cell.unit, cell.period, cell.leaf): cell for cell in self.cells}

    @cached_property
    def units(self) -> tuple[str, ...]:
        return tuple(sorted({cell.unit for cell in self.cells}))

    @cached_property
    def periods(self) -> tuple[str, ...]:
        """Every quarter from the first to the last, also those without a row."""
        found = sorted({periods.ordinal(cell.period) for cell in self.cells})
        return tuple(periods.label(n) for n in range(found[0], found[-1] + 1)) if found else ()

    def until(self, period: str) -> "Panel":
        """The cells up to and including a quarter."""
        return Panel(cell for cell in self.cells if cell.period <= period)

    @cached_property
    def canonical(self) -> bytes:
        """The panel as CSV, sorted, with shortest round-trip numbers, UTF-8 and LF."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        for cell in self.cells:
            value = "" if cell.value is None else repr(cell.value)
            writer.writerow((cell.unit, cell.period, cell.leaf, value, cell.status, cell.source))
        return out.getvalue().encode()

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the canonical CSV."""
        return hashlib.sha256(self.canonical).hexdigest()


def panel_of_csv(raw: bytes) -> Panel:
    """The panel of a canonical CSV; raises InvalidPanel."""
    reader = csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""))
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise Refused(
            "columns", Words("列应为 " + ", ".join(COLUMNS), "the columns must be " + ", ".join(COLUMNS))
        )
    rows = []
    for row in reader:
        try:
            value = float(row["value"]) if row["value"] else None
        except ValueError:
            value = math.nan
        rows.append({**row, "value": value})
    return Panel.from_rows(rows)


def _cell(row: "Mapping[str, Any] | Sequence[Any]") -> Cell:
    fields = dict(row) if isinstance(row, Mapping) else dict(zip(COLUMNS, row, strict=False))
    unknown = set(fields) - set(COLUMNS)
    if unknown:
        names = ", ".join(sorted(unknown))
        raise Refused("columns", Words(f"未知的列：{names}", f"unknown column: {names}"))
    value = fields.get("value")
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal, type(None))):
        number: float | None = math.nan
    else:
        number = None if value is None else float(value)
    status = fields.get("status") or ("M" if number is None else "A")
    return Cell(
        str(fields["unit"]),
        str(fields["period"]),
        str(fields["leaf"]),
        number,
        status,
        str(fields.get("source") or ""),
    )


def _faults(cells: Sequence[Cell]) -> Iterable[Refused]:
    last: tuple[str, str, str] | None = None
    for cell in cells:
        where = {"unit": cell.unit, "node": cell.leaf, "period": cell.period}
        key = (cell.unit, cell.period, cell.leaf)
        if key == last:
            yield Refused(
                "duplicate", Words("同一单元、季度、指标出现两次", "the cell stands twice"), **where
            )
        last = key
        try:
            periods.ordinal(cell.period)
        except Refused as error:
            yield Refused(error.rule, error.words, **where)
        if cell.value is not None and not math.isfinite(cell.value):
            yield Refused("number", Words("数值必须是有限数", "the value must be a finite number"), **where)
        if cell.status not in STATUSES:
            allowed = ", ".join(STATUSES)
            yield Refused(
                "status",
                Words(f"状态应为 {allowed}", f"the status is “{cell.status}”; allowed: {allowed}"),
                **where,
            )
        elif (cell.status == "M") != (cell.value is None):
            yield Refused(
                "status",
                Words("状态 M 与空值必须同时出现", "status M and an empty value go together"),
                **where,
            )
