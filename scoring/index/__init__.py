"""The composite index: method and panel in, levels, contributions, bands and replayable releases out."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scoring.index.anatomy import Structure, structure
    from scoring.index.bands import Bands, uncertainty
    from scoring.index.chain import levels, link, link_factor, rebase
    from scoring.index.downloads import export, rounded
    from scoring.index.evaluation import compute, evaluate
    from scoring.index.explain import Change, Contribution, change, contributions, leave_out, shapley
    from scoring.index.influence import leave_one_out, sensitivity
    from scoring.index.method import Leaf, Method, Node, effective_weights
    from scoring.index.note import note as method_note
    from scoring.index.panel import Cell, InvalidPanel, Panel
    from scoring.index.plan import Draw, Spread, replay
    from scoring.index.principles import checklist
    from scoring.index.reading import load_method, method_on, methods, read_method
    from scoring.index.refusal import Refused
    from scoring.index.release import Approval, Release, freeze, preview, read
    from scoring.index.replicates import Choices, draws
    from scoring.index.replicates import replay as replay_study
    from scoring.index.result import FLAGS, Reason, Result, Row, Standing
    from scoring.index.revisions import Diff, diff
    from scoring.index.study import Study
    from scoring.index.study import of_result as study_of_result
    from scoring.index.study import run as run_study
    from scoring.index.table import Table, Tree
    from scoring.index.verification import Verdict, verify

# Every name is loaded when first asked for: a page that shows a level needs neither numpy nor archives.
_HOME = {
    "anatomy": ("Structure", "structure"),
    "bands": ("Bands", "uncertainty"),
    "chain": ("levels", "link", "link_factor", "rebase"),
    "downloads": ("export", "rounded"),
    "evaluation": ("compute", "evaluate"),
    "explain": ("Change", "Contribution", "change", "contributions", "leave_out", "shapley"),
    "influence": ("leave_one_out", "sensitivity"),
    "method": ("Leaf", "Method", "Node", "effective_weights"),
    "note": ("method_note=note",),
    "panel": ("Cell", "InvalidPanel", "Panel"),
    "plan": ("Draw", "Spread", "replay"),
    "principles": ("checklist",),
    "reading": ("load_method", "method_on", "methods", "read_method"),
    "refusal": ("Refused",),
    "release": ("Approval", "Release", "freeze", "preview", "read"),
    "replicates": ("Choices", "draws", "replay_study=replay"),
    "result": ("FLAGS", "Reason", "Result", "Row", "Standing"),
    "revisions": ("Diff", "diff"),
    "study": ("Study", "run_study=run", "study_of_result=of_result"),
    "table": ("Table", "Tree"),
    "verification": ("Verdict", "verify"),
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
    "Draw",
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
    "checklist",
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
    "method_note",
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
    """A public name whose module is loaded only now."""
    for module, names in _HOME.items():
        for entry in names:
            public, _, own = entry.partition("=")
            if public == name:
                value = getattr(import_module(f"scoring.index.{module}"), own or public)
                globals()[name] = value
                return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
