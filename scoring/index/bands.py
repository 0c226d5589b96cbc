"""Bands: how far level and rank move when weights, mean, gap rule, goalposts and values move a little."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from scoring.index.compute import compute
from scoring.index.draws import Floats, uniforms
from scoring.index.means import Mean
from scoring.index.method import Leaf, Method, Node
from scoring.index.panel import Cell, Panel
from scoring.index.refusal import Refused
from scoring.index.result import Result
from scoring.words import Words

QUANTILES = (0.05, 0.5, 0.95)


@dataclass(frozen=True, slots=True)
class Spread:
    """What varies: weights by w(1 + U(−s, s)), goalposts by U(−s, s) of their distance, the mean of the top
    node, gaps filled as the method says or left empty, values by the error each indicator states."""

    weights: float = 0.25
    posts: float = 0.1
    means: tuple[str, ...] = ("geometric", "arithmetic")
    gaps: tuple[str, ...] = ("method", "empty")
    errors: bool = True


class Draw(NamedTuple):
    """What one replicate chose. `posts` are shifts of floor and target as shares of their distance."""

    replicate: int
    weights: dict[str, float]
    posts: dict[str, tuple[float, float]]
    mean: str
    gaps: str
    errors: dict[tuple[str, str, str], float]


@dataclass(frozen=True)
class Bands:
    """Replicates of every unit and quarter asked for; the same draws serve all, so changes have bands too."""

    method: Method
    panel: Panel
    spread: Spread
    replicates: int
    key: bytes
    periods: tuple[str, ...]
    _levels: dict[tuple[str, str], Floats]

    def replicate_levels(self, unit: str, period: str) -> Floats:
        """(replicates,) the unit's level in each replicate; NaN where it could not be computed."""
        return self._levels[unit, period]

    def level(self, unit: str, period: str) -> tuple[float, float, float]:
        """5, 50 and 95 % quantiles of the level, interpolated linearly (h = (N − 1) p)."""
        return _quantiles(self._levels[unit, period])

    def change(self, unit: str, from_period: str, to_period: str) -> tuple[float, float, float]:
        """5, 50 and 95 % quantiles of the change: common draws, so not the difference of two bands."""
        return _quantiles(self._levels[unit, to_period] - self._levels[unit, from_period])

    def rank(self, unit: str, period: str) -> tuple[float, float, float]:
        """5, 50 and 95 % quantiles of the unit's rank in its scale, 1 for the highest."""
        scale = self.method.scale_of[unit].id
        units = self._units(scale)
        return _quantiles(self._ranks(scale, period)[units.index(unit)])

    def beats(self, period: str, scale: str) -> dict[tuple[str, str], float]:
        """Share of the replicates computed for both in which one unit lies above another; ties count half."""
        units = self._units(scale)
        found = {}
        for u in units:
            for v in units:
                a, b = self._levels[u, period], self._levels[v, period]
                both = ~(np.isnan(a) | np.isnan(b))
                if u != v and both.any():
                    found[u, v] = float(np.mean((a[both] > b[both]) + 0.5 * (a[both] == b[both])))
        return found

    def tied_groups(self, period: str, scale: str, *, sure: float = 0.9) -> tuple[tuple[str, ...], ...]:
        """Units by median level, in groups whose first member is not surely above the others."""
        beats = self.beats(period, scale)
        units = [unit for unit in self._units(scale) if not np.isnan(self.level(unit, period)[1])]
        units.sort(key=lambda unit: (-self.level(unit, period)[1], unit))
        groups: list[list[str]] = []
        for unit in units:
            if groups and beats[groups[-1][0], unit] < sure:
                groups[-1].append(unit)
            else:
                groups.append([unit])
        return tuple(tuple(group) for group in groups)

    def refused(self, unit: str, period: str) -> int:
        """Replicates that could not be computed (a mean outside its domain, too few indicators left)."""
        return int(np.isnan(self._levels[unit, period]).sum())

    def draw(self, replicate: int) -> Draw:
        """What replicate r chose, made again from the key alone."""
        return draw(self.method, self.panel, self.spread, self.key, replicate)

    def table(self) -> dict[tuple[str, str], tuple[float, float, float, float, float]]:
        """(5 %, 50 %, 95 % of the level, 5 % and 95 % of the rank) by unit and quarter."""
        found = {}
        for unit, period in self._levels:
            rank = self.rank(unit, period)
            found[unit, period] = (*self.level(unit, period), rank[0], rank[2])
        return found

    @cached_property
    def _rank_cache(self) -> dict[tuple[str, str], Floats]:
        return {}

    def _units(self, scale: str) -> list[str]:
        return [unit for unit in self.panel.units if self.method.scale_of[unit].id == scale]

    def _ranks(self, scale: str, period: str) -> Floats:
        if (scale, period) not in self._rank_cache:
            levels = np.stack([self._levels[unit, period] for unit in self._units(scale)])
            above = (levels[None, :, :] > levels[:, None, :]).sum(axis=1)
            self._rank_cache[scale, period] = np.where(np.isnan(levels), np.nan, 1.0 + above)
        return self._rank_cache[scale, period]


