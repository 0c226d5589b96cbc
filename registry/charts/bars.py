"""Bars: values against their maximum or each other, one row each, always from zero."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from markupsafe import Markup

from registry.charts.drawing import Drawing, say, text_width
from registry.charts.figures import UNKNOWN, Number, grouped
from scoring.words import Words


class Bar(NamedTuple):
    """One row; `most` is the full length of its track, a value of None is unknown."""

    label: Words | str
    value: Number | None
    most: Number | None = None
    note: str = ""


def bars(
    rows: Iterable[Bar | tuple[Any, ...]],
    *,
    title: Words | str = "",
    unit: str = "",
    decimals: int = 1,
    width: float = 420,
    label_width: float | None = None,
    language: str = "zh",
) -> Markup:
    """Rows with label, bar and figure, “11.6/15” where the row has a maximum; ValueError below zero."""
    named = [(say(row.label, language), row) for row in (Bar(*row) for row in rows)]
    if negative := [name for name, row in named if row.value is not None and row.value < 0]:
        raise ValueError(f"a bar starts at zero; negative: {', '.join(negative)}")
    shown = [_figure(row, decimals) for _, row in named]
    largest = max((float(row.value) for _, row in named if row.value is not None), default=0.0)
    sentence = _sentence([name for name, _ in named], shown, say(title, language), unit, language)
    widest = max((text_width(name, 13) for name, _ in named), default=0)
    names = min(widest, width * 0.5) if label_width is None else label_width
    figures = max((text_width(text, 13) for text in shown), default=0)
    left, right = names + 12, width - figures - 10
    step = 28.0
    drawing = Drawing(width, max(len(named), 1) * step, label=sentence, classes="fit bars")
    for position, ((name, row), text) in enumerate(zip(named, shown, strict=True)):
        y = position * step
        full = float(row.most) if row.most is not None else largest
        drawing.text(0, y + 18, _shortened(name, names, 13), "t-lab")
        drawing.rect(left, y + 10, right - left, 8, "c-track", radius=4)
        if row.value is not None and full > 0:
            length = min(float(row.value) / full, 1) * (right - left)
            drawing.rect(left, y + 10, length, 8, "c-bar", radius=min(4, length / 2))
        drawing.text(width, y + 18, text, "t-strong", anchor="end")
    return drawing.markup()


def _figure(row: Bar, decimals: int) -> str:
    value = grouped(row.value, decimals) if row.value is not None else UNKNOWN
    if row.value is not None and decimals and value.endswith("0" * decimals):
        value = grouped(row.value, 0)
    most = f"/{grouped(row.most, 0)}" if row.most is not None else ""
    return value + most + row.note


def _shortened(name: str, room: float, size: float) -> str:
    if text_width(name, size) <= room + 1:
        return name
    while name and text_width(name + "…", size) > room:
        name = name[:-1]
    return name.rstrip() + "…"


def _sentence(names: Sequence[str], shown: Sequence[str], title: str, unit: str, language: str) -> str:
    zh = language.startswith("zh")
    rows = ("，" if zh else ", ").join(f"{name} {text}" for name, text in zip(names, shown, strict=True))
    head = f"{title}：" if title and zh else f"{title}: " if title else ""
    return f"{head}{rows}" + (f"（{unit}）" if unit and zh else f" ({unit})" if unit else "")
