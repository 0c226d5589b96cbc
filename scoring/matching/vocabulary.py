"""What products are described in: their kinds, their terms, reference rates and the suitability score."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from scoring import catalogue
from scoring.catalogue import Record
from scoring.units import Unit, units
from scoring.words import Words

BASIS_KINDS = ("regulation", "principle", "market_practice", "assumption")
STATUSES = ("official", "sibling", "proposed")
PARTS = ("price", "tenor", "size", "climate", "credit")
CONFIDENCES = ("high", "medium", "low")


@dataclass(frozen=True, slots=True)
class Basis:
    """Where a rule or number comes from, what sort of authority that is, and how sure the reading is."""

    id: str
    issuer: str
    title: str
    kind: str
    status: str
    confidence: str
    number: str | None = None
    article: str | None = None
    date: datetime.date | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of product; an add-on never funds a project alone."""

    id: str
    label: Words
    add_on: bool


@dataclass(frozen=True, slots=True)
class TermKind:
    """A term a product may state, its unit, and the bounds beyond which a number is absurd."""

    id: str
    label: Words
    unit: Unit
    is_range: bool
    least: Decimal
    most: Decimal


@dataclass(frozen=True, slots=True)
class ReferenceRate:
    """A published base of prices, from a day on. [%]"""

    id: str
    label: Words
    value: Decimal
    since: datetime.date
    basis: tuple[Basis, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the suitability score and the numbers that shape it."""

    id: str
    title: Words
    points: Decimal
    best: Decimal | None = None
    worst: Decimal | None = None
    span: Decimal | None = None
    full: Decimal | None = None


@dataclass(frozen=True)
class Vocabulary:
    kinds: Mapping[str, Kind]
    terms: Mapping[str, TermKind]
    rates: tuple[ReferenceRate, ...]
    parts: Mapping[str, Part]
    order: Words
    score_basis: tuple[Basis, ...]
    allocation: Mapping[str, Decimal]

    def rate(self, rate_id: str, on: datetime.date) -> ReferenceRate | None:
        """The reference rate in force on the day; None before the first one on record."""
        known = [rate for rate in self.rates if rate.id == rate_id and rate.since <= on]
        return max(known, key=lambda rate: rate.since, default=None)


def read_basis(record: Record | None) -> dict[str, Basis]:
    """The sources declared at `basis`, by id."""
    found: dict[str, Basis] = {}
    for key in record or ():
        assert record is not None
        entry = record.record(key)
        found[key] = Basis(
            key,
            entry.text("issuer"),
            entry.text("title"),
            entry.choice("kind", BASIS_KINDS),
            entry.choice("status", STATUSES),
            entry.choice("confidence", CONFIDENCES),
            entry.find_text("number"),
            entry.find_text("article"),
            entry.find_day("date"),
            entry.find_text("url"),
        )
        entry.done()
    return found


def cite(record: Record, known: Mapping[str, Basis], key: str = "basis") -> tuple[Basis, ...]:
    """The sources named at `key`; an unknown or empty citation is refused."""
    names = record.texts(key)
    if not names:
        record.fail(f"“{key}” is missing; name at least one source", key)
    for name in names:
        if name not in known:
            record.fail(f"unknown source “{name}”; declared: {', '.join(known)}", key)
    return tuple(known[name] for name in names)


def unit_at(record: Record, key: str = "unit") -> Unit:
    symbol = record.text(key)
    if symbol not in units():
        record.fail(f"unknown unit “{symbol}”; declared: {', '.join(units())}", key)
    return units()[symbol]


def load(file: Record) -> Vocabulary:
    """The vocabulary of one data file; raises InvalidData."""
    basis = read_basis(file.find_record("basis"))
    kinds = {}
    for record in file.records("kinds"):
        kind = Kind(record.text("id"), record.words("label"), record.flag("add_on"))
        record.done()
        kinds[kind.id] = kind
    terms = {}
    for record in file.records("terms"):
        term = TermKind(
            record.text("id"),
            record.words("label"),
            unit_at(record),
            record.flag("range"),
            record.number("min"),
            record.number("max"),
        )
        record.done()
        terms[term.id] = term
    rates = []
    for record in file.records("rates"):
        if unit_at(record).symbol != "%":
            record.fail("a reference rate is stated in %", "unit")
        rates.append(
            ReferenceRate(
                record.text("id"),
                record.words("label"),
                record.number("value"),
                record.day("since"),
                cite(record, basis),
            )
        )
        record.done()
    score = file.record("suitability")
    score_basis, order = cite(score, basis), score.words("order")
    parts = {key: _read_part(key, score.record(key)) for key in PARTS}
    score.done()
    if sum(part.points for part in parts.values()) != 100:
        score.fail("the points of the parts must sum to 100")
    limits = file.record("allocation")
    cite(limits, basis)
    allocation = {key: limits.number(key) for key in limits if key != "basis"}
    limits.done()
    file.text("id"), file.text("version")
    file.done()
    return Vocabulary(kinds, terms, tuple(rates), parts, order, score_basis, allocation)


def _read_part(key: str, record: Record) -> Part:
    part = Part(
        key,
        record.words("title"),
        record.number("points"),
        record.find_number("best"),
        record.find_number("worst"),
        record.find_number("span"),
        record.find_number("full"),
    )
    record.done()
    return part


@cache
def vocabulary() -> Vocabulary:
    """The product's vocabulary, `data/products/terms.yaml`."""
    return load(catalogue.load(catalogue.DATA / "products" / "terms.yaml"))
