"""Which editions there are, which one is in force on a day, and loading them once."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from scoring import catalogue
from scoring.criteria import reader
from scoring.criteria.edition import Criteria
from scoring.errors import InvalidData, UnknownEdition
from scoring.facts import FactSpec
from scoring.words import Words

FOLDER = catalogue.DATA / "criteria"
RULE_SET = "tongzhou-entry"


@dataclass(frozen=True, slots=True)
class EditionInfo:
    """What a list of editions shows."""

    id: str
    version: str
    title: Words
    effective_from: date
    effective_to: date | None
    content_hash: str
    path: Path


def read(source: Path | str | bytes, *, dictionary: Mapping[str, FactSpec] | None = None) -> Criteria:
    """An edition, such as a draft, from a file's path or from its text; raises InvalidData."""
    if isinstance(source, Path):
        return reader.parse_text(source.read_bytes(), name=_name(source), dictionary=dictionary)
    return reader.parse_text(source, dictionary=dictionary)


def _name(path: Path) -> str:
    try:
        return str(path.resolve().relative_to(catalogue.DATA.parent.parent.resolve()))
    except ValueError:
        return str(path)


@cache
def _load(path: Path) -> Criteria:
    return read(path)


@cache
def editions(rule_set: str = RULE_SET) -> tuple[EditionInfo, ...]:
    """Every edition of a rule set, the oldest first; raises UnknownEdition when there is none."""
    found = []
    for path in sorted(FOLDER.glob(f"{rule_set}-*.yaml")):
        edition = _load(path)
        if edition.rule_set != rule_set or path.name != f"{rule_set}-{edition.version}.yaml":
            raise InvalidData(_name(path), 1, "the file is named by its id and version: id-version.yaml")
        found.append(
            EditionInfo(
                edition.rule_set,
                edition.version,
                edition.title,
                edition.effective_from,
                edition.effective_to,
                edition.content_hash,
                path,
            )
        )
    if not found:
        raise UnknownEdition(f"no edition of “{rule_set}”; there are {', '.join(rule_sets())}")
    found.sort(key=lambda info: info.effective_from)
    _refuse_overlaps(found)
    return tuple(found)


def rule_sets() -> tuple[str, ...]:
    """The ids of all rule sets with an edition."""
    return tuple(sorted({path.stem.rpartition("-")[0] for path in FOLDER.glob("*-*.yaml")}))


def _refuse_overlaps(found: list[EditionInfo]) -> None:
    for before, after in itertools.pairwise(found):
        if before.effective_to is None or before.effective_to >= after.effective_from:
            raise InvalidData(
                _name(after.path),
                1,
                f"overlaps with {before.version}, which ends on {before.effective_to or 'no day'}; "
                f"it must end before {after.effective_from}",
            )


def load(rule_set: str = RULE_SET, version: str = "2026.1") -> Criteria:
    """One edition, read once; raises UnknownEdition or InvalidData."""
    for info in editions(rule_set):
        if info.version == version:
            return _load(info.path)
    versions = ", ".join(info.version for info in editions(rule_set))
    raise UnknownEdition(f"no edition {version} of “{rule_set}”; there are {versions}")


def in_force(on: date, rule_set: str = RULE_SET) -> Criteria:
    """The edition in force on a day; raises UnknownEdition when none is."""
    for info in editions(rule_set):
        if info.effective_from <= on and (info.effective_to is None or on <= info.effective_to):
            return _load(info.path)
    raise UnknownEdition(f"no edition of “{rule_set}” is in force on {on}")


def find_by_hash(content_hash: str) -> Criteria | None:
    """The edition with exactly this content, in any rule set."""
    for rule_set in rule_sets():
        for info in editions(rule_set):
            if info.content_hash == content_hash:
                return _load(info.path)
    return None
