"""The reasons of an outcome: per gate and criterion the requirement, the value, the limit, the way out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from typing import Any

from scoring.criteria import plan
from scoring.criteria.edition import CONFIDENCES, STATUSES, Basis, Clause, Criteria, Gate, Part, Scored
from scoring.criteria.fix import Fix, nearest_fix
from scoring.criteria.kleene import undecided, value_of
from scoring.criteria.nodes import EXACT, And, Compare, Name, Node, Or, settle_negations, walk
from scoring.criteria.outcome import Outcome, Verdict
from scoring.criteria.phrases import Phrase, Phrases, plain
from scoring.criteria.tables import part_value, scope_on
from scoring.facts import Facts
from scoring.words import Words


@dataclass(frozen=True, slots=True)
class Explanation:
    """One gate or scored criterion, explained. Scored criteria have points instead of a verdict."""

    id: str
    title: Words
    verdict: Verdict | None
    text: Words
    values: tuple[tuple[str, Words, Any], ...]  # the facts that decide: key, label, stated value
    basis: tuple[Basis, ...]
    status: str
    confidence: str
    missing: tuple[str, ...]
    distance: Decimal | None = None  # from the value to the limit, in the unit of the limit
    fix: Words | None = None
    change: Fix | None = None
    points: Decimal | None = None
    full: Decimal | None = None


def explain(outcome: Outcome) -> tuple[Explanation, ...]:
    """The explanations of all gates, then of all scored criteria that can count."""
    book = _book(outcome.edition, outcome.on)
    counted = outcome.counted()
    with localcontext(EXACT):
        gates = [
            book.gates[place].explain(outcome, finding.verdict)
            for place, finding in enumerate(outcome.findings)
        ]
        scored = [
            book.criteria[place].explain(outcome, outcome.raw[4][place])
            for place, criterion in enumerate(outcome.edition.criteria)
            if criterion.id in counted
        ]
    return (*gates, *scored)


def _book(edition: Criteria, on: date) -> "_Book":
    key = ("book", on)
    found: _Book | None = edition.programs.get(key)
    if found is None:
        found = edition.programs[key] = _Book(edition, on)
    return found


class _Book:
    """Everything about an edition's explanations on one day that does not depend on the facts."""

    def __init__(self, edition: Criteria, on: date) -> None:
        scope = scope_on(edition, on)
        phrases = Phrases(edition, on, scope)
        with localcontext(EXACT):
            self.gates = [_GatePage(gate, edition, phrases) for gate in edition.gates]
            self.criteria = [_ScorePage(criterion, edition, phrases) for criterion in edition.criteria]


class _GatePage:
    def __init__(self, gate: Gate, edition: Criteria, phrases: Phrases) -> None:
        self.gate = gate
        self.scope = phrases.scope
        self.dictionary = edition.dictionary
        self.clauses = [_ClausePage(clause, gate, edition, phrases) for clause in gate.clauses]
        self.applies = plan.applies(gate)
        self.rank = rank(gate.basis)
        says = [page.says for page in self.clauses if page.says and page.otherwise is Verdict.FAIL]
        self.met = joined(says or [page.says for page in self.clauses if page.says is not None])

    def explain(self, outcome: Outcome, verdict: Verdict) -> Explanation:
        facts, gate = outcome.facts, self.gate
        if verdict is Verdict.NOT_APPLICABLE:
            text = Words("不适用。", "Not applicable.")
            return Explanation(gate.id, gate.title, verdict, text, (), gate.basis, *self.rank, ())
        if verdict is Verdict.PASS:
            return self._passed(facts, verdict)
        pages = [page for page in self.clauses if page.verdict(facts, self.scope) is verdict]
        missing = dict.fromkeys(key for page in pages for key in page.missing(facts, self.scope))
        if verdict is Verdict.INSUFFICIENT and self.applies is not None:
            missing = {**dict.fromkeys(undecided(self.applies, facts, self.scope)), **missing}
        missing = dict.fromkeys(outcome.askable(missing))
        if not pages:  # only whether the gate applies is unknown
            return self._open(verdict, tuple(missing))
        texts = [page.text(facts, self.scope) for page in pages if page.is_decided(facts, self.scope)]
        if missing:
            texts.append(not_stated(tuple(missing), self.dictionary))
        values = dict.fromkeys(key for page in pages for key in page.deciding_facts(facts, self.scope))
        basis = tuple(dict.fromkeys(entry for page in pages for entry in page.basis))
        fix = nearest_fix(outcome, gate)
        return Explanation(
            gate.id,
            gate.title,
            verdict,
            joined(texts),
            tuple((key, self.dictionary[key].label, facts[key]) for key in values if key in facts),
            basis,
            *rank(basis),
            tuple(missing),
            next((d for page in pages if (d := page.distance(facts, self.scope)) is not None), None),
            fix.words if fix is not None else None,
            fix,
        )

    def _open(self, verdict: Verdict, missing: tuple[str, ...]) -> Explanation:
        text = not_stated(missing, self.dictionary)
        gate = self.gate
        return Explanation(gate.id, gate.title, verdict, text, (), gate.basis, *self.rank, missing)

    def _passed(self, facts: Facts, verdict: Verdict) -> Explanation:
        gate = self.gate
        shown = [words for page in self.clauses for words in page.limits_met(facts, self.scope)]
        text = joined([self.met, listed(shown)]) if shown else self.met
        values = tuple(
            (key, self.dictionary[key].label, facts[key]) for key in gate.facts if facts.get(key) is not None
        )
        return Explanation(gate.id, gate.title, verdict, text, values, gate.basis, *self.rank, ())


