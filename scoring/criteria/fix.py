"""The nearest fix: the smallest change of adjustable facts that settles a gate, tried before it is shown."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction

from scoring.criteria.code import Get
from scoring.criteria.edition import Gate
from scoring.criteria.evaluate import evaluate
from scoring.criteria.judge import Atom, Judge, JudgedClause, JudgedGate, atoms, judge_on
from scoring.criteria.nodes import EXACT, Arithmetic, Compare, Holds, Name
from scoring.criteria.outcome import Outcome
from scoring.criteria.phrases import spaced, stated_value
from scoring.criteria.solve import turning
from scoring.criteria.tables import scope_on
from scoring.facts import FactSpec, Value
from scoring.words import Words

MAX_CHANGES = 6
_FAR = 100_000  # days

Facts = dict[str, Value]
Candidates = Callable[[Mapping[str, Value]], Iterator[Value]]


@dataclass(frozen=True, slots=True)
class FactChange:
    """One fact, from what is stated to what would settle the gate."""

    key: str
    before: Value | None
    after: Value
    spec: FactSpec


@dataclass(frozen=True, slots=True)
class Fix:
    """Changes that were tried and settle the gates named, or the day from which waiting settles them."""

    gates: tuple[str, ...]
    changes: tuple[FactChange, ...]
    from_day: date | None = None

    @property
    def words(self) -> Words:
        if self.from_day is not None:
            return Words(f"自 {self.from_day} 起即可满足", f"met from {self.from_day} on")
        said = [_said(change) for change in self.changes]
        zh, en = "，并把".join(words.zh for words in said), " and ".join(words.en for words in said)
        return Words(spaced(f"把{zh}", "即可满足"), f"{en[:1].upper()}{en[1:]} to meet this")


def nearest_fix(outcome: Outcome, gate: Gate) -> Fix | None:
    """The smallest tried change that settles one gate and makes no other worse; None if none was found."""
    mender = _mender(outcome)
    place = mender.places[gate.id]
    if not mender.can_help[place]:
        return None
    with localcontext(EXACT):
        get = outcome.facts.get
        if all(clause.condition.value(get) is None for clause in _open([mender.judge.gates[place]], get)):
            return None  # something is to be stated first, not changed
        changed = mender.repair(outcome, (place,))
        return mender.waited(outcome, place) if changed is None else mender.fix(outcome, (place,), changed)


def smallest_change(outcome: Outcome) -> Fix | None:
    """A combined change after which no gate fails, lacks evidence or needs review; None if none was found.

    Clauses are settled one after the other, each by its smallest step; afterwards every change that is not
    needed is taken back. What must first be stated or decided by an officer cannot be changed, so that no
    combination is offered then.
    """
    mender = _mender(outcome)
    stopped = outcome.raw[0] | outcome.raw[1] | outcome.raw[2]
    gates = tuple(place for place in range(len(mender.judge.gates)) if stopped >> place & 1)
    if not gates:
        return None
    with localcontext(EXACT):
        changed = mender.repair(outcome, gates)
        return None if changed is None else mender.fix(outcome, gates, changed)


def _mender(outcome: Outcome) -> "_Mender":
    key = ("mender", outcome.on)
    found: _Mender | None = outcome.edition.programs.get(key)
    if found is None:
        found = outcome.edition.programs[key] = _Mender(judge_on(outcome.edition, outcome.on))
    return found


class _Mender:
    """What may be changed in each clause of an edition on one day."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.dictionary = judge.edition.dictionary
        self.places = {judged.gate.id: place for place, judged in enumerate(judge.gates)}
        scope = scope_on(judge.edition, judge.on)
        self.candidates: dict[int, list[tuple[str, Candidates]]] = {}
        for judged in judge.gates:
            for clause in judged.clauses:
                self.candidates[id(clause)] = [
                    (key, _candidates(self.dictionary[key], clause, scope))
                    for key in clause.clause.adjustable
                ]
        self.ages = [[atom for clause in judged.clauses for atom in _ages(clause)] for judged in judge.gates]
        self.can_help = [
            bool(self.ages[place]) or any(clause.clause.adjustable for clause in judged.clauses)
            for place, judged in enumerate(judge.gates)
        ]

    def fix(self, outcome: Outcome, places: tuple[int, ...], changed: Facts) -> Fix:
        changes = tuple(
            FactChange(key, outcome.facts.get(key), value, self.dictionary[key])
            for key, value in changed.items()
        )
        return Fix(tuple(self.judge.gates[place].gate.id for place in places), changes)

    def repair(self, outcome: Outcome, places: tuple[int, ...]) -> Facts | None:
        """The facts that change so that the gates are settled and no other becomes worse."""
        gates = [self.judge.gates[place] for place in places]
        bits = sum(1 << place for place in places)
        facts = outcome.facts
        options = list(self._options(gates, facts))
        for _, key, value in sorted(options, key=lambda entry: entry[:2]):
            if self._settles(outcome, gates, bits, {**facts, key: value}):
                return {key: value}
        if not options:
            return None
        changed: Facts = {}
        for _ in range(MAX_CHANGES):
            step = self._best_step(gates, {**facts, **changed})
            if step is None:
                return None
            changed.update(step)
            if self._settles(outcome, gates, bits, {**facts, **changed}):
                return self._without_idle(outcome, gates, bits, changed)
        return None

    def _options(
        self, gates: list[JudgedGate], facts: Mapping[str, Value]
    ) -> Iterator[tuple[float, str, Value]]:
        """Changes of one fact that could meet a clause that is not met, with what they cost."""
        seen: set[tuple[str, Value]] = set()
        for clause in _open(gates, facts.get):
            for key, values in self.candidates[id(clause)]:
                stated = facts.get(key)
                if stated is None:
                    continue
                for value in values(facts):
                    if (key, value) not in seen and value != stated:
                        seen.add((key, value))
                        yield _cost(stated, value), key, value

    def _best_step(self, gates: list[JudgedGate], facts: Facts) -> Facts | None:
        """The cheapest change after which the fewest clauses are left open, one of the present ones met."""
        before = _open(gates, facts.get)
        found = []
        for cost, key, value in self._options(gates, facts):
            left = _open(gates, {**facts, key: value}.get)
            if any(clause not in left for clause in before):
                found.append((len(left), cost, key, value))
        if not found:
            return None
        _, _, key, value = min(found, key=lambda entry: entry[:3])
        return {key: value}

    def _without_idle(self, outcome: Outcome, gates: list[JudgedGate], bits: int, changed: Facts) -> Facts:
        for key in list(changed):
            rest = {name: value for name, value in changed.items() if name != key}
            if rest and self._settles(outcome, gates, bits, {**outcome.facts, **rest}):
                changed = rest
        return changed

    def _settles(self, outcome: Outcome, gates: list[JudgedGate], bits: int, facts: Facts) -> bool:
        """Whether the gates are settled by these facts, by evaluation, and no other gate is worse off."""
        if _open(gates, facts.get, first=True):
            return False
        if any(
            rule(facts.get) is False and rule(outcome.facts.get) is not False
            for rule in self.judge.invariants
        ):
            return False
        failed, lacking, review, *_ = evaluate(facts, outcome.edition, on=outcome.on).raw
        was_failed, was_lacking, was_review, *_ = outcome.raw
        if (failed | lacking | review) & bits:
            return False
        worse = failed & ~was_failed | lacking & ~(was_failed | was_lacking)
        return not (worse | review & ~(was_failed | was_lacking | was_review))

    def waited(self, outcome: Outcome, place: int) -> Fix | None:
        """The first day from which time alone settles the gate."""
        get = outcome.facts.get
        days = set()
        for atom in self.ages[place]:
            node = atom.node
            assert isinstance(node, Compare)
            assert isinstance(node.left, Arithmetic)
            assert isinstance(node.left.right, Name)
            assert atom.sides is not None
            since, bound = get(node.left.right.key), atom.sides[1](get)
            if isinstance(since, date) and bound is not None and abs(bound) < _FAR:
                wait = math.ceil(bound) if node.op == ">=" else math.floor(bound) + 1
                days.add(since + timedelta(days=wait))
        for day in sorted(day for day in days if day > outcome.on):
            failed, lacking, review, *_ = evaluate(outcome.facts, outcome.edition, on=day).raw
            if not (failed | lacking | review) >> place & 1:
                return Fix((self.judge.gates[place].gate.id,), (), day)
        return None


