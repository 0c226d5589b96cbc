"""Criteria editions from YAML, strictly: every fault is named with its file and line."""

import hashlib
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

from scoring import catalogue
from scoring import facts as fact_dictionary
from scoring.catalogue import Record
from scoring.criteria import examples, parts, sections
from scoring.criteria.edition import (
    CONFIDENCES,
    STATUSES,
    Basis,
    Criteria,
    DatedValue,
    Parameter,
    Table,
)
from scoring.criteria.expression import Expression, parse
from scoring.criteria.nodes import Type
from scoring.facts import FactSpec
from scoring.units import Unit, units
from scoring.words import Words

MAX_GATES = 64
MAX_CRITERIA = 64


class Reader:
    """The names an edition has declared so far, and the expressions that may use them."""

    def __init__(self, file: Record, dictionary: Mapping[str, FactSpec]) -> None:
        self.file = file
        self.dictionary = dictionary
        self.basis: dict[str, Basis] = {}
        self.parameters: dict[str, Parameter] = {}
        self.sets: dict[str, frozenset[str]] = {}
        self.set_labels: dict[str, Words] = {}
        self.table_types: dict[str, Type] = {}

    def new_name(self, record: Record, known: Mapping[str, Any], key: str = "id") -> str:
        name = record.text(key)
        if not name.isidentifier() or name in ("on", "missing"):
            record.fail(f"“{name}” cannot be a name; use letters, digits and _", key)
        if name in known:
            record.fail(f"duplicate id “{name}”", key)
        return name

    def new_variable(self, record: Record) -> str:
        name = self.new_name(record, {**self.parameters, **self.sets, **self.table_types})
        if name in self.dictionary:
            record.fail(f"“{name}” is already a fact", "id")
        return name

    def expression(self, record: Record, key: str, *, condition: bool = True) -> Expression:
        return parse(
            record.text(key),
            self.dictionary,
            {name: parameter.unit for name, parameter in self.parameters.items()},
            record,
            key,
            sets=self.sets,
            tables=self.table_types,
            condition=condition,
        )

    def find_expression(self, record: Record, key: str) -> Expression | None:
        return self.expression(record, key) if record.find_text(key) is not None else None

    def basis_of(self, record: Record) -> tuple[Basis, ...]:
        value = record.get("basis")
        names = (record.text("basis"),) if isinstance(value, str) else record.texts("basis")
        for name in names:
            if name not in self.basis:
                record.fail(f"unknown basis “{name}”; declared: {', '.join(self.basis)}", "basis")
        return tuple(self.basis[name] for name in names)

    def needed_basis(self, record: Record) -> tuple[Basis, ...]:
        found = self.basis_of(record)
        if not found:
            record.fail("“basis” is missing; name at least one entry of the basis table")
        return found


def read(file: Record, content_hash: str, dictionary: Mapping[str, FactSpec] | None = None) -> Criteria:
    """The edition in one file; raises InvalidData."""
    reader = Reader(file, fact_dictionary.dictionary() if dictionary is None else dictionary)
    effective = file.record("effective")
    since, until = effective.day("from"), effective.find_day("to")
    if until is not None and until < since:
        effective.fail(f"ends on {until}, before it begins on {since}", "to")
    effective.done()
    reader.basis = _read_basis(file)
    for record in file.records("parameters"):
        parameter = _read_parameter(reader, record, since, until)
        reader.parameters[parameter.id] = parameter
    _read_sets(reader)
    tables = _read_tables(reader)
    gates = tuple(sections.read_gates(reader))
    criteria = tuple(sections.read_scored(reader))
    tracks = sections.read_tracks(reader, criteria)
    sections.check_weights(file, criteria, tracks)
    grades = sections.read_grades(file)
    edition = Criteria(
        rule_set=file.text("id"),
        version=file.text("version"),
        title=file.words("title"),
        effective_from=since,
        effective_to=until,
        supersedes=file.find_text("supersedes"),
        content_hash=content_hash,
        path=file.file,
        dictionary=reader.dictionary,
        basis=MappingProxyType(reader.basis),
        parameters=MappingProxyType(reader.parameters),
        sets=MappingProxyType(reader.sets),
        set_labels=MappingProxyType(reader.set_labels),
        tables=MappingProxyType(tables),
        gates=gates,
        criteria=criteria,
        tracks=tracks,
        grades=grades,
        ceilings=tuple(sections.read_ceilings(reader, criteria, grades)),
        marks=tuple(sections.read_marks(reader)),
        invariants=tuple(sections.read_invariants(reader)),
        cases=tuple(examples.read_cases(reader)),
        points_decimals=sections.read_decimals(file),
    )
    if not gates:
        file.fail("an edition needs at least one gate", "gates")
    file.done()
    return edition


