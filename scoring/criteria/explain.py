"""The reasons of an outcome: per gate and criterion the requirement, the value, the limit, the way out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal, localcontext
from typing import Any

from scoring.criteria.edition import CONFIDENCES, STATUSES, Basis, Criteria, Part, Scored
from scoring.criteria.fix import Fix, nearest_fix
from scoring.criteria.judge import Atom, JudgedClause, JudgedGate, atoms, deciding, judge_on, missing
from scoring.criteria.nodes import EXACT
from scoring.criteria.outcome import Outcome, Verdict
from scoring.criteria.phrases import Phrase, Phrases, plain
from scoring.criteria.tables import part_value, scope_on
from scoring.facts import Facts, FactSpec
from scoring.words import Words

Values = tuple[tuple[str, Words, Any], ...]
_NOT_APPLICABLE = Words("不适用。", "Not applicable.")


class Explanation:
    """One gate or scored criterion, explained. Scored criteria have points instead of a verdict.

    `values` are the facts that decide: key, label, stated value. `distance` leads from the value to the
    limit, in the unit of the limit. `text` and `fix` are put into words when they are read.
    """

    __slots__ = (
        "_say",
        "_text",
        "basis",
        "change",
        "confidence",
        "distance",
        "full",
        "id",
        "missing",
        "points",
        "status",
        "title",
        "values",
        "verdict",
    )

    def __init__(
        self,
        id: str,
        title: Words,
        verdict: Verdict | None,
        say: Callable[[], Words],
        values: Values,
        basis: tuple[Basis, ...],
        rank: tuple[str, str],
        missing: tuple[str, ...],
        distance: Decimal | None = None,
        change: Fix | None = None,
        points: Decimal | None = None,
        full: Decimal | None = None,
    ) -> None:
        self.id = id
        self.title = title
        self.verdict = verdict
        self._say = say
        self._text: Words | None = None
        self.values = values
        self.basis = basis
        self.status, self.confidence = rank
        self.missing = missing
        self.distance = distance
        self.change = change
        self.points = points
        self.full = full

    @property
    def text(self) -> Words:
        """Requirement, stated value and limit with the day since which it holds."""
        if self._text is None:
            self._text = self._say()
        return self._text

    @property
    def fix(self) -> Words | None:
        """The nearest fix that was tried and settles the gate."""
        return None if self.change is None else self.change.words


def explain(outcome: Outcome) -> tuple[Explanation, ...]:
    """The explanations of all gates, then of all scored criteria that can count."""
    book = _book(outcome.edition, outcome.on)
    counted = outcome.counted()
    points = outcome.raw[4]
    with localcontext(EXACT):
        found = [
            page.explain(outcome, verdict) for page, verdict in zip(book.gates, outcome.verdicts, strict=True)
        ]
        found += [
            page.explain(outcome, value)
            for page, value in zip(book.criteria, points, strict=True)
            if page.criterion.id in counted
        ]
    return tuple(found)


def _book(edition: Criteria, on: date) -> "_Book":
    found: _Book | None = edition.programs.get(("book", on))
    if found is None:
        found = edition.programs["book", on] = _Book(edition, on)
    return found


class _Book:
    """Everything about an edition's explanations on one day that does not depend on the facts."""

    def __init__(self, edition: Criteria, on: date) -> None:
        phrases = Phrases(edition, on, scope_on(edition, on))
        judge = judge_on(edition, on)
        with localcontext(EXACT):
            self.gates = [_GatePage(gate, edition, phrases) for gate in judge.gates]
            self.criteria = [_ScorePage(criterion, edition, phrases) for criterion in edition.criteria]


