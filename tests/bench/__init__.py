"""Benchmarks: each module of this folder has a `run()` that yields measurements. `./run bench [NAME...]`."""

import importlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType


class PeerMissing(Exception):
    """The other product to compare with is not installed here."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One figure: what was measured, its goal, what it was compared with, and whether it met the goal."""

    name: str
    value: float
    unit: str
    target: str = ""
    peer: str = ""
    met: bool | None = None


def peer(module: str) -> ModuleType:
    """The other product's module; raises PeerMissing."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise PeerMissing(module) from error


def best_seconds(work: Callable[[], object], *, repeat: int = 5) -> float:
    """The shortest of several runs: the one least disturbed by the machine's other work."""
    shortest = float("inf")
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        shortest = min(shortest, time.perf_counter() - start)
    return shortest
