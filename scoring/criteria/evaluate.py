"""One project against one edition."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation, getcontext, localcontext
from typing import Any

from scoring.criteria.edition import Criteria
from scoring.criteria.nodes import EXACT
from scoring.criteria.outcome import Outcome
from scoring.criteria.single import Program, compile_edition
from scoring.criteria.tables import regime_on, scope_on
from scoring.errors import InvalidFacts
from scoring.facts import Facts, FactSpec
from scoring.words import Words

_MAX_KEPT = 4_000  # derived forms kept per edition


def evaluate(facts: Facts, edition: Criteria, *, on: date) -> Outcome:
    """The outcome of the facts under the edition on a day.

    Missing facts are absent keys; they never count as zero and never fail a gate. Choices outside
    the dictionary count as missing. Raises InvalidFacts when a value is of another kind than it says, and
    UnknownEdition when a parameter has no value on that day.
    """
    program = edition.programs.get(on)
    if program is None:
        program = bind(edition, on)
    try:
        if getcontext().prec == EXACT.prec:
            raw = program(facts.get)
        else:
            with localcontext(EXACT):
                raw = program(facts.get)
    except (TypeError, InvalidOperation) as error:
        raise _wrong_kind(facts, edition.dictionary) or error from error
    return Outcome(edition, facts, on, raw)


def bind(edition: Criteria, on: date) -> Program:
    """The edition's program for one day, made once and kept."""
    if isinstance(on, datetime) or not isinstance(on, date):
        raise TypeError(f"the day of a screening is a date, not {on!r}")
    scope = scope_on(edition, on)
    regime = ("program", regime_on(edition, on))
    binder: Callable[[date], Program] | None = edition.programs.get(regime)
    if binder is None:
        with localcontext(EXACT):
            binder = edition.programs[regime] = compile_edition(edition, scope)
    if len(edition.programs) > _MAX_KEPT:
        edition.programs.clear()
        edition.programs[regime] = binder
    program = edition.programs[on] = binder(on)
    return program


_KINDS: Mapping[str, tuple[type, ...]] = {
    "number": (Decimal, int),
    "share": (Decimal, int),
    "money": (Decimal, int),
    "integer": (int, Decimal),
    "date": (date,),
    "flag": (bool,),
    "choices": (frozenset,),
}


def _wrong_kind(facts: Facts, dictionary: Mapping[str, FactSpec]) -> InvalidFacts | None:
    messages = {key: fault for key, value in facts.items() if (fault := _fault(dictionary.get(key), value))}
    return InvalidFacts(messages) if messages else None


def _fault(spec: FactSpec | None, value: Any) -> Words | None:
    if spec is None or value is None:
        return None
    kinds = _KINDS.get(spec.kind, (str,))
    right = isinstance(value, kinds) and (spec.kind == "flag" or not isinstance(value, bool))
    if isinstance(value, Decimal) and not value.is_finite():
        right = False
    if spec.kind == "date" and isinstance(value, datetime):
        right = False
    if right:
        return None
    names = "/".join(kind.__name__ for kind in kinds)
    return Words(f"应为 {names} 类型，而不是 {value!r}", f"must be of type {names}, not {value!r}")
