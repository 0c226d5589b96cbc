"""The points and grades of an edition as array operations."""

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.criteria import plan
from scoring.criteria.amounts import NO, YES
from scoring.criteria.edition import Part, Scored
from scoring.criteria.kleene import value_of
from scoring.criteria.nodes import Name, settle_negations
from scoring.criteria.tables import TOLERANCE
from scoring.criteria.tape import maximum, minimum
from scoring.criteria.vector import Vector

Array = npt.NDArray[Any]


class Points:
    """Writes points and grades on the tape of a vector."""

    def __init__(self, vector: Vector) -> None:
        self.vector = vector
        self.tape = vector.tape
        self.edition = vector.edition
        self.scope = vector.scope
        self.columns = vector.columns

    def score(self) -> int:
        """The points of the sheet; NaN while a missing fact decides some of them."""
        discrete, smooth = Discrete(self), []
        for place in plan.untracked(self.edition):
            criterion = self.edition.criteria[place]
            if not discrete.take(criterion):
                smooth.append(self.of(criterion))
        if self.edition.tracks is not None:
            smooth.append(self._track())
        total = discrete.total()
        for ref in smooth:
            total = ref if total is None else self.tape.do(np.add, total, ref, dtype="f8")
        assert total is not None
        return total

    def of(self, criterion: Scored) -> int:
        """The points of one criterion in a float, NaN where open."""
        tape, zero = self.tape, criterion.missing == "zero"
        values = [self._part(part, zero=zero) for part in criterion.parts]
        total = values[0]
        for value in values[1:]:
            total = tape.do(np.add if criterion.combine == "sum" else maximum, total, value, dtype="f8")
        if plan.may_need_settling(criterion, self.edition):
            total = self._half_up(total)
        low, high = plan.reach(criterion)
        if high > criterion.full:
            total = tape.do(minimum, total, tape.constant(float(criterion.full), "f8"), dtype="f8")
        if low < 0:
            total = tape.do(maximum, total, tape.constant(0.0, "f8"), dtype="f8")
        return total

    def _half_up(self, ref: int) -> int:
        tape, power = self.tape, 10.0 ** (self.edition.points_decimals or 0)
        scale = tape.constant(power, "f8")
        ref = tape.do(np.multiply, ref, scale, dtype="f8")
        half = 0.5 + float(TOLERANCE) * power
        ref = tape.do(np.add, ref, tape.constant(half, "f8"), dtype="f8")
        ref = tape.do(np.floor, ref, dtype="f8")
        return tape.do(np.divide, ref, scale, dtype="f8")

    def _part(self, part: Part, *, zero: bool) -> int:
        tape, vector = self.tape, self.vector
        nothing = tape.constant(0.0, "f8")
        if part.kind == "flag":
            assert part.when is not None
            condition = settle_negations(part.when.root)
            value = vector.plus(nothing, vector.true(condition), float(part.points))
            return value if zero else vector.blank(value, vector.unknown(condition))
        value = self._shaped(part, zero=zero)
        if part.when is None:
            return value
        condition = settle_negations(part.when.root)
        true = vector.true(condition)
        if true == NO:
            value = nothing
        elif true != YES:
            value = tape.do(_where, true, value, dtype="f8")
        return value if zero else vector.blank(value, vector.unknown(condition))

    def _shaped(self, part: Part, *, zero: bool) -> int:
        tape, vector = self.tape, self.vector
        assert part.input is not None
        open_points = tape.constant(0.0 if zero else math.nan, "f8")
        if part.kind == "choice":
            assert isinstance(part.input.root, Name)
            return self._by_choice(part, part.input.root.key, open_points, zero=zero)
        x = vector.number(part.input.root)
        if x is None:
            return open_points
        if part.kind == "curve":
            starts_at_zero = not part.knots[0].points
            value = vector.curve(x, part.knots, missing_as_low=zero and starts_at_zero)
            if zero and not starts_at_zero:
                value = vector.blank_as_zero(value)
            return value
        if part.kind == "logarithm":
            assert part.full_at is not None
            full_at, points = float(value_of(part.full_at, {}, self.scope)), float(part.points)
            key = ("logarithm", full_at, points)
            value = tape.do(_logarithm(full_at, points), x, dtype="f8", key=key)
            return vector.blank_as_zero(value) if zero else value
        value, before = tape.constant(0.0, "f8"), Decimal(0)
        for knot, bound in zip(part.knots, vector.places(part.knots), strict=True):
            reached = self.vector.reached(x, bound[0])
            value = vector.plus(value, reached, float(knot.points - before))
            before = knot.points
        if zero:
            return value
        return vector.blank(value, vector.opposite(tape.do(np.equal, x, x, dtype="?")))

    def _by_choice(self, part: Part, key: str, open_points: int, *, zero: bool) -> int:
        column, vector = self.columns.get(key), self.vector
        if column is None:
            return open_points
        value = self.tape.constant(0.0, "f8")
        for choice, points in part.choices.items():
            value = vector.plus(value, vector.chosen(key, choice), float(points))
        return value if zero else vector.blank(value, vector.missing(key))

    def _track(self) -> int:
        tape, vector, tracks = self.tape, self.vector, self.edition.tracks
        assert tracks is not None
        best, unknown = tape.constant(0.0, "f8"), []
        for condition, members in plan.tracked(self.edition):
            total = None
            for place in members:
                value = self.of(self.edition.criteria[place])
                total = value if total is None else tape.do(np.add, total, value, dtype="f8")
            true = vector.true(condition)
            unknown.append(vector.unknown(condition))
            if total is None or true == NO:
                continue
            here = total if true == YES else tape.do(_where, true, total, dtype="f8")
            best = tape.do(maximum, best, here, dtype="f8")
        if tracks.bonus_when is not None:
            condition = settle_negations(tracks.bonus_when.root)
            best = vector.plus(best, vector.true(condition), float(tracks.bonus))
            unknown.append(vector.unknown(condition))
        best = tape.do(minimum, best, tape.constant(float(tracks.full), "f8"), dtype="f8")
        return vector.blank(best, vector.either(unknown))

    # ---- grades

    def level(self, score: int) -> int:
        """How many grade bounds the points reach: 0 none, then upwards."""
        tape, level = self.tape, None
        one = tape.constant(1, "u1")
        for grade in self.edition.grades:
            bound = tape.constant(float(grade.since - TOLERANCE), "f8")
            reached = tape.do(np.greater_equal, score, bound, dtype="?")
            if level is None:
                level = tape.do(np.multiply, tape.bytes_of(reached), one, dtype="u1")
            else:
                level = tape.do(np.add, level, tape.bytes_of(reached), dtype="u1")
        assert level is not None
        for ceiling in self.edition.ceilings:
            level = self._capped(level, ceiling)
        return level

    def _capped(self, level: int, ceiling: Any) -> int:
        tape = self.tape
        criterion = self.edition.criterion(ceiling.criterion)
        place = next(i for i, grade in enumerate(self.edition.grades) if grade.id == ceiling.grade)
        most = len(self.edition.grades) - place
        points = self.of(criterion)
        bound = tape.constant(float(ceiling.below - TOLERANCE), "f8")
        short = tape.do(np.less, points, bound, dtype="?")
        # min(level, most) where short, else level: the larger of “not short” as 255 and `most`
        free = self.vector.opposite(short)
        free = tape.do(np.multiply, tape.bytes_of(free), tape.constant(255, "u1"), dtype="u1")
        limit = tape.do(maximum, free, tape.constant(most, "u1"), dtype="u1")
        return tape.do(minimum, level, limit, dtype="u1")


