"""Whether a product can be met at all: a proof that no project can, with the rules to blame, or none found.

The deciding rules are expanded into branches of simple constraints: on choices by set algebra, on numbers by
a linear program within the bounds of the dictionary. What is not linear is left out, which only makes a
branch easier to meet; so when every branch is impossible, the product is, and that is a proof.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import numpy as np
from scipy.optimize import linprog

from scoring.criteria.nodes import (
    Among,
    And,
    Arithmetic,
    Compare,
    Day,
    Exact,
    Holds,
    Missing,
    Name,
    Node,
    Not,
    Number,
    Or,
    Rounded,
    Stated,
)
from scoring.errors import ScoringError
from scoring.facts import FactSpec
from scoring.matching.product import Product, Rule
from scoring.matching.profiles import dictionary
from scoring.words import Words

MOST_BRANCHES = 2_000
_NEGATED = {"<": ">=", "<=": ">", "==": "!=", "!=": "==", ">=": "<", ">": "<="}


class ImpossibleProduct(ScoringError):
    """A product that no project can be eligible for; says which rules exclude each other."""

    def __init__(self, conflict: "Conflict") -> None:
        super().__init__(conflict.message.en)
        self.conflict = conflict


@dataclass(frozen=True)
class Conflict:
    """The fewest rules found that cannot hold together (one alone can be beyond the bounds of its fact)."""

    rules: tuple[Rule, ...]

    @property
    def message(self) -> Words:
        zh = "、".join(f"“{rule.title.zh}”" for rule in self.rules)
        en = ", ".join(f"“{rule.title.en}”" for rule in self.rules)
        if len(self.rules) == 1:
            return Words(f"规则{zh}没有任何项目能够满足", f"no project can ever meet the rule {en}")
        return Words(f"规则{zh}互相矛盾，没有项目能够同时满足", f"the rules {en} exclude each other")


@dataclass
class _Branch:
    """Constraints that hold together so far."""

    allowed: dict[str, frozenset[str]] = field(default_factory=dict)
    refused: dict[str, frozenset[str]] = field(default_factory=dict)
    flags: dict[str, bool] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    needed: frozenset[str] = frozenset()
    lines: tuple[tuple[Mapping[str, float], float, str], ...] = ()

    def copy(self) -> "_Branch":
        return _Branch(
            dict(self.allowed), dict(self.refused), dict(self.flags), self.absent, self.needed, self.lines
        )


def find_conflict(product: Product, on: date) -> Conflict | None:
    """The rules of a product that no project can meet together; None when no such proof was found."""
    rules = [rule for rule in product.rules if rule.hard]
    if _possible(rules, on):
        return None
    kept = list(rules)
    for rule in rules:
        fewer = [other for other in kept if other is not rule]
        if not _possible(fewer, on):
            kept = fewer
    return Conflict(tuple(kept))


def require_sound(product: Product, on: date) -> None:
    """Raises ImpossibleProduct when no project can ever be eligible for the product."""
    conflict = find_conflict(product, on)
    if conflict is not None:
        raise ImpossibleProduct(conflict)


def _possible(rules: Sequence[Rule], on: date) -> bool:
    """Whether some branch of the rules may hold; True also when there are too many branches to look at."""
    branches = [_Branch()]
    for rule in rules:
        constants = {name: float(value) for name, value in rule.values.items()}
        constants["on"] = float(on.toordinal())
        grown: list[_Branch] = []
        for branch in branches:
            for found in _met(rule.condition.root, branch, constants, wanted=True):
                grown.append(found)
                if len(grown) > MOST_BRANCHES:
                    return True
        branches = grown
    return any(_solvable(branch) for branch in branches)


def _met(node: Node, branch: _Branch, constants: Mapping[str, float], *, wanted: bool) -> Iterator[_Branch]:
    if isinstance(node, Not):
        yield from _met(node.item, branch, constants, wanted=not wanted)
    elif isinstance(node, And | Or):
        if isinstance(node, And) == wanted:
            found = [branch]
            for item in node.items:
                found = [new for old in found for new in _met(item, old, constants, wanted=wanted)]
            yield from found
        else:
            for item in node.items:
                yield from _met(item, branch, constants, wanted=wanted)
    else:
        new = branch.copy()
        if _constrain(node, new, constants, wanted):
            yield new


def _constrain(node: Node, branch: _Branch, constants: Mapping[str, float], wanted: bool) -> bool:
    """Adds one simple condition; False when it contradicts the branch."""
    if isinstance(node, Compare):
        return _compare(node, branch, constants, wanted)
    if isinstance(node, Missing):
        absent = node.negated is not wanted
        if absent:
            branch.absent |= {node.key}
        else:
            branch.needed |= {node.key}
        return not branch.absent & branch.needed
    if not isinstance(node, Name | Among | Holds | Stated):
        return True
    branch.needed |= {node.key}
    if node.key in branch.absent:
        return False
    if isinstance(node, Name):
        return branch.flags.setdefault(node.key, wanted) == wanted
    if isinstance(node, Stated):
        return wanted
    positive = node.negated is not wanted
    if isinstance(node, Among):
        return _among(node, branch, positive)
    return _holds(node, branch, positive)


def _among(node: Among, branch: _Branch, positive: bool) -> bool:
    universe = branch.allowed.get(node.key, _choices(node.key))
    if universe is None:
        universe = node.values if positive else None
    if universe is None:
        return True
    branch.allowed[node.key] = universe & node.values if positive else universe - node.values
    return bool(branch.allowed[node.key])


def _holds(node: Holds, branch: _Branch, positive: bool) -> bool:
    held = branch.allowed.get(node.key, frozenset())
    refused = branch.refused.get(node.key, frozenset())
    if positive:
        held |= {node.value}
    else:
        refused |= {node.value}
    branch.allowed[node.key], branch.refused[node.key] = held, refused
    return not held & refused and not ("none" in held and len(held) > 1)


def _choices(key: str) -> frozenset[str] | None:
    spec = dictionary()[key]
    return frozenset(choice.id for choice in spec.choices) if spec.kind == "choice" else None


def _compare(node: Compare, branch: _Branch, constants: Mapping[str, float], wanted: bool) -> bool:
    left, right = _linear(node.left, constants), _linear(node.right, constants)
    op = node.op if wanted else _NEGATED[node.op]
    if left is None or right is None or op == "!=":
        return True
    weights = {key: left[0].get(key, 0.0) - right[0].get(key, 0.0) for key in {**left[0], **right[0]}}
    branch.needed |= set(weights)
    if branch.needed & branch.absent:
        return False
    branch.lines = (*branch.lines, (weights, right[1] - left[1], op))
    return True


Linear = tuple[Mapping[str, float], float]


def _linear(node: Node, constants: Mapping[str, float]) -> Linear | None:
    """Weights of facts and a constant; None where the expression is not linear."""
    if isinstance(node, Exact | Rounded):
        return _linear(node.item, constants)
    if isinstance(node, Number):
        return {}, float(node.value)
    if isinstance(node, Day):
        return {}, float(node.value.toordinal())
    if isinstance(node, Name):
        return ({node.key: 1.0}, 0.0) if node.origin == "fact" else ({}, constants[node.key])
    if not isinstance(node, Arithmetic):
        return None
    left, right = _linear(node.left, constants), _linear(node.right, constants)
    if left is None or right is None:
        return None
    if node.op in ("+", "-"):
        sign = 1.0 if node.op == "+" else -1.0
        keys = {**left[0], **right[0]}
        weights = {key: left[0].get(key, 0.0) + sign * right[0].get(key, 0.0) for key in keys}
        return weights, left[1] + sign * right[1]
    if node.op == "*" and not left[0]:
        left, right = right, left
    if right[0] or (node.op == "/" and right[1] == 0):
        return None
    factor = right[1] if node.op == "*" else 1.0 / right[1]
    return {key: weight * factor for key, weight in left[0].items()}, left[1] * factor


def _solvable(branch: _Branch) -> bool:
    """Whether the comparisons of a branch can hold within the bounds of their facts."""
    keys = sorted({key for weights, _, _ in branch.lines for key in weights})
    if not branch.lines:
        return True
    known = dictionary()
    place = {key: i for i, key in enumerate(keys)}
    above: list[list[float]] = []
    above_at: list[float] = []
    equal: list[list[float]] = []
    equal_at: list[float] = []
    for weights, constant, op in branch.lines:
        row = [0.0] * (len(keys) + 1)
        for key, weight in weights.items():
            row[place[key]] = weight
        if op == "==":
            equal.append(row)
            equal_at.append(constant)
            continue
        sign = -1.0 if op in (">", ">=") else 1.0
        scaled = [sign * weight for weight in row]
        scaled[-1] = 1.0 if op in ("<", ">") else 0.0  # a strict comparison needs room: maximise it
        above.append(scaled)
        above_at.append(sign * constant)
    found = linprog(
        np.array([0.0] * len(keys) + [-1.0]),
        A_ub=np.array(above) if above else None,
        b_ub=above_at or None,
        A_eq=np.array(equal) if equal else None,
        b_eq=equal_at or None,
        bounds=[*(_bounds(known[key]) for key in keys), (0.0, 1.0)],
        method="highs",
    )
    if found.status == 2:
        return False
    strict = any(op in ("<", ">") for _, _, op in branch.lines)
    return not (strict and found.status == 0 and float(found.fun or 0.0) >= -1e-12)


def _bounds(spec: FactSpec) -> tuple[float | None, float | None]:
    def bound(value: Decimal | None) -> float | None:
        return None if value is None else float(value)

    return bound(spec.minimum), bound(spec.maximum)
