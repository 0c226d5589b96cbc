"""The cheapest repair: the least work that makes a project eligible, verified by evaluating again."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from itertools import count

from scoring.criteria.kleene import value_of
from scoring.criteria.nodes import EXACT, Among, Compare, Holds, walk
from scoring.facts import FactSpec, Value
from scoring.matching import wording
from scoring.matching.outcome import outcomes_of
from scoring.matching.product import Product, Rule
from scoring.matching.profiles import Dictionary, Profile, dictionary
from scoring.words import Words

MOST_STATES = 200


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: a paper to bring, a figure to state, or a term of the plan to change."""

    key: str
    label: Words
    kind: str  # document, state, adjust
    value: Value
    text: Words


@dataclass(frozen=True, slots=True)
class Repair:
    """Steps that together make the project eligible, and the work they take."""

    steps: tuple[Step, ...]
    effort: int

    @property
    def text(self) -> Words:
        return Words(
            "；".join(step.text.zh for step in self.steps) + "。",
            "; ".join(step.text.en for step in self.steps) + ".",
        )


def cheapest(product: Product, profile: Profile, on: date) -> Repair | None:
    """The repair of least effort (`products/profile.yaml`, repair); None when none was found.

    Best-first search: a state is a set of changed facts, its cost their effort. The first deciding rule that
    is not true must be settled by one of the facts it reads, so those are the branches. The goal is tested by
    evaluating all rules on the changed facts, hence what is returned is verified, and of least effort among
    the values proposed. At most `MOST_STATES` states are looked at.
    """
    known = dictionary()
    serial = count()
    queue: list[tuple[int, int, dict[str, Value]]] = [(0, next(serial), {})]
    seen: set[frozenset[tuple[str, Value]]] = set()
    for _ in range(MOST_STATES):
        if not queue:
            return None
        effort, _, changes = heapq.heappop(queue)
        state = profile.changed(changes) if changes else profile
        pending = [
            rule
            for rule, outcome in zip(product.rules, outcomes_of(product, state), strict=True)
            if rule.hard and outcome is not True
        ]
        if not pending:
            return Repair(
                tuple(_step(key, value, profile, product, known) for key, value in changes.items()), effort
            )
        branches = [list(_branches(rule, state, profile, known, on)) for rule in pending]
        if not all(branches):
            continue
        for key, value in branches[0]:
            extended = {**changes, key: value}
            mark = frozenset(extended.items())
            if mark not in seen:
                seen.add(mark)
                added = 0 if key in changes else _effort(key, profile, known)
                heapq.heappush(queue, (effort + added, next(serial), extended))
    return None


def _branches(
    rule: Rule, state: Profile, original: Profile, known: Dictionary, on: date
) -> Iterator[tuple[str, Value]]:
    """Single changes that could move the rule towards true."""
    for key in _leaves(rule, state, known):
        current = original.values.get(key)
        if current is not None and key not in known.efforts:
            continue
        for value in _proposals(key, rule, state, known[key], on):
            if value != state.values.get(key) and _allowed(key, value, current, known):
                changed = state.changed({key: value})
                if known.keeps(changed.values):
                    yield key, value


def _leaves(rule: Rule, profile: Profile, known: Dictionary) -> tuple[str, ...]:
    """The facts a rule rests on; a computed field stands for the facts it is computed from."""
    found: dict[str, None] = {}
    queue = list(rule.condition.facts)
    while queue:
        key = queue.pop(0)
        entry = known.fields.get(key)
        if entry is not None and entry.expression is not None and key not in profile.registry:
            queue.extend(entry.expression.facts)
            if entry.spec.entered_by != "applicant" and key not in profile.values:
                found[key] = None
        else:
            found[key] = None
    return tuple(found)


def _allowed(key: str, value: Value, current: Value | None, known: Dictionary) -> bool:
    spec = known[key]
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        if (spec.minimum is not None and value < spec.minimum) or (
            spec.maximum is not None and value > spec.maximum
        ):
            return False
        if isinstance(current, Decimal | int):
            direction = known.directions.get(key, "any")
            return direction == "any" or (value > current) == (direction == "up")
    return True


