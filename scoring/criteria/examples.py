"""Readers of the worked examples of an edition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scoring.catalogue import Record
from scoring.criteria.edition import Case
from scoring.errors import InvalidFacts

if TYPE_CHECKING:
    from scoring.criteria.reader import Reader

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


def read_cases(reader: Reader) -> list[Case]:
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
