"""Skewness and kurtosis of a sample, and the outlier rule built on them."""

import math
from typing import NamedTuple

import numpy as np

from scoring.index.table import Floats


class Shape(NamedTuple):
    """G1 and G2 of a sample; None where they are not defined (too few values, no variance)."""

    skewness: float | None
    kurtosis: float | None

    def passes(self, skew: float = 2.0, kurt: float = 3.5) -> bool | None:
        """|G1| < skew or G2 < kurt, both strict; None when nothing can be said."""
        if self.skewness is None or self.kurtosis is None:
            return None
        return abs(self.skewness) < skew or self.kurtosis < kurt


def shape(values: Floats) -> Shape:
    """Skewness and excess kurtosis of the values that are not gaps.

    G1 = m3/m2^1.5 · √(n(n−1))/(n−2), n ≥ 3;  G2 = ((n+1)(m4/m2² − 3) + 6)(n−1)/((n−2)(n−3)), n ≥ 4
    (Joanes and Gill, 1998, type 2).
    """
    x = values[~np.isnan(values)]
    n = x.size
    if n < 3 or x.min() == x.max():
        return Shape(None, None)
    d = x - x.sum() / n
    d /= np.abs(d).max() or 1.0  # the shape knows no scale, and powers of tiny numbers vanish
    square = d * d
    return of_moments(n, float(d @ d) / n, float(square @ d) / n, float(square @ square) / n)


def shapes(x: Floats) -> list[Shape]:
    """The shape of every column of (n, k)."""
    if np.isnan(x).any():
        return [shape(column) for column in x.T]
    n = len(x)
    d = x - x.sum(axis=0) / max(n, 1)
    most = np.abs(d).max(axis=0)
    d /= np.where(most > 0, most, 1.0)
    square = d * d
    m2, m3, m4 = (power.sum(axis=0) / max(n, 1) for power in (square, square * d, square * square))
    flat = x.min(axis=0) == x.max(axis=0)
    found = zip(flat.tolist(), m2.tolist(), m3.tolist(), m4.tolist(), strict=True)
    return [Shape(None, None) if still else of_moments(n, a, b, c) for still, a, b, c in found]


def of_moments(n: int, m2: float, m3: float, m4: float) -> Shape:
    """Shape from central moments of n values."""
    if n < 3 or m2 <= 0:
        return Shape(None, None)
    g1 = m3 / m2**1.5 * math.sqrt(n * (n - 1)) / (n - 2)
    if n < 4:
        return Shape(g1, None)
    return Shape(g1, ((n + 1) * (m4 / m2**2 - 3) + 6) * (n - 1) / ((n - 2) * (n - 3)))