class _GatePage:
    def __init__(self, judged: JudgedGate, edition: Criteria, phrases: Phrases) -> None:
        self.judged = judged
        self.gate = judged.gate
        self.dictionary = edition.dictionary
        self.clauses = [_ClausePage(clause, edition, phrases) for clause in judged.clauses]
        self.rank = rank(self.gate.basis)
        self.labels = [(key, edition.dictionary[key].label) for key in self.gate.facts]
        says = [page.says for page in self.clauses if page.says and page.otherwise is Verdict.FAIL]
        self.met = joined(says or [page.says for page in self.clauses if page.says is not None])

    def explain(self, outcome: Outcome, verdict: Verdict) -> Explanation:
        gate, facts = self.gate, outcome.facts
        if verdict is Verdict.PASS:
            values = tuple((key, label, facts[key]) for key, label in self.labels if key in facts)
            say = lambda: self._say_met(facts)  # noqa: E731
            return Explanation(gate.id, gate.title, verdict, say, values, gate.basis, self.rank, ())
        if verdict is Verdict.NOT_APPLICABLE:
            say = lambda: _NOT_APPLICABLE  # noqa: E731
            return Explanation(gate.id, gate.title, verdict, say, (), gate.basis, self.rank, ())
        return self._unmet(outcome, verdict)

    def _unmet(self, outcome: Outcome, verdict: Verdict) -> Explanation:
        gate, facts, get = self.gate, outcome.facts, outcome.facts.get
        pages = [page for page in self.clauses if page.verdict(get) is verdict]
        keys: dict[str, None] = {}
        if verdict is Verdict.INSUFFICIENT:
            keys = dict.fromkeys(key for page in pages for key in page.missing(get))
            if self.judged.applies is not None:
                keys = {**dict.fromkeys(missing(self.judged.applies, get)), **keys}
        open_facts = outcome.askable(keys) if keys else ()
        decisive = dict.fromkeys(key for page in pages for key in page.deciding_facts(get))
        basis = tuple(dict.fromkeys(entry for page in pages for entry in page.basis)) or gate.basis
        labels = self.dictionary
        return Explanation(
            gate.id,
            gate.title,
            verdict,
            lambda: self._say_unmet(pages, open_facts, facts),
            tuple((key, labels[key].label, facts[key]) for key in decisive if key in facts),
            basis,
            rank(basis),
            open_facts,
            next((d for page in pages if (d := page.distance(get)) is not None), None),
            nearest_fix(outcome, gate),
        )

    def _say_unmet(self, pages: Sequence["_ClausePage"], open_facts: tuple[str, ...], facts: Facts) -> Words:
        with localcontext(EXACT):
            texts = [page.text(facts) for page in pages if page.is_decided(facts)]
        if open_facts or not texts:
            texts.append(not_stated(open_facts, self.dictionary))
        return joined(texts)

    def _say_met(self, facts: Facts) -> Words:
        with localcontext(EXACT):
            shown = [words for page in self.clauses for words in page.limits_met(facts)]
        return joined([self.met, listed(shown)]) if shown else self.met


class _ClausePage:
    def __init__(self, judged: JudgedClause, edition: Criteria, phrases: Phrases) -> None:
        clause = judged.clause
        self.says = clause.says
        self.condition = judged.condition
        self.require = judged.require
        self.otherwise = Verdict(clause.otherwise)
        limits = [
            entry for name in clause.require.parameters for entry in edition.dated(name, phrases.on).basis
        ]
        self.basis = tuple(dict.fromkeys([*clause.basis, *limits]))
        found = tuple(
            dict.fromkeys(atom.node for part in (self.condition, self.require) for atom in atoms(part))
        )
        self.phrases: dict[Any, Phrase] = {node: phrases.of(node, alone=len(found) == 1) for node in found}
        self.limits = [atom for atom in atoms(self.require) if atom.sides is not None]

    def verdict(self, get: Callable[[str], Any]) -> Verdict:
        found = self.condition.value(get)
        if found is None:
            return Verdict.INSUFFICIENT
        return Verdict.PASS if found else self.otherwise

    def is_decided(self, facts: Facts) -> bool:
        return self.condition.value(facts.get) is not None

    def missing(self, get: Callable[[str], Any]) -> Iterable[str]:
        return missing(self.condition, get) if self.condition.value(get) is None else ()

    def deciding_facts(self, get: Callable[[str], Any]) -> Iterable[str]:
        for atom in deciding(self.condition, self.condition.value(get), get):
            yield from atom.facts

    def distance(self, get: Callable[[str], Any]) -> Decimal | None:
        for atom in self.limits:
            if atom.value(get) is False and atom.sides is not None:
                return Decimal(atom.sides[1](get) - atom.sides[0](get))
        return None

    def text(self, facts: Facts) -> Words:
        decisive = deciding(self.require, False, facts.get)
        shown = listed(self.phrases[atom.node](facts) for atom in decisive)
        return joined([self.says, shown]) if self.says is not None else shown

    def limits_met(self, facts: Facts) -> list[Words]:
        met: list[Atom] = deciding(self.condition, True, facts.get) if self.limits else []
        return [self.phrases[atom.node](facts) for atom in met if atom.sides is not None]


