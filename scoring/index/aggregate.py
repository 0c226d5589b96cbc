"""Scores up a tree, column by column: weighted means, median, minimum, Copeland."""

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from scoring.index.means import Mean
from scoring.index.refusal import Refused
from scoring.index.table import Flags, Floats, Tree
from scoring.words import Words

TIE = 1e-12
_T = TypeVar("_T")


def aggregate(
    x: Floats,
    names: Sequence[str],
    tree: Tree,
    units: Sequence[str],
    *,
    method: str | Sequence[str] = "arithmetic",
    power: float = 1.0,
    data_threshold: float | Sequence[float] | None = None,
) -> dict[str, Floats]:
    """Every inner node's scores by name from (n, k) scores of the named leaves.

    A node is a gap where no child is present or too few are. One method and threshold for all levels, or one
    for each level from the bottom up. Raises Refused outside a mean's domain, naming unit and child.
    """
    blocks: list[tuple[Sequence[str], Floats]] = [(names, x)]
    found: dict[str, Floats] = {}
    for step, level in enumerate(sorted({tree.levels[name] for name in tree.inner})):
        kind = method if isinstance(method, str) else _at(method, step)
        threshold = data_threshold if not isinstance(data_threshold, Sequence) else _at(data_threshold, step)
        nodes = [name for name in tree.inner if tree.levels[name] == level]
        if kind in ("median", "minimum", "copeland"):
            columns = {name: matrix[:, place] for held, matrix in blocks for place, name in enumerate(held)}
            parts = []
            for node in nodes:
                children = tree.children(node)
                weights = np.array([tree.weights[child] for child in children])
                matrix = np.column_stack([columns[child] for child in children])
                parts.append(combine(matrix, weights, kind, threshold=threshold))
            block = np.column_stack(parts)
        else:
            block = _level(blocks, nodes, tree, units, Mean(kind, power), threshold)
        blocks.append((nodes, block))
        found.update({name: block[:, place] for place, name in enumerate(nodes)})
    return found


def _level(
    blocks: Sequence[tuple[Sequence[str], Floats]],
    nodes: Sequence[str],
    tree: Tree,
    units: Sequence[str],
    mean: Mean,
    threshold: float | None,
) -> Floats:
    """(n, nodes) weighted means of one level at once: columns times a matrix of weights."""
    parts = []
    for names, matrix in blocks:
        member = np.array([[tree.parents[name] == node for node in nodes] for name in names])
        used = np.asarray(member.any(axis=1))
        if not used.any():
            continue
        inside = matrix if used.all() else matrix[:, used]
        kept = [name for name, taken in zip(names, used, strict=True) if taken]
        weights = np.array([tree.weights[name] for name in kept])[:, None] * member[used]
        try:
            check_domain(mean, inside)
        except Refused as error:
            row, column = np.unravel_index(int(np.nanargmin(inside)), inside.shape)
            place = f"{tree.parents[kept[int(column)]]} ← {kept[int(column)]}"
            raise Refused(error.rule, error.words, unit=units[int(row)], node=place) from error
        parts.append((inside, weights, member[used]))
    return _weighted(parts, mean, threshold)


def combine(
    x: Floats, weights: Floats, kind: str, *, power: float = 1.0, threshold: float | None = None
) -> Floats:
    """(n,) the mean of each row of (n, k) over the values present.

    φ⁻¹(Σ w φ(x) / Σ w) for arithmetic, geometric, harmonic and power; median and minimum take no weights;
    copeland compares rows. A row with a smaller share present than `threshold` is a gap.
    """
    if kind not in ("median", "minimum", "copeland"):
        mean = Mean(kind, power)
        check_domain(mean, x)
        member = np.ones((x.shape[1], 1), dtype=bool)
        return _weighted([(x, weights[:, None], member)], mean, threshold)[:, 0]
    present = ~np.isnan(x)
    whole = bool(present.all())
    values = copeland(x, weights) if kind == "copeland" else _ordered(x, present, whole, kind)
    if whole:
        return values
    count = present.sum(axis=1)
    gone = (count == 0) if threshold is None else (count == 0) | (count < threshold * x.shape[1] - TIE)
    return np.where(gone, np.nan, values)


def check_domain(mean: Mean, x: Floats) -> None:
    """Refuse scores outside the domain of φ: ln and negative p need > 0, a fractional p needs ≥ 0."""
    p = mean.exponent
    if p is None:
        raise Refused("mean", Words(f"未知的平均方法“{mean.kind}”", f"unknown mean “{mean.kind}”"))
    if p > 0 and p == int(p):
        return
    least = float(np.fmin.reduce(x, axis=None))
    if least < 0 or (p <= 0 and least == 0):
        words = Words(
            f"{mean.title.zh}要求数值{'大于' if p <= 0 else '不小于'} 0，现有 {least:g}",
            f"the {mean.title.en} needs values {'above' if p <= 0 else 'of at least'} 0, not {least:g}",
        )
        raise Refused("domain", words)


def _weighted(parts: Sequence[tuple[Floats, Floats, Flags]], mean: Mean, threshold: float | None) -> Floats:
    """(n, g) φ⁻¹(Σ w φ(x) / Σ w) over the columns of all parts; weights and membership are (k, g)."""
    p = mean.exponent
    assert p is not None
    total: Any = 0.0
    share: Any = 0.0
    count: Any = 0.0
    size = sum(member.sum(axis=0) for _, _, member in parts)
    for x, weights, member in parts:
        phi = x if p == 1 else np.log(x) if p == 0 else x**p
        gaps = np.isnan(x)
        if gaps.any():
            present = (~gaps).astype(float)
            total = total + np.where(gaps, 0.0, phi) @ weights
            share, count = share + present @ weights, count + present @ member
        else:
            total = total + phi @ weights
            share, count = share + weights.sum(axis=0), count + member.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        y = total / share
        result: Floats = y if p == 1 else np.exp(y) if p == 0 else y ** (1 / p)
    if np.ndim(count) > 1:
        gone = (share <= 0) if threshold is None else (share <= 0) | (count < threshold * size - TIE)
        return np.where(gone, np.nan, result)
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
