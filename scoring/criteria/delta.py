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
from scoring.criteria.tape import Tape
from scoring.criteria.vector import NO, YES

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
    held = {f"*{name}": Column("mask", array) for name, array in arrays.items()}
    shape = ("delta", result.on, touched, tuple((key, column.shape) for key, column in columns.items()))
    compiled: Compiled | None = draft.programs.get(shape)
    if compiled is None:
        compiled = draft.programs[shape] = _DeltaSheet(draft, result.on, columns, held).delta(touched)
    fresh = [np.empty_like(arrays[name]) for name in compiled.names]
    compiled.machine.run({**columns, **held}, len(result), fresh)
    arrays.update(zip(compiled.names, fresh, strict=True))


class _DeltaSheet(Sheet):
    """A sheet that starts from the masks of an earlier result."""

    def __init__(
        self, edition: Criteria, on: date, columns: Mapping[str, Column], held: Mapping[str, Column]
    ) -> None:
        super().__init__(edition, on, columns)
        self.held = held

    def delta(self, touched: tuple[int, ...]) -> Compiled:
        gates = {place: self.gate(self.edition.gates[place]) for place in touched}
        masks = {}
        for name in ("failed", "missing", "review"):
            if f"*{name}" not in self.held:
                continue
            held = self.held[f"*{name}"].data.dtype.str
            parts = {place: getattr(gate, name) for place, gate in gates.items()}
            masks[name] = _with_bits(self.tape, self.tape.source(f"*{name}"), held, parts)
        outputs = dict(masks)
        anywhere = {
            name: self.tape.do(
                np.not_equal, ref, self.tape.constant(0, self.held[f"*{name}"].data.dtype.str), dtype="?"
            )
            for name, ref in masks.items()
        }
        outputs["verdict"] = self.verdict_of(
            anywhere["failed"], anywhere["missing"], anywhere.get("review", NO)
        )
        if "*grade" in self.held:
            outputs["grade"] = self.grade_of(self.tape.source("*level"), anywhere["failed"])
        names = list(outputs)
        refs: list[int] = []
        for name in names:
            refs.append(self.own(outputs[name], refs, self.held[f"*{name}"].data.dtype.str))
        return Compiled(self.tape.finish(refs), tuple(names))


def _with_bits(tape: Tape, ref: int, dtype: str, parts: Mapping[int, int]) -> int:
    """The masks with the bits of some gates replaced."""
    width = np.dtype(dtype).itemsize * 8
    kept = ((1 << width) - 1) & ~sum(1 << place for place in parts)
    ref = tape.do(np.bitwise_and, ref, tape.constant(kept, dtype), dtype=dtype)
    for place, mask in parts.items():
        if mask == NO:
            continue
        bit = tape.constant(1 << place, dtype)
        part = bit if mask == YES else tape.do(_bit, mask, bit, dtype=dtype)
        ref = tape.do(np.bitwise_or, ref, part, dtype=dtype)
    return ref


def _bit(mask: Array, bit: Array, out: Array) -> None:
    np.multiply(mask.view(np.uint8), bit, out)


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
