"""One method with its values: evaluated for a year, over years, over draws, to its break-even."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scoring.carbon import plan as planning
from scoring.carbon import uncertainty
from scoring.carbon.benefit import BreakEven, Number
from scoring.carbon.definition import Method
from scoring.carbon.equations import finance
from scoring.carbon.house import Trajectory, house
from scoring.carbon.plan import Plan
from scoring.carbon.uncertainty import Band


class Run:
    """One method with its central values, evaluated in whatever shape is asked."""

    def __init__(self, of: Method, plan: Plan, central: Mapping[str, Any], life: int) -> None:
        self.of = of
        self.plan = plan
        self.central = central
        self.life = life
        self.years = np.arange(1.0, life + 1.0)

    def at(self, year: Any, **changed: Any) -> dict[str, Any]:
        """Every quantity in a year, or in an array of years."""
        values = {**self.central, **changed, "year": year}
        if "deposited" in self.plan.built_in:
            values["deposited"] = planning.deposit_years(year)
        return self.plan.evaluate(values, keep=frozenset(changed))

    def yearly(self, trajectory: Trajectory | None, quantity: str | None = None) -> np.ndarray:
        """The reduction of each year, with a constant grid factor or on a trajectory. [(life,)]"""
        changed: dict[str, Any] = {}
        if trajectory is not None:
            base = self.at(1.0)
            changed = {
                key: finance.declining_factor(
                    base[key], trajectory.decline, self.years, np.minimum(trajectory.floor, base[key])
                )
                for key in self.of.grid
                if key in base
            }
        result = self.at(self.years, **changed)[quantity or str(self.of.result)]
        return np.broadcast_to(np.asarray(result, dtype=float), (self.life,))

    def band(self, seed: int) -> Band:
        """Percentiles of the annual figure."""
        conservative = house().conservative_percentile
        relative = {key: u for key, u in self.of.uncertainty.items() if key in self.plan.leaves}
        of = uncertainty.spread(relative, self.of.correlations)
        mean = self.of.annual == "mean"

        def result(factors: Mapping[str, Any]) -> Any:
            changed = {key: self.central[key] * factor for key, factor in factors.items()}
            return self.at(self.years if mean else 1.0, **changed)[str(self.of.result)]

        found = uncertainty.exact(result, of, conservative)
        if found is None:
            drawn = of.factors(house().draws, seed)
            shaped = {key: _shaped(self.central[key], factor, mean) for key, factor in drawn.items()}
            found = uncertainty.percentiles(_mean(result(shaped), mean), conservative)
        p10, p50, p90, lower = (
            float(np.mean(part)) for part in (found.p10, found.p50, found.p90, found.conservative)
        )
        return Band(p10, p50, p90, lower, found.exact)

    def breakeven(self, key: str) -> BreakEven | None:
        """The value of an input at which the annual figure is zero, within its bounds."""
        spec = self.of.specs.get(key)
        base = self.at(1.0)
        if spec is None or key not in base or spec.minimum is None or spec.maximum is None:
            return None
        low, high = max(float(spec.minimum), 1e-9 * float(spec.maximum)), float(spec.maximum)

        def result(values: np.ndarray) -> np.ndarray:
            with np.errstate(all="ignore"):
                found = np.asarray(self.at(1.0, **{key: values})[str(self.of.result)], dtype=float)
            return np.broadcast_to(found, values.shape)

        for _ in range(5):  # each round narrows the bracket 64-fold
            grid = np.linspace(low, high, 65)
            sign = np.sign(result(grid))
            turn = np.flatnonzero(
                np.isfinite(sign[:-1]) & (sign[:-1] * sign[1:] <= 0) & (sign[:-1] != sign[1:])
            )
            if not turn.size:
                return None
            low, high = float(grid[turn[0]]), float(grid[turn[0] + 1])
        ends = result(np.array([low, high]))
        at = low if ends[0] == ends[1] else low - ends[0] * (high - low) / (ends[1] - ends[0])
        return BreakEven(
            key, spec.label, float(at), self.of.unit_of(key), float(base[key]), bool(ends[1] > ends[0])
        )


def _shaped(central: Any, factor: np.ndarray, years: bool) -> np.ndarray:
    """Draws in front, years next, an inner series last; the factor as it multiplies the central value."""
    extra = int(years) + np.ndim(central)
    return factor.reshape(factor.shape + (1,) * extra)


def _mean(results: Any, years: bool) -> np.ndarray:
    found = np.asarray(results, dtype=float)
    return found.mean(axis=-1) if years else found


def number(value: Any) -> Number:
    return tuple(float(item) for item in value) if np.ndim(value) else float(value)


def array(value: Number) -> Any:
    return np.array(value) if isinstance(value, tuple) else value
