"""One project: an edition as one generated Python function, exact in decimals.

The source holds only names made here (`f3`, `c12`) and keys of the dictionary; every number and text of the
rule file is a constant bound to such a name. Facts are read once; a condition is True, False or None.
"""

import itertools
import math
import types
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from scoring.criteria import plan
from scoring.criteria.edition import Criteria, Knot, Part, Scored
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
from scoring.criteria.tables import TOLERANCE, annuity, logarithm

# failed, insufficient, review, not applicable gates as bit masks; points by criterion; score; place of grade
Raw = tuple[int, int, int, int, tuple[Decimal | None, ...], Decimal | None, int | None]
Program = Callable[[Callable[[str], Any]], Raw]

_FAR = 100_000  # days; a bound further away is compared as a number of days
_STATES = {"fail": 8, "insufficient": 4, "review": 2}


class WrongKind(TypeError):
    """A fact of another kind than the dictionary says; holds its key."""


def compile_edition(edition: Criteria, scope: Mapping[str, Any]) -> Callable[[date], Program]:
    """A function from the day to the program; `scope` holds the values of the parameters."""
    writer = _Writer(edition, scope)
    source = writer.source()
    code = compile(source, f"<{edition.rule_set} {edition.version}>", "exec")
    bind = next(constant for constant in code.co_consts if isinstance(constant, types.CodeType))
    return types.FunctionType(bind, writer.constants)


