"""Coverage: the cash a project can use each year, the debt service due, and the years that fall short."""

from collections.abc import Sequence

from markupsafe import Markup

from registry.charts.drawing import Drawing, Point, text_width, ticks
from registry.charts.figures import Number, grouped


def coverage(
    cash: Sequence[Number],
    service: Sequence[Number],
    *,
    unit: str = "万元",
    width: float = 640,
    height: float = 260,
    language: str = "zh",
) -> Markup:
    """Cash as columns from year 1, debt service as steps over them; what is missing in a year is red.

    Raises ValueError without a year of cash; a loan longer than the cash flow is short in each year beyond.
    """
    if not cash:
        raise ValueError("a coverage chart needs at least one year of cash flow")
    available = [float(value) for value in cash]
    due = [float(value) for value in service]
    years = max(len(available), len(due))
    available += [0.0] * (years - len(available))
    short = [year for year, (has, owes) in enumerate(zip(available, due, strict=False), 1) if owes > has]

    marks = ticks(min(0.0, *available), max(*available, *due, 1.0), 5)
    left = max(text_width(grouped(mark), 12) for mark in marks) + 10
    top, bottom = 22.0, height - 28
    slot = (width - left) / years

    def at(value: float) -> float:
        return bottom - (value - marks[0]) / (marks[-1] - marks[0]) * (bottom - top)

    drawing = Drawing(width, height, label=_sentence(len(cash), len(due), short, language), classes="fit")
    drawing.text(0, 11, f"{unit}/年" if language.startswith("zh") else f"{unit} a year", "t-tick")
    for mark in marks:
        drawing.line((left, at(mark)), (width, at(mark)), "c-axis" if mark == 0 else "c-grid")
        drawing.text(left - 8, at(mark) + 4, grouped(mark), "t-tick", anchor="end")
    every = max(int(-(-28 // slot)), 1)
    for year, value in enumerate(available, 1):
        x = left + (year - 1) * slot
        drawing.rect(x + slot * 0.1, at(max(value, 0)), slot * 0.8, abs(at(value) - at(0)), "c-bar-soft")
        if year in short:
            has, owes = max(value, 0.0), due[year - 1]
            drawing.rect(x + slot * 0.1, at(owes), slot * 0.8, at(has) - at(owes), "c-down")
        if (year - 1) % every == 0:
            drawing.text(x + slot / 2, bottom + 18, str(year), "t-tick", anchor="middle")
    steps: list[Point] = []
    for year, value in enumerate(due, 1):
        steps += [(left + (year - 1) * slot, at(value)), (left + year * slot, at(value))]
    if steps:
        drawing.polyline([*steps, (steps[-1][0], at(0))], "c-line-2")
    return drawing.markup()


def _sentence(cash_years: int, loan_years: int, short: Sequence[int], language: str) -> str:
    if language.startswith("zh"):
        lack = (
            f"其中 {len(short)} 年现金流不足（第 {_named(short, '、')} 年）" if short else "各年现金流均足够"
        )
        return f"{cash_years} 年可用现金流，还本付息 {loan_years} 年，{lack}"
    lack = f"short in {len(short)} of them (year {_named(short, ', ')})" if short else "covered in every year"
    return f"{cash_years} years of cash flow, {loan_years} years of debt service, {lack}"


def _named(years: Sequence[int], joint: str) -> str:
    if len(years) > 2 and years[-1] - years[0] == len(years) - 1:
        return f"{years[0]}–{years[-1]}"
    return joint.join(map(str, years))
