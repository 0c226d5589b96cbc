"""An evaluated frame under a changed edition: only what the change touches is computed again."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.criteria.columns import Column
from scoring.criteria.edition import Criteria, Gate, Part, Table
from scoring.criteria.expression import Expression
from scoring.criteria.frame import evaluate_frame, read_columns
from scoring.criteria.nodes import Name, Node
from scoring.criteria.result import ResultFrame
from scoring.criteria.sheet import Compiled, Sheet
from scoring.criteria.tables import scope_on
from scoring.criteria.tape import Tape, arrays_of
from scoring.criteria.vector import NO, YES, Vector

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
    fresh = arrays_of(len(result), [arrays[name].dtype.str for name in compiled.names])
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
        """Only the masks that change, and what follows from them."""
        before = Vector(base, self.vector.on, scope_on(base, self.vector.on), self.vector.columns, self.tape)
        outputs: dict[str, int] = {}
        for name in ("failed", "missing", "review"):
            parts = {place: getattr(self.gate(self.edition.gates[place]), name) for place in touched}
            old = {place: getattr(self.gate(base.gates[place], before), name) for place in touched}
            parts = {place: mask for place, mask in parts.items() if mask != old[place]}
            if parts:
                dtype = self.held["*failed"].data.dtype.str
                outputs[name] = _with_bits(self.tape, self._held(name), dtype, parts)
        rest = self._held("rest")
        if "missing" in outputs or "review" in outputs:
            masks = [outputs.get(name, self._held(name)) for name in ("missing", "review")]
            rest = outputs["rest"] = self.rest_of(*(self._anywhere(mask) for mask in masks))
        failed = self._anywhere(outputs.get("failed", self._held("failed")))
        outputs["verdict"] = self.verdict_of(failed, rest)
        if "*grade" in self.held and "failed" in outputs:
            outputs["grade"] = self.grade_of(self._held("level"), failed)
        refs: list[int] = []
        for name, ref in outputs.items():
            refs.append(self.own(ref, refs, self.held[f"*{name}"].data.dtype.str))
        return Compiled(self.tape.finish(refs), tuple(outputs))

    def _held(self, name: str) -> int:
        return self.tape.source(f"*{name}") if f"*{name}" in self.held else NO

    def _anywhere(self, masks: int) -> int:
        if masks == NO:
            return NO
        zero = self.tape.constant(0, self.held["*failed"].data.dtype.str)
        return self.tape.do(np.not_equal, masks, zero, dtype="?")


def _with_bits(tape: Tape, ref: int, dtype: str, parts: Mapping[int, int]) -> int:
    """The masks with the bits of some gates replaced."""
    width = np.dtype(dtype).itemsize * 8
    kept = ((1 << width) - 1) & ~sum(1 << place for place in parts)
    ref = tape.do(np.bitwise_and, ref, tape.constant(kept, dtype), dtype=dtype)
    for place, mask in parts.items():
        if mask == NO:
            continue
        bit = tape.constant(1 << place, dtype)
        part = bit if mask == YES else tape.do(np.multiply, tape.bytes_of(mask), bit, dtype=dtype)
        ref = tape.do(np.bitwise_or, ref, part, dtype=dtype)
    return ref


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
