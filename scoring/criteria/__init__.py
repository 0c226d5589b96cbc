"""The criteria engine: dated rules as data; verdicts, scores and reasons out.

edition = criteria.in_force(on)
outcome = criteria.evaluate(facts, edition, on=on)
outcome.verdict, outcome.score, outcome.grade, outcome.explain()
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from scoring.criteria.cases import CaseResult, run_cases
from scoring.criteria.edition import Basis, Criteria
from scoring.criteria.editions import EditionInfo, editions, find_by_hash, in_force, load, read, rule_sets
from scoring.criteria.evaluate import evaluate
from scoring.criteria.explain import Explanation
from scoring.criteria.expression import check_conditions, holds
from scoring.criteria.fix import FactChange, Fix, smallest_change
from scoring.criteria.outcome import Finding, Outcome, ScoreLine, Verdict
from scoring.criteria.replay import Difference, Replay, replay

if TYPE_CHECKING:
    from scoring.criteria.delta import rescreen
    from scoring.criteria.frame import evaluate_frame
    from scoring.criteria.proofs import Claim, SolverMissing, prove, prove_difference
    from scoring.criteria.result import VERDICTS, Reason, ResultFrame
    from scoring.criteria.whatif import Change, Sweep, compare, reform, sweep

# What needs pandas or the solver is loaded when first asked for; a page needs neither.
_LATER = {
    "Change": ("whatif", "Change"),
    "Claim": ("proofs", "Claim"),
    "Reason": ("result", "Reason"),
    "ResultFrame": ("result", "ResultFrame"),
    "SolverMissing": ("proofs", "SolverMissing"),
    "Sweep": ("whatif", "Sweep"),
    "VERDICTS": ("result", "VERDICTS"),
    "compare": ("whatif", "compare"),
    "evaluate_frame": ("frame", "evaluate_frame"),
    "prove": ("proofs", "prove"),
    "prove_difference": ("proofs", "prove_difference"),
    "reform": ("whatif", "reform"),
    "rescreen": ("delta", "rescreen"),
    "sweep": ("whatif", "sweep"),
}

__all__ = [
    "VERDICTS",
    "Basis",
    "CaseResult",
    "Change",
    "Claim",
    "Criteria",
    "Difference",
    "EditionInfo",
    "Explanation",
    "FactChange",
    "Finding",
    "Fix",
    "Outcome",
    "Reason",
    "Replay",
    "ResultFrame",
    "ScoreLine",
    "SolverMissing",
    "Sweep",
    "Verdict",
    "check_conditions",
    "compare",
    "editions",
    "evaluate",
    "evaluate_frame",
    "find_by_hash",
    "holds",
    "in_force",
    "load",
    "prove",
    "prove_difference",
    "read",
    "reform",
    "replay",
    "rescreen",
    "rule_sets",
    "run_cases",
    "smallest_change",
    "sweep",
]


def __getattr__(name: str) -> Any:
    if name in _LATER:
        module, attribute = _LATER[name]
        return getattr(import_module(f"scoring.criteria.{module}"), attribute)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