class _ScorePage:
    def __init__(self, criterion: Scored, edition: Criteria, phrases: Phrases) -> None:
        self.criterion = criterion
        self.scope = phrases.scope
        self.dictionary = edition.dictionary
        self.rank = rank(criterion.basis)
        self.labels = [(key, edition.dictionary[key].label) for key in criterion.facts]
        self.parts = [_part_label(part, phrases) for part in criterion.parts]
        self.full = plain(criterion.full)

    def explain(self, outcome: Outcome, points: Decimal | int | None) -> Explanation:
        facts, criterion = outcome.facts, self.criterion
        values = tuple((key, label, facts[key]) for key, label in self.labels if key in facts)
        open_facts = () if len(values) == len(self.labels) else outcome.missing_of(criterion)
        exact = None if points is None else Decimal(points)
        return Explanation(
            criterion.id,
            criterion.title,
            None,
            lambda: self._say(facts, exact, open_facts),
            values,
            criterion.basis,
            self.rank,
            open_facts,
            points=exact,
            full=criterion.full,
        )

    def _say(self, facts: Facts, points: Decimal | None, open_facts: tuple[str, ...]) -> Words:
        gap = not_stated(open_facts, self.dictionary)
        if points is None:
            return Words(
                f"满分 {self.full} 分，尚不能计分。{gap.zh}", f"Of {self.full} points, open. {gap.en}"
            )
        with localcontext(EXACT):
            earned = [part_value(part, facts, self.scope) for part in self.criterion.parts]
        shown = [
            (label, plain(round(value, 2)))
            for label, value in zip(self.parts, earned, strict=True)
            if value is not None and value
        ]
        total = plain(points)
        zh = f"得 {total} 分，满分 {self.full} 分" + ("：" if shown else "")
        en = f"{total} of {self.full} points" + (": " if shown else "")
        zh += "；".join(f"{label.zh} {value}" for label, value in shown) + "。"
        en += "; ".join(f"{label.en} {value}" for label, value in shown) + "."
        return Words(f"{zh}{gap.zh}", f"{en} {gap.en}") if open_facts else Words(zh, en)


def _part_label(part: Part, phrases: Phrases) -> Words:
    if part.says is not None:
        return part.says
    if part.input is not None:
        return phrases.subject(part.input.root)
    assert part.when is not None
    labels = [phrases.dictionary[key].label for key in part.when.facts]
    return Words("、".join(w.zh for w in labels), ", ".join(w.en for w in labels))


def joined(sentences: Iterable[Words]) -> Words:
    each = tuple(sentences)
    return Words("".join(w.zh for w in each), " ".join(w.en for w in each))


def listed(parts: Iterable[Words]) -> Words:
    """The parts as one sentence, each once."""
    each = tuple(dict.fromkeys(parts))
    return Words("；".join(w.zh for w in each) + "。", "; ".join(w.en for w in each) + ".")


def not_stated(keys: Sequence[str], dictionary: Mapping[str, FactSpec]) -> Words:
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
    status = confidence = 0
    for entry in basis:
        status = max(status, STATUSES.index(entry.status))
        confidence = max(confidence, CONFIDENCES.index(entry.confidence))
    return STATUSES[status], CONFIDENCES[confidence]
