"""From what a caller states to numbers with an origin: reading, defaults, declared checks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np

from scoring.carbon import quantities
from scoring.carbon.benefit import Input
from scoring.carbon.definition import Check, Method
from scoring.carbon.factors import Factor, factor, factors, recognise
from scoring.carbon.plan import Plan
from scoring.errors import InvalidFacts, UnknownEdition
from scoring.facts import FactSpec
from scoring.words import Words

MISSING = Words("未填写", "is missing")
UNKNOWN = Words("不是该方法学的输入", "is not an input of this method")
NO_TONNES = Words(
    "该类项目不以吨数评价，请按其指标说明效益。",
    "Such projects are not judged by tonnes; state their indicators.",
)


@dataclass(frozen=True, slots=True)
class Stated:
    """What the caller stated, read: numbers by key, and the factor where one was named."""

    values: Mapping[str, Any]
    factors: Mapping[str, Factor]


def read(method: Method, inputs: Mapping[str, Any]) -> Stated:
    """The stated inputs in their declared units; raises InvalidFacts naming every faulty key."""
    values: dict[str, Any] = {}
    named: dict[str, Factor] = {}
    faults: dict[str, Words] = {}
    for given, raw in inputs.items():
        key = _key(method, given, raw)
        spec = method.specs.get(key)
        if spec is None:
            faults[given] = UNKNOWN
            continue
        try:
            value = quantities.read(spec, raw)
        except InvalidFacts as error:
            faults[given] = _with_range(method, spec, next(iter(error.messages.values())))
            continue
        if value is None:
            continue
        if key in values and not np.array_equal(values[key], value):
            faults[given] = Words(
                "与同一输入的另一名称不一致", "differs from the same input under its other name"
            )
        values[key] = value
        if isinstance(raw, Factor):
            named[key] = raw
            if fault := _wrong_kind(method, key, raw):
                faults[given] = fault
    faults |= _mixed(method, named)
    if faults:
        raise InvalidFacts(faults)
    return Stated(values, named)


def _key(method: Method, given: str, raw: Any) -> str:
    """The input meant by a name: itself, what it is an alias of, or the variant that has its dimension."""
    key = method.aliases.get(given, given)
    for variant in (key, *method.variants.get(key, ())):
        if variant in method.specs and quantities.fits(method.specs[variant], raw):
            return variant
    return key


def defaults(
    method: Method, plan: Plan, values: Mapping[str, Any], *, on: date, region: str, pinned: Mapping[str, Any]
) -> tuple[dict[str, Input], dict[str, Words]]:
    """What stands in for the inputs not stated, and the ones for which no factor was known on the day."""
    found: dict[str, Input] = {}
    unknown: dict[str, Words] = {}
    for key in plan.defaults:
        default, spec = method.defaults[key], method.specs[key]
        unit = method.unit_of(key)
        if key in pinned:
            held = pinned[key]
            known = factors().get((held["factor"] or {}).get("id", ""))
            value = tuple(held["value"]) if isinstance(held["value"], list) else held["value"]
            found[key] = Input(key, spec.label, value, unit, held["origin"], known)
        elif default.kind is not None:
            try:
                chosen = factor(
                    default.kind,
                    on=on,
                    region=default.region or region,
                    substance=default.substance,
                    edition=default.edition,
                )
            except UnknownEdition:
                if (
                    default.otherwise is not None and default.otherwise in values
                ):  # the rule was not yet in force: what was there before holds
                    found[key] = Input(key, spec.label, values[default.otherwise], unit, "default")
                    continue
                unknown[key] = Words(
                    f"{spec.label.zh}：{on} 之前没有已公布的因子，请填写并注明来源",
                    f"{spec.label.en}: no factor was published by {on}; state one with its source",
                )
                continue
            converted = quantities.read(spec, chosen)
            assert isinstance(converted, float)
            found[key] = Input(key, spec.label, converted, unit, "factor", chosen)
        elif default.same_as is not None:
            held_value = values.get(default.same_as)
            if held_value is None and default.same_as in found:
                same = found[default.same_as]
                found[key] = Input(key, spec.label, same.value, unit, same.origin, same.factor)
            elif held_value is not None:
                found[key] = Input(key, spec.label, held_value, unit, "default")
        elif default.series is not None:
            found[key] = Input(key, spec.label, tuple(float(v) for v in default.series), unit, "default")
        else:
            assert default.value is not None
            found[key] = Input(key, spec.label, float(default.value), unit, "default")
    return found, unknown


def refuse_broken(method: Method, values: Mapping[str, Any]) -> None:
    """Raise InvalidFacts where the values break a relation the method declares."""
    faults: dict[str, Words] = {}
    for check in method.checks:
        if check.left in values and (not check.right or check.right in values) and not _holds(check, values):
            faults.setdefault(check.left, check.message)
    if faults:
        raise InvalidFacts(faults)


def _holds(check: Check, values: Mapping[str, Any]) -> bool:
    left = values[check.left]
    if check.kind == "sums_to_one":
        return abs(float(np.sum(left)) - 1.0) < 1e-6
    right = values[check.right]
    if check.kind == "sum_to_one":
        return abs(float(left) + float(right) - 1.0) < 1e-6
    if check.kind == "same_length":
        return np.size(left) == np.size(right)
    return bool(np.all(np.asarray(left) <= np.asarray(right) * check.times * (1 + 1e-9)))


def recognised_as_wrong(method: Method, key: str, value: float) -> Factor | None:
    """The published factor of an unfit kind that a stated grid factor equals, if no fit one does."""
    allowed = _allowed(method, key)
    if not allowed:
        return None
    known = recognise(value, method.unit_of(key))
    if not known or any(f.kind in allowed for f in known):
        return None
    return known[0]


def _allowed(method: Method, key: str) -> frozenset[str]:
    default = method.defaults.get(key)
    if default is None or default.kind is None or not default.kind.startswith("grid_"):
        return frozenset()
    return default.kinds | {default.kind}


def _wrong_kind(method: Method, key: str, given: Factor) -> Words | None:
    allowed = _allowed(method, key)
    if not allowed or given.kind in allowed:
        return None
    return Words(
        f"“{given.name.zh}”属于 {given.kind}，此处只能用 {'、'.join(sorted(allowed))}",
        f"“{given.name.en}” is of the kind {given.kind}; here only {', '.join(sorted(allowed))} fits",
    )


def _mixed(method: Method, named: Mapping[str, Factor]) -> dict[str, Words]:
    faults = {}
    for group in method.same_kind:
        kinds = {named[key].kind for key in group if key in named}
        if len(kinds) > 1:
            text = "、".join(sorted(kinds))
            faults[group[0]] = Words(
                f"同一比较的两侧须用同一类电网因子，现有：{text}",
                f"both sides of a comparison take one kind of grid factor; given: {', '.join(sorted(kinds))}",
            )
    return faults


def out_of_bounds(spec: FactSpec) -> Words:
    """What to say of a column with a value outside the bounds of its input."""
    low = "−∞" if spec.minimum is None else f"{spec.minimum:,}"
    high = "∞" if spec.maximum is None else f"{spec.maximum:,}"
    return Words(f"有数值超出 {low}–{high}", f"has a value outside {low}–{high}")


def _with_range(method: Method, spec: FactSpec, words: Words) -> Words:
    """The message with the plausible range and where it comes from."""
    if spec.plausible is None:
        return words
    low, high = (format(Decimal(bound), "f") for bound in spec.plausible)
    source = method.range_sources.get(spec.key)
    origin_zh, origin_en = (f"（{source.zh}）", f" ({source.en})") if source else ("", "")
    return Words(
        f"{words.zh}；常见范围 {low}–{high}{origin_zh}", f"{words.en}; usual range {low}–{high}{origin_en}"
    )
