"""A financing product: its terms, its rules over the product profile, and where each comes from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property

from scoring.criteria.expression import Expression
from scoring.facts import Value
from scoring.matching.profiles import Document
from scoring.matching.vocabulary import Basis, Kind, TermKind, Vocabulary
from scoring.units import Unit
from scoring.words import Words


@dataclass(frozen=True, slots=True)
class Term:
    """One stated term: a value, or a range with either end open."""

    kind: TermKind
    low: Decimal | None
    high: Decimal | None

    @property
    def value(self) -> Decimal | None:
        return self.low

    @property
    def middle(self) -> Decimal | None:
        if self.low is None or self.high is None:
            return self.low if self.high is None else self.high
        return (self.low + self.high) / 2


@dataclass(frozen=True)
class Terms:
    """The terms by id (amounts in 万元, tenors in months, spreads in bp), the base of the price, security."""

    by_id: Mapping[str, Term]
    base: str | None
    ticket_of: str
    repayment: tuple[str, ...]
    collateral: tuple[str, ...]

    def find(self, term_id: str) -> Term | None:
        return self.by_id.get(term_id)

    def value(self, term_id: str) -> Decimal | None:
        term = self.by_id.get(term_id)
        return None if term is None else term.value

    def price(self, vocabulary: Vocabulary, on: date) -> tuple[Decimal, Decimal] | None:
        """Lowest and highest yearly cost in %: base plus spread, or the return asked; else None."""
        asked = self.by_id.get("target_return")
        if asked is not None and asked.low is not None and asked.high is not None:
            return asked.low, asked.high
        spread = self.by_id.get("spread")
        rate = None if self.base is None else vocabulary.rate(self.base, on)
        if spread is None or spread.low is None or spread.high is None or rate is None:
            return None
        return rate.value + spread.low / 100, rate.value + spread.high / 100


@dataclass(frozen=True, eq=False)
class Rule:
    """One condition. `condition` is “not when, or require”: a guard that is false lets the rule rest."""

    id: str
    title: Words
    hard: bool
    require: Expression
    when: Expression | None
    condition: Expression
    values: Mapping[str, Decimal]
    units: Mapping[str, Unit] = field(repr=False)
    basis: tuple[Basis, ...] = field(repr=False)
    confidence: str = "medium"

    @property
    def status(self) -> str:
        """`official` or `sibling` when some source is; a `proposed` number never looks official."""
        for status in ("official", "sibling"):
            if any(entry.status == status for entry in self.basis):
                return status
        return "proposed"

    @cached_property
    def signature(self) -> tuple[object, ...]:
        """Equal for rules that decide alike: the same tree with the same numbers."""
        return self.condition.root, tuple(sorted(self.values.items()))

    def outcome(self, values: Mapping[str, Value], on: date) -> bool | None:
        found: bool | None = self.condition.evaluate(values, {**self.values, "on": on})
        return found

    def unknowns(self, values: Mapping[str, Value], on: date) -> tuple[str, ...]:
        return self.condition.unknowns(values, {**self.values, "on": on})


@dataclass(frozen=True, slots=True)
class Report:
    """What must be reported after the money flows, and how often."""

    what: Words
    months: int | None


@dataclass(frozen=True, eq=False)
class Product:
    """A product in one edition. Two products are the same only when they are the same object."""

    id: str
    title: Words
    kind: Kind
    provider: Words
    effective_from: date
    effective_to: date | None
    terms: Terms
    stages: tuple[str, ...]
    rules: tuple[Rule, ...] = field(repr=False)
    documents: tuple[Document, ...] = field(repr=False)
    reports: tuple[Report, ...] = field(repr=False)
    conditions: tuple[Words, ...] = field(repr=False)
    attaches_to: tuple[str, ...] = ()
    version: str = ""

    @property
    def basis(self) -> tuple[Basis, ...]:
        return tuple(dict.fromkeys(entry for rule in self.rules for entry in rule.basis))

    @property
    def status(self) -> str:
        """`proposed` as soon as one deciding rule is; otherwise the weakest status among them."""
        found = {rule.status for rule in self.rules if rule.hard}
        return next((status for status in ("proposed", "sibling", "official") if status in found), "proposed")

    def is_in_force(self, on: date) -> bool:
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)
