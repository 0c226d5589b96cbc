"""Bands: how far level and rank move when weights, mean, gap rule, goalposts and values move a little."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from scoring.index import sampling
from scoring.index.evaluation import compute
from scoring.index.method import Method
from scoring.index.panel import Panel
from scoring.index.philox import Floats
from scoring.index.plan import Draw, Plan, Spread
from scoring.index.result import Result

QUANTILES = (0.05, 0.5, 0.95)


@dataclass(frozen=True)
class Bands:
    """Replicates of every unit and quarter asked for; the same draws serve all, so changes have bands too."""

    method: Method
    panel: Panel
    spread: Spread
    replicates: int
    key: bytes
    periods: tuple[str, ...]
    blocks: dict[tuple[str, str], Floats] = field(repr=False)  # (scale, period): (units, replicates)
    _cache: dict[tuple[str, str, str], Floats] = field(default_factory=dict, repr=False)

    def units(self, scale: str) -> list[str]:
        """Units of a scale in the order of the rows of its blocks."""
        return [unit for unit in self.panel.units if self.method.scale_of[unit].id == scale]

    def replicate_levels(self, unit: str, period: str) -> Floats:
        """(replicates,) the unit's level in each replicate; NaN where it could not be computed."""
        scale = self.method.scale_of[unit].id
        row: Floats = self.blocks[scale, period][self.units(scale).index(unit)]
        return row

    def level(self, unit: str, period: str) -> tuple[float, float, float]:
        """5, 50 and 95 % quantiles of the level, interpolated linearly (h = (N − 1) p)."""
        return self._row("level", unit, period)

    def rank(self, unit: str, period: str) -> tuple[float, float, float]:
        """5, 50 and 95 % quantiles of the unit's rank in its scale, 1 for the highest."""
        return self._row("rank", unit, period)

    def change(self, unit: str, from_period: str, to_period: str) -> tuple[float, float, float]:
        """5, 50 and 95 % quantiles of the change: common draws, so not the difference of two bands."""
        change = self.replicate_levels(unit, to_period) - self.replicate_levels(unit, from_period)
        return _triple(quantiles(change[None, :])[0])

    def beats(self, period: str, scale: str) -> dict[tuple[str, str], float]:
        """Share of the replicates computed for both in which one unit lies above another; ties count half."""
        block, units = self.blocks[scale, period], self.units(scale)
        found = {}
        for i, u in enumerate(units):
            for j, v in enumerate(units):
                both = ~(np.isnan(block[i]) | np.isnan(block[j]))
                if i != j and both.any():
                    a, b = block[i][both], block[j][both]
                    found[u, v] = float(np.mean((a > b) + 0.5 * (a == b)))
        return found

    def tied_groups(self, period: str, scale: str, *, sure: float = 0.9) -> tuple[tuple[str, ...], ...]:
        """Units by median level, in groups whose first member is not surely above the others."""
        beats = self.beats(period, scale)
        middle = {unit: self.level(unit, period)[1] for unit in self.units(scale)}
        units = [unit for unit in middle if not math.isnan(middle[unit])]
        units.sort(key=lambda unit: (-middle[unit], unit))
        groups: list[list[str]] = []
        for unit in units:
            if groups and beats.get((groups[-1][0], unit), 0.0) < sure:
                groups[-1].append(unit)
            else:
                groups.append([unit])
        return tuple(tuple(group) for group in groups)

    def refused(self, unit: str, period: str) -> int:
        """Replicates that could not be computed (a mean outside its domain, too few indicators left)."""
        return int(np.isnan(self.replicate_levels(unit, period)).sum())

    def draw(self, replicate: int) -> Draw:
        """What replicate r chose, made again from the key alone."""
        return Plan(self.method, self.panel, self.spread).draw(self.key, replicate)

    def table(self) -> dict[tuple[str, str], tuple[float, float, float, float, float]]:
        """(5 %, 50 %, 95 % of the level, 5 % and 95 % of the rank) by unit and quarter."""
        found = {}
        for scale, period in self.blocks:
            levels, ranks = (self._quantiles(kind, scale, period).tolist() for kind in ("level", "rank"))
            for unit, level, rank in zip(self.units(scale), levels, ranks, strict=True):
                found[unit, period] = (*level, rank[0], rank[2])
        return found

    def _row(self, kind: str, unit: str, period: str) -> tuple[float, float, float]:
        scale = self.method.scale_of[unit].id
        return _triple(self._quantiles(kind, scale, period)[self.units(scale).index(unit)])

    def _quantiles(self, kind: str, scale: str, period: str) -> Floats:
        key = (kind, scale, period)
        if key not in self._cache:
            block = self.blocks[scale, period]
            self._cache[key] = quantiles(block if kind == "level" else ranks(block))
        return self._cache[key]


def uncertainty(
    method: Method,
    panel: Panel,
    *,
    replicates: int = 1000,
    spread: Spread | None = None,
    key: bytes | None = None,
    periods: Iterable[str] | None = None,
    result: Result | None = None,
) -> Bands:
    """Replicates of the index of every unit in the quarters asked for (all by default).

    The key is by default the hash of method and panel, so that a release has its own draws and keeps them.
    `result` saves computing what is already computed from the same method and panel. Raises Refused for a
    spread that cannot be computed.
    """
    spread = spread or Spread()
    spread.check(method)
    key = key or f"{method.hash}{panel.hash}".encode()
    wanted = tuple(periods) if periods is not None else panel.periods
    sample = Plan(method, panel, spread).sample(key, 0, replicates)
    blocks = sampling.blocks(result or compute(method, panel), spread, sample, wanted)
    return Bands(method, panel, spread, replicates, key, wanted, blocks)


def ranks(block: Floats) -> Floats:
    """(units, replicates) 1 for the highest of each replicate, ties share the better rank; NaN stays."""
    above = np.zeros(block.shape)
    for row in block:
        above += row > block
    return np.where(np.isnan(block), np.nan, above + 1)


def quantiles(block: Floats) -> Floats:
    """(units, 3) of the replicates that were computed; NaN where none was."""
    gaps = np.isnan(block)
    if gaps.any():
        return np.array(
            [
                quantiles(row[~gone][None, :])[0] if not gone.all() else [np.nan] * 3
                for row, gone in zip(block, gaps, strict=True)
            ]
        )
    ordered = np.sort(block, axis=1)
    place = (block.shape[1] - 1) * np.array(QUANTILES)
    low = np.floor(place).astype(int)
    high = np.minimum(low + 1, block.shape[1] - 1)
    found: Floats = ordered[:, low] + (place - low) * (ordered[:, high] - ordered[:, low])
    return found


def _triple(row: Floats) -> tuple[float, float, float]:
    low, middle, high = row.tolist()
    return low, middle, high
