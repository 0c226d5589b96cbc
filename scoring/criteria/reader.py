"""Criteria editions from YAML, strictly: every fault is named with its file and line."""

import hashlib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from scoring import catalogue
from scoring import facts as fact_dictionary
from scoring.catalogue import Record
from scoring.criteria import parts
from scoring.criteria.edition import (
    CONFIDENCES,
    OUTCOMES,
    STATUSES,
    Basis,
    Case,
    Ceiling,
    Clause,
    Criteria,
    DatedValue,
    Gate,
    Grade,
    Mark,
    Parameter,
    Scored,
    Table,
    Track,
    Tracks,
)
from scoring.criteria.expression import Expression, parse
from scoring.criteria.nodes import Type
from scoring.errors import InvalidFacts
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
    gates = tuple(_read_gates(reader))
    criteria = tuple(_read_scored(reader))
    tracks = _read_tracks(reader, criteria)
    _check_weights(file, criteria, tracks)
    grades = _read_grades(file)
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
        ceilings=tuple(_read_ceilings(reader, criteria, grades)),
        marks=tuple(_read_marks(reader)),
        invariants=tuple(_read_invariants(reader)),
        cases=tuple(_read_cases(reader)),
        points_decimals=_read_decimals(file),
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


def _read_gates(reader: Reader) -> list[Gate]:
    found: dict[str, Gate] = {}
    for record in reader.file.records("gates"):
        gate_id = reader.new_name(record, found)
        title, basis = record.words("title"), reader.needed_basis(record)
        applies = reader.find_expression(record, "applies")
        entries = record.records("clauses")
        if ("require" in record) == bool(entries):
            record.fail("a gate has either “require” or a list of “clauses”", "clauses")
        if entries:
            clauses: dict[str, Clause] = {}
            for entry in entries:
                clause_id = reader.new_name(entry, clauses)
                clauses[clause_id] = _read_clause(reader, entry, clause_id, basis)
                entry.done()
            gate = Gate(gate_id, title, applies, tuple(clauses.values()), basis)
        else:
            gate = Gate(
                gate_id, title, applies, (_read_clause(reader, record, "a", basis, inner=True),), basis
            )
        record.done()
        found[gate_id] = gate
        if len(found) > MAX_GATES:
            record.fail(f"at most {MAX_GATES} gates")
    return list(found.values())


def _read_clause(
    reader: Reader, record: Record, clause_id: str, gate_basis: tuple[Basis, ...], *, inner: bool = False
) -> Clause:
    require = reader.expression(record, "require")
    adjustable = record.texts("adjustable")
    for key in adjustable:
        if key not in require.facts:
            record.fail(f"“{key}” is adjustable but the requirement does not read it", "adjustable")
    return Clause(
        id=clause_id,
        require=require,
        otherwise=record.choice("otherwise", OUTCOMES, default="fail"),
        applies=None if inner else reader.find_expression(record, "applies"),
        says=record.find_words("says"),
        basis=gate_basis if inner else (reader.basis_of(record) or gate_basis),
        adjustable=adjustable,
    )


def _read_scored(reader: Reader) -> list[Scored]:
    found: dict[str, Scored] = {}
    taken = {record.text("id") for record in reader.file.records("gates")}
    for record in reader.file.records("criteria"):
        criterion_id = reader.new_name(record, {**found, **dict.fromkeys(taken)})
        full = record.number("full")
        if full <= 0:
            record.fail("“full” must be above 0", "full")
        entries = record.records("parts")
        if not entries:
            record.fail("a scored criterion needs “parts”", "parts")
        found[criterion_id] = Scored(
            id=criterion_id,
            title=record.words("title"),
            full=full,
            combine=record.choice("combine", ("sum", "highest"), default="sum"),
            missing=record.choice("missing", ("zero", "unknown"), default="unknown"),
            parts=tuple(parts.read_part(reader, entry) for entry in entries),
            basis=reader.needed_basis(record),
        )
        record.done()
        if len(found) > MAX_CRITERIA:
            record.fail(f"at most {MAX_CRITERIA} scored criteria")
    return list(found.values())


