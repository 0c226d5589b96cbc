"""Method files, read strictly: from YAML for people, from canonical JSON out of a release archive."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from scoring import catalogue
from scoring.catalogue import Record
from scoring.errors import InvalidData, UnknownEdition
from scoring.index import period
from scoring.index.method import Basis, Method, Node, Rules, Scale
from scoring.index.reading_tree import CONFIDENCES, STATUSES, check_tree, read_node
from scoring.index.refusal import Refused
from scoring.words import Words

FOLDER = catalogue.DATA / "index"
CLIPS = ("both", "lower", "upper", "none")


def methods(folder: Path = FOLDER) -> tuple[Method, ...]:
    """Every method edition of the folder, by name and version."""
    found = [read_method(path) for path in sorted(folder.glob("*.yaml"))]
    return tuple(sorted(found, key=lambda method: (method.id, method.version)))


def load_method(name: str, *, version: str, folder: Path = FOLDER) -> Method:
    """One edition; raises UnknownEdition."""
    path = folder / f"{name}-{version}.yaml"
    if not path.is_file():
        raise UnknownEdition(f"no index method “{name}” version {version}")
    return read_method(path)


def method_on(name: str, day: date, *, folder: Path = FOLDER) -> Method:
    """The edition in force on a date; raises UnknownEdition."""
    for method in methods(folder):
        if (
            method.id == name
            and method.valid_from <= day
            and (method.valid_to is None or day <= method.valid_to)
        ):
            return method
    raise UnknownEdition(f"no index method “{name}” is in force on {day.isoformat()}")


def read_method(path: Path) -> Method:
    """The method of a YAML file; raises InvalidData with file and line."""
    return method_of(catalogue.load(path))


def method_of_json(raw: bytes, *, name: str = "method.json") -> Method:
    """The method of canonical JSON; raises InvalidData."""

    def record(pairs: list[tuple[str, Any]]) -> Record:
        values = dict(pairs)
        if len(values) != len(pairs):
            raise InvalidData(name, 1, "duplicate key")
        return Record(name, 1, values, {})

    try:
        document = json.loads(raw, object_pairs_hook=record, parse_float=Decimal)
    except ValueError as error:
        raise InvalidData(name, 1, f"not JSON: {error}") from error
    if not isinstance(document, Record):
        raise InvalidData(name, 1, "the file must be one mapping")
    return method_of(document)


def method_of(file: Record) -> Method:
    """The method of a file's top mapping; refuses unknown keys, wrong sums of weights, equal posts."""
    basis = _basis(file.record("basis"))
    scales = tuple(_scale(record) for record in file.records("scales"))
    names = tuple(scale.id for scale in scales)
    denominators = {}
    found = file.find_record("denominators")
    if found is not None:
        denominators = {key: found.words(key) for key in found}
    root = file.record("tree")
    tree = read_node(root, names, basis, denominators)
    check_tree(tree, root)
    _check_units(scales, file)
    crosswalk = file.record("crosswalk")
    groups = tuple(_group(record, tree) for record in crosswalk.records("groups"))
    effective = file.record("effective")
    fields: dict[str, Any] = {
        "id": file.text("id"),
        "version": file.text("version"),
        "title": file.words("title"),
        "note": file.words("note"),
        "valid_from": _day(effective, "from"),
        "valid_to": _find_day(effective, "to"),
        "review": _day(file, "review"),
        "administrator": file.words("administrator"),
        "rules": _rules(file.record("rules")),
        "scales": scales,
        "denominators": denominators,
        "tree": tree,
        "crosswalk": groups,
        "crosswalk_complete": crosswalk.flag("complete"),
        "basis": basis,
    }
    for part in (effective, crosswalk, file):
        part.done()
    return Method(**fields, document=_plain(file))


def _basis(file: Record) -> dict[str, Basis]:
    found = {}
    for key in file:
        record = file.record(key)
        found[key] = Basis(
            id=key,
            issuer=record.text("issuer"),
            title=record.text("title"),
            article=record.find_text("article") or "",
            date=record.find_text("date") or "",
            address=record.find_text("address") or "",
            status=record.choice("status", STATUSES),
            confidence=record.choice("confidence", CONFIDENCES),
        )
        record.done()
    return found


def _scale(record: Record) -> Scale:
    units: dict[str, Words] = {}
    for unit in record.records("units"):
        code = unit.text("code")
        if code in units:
            unit.fail(f"duplicate unit “{code}”", "code")
        units[code] = unit.words("label")
        unit.done()
    scale = Scale(record.text("id"), record.words("title"), units)
    record.done()
    return scale


def _rules(record: Record) -> Rules:
    score, gaps, momentum = record.record("score"), record.record("gaps"), record.record("momentum")
    rules = Rules(
        lower=float(score.number("lower")),
        upper=float(score.number("upper")),
        clip=score.choice("clip", CLIPS),
        carry_quarters=gaps.integer("carry_quarters"),
        group_median=gaps.flag("group_median"),
        most_estimated=float(gaps.number("most_estimated_weight")),
        momentum_base=float(momentum.number("base")),
        momentum_from=_quarter(momentum, "from"),
        ratio_low=float(momentum.number("ratio_low")),
        ratio_high=float(momentum.number("ratio_high")),
        floor_share=float(momentum.number("floor_share")),
        decimals=record.integer("decimals"),
        least_base_score=float(record.number("least_base_score")),
    )
    if rules.lower >= rules.upper:
        score.fail("“lower” must be below “upper”", "lower")
    if rules.carry_quarters < 0:
        gaps.fail("“carry_quarters” must be at least 0", "carry_quarters")
    if not 0 < rules.ratio_low <= 1 <= rules.ratio_high:
        momentum.fail("0 < ratio_low ≤ 1 ≤ ratio_high is needed", "ratio_low")
    if not 0 < rules.floor_share < 1:
        momentum.fail("“floor_share” must lie between 0 and 1", "floor_share")
    for part in (score, gaps, momentum, record):
        part.done()
    return rules


def _check_units(scales: tuple[Scale, ...], file: Record) -> None:
    seen: set[str] = set()
    for scale in scales:
        for unit in scale.units:
            if unit in seen:
                file.fail(f"unit “{unit}” stands in two scales", "scales")
            seen.add(unit)


def _group(record: Record, tree: Node) -> dict[str, Any]:
    known = {leaf.id for leaf in tree.leaves}
    leaves = record.texts("leaves")
    for leaf in leaves:
        if leaf not in known:
            record.fail(f"unknown indicator “{leaf}”", "leaves")
    group = {"id": record.text("id"), "title": record.words("title"), "leaves": leaves}
    record.done()
    return group


def _quarter(record: Record, key: str) -> str:
    text = record.text(key)
    try:
        period.ordinal(text)
    except Refused as error:
        record.fail(error.words.en, key)
    return text


def _day(record: Record, key: str) -> date:
    day = _find_day(record, key)
    if day is None:
        record.fail(f"“{key}” is missing; a date such as 2026-01-31 is needed", key)
    return day


def _find_day(record: Record, key: str) -> date | None:
    value = record.get(key)
    if isinstance(value, str):  # canonical JSON writes dates as text
        try:
            return date.fromisoformat(value)
        except ValueError:
            record.fail(f"“{value}” is not a date", key)
    return record.find_day(key)


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        return {key: _plain(value[key]) for key in value}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, date):
        return value.isoformat()
    return value
