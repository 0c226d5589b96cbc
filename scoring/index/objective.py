"""Weights taken from the data: for robustness checks only, never for a published index."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from scoring.index.refusal import Refused
from scoring.index.table import Floats
from scoring.words import Words


def entropy(x: Floats) -> Floats:
    """w ∝ 1 − E, E = −Σ p ln p / ln n, p = z / Σz (p = 0 counts 0); needs z ≥ 0."""
    return _normalised(1 - _entropies(_nonnegative(x)))


def standard_deviation(x: Floats) -> Floats:
    """w ∝ standard deviation (n in the denominator)."""
    return _normalised(x.std(axis=0))


def variance(x: Floats) -> Floats:
    """w ∝ variance of the min-max scores (n in the denominator)."""
    return _normalised(_unit(x).var(axis=0))


def critic(x: Floats) -> Floats:
    """w ∝ s_i · Σ_j (1 − r_ij) on min-max scores (Diakoulaki et al., 1995)."""
    scores = _unit(x)
    conflict = (1 - np.corrcoef(scores.T)).sum(axis=0)
    return _normalised(scores.std(axis=0, ddof=1) * conflict)


def gini(x: Floats) -> Floats:
    """w ∝ Gini coefficient: Σ_u Σ_v |z_u − z_v| / (2 n Σ z)."""
    n = len(x)
    spread = np.abs(x[:, None, :] - x[None, :, :]).sum(axis=(0, 1))
    return _normalised(spread / (2 * n * x.sum(axis=0)))


def merec(x: Floats) -> Floats:
    """w ∝ what leaving an indicator out changes (Keshavarz-Ghorabaee et al., 2021); needs z > 0.

    n = min/z, S = ln(1 + Σ|ln n|/k), S' without j, E_j = Σ|S' − S|.
    """
    if not (x > 0).all():
        raise Refused("positive", Words("MEREC 要求数值大于 0", "MEREC needs values above 0"))
    logs = np.abs(np.log(x.min(axis=0) / x))
    k = x.shape[1]
    whole = np.log1p(logs.sum(axis=1) / k)
    without = np.log1p((logs.sum(axis=1)[:, None] - logs) / k)
    return _normalised(np.abs(without - whole[:, None]).sum(axis=0))


def lopcow(x: Floats) -> Floats:
    """w ∝ |100 ln(√(mean z²) / s)| on min-max scores (Ecer and Pamucar, 2022)."""
    scores = _unit(x)
    ratio = np.sqrt((scores**2).mean(axis=0)) / scores.std(axis=0, ddof=1)
    return _normalised(np.abs(100 * np.log(ratio)))


def angle(x: Floats) -> Floats:
    """w ∝ angle between the column and the constant column (Shuai et al., 2012)."""
    shares = x / x.sum(axis=0)
    n = len(x)
    cosine = shares.sum(axis=0) / n / np.sqrt((shares**2).sum(axis=0) / n)
    return _normalised(np.arccos(np.clip(cosine, -1, 1)))


def component(x: Floats) -> Floats:
    """w = square of the first eigenvector of the correlation matrix: never negative, adds up to 1."""
    _, vectors = np.linalg.eigh(np.corrcoef(x.T))
    return _normalised(vectors[:, -1] ** 2)


METHODS: dict[str, Callable[[Floats], Floats]] = {
    "entropy": entropy,
    "standard_deviation": standard_deviation,
    "variance": variance,
    "critic": critic,
    "gini": gini,
    "merec": merec,
    "lopcow": lopcow,
    "angle": angle,
    "component": component,
}


class Influence(NamedTuple):
    """Weights ≥ 0 and how near the wanted shares of influence they come."""

    weights: Floats
    obtained: Floats
    gap: float  # √ of the sum of squared differences


def equal_influence(x: Floats, target: Floats | None = None) -> Influence:
    """Weights of an arithmetic node for which each child has the wanted share of influence.

    minimise Σ (ρ_g/Σρ − τ_g)² over w ≥ 0, Σw = 1, ρ = correlation of the child with the weighted mean; the
    gap that remains is part of the answer.
    """
    from scipy.optimize import Bounds, LinearConstraint, minimize  # slow to load and used here alone

    k = x.shape[1]
    wanted = np.full(k, 1 / k) if target is None else target / target.sum()

    def shares(w: Floats) -> Floats:
        index = x @ w
        rho = np.array([np.corrcoef(column, index)[0, 1] for column in x.T])
        return np.asarray(rho / rho.sum())

    def miss(w: Floats) -> float:
        return float(((shares(w) - wanted) ** 2).sum())

    best = minimize(
        miss,
        np.full(k, 1 / k),
        method="SLSQP",
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(np.ones((1, k)), 1, 1),
        options={"maxiter": 500, "ftol": 1e-14},
    )
    weights = np.clip(best.x, 0, None)
    weights = weights / weights.sum()
    return Influence(weights, shares(weights), math.sqrt(miss(weights)))


def _entropies(x: Floats) -> Floats:
    p = x / x.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(p > 0, p * np.log(p), 0.0)
    result: Floats = -terms.sum(axis=0) / math.log(len(x))
    return result


def _nonnegative(x: Floats) -> Floats:
    if not (x >= 0).all():
        raise Refused(
            "nonnegative", Words("要求数值不小于 0 且无缺", "values of at least 0 and no gaps are needed")
        )
    return x


def _unit(x: Floats) -> Floats:
    low, high = x.min(axis=0), x.max(axis=0)
    if not (high > low).all():
        raise Refused("no spread", Words("指标无差异", "an indicator has no spread"))
    scores: Floats = (x - low) / (high - low)
    return scores


def _normalised(raw: Floats) -> Floats:
    total = raw.sum()
    if not total > 0:
        raise Refused(
            "weights", Words("数据没有差异，得不出权重", "the data have no spread, so no weights follow")
        )
    weights: Floats = raw / total
    return weights