def uncertainty(
    method: Method,
    panel: Panel,
    *,
    replicates: int = 1000,
    spread: Spread | None = None,
    key: bytes | None = None,
    periods: Iterable[str] | None = None,
    result: Result | None = None,
) -> Bands:
    """Replicates of the index of every unit in the quarters asked for (all by default).

    The key is by default the hash of method and panel, so that a release has its own draws and keeps them.
    `result` saves computing what is already computed from the same method and panel.
    """
    spread = spread or Spread()
    _check(method, spread)
    key = key or f"{method.hash}{panel.hash}".encode()
    wanted = tuple(periods) if periods is not None else panel.periods
    result = result or compute(method, panel)
    plan = _Plan.of(method, panel, spread)
    table = uniforms(key, 0, replicates, plan.width)
    levels: dict[tuple[str, str], Floats] = {}
    for scale_id, tree in method.trees.items():
        units = [unit for unit in panel.units if method.scale_of[unit].id == scale_id]
        for period in wanted if units else ():
            block = _levels(method, tree, plan, table, units, period, result)
            for unit, row in zip(units, block, strict=True):
                levels[unit, period] = row
    return Bands(method, panel, spread, replicates, key, wanted, levels)


def replay(method: Method, panel: Panel, chosen: Draw) -> Result:
    """One replicate computed alone by the official path: the method and panel that the draw stands for."""
    rules = method.rules
    if chosen.gaps == "empty":
        rules = replace(rules, carry_quarters=0, group_median=False)
    tree = _varied(method.tree, chosen)
    assert isinstance(tree, Node)
    varied = replace(method, rules=rules, tree=replace(tree, mean=_mean(method, chosen.mean)))
    cells = []
    for cell in panel.cells:
        factor = 1 + chosen.errors.get((cell.unit, cell.period, cell.leaf), 0.0)
        cells.append(
            cell if cell.value is None or factor == 1 else Cell(*cell[:3], cell.value * factor, *cell[4:])
        )
    return compute(varied, Panel(cells))


def draw(method: Method, panel: Panel, spread: Spread, key: bytes, replicate: int) -> Draw:
    """What one replicate chose."""
    plan = _Plan.of(method, panel, spread)
    u = uniforms(key, replicate, 1, plan.width)
    weights = {name: float(plan.weight(u, name)[0]) for name in plan.nodes}
    posts = {
        name: (float(plan.shift(u, name, 0)[0]), float(plan.shift(u, name, 1)[0])) for name in plan.leaves
    }
    errors = {cell: float(plan.error(u, cell)[0]) for cell in plan.cells}
    mean, gaps = spread.means[int(plan.mean(u)[0])], spread.gaps[int(plan.gaps(u)[0])]
    return Draw(replicate, weights, posts, mean, gaps, errors)


