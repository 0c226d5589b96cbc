"""How values and limits of rules read on a page, in both languages."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from scoring import taxonomy
from scoring.criteria.kleene import value_of
from scoring.criteria.nodes import Among, And, Compare, Holds, Missing, Name, Node, Not, Or, unit_of, walk
from scoring.facts import FactSpec, Value
from scoring.matching.product import Rule
from scoring.matching.profiles import dictionary
from scoring.units import Unit
from scoring.words import Words

NOT_STATED = Words("未提供", "not stated")
_YES, _NO = Words("是", "yes"), Words("否", "no")
_NONE = Words("", "")
_SIGNS = {">=": "≥", "<=": "≤", "==": "=", "!=": "≠", ">": ">", "<": "<"}
_TURNED = {">=": "<=", "<=": ">=", ">": "<", "<": ">"}


def number(value: Decimal | int | float, unit: Unit | None) -> Words:
    """A number with its unit, at most four decimals, thousands separated."""
    exact = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
    text = f"{exact.quantize(Decimal('0.0001')).normalize():,f}"
    if unit is None or not unit.label.zh:
        return Words(text, text)
    gap = "" if unit.symbol == "%" else " "
    return Words(f"{text}{gap}{unit.label.zh}", f"{text}{gap}{unit.label.en}")


def stated(spec: FactSpec, value: Value | None) -> Words:
    """A fact's value as a page shows it."""
    if value is None:
        return NOT_STATED
    if isinstance(value, bool):
        return _YES if value else _NO
    if isinstance(value, Decimal | int):
        return number(value, spec.unit)
    if isinstance(value, date):
        return Words(value.isoformat(), value.isoformat())
    if isinstance(value, frozenset):
        return _join([_label(spec, item) for item in sorted(value)])
    return _label(spec, value)


def value_text(rule: Rule, values: Mapping[str, Value], on: date) -> Words:
    """What the project states for the rule."""
    side = _measured(rule.require.root)
    if side is not None and not isinstance(side[0], Name):
        found = value_of(side[0], values, {**rule.values, "on": on})
        return NOT_STATED if found is None else number(found, unit_of(side[0].type))
    known = dictionary()
    keys = rule.require.facts
    if len(keys) == 1:
        return stated(known[keys[0]], values.get(keys[0]))
    parts = [(known[key].label, stated(known[key], values.get(key))) for key in keys]
    return _join([Words(f"{label.zh}：{text.zh}", f"{label.en}: {text.en}") for label, text in parts])


def limit_text(rule: Rule, values: Mapping[str, Value], on: date) -> Words:
    """What the rule asks for."""
    root = rule.require.root
    side = _measured(root)
    if side is not None:
        _, op, other = side
        found = value_of(other, values, {**rule.values, "on": on})
        asked = NOT_STATED if found is None else number(found, unit_of(other.type))
        return Words(f"{_SIGNS[op]} {asked.zh}", f"{_SIGNS[op]} {asked.en}")
    known = dictionary()
    if isinstance(root, Among):
        listed = _join([_label(known[root.key], item) for item in sorted(root.values)])
        return Words(f"不属于：{listed.zh}", f"none of: {listed.en}") if root.negated else listed
    held = [node for node in walk(root) if isinstance(node, Holds)]
    if held and isinstance(root, Or | Holds):
        listed = _join([_label(known[node.key], node.value) for node in held])
        return Words(f"任一：{listed.zh}", f"any of: {listed.en}")
    if isinstance(root, Not) and isinstance(root.item, Name):
        return _NO
    if isinstance(root, Name) or (isinstance(root, And) and all(isinstance(i, Name) for i in root.items)):
        return _YES
    return _interval(root, rule, values, on)


def _measured(root: Node) -> tuple[Node, str, Node] | None:
    """The side of a single comparison that the project decides, the operator, and the other side."""
    if not isinstance(root, Compare):
        return None
    if any(isinstance(node, Name) and node.origin == "fact" for node in walk(root.left)):
        return root.left, root.op, root.right
    return root.right, _TURNED.get(root.op, root.op), root.left


def _interval(root: Node, rule: Rule, values: Mapping[str, Value], on: date) -> Words:
    if isinstance(root, Missing) or not isinstance(root, And):
        return _NONE
    parts = []
    for item in root.items:
        side = _measured(item)
        if side is None:
            return _NONE
        found = value_of(side[2], values, {**rule.values, "on": on})
        if found is None:
            return _NONE
        asked = number(found, unit_of(side[2].type))
        parts.append(Words(f"{_SIGNS[side[1]]} {asked.zh}", f"{_SIGNS[side[1]]} {asked.en}"))
    return _join(parts)


def _label(spec: FactSpec, item: str) -> Words:
    if spec.check == "category":
        category = taxonomy.categories().get(item)
        return Words(item, item) if category is None else category.label
    return spec.choice_label(item)


def _join(parts: list[Words]) -> Words:
    return Words("、".join(part.zh for part in parts), ", ".join(part.en for part in parts))
