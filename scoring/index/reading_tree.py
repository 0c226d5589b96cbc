"""The tree of a method file: nodes, indicators and everything that may be wrong with them."""

from collections.abc import Collection
from decimal import Decimal
from fractions import Fraction

from scoring.catalogue import Record
from scoring.index.means import KINDS, Mean
from scoring.index.method import Leaf, Node

STATUSES = ("official", "sibling", "proposed")
CONFIDENCES = ("high", "medium", "low")


def read_node(record: Record, scales: tuple[str, ...], basis: Collection[str], per: Collection[str]) -> Node:
    """A node and everything below it; weights of children add up to the node's, exactly."""
    children = tuple(
        read_node(child, scales, basis, per) if "children" in child else _leaf(child, scales, basis, per)
        for child in record.records("children")
    )
    if not children:
        record.fail("a node needs children", "children")
    weight = record.number("weight")
    total = sum((child.number("weight") for child in record.records("children")), Decimal(0))
    if total != weight:
        record.fail(f"the weights below “{record.text('id')}” add up to {total}, not {weight}", "children")
    if weight <= 0:
        record.fail("the weight of a node must be above 0", "weight")
    kind = record.choice("mean", KINDS)
    power = record.find_number("power")
    if (power is None) == (kind == "power"):
        record.fail("“power” belongs to mean: power, and only there", "power")
    node = Node(
        id=record.text("id"),
        title=record.words("title"),
        weight=float(weight),
        mean=Mean(kind) if power is None else Mean(kind, float(power)),
        present=_fraction(record, "present"),
        by_weight=record.flag("by_weight"),
        children=children,
    )
    record.done()  # a direction above an indicator is an unknown key
    return node


def _leaf(record: Record, scales: tuple[str, ...], basis: Collection[str], per: Collection[str]) -> Leaf:
    direction = record.choice("direction", ("up", "down", "band"))
    measure = record.choice("measure", ("stock", "flow", "ratio"))
    bounds = record.record("bounds")
    caps = record.find_record("caps")
    denominator = record.find_record("denominator")
    leaf = Leaf(
        id=record.text("id"),
        title=record.words("title"),
        unit=record.text("unit"),
        weight=float(record.number("weight")),
        direction=direction,
        floor=float(record.number("floor")),
        target=float(record.number("target")),
        tolerance=float(record.number("tolerance")) if direction == "band" else 0.0,
        measure=measure,
        quarters=record.integer("quarters") if measure != "stock" else 1,
        source=record.choice("source", ("registry", "external")),
        owner=record.words("owner"),
        due_days=record.integer("due_days"),
        scales=record.texts("scales"),
        least=_float(bounds, "min"),
        most=_float(bounds, "max"),
        cap_low=_float(caps, "low") if caps else None,
        cap_high=_float(caps, "high") if caps else None,
        denominator=denominator.text("leaf") if denominator else None,
        per=float(denominator.number("per")) if denominator else 1.0,
        error=float(record.find_number("error") or 0),
        self_reported=record.flag("self_reported"),
        status=record.choice("status", STATUSES),
        confidence=record.choice("confidence", CONFIDENCES),
        basis=record.texts("basis"),
    )
    _check_leaf(leaf, record, scales, basis, per)
    for part in (bounds, caps, denominator, record):
        if part is not None:
            part.done()
    return leaf


def _check_leaf(
    leaf: Leaf, record: Record, scales: tuple[str, ...], basis: Collection[str], per: Collection[str]
) -> None:
    low, high = leaf.posts
    if low == high:
        record.fail(f"“{leaf.id}”: floor and target are equal", "target")
    if leaf.direction == "up" and leaf.floor > leaf.target:
        record.fail(f"“{leaf.id}”: higher is better, so the target must lie above the floor", "target")
    if leaf.direction == "down" and leaf.floor < leaf.target:
        record.fail(f"“{leaf.id}”: lower is better, so the target must lie below the floor", "target")
    if leaf.direction == "band" and not 0 <= high < low:
        record.fail(
            f"“{leaf.id}”: the tolerance must be smaller than the distance from target to floor", "tolerance"
        )
    if leaf.weight < 0:
        record.fail(f"“{leaf.id}”: a weight is at least 0", "weight")
    if leaf.quarters < 1:
        record.fail(f"“{leaf.id}”: at least one quarter is summed", "quarters")
    if not leaf.scales:
        record.fail(f"“{leaf.id}”: “scales” is missing; known: {', '.join(scales)}", "scales")
    for name in leaf.scales:
        if name not in scales:
            record.fail(f"unknown scale “{name}”; known: {', '.join(scales)}", "scales")
    for name in leaf.basis:
        if name not in basis:
            record.fail(f"unknown basis “{name}”; known: {', '.join(basis)}", "basis")
    if not leaf.basis:
        record.fail(f"“{leaf.id}” gives no basis for its goalposts", "basis")
    if leaf.denominator is not None and leaf.denominator not in per:
        record.fail(f"unknown denominator “{leaf.denominator}”", "denominator")
    if leaf.per <= 0:
        record.fail(f"“{leaf.id}”: “per” must be above 0", "denominator")


def check_tree(tree: Node, root: Record) -> None:
    """Refuse an id that stands twice and a whole that does not weigh 100."""
    seen: set[str] = set()
    for node in tree.walk():
        if node.id in seen:
            root.fail(f"“{node.id}” stands twice in the tree")
        seen.add(node.id)
    if tree.weight != 100:
        root.fail(f"the weight of the whole must be 100, not {tree.weight:g}", "weight")


def _fraction(record: Record, key: str) -> Fraction:
    text = record.text(key)
    try:
        value = Fraction(text)
    except (ValueError, ZeroDivisionError):
        record.fail(f"“{key}” must be a fraction such as “2/3”, not “{text}”", key)
    if not 0 <= value <= 1:
        record.fail(f"“{key}” must lie between 0 and 1", key)
    return value


def _float(record: Record, key: str) -> float | None:
    value = record.find_number(key)
    return None if value is None else float(value)
