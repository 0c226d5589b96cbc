"""The meaning of an edition, as slowly and plainly as possible: one project, in fractions, rule by rule."""

import math
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from scoring.criteria import Criteria
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
    Not,
    Number,
    Or,
    Rounded,
    Stated,
)

ALMOST = Fraction(1, 10**9)


class Reference:
    def __init__(self, edition: Criteria, facts: dict[str, Any], on: date) -> None:
        self.edition = edition
        self.on = on
        self.facts = {key: value for key, value in facts.items() if self.is_known(key, value)}

    def is_known(self, key: str, value: Any) -> bool:
        spec = self.edition.dictionary[key]
        return spec.kind != "choice" or value in [choice.id for choice in spec.choices]

    # values: Fraction, date, bool; None is unknown

    def value(self, node: Any) -> Any:
        if isinstance(node, Exact | Rounded):
            return self.value(node.item)
        if isinstance(node, Number):
            return Fraction(node.value)
        if isinstance(node, Day):
            return node.value
        if isinstance(node, Name):
            return self.name(node)
        if isinstance(node, Arithmetic):
            return self.arithmetic(node)
        return self.truth(node)

    def name(self, node: Name) -> Any:
        if node.origin == "on":
            return self.on
        if node.origin == "parameter":
            return Fraction(self.edition.dated(node.key, self.on).value)
        if node.origin == "table":
            return self.table(node.key)
        found = self.facts.get(node.key)
        if isinstance(found, Decimal) or (isinstance(found, int) and not isinstance(found, bool)):
            return Fraction(found)
        return found

    def arithmetic(self, node: Arithmetic) -> Any:
        left, right = self.value(node.left), self.value(node.right)
        if left is None or right is None:
            return None
        if isinstance(left, date) and isinstance(right, date):
            return Fraction((left - right).days)
        if isinstance(left, date):
            return left + timedelta(days=int(right)) if node.op == "+" else left - timedelta(days=int(right))
        if node.op == "/":
            return None if right == 0 else left / right
        return left + right if node.op == "+" else left - right if node.op == "-" else left * right

    def table(self, name: str) -> Any:
        table = self.edition.tables[name]
        if table.kind == "rows":
            for row in table.rows:
                hit = self.truth(row.when.root)
                if hit is None:
                    return None
                if hit:
                    return Fraction(row.value)
            return None if table.otherwise is None else Fraction(table.otherwise)
        x = self.value(table.input.root)
        if x is None:
            return None
        if table.kind == "annuity":
            rate = self.value(table.rate)
            return x if rate == 0 else Fraction((1 - (1 + float(rate)) ** -float(x)) / float(rate))
        return self.on_curve(x, table.knots)

    def truth(self, node: Any) -> bool | None:
        if isinstance(node, Not):
            found = self.truth(node.item)
            return None if found is None else not found
        if isinstance(node, And | Or):
            values = [self.truth(item) for item in node.items]
            decides = isinstance(node, Or)
            if decides in values:
                return decides
            return None if None in values else not decides
        if isinstance(node, Compare):
            left, right = self.value(node.left), self.value(node.right)
            if left is None or right is None:
                return None
            order = (left > right) - (left < right)
            return {
                "<": order < 0,
                "<=": order <= 0,
                "==": order == 0,
                "!=": order != 0,
                ">=": order >= 0,
                ">": order > 0,
            }[node.op]
        found = self.facts.get(node.key)
        if isinstance(node, Missing):
            return (found is not None) if node.negated else (found is None)
        if found is None:
            return None
        if isinstance(node, Stated):
            return True
        if isinstance(node, Among):
            return (found not in node.values) if node.negated else (found in node.values)
        if isinstance(node, Holds):
            return (node.value not in found) if node.negated else (node.value in found)
        assert isinstance(node, Name)
        return bool(found)

    # gates

    def gate(self, gate: Any) -> str:
        applies = True if gate.applies is None else self.truth(gate.applies.root)
        if applies is False:
            return "not_applicable"
        states = {self.clause(clause) for clause in gate.clauses}
        if applies is None:
            return "pass" if states == {"pass"} else "insufficient"
        return next(state for state in ("fail", "insufficient", "review", "pass") if state in states)

    def clause(self, clause: Any) -> str:
        require = self.truth(clause.require.root)
        applies = True if clause.applies is None else self.truth(clause.applies.root)
        if require is True or applies is False:
            return "pass"
        if require is None or applies is None:
            return "insufficient"
        return str(clause.otherwise)

    def gates(self) -> dict[str, str]:
        return {gate.id: self.gate(gate) for gate in self.edition.gates}

    # points

    def on_curve(self, x: Fraction, knots: Any) -> Fraction:
        places = [(self.value(knot.at), Fraction(knot.points)) for knot in knots]
        below = [place for place in places if place[0] <= x]
        above = [place for place in places if place[0] > x]
        if not below:
            return places[0][1]
        if not above:
            return places[-1][1]
        (x0, y0), (x1, y1) = below[-1], above[0]
        return y0 + (x - x0) * (y1 - y0) / (x1 - x0)

    def part(self, part: Any) -> Fraction | None:
        if part.when is not None:
            applies = self.truth(part.when.root)
            if applies is None:
                return None
            if not applies:
                return Fraction(0)
        if part.kind == "flag":
            return Fraction(part.points)
        x = self.value(part.input.root)
        if x is None:
            return None
        if part.kind == "choice":
            return Fraction(part.choices[x])
        if part.kind == "curve":
            return self.on_curve(x, part.knots)
        if part.kind == "logarithm":
            full = float(self.value(part.full_at))
            return Fraction(
                float(part.points) * min(1.0, math.log(1 + max(float(x), 0.0)) / math.log(1 + full))
            )
        reached = [Fraction(knot.points) for knot in part.knots if x >= self.value(knot.at)]
        return reached[-1] if reached else Fraction(0)

    def points(self, criterion: Any) -> Fraction | None:
        values = [self.part(part) for part in criterion.parts]
        if criterion.missing == "zero":
            values = [Fraction(0) if value is None else value for value in values]
        if None in values:
            return None
        total = sum(values) if criterion.combine == "sum" else max(values)
        if self.edition.points_decimals is not None:
            unit = Decimal(1).scaleb(-self.edition.points_decimals)
            exact = total + ALMOST
            settled = (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(
                unit, rounding=ROUND_HALF_UP
            )
            total = Fraction(settled)
        return min(max(total, Fraction(0)), Fraction(criterion.full))

    def score(self) -> Fraction | None:
        points = {criterion.id: self.points(criterion) for criterion in self.edition.criteria}
        tracks = self.edition.tracks
        total: Fraction | None = Fraction(0)
        if tracks is not None:
            total = self.track(points)
            for track in tracks.alternatives:
                for member in track.criteria:
                    points.pop(member)
        if total is None or None in points.values():
            return None
        return total + sum(points.values())

    def track(self, points: dict[str, Fraction | None]) -> Fraction | None:
        tracks = self.edition.tracks
        best = Fraction(0)
        for track in tracks.alternatives:
            applies = self.truth(track.when.root)
            if applies is None:
                return None
            if applies:
                values = [points[member] for member in track.criteria]
                if None in values:
                    return None
                best = max(best, sum(values))
        if tracks.bonus_when is not None:
            applies = self.truth(tracks.bonus_when.root)
            if applies is None:
                return None
            best += Fraction(tracks.bonus) if applies else 0
        return min(best, Fraction(tracks.full))

    def grade(self) -> str | None:
        score = self.score()
        if score is None or "fail" in self.gates().values():
            return None
        reached = [
            place
            for place, grade in enumerate(self.edition.grades)
            if score >= Fraction(grade.since) - ALMOST
        ]
        if not reached:
            return None
        place = reached[0]
        for ceiling in self.edition.ceilings:
            held = self.points(self.edition.criterion(ceiling.criterion))
            limit = [grade.id for grade in self.edition.grades].index(ceiling.grade)
            if held is not None and held < Fraction(ceiling.below) - ALMOST:
                place = max(place, limit)
        return self.edition.grades[place].id
