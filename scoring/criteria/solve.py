"""The values of one fact at which a comparison turns: the root of a ratio that is linear in the fact."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from scoring.criteria.judge import Atom
from scoring.criteria.kleene import Scope, value_of
from scoring.criteria.nodes import Arithmetic, Compare, Exact, Name, Node, Rounded, walk

Polynomial = tuple[Fraction, ...]  # coefficients from the constant up
Ratio = tuple[Polynomial, Polynomial]
_ONE: Polynomial = (Fraction(1),)


class _NotRational(Exception):
    """The side cannot be written as a ratio of polynomials in the fact."""


def turning(atom: Atom, key: str, scope: Scope) -> Callable[[Mapping[str, Any]], Decimal | Fraction | None]:
    """A function from the facts to the value of one fact at which the comparison turns, or None.

    Where the fact stands in it once, the way to it is undone step by step; else the ratio is solved.
    """
    node = atom.node
    if not isinstance(node, Compare) or node.left.type.kind != "number":
        return lambda facts: None
    steps = _way_to(node, key)
    if steps is None:
        return lambda facts: turning_point(node, key, facts, scope)
    return lambda facts: _undone(steps, facts, scope)


Step = tuple[str, bool, Node]  # the operation, whether the fact is on its left, the other operand


def _way_to(comparison: Compare, key: str) -> list[Step] | None:
    """The operations between the comparison and the fact; None where it occurs more than once."""
    left, right = _count(comparison.left, key), _count(comparison.right, key)
    if left + right != 1:
        return None
    node, other = (comparison.left, comparison.right) if left else (comparison.right, comparison.left)
    steps: list[Step] = [("=", True, other)]
    while not isinstance(node, Name):
        if isinstance(node, Exact | Rounded):
            node = node.item
            continue
        if not isinstance(node, Arithmetic):
            return None
        on_left = bool(_count(node.left, key))
        steps.append((node.op, on_left, node.right if on_left else node.left))
        node = node.left if on_left else node.right
    return steps if node.origin == "fact" else None


def _count(node: Node, key: str) -> int:
    """How often the fact is read; often, where a table may read it."""
    names = [part for part in walk(node) if isinstance(part, Name)]
    if any(name.origin == "table" for name in names):
        return 2
    return sum(name.origin == "fact" and name.key == key for name in names)


def _undone(steps: list[Step], facts: Mapping[str, Any], scope: Scope) -> Decimal | Fraction | None:
    target: Any = None
    for op, on_left, other in steps:
        value = value_of(other, facts, scope)
        if value is None:
            return None
        if isinstance(target, Fraction) or isinstance(value, Fraction):
            target, value = None if target is None else Fraction(target), Fraction(value)
        if op == "=":
            target = value
        elif op == "+":
            target = target - value
        elif op == "-":
            target = target + value if on_left else value - target
        elif op == "*":
            target = target / value if value else None
        else:
            target = target * value if on_left else (value / target if target else None)
        if target is None:
            return None
    return None if target is None else Fraction(target) if isinstance(target, int) else target


def turning_point(comparison: Compare, key: str, facts: Mapping[str, Any], scope: Scope) -> Fraction | None:
    """The value of `key` at which both sides are equal, the other facts as they are, if just one is.

    left(x) / right(x) are brought to one ratio p(x)/q(x); where p is linear its root is the answer.
    """
    try:
        left, right = (_ratio(side, key, facts, scope) for side in (comparison.left, comparison.right))
    except _NotRational:
        return None
    difference = _trim(_add(_multiply(left[0], right[1]), _multiply(right[0], left[1]), -1))
    if len(difference) != 2:
        return None
    return -difference[0] / difference[1]


def _ratio(node: Node, key: str, facts: Mapping[str, Any], scope: Scope) -> Ratio:
    if isinstance(node, Exact | Rounded):
        return _ratio(node.item, key, facts, scope)
    if isinstance(node, Name) and node.origin == "fact" and node.key == key:
        return (Fraction(0), Fraction(1)), _ONE
    if not isinstance(node, Arithmetic):
        value = value_of(node, facts, scope)
        if not isinstance(value, Decimal | int) or isinstance(value, bool):
            raise _NotRational
        if isinstance(node, Name) and node.origin == "table" and key in getattr(scope[node.key], "facts", ()):
            raise _NotRational
        return (Fraction(value),), _ONE
    (a, b), (c, d) = _ratio(node.left, key, facts, scope), _ratio(node.right, key, facts, scope)
    if node.op == "*":
        return _multiply(a, c), _multiply(b, d)
    if node.op == "/":
        return _multiply(a, d), _multiply(b, c)
    return _add(_multiply(a, d), _multiply(c, b), 1 if node.op == "+" else -1), _multiply(b, d)


def _multiply(a: Polynomial, b: Polynomial) -> Polynomial:
    found = [Fraction(0)] * (len(a) + len(b) - 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            found[i + j] += x * y
    return tuple(found)


def _add(a: Polynomial, b: Polynomial, sign: int) -> Polynomial:
    size = max(len(a), len(b))
    padded = [p + (Fraction(0),) * (size - len(p)) for p in (a, b)]
    return tuple(x + sign * y for x, y in zip(*padded, strict=True))


def _trim(polynomial: Polynomial) -> Polynomial:
    found = list(polynomial)
    while len(found) > 1 and not found[-1]:
        found.pop()
    return tuple(found)
