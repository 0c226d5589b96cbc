"""The values of curves, steps and tables for one project, exact in decimals."""

import bisect
import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from scoring.criteria.edition import Criteria, Knot, Part, Table
from scoring.criteria.kleene import Scope, value_of
from scoring.facts import Facts

# A score this close to a half or to a grade's bound has reached it: such a gap is the trace of rounding.
TOLERANCE = Decimal("1E-9")


@dataclass(frozen=True, slots=True)
class TableValue:
    """A table within a scope; called with the facts it gives the number, or None."""

    table: Table
    scope: Scope

    @property
    def facts(self) -> tuple[str, ...]:
        return self.table.facts

    def __call__(self, facts: Facts) -> Decimal | None:
        table = self.table
        if table.kind == "rows":
            return self._first_row(facts)
        assert table.input is not None
        x = value_of(table.input.root, facts, self.scope)
        if x is None:
            return None
        if table.kind == "annuity":
            assert table.rate is not None
            return annuity(x, value_of(table.rate, facts, self.scope))
        return curve(x, at_knots(table.knots, self.scope))

    def _first_row(self, facts: Facts) -> Decimal | None:
        for row in self.table.rows:
            hit = value_of(row.when.root, facts, self.scope)
            if hit is None:
                return None
            if hit:
                return row.value
        return self.table.otherwise


def scope_on(edition: Criteria, on: date) -> dict[str, Any]:
    """What the names of the edition's expressions mean on a day, made once: parameters, tables and `on`."""
    kept: dict[str, Any] | None = edition.programs.get(("scope", on))
    if kept is not None:
        return kept
    found = {**_values_on(edition, on), "on": on}
    for name, table in edition.tables.items():
        found[name] = TableValue(table, found)
    edition.programs["scope", on] = found
    return found


def regime_on(edition: Criteria, on: date) -> int:
    """Which stretch of time without a change of any parameter the day falls into."""
    changes: list[date] | None = edition.programs.get("changes")
    if changes is None:
        dated = [entry for parameter in edition.parameters.values() for entry in parameter.values]
        days = {entry.since for entry in dated} | {entry.until for entry in dated if entry.until is not None}
        changes = edition.programs["changes"] = sorted(days)
    return bisect.bisect_right(changes, on)


def _values_on(edition: Criteria, on: date) -> dict[str, Any]:
    regime = ("values", regime_on(edition, on))
    kept: dict[str, Any] | None = edition.programs.get(regime)
    if kept is None:
        kept = {name: edition.dated(name, on).value for name in edition.parameters}
        edition.programs[regime] = kept
    return kept


def at_knots(knots: Iterable[Knot], scope: Scope) -> tuple[tuple[Decimal, Decimal], ...]:
    return tuple((value_of(knot.at, {}, scope), knot.points) for knot in knots)


def curve(x: Decimal, knots: tuple[tuple[Decimal, Decimal], ...]) -> Decimal:
    """Linear between the knots and level outside; at two knots with one x the later counts."""
    if x < knots[0][0]:
        return knots[0][1]
    for (x0, y0), (x1, y1) in itertools.pairwise(knots):
        if x < x1:
            return y0 + (x - x0) * (y1 - y0) / (x1 - x0)
    return knots[-1][1]


def steps(x: Decimal, knots: tuple[tuple[Decimal, Decimal], ...]) -> Decimal:
    """The points of the last bound that x reaches; 0 below the first."""
    found = Decimal(0)
    for bound, points in knots:
        if x >= bound:
            found = points
    return found


def logarithm(x: Decimal, full_at: Decimal, points: Decimal) -> Decimal:
    """points · min(1, ln(1+x) / ln(1+full_at)); nothing below 0."""
    if x <= 0:
        return Decimal(0)
    if x >= full_at:
        return points
    return points * Decimal(math.log1p(float(x)) / math.log1p(float(full_at)))


def annuity(years: Decimal, rate: Decimal) -> Decimal:
    """The present value of 1 a year: (1 − (1+r)^−n) / r."""
    if not rate:
        return years
    return Decimal(-math.expm1(-float(years) * math.log1p(float(rate))) / float(rate))


def settle(points: Decimal, decimals: int | None) -> Decimal:
    """The points as they stand on the sheet: half up at that many decimals."""
    if decimals is None:
        return points
    return (points + TOLERANCE).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def part_value(part: Part, facts: Facts, scope: Scope) -> Decimal | None:
    """The points one part of a scored criterion earns; None while a missing fact decides them."""
    if part.when is not None:
        applies = value_of(part.when.root, facts, scope)
        if not applies:
            return None if applies is None else Decimal(0)
    if part.kind == "flag":
        return Decimal(part.points)
    assert part.input is not None
    x = value_of(part.input.root, facts, scope)
    if part.kind == "choice":
        return None if x is None else part.choices.get(x)
    if x is None:
        return None
    if part.kind == "logarithm":
        assert part.full_at is not None
        return logarithm(x, value_of(part.full_at, facts, scope), part.points)
    return (curve if part.kind == "curve" else steps)(x, at_knots(part.knots, scope))
