"""The way from what was stated to the quantity wanted, and its evaluation.

A quantity is taken as stated; else computed by the first step whose needs can be met; else its default stands
in; else it is missing. A plan depends only on which keys were stated, so it is made once and kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from scoring.carbon.definition import BUILT_IN, Method, Step
from scoring.carbon.methods import method

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in order, those that may be shown beside them, what they use, and what is missing."""

    target: str
    steps: tuple[Step, ...]
    beside: tuple[Step, ...]
    stated: tuple[str, ...]
    defaults: tuple[str, ...]
    missing: tuple[str, ...]
    built_in: frozenset[str]

    @property
    def leaves(self) -> tuple[str, ...]:
        return (*self.stated, *self.defaults)

    def evaluate(self, values: Mapping[str, Any], *, keep: frozenset[str] = frozenset()) -> Values:
        """Every quantity of the plan; those in `keep` are taken from `values`, not computed."""
        found = dict(values)
        for step in self.steps:
            if step.key not in keep:
                found[step.key] = _result(step, found)
        return found

    def evaluate_beside(self, values: Mapping[str, Any]) -> Values:
        """What the target does not need but follows from what is known, such as a break-even."""
        found = dict(values)
        for step in self.beside:
            found[step.key] = _result(step, found)
        return found


def _result(step: Step, values: Mapping[str, Any]) -> Any:
    if step.terms:
        return step.equation.function(*(values[term] for term in step.terms))
    named = {
        name: values[value] if isinstance(value, str) else value for name, value in step.arguments.items()
    }
    return step.equation.function(**named)


def make(of: Method, target: str, stated: frozenset[str]) -> Plan:
    """The plan for a target from the stated keys."""
    return _make(of.id, of.version, target, stated)


def deposit_years(year: Any) -> np.ndarray:
    """The years in which waste was deposited, 1 up to the last year asked for."""
    return np.arange(1.0, float(np.max(year)) + 1.0)


@lru_cache(maxsize=4096)
def _make(method_id: str, version: str, target: str, stated: frozenset[str]) -> Plan:
    of = method(method_id, version)
    search = _Search(of, stated)
    search.visit(target, ())
    return Plan(
        target,
        tuple(search.steps),
        _beside(of, search),
        tuple(search.stated_used),
        tuple(search.defaults_used),
        tuple(dict.fromkeys(search.missing)),
        frozenset(search.built_in),
    )


def _beside(of: Method, search: "_Search") -> tuple[Step, ...]:
    known = {
        *search.stated_used,
        *search.defaults_used,
        *search.built_in,
        *(step.key for step in search.steps),
    }
    found = []
    for step in () if search.missing else of.steps:
        if step.key not in known and known.issuperset(step.needs):
            known.add(step.key)
            found.append(step)
    return tuple(found)


class _Search:
    def __init__(self, of: Method, stated: frozenset[str]) -> None:
        self.method = of
        self.stated = stated
        self.steps: list[Step] = []
        self.stated_used: list[str] = []
        self.defaults_used: list[str] = []
        self.missing: list[str] = []
        self.built_in: set[str] = set()
        self.done: set[str] = set()

    def visit(self, name: str, above: tuple[str, ...]) -> None:
        if name in self.done:
            return
        self.done.add(name)
        if name in self.stated:
            self.stated_used.append(name)
            return
        if name in BUILT_IN:
            self.built_in.add(name)
            return
        way = self._way(name, above)
        if way is not None:
            for need in way.needs:
                self.visit(need, (*above, name))
            self.steps.append(way)
        elif name in self.method.defaults:
            default = self.method.defaults[name]
            for other in (default.same_as, default.otherwise):
                if other is not None:
                    self.visit(other, (*above, name))
            self.defaults_used.append(name)
        else:
            self.missing += self._lacking(name, above)

    def _way(self, name: str, above: tuple[str, ...]) -> Step | None:
        """The first step for the quantity whose needs can all be met."""
        for step in self.method.ways.get(name, ()):
            if not any(self._lacking(need, (*above, name)) for need in step.needs):
                return step
        return None

    def _lacking(self, name: str, above: tuple[str, ...]) -> list[str]:
        """What would have to be stated before the quantity is known; empty when it is."""
        if name in self.stated or name in BUILT_IN:
            return []
        if name in above:
            return [name]
        options = []
        for step in self.method.ways.get(name, ()):
            lacking = [key for need in step.needs for key in self._lacking(need, (*above, name))]
            if not lacking:
                return []
            hints = sum(self._begun(need, (*above, name)) for need in step.needs)
            options.append((-hints, len(lacking), lacking))
        if name in self.method.defaults:
            return []
        # ask for the rest of what was begun; else for the quantity itself where it may be stated
        begun = [option for option in options if option[0] < 0]
        if begun:
            return min(begun, key=lambda option: option[:2])[2]
        if name in self.method.specs or not options:
            return [name]
        return min(options, key=lambda option: option[:2])[2]

    def _begun(self, name: str, above: tuple[str, ...]) -> int:
        if name in self.stated:
            return 1
        if name in above:
            return 0
        return sum(
            self._begun(need, (*above, name))
            for step in self.method.ways.get(name, ())
            for need in step.needs
        )
