"""Emission factors as typed records, chosen by kind, region and date; never a bare number.

The same MWh has half a dozen legitimate factors. Which one answers a question depends on its kind and
purpose,
so both travel with the value, and `factor` chooses among the editions that were published on the day asked.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from types import MappingProxyType
from typing import Any

from scoring import catalogue
from scoring.errors import InvalidData, UnknownEdition
from scoring.units import Unit, units
from scoring.words import Words

FILE = catalogue.DATA / "factors.csv"
GRID_KINDS = frozenset(
    {
        "grid_average_national",
        "grid_average_exmarket",
        "grid_average_region",
        "grid_average_province",
        "grid_fossil",
        "grid_operating_margin",
        "grid_build_margin",
        "grid_compliance",
        "grid_footprint",
    }
)


@dataclass(frozen=True, slots=True)
class Factor:
    """One published value with everything needed to say whether it fits."""

    id: str
    name: Words
    value: Decimal
    unit: Unit
    kind: str
    substance: str | None
    purpose: str
    edition: str | None
    valid_from: date | None
    valid_to: date | None
    published: date | None
    region: str
    gas: str | None
    source: str
    source_year: int | None
    status: str
    confidence: str

    @property
    def is_grid(self) -> bool:
        return self.kind in GRID_KINDS

    def known_on(self, day: date) -> bool:
        """Whether the value was published, or in force, by that day."""
        start = self.published or self.valid_from
        return start is None or start <= day

    def in_force(self, day: date) -> bool:
        """Whether that day lies in the period for which the value holds."""
        return not (
            (self.valid_from and day < self.valid_from) or (self.valid_to is not None and day > self.valid_to)
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "value": format(self.value, "f"),
            "unit": self.unit.symbol,
            "kind": self.kind,
            "region": self.region,
            "edition": self.edition,
            "source": self.source,
            "status": self.status,
            "confidence": self.confidence,
        }


@cache
def factors() -> Mapping[str, Factor]:
    """Every factor by id, in the order of the file; raises InvalidData."""
    found: dict[str, Factor] = {}
    with FILE.open(encoding="utf-8", newline="") as file:
        for line, row in enumerate(csv.DictReader(file), start=2):
            record = _read(row, line)
            if record.id in found:
                raise InvalidData(FILE.name, line, f"duplicate factor “{record.id}”")
            found[record.id] = record
    return MappingProxyType(found)


@cache
def factors_hash() -> str:
    """The identity of the factor file."""
    return catalogue.content_hash(FILE)


def factor(
    kind: str,
    *,
    on: date,
    region: str = "CN-BJ",
    substance: str | None = None,
    edition: str | None = None,
) -> Factor:
    """The newest factor of a kind that was known on a day, for the region or the nearest one around it.

    Raises UnknownEdition when none of that kind was known; a factor of another kind is never taken instead.
    """
    of_kind = [
        f for f in factors().values() if f.kind == kind and (substance is None or f.substance == substance)
    ]
    if edition is not None:
        of_kind = [f for f in of_kind if f.edition == edition]
    known = [f for f in of_kind if f.known_on(on)]
    for place in ladder(region):
        here = [f for f in known if f.region == place]
        if here:
            return max(here, key=lambda f: (f.in_force(on), f.valid_from or date.min))
    wanted = " ".join(part for part in (kind, substance, edition, region) if part)
    first = min((f.published or f.valid_from or date.min for f in of_kind), default=None)
    hint = f"; the first was published on {first}" if first else ""
    raise UnknownEdition(f"no factor “{wanted}” was known on {on}{hint}")


def recognise(value: float, unit: Unit, *, kinds: Iterable[str] = GRID_KINDS) -> tuple[Factor, ...]:
    """The published factors a bare number may be; often several, sometimes of the wrong kind."""
    wanted = frozenset(kinds)
    return tuple(
        f
        for f in factors().values()
        if f.kind in wanted and f.unit.comparable(unit) and abs(float(f.value) - value) < 5e-5 * abs(value)
    )


@cache
def ladder(region: str) -> tuple[str, ...]:
    """The region and those around it, nearest first."""
    file = catalogue.load(catalogue.DATA / "grid_regions.yaml")
    steps = [region]
    around = file.record("ladders")
    for grid in around:
        if region in around.texts(grid):
            steps.append(grid)
    also = file.record("also")
    steps += [also.text(step) for step in steps if step in also]
    return tuple(dict.fromkeys((*steps, "CN", "global")))


def _read(row: dict[str, str], line: int) -> Factor:
    def fail(message: str) -> InvalidData:
        return InvalidData(FILE.name, line, message)

    if None in row or None in row.values():
        raise fail("the row has not as many cells as the heading")
    if row["unit"] not in units():
        raise fail(f"unknown unit “{row['unit']}”")
    if row["status"] not in ("official", "sibling", "proposed"):
        raise fail(f"“status” is “{row['status']}”; allowed: official, sibling, proposed")
    if row["confidence"] not in ("high", "medium", "low"):
        raise fail(f"“confidence” is “{row['confidence']}”; allowed: high, medium, low")
    if not row["source"]:
        raise fail("a factor needs its source")
    try:
        return Factor(
            id=row["id"],
            name=Words(row["name_zh"], row["name_en"]),
            value=Decimal(row["value"]),
            unit=units()[row["unit"]],
            kind=row["kind"],
            substance=row["substance"] or None,
            purpose=row["purpose"],
            edition=row["edition"] or None,
            valid_from=_day(row["valid_from"]),
            valid_to=_day(row["valid_to"]),
            published=_day(row["published"]),
            region=row["region"],
            gas=row["gas"] or None,
            source=row["source"],
            source_year=int(row["source_year"]) if row["source_year"] else None,
            status=row["status"],
            confidence=row["confidence"],
        )
    except (ValueError, InvalidOperation) as error:
        raise fail(str(error)) from error


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
