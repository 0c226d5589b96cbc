"""The nearest fix: the smallest change of adjustable facts that settles a gate, tried before it is shown."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from scoring.criteria import plan
from scoring.criteria.edition import Clause, Criteria, Gate
from scoring.criteria.evaluate import evaluate
from scoring.criteria.kleene import value_of
from scoring.criteria.nodes import (
    EXACT,
    Arithmetic,
    Compare,
    Holds,
    Name,
    Node,
    settle_negations,
    walk,
)
from scoring.criteria.outcome import Outcome, Verdict
from scoring.criteria.phrases import spaced, stated_value
from scoring.criteria.solve import turning_point
from scoring.criteria.tables import scope_on
from scoring.facts import Facts, FactSpec, Value
from scoring.words import Words

MAX_CHANGES = 6
_SETTLED = (Verdict.PASS, Verdict.NOT_APPLICABLE)
_WORSE = {
    Verdict.NOT_APPLICABLE: 0,
    Verdict.PASS: 0,
    Verdict.REVIEW: 1,
    Verdict.INSUFFICIENT: 2,
    Verdict.FAIL: 3,
}


@dataclass(frozen=True, slots=True)
class FactChange:
    """One fact, from what is stated to what would settle the gate."""

    key: str
    before: Value | None
    after: Value


@dataclass(frozen=True, slots=True)
class Fix:
    """Changes that were tried and settle the gates named, or the day from which waiting settles them."""

    gates: tuple[str, ...]
    changes: tuple[FactChange, ...]
    words: Words
    from_day: date | None = None


def nearest_fix(outcome: Outcome, gate: Gate) -> Fix | None:
    """The smallest tried change that settles one gate and makes no other worse; None if none was found."""
    open_clauses = _open_clauses(outcome.edition, (gate,), outcome.facts, outcome.on)
    if not any(clause.adjustable for clause in open_clauses) and not _ages(open_clauses):
        return None
    with localcontext(EXACT):
        changed = _repair(outcome, (gate,))
        if changed is None:
            return _by_waiting(outcome, gate, open_clauses)
        return _as_fix(outcome, (gate.id,), changed)


def smallest_change(outcome: Outcome) -> Fix | None:
    """A combined change after which no gate fails, lacks evidence or needs review; None if none was found.

    Clauses are settled one after the other, each by its smallest step; afterwards every change that is not
    needed is taken back. What must first be stated or decided by an officer cannot be changed, so that no
    combination is offered then.
    """
    gates = tuple(
        gate
        for gate, finding in zip(outcome.edition.gates, outcome.findings, strict=True)
        if finding.verdict not in _SETTLED
    )
    if not gates:
        return None
    with localcontext(EXACT):
        changed = _repair(outcome, gates)
        return None if changed is None else _as_fix(outcome, tuple(gate.id for gate in gates), changed)


def _repair(outcome: Outcome, gates: tuple[Gate, ...]) -> dict[str, Value] | None:
    """The facts that change so that the gates are settled and no other becomes worse."""
    facts = dict(outcome.facts)
    single = _best_single(outcome, gates, facts)
    if single is not None:
        return single
    changed: dict[str, Value] = {}
    for _ in range(MAX_CHANGES):
        step = _best_step(outcome, gates, {**facts, **changed})
        if step is None:
            return None
        changed.update(step)
        if _settles(outcome, gates, {**facts, **changed}):
            return _without_idle(outcome, gates, facts, changed)
    return None


def _best_single(
    outcome: Outcome, gates: tuple[Gate, ...], facts: Mapping[str, Value]
) -> dict[str, Value] | None:
    found: list[tuple[float, str, Value]] = []
    seen: set[tuple[str, Value]] = set()
    for clause in _open_clauses(outcome.edition, gates, facts, outcome.on):
        for key, value in _candidates(outcome.edition, clause, facts, outcome.on):
            if (key, value) not in seen:
                seen.add((key, value))
                found.append((_cost(facts.get(key), value), key, value))
    for _, key, value in sorted(found, key=lambda entry: entry[:2]):
        if _settles(outcome, gates, {**facts, key: value}):
            return {key: value}
    return None


def _best_step(
    outcome: Outcome, gates: tuple[Gate, ...], facts: Mapping[str, Value]
) -> dict[str, Value] | None:
    """The cheapest change that meets one open clause without opening more."""
    open_now = _open_clauses(outcome.edition, gates, facts, outcome.on)
    found: list[tuple[int, float, str, Value]] = []
    for clause in open_now:
        for key, value in _candidates(outcome.edition, clause, facts, outcome.on):
            trial = {**facts, key: value}
            if clause in (left := _open_clauses(outcome.edition, gates, trial, outcome.on)):
                continue
            found.append((len(left), _cost(facts.get(key), value), key, value))
    if not found:
        return None
    _, _, key, value = min(found, key=lambda entry: entry[:3])
    return {key: value}


def _without_idle(
    outcome: Outcome, gates: tuple[Gate, ...], facts: Mapping[str, Value], changed: dict[str, Value]
) -> dict[str, Value]:
    for key in list(changed):
        rest = {name: value for name, value in changed.items() if name != key}
        if rest and _settles(outcome, gates, {**facts, **rest}):
            changed = rest
    return changed


def _settles(outcome: Outcome, gates: tuple[Gate, ...], facts: Facts) -> bool:
    edition = outcome.edition
    if not _keeps_invariants(edition, outcome, facts):
        return False
    after = evaluate(facts, edition, on=outcome.on)
    wanted = {gate.id for gate in gates}
    for before, now in zip(outcome.findings, after.findings, strict=True):
        if now.id in wanted:
            if now.verdict not in _SETTLED:
                return False
        elif _WORSE[now.verdict] > _WORSE[before.verdict]:
            return False
    return True


def _keeps_invariants(edition: Criteria, outcome: Outcome, facts: Facts) -> bool:
    scope = scope_on(edition, outcome.on)
    return not any(
        value_of(rule.root, facts, scope) is False and value_of(rule.root, outcome.facts, scope) is not False
        for rule in edition.invariants
    )


def _open_clauses(edition: Criteria, gates: tuple[Gate, ...], facts: Facts, on: date) -> list[Clause]:
    scope = scope_on(edition, on)
    return [
        clause
        for gate in gates
        for clause in gate.clauses
        if value_of(plan.requirement(clause).condition, facts, scope) is not True
    ]


# ---- candidates


def _candidates(edition: Criteria, clause: Clause, facts: Facts, on: date) -> Iterator[tuple[str, Value]]:
    """Values of the clause's adjustable facts that could meet it."""
    scope = scope_on(edition, on)
    condition = settle_negations(clause.require.root)
    for key in clause.adjustable:
        spec = edition.dictionary[key]
        stated = facts.get(key)
        if spec.is_numeric:
            if stated is not None:
                yield from ((key, value) for value in _numbers(spec, condition, facts, scope))
        elif spec.kind == "flag":
            if stated is not None:
                yield key, not stated
        elif spec.kind == "choice":
            if stated is not None:
                yield from ((key, choice.id) for choice in spec.choices if choice.id != stated)
        elif spec.kind == "choices" and isinstance(stated, frozenset):
            yield from ((key, value) for value in _selections(spec, condition, stated))


