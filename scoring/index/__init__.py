"""The composite index: method and panel in, levels, contributions, bands and replayable releases out."""

from typing import TYPE_CHECKING, Any

from scoring.index.chain import levels, link, link_factor, rebase
from scoring.index.compute import compute, evaluate
from scoring.index.explain import Change, Contribution, change, contributions, leave_out, shapley
from scoring.index.export import export, rounded
from scoring.index.method import Leaf, Method, Node, effective_weights
from scoring.index.panel import Cell, InvalidPanel, Panel
from scoring.index.reading import load_method, method_on, methods, read_method
from scoring.index.refusal import Refused
from scoring.index.release import Approval, Release, Verdict, freeze, preview, read, verify
from scoring.index.result import FLAGS, Reason, Result, Row, Standing
from scoring.index.revisions import Diff, diff

if TYPE_CHECKING:
    from scoring.index.anatomy import Structure, structure
    from scoring.index.bands import Bands, Spread, replay, uncertainty
    from scoring.index.influence import leave_one_out, sensitivity
    from scoring.index.replicates import Choices, draws
    from scoring.index.replicates import replay as replay_study
    from scoring.index.study import Study
    from scoring.index.study import of_result as study_of_result
    from scoring.index.study import run as run_study
    from scoring.index.table import Table, Tree

_WITH_NUMPY = {
    "Bands": "bands:Bands",
    "Choices": "replicates:Choices",
    "Spread": "bands:Spread",
    "Structure": "anatomy:Structure",
    "Study": "study:Study",
    "Table": "table:Table",
    "Tree": "table:Tree",
    "draws": "replicates:draws",
    "leave_one_out": "influence:leave_one_out",
    "replay": "bands:replay",
    "replay_study": "replicates:replay",
    "run_study": "study:run",
    "sensitivity": "influence:sensitivity",
    "structure": "anatomy:structure",
    "study_of_result": "study:of_result",
    "uncertainty": "bands:uncertainty",
}

__all__ = [
    "FLAGS",
    "Approval",
    "Bands",
    "Cell",
    "Change",
    "Choices",
    "Contribution",
    "Diff",
    "InvalidPanel",
    "Leaf",
    "Method",
    "Node",
    "Panel",
    "Reason",
    "Refused",
    "Release",
    "Result",
    "Row",
    "Spread",
    "Standing",
    "Structure",
    "Study",
    "Table",
    "Tree",
    "Verdict",
    "change",
    "compute",
    "contributions",
    "diff",
    "draws",
    "effective_weights",
    "evaluate",
    "export",
    "freeze",
    "leave_one_out",
    "leave_out",
    "levels",
    "link",
    "link_factor",
    "load_method",
    "method_on",
    "methods",
    "preview",
    "read",
    "read_method",
    "rebase",
    "replay",
    "replay_study",
    "rounded",
    "run_study",
    "sensitivity",
    "shapley",
    "structure",
    "study_of_result",
    "uncertainty",
    "verify",
]


def __getattr__(name: str) -> Any:
    """Names that need numpy are loaded when first asked for; the official path does without."""
    if name in _WITH_NUMPY:
        from importlib import import_module

        module, attribute = _WITH_NUMPY[name].split(":")
        value = getattr(import_module(f"scoring.index.{module}"), attribute)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
