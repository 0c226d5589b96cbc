"""The gates of an edition on one tape: masks as bits, verdicts as small numbers, points beside them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.criteria import plan
from scoring.criteria.amounts import NO, YES
from scoring.criteria.columns import Column
from scoring.criteria.edition import Criteria, Gate
from scoring.criteria.points import Points
from scoring.criteria.tables import scope_on
from scoring.criteria.tape import Machine, Tape, maximum
from scoring.criteria.vector import Vector

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

    def __init__(
        self, edition: Criteria, on: date, columns: Mapping[str, Column], *, points: bool = True
    ) -> None:
        self.edition = edition
        self.tape = Tape()
        inputs = (part.input for criterion in edition.criteria for part in criterion.parts)
        kept = frozenset(found.root for found in inputs if found is not None) if points else frozenset()
        self.vector = Vector(edition, on, scope_on(edition, on), columns, self.tape, kept)
        self.points = Points(self.vector)
        self.outputs: dict[str, int] = {}

    def compiled(self) -> Compiled:
        masks = [self.gate(gate) for gate in self.edition.gates]
        failed = self._planes("failed", [mask.failed for mask in masks])
        missing = self._planes("missing", [mask.missing for mask in masks], masks)
        has_review = any(mask.review != NO for mask in masks)
        review = self._planes("review", [mask.review for mask in masks]) if has_review else NO
        rest = self.outputs["rest"] = self.rest_of(missing, review)
        self.outputs["verdict"] = self.verdict_of(failed, rest)
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

    def gate(self, gate: Gate, vector: Vector | None = None) -> GateMasks:
        """The masks of one gate; another vector on the same tape may hold other values of the parameters."""
        vector = self.vector if vector is None else vector
        found: dict[str, list[int]] = {"fail": [], "insufficient": [], "review": []}
        for clause in gate.clauses:
            requirement = plan.requirement(clause)
            true, false = vector.true(requirement.condition), vector.false(requirement.condition)
            found[requirement.otherwise].append(false)
            found["insufficient"].append(vector.neither(true, false))
        fail, lack, review = (vector.either(found[name]) for name in ("fail", "insufficient", "review"))
        condition = plan.applies(gate)
        if condition is None and len(gate.clauses) == 1 and gate.clauses[0].otherwise == "fail":
            return GateMasks(fail, vector.unknown_of(gate.clauses[0].require.root, lack), NO, true)
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
        part = size if mask == YES else self.tape.do(np.multiply, self.tape.bytes_of(mask), size, dtype=dtype)
        return part if total is None else self.tape.do(join, total, part, dtype=dtype)

    def rest_of(self, missing: int, review: int) -> int:
        """The verdict but for failing gates: 0 pass, 1 review, 2 insufficient; 4 where no gate applies."""
        total = None
        for mask, code in ((missing, 2), (review, 1)):
            if mask != NO:
                total = self.weigh(total, self._whole(mask), code, maximum, "u1")
        conditions = [plan.applies(gate) for gate in self.edition.gates]
        if all(condition is not None for condition in conditions):
            off = self.vector.both([self.vector.false(c) for c in conditions if c is not None])
            if off != NO:
                total = self.weigh(total, self._whole(off), 4, maximum, "u1")
        return total if total is not None else self.tape.constant(0, "u1")

    def verdict_of(self, failed: int, rest: int) -> int:
        """3 where a gate fails, else the rest."""
        return rest if failed == NO else self.weigh(rest, self._whole(failed), 3, maximum, "u1")

    def _whole(self, mask: int) -> int:
        return self.tape.constant(True, "?") if mask == YES else mask

    def grade_of(self, level: int, failed: int) -> int:
        """The level, but none where a gate fails."""
        if failed == NO:
            return level
        return self.tape.do(np.multiply, level, self.tape.bytes_of(self.vector.opposite(failed)), dtype="u1")


def _copied(x: Array, out: Array) -> None:
    np.copyto(out, x, casting="unsafe")
