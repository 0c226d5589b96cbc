"""The fact dictionary: what an application may state, in which kind and unit, and how typed values are read.

Everything that asks, stores, checks or shows a fact reads its `FactSpec`. Values are exact: `Decimal` for
numbers, `date`, `bool`, `str`, `frozenset` of choice ids. A fact not stated is absent, never zero.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from types import MappingProxyType
from typing import Any

from scoring import catalogue, identifiers, places, taxonomy
from scoring.catalogue import Record
from scoring.errors import InvalidFacts
from scoring.units import Unit, units
from scoring.words import Words

Value = str | Decimal | int | bool | date | frozenset[str]
Facts = Mapping[str, Value]

NUMERIC = frozenset({"number", "integer", "money", "share"})
KINDS = NUMERIC | {"text", "note", "date", "flag", "choice", "choices", "code"}
CHECKS = ("uscc", "project_code", "category", "industry", "township", "method")
_YES = frozenset({"1", "true", "yes", "y", "是", "有", "√"})
_NO = frozenset({"0", "false", "no", "n", "否", "无", "×"})
_HIDDEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
MAX_NUMBER_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Choice:
    id: str
    label: Words


@dataclass(frozen=True, slots=True)
class Section:
    id: str
    title: Words
    lead: Words


@dataclass(frozen=True, slots=True)
class FactSpec:
    """One field: its meaning, kind, unit, bounds and choices."""

    key: str
    section: str
    kind: str
    label: Words
    unit: Unit | None = None
    choices: tuple[Choice, ...] = ()
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    plausible: tuple[Decimal, Decimal] | None = None
    needed: bool = False
    public: bool = False
    entered_by: str = "applicant"
    when: str | None = None
    help: Words | None = None
    check: str | None = None
    max_length: int = 200
    pattern: str | None = None

    @property
    def is_numeric(self) -> bool:
        return self.kind in NUMERIC

    def choice_label(self, choice_id: str) -> Words:
        return next((c.label for c in self.choices if c.id == choice_id), Words(choice_id, choice_id))

    def read(self, raw: Any) -> Value | None:
        """The value meant by what was typed; None when nothing was stated. Raises InvalidFacts."""
        if isinstance(raw, str):
            raw = _HIDDEN.sub("", raw).strip()
        if raw is None or raw == "" or (isinstance(raw, list | tuple | set | frozenset) and not raw):
            return None
        try:
            value: Value = _READERS[self.kind](self, raw)
            return value
        except _Unreadable as fault:
            raise InvalidFacts({self.key: fault.words}) from None

    def write(self, value: Value) -> Any:
        """The value in JSON: numbers as exact text, dates in ISO form, sets as sorted lists."""
        if isinstance(value, bool | int):
            return value
        if isinstance(value, Decimal):
            return format(value, "f")
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, frozenset):
            return sorted(value)
        return value

    def is_implausible(self, value: Value) -> bool:
        """Whether a number lies outside the usual range; it may still be right."""
        if self.plausible is None or not isinstance(value, Decimal | int):
            return False
        return not self.plausible[0] <= value <= self.plausible[1]


class _Unreadable(Exception):
    def __init__(self, zh: str, en: str) -> None:
        self.words = Words(zh, en)


def _read_number(spec: FactSpec, raw: Any) -> Decimal:
    if isinstance(raw, bool):
        raise _Unreadable("应填数字", "must be a number")
    text = unicodedata.normalize("NFKC", str(raw)).replace(",", "").replace(" ", "").replace("−", "-")
    if len(text) > MAX_NUMBER_LENGTH:
        raise _Unreadable(f"数字过长，最多 {MAX_NUMBER_LENGTH} 位", f"at most {MAX_NUMBER_LENGTH} characters")
    if spec.unit is not None and spec.unit.symbol not in ("", "1") and text.endswith(spec.unit.symbol):
        text = text[: -len(spec.unit.symbol)]
    if not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,2})?", text):
        shown = str(raw)[:40]
        hint_zh = f"，单位 {spec.unit.label.zh}" if spec.unit and spec.unit.label.zh else ""
        hint_en = f" in {spec.unit.label.en}" if spec.unit and spec.unit.label.en else ""
        raise _Unreadable(
            f"“{shown}”不是数字，请只填数字{hint_zh}",
            f"“{shown}” is not a number; type a plain number{hint_en}",
        )
    try:
        value = Decimal(text)
    except InvalidOperation:  # pragma: no cover - the pattern admits only numbers
        raise _Unreadable("应填数字", "must be a number") from None
    _check_bounds(spec, value)
    return value


def _check_bounds(spec: FactSpec, value: Decimal) -> None:
    unit_zh = f" {spec.unit.label.zh}" if spec.unit and spec.unit.label.zh else ""
    unit_en = f" {spec.unit.label.en}" if spec.unit and spec.unit.label.en else ""
    if spec.minimum is not None and value < spec.minimum:
        raise _Unreadable(
            f"不能小于 {spec.minimum:,}{unit_zh}", f"must be at least {spec.minimum:,}{unit_en}"
        )
    if spec.maximum is not None and value > spec.maximum:
        raise _Unreadable(f"不能大于 {spec.maximum:,}{unit_zh}", f"must be at most {spec.maximum:,}{unit_en}")


def _read_money(spec: FactSpec, raw: Any) -> Decimal:
    value = _read_number(spec, raw)
    exponent = value.normalize().as_tuple().exponent
    if isinstance(exponent, int) and exponent < -2:
        raise _Unreadable("金额最多两位小数", "amounts have at most two decimals")
    return value


def _read_integer(spec: FactSpec, raw: Any) -> int:
    value = _read_number(spec, raw)
    if value != value.to_integral_value():
        raise _Unreadable("应填整数", "must be a whole number")
    return int(value)


def _read_date(spec: FactSpec, raw: Any) -> date:
    if isinstance(raw, date):
        return date(raw.year, raw.month, raw.day)
    text = unicodedata.normalize("NFKC", str(raw))
    match = re.fullmatch(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]00:00:00)?", text)
    try:
        if match is None:
            raise ValueError
        day = date(*(int(part) for part in match.groups()))
    except ValueError:
        raise _Unreadable("日期应写成 2026-03-31", "a date is written 2026-03-31") from None
    if not 1900 <= day.year <= 2200:
        raise _Unreadable("年份应在 1900–2200 之间", "the year must lie between 1900 and 2200")
    return day


def _read_flag(spec: FactSpec, raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    text = str(raw).lower()
    if text in _YES:
        return True
    if text in _NO:
        return False
    raise _Unreadable("请选“是”或“否”", "answer yes or no")


def _choice_id(spec: FactSpec, raw: Any) -> str:
    text = str(raw).strip()
    for choice in spec.choices:
        if text in (choice.id, choice.label.zh, choice.label.en):
            return choice.id
    allowed_zh = "、".join(c.label.zh for c in spec.choices)
    allowed_en = ", ".join(c.label.en for c in spec.choices)
    shown = text[:40]
    raise _Unreadable(f"“{shown}”不在可选项中：{allowed_zh}", f"“{shown}” is not one of: {allowed_en}")


def _read_choices(spec: FactSpec, raw: Any) -> frozenset[str]:
    items: Iterable[Any] = re.split(r"[;；、,，]", raw) if isinstance(raw, str) else raw
    found = frozenset(_choice_id(spec, item) for item in items if str(item).strip())
    if "none" in found and len(found) > 1:
        raise _Unreadable("“无”不能与其他选项同时选择", "“none” excludes the other choices")
    return found


def _read_text(spec: FactSpec, raw: Any) -> str:
    text = unicodedata.normalize("NFC", _CONTROL.sub("", str(raw))).replace("\r\n", "\n").strip()
    if len(text) > spec.max_length:
        raise _Unreadable(
            f"最多 {spec.max_length:,} 字，现在有 {len(text):,} 字",
            f"at most {spec.max_length:,} characters; there are {len(text):,}",
        )
    if spec.pattern and not re.fullmatch(spec.pattern, text):
        hint = spec.help or Words("格式不符", "does not have the expected form")
        raise _Unreadable(f"格式不符：{hint.zh}", f"wrong form: {hint.en}")
    return text


_USCC_FAULTS = {
    "length": Words("应为 18 位", "must have 18 characters"),
    "character": Words(
        "含有不允许的字符（不使用 I、O、S、V、Z）", "holds a character that is not used (I, O, S, V, Z)"
    ),
    "check": Words(
        "末位校验码不符，请对照营业执照核对",
        "the last, check, character does not fit; compare with the licence",
    ),
    "organisation": Words(
        "第 17 位（组织机构代码校验位）不符，请核对", "character 17, a check digit, does not fit"
    ),
}


def _read_code(spec: FactSpec, raw: Any) -> str:
    text = identifiers.normalise(str(raw))
    if len(text) > 60:
        raise _Unreadable("代码过长", "the code is too long")
    if spec.check == "uscc":
        fault = identifiers.uscc_fault(text)
        if fault:
            raise _Unreadable(_USCC_FAULTS[fault].zh, _USCC_FAULTS[fault].en)
    elif spec.check == "project_code" and not identifiers.project_code_is_valid(text):
        raise _Unreadable("应写成 2024-110112-44-03-123456", "is written 2024-110112-44-03-123456")
    elif spec.check == "industry" and not identifiers.industry_code_is_valid(text):
        raise _Unreadable(
            "应为一个字母加 2–4 位数字，例如 D4416", "one letter and 2–4 digits, for example D4416"
        )
    elif spec.check == "method":
        text = str(raw).strip()
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}", text):
            raise _Unreadable("不是方法学编号", "is not the id of a methodology")
    elif spec.check == "category":
        text = _by_label(
            text, str(raw).strip(), {c.code: c.label for c in taxonomy.categories().values() if c.active}
        )
    elif spec.check == "township":
        text = _by_label(text, str(raw).strip(), {t.code: t.label for t in places.townships().values()})
    return text


def _by_label(code: str, typed: str, labels: Mapping[str, Words]) -> str:
    if code in labels:
        return code
    for known, label in labels.items():
        if typed in (label.zh, label.en):
            return known
    raise _Unreadable(f"“{typed[:40]}”不在可选项中", f"“{typed[:40]}” is not one of the choices")


_READERS: Mapping[str, Any] = MappingProxyType(
    {
        "text": _read_text,
        "note": _read_text,
        "number": _read_number,
        "share": _read_number,
        "money": _read_money,
        "integer": _read_integer,
        "date": _read_date,
        "flag": _read_flag,
        "choice": _choice_id,
        "choices": _read_choices,
        "code": _read_code,
    }
)


@dataclass(frozen=True)
class FactDictionary(Mapping[str, FactSpec]):
    """Every fact by key, in the order in which it is asked."""

    sections: tuple[Section, ...]
    specs: Mapping[str, FactSpec] = field(repr=False)

    def __getitem__(self, key: str) -> FactSpec:
        return self.specs[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.specs)

    def __len__(self) -> int:
        return len(self.specs)

    def section(self, section_id: str) -> Section:
        return next(section for section in self.sections if section.id == section_id)

    def in_section(self, section_id: str) -> tuple[FactSpec, ...]:
        return tuple(spec for spec in self.specs.values() if spec.section == section_id)

    def read(self, raw: Mapping[str, Any]) -> tuple[dict[str, Value], dict[str, Words]]:
        """The facts stated in `raw`, and a message for each entry that could not be read or is unknown."""
        facts: dict[str, Value] = {}
        faults: dict[str, Words] = {}
        for key, value in raw.items():
            spec = self.specs.get(key)
            if spec is None:
                faults[key] = Words("不是已知字段", "is not a known field")
                continue
            try:
                found = spec.read(value)
            except InvalidFacts as error:
                faults.update(error.messages)
            else:
                if found is not None:
                    facts[key] = found
        return facts, faults

    def write(self, facts: Facts) -> dict[str, Any]:
        """The facts in JSON, exact and in the dictionary's order."""
        return {key: spec.write(facts[key]) for key, spec in self.specs.items() if key in facts}


