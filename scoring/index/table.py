"""Tables for studies of a method: rows are units (in periods), columns are indicators, NaN is a gap."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.index.refusal import Refused
from scoring.words import Words

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Table:
    """n rows; `x` is (n, k) in the order of `columns`; `others` are denominators, `groups` texts."""

    units: tuple[str, ...]
    columns: tuple[str, ...]
    x: Floats
    periods: tuple[float, ...] | None = None
    others: Mapping[str, Floats] | None = None
    groups: Mapping[str, tuple[str, ...]] | None = None

    @classmethod
    def from_rows(
        cls,
        rows: Iterable[Mapping[str, Any]],
        columns: Sequence[str],
        *,
        unit: str = "uCode",
        period: str | None = None,
        others: Sequence[str] = (),
        groups: Sequence[str] = (),
    ) -> "Table":
        """A table from mappings (for instance of csv.DictReader); empty, “NA” and None are gaps."""
        ordered = sorted(rows, key=lambda row: (str(row[unit]), float(row[period]) if period else 0.0))
        return cls(
            units=tuple(str(row[unit]) for row in ordered),
            columns=tuple(columns),
            x=np.array([[_number(row, name) for name in columns] for row in ordered], dtype=float),
            periods=tuple(float(row[period]) for row in ordered) if period else None,
            others={name: np.array([_number(row, name) for row in ordered]) for name in others},
            groups={name: tuple(str(row[name]) for row in ordered) for name in groups},
        )

    def column(self, name: str) -> Floats:
        """One indicator; raises Refused when it is not there."""
        if name not in self.columns:
            raise Refused(
                "unknown indicator", Words(f"没有指标“{name}”", f"there is no indicator “{name}”"), node=name
            )
        values: Floats = self.x[:, self.columns.index(name)]
        return values

    def group(self, name: str) -> tuple[str, ...]:
        """One grouping of the rows; raises Refused when it is not there."""
        if not self.groups or name not in self.groups:
            raise Refused("unknown group", Words(f"没有分组“{name}”", f"there is no grouping “{name}”"))
        return self.groups[name]

    def with_values(self, x: Floats) -> "Table":
        return replace(self, x=x)

    def rows(self, keep: Flags) -> "Table":
        """The rows where `keep` is true."""
        chosen = [place for place, kept in enumerate(keep) if kept]
        groups = self.groups or {}
        return replace(
            self,
            units=tuple(self.units[place] for place in chosen),
            x=self.x[keep],
            periods=None if self.periods is None else tuple(self.periods[place] for place in chosen),
            others={name: values[keep] for name, values in (self.others or {}).items()},
            groups={name: tuple(texts[place] for place in chosen) for name, texts in groups.items()},
        )

    def blocks(self, scope: str) -> list[NDArray[np.intp]]:
        """Row numbers that are normalised together: all rows, or those of each period."""
        if scope == "all_periods":
            return [np.arange(len(self.units))]
        if self.periods is None:
            raise Refused("periods", Words("没有时期列", "the table has no periods"))
        if scope != "per_period":
            raise Refused("scope", Words(f"未知的范围“{scope}”", f"unknown scope “{scope}”"))
        return [np.flatnonzero(np.array(self.periods) == period) for period in sorted(set(self.periods))]


@dataclass(frozen=True, slots=True)
class Tree:
    """The hierarchy of a study: any depth, uneven depth allowed; weights are relative inside a node."""

    parents: Mapping[str, str | None]
    levels: Mapping[str, int]
    weights: Mapping[str, float]
    directions: Mapping[str, int]
    targets: Mapping[str, float]
    denominators: Mapping[str, str]

    @classmethod
    def from_rows(cls, rows: Iterable[Mapping[str, Any]]) -> "Tree":
        """A tree from rows with iCode, Level, Parent, Weight, Direction and, if any, Target and Denominator.

        Raises Refused, naming the row: unknown parent, no or several tops, a direction above the indicators,
        a negative weight, a node whose children weigh nothing.
        """
        kept = [row for row in rows if str(row.get("Level") or "").strip()]
        denominators = {str(row["iCode"]): str(row["Denominator"]) for row in kept if row.get("Denominator")}
        tree = cls(
            parents={str(row["iCode"]): str(row["Parent"]) if row.get("Parent") else None for row in kept},
            levels={str(row["iCode"]): int(row["Level"]) for row in kept},
            weights={str(row["iCode"]): _number(row, "Weight") for row in kept},
            directions={str(row["iCode"]): int(row.get("Direction") or 1) for row in kept},
            targets={str(row["iCode"]): _number(row, "Target") for row in kept if row.get("Target")},
            denominators=denominators,
        )
        if len(tree.parents) != len(kept):
            raise Refused("duplicate", Words("树中有重复的编号", "a code stands twice in the tree"))
        tree._check()
        return tree

    @property
    def leaves(self) -> tuple[str, ...]:
        above = set(self.parents.values())
        return tuple(name for name in self.parents if name not in above)

    @property
    def top(self) -> str:
        return next(name for name, parent in self.parents.items() if parent is None)

    @property
    def inner(self) -> tuple[str, ...]:
        """Nodes with children, lower levels first."""
        above = {parent for parent in self.parents.values() if parent is not None}
        return tuple(sorted(above, key=lambda name: (self.levels[name], name)))

    def children(self, node: str) -> tuple[str, ...]:
        return tuple(name for name, parent in self.parents.items() if parent == node)

    def leaves_below(self, node: str) -> tuple[str, ...]:
        found: list[str] = []
        for child in self.children(node):
            below = self.leaves_below(child)
            found += below or [child]
        return tuple(found)

    def ancestor(self, node: str, level: int) -> str:
        """The node at a level on the path from a node to the top."""
        here: str | None = node
        while here is not None and self.levels[here] < level:
            here = self.parents[here]
        if here is None:
            raise Refused("level", Words(f"没有第 {level} 层", f"there is no level {level}"), node=node)
        return here

    def with_weights(self, weights: "Mapping[str, float] | str | None") -> "Tree":
        """The same tree with “equal” weights or with those of a table, where it names them."""
        if weights is None:
            return self
        if isinstance(weights, str):
            if weights != "equal":
                raise Refused("weights", Words(f"未知的权重“{weights}”", f"unknown weights “{weights}”"))
            return replace(self, weights=dict.fromkeys(self.weights, 1.0))
        for name in weights:
            if name not in self.weights:
                raise Refused(
                    "weights", Words(f"权重表有未知节点“{name}”", f"weights for an unknown node “{name}”")
                )
        tree = replace(self, weights={**self.weights, **{name: float(w) for name, w in weights.items()}})
        tree._check()
        return tree

    def _check(self) -> None:
        tops = [name for name, parent in self.parents.items() if parent is None]
        if len(tops) != 1:
            raise Refused("tree", Words(f"应有一个顶层，现有 {tops}", f"one top is needed, not {tops}"))
        leaves = set(self.leaves)
        for name, parent in self.parents.items():
            fault = self._fault(name, parent, leaves)
            if fault is not None:
                raise Refused("tree", fault, node=name)
        for name in self.inner:
            if sum(self.weights[child] for child in self.children(name)) <= 0:
                raise Refused("weights", Words("下级权重之和为 0", "the children weigh nothing"), node=name)

    def _fault(self, name: str, parent: str | None, leaves: set[str]) -> Words | None:
        if parent is not None and parent not in self.parents:
            return Words(f"上级“{parent}”不存在", f"the parent “{parent}” does not exist")
        if parent is not None and self.levels[parent] <= self.levels[name]:
            return Words("上级的层次应更高", "the parent must be on a higher level")
        if not self.weights[name] >= 0:
            return Words("权重应不小于 0", "a weight must be at least 0")
        if self.directions[name] not in (1, -1) or (name not in leaves and self.directions[name] != 1):
            return Words("方向为 1 或 −1，且只属于指标", "a direction is 1 or −1 and belongs to an indicator")
        return None


def _number(row: Mapping[str, Any], name: str) -> float:
    value = row[name]
    if value is None or value in ("", "NA"):
        return math.nan
    number = float(value)
    if math.isinf(number):
        raise Refused("number", Words("数值必须有限", "the value must be finite"), node=name)
    return number
