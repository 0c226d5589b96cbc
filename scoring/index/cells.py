"""Indicators on their way from the panel to a score: checked, denominated, filled, capped."""

from collections.abc import Mapping
from typing import NamedTuple

from scoring.index.means import MEDIAN, average
from scoring.index.method import Leaf, Method, Scale
from scoring.index.panel import Cell, InvalidPanel, Panel
from scoring.index.period import before
from scoring.index.refusal import Refused
from scoring.words import Words

Place = tuple[str, str, str]  # unit, period, indicator


class Value(NamedTuple):
    """An indicator of one unit in one quarter on its way from the panel to its score."""

    raw: float | None
    used: float | None
    status: str
    flags: tuple[str, ...]


_MISSING = Value(None, None, "M", ("missing",))


def values(method: Method, panel: Panel) -> dict[Place, Value]:
    """Every indicator of every unit and quarter: x / (D / per), gaps filled, capped, with flags."""
    return _fill(method, panel, _denominate(method, panel))


def check(method: Method, panel: Panel) -> tuple[str, ...]:
    """Indicators given for a scale that does not use them; raises InvalidPanel with all that is wrong."""
    faults: list[Refused] = []
    unused = set()
    leaves, scales = method.leaves, method.scale_of
    for cell in panel.cells:
        leaf, scale = leaves.get(cell.leaf), scales.get(cell.unit)
        fault = _fault(method, cell, leaf, scale)
        if fault is not None:
            rule, words = fault
            faults.append(Refused(rule, words, unit=cell.unit, node=cell.leaf, period=cell.period))
        if leaf is not None and scale is not None and scale.id not in leaf.scales:
            unused.add(leaf.id)
    if faults:
        raise InvalidPanel(faults)
    return tuple(sorted(unused))


def _fault(method: Method, cell: Cell, leaf: Leaf | None, scale: Scale | None) -> tuple[str, Words] | None:
    if scale is None or scale.id not in method.trees:
        return "unknown unit", Words(
            f"方法文件没有单元“{cell.unit}”", f"the method knows no unit “{cell.unit}”"
        )
    if leaf is None and cell.leaf not in method.denominators:
        words = Words(f"方法文件没有指标“{cell.leaf}”", f"the method knows no indicator “{cell.leaf}”")
        return "unknown indicator", words
    if cell.value is None:
        return None
    if leaf is None:
        words = Words("分母不能小于 0", "a denominator must be at least 0")
        return ("denominator", words) if cell.value < 0 else None
    return None if _within(leaf, cell.value) else ("bounds", _bounds(leaf, cell.value))


def _within(leaf: Leaf, x: float) -> bool:
    return (leaf.least is None or x >= leaf.least) and (leaf.most is None or x <= leaf.most)


def _bounds(leaf: Leaf, x: float) -> Words:
    low = "" if leaf.least is None else f"{leaf.least:g}"
    high = "" if leaf.most is None else f"{leaf.most:g}"
    return Words(
        f"{x:g} 超出范围 [{low}，{high}] {leaf.unit}", f"{x:g} lies outside [{low}, {high}] {leaf.unit}"
    )


def _denominate(method: Method, panel: Panel) -> dict[Place, Value]:
    """x / (D / per); no denominator or D = 0 leaves a gap with that reason."""
    found = {}
    given = panel.by_key
    for unit in panel.units:
        leaves = method.tree_of(unit).leaves
        for period in panel.periods:
            for leaf in leaves:
                place = (unit, period, leaf.id)
                cell = given.get(place)
                if cell is None or cell.value is None:
                    found[place] = _MISSING
                    continue
                flags = ("provisional",) if cell.status == "P" else ()
                value = Value(cell.value, cell.value, cell.status, flags)
                if leaf.denominator is not None:
                    below = given.get((unit, period, leaf.denominator))
                    if below is None or not below.value:
                        value = Value(cell.value, None, "M", ("no denominator",))
                    else:
                        value = value._replace(used=cell.value / (below.value / leaf.per))
                found[place] = value
    return found


def _fill(method: Method, panel: Panel, values: dict[Place, Value]) -> dict[Place, Value]:
    """Carry the last value for so many quarters, then the median of the scale if the method says so; cap."""
    known = {key: value.used for key, value in values.items()}
    filled = {}
    for (unit, period, leaf_id), value in values.items():
        if value.used is None:
            value = _carry(method, values, unit, period, leaf_id, value)
        if value.used is None and method.rules.group_median:
            scale = method.scale_of[unit]
            others = [known.get((other, period, leaf_id)) for other in panel.units if other in scale.units]
            present = [x for x in others if x is not None]
            if present:
                value = Value(value.raw, average(MEDIAN, present, ()), "I", (*value.flags, "group median"))
        filled[unit, period, leaf_id] = _cap(method.leaves[leaf_id], value)
    return filled


def _carry(
    method: Method,
    values: Mapping[Place, Value],
    unit: str,
    period: str,
    leaf: str,
    gap: Value,
) -> Value:
    for age in range(1, method.rules.carry_quarters + 1):
        earlier = values.get((unit, before(period, age), leaf))
        if earlier is not None and earlier.used is not None:
            return Value(gap.raw, earlier.used, "E", (*gap.flags, "carried"))
    return gap


def _cap(leaf: Leaf, value: Value) -> Value:
    x = value.used
    if x is None:
        return value
    low = x if leaf.cap_low is None else max(x, leaf.cap_low)
    capped = low if leaf.cap_high is None else min(low, leaf.cap_high)
    return value if capped == x else value._replace(used=capped, flags=(*value.flags, "capped"))
