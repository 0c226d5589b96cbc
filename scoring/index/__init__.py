"""The composite index: method and panel in, levels, contributions, bands and replayable releases out."""

from scoring.index.compute import compute, evaluate
from scoring.index.method import Leaf, Method, Node
from scoring.index.panel import Cell, InvalidPanel, Panel
from scoring.index.reading import load_method, method_on, methods, read_method
from scoring.index.refusal import Refused
from scoring.index.result import FLAGS, Result, Row, Standing

__all__ = [
    "FLAGS",
    "Cell",
    "InvalidPanel",
    "Leaf",
    "Method",
    "Node",
    "Panel",
    "Refused",
    "Result",
    "Row",
    "Standing",
    "compute",
    "evaluate",
    "load_method",
    "method_on",
    "methods",
    "read_method",
]
