"""Dots: where each row stood and where it stands now, on one scale from 0 to its end."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from markupsafe import Markup

from registry.charts.drawing import Drawing, say, text_width
from registry.charts.figures import UNKNOWN, Number, grouped
from scoring.words import Words


class Dot(NamedTuple):
    """One row; `before` is drawn hollow, a value of None is unknown."""

    label: Words | str
    now: Number | None
    before: Number | None = None
    note: str = ""


def dots(
    rows: Iterable[Dot | tuple[Any, ...]],
    *,
    most: float = 100,
    title: Words | str = "",
    decimals: int = 1,
    width: float = 520,
    language: str = "zh",
) -> Markup:
    """Rows with label, both points joined by the move, and the figure now; a fall is red."""
    named = [(say(row.label, language), row) for row in (Dot(*row) for row in rows)]
    left = min(max((text_width(name, 13) for name, _ in named), default=0), width * 0.4) + 16
    right = width - 52
    step, top = 40.0, 6.0
    sentence = _sentence(named, say(title, language), decimals, language)
    bottom = top + step * max(len(named), 1)
    drawing = Drawing(width, bottom + 22, label=sentence, classes="fit")

    def at(value: Number) -> float:
        return left + min(max(float(value) / most, 0), 1) * (right - left)

    for quarter in range(5):
        mark = most * quarter / 4
        drawing.line((at(mark), top), (at(mark), bottom), "c-grid")
        drawing.text(at(mark), bottom + 16, grouped(mark), "t-tick", anchor="middle")
    for position, (name, row) in enumerate(named):
        y = top + position * step + step / 2
        drawing.text(0, y + (-2 if row.note else 5), name, "t-strong")
        if row.note:
            drawing.text(0, y + 13, row.note, "t-tick")
        drawing.rect(left, y - 2, right - left, 4, "c-track", radius=2)
        _draw_row(drawing, row, y, at)
        figure = grouped(row.now, decimals) if row.now is not None else UNKNOWN
        drawing.text(width, y + 5, figure, "t-val", anchor="end")
    return drawing.markup()


def _draw_row(drawing: Drawing, row: Dot, y: float, at: Callable[[Number], float]) -> None:
    falls = row.before is not None and row.now is not None and row.now < row.before
    if row.before is not None:
        if row.now is not None:
            drawing.line((at(row.before), y), (at(row.now), y), "c-move-down" if falls else "c-move")
        drawing.circle((at(row.before), y), 5, "c-dot-prev")
    if row.now is not None:
        drawing.circle((at(row.now), y), 6, "c-dot-down" if falls else "c-dot")


def _sentence(named: list[tuple[str, Dot]], title: str, decimals: int, language: str) -> str:
    zh = language.startswith("zh")
    parts = []
    for name, row in named:
        was = ""
        if row.before is not None:
            shown = grouped(row.before, decimals)
            was = f"（原 {shown}）" if zh else f" (was {shown})"
        parts.append(f"{name} {grouped(row.now, decimals)}{was}")
    head = f"{title}：" if title and zh else f"{title}: " if title else ""
    return head + ("，" if zh else ", ").join(parts)
