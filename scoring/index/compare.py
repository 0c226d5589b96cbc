"""Other ways to rank the same scores, for robustness: TOPSIS, VIKOR, PROMETHEE II, the penalised mean.

Rows are units, columns are scores of which more is better; no gaps.
"""

import numpy as np

from scoring.index.refusal import Refused
from scoring.index.table import Floats
from scoring.words import Words


def topsis(x: Floats, weights: Floats, *, norm: str = "vector") -> Floats:
    """Closeness to the ideal: d⁻/(d⁺ + d⁻) on vector- or minmax-normalised columns (Hwang and Yoon, 1981)."""
    if norm not in ("vector", "minmax"):
        raise Refused("norm", Words("标准化应为 vector 或 minmax", "the norm must be vector or minmax"))
    scores = (x / np.sqrt((x**2).sum(axis=0)) if norm == "vector" else _unit(x)) * _shares(weights)
    best = np.sqrt(((scores - scores.max(axis=0)) ** 2).sum(axis=1))
    worst = np.sqrt(((scores - scores.min(axis=0)) ** 2).sum(axis=1))
    closeness: Floats = worst / (best + worst)
    return closeness


def vikor(x: Floats, weights: Floats, *, v: float = 0.5) -> Floats:
    """Q = v (S − S*)/(S⁻ − S*) + (1 − v)(R − R*)/(R⁻ − R*), lower is better (Opricovic, 1998)."""
    regret = (1 - _unit(x)) * _shares(weights)
    total, worst = regret.sum(axis=1), regret.max(axis=1)
    q: Floats = v * _unit(total) + (1 - v) * _unit(worst)
    return q


def promethee(x: Floats, weights: Floats) -> Floats:
    """Net flow φ⁺ − φ⁻ with the usual preference function (Brans and Vincke, 1985)."""
    n = len(x)
    wins = ((x[:, None, :] > x[None, :, :]) * _shares(weights)).sum(axis=2)
    flow: Floats = (wins.sum(axis=1) - wins.sum(axis=0)) / (n - 1)
    return flow


def penalised_mean(x: Floats, *, sign: float = -1.0) -> Floats:
    """Mazziotta-Pareto index: M ± S·(S/M) of a unit's scores standardised to 100 ± 10, n in S."""
    spread = x.std(axis=0)
    if not (spread > 0).all():
        raise Refused("no spread", Words("指标无差异", "an indicator has no spread"))
    z = 100 + 10 * (x - x.mean(axis=0)) / spread
    mean, deviation = z.mean(axis=1), z.std(axis=1)
    index: Floats = mean + sign * deviation * deviation / mean
    return index


def _shares(weights: Floats) -> Floats:
    shares: Floats = weights / weights.sum()
    return shares


def _unit(x: Floats) -> Floats:
    low, high = x.min(axis=0), x.max(axis=0)
    if not np.all(high > low):
        raise Refused("no spread", Words("各值无差异", "there is no spread"))
    scores: Floats = (x - low) / (high - low)
    return scores
