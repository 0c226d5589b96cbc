"""The reasons of an outcome, in both languages."""

from dataclasses import dataclass
from typing import Any

from scoring.criteria.edition import Basis
from scoring.criteria.outcome import Outcome, Verdict
from scoring.words import Words


@dataclass(frozen=True, slots=True)
class Explanation:
    """One gate or scored criterion, explained."""

    id: str
    title: Words
    verdict: Verdict | None
    text: Words
    values: tuple[tuple[str, Words, Any], ...]
    basis: tuple[Basis, ...]
    missing: tuple[str, ...]
    fix: Words | None = None


def explain(outcome: Outcome) -> tuple[Explanation, ...]:
    raise NotImplementedError
