"""The gates of an edition on one tape: masks as bits, verdicts as small numbers, points beside them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.criteria import plan
from scoring.criteria.columns import Column
from scoring.criteria.edition import Criteria, Gate
from scoring.criteria.points import Points, weighted
from scoring.criteria.tables import scope_on
from scoring.criteria.tape import Machine, Tape, maximum
from scoring.criteria.vector import NO, YES, Vector

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Compiled:
    """A machine and the names of its outputs; `failed:1` is the second byte of the failed masks."""

    machine: Machine
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GateMasks:
    """Where a gate fails, lacks evidence, needs review; where a plain one (a failing clause) passes."""

    failed: int
    missing: int
    review: int
    passed: int | None = None


class Sheet:
    """Writes the gates, points and grades of an edition on one tape."""

    def __init__(self, edition: Criteria, on: date, columns: Mapping[str, Column]) -> None:
        self.edition = edition
        self.tape = Tape()
        self.vector = Vector(edition, on, scope_on(edition, on), columns, self.tape)
        self.points = Points(self.vector)
        self.outputs: dict[str, int] = {}

    def compiled(self) -> Compiled:
        masks = [self.gate(gate) for gate in self.edition.gates]
        failed = self._planes("failed", [mask.failed for mask in masks])
        missing = self._planes("missing", [mask.missing for mask in masks], masks)
        has_review = any(mask.review != NO for mask in masks)
        review = self._planes("review", [mask.review for mask in masks]) if has_review else NO
        self.outputs["verdict"] = self.verdict_of(failed, missing, review)
        if self.edition.criteria:
            score = self.outputs["score"] = self.points.score()
            if self.edition.grades:
                level = self.outputs["level"] = self.points.level(score)
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
        if condition is None and len(gate.clauses) == 1 and gate.clauses[0].otherwise == "fail":
            return GateMasks(fail, lack, NO, true)
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

    def _planes(self, name: str, masks: list[int], gates: list[GateMasks] | None = None) -> int:
        """The masks of up to eight gates as the bits of one byte each; returns where any of them is set."""
        planes = []
        for start in range(0, len(masks), 8):
            plane = None
            if gates is not None:
                plane = self._undecided(gates[start : start + 8])
            plane = plane if plane is not None else self._plane(masks[start : start + 8])
            if plane is not None:
                self.outputs[f"{name}:{start // 8}"] = plane
                planes.append(plane)
        if not planes:
            return NO
        total = planes[0]
        for plane in planes[1:]:
            total = self.tape.do(np.bitwise_or, total, plane, dtype="u1")
        return self.tape.do(np.not_equal, total, self.tape.constant(0, "u1"), dtype="?")

    def _undecided(self, gates: list[GateMasks]) -> int | None:
        """Of plain gates only: the bits that neither pass nor fail, all at once."""
        passed = [gate.passed for gate in gates if gate.passed is not None]
        if len(passed) < len(gates):
            return None
        met, unmet = self._plane(passed), self._plane([gate.failed for gate in gates])
        bits = self.tape.constant((1 << len(gates)) - 1, "u1")
        if met is None or unmet is None:
            return None
        decided = self.tape.do(np.bitwise_or, met, unmet, dtype="u1")
        return self.tape.do(np.bitwise_xor, decided, bits, dtype="u1")

    def _plane(self, masks: list[int]) -> int | None:
        total = None
        for bit, mask in enumerate(masks):
            if mask != NO:
                total = self.weigh(total, mask, 1 << bit, np.bitwise_or, "u1")
        return total

    def weigh(self, total: int | None, mask: int, weight: int, join: Any, dtype: str) -> int:
        """The total joined with the weight where the mask holds."""
        size = self.tape.constant(weight, dtype)
        part = size if mask == YES else self.tape.do(weighted, mask, size, dtype=dtype)
        return part if total is None else self.tape.do(join, total, part, dtype=dtype)

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
        part = self.tape.do(weighted, mask, self.tape.constant(code, "u1"), dtype="u1")
        return part if total is None else self.tape.do(maximum, total, part, dtype="u1")

    def _whole(self, mask: int) -> int:
        return self.tape.constant(True, "?") if mask == YES else mask

    def grade_of(self, level: int, failed: int) -> int:
        """The level, but none where a gate fails."""
        if failed == NO:
            return level
        return self.tape.do(_kept, level, self.vector.opposite(failed), dtype="u1")


def _copied(x: Array, out: Array) -> None:
    np.copyto(out, x, casting="unsafe")


def _kept(level: Array, mask: Array, out: Array) -> None:
    np.multiply(level, mask.view(np.uint8), out)
