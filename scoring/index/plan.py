"""What varies in a band, and what each replicate chose."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from scoring.index.evaluation import compute
from scoring.index.means import Mean
from scoring.index.method import Method, Node, Part
from scoring.index.panel import Panel
from scoring.index.philox import Floats, uniforms
from scoring.index.refusal import Refused
from scoring.index.result import Result
from scoring.words import Words

Place = tuple[str, str, str]  # unit, period, indicator


@dataclass(frozen=True, slots=True)
class Spread:
    """What varies: weights by w(1 + U(−s, s)), goalposts by U(−s, s) of their distance, the mean of the top
    node, gaps filled as the method says or left empty, values by the error each indicator states."""

    weights: float = 0.25
    posts: float = 0.1
    means: tuple[str, ...] = ("geometric", "arithmetic")
    gaps: tuple[str, ...] = ("method", "empty")
    errors: bool = True

    def check(self, method: Method) -> None:
        """Refuse what cannot be computed for this method, before anything runs."""
        known = ("arithmetic", "geometric", "harmonic", "median", "minimum", method.tree.mean.kind)
        for name in self.means:
            if name not in known:
                raise Refused("spread", Words(f"未知的平均方法 {name}", f"unknown mean {name}"))
        for name in self.gaps:
            if name not in ("method", "empty"):
                raise Refused("spread", Words(f"未知的缺数规则 {name}", f"unknown gap rule {name}"))
        if not 0 <= self.weights < 1 or not 0 <= self.posts < 0.5:
            words = Words(
                "权重幅度应小于 1，目标幅度应小于 0.5", "weights vary by less than 1, posts by less than 0.5"
            )
            raise Refused("spread", words)
        bounded = method.rules.lower > 0 and method.rules.clip in ("both", "lower")
        if not bounded and {"geometric", "harmonic"} & set(self.means):
            words = Words(
                "得分可能不大于 0，不能取几何或调和平均",
                "scores may be 0 or below: no geometric or harmonic mean",
            )
            raise Refused("spread", words)


class Draw(NamedTuple):
    """What one replicate chose. `posts` are shifts of floor and target as shares of their distance."""

    replicate: int
    weights: dict[str, float]
    posts: dict[str, tuple[float, float]]
    mean: str
    gaps: str
    errors: dict[Place, float]


class Plan:
    """Which uniform of a row serves what: weights, two goalposts of each leaf, mean, gap rule, errors."""

    def __init__(self, method: Method, panel: Panel, spread: Spread) -> None:
        self.spread = spread
        self.nodes = {node.id: node.weight for node in method.tree.walk() if node is not method.tree}
        self.leaves = tuple(leaf.id for leaf in method.tree.leaves)
        errors = {leaf.id: leaf.error for leaf in method.tree.leaves if leaf.error and spread.errors}
        self.cells: dict[Place, float] = {
            (cell.unit, cell.period, cell.leaf): errors[cell.leaf]
            for cell in panel.cells
            if cell.leaf in errors and cell.value is not None
        }
        self.width = len(self.nodes) + 2 * len(self.leaves) + 2 + len(self.cells)

    def sample(self, key: bytes, first: int, count: int) -> "Sample":
        """What replicates `first` … `first + count − 1` chose."""
        u = np.ascontiguousarray(uniforms(key, first, count, self.width).T)
        nodes, leaves = len(self.nodes), len(self.leaves)
        sway, shift = 1 + self.spread.weights * (2 * u[:nodes] - 1), self.spread.posts * (2 * u[nodes:] - 1)
        weights = np.array(list(self.nodes.values()))[:, None] * sway
        choice = nodes + 2 * leaves
        errors = u[choice + 2 :]
        return Sample(
            weights=dict(zip(self.nodes, weights, strict=True)),
            low={leaf: shift[2 * place] for place, leaf in enumerate(self.leaves)},
            high={leaf: shift[2 * place + 1] for place, leaf in enumerate(self.leaves)},
            means=np.floor(u[choice] * len(self.spread.means)),
            gaps=np.floor(u[choice + 1] * len(self.spread.gaps)),
            errors={
                cell: sd * ndtri(row) for (cell, sd), row in zip(self.cells.items(), errors, strict=True)
            },
        )

    def draw(self, key: bytes, replicate: int) -> Draw:
        """What one replicate chose, from the key and its number alone."""
        sample = self.sample(key, replicate, 1)
        return Draw(
            replicate=replicate,
            weights={name: float(row[0]) for name, row in sample.weights.items()},
            posts={leaf: (float(sample.low[leaf][0]), float(sample.high[leaf][0])) for leaf in self.leaves},
            mean=self.spread.means[int(sample.means[0])],
            gaps=self.spread.gaps[int(sample.gaps[0])],
            errors={cell: float(row[0]) for cell, row in sample.errors.items()},
        )


class Sample(NamedTuple):
    """(N,) columns of N replicates: weights by node, shifts of goalposts by leaf, choices, errors by cell."""

    weights: Mapping[str, Floats]
    low: Mapping[str, Floats]
    high: Mapping[str, Floats]
    means: Floats
    gaps: Floats
    errors: Mapping[Place, Floats]


def top_mean(method: Method, name: str) -> Mean:
    """The mean of the top node that a name in `Spread.means` stands for."""
    return method.tree.mean if name == method.tree.mean.kind else Mean(name)


def replay(method: Method, panel: Panel, chosen: Draw) -> Result:
    """One replicate computed alone by the official path: the method and panel that the draw stands for."""
    rules = method.rules
    if chosen.gaps == "empty":
        rules = replace(rules, carry_quarters=0, group_median=False)
    tree = _varied(method.tree, chosen)
    assert isinstance(tree, Node)
    varied = replace(method, rules=rules, tree=replace(tree, mean=top_mean(method, chosen.mean)))
    cells = []
    for cell in panel.cells:
        factor = 1 + chosen.errors.get((cell.unit, cell.period, cell.leaf), 0.0)
        cells.append(cell if cell.value is None or factor == 1 else cell._replace(value=cell.value * factor))
    return compute(varied, Panel(cells))


def _varied(node: Part, chosen: Draw) -> Part:
    weight = chosen.weights.get(node.id, node.weight)
    if isinstance(node, Node):
        return replace(node, weight=weight, children=tuple(_varied(child, chosen) for child in node.children))
    floor, target = node.posts
    width = target - floor
    low, high = floor + chosen.posts[node.id][0] * width, target + chosen.posts[node.id][1] * width
    if node.direction == "band":
        return replace(node, weight=weight, floor=node.target - low, tolerance=high)
    return replace(node, weight=weight, floor=low, target=high)