class _Plan:
    """Which uniform of a row serves what: weights, two goalposts of each leaf, mean, gap rule, errors."""

    def __init__(
        self,
        spread: Spread,
        nodes: dict[str, float],
        leaves: list[str],
        cells: dict[tuple[str, str, str], float],
    ):
        self.spread = spread
        self.nodes = nodes
        self.leaves = leaves
        self.cells = cells
        self._node = {name: place for place, name in enumerate(nodes)}
        self._leaf = {name: len(nodes) + 2 * place for place, name in enumerate(leaves)}
        self._choice = len(nodes) + 2 * len(leaves)
        self._cell = {cell: self._choice + 2 + place for place, cell in enumerate(cells)}
        self.width = self._choice + 2 + len(cells)

    @classmethod
    def of(cls, method: Method, panel: Panel, spread: Spread) -> "_Plan":
        nodes = {node.id: node.weight for node in method.tree.walk() if node is not method.tree}
        errors = {leaf.id: leaf.error for leaf in method.tree.leaves if leaf.error and spread.errors}
        cells = {
            cell[:3]: errors[cell.leaf]
            for cell in panel.cells
            if cell.leaf in errors and cell.value is not None
        }
        return cls(spread, nodes, [leaf.id for leaf in method.tree.leaves], cells)

    def weight(self, u: Floats, name: str) -> Floats:
        share: Floats = self.nodes[name] * (1 + self.spread.weights * (2 * u[:, self._node[name]] - 1))
        return share

    def shift(self, u: Floats, name: str, end: int) -> Floats:
        move: Floats = self.spread.posts * (2 * u[:, self._leaf[name] + end] - 1)
        return move

    def error(self, u: Floats, cell: tuple[str, str, str]) -> Floats:
        relative: Floats = self.cells[cell] * ndtri(u[:, self._cell[cell]])
        return relative

    def mean(self, u: Floats) -> Floats:
        place: Floats = np.floor(u[:, self._choice] * len(self.spread.means))
        return place

    def gaps(self, u: Floats) -> Floats:
        place: Floats = np.floor(u[:, self._choice + 1] * len(self.spread.gaps))
        return place


def _levels(
    method: Method,
    tree: Node,
    plan: _Plan,
    u: Floats,
    units: list[str],
    period: str,
    result: Result,
) -> Floats:
    """(units, replicates) levels of the top node; NaN for a gap or a refusal."""
    means = [_mean(method, name) for name in plan.spread.means]
    which = plan.mean(u).astype(int)
    empty = np.isin(
        plan.gaps(u).astype(int), [i for i, rule in enumerate(plan.spread.gaps) if rule == "empty"]
    )

    def leaf_scores(leaf: Leaf) -> Floats:
        rows = [result.row(unit, period, leaf.id) for unit in units]
        x = np.array([np.nan if row.used is None else row.used for row in rows])[:, None]
        if plan.cells:
            errors = [
                plan.error(u, cell) if (cell := (unit, period, leaf.id)) in plan.cells else np.zeros(len(u))
                for unit in units
            ]
            x = x * (1 + np.stack(errors))
        guessed = np.array(
            [row.status in ("E", "I") and bool({"carried", "group median"} & set(row.flags)) for row in rows]
        )
        if guessed.any() and empty.any():
            x = np.where(guessed[:, None] & empty[None, :], np.nan, x)
        return _scores(method, leaf, x, plan.shift(u, leaf.id, 0), plan.shift(u, leaf.id, 1))

    def level(node: "Node | Leaf") -> Floats:
        if isinstance(node, Leaf):
            return leaf_scores(node)
        children = [level(child) for child in node.children]
        weights = [plan.weight(u, child.id) for child in node.children]
        if node is not tree:
            return _average(node, node.mean, children, weights)
        found = np.full((len(units), len(u)), np.nan)
        for place, mean in enumerate(means):
            here = which == place
            part = [np.broadcast_to(child, found.shape)[:, here] for child in children]
            found[:, here] = _average(node, mean, part, [weight[here] for weight in weights])
        return found

    return np.broadcast_to(level(tree), (len(units), len(u))).copy()


def _scores(method: Method, leaf: Leaf, x: Floats, low_shift: Floats, high_shift: Floats) -> Floats:
    rules = method.rules
    floor, target = leaf.posts
    width = target - floor
    low, high = floor + low_shift * width, target + high_shift * width
    place = np.abs(x - leaf.target) if leaf.direction == "band" else x
    share = (place - low) / (high - low)
    if rules.clip in ("both", "lower"):
        share = np.maximum(share, 0.0)
    if rules.clip in ("both", "upper"):
        share = np.minimum(share, 1.0)
    scores: Floats = rules.lower + (rules.upper - rules.lower) * share
    return scores


