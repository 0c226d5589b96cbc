"""Many projects at once: an edition over the rows of a frame, by array operations in cache-sized blocks."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from scoring.criteria import columns as frame_columns
from scoring.criteria import plan
from scoring.criteria.columns import Column
from scoring.criteria.edition import Criteria, Gate, Part, Scored
from scoring.criteria.kleene import value_of
from scoring.criteria.nodes import EXACT, Name, settle_negations
from scoring.criteria.result import ResultFrame
from scoring.criteria.tables import TOLERANCE, scope_on
from scoring.criteria.tape import Machine, Tape, maximum, minimum
from scoring.criteria.vector import NO, ULPS, YES, Vector

Array = npt.NDArray[Any]
_WIDTHS = (8, 16, 32, 64)


def evaluate_frame(frame: pd.DataFrame, edition: Criteria, *, on: date) -> ResultFrame:
    """The outcomes of all rows of a frame under the edition on a day.

    Columns are named by fact keys: numbers (NaN or NA is missing), dates, booleans, texts or categories,
    sets of choices as sets or texts joined by “;”. A column that is absent is missing throughout; texts
    that are no choice count as missing and are listed in `unread`. Raises InvalidFacts for a column of
    the wrong kind.

    Equal to `evaluate` row by row for numbers of up to 15 significant digits.
    """
    columns = read_columns(frame, edition)
    arrays = Arrays(edition, len(frame))
    with localcontext(EXACT):
        compiled = compile_frame(edition, on, columns)
    compiled.machine.run(columns, len(frame), arrays.in_order(compiled))
    return ResultFrame(edition, on, frame, columns, arrays.by_name)


def read_columns(frame: pd.DataFrame, edition: Criteria) -> dict[str, Column]:
    found = {}
    for key in facts_read(edition):
        column = frame_columns.read(frame, key, edition.dictionary[key])
        if column is not None:
            found[key] = column
    return found


def facts_read(edition: Criteria) -> tuple[str, ...]:
    """Every fact that a gate, a criterion, a track or a table of the edition reads."""
    kept: tuple[str, ...] | None = edition.programs.get("facts")
    if kept is not None:
        return kept
    found: dict[str, None] = {}
    for gate in edition.gates:
        found.update(dict.fromkeys(gate.facts))
    for criterion in edition.criteria:
        found.update(dict.fromkeys(criterion.facts))
    for table in edition.tables.values():
        found.update(dict.fromkeys(table.facts))
    if edition.tracks is not None:
        conditions = [track.when for track in edition.tracks.alternatives]
        conditions += [edition.tracks.bonus_when] if edition.tracks.bonus_when is not None else []
        for condition in conditions:
            found.update(dict.fromkeys(condition.facts))
    keys = edition.programs["facts"] = tuple(found)
    return keys


class Arrays:
    """The arrays of a result: bytes and narrow masks, 14 bytes a project for up to 16 gates."""

    def __init__(self, edition: Criteria, rows: int) -> None:
        width = next(width for width in _WIDTHS if len(edition.gates) <= width)
        self.by_name: dict[str, Array] = {
            "verdict": np.zeros(rows, np.int8),
            "failed": np.zeros(rows, f"u{width // 8}"),
            "missing": np.zeros(rows, f"u{width // 8}"),
        }
        if any(clause.otherwise == "review" for gate in edition.gates for clause in gate.clauses):
            self.by_name["review"] = np.zeros(rows, f"u{width // 8}")
        if edition.criteria:
            self.by_name["score"] = np.zeros(rows, np.float64)
        if edition.grades and edition.criteria:
            self.by_name["grade"] = np.zeros(rows, np.int8)
            self.by_name["level"] = np.zeros(rows, np.int8)

    def in_order(self, compiled: "Compiled") -> list[Array]:
        found = []
        for name in compiled.names:
            if ":" in name:
                mask, plane = name.split(":")
                array = self.by_name[mask]
                found.append(array.view(np.uint8).reshape(-1, array.dtype.itemsize)[:, int(plane)])
            else:
                found.append(self.by_name[name])
        return found


@dataclass(frozen=True)
class Compiled:
    machine: Machine
    names: tuple[str, ...]


def compile_frame(edition: Criteria, on: date, columns: Mapping[str, Column]) -> Compiled:
    """The machine for one edition, day and kind of columns, made once and kept."""
    shape = ("frame", on, tuple((key, column.shape) for key, column in columns.items()))
    kept: Compiled | None = edition.programs.get(shape)
    if kept is None:
        kept = edition.programs[shape] = Sheet(edition, on, columns).compiled()
    return kept


@dataclass(frozen=True, slots=True)
class GateMasks:
    """Where a gate fails, lacks evidence and needs review."""

    failed: int
    missing: int
    review: int


class Sheet:
    """Writes the gates, points and grades of an edition on one tape."""

    def __init__(self, edition: Criteria, on: date, columns: Mapping[str, Column]) -> None:
        self.edition = edition
        self.scope = scope_on(edition, on)
        self.tape = Tape()
        self.vector = Vector(edition, on, self.scope, columns, self.tape)
        self.columns = columns
        self.outputs: dict[str, int] = {}

    def compiled(self) -> Compiled:
        masks = [self.gate(gate) for gate in self.edition.gates]
        failed = self._planes("failed", [mask.failed for mask in masks])
        missing = self._planes("missing", [mask.missing for mask in masks])
        has_review = any(mask.review != NO for mask in masks)
        review = self._planes("review", [mask.review for mask in masks]) if has_review else NO
        self.outputs["verdict"] = self.verdict_of(failed, missing, review)
        if self.edition.criteria:
            score = self.outputs["score"] = self.score()
            if self.edition.grades:
                level = self.outputs["level"] = self._level(score)
                self.outputs["grade"] = self.grade_of(level, failed)
        names: list[str] = []
        refs: list[int] = []
        for name, ref in self.outputs.items():
            names.append(name)
            refs.append(self.own(ref, refs, "f8" if name == "score" else "u1"))
        return Compiled(self.tape.finish(refs), tuple(names))

    def own(self, ref: int, taken: list[int], dtype: str) -> int:
        """An output that is the result of its own step."""
        if ref in taken or ref not in self.tape.steps:
            return self.tape.do(_copied, ref, dtype=dtype, key=("copy", len(taken)))
        return ref

    # ---- gates

    def gate(self, gate: Gate) -> GateMasks:
        vector = self.vector
        found: dict[str, list[int]] = {"fail": [], "insufficient": [], "review": []}
        for clause in gate.clauses:
            requirement = plan.requirement(clause)
            true, false = vector.true(requirement.condition), vector.false(requirement.condition)
            found[requirement.otherwise].append(false)
            found["insufficient"].append(vector.neither(true, false))
        fail, lack, review = (vector.either(found[name]) for name in ("fail", "insufficient", "review"))
        condition = plan.applies(gate)
        if condition is None:
            lacking = (
                lack if lack == NO or fail == NO or len(gate.clauses) == 1 else vector.without(lack, fail)
            )
            only = vector.without(review, vector.either([fail, lack])) if review != NO else NO
            return GateMasks(fail, lacking, only)
        true, false = vector.true(condition), vector.false(condition)
        open_too = vector.both([vector.neither(true, false), vector.either([fail, lack, review])])
        return GateMasks(
            vector.both([true, fail]),
            vector.either([vector.both([true, vector.without(lack, fail)]), open_too]),
            vector.both([true, vector.without(review, vector.either([fail, lack]))]),
        )

    def _planes(self, name: str, masks: list[int]) -> int:
        """The masks of up to eight gates as the bits of one byte each; returns where any of them is set."""
        planes = []
        for start in range(0, len(masks), 8):
            plane = self._plane(masks[start : start + 8])
            if plane is not None:
                self.outputs[f"{name}:{start // 8}"] = plane
                planes.append(plane)
        if not planes:
            return NO
        total = planes[0]
        for plane in planes[1:]:
            total = self.tape.do(np.bitwise_or, total, plane, dtype="u1")
        return self.tape.do(np.not_equal, total, self.tape.constant(0, "u1"), dtype="?")

    def _plane(self, masks: list[int]) -> int | None:
        total = None
        for bit, mask in enumerate(masks):
            if mask == NO:
                continue
            weight = self.tape.constant(1 << bit, "u1")
            part = weight if mask == YES else self.tape.do(_weighted, mask, weight, dtype="u1")
            total = part if total is None else self.tape.do(np.bitwise_or, total, part, dtype="u1")
        return total

    def verdict_of(self, failed: int, missing: int, review: int) -> int:
        """0 pass, 1 review, 2 insufficient, 3 fail; 4 where no gate applies."""
        total = None
        for mask, code in ((failed, 3), (missing, 2), (review, 1)):
            if mask != NO:
                total = self._gravest(total, self._whole(mask), code)
        conditions = [plan.applies(gate) for gate in self.edition.gates]
        if all(condition is not None for condition in conditions):
            off = self.vector.both([self.vector.false(c) for c in conditions if c is not None])
            if off != NO:
                total = self._gravest(total, self._whole(off), 4)
        return total if total is not None else self.tape.constant(0, "u1")

    def _gravest(self, total: int | None, mask: int, code: int) -> int:
        part = self.tape.do(_weighted, mask, self.tape.constant(code, "u1"), dtype="u1")
        return part if total is None else self.tape.do(maximum, total, part, dtype="u1")

    def _whole(self, mask: int) -> int:
        return self.tape.constant(True, "?") if mask == YES else mask

    # ---- points

    def score(self) -> int:
        """The points of the sheet; NaN while a missing fact decides some of them."""
        discrete, smooth, unknown = Discrete(self), [], []
        for place in plan.untracked(self.edition):
            criterion = self.edition.criteria[place]
            if discrete.takes(criterion):
                unknown.append(discrete.add(criterion))
            else:
                smooth.append(self.points(criterion))
        if self.edition.tracks is not None:
            smooth.append(self._track())
        total = discrete.total()
        for ref in smooth:
            total = ref if total is None else self.tape.do(np.add, total, ref, dtype="f8")
        assert total is not None
        return self.vector.blank(total, self.vector.either(unknown))

    def points(self, criterion: Scored) -> int:
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
            reached = self.reached(x, bound[0])
            value = vector.plus(value, reached, float(knot.points - before))
            before = knot.points
        if zero:
            return value
        return vector.blank(value, vector.opposite(tape.do(np.equal, x, x, dtype="?")))

    def reached(self, x: int, bound: float) -> int:
        """x >= bound, an exact tie included."""
        for _ in range(ULPS):
            bound = math.nextafter(bound, -math.inf)
        return self.tape.do(np.greater_equal, x, self.tape.constant(bound, "f8"), dtype="?")

    def _by_choice(self, part: Part, key: str, open_points: int, *, zero: bool) -> int:
        column, vector = self.columns.get(key), self.vector
        if column is None:
            return open_points
        value = self.tape.constant(0.0, "f8")
        for label, points in part.choices.items():
            if points and label in column.labels:
                code = self.tape.constant(column.labels.index(label), column.data.dtype.str)
                here = self.tape.do(np.equal, self.tape.source(key), code, dtype="?")
                value = vector.plus(value, here, float(points))
        return value if zero else vector.blank(value, vector.missing(key))

    def _track(self) -> int:
        tape, vector, tracks = self.tape, self.vector, self.edition.tracks
        assert tracks is not None
        best, unknown = tape.constant(0.0, "f8"), []
        for condition, members in plan.tracked(self.edition):
            total = None
            for place in members:
                value = self.points(self.edition.criteria[place])
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

    def _level(self, score: int) -> int:
        """How many grade bounds the points reach: 0 none, then upwards."""
        tape, level = self.tape, None
        one = tape.constant(1, "u1")
        for grade in self.edition.grades:
            bound = tape.constant(float(grade.since - TOLERANCE), "f8")
            reached = tape.do(np.greater_equal, score, bound, dtype="?")
            if level is None:
                level = tape.do(_weighted, reached, one, dtype="u1")
            else:
                level = tape.do(_added, level, reached, dtype="u1")
        assert level is not None
        for ceiling in self.edition.ceilings:
            level = self._capped(level, ceiling)
        return level

    def grade_of(self, level: int, failed: int) -> int:
        """The level, but none where a gate fails."""
        if failed == NO:
            return level
        return self.tape.do(_kept, level, self.vector.opposite(failed), dtype="u1")

    def _capped(self, level: int, ceiling: Any) -> int:
        tape = self.tape
        criterion = self.edition.criterion(ceiling.criterion)
        place = next(i for i, grade in enumerate(self.edition.grades) if grade.id == ceiling.grade)
        most = len(self.edition.grades) - place
        points = self.points(criterion)
        bound = tape.constant(float(ceiling.below - TOLERANCE), "f8")
        short = tape.do(np.less, points, bound, dtype="?")
        # min(level, most) where short, else level: the larger of “not short” as 255 and `most`
        free = tape.do(_weighted, self.vector.opposite(short), tape.constant(255, "u1"), dtype="u1")
        limit = tape.do(maximum, free, tape.constant(most, "u1"), dtype="u1")
        return tape.do(minimum, level, limit, dtype="u1")


class Discrete:
    """Criteria whose points are multiples of one step, added up in bytes and made floats once."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.accepted = 0

    def takes(self, criterion: Scored) -> bool:
        return False

    def add(self, criterion: Scored) -> int:
        raise NotImplementedError

    def total(self) -> int | None:
        return None


def _copied(x: Array, out: Array) -> None:
    np.copyto(out, x, casting="unsafe")


def _weighted(mask: Array, weight: Array, out: Array) -> None:
    np.multiply(mask.view(np.uint8), weight, out)


def _added(level: Array, mask: Array, out: Array) -> None:
    np.add(level, mask.view(np.uint8), out)


def _kept(level: Array, mask: Array, out: Array) -> None:
    np.multiply(level, mask.view(np.uint8), out)


def _where(mask: Array, value: Array, out: Array) -> None:
    """The value where the mask holds, else 0, NaN included."""
    out.fill(0.0)
    np.copyto(out, value, where=mask)


def _logarithm(full_at: float, points: float) -> Any:
    full = math.log1p(full_at)

    def operation(x: Array, out: Array) -> None:
        np.log1p(np.maximum(x, 0.0), out=out)
        np.multiply(out, points / full, out)
        np.minimum(out, points, out=out)

    return operation
