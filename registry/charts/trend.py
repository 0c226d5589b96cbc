"""Trend: a line over periods with its band; what is provisional is hollow and dashed."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from markupsafe import Markup

from registry.charts.drawing import Drawing, Point, say, text_width, ticks
from registry.charts.figures import Number, grouped
from scoring.words import Words


class TrendPoint(NamedTuple):
    """One period; a value of None is a gap, never zero."""

    label: str
    value: Number | None
    low: Number | None = None
    high: Number | None = None
    provisional: bool = False


def trend(
    points: Iterable[TrendPoint | tuple[Any, ...]],
    *,
    title: Words | str = "",
    unit: str = "",
    decimals: int = 1,
    from_zero: bool = False,
    reference: tuple[Number, str] | None = None,
    width: float = 600,
    height: float = 280,
    language: str = "zh",
) -> Markup:
    """The values with band, round axis values and the last value written at its point.

    `reference` draws one dashed level with its name. Raises ValueError when there is no value at all.
    """
    series = [TrendPoint(*point) for point in points]
    known = [point.value for point in series if point.value is not None]
    if not known:
        raise ValueError("a trend needs at least one value")
    scale = _Scale(series, reference, from_zero, width, height, decimals)
    sentence = _sentence(series, say(title, language), unit, decimals, language.startswith("zh"))
    drawing = Drawing(width, height, label=sentence, classes="fit")
    _draw_axes(drawing, scale, series, unit, decimals)
    for run in _runs(series, lambda point: point.low is not None and point.high is not None):
        upper = [scale.at(i, series[i].high or 0) for i in run]
        lower = [scale.at(i, series[i].low or 0) for i in reversed(run)]
        drawing.polygon(upper + lower, "c-band")
    if reference is not None:
        level = scale.at(0, reference[0])[1]
        drawing.line((scale.left, level), (scale.right, level), "c-ref")
        drawing.text(scale.right, level - 6, reference[1], "t-lab", anchor="end")
    _draw_line(drawing, scale, series)
    _draw_last(drawing, scale, series, decimals, language)
    return drawing.markup()


class _Scale:
    def __init__(
        self,
        series: Sequence[TrendPoint],
        reference: tuple[Number, str] | None,
        from_zero: bool,
        width: float,
        height: float,
        decimals: int,
    ) -> None:
        values = [float(v) for p in series for v in (p.value, p.low, p.high) if v is not None]
        if reference is not None:
            values.append(float(reference[0]))
        low = min(0.0, *values) if from_zero else min(values)
        self.marks = ticks(low, max(values))
        self.mark_decimals = 0 if all(mark == round(mark) for mark in self.marks) else max(decimals, 1)
        widest = max(text_width(grouped(mark, self.mark_decimals), 12) for mark in self.marks)
        self.left = max(widest + 10, text_width(series[0].label, 12) / 2)
        self.right = width - 58
        self.top, self.bottom = 22.0, height - 30
        self._step = (self.right - self.left) / max(len(series) - 1, 1)

    def at(self, position: int, value: Number) -> Point:
        share = (float(value) - self.marks[0]) / (self.marks[-1] - self.marks[0])
        return self.left + position * self._step, self.bottom - share * (self.bottom - self.top)

    def every(self, labels: Sequence[str]) -> int:
        """Write every n-th period so that labels stay apart."""
        widest = max(text_width(label, 12) for label in labels) + 10
        return max(int(-(-widest // max(self._step, 1))), 1)


def _runs(series: Sequence[TrendPoint], wanted: Callable[[TrendPoint], bool]) -> list[list[int]]:
    """Unbroken runs of periods, at least two long."""
    runs: list[list[int]] = [[]]
    for position, point in enumerate(series):
        if wanted(point):
            runs[-1].append(position)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if len(run) > 1]


def _draw_axes(
    drawing: Drawing, scale: _Scale, series: Sequence[TrendPoint], unit: str, decimals: int
) -> None:
    for mark in scale.marks:
        y = scale.at(0, mark)[1]
        drawing.line((scale.left, y), (scale.right, y), "c-grid")
        drawing.text(scale.left - 8, y + 4, grouped(mark, scale.mark_decimals), "t-tick", anchor="end")
    if unit:
        drawing.text(0, 11, unit, "t-tick")
    every = scale.every([point.label for point in series])
    last = len(series) - 1
    for position, point in enumerate(series):
        if (last - position) % every == 0:
            x = scale.at(position, scale.marks[0])[0]
            drawing.text(x, scale.bottom + 20, point.label, "t-tick", anchor="middle")


def _draw_line(drawing: Drawing, scale: _Scale, series: Sequence[TrendPoint]) -> None:
    solid: list[Point] = []
    previous: Point | None = None
    for position, point in enumerate(series):
        if point.value is None:
            _draw_solid(drawing, solid)
            solid, previous = [], None
            continue
        here = scale.at(position, point.value)
        if point.provisional:
            _draw_solid(drawing, solid)
            solid = []
            if previous is not None:
                drawing.line(previous, here, "c-line", stroke_dasharray="5 4")
        else:
            solid = [*solid, here] if solid or previous is None else [previous, here]
        previous = here
    _draw_solid(drawing, solid)
    many = len(series) > 14
    for position, point in enumerate(series):
        if point.value is not None and (point.provisional or not many or position == len(series) - 1):
            kind, size = ("c-dot-open", 5.0) if point.provisional else ("c-dot", 3.0)
            drawing.circle(scale.at(position, point.value), size, kind)


def _draw_solid(drawing: Drawing, points: list[Point]) -> None:
    if len(points) > 1:
        drawing.polyline(points, "c-line")


def _draw_last(
    drawing: Drawing, scale: _Scale, series: Sequence[TrendPoint], decimals: int, language: str
) -> None:
    position = max(i for i, point in enumerate(series) if point.value is not None)
    point = series[position]
    x, y = scale.at(position, point.value or 0)
    drawing.text(x + 10, y + 5, grouped(point.value, decimals), "t-val")
    if point.provisional:
        drawing.text(x + 10, y + 20, "初值" if language.startswith("zh") else "prov.", "t-tick")


def _sentence(series: Sequence[TrendPoint], title: str, unit: str, decimals: int, zh: bool) -> str:
    first = next(point for point in series if point.value is not None)
    last = next(point for point in reversed(series) if point.value is not None)
    begin, end = grouped(first.value, decimals), grouped(last.value, decimals)
    head = f"{title}：" if title and zh else f"{title}: " if title else ""
    if zh:
        tail = (
            f"，区间 {grouped(last.low, decimals)}–{grouped(last.high, decimals)}"
            if last.low is not None
            else ""
        )
        return f"{head}{first.label} {begin}，{last.label} {end}{unit and ' ' + unit}{tail}" + (
            "（初值）" if last.provisional else ""
        )
    tail = (
        f", interval {grouped(last.low, decimals)}–{grouped(last.high, decimals)}"
        if last.low is not None
        else ""
    )
    return f"{head}{begin} in {first.label}, {end}{unit and ' ' + unit} in {last.label}{tail}" + (
        " (provisional)" if last.provisional else ""
    )
