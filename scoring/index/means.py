"""Means of a few numbers, in float64 and in fixed order, so that a release can be replayed.

Every mean is y = φ⁻¹(Σ w φ(x) / Σ w) with φ = x, ln x, 1/x or xᵖ; median and minimum take no weights.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from scoring.index.refusal import Refused
from scoring.words import Words

KINDS = ("arithmetic", "geometric", "harmonic", "power", "median", "minimum")
_NEAR = 1e-9  # relative distance below which a difference quotient loses its digits


class Mean(NamedTuple):
    """A kind of mean; `power` is p of a power mean (p = 0 is the geometric mean)."""

    kind: str
    power: float = 1.0

    @property
    def exponent(self) -> float | None:
        """p of φ(x) = xᵖ (0 stands for ln); None for median and minimum."""
        exponents = {"arithmetic": 1.0, "geometric": 0.0, "harmonic": -1.0, "power": self.power}
        return exponents.get(self.kind)

    @property
    def title(self) -> Words:
        names = {
            "arithmetic": Words("算术平均", "arithmetic mean"),
            "geometric": Words("几何平均", "geometric mean"),
            "harmonic": Words("调和平均", "harmonic mean"),
            "power": Words(f"幂平均（p = {self.power:g}）", f"power mean (p = {self.power:g})"),
            "median": Words("中位数", "median"),
            "minimum": Words("最小值", "minimum"),
        }
        return names[self.kind]


MEDIAN = Mean("median")


def check_domain(mean: Mean, values: Sequence[float]) -> None:
    """Refuse values outside the domain of φ: ln and negative p need > 0, a fractional p needs ≥ 0."""
    p = mean.exponent
    if p is None or not values:
        return
    least = min(values)
    if p <= 0 and least <= 0:
        raise Refused(
            "domain",
            Words(
                f"{mean.title.zh}要求数值大于 0，现有 {least:g}",
                f"the {mean.title.en} needs values above 0, not {least:g}",
            ),
        )
    if p != int(p) and least < 0:
        raise Refused(
            "domain",
            Words(
                f"{mean.title.zh}要求数值不小于 0，现有 {least:g}",
                f"the {mean.title.en} needs values of at least 0, not {least:g}",
            ),
        )


def average(mean: Mean, values: Sequence[float], weights: Sequence[float]) -> float:
    """The mean of the values; raises Refused outside the domain or when no weight is left."""
    check_domain(mean, values)
    if mean.kind == "minimum":
        return min(values)
    if mean.kind == "median":
        ordered = sorted(values)
        middle = len(ordered) // 2
        return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
    total = math.fsum(weights)
    if total <= 0:
        raise Refused("weights", Words("权重之和为 0", "the weights add up to 0"))
    p = mean.exponent
    assert p is not None
    return inverse(p, math.fsum(w * phi(p, x) for w, x in zip(weights, values, strict=True)) / total)


def phi(p: float, x: float) -> float:
    """φ(x) = xᵖ, ln x for p = 0."""
    if p == 1:
        return x
    if p == 0:
        return math.log(x)
    return 1 / x if p == -1 else float(x**p)


def inverse(p: float, y: float) -> float:
    """φ⁻¹(y)."""
    if p == 1:
        return y
    if p == 0:
        return math.exp(y)
    return 1 / y if p == -1 else float(y ** (1 / p))


def secant(p: float, a: float, b: float) -> float:
    """(φ(b) − φ(a)) / (b − a), and φ′(a) when a = b; for ln this is one over the logarithmic mean."""
    if p == 1:
        return 1.0
    if p == -1:
        return -1 / (a * b)
    d = b - a
    if a > 0 and abs(d) < a / 2:  # the log1p form keeps its digits where the logs nearly cancel
        if abs(d) < _NEAR * (abs(a) + abs(b)):
            middle = a + d / 2
            return 1 / middle if p == 0 else float(p * middle ** (p - 1))
        growth = math.log1p(d / a)
        return growth / d if p == 0 else float(a**p * math.expm1(p * growth) / d)
    if d == 0:
        return float(p * a ** (p - 1))
    return (phi(p, b) - phi(p, a)) / d