def _open(gates: list[JudgedGate], get: Get, *, first: bool = False) -> list[JudgedClause]:
    """The clauses that are not known to be met; with `first` at most one."""
    found = []
    for judged in gates:
        if judged.applies is not None and judged.applies.value(get) is False:
            continue
        for clause in judged.clauses:
            if clause.condition.value(get) is not True:
                found.append(clause)
                if first:
                    return found
    return found


# ---- candidates


def _candidates(spec: FactSpec, judged: JudgedClause, scope: Mapping[str, object]) -> Candidates:
    """A function from the facts to the values of one fact that could meet the clause."""
    if spec.is_numeric:
        roots = [turning(atom, spec.key, scope) for atom in atoms(judged.require) if spec.key in atom.facts]
        return lambda facts: _numbers(spec, roots, facts)
    if spec.kind == "flag":
        return lambda facts: iter((not facts[spec.key],))
    if spec.kind == "choice":
        return lambda facts: (choice.id for choice in spec.choices)
    if spec.kind == "choices":
        held = [atom.node for atom in atoms(judged.require) if isinstance(atom.node, Holds)]
        nodes = [node for node in held if node.key == spec.key]
        return lambda facts: _selections(spec, nodes, facts[spec.key])
    return lambda facts: iter(())


def _numbers(
    spec: FactSpec,
    roots: list[Callable[[Mapping[str, Value]], Decimal | Fraction | None]],
    facts: Mapping[str, Value],
) -> Iterator[Value]:
    for root in roots:
        point = root(facts)
        if point is None:
            continue
        for value in _around(spec, point):
            if (spec.minimum is None or value >= spec.minimum) and (
                spec.maximum is None or value <= spec.maximum
            ):
                yield value


