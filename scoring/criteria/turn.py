"""Where each row of a frame turns from one verdict to another as one bound moves."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from scoring.criteria import plan
from scoring.criteria.edition import Gate
from scoring.criteria.nodes import EXACT, And, Compare, Name, Node, Not, Or, walk
from scoring.criteria.result import VERDICTS, ResultFrame
from scoring.criteria.sheet import Sheet
from scoring.criteria.vector import ULPS

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
        # how many bounds, from the lowest, the comparison (or its opposite) is met at
        side: Literal["left", "right"] = "right" if self.op in (">=", "<") else "left"
        reached = np.searchsorted(bounds, self.at, side=side)
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


def turning_rows(result: ResultFrame, parameter: str) -> TurningRows | None:
    """None when the parameter is anything but the bound of one comparison in one gate."""
    found = _only_use(result, parameter)
    if found is None:
        return None
    place, atom = found
    gate = result.edition.gates[place]
    if all(other.applies is not None for other in result.edition.gates):
        return None
    arrays = {name: np.empty(len(result), np.uint8) for name in ("met", "unmet")}
    at = np.empty(len(result))
    with localcontext(EXACT):
        sheet = Sheet(result.edition, result.on, result.columns)
        x = sheet.vector.number(atom.left)
        if x is None:
            return None
        refs: list[int] = [sheet.own(x, [], "f8")]
        for wanted in (_TRUE, _FALSE):
            masks = sheet.gate(_with(gate, atom, wanted))
            code = sheet.verdict_of(masks.failed, masks.missing, masks.review)
            refs.append(sheet.own(code, refs, "u1"))
    sheet.tape.finish(refs).run(result.columns, len(result), [at, arrays["met"], arrays["unmet"]])
    return _placed(result, place, atom.op, at, arrays["met"], arrays["unmet"])


def _placed(result: ResultFrame, place: int, op: str, at: Array, met: Array, unmet: Array) -> TurningRows:
    """Verdict codes of the one gate joined with those of the others: the gravest counts."""
    others = np.zeros(len(result), np.uint8)
    for masks, code in ((result.review, 1), (result.missing, 2), (result.failed, 3)):
        if len(masks) == len(result):
            rest = masks & np.array(~(1 << place) & (1 << 8 * masks.dtype.itemsize) - 1, masks.dtype)
            np.maximum(others, (rest != 0).view(np.uint8) * np.uint8(code), out=others)
    levels = len(result.edition.grades) + 1
    level = result.level if len(result.level) == len(result) else np.zeros(len(result), np.int8)
    met, unmet = np.maximum(met, others), np.maximum(unmet, others)
    turns = (met != unmet) & (at == at)
    stays = ~turns
    fixed = np.bincount(
        result.verdict[stays].astype(np.int64) * levels + level[stays], minlength=len(VERDICTS) * levels
    )
    moving = level[turns].astype(np.int64)
    return TurningRows(
        op,
        at[turns],
        met[turns].astype(np.int64) * levels + moving,
        unmet[turns].astype(np.int64) * levels + moving,
        fixed,
        levels,
    )


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
