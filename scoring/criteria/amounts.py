"""The numbers of an edition as array operations: facts, arithmetic, tables, curves.

Sums of amounts are brought back to their decimals, so that nothing is left of the rounding of their terms.
"""

import itertools
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.criteria.columns import Column
from scoring.criteria.edition import Criteria, Knot
from scoring.criteria.kleene import value_of
from scoring.criteria.nodes import Arithmetic, Exact, Name, Node, Rounded, settle_negations, walk
from scoring.criteria.tape import Tape, maximum, minimum

Array = npt.NDArray[Any]
ULPS = 4
_DECIMALS = {"money": 2, "integer": 0}

YES, NO = -1, -2  # references to the constant conditions


class Amounts(ABC):
    """Writes numbers on a tape, for columns of given kinds.

    `kept` are the numbers that points need as they are, so that gates may as well use them.
    """

    def __init__(
        self,
        edition: Criteria,
        on: date,
        scope: Mapping[str, Any],
        columns: Mapping[str, Column],
        tape: Tape,
        kept: frozenset[Node] = frozenset(),
    ) -> None:
        self.edition = edition
        self.on = on
        self.scope = scope
        self.columns = columns
        self.tape = tape
        self.kept = kept

    @abstractmethod
    def true(self, node: Node) -> int: ...

    @abstractmethod
    def false(self, node: Node) -> int: ...

    @abstractmethod
    def both(self, items: list[int]) -> int: ...

    @abstractmethod
    def either(self, items: list[int]) -> int: ...

    @abstractmethod
    def opposite(self, item: int) -> int: ...

    @abstractmethod
    def day_number(self, node: Node) -> int | None: ...

    def varies(self, node: Node) -> bool:
        return any(isinstance(part, Name) and part.origin in ("fact", "table") for part in walk(node))

    def number(self, node: Node) -> int | None:
        """The number in a float, NaN where missing; None when it is missing everywhere."""
        if isinstance(node, Exact | Rounded):
            return self.number(node.item)
        if not self.varies(node):
            found = value_of(node, {}, self.scope)
            return None if found is None else self.tape.constant(float(found), "f8")
        if isinstance(node, Name):
            return self._fact(node.key) if node.origin == "fact" else self._table(node.key)
        assert isinstance(node, Arithmetic)
        if node.left.type.kind == "date":
            left, right = self.day_number(node.left), self.day_number(node.right)
        else:
            left, right = self.number(node.left), self.number(node.right)
        if left is None or right is None:
            return None
        if node.op == "/":
            return self.divided(left, right)
        function = {"+": np.add, "-": np.subtract, "*": np.multiply}[node.op]
        result = self.tape.do(function, left, right, dtype="f8")
        return self._settled(node, result)

    def divided(self, left: int, right: int) -> int:
        """left ÷ right, NaN where the divisor is 0."""
        zero = self.tape.do(np.equal, right, self.tape.constant(0.0, "f8"), dtype="?")
        return self.tape.do(_divide, left, right, zero, dtype="f8")

    def _settled(self, node: Arithmetic, ref: int) -> int:
        """A sum of amounts with fixed decimals, brought back to them, free of what subtraction left over."""
        decimals = self._decimals(node)
        if node.op not in "+-" or not decimals:
            return ref
        power = self.tape.constant(10.0**decimals, "f8")
        ref = self.tape.do(np.multiply, ref, power, dtype="f8")
        ref = self.tape.do(np.rint, ref, dtype="f8")
        return self.tape.do(np.divide, ref, power, dtype="f8")

    def _decimals(self, node: Node) -> int | None:
        """How many decimals a value has at most; None where that is open."""
        if isinstance(node, Exact | Rounded):
            return self._decimals(node.item)
        if not self.varies(node):
            value = value_of(node, {}, self.scope)
            exponent = (
                Decimal(value).normalize().as_tuple().exponent if isinstance(value, Decimal | int) else None
            )
            return max(0, -exponent) if isinstance(exponent, int) else None
        if isinstance(node, Name):
            return _DECIMALS.get(self.edition.dictionary[node.key].kind) if node.origin == "fact" else None
        if not isinstance(node, Arithmetic) or node.op == "/":
            return None
        if node.left.type.kind == "date":
            return 0
        left, right = self._decimals(node.left), self._decimals(node.right)
        if left is None or right is None:
            return None
        found = left + right if node.op == "*" else max(left, right)
        return found if found <= 6 else None

    def is_loose(self, node: Node) -> bool:
        """A sum whose terms have no fixed decimals, so that its rounding depends on their size."""
        return self._decimals(node) is None and any(
            isinstance(part, Arithmetic) and part.op in "+-" for part in walk(node)
        )

    def _fact(self, key: str) -> int | None:
        column = self.columns.get(key)
        if column is None:
            return None
        data = self.tape.source(key)
        if column.mask is not None:
            return self.tape.do(_masked, data, self.tape.source(key, "mask"), dtype="f8")
        if column.data.dtype.kind != "f":
            return self.tape.do(_as_float, data, dtype="f8")
        return data

    def _table(self, name: str) -> int | None:
        table = self.edition.tables[name]
        if table.kind == "rows":
            return self._rows(name)
        assert table.input is not None
        x = self.number(table.input.root)
        if x is None:
            return None
        if table.kind == "annuity":
            assert table.rate is not None
            rate = float(value_of(table.rate, {}, self.scope))
            return self.tape.do(_annuity(rate), x, dtype="f8", key=("annuity", rate))
        return self.curve(x, table.knots)

    def _rows(self, name: str) -> int:
        """The value of the first row that holds, where all rows before it are known not to hold."""
        table = self.edition.tables[name]
        total = self.tape.constant(0.0, "f8")
        open_still, decided = YES, NO
        for row in table.rows:
            condition = settle_negations(row.when.root)
            hit = self.both([open_still, self.true(condition)])
            total = self.plus(total, hit, float(row.value))
            decided = self.either([decided, hit])
            open_still = self.both([open_still, self.false(condition)])
        if table.otherwise is not None:
            total = self.plus(total, open_still, float(table.otherwise))
            decided = self.either([decided, open_still])
        return self.blank(total, self.opposite(decided))

    def plus(self, total: int, mask: int, value: float) -> int:
        """total + value where the mask holds."""
        if mask == NO or not value:
            return total
        if mask == YES:
            return self.tape.do(np.add, total, self.tape.constant(value, "f8"), dtype="f8")
        part = self.tape.do(_times, self.tape.bytes_of(mask), self.tape.constant(value, "f8"), dtype="f8")
        return self.tape.do(np.add, total, part, dtype="f8")

    def blank(self, ref: int, mask: int) -> int:
        """NaN where the mask holds."""
        if mask == NO:
            return ref
        if mask == YES:
            return self.tape.constant(math.nan, "f8")
        return self.tape.do(_blanked, ref, mask, dtype="f8")

    def blank_as_zero(self, ref: int) -> int:
        """0 where the value is NaN."""
        return self.tape.do(_filled, ref, dtype="f8")

    def places(self, knots: tuple[Knot, ...]) -> list[tuple[float, float]]:
        return [(float(value_of(knot.at, {}, self.scope)), float(knot.points)) for knot in knots]

    def curve(self, x: int, knots: tuple[Knot, ...], *, missing_as_low: bool = False) -> int:
        """Linear between the knots.

        With slopes s₁, s₂ … from knot to knot and none after the last, y = c + Σ (sₖ − sₖ₊₁) · min(x, xₖ),
        x not below the first knot; a jump adds its height where it is reached.
        """
        tape, places = self.tape, self.places(knots)
        first = tape.constant(places[0][0], "f8")
        x = (
            tape.do(np.fmax, x, first, dtype="f8")
            if missing_as_low
            else tape.do(maximum, x, first, dtype="f8")
        )
        slopes = [(x1, (y1 - y0) / (x1 - x0)) for (x0, y0), (x1, y1) in itertools.pairwise(places) if x1 > x0]
        following = [slope for _, slope in slopes[1:]] + [0.0]
        total, base = None, places[0][1]
        for (end, slope), after in zip(slopes, following, strict=True):
            bend = slope - after
            if not bend:
                continue
            part = tape.do(minimum, x, tape.constant(end, "f8"), dtype="f8")
            part = tape.do(np.multiply, part, tape.constant(bend, "f8"), dtype="f8")
            base -= bend * places[0][0]
            total = part if total is None else tape.do(np.add, total, part, dtype="f8")
        if total is None:
            total = tape.do(np.multiply, x, tape.constant(0.0, "f8"), dtype="f8")
        for (x0, y0), (x1, y1) in itertools.pairwise(places):
            if x0 == x1:
                total = self.plus(total, self.reached(x, x0), y1 - y0)
        if abs(base) > 1e-12:
            total = tape.do(np.add, total, tape.constant(base, "f8"), dtype="f8")
        return total

    def reached(self, x: int, bound: float) -> int:
        """x >= bound, an exact tie included."""
        for _ in range(ULPS):
            bound = math.nextafter(bound, -math.inf)
        return self.tape.do(np.greater_equal, x, self.tape.constant(bound, "f8"), dtype="?")


def _annuity(rate: float) -> Callable[[Array, Array], None]:
    step = -math.log1p(rate)

    def operation(years: Array, out: Array) -> None:
        if rate:
            np.divide(np.expm1(years * step), -rate, out)
        else:
            np.copyto(out, years)

    return operation


def _divide(a: Array, b: Array, zero: Array, out: Array) -> None:
    np.divide(a, b, out)
    if zero.any():
        out[zero] = np.nan


def _masked(data: Array, mask: Array, out: Array) -> None:
    np.copyto(out, data, casting="unsafe")
    out[mask] = np.nan


def _as_float(data: Array, out: Array) -> None:
    np.copyto(out, data, casting="unsafe")


def _times(mask: Array, value: Array, out: Array) -> None:
    np.multiply(mask, value, out=out)


def _blanked(x: Array, mask: Array, out: Array) -> None:
    np.copyto(out, x)
    out[mask] = np.nan


def _filled(x: Array, out: Array) -> None:
    np.copyto(out, x)
    out[out != out] = 0.0
