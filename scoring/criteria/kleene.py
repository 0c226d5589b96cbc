"""Three-valued evaluation of a rule expression on the facts, exact in decimals, one node at a time."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any

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
    Text,
    children,
    walk,
)
from scoring.facts import Facts

Scope = Mapping[str, Any]


def value_of(node: Node, facts: Facts, scope: Scope) -> Any:
    """The value of one node; None is unknown. The caller sets the decimal context."""
    return _VALUES[type(node)](node, facts, scope)


def _value_of_name(node: Name, facts: Facts, scope: Scope) -> Any:
    if node.origin != "fact":
        found = scope.get(node.key)
        return found(facts) if callable(found) else found
    found = facts.get(node.key)
    if node.type.kind == "truth":
        return found if isinstance(found, bool) else None
    return found


def _value_of_arithmetic(node: Arithmetic, facts: Facts, scope: Scope) -> Any:
    left, right = value_of(node.left, facts, scope), value_of(node.right, facts, scope)
    if left is None or right is None:
        return None
    if node.op == "/":
        return None if not right else (Decimal(left) if isinstance(left, int) else left) / right
    if isinstance(left, date) and not isinstance(right, date):
        right = timedelta(days=int(right))
    result = left + right if node.op == "+" else left - right if node.op == "-" else left * right
    return Decimal(result.days) if isinstance(result, timedelta) else result


def _value_of_exact(node: Exact, facts: Facts, scope: Scope) -> Fraction | None:
    found = value_of(node.item, facts, scope)
    return None if found is None else Fraction(found)


def _value_of_rounded(node: Rounded, facts: Facts, scope: Scope) -> Decimal | None:
    return rounded(value_of(node.item, facts, scope))


def rounded(fraction: Fraction | None) -> Decimal | None:
    """The nearest decimal of 28 digits."""
    return None if fraction is None else Decimal(fraction.numerator) / Decimal(fraction.denominator)


def _value_of_compare(node: Compare, facts: Facts, scope: Scope) -> bool | None:
    left, right = value_of(node.left, facts, scope), value_of(node.right, facts, scope)
    if left is None or right is None:
        return None
    return bool(ORDER[node.op](left, right))


ORDER: Mapping[str, Callable[[Any, Any], Any]] = MappingProxyType(
    {
        "<": lambda a, b: a < b,
        "<=": lambda a, b: a <= b,
        "==": lambda a, b: a == b,
        "!=": lambda a, b: a != b,
        ">=": lambda a, b: a >= b,
        ">": lambda a, b: a > b,
    }
)


def known_text(facts: Facts, key: str, allowed: frozenset[str] | None) -> str | None:
    """A stated text or choice; one outside the known choices counts as missing."""
    found = facts.get(key)
    if not isinstance(found, str) or (allowed is not None and found not in allowed):
        return None
    return found


def _value_of_among(node: Among, facts: Facts, scope: Scope) -> bool | None:
    found = known_text(facts, node.key, node.allowed)
    return None if found is None else (found in node.values) is not node.negated


def _value_of_holds(node: Holds, facts: Facts, scope: Scope) -> bool | None:
    found = facts.get(node.key)
    if not isinstance(found, frozenset | set):
        return None
    return (node.value in found) is not node.negated


def _value_of_stated(node: Stated, facts: Facts, scope: Scope) -> bool | None:
    return True if facts.get(node.key) is not None else None


def _value_of_missing(node: Missing, facts: Facts, scope: Scope) -> bool:
    return (facts.get(node.key) is None) is not node.negated


def _value_of_not(node: Not, facts: Facts, scope: Scope) -> bool | None:
    found = value_of(node.item, facts, scope)
    return None if found is None else not found


def _value_of_and(node: And, facts: Facts, scope: Scope) -> bool | None:
    found: bool | None = True
    for item in node.items:
        value = value_of(item, facts, scope)
        if value is False:
            return False
        if value is None:
            found = None
    return found


def _value_of_or(node: Or, facts: Facts, scope: Scope) -> bool | None:
    found: bool | None = False
    for item in node.items:
        value = value_of(item, facts, scope)
        if value is True:
            return True
        if value is None:
            found = None
    return found


_VALUES: Mapping[type, Callable[[Any, Facts, Scope], Any]] = MappingProxyType(
    {
        Number: lambda node, facts, scope: node.value,
        Text: lambda node, facts, scope: node.value,
        Day: lambda node, facts, scope: node.value,
        Name: _value_of_name,
        Arithmetic: _value_of_arithmetic,
        Exact: _value_of_exact,
        Rounded: _value_of_rounded,
        Compare: _value_of_compare,
        Among: _value_of_among,
        Holds: _value_of_holds,
        Stated: _value_of_stated,
        Missing: _value_of_missing,
        Not: _value_of_not,
        And: _value_of_and,
        Or: _value_of_or,
    }
)


def undecided(node: Node, facts: Facts, scope: Scope) -> Iterator[str]:
    """The missing facts below the parts that are themselves unknown."""
    if isinstance(node, And | Or | Not):
        for child in children(node):
            if value_of(child, facts, scope) is None:
                yield from undecided(child, facts, scope)
        return
    for part in walk(node):
        if isinstance(part, Name) and part.origin == "table":
            reads = getattr(scope.get(part.key), "facts", ())
            yield from (key for key in reads if facts.get(key) is None)
        elif isinstance(part, Name | Among | Holds | Stated) and value_of(part, facts, scope) is None:
            yield part.key
