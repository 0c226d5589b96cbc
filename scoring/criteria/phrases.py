"""The parts of a condition in words: the values stated, the limits and the days since which they hold.

Every atom becomes a small function of the facts, made once for an edition and a day: what is fixed (labels,
limits, dates) is written when it is made, what is stated when it is called.
"""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from scoring.criteria.edition import Criteria
from scoring.criteria.kleene import Scope, value_of
from scoring.criteria.nodes import (
    Among,
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
    Rounded,
    Stated,
    Text,
    Type,
    unit_of,
    walk,
)
from scoring.facts import Facts, FactSpec
from scoring.units import Unit
from scoring.words import Words

Phrase = Callable[[Facts], Words]

_OPERATORS = {
    "<": Words("小于", "below"),
    "<=": Words("不超过", "at most"),
    "==": Words("等于", "equal to"),
    "!=": Words("不等于", "other than"),
    ">=": Words("不低于", "at least"),
    ">": Words("大于", "above"),
}
_SIGNS = {"+": " + ", "-": " − ", "*": " × ", "/": " ÷ "}
_NO_SPACE = frozenset("，。；：、（）“”？！()%,.:; ")
YES, NO = Words("是", "yes"), Words("否", "no")


def spaced(*parts: str) -> str:
    """Chinese parts joined, with a space where a letter or figure meets a character."""
    text = ""
    for part in parts:
        meets = bool(text and part) and (text[-1].isascii() != part[0].isascii())
        edge = meets and not {text[-1], part[0]} & _NO_SPACE
        text += f" {part}" if edge else part
    return text


def plain(value: Decimal | int | Fraction) -> str:
    """A number with thousands separators, at most six decimals and no idle zeros."""
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Fraction):
        value = Decimal(value.numerator) / Decimal(value.denominator)
    text = f"{value:,.6f}" if value.as_tuple().exponent < -6 else f"{value:,f}"  # type: ignore[operator]
    return text.rstrip("0").rstrip(".") if "." in text else text


def quantity(value: Decimal | int | Fraction, unit: Unit | None) -> Words:
    """A number with its unit."""
    text = plain(value)
    if unit is None or not unit.label.zh:
        return Words(text, text)
    if unit.symbol == "%":
        return Words(f"{text}%", f"{text} %")
    return Words(f"{text} {unit.label.zh}", f"{text} {unit.label.en}")


def stated_value(spec: FactSpec, value: Any) -> Words:
    """A stated value as a page shows it."""
    if isinstance(value, bool):
        return YES if value else NO
    if spec.kind == "choice":
        return spec.choice_label(value)
    if isinstance(value, frozenset):
        labels = [spec.choice_label(item) for item in sorted(value)]
        return Words("、".join(label.zh for label in labels), ", ".join(label.en for label in labels))
    if isinstance(value, Decimal | int):
        return quantity(value, spec.unit)
    text = value.isoformat() if isinstance(value, date) else str(value)
    return Words(text, text)