def _numbers(spec: FactSpec, condition: Node, facts: Facts, scope: Mapping[str, Any]) -> Iterator[Value]:
    for node in walk(condition):
        if not isinstance(node, Compare):
            continue
        point = turning_point(node, spec.key, facts, scope)
        if point is None:
            continue
        for value in _around(spec, point):
            if (spec.minimum is None or value >= spec.minimum) and (
                spec.maximum is None or value <= spec.maximum
            ):
                yield value


def _around(spec: FactSpec, point: Fraction) -> Iterator[Decimal | int]:
    """The turning point in the steps in which the fact is stated, and one step to either side."""
    places = 0 if spec.kind == "integer" else 2
    scaled = point * 10**places
    for whole in sorted(
        {math.floor(scaled), math.ceil(scaled), math.floor(scaled) - 1, math.ceil(scaled) + 1}
    ):
        yield whole if spec.kind == "integer" else Decimal(whole).scaleb(-places)


def _selections(spec: FactSpec, condition: Node, stated: frozenset[str]) -> Iterator[frozenset[str]]:
    wanted: set[str] = set()
    unwanted: set[str] = set()
    for node in walk(condition):
        if isinstance(node, Holds) and node.key == spec.key:
            (unwanted if node.negated else wanted).add(node.value)
    options = [frozenset({value}) for value in sorted(wanted - stated)]
    if len(wanted - stated) > 1:
        options.append(frozenset(wanted - stated))
    for extra in options:
        yield (stated | extra) - {"none"}
    if unwanted & stated:
        left = stated - unwanted
        has_none = any(choice.id == "none" for choice in spec.choices)
        if left or has_none:
            yield left or frozenset({"none"})


