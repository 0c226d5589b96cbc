"""Conditions and numbers of an edition as Python code, exact in decimals.

The code holds only names made here (`f3`, `c12`) and keys of the dictionary; every number and text of the
rule file is a constant bound to such a name. A condition is True, False or None (unknown).
"""

import itertools
import math
import types
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, Inexact
from fractions import Fraction
from typing import Any

from scoring.criteria.edition import Criteria, Knot
from scoring.criteria.kleene import rounded, value_of
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
    Text,
    settle_negations,
    walk,
)
from scoring.criteria.tables import annuity, logarithm

Get = Callable[[str], Any]
Lines = list[str]
_FAR = 100_000  # days; a bound further away is compared as a number of days


class WrongKind(TypeError):
    """A fact of another kind than the dictionary says; holds its key."""


class Code:
    """Writes code for conditions and numbers, and collects the facts, tables, days and constants it uses."""

    def __init__(self, edition: Criteria, scope: Mapping[str, Any]) -> None:
        self.edition = edition
        self.scope = scope
        self.constants: dict[str, Any] = {
            "D": Decimal,
            "F": Fraction,
            "timedelta": timedelta,
            "rounded": rounded,
            "annuity": annuity,
            "logarithm": logarithm,
            "half_up": ROUND_HALF_UP,
            "wrong": _refuse,
        }
        self.names: dict[Any, str] = {}
        self.facts: dict[str, str] = {}
        self.tables: dict[str, str] = {}
        self.days: dict[str, str] = {}
        self.temporaries = 0

    def compiled(self, source: str) -> Callable[[date], Any]:
        """The one function of the source, taken from the compiled code and bound to the constants."""
        code = compile(source, f"<{self.edition.rule_set} {self.edition.version}>", "exec")
        bind = next(constant for constant in code.co_consts if isinstance(constant, types.CodeType))
        return types.FunctionType(bind, self.constants)

    def constant(self, value: Any) -> str:
        key = (type(value), value)
        if key not in self.names:
            self.names[key] = f"c{len(self.names)}"
            self.constants[self.names[key]] = value
        return self.names[key]

    def fact(self, key: str) -> str:
        return self.facts.setdefault(key, f"f{len(self.facts)}")

    def temporary(self) -> str:
        self.temporaries += 1
        return f"t{self.temporaries}"

    def reads(self) -> Lines:
        """All facts at once, then the checks of their kinds."""
        lines = [f"{name} = get({key!r})" for key, name in self.facts.items()]
        if len(lines) > 3:
            names = ", ".join(self.facts.values())
            lines = [f"{names} = map(get, {self.constant(tuple(self.facts))})"]
        for key, name in self.facts.items():
            spec = self.edition.dictionary[key]
            if spec.kind == "choice":
                allowed = self.constant(frozenset(choice.id for choice in spec.choices))
                lines.append(f"if {name} not in {allowed}: {name} = None")
            elif spec.kind in ("flag", "choices"):
                kind = "bool" if spec.kind == "flag" else "frozenset"
                lines.append(f"if {name} is not None and {name}.__class__ is not {kind}: wrong({key!r})")
        return lines

    # ---- numbers and dates

    def number(self, node: Node, needed: dict[str, None], divisors: list[str]) -> str:
        """Code of a number or date; collects what must be known and which divisors must not be zero."""
        if isinstance(node, Number | Day | Text):
            return self.constant(node.value)
        if isinstance(node, Name):
            return self._name(node, needed)
        if isinstance(node, Exact):
            return f"F({self.number(node.item, needed, divisors)})"
        if isinstance(node, Rounded):
            return f"rounded({self.number(node.item, needed, divisors)})"
        assert isinstance(node, Arithmetic)
        folded = self._fold(node)
        if folded is not None:
            return self.constant(folded)
        left = self.number(node.left, needed, divisors)
        right = self.number(node.right, needed, divisors)
        if node.left.type.kind == "date":
            if node.right.type.kind == "date":
                return f"D(({left} - {right}).days)"
            return f"({left} {node.op} timedelta(days=int({right})))"
        if node.op == "/":
            divisor = right if right.isidentifier() else self.temporary()
            divisors.append(divisor if divisor == right else f"({divisor} := {right})")
            left = f"D({left})" if self._may_be_int(node.left) else left
            return f"({left} / {divisor})"
        return f"({left} {node.op} {right})"

    def _name(self, node: Name, needed: dict[str, None]) -> str:
        if node.origin == "on":
            return "on"
        if node.origin == "parameter":
            return self.constant(self.scope[node.key])
        name = self.fact(node.key) if node.origin == "fact" else self.table(node.key)
        needed[name] = None
        return name

    def _fold(self, node: Node) -> Decimal | None:
        for part in walk(node):
            if isinstance(part, Name) and part.origin != "parameter":
                return None
        found: Decimal | None = value_of(node, {}, self.scope)
        return found

    def _may_be_int(self, node: Node) -> bool:
        return all(
            not (isinstance(part, Name) and part.origin == "fact")
            or self.edition.dictionary[part.key].kind == "integer"
            for part in walk(node)
        )

    def known(self, needed: Mapping[str, None], divisors: list[str], code: str) -> str:
        """`code` where everything it needs is known, else None."""
        unknown = self.unknown(needed, divisors)
        return f"(None if {unknown} else {code})" if unknown else code

    def unknown(self, needed: Mapping[str, None], divisors: list[str]) -> str:
        """When something needed is missing or a divisor is 0."""
        tests = [f"{name} is None" for name in needed if name not in divisors]
        tests += [f"not {divisor}" for divisor in dict.fromkeys(divisors)]
        return " or ".join(tests)

    def table(self, name: str) -> str:
        if name not in self.tables:
            self.tables[name] = f"x{len(self.tables)}"
            table = self.edition.tables[name]
            for inner in table.tables:
                self.table(inner)
            for key in table.facts:
                self.fact(key)
        return self.tables[name]

    def table_lines(self) -> list[str]:
        lines = []
        for name, table in self.edition.tables.items():
            if name not in self.tables:
                continue
            variable = self.tables[name]
            if table.kind == "rows":
                lines += self._row_lines(variable, table.rows, table.otherwise)
                continue
            assert table.input is not None
            needed: dict[str, None] = {}
            divisors: list[str] = []
            x = self.number(table.input.root, needed, divisors)
            if table.kind == "annuity":
                assert table.rate is not None
                code = f"annuity({x}, {self.constant(value_of(table.rate, {}, self.scope))})"
            else:
                code = self._curve_code(x, table.knots)
            lines.append(f"{variable} = {self.known(needed, divisors, code)}")
        return lines

    def _row_lines(self, variable: str, rows: Any, otherwise: Decimal | None) -> list[str]:
        code = "None" if otherwise is None else self.constant(otherwise)
        for row in reversed(rows):
            hit = self.temporary()
            condition = self.truth(settle_negations(row.when.root))
            value = self.constant(row.value)
            code = f"({value} if ({hit} := {condition}) else None if {hit} is None else {code})"
        return [f"{variable} = {code}"]

    # ---- conditions

    def truth(self, node: Node) -> str:
        """Code of a condition with `not` settled: True, False or None."""
        if isinstance(node, And | Or):
            return self._junction(node)
        if isinstance(node, Name):
            return self.fact(node.key)
        unknown, test = self.atom(node)
        return f"(None if {unknown} else {test})" if unknown else f"({test})"

    def atom(self, node: Node) -> tuple[str, str]:
        """When a single condition is unknown, and its test for the other cases."""
        if isinstance(node, Compare):
            return self._compare(node)
        if isinstance(node, Not):
            inner = self.truth(node.item)
            name = inner if inner.isidentifier() else self.temporary()
            return (f"{name} is None" if name == inner else f"({name} := {inner}) is None"), f"not {name}"
        assert isinstance(node, Among | Holds | Stated | Missing)
        name = self.fact(node.key)
        if isinstance(node, Missing):
            return "", f"{name} is {'not ' if node.negated else ''}None"
        unknown = f"{name} is None"
        if isinstance(node, Stated):
            return unknown, "True"
        if isinstance(node, Holds):
            return unknown, f"{self.constant(node.value)} {'not in' if node.negated else 'in'} {name}"
        if len(node.values) == 1:
            return (
                unknown,
                f"{name} {'!=' if node.negated else '=='} {self.constant(next(iter(node.values)))}",
            )
        return unknown, f"{name} {'not in' if node.negated else 'in'} {self.constant(node.values)}"

    def _junction(self, node: And | Or) -> str:
        decides, settles = ("False", "True") if isinstance(node, And) else ("True", "False")
        tests, names = [], []
        for item in node.items:
            code = self.truth(item)
            if code.isidentifier():
                names.append(code)
                tests.append(f"{code} is {decides}")
            else:
                name = self.temporary()
                tests.append(f"({name} := {code}) is {decides}")
                if not isinstance(item, Missing):
                    names.append(name)
        unknown = f"None if {' or '.join(f'{name} is None' for name in names)} else " if names else ""
        return f"({decides} if {' or '.join(tests)} else {unknown}{settles})"

    def _compare(self, node: Compare) -> tuple[str, str]:
        since = self._age(node)
        if since is not None:
            return since
        needed: dict[str, None] = {}
        divisors: list[str] = []
        left = self.number(node.left, needed, divisors)
        right = self.number(node.right, needed, divisors)
        return self.unknown(needed, divisors), f"{left} {node.op} {right}"

    def _age(self, node: Compare) -> tuple[str, str] | None:
        """`on - fact >= days` as one comparison with a day computed once."""
        age, op, bound = node.left, node.op, self._fold(node.right)
        if not (isinstance(age, Arithmetic) and age.op == "-" and isinstance(age.left, Name)):
            return None
        if age.left.origin != "on" or not isinstance(age.right, Name) or age.right.origin != "fact":
            return None
        if bound is None or op in ("==", "!=") or abs(bound) > _FAR:
            return None
        low, high = math.floor(bound), math.ceil(bound)
        days = {">=": high, ">": low + 1, "<=": low, "<": high - 1}[op]
        code = f"on - timedelta(days={days})"
        day = self.days.setdefault(code, f"d{len(self.days)}")
        fact = self.fact(age.right.key)
        return f"{fact} is None", f"{fact} {'<=' if op in ('>=', '>') else '>='} {day}"

    def _curve_code(self, x: str, knots: tuple[Knot, ...]) -> str:
        places = [(value_of(knot.at, {}, self.scope), knot.points) for knot in knots]
        code = self.constant(places[0][1])
        for (x0, y0), (x1, y1) in itertools.pairwise(places):
            if x0 == x1:
                inside = None
            elif y0 == y1:
                inside = self.constant(y0)
            else:
                inside = self._line(x, x0, y0, y1 - y0, x1 - x0)
            if inside is not None:
                code = f"({inside} if {x} >= {self.constant(x0)} else {code})"
        return f"({self.constant(places[-1][1])} if {x} >= {self.constant(places[-1][0])} else {code})"

    def _line(self, x: str, x0: Decimal, y0: Decimal, rise: Decimal, run: Decimal) -> str:
        """y0 + (x − x0) · rise / run, in one multiplication where the slope has an end."""
        context = Context(prec=28)
        slope = context.divide(rise, run)
        distance = f"({x} - {self.constant(x0)})" if x0 else x
        if context.flags[Inexact]:
            line = f"{distance} * {self.constant(rise)} / {self.constant(run)}"
        else:
            line = f"{distance} * {self.constant(slope)}"
        return f"{self.constant(y0)} + {line}" if y0 else line


def functions(
    edition: Criteria, scope: Mapping[str, Any], on: date, nodes: Sequence[Node]
) -> list[Callable[[Get], Any]]:
    """For each node a function from the facts' `get` to its value."""
    code = Code(edition, scope)
    made: list[Lines] = []
    for place, node in enumerate(nodes):
        code.facts, code.tables = {}, {}
        if node.type.kind == "truth":
            value = code.truth(settle_negations(node))
        else:
            needed: dict[str, None] = {}
            divisors: list[str] = []
            value = code.number(node, needed, divisors)
            value = code.known(needed, divisors, value)
        tables = code.table_lines()
        body = [*code.reads(), *tables, f"return {value}"]
        made.append([f"    def n{place}(get):", *(f"        {line}" for line in body)])
    lines = ["def bind(on):", *(f"    {name} = {day}" for day, name in code.days.items())]
    lines += [line for block in made for line in block]
    lines.append(f"    return [{', '.join(f'n{place}' for place in range(len(nodes)))}]")
    found: list[Callable[[Get], Any]] = code.compiled("\n".join(lines))(on)
    return found


def _refuse(key: str) -> None:
    raise WrongKind(key)
