"""The house rules of the carbon benefit, read from `data/carbon.yaml`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from scoring import catalogue
from scoring.units import Unit, units
from scoring.words import Words


@dataclass(frozen=True, slots=True)
class Trajectory:
    """A declared scenario of the grid factor: yearly decline and floor [tCO2/MWh]."""

    id: str
    label: Words
    decline: float
    floor: float


@dataclass(frozen=True, slots=True)
class Anchor:
    """A published range that a plausible result should be seen beside."""

    key: str
    label: Words
    low: float
    high: float
    unit: Unit
    source: str


@dataclass(frozen=True, slots=True)
class Ladder:
    """What is deducted for the uncertainty of a measured stock, step by step."""

    source: str
    of_uncertainty: bool
    steps: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class House:
    version: str
    draws: int
    consistency: float
    conservative_percentile: float
    discount_rate: float
    trajectories: Mapping[str, Trajectory]
    ask_above: float
    block_above: float
    exempt: frozenset[str]
    factor_age: int
    reproduced: float
    close: float
    anchors: tuple[Anchor, ...]
    ladders: Mapping[str, Ladder]


@cache
def house() -> House:
    """The rules in force; raises InvalidData."""
    file = catalogue.load(catalogue.DATA / "carbon.yaml")
    file.text("id")
    basis = file.record("basis")
    for key in basis:
        basis[key]
    floor = float(file.number("floor"))
    trajectories = {}
    table = file.record("trajectories")
    for key in table:
        entry = table.record(key)
        label = Words(entry.text("zh"), entry.text("en"))
        trajectories[key] = Trajectory(key, label, float(entry.number("decline")), floor)
        entry.done()
    limits = file.record("per_investment")
    anchors = []
    for entry in file.records("anchors"):
        anchors.append(
            Anchor(
                entry.text("key"),
                Words(entry.text("zh"), entry.text("en")),
                float(entry.number("low")),
                float(entry.number("high")),
                units()[entry.text("unit")],
                entry.text("source"),
            )
        )
        entry.done()
    found = House(
        version=file.text("version"),
        draws=file.integer("draws"),
        consistency=float(file.number("consistency")),
        conservative_percentile=float(file.number("conservative_percentile")),
        discount_rate=float(file.number("discount_rate")),
        trajectories=MappingProxyType(trajectories),
        ask_above=float(limits.number("ask")),
        block_above=float(limits.number("block")),
        exempt=frozenset(limits.texts("exempt")),
        factor_age=file.integer("factor_age"),
        reproduced=float(file.number("reproduced")),
        close=float(file.number("close")),
        anchors=tuple(anchors),
        ladders=_ladders(file),
    )
    limits.done()
    file.done()
    return found


def uncertainty_discount(relative: float, ladder: str) -> float | None:
    """The share to deduct from a stock known to within ±relative; None where more plots are needed instead.

    Raises KeyError for an unknown ladder. Source: CDM A/R TOOL14; Chinese forestry methodologies.
    """
    rule = house().ladders[ladder]
    for until, share in rule.steps:
        if relative <= until:
            return share * relative if rule.of_uncertainty else share
    return None


def _ladders(file: catalogue.Record) -> Mapping[str, Ladder]:
    table = file.record("discount_ladders")
    found = {}
    for key in table:
        entry = table.record(key)
        steps = []
        for step in entry.records("steps"):
            steps.append((float(step.number("until")), float(step.number("share"))))
            step.done()
        found[key] = Ladder(entry.text("source"), entry.flag("of_uncertainty"), tuple(steps))
        entry.done()
    return MappingProxyType(found)
