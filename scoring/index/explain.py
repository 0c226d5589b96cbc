"""What changed and why: contributions that add up exactly to the change of the index."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from scoring.index.evaluation import evaluate
from scoring.index.means import phi, secant
from scoring.index.method import Leaf, Node
from scoring.index.refusal import Refused
from scoring.index.result import Result
from scoring.words import Words

KINDS: dict[str, Words] = {
    "value": Words("指标数值变化", "change of the indicator"),
    "weight": Words("权重变化", "change of the weight"),
    "composition": Words("可用指标的构成变化", "change in which indicators are present"),
}
MOST_PLAYERS = 16


class Contribution(NamedTuple):
    """Points of the index that one node accounts for; `group` is the node directly below the top."""

    node: str
    group: str
    kind: str
    points: float


class Change(NamedTuple):
    """A change of the index taken apart: Σ points = after − before."""

    unit: str
    from_period: str
    to_period: str
    before: float
    after: float
    contributions: tuple[Contribution, ...]

    @property
    def total(self) -> float:
        return self.after - self.before

    def by_group(self) -> dict[str, float]:
        """Points of each dimension; composition stands under its own name."""
        found: dict[str, list[float]] = {}
        for part in self.contributions:
            found.setdefault(part.group or part.kind, []).append(part.points)
        return {group: math.fsum(points) for group, points in found.items()}


def contributions(
    result: Result,
    from_period: str,
    to_period: str,
    unit: str,
    *,
    how: str = "secant",
    node: str | None = None,
) -> Change:
    """What moved a unit's index (or one node of it) from one quarter to another, in points of the level.

    When the indicators present differ, the change is bridged over the common ones:
    I₁ − I₀ = [I₀ᶜ − I₀] + [I₁ᶜ − I₀ᶜ] + [I₁ − I₁ᶜ]; the outer brackets are “composition”.

    Raises
    ------
    Refused
        The index is not computed in one of the quarters, or no indicator is common to both.
    """
    tree = result.tree_of(unit)
    if node is not None:
        inner = {part.id: part for part in tree.walk()}.get(node)
        if not isinstance(inner, Node):
            raise Refused("unknown node", Words(f"没有节点“{node}”", f"there is no node “{node}”"), unit=unit)
        tree = inner
    scores = [result.scores(unit, period) for period in (from_period, to_period)]
    levels = [result.row(unit, period, tree.id).level for period in (from_period, to_period)]
    before, after = levels
    if before is None or after is None:
        gap = from_period if before is None else to_period
        raise Refused(
            "gap",
            Words("该季度未计算指数", "the index is not computed in this quarter"),
            unit=unit,
            period=gap,
        )
    below = {leaf.id for leaf in tree.leaves}
    z0, z1 = ({leaf: z for leaf, z in found.items() if leaf in below} for found in scores)
    common = z0.keys() & z1.keys()
    smaller = tree.only(frozenset(common))
    if smaller is None:
        raise Refused(
            "no common indicator", Words("两季度没有共同指标", "the quarters share no indicator"), unit=unit
        )
    if len(common) == len(tree.leaves):  # nothing is missing, so the levels stand in the result
        smaller = tree
        c0, c1 = (_levels(result, unit, period, tree) for period in (from_period, to_period))
    else:
        c0, c1 = (evaluate(smaller, {leaf: z[leaf] for leaf in common}, thresholds=False) for z in (z0, z1))
    parts: list[Contribution] = []
    if how == "shapley":
        parts += _grouped(smaller, shapley(smaller, c0, c1), "value")
    elif how == "secant":
        parts += _descend(smaller, smaller, c0, c1, 1.0, "", top=True)
    else:
        raise Refused("how", Words("分解方法应为 secant 或 shapley", "how must be secant or shapley"))
    composition = math.fsum((c0[tree.id] - before, after - c1[tree.id]))
    if len(common) < max(len(z0), len(z1)):
        parts.append(Contribution(tree.id, "", "composition", composition))
    return Change(unit, from_period, to_period, before, after, tuple(parts))


def _levels(result: Result, unit: str, period: str, tree: Node) -> dict[str, float]:
    levels = {part.id: result.row(unit, period, part.id).level for part in tree.walk()}
    return {name: level for name, level in levels.items() if level is not None}


def change(
    tree0: Node, scores0: Mapping[str, float], tree1: Node, scores1: Mapping[str, float]
) -> tuple[Contribution, ...]:
    """Exact contributions to I₁ − I₀ of two evaluations with the same nodes and means; weights may differ.

    With s = (φ(b) − φ(a))/(b − a), ω the normalised weight of a child c of node g, ω̄ its mean in time:

        value of a leaf  = Δz · Π over its path of ω̄ · s_c / s_g
        weight of a child = ½(φ(c₀) + φ(c₁) − φ(g₀) − φ(g₁)) · Δω / s_g, carried up the same path

    where s_c and s_g are both slopes of the node's own φ. Order-free and antisymmetric in time; for geometric
    nodes s is one over the logarithmic mean (LMDI). Complete scores are needed; O(number of nodes).
    """
    levels0, levels1 = evaluate(tree0, scores0, thresholds=False), evaluate(tree1, scores1, thresholds=False)
    return tuple(_descend(tree0, tree1, levels0, levels1, 1.0, "", top=True))


def _descend(
    node0: Node,
    node1: Node,
    levels0: Mapping[str, float],
    levels1: Mapping[str, float],
    factor: float,
    group: str,
    *,
    top: bool = False,
) -> Iterator[Contribution]:
    p = node0.mean.exponent
    if p is None or node0.mean != node1.mean:
        words = Words(
            "中位数、最小值没有闭式分解，可用 shapley", "median and minimum have no closed form; use shapley"
        )
        raise Refused("mean", words, node=node0.id)
    y0, y1 = levels0[node0.id], levels1[node1.id]
    slope = secant(p, y0, y1)
    total0 = math.fsum(child.weight for child in node0.children)
    total1 = total0 if node0 is node1 else math.fsum(child.weight for child in node1.children)
    for child0, child1 in zip(node0.children, node1.children, strict=True):
        if child0.id != child1.id:
            raise Refused("tree", Words("两棵树的节点不同", "the trees have different nodes"), node=child0.id)
        a, b = levels0[child0.id], levels1[child1.id]
        share0, share1 = child0.weight / total0, child1.weight / total1
        weight = (share0 + share1) / 2
        here = child0.id if top else group
        step = factor * weight * secant(p, a, b) / slope
        if isinstance(child0, Node) and isinstance(child1, Node):
            yield from _descend(child0, child1, levels0, levels1, step, here)
        else:
            yield Contribution(child0.id, here, "value", step * (b - a))
        if share0 != share1:
            height = (phi(p, a) + phi(p, b) - phi(p, y0) - phi(p, y1)) / 2
            yield Contribution(child0.id, here, "weight", factor * height * (share1 - share0) / slope)


def shapley(tree: Node, scores0: Mapping[str, float], scores1: Mapping[str, float]) -> dict[str, float]:
    """Each leaf's average effect over all orders in which the leaves may change; 2ᵏ evaluations, k ≤ 16.

    Exact for every mean, median and minimum included; leaves that do not change take part in nothing.
    """
    leaves = [leaf.id for leaf in tree.leaves]
    players = [leaf for leaf in leaves if scores0[leaf] != scores1[leaf]]
    k = len(players)
    if k > MOST_PLAYERS:
        words = Words(
            f"Shapley 最多 {MOST_PLAYERS} 个变动指标",
            f"Shapley takes at most {MOST_PLAYERS} changed indicators",
        )
        raise Refused("players", words)
    worth: list[float] = []
    for mask in range(1 << k):
        mixed = {leaf: scores0[leaf] for leaf in leaves}
        mixed.update({leaf: scores1[leaf] for bit, leaf in enumerate(players) if mask >> bit & 1})
        worth.append(evaluate(tree, mixed, thresholds=False)[tree.id])
    share = [1 / (k * math.comb(k - 1, size)) for size in range(k)]
    found = dict.fromkeys(leaves, 0.0)
    for bit, leaf in enumerate(players):
        found[leaf] = math.fsum(
            share[mask.bit_count()] * (worth[mask | 1 << bit] - worth[mask])
            for mask in range(1 << k)
            if not mask >> bit & 1
        )
    return found


def _grouped(tree: Node, points: Mapping[str, float], kind: str) -> list[Contribution]:
    found = []
    for child in tree.children:
        leaves: Sequence[Leaf] = child.leaves if isinstance(child, Node) else (child,)
        found += [Contribution(leaf.id, child.id, kind, points[leaf.id]) for leaf in leaves]
    return found


def leave_out(result: Result, unit: str, period: str) -> dict[str, float]:
    """The unit's index without each dimension in turn; the others carry its weight."""
    tree, scores = result.tree_of(unit), result.scores(unit, period)
    found = {}
    for child in tree.children:
        gone = {leaf.id for leaf in child.leaves} if isinstance(child, Node) else {child.id}
        smaller = tree.only(frozenset(scores.keys() - gone))
        if smaller is not None:
            kept = {leaf: score for leaf, score in scores.items() if leaf not in gone}
            found[child.id] = evaluate(smaller, kept, thresholds=False)[tree.id]
    return found
