"""Proofs about an edition by a solver: what can pass, what is redundant, what contradicts, what differs.

Needs the extra `prove` (z3). Every example found is evaluated by the engine before it is reported; one that
does not bear out is dropped and the claim is left open.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import localcontext
from typing import Any

from scoring.criteria.edition import Criteria, Gate, Scored
from scoring.criteria.evaluate import evaluate
from scoring.criteria.nodes import EXACT
from scoring.criteria.outcome import Outcome, Verdict
from scoring.criteria.tables import scope_on
from scoring.errors import InvalidFacts, ScoringError
from scoring.facts import Value
from scoring.words import Words

LIMIT_MS = 2_000


class SolverMissing(ScoringError):
    """The optional solver is not installed: pip install climate-finance-registry[prove]."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement: it holds, it does not (then `witness` shows it), or it is open (None)."""

    kind: str
    subject: str
    holds: bool | None
    words: Words
    witness: Mapping[str, Value] | None = None


def prove(edition: Criteria, *, on: date | None = None) -> tuple[Claim, ...]:
    """All claims about an edition on a day, by default the first day it is in force. Raises SolverMissing."""
    with localcontext(EXACT):
        prover = _Prover(edition, on or edition.effective_from)
        return (
            prover.can_pass(),
            *(prover.can_stop_alone(gate) for gate in edition.gates),
            *prover.unreachable_clauses(),
            *prover.contradictions(),
            *(prover.holds_when_more_is_known(gate) for gate in edition.gates),
            *(claim for criterion in edition.criteria for claim in prover.monotone(criterion)),
        )


def prove_difference(base: Criteria, draft: Criteria, *, on: date | None = None) -> tuple[Claim, ...]:
    """A project that one edition admits and the other refuses, both ways, or the proof that there is none."""
    with localcontext(EXACT):
        day = on or draft.effective_from
        return (_difference(base, draft, day, "stricter"), _difference(draft, base, day, "looser"))


def _difference(admits: Criteria, refuses: Criteria, on: date, kind: str) -> Claim:
    first = _Prover(admits, on)
    second = _Prover(refuses, on, project=first.project)
    passes = [first.gate(gate)["pass"] for gate in admits.gates]
    fails = first.z3.Or([second.gate(gate)["fail"] for gate in refuses.gates])
    bounds = [*first.project.bounds, *second.project.bounds]
    answer, model = first.solve([*passes, fails, *bounds])
    subject = f"{admits.version} → {refuses.version}"
    witness = None
    if model is not None:
        facts = {**second.project.facts_of(model), **first.project.facts_of(model)}
        if (
            _verdict(facts, admits, on) is Verdict.PASS
            and (other := _outcome(facts, refuses, on)) is not None
            and other.verdict is Verdict.FAIL
        ):
            witness = facts
            gates = " ".join(other.failed)
            words = Words(
                f"有项目符合 {admits.version}，但不符合 {refuses.version}（{gates}）。",
                f"A project meets {admits.version} but fails {refuses.version} ({gates}).",
            )
            return Claim(kind, subject, False, words, witness)
    words = Words(
        f"凡符合 {admits.version} 的项目，{refuses.version} 也不会判为不满足。",
        f"Whatever meets {admits.version} does not fail {refuses.version}.",
    )
    return Claim(kind, subject, True if answer is False else None, words)


