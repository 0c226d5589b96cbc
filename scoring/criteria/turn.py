"""Where each row of a frame turns from one verdict to another as one bound moves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from scoring.criteria import plan
from scoring.criteria.amounts import ULPS
from scoring.criteria.columns import Column
from scoring.criteria.edition import Gate
from scoring.criteria.nodes import EXACT, And, Compare, Name, Node, Not, Or, walk
from scoring.criteria.result import VERDICTS, ResultFrame
from scoring.criteria.sheet import Sheet
from scoring.criteria.tape import arrays_of, maximum

Array = npt.NDArray[Any]
_TRUE, _FALSE = And(()), Or(())
_RISING = (">=", ">")


@dataclass(frozen=True)
class TurningRows:
    """For the rows that turn: the value they turn at, and their verdict and grade on either side."""

    op: str
    at: Array  # (k,) the value compared with the bound
    met: Array  # (k,) place among the verdicts and levels when the comparison holds
    unmet: Array  # (k,) and when it does not
    fixed: Array  # counts by verdict, then by level, of the rows that do not turn
    levels: int

    def counts(self, grid: Sequence[Decimal]) -> list[Array]:
        """Counts of verdicts, then of grades, for each bound."""
        order = np.argsort(np.array([float(value) for value in grid]), kind="stable")
        bounds = np.array([float(grid[place]) for place in order])
        towards = -np.inf if self.op in (">=", "<") else np.inf
        for _ in range(ULPS):
            bounds = np.nextafter(bounds, towards)
        reached = _reached(bounds, self.at, beyond=self.op in ("<=", ">"))
        below, above = (self.met, self.unmet) if self.op in _RISING else (self.unmet, self.met)
        size = len(bounds) + 1
        states = len(self.fixed)
        left = np.bincount(below * size + reached, minlength=states * size).reshape(states, size)
        right = np.bincount(above * size + reached, minlength=states * size).reshape(states, size)
        found: list[Any] = [None] * len(bounds)
        for position, place in enumerate(order):
            totals = self.fixed + left[:, position + 1 :].sum(1) + right[:, : position + 1].sum(1)
            found[place] = self._summed(totals)
        return found

    def _summed(self, states: Array) -> Array:
        """From counts by verdict and level to counts by verdict, then by grade."""
        table = states.reshape(len(VERDICTS), self.levels)
        graded = table[[place for place, verdict in enumerate(VERDICTS) if verdict != "fail"]].sum(0)
        return np.concatenate([table.sum(1), graded[1:]])


def _reached(bounds: Array, values: Array, *, beyond: bool) -> Array:
    """For each value how many of the rising bounds are at most (with `beyond`: below) it.

    A table of equal steps gives the first guess; then each value climbs past the bounds left in its step.
    """
    low, high = bounds[0], bounds[-1]
    steps = 4 * len(bounds) + 1
    scale = steps / (high - low) if high > low else 0.0
    edges = low + np.arange(steps) / scale if scale else np.full(steps, low)
    side: Literal["left", "right"] = "left" if beyond else "right"
    first = np.maximum(np.searchsorted(bounds, edges, side) - 1, 0)
    place = np.clip((values - low) * scale, 0, steps - 1).astype(np.intp)
    guess: Array = first.take(np.maximum(place - 1, 0))
    padded = np.append(bounds, np.inf)
    while True:
        ahead = padded.take(guess)
        climbs = values > ahead if beyond else values >= ahead
        if not climbs.any():
            return guess
        guess += climbs


def turning_rows(result: ResultFrame, parameter: str) -> TurningRows | None:
    """None when the parameter is anything but the bound of one comparison in one gate."""
    found = _only_use(result, parameter)
    edition = result.edition
    if found is None or all(gate.applies is not None for gate in edition.gates):
        return None
    place, atom = found
    levels = len(edition.grades) + 1
    held = result.held()
    with localcontext(EXACT):
        sheet = _TurnSheet(edition, result.on, result.columns)
        refs = sheet.turning(place, atom, held, levels)
    if refs is None:
        return None
    at, met, unmet, turns = arrays_of(len(result), ["f8", "u1", "u1", "?"])
    sheet.tape.finish(refs).run({**result.columns, **held}, len(result), [at, met, unmet, turns])
    rows = np.flatnonzero(turns)
    met, unmet = met.take(rows).astype(np.intp), unmet.take(rows).astype(np.intp)
    size = len(VERDICTS) * levels
    now = result.states(levels)
    here = result.states(levels, rows)
    return TurningRows(
        atom.op,
        at.take(rows),
        met,
        unmet,
        np.bincount(now, minlength=size) - np.bincount(here, minlength=size),
        levels,
    )


class _TurnSheet(Sheet):
    """Writes, for one gate and one comparison in it, what follows when it holds and when it does not."""

    def turning(self, place: int, atom: Compare, held: Mapping[str, Column], levels: int) -> list[int] | None:
        tape = self.tape
        at = self.vector.number(atom.left)
        if at is None:
            return None
        others = self._others(place, held)
        level = tape.source("*level") if "*level" in held else tape.constant(0, "u1")
        gate = self.edition.gates[place]
        states = []
        for wanted in (_TRUE, _FALSE):
            masks = self.gate(_with(gate, atom, wanted))
            own = self.verdict_of(masks.failed, self.rest_of(masks.missing, masks.review))
            code = tape.do(maximum, own, others, dtype="u1")
            code = tape.do(np.multiply, code, tape.constant(levels, "u1"), dtype="u1")
            states.append(tape.do(np.add, code, level, dtype="u1"))
        known = tape.do(np.equal, at, at, dtype="?")
        differ = tape.do(np.not_equal, *states, dtype="?")
        refs: list[int] = []
        for ref, dtype in (
            (at, "f8"),
            (states[0], "u1"),
            (states[1], "u1"),
            (self.vector.both([known, differ]), "?"),
        ):
            refs.append(self.own(ref, refs, dtype))
        return refs

    def _others(self, place: int, held: Mapping[str, Column]) -> int:
        """The verdict of all other gates together."""
        found = {}
        for name in ("failed", "missing", "review"):
            masks = []
            for key in (key for key in held if key.startswith(f"*{name}:")):
                own = 1 << place % 8 if key == f"*{name}:{place // 8}" else 0
                rest = self.tape.constant(255 & ~own, "u1")
                ref = self.tape.do(np.bitwise_and, self.tape.source(key), rest, dtype="u1")
                masks.append(self.tape.do(np.not_equal, ref, self.tape.constant(0, "u1"), dtype="?"))
            found[name] = self.vector.either(masks)
        return self.verdict_of(found["failed"], self.rest_of(found["missing"], found["review"]))


def _only_use(result: ResultFrame, parameter: str) -> tuple[int, Compare] | None:
    """The gate's place and the comparison whose bound the parameter is, if that is its only use."""
    edition = result.edition
    uses = [
        (place, node)
        for place, gate in enumerate(edition.gates)
        for clause in gate.clauses
        for node in walk(plan.requirement(clause).condition)
        if isinstance(node, Compare) and isinstance(node.right, Name) and node.right.key == parameter
    ]
    names = sum(
        isinstance(node, Name) and node.key == parameter
        for gate in edition.gates
        for expression in gate.expressions
        for node in walk(expression.root)
    )
    elsewhere = any(
        parameter in expression.parameters
        for criterion in edition.criteria
        for part in criterion.parts
        for expression in part.expressions
    ) or any(isinstance(bound, Name) and bound.key == parameter for bound in _bounds(result))
    tracks = edition.tracks.alternatives if edition.tracks is not None else ()
    elsewhere = elsewhere or any(parameter in track.when.parameters for track in tracks)
    tables = any(parameter in row.when.parameters for table in edition.tables.values() for row in table.rows)
    if len(uses) != 1 or names != 1 or elsewhere or tables:
        return None
    place, atom = uses[0]
    if atom.op not in ("<", "<=", ">=", ">") or atom.left.type.kind != "number":
        return None
    return place, atom


def _bounds(result: ResultFrame) -> list[Node]:
    edition = result.edition
    found = [knot.at for criterion in edition.criteria for part in criterion.parts for knot in part.knots]
    found += [part.full_at for c in edition.criteria for part in c.parts if part.full_at is not None]
    found += [knot.at for table in edition.tables.values() for knot in table.knots]
    found += [table.rate for table in edition.tables.values() if table.rate is not None]
    return found


def _with(gate: Gate, atom: Compare, value: Node) -> Gate:
    """The gate with one comparison replaced by a constant."""
    clauses = tuple(
        replace(
            clause,
            applies=None,
            require=replace(clause.require, root=_replaced(plan.requirement(clause).condition, atom, value)),
        )
        for clause in gate.clauses
    )
    return replace(gate, clauses=clauses)


def _replaced(node: Node, atom: Compare, value: Node) -> Node:
    if node == atom:
        return value
    if isinstance(node, And | Or):
        return type(node)(tuple(_replaced(item, atom, value) for item in node.items))
    if isinstance(node, Not):
        return Not(_replaced(node.item, atom, value))
    return node
