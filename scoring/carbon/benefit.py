"""The carbon benefit of a project: a frozen result that says how it was reached."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from scoring.carbon.factors import Factor
from scoring.units import Unit
from scoring.words import Words

Number = float | tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Input:
    """One quantity that entered: stated, or standing in by a factor or a declared default."""

    key: str
    label: Words
    value: Number
    unit: Unit
    origin: str  # stated | factor | default
    factor: Factor | None = None
    evidence: str | None = None
    accepted: str | None = None
    plausible: tuple[Decimal, Decimal] | None = None
    implausible: bool = False


@dataclass(frozen=True, slots=True)
class StepResult:
    """One line of the calculation, with symbols and with numbers."""

    key: str
    label: Words
    equation: str
    formula: str
    substituted: str
    value: Number
    unit: Unit


@dataclass(frozen=True, slots=True)
class BreakEven:
    """The value of one input at which the project saves nothing."""

    key: str
    label: Words
    value: float
    unit: Unit
    stated: float
    saves_above: bool


@dataclass(frozen=True, slots=True)
class Insufficient:
    """No estimate: what is missing, by key, and why where that needs saying."""

    method_id: str
    missing: Mapping[str, Words]
    reason: Words | None = None


@dataclass(frozen=True)
class Benefit:
    """An estimate by one edition of one method on one day; negative results stay negative. [tCO2e]"""

    method_id: str
    method_version: str
    method_hash: str
    factors_hash: str
    on: date
    region: str
    seed: int
    draws: int
    trajectory: str
    annual: float
    p10: float
    p50: float
    p90: float
    conservative: float
    exact: bool
    life: int
    crediting_years: int | None
    yearly: tuple[float, ...]
    yearly_dynamic: tuple[float, ...]
    investment: Decimal | None
    annual_cost: Decimal | None
    annual_saving: Decimal | None
    discount_rate: float
    mac: float | None
    breakeven: tuple[BreakEven, ...]
    inputs: tuple[Input, ...]
    steps: tuple[StepResult, ...]
    warnings: tuple[Words, ...]
    blocked: bool

    @property
    def lifetime(self) -> float:
        """Reduction over the life with the grid factor as it is today, EQ-24. [tCO2e]"""
        return float(sum(self.yearly))

    @property
    def lifetime_dynamic(self) -> float:
        """Reduction over the life with the grid factor on its declared trajectory, EQ-24. [tCO2e]"""
        return float(sum(self.yearly_dynamic))

    @property
    def lifetime_credited(self) -> float:
        """Static reduction within the crediting period, never beyond the life. [tCO2e]"""
        years = self.life if self.crediting_years is None else min(self.life, self.crediting_years)
        return float(sum(self.yearly[:years]))

    @property
    def vanishing_share(self) -> float | None:
        """The share of the static lifetime figure that a cleaner grid takes away."""
        return None if self.lifetime == 0 else 1.0 - self.lifetime_dynamic / self.lifetime

    @property
    def per_investment(self) -> float | None:
        """Reduction per 10⁴ CNY of investment, EQ-25. [tCO2e/yr]"""
        return None if not self.investment else self.annual / float(self.investment)

    @property
    def lifetime_per_investment(self) -> float | None:
        """Lifetime reduction per 10⁴ CNY of investment, EQ-25. [tCO2e]"""
        return None if not self.investment else self.lifetime / float(self.investment)

    @property
    def factors(self) -> tuple[Factor, ...]:
        return tuple(dict.fromkeys(entry.factor for entry in self.inputs if entry.factor is not None))

    @property
    def assumptions(self) -> tuple[Input, ...]:
        """The inputs that nobody stated and no published factor gave."""
        return tuple(entry for entry in self.inputs if entry.origin == "default")

    def value_of(self, key: str) -> Number | None:
        """A quantity of the calculation by key, stated or computed."""
        values: dict[str, Number] = {entry.key: entry.value for entry in self.inputs}
        values |= {step.key: step.value for step in self.steps}
        return values.get(key)

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of the result with everything that entered it."""
        text = json.dumps(self._content(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """The benefit for storage: what entered, what came out, and the hash of both."""
        return {**self._content(), "content_hash": self.content_hash}

    def _content(self) -> dict[str, Any]:
        return {
            "method_id": self.method_id,
            "method_version": self.method_version,
            "method_hash": self.method_hash,
            "factors_hash": self.factors_hash,
            "on": self.on.isoformat(),
            "region": self.region,
            "seed": self.seed,
            "draws": self.draws,
            "trajectory": self.trajectory,
            "investment": _text(self.investment),
            "annual_cost": _text(self.annual_cost),
            "annual_saving": _text(self.annual_saving),
            "discount_rate": self.discount_rate,
            "inputs": [_input(entry) for entry in self.inputs],
            "steps": [
                {
                    "key": step.key,
                    "label": [step.label.zh, step.label.en],
                    "equation": step.equation,
                    "formula": step.formula,
                    "substituted": step.substituted,
                    "value": step.value,
                    "unit": step.unit.symbol,
                }
                for step in self.steps
            ],
            "annual": self.annual,
            "p10": self.p10,
            "p50": self.p50,
            "p90": self.p90,
            "conservative": self.conservative,
            "exact": self.exact,
            "life": self.life,
            "crediting_years": self.crediting_years,
            "yearly": list(self.yearly),
            "yearly_dynamic": list(self.yearly_dynamic),
            "lifetime": self.lifetime,
            "lifetime_dynamic": self.lifetime_dynamic,
            "lifetime_credited": self.lifetime_credited,
            "per_investment": self.per_investment,
            "mac": self.mac,
            "breakeven": [
                {"key": b.key, "value": b.value, "unit": b.unit.symbol, "stated": b.stated}
                for b in self.breakeven
            ],
            "warnings": [[words.zh, words.en] for words in self.warnings],
            "blocked": self.blocked,
        }


def _input(entry: Input) -> dict[str, Any]:
    return {
        "key": entry.key,
        "label": [entry.label.zh, entry.label.en],
        "value": entry.value,
        "unit": entry.unit.symbol,
        "origin": entry.origin,
        "factor": entry.factor.to_json() if entry.factor else None,
        "evidence": entry.evidence,
        "accepted": entry.accepted,
        "implausible": entry.implausible,
    }


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else format(amount, "f")
