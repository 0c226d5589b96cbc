"""From the text of a rule expression to its checked nodes: the whitelist, the names, kinds and units."""

import ast
import difflib
import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NoReturn

from scoring.catalogue import Record
from scoring.criteria.nodes import (
    DATE,
    DAYS,
    Among,
    And,
    Arithmetic,
    Compare,
    Day,
    Holds,
    Missing,
    Name,
    Node,
    Not,
    Number,
    Or,
    Stated,
    Text,
    Type,
    keep_ties,
    product,
    type_of_fact,
    unit_text,
)
from scoring.errors import InvalidData
from scoring.facts import FactSpec

MAX_LENGTH = 2_000
MAX_DEPTH = 40
MAX_NODES = 400

_NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,2})?\Z")
_ORDER = {ast.Lt: "<", ast.LtE: "<=", ast.Eq: "==", ast.NotEq: "!=", ast.GtE: ">=", ast.Gt: ">"}
_ARITHMETIC = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}


class Syntax:
    """Reads one expression; raises InvalidData with the place of the text in its file."""

    def __init__(
        self,
        text: str,
        dictionary: Mapping[str, FactSpec],
        names: Mapping[str, Name],
        sets: Mapping[str, frozenset[str]],
        record: Record | None,
        key: str | None,
    ) -> None:
        self.text = text
        self.dictionary = dictionary
        self.names = names
        self.sets = sets
        self.record = record
        self.key = key
        self.nodes = 0

    def fail(self, message: str) -> NoReturn:
        shown = self.text if len(self.text) <= 80 else self.text[:77] + "…"
        message = f"{message}, in “{shown}”"
        if self.record is not None:
            self.record.fail(message, self.key)
        raise InvalidData("expression", 1, message)

    def read(self) -> Node:
        if len(self.text) > MAX_LENGTH:
            self.fail(f"an expression has at most {MAX_LENGTH:,} characters; this has {len(self.text):,}")
        if not self.text.strip():
            self.fail("an expression is needed here")
        self._check_nesting()
        flat = " ".join(self.text.split())
        try:
            tree = ast.parse(flat, mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            reason = error.msg if isinstance(error, SyntaxError) else "too deeply nested"
            self.fail(f"not an expression: {reason}")
        self.source = flat
        return self.node(tree.body, 0)

    def _check_nesting(self) -> None:
        depth = 0
        for character in self.text:
            depth += (character in "([{") - (character in ")]}")
            if depth > MAX_DEPTH:
                self.fail(f"nested deeper than {MAX_DEPTH}")

    def node(self, tree: ast.expr, depth: int) -> Node:
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            self.fail(f"an expression is nested at most {MAX_DEPTH} deep and has at most {MAX_NODES} parts")
        readers: dict[type, Callable[[Any, int], Node]] = {
            ast.BoolOp: self._logic,
            ast.UnaryOp: self._unary,
            ast.Compare: self._chain,
            ast.BinOp: self._arithmetic,
            ast.Name: self._name,
            ast.Constant: self._constant,
        }
        make = readers.get(type(tree))
        if make is None:
            self.fail(f"{_spoken(tree)} is not part of the rule language")
        return make(tree, depth)

    def as_truth(self, node: Node) -> Node:
        if node.type.kind == "truth":
            return node
        if isinstance(node, Name) and node.origin == "fact" and node.type.kind == "text":
            return Stated(node.key)
        return self.fail(
            f"{self._describe(node)} cannot stand alone as a condition; compare it with something"
        )

    def _logic(self, tree: ast.BoolOp, depth: int) -> Node:
        items = tuple(self.as_truth(self.node(item, depth + 1)) for item in tree.values)
        return And(items) if isinstance(tree.op, ast.And) else Or(items)

    def _unary(self, tree: ast.UnaryOp, depth: int) -> Node:
        item = self.node(tree.operand, depth + 1)
        if isinstance(tree.op, ast.Not):
            return Not(self.as_truth(item))
        if isinstance(tree.op, ast.USub):
            self._need_number(item)
            if isinstance(item, Number):
                return Number(-item.value, item.type)
            return Arithmetic(
                "-", Number(Decimal(0), Type("number", literal=True, zero=True)), item, item.type
            )
        return self.fail(f"{_spoken(tree.op)} is not part of the rule language")

    def _chain(self, tree: ast.Compare, depth: int) -> Node:
        parts = []
        left = tree.left
        for operator, right in zip(tree.ops, tree.comparators, strict=True):
            parts.append(self._comparison(operator, left, right, depth))
            left = right
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _comparison(self, operator: ast.cmpop, left: ast.expr, right: ast.expr, depth: int) -> Node:
        if isinstance(operator, ast.Is | ast.IsNot):
            return self._missing(left, right, isinstance(operator, ast.IsNot))
        if isinstance(operator, ast.In | ast.NotIn):
            return self._membership(left, right, isinstance(operator, ast.NotIn), depth)
        op = _ORDER[type(operator)]
        a, b = self.node(left, depth + 1), self.node(right, depth + 1)
        if a.type.kind == "date" or b.type.kind == "date":
            a, b = self._as_day(a), self._as_day(b)
        if "number" in (a.type.kind, b.type.kind):
            self._need_comparable(a, b, "compared")
            return Compare(op, keep_ties(a), keep_ties(b))
        if a.type.kind == b.type.kind == "date":
            return Compare(op, a, b)
        if isinstance(a, Text):
            a, b = b, a
        if isinstance(a, Name) and isinstance(b, Text) and a.type.kind in ("choice", "text"):
            if op not in ("==", "!="):
                self.fail(f"“{a.key}” has no order; use == or != or in")
            return self._among(a, frozenset({b.value}), op == "!=", None)
        if a.type.kind == "truth" or b.type.kind == "truth":
            self.fail("a yes/no fact is a condition by itself: write it alone, or with not")
        return self.fail(f"{self._describe(a)} cannot be compared with {self._describe(b)}")

    def _missing(self, left: ast.expr, right: ast.expr, negated: bool) -> Node:
        if not (isinstance(right, ast.Name) and right.id == "missing"):
            self.fail("“is” is only used in “is missing” and “is not missing”")
        if not (isinstance(left, ast.Name) and left.id in self.dictionary):
            self.fail("“is missing” follows the name of a fact")
        return Missing(left.id, negated)

    def _membership(self, left: ast.expr, right: ast.expr, negated: bool, depth: int) -> Node:
        if isinstance(left, ast.Constant) and isinstance(left.value, str):
            container = self.node(right, depth + 1)
            if not (isinstance(container, Name) and container.type.kind == "choices"):
                self.fail("'text' in … needs a fact with several choices on the right")
            self._check_choice(container, left.value)
            return Holds(container.key, left.value, negated)
        item = self.node(left, depth + 1)
        if not (isinstance(item, Name) and item.type.kind in ("choice", "text")):
            self.fail(
                f"{self._describe(item)} cannot be looked up in a list; only a choice, code or text can"
            )
        if isinstance(right, ast.Name):
            if right.id not in self.sets:
                self.fail(f"“{right.id}” is not a set{_hint(right.id, self.sets)}")
            return self._among(item, self.sets[right.id], negated, right.id)
        if not isinstance(right, ast.Tuple | ast.List | ast.Set):
            self.fail("“in” needs a list such as ('a', 'b') or the name of a set")
        values = []
        for entry in right.elts:
            if not (isinstance(entry, ast.Constant) and isinstance(entry.value, str)):
                self.fail("a list after “in” holds texts in quotes only")
            values.append(entry.value)
        return self._among(item, frozenset(values), negated, None)

    def _among(self, name: Name, values: frozenset[str], negated: bool, set_name: str | None) -> Node:
        if name.origin != "fact":
            self.fail(f"“{name.key}” is not a fact")
        for value in sorted(values):
            self._check_choice(name, value)
        allowed = name.type.choices if name.type.kind == "choice" else None
        return Among(name.key, values, negated, allowed, set_name)

    def _check_choice(self, name: Name, value: str) -> None:
        allowed = name.type.choices
        if allowed is not None and value not in allowed:
            shown = ", ".join(sorted(allowed)[:12])
            self.fail(f"“{value}” is no choice of “{name.key}”; there are {shown}")

    def _arithmetic(self, tree: ast.BinOp, depth: int) -> Node:
        op = _ARITHMETIC.get(type(tree.op))
        if op is None:
            self.fail(f"{_spoken(tree.op)} is not part of the rule language")
        left, right = self.node(tree.left, depth + 1), self.node(tree.right, depth + 1)
        if "date" in (left.type.kind, right.type.kind):
            return self._date_arithmetic(op, left, right)
        self._need_number(left)
        self._need_number(right)
        if op in ("+", "-"):
            self._need_comparable(left, right, "added")
            kind = right.type if left.type.literal else left.type
            both = left.type.literal and right.type.literal
            return Arithmetic(op, left, right, Type("number", kind.dimension, kind.scale, literal=both))
        return Arithmetic(op, left, right, product(left.type, right.type, 1 if op == "*" else -1))

    def _date_arithmetic(self, op: str, left: Node, right: Node) -> Node:
        if op == "-" and left.type.kind == right.type.kind == "date":
            return Arithmetic(op, left, right, DAYS)
        if left.type.kind == "date" and right.type.kind == "number" and op in ("+", "-"):
            if not right.type.literal and right.type.dimension != DAYS.dimension:
                self.fail("a date moves by days: use a number whose unit is d")
            return Arithmetic(op, left, right, DATE)
        return self.fail("with dates only date − date and date ± days can be computed")

    def _name(self, tree: ast.Name, depth: int) -> Node:
        key = tree.id
        if key in self.names:
            return self.names[key]
        if key in self.dictionary:
            return Name(key, "fact", type_of_fact(self.dictionary[key]))
        if key in self.sets:
            self.fail(f"the set “{key}” stands only after “in”")
        known = [*self.dictionary, *self.names]
        return self.fail(f"unknown name “{key}”{_hint(key, known)}")

    def _constant(self, tree: ast.Constant, depth: int) -> Node:
        if isinstance(tree.value, str):
            return Text(tree.value)
        segment = ast.get_source_segment(self.source, tree) or ""
        if isinstance(tree.value, bool) or tree.value is None or not _NUMBER.match(segment):
            self.fail(f"“{segment}” is not a number or a text")
        value = Decimal(segment)
        return Number(value, Type("number", literal=True, zero=not value))

    def _as_day(self, node: Node) -> Node:
        if not isinstance(node, Text):
            return node
        try:
            return Day(date.fromisoformat(node.value))
        except ValueError:
            self.fail(f"“{node.value}” is not a date such as '2026-01-31'")

    def _need_number(self, node: Node) -> None:
        if node.type.kind != "number":
            self.fail(f"{self._describe(node)} is not a number")

    def _need_comparable(self, left: Node, right: Node, verb: str) -> None:
        self._need_number(left)
        self._need_number(right)
        a, b = left.type, right.type
        if a.zero or b.zero or (a.dimension == b.dimension and a.scale == b.scale):
            return
        if a.literal or b.literal:
            other = b if a.literal else a
            self.fail(
                f"a bare number cannot be {verb} with a value in {unit_text(other)}; "
                f"declare a parameter with that unit"
            )
        self.fail(f"{unit_text(a)} and {unit_text(b)} cannot be {verb}; both sides need one unit")

    def _describe(self, node: Node) -> str:
        if isinstance(node, Name):
            return f"“{node.key}” ({node.type.kind})"
        if isinstance(node, Text):
            return f"the text “{node.value}”"
        return f"a {node.type.kind}"


def _hint(name: str, known: Any) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean “{close[0]}”?" if close else ""


def _spoken(tree: ast.AST) -> str:
    names = {
        "Call": "a call",
        "Attribute": "a dot",
        "Subscript": "an index",
        "Lambda": "a lambda",
        "IfExp": "if … else",
        "Pow": "**",
        "Mod": "%",
        "FloorDiv": "//",
        "NamedExpr": ":=",
    }
    return names.get(type(tree).__name__, type(tree).__name__)
