"""The stars a building can expect at the design stage, by the arithmetic of GB/T 50378."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from scoring import catalogue
from scoring.catalogue import Record
from scoring.errors import InvalidFacts
from scoring.matching.vocabulary import Basis, cite, read_basis
from scoring.words import Words

STAGES = ("design", "label")


@dataclass(frozen=True, slots=True)
class PointClass:
    id: str
    label: Words
    design: Decimal
    final: Decimal


@dataclass(frozen=True)
class StarRules:
    """The standard's numbers, from `data/products/green_building.yaml`."""

    base: Decimal
    divisor: Decimal
    least_share: Decimal
    classes: tuple[PointClass, ...]
    innovation: Decimal
    innovation_label: Words
    totals: tuple[tuple[int, Decimal], ...]
    basis: tuple[Basis, ...]


@dataclass(frozen=True)
class StarEstimate:
    """The total and the stars it allows; `least` and `most` differ while something is open.

    `total` is None while a class is missing; `short` is what it lacks for one more star, None at three.
    """

    total: Decimal | None
    least: int
    most: int
    reasons: tuple[Words, ...]
    missing: tuple[str, ...]
    short: Decimal | None
    basis: tuple[Basis, ...]

    @property
    def stars(self) -> int | None:
        return self.least if self.least == self.most else None


def stars(
    points: Mapping[str, Decimal | int | None],
    *,
    controls_met: bool | None,
    fully_fitted: bool | None,
    requirements_met: int | None,
    stage: str = "design",
) -> StarEstimate:
    """Stars by Q = (base + Σ class points + innovation) / 10 and the conditions of clause 3.2.8.

    Parameters
    ----------
    points : points by class id, where missing or None stays open, and the optional `innovation`
    controls_met : whether every control item is met; without it there are no stars
    fully_fitted : whether the building is handed over fully fitted out, needed for any star
    requirements_met : the highest star whose technical requirements (table 3.2.8) are met
    stage : `design` (pre-evaluation) or `label`; they differ in the full points of a class

    Raises
    ------
    InvalidFacts
        If a class is unknown or its points lie outside 0 and its full points.
    """
    rules = star_rules()
    if stage not in STAGES:
        raise InvalidFacts({"stage": Words("应为 design 或 label", "must be design or label")})
    full = {entry.id: entry.design if stage == "design" else entry.final for entry in rules.classes}
    _check(points, {**full, "innovation": rules.innovation})
    known = {key: Decimal(value) for key, value in points.items() if value is not None}
    missing = tuple(key for key in full if key not in known)
    low = {key: known.get(key, Decimal(0)) for key in full}
    high = {key: known.get(key, full[key]) for key in full}
    extra = known.get("innovation", Decimal(0))
    most = _stars(rules, full, high, extra)
    least = 0 if missing else most
    if requirements_met is not None:
        least, most = min(least, requirements_met), min(most, requirements_met)
    if controls_met is False or fully_fitted is False:
        least = most = 0
    elif controls_met is None or fully_fitted is None or requirements_met is None:
        least = 0
    total = None if missing else _total(rules, low, extra)
    lacking = None if total is None else next((at - total for _, at in rules.totals if at > total), None)
    reasons = _reasons(rules, full, known, controls_met, fully_fitted, requirements_met)
    return StarEstimate(total, least, most, reasons, missing, lacking, rules.basis)


def _check(points: Mapping[str, Decimal | int | None], full: Mapping[str, Decimal]) -> None:
    faults: dict[str, Words] = {}
    for key, value in points.items():
        if key not in full:
            faults[key] = Words("不是评分类别", "is not a class of points")
        elif value is not None and not 0 <= value <= full[key]:
            faults[key] = Words(f"应在 0 至 {full[key]} 之间", f"must lie between 0 and {full[key]}")
    if faults:
        raise InvalidFacts(faults)


def _total(rules: StarRules, points: Mapping[str, Decimal], innovation: Decimal) -> Decimal:
    return (rules.base + sum(points.values(), Decimal(0)) + innovation) / rules.divisor


def _stars(
    rules: StarRules, full: Mapping[str, Decimal], points: Mapping[str, Decimal], innovation: Decimal
) -> int:
    if any(100 * points[key] < rules.least_share * full[key] for key in full):
        return 0
    total = _total(rules, points, innovation)
    return max((count for count, at in rules.totals if total >= at), default=0)


def _reasons(
    rules: StarRules,
    full: Mapping[str, Decimal],
    known: Mapping[str, Decimal],
    controls_met: bool | None,
    fully_fitted: bool | None,
    requirements_met: int | None,
) -> tuple[Words, ...]:
    found: list[Words] = []
    if controls_met is not True:
        found.append(Words("须满足全部控制项", "every control item must be met"))
    if fully_fitted is not True:
        found.append(Words("须进行全装修", "the building must be fully fitted out"))
    if requirements_met is None:
        found.append(Words("须说明表 3.2.8 技术要求达到的星级", "state the stars whose table 3.2.8 is met"))
    for entry in rules.classes:
        least = rules.least_share * full[entry.id] / 100
        if entry.id not in known:
            found.append(Words(f"缺少{entry.label.zh}得分", f"points for {entry.label.en} are missing"))
        elif known[entry.id] < least:
            zh = f"{entry.label.zh}得分低于满分的 {rules.least_share}%（{least:f} 分）"
            en = f"{entry.label.en} is below {rules.least_share} % of its points ({least:f})"
            found.append(Words(zh, en))
    return tuple(found)


def load(file: Record) -> StarRules:
    """The numbers of one data file; raises InvalidData."""
    basis = read_basis(file.record("basis"))
    innovation = file.record("innovation")
    classes = []
    for record in file.records("classes"):
        full = record.number("design"), record.number("label_full")
        classes.append(PointClass(record.text("id"), record.words("label"), *full))
        record.done()
    totals = []
    for record in file.records("stars"):
        totals.append((record.integer("stars"), record.number("total")))
        record.done()
    rules = StarRules(
        base=file.number("base"),
        divisor=file.number("divisor"),
        least_share=file.number("least_share"),
        classes=tuple(classes),
        innovation=innovation.number("most"),
        innovation_label=innovation.words("label"),
        totals=tuple(totals),
        basis=cite(file, basis, "cited"),
    )
    innovation.done()
    file.text("id"), file.text("version")
    file.done()
    return rules


@cache
def star_rules() -> StarRules:
    """The star arithmetic in use."""
    return load(catalogue.load(catalogue.DATA / "products" / "green_building.yaml"))