class _Writer:
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

    def source(self) -> str:
        body = [line for index in range(len(self.edition.gates)) for line in self._gate(index)]
        points = []
        for index, criterion in enumerate(self.edition.criteria):
            body += self._criterion(f"p{index}", criterion)
            points.append(f"p{index}")
        body += self._score()
        body.append(
            f"return failed, lacking, review, na, ({''.join(p + ', ' for p in points)}), score, grade"
        )
        head = [*self._reads(), *self._table_lines(), "failed = lacking = review = na = 0"]
        lines = ["def bind(on):"]
        lines += [f"    {name} = {code}" for code, name in self.days.items()]
        lines += ["    def program(get):", *(f"        {line}" for line in [*head, *body])]
        return "\n".join([*lines, "    return program"])

    # ---- names

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

    def _reads(self) -> list[str]:
        lines = []
        for key, name in self.facts.items():
            spec = self.edition.dictionary[key]
            lines.append(f"{name} = get({key!r})")
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
            divisor = self.temporary()
            divisors.append(f"{divisor} := {right}")
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
        tests = [f"{name} is None" for name in needed] + [f"not ({divisor})" for divisor in divisors]
        return f"(None if {' or '.join(tests)} else {code})" if tests else code

    # ---- tables

    def table(self, name: str) -> str:
        if name not in self.tables:
            self.tables[name] = f"x{len(self.tables)}"
            table = self.edition.tables[name]
            for inner in table.tables:
                self.table(inner)
            for key in table.facts:
                self.fact(key)
        return self.tables[name]

    def _table_lines(self) -> list[str]:
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
        if isinstance(node, Compare):
            return self._compare(node)
        if isinstance(node, Among):
            name = self.fact(node.key)
            if len(node.values) == 1:
                test = f"{name} {'!=' if node.negated else '=='} {self.constant(next(iter(node.values)))}"
            else:
                test = f"{name} {'not in' if node.negated else 'in'} {self.constant(node.values)}"
            return f"(None if {name} is None else {test})"
        if isinstance(node, Holds):
            name = self.fact(node.key)
            test = f"{self.constant(node.value)} {'not in' if node.negated else 'in'} {name}"
            return f"(None if {name} is None else {test})"
        if isinstance(node, Stated):
            return f"(None if {self.fact(node.key)} is None else True)"
        if isinstance(node, Missing):
            return f"({self.fact(node.key)} is {'not ' if node.negated else ''}None)"
        if isinstance(node, Name):
            return self.fact(node.key)
        if isinstance(node, Not):
            inner = self.truth(node.item)
            if inner.isidentifier():
                return f"(None if {inner} is None else not {inner})"
            name = self.temporary()
            return f"(None if ({name} := {inner}) is None else not {name})"
        assert isinstance(node, And | Or)
        return self._junction(node)

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

    def _compare(self, node: Compare) -> str:
        since = self._age(node)
        if since is not None:
            return since
        needed: dict[str, None] = {}
        divisors: list[str] = []
        left = self.number(node.left, needed, divisors)
        right = self.number(node.right, needed, divisors)
        return self.known(needed, divisors, f"{left} {node.op} {right}")

    def _age(self, node: Compare) -> str | None:
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
        return f"(None if {fact} is None else {fact} {'<=' if op in ('>=', '>') else '>='} {day})"

    # ---- gates

    def _gate(self, index: int) -> list[str]:
        gate = self.edition.gates[index]
        bit = self.constant(1 << index)
        requirements = [plan.requirement(clause) for clause in gate.clauses]
        condition = plan.applies(gate)
        if condition is None and len(requirements) == 1:
            mask = {"fail": "failed", "insufficient": "lacking", "review": "review"}[
                requirements[0].otherwise
            ]
            return [
                f"v = {self.truth(requirements[0].condition)}",
                "if v is not True:",
                f"    if v is False: {mask} |= {bit}",
                f"    else: lacking |= {bit}",
            ]
        lines = ["g = 0"]
        for requirement in requirements:
            unmet = f"{_STATES[requirement.otherwise]}" if condition is None else "(4 if a is None else %d)"
            unmet = unmet if condition is None else unmet % _STATES[requirement.otherwise]
            lines += [
                f"v = {self.truth(requirement.condition)}",
                f"if v is not True: g |= {unmet} if v is False else 4",
            ]
        lines += [
            "if g:",
            f"    if g >= 8: failed |= {bit}",
            f"    elif g >= 4: lacking |= {bit}",
            f"    else: review |= {bit}",
        ]
        if condition is None:
            return lines
        inside = [f"    {line}" for line in lines]
        return [f"a = {self.truth(condition)}", f"if a is False: na |= {bit}", "else:", *inside]

    # ---- points

    def _criterion(self, target: str, criterion: Scored) -> list[str]:
        lines, names = [], []
        for number, part in enumerate(criterion.parts):
            name = target if len(criterion.parts) == 1 else f"{target}_{number}"
            lines.append(f"{name} = {self._part(part, zero=criterion.missing == 'zero')}")
            names.append(name)
        if len(names) > 1:
            lines.append(f"{target} = {self._combined(criterion, names)}")
        lines += [f"if {target} is not None:" if criterion.missing == "unknown" else "if True:"]
        finish = []
        low, high = plan.reach(criterion)
        if plan.may_need_settling(criterion, self.edition):
            unit = Decimal(1).scaleb(-(self.edition.points_decimals or 0))
            finish.append(
                f"{target} = ({target} + {self.constant(TOLERANCE)}).quantize({self.constant(unit)}, half_up)"
            )
        if high > criterion.full:
            full = self.constant(criterion.full)
            finish.append(f"if {target} > {full}: {target} = {full}")
        if low < 0:
            zero = self.constant(Decimal(0))
            finish.append(f"if {target} < {zero}: {target} = {zero}")
        if not finish:
            return lines[:-1]
        return [*lines, *(f"    {line}" for line in finish)]

    def _combined(self, criterion: Scored, names: list[str]) -> str:
        total = " + ".join(names) if criterion.combine == "sum" else f"max({', '.join(names)})"
        if criterion.missing == "zero":
            return total
        return f"None if {' or '.join(f'{name} is None' for name in names)} else {total}"

    def _part(self, part: Part, *, zero: bool) -> str:
        nothing = self.constant(Decimal(0))
        unknown = nothing if zero else "None"
        if part.kind == "flag":
            assert part.when is not None
            return self._gated(part, self.constant(part.points), nothing, unknown)
        assert part.input is not None
        if part.kind == "choice":
            assert isinstance(part.input.root, Name)
            table = self.constant_mapping(part.choices)
            code = f"{table}.get({self.fact(part.input.root.key)}, {unknown})"
        else:
            needed: dict[str, None] = {}
            divisors: list[str] = []
            x = self.number(part.input.root, needed, divisors)
            name = x if x.isidentifier() else self.temporary()
            code = self._shape(name, part)
            if name != x:
                code = f"({code} if ({name} := {x}) is not None else None)"
            code = self.known(needed, divisors, code)
            if zero and code.startswith("(None if "):
                code = f"({nothing} if {code.removeprefix('(None if ')}"
        return self._gated(part, code, nothing, unknown) if part.when is not None else code

    def constant_mapping(self, mapping: Mapping[str, Decimal]) -> str:
        name = f"m{len(self.constants)}"
        self.constants[name] = dict(mapping)
        return name

    def _gated(self, part: Part, code: str, nothing: str, unknown: str) -> str:
        assert part.when is not None
        condition = self.truth(settle_negations(part.when.root))
        if nothing == unknown:
            return f"({code} if {condition} is True else {nothing})"
        name = self.temporary()
        return f"({code} if ({name} := {condition}) is True else {nothing} if {name} is False else {unknown})"

    def _shape(self, x: str, part: Part) -> str:
        if part.kind == "logarithm":
            assert part.full_at is not None
            full_at = self.constant(value_of(part.full_at, {}, self.scope))
            return f"logarithm({x}, {full_at}, {self.constant(part.points)})"
        if part.kind == "curve":
            return self._curve_code(x, part.knots)
        code = self.constant(Decimal(0))
        for knot in part.knots:
            bound = self.constant(value_of(knot.at, {}, self.scope))
            code = f"({self.constant(knot.points)} if {x} >= {bound} else {code})"
        return code

    def _curve_code(self, x: str, knots: tuple[Knot, ...]) -> str:
        places = [(value_of(knot.at, {}, self.scope), knot.points) for knot in knots]
        code = self.constant(places[0][1])
        for (x0, y0), (x1, y1) in itertools.pairwise(places):
            if x0 == x1:
                inside = None
            elif y0 == y1:
                inside = self.constant(y0)
            else:
                rise, run = self.constant(y1 - y0), self.constant(x1 - x0)
                inside = f"{self.constant(y0)} + ({x} - {self.constant(x0)}) * {rise} / {run}"
            if inside is not None:
                code = f"({inside} if {x} >= {self.constant(x0)} else {code})"
        return f"({self.constant(places[-1][1])} if {x} >= {self.constant(places[-1][0])} else {code})"

    # ---- the sheet

    def _score(self) -> list[str]:
        edition = self.edition
        terms = [f"p{index}" for index in plan.untracked(edition)]
        lines = []
        if edition.tracks is not None:
            lines += self._tracks()
            terms.append("track")
        if not terms:
            return ["score = grade = None"]
        open_terms = [term for term in terms if self._may_be_open(term)]
        lines.append(f"score = {self._sum(terms, open_terms)}")
        lines.append("grade = None")
        bounds = [(place, grade.since - TOLERANCE) for place, grade in enumerate(edition.grades)]
        if not bounds:
            return lines
        lines.append("if score is not None and not failed:")
        for position, (place, bound) in enumerate(bounds):
            word = "elif" if position else "if"
            lines.append(f"    {word} score >= {self.constant(bound)}: grade = {place}")
        for ceiling in edition.ceilings:
            place = next(i for i, grade in enumerate(edition.grades) if grade.id == ceiling.grade)
            points = f"p{next(i for i, c in enumerate(edition.criteria) if c.id == ceiling.criterion)}"
            lines.append(
                f"    if grade is not None and grade < {place} and {points} is not None "
                f"and {points} < {self.constant(ceiling.below - TOLERANCE)}: grade = {place}"
            )
        return lines

    def _may_be_open(self, term: str) -> bool:
        return term == "track" or self.edition.criteria[int(term[1:])].missing == "unknown"

    def _sum(self, terms: list[str], open_terms: list[str]) -> str:
        unknown = " or ".join(f"{term} is None" for term in open_terms)
        return f"None if {unknown} else {' + '.join(terms)}" if unknown else " + ".join(terms)

    def _tracks(self) -> list[str]:
        tracks = self.edition.tracks
        assert tracks is not None
        lines = [f"track = {self.constant(Decimal(0))}"]
        for condition, members in plan.tracked(self.edition):
            names = [f"p{index}" for index in members]
            total = self._sum(names, [name for name in names if self._may_be_open(name)])
            lines += [
                f"a = {self.truth(condition)}",
                "if a is None: track = None",
                "elif a and track is not None:",
                f"    v = {total}",
                "    if v is None: track = None",
                "    elif v > track: track = v",
            ]
        full = self.constant(tracks.full)
        if tracks.bonus_when is not None:
            lines += [
                f"a = {self.truth(settle_negations(tracks.bonus_when.root))}",
                "if a is None: track = None",
                f"elif a and track is not None: track = track + {self.constant(tracks.bonus)}",
            ]
        return [*lines, f"if track is not None and track > {full}: track = {full}"]


def _refuse(key: str) -> None:
    raise WrongKind(key)
