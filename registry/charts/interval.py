"""Interval 区间条: P10, P50 and P90 at their values, and what was claimed as a red marker."""

import math

from markupsafe import Markup

from registry.charts.drawing import Drawing, text_width
from registry.charts.figures import Number, significant, span

_BAR = 14.0


def interval(
    p10: Number,
    p50: Number,
    p90: Number,
    claimed: Number | None = None,
    unit: str = "",
    *,
    width: float = 340,
    digits: int = 3,
    language: str = "zh",
) -> Markup:
    """The interval on a common scale with the claimed value, labels where there is room for each.

    Raises ValueError unless p10 ≤ p50 ≤ p90 and all are finite: an estimate that is not one is not drawn.
    """
    low, middle, high = float(p10), float(p50), float(p90)
    claim = None if claimed is None else float(claimed)
    if not all(map(math.isfinite, (low, middle, high, claim or 0.0))):
        raise ValueError("an interval needs finite values")
    if not low <= middle <= high:
        raise ValueError(f"P10 ≤ P50 ≤ P90 is needed, not {p10}, {p50}, {p90}")
    start, end = _domain(low, high, middle, claim)

    def at(value: float) -> float:
        return 2 + (value - start) / (end - start) * (width - 4)

    top = 18.0 if claim is not None else 0.0
    label = _sentence(p10, p50, p90, claimed, unit, digits, language)
    drawing = Drawing(width, top + 60, label=label, classes="interval")
    drawing.rect(0, top + 9, width, 4, "c-track", radius=2)
    drawing.rect(at(low), top + 4, max(at(high) - at(low), 1), _BAR, "i-range", radius=3)
    drawing.rect(at(middle) - 1.5, top + 1, 3, _BAR + 6, "i-mid")
    if claim is not None:
        _draw_claim(drawing, at(claim), top, width, significant(claimed, digits), language)
    _draw_labels(drawing, top, width, [(at(low), p10), (at(middle), p50), (at(high), p90)], digits)
    return drawing.markup()


def _domain(low: float, high: float, middle: float, claim: float | None) -> tuple[float, float]:
    values = [low, high] if claim is None else [low, high, claim]
    smallest, largest = min(values), max(values)
    spread = largest - smallest or abs(middle) * 0.2 or 1.0
    margin = spread * (0.45 if claim is None else 0.16)
    start = smallest - margin
    return (0.0 if start < 0 <= smallest else start), largest + margin


def _draw_claim(drawing: Drawing, x: float, top: float, width: float, shown: str, language: str) -> None:
    words = f"申报 {shown}" if language.startswith("zh") else f"Claimed {shown}"
    drawing.path(f"M{x:.1f} {top + 10:.1f}l-6 -10h12z", "i-claim")
    drawing.line((x, top + 8), (x, top + 20), "i-claim-line")
    half = text_width(words, 13) / 2
    drawing.text(min(max(x, half), width - half), top - 5, words, "t-strong", anchor="middle")


def _draw_labels(
    drawing: Drawing, top: float, width: float, places: list[tuple[float, Number]], digits: int
) -> None:
    shown = [significant(value, digits) for _, value in places]
    halves = [max(text_width(text, 14), text_width("P10", 12)) / 2 for text in shown]
    centres = [min(max(x, half), width - half) for (x, _), half in zip(places, halves, strict=True)]
    apart = all(centres[i + 1] - centres[i] >= halves[i] + halves[i + 1] + 8 for i in range(len(centres) - 1))
    if apart:
        for name, text, x in zip(("P10", "P50", "P90"), shown, centres, strict=True):
            drawing.text(x, top + 37, name, "t-tick", anchor="middle")
            drawing.text(x, top + 54, text, "t-num", anchor="middle")
        return
    first = f"P50 {shown[1]}"
    second = f"P10–P90 {span(places[0][1], places[2][1], digits)}"
    half = max(text_width(first, 14), text_width(second, 12)) / 2
    x = min(max(places[1][0], half), width - half)
    drawing.text(x, top + 37, first, "t-num", anchor="middle")
    drawing.text(x, top + 54, second, "t-tick", anchor="middle")


def _sentence(
    p10: Number, p50: Number, p90: Number, claimed: Number | None, unit: str, digits: int, language: str
) -> str:
    zh = language.startswith("zh")
    named = [
        f"{name} {significant(value, digits)}" for name, value in (("P50", p50), ("P10", p10), ("P90", p90))
    ]
    sentence = ("，" if zh else ", ").join(named) + (f" {unit}" if unit else "")
    if claimed is not None:
        shown = significant(claimed, digits)
        sentence += f"；申报值 {shown}" if zh else f"; claimed {shown}"
    return sentence
