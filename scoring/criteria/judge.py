"""The clauses of an edition on one day as functions: their values, what decides them, what they miss."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import localcontext
from typing import Any

from scoring.criteria import plan
from scoring.criteria.code import Get, functions
from scoring.criteria.edition import Clause, Criteria, Gate
from scoring.criteria.nodes import EXACT, And, Compare, Name, Node, Or, settle_negations, walk
from scoring.criteria.tables import scope_on

Value = Callable[[Get], Any]


@dataclass(frozen=True, slots=True)
class Atom:
    """One condition without and, or, not."""

    node: Node
    value: Value
    facts: tuple[str, ...]
    sides: tuple[Value, Value] | None  # of a comparison of numbers


@dataclass(frozen=True, slots=True)
class Junction:
    """Conditions joined by and, or by or."""

    items: tuple["Part", ...]
    value: Value
    is_or: bool


Part = Atom | Junction


@dataclass(frozen=True, slots=True)
class JudgedClause:
    clause: Clause
    condition: Part  # it does not apply, or it is met
    require: Part


@dataclass(frozen=True, slots=True)
class JudgedGate:
    gate: Gate
    applies: Part | None
    clauses: tuple[JudgedClause, ...]


class Judge:
    """All gates and invariants of an edition on a day, as functions."""

    def __init__(self, edition: Criteria, on: date) -> None:
        self.edition = edition
        self.on = on
        roots = list(_roots(edition))
        parts = [node for root in roots for node in _parts(root)]
        made = functions(edition, scope_on(edition, on), on, parts)
        self._values = {id(node): value for node, value in zip(parts, made, strict=True)}
        places = iter(roots)
        self.gates = tuple(self._gate(gate, places) for gate in edition.gates)
        self.invariants = tuple(self._part(next(places)).value for _ in edition.invariants)

    def _gate(self, gate: Gate, roots: Iterator[Node]) -> JudgedGate:
        applies = None if gate.applies is None else self._part(next(roots))
        clauses = tuple(
            JudgedClause(clause, self._part(next(roots)), self._part(next(roots))) for clause in gate.clauses
        )
        return JudgedGate(gate, applies, clauses)

    def _part(self, node: Node) -> Part:
        value = self._values[id(node)]
        if isinstance(node, And | Or):
            return Junction(tuple(self._part(item) for item in node.items), value, isinstance(node, Or))
        sides = None
        if isinstance(node, Compare) and node.left.type.kind == "number":
            sides = (self._values[id(node.left)], self._values[id(node.right)])
        return Atom(node, value, tuple(dict.fromkeys(self._facts(node))), sides)

    def _facts(self, node: Node) -> Iterator[str]:
        for part in walk(node):
            if isinstance(part, Name):
                if part.origin == "fact":
                    yield part.key
                elif part.origin == "table":
                    yield from self.edition.tables[part.key].facts
            elif hasattr(part, "key"):
                yield part.key


def judge_on(edition: Criteria, on: date) -> Judge:
    """The judge of one day, made once and kept."""
    kept: Judge | None = edition.programs.get(("judge", on))
    if kept is None:
        with localcontext(EXACT):
            kept = edition.programs["judge", on] = Judge(edition, on)
    return kept


def _roots(edition: Criteria) -> Iterator[Node]:
    for gate in edition.gates:
        if gate.applies is not None:
            yield settle_negations(gate.applies.root)
        for clause in gate.clauses:
            yield plan.requirement(clause).condition
            yield settle_negations(clause.require.root)
    for rule in edition.invariants:
        yield settle_negations(rule.root)


def _parts(node: Node) -> Iterator[Node]:
    """The conditions within a condition, and both sides of comparisons of numbers."""
    yield node
    if isinstance(node, And | Or):
        for item in node.items:
            yield from _parts(item)
    elif isinstance(node, Compare) and node.left.type.kind == "number":
        yield node.left
        yield node.right


def deciding(part: Part, value: bool | None, get: Get) -> list[Atom]:
    """The atoms that make a condition what it is."""
    if isinstance(part, Atom):
        return [part]
    matching = [item for item in part.items if item.value(get) is value]
    if value is part.is_or:  # one True settles “or”, one False settles “and”
        matching = matching[:1]
    return [atom for item in matching for atom in deciding(item, value, get)]


def atoms(part: Part) -> Iterable[Atom]:
    if isinstance(part, Atom):
        return (part,)
    return (atom for item in part.items for atom in atoms(item))


def missing(part: Part, get: Get) -> Iterator[str]:
    """The facts not stated below the conditions that are unknown."""
    for atom in deciding(part, None, get):
        yield from (key for key in atom.facts if get(key) is None)