class Phrases:
    """The atoms of an edition's conditions on one day, in words."""

    def __init__(self, edition: Criteria, on: date, scope: Scope) -> None:
        self.edition = edition
        self.dictionary: Mapping[str, FactSpec] = edition.dictionary
        self.on = on
        self.scope = scope

    def of(self, atom: Node, *, alone: bool) -> Phrase:
        """One atom in words; a choice that stands among alternatives is only stated, not demanded."""
        if isinstance(atom, Among):
            return self._among(atom, alone=alone)
        makers: dict[type, Callable[[Any], Phrase]] = {
            Compare: self._compare,
            Holds: self._holds,
            Name: self._flag,
            Not: self._flag,
            Stated: self._stated,
            Missing: self._stated,
        }
        return makers[type(atom)](atom)

    # ---- comparisons

    def _compare(self, atom: Compare) -> Phrase:
        subject, bound, op = atom.left, atom.right, atom.op
        if not _reads_facts(subject) and _reads_facts(bound):
            subject, bound = bound, subject
            op = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(op, op)
        name = self.subject(subject)
        show = self._shower(subject)
        required = _OPERATORS[op]
        scope = self.scope
        if not _reads_facts(bound):
            limit = self.limit(bound, as_share=_is_share(subject))
            zh, en = spaced("，要求", required.zh, limit.zh), f"; required: {required.en} {limit.en}"
            head = spaced(name.zh, "为") + " "

            def fixed(facts: Facts) -> Words:
                shown = show(value_of(subject, facts, scope))
                return Words(f"{head}{shown.zh}{zh}", f"{name.en}: {shown.en}{en}")

            return fixed
        other, show_other = self.subject(bound), self._shower(bound)

        def moving(facts: Facts) -> Words:
            left, right = value_of(subject, facts, scope), value_of(bound, facts, scope)
            if left is None or right is None:
                return Words(f"{name.zh}或{other.zh}无法计算", f"{name.en} or {other.en} cannot be computed")
            a, b = show(left), show_other(right)
            return Words(
                f"{spaced(name.zh, '为')} {a.zh}，{spaced('要求', required.zh, other.zh)}（{b.zh}）",
                f"{name.en}: {a.en}; required: {required.en} {other.en} ({b.en})",
            )

        return moving

    def subject(self, node: Node) -> Words:
        """What a side of a comparison is called."""
        if isinstance(node, Exact | Rounded):
            return self.subject(node.item)
        if isinstance(node, Name):
            return self.label(node)
        if isinstance(node, Number):
            return Words(plain(node.value), plain(node.value))
        if isinstance(node, Day | Text):
            return Words(str(node.value), str(node.value))
        assert isinstance(node, Arithmetic)
        if isinstance(node.left, Name) and node.left.origin == "on" and node.op == "-":
            since = self.subject(node.right)
            return Words(f"“{since.zh}”距审查日", f"Time since “{since.en}”")
        left = self._inner(node.left, node.op in "*/")
        right = self._inner(node.right, node.op in "*/-")
        sign = _SIGNS[node.op]
        return Words(f"{left.zh}{sign}{right.zh}", f"{left.en}{sign}{right.en}")

    def _inner(self, node: Node, binds: bool) -> Words:
        bare = node.item if isinstance(node, Exact | Rounded) else node
        words = self.subject(node)
        if binds and isinstance(bare, Arithmetic) and bare.op in "+-":
            return Words(f"（{words.zh}）", f"({words.en})")
        return words

    def label(self, name: Name) -> Words:
        if name.origin == "fact":
            return self.dictionary[name.key].label
        if name.origin == "parameter":
            return self.edition.parameters[name.key].label
        if name.origin == "table":
            return self.edition.tables[name.key].label
        return Words("审查日", "the day of screening")

    def limit(self, node: Node, *, as_share: bool = False) -> Words:
        """A fixed bound with its value, its unit and the day since which it holds."""
        value = value_of(node, {}, self.scope)
        shown = self._value(node.type, value, as_share)
        names = [part for part in walk(node) if isinstance(part, Name) and part.origin == "parameter"]
        if len(names) != 1:
            return shown
        since = self.edition.dated(names[0].key, self.on).since
        return Words(f"{shown.zh}（{since} 起施行）", f"{shown.en} (in force since {since})")

    def _value(self, kind: Type, value: Any, as_share: bool) -> Words:
        if isinstance(value, date):
            return Words(value.isoformat(), value.isoformat())
        if as_share:
            text = plain(value * 100)
            return Words(f"{text}%", f"{text} %")
        return quantity(value, None if kind.literal else unit_of(kind))

    def _shower(self, node: Node) -> Callable[[Any], Words]:
        kind, as_share, unit = node.type, _is_share(node), unit_of(node.type)

        def show(value: Any) -> Words:
            if value is None:
                return Words("未知", "unknown")
            if as_share or isinstance(value, date):
                return self._value(kind, value, as_share)
            return quantity(value, unit)

        return show

    # ---- choices, flags, texts

    def _among(self, atom: Among, *, alone: bool = True) -> Phrase:
        spec = self.dictionary[atom.key]
        allowed = self._allowed(atom, spec)
        label = spec.label
        zh = f"，不得为{allowed.zh}" if atom.negated else f"，应为{allowed.zh}"
        en = f"; must not be {allowed.en}" if atom.negated else f"; must be {allowed.en}"
        if not alone:
            zh = en = ""

        def say(facts: Facts) -> Words:
            shown = stated_value(spec, facts.get(atom.key))
            return Words(f"{label.zh}为“{shown.zh}”{zh}", f"{label.en}: “{shown.en}”{en}")

        return say

    def _allowed(self, atom: Among, spec: FactSpec) -> Words:
        if atom.set_name is not None:
            return self.edition.set_labels[atom.set_name]
        ids = [choice.id for choice in spec.choices if choice.id in atom.values] or sorted(atom.values)
        labels = [spec.choice_label(value) for value in ids]
        return Words("或".join(f"“{w.zh}”" for w in labels), " or ".join(f"“{w.en}”" for w in labels))

    def _holds(self, atom: Holds) -> Phrase:
        spec = self.dictionary[atom.key]
        choice = spec.choice_label(atom.value)
        has = Words(f"{spec.label.zh}包含“{choice.zh}”", f"{spec.label.en} includes “{choice.en}”")
        lacks = Words(f"{spec.label.zh}不含“{choice.zh}”", f"{spec.label.en} lacks “{choice.en}”")

        def say(facts: Facts) -> Words:
            return has if atom.value in (facts.get(atom.key) or ()) else lacks  # type: ignore[operator]

        return say

    def _flag(self, atom: Name | Not) -> Phrase:
        inner = atom.item if isinstance(atom, Not) else atom
        if isinstance(inner, Stated):
            return self._stated(inner)
        assert isinstance(inner, Name)
        label, key = self.label(inner), inner.key
        yes = Words(f"{label.zh}：是", f"{label.en}: yes")
        no = Words(f"{label.zh}：否", f"{label.en}: no")
        return lambda facts: yes if facts.get(key) is True else no

    def _stated(self, atom: Stated | Missing) -> Phrase:
        label, key = self.dictionary[atom.key].label, atom.key
        given = Words(f"已填写“{label.zh}”", f"“{label.en}” is stated")
        absent = Words(f"未填写“{label.zh}”", f"“{label.en}” is not stated")
        return lambda facts: absent if facts.get(key) is None else given


def _reads_facts(node: Node) -> bool:
    return any(isinstance(part, Name) and part.origin in ("fact", "table") for part in walk(node))


def _is_share(node: Node) -> bool:
    """A quotient without dimension, which reads best in per cent."""
    bare = node.item if isinstance(node, Rounded) else node
    return (
        isinstance(bare, Arithmetic)
        and bare.op == "/"
        and not bare.type.dimension
        and bare.type.scale == 1
        and not bare.type.literal
    )
