"""An SVG under construction: shapes by kind, real text, one sentence for those who hear it."""

from collections.abc import Iterable

from markupsafe import Markup, escape

from registry.charts.paint import attributes
from scoring.words import Words

Point = tuple[float, float]
FONTS = "'Noto Sans SC', 'Noto Sans CJK SC', 'WenQuanYi Micro Hei', sans-serif"


class Drawing:
    """Collects shapes in drawing order; `markup` closes the picture."""

    def __init__(
        self, width: float, height: float, *, label: str, classes: str = "", group: bool = False
    ) -> None:
        self._parts: list[str] = []
        self._open = _tag(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "class": f"chart {classes}".strip(),
                "viewBox": f"0 0 {_coordinate(width)} {_coordinate(height)}",
                "width": _coordinate(width),
                "height": _coordinate(height),
                "role": "group" if group else "img",
                "aria-label": label,
                "font-family": FONTS,
            },
        )

    def rect(self, x: float, y: float, width: float, height: float, kind: str, *, radius: float = 0) -> None:
        box: dict[str, float | str] = {"x": x, "y": y, "width": max(width, 0), "height": max(height, 0)}
        if radius:
            box["rx"] = radius
        self._shape("rect", box, kind)

    def line(self, start: Point, end: Point, kind: str, **further: str) -> None:
        ends = {"x1": start[0], "y1": start[1], "x2": end[0], "y2": end[1]}
        self._shape("line", ends, kind, further)

    def polyline(self, points: Iterable[Point], kind: str, **further: str) -> None:
        self._shape("polyline", {"points": _points(points)}, kind, further)

    def polygon(self, points: Iterable[Point], kind: str) -> None:
        self._shape("polygon", {"points": _points(points)}, kind)

    def circle(self, centre: Point, radius: float, kind: str) -> None:
        self._shape("circle", {"cx": centre[0], "cy": centre[1], "r": radius}, kind)

    def path(self, shape: str, kind: str) -> None:
        self._shape("path", {"d": shape}, kind)

    def text(
        self, x: float, y: float, words: str, kind: str, *, anchor: str = "start", size: float | None = None
    ) -> None:
        place: dict[str, float | str] = {"x": x, "y": y}
        if anchor != "start":
            place["text-anchor"] = anchor
        further = {"font-size": _coordinate(size)} if size else {}
        merged = _strings(place) | attributes(kind) | further
        self._parts.append(f"{_tag('text', merged)}{escape(words)}</text>")

    def begin(self, tag: str = "g", *, title: str | None = None, **further: str) -> None:
        """Open a group or a link; `title` is what a pointer shows."""
        self._parts.append(_tag(tag, {name.replace("_", "-"): value for name, value in further.items()}))
        if title:
            self._parts.append(f"<title>{escape(title)}</title>")

    def end(self, tag: str = "g") -> None:
        self._parts.append(f"</{tag}>")

    def markup(self) -> Markup:
        return Markup(f"{self._open}{''.join(self._parts)}</svg>")  # noqa: S704 - every part is escaped above

    def _shape(
        self,
        tag: str,
        place: dict[str, float | str] | dict[str, float] | dict[str, str],
        kind: str,
        further: dict[str, str] | None = None,
    ) -> None:
        named = {name.replace("_", "-"): value for name, value in (further or {}).items()}
        self._parts.append(_tag(tag, _strings(place) | attributes(kind) | named, closed=True))


def say(text: Words | str, language: str) -> str:
    """The text in the reader's language."""
    return text.in_language(language) if isinstance(text, Words) else str(text)


def text_width(words: str, size: float) -> float:
    """About how wide a text runs: full-width characters one em, the others a little over half."""
    return sum(size if ord(letter) > 0x2E7F else size * 0.58 for letter in words)


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round values from at or below `low` to at or above `high`."""
    spread = (high - low) or abs(high) or 1.0
    power = 10.0 ** _floor_log(spread / max(about, 1))
    step = next((power * m for m in (1, 2, 2.5, 5) if spread / (power * m) <= about), power * 10)
    first, last = _floor(low / step), -_floor(-high / step)
    return [round(n * step, 10) for n in range(first, max(last, first + 1) + 1)]


def _floor(value: float) -> int:
    return int(value // 1)


def _floor_log(value: float) -> int:
    exponent = 0
    while value >= 10:
        value, exponent = value / 10, exponent + 1
    while value < 1:
        value, exponent = value * 10, exponent - 1
    return exponent


def _tag(name: str, given: dict[str, str], *, closed: bool = False) -> str:
    inside = "".join(f' {key}="{escape(value)}"' for key, value in given.items())
    return f"<{name}{inside}{'/' if closed else ''}>"


def _strings(values: dict[str, float | str] | dict[str, float] | dict[str, str]) -> dict[str, str]:
    return {key: value if isinstance(value, str) else _coordinate(value) for key, value in values.items()}


def _points(points: Iterable[Point]) -> str:
    return " ".join(f"{_coordinate(x)},{_coordinate(y)}" for x, y in points)


def _coordinate(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".") or "0"
