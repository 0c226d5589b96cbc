"""Readers of the rules of an edition: gates, scored criteria, tracks, grades, ceilings, marks, invariants."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from scoring.catalogue import Record
from scoring.criteria import parts
from scoring.criteria.edition import (
    OUTCOMES,
    Basis,
    Ceiling,
    Clause,
    Gate,
    Grade,
    Mark,
    Scored,
    Track,
    Tracks,
)
from scoring.criteria.expression import Expression

if TYPE_CHECKING:
    from scoring.criteria.reader import Reader

MAX_GATES = 64
MAX_CRITERIA = 64


def read_gates(reader: Reader) -> list[Gate]:
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


def read_scored(reader: Reader) -> list[Scored]:
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


def read_tracks(reader: Reader, criteria: tuple[Scored, ...]) -> Tracks | None:
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


def check_weights(file: Record, criteria: tuple[Scored, ...], tracks: Tracks | None) -> None:
    if not criteria:
        return
    grouped = {member for track in tracks.alternatives for member in track.criteria} if tracks else set()
    total = sum((criterion.full for criterion in criteria if criterion.id not in grouped), Decimal(0))
    total += tracks.full if tracks else 0
    if total != 100:
        file.fail(f"the full points sum to {total}; they must sum to 100", "criteria")


def read_grades(file: Record) -> tuple[Grade, ...]:
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


def read_ceilings(reader: Reader, criteria: tuple[Scored, ...], grades: tuple[Grade, ...]) -> list[Ceiling]:
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


def read_marks(reader: Reader) -> list[Mark]:
    found: dict[str, Mark] = {}
    for record in reader.file.records("marks"):
        mark_id = reader.new_name(record, found)
        found[mark_id] = Mark(
            mark_id, record.words("title"), reader.expression(record, "when"), reader.needed_basis(record)
        )
        record.done()
    return list(found.values())


def read_invariants(reader: Reader) -> list[Expression]:
    found = []
    for record in reader.file.records("invariants"):
        found.append(reader.expression(record, "holds"))
        record.done()
    return found


def read_decimals(file: Record) -> int | None:
    decimals = file.find_integer("points_decimals")
    if decimals is not None and not 0 <= decimals <= 6:
        file.fail("“points_decimals” lies between 0 and 6", "points_decimals")
    return decimals