def _read_tracks(reader: Reader, criteria: tuple[Scored, ...]) -> Tracks | None:
    record = reader.file.find_record("tracks")
    if record is None:
        return None
    full = record.number("full")
    by_id = {criterion.id: criterion for criterion in criteria}
    taken: set[str] = set()
    alternatives: dict[str, Track] = {}
    for entry in record.records("alternatives"):
        track_id = reader.new_name(entry, alternatives)
        members = entry.texts("criteria")
        for member in members:
            if member not in by_id or member in taken:
                entry.fail(f"“{member}” is not a scored criterion, or is in two tracks", "criteria")
            taken.add(member)
        total = sum((by_id[member].full for member in members), Decimal(0))
        if total != full:
            entry.fail(f"the criteria of track “{track_id}” sum to {total}, not {full}", "criteria")
        alternatives[track_id] = Track(
            track_id, entry.words("title"), reader.expression(entry, "when"), members
        )
        entry.done()
    bonus = record.find_record("bonus")
    when, points = None, Decimal(0)
    if bonus is not None:
        when, points = reader.expression(bonus, "when"), bonus.number("points")
        bonus.done()
    tracks = Tracks(full, tuple(alternatives.values()), when, points, reader.needed_basis(record))
    record.done()
    return tracks


def _check_weights(file: Record, criteria: tuple[Scored, ...], tracks: Tracks | None) -> None:
    if not criteria:
        return
    grouped = {member for track in tracks.alternatives for member in track.criteria} if tracks else set()
    total = sum((criterion.full for criterion in criteria if criterion.id not in grouped), Decimal(0))
    total += tracks.full if tracks else 0
    if total != 100:
        file.fail(f"the full points sum to {total}; they must sum to 100", "criteria")


def _read_grades(file: Record) -> tuple[Grade, ...]:
    found: list[Grade] = []
    for record in file.records("grades"):
        grade = Grade(
            record.text("id"), record.words("label"), record.number("from"), record.find_text("tier")
        )
        record.done()
        if any(grade.id == other.id for other in found):
            record.fail(f"duplicate id “{grade.id}”", "id")
        if found and grade.since >= found[-1].since:
            record.fail("grades are listed from the highest bound to the lowest", "from")
        found.append(grade)
    return tuple(found)


def _read_ceilings(reader: Reader, criteria: tuple[Scored, ...], grades: tuple[Grade, ...]) -> list[Ceiling]:
    found = []
    for record in reader.file.records("ceilings"):
        found.append(
            Ceiling(
                record.choice("criterion", [criterion.id for criterion in criteria]),
                record.number("below"),
                record.choice("grade", [grade.id for grade in grades]),
                record.words("says"),
                reader.needed_basis(record),
            )
        )
        record.done()
    return found


def _read_marks(reader: Reader) -> list[Mark]:
    found: dict[str, Mark] = {}
    for record in reader.file.records("marks"):
        mark_id = reader.new_name(record, found)
        found[mark_id] = Mark(
            mark_id, record.words("title"), reader.expression(record, "when"), reader.needed_basis(record)
        )
        record.done()
    return list(found.values())


def _read_invariants(reader: Reader) -> list[Expression]:
    found = []
    for record in reader.file.records("invariants"):
        found.append(reader.expression(record, "holds"))
        record.done()
    return found


def _read_decimals(file: Record) -> int | None:
    decimals = file.find_integer("points_decimals")
    if decimals is not None and not 0 <= decimals <= 6:
        file.fail("“points_decimals” lies between 0 and 6", "points_decimals")
    return decimals


_EXPECTED = (
    "verdict",
    "failed",
    "review",
    "insufficient",
    "not_applicable",
    "score",
    "points",
    "grade",
    "marks",
    "passed",
)


def _read_cases(reader: Reader) -> list[Case]:
    found: dict[str, Case] = {}
    for record in reader.file.records("cases"):
        name = record.text("name")
        if name in found:
            record.fail(f"duplicate case “{name}”", "name")
        stated: dict[str, Any] = {}
        base = record.find_text("like")
        if base is not None:
            if base not in found:
                record.fail(f"“like” must name a case above, not “{base}”", "like")
            stated.update(found[base].facts)
        own = record.find_record("facts")
        if own is not None:
            _read_facts(reader, own, stated)
        expect = record.record("expect")
        expected = {key: _plain(expect[key]) for key in expect}
        for key in expected:
            if key not in _EXPECTED:
                expect.fail(f"unknown key “{key}”; known here: {', '.join(_EXPECTED)}", key)
        found[name] = Case(name, record.day("on"), stated, expected, record.line)
        record.done()
    return list(found.values())


def _read_facts(reader: Reader, record: Record, stated: dict[str, Any]) -> None:
    for key in record:
        spec = reader.dictionary.get(key)
        if spec is None:
            record.fail(f"unknown fact “{key}”", key)
        value = record[key]
        if value is None:
            stated.pop(key, None)
            continue
        try:
            read_value = spec.read(value)
        except InvalidFacts as error:
            record.fail(error.messages[key].en, key)
        if read_value is not None:
            stated[key] = read_value


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        return {key: _plain(value[key]) for key in value}
    if isinstance(value, list):
        return tuple(_plain(item) for item in value)
    return value
