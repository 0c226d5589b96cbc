"""Scores up a tree, column by column: weighted means, median, minimum, Copeland."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np

from scoring.index.means import Mean
from scoring.index.refusal import Refused
from scoring.index.table import Flags, Floats, Tree
from scoring.words import Words

TIE = 1e-12
_T = TypeVar("_T")


def aggregate(
    scores: Mapping[str, Floats],
    tree: Tree,
    units: Sequence[str],
    *,
    method: "str | Sequence[str]" = "arithmetic",
    power: float = 1.0,
    data_threshold: "float | Sequence[float] | None" = None,
) -> dict[str, Floats]:
    """Every inner node's scores by name; a gap where no child is present or too few are.

    One method and threshold for all levels, or one for each level from the bottom up. Raises Refused outside
    a mean's domain, naming unit and child.
    """
    columns = dict(scores)
    found: dict[str, Floats] = {}
    steps = sorted({tree.levels[name] for name in tree.inner})
    for step, level in enumerate(steps):
        kind = method if isinstance(method, str) else _at(method, step)
        threshold = data_threshold if not isinstance(data_threshold, Sequence) else _at(data_threshold, step)
        nodes = [name for name in tree.inner if tree.levels[name] == level]
        for name in nodes:
            children = tree.children(name)
            matrix = np.column_stack([columns[child] for child in children])
            weights = np.array([tree.weights[child] for child in children])
            try:
                found[name] = combine(matrix, weights, kind, power=power, threshold=threshold)
            except Refused as error:
                unit, child = _lowest(matrix, units, children)
                raise Refused(error.rule, error.words, unit=unit, node=f"{name} ← {child}") from error
        columns.update({name: found[name] for name in nodes})
    return found


def combine(
    x: Floats, weights: Floats, kind: str, *, power: float = 1.0, threshold: float | None = None
) -> Floats:
    """(n,) the mean of each row of (n, k) over the values present.

    φ⁻¹(Σ w φ(x) / Σ w) for arithmetic, geometric, harmonic and power; median and minimum take no weights;
    copeland compares rows. A row with a smaller share present than `threshold` is a gap.
    """
    present = ~np.isnan(x)
    whole = bool(present.all())
    if kind == "copeland":
        values = copeland(x, weights)
    elif kind in ("median", "minimum"):
        values = _ordered(x, present, whole, kind)
    else:
        values = _mean(x, weights, Mean(kind, power), present, whole)
    if not whole:
        count = present.sum(axis=1)
        gone = count == 0
        if threshold is not None:
            gone |= count < threshold * x.shape[1] - TIE
        values = np.where(gone, np.nan, values)
    return values


def _mean(x: Floats, weights: Floats, mean: Mean, present: Flags, whole: bool) -> Floats:
    p = mean.exponent
    if p is None:
        raise Refused("mean", Words(f"未知的平均方法“{mean.kind}”", f"unknown mean “{mean.kind}”"))
    if p != 1 and (p <= 0 or p != int(p)):
        least = np.fmin.reduce(x, axis=None)
        if least < 0 or (p <= 0 and least == 0):
            words = Words(
                f"{mean.title.zh}要求数值{'大于' if p <= 0 else '不小于'} 0，现有 {least:g}",
                f"the {mean.title.en} needs values {'above' if p <= 0 else 'of at least'} 0, not {least:g}",
            )
            raise Refused("domain", words)
    phi = x if p == 1 else np.log(x) if p == 0 else x**p
    if whole:
        total = phi @ (weights / weights.sum())
    else:
        share = present @ weights
        with np.errstate(invalid="ignore", divide="ignore"):
            total = np.where(share > 0, (np.where(present, phi, 0.0) @ weights) / share, np.nan)
    result: Floats = total if p == 1 else np.exp(total) if p == 0 else total ** (1 / p)
    return result


def _ordered(x: Floats, present: Flags, whole: bool, kind: str) -> Floats:
    if whole:
        return np.asarray(np.median(x, axis=1) if kind == "median" else x.min(axis=1))
    some = np.asarray(present.any(axis=1))
    filled = np.where(some[:, None], x, 0.0)
    return np.asarray(np.nanmedian(filled, axis=1) if kind == "median" else np.nanmin(filled, axis=1))


def outranking(x: Floats, weights: Floats | None = None) -> Floats:
    """(n, n) O_uv: share of the weight on which row u lies above row v, ties counting half; diagonal 0.

    Only columns that both rows have count, their weights divided by their sum, so that no order of the rows
    favours one of them. Rows with nothing in common: NaN.
    """
    w = np.ones(x.shape[1]) if weights is None else weights
    won = np.zeros((len(x), len(x)))
    shared = np.zeros((len(x), len(x)))
    for column, weight in zip(x.T, w, strict=True):
        present = ~np.isnan(column)
        both = present[:, None] & present[None, :]
        with np.errstate(invalid="ignore"):
            points = (column[:, None] > column[None, :]) + 0.5 * (column[:, None] == column[None, :])
        won += weight * np.where(both, points, 0.0)
        shared += weight * both
    with np.errstate(invalid="ignore", divide="ignore"):
        matrix = np.where(shared > 0, won / shared, np.nan)
    np.fill_diagonal(matrix, 0.0)
    return matrix


def copeland(x: Floats, weights: Floats | None = None) -> Floats:
    """(n,) number of rows a row outranks less those that outrank it, compared with a tolerance of 1e-12."""
    matrix = outranking(x, weights)
    np.fill_diagonal(matrix, 0.5)
    with np.errstate(invalid="ignore"):
        score = (matrix > 0.5 + TIE).sum(axis=1) - (matrix < 0.5 - TIE).sum(axis=1)
    return np.where(np.isnan(x).all(axis=1), np.nan, score.astype(float))


def _at(values: Sequence[_T], step: int) -> _T:
    if step >= len(values):
        raise Refused("levels", Words("各层方法的数目不够", "there are fewer methods than levels"))
    return values[step]


def _lowest(matrix: Floats, units: Sequence[str], children: Sequence[str]) -> tuple[str, str]:
    row, column = np.unravel_index(int(np.nanargmin(matrix)), matrix.shape)
    return units[int(row)], children[int(column)]
