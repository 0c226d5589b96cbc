"""The outcome of one screening: verdicts, points, grade, and on request every reason."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from scoring.criteria.edition import Criteria, Scored
from scoring.criteria.expression import Expression, holds
from scoring.criteria.single import Raw
from scoring.criteria.tables import scope_on
from scoring.facts import Facts, FactSpec
from scoring.words import Words

if TYPE_CHECKING:
    from scoring.criteria.explain import Explanation


class Verdict(StrEnum):
    """What a gate, or all gates together, say."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    REVIEW = "review"
    INSUFFICIENT = "insufficient"
    NOT_APPLICABLE = "not_applicable"

    @property
    def label(self) -> Words:
        return _LABELS[self]


_LABELS: Mapping[Verdict, Words] = {
    Verdict.PASS: Words("满足", "Met"),
    Verdict.FAIL: Words("不满足", "Not met"),
    Verdict.REVIEW: Words("需人工核定", "Needs review"),
    Verdict.INSUFFICIENT: Words("材料不足", "Evidence missing"),
    Verdict.NOT_APPLICABLE: Words("不适用", "Not applicable"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One gate on the facts."""

    id: str
    title: Words
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """One scored criterion: its points, None while a missing fact decides them, and whether they count."""

    id: str
    title: Words
    points: Decimal | None
    full: Decimal
    missing: tuple[str, ...]
    counts: bool = True


class Outcome:
    """All findings of one edition on one set of facts. Cheap to make; details are derived when asked for."""

    __slots__ = ("edition", "facts", "on", "raw")

    def __init__(self, edition: Criteria, facts: Facts, on: date, raw: Raw) -> None:
        self.edition = edition
        self.facts = dict(facts)
        self.on = on
        self.raw = raw

    @property
    def scope(self) -> dict[str, Any]:
        return scope_on(self.edition, self.on)

    @property
    def verdict(self) -> Verdict:
        """Fail before insufficient before review before pass."""
        failed, lacking, review, not_applicable, *_ = self.raw
        if failed:
            return Verdict.FAIL
        if lacking:
            return Verdict.INSUFFICIENT
        if review:
            return Verdict.REVIEW
        everything = (1 << len(self.edition.gates)) - 1
        return Verdict.NOT_APPLICABLE if not_applicable == everything else Verdict.PASS

    @property
    def verdicts(self) -> list[Verdict]:
        """The verdict of each gate, in the edition's order."""
        failed, lacking, review, not_applicable, *_ = self.raw
        found = [Verdict.PASS] * len(self.edition.gates)
        for mask, verdict in (
            (not_applicable, Verdict.NOT_APPLICABLE),
            (review, Verdict.REVIEW),
            (lacking, Verdict.INSUFFICIENT),
            (failed, Verdict.FAIL),
        ):
            place = 0
            while mask:
                if mask & 1:
                    found[place] = verdict
                mask >>= 1
                place += 1
        return found

    @property
    def findings(self) -> tuple[Finding, ...]:
        pairs = zip(self.edition.gates, self.verdicts, strict=True)
        return tuple(Finding(gate.id, gate.title, verdict) for gate, verdict in pairs)

    def _gates_in(self, mask: int) -> tuple[str, ...]:
        return tuple(gate.id for place, gate in enumerate(self.edition.gates) if mask >> place & 1)

    @property
    def failed(self) -> tuple[str, ...]:
        return self._gates_in(self.raw[0])

    @property
    def insufficient(self) -> tuple[str, ...]:
        return self._gates_in(self.raw[1])

    @property
    def review(self) -> tuple[str, ...]:
        return self._gates_in(self.raw[2])

    @property
    def scores(self) -> tuple[ScoreLine, ...]:
        counted = self.counted()
        return tuple(
            self._line(place, criterion, criterion.id in counted)
            for place, criterion in enumerate(self.edition.criteria)
        )

    def _line(self, place: int, criterion: Scored, counts: bool) -> ScoreLine:
        missing = self.missing_of(criterion) if counts else ()
        points = _decimal(self.raw[4][place])
        return ScoreLine(criterion.id, criterion.title, points, criterion.full, missing, counts)

    def counted(self) -> frozenset[str]:
        """The criteria whose points can count: all outside tracks, and those of the tracks that may apply."""
        if self.edition.tracks is None:
            return self.edition.criterion_ids
        tracks = self.edition.tracks.alternatives
        off = {member for track in tracks if self._value(track.when) is False for member in track.criteria}
        return self.edition.criterion_ids - off

    @property
    def score(self) -> Decimal | None:
        """The points out of 100; None while a missing fact decides some of them."""
        return _decimal(self.raw[5])

    @property
    def grade(self) -> str | None:
        place = self.raw[6]
        return None if place is None else self.edition.grades[place].id

    @property
    def tier(self) -> str | None:
        place = self.raw[6]
        return None if place is None else self.edition.grades[place].tier

    @property
    def ceiling(self) -> Words | None:
        """Why the grade is lower than the score alone would give."""
        place, score = self.raw[6], self.raw[5]
        if place is None or score is None:
            return None
        points = {c.id: self.raw[4][i] for i, c in enumerate(self.edition.criteria)}
        for ceiling in self.edition.ceilings:
            held = points[ceiling.criterion]
            capped = self.edition.grades[place].id == ceiling.grade
            if capped and held is not None and held < ceiling.below and self._uncapped() < place:
                return ceiling.says
        return None

    def _uncapped(self) -> int:
        score = self.raw[5]
        assert score is not None
        grades = enumerate(self.edition.grades)
        return next((place for place, grade in grades if score >= grade.since), len(self.edition.grades))

    @property
    def marks(self) -> dict[str, bool | None]:
        """The remarks that neither block nor score, by id; None while a missing fact decides."""
        return {mark.id: self._value(mark.when) for mark in self.edition.marks}

    @property
    def missing(self) -> tuple[str, ...]:
        """The facts not stated that still decide a gate or the score, in the order of the rules."""
        found: dict[str, None] = {}
        for place, gate in enumerate(self.edition.gates):
            if self.raw[1] >> place & 1:
                for expression in gate.expressions:
                    found.update(dict.fromkeys(self._unknowns(expression)))
        counted = self.counted()
        for place, criterion in enumerate(self.edition.criteria):
            if self.raw[4][place] is None and criterion.id in counted:
                found.update(dict.fromkeys(self.missing_of(criterion)))
        if self.edition.tracks is not None and self.raw[5] is None:
            for track in self.edition.tracks.alternatives:
                found.update(dict.fromkeys(self._unknowns(track.when)))
        return self.askable(found)

    def askable(self, keys: Iterable[str]) -> tuple[str, ...]:
        """Without the facts that are asked only after another one that is itself missing."""
        dictionary = self.edition.dictionary
        found = tuple(dict.fromkeys(keys))
        return tuple(key for key in found if not self._waits(dictionary[key])) or found

    def _waits(self, spec: FactSpec) -> bool:
        return spec.when is not None and holds(spec.when, self.facts) is None

    def missing_of(self, criterion: Scored) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for part in criterion.parts:
            if part.when is not None and self._value(part.when) is False:
                continue
            for expression in part.expressions:
                found.update(dict.fromkeys(self._unknowns(expression)))
        return self.askable(found)

    def _unknowns(self, expression: Expression) -> tuple[str, ...]:
        return expression.unknowns(self.facts, self.scope)

    def _value(self, expression: Expression) -> Any:
        return expression.evaluate(self.facts, self.scope)

    def explain(self) -> "tuple[Explanation, ...]":
        """Per gate and scored criterion: requirement, value, limit and its date, basis, nearest fix."""
        from scoring.criteria import explain  # it needs the outcome's type

        return explain.explain(self)

    def to_json(self) -> dict[str, Any]:
        """The outcome with the edition's identity: stable, exact, and enough to compare a replay with."""
        return {
            "rule_set": self.edition.rule_set,
            "version": self.edition.version,
            "content_hash": self.edition.content_hash,
            "on": self.on.isoformat(),
            "verdict": str(self.verdict),
            "findings": {finding.id: str(finding.verdict) for finding in self.findings},
            "points": {line.id: _exact(line.points) for line in self.scores},
            "score": _exact(self.score),
            "grade": self.grade,
            "tier": self.tier,
            "marks": self.marks,
            "missing": list(self.missing),
        }


def _decimal(points: Decimal | int | None) -> Decimal | None:
    return None if points is None else Decimal(points)


def _exact(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")
