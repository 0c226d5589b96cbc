"""The composite index: method and panel in, levels, contributions, bands and replayable releases out."""

from typing import TYPE_CHECKING, Any

from scoring.index.chain import levels, link, link_factor, rebase
from scoring.index.compute import compute, evaluate
from scoring.index.explain import Change, Contribution, change, contributions, shapley
from scoring.index.export import export, rounded
from scoring.index.method import Leaf, Method, Node, effective_weights
from scoring.index.panel import Cell, InvalidPanel, Panel
from scoring.index.reading import load_method, method_on, methods, read_method
from scoring.index.refusal import Refused
from scoring.index.release import Approval, Release, Verdict, freeze, preview, read, verify
from scoring.index.result import FLAGS, Reason, Result, Row, Standing
from scoring.index.revisions import Diff, diff

if TYPE_CHECKING:
    from scoring.index.uncertainty import Bands, Spread, replay, uncertainty

_WITH_NUMPY = {
    "Bands": "uncertainty",
    "Spread": "uncertainty",
    "replay": "uncertainty",
    "uncertainty": "uncertainty",
}

__all__ = [
    "FLAGS",
    "Approval",
    "Bands",
    "Cell",
    "Change",
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
    "Verdict",
    "change",
    "compute",
    "contributions",
    "diff",
    "effective_weights",
    "evaluate",
    "export",
    "freeze",
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
    "rounded",
    "shapley",
    "uncertainty",
    "verify",
]


def __getattr__(name: str) -> Any:
    """Names that need numpy are loaded when first asked for; the official path does without."""
    if name in _WITH_NUMPY:
        from importlib import import_module

        return getattr(import_module(f"scoring.index.{_WITH_NUMPY[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
