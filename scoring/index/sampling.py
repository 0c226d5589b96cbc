"""The index of many replicates at once: the official formulas on arrays of replicates."""

from collections.abc import Iterable, Mapping

import numpy as np

from scoring.index.means import Mean
from scoring.index.method import Leaf, Method, Node, Part
from scoring.index.philox import Flags, Floats
from scoring.index.plan import Sample, Spread, top_mean
from scoring.index.result import Result, Row

_FILLED = frozenset({"carried", "group median"})


def blocks(
    result: Result, spread: Spread, sample: Sample, periods: Iterable[str]
) -> dict[tuple[str, str], Floats]:
    """(units, replicates) levels of the top node by (scale, period); NaN for a gap or a refusal."""
    method = result.method
    lines = {leaf.id: _line(method, leaf, sample) for leaf in method.tree.leaves}
    empty = np.isin(sample.gaps, [place for place, rule in enumerate(spread.gaps) if rule == "empty"])
    found = {}
    for scale, tree in method.trees.items():
        units = [unit for unit in result.units if method.scale_of[unit].id == scale]
        for period in periods if units else ():
            values = {}
            for leaf in tree.leaves:
                rows = [result.row(unit, period, leaf.id) for unit in units]
                values[leaf.id] = _values(rows, sample, empty)
            found[scale, period] = _block(method, tree, spread, sample, lines, values)
    return found


def _block(
    method: Method,
    tree: Node,
    spread: Spread,
    sample: Sample,
    lines: Mapping[str, tuple[Floats, Floats]],
    values: Mapping[str, Floats],
) -> Floats:
    shape = (len(values[tree.leaves[0].id]), sample.means.size)
    whole = not any(np.isnan(x).any() for x in values.values())

    def level(node: Part) -> Floats:
        if isinstance(node, Leaf):
            return _scores(method, node, values[node.id], *lines[node.id])
        children = [level(child) for child in node.children]
        weights = [sample.weights[child.id] for child in node.children]
        if node is not tree:
            return _average(node, node.mean, children, weights, whole)
        top = np.full(shape, np.nan)
        for place, name in enumerate(spread.means):
            here = sample.means == place
            part = [np.broadcast_to(child, shape)[:, here] for child in children]
            kept = [weight[here] for weight in weights]
            top[:, here] = _average(node, top_mean(method, name), part, kept, whole)
        return top

    return level(tree)


def _values(rows: list[Row], sample: Sample, empty: Flags) -> Floats:
    """(units, 1 or replicates) values used, with their errors, without fillings where gaps stay empty."""
    x: Floats = np.array([np.nan if row.used is None else row.used for row in rows])[:, None]
    places = [(row.unit, row.period, row.node) for row in rows]
    if any(place in sample.errors for place in places):
        still = np.zeros(sample.means.size)
        x = x * (1 + np.stack([sample.errors.get(place, still) for place in places]))
    filled = np.array([not _FILLED.isdisjoint(row.flags) for row in rows])
    if filled.any() and empty.any():
        x = np.where(filled[:, None] & empty[None, :], np.nan, x)
    return x


def _line(method: Method, leaf: Leaf, sample: Sample) -> tuple[Floats, Floats]:
    """(replicates,) slope and offset of the unclipped score on the axis that is scored."""
    rules = method.rules
    floor, target = leaf.posts
    width = target - floor
    low, high = floor + sample.low[leaf.id] * width, target + sample.high[leaf.id] * width
    slope = (rules.upper - rules.lower) / (high - low)
    return slope, rules.lower - low * slope


def _scores(method: Method, leaf: Leaf, x: Floats, slope: Floats, offset: Floats) -> Floats:
    rules = method.rules
    scores: Floats = (np.abs(x - leaf.target) if leaf.direction == "band" else x) * slope
    scores += offset
    if rules.clip in ("both", "lower"):
        np.maximum(scores, rules.lower, out=scores)
    if rules.clip in ("both", "upper"):
        np.minimum(scores, rules.upper, out=scores)
    return scores


def _average(node: Node, mean: Mean, children: list[Floats], weights: list[Floats], whole: bool) -> Floats:
    """The node's mean over the children present, replicate by replicate; NaN for a gap or a refusal."""
    p = mean.exponent
    if p is None:
        return _ordered(node, mean, children, weights)
    shape = np.broadcast_shapes(weights[0].shape, *(child.shape for child in children))
    total, part, count = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    outside = np.zeros(shape, dtype=bool)
    for child, weight in zip(children, weights, strict=True):
        with np.errstate(divide="ignore", invalid="ignore"):
            value = child if p == 1 else np.log(child) if p == 0 else child**p
        if p <= 0 or p != int(p):
            outside |= (child <= 0) if p <= 0 else (child < 0)
        if whole:
            total += weight * value
            continue
        gap = np.isnan(child)
        total += np.where(gap, 0.0, weight * value)
        part += weight * ~gap
        count += (weight if node.by_weight else 1.0) * ~gap
    if whole:
        part = np.sum(weights, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        y = total / part
        level: Floats = y if p == 1 else np.exp(y) if p == 0 else y ** (1 / p)
    if not whole:
        outside |= _too_few(node, count, weights) | (part <= 0)
    return np.where(outside, np.nan, level) if outside.any() else level


def _ordered(node: Node, mean: Mean, children: list[Floats], weights: list[Floats]) -> Floats:
    stack = np.stack(np.broadcast_arrays(*children))
    present = ~np.isnan(stack)
    share = np.stack(weights)[:, None, :] if node.by_weight else 1.0
    gone = _too_few(node, (present * share).sum(axis=0), weights) | ~present.any(axis=0)
    stack = np.where(gone, 0.0, stack)
    value = np.nanmin(stack, axis=0) if mean.kind == "minimum" else np.nanmedian(stack, axis=0)
    return np.where(gone, np.nan, value)


def _too_few(node: Node, count: Floats, weights: list[Floats]) -> Flags:
    most = np.sum(weights, axis=0) if node.by_weight else float(len(weights))
    return np.asarray(count < float(node.present) * most - 1e-9)
