"""Waterfall: what moved a figure from one value to the next; the parts shown add up to the change shown."""

import math
from collections.abc import Iterable, Sequence
from decimal import Decimal

from markupsafe import Markup

from registry.charts.drawing import Drawing, say, text_width, ticks
from registry.charts.figures import Number, grouped, shares_of, signed
from scoring.words import Words

Contribution = tuple[Words | str, Number]
_NARROW = 480


def waterfall(
    contributions: Iterable[Contribution],
    *,
    start: Number,
    end: Number,
    start_label: str,
    end_label: str,
    decimals: int = 1,
    width: float = 640,
    height: float = 300,
    language: str = "zh",
) -> Markup:
    """Columns from `start` over each contribution to `end`; rows instead where the width is small.

    When the changes are small beside the values the axis is cut and the two end bars carry a break mark; the
    sentence says where it starts. Raises ValueError if the contributions do not lead from start to end.
    """
    named = [(say(label, language), amount) for label, amount in contributions]
    reached = float(start) + sum(float(amount) for _, amount in named)
    if not math.isclose(reached, float(end), abs_tol=0.5 * 10.0**-decimals):
        raise ValueError(f"contributions lead from {start} to {reached:g}, not to {end}")
    opening = Decimal(grouped(start, decimals).replace(",", "").replace("−", "-"))
    closing = Decimal(grouped(end, decimals).replace(",", "").replace("−", "-"))
    parts = shares_of(closing - opening, [amount for _, amount in named], decimals)
    steps = _Steps(opening, closing, [label for label, _ in named], parts, start_label, end_label, decimals)
    sentence = steps.sentence(language.startswith("zh"))
    if width < _NARROW:
        return _rows(steps, sentence, width)
    return _columns(steps, sentence, width, height)


class _Steps:
    """The bars in order: name, lower end, upper end, kind, text."""

    def __init__(
        self,
        opening: Decimal,
        closing: Decimal,
        names: Sequence[str],
        parts: Sequence[Decimal],
        start_label: str,
        end_label: str,
        decimals: int,
    ) -> None:
        self.opening, self.closing, self.decimals = opening, closing, decimals
        self.start_label, self.end_label = start_label, end_label
        self.named = list(zip(names, parts, strict=True))
        levels = [opening]
        for part in parts:
            levels.append(levels[-1] + part)
        self.levels = [float(level) for level in levels]
        low, high = min(*self.levels, float(closing)), max(*self.levels, float(closing))
        spread = high - low or abs(high) * 0.1 or 1.0
        self.cut = low > 2 * spread
        self.base = ticks(low - spread * 0.5, low, 3)[0] if self.cut else min(low, 0.0)
        self.top = max(high, self.base + spread, 0.0)
        self.bars: list[tuple[str, float, float, str, str]] = [
            (
                start_label,
                self.base if self.cut else 0.0,
                float(opening),
                "c-start",
                grouped(opening, decimals),
            )
        ]
        for (name, part), level in zip(self.named, self.levels, strict=False):
            ends = sorted((level, level + float(part)))
            kind = "c-up" if part >= 0 else "c-down"
            self.bars.append((name, ends[0], ends[1], kind, signed(part, decimals)))
        self.bars.append(
            (end_label, self.base if self.cut else 0.0, float(closing), "c-end", grouped(closing, decimals))
        )

    def sentence(self, zh: bool) -> str:
        parts = ("，" if zh else ", ").join(
            f"{name} {signed(part, self.decimals)}" for name, part in self.named
        )
        ends = (grouped(self.opening, self.decimals), grouped(self.closing, self.decimals))
        cut = grouped(self.base, 0 if self.base == round(self.base) else self.decimals)
        if zh:
            note = f"；纵轴截断，从 {cut} 开始" if self.cut else ""
            return f"由 {self.start_label} {ends[0]} 到 {self.end_label} {ends[1]}：{parts}{note}"
        note = f"; the axis is cut and starts at {cut}" if self.cut else ""
        return f"From {ends[0]} ({self.start_label}) to {ends[1]} ({self.end_label}): {parts}{note}"


def _columns(steps: _Steps, sentence: str, width: float, height: float) -> Markup:
    drawing = Drawing(width, height, label=sentence, classes="fit")
    floor, ceiling = height - 34, 24.0
    slot = width / len(steps.bars)
    bar = min(slot * 0.74, 84)

    def at(value: float) -> float:
        return floor - (value - steps.base) / (steps.top - steps.base) * (floor - ceiling)

    for position, (name, low, high, kind, shown) in enumerate(steps.bars):
        x = position * slot + (slot - bar) / 2
        low, high = min(low, high), max(low, high)
        drawing.rect(x, at(high), bar, max(at(low) - at(high), 1.5), kind)
        if steps.cut and kind in ("c-start", "c-end"):
            _draw_break(drawing, x, floor - 14, bar)
        drawing.text(x + bar / 2, at(high) - 8, shown, "t-val", anchor="middle")
        if position < len(steps.levels):
            level = at(steps.levels[position])
            drawing.line((x + bar, level), (x + slot, level), "c-join")
        for row, words in enumerate(_wrapped(name, slot - 6)):
            drawing.text(x + bar / 2, floor + 18 + row * 14, words, "t-tick", anchor="middle")
    drawing.line((0, floor), (width, floor), "c-axis")
    return drawing.markup()


def _rows(steps: _Steps, sentence: str, width: float) -> Markup:
    step = 34.0
    drawing = Drawing(width, step * len(steps.bars), label=sentence, classes="fit")
    names = min(max(text_width(name, 13) for name, *_ in steps.bars) + 10, width * 0.4)
    values = max(text_width(shown, 14) for *_, shown in steps.bars) + 8
    room = width - names - values

    def at(value: float) -> float:
        return names + (value - steps.base) / (steps.top - steps.base) * room

    for position, (name, low, high, kind, shown) in enumerate(steps.bars):
        y = position * step
        low, high = min(low, high), max(low, high)
        drawing.text(0, y + 20, name, "t-lab")
        drawing.rect(at(low), y + 6, max(at(high) - at(low), 1.5), 20, kind)
        if steps.cut and kind in ("c-start", "c-end"):
            drawing.polyline([(names + 12, y + 4), (names + 8, y + 16), (names + 12, y + 28)], "c-break")
        drawing.text(width, y + 21, shown, "t-num", anchor="end")
        if position < len(steps.levels):
            level = at(steps.levels[position])
            drawing.line((level, y + 26), (level, y + step + 6), "c-join")
    return drawing.markup()


def _draw_break(drawing: Drawing, x: float, y: float, bar: float) -> None:
    half = bar / 6
    drawing.polyline([(x - 2 + i * half, y + (4 if i % 2 else -4)) for i in range(8)], "c-break")


def _wrapped(name: str, room: float) -> list[str]:
    """The name in one line, or in two where it is too long for its column."""
    if text_width(name, 12) <= room:
        return [name]
    middle = len(name) // 2
    spaces = [i for i, letter in enumerate(name) if letter == " "]
    cut = min(spaces, key=lambda i: abs(i - middle)) if spaces else middle
    return [name[:cut].strip(), name[cut:].strip()]
