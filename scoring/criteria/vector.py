"""Conditions and numbers of an edition as array operations on a tape.

A condition is two masks, known true and known false; where neither holds it is unknown. Comparisons with
NaN are false on both sides, so that missing needs no pass of its own. Thresholds are moved by four units
in the last place towards the side that an exact tie belongs to, and sums of amounts are brought back to
their decimals, so that a project exactly on a limit is decided as in exact arithmetic.
"""

import math
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.criteria.amounts import NO, ULPS, YES, Amounts
from scoring.criteria.columns import NO_DAY, Column
from scoring.criteria.kleene import value_of
from scoring.criteria.nodes import (
    Among,
    And,
    Arithmetic,
    Compare,
    Exact,
    Holds,
    Missing,
    Name,
    Node,
    Not,
    Or,
    Rounded,
    Stated,
)

Array = npt.NDArray[Any]
_RELATIVE = ULPS * 2.0**-52
_FEW = 6  # up to so many equality tests are cheaper than looking up a table
_FLIP = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


class Vector(Amounts):
    """Writes conditions on a tape; a condition is a reference to its mask, or YES or NO."""

    # ---- logic on masks

    def both(self, items: list[int]) -> int:
        found = [item for item in dict.fromkeys(items) if item != YES]
        if NO in found:
            return NO
        return self._fold(np.logical_and, found, YES)

    def either(self, items: list[int]) -> int:
        found = [item for item in dict.fromkeys(items) if item != NO]
        if YES in found:
            return YES
        return self._fold(np.logical_or, found, NO)

    def _fold(self, function: Any, items: list[int], empty: int) -> int:
        if not items:
            return empty
        total = items[0]
        for item in items[1:]:
            total = self.tape.do(function, total, item, dtype="?")
        return total

    def opposite(self, item: int) -> int:
        if item in (YES, NO):
            return NO if item == YES else YES
        return self.tape.do(np.logical_not, item, dtype="?")

    def without(self, item: int, other: int) -> int:
        """item and not other."""
        if item == NO or other == YES:
            return NO
        if other == NO:
            return item
        if item == YES:
            return self.opposite(other)
        return self.tape.do(np.greater, item, other, dtype="?")

    def unknown(self, node: Node) -> int:
        return self.neither(self.true(node), self.false(node))

    def neither(self, true: int, false: int) -> int:
        """Neither known true nor known false; the two never hold together."""
        if YES in (true, false):
            return NO
        if true == NO:
            return self.opposite(false)
        if false == NO:
            return self.opposite(true)
        return self.tape.do(np.equal, true, false, dtype="?")

    def unknown_of(self, node: Node, otherwise: int) -> int:
        """Where a comparison is unknown, whatever its bound; other conditions are as unknown as they are."""
        if not isinstance(node, Compare) or node.left.type.kind != "number" or self.is_loose(node.left):
            return otherwise
        sides = [side for side in (node.left, node.right) if self.varies(side)]
        refs = [self.number(side) for side in sides if not _is_age(side)]
        if len(refs) < len(sides) or None in refs:
            return otherwise
        known = [self.tape.do(np.equal, ref, ref, dtype="?") for ref in refs if ref is not None]
        return self.opposite(self.both(known))

    # ---- conditions

    def true(self, node: Node) -> int:
        """Where the condition is known to hold."""
        if isinstance(node, And):
            return self.both([self.true(item) for item in node.items])
        if isinstance(node, Or):
            return self.either([self.true(item) for item in node.items])
        if isinstance(node, Not):
            return self.false(node.item)
        return self._atom(node, True)

    def false(self, node: Node) -> int:
        """Where the condition is known not to hold."""
        if isinstance(node, And):
            return self.either([self.false(item) for item in node.items])
        if isinstance(node, Or):
            return self.both([self.false(item) for item in node.items])
        if isinstance(node, Not):
            return self.true(node.item)
        return self._atom(node, False)

    def _atom(self, node: Node, wanted: bool) -> int:
        if isinstance(node, Compare):
            return self._compare(node, wanted)
        if isinstance(node, Among):
            return self._among(node, wanted)
        if isinstance(node, Holds):
            return self._holds(node, wanted)
        if isinstance(node, Missing):
            return self.missing(node.key) if node.negated is not wanted else self.stated(node.key)
        if isinstance(node, Stated):
            return self.stated(node.key) if wanted else NO
        assert isinstance(node, Name)
        return self._flag(node.key, wanted)

    def _flag(self, key: str, wanted: bool) -> int:
        column = self.columns.get(key)
        if column is None:
            return NO
        data = self.tape.source(key)
        if column.mask is None:
            return data if wanted else self.opposite(data)
        mask = self.tape.source(key, "mask")
        if wanted:
            return self.tape.do(np.greater, data, mask, dtype="?")
        return self.opposite(self.tape.do(np.logical_or, data, mask, dtype="?"))

    def stated(self, key: str) -> int:
        column = self.columns.get(key)
        if column is None:
            return NO
        if column.mask is not None:
            return self.opposite(self.tape.source(key, "mask"))
        data = self.tape.source(key)
        if column.kind == "codes":
            return self.tape.do(np.greater_equal, data, self._code(column, 0), dtype="?")
        if column.kind == "date":
            return self.tape.do(np.greater, data, self.tape.constant(NO_DAY, "i8"), dtype="?")
        if column.kind == "choices":
            edge = self.tape.constant(1 << len(column.labels), column.data.dtype.str)
            return self.tape.do(np.less, data, edge, dtype="?")
        if column.kind == "number" and column.data.dtype.kind == "f":
            return self.tape.do(np.equal, data, data, dtype="?")
        return YES

    def missing(self, key: str) -> int:
        column = self.columns.get(key)
        if column is not None and column.mask is not None:
            return self.tape.source(key, "mask")
        return self.opposite(self.stated(key))

    def _code(self, column: Column, value: int) -> int:
        return self.tape.constant(value, column.data.dtype.str)

    def _among(self, node: Among, wanted: bool) -> int:
        column = self.columns.get(node.key)
        if column is None:
            return NO
        inside = self._inside(node, column)
        if wanted is not node.negated:
            return inside
        return self.without(self.stated(node.key), inside)

    def _inside(self, node: Among, column: Column) -> int:
        data = self.tape.source(node.key)
        codes = [place for place, label in enumerate(column.labels) if label in node.values]
        if len(codes) <= _FEW:
            tests = [self.tape.do(np.equal, data, self._code(column, code), dtype="?") for code in codes]
            return self.either(tests)
        table = np.zeros(len(column.labels) + 1, bool)  # the last entry answers for code −1
        table[codes] = True
        return self.tape.do(_looked_up(table), data, dtype="?", key=("among", table.tobytes()))

    def chosen(self, key: str, choice: str) -> int:
        """Where a choice fact is one choice."""
        column = self.columns.get(key)
        if column is None or choice not in column.labels:
            return NO
        code = self._code(column, column.labels.index(choice))
        return self.tape.do(np.equal, self.tape.source(key), code, dtype="?")

    def _holds(self, node: Holds, wanted: bool) -> int:
        column = self.columns.get(node.key)
        if column is None:
            return NO
        dtype = column.data.dtype.str
        bit = self.tape.constant(1 << column.labels.index(node.value), dtype)
        data = self.tape.source(node.key)
        held = self.tape.do(np.bitwise_and, data, bit, dtype=dtype)
        has = self.tape.do(np.not_equal, held, self.tape.constant(0, dtype), dtype="?")
        if wanted is not node.negated:
            return has
        return self.without(self.stated(node.key), has)

    # ---- comparisons

    def _compare(self, node: Compare, wanted: bool) -> int:
        if node.left.type.kind == "date":
            return self._compare_days(node, wanted)
        left, op, right = node.left, node.op, node.right
        if not self.varies(left) and self.varies(right):
            left, op, right = right, _FLIP[op], left
        aged = self._compare_age(left, op, right, wanted)
        if aged is not None:
            return aged
        if not self.varies(right):
            return self._against_constant(left, op, right, wanted)
        if self.is_loose(left) or self.is_loose(right):
            return self._loosely(left, op, right, wanted)
        a, b = self.number(left), self.number(right)
        if a is None or b is None:
            return NO
        low, high = self._guarded(right, b)
        return self._ordered(a, op, low, high, wanted)

    def _against_constant(self, left: Node, op: str, right: Node, wanted: bool) -> int:
        bound = value_of(right, {}, self.scope)
        if bound is None:
            return NO
        if self.is_loose(left):
            return self._loosely(left, op, right, wanted)
        low = high = float(bound)
        for _ in range(ULPS):
            low, high = math.nextafter(low, -math.inf), math.nextafter(high, math.inf)
        low_ref, high_ref = self.tape.constant(low, "f8"), self.tape.constant(high, "f8")
        quotient = self._plain_quotient(left)
        if quotient is not None and op not in ("==", "!="):
            return self._multiplied_out(quotient, op, low_ref, high_ref, wanted)
        a = self.number(left)
        return NO if a is None else self._ordered(a, op, low_ref, high_ref, wanted)

    def _plain_quotient(self, node: Node) -> Arithmetic | None:
        """A quotient by a fact that is never negative and that nothing else needs."""
        if not isinstance(node, Arithmetic) or node.op != "/" or node in self.kept:
            return None
        divisor = node.right
        if not isinstance(divisor, Name) or divisor.origin != "fact":
            return None
        minimum = self.edition.dictionary[divisor.key].minimum
        return node if minimum is not None and minimum >= 0 else None

    def _multiplied_out(self, node: Arithmetic, op: str, low: int, high: int, wanted: bool) -> int:
        """a / b against a bound as a against bound · b, where b is above 0: a division is dear."""
        a, b = self.number(node.left), self.number(node.right)
        if a is None or b is None:
            return NO
        bound = low if op in (">=", "<") else high
        limit = self.tape.do(np.multiply, b, bound, dtype="f8")
        above = self.tape.do(np.greater, b, self.tape.constant(0.0, "f8"), dtype="?")
        return self.both([above, self._ordered(a, op, limit, limit, wanted)])

    def _ordered(self, a: int, op: str, low: int, high: int, wanted: bool) -> int:
        """`low` and `high` are the bound, moved down and up by the guard."""
        at_least, below = (np.greater_equal, np.less) if wanted else (np.less, np.greater_equal)
        at_most, above = (np.less_equal, np.greater) if wanted else (np.greater, np.less_equal)
        if op in ("==", "!="):
            if (op == "==") is wanted:
                parts = ((np.greater_equal, low), (np.less_equal, high))
                return self.both([self.tape.do(test, a, bound, dtype="?") for test, bound in parts])
            outside = ((np.less, low), (np.greater, high))
            return self.either([self.tape.do(test, a, bound, dtype="?") for test, bound in outside])
        test, bound = {
            ">=": (at_least, low),
            "<": (below, low),
            "<=": (at_most, high),
            ">": (above, high),
        }[op]
        return self.tape.do(test, a, bound, dtype="?")

    def _guarded(self, node: Node, ref: int) -> tuple[int, int]:
        width = self.tape.do(np.absolute, ref, dtype="f8")
        width = self.tape.do(np.multiply, width, self.tape.constant(_RELATIVE, "f8"), dtype="f8")
        return (
            self.tape.do(np.subtract, ref, width, dtype="f8"),
            self.tape.do(np.add, ref, width, dtype="f8"),
        )

    def _loosely(self, left: Node, op: str, right: Node, wanted: bool) -> int:
        """Sums without fixed decimals: the difference against a guard relative to the size of their terms."""
        a, b = self.number(left), self.number(right)
        if a is None or b is None:
            return NO
        gap = self.tape.do(np.subtract, a, b, dtype="f8")
        size = self.tape.do(np.add, self._size(left), self._size(right), dtype="f8")
        high = self.tape.do(np.multiply, size, self.tape.constant(_RELATIVE, "f8"), dtype="f8")
        low = self.tape.do(np.negative, high, dtype="f8")
        return self._ordered(gap, op, low, high, wanted)

    def _size(self, node: Node) -> int:
        if isinstance(node, Exact | Rounded):
            return self._size(node.item)
        if isinstance(node, Arithmetic) and node.op in "+-":
            return self.tape.do(np.add, self._size(node.left), self._size(node.right), dtype="f8")
        if isinstance(node, Arithmetic):
            left, right = self._size(node.left), self._size(node.right)
            return (
                self.divided(left, right)
                if node.op == "/"
                else self.tape.do(np.multiply, left, right, dtype="f8")
            )
        ref = self.number(node)
        assert ref is not None
        return self.tape.do(np.absolute, ref, dtype="f8")

    # ---- days

    def _compare_age(self, left: Node, op: str, right: Node, wanted: bool) -> int | None:
        """`on - fact >= days` as a comparison of the stored day with one computed here."""
        if not (isinstance(left, Arithmetic) and left.op == "-" and isinstance(left.left, Name)):
            return None
        if left.left.origin != "on" or not isinstance(left.right, Name) or left.right.origin != "fact":
            return None
        if op in ("==", "!=") or self.varies(right):
            return None
        bound = value_of(right, {}, self.scope)
        days = {
            ">=": math.ceil(bound),
            ">": math.floor(bound) + 1,
            "<=": math.floor(bound),
            "<": math.ceil(bound) - 1,
        }[op]
        edge = self.on.toordinal() - days
        return self._day_test(left.right.key, "<=" if op in (">=", ">") else ">=", edge, wanted)

    def _compare_days(self, node: Compare, wanted: bool) -> int:
        left, op, right = node.left, node.op, node.right
        if not isinstance(left, Name) or left.origin != "fact":
            left, op, right = right, _FLIP[op], left
        fixed = self._fixed_day(right)
        if isinstance(left, Name) and left.origin == "fact" and fixed is not None:
            return self._day_test(left.key, op, fixed.toordinal(), wanted)
        a, b = self.day_number(node.left), self.day_number(node.right)
        if a is None or b is None:
            return NO
        return self._ordered(a, node.op, b, b, wanted)

    def _fixed_day(self, node: Node) -> date | None:
        if self.varies(node):
            return None
        found: date | None = value_of(node, {}, self.scope)
        return found

    def _day_test(self, key: str, op: str, ordinal: int, wanted: bool) -> int:
        """A stored day against a fixed one; a moment within a day counts as that day."""
        column = self.columns.get(key)
        if column is None:
            return NO
        start = (ordinal - date(1970, 1, 1).toordinal()) * column.ticks
        begin = self.tape.constant(start, "i8")
        end = self.tape.constant(start + column.ticks, "i8")
        data = self.tape.source(key)
        from_it = self.tape.do(np.greater_equal, data, begin, dtype="?")
        past_it = self.tape.do(np.greater_equal, data, end, dtype="?")
        known = self.stated(key)
        before = self.without(known, from_it)
        until = self.without(known, past_it)
        answers = {
            "<": (before, from_it),
            "<=": (until, past_it),
            ">=": (from_it, before),
            ">": (past_it, until),
            "==": (self.both([from_it, until]), self.either([before, past_it])),
            "!=": (self.either([before, past_it]), self.both([from_it, until])),
        }
        return answers[op][0 if wanted else 1]

    def day_number(self, node: Node) -> int | None:
        """A day as its ordinal in a float, NaN where missing."""
        if isinstance(node, Name) and node.origin == "fact":
            column = self.columns.get(node.key)
            if column is None:
                return None
            return self.tape.do(
                _ordinals(column.ticks),
                self.tape.source(node.key),
                dtype="f8",
                key=("ordinals", column.ticks),
            )
        fixed = self._fixed_day(node)
        if fixed is not None:
            return self.tape.constant(float(fixed.toordinal()), "f8")
        assert isinstance(node, Arithmetic)
        left, right = self.day_number(node.left), self.number(node.right)
        if left is None or right is None:
            return None
        whole = self.tape.do(np.trunc, right, dtype="f8")
        return self.tape.do(np.add if node.op == "+" else np.subtract, left, whole, dtype="f8")


def _is_age(node: Node) -> bool:
    return isinstance(node, Arithmetic) and node.left.type.kind == "date"


def _looked_up(table: Array) -> Callable[[Array, Array], None]:
    def operation(codes: Array, out: Array) -> None:
        np.take(table, codes, out=out, mode="wrap")

    return operation


def _ordinals(ticks: int) -> Callable[[Array, Array], None]:
    epoch = date(1970, 1, 1).toordinal()

    def operation(data: Array, out: Array) -> None:
        np.floor_divide(data, ticks, out=out, casting="unsafe")
        np.add(out, epoch, out)
        out[data == NO_DAY] = np.nan

    return operation