class _Prover:
    def __init__(self, edition: Criteria, on: date, project: Any = None) -> None:
        try:
            import z3

            from scoring.criteria.symbols import Project
        except ImportError as error:
            raise SolverMissing("proofs need the extra “prove” (z3-solver)") from error
        self.z3 = z3
        self.edition = edition
        self.on = on
        self.make = Project
        self.project = Project(edition, on, scope_on(edition, on))
        if project is not None:
            self.project.share(project)
        self._gates: dict[str, dict[str, Any]] = {}
        self._invariants: list[Any] = []
        for rule in edition.invariants:
            _, false = self.project.pair(rule.root)
            self._invariants.append(z3.Not(false))

    def gate(self, gate: Gate) -> dict[str, Any]:
        if gate.id not in self._gates:
            self._gates[gate.id] = self.project.gate(gate)
        return self._gates[gate.id]

    def solve(self, conditions: Iterable[Any]) -> tuple[bool | None, Any]:
        """Whether the conditions can hold together, and a model if so; None when the time ran out."""
        solver = self.z3.Solver()
        solver.set("timeout", LIMIT_MS)
        solver.add(*self.project.bounds, *self._invariants, *conditions)
        answer = solver.check()
        if answer == self.z3.sat:
            return True, solver.model()
        return (False, None) if answer == self.z3.unsat else (None, None)

    def witness(self, model: Any) -> Outcome | None:
        return _outcome(self.project.facts_of(model), self.edition, self.on)

    # ---- claims

    def can_pass(self) -> Claim:
        passes = [self.gate(gate)["pass"] for gate in self.edition.gates]
        answer, model = self.solve(passes)
        outcome = self.witness(model) if model is not None else None
        if outcome is not None and outcome.verdict is Verdict.PASS:
            return Claim(
                "feasible",
                "all",
                True,
                Words("存在满足全部门槛的项目。", "Some project passes every gate."),
                outcome.facts,
            )
        words = Words("没有项目能满足全部门槛。", "No project can pass every gate.")
        return Claim("feasible", "all", False if answer is False else None, words)

    def can_stop_alone(self, gate: Gate) -> Claim:
        """Otherwise the gate is redundant: what it stops, with its facts stated, another gate stops already.

        A gate that only asks for evidence stops nothing once it is stated; it is judged with facts missing.
        """
        others = [self.gate(other)["pass"] for other in self.edition.gates if other is not gate]
        stops = self.z3.Not(self.gate(gate)["pass"])
        stated = [self.project.known(key) for key in gate.facts]
        if self.solve([stops, *stated])[0] is False:
            stated = []
        answer, model = self.solve([*others, stops, *stated])
        outcome = self.witness(model) if model is not None else None
        stopped = () if outcome is None else (*outcome.failed, *outcome.insufficient, *outcome.review)
        if outcome is not None and stopped == (gate.id,):
            words = Words(
                f"{gate.id} 可以单独拦下项目。", f"{gate.id} can be the only gate that stops a project."
            )
            return Claim("needed", gate.id, True, words, outcome.facts)
        words = Words(
            f"{gate.id} 多余：它拦下的项目，其他门槛已经拦下。",
            f"{gate.id} is redundant: the other gates stop all that it stops.",
        )
        return Claim("needed", gate.id, False if answer is False else None, words)

    def unreachable_clauses(self) -> list[Claim]:
        """Clauses that nothing can break."""
        found = []
        for gate in self.edition.gates:
            for clause in gate.clauses:
                single = Gate(gate.id, gate.title, gate.applies, (clause,), gate.basis)
                answer, _ = self.solve([self.z3.Not(self.project.gate(single)["pass"])])
                if answer is False:
                    name = f"{gate.id} {clause.id}"
                    words = Words(f"{name} 永远不会起作用。", f"{name} can never be broken.")
                    found.append(Claim("reachable", name, False, words))
        return found

    def contradictions(self) -> list[Claim]:
        """Pairs of gates that no project can pass together."""
        found = []
        for place, first in enumerate(self.edition.gates):
            for second in self.edition.gates[place + 1 :]:
                answer, _ = self.solve([self.gate(first)["pass"], self.gate(second)["pass"]])
                if answer is False:
                    name = f"{first.id} {second.id}"
                    words = Words(f"{name} 互相矛盾。", f"{name} contradict each other.")
                    found.append(Claim("compatible", name, False, words))
        return found

    def holds_when_more_is_known(self, gate: Gate) -> Claim:
        """With a fact missing the gate may be passed; stating that fact as well must not fail it."""
        first = self.gate(gate)
        swaps = [(self.project.known(key), self.z3.Bool(f"known {key} later")) for key in gate.facts]
        second = self.z3.substitute(first["fail"], *swaps)
        grows = [self.z3.Implies(before, after) for before, after in swaps]
        answer, model = self.solve([first["pass"], second, *grows])
        name = gate.id
        if model is not None:
            early = _outcome(self.project.facts_of(model), self.edition, self.on)
            words = Words(
                f"{name} 在缺少某项事实时通过，补填后可能不满足。",
                f"{name} can pass while a fact is missing and fail once it is stated.",
            )
            if early is not None and gate.id not in (*early.failed, *early.insufficient, *early.review):
                return Claim("stable", name, False, words, early.facts)
            return Claim("stable", name, None, words)
        words = Words(
            f"{name} 一旦通过，补填事实不会使其不满足。",
            f"Once {name} is passed, stating more cannot fail it.",
        )
        return Claim("stable", name, True if answer is False else None, words)

    def monotone(self, criterion: Scored) -> list[Claim]:
        """For each number a criterion reads: whether more of it ever costs or ever earns points."""
        found = []
        for key in criterion.facts:
            if not self.edition.dictionary[key].is_numeric:
                continue
            low = self.make(self.edition, self.on, self.project.scope)
            high = self.make(self.edition, self.on, self.project.scope)
            everything = [self.project.known(name) for name in self.edition.dictionary]
            low_points = low.points(criterion)
            high.share(low)
            high.terms = dict(low.terms)
            high.terms[key] = (
                self.z3.Real(f"{key} higher") if not low.fact(key).is_int() else self.z3.Int(f"{key} higher")
            )
            high_points = high.points(criterion)
            higher = high.terms[key]
            bounds = [*low.bounds, *high.bounds, higher > low.fact(key)]
            maximum = self.edition.dictionary[key].maximum
            if maximum is not None:
                bounds.append(higher <= self.z3.RealVal(str(maximum)))
            falls, model = self.solve([*everything, *bounds, high_points < low_points])
            rises, _ = self.solve([*everything, *bounds, high_points > low_points])
            found.append(
                self._direction(
                    criterion, key, falls, rises, low.facts_of(model) if model is not None else None
                )
            )
        return found

    def _direction(
        self, criterion: Scored, key: str, falls: bool | None, rises: bool | None, example: Any
    ) -> Claim:
        label = self.edition.dictionary[key].label
        name = f"{criterion.id} {key}"
        if falls is False:
            words = Words(
                f"{label.zh}越高，{criterion.id} 得分不减。",
                f"More of {label.en} never costs points in {criterion.id}.",
            )
            return Claim("monotone", name, True, words)
        if rises is False:
            words = Words(
                f"{label.zh}越高，{criterion.id} 得分不增。",
                f"More of {label.en} never earns points in {criterion.id}.",
            )
            return Claim("monotone", name, True, words)
        words = Words(
            f"{label.zh}提高时，{criterion.id} 得分可增可减。",
            f"More of {label.en} may earn or cost points in {criterion.id}.",
        )
        return Claim("monotone", name, None if None in (falls, rises) else False, words, example)


def _outcome(facts: Mapping[str, Value], edition: Criteria, on: date) -> Outcome | None:
    try:
        return evaluate(facts, edition, on=on)
    except InvalidFacts:
        return None


def _verdict(facts: Mapping[str, Value], edition: Criteria, on: date) -> Verdict | None:
    outcome = _outcome(facts, edition, on)
    return None if outcome is None else outcome.verdict
