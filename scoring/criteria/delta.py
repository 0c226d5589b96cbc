"""An evaluated frame under a changed edition: only what the change touches is computed again."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.criteria.amounts import NO
from scoring.criteria.columns import Column
from scoring.criteria.edition import Criteria, Gate, Part, Table
from scoring.criteria.expression import Expression
from scoring.criteria.frame import evaluate_frame, read_columns
from scoring.criteria.nodes import Name, Node
from scoring.criteria.result import ResultFrame
from scoring.criteria.sheet import Compiled, Sheet
from scoring.criteria.tables import scope_on
from scoring.criteria.tape import arrays_of
from scoring.criteria.vector import Vector

Array = npt.NDArray[Any]


def rescreen(result: ResultFrame, draft: Criteria) -> ResultFrame:
    """The result under another edition; equal to evaluating the frame again."""
    edition, on = result.edition, result.on
    same_gates = [gate.id for gate in edition.gates] == [gate.id for gate in draft.gates]
    if not same_gates or points_touched(edition, draft, on) or all(gate.applies for gate in draft.gates):
        return evaluate_frame(result.frame, draft, on=on)
    touched = gates_touched(edition, draft, on)
    arrays = dict(result.arrays)
    columns = dict(result.columns)
    if touched:
        missing = {key for place in touched for key in draft.gates[place].facts} - set(result.columns)
        if missing:
            columns.update(read_columns(result.frame, draft))
        _replace_gates(result, draft, touched, columns, arrays)
    return ResultFrame(draft, on, result.frame, columns, arrays)


def _replace_gates(
    result: ResultFrame,
    draft: Criteria,
    touched: tuple[int, ...],
    columns: Mapping[str, Column],
    arrays: dict[str, Array],
) -> None:
    held = result.held()
    shape = (
        "delta",
        result.edition.content_hash,
        result.on,
        touched,
        tuple((key, column.shape) for key, column in columns.items()),
    )
    compiled: Compiled | None = draft.programs.get(shape)
    if compiled is None:
        compiled = draft.programs[shape] = _DeltaSheet(draft, result.on, columns, held).delta(
            touched, result.edition
        )
    fresh = arrays_of(len(result), ["u1"] * len(compiled.names))
    compiled.machine.run({**columns, **held}, len(result), fresh)
    arrays.update(zip(compiled.names, fresh, strict=True))


class _DeltaSheet(Sheet):
    """A sheet that starts from the masks of an earlier result."""

    def __init__(
        self, edition: Criteria, on: date, columns: Mapping[str, Column], held: Mapping[str, Column]
    ) -> None:
        super().__init__(edition, on, columns, points=False)
        self.held = held

    def delta(self, touched: tuple[int, ...], base: Criteria) -> Compiled:
        """Only the bytes of masks that change, and what follows from them."""
        before = Vector(base, self.vector.on, scope_on(base, self.vector.on), self.vector.columns, self.tape)
        outputs: dict[str, int] = {}
        for name in ("failed", "missing", "review"):
            for place in touched:
                mask = getattr(self.gate(self.edition.gates[place]), name)
                if mask == getattr(self.gate(base.gates[place], before), name):
                    continue
                plane = f"{name}:{place // 8}"
                outputs[plane] = self._with_bit(outputs.get(plane, self._held(plane)), place % 8, mask)
        rest = self._held("rest")
        if any(not name.startswith("failed") for name in outputs):
            rest = outputs["rest"] = self.rest_of(
                *(self._anywhere(name, outputs) for name in ("missing", "review"))
            )
        if outputs:
            failed = self._anywhere("failed", outputs)
            outputs["verdict"] = self.verdict_of(failed, rest)
            if "*grade" in self.held:
                outputs["grade"] = self.grade_of(self._held("level"), failed)
        refs: list[int] = []
        for ref in outputs.values():
            refs.append(self.own(ref, refs, "u1"))
        return Compiled(self.tape.finish(refs), tuple(outputs))

    def _held(self, name: str) -> int:
        return self.tape.source(f"*{name}")

    def _with_bit(self, plane: int, bit: int, mask: int) -> int:
        """The byte of eight gates with the bit of one of them replaced."""
        tape = self.tape
        plane = tape.do(np.bitwise_and, plane, tape.constant(255 & ~(1 << bit), "u1"), dtype="u1")
        return plane if mask == NO else self.weigh(plane, mask, 1 << bit, np.bitwise_or, "u1")

    def _anywhere(self, name: str, outputs: Mapping[str, int]) -> int:
        """Where any gate has its bit set."""
        planes = [key for key in self.held if key.startswith(f"*{name}:")]
        refs = [outputs.get(key[1:], self.tape.source(key)) for key in planes]
        if not refs:
            return NO
        total = refs[0]
        for ref in refs[1:]:
            total = self.tape.do(np.bitwise_or, total, ref, dtype="u1")
        return self.tape.do(np.not_equal, total, self.tape.constant(0, "u1"), dtype="?")


# ---- what a change touches


def gates_touched(edition: Criteria, draft: Criteria, on: date) -> tuple[int, ...]:
    """The places of the gates whose rules or values differ between two editions on a day."""
    pairs = zip(edition.gates, draft.gates, strict=True)
    return tuple(
        place
        for place, (old, new) in enumerate(pairs)
        if _gate_print(old, edition, on) != _gate_print(new, draft, on)
    )


def points_touched(edition: Criteria, draft: Criteria, on: date) -> bool:
    """Whether anything differs that points or grades depend on."""
    return _points_print(edition, on) != _points_print(draft, on)


def _gate_print(gate: Gate, edition: Criteria, on: date) -> tuple[Any, ...]:
    return (
        _print(gate.applies, edition, on),
        tuple(
            (clause.otherwise, _print(clause.applies, edition, on), _print(clause.require, edition, on))
            for clause in gate.clauses
        ),
    )


def _points_print(edition: Criteria, on: date) -> tuple[Any, ...]:
    tracks = edition.tracks
    return (
        tuple(
            (c.id, c.full, c.combine, c.missing, tuple(_part_print(part, edition, on) for part in c.parts))
            for c in edition.criteria
        ),
        None
        if tracks is None
        else (
            tracks.full,
            tracks.bonus,
            _print(tracks.bonus_when, edition, on),
            tuple((track.criteria, _print(track.when, edition, on)) for track in tracks.alternatives),
        ),
        tuple((grade.id, grade.since) for grade in edition.grades),
        tuple((ceiling.criterion, ceiling.below, ceiling.grade) for ceiling in edition.ceilings),
        edition.points_decimals,
    )


def _part_print(part: Part, edition: Criteria, on: date) -> tuple[Any, ...]:
    return (
        part.kind,
        part.points,
        _print(part.when, edition, on),
        _print(part.input, edition, on),
        tuple((_bound(knot.at, edition, on), knot.points) for knot in part.knots),
        tuple(part.choices.items()),
        None if part.full_at is None else _bound(part.full_at, edition, on),
    )


def _bound(node: Node, edition: Criteria, on: date) -> Any:
    return edition.dated(node.key, on).value if isinstance(node, Name) else node


def _print(expression: Expression | None, edition: Criteria, on: date) -> Any:
    """The tree of an expression with the values its names have on a day."""
    if expression is None:
        return None
    values = tuple(edition.dated(name, on).value for name in expression.parameters)
    tables = tuple(_table_print(edition.tables[name], edition, on) for name in expression.tables)
    return (expression.root, values, tables)


def _table_print(table: Table, edition: Criteria, on: date) -> tuple[Any, ...]:
    return (
        table.kind,
        _print(table.input, edition, on),
        tuple((_print(row.when, edition, on), row.value) for row in table.rows),
        table.otherwise,
        tuple((_bound(knot.at, edition, on), knot.points) for knot in table.knots),
        None if table.rate is None else _bound(table.rate, edition, on),
    )