class Discrete:
    """Criteria whose points are whole multiples of one step, added up in bytes and made floats once."""

    STEPS = (1, 2, 4, 5, 10, 20, 100)

    def __init__(self, points: Points) -> None:
        self.points = points
        self.vector = points.vector
        self.tape = points.tape
        self.room = Decimal(0)
        self.step, self.dtype = self._unit()
        self.sum: int | None = None

    def _unit(self) -> tuple[int, str]:
        """How many steps one point has, and the narrow type that holds the sum of all."""
        fitting = [c for c in self.points.edition.criteria if self._fits(c)]
        values = [
            value
            for criterion in fitting
            for part in criterion.parts
            for value in (part.points, *part.choices.values(), *(knot.points for knot in part.knots))
        ]
        for step in self.STEPS:
            if all((value * step) % 1 == 0 for value in values):
                most = sum((plan.reach(criterion)[1] for criterion in fitting), Decimal(0)) * step
                if most < 65_536:
                    return step, "u1" if most < 256 else "u2"
        return 0, "u1"

    def _fits(self, criterion: Scored) -> bool:
        low, high = plan.reach(criterion)
        return (
            criterion.missing == "zero"
            and (criterion.combine == "sum" or len(criterion.parts) == 1)
            and all(part.kind in ("flag", "steps", "choice") for part in criterion.parts)
            and all(part.when is None or part.kind == "flag" for part in criterion.parts)
            and low >= 0
            and high <= criterion.full
        )

    def take(self, criterion: Scored) -> bool:
        """Adds the points of a criterion, if it is of this kind."""
        if not self.step or not self._fits(criterion):
            return False
        for part in criterion.parts:
            self._add(part)
        return True

    def _add(self, part: Part) -> None:
        vector = self.vector
        if part.kind == "flag":
            assert part.when is not None
            self._plus(vector.true(settle_negations(part.when.root)), part.points)
            return
        assert part.input is not None
        if part.kind == "choice":
            assert isinstance(part.input.root, Name)
            for choice, points in part.choices.items():
                self._plus(vector.chosen(part.input.root.key, choice), points)
            return
        x = vector.number(part.input.root)
        before = Decimal(0)
        for knot, bound in zip(part.knots, vector.places(part.knots), strict=True):
            if x is not None:
                self._plus(vector.reached(x, bound[0]), knot.points - before)
            before = knot.points

    def _plus(self, mask: int, points: Decimal) -> None:
        """Steps down are steps up modulo the width; the sum itself never leaves it."""
        if mask == NO or not points:
            return
        width = 256 if self.dtype == "u1" else 65_536
        weight = self.tape.constant(int(points * self.step) % width, self.dtype)
        part = weight if mask == YES else self.weighted(mask, weight)
        self.sum = part if self.sum is None else self.tape.do(np.add, self.sum, part, dtype=self.dtype)

    def weighted(self, mask: int, weight: int) -> int:
        return self.tape.do(np.multiply, self.tape.bytes_of(mask), weight, dtype=self.dtype)

    def total(self) -> int | None:
        """The sum as a float; None when no criterion was taken."""
        if self.sum is None:
            return None
        total = self.tape.do(_as_float, self.sum, dtype="f8")
        if self.step == 1:
            return total
        return self.tape.do(np.divide, total, self.tape.constant(float(self.step), "f8"), dtype="f8")


def _as_float(x: Array, out: Array) -> None:
    np.copyto(out, x)


def _where(mask: Array, value: Array, out: Array) -> None:
    """The value where the mask holds, else 0, NaN included."""
    out.fill(0.0)
    np.copyto(out, value, where=mask)


def _logarithm(full_at: float, points: float) -> Callable[[Array, Array], None]:
    full = math.log1p(full_at)

    def operation(x: Array, out: Array) -> None:
        np.log1p(np.maximum(x, 0.0), out=out)
        np.multiply(out, points / full, out)
        np.minimum(out, points, out=out)

    return operation
