"""Methods as data: each file of `data/methodologies` is one edition of one method or calculation.

A method is a graph of quantities. An input is stated by the applicant; a step computes a quantity by an
equation; a default names the factor, or the declared number, that stands in where nothing was stated. When a
file is loaded its formulas are read, and a step whose equation does not give its unit is refused with its
line.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from types import MappingProxyType

from scoring import catalogue
from scoring.carbon.definition import Default, Method
from scoring.carbon.factors import Factor
from scoring.carbon.loading import load
from scoring.errors import UnknownEdition

FOLDER = catalogue.DATA / "methodologies"


@cache
def editions() -> Mapping[str, tuple[Method, ...]]:
    """Every edition of every method and calculation, newest first; raises InvalidData."""
    found: dict[str, list[Method]] = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        file = catalogue.load(path)
        loaded = load(file, catalogue.content_hash(path))
        before = found.setdefault(loaded.id, [])
        if any(edition.version == loaded.version for edition in before):
            file.fail(f"edition {loaded.version} of “{loaded.id}” is there twice", "version")
        before.append(loaded)
    return MappingProxyType(
        {
            method_id: tuple(sorted(known, key=lambda m: m.effective_from, reverse=True))
            for method_id, known in found.items()
        }
    )


@cache
def methods() -> Mapping[str, Method]:
    """The newest edition of each method a project may choose, by id."""
    return MappingProxyType({key: known[0] for key, known in editions().items() if known[0].kind == "method"})


@cache
def calculations() -> Mapping[str, Method]:
    """The newest edition of each calculation that helps a review but is no project method, by id."""
    return MappingProxyType(
        {key: known[0] for key, known in editions().items() if known[0].kind == "calculation"}
    )


def method(method_id: str, version: str | None = None, *, on: date | None = None) -> Method:
    """One edition: the version named, or the one in force on a day, or the newest. Raises UnknownEdition."""
    known = editions().get(method_id, ())
    for edition in known:
        if version is not None:
            if edition.version == version:
                return edition
        elif on is None or (
            edition.effective_from <= on and (edition.effective_to is None or on <= edition.effective_to)
        ):
            return edition
    wanted = f"method “{method_id}”" + (f" version {version}" if version else "")
    if not known:
        raise UnknownEdition(f"there is no {wanted}")
    raise UnknownEdition(f"no edition of {wanted}" + (f" was in force on {on}" if on else ""))


def uses(of: Factor) -> tuple[Method, ...]:
    """The methods and calculations that take a factor when nothing was stated."""
    return tuple(
        known[0]
        for known in editions().values()
        if any(_takes(default, of) for default in known[0].defaults.values())
    )


def _takes(default: Default, of: Factor) -> bool:
    return (
        default.kind == of.kind
        and default.substance in (None, of.substance)
        and default.edition in (None, of.edition)
    )
