"""Outliers: winsorise until the shape passes, a log where that is not enough; caps for the frozen method."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from scoring.index.moments import Shape, of_moments, shape, shapes
from scoring.index.refusal import Refused
from scoring.index.table import Floats
from scoring.words import Words

LOG_OFFSET = 0.01  # share of the range added before the log
_NEAR = 1e-6  # running sums are good to about 1e-9


class Treated(NamedTuple):
    """One column after treatment and what was done to it."""

    values: Floats
    stages: tuple[Shape, ...]  # untreated, winsorised, transformed: as far as it went
    passes: tuple[bool | None, ...]
    winsorised: int  # cells moved
    caps: tuple[float, float] | None  # for the method file: apply these unchanged later
    flags: tuple[str, ...]


class Winsorised(NamedTuple):
    values: Floats
    moved: int
    shape: Shape
    caps: tuple[float, float]


def treat(
    values: Floats,
    *,
    max_points: int = 5,
    skew: float = 2.0,
    kurt: float = 3.5,
    stage2: str = "log_ct",
    power: float = 0.0,
    combine: bool = False,
    before: Shape | None = None,
) -> Treated:
    """Winsorise at most `max_points` cells; if the shape still fails, transform the untreated values.

    `stage2` is log_ct, log_ct_signed, boxcox (with `power`) or none; `combine` transforms the winsorised
    values instead. Fewer than four values, no variance or two distinct values: left untreated and flagged.
    """
    before = before or shape(values)
    passes = before.passes(skew, kurt)
    if passes:
        return Treated(values, (before,), (passes,), 0, None, ())
    distinct = np.unique(values[~np.isnan(values)])
    if passes is None or distinct.size < 3:
        return Treated(values, (before,), (passes,), 0, None, ("untreated: too few distinct values",))
    first = winsorise(values, max_points=max_points, skew=skew, kurt=kurt)
    stages, done = (before, first.shape), (passes, first.shape.passes(skew, kurt))
    flags = ("winsorised",) if first.moved else ()
    if done[1]:
        return Treated(first.values, stages, done, first.moved, first.caps, flags)
    if stage2 == "none":
        return Treated(first.values, stages, done, first.moved, first.caps, (*flags, "still failing"))
    start = first.values if combine else values
    after = transform(stage2, start, power=power)
    last = shape(after)
    ok = last.passes(skew, kurt)
    flags = (*(flags if combine else ()), stage2, *(() if ok else ("still failing",)))
    return Treated(after, (*stages, last), (*done, ok), first.moved, None, flags)


def winsorise(
    values: Floats, *, max_points: int | None = 5, skew: float = 2.0, kurt: float = 3.5
) -> Winsorised:
    """Move the highest (right tail) or lowest (left tail) cells to the next value until the shape passes.

    Ties move together, so the count may pass `max_points` by ties; two distinct values are kept. Sums of
    powers about the mean are carried along; near a threshold the shape is taken afresh.
    """
    x = values[~np.isnan(values)]
    distinct, counts = np.unique(x, return_counts=True)
    if x.size < 4 or distinct.size < 3:
        return Winsorised(
            values, 0, shape(values), (float(x.min()), float(x.max())) if x.size else (np.nan, np.nan)
        )
    centre = x.mean()
    spread = x.max() - x.min()
    d = (distinct - centre) / spread
    powers = np.vstack([d, d**2, d**3, d**4])
    sums: Floats = powers @ counts.astype(float)
    n, low, high = x.size, 0, distinct.size - 1
    below = above = 0
    now = _shape_of_sums(n, sums)
    limit = n if max_points is None else max_points
    while not now.passes(skew, kurt) and below + above < limit and high - low > 1:
        if (now.skewness or 0.0) >= 0:
            above += int(counts[high])
            sums = sums + above * (powers[:, high - 1] - powers[:, high])
            high -= 1
        else:
            below += int(counts[low])
            sums = sums + below * (powers[:, low + 1] - powers[:, low])
            low += 1
        now = _shape_of_sums(n, sums)
        if _close(now, skew, kurt):
            now = shape(np.clip(x, distinct[low], distinct[high]))
    caps = (float(distinct[low]), float(distinct[high]))
    moved = below + above
    if not moved:
        return Winsorised(values, 0, shape(values), caps)
    clipped = np.clip(values, *caps)
    return Winsorised(clipped, moved, shape(clipped), caps)


def _close(now: Shape, skew: float, kurt: float) -> bool:
    g1, g2 = now.skewness or 0.0, now.kurtosis or 0.0
    return abs(abs(g1) - skew) < _NEAR or abs(g2 - kurt) < _NEAR


def _shape_of_sums(n: int, sums: Floats) -> Shape:
    a, b, c, d = (float(value) / n for value in sums)
    return of_moments(n, b - a * a, c - 3 * a * b + 2 * a**3, d - 4 * a * c + 6 * a * a * b - 3 * a**4)


def transform(kind: str, values: Floats, *, power: float = 0.0) -> Floats:
    """log_ct: ln(x − min + 0.01·range); log_ct_signed: −ln(max + 0.01·range − x) unless the tail is right;
    log_plus1: ln(x − min + 1); boxcox: ((x − min + 1)^λ − 1)/λ. log_ct without a range is refused."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if low == high and kind.startswith("log_ct"):
        raise Refused("no spread", Words("各值相同，不能变换", "all values are equal, nothing to transform"))
    shift = LOG_OFFSET * (high - low)
    left = (shape(values).skewness or 0.0) <= 0
    kinds: dict[str, Callable[[], Floats]] = {
        "log_ct": lambda: np.log(values - low + shift),
        "log_ct_signed": lambda: -np.log(high + shift - values) if left else np.log(values - low + shift),
        "log_plus1": lambda: np.log(values - low + 1),
        "boxcox": lambda: (
            np.log(values - low + 1) if power == 0 else ((values - low + 1) ** power - 1) / power
        ),
    }
    if kind not in kinds:
        raise Refused("transform", Words(f"未知的变换“{kind}”", f"unknown transform “{kind}”"))
    return kinds[kind]()


def _boxcox(values: Floats, power: float) -> Floats:
    return np.log(values) if power == 0 else (values**power - 1) / power


def treat_columns(
    x: Floats,
    columns: Sequence[str],
    overrides: Mapping[str, Mapping[str, Any]] | None = None,
    **options: Any,
) -> tuple[Floats, dict[str, Treated]]:
    """Every column treated by the same options, or by its own; an override for no column is refused."""
    overrides = overrides or {}
    for name in overrides:
        if name not in columns:
            raise Refused(
                "unknown indicator", Words(f"没有指标“{name}”", f"there is no indicator “{name}”"), node=name
            )
    details = {
        name: treat(x[:, place], before=form, **{**options, **overrides.get(name, {})})
        for place, (name, form) in enumerate(zip(columns, shapes(x), strict=True))
    }
    values = x.copy()
    for place, done in enumerate(details.values()):
        if done.winsorised or len(done.stages) > 2:
            values[:, place] = done.values
    return values, details
