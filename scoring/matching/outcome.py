"""What the rules of a product say about a project: three-valued outcomes, status, and what is still open."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from scoring.matching.product import Product, Rule
from scoring.matching.profiles import Dictionary, Profile, dictionary
from scoring.words import Words

ELIGIBLE, MISSING, NOT_ELIGIBLE = "eligible", "missing_info", "not_eligible"
STATUSES = (ELIGIBLE, MISSING, NOT_ELIGIBLE)


@dataclass(frozen=True, slots=True)
class MissingField:
    """A fact, paper or registry figure that would settle an open rule, and who can supply it."""

    key: str
    label: Words
    is_document: bool
    entered_by: str


def outcomes_of(product: Product, profile: Profile) -> tuple[bool | None, ...]:
    """The outcome of each rule, in the product's order."""
    return tuple(rule.outcome(profile.values, profile.on) for rule in product.rules)


def status_of(product: Product, outcomes: Sequence[bool | None]) -> str:
    """Kleene conjunction of the deciding rules: one false refuses, otherwise one unknown leaves open."""
    hard = {outcome for rule, outcome in zip(product.rules, outcomes, strict=True) if rule.hard}
    return NOT_ELIGIBLE if False in hard else MISSING if None in hard else ELIGIBLE


def missing_fields(keys: Iterable[str]) -> tuple[MissingField, ...]:
    known = dictionary()
    return tuple(
        MissingField(key, known[key].label, known.is_document(key), known[key].entered_by)
        for key in dict.fromkeys(keys)
    )


def open_keys(rule: Rule, profile: Profile, on: date) -> Iterator[str]:
    """The facts to ask for: a computed field stands for the missing facts that it is computed from."""
    known = dictionary()
    for key in rule.unknowns(profile.values, on):
        yield from _sources(key, profile, known, on)


def _sources(key: str, profile: Profile, known: Dictionary, on: date) -> Iterator[str]:
    entry = known.fields.get(key)
    if entry is None or entry.expression is None:
        yield key
        return
    needed = entry.expression.unknowns(profile.values, {**entry.parameters, "on": on})
    for source in needed or (key,):
        if source == key:
            yield key
        else:
            yield from _sources(source, profile, known, on)
