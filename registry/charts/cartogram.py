"""Canal cartogram 运河图: 22 equal hexagons in true relative order, the Grand Canal along their edges."""

import math
import re
from collections.abc import Mapping

from markupsafe import Markup

from registry.charts.drawing import Drawing, Point, text_width
from registry.charts.figures import Number, grouped
from scoring import places
from scoring.places import Township

# The units on the left (eastern) bank; the canal runs along the edges they share with the others.
EAST_BANK = frozenset(
    {
        "110112013",
        "110112104",
        "110112008",
        "110112007",
        "110112119",
        "110112110",
    }  # 潞邑 宋庄 通运 潞源 潞城 西集
)
CLASSES = 5
Knot = tuple[int, int]
_Entry = tuple[int | None, str, float]
_KEY_ROW = 21.0
_SYLLABLE = re.compile("[^aeiou]*[aeiou]+(?:ng|n)?(?![aeiou])|[^aeiou]*[aeiou]+", re.IGNORECASE)


def cartogram(
    values: Mapping[str, Number | None],
    *,
    title: str = "",
    unit: str = "",
    decimals: int = 0,
    breaks: tuple[float, ...] | None = None,
    links: Mapping[str, str] | None = None,
    chosen: str | None = None,
    width: float = 520,
    language: str = "zh",
) -> Markup:
    """Values by township code, shaded in up to five classes; what is not in `values` is unknown, shown “—”.

    `breaks` are the upper ends of the lower classes; without them the values above zero are cut into classes
    of equal number. With `links` each hexagon leads somewhere and the picture is a group. Raises ValueError
    for a code that is no township.
    """
    units = places.townships()
    if unknown := sorted(set(values) - set(units)):
        raise ValueError(f"not township codes: {', '.join(unknown)}")
    zh = language.startswith("zh")
    limits = class_limits(values) if breaks is None else tuple(breaks)
    radius = width / (math.sqrt(3) * _columns(units))
    height = radius * 8 + 2
    key = _key_rows(limits, decimals, width, zh)
    label = _sentence(values, units, title, unit, decimals, zh)
    drawing = Drawing(
        width, height + 32 + _KEY_ROW * len(key), label=label, classes="fit map", group=links is not None
    )
    for township in units.values():
        value = values.get(township.code)
        shade = shade_of(value, limits)
        name = township.short if zh else _short_english(township)
        said = f"{name} {grouped(value, decimals)} {unit}".strip()
        link = (links or {}).get(township.code)
        if link:
            drawing.begin("a", href=link, title=said)
        else:
            drawing.begin(title=said)
        drawing.polygon(_corners(township, radius), f"q{shade}")
        if township.code == chosen:
            drawing.polygon(_corners(township, radius, 0.95), "h-chosen")
        _draw_texts(drawing, _centre(township, radius), radius, name, grouped(value, decimals), shade)
        drawing.end("a" if link else "g")
    course = [_place(knot, radius) for knot in canal()]
    drawing.polyline(course, "river-case")
    drawing.polyline(course, "river")
    _draw_key(drawing, height, width, key, zh)
    return drawing.markup()


def class_limits(values: Mapping[str, Number | None]) -> tuple[float, ...]:
    """Upper ends of the lower classes, so that the values above zero fall into classes of equal number."""
    positive = sorted({float(value) for value in values.values() if value})
    if len(positive) <= CLASSES:
        return tuple(positive[:-1])
    return tuple(positive[math.ceil(len(positive) * i / CLASSES) - 1] for i in range(1, CLASSES))


def shade_of(value: Number | None, limits: tuple[float, ...]) -> int:
    """0 for nothing or unknown, then 1 to 5 by class."""
    if not value:
        return 0
    return min(1 + sum(float(value) > limit for limit in limits), CLASSES)


def canal() -> list[Knot]:
    """The canal's course from north to south: the edges between the two banks, joined end to end."""
    units = places.townships().values()
    east = [set(_knots(unit)) for unit in units if unit.code in EAST_BANK]
    west = [set(_knots(unit)) for unit in units if unit.code not in EAST_BANK]
    edges = [left & right for left in east for right in west if len(left & right) == 2]
    course = [min((knot for edge in edges for knot in edge), key=lambda knot: (knot[1], knot[0]))]
    while found := next((edge for edge in edges if course[-1] in edge), None):
        edges.remove(found)
        course.append((found - {course[-1]}).pop())
    return course


def _columns(units: Mapping[str, Township]) -> float:
    columns = [unit.column for unit in units.values()]
    return max(columns) - min(columns) + 1


