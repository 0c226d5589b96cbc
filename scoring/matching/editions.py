"""Editions of the product catalogue, and single products that banks maintain."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache

from scoring import catalogue
from scoring.catalogue import Record
from scoring.errors import UnknownEdition
from scoring.matching.product import Product, Rule
from scoring.matching.reading import ProductReader
from scoring.matching.vocabulary import Basis, cite, read_basis


@dataclass(frozen=True, eq=False)
class Edition:
    """One dated edition of the product catalogue, with the blocks that other products may use."""

    version: str
    effective_from: date
    effective_to: date | None
    basis: Mapping[str, Basis] = field(repr=False)
    sets: Mapping[str, frozenset[str]] = field(repr=False)
    rule_sets: Mapping[str, tuple[Rule, ...]] = field(repr=False)
    terms_basis: tuple[Basis, ...] = field(repr=False)
    products: tuple[Product, ...] = field(repr=False)
    content_hash: str = ""

    def is_in_force(self, on: date) -> bool:
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)


def read_edition(file: Record, content_hash: str = "") -> Edition:
    """The catalogue edition in a data file; raises InvalidData."""
    file.choice("id", ("products",))
    version = file.text("version")
    dates = file.record("effective")
    since, until = dates.day("from"), dates.find_day("to")
    dates.done()
    basis = read_basis(file.find_record("basis"))
    declared = file.find_record("sets")
    sets = {name: frozenset(declared.texts(name)) for name in declared} if declared is not None else {}
    reader = ProductReader(basis, sets)
    reader.terms_basis = cite(file, basis, "terms_basis")
    shared = file.find_record("rule_sets")
    for name in shared or ():
        assert shared is not None
        reader.rule_sets[name] = tuple(reader.rule(entry, None) for entry in shared.records(name))
    found: dict[str, Product] = {}
    for record in file.records("products"):
        product = reader.product(record, since, until, version)
        if product.id in found:
            record.fail(f"duplicate product “{product.id}”", "id")
        found[product.id] = product
    for product in found.values():
        for name in product.attaches_to:
            if name not in found:
                file.fail(f"“{product.id}” attaches to “{name}”, which is not in the edition", "products")
    file.done()
    offered = tuple(found.values())
    blocks, cited = reader.rule_sets, reader.terms_basis
    return Edition(version, since, until, basis, sets, blocks, cited, offered, content_hash)


def read_product(raw: str | bytes, *, on: date, name: str = "product") -> Product:
    """One product that a bank maintains, as YAML or JSON text in the form of a catalogue entry.

    It may use the rule sets, named sets and sources of the edition in force on the day, and declare further
    sources under `basis`. It needs `effective` and `version`. Raises InvalidData, naming the line.
    """
    record = catalogue.parse(raw, name=name)
    shared = edition(on)
    reader = ProductReader({**shared.basis, **read_basis(record.find_record("basis"))}, shared.sets)
    reader.rule_sets = dict(shared.rule_sets)
    reader.terms_basis = shared.terms_basis
    if "effective" not in record:
        record.fail("“effective” is missing; say from when the product is offered")
    return reader.product(record, shared.effective_from, None, record.text("version"))


@cache
def editions() -> tuple[Edition, ...]:
    """Every edition of the catalogue, oldest first; two in force on one day are refused."""
    found: list[Edition] = []
    for path in sorted((catalogue.DATA / "products").glob("2*.yaml")):
        file = catalogue.load(path)
        entry = read_edition(file, catalogue.content_hash(path))
        last = found[-1] if found else None
        if last is not None and (last.effective_to is None or entry.effective_from <= last.effective_to):
            file.fail(f"overlaps with edition {last.version}", "effective")
        found.append(entry)
    return tuple(found)


def edition(on: date) -> Edition:
    """The edition in force on a day; before the first one, UnknownEdition."""
    for entry in editions():
        if entry.is_in_force(on):
            return entry
    raise UnknownEdition(f"no product catalogue is in force on {on}")


@cache
def products(on: date) -> tuple[Product, ...]:
    """The products on offer on a day; raises UnknownEdition."""
    return tuple(product for product in edition(on).products if product.is_in_force(on))