class _ClausePage:
    def __init__(self, clause: Clause, gate: Gate, edition: Criteria, phrases: Phrases) -> None:
        self.says = clause.says
        self.condition = plan.requirement(clause).condition
        self.require = settle_negations(clause.require.root)
        self.otherwise = Verdict(clause.otherwise)
        self.basis = (*clause.basis, *_limit_basis(clause, edition, phrases.on))
        self.dictionary = edition.dictionary
        self.phrases: dict[Node, Phrase] = {}
        found = tuple(dict.fromkeys(atoms(self.condition)))
        for atom in found:
            self.phrases[atom] = phrases.of(atom, alone=len(found) == 1)
        self.limits = [atom for atom in atoms(self.require) if isinstance(atom, Compare)]

    def verdict(self, facts: Facts, scope: Any) -> Verdict:
        found = value_of(self.condition, facts, scope)
        if found is None:
            return Verdict.INSUFFICIENT
        return Verdict.PASS if found else self.otherwise

    def missing(self, facts: Facts, scope: Any) -> Iterable[str]:
        return (
            undecided(self.condition, facts, scope) if value_of(self.condition, facts, scope) is None else ()
        )

    def is_decided(self, facts: Facts, scope: Any) -> bool:
        return value_of(self.condition, facts, scope) is not None

    def text(self, facts: Facts, scope: Any) -> Words:
        shown = listed([self.phrases[atom](facts) for atom in deciding(self.require, False, facts, scope)])
        return joined([self.says, shown]) if self.says is not None else shown

    def deciding_facts(self, facts: Facts, scope: Any) -> Iterable[str]:
        found = value_of(self.condition, facts, scope)
        for atom in deciding(self.condition, found, facts, scope):
            for part in walk(atom):
                if isinstance(part, Name):
                    if part.origin == "fact":
                        yield part.key
                elif hasattr(part, "key"):
                    yield part.key

    def distance(self, facts: Facts, scope: Any) -> Decimal | None:
        for atom in self.limits:
            if value_of(atom, facts, scope) is False and atom.left.type.kind == "number":
                return Decimal(value_of(atom.right, facts, scope) - value_of(atom.left, facts, scope))
        return None

    def limits_met(self, facts: Facts, scope: Any) -> list[Words]:
        if not self.limits:
            return []
        met = deciding(self.condition, True, facts, scope)
        return [self.phrases[atom](facts) for atom in met if isinstance(atom, Compare)]


