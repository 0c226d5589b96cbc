"""Data files, read strictly: YAML 1.2, exact decimals, and every fault named by file and line.

A mapping becomes a `Record`, which knows the line of each of its keys and hands out typed values; what a
reader does not take is an unknown key, and `Record.done()` refuses it. Aliases, duplicate keys, files over
`MAX_BYTES` and nesting deeper than `MAX_DEPTH` are refused before anything is built from them.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

import yaml

from scoring.errors import InvalidData
from scoring.words import Words

DATA = Path(__file__).parent / "data"
MAX_BYTES = 4_000_000
MAX_DEPTH = 40

_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml reads fifteen times faster
_WORDS_OF_CORE_SCHEMA = {"null": None, "~": None, "": None, "true": True, "false": False}


class Record(Mapping[str, Any]):
    """One mapping of a data file, with its place in the file."""

    def __init__(self, file: str, line: int, values: dict[str, Any], lines: dict[str, int]) -> None:
        self.file = file
        self.line = line
        self._values = values
        self._lines = lines
        self._taken: set[str] = set()

    def __getitem__(self, key: str) -> Any:
        self._taken.add(key)
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def line_of(self, key: str) -> int:
        return self._lines.get(key, self.line)

    def fail(self, message: str, key: str | None = None) -> NoReturn:
        raise InvalidData(self.file, self.line_of(key) if key else self.line, message)

    def done(self) -> None:
        """Refuse the keys that nobody took."""
        for key in self._values:
            if key not in self._taken:
                known = ", ".join(sorted(self._taken))
                self.fail(f"unknown key “{key}”; known here: {known}", key)

    def _typed(self, key: str, kind: type[Any] | tuple[type[Any], ...], name: str, required: bool) -> Any:
        self._taken.add(key)
        value = self._values.get(key)
        if value is None:
            if required:
                self.fail(f"“{key}” is missing; a {name} is needed", key)
            return None
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self.fail(f"“{key}” must be a {name}, not {_describe(value)}", key)
        return value

    def text(self, key: str) -> str:
        return str(self._typed(key, str, "text", True))

    def find_text(self, key: str) -> str | None:
        value = self._typed(key, str, "text", False)
        return None if value is None else str(value)

    def number(self, key: str) -> Decimal:
        return self._number(key, True) or Decimal(0)

    def find_number(self, key: str) -> Decimal | None:
        return self._number(key, False)

    def _number(self, key: str, required: bool) -> Decimal | None:
        value = self._typed(key, (Decimal, int, str), "number", required)
        if isinstance(value, str):  # a quoted number is the same number
            if not _DECIMAL.match(value):
                self.fail(f"“{key}” must be a number, not text “{value}”", key)
            value = Decimal(value)
        return None if value is None else Decimal(value)

    def integer(self, key: str) -> int:
        return int(self._typed(key, int, "whole number", True))

    def find_integer(self, key: str) -> int | None:
        value = self._typed(key, int, "whole number", False)
        return None if value is None else int(value)

    def flag(self, key: str, default: bool = False) -> bool:
        value = self._typed(key, bool, "true or false", False)
        return default if value is None else bool(value)

    def day(self, key: str) -> date:
        value: date = self._typed(key, date, "date such as 2026-01-31", True)
        return value

    def find_day(self, key: str) -> date | None:
        value: date | None = self._typed(key, date, "date such as 2026-01-31", False)
        return value

    def choice(self, key: str, allowed: Iterable[str], default: str | None = None) -> str:
        value = self._typed(key, str, "text", default is None)
        names = tuple(allowed)
        if value is None:
            value = default
        if value not in names:
            self.fail(f"“{key}” is “{value}”; allowed: {', '.join(names)}", key)
        return str(value)

    def words(self, key: str) -> Words:
        return self._words(self.record(key))

    def find_words(self, key: str) -> Words | None:
        found = self.find_record(key)
        return None if found is None else self._words(found)

    @staticmethod
    def _words(record: "Record") -> Words:
        words = Words(record.text("zh"), record.text("en"))
        record.done()
        return words

    def record(self, key: str) -> "Record":
        value: Record = self._typed(key, Record, "mapping", True)
        return value

    def find_record(self, key: str) -> "Record | None":
        value: Record | None = self._typed(key, Record, "mapping", False)
        return value

    def items_of(self, key: str) -> list[Any]:
        """The list at `key`; an empty one when it is absent."""
        value = self._typed(key, list, "list", False)
        return list(value or [])

    def records(self, key: str) -> list["Record"]:
        items = self.items_of(key)
        for item in items:
            if not isinstance(item, Record):
                self.fail(f"each entry of “{key}” must be a mapping, not {_describe(item)}", key)
        return items

    def texts(self, key: str) -> tuple[str, ...]:
        items = self.items_of(key)
        for item in items:
            if not isinstance(item, str):
                self.fail(f"each entry of “{key}” must be text, not {_describe(item)}", key)
        return tuple(items)


def load(path: Path) -> Record:
    """The top mapping of one data file; raises InvalidData."""
    raw = path.read_bytes()
    return parse(raw, name=_short(path))


def parse(raw: bytes | str, *, name: str) -> Record:
    """The top mapping of a YAML text; raises InvalidData."""
    data = raw.encode() if isinstance(raw, str) else raw
    if len(data) > MAX_BYTES:
        raise InvalidData(name, 1, f"the file has {len(data):,} bytes; at most {MAX_BYTES:,} are read")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InvalidData(name, line, "the file must be UTF-8 text") from error
    loader = _LOADER(text)
    try:
        _refuse_depth_and_aliases(text, name)
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise InvalidData(name, mark.line + 1 if mark else 1, f"not YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise InvalidData(name, 1, f"not YAML: {error}") from error
    finally:
        loader.dispose()
    if not isinstance(node, yaml.MappingNode):
        raise InvalidData(name, 1, "the file must be one mapping (key: value)")
    record: Record = _build(node, name)
    return record


def content_hash(path: Path) -> str:
    """SHA-256 of the file's bytes, the identity of an edition."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _refuse_depth_and_aliases(text: str, name: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent):
            raise InvalidData(name, _line(event.start_mark), "aliases (*name) are not used here")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise InvalidData(name, _line(event.start_mark), f"nested deeper than {MAX_DEPTH}")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _build(node: yaml.Node, name: str) -> Any:
    if isinstance(node, yaml.MappingNode):
        values: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise InvalidData(name, line, "a key must be plain text")
            key = str(key_node.value)
            if key in values:
                raise InvalidData(name, line, f"duplicate key “{key}”; first on line {lines[key]}")
            values[key] = _build(value_node, name)
            lines[key] = line
        return Record(name, node.start_mark.line + 1, values, lines)
    if isinstance(node, yaml.SequenceNode):
        return [_build(child, name) for child in node.value]
    assert isinstance(node, yaml.ScalarNode)
    return _scalar(node, name)


def _scalar(node: yaml.ScalarNode, name: str) -> Any:
    text = str(node.value)
    if node.style in ("'", '"', "|", ">"):
        return text
    if text in _WORDS_OF_CORE_SCHEMA:
        return _WORDS_OF_CORE_SCHEMA[text]
    if _INTEGER.match(text):
        return int(text)
    if _DECIMAL.match(text):
        return Decimal(text)
    if _DATE.match(text):
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            raise InvalidData(name, node.start_mark.line + 1, f"“{text}” is not a date") from error
    return text


def _line(mark: Any) -> int:
    return int(mark.line) + 1 if mark else 1


def _describe(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, Record):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return f"“{value}”"


def _short(path: Path) -> str:
    try:
        return str(path.resolve().relative_to(DATA.parent.parent.resolve()))
    except ValueError:
        return str(path)
