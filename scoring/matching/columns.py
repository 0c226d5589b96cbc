"""Rule conditions over numpy columns: the same three-valued logic, a whole block at a time.

A truth is a pair of boolean arrays, known true and known false; where both are false it is unknown. A number
is a float64 array with NaN for missing. Arrays of facts and of parameters broadcast against each other, so
one function serves many projects under one rule and one project under many rules.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from scoring.criteria.nodes import (
    Among,
    And,
    Arithmetic,
    Compare,
    Day,
    Exact,
    Holds,
    Missing,
    Name,
    Node,
    Not,
    Number,
    Or,
    Rounded,
    Stated,
)

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Truth = tuple[Bools, Bools]

# Computed sides may differ from the exact decimals in the last places; that much is decided for the project.
_SLACK = 4 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class Numbers:
    """A number or date by project; NaN is missing. Dates are proleptic day numbers."""

    values: Floats

    @property
    def known(self) -> Bools:
        return ~np.isnan(self.values)


@dataclass(frozen=True, eq=False)
class Flags:
    true: Bools
    false: Bools

    @property
    def known(self) -> Bools:
        return self.true | self.false


@dataclass(frozen=True, eq=False)
class Codes:
    """A choice, code or text by project as a position in `names`; the last position means missing."""

    codes: npt.NDArray[np.intp]
    names: tuple[str, ...]

    @property
    def known(self) -> Bools:
        found: Bools = self.codes < len(self.names)
        return found


@dataclass(frozen=True, eq=False)
class Sets:
    """A fact with several choices as bits in the order of `names`."""

    bits: npt.NDArray[np.uint64]
    known: Bools
    names: tuple[str, ...]


Column = Numbers | Flags | Codes | Sets
Columns = Mapping[str, Column]
Scope = Mapping[str, Floats | float]


def truth(node: Node, columns: Columns, scope: Scope, size: int) -> Truth:
    """Where a condition is known true and where it is known false."""
    if isinstance(node, Compare):
        return _compare(node, columns, scope, size)
    if isinstance(node, And | Or):
        parts = [truth(item, columns, scope, size) for item in node.items]
        every, some = (0, 1) if isinstance(node, And) else (1, 0)
        pair = (
            np.logical_and.reduce(np.broadcast_arrays(*(part[every] for part in parts))),
            np.logical_or.reduce(np.broadcast_arrays(*(part[some] for part in parts))),
        )
        return pair if isinstance(node, And) else (pair[1], pair[0])
    if isinstance(node, Not):
        true, false = truth(node.item, columns, scope, size)
        return false, true
    column = columns.get(node.key) if isinstance(node, Name | Among | Holds | Stated | Missing) else None
    if isinstance(node, Missing):
        missing = np.ones(size, dtype=np.bool_) if column is None else ~column.known
        return (~missing, missing) if node.negated else (missing, ~missing)
    if column is None:
        nothing = np.zeros(size, dtype=np.bool_)
        return nothing, nothing
    return _atom(node, column)


def _atom(node: Node, column: Column) -> Truth:
    if isinstance(node, Name) and isinstance(column, Flags):
        return column.true, column.false
    if isinstance(node, Stated):
        return column.known, np.zeros_like(column.known)
    if isinstance(node, Among) and isinstance(column, Codes):
        inside = np.array([*(name in node.values for name in column.names), False])
        stated = np.array([*(node.allowed is None or name in node.allowed for name in column.names), False])
        pair = (inside & stated)[column.codes], (~inside & stated)[column.codes]
        return (pair[1], pair[0]) if node.negated else pair
    if isinstance(node, Holds) and isinstance(column, Sets):
        if node.value in column.names:
            bit = np.uint64(1 << column.names.index(node.value))
            has: Bools = (column.bits & bit) != 0
        else:
            has = np.zeros_like(column.known)
        true, false = has & column.known, ~has & column.known
        return (false, true) if node.negated else (true, false)
    raise TypeError(f"{type(node).__name__} cannot be read from {type(column).__name__}")


_TESTS: Mapping[str, tuple[Callable[..., Bools], Callable[..., Bools]]] = {
    ">=": (np.greater_equal, np.less),
    "<=": (np.less_equal, np.greater),
    ">": (np.greater, np.less_equal),
    "<": (np.less, np.greater_equal),
    "==": (np.equal, np.not_equal),
    "!=": (np.not_equal, np.equal),
}


def _compare(node: Compare, columns: Columns, scope: Scope, size: int) -> Truth:
    left, right = value(node.left, columns, scope, size), value(node.right, columns, scope, size)
    if not isinstance(node.left, Name | Number) or not isinstance(node.right, Name | Number):
        left = _settled(left, right)
    passes, fails = _TESTS[node.op]
    true, false = passes(left, right), fails(left, right)
    if node.op in ("==", "!="):  # NaN differs from everything, itself included
        known = ~(np.isnan(left) | np.isnan(right))
        true, false = true & known, false & known
    return true, false


def _settled(left: Floats | float, right: Floats | float) -> Floats | float:
    near = np.abs(np.subtract(left, right)) <= _SLACK * np.maximum(np.abs(left), np.abs(right))
    return np.where(near, right, left)


def value(node: Node, columns: Columns, scope: Scope, size: int) -> Floats | float:
    """A number or day by project; NaN where a fact is missing or a divisor is zero."""
    if isinstance(node, Exact | Rounded):
        return value(node.item, columns, scope, size)
    if isinstance(node, Number):
        return float(node.value)
    if isinstance(node, Day):
        return float(node.value.toordinal())
    if isinstance(node, Arithmetic):
        left, right = value(node.left, columns, scope, size), value(node.right, columns, scope, size)
        if node.op == "+":
            return left + right
        if node.op == "-":
            return left - right
        if node.op == "*":
            return left * right
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(np.equal(right, 0), np.nan, np.divide(left, right))
    if not isinstance(node, Name):
        raise TypeError(f"{type(node).__name__} is not a number")
    if node.origin != "fact":
        return scope[node.key]
    column = columns.get(node.key)
    return column.values if isinstance(column, Numbers) else np.full(size, np.nan)


def day_number(on: date) -> float:
    return float(on.toordinal())
