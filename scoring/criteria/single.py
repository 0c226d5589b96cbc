"""One project: an edition as one generated Python function, exact in decimals."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from scoring.criteria import plan
from scoring.criteria.code import Code, Get
from scoring.criteria.edition import Criteria, Part, Scored
from scoring.criteria.kleene import value_of
from scoring.criteria.nodes import And, Name, Node, Or, settle_negations
from scoring.criteria.tables import TOLERANCE

# failed, insufficient, review, not applicable gates as bit masks; points by criterion; score; place of grade
Points = Decimal | int
Raw = tuple[int, int, int, int, tuple[Points | None, ...], Points | None, int | None]
Program = Callable[[Get], Raw]

_STATES = {"fail": 8, "insufficient": 4, "review": 2}


def compile_edition(edition: Criteria, scope: Mapping[str, Any]) -> Callable[[date], Program]:
    """A function from the day to the program; `scope` holds the values of the parameters."""
    code = ProgramCode(edition, scope)
    return code.compiled(code.source())


class ProgramCode(Code):
    """Writes the gates, points and the sheet of an edition as one function."""

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
        head = [*self.reads(), *self.table_lines(), "failed = lacking = review = na = 0"]
        lines = ["def bind(on):"]
        lines += [f"    {name} = {code}" for code, name in self.days.items()]
        lines += ["    def program(get):", *(f"        {line}" for line in [*head, *body])]
        return "\n".join([*lines, "    return program"])

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
            return self._plain(requirements[0].condition, mask, bit)
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

    def _plain(self, condition: Node, mask: str, bit: str) -> list[str]:
        """A gate of one clause."""
        if isinstance(condition, And | Or | Name):
            return [
                f"v = {self.truth(condition)}",
                "if v is not True:",
                f"    if v is False: {mask} |= {bit}",
                f"    else: lacking |= {bit}",
            ]
        unknown, test = self.atom(condition)
        unmet = [f"if not ({test}): {mask} |= {bit}"]
        return [f"if {unknown}: lacking |= {bit}", f"el{unmet[0]}"] if unknown else unmet

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
            full = self.value(criterion.full)
            finish.append(f"if {target} > {full}: {target} = {full}")
        if low < 0:
            zero = self.value(Decimal(0))
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
        nothing = self.value(Decimal(0))
        unknown = nothing if zero else "None"
        if part.kind == "flag":
            assert part.when is not None
            return self._gated(part, self.value(part.points), nothing, unknown)
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

    def value(self, points: Decimal) -> str:
        """Points as a constant; whole ones as integers, which add up faster."""
        return self.constant(int(points) if points == int(points) else points)

    def constant_mapping(self, mapping: Mapping[str, Decimal]) -> str:
        name = f"m{len(self.constants)}"
        self.constants[name] = {
            key: int(points) if points == int(points) else points for key, points in mapping.items()
        }
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
            return f"logarithm({x}, {full_at}, {self.value(part.points)})"
        if part.kind == "curve":
            return self._curve_code(x, part.knots)
        code = self.value(Decimal(0))
        for knot in part.knots:
            bound = self.constant(value_of(knot.at, {}, self.scope))
            code = f"({self.value(knot.points)} if {x} >= {bound} else {code})"
        return code

    # ---- the sheet

    def _score(self) -> list[str]:
        edition = self.edition
        fine = {index for index, criterion in enumerate(edition.criteria) if self._is_smooth(criterion)}
        terms = [f"p{index}" for index in sorted(plan.untracked(edition), key=lambda index: index in fine)]
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

    def _is_smooth(self, criterion: Scored) -> bool:
        return any(part.kind in ("curve", "logarithm") for part in criterion.parts)

    def _may_be_open(self, term: str) -> bool:
        return term == "track" or self.edition.criteria[int(term[1:])].missing == "unknown"

    def _sum(self, terms: list[str], open_terms: list[str]) -> str:
        unknown = " or ".join(f"{term} is None" for term in open_terms)
        return f"None if {unknown} else {' + '.join(terms)}" if unknown else " + ".join(terms)

    def _tracks(self) -> list[str]:
        tracks = self.edition.tracks
        assert tracks is not None
        lines = [f"track = {self.value(Decimal(0))}"]
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
