"""The values of one fact at which a comparison turns: the root of a ratio that is linear in the fact."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from scoring.criteria.kleene import Scope, value_of
from scoring.criteria.nodes import Arithmetic, Compare, Exact, Name, Node, Rounded

Polynomial = tuple[Fraction, ...]  # coefficients from the constant up
Ratio = tuple[Polynomial, Polynomial]
_ONE: Polynomial = (Fraction(1),)


class _NotRational(Exception):
    """The side cannot be written as a ratio of polynomials in the fact."""


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
