"""Project against product: status, every rule with value and limit, what is missing, the cheapest repair."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from scoring.matching import repair as repairs
from scoring.matching import wording
from scoring.matching.book import book
from scoring.matching.outcome import (
    ELIGIBLE,
    MISSING,
    STATUSES,
    MissingField,
    missing_fields,
    open_keys,
    status_of,
)
from scoring.matching.product import Product, Rule
from scoring.matching.profiles import Document, Profile, dictionary
from scoring.matching.suitability import Suitability
from scoring.matching.vocabulary import Basis
from scoring.words import Words

_OUTCOMES = {1: True, 0: False, -1: None}


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """One rule on one project: the outcome (None is unknown), what was read, what is asked, and why."""

    id: str
    title: Words
    outcome: bool | None
    applies: bool | None
    hard: bool
    value: Words
    limit: Words
    basis: tuple[Basis, ...]
    status: str
    confidence: str


@dataclass(frozen=True, eq=False)
class Match:
    """A product for a project on a day. What takes time to word is worked out when it is read."""

    product: Product
    status: str
    outcomes: tuple[bool | None, ...]
    profile: Profile = field(repr=False)
    on: date = field(repr=False)

    @cached_property
    def rules(self) -> tuple[RuleFinding, ...]:
        return tuple(self._finding(*pair) for pair in zip(self.product.rules, self.outcomes, strict=True))

    def _finding(self, rule: Rule, outcome: bool | None) -> RuleFinding:
        values = self.profile.values
        applies = True if rule.when is None else rule.when.evaluate(values, {**rule.values, "on": self.on})
        return RuleFinding(
            id=rule.id,
            title=rule.title,
            outcome=outcome,
            applies=applies,
            hard=rule.hard,
            value=wording.value_text(rule, values, self.on),
            limit=wording.limit_text(rule, values, self.on),
            basis=rule.basis,
            status=rule.status,
            confidence=rule.confidence,
        )

    @cached_property
    def missing(self) -> tuple[MissingField, ...]:
        """What would settle the deciding rules that are still open."""
        return missing_fields(
            key
            for rule, outcome in zip(self.product.rules, self.outcomes, strict=True)
            if rule.hard and outcome is None
            for key in open_keys(rule, self.profile, self.on)
        )

    @cached_property
    def papers(self) -> tuple[Document, ...]:
        """Papers of the application that are not on file; they do not decide eligibility."""
        return tuple(
            paper for paper in self.product.documents if self.profile.values.get(paper.key) is not True
        )

    @cached_property
    def repair_plan(self) -> repairs.Repair | None:
        """The cheapest set of changes that was verified to make the project eligible."""
        if self.status == ELIGIBLE:
            return None
        return repairs.cheapest(self.product, self.profile, self.on)

    @property
    def repair(self) -> Words | None:
        return None if self.repair_plan is None else self.repair_plan.text

    @cached_property
    def suitability(self) -> Suitability:
        return Suitability(self.product, self.profile, self.on)

    @property
    def one_document_away(self) -> Document | None:
        """The paper that alone would make the project eligible."""
        plan = self.repair_plan if self.status == MISSING else None
        if plan is None or len(plan.steps) != 1:
            return None
        found = dictionary()
        key = plan.steps[0].key
        return found.documents[key.removeprefix("has_")] if found.is_document(key) else None


def match(
    profile: Profile, products: Sequence[Product], *, on: date, top: int | None = None
) -> tuple[Match, ...]:
    """The products for the project, best first; with `top` only that many.

    Eligible before missing information before not eligible; then by suitability, fewer open deciding rules,
    lower price, product id (`vocabulary().order` says so on the page). Products not in force are left out.
    """
    compiled = book(tuple(products), on)
    ranking = compiled.ranked(profile, top)
    found = []
    for place in ranking.order.tolist():
        product = compiled.products[place]
        codes = ranking.table[: len(product.rules), place].tolist()
        outcomes = tuple([_OUTCOMES[code] for code in codes])
        found.append(Match(product, STATUSES[ranking.statuses[place]], outcomes, profile, on))
    return tuple(found)


def match_one(profile: Profile, product: Product, *, on: date) -> Match:
    """One product for the project; the rules are three-valued, so a missing paper never refuses."""
    outcomes = tuple(rule.outcome(profile.values, on) for rule in product.rules)
    return Match(product, status_of(product, outcomes), outcomes, profile, on)
