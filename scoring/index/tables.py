"""The tables of a release: values, standings and contributions as sorted CSV with 12 significant digits."""

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from scoring.index.explain import contributions
from scoring.index.result import Result

Bands = Mapping[tuple[str, str], tuple[float, float, float, float, float]]
DIGITS = 12
CONTRIBUTIONS = ("unit", "from_period", "to_period", "node", "group", "kind", "points")
STANDINGS = (
    "unit", "period", "publishable", "missing_weight", "estimated_weight", "provisional", "reasons_zh",
    "reasons_en",
)  # fmt: skip


class Value(NamedTuple):
    """One published value; nothing but the status is filled in where a quarter is withheld."""

    unit: str
    period: str
    node: str
    kind: str
    level: float | None
    momentum: float | None
    lower: float | None
    upper: float | None
    rank: int | None
    rank_lower: float | None
    rank_upper: float | None
    used: float | None
    status: str
    present: float
    weight: float
    flags: str


def values(result: Result, bands: Bands) -> tuple[Value, ...]:
    """Every node of every unit and quarter; levels of a quarter that may not be published stay empty."""
    ranks = {
        (scale.id, period): result.ranks(period, scale.id)
        for scale in result.method.scales
        for period in result.periods
    }
    found = []
    for row in result.rows:
        publishable = result.standing(row.unit, row.period).publishable
        scale = result.method.scale_of[row.unit].id
        top = row.kind == "index" and publishable
        band = bands.get((row.unit, row.period)) if top else None
        lower, upper, rank_lower, rank_upper = (_kept(band[i]) if band else None for i in (0, 2, 3, 4))
        found.append(
            Value(
                unit=row.unit,
                period=row.period,
                node=row.node,
                kind=row.kind,
                level=_kept(row.level) if publishable else None,
                momentum=_kept(row.momentum) if publishable else None,
                lower=lower,
                upper=upper,
                rank=ranks[scale, row.period].get(row.unit) if top else None,
                rank_lower=rank_lower,
                rank_upper=rank_upper,
                used=_kept(row.used),
                status=row.status,
                present=_kept(row.present) or 0.0,
                weight=_kept(row.weight) or 0.0,
                flags="|".join(row.flags if publishable else (*row.flags, "withheld")),
            )
        )
    return tuple(found)


def write_values(rows: Iterable[Value]) -> bytes:
    return write(Value._fields, rows)


def read_values(raw: bytes) -> tuple[Value, ...]:
    """The values of a release's table."""
    texts = {"unit", "period", "node", "kind", "status", "flags"}
    found = []
    for row in read(raw):
        fields = {
            name: row[name] if name in texts else (float(row[name]) if row[name] else None)
            for name in Value._fields
        }
        rank = fields["rank"]
        found.append(Value(**{**fields, "rank": None if rank is None else int(rank)}))  # type: ignore[arg-type]  # by name
    return tuple(found)


def write_standings(result: Result) -> bytes:
    rows = []
    for standing in result.standings:
        rows.append(
            (
                standing.unit,
                standing.period,
                "yes" if standing.publishable else "no",
                _kept(standing.missing_weight),
                _kept(standing.estimated_weight),
                "yes" if standing.provisional else "no",
                "；".join(reason.words.zh for reason in standing.reasons),
                "; ".join(reason.words.en for reason in standing.reasons),
            )
        )
    return write(STANDINGS, rows)


def write_contributions(result: Result) -> bytes:
    """Contributions from each quarter to the next, where both are published."""
    rows = []
    for unit in result.units:
        for before, after in zip(result.periods, result.periods[1:], strict=False):
            if result.standing(unit, before).publishable and result.standing(unit, after).publishable:
                for part in contributions(result, before, after, unit).contributions:
                    rows.append((unit, before, after, part.node, part.group, part.kind, _kept(part.points)))
    return write(CONTRIBUTIONS, rows)


def write(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """CSV with a head, shortest round-trip numbers, empty for nothing, UTF-8 and LF."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue().encode()


def read(raw: bytes) -> tuple[Mapping[str, str], ...]:
    """Rows of a CSV by column."""
    return tuple(csv.DictReader(io.StringIO(raw.decode(), newline="")))


def close(a: bytes, b: bytes, tolerance: float) -> bool:
    """Whether two files are equal, or CSV tables of equal texts and of numbers within the tolerance."""
    if a == b:
        return True
    left = list(csv.reader(io.StringIO(a.decode(), newline="")))
    right = list(csv.reader(io.StringIO(b.decode(), newline="")))
    if len(left) != len(right):
        return False
    return all(
        len(x) == len(y) and all(_equal(p, q, tolerance) for p, q in zip(x, y, strict=True))
        for x, y in zip(left, right, strict=True)
    )


def _equal(a: str, b: str, tolerance: float) -> bool:
    if a == b:
        return True
    try:
        return math.isclose(float(a), float(b), rel_tol=tolerance, abs_tol=tolerance)
    except ValueError:
        return False


def _kept(x: float | None) -> float | None:
    """The number to 12 significant digits; negative zero becomes zero."""
    return None if x is None or math.isnan(x) else float(f"{x:.{DIGITS}g}") + 0.0
