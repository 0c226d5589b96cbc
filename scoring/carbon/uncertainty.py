"""Bands: exact where the result is one product of lognormal quantities, drawn otherwise.

A relative uncertainty u (95 % half-width) is a lognormal factor whose 95 % range runs from ÷(1+u) to ×(1+u)
of the
stated value, so nothing changes sign and zero stays zero. A quantity used on both sides is drawn
once. Draws are stratified and depend only on the seed, so projects estimated together or alone agree.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Any

import numpy as np

from scoring.carbon.product import NotProduct, Product

HALF_WIDTH = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, slots=True)
class Band:
    """Percentiles of a result."""

    p10: Any
    p50: Any
    p90: Any
    conservative: Any
    exact: bool


@dataclass(frozen=True)
class Spread:
    """The uncertain quantities of an evaluation: log standard deviations and their correlation."""

    names: tuple[str, ...]
    sigmas: tuple[float, ...]
    correlation: np.ndarray
    merged: Mapping[str, tuple[str, float]]

    @property
    def everything(self) -> tuple[str, ...]:
        return tuple(self.merged)

    def factors(self, draws: int, seed: int) -> dict[str, np.ndarray]:
        """The factor of each uncertain quantity in each draw, around 1. [(draws,)]"""
        independent = normals(len(self.names), draws, seed)
        mixed = np.linalg.cholesky(self.correlation) @ independent
        scaled = {name: sigma * row for name, sigma, row in zip(self.names, self.sigmas, mixed, strict=True)}
        return {key: np.exp(times * scaled[name]) for key, (name, times) in self.merged.items()}

    def products(self) -> dict[str, Product]:
        """The factor of each uncertain quantity as an unknown of a product."""
        return {key: Product(1.0, {name: times}) for key, (name, times) in self.merged.items()}

    def deviation(self, powers: Mapping[str, float]) -> float:
        """Log standard deviation of Π quantity^power."""
        weights = np.array([powers.get(name, 0.0) for name in self.names]) * np.array(self.sigmas)
        return math.sqrt(max(float(weights @ self.correlation @ weights), 0.0))


def deviation_of(relative: float) -> float:
    """Log standard deviation of a quantity known to within ÷(1+u) … ×(1+u)."""
    return math.log1p(relative) / HALF_WIDTH


def spread(relative: Mapping[str, float], correlations: Mapping[tuple[str, str], float]) -> Spread:
    """The spread of quantities with relative uncertainties; those correlated by 1 become one."""
    return _spread(tuple(sorted(relative.items())), tuple(sorted(correlations.items())))


@lru_cache(maxsize=1024)
def _spread(
    relative: tuple[tuple[str, float], ...], correlations: tuple[tuple[tuple[str, str], float], ...]
) -> Spread:
    sigmas = {key: deviation_of(u) for key, u in relative}
    leader: dict[str, str] = {key: key for key in sigmas}
    for (first, second), rho in correlations:
        if rho == 1.0 and first in sigmas and second in sigmas:
            leader[second] = leader[first]
    names = tuple(key for key in sigmas if leader[key] == key)
    place = {name: index for index, name in enumerate(names)}
    matrix = np.eye(len(names))
    for (first, second), rho in correlations:
        if rho != 1.0 and first in sigmas and second in sigmas:
            a, b = place[leader[first]], place[leader[second]]
            matrix[a, b] = matrix[b, a] = rho
    return Spread(
        names,
        tuple(sigmas[name] for name in names),
        matrix,
        {key: (leader[key], sigmas[key] / sigmas[leader[key]]) for key in sigmas},
    )


@lru_cache(maxsize=64)
def normals(count: int, draws: int, seed: int) -> np.ndarray:
    """Stratified standard normal draws, one row a quantity. [(count, draws)]"""
    from scipy.special import ndtri  # slow to load and used here alone

    rng = np.random.default_rng(seed)
    rows = np.empty((count, draws))
    for row in rows:
        row[:] = ndtri((rng.permutation(draws) + rng.random(draws)) / draws)
    rows.setflags(write=False)
    return rows


def exact(result: Callable[[dict[str, Product]], Any], of: Spread, conservative: float) -> Band | None:
    """The band when the result is one product of the uncertain quantities; None when it is not."""
    try:
        found = result(of.products())
    except (NotProduct, TypeError, ValueError):
        return None
    if not isinstance(found, Product):
        return Band(found, found, found, found, True)
    sigma = of.deviation(found.powers)
    median = found.coefficient
    sign = np.sign(median)

    def at(percentile: float) -> Any:
        return median * np.exp(sign * sigma * NormalDist().inv_cdf(percentile / 100))

    return Band(at(10), median * 1.0, at(90), at(conservative), True)


def percentiles(results: np.ndarray, conservative: float) -> Band:
    """The band of drawn results, draws in the last axis."""
    p10, lower, p50, p90 = quantiles(results, (10.0, conservative, 50.0, 90.0))
    return Band(p10, p50, p90, lower, False)


def quantiles(results: np.ndarray, wanted: Sequence[float]) -> list[np.ndarray]:
    """Linear quantiles along the last axis; a full sort is faster here than a partial one."""
    count = results.shape[-1]
    places = [percent / 100 * (count - 1) for percent in wanted]
    ordered = np.sort(results, axis=-1)
    found = []
    for place in places:
        below = int(place)
        low, high = ordered[..., below], ordered[..., min(below + 1, count - 1)]
        found.append(low + (high - low) * (place - below))
    return found
