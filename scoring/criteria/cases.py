"""The worked examples written in an edition's own file."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from scoring.criteria.edition import Case, Criteria
from scoring.criteria.evaluate import evaluate
from scoring.criteria.outcome import Outcome, Verdict


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case: what it expected and what differs."""

    case: Case
    outcome: Outcome
    differences: tuple[str, ...]

    @property
    def is_met(self) -> bool:
        return not self.differences


def run_cases(edition: Criteria) -> tuple[CaseResult, ...]:
    """Every case of the edition, evaluated and compared with what it expects."""
    return tuple(_run(edition, case) for case in edition.cases)


def _run(edition: Criteria, case: Case) -> CaseResult:
    outcome = evaluate(case.facts, edition, on=case.on)
    differences = []
    for key, expected in case.expect.items():
        for name, wanted, found in _compared(outcome, key, expected):
            if wanted != found:
                differences.append(f"line {case.line}: {name} is {found}, expected {wanted}")
    return CaseResult(case, outcome, tuple(differences))


def _compared(outcome: Outcome, key: str, expected: Any) -> list[tuple[str, Any, Any]]:
    if key in ("failed", "review", "insufficient"):
        return [(key, tuple(expected), getattr(outcome, key))]
    if key in ("passed", "not_applicable"):
        wanted = Verdict.PASS if key == "passed" else Verdict.NOT_APPLICABLE
        found = {finding.id: finding.verdict for finding in outcome.findings}
        return [(gate_id, wanted, found.get(gate_id)) for gate_id in expected]
    if key == "points":
        points = {line.id: line.points for line in outcome.scores}
        return [(name, Decimal(value), points.get(name)) for name, value in expected.items()]
    if key == "marks":
        return [(name, value, outcome.marks.get(name)) for name, value in expected.items()]
    if key == "score":
        return [(key, None if expected is None else Decimal(expected), outcome.score)]
    return [(key, expected, None if getattr(outcome, key) is None else str(getattr(outcome, key)))]