def _knots(unit: Township) -> list[Knot]:
    """The corners on a whole-number lattice of half widths and half radii, shared by neighbours."""
    x, y = round(2 * unit.column) - 1, 3 * unit.row + 2
    return [(x, y - 2), (x + 1, y - 1), (x + 1, y + 1), (x, y + 2), (x - 1, y + 1), (x - 1, y - 1)]


def _place(knot: Knot, radius: float) -> Point:
    return knot[0] * math.sqrt(3) / 2 * radius, knot[1] * radius / 2 + 1


def _corners(unit: Township, radius: float, shrink: float = 1) -> list[Point]:
    x, y = _centre(unit, radius)
    points = [_place(knot, radius) for knot in _knots(unit)]
    return [(x + (px - x) * shrink, y + (py - y) * shrink) for px, py in points]


def _centre(unit: Township, radius: float) -> Point:
    return _place((round(2 * unit.column) - 1, 3 * unit.row + 2), radius)


def _draw_texts(drawing: Drawing, centre: Point, radius: float, name: str, value: str, shade: int) -> None:
    suffix = "-deep" if shade > 3 else "-none" if shade == 0 else ""
    size = min(max(radius * 0.28, 12.0), 16)
    lines = [name] if text_width(name, size) <= radius * 1.62 else _in_two(name)
    step = size + 1
    y = centre[1] - 2 - (len(lines) - 1) * step / 2
    for row, words in enumerate(lines):
        drawing.text(centre[0], y + row * step, words, f"h-name{suffix}", anchor="middle", size=size)
    y += len(lines) * step + (2 if len(lines) == 1 else 0)
    drawing.text(centre[0], y, value, f"h-value{suffix}", anchor="middle", size=min(size, 15))


def _in_two(name: str) -> list[str]:
    """A name in pinyin on two lines, broken after the syllable nearest its middle."""
    ends = [found.end() for found in _SYLLABLE.finditer(name)][:-1]
    if not ends:
        return [name]
    cut = min(ends, key=lambda end: abs(end - len(name) / 2))
    return [f"{name[:cut]}-", name[cut:]]


def _key_rows(limits: tuple[float, ...], decimals: int, width: float, zh: bool) -> list[list[_Entry]]:
    """The legend's entries, wrapped to the width: shade (None for the canal), words, length."""
    names = ["0 / —", *(f"≤ {grouped(limit, decimals)}" for limit in limits)]
    names.append(f"> {grouped(limits[-1], decimals)}" if limits else "> 0")
    entries: list[_Entry] = [(shade, name, 32 + text_width(name, 12)) for shade, name in enumerate(names)]
    river = "大运河" if zh else "Grand Canal"
    entries.append((None, river, 36 + text_width(river, 12)))
    rows: list[list[_Entry]] = [[]]
    for entry in entries:
        if sum(length for *_, length in rows[-1]) + entry[2] > width:
            rows.append([])
        rows[-1].append(entry)
    return rows


def _draw_key(drawing: Drawing, top: float, width: float, rows: list[list[_Entry]], zh: bool) -> None:
    y = top + 16
    for row in rows:
        x = max((width - sum(length for *_, length in row) + 12) / 2, 0)
        for shade, name, length in row:
            if shade is None:
                drawing.line((x + 2, y + 6), (x + 16, y + 6), "river")
            else:
                drawing.rect(x, y - 1, 13, 13, f"q{shade}", radius=3)
            drawing.text(x + (24 if shade is None else 18), y + 10, name, "t-tick")
            x += length
        y += _KEY_ROW
    note = "示意图，面积不代表实际大小" if zh else "Schematic: areas do not show real size"
    drawing.text(width / 2, y + 9, note, "t-tick", anchor="middle")


def _short_english(unit: Township) -> str:
    return unit.label.en.removesuffix(" Subdistrict").removesuffix(" Hui Township").removesuffix(" Town")


def _sentence(
    values: Mapping[str, Number | None],
    units: Mapping[str, Township],
    title: str,
    unit: str,
    decimals: int,
    zh: bool,
) -> str:
    known = [(code, value) for code, value in values.items() if value is not None]
    largest = sorted(known, key=lambda item: -float(item[1]))[:3]
    named = [
        f"{units[code].label.in_language('zh' if zh else 'en')} {grouped(value, decimals)}"
        for code, value in largest
    ]
    if zh:
        head = title or "各街道乡镇"
        body = f"最多的是 {'、'.join(named)}" if named else "没有数据"
        return f"{head}：{body}" + (f"（{unit}）" if unit and named else "")
    head = title or "By township"
    body = f"largest are {', '.join(named)}" if named else "no data"
    return f"{head}: {body}" + (f" ({unit})" if unit and named else "")
