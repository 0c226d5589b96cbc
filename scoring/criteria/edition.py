"""A criteria edition: dated parameters, gates, scored criteria, grades and marks, as frozen objects."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from scoring.criteria.expression import Expression
from scoring.criteria.nodes import Node, Type
from scoring.errors import UnknownEdition
from scoring.facts import FactSpec
from scoring.units import Unit
from scoring.words import Words

OUTCOMES = ("fail", "review", "insufficient")
STATUSES = ("official", "sibling", "proposed")
CONFIDENCES = ("high", "medium", "low")


@dataclass(frozen=True, slots=True)
class Basis:
    """Where a rule comes from, and how sure that is."""

    id: str
    issuer: str
    title: str
    status: str
    confidence: str
    number: str | None = None
    article: str | None = None
    issued: date | None = None
    url: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "issuer": self.issuer,
            "title": self.title,
            "number": self.number,
            "article": self.article,
            "date": self.issued.isoformat() if self.issued else None,
            "url": self.url,
            "status": self.status,
            "confidence": self.confidence,
        }


@dataclass(frozen=True, slots=True)
class DatedValue:
    """The value of a parameter from a day on, until the day before `until`."""

    since: date
    until: date | None
    value: Decimal
    basis: tuple[Basis, ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    id: str
    label: Words
    unit: Unit
    values: tuple[DatedValue, ...]

    def find(self, on: date) -> DatedValue | None:
        for entry in reversed(self.values):
            if entry.since <= on and (entry.until is None or on < entry.until):
                return entry
        return None


@dataclass(frozen=True, slots=True)
class Knot:
    """One point of a curve or step: the bound, a number or a parameter, and the points there."""

    at: Node
    points: Decimal


@dataclass(frozen=True, slots=True)
class Row:
    when: Expression
    value: Decimal


@dataclass(frozen=True, slots=True)
class Table:
    """A number looked up from facts: rows with a hit policy, a curve, or an annuity factor."""

    id: str
    label: Words
    type: Type
    kind: str  # rows, curve, annuity
    facts: tuple[str, ...]
    tables: tuple[str, ...]
    basis: tuple[Basis, ...]
    hit: str | None = None
    rows: tuple[Row, ...] = ()
    otherwise: Decimal | None = None
    input: Expression | None = None
    knots: tuple[Knot, ...] = ()
    rate: Node | None = None


@dataclass(frozen=True, slots=True)
class Clause:
    """One requirement of a gate and what follows when it is not met."""

    id: str
    require: Expression
    otherwise: str  # fail, review, insufficient
    applies: Expression | None
    says: Words | None
    basis: tuple[Basis, ...]
    adjustable: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gate:
    id: str
    title: Words
    applies: Expression | None
    clauses: tuple[Clause, ...]
    basis: tuple[Basis, ...]

    @property
    def facts(self) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for expression in self.expressions:
            found.update(dict.fromkeys(expression.facts))
        return tuple(found)

    @property
    def expressions(self) -> tuple[Expression, ...]:
        own = [self.applies, *(part for clause in self.clauses for part in (clause.applies, clause.require))]
        return tuple(expression for expression in own if expression is not None)


@dataclass(frozen=True, slots=True)
class Part:
    """One source of points of a scored criterion."""

    kind: str  # flag, steps, curve, choice, logarithm
    says: Words | None
    when: Expression | None
    input: Expression | None
    points: Decimal
    knots: tuple[Knot, ...] = ()
    choices: Mapping[str, Decimal] = field(default_factory=dict)
    full_at: Node | None = None

    @property
    def expressions(self) -> tuple[Expression, ...]:
        return tuple(expression for expression in (self.when, self.input) if expression is not None)


@dataclass(frozen=True, slots=True)
class Scored:
    """A scored criterion: its parts added, or the highest of them, within 0 and the full points."""

    id: str
    title: Words
    full: Decimal
    combine: str  # sum, highest
    missing: str  # zero: what is not shown earns nothing; unknown: the points stay open
    parts: tuple[Part, ...]
    basis: tuple[Basis, ...]

    @property
    def facts(self) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for part in self.parts:
            for expression in part.expressions:
                found.update(dict.fromkeys(expression.facts))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Track:
    id: str
    title: Words
    when: Expression
    criteria: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tracks:
    """Alternative groups of criteria of equal worth: the highest counts, with a bonus, up to full points."""

    full: Decimal
    alternatives: tuple[Track, ...]
    bonus_when: Expression | None
    bonus: Decimal
    basis: tuple[Basis, ...]


@dataclass(frozen=True, slots=True)
class Grade:
    id: str
    label: Words
    since: Decimal
    tier: str | None


@dataclass(frozen=True, slots=True)
class Ceiling:
    """While a criterion has fewer points than `below`, no grade above `grade` is given."""

    criterion: str
    below: Decimal
    grade: str
    says: Words
    basis: tuple[Basis, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A remark about a project that neither blocks nor scores."""

    id: str
    title: Words
    when: Expression
    basis: tuple[Basis, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """A worked example within the file."""

    name: str
    on: date
    facts: Mapping[str, Any]
    expect: Mapping[str, Any]
    line: int


@dataclass(frozen=True, eq=False)
class Criteria:
    """One edition of a rule set. Two editions are equal when their content hash is."""

    rule_set: str
    version: str
    title: Words
    effective_from: date
    effective_to: date | None
    supersedes: str | None
    content_hash: str
    path: str
    dictionary: Mapping[str, FactSpec] = field(repr=False)
    basis: Mapping[str, Basis] = field(repr=False)
    parameters: Mapping[str, Parameter] = field(repr=False)
    sets: Mapping[str, frozenset[str]] = field(repr=False)
    set_labels: Mapping[str, Words] = field(repr=False)
    tables: Mapping[str, Table] = field(repr=False)
    gates: tuple[Gate, ...] = field(repr=False)
    criteria: tuple[Scored, ...] = field(repr=False)
    tracks: Tracks | None = field(repr=False)
    grades: tuple[Grade, ...] = field(repr=False)
    ceilings: tuple[Ceiling, ...] = field(repr=False)
    marks: tuple[Mark, ...] = field(repr=False)
    invariants: tuple[Expression, ...] = field(repr=False)
    cases: tuple[Case, ...] = field(repr=False)
    points_decimals: int | None = None
    # Compiled forms by day; derived from the fields above and never part of their identity.
    programs: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def criterion_ids(self) -> frozenset[str]:
        return frozenset(criterion.id for criterion in self.criteria)

    def gate(self, gate_id: str) -> Gate:
        return next(gate for gate in self.gates if gate.id == gate_id)

    def criterion(self, criterion_id: str) -> Scored:
        return next(criterion for criterion in self.criteria if criterion.id == criterion_id)

    def is_in_force(self, on: date) -> bool:
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)

    def dated(self, name: str, on: date) -> DatedValue:
        """The value of a parameter on a day; raises UnknownEdition when it has none."""
        found = self.parameters[name].find(on)
        if found is None:
            raise UnknownEdition(f"{self.rule_set} {self.version}: “{name}” has no value on {on}")
        return found