def _cost(before: Value | None, after: Value) -> float:
    """How far a change goes: the relative change of a number, 1 per choice made differently."""
    if isinstance(after, Decimal | int) and not isinstance(after, bool) and isinstance(before, Decimal | int):
        return abs(float(after) - float(before)) / max(abs(float(before)), abs(float(after)), 1.0)
    if isinstance(after, frozenset) and isinstance(before, frozenset):
        return float(len(after ^ before))
    return 1.0


# ---- waiting


def _ages(clauses: list[Clause]) -> list[Compare]:
    """Comparisons of the days since a stated date, which time itself may meet."""
    return [
        node
        for clause in clauses
        for node in walk(settle_negations(clause.require.root))
        if isinstance(node, Compare)
        and node.op in (">", ">=")
        and isinstance(node.left, Arithmetic)
        and isinstance(node.left.left, Name)
        and node.left.left.origin == "on"
        and isinstance(node.left.right, Name)
    ]


def _by_waiting(outcome: Outcome, gate: Gate, clauses: list[Clause]) -> Fix | None:
    scope = scope_on(outcome.edition, outcome.on)
    days = set()
    for node in _ages(clauses):
        assert isinstance(node.left, Arithmetic)
        since, bound = (value_of(side, outcome.facts, scope) for side in (node.left.right, node.right))
        if isinstance(since, date) and bound is not None and abs(bound) < 100_000:
            days.add(since + timedelta(days=math.ceil(bound) if node.op == ">=" else math.floor(bound) + 1))
    place = next(i for i, other in enumerate(outcome.edition.gates) if other is gate)
    for day in sorted(day for day in days if day > outcome.on):
        if evaluate(outcome.facts, outcome.edition, on=day).findings[place].verdict in _SETTLED:
            words = Words(f"自 {day} 起即可满足", f"met from {day} on")
            return Fix((gate.id,), (), words, day)
    return None


# ---- words


def _as_fix(outcome: Outcome, gates: tuple[str, ...], changed: Mapping[str, Value]) -> Fix:
    dictionary = outcome.edition.dictionary
    changes = tuple(FactChange(key, outcome.facts.get(key), value) for key, value in changed.items())
    said = [_said(change, dictionary[change.key]) for change in changes]
    zh = "，并把".join(words.zh for words in said)
    en = " and ".join(words.en for words in said)
    return Fix(gates, changes, Words(spaced(f"把{zh}", "即可满足"), f"{en[:1].upper()}{en[1:]} to meet this"))


def _said(change: FactChange, spec: FactSpec) -> Words:
    label, after = spec.label, stated_value(spec, change.after)
    if change.before is None:
        return Words(f"“{label.zh}”填为 {after.zh}", f"state “{label.en}” as {after.en}")
    before = stated_value(spec, change.before)
    if spec.is_numeric:
        assert isinstance(change.after, Decimal | int)
        assert isinstance(change.before, Decimal | int)
        zh, en = ("提高", "raise") if change.after > change.before else ("降低", "lower")
        return Words(
            spaced(label.zh, "由", before.zh, zh, "到", after.zh),
            f"{en} {label.en} from {before.en} to {after.en}",
        )
    if isinstance(change.after, frozenset) and isinstance(change.before, frozenset):
        return _said_of_choices(change.before, change.after, spec)
    return Words(
        f"{label.zh}由“{before.zh}”改为“{after.zh}”", f"change {label.en} from “{before.en}” to “{after.en}”"
    )


def _said_of_choices(before: frozenset[str], after: frozenset[str], spec: FactSpec) -> Words:
    said = []
    for values, zh, en in ((after - before, "补上", "add"), (before - after, "去掉", "remove")):
        labels = [spec.choice_label(value) for value in sorted(values - {"none"})]
        if labels:
            listed = Words("、".join(w.zh for w in labels), ", ".join(w.en for w in labels))
            said.append(Words(f"{zh}“{listed.zh}”", f"{en} “{listed.en}”"))
    return Words(
        f"“{spec.label.zh}”{'并'.join(w.zh for w in said)}",
        f"{' and '.join(w.en for w in said)} in “{spec.label.en}”",
    )