def content_hash(text: bytes | str) -> str:
    """SHA-256 of the file's bytes, the identity of an edition."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


def parse_text(
    text: bytes | str, *, name: str = "draft.yaml", dictionary: Mapping[str, FactSpec] | None = None
) -> Criteria:
    """The edition written in `text`; raises InvalidData."""
    return read(catalogue.parse(text, name=name), content_hash(text), dictionary)


def _read_basis(file: Record) -> dict[str, Basis]:
    table = file.record("basis")
    found = {}
    for key in table:
        record = table.record(key)
        found[key] = Basis(
            id=key,
            issuer=record.text("issuer"),
            title=record.text("title"),
            status=record.choice("status", STATUSES),
            confidence=record.choice("confidence", CONFIDENCES),
            number=record.find_text("number"),
            article=record.find_text("article"),
            issued=record.find_day("date"),
            url=record.find_text("url"),
        )
        record.done()
    table.done()
    return found


def _read_parameter(reader: Reader, record: Record, since: date, until: date | None) -> Parameter:
    name = reader.new_variable(record)
    unit = _read_unit(record)
    label = record.words("label")
    values: list[DatedValue] = []
    for entry in record.records("values"):
        value = DatedValue(
            entry.day("from"), entry.find_day("until"), entry.number("value"), reader.needed_basis(entry)
        )
        if value.until is not None and value.until <= value.since:
            entry.fail(f"“until” must be later than {value.since}", "until")
        if values:
            before = values[-1]
            if value.since <= before.since or (before.until is not None and value.since < before.until):
                entry.fail(
                    f"overlapping dates: this value begins on {value.since}, the one above runs from "
                    f"{before.since} to {before.until or 'the next'}; list them in order",
                    "from",
                )
        values.append(value)
        entry.done()
    record.done()
    parameter = Parameter(name, label, unit, tuple(values))
    if not values:
        record.fail("“values” needs at least one dated value", "values")
    for day in {since, *(value.until for value in values if value.until is not None)}:
        if parameter.find(day) is None and (until is None or day <= until):
            record.fail(f"“{name}” has no value on {day}, when the edition is in force", "values")
    return parameter


def _read_unit(record: Record) -> Unit:
    symbol = record.text("unit")
    if symbol not in units():
        record.fail(f"unknown unit “{symbol}”", "unit")
    return units()[symbol]


def _read_sets(reader: Reader) -> None:
    for record in reader.file.records("sets"):
        name = reader.new_variable(record)
        codes = record.texts("codes")
        if len(set(codes)) != len(codes) or not codes:
            record.fail("a set lists at least one code, and each of them once", "codes")
        reader.set_labels[name] = record.words("label")
        reader.sets[name] = frozenset(codes)
        record.done()


def _read_tables(reader: Reader) -> dict[str, Table]:
    """Tables in the order of use; each may read the ones above it, so that no cycle can arise."""
    records = reader.file.records("tables")
    names = [record.text("id") for record in records]
    found: dict[str, Table] = {}
    for position, record in enumerate(records):
        later = set(names[position:])
        table = parts.read_table(reader, record, later)
        found[table.id] = table
        reader.table_types[table.id] = table.type
    return found