class _ScorePage:
    def __init__(self, criterion: Scored, edition: Criteria, phrases: Phrases) -> None:
        self.criterion = criterion
        self.scope = phrases.scope
        self.dictionary = edition.dictionary
        self.rank = rank(criterion.basis)
        self.labels = [_part_label(part, phrases) for part in criterion.parts]
        self.full = plain(criterion.full)

    def explain(self, outcome: Outcome, points: Decimal | None) -> Explanation:
        facts, criterion = outcome.facts, self.criterion
        earned = [part_value(part, facts, self.scope) for part in criterion.parts]
        missing = outcome.missing_of(criterion) if None in earned else ()
        if points is None:
            gap = not_stated(missing, self.dictionary)
            text = Words(
                f"满分 {self.full} 分，尚不能计分。{gap.zh}", f"Of {self.full} points, open. {gap.en}"
            )
        else:
            text = self._sheet(points, earned, missing)
        return Explanation(
            criterion.id,
            criterion.title,
            None,
            text,
            tuple(
                (key, self.dictionary[key].label, facts[key])
                for key in criterion.facts
                if facts.get(key) is not None
            ),
            criterion.basis,
            *self.rank,
            missing,
            points=points,
            full=criterion.full,
        )

    def _sheet(self, points: Decimal, earned: Sequence[Decimal | None], missing: tuple[str, ...]) -> Words:
        shown = [
            (label, plain(round(value, 2)))
            for label, value in zip(self.labels, earned, strict=True)
            if value is not None and value
        ]
        total = plain(points)
        zh = f"得 {total} 分，满分 {self.full} 分" + ("：" if shown else "")
        en = f"{total} of {self.full} points" + (": " if shown else "")
        zh += "；".join(f"{label.zh} {value}" for label, value in shown) + "。"
        en += "; ".join(f"{label.en} {value}" for label, value in shown) + "."
        if missing:
            gap = not_stated(missing, self.dictionary)
            return Words(f"{zh}{gap.zh}", f"{en} {gap.en}")
        return Words(zh, en)


def _part_label(part: Part, phrases: Phrases) -> Words:
    if part.says is not None:
        return part.says
    if part.input is not None:
        return phrases.subject(part.input.root)
    assert part.when is not None
    labels = [phrases.dictionary[key].label for key in part.when.facts]
    return Words("、".join(w.zh for w in labels), ", ".join(w.en for w in labels))


def joined(sentences: Sequence[Words]) -> Words:
    return Words("".join(w.zh for w in sentences), " ".join(w.en for w in sentences))


def listed(parts: Iterable[Words]) -> Words:
    """The parts as one sentence, each once."""
    each = tuple(dict.fromkeys(parts))
    return Words("；".join(w.zh for w in each) + "。", "; ".join(w.en for w in each) + ".")


def not_stated(keys: Sequence[str], dictionary: Any) -> Words:
    """The missing facts, named."""
    labels = [dictionary[key].label for key in keys]
    if not labels:
        return Words("现有数据无法计算。", "It cannot be computed from the data.")
    return Words(
        f"尚未填写：{'、'.join(label.zh for label in labels)}。",
        f"Not stated yet: {', '.join(label.en for label in labels)}.",
    )


def rank(basis: Iterable[Basis]) -> tuple[str, str]:
    """The weakest status and confidence, so that a proposed rule never looks official."""
    entries = tuple(basis)
    return (
        max((entry.status for entry in entries), key=STATUSES.index),
        max((entry.confidence for entry in entries), key=CONFIDENCES.index),
    )


def _limit_basis(clause: Clause, edition: Criteria, on: date) -> tuple[Basis, ...]:
    found = (edition.dated(name, on).basis for name in clause.require.parameters)
    return tuple(dict.fromkeys(entry for basis in found for entry in basis if entry not in clause.basis))


def atoms(node: Node) -> Iterable[Node]:
    """The conditions that and, or and not join."""
    if isinstance(node, And | Or):
        for item in node.items:
            yield from atoms(item)
    else:
        yield node


def deciding(node: Node, value: bool | None, facts: Facts, scope: Any) -> list[Node]:
    """The atoms that make a condition what it is."""
    if not isinstance(node, And | Or):
        return [node]
    settles = isinstance(node, Or)  # one True settles “or”, one False settles “and”
    matching = [item for item in node.items if value_of(item, facts, scope) is value]
    if value is settles:
        matching = matching[:1]
    return [atom for item in matching for atom in deciding(item, value, facts, scope)]
