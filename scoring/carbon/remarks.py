"""What a reviewer should be told: assumptions, unusual values, old factors, improbable results."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from scoring.carbon.benefit import Benefit, Input
from scoring.carbon.definition import Method
from scoring.carbon.house import house
from scoring.carbon.intake import recognised_as_wrong
from scoring.words import Words


def remarks(
    of: Method, found: Benefit, values: Mapping[str, Any], *, unused: Iterable[str]
) -> tuple[tuple[Words, ...], bool]:
    """The remarks in the order of their weight, and whether the figure must wait for review."""
    intensity, blocked = _intensity(of, found)
    said = [
        *intensity,
        *_sign(found),
        *_alerts(of, found, values),
        *(words for entry in found.inputs for words in _input(of, found, entry)),
        *(_unused(of, key) for key in sorted(unused)),
    ]
    return tuple(dict.fromkeys(said)), blocked


def _intensity(of: Method, found: Benefit) -> tuple[list[Words], bool]:
    per = found.per_investment
    rules = house()
    if per is None or (of.id in rules.exempt and per <= rules.block_above) or per <= rules.ask_above:
        return [], False
    if per > rules.block_above:
        return [
            Words(
                f"每万元投资年减排 {per:,.0f} tCO₂e，超过 {rules.block_above:g}，须复核单位和数量级后再用。",
                f"{per:,.0f} tCO₂e a year per CNY 10k exceeds {rules.block_above:g}: "
                "check units and order of magnitude before use.",
            )
        ], True
    return [
        Words(
            f"每万元投资年减排 {per:,.1f} tCO₂e，高于通常的 {rules.ask_above:g}，请说明原因。",
            f"{per:,.1f} tCO₂e a year per CNY 10k is above the usual {rules.ask_above:g}; explain why.",
        )
    ], False


def _sign(found: Benefit) -> list[Words]:
    if found.annual < 0:
        return [Words("测算结果为负：项目增加排放。", "The result is negative: the project adds emissions.")]
    if found.p10 < 0 < found.annual:
        return [
            Words(
                "不确定性范围跨越零：项目可能并不减排。",
                "The uncertainty range includes zero: the project may not reduce emissions.",
            )
        ]
    return []


def _alerts(of: Method, found: Benefit, values: Mapping[str, Any]) -> list[Words]:
    said = []
    for alert in of.alerts:
        value = values.get(alert.quantity)
        if value is None or (alert.since is not None and found.on < alert.since):
            continue
        above = alert.above is None or bool(np.max(value) > alert.above)
        below = alert.below is None or bool(np.min(value) < alert.below)
        if above and below:
            said.append(alert.message)
    return said


def _input(of: Method, found: Benefit, entry: Input) -> list[Words]:
    said = []
    zh, en = entry.label.zh, entry.label.en
    if entry.implausible and entry.plausible is not None:
        low, high = (format(bound, "f") for bound in entry.plausible)
        source = of.range_sources.get(entry.key)
        origin_zh, origin_en = (f"（{source.zh}）", f" ({source.en})") if source else ("", "")
        if entry.accepted:
            said.append(
                Words(
                    f"{zh}超出常见范围 {low}–{high}，已接受：{entry.accepted}",
                    f"{en} lies outside the usual {low}–{high}; accepted: {entry.accepted}",
                )
            )
        else:
            said.append(
                Words(
                    f"{zh}超出常见范围 {low}–{high}{origin_zh}，请提供依据。",
                    f"{en} lies outside the usual {low}–{high}{origin_en}; give evidence.",
                )
            )
    if entry.origin == "default":
        value = format(entry.value, "g") if isinstance(entry.value, float) else "…"
        said.append(Words(f"{zh}未填写，按 {value} 计。", f"Not stated: {en}; {value} was assumed."))
    if entry.origin == "stated" and isinstance(entry.value, float) and entry.factor is None:
        wrong = recognised_as_wrong(of, entry.key, entry.value)
        if wrong is not None:
            said.append(
                Words(
                    f"{zh}等于“{wrong.name.zh}”，该因子不适用于此处。",
                    f"{en} equals “{wrong.name.en}”, which is not meant for this use.",
                )
            )
    if entry.factor is not None and entry.factor.is_grid and entry.factor.valid_from is not None:
        age = found.on.year - entry.factor.valid_from.year
        if age > house().factor_age:
            said.append(
                Words(
                    f"{zh}采用 {entry.factor.valid_from.year} 年数据，距今 {age} 年；公布新值后应重算。",
                    f"{en} is of {entry.factor.valid_from.year}, {age} years old; look for a newer one.",
                )
            )
    return said


def _unused(of: Method, key: str) -> Words:
    label = of.label_of(key)
    return Words(f"{label.zh}已填写但未参与计算。", f"Stated but not used: {label.en}.")
