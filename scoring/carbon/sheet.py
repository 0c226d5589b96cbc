"""The calculation sheet: every line of a benefit with value, unit, formula, source and mark."""

from dataclasses import dataclass
from datetime import date

from scoring.carbon.benefit import Benefit, Number
from scoring.carbon.definition import Basis
from scoring.carbon.house import house
from scoring.carbon.methods import method
from scoring.units import Unit
from scoring.words import Words

ORIGINS = {
    "stated": Words("申报", "stated"),
    "factor": Words("已公布因子", "published factor"),
    "default": Words("缺省假定", "assumed"),
}
CONFIDENCE = {"high": Words("高", "high"), "medium": Words("中", "medium"), "low": Words("低", "low")}
STATUS = {
    "official": Words("官方", "official"),
    "sibling": Words("参照", "by analogy"),
    "proposed": Words("建议", "proposed"),
}


@dataclass(frozen=True, slots=True)
class SheetInput:
    """One input line with where it comes from."""

    key: str
    label: Words
    value: Number
    unit: Unit
    origin: Words
    source: Words
    mark: Words | None
    remark: Words | None


@dataclass(frozen=True, slots=True)
class SheetStep:
    """One computed line: equation, formula, the formula with numbers, result."""

    key: str
    label: Words
    equation: str
    formula: str
    substituted: str
    value: Number
    unit: Unit


@dataclass(frozen=True, slots=True)
class SheetResult:
    """One line of the outcome; None where it does not apply."""

    key: str
    label: Words
    value: float | None
    unit: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """The whole sheet, ready for a page, a PDF or a workbook."""

    title: Words
    method_id: str
    method_version: str
    basis: Basis
    status: Words
    on: date
    inputs: tuple[SheetInput, ...]
    steps: tuple[SheetStep, ...]
    results: tuple[SheetResult, ...]
    yearly: tuple[tuple[int, float, float], ...]
    trajectory: Words
    band: Words
    warnings: tuple[Words, ...]
    pitfalls: tuple[Words, ...]
    content_hash: str


def sheet(benefit: Benefit) -> Sheet:
    """The calculation sheet of a benefit."""
    of = method(benefit.method_id, benefit.method_version)
    years = range(1, benefit.life + 1)
    return Sheet(
        title=of.title,
        method_id=of.id,
        method_version=of.version,
        basis=of.basis,
        status=STATUS[of.status],
        on=benefit.on,
        inputs=tuple(_input(benefit, place) for place in range(len(benefit.inputs))),
        steps=tuple(
            SheetStep(s.key, s.label, s.equation, s.formula, s.substituted, s.value, s.unit)
            for s in benefit.steps
        ),
        results=results(benefit),
        yearly=tuple(zip(years, benefit.yearly, benefit.yearly_dynamic, strict=True)),
        trajectory=house().trajectories[benefit.trajectory].label,
        band=_band(benefit),
        warnings=benefit.warnings,
        pitfalls=of.warnings,
        content_hash=benefit.content_hash,
    )


def results(benefit: Benefit) -> tuple[SheetResult, ...]:
    """The outcome, line by line, unrounded."""
    return (
        SheetResult("annual", Words("年减排量", "Reduction per year"), benefit.annual, "tCO2e/a"),
        SheetResult("p10", Words("P10", "P10"), benefit.p10, "tCO2e/a"),
        SheetResult("p50", Words("P50", "P50"), benefit.p50, "tCO2e/a"),
        SheetResult("p90", Words("P90", "P90"), benefit.p90, "tCO2e/a"),
        SheetResult(
            "conservative", Words("保守值（P20）", "Conservative (P20)"), benefit.conservative, "tCO2e/a"
        ),
        SheetResult("lifetime", Words("全周期（因子不变）", "Lifetime, static"), benefit.lifetime, "tCO2e"),
        SheetResult(
            "lifetime_dynamic",
            Words("全周期（电网因子逐年下降）", "Lifetime, on the trajectory"),
            benefit.lifetime_dynamic,
            "tCO2e",
        ),
        SheetResult(
            "lifetime_credited",
            Words("计入期内", "Within the crediting period"),
            benefit.lifetime_credited,
            "tCO2e",
        ),
        SheetResult(
            "per_investment",
            Words("每万元投资", "Per CNY 10k of investment"),
            benefit.per_investment,
            "tCO2e/a/万元",
        ),
        SheetResult("mac", Words("边际减排成本", "Abatement cost"), benefit.mac, "CNY/tCO2e"),
    )


def _input(benefit: Benefit, place: int) -> SheetInput:
    entry = benefit.inputs[place]
    factor = entry.factor
    if factor is not None:
        year = f"{factor.source_year}" if factor.source_year else ""
        source = Words(
            f"{factor.name.zh}；{factor.source}{f'（{year}）' if year else ''}",
            f"{factor.name.en}; {factor.source}{f' ({year})' if year else ''}",
        )
        mark = Words(
            f"{STATUS[factor.status].zh}，可信度{CONFIDENCE[factor.confidence].zh}",
            f"{STATUS[factor.status].en}, confidence {CONFIDENCE[factor.confidence].en}",
        )
    else:
        shown = entry.evidence or ""
        source = Words(
            shown or "未附依据" if entry.origin == "stated" else "方法学文件", shown or _plain(entry.origin)
        )
        mark = None
    remark = None
    if entry.accepted:
        remark = Words(
            f"超出常见范围，已接受：{entry.accepted}", f"outside the usual range; accepted: {entry.accepted}"
        )
    elif entry.implausible:
        remark = Words("超出常见范围", "outside the usual range")
    return SheetInput(
        entry.key, entry.label, entry.value, entry.unit, ORIGINS[entry.origin], source, mark, remark
    )


def _plain(origin: str) -> str:
    return "no evidence attached" if origin == "stated" else "method file"


def _band(benefit: Benefit) -> Words:
    if benefit.exact:
        return Words("解析解（对数正态乘积）", "exact (product of lognormal quantities)")
    return Words(
        f"蒙特卡洛，{benefit.draws} 次抽样，种子 {benefit.seed}",
        f"Monte Carlo, {benefit.draws} draws, seed {benefit.seed}",
    )
