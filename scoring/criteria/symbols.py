"""Facts and conditions of an edition as z3 terms, with a flag for each fact that says whether it is known.

A number is a fraction of two terms, so that ratios stay linear. A condition is a pair: known true and false.
"""

import itertools
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import z3

from scoring.criteria import plan
from scoring.criteria.edition import Criteria, Gate, Knot, Part, Scored
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
    settle_negations,
    walk,
)
from scoring.facts import FactSpec, Value

Term = Any  # z3 has no types
Pair = tuple[Term, Term]
_COMPARE: Mapping[str, Callable[[Term, Term], Term]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    ">=": lambda a, b: a >= b,
    ">": lambda a, b: a > b,
}


class Project:
    """One unknown project: a variable and a known flag for each fact; `suffix` tells projects apart."""

    def __init__(self, edition: Criteria, on: date, scope: Mapping[str, Any], suffix: str = "") -> None:
        self.edition = edition
        self.on = on
        self.scope = scope
        self.suffix = suffix
        self.terms: dict[str, Term] = {}
        self.texts: dict[str, list[str]] = {}
        self.bounds: list[Term] = []
        self.tables: dict[str, tuple[Term, Term]] = {}

    def share(self, other: "Project") -> None:
        """Speak of the same project: the same variables and codes."""
        self.terms, self.texts, self.bounds = other.terms, other.texts, other.bounds

    # ---- facts

    def known(self, key: str) -> Term:
        return z3.Bool(f"known {key}{self.suffix}")

    def fact(self, key: str) -> Term:
        if key not in self.terms:
            spec = self.edition.dictionary[key]
            name = f"{key}{self.suffix}"
            if spec.kind == "flag":
                self.terms[key] = z3.Bool(name)
            elif spec.is_numeric:
                self.terms[key] = z3.Int(name) if spec.kind == "integer" else z3.Real(name)
                self._bound(spec, self.terms[key])
            elif spec.kind == "date":
                self.terms[key] = z3.Int(name)
                self.bounds.append(self.terms[key] >= date(1950, 1, 1).toordinal())
                self.bounds.append(self.terms[key] <= date(2100, 1, 1).toordinal())
            else:
                self.terms[key] = z3.Int(name)
                self.texts[key] = [choice.id for choice in spec.choices]
                self.bounds.append(self.terms[key] >= 0)
                if spec.kind == "choice":
                    self.bounds.append(self.terms[key] < len(spec.choices))
        return self.terms[key]

    def _bound(self, spec: FactSpec, term: Term) -> None:
        if spec.kind == "money":
            self.bounds.append(z3.IsInt(term * 100))
        if spec.minimum is not None:
            self.bounds.append(term >= _exact(spec.minimum))
        if spec.maximum is not None:
            self.bounds.append(term <= _exact(spec.maximum))

    def _code(self, key: str, value: str) -> int:
        self.fact(key)
        values = self.texts[key]
        if value not in values:
            values.append(value)
        return values.index(value)

    def _has(self, key: str, value: str) -> Term:
        """Whether a many-choice fact holds a choice; “none” excludes the others."""
        term = z3.Bool(f"{key} has {value}{self.suffix}")
        if value != "none":
            none = z3.Bool(f"{key} has none{self.suffix}")
            self.bounds.append(z3.Not(z3.And(none, term)))
        return term

    # ---- conditions

    def pair(self, node: Node) -> Pair:
        if isinstance(node, And):
            parts = [self.pair(item) for item in node.items]
            return z3.And([t for t, _ in parts]), z3.Or([f for _, f in parts])
        if isinstance(node, Or):
            parts = [self.pair(item) for item in node.items]
            return z3.Or([t for t, _ in parts]), z3.And([f for _, f in parts])
        if isinstance(node, Not):
            true, false = self.pair(node.item)
            return false, true
        if isinstance(node, Compare):
            return self._compare(node)
        if isinstance(node, Missing):
            known = self.known(node.key)
            return (known, z3.Not(known)) if node.negated else (z3.Not(known), known)
        if isinstance(node, Stated):
            return self.known(node.key), z3.BoolVal(False)
        assert isinstance(node, Among | Holds | Name)
        if isinstance(node, Among):
            term = self.fact(node.key)
            test = z3.Or([term == self._code(node.key, value) for value in sorted(node.values)])
        elif isinstance(node, Holds):
            test = self._has(node.key, node.value)
        else:
            test = self.fact(node.key)
        known = self.known(node.key)
        negated = not isinstance(node, Name) and node.negated
        true, false = z3.And(known, test), z3.And(known, z3.Not(test))
        return (false, true) if negated else (true, false)

    def _compare(self, node: Compare) -> Pair:
        (a, b, known_left), (c, d, known_right) = self.number(node.left), self.number(node.right)
        known = z3.And(known_left, known_right)
        test = _COMPARE[node.op]
        divisor = [part for part in (b, d) if part is not None]
        left = a if d is None else a * d
        right = c if b is None else c * b
        holds = test(left, right)
        if divisor:
            below = z3.BoolVal(False)
            for part in divisor:
                below = z3.Xor(below, part < 0)
            if not all(self._is_positive(part) for part in divisor):
                holds = z3.If(below, test(-left, -right), holds)
            known = z3.And(known, *(part != 0 for part in divisor))
        return z3.And(known, holds), z3.And(known, z3.Not(holds))

    def _is_positive(self, term: Term) -> bool:
        """Whether a divisor is a fact that is never negative."""
        for key, fact in self.terms.items():
            if fact is term or fact.eq(term):
                minimum = self.edition.dictionary[key].minimum
                return minimum is not None and minimum >= 0
        return False

    # ---- numbers

    def number(self, node: Node) -> tuple[Term, Term | None, Term]:
        """Numerator, divisor (None for 1), and when the number is known."""
        if isinstance(node, Exact | Rounded):
            return self.number(node.item)
        if not any(isinstance(part, Name) and part.origin in ("fact", "table") for part in walk(node)):
            return _constant(node, self.scope), None, z3.BoolVal(True)
        if isinstance(node, Name):
            if node.origin == "fact":
                return self.fact(node.key), None, self.known(node.key)
            term, known = self._table(node.key)
            return term, None, known
        assert isinstance(node, Arithmetic)
        (a, b, known_left), (c, d, known_right) = self.number(node.left), self.number(node.right)
        known = z3.And(known_left, known_right)
        if node.op == "*":
            return a * c, _times(b, d), known
        if node.op == "/":
            return (a if d is None else a * d), _times(b, c), known
        left = a if d is None else a * d
        right = c if b is None else c * b
        return (left + right if node.op == "+" else left - right), _times(b, d), known

    def _table(self, name: str) -> tuple[Term, Term]:
        """A looked-up number; an annuity factor is left open between 0 and the years."""
        if name in self.tables:
            return self.tables[name]
        table = self.edition.tables[name]
        if table.kind == "rows":
            value, known = z3.RealVal(0), z3.BoolVal(table.otherwise is not None)
            if table.otherwise is not None:
                value = z3.RealVal(str(table.otherwise))
            for row in reversed(table.rows):
                true, false = self.pair(settle_negations(row.when.root))
                value = z3.If(true, z3.RealVal(str(row.value)), value)
                known = z3.Or(true, z3.And(false, known))
        else:
            assert table.input is not None
            top, bottom, known = self.number(table.input.root)
            x = top if bottom is None else top / bottom
            if table.kind == "curve":
                value = self.curve(x, table.knots)
            else:
                value = z3.Real(f"{name}{self.suffix}")
                self.bounds += [value >= 0, value <= x]
        self.tables[name] = value, known
        return value, known

    # ---- gates and points

    def gate(self, gate: Gate) -> dict[str, Term]:
        """When a gate passes (or does not apply), fails, lacks evidence, needs review."""
        found: dict[str, list[Term]] = {"fail": [], "insufficient": [], "review": []}
        for clause in gate.clauses:
            requirement = plan.requirement(clause)
            true, false = self.pair(requirement.condition)
            found[requirement.otherwise].append(false)
            found["insufficient"].append(z3.Not(z3.Or(true, false)))
        fail, lack, review = (z3.Or(found[name]) for name in ("fail", "insufficient", "review"))
        condition = plan.applies(gate)
        on, off = (z3.BoolVal(True), z3.BoolVal(False)) if condition is None else self.pair(condition)
        unclear = z3.And(z3.Not(on), z3.Not(off), z3.Or(fail, lack, review))
        return {
            "fail": z3.And(on, fail),
            "insufficient": z3.Or(z3.And(on, lack, z3.Not(fail)), unclear),
            "review": z3.And(on, review, z3.Not(fail), z3.Not(lack)),
            "pass": z3.Or(off, z3.And(z3.Not(fail), z3.Not(lack), z3.Not(review))),
        }

    def curve(self, x: Term, knots: tuple[Knot, ...]) -> Term:
        places = [(Fraction(value_of(knot.at, {}, self.scope)), Fraction(knot.points)) for knot in knots]
        value = _exact(places[0][1])
        for (x0, y0), (x1, y1) in itertools.pairwise(places):
            if x0 != x1:
                value = z3.If(
                    x >= _exact(x0), _exact(y0) + (x - _exact(x0)) * _exact((y1 - y0) / (x1 - x0)), value
                )
        return z3.If(x >= _exact(places[-1][0]), _exact(places[-1][1]), value)

    def points(self, criterion: Scored) -> Term:
        """The points with every fact known; smooth logarithms are replaced by their order alone."""
        values = [self._part(part) for part in criterion.parts]
        total = values[0]
        for value in values[1:]:
            total = total + value if criterion.combine == "sum" else z3.If(total >= value, total, value)
        full = _exact(criterion.full)
        return z3.If(total > full, full, z3.If(total < 0, z3.RealVal(0), total))

    def _part(self, part: Part) -> Term:
        if part.kind == "flag":
            value = _exact(part.points)
        elif part.kind == "choice":
            assert part.input is not None
            assert isinstance(part.input.root, Name)
            key = part.input.root.key
            term, value = self.fact(key), z3.RealVal(0)
            for choice, points in part.choices.items():
                value = z3.If(term == self._code(key, choice), _exact(points), value)
        else:
            assert part.input is not None
            top, bottom, _ = self.number(part.input.root)
            value = self._shape(part, top, bottom)
        if part.when is None:
            return value
        true, _ = self.pair(settle_negations(part.when.root))
        return z3.If(true, value, z3.RealVal(0))

    def _shape(self, part: Part, top: Term, bottom: Term | None) -> Term:
        if part.kind == "logarithm":  # any rising function has the same order
            full_at = (
                _exact(value_of(part.full_at, {}, self.scope)) if part.full_at is not None else z3.RealVal(1)
            )
            x = top if bottom is None else top / bottom
            share = z3.If(x <= 0, z3.RealVal(0), z3.If(x >= full_at, z3.RealVal(1), x / full_at))
            return share * _exact(part.points)
        if part.kind == "curve":
            return self.curve(top if bottom is None else top / bottom, part.knots)
        value: Term = z3.RealVal(0)
        for knot in part.knots:
            bound = _exact(value_of(knot.at, {}, self.scope))
            reached = top >= bound if bottom is None else top >= bound * bottom
            value = z3.If(reached, _exact(knot.points), value)
        return value

    # ---- witnesses

    def facts_of(self, model: Term) -> dict[str, Value]:
        """The project a model describes, in the dictionary's own kinds."""
        found: dict[str, Value] = {}
        for key, spec in self.edition.dictionary.items():
            if not z3.is_true(model.eval(self.known(key), model_completion=True)):
                continue
            value = self._value(key, spec, model)
            if value is not None:
                found[key] = value
        return found

    def _value(self, key: str, spec: FactSpec, model: Term) -> Value | None:
        if spec.kind == "choices":
            names = [
                c.id
                for c in spec.choices
                if z3.is_true(model.eval(z3.Bool(f"{key} has {c.id}{self.suffix}")))
            ]
            return frozenset(names) or frozenset({"none"})
        if key not in self.terms:  # only whether it is stated matters
            return self._any_value(spec)
        term = model.eval(self.terms[key], model_completion=True)
        if spec.kind == "flag":
            return bool(z3.is_true(term))
        if spec.is_numeric:
            return _number(spec, term)
        if spec.kind == "date":
            return date.fromordinal(int(term.as_long()))
        values = self.texts[key]
        place = int(term.as_long())
        return values[place] if place < len(values) else f"other-{place}"

    def _any_value(self, spec: FactSpec) -> Value:
        if spec.kind == "flag":
            return False
        if spec.kind == "choice":
            return spec.choices[0].id
        if spec.kind == "date":
            return self.on
        return (spec.minimum or Decimal(0)) if spec.is_numeric else "stated"


def _number(spec: FactSpec, term: Term) -> Value:
    if z3.is_int_value(term):
        return int(term.as_long())
    fraction = Fraction(term.numerator_as_long(), term.denominator_as_long())
    exact = Decimal(fraction.numerator) / Decimal(fraction.denominator)
    return int(exact) if spec.kind == "integer" else exact


def _constant(node: Node, scope: Mapping[str, Any]) -> Term:
    value = value_of(node, {}, scope)
    if isinstance(value, date):
        return z3.IntVal(value.toordinal())
    if isinstance(value, timedelta):
        return z3.IntVal(value.days)
    return _exact(value)


def _exact(value: Decimal | int | Fraction) -> Term:
    return z3.RealVal(str(Fraction(value)))


def _times(a: Term | None, b: Term | None) -> Term | None:
    if a is None:
        return b
    return a if b is None else a * b
