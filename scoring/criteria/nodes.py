"""The nodes of a checked rule expression, and the kinds and units of their values."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal, localcontext

from scoring import taxonomy
from scoring.facts import FactSpec
from scoring.units import Unit, units

EXACT = Context(prec=28)

Dimension = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Type:
    """What a node yields: its kind and, for numbers, its dimension and scale."""

    kind: str  # truth, number, date, text, choice, choices, set
    dimension: Dimension = ()
    scale: Decimal = Decimal(1)
    literal: bool = False  # made of bare numbers only
    zero: bool = False  # the bare number 0, which needs no unit
    choices: frozenset[str] | None = None  # the texts that may occur, where they are known


def number_in(unit: Unit) -> Type:
    return Type("number", unit.dimension, unit.scale)


TRUTH = Type("truth")
DATE = Type("date")
DAYS = Type("number", (("days", 1),))


@dataclass(frozen=True, slots=True)
class Number:
    value: Decimal
    type: Type = Type("number", literal=True)


@dataclass(frozen=True, slots=True)
class Text:
    value: str
    type: Type = Type("text")


@dataclass(frozen=True, slots=True)
class Day:
    value: date
    type: Type = DATE


@dataclass(frozen=True, slots=True)
class Name:
    key: str
    origin: str  # fact, parameter, table, on
    type: Type


@dataclass(frozen=True, slots=True)
class Arithmetic:
    op: str
    left: "Node"
    right: "Node"
    type: Type


@dataclass(frozen=True, slots=True)
class Exact:
    """A name or number near a quotient within further arithmetic: a fraction, so that ties stay ties."""

    item: "Node"
    type: Type


@dataclass(frozen=True, slots=True)
class Rounded:
    """The one rounding of such arithmetic, to 28 digits."""

    item: "Node"
    type: Type


@dataclass(frozen=True, slots=True)
class Compare:
    op: str
    left: "Node"
    right: "Node"
    type: Type = TRUTH


@dataclass(frozen=True, slots=True)
class Among:
    """A choice, code or text fact is one of some values."""

    key: str
    values: frozenset[str]
    negated: bool
    allowed: frozenset[str] | None = None  # the texts that count as stated
    set_name: str | None = None
    type: Type = TRUTH


@dataclass(frozen=True, slots=True)
class Holds:
    """A many-choice fact contains a choice."""

    key: str
    value: str
    negated: bool
    type: Type = TRUTH


@dataclass(frozen=True, slots=True)
class Stated:
    """A text has been stated: true, or unknown while it is missing."""

    key: str
    type: Type = TRUTH


@dataclass(frozen=True, slots=True)
class Missing:
    """Whether a fact is missing; always known."""

    key: str
    negated: bool
    type: Type = TRUTH


@dataclass(frozen=True, slots=True)
class Not:
    item: "Node"
    type: Type = TRUTH


@dataclass(frozen=True, slots=True)
class And:
    items: tuple["Node", ...]
    type: Type = TRUTH


@dataclass(frozen=True, slots=True)
class Or:
    items: tuple["Node", ...]
    type: Type = TRUTH


Node = (
    Number
    | Text
    | Day
    | Name
    | Arithmetic
    | Exact
    | Rounded
    | Compare
    | Among
    | Holds
    | Stated
    | Missing
    | Not
    | And
    | Or
)


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it, left to right."""
    yield node
    for child in children(node):
        yield from walk(child)


def children(node: Node) -> tuple[Node, ...]:
    if isinstance(node, Arithmetic | Compare):
        return (node.left, node.right)
    if isinstance(node, Not | Exact | Rounded):
        return (node.item,)
    if isinstance(node, And | Or):
        return node.items
    return ()


def product(a: Type, b: Type, sign: int) -> Type:
    exponents = dict(a.dimension)
    for base, exponent in b.dimension:
        exponents[base] = exponents.get(base, 0) + sign * exponent
    dimension = tuple(sorted((base, power) for base, power in exponents.items() if power))
    with localcontext(EXACT):
        scale = a.scale * b.scale if sign > 0 else a.scale / b.scale
    return Type("number", dimension, scale, literal=a.literal and b.literal)


def unit_of(kind: Type) -> Unit | None:
    """The declared unit of a number, if there is one."""
    for unit in units().values():
        if unit.dimension == kind.dimension and unit.scale == kind.scale:
            return unit
    return None


def unit_text(kind: Type) -> str:
    unit = unit_of(kind)
    if unit is not None:
        return f"unit {unit.symbol}"
    shape = "·".join(base if power == 1 else f"{base}^{power}" for base, power in kind.dimension) or "1"
    return f"{kind.scale.normalize():f} {shape}"


def type_of_fact(spec: FactSpec) -> Type:
    if spec.is_numeric:
        return number_in(spec.unit if spec.unit is not None else units()["1"])
    if spec.kind in ("choice", "choices"):
        return Type(spec.kind, choices=frozenset(choice.id for choice in spec.choices))
    if spec.kind == "code" and spec.check == "category":
        return Type("text", choices=frozenset(taxonomy.categories()))
    return {"flag": TRUTH, "date": DATE}.get(spec.kind, Type("text"))


def keep_ties(node: Node) -> Node:
    """Arithmetic with a quotient inside, rebuilt so that it rounds once, at the end."""
    inner = (part for part in walk(node) if part is not node)
    if any(isinstance(part, Arithmetic) and part.op == "/" for part in inner):
        return Rounded(_in_fractions(node), node.type)
    return node


def _in_fractions(node: Node) -> Node:
    if isinstance(node, Arithmetic):
        return Arithmetic(node.op, _in_fractions(node.left), _in_fractions(node.right), node.type)
    return Exact(node, node.type)


_OPPOSITE = {"<": ">=", "<=": ">", "==": "!=", "!=": "==", ">=": "<", ">": "<="}


def negate(node: Node) -> Node:
    """The negation of a condition, moved down to its atoms; in Kleene logic they agree, unknown included."""
    if isinstance(node, Not):
        return settle_negations(node.item)
    if isinstance(node, Compare):
        return Compare(_OPPOSITE[node.op], node.left, node.right)
    if isinstance(node, Among):
        return Among(node.key, node.values, not node.negated, node.allowed, node.set_name)
    if isinstance(node, Holds):
        return Holds(node.key, node.value, not node.negated)
    if isinstance(node, Missing):
        return Missing(node.key, not node.negated)
    if isinstance(node, And):
        return Or(tuple(negate(item) for item in node.items))
    if isinstance(node, Or):
        return And(tuple(negate(item) for item in node.items))
    return Not(node)


def settle_negations(node: Node) -> Node:
    """The same condition with `not` only before flags and stated texts."""
    if isinstance(node, Not):
        return negate(node.item)
    if isinstance(node, And):
        return And(tuple(settle_negations(item) for item in node.items))
    if isinstance(node, Or):
        return Or(tuple(settle_negations(item) for item in node.items))
    return node
