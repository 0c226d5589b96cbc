"""Many projects at once: the same equations over columns, with exact or drawn bands.

Projects of one method with the same stated inputs form one block of columns. Where the result is one product
the band is exact for the whole column; elsewhere blocks of projects meet the same stratified draws, small
enough to stay in cache. The figures are those `estimate` gives for each project alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from scoring.carbon import intake, uncertainty
from scoring.carbon import plan as planning
from scoring.carbon.definition import Method
from scoring.carbon.house import house
from scoring.carbon.methods import method
from scoring.carbon.plan import Plan
from scoring.carbon.run import array
from scoring.errors import InvalidFacts

# numbers of one intermediate result that still stay in the processor's cache
BLOCK = 65_536


@dataclass(frozen=True, slots=True)
class Columns:
    """Annual figures of many projects. [tCO2e/yr, each (n,)]"""

    annual: np.ndarray
    p10: np.ndarray
    p50: np.ndarray
    p90: np.ndarray
    conservative: np.ndarray
    exact: np.ndarray


def estimate_columns(
    method_id: str,
    columns: Mapping[str, Any],
    *,
    on: date,
    region: str = "CN-BJ",
    seed: int = 0,
    draws: int | None = None,
) -> Columns:
    """The bands of n projects of one method from columns in the declared units. [(n,), series (n, m)]

    Rows with NaN give NaN. Raises InvalidFacts when an input is missing or unknown for all of them, or the
    name of the first column with a value out of bounds.
    """
    of = method(method_id, on=on)
    if of.result is None:
        raise InvalidFacts({"method_id": intake.NO_TONNES})
    given = {of.aliases.get(key, key): np.asarray(values, dtype=float) for key, values in columns.items()}
    _refuse(of, given)
    plan = planning.make(of, of.result, frozenset(given))
    if plan.missing:
        raise InvalidFacts(dict.fromkeys(plan.missing, intake.MISSING))
    standing_in, unknown = intake.defaults(of, plan, given, on=on, region=region, pinned={})
    if unknown:
        raise InvalidFacts(unknown)
    central = {key: given[key] for key in plan.stated}
    central |= {key: array(entry.value) for key, entry in standing_in.items()}
    return _Block(of, plan, central, frozenset(plan.stated), draws or house().draws, seed).bands()


def estimate_many(
    projects: Sequence[tuple[str, Mapping[str, float]]],
    *,
    on: date,
    region: str = "CN-BJ",
    seed: int = 0,
    draws: int | None = None,
) -> Columns:
    """The bands of mixed projects, (method, inputs in declared units) each, in their order. [(n,)]"""
    groups: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    for place, (method_id, inputs) in enumerate(projects):
        groups.setdefault((method_id, tuple(inputs)), []).append(place)
    blank = {name: np.empty(len(projects)) for name in Columns.__slots__}
    found = Columns(**(blank | {"exact": np.empty(len(projects), dtype=bool)}))
    for (method_id, keys), places in groups.items():
        table = np.array([tuple(projects[place][1].values()) for place in places], dtype=float)
        columns = dict(zip(keys, table.T, strict=True))
        part = estimate_columns(method_id, columns, on=on, region=region, seed=seed, draws=draws)
        for name in Columns.__slots__:
            getattr(found, name)[places] = getattr(part, name)
    return found


def _refuse(of: Method, given: Mapping[str, np.ndarray]) -> None:
    faults = {}
    for key, values in given.items():
        spec = of.specs.get(key)
        if spec is None:
            faults[key] = intake.UNKNOWN
            continue
        low = -np.inf if spec.minimum is None else float(spec.minimum)
        high = np.inf if spec.maximum is None else float(spec.maximum)
        if np.any((values < low) | (values > high)):
            faults[key] = intake.out_of_bounds(spec)
    if faults:
        raise InvalidFacts(faults)


class _Block:
    """One method over columns."""

    def __init__(
        self,
        of: Method,
        plan: Plan,
        central: Mapping[str, Any],
        columns: frozenset[str],
        draws: int,
        seed: int,
    ) -> None:
        self.of = of
        self.plan = plan
        self.central = central
        self.columns = columns
        self.draws = draws
        self.seed = seed
        self.mean = of.annual == "mean"
        self.year: Any = np.arange(1.0, of.life + 1.0) if self.mean else 1.0
        self.count = next((len(central[key]) for key in columns), 1)

    def bands(self) -> Columns:
        rules = house()
        relative = {key: u for key, u in self.of.uncertainty.items() if key in self.plan.leaves}
        spread = uncertainty.spread(relative, self.of.correlations)
        annual = self._flat(self._at(self._shaped(slice(None), 0)))

        def result(factors: Mapping[str, Any]) -> Any:
            values = self._shaped(slice(None), 0)
            return self._at(values | {key: values[key] * factor for key, factor in factors.items()})

        exact = uncertainty.exact(result, spread, rules.conservative_percentile)
        if exact is not None:
            flat = [self._flat(part) for part in (exact.p10, exact.p50, exact.p90, exact.conservative)]
            return Columns(annual, flat[0], flat[1], flat[2], flat[3], np.ones(self.count, dtype=bool))
        factors = spread.factors(self.draws, self.seed)
        width = self.draws * (self.of.life if self.mean else 1)
        step = max(1, BLOCK // width)
        parts = [np.empty(self.count) for _ in range(4)]
        for start in range(0, self.count, step):
            rows = slice(start, min(start + step, self.count))
            drawn = self._drawn(rows, factors)
            band = uncertainty.percentiles(drawn, rules.conservative_percentile)
            for whole, part in zip(parts, (band.p10, band.p50, band.p90, band.conservative), strict=True):
                whole[rows] = part
        return Columns(annual, parts[0], parts[1], parts[2], parts[3], np.zeros(self.count, dtype=bool))

    def _drawn(self, rows: slice, factors: Mapping[str, np.ndarray]) -> np.ndarray:
        values = self._shaped(rows, 1)
        for key, factor in factors.items():
            extra = (1,) * (int(self.mean) + self._series(key))
            values[key] = values[key] * factor.reshape(1, -1, *extra)
        found = np.asarray(self._at(values), dtype=float)
        if self.mean:
            found = found.mean(axis=-1)
        return np.broadcast_to(found, (rows.stop - rows.start, self.draws))

    def _shaped(self, rows: slice, draws: int) -> dict[str, Any]:
        """Central values with room for draws and years behind the projects, a series last."""
        shaped: dict[str, Any] = {}
        for key, value in self.central.items():
            if key not in self.columns:
                shaped[key] = value
                continue
            taken = value[rows]
            room = (1,) * (draws + int(self.mean))
            shaped[key] = taken.reshape(taken.shape[0], *room, *taken.shape[1:])
        return shaped

    def _series(self, key: str) -> int:
        value = self.central[key]
        return np.ndim(value) - (1 if key in self.columns else 0)

    def _at(self, values: Mapping[str, Any]) -> Any:
        filled = {**values, "year": self.year}
        if "deposited" in self.plan.built_in:
            filled["deposited"] = planning.deposit_years(self.year)
        return self.plan.evaluate(filled)[str(self.of.result)]

    def _flat(self, result: Any) -> np.ndarray:
        found = np.asarray(result, dtype=float)
        if self.mean and found.ndim:
            found = found.mean(axis=-1)
        return np.array(np.broadcast_to(found, (self.count,)))
