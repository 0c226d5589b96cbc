"""A method: the frozen file that says what the index measures, against which yardstick, how it is added."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Any

from scoring.index.means import Mean
from scoring.index.refusal import Refused
from scoring.words import Words

NOBODY = Words("", "")


@dataclass(frozen=True, slots=True)
class Basis:
    """Where a number comes from and how far it may be trusted."""

    id: str
    issuer: str
    title: str
    article: str
    date: str
    address: str
    status: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Leaf:
    """One indicator: unit, direction and goalposts in natural units, and who delivers it."""

    id: str
    title: Words
    unit: str
    weight: float
    direction: str  # up, down, band (a target with a tolerance on both sides)
    floor: float
    target: float
    tolerance: float = 0.0
    measure: str = "stock"  # stock (end of quarter), flow (sum of `quarters`), ratio
    quarters: int = 1
    source: str = "external"  # registry, external
    owner: Words = NOBODY
    due_days: int = 0
    scales: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    cap_low: float | None = None
    cap_high: float | None = None
    denominator: str | None = None
    per: float = 1.0
    error: float = 0.0  # relative standard error of one value, for the band
    self_reported: bool = False
    status: str = "proposed"
    confidence: str = "low"
    basis: tuple[str, ...] = ()

    @property
    def posts(self) -> tuple[float, float]:
        """(floor, target) on the axis that is scored; for a band, distances from the target."""
        if self.direction == "band":
            return abs(self.floor - self.target), self.tolerance
        return self.floor, self.target

    def share(self, x: float) -> float:
        """(x − floor) / (target − floor): 0 at the floor, 1 at the target, unclipped."""
        if self.direction != "band":
            return (x - self.floor) / (self.target - self.floor)
        floor, target = self.posts
        return (abs(x - self.target) - floor) / (target - floor)


@dataclass(frozen=True)
class Node:
    """An inner node: the mean of its children, a gap when too few of them are present."""

    id: str
    title: Words
    weight: float
    mean: Mean
    present: Fraction
    by_weight: bool
    children: "tuple[Part, ...]"

    def walk(self) -> "Iterator[Part]":
        """This node and everything below it, parents first."""
        yield self
        for child in self.children:
            if isinstance(child, Node):
                yield from child.walk()
            else:
                yield child

    @cached_property
    def leaves(self) -> tuple[Leaf, ...]:
        return tuple(node for node in self.walk() if isinstance(node, Leaf))

    @cached_property
    def inner(self) -> "tuple[Node, ...]":
        """The nodes with children, children before parents."""
        return tuple(node for node in self.walk() if isinstance(node, Node))[::-1]

    def only(self, keep: "frozenset[str]") -> "Node | None":
        """The same tree with these leaves alone; None when none is left."""
        kept: list[Part] = []
        for child in self.children:
            if isinstance(child, Node):
                smaller = child.only(keep)
                if smaller is not None:
                    kept.append(smaller)
            elif child.id in keep:
                kept.append(child)
        if not kept:
            return None
        return Node(self.id, self.title, self.weight, self.mean, self.present, self.by_weight, tuple(kept))


Part = Node | Leaf


@dataclass(frozen=True, slots=True)
class Scale:
    """Units that are compared with each other, and their names."""

    id: str
    title: Words
    units: dict[str, Words]


@dataclass(frozen=True, slots=True)
class Rules:
    """Score range, gaps, momentum and publication; each number is one of the method file."""

    lower: float
    upper: float
    clip: str  # both, lower, upper, none
    carry_quarters: int
    group_median: bool
    most_estimated: float
    momentum_base: float
    momentum_from: str
    ratio_low: float
    ratio_high: float
    floor_share: float
    decimals: int
    least_base_score: float


@dataclass(frozen=True)
class Method:
    """One edition of the method. Equal documents have equal hashes; nothing in it changes after loading."""

    id: str
    version: str
    title: Words
    note: Words
    valid_from: date
    valid_to: date | None
    review: date
    administrator: Words
    rules: Rules
    scales: tuple[Scale, ...]
    denominators: dict[str, Words]
    tree: Node
    crosswalk: tuple[dict[str, Any], ...]
    crosswalk_complete: bool
    basis: dict[str, Basis]
    document: dict[str, Any] = field(repr=False, compare=False)

    @cached_property
    def canonical(self) -> bytes:
        """The method as canonical JSON: sorted keys, UTF-8, exact decimals as text, LF at the end."""
        text = json.dumps(self.document, ensure_ascii=False, sort_keys=True, indent=1)
        return (text + "\n").encode()

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the canonical JSON; the identity of the method."""
        return hashlib.sha256(self.canonical).hexdigest()

    @cached_property
    def leaves(self) -> dict[str, Leaf]:
        return {leaf.id: leaf for leaf in self.tree.leaves}

    @cached_property
    def nodes(self) -> dict[str, Part]:
        return {node.id: node for node in self.tree.walk()}

    @cached_property
    def dimensions(self) -> tuple[Part, ...]:
        return self.tree.children

    @cached_property
    def trees(self) -> dict[str, Node]:
        """The tree of each scale: indicators that do not exist there are out by declaration, not by gap."""
        found = {}
        for scale in self.scales:
            keep = frozenset(leaf.id for leaf in self.tree.leaves if scale.id in leaf.scales)
            tree = self.tree.only(keep)
            if tree is not None:
                found[scale.id] = tree
        return found

    @cached_property
    def scale_of(self) -> dict[str, Scale]:
        return {unit: scale for scale in self.scales for unit in scale.units}

    @cached_property
    def unit_titles(self) -> dict[str, Words]:
        return {unit: words for scale in self.scales for unit, words in scale.units.items()}

    def tree_of(self, unit: str) -> Node:
        """The tree by which a unit is scored; raises Refused for an unknown unit."""
        scale = self.scale_of.get(unit)
        if scale is None or scale.id not in self.trees:
            raise Refused(
                "unknown unit",
                Words(f"方法文件没有单元“{unit}”", f"the method knows no unit “{unit}”"),
                unit=unit,
            )
        return self.trees[scale.id]


def effective_weights(tree: Node) -> dict[str, float]:
    """Each leaf's share of the whole: the product of the normalised weights on its path; they add up to 1."""
    found: dict[str, float] = {}

    def descend(node: Node, share: float) -> None:
        total = sum(child.weight for child in node.children)
        for child in node.children:
            part = share * child.weight / total
            if isinstance(child, Node):
                descend(child, part)
            else:
                found[child.id] = part

    descend(tree, 1.0)
    return found
