"""Rule expressions: a small, checked language read from data files.

    or  and  not   < <= == != >= >   in   not in   is missing   is not missing   + - * /
    names   numbers   'texts'

Text is parsed with `ast` in eval mode, held against a whitelist of node types and turned into nodes; it is
never compiled or evaluated. Names are facts of the dictionary, parameters, sets, tables and `on`, the day
of the screening. Kinds and units are checked when the text is read. Logic is three-valued (Kleene): what a
missing fact decides is unknown, `None`, and so is a division by zero. A note or text in the place of a
condition means “stated”, which is unknown, not false, while it is missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import localcontext
from functools import cache
from types import MappingProxyType
from typing import Any

from scoring import facts as fact_dictionary
from scoring.catalogue import Record
from scoring.criteria.kleene import Scope, undecided, value_of
from scoring.criteria.nodes import (
    DATE,
    EXACT,
    Among,
    Holds,
    Missing,
    Name,
    Node,
    Stated,
    Type,
    keep_ties,
    number_in,
    walk,
)
from scoring.criteria.syntax import Syntax
from scoring.errors import InvalidData
from scoring.facts import Facts, FactSpec
from scoring.units import Unit


@dataclass(frozen=True)
class Expression:
    """A checked expression: its text, its tree and the names it reads."""

    text: str
    root: Node
    facts: tuple[str, ...] = field(compare=False)
    parameters: tuple[str, ...] = field(compare=False)
    tables: tuple[str, ...] = field(compare=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The facts it reads, in the order of the text."""
        return self.facts

    @property
    def type(self) -> Type:
        return self.root.type

    def evaluate(self, facts: Facts, scope: Scope = MappingProxyType({})) -> Any:
        """Its value on the facts: True, False or None (unknown) for a condition, else a number or date.

        `scope` holds the values of parameters and tables by name, and the day under `on`.
        """
        with localcontext(EXACT):
            return value_of(self.root, facts, scope)

    def unknowns(self, facts: Facts, scope: Scope = MappingProxyType({})) -> tuple[str, ...]:
        """The missing facts that still matter; empty when the value is known."""
        with localcontext(EXACT):
            if value_of(self.root, facts, scope) is not None:
                return ()
            return tuple(dict.fromkeys(undecided(self.root, facts, scope)))


def parse(
    text: str,
    dictionary: Mapping[str, FactSpec],
    parameters: Mapping[str, Unit | Type] = MappingProxyType({}),
    record: Record | None = None,
    key: str | None = None,
    *,
    sets: Mapping[str, frozenset[str]] = MappingProxyType({}),
    tables: Mapping[str, Type] = MappingProxyType({}),
    condition: bool = True,
) -> Expression:
    """The checked expression in `text`; raises InvalidData naming the file and line of `record[key]`.

    `condition` asks for a truth value; otherwise any number, date or text will do.
    """
    names: dict[str, Name] = {"on": Name("on", "on", DATE)}
    for name, unit in parameters.items():
        names[name] = Name(name, "parameter", number_in(unit) if isinstance(unit, Unit) else unit)
    for name, kind in tables.items():
        names[name] = Name(name, "table", kind)
    reader = Syntax(text, dictionary, names, sets, record, key)
    root = reader.read()
    root = reader.as_truth(root) if condition else keep_ties(root)
    found: dict[str, dict[str, None]] = {"fact": {}, "parameter": {}, "table": {}}
    for node in walk(root):
        if isinstance(node, Name) and node.origin != "on":
            found[node.origin][node.key] = None
        elif isinstance(node, Among | Holds | Stated | Missing):
            found["fact"][node.key] = None
    return Expression(text, root, *(tuple(found[origin]) for origin in ("fact", "parameter", "table")))


@cache
def condition(text: str) -> Expression:
    """A condition over the product's fact dictionary alone, such as a field's `when`."""
    return parse(text, fact_dictionary.dictionary())


def holds(text: str, facts: Facts) -> bool | None:
    """Whether a condition over the facts holds; None when a missing fact decides it. Raises InvalidData."""
    found: bool | None = condition(text).evaluate(facts)
    return found


def check_conditions(dictionary: Mapping[str, FactSpec]) -> None:
    """Raises InvalidData for a `when` of the dictionary that cannot be read."""
    for spec in dictionary.values():
        if spec.when is None:
            continue
        try:
            parse(spec.when, dictionary)
        except InvalidData as error:
            raise InvalidData("facts.yaml", 1, f"when of “{spec.key}”: {error.message}") from error
