"""Readers of tables and of the parts of scored criteria: knots, choices, rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from scoring.catalogue import Record
from scoring.criteria.coverage import check_rows
from scoring.criteria.edition import Knot, Part, Row, Table
from scoring.criteria.expression import Expression
from scoring.criteria.nodes import Name, Node, Number, Type, number_in, unit_of, unit_text
from scoring.units import units

if TYPE_CHECKING:
    from scoring.criteria.reader import Reader

KINDS = ("steps", "curve", "by_choice", "logarithm")
_YEARS = units()["a"]
_ONE = units()["1"]


def read_part(reader: Reader, record: Record) -> Part:
    """One part: points for a condition, steps, a curve, points by choice, or a logarithmic curve."""
    given = [kind for kind in KINDS if kind in record]
    if len(given) > 1 or (given and "input" not in record) or (not given and "when" not in record):
        record.fail(f"a part has “when” and “points”, or “input” and one of: {', '.join(KINDS)}")
    when = reader.find_expression(record, "when")
    says = record.find_words("says")
    if not given:
        part = Part("flag", says, when, None, record.number("points"))
    else:
        numeric = given[0] != "by_choice"
        source = reader.expression(record, "input", condition=False)
        if numeric and source.type.kind != "number":
            record.fail("“input” must be a number here", "input")
        part = _READERS[given[0]](reader, record, source, when, says)
    record.done()
    return part


def _read_steps(reader: Reader, record: Record, source: Expression, when: Any, says: Any) -> Part:
    knots = read_knots(reader, record, "steps", source.type)
    return Part("steps", says, when, source, _most(knots), knots)


def _read_curve(reader: Reader, record: Record, source: Expression, when: Any, says: Any) -> Part:
    knots = read_knots(reader, record, "curve", source.type)
    return Part("curve", says, when, source, _most(knots), knots)


def _most(knots: tuple[Knot, ...]) -> Decimal:
    return max(knot.points for knot in knots)


def _read_choice(reader: Reader, record: Record, source: Expression, when: Any, says: Any) -> Part:
    root = source.root
    if not (isinstance(root, Name) and root.type.kind == "choice"):
        record.fail("“by_choice” needs a choice fact as input", "input")
    allowed = root.type.choices or frozenset()
    table = record.record("by_choice")
    for key in table:
        if key not in allowed:
            table.fail(f"“{key}” is no choice of “{root.key}”; there are {', '.join(sorted(allowed))}", key)
    points = {key: table.number(key) if key in table else Decimal(0) for key in sorted(allowed)}
    table.done()
    return Part("choice", says, when, source, max(points.values()), choices=MappingProxyType(points))


def _read_logarithm(reader: Reader, record: Record, source: Expression, when: Any, says: Any) -> Part:
    table = record.record("logarithm")
    full_at = read_amount(reader, table, "full_at", table["full_at"], source.type, table.find_text("unit"))
    points = table.number("points")
    table.done()
    return Part("logarithm", says, when, source, points, full_at=full_at)


_READERS = MappingProxyType(
    {"steps": _read_steps, "curve": _read_curve, "by_choice": _read_choice, "logarithm": _read_logarithm}
)


def read_knots(reader: Reader, record: Record, key: str, kind: Type) -> tuple[Knot, ...]:
    """Pairs [bound, points] in rising order; a curve may name one bound twice, where it jumps."""
    unit = record.find_text("unit")
    found: list[Knot] = []
    for pair in record.items_of(key):
        if not (isinstance(pair, list) and len(pair) == 2 and _is_number(pair[1])):
            record.fail(f"each entry of “{key}” is a pair [bound, points]", key)
        found.append(Knot(read_amount(reader, record, key, pair[0], kind, unit), Decimal(pair[1])))
    if not found:
        record.fail(f"“{key}” needs at least one pair [bound, points]", key)
    _check_rising(reader, record, key, found)
    return tuple(found)


def _check_rising(reader: Reader, record: Record, key: str, knots: list[Knot]) -> None:
    days = {value.since for parameter in reader.parameters.values() for value in parameter.values}
    for day in sorted(days) or [date.min]:
        bounds = [_on_day(reader, knot.at, day) for knot in knots]
        known = [bound for bound in bounds if bound is not None]
        if len(known) < len(bounds):
            continue
        for index in range(1, len(known)):
            falls = known[index] < known[index - 1]
            repeats = known[index] == known[index - 1]
            thrice = repeats and index > 1 and known[index] == known[index - 2]
            if falls or (repeats and key == "steps") or thrice:
                record.fail(
                    f"the bounds of “{key}” must rise; {known[index]} follows {known[index - 1]}", key
                )


def _on_day(reader: Reader, node: Node, day: date) -> Decimal | None:
    if isinstance(node, Number):
        return node.value
    assert isinstance(node, Name)
    found = reader.parameters[node.key].find(day)
    return None if found is None else found.value


def read_amount(reader: Reader, record: Record, key: str, raw: Any, kind: Type, unit: str | None) -> Node:
    """A bound: a number in the stated unit, or the name of a parameter in the same unit as the input."""
    if _is_number(raw):
        stated = _ONE if unit is None else units().get(unit)
        if stated is None:
            record.fail(f"unknown unit “{unit}”", "unit")
        if (stated.dimension, stated.scale) != (kind.dimension, kind.scale):
            fitting = unit_of(kind)
            right = f"“unit: {fitting.symbol}”" if fitting else unit_text(kind)
            record.fail(
                f"the input is in {unit_text(kind)}, the bounds in unit {stated.symbol}; state {right}", key
            )
        return Number(Decimal(raw))
    if not (isinstance(raw, str) and raw in reader.parameters):
        record.fail(f"“{raw}” is neither a number nor a parameter", key)
    own = number_in(reader.parameters[raw].unit)
    if (own.dimension, own.scale) != (kind.dimension, kind.scale):
        record.fail(f"“{raw}” is in {unit_text(own)}, the input in {unit_text(kind)}", key)
    return Name(raw, "parameter", own)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def read_table(reader: Reader, record: Record, later: set[str]) -> Table:
    """One table; `later` holds its own name and those below it, which it may not read."""
    name = reader.new_variable(record)
    _refuse_cycle(record, name, later)
    label, basis = record.words("label"), reader.needed_basis(record)
    given = [kind for kind in ("rows", "curve", "annuity") if kind in record]
    if len(given) != 1:
        record.fail("a table has one of: rows, curve, annuity")
    table = {"rows": _read_rows, "curve": _read_lookup, "annuity": _read_annuity}[given[0]](
        reader, record, name, label, basis
    )
    record.done()
    return table


def _refuse_cycle(record: Record, name: str, later: set[str]) -> None:
    texts = [record.find_text("input")] if isinstance(record.get("input"), str) else []
    rows = record.get("rows") or []
    texts += [row.get("when") for row in rows if isinstance(row, Record)]
    for text in texts:
        words = set("".join(c if c.isidentifier() or c.isdigit() else " " for c in str(text)).split())
        loop = sorted(words & later)
        if loop:
            record.fail(
                f"cyclic table: “{name}” reads “{loop[0]}”; a table may only read the tables above it", "id"
            )


def _read_rows(reader: Reader, record: Record, name: str, label: Any, basis: Any) -> Table:
    hit = record.choice("hit", ("first", "unique"))
    unit = record.text("unit")
    if unit not in units():
        record.fail(f"unknown unit “{unit}”", "unit")
    rows = []
    for entry in record.records("rows"):
        rows.append(Row(reader.expression(entry, "when"), entry.number("value")))
        entry.done()
    if not rows:
        record.fail("“rows” needs at least one row", "rows")
    otherwise = record.find_number("otherwise")
    check_rows(record, rows, hit, otherwise is not None, reader.dictionary, reader.parameters)
    reads = dict.fromkeys(key for row in rows for key in row.when.facts)
    inner = dict.fromkeys(key for row in rows for key in row.when.tables)
    return Table(
        name,
        label,
        number_in(units()[unit]),
        "rows",
        tuple(reads),
        tuple(inner),
        basis,
        hit,
        tuple(rows),
        otherwise,
    )


def _read_lookup(reader: Reader, record: Record, name: str, label: Any, basis: Any) -> Table:
    source = reader.expression(record, "input", condition=False)
    if source.type.kind != "number":
        record.fail("“input” must be a number", "input")
    output = record.text("output_unit")
    if output not in units():
        record.fail(f"unknown unit “{output}”", "output_unit")
    knots = read_knots(reader, record, "curve", source.type)
    return Table(
        name,
        label,
        number_in(units()[output]),
        "curve",
        source.facts,
        source.tables,
        basis,
        input=source,
        knots=knots,
    )


def _read_annuity(reader: Reader, record: Record, name: str, label: Any, basis: Any) -> Table:
    entry = record.record("annuity")
    source = reader.expression(entry, "years", condition=False)
    if (source.type.dimension, source.type.scale) != (_YEARS.dimension, _YEARS.scale):
        entry.fail("“years” must be a number in unit a", "years")
    rate = read_amount(reader, entry, "rate", entry["rate"], number_in(_ONE), None)
    entry.done()
    kind = number_in(_YEARS)
    return Table(name, label, kind, "annuity", source.facts, source.tables, basis, input=source, rate=rate)