def _around(spec: FactSpec, point: Decimal | Fraction) -> Iterator[Decimal | int]:
    """The turning point in the steps in which the fact is stated, and one step to either side."""
    places = 0 if spec.kind == "integer" else 2
    low, high = math.floor(point * 10**places), math.ceil(point * 10**places)
    for whole in (low, high, low - 1, high + 1) if low != high else (low, low - 1, low + 1):
        yield whole if spec.kind == "integer" else Decimal(whole).scaleb(-places)


def _selections(spec: FactSpec, nodes: list[Holds], stated: Value) -> Iterator[frozenset[str]]:
    assert isinstance(stated, frozenset)
    wanted = {node.value for node in nodes if not node.negated} - stated
    unwanted = {node.value for node in nodes if node.negated} & stated
    options = [frozenset({value}) for value in sorted(wanted)]
    if len(wanted) > 1:
        options.append(frozenset(wanted))
    for extra in options:
        yield (stated | extra) - {"none"}
    if unwanted:
        left = stated - unwanted
        if left or any(choice.id == "none" for choice in spec.choices):
            yield left or frozenset({"none"})


def _cost(before: Value, after: Value) -> float:
    """How far a change goes: the relative change of a number, 1 per choice made differently."""
    if isinstance(after, Decimal | int) and not isinstance(after, bool) and isinstance(before, Decimal | int):
        return abs(float(after) - float(before)) / max(abs(float(before)), abs(float(after)), 1.0)
    if isinstance(after, frozenset) and isinstance(before, frozenset):
        return float(len(after ^ before))
    return 1.0


def _ages(judged: JudgedClause) -> Iterator[Atom]:
    """Comparisons of the days since a stated date, which time itself may meet."""
    for atom in atoms(judged.require):
        node = atom.node
        if isinstance(node, Compare) and node.op in (">", ">=") and isinstance(node.left, Arithmetic):
            first, second = node.left.left, node.left.right
            if isinstance(first, Name) and first.origin == "on" and isinstance(second, Name):
                yield atom


# ---- words


def _said(change: FactChange) -> Words:
    spec = change.spec
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
