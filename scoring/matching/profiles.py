"""A project as products see it: its facts, fields computed from them, and what the registry knows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from types import MappingProxyType

from scoring import catalogue
from scoring import facts as fact_dictionary
from scoring.catalogue import Record
from scoring.criteria.expression import Expression, parse
from scoring.errors import InvalidFacts
from scoring.facts import FactSpec, Value
from scoring.matching.vocabulary import unit_at
from scoring.words import Words

DOCUMENT_PREFIX = "has_"
_PLACES = Decimal("0.000001")  # a derived figure keeps this much, so that 10 years are 120 months exactly


@dataclass(frozen=True)
class Field:
    """A field beyond the fact dictionary, and how it follows from the facts."""

    spec: FactSpec
    expression: Expression | None = None
    parameters: Mapping[str, Decimal] = field(default_factory=dict)

    def derive(self, values: Mapping[str, Value], on: date) -> Value | None:
        """Its value computed from the others; None while a fact it needs is missing."""
        if self.expression is None:
            return None
        found = self.expression.evaluate(values, {**self.parameters, "on": on})
        if not isinstance(found, Decimal) or self.spec.unit is None:
            return found  # type: ignore[no-any-return]  # a truth value, a date or None
        return (found * self.expression.type.scale / self.spec.unit.scale).quantize(_PLACES).normalize()


@dataclass(frozen=True, slots=True)
class Document:
    """A paper a product may ask for; one that is not on file is missing, never a refusal."""

    id: str
    label: Words
    permit: str | None

    @property
    def key(self) -> str:
        return DOCUMENT_PREFIX + self.id


@dataclass(frozen=True)
class Dictionary(Mapping[str, FactSpec]):
    """The fact dictionary with the product fields and documents added."""

    specs: Mapping[str, FactSpec] = field(repr=False)
    fields: Mapping[str, Field] = field(repr=False)
    documents: Mapping[str, Document] = field(repr=False)
    efforts: Mapping[str, int] = field(repr=False)
    directions: Mapping[str, str] = field(repr=False)
    invariants: tuple[Expression, ...] = field(repr=False)
    state_effort: int = 1
    document_effort: int = 2

    def __getitem__(self, key: str) -> FactSpec:
        return self.specs[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.specs)

    def __len__(self) -> int:
        return len(self.specs)

    def keeps(self, values: Mapping[str, Value]) -> bool:
        """Whether a changed project still makes sense; what is missing breaks nothing."""
        return all(invariant.evaluate(values) is not False for invariant in self.invariants)

    def is_document(self, key: str) -> bool:
        return key.startswith(DOCUMENT_PREFIX) and key[len(DOCUMENT_PREFIX) :] in self.documents


@dataclass(frozen=True, eq=False)
class Profile:
    """Every value products may ask for, on one day; what is missing is absent."""

    values: Mapping[str, Value]
    on: date
    stated: Mapping[str, Value] = field(repr=False)
    registry: Mapping[str, Value] = field(repr=False)

    def changed(self, changes: Mapping[str, Value]) -> "Profile":
        """The profile as it would be with other facts or fields, computed fields included."""
        known = fact_dictionary.dictionary()
        facts = {**self.stated, **{key: value for key, value in changes.items() if key in known}}
        fields = {key: value for key, value in changes.items() if key not in known}
        return _profile(facts, {**self.registry, **fields}, self.on)


def profile(facts: Mapping[str, Value], *, registry: Mapping[str, object] | None = None, on: date) -> Profile:
    """The project's product profile on a day.

    Parameters
    ----------
    facts : the application's facts, by key of the fact dictionary
    registry : what the registry knows besides, by key of a product field (`abatement`, `registry_approved`,
        `issuer_rating` …) or fact, and under `documents` the ids of the papers on file; it comes before what
        would be computed from the facts.

    Raises
    ------
    InvalidFacts
        If a key is unknown or a registry value does not fit its field.
    """
    known = dictionary()
    read: dict[str, Value] = {}
    faults: dict[str, Words] = {}
    for key in facts:
        if key not in known:
            faults[key] = Words("不是已知字段", "is not a known field")
    for key, raw in (registry or {}).items():
        try:
            read.update(_read(key, raw, known))
        except InvalidFacts as error:
            faults.update(error.messages)
    if faults:
        raise InvalidFacts(faults)
    return _profile(facts, read, on)


def _read(key: str, raw: object, known: Dictionary) -> dict[str, Value]:
    if key == "documents":
        ids = frozenset(raw) if isinstance(raw, set | frozenset | list | tuple) else frozenset({raw})
        unknown = sorted(str(item) for item in ids if item not in known.documents)
        if unknown:
            listed = ", ".join(unknown)
            raise InvalidFacts({key: Words(f"未知材料：{listed}", f"unknown documents: {listed}")})
        return {DOCUMENT_PREFIX + str(item): True for item in ids}
    if key not in known:
        raise InvalidFacts({key: Words("不是已知字段", "is not a known field")})
    value = known[key].read(raw)
    return {} if value is None or (known.is_document(key) and value is False) else {key: value}


def _profile(facts: Mapping[str, Value], registry: Mapping[str, Value], on: date) -> Profile:
    known = dictionary()
    values: dict[str, Value] = {**facts, **registry}
    permits = values.get("permits_held")
    if isinstance(permits, frozenset):
        for document in known.documents.values():
            if document.permit in permits:
                values[document.key] = True
    for key, entry in known.fields.items():
        if key not in values:
            found = entry.derive(values, on)
            if found is not None:
                values[key] = found
    return Profile(
        MappingProxyType(values), on, MappingProxyType(dict(facts)), MappingProxyType(dict(registry))
    )


def load(file: Record) -> Dictionary:
    """The dictionary products are written against; raises InvalidData."""
    specs: dict[str, FactSpec] = dict(fact_dictionary.dictionary())
    fields: dict[str, Field] = {}
    for record in file.records("fields"):
        source = record.find_record("from")
        spec = fact_dictionary.read_spec(record, section="matching")
        if spec.key in specs:
            record.fail(f"“{spec.key}” is a fact already", "key")
        fields[spec.key] = _read_field(spec, source, specs)
        specs[spec.key] = spec
    documents: dict[str, Document] = {}
    permits = {choice.id for choice in specs["permits_held"].choices}
    for record in file.records("documents"):
        document = Document(record.text("id"), record.words("label"), record.find_text("permit"))
        if document.permit is not None and document.permit not in permits:
            record.fail(
                f"unknown permit “{document.permit}”; there are {', '.join(sorted(permits))}", "permit"
            )
        if document.key in specs:
            record.fail(f"“{document.key}” is a field already", "id")
        record.done()
        documents[document.id] = document
        specs[document.key] = FactSpec(document.key, "matching", "flag", document.label)
    repair = file.record("repair")
    efforts: dict[str, int] = {}
    directions: dict[str, str] = {}
    for record in repair.records("adjust"):
        efforts[record.text("key")] = record.integer("effort")
        directions[record.text("key")] = record.choice("direction", ("up", "down", "any"), default="any")
        if record.text("key") not in specs:
            record.fail(f"unknown field “{record.text('key')}”", "key")
        record.done()
    invariants = tuple(parse(text, specs, {}, repair, "invariants") for text in repair.texts("invariants"))
    state, document_effort = repair.integer("state"), repair.integer("document")
    repair.done()
    file.text("id"), file.text("version")
    file.done()
    return Dictionary(
        MappingProxyType(specs), fields, documents, efforts, directions, invariants, state, document_effort
    )


def _read_field(spec: FactSpec, source: Record | None, specs: Mapping[str, FactSpec]) -> Field:
    if source is None:
        return Field(spec)
    given, parameters = {}, {}
    declared = source.find_record("parameters")
    for name in declared or ():
        assert declared is not None
        entry = declared.record(name)
        given[name], parameters[name] = unit_at(entry), entry.number("value")
        entry.done()
    expression = parse(
        source.text("expression"), specs, given, source, "expression", condition=spec.kind == "flag"
    )
    source.done()
    if spec.unit is not None and expression.type.dimension != spec.unit.dimension:
        source.fail(
            f"“{spec.key}” is in {spec.unit.symbol}; the expression has another dimension", "expression"
        )
    return Field(spec, expression, parameters)


@cache
def dictionary() -> Dictionary:
    """The product profile, `data/products/profile.yaml`, over the fact dictionary."""
    return load(catalogue.load(catalogue.DATA / "products" / "profile.yaml"))
