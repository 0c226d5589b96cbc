"""Momentum: a chained index of ratios to the quarter before, base 1000 in the first quarter."""

import math
from collections.abc import Mapping

from scoring.index.method import Leaf, Method, Node


class Chain:
    """The momentum of every node of one unit, quarter after quarter.

    M_t = M_{t−1} · exp(Σ e_i ln r_i / Σ e_i),  r = (x_t / x_{t−1})^d

    Each x is at least a small share of the distance between the goalposts, each r within the limits of the
    method file. A leaf whose x is missing leaves the sum and comes back with the ratio to its last value. A
    band has no direction, so its r is the ratio of scores.
    """

    def __init__(self, method: Method, tree: Node, weights: Mapping[str, float]) -> None:
        self._method = method
        self._top = tree.id
        self._weights = weights
        self._leaves = {leaf.id: leaf for leaf in tree.leaves}
        self._groups = {
            node.id: [leaf.id for leaf in node.leaves] if isinstance(node, Node) else [node.id]
            for node in tree.walk()
        }
        self._last: dict[str, float] = {}
        self._values: dict[str, float] = {}
        self._flags: dict[str, tuple[str, ...]] = {}

    def add(self, period: str, used: Mapping[str, float | None], levels: Mapping[str, float]) -> None:
        """Go on to the next quarter."""
        rules = self._method.rules
        self._flags = {}
        ratios: dict[str, float] = {}
        clamped: dict[str, tuple[str, ...]] = {}
        for name, leaf in self._leaves.items():
            x = used[name]
            if x is None:
                continue
            now, floored = self._floored(leaf, x, levels[name])
            flags = ("momentum floored",) if floored else ()
            if name in self._last:
                ratio = now / self._last[name]
                ratios[name] = min(max(ratio, rules.ratio_low), rules.ratio_high)
                if ratios[name] != ratio:
                    flags = (*flags, "momentum clamped")
            clamped[name] = flags
            self._last[name] = now
        if period < rules.momentum_from:
            return
        for node, leaves in self._groups.items():
            self._link(period, node, leaves, ratios, node in levels)
            if node in clamped:
                self._flags[node] = self._flags.get(node, ()) + clamped[node]

    def _link(
        self, period: str, node: str, leaves: list[str], ratios: Mapping[str, float], present: bool
    ) -> None:
        if node not in self._values:
            if present:
                self._values[node] = self._method.rules.momentum_base
                if node == self._top and period != self._method.rules.momentum_from:
                    self._flags[node] = ("momentum starts",)
            return
        if len(leaves) == 1:
            self._values[node] *= ratios.get(leaves[0], 1.0)
            return
        shared = [leaf for leaf in leaves if leaf in ratios]
        if len(shared) < len(leaves):
            self._flags[node] = ("momentum partial",)
        total = math.fsum(self._weights[leaf] for leaf in shared)
        if total > 0:
            growth = math.fsum(self._weights[leaf] * math.log(ratios[leaf]) for leaf in shared) / total
            self._values[node] *= math.exp(growth)

    def _floored(self, leaf: Leaf, x: float, level: float) -> tuple[float, bool]:
        """The value whose ratio counts, higher being better, and whether it was lifted to the least value."""
        rules = self._method.rules
        if leaf.direction == "band":
            least = rules.floor_share * (rules.upper - rules.lower)
            return max(level, least), level < least
        least = rules.floor_share * abs(leaf.target - leaf.floor)
        value = max(x, least)
        return (value if leaf.direction == "up" else 1 / value), value != x

    def value(self, node: str) -> tuple[float | None, tuple[str, ...]]:
        """The momentum of a node in the current quarter, and its flags."""
        return self._values.get(node), self._flags.get(node, ())
