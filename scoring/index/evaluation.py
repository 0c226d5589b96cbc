"""The index from a method and a panel, in float64 with fixed order and no numpy, so that it replays."""

import math
from collections.abc import Mapping, Sequence

from scoring.index import cells
from scoring.index.cells import Value
from scoring.index.means import average
from scoring.index.method import Leaf, Method, Node, Part, effective_weights
from scoring.index.momentum import Chain
from scoring.index.panel import Panel
from scoring.index.refusal import Refused
from scoring.index.result import Reason, Result, Row, Standing
from scoring.words import Words

Flags = tuple[str, ...]


def compute(method: Method, panel: Panel) -> Result:
    """Level of every node, momentum and flags for each unit and quarter of the panel.

    denominate → fill gaps → cap → score = a + (b − a)(x − floor)/(target − floor) → mean of each node

    Raises
    ------
    InvalidPanel
        Unknown unit or indicator, a value outside its bounds, a denominator below 0.
    Refused
        A score outside the domain of a mean.
    """
    unused = cells.check(method, panel)
    values = cells.values(method, panel)
    rows: list[Row] = []
    standings: list[Standing] = []
    for unit in panel.units:
        tree = method.tree_of(unit)
        weights = effective_weights(tree)
        chain = Chain(method, tree, weights)
        for period in panel.periods:
            found = {leaf: values[unit, period, leaf] for leaf in weights}
            levels, clipped = _levels(method, tree, unit, period, found)
            chain.add(period, {leaf: value.used for leaf, value in found.items()}, levels)
            top = len(rows)
            rows += _rows(tree, weights, unit, period, found, levels, clipped, chain)
            standings.append(_standing(method, weights, rows[top], found))
    return Result(method, panel, tuple(rows), tuple(standings), unused)


def score(method: Method, leaf: Leaf, x: float) -> tuple[float, Flags]:
    """The score of a value against the goalposts, and whether it was clipped.

    z = a + (b − a)(x − L)/(U − L); L and U in natural units, so a “lower is better” leaf has L > U. For a
    band, x is the distance from the target, U the tolerance and L the distance from target to floor.
    """
    rules = method.rules
    share = leaf.share(x)
    if share <= 0 and rules.clip in ("both", "lower"):
        return rules.lower, ("at floor",)
    if share >= 1 and rules.clip in ("both", "upper"):
        return rules.upper, ("target reached",)
    return rules.lower + (rules.upper - rules.lower) * share, ()


def evaluate(tree: Node, scores: Mapping[str, float], *, thresholds: bool = True) -> dict[str, float]:
    """The level of every node that can be computed from indicator scores; a gap is an absent key.

    A node is a gap when the share of its children present (by number, or by weight if it says so) is below
    its threshold, and when no child of positive weight is present. Raises Refused outside a mean's domain.
    """
    levels = dict(scores)
    for node in tree.inner:
        here = [child for child in node.children if child.id in levels]
        if len(here) < len(node.children) and (not here or (thresholds and _too_few(node, here))):
            continue
        if not any(child.weight > 0 for child in here):
            continue
        try:
            levels[node.id] = average(node.mean, [levels[c.id] for c in here], [c.weight for c in here])
        except Refused as error:
            worst = min(here, key=lambda child: levels[child.id])
            raise Refused(error.rule, error.words, node=f"{node.id} ← {worst.id}") from error
    return levels


def _too_few(node: Node, here: "Sequence[Part]") -> bool:
    if node.by_weight:
        share = math.fsum(child.weight for child in here) / math.fsum(child.weight for child in node.children)
        return share < float(node.present) - 1e-12
    return len(here) * node.present.denominator < node.present.numerator * len(node.children)


def _levels(
    method: Method, tree: Node, unit: str, period: str, values: Mapping[str, Value]
) -> tuple[dict[str, float], dict[str, Flags]]:
    scores: dict[str, float] = {}
    clipped: dict[str, Flags] = {}
    for leaf in tree.leaves:
        x = values[leaf.id].used
        if x is not None:
            scores[leaf.id], clipped[leaf.id] = score(method, leaf, x)
    try:
        return evaluate(tree, scores), clipped
    except Refused as error:
        raise Refused(error.rule, error.words, unit=unit, node=error.node, period=period) from error


def _rows(
    tree: Node,
    weights: Mapping[str, float],
    unit: str,
    period: str,
    values: Mapping[str, Value],
    levels: Mapping[str, float],
    clipped: Mapping[str, Flags],
    chain: Chain,
) -> list[Row]:
    """The rows of one unit in one quarter, in the order of the tree."""
    rows = []
    for node in tree.walk():
        level = levels.get(node.id)
        moved, moves = chain.value(node.id)
        momentum = None if level is None else moved
        if isinstance(node, Leaf):
            raw, used, status, flags = values[node.id]
            flags = flags + clipped.get(node.id, ()) + moves
            kind, present, weight = "indicator", 0.0 if used is None else 1.0, weights[node.id]
        else:
            raw = used = None
            status, flags, present, weight = _group(node, weights, values, levels)
            kind, flags = "index" if node is tree else "group", flags + moves
        rows.append(
            Row(unit, period, node.id, kind, level, momentum, raw, used, status, flags, present, weight)
        )
    return rows


def _group(
    node: Node, weights: Mapping[str, float], values: Mapping[str, Value], levels: Mapping[str, float]
) -> tuple[str, Flags, float, float]:
    """Status, flags, share of weight present and effective weight of an inner node."""
    total = math.fsum(weights[leaf.id] for leaf in node.leaves)
    here = [leaf.id for leaf in node.leaves if values[leaf.id].used is not None]
    present = math.fsum(weights[leaf] for leaf in here)
    statuses = {values[leaf].status for leaf in here}
    status = next((letter for letter in "EIP" if letter in statuses), "A")
    flags: Flags = ()
    if node.id not in levels:
        status, flags = "M", ("too few",)
    elif any(child.id not in levels for child in node.children):
        flags = ("re-weighted",)
    if "P" in statuses:
        flags = (*flags, "provisional")
    return status, flags, present / total if total else 0.0, total


def _standing(
    method: Method, weights: Mapping[str, float], top: Row, values: Mapping[str, Value]
) -> Standing:
    missing = math.fsum(weights[leaf] for leaf, value in values.items() if value.used is None)
    estimated = math.fsum(weights[leaf] for leaf, value in values.items() if value.status in ("E", "I"))
    reasons = []
    if top.level is None:
        words = Words(
            "维度数据不足，总指数不计算", "a dimension has too little data, so the index is not computed"
        )
        reasons.append(Reason("too few", words))
    most = method.rules.most_estimated
    if missing + estimated > most + 1e-12:
        share = f"{missing + estimated:.1%}"
        words = Words(
            f"缺失与估算的权重为 {share}，超过 {most:.0%}",
            f"{share} of the weight is missing or estimated, above {most:.0%}",
        )
        reasons.append(Reason("estimated weight", words))
    provisional = any(value.status == "P" for value in values.values())
    return Standing(
        top.unit,
        top.period,
        top.level,
        top.momentum,
        missing,
        estimated,
        provisional,
        not reasons,
        tuple(reasons),
    )