def _proposals(key: str, rule: Rule, state: Profile, spec: FactSpec, on: date) -> Iterator[Value]:
    if spec.kind == "flag":
        yield from (True,) if spec.key.startswith("has_") else (True, False)
    elif spec.kind == "choices":
        held = state.values.get(key)
        kept = held - {"none"} if isinstance(held, frozenset) else frozenset[str]()
        for node in walk(rule.condition.root):
            if isinstance(node, Holds) and node.key == key:
                yield kept - {node.value} if node.negated else kept | {node.value}
    elif spec.is_numeric:
        yield from _numbers(key, rule, state, spec, on)
    else:
        for node in walk(rule.condition.root):
            if isinstance(node, Among) and node.key == key and not node.negated:
                yield from sorted(node.values)


def _numbers(key: str, rule: Rule, state: Profile, spec: FactSpec, on: date) -> Iterator[Value]:
    """Values of the number at which a comparison of the rule turns, on either side of the turn."""
    for node in walk(rule.condition.root):
        if isinstance(node, Compare):
            yield from _turns(key, node, rule, state, spec, on)
    if key not in state.values:  # with a second number missing nothing can be solved; a bound may still do
        yield from (_typed(spec, bound) for bound in (spec.maximum, spec.minimum) if bound is not None)


def _turns(key: str, node: Compare, rule: Rule, state: Profile, spec: FactSpec, on: date) -> Iterator[Value]:
    def distance(x: Decimal) -> Decimal | None:
        values = state.changed({key: _typed(spec, x)}).values
        scope = {**rule.values, "on": on}
        with localcontext(EXACT):
            left, right = value_of(node.left, values, scope), value_of(node.right, values, scope)
            return None if left is None or right is None else Decimal(left) - Decimal(right)

    quantum = _quantum(spec)
    current = state.values.get(key)
    base = Decimal(current) if isinstance(current, Decimal | int) else Decimal(1)
    a, b = base, base * 2 + 1
    at_a, at_b = distance(a), distance(b)
    if at_a is None or at_b is None or at_a == at_b:
        return
    root = a - at_a * (b - a) / (at_b - at_a)
    for rounding in (ROUND_FLOOR, ROUND_CEILING):
        near = (root / quantum).to_integral_value(rounding) * quantum
        for value in (near, near - quantum, near + quantum):
            yield _typed(spec, value)


def _quantum(spec: FactSpec) -> Decimal:
    whole = spec.kind == "integer" or (spec.unit is not None and spec.unit.symbol == "month")
    return Decimal(1) if whole else Decimal("0.01")


def _typed(spec: FactSpec, value: Decimal) -> Decimal | int:
    return int(value) if spec.kind == "integer" else value


def _effort(key: str, profile: Profile, known: Dictionary) -> int:
    if known.is_document(key):
        return known.document_effort
    return known.state_effort if key not in profile.values else known.efforts[key]


def _step(key: str, value: Value, profile: Profile, product: Product, known: Dictionary) -> Step:
    spec, label, current = known[key], known[key].label, profile.values.get(key)
    if known.is_document(key):
        return Step(key, label, "document", value, Words(f"补交{label.zh}", f"Bring: {label.en}"))
    shown = wording.stated(spec, value)
    if current is None:
        asked = _asked(key, shown, product, profile)
        return Step(
            key,
            label,
            "state",
            value,
            Words(f"填报{label.zh}（{asked.zh}）", f"State: {label.en} ({asked.en})"),
        )
    before = wording.stated(spec, current)
    text = Words(f"{label.zh}由 {before.zh} 改为 {shown.zh}", f"{label.en}: change {before.en} to {shown.en}")
    return Step(key, label, "adjust", value, text)


def _asked(key: str, shown: Words, product: Product, profile: Profile) -> Words:
    """What the rules ask of a figure that is not stated yet."""
    if not dictionary()[key].is_numeric:
        return shown
    limits: dict[Words, None] = {}
    for rule in product.rules:
        if rule.hard and rule.require.facts == (key,):
            limits[wording.limit_text(rule, profile.values, profile.on)] = None
    if not limits:
        return Words(f"例如 {shown.zh}", f"for example {shown.en}")
    return Words("，".join(limit.zh for limit in limits), ", ".join(limit.en for limit in limits))