def _average(node: Node, mean: Mean, children: list[Floats], weights: list[Floats]) -> Floats:
    """The node's mean over the children present, replicate by replicate; NaN for a gap or a refusal."""
    p = mean.exponent
    if p is None:
        stack = np.stack(np.broadcast_arrays(*children))
        gone = np.isnan(stack).all(axis=0)
        stack = np.where(gone, 0.0, stack)
        value = np.nanmin(stack, axis=0) if mean.kind == "minimum" else np.nanmedian(stack, axis=0)
        value = np.where(gone, np.nan, value)
        shares = [np.ones_like(weight) for weight in weights] if not node.by_weight else weights
        count = sum(share * ~np.isnan(child) for share, child in zip(shares, children, strict=True))
        return np.where(count < float(node.present) * sum(shares) - 1e-9, np.nan, value)
    shape = np.broadcast_shapes(weights[0].shape, *(child.shape for child in children))
    total, part, count = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    outside = np.zeros(shape, dtype=bool)
    for child, weight in zip(children, weights, strict=True):
        present = ~np.isnan(child)
        with np.errstate(divide="ignore", invalid="ignore"):
            transformed = child if p == 1 else np.log(child) if p == 0 else child**p
        if p <= 0:
            outside |= child <= 0
        elif p != int(p):
            outside |= child < 0
        whole = bool(present.all())
        total += weight * transformed if whole else np.where(present, weight * transformed, 0.0)
        part += weight if whole else weight * present
        count += (weight if node.by_weight else 1.0) * (1.0 if whole else present)
    most = np.sum(weights, axis=0) if node.by_weight else float(len(children))
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_phi = total / part
        level = mean_phi if p == 1 else np.exp(mean_phi) if p == 0 else mean_phi ** (1 / p)
    gap = (count < float(node.present) * most - 1e-9) | (part <= 0) | outside
    return np.where(gap, np.nan, level)


def _varied(node: "Node | Leaf", chosen: Draw) -> "Node | Leaf":
    weight = chosen.weights.get(node.id, node.weight)
    if isinstance(node, Node):
        return replace(node, weight=weight, children=tuple(_varied(child, chosen) for child in node.children))
    floor, target = node.posts
    width = target - floor
    low, high = floor + chosen.posts[node.id][0] * width, target + chosen.posts[node.id][1] * width
    if node.direction == "band":
        return replace(node, weight=weight, floor=node.target - low, tolerance=high)
    return replace(node, weight=weight, floor=low, target=high)


def _mean(method: Method, name: str) -> Mean:
    return method.tree.mean if name == method.tree.mean.kind else Mean(name)


def _quantiles(values: Floats) -> tuple[float, float, float]:
    kept = values[~np.isnan(values)]
    if not kept.size:
        return (np.nan, np.nan, np.nan)
    low, middle, high = np.quantile(kept, QUANTILES)
    return float(low), float(middle), float(high)


def _check(method: Method, spread: Spread) -> None:
    for name in spread.means:
        if name not in ("arithmetic", "geometric", "harmonic", "median", "minimum", method.tree.mean.kind):
            raise Refused("spread", Words(f"未知的平均方法 {name}", f"unknown mean {name}"))
    for name in spread.gaps:
        if name not in ("method", "empty"):
            raise Refused("spread", Words(f"未知的缺数规则 {name}", f"unknown gap rule {name}"))
    if not 0 <= spread.weights < 1 or not 0 <= spread.posts < 0.5:
        raise Refused(
            "spread",
            Words(
                "权重幅度应在 0 与 1 之间，起点目标幅度小于 0.5",
                "weights vary by less than 1, posts by less than 0.5",
            ),
        )
    if method.rules.lower <= 0 and "geometric" in spread.means and method.rules.clip in ("none", "upper"):
        words = Words(
            "得分可能不大于 0，不能取几何平均",
            "scores may be 0 or below, so a geometric mean is not possible",
        )
        raise Refused("spread", words)