def read_spec(record: Record, *, section: str | None = None) -> FactSpec:
    """One field from a data file; methodologies declare their inputs in the same form."""
    kind = record.choice("kind", sorted(KINDS))
    symbol = record.find_text("unit")
    if symbol is not None and symbol not in units():
        record.fail(f"unknown unit “{symbol}”; declared: {', '.join(units())}", "unit")
    if kind in ("number", "money", "share") and symbol is None:
        record.fail(f"a {kind} needs a unit", "kind")
    plausible = record.find_record("plausible")
    bounds = None
    if plausible is not None:
        bounds = (plausible.number("min"), plausible.number("max"))
        plausible.done()
    spec = FactSpec(
        key=record.text("key"),
        section=section or record.text("section"),
        kind=kind,
        label=record.words("label"),
        unit=units()[symbol] if symbol else (units()["1"] if kind == "integer" else None),
        choices=tuple(_read_choice(entry) for entry in record.records("choices")),
        minimum=record.find_number("min"),
        maximum=record.find_number("max"),
        plausible=bounds,
        needed=record.flag("needed"),
        public=record.flag("public"),
        entered_by=record.choice("entered_by", ("applicant", "officer", "registry"), default="applicant"),
        when=record.find_text("when"),
        help=record.find_words("help"),
        check=record.choice("check", CHECKS) if kind == "code" else None,
        max_length=record.find_integer("max_length") or 200,
        pattern=record.find_text("pattern"),
    )
    if (kind in ("choice", "choices")) != bool(spec.choices):
        record.fail("“choices” belong to kind choice or choices, and there they are needed", "kind")
    record.done()
    return spec


def _read_choice(record: Record) -> Choice:
    choice = Choice(record.text("id"), Words(record.text("zh"), record.text("en")))
    record.done()
    return choice


def load(file: Record) -> FactDictionary:
    """The dictionary of one data file; raises InvalidData."""
    sections = []
    for record in file.records("sections"):
        sections.append(Section(record.text("id"), record.words("title"), record.words("lead")))
        record.done()
    specs: dict[str, FactSpec] = {}
    known = {section.id for section in sections}
    for record in file.records("facts"):
        spec = read_spec(record)
        if spec.key in specs:
            record.fail(f"duplicate fact “{spec.key}”", "key")
        if spec.section not in known:
            record.fail(f"unknown section “{spec.section}”", "section")
        specs[spec.key] = spec
    file.done()
    return FactDictionary(tuple(sections), MappingProxyType(specs))


@cache
def dictionary() -> FactDictionary:
    """The product's fact dictionary, `data/facts.yaml`."""
    return load(catalogue.load(catalogue.DATA / "facts.yaml"))
