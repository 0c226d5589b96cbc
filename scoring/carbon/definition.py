"""What a method is: inputs, defaults, steps, checks and alerts of one edition, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from scoring.carbon.equations import Equation
from scoring.carbon.expression import Expression
from scoring.facts import FactSpec
from scoring.units import Unit, units
from scoring.words import Words

# supplied by the evaluation, not stated: the operating year, and the deposit years up to it
BUILT_IN = {"year": "year number", "deposited": "year number"}


@dataclass(frozen=True, slots=True)
class Basis:
    """Where a method comes from."""

    issuer: str
    title: str
    dated: date | None
    article: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Default:
    """What stands in for an input that was not stated: a kind of factor, or a declared number."""

    kind: str | None = None
    substance: str | None = None
    edition: str | None = None
    region: str | None = None
    value: Decimal | None = None
    series: tuple[Decimal, ...] | None = None
    same_as: str | None = None
    otherwise: str | None = None
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the calculation: a quantity, its equation and what enters."""

    key: str
    label: Words
    unit: Unit
    equation: Equation
    arguments: Mapping[str, str | float]
    terms: tuple[str, ...]
    formula: Expression
    line: int

    @property
    def needs(self) -> tuple[str, ...]:
        return (*self.terms, *(value for value in self.arguments.values() if isinstance(value, str)))


@dataclass(frozen=True, slots=True)
class Check:
    """A relation the values must keep."""

    kind: str
    left: str
    right: str
    times: float
    message: Words


@dataclass(frozen=True, slots=True)
class Alert:
    """A remark that appears when a quantity passes a value, from a day on."""

    quantity: str
    above: float | None
    below: float | None
    since: date | None
    message: Words


@dataclass(frozen=True)
class Method:
    """One edition of a method (or of a calculation that is not a project method)."""

    id: str
    version: str
    kind: str
    title: Words
    method_class: str
    status: str
    confidence: str
    basis: Basis
    effective_from: date
    effective_to: date | None
    categories: tuple[str, ...]
    applicability: Words
    crediting: Words | None
    crediting_years: int | None
    life: int
    annual: str
    result: str | None
    inputs: tuple[FactSpec, ...]
    warnings: tuple[Words, ...]
    content_hash: str
    steps: tuple[Step, ...] = field(repr=False)
    defaults: Mapping[str, Default] = field(repr=False)
    uncertainty: Mapping[str, float] = field(repr=False)
    correlations: Mapping[tuple[str, str], float] = field(repr=False)
    range_sources: Mapping[str, Words] = field(repr=False)
    aliases: Mapping[str, str] = field(repr=False)
    variants: Mapping[str, tuple[str, ...]] = field(repr=False)
    grid: tuple[str, ...] = field(repr=False)
    same_kind: tuple[tuple[str, ...], ...] = field(repr=False)
    breakeven: tuple[str, ...] = field(repr=False)
    checks: tuple[Check, ...] = field(repr=False)
    alerts: tuple[Alert, ...] = field(repr=False)
    per: str | None = field(repr=False)
    specs: Mapping[str, FactSpec] = field(repr=False)
    ways: Mapping[str, tuple[Step, ...]] = field(repr=False)

    @property
    def quantified(self) -> bool:
        """Whether the method gives tonnes at all; adaptation does not."""
        return self.result is not None

    def unit_of(self, quantity: str) -> Unit:
        if quantity in self.specs:
            unit = self.specs[quantity].unit
            return unit if unit is not None else units()["1"]
        if quantity in self.ways:
            return self.ways[quantity][0].unit
        return units()[BUILT_IN[quantity]]

    def label_of(self, quantity: str) -> Words:
        if quantity in self.specs:
            return self.specs[quantity].label
        if quantity in self.ways:
            return self.ways[quantity][0].label
        return {"year": Words("运行年序", "Operating year"), "deposited": Words("填埋年序", "Deposit year")}[
            quantity
        ]
