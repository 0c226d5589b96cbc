"""The colours of the charts: a class for the browser, the same colour as a literal attribute for the PDF.

In a browser the stylesheet wins over the attributes, which is how charts follow the dark theme; WeasyPrint
does not resolve custom properties inside an SVG, so there the attributes speak. A test keeps both equal.
"""

from types import MappingProxyType

TOKENS = MappingProxyType(
    {
        "ink": "#15211d",
        "ink-2": "#41504b",
        "ink-3": "#586762",
        "paper": "#ffffff",
        "line": "#d5dcd9",
        "line-soft": "#e6ebe8",
        "line-input": "#76857f",
        "pine-900": "#0b322a",
        "pine-700": "#0b5a48",
        "pine-500": "#2c8169",
        "pine-200": "#bcd9ce",
        "canal-700": "#1a4f8c",
        "canal-500": "#4f8fcb",
        "canal-200": "#b9d3ec",
        "ok": "#15683f",
        "ok-bg": "#e3f2e9",
        "bad": "#ae2a20",
        "on-bad": "#ffffff",
        "warn": "#7d4e00",
        "warn-bg": "#fcf0d9",
        "warn-line": "#c98a1b",
        "ask": "#57409a",
        "ask-bg": "#eeebf8",
        "mute": "#56635e",
        "mute-bg": "#eaeeec",
        "q0": "#eef3f1",
        "q1": "#d3e6de",
        "q2": "#a6cebf",
        "q3": "#65a88f",
        "q4": "#257a61",
        "q5": "#0b4f3f",
        "on-light": "#15211d",
        "on-deep": "#ffffff",
        "track": "#e2e8e5",
        "river": "#6ea6d8",
    }
)

# class → (fill, stroke, further attributes); colours are token names, None paints nothing.
_Paint = tuple[str | None, str | None, dict[str, str]]
_LINE = {"stroke-width": "1"}
_MARK = {"stroke-width": "2", "stroke-linecap": "round", "stroke-linejoin": "round"}
PAINTS: MappingProxyType[str, _Paint] = MappingProxyType(
    {
        # text
        "t-tick": ("ink-3", None, {"font-size": "12"}),
        "t-lab": ("ink-2", None, {"font-size": "13"}),
        "t-strong": ("ink", None, {"font-size": "13", "font-weight": "600"}),
        "t-num": ("ink", None, {"font-size": "14", "font-weight": "600"}),
        "t-val": ("ink", None, {"font-size": "15", "font-weight": "700"}),
        "h-name": ("on-light", None, {"font-weight": "600"}),
        "h-value": ("on-light", None, {}),
        "h-name-deep": ("on-deep", None, {"font-weight": "600"}),
        "h-value-deep": ("on-deep", None, {}),
        "h-name-none": ("ink", None, {"font-weight": "600"}),
        "h-value-none": ("ink-2", None, {}),
        # axes, lines, points
        "c-grid": (None, "line-soft", _LINE),
        "c-axis": (None, "ink-3", _LINE),
        "c-ref": (None, "ink-3", {"stroke-width": "1", "stroke-dasharray": "4 4"}),
        "c-join": (None, "line-input", {"stroke-width": "1", "stroke-dasharray": "2 2"}),
        "c-break": (None, "paper", {"stroke-width": "4"}),
        "c-line": (None, "pine-700", {"stroke-width": "2.5", "stroke-linejoin": "round"}),
        "c-line-2": (None, "canal-700", {"stroke-width": "2.5", "stroke-linejoin": "round"}),
        "c-band": ("pine-200", None, {"fill-opacity": ".5"}),
        "c-dot": ("pine-700", None, {}),
        "c-dot-open": ("paper", "pine-700", {"stroke-width": "2.5"}),
        "c-dot-prev": ("paper", "line-input", {"stroke-width": "2"}),
        "c-dot-down": ("bad", None, {}),
        "c-move": (None, "pine-500", {"stroke-width": "4"}),
        "c-move-down": (None, "bad", {"stroke-width": "4"}),
        # bars
        "c-track": ("track", None, {}),
        "c-bar": ("pine-700", None, {}),
        "c-bar-mid": ("pine-500", None, {}),
        "c-bar-soft": ("pine-200", None, {}),
        "c-bar-blue": ("canal-700", None, {}),
        "c-bar-grey": ("line-input", None, {}),
        "c-start": ("line-input", None, {}),
        "c-end": ("pine-900", None, {}),
        "c-up": ("pine-500", None, {}),
        "c-down": ("bad", None, {}),
        # intervals
        "i-range": ("canal-200", None, {}),
        "i-high": ("canal-500", None, {}),
        "i-mid": ("canal-700", None, {}),
        "i-claim": ("bad", None, {}),
        "i-claim-line": (None, "bad", {"stroke-width": "1.5"}),
        # gates and their marks
        "g-pass": ("ok-bg", "ok", {"stroke-width": "1.5"}),
        "g-fail": ("bad", "bad", {"stroke-width": "1.5"}),
        "g-review": ("ask-bg", "ask", {"stroke-width": "1.5"}),
        "g-insufficient": ("warn-bg", "warn", {"stroke-width": "1.5", "stroke-dasharray": "3 2"}),
        "g-not_applicable": ("mute-bg", "line-input", {"stroke-width": "1.5"}),
        "g-quiet": ("pine-200", None, {}),
        "g-quiet-na": ("mute-bg", None, {}),
        "m-pass": (None, "ok", _MARK),
        "m-fail": (None, "on-bad", _MARK),
        "m-review": (None, "ask", _MARK),
        "m-not_applicable": (None, "mute", _MARK),
        # working days
        "d-used": ("pine-700", None, {}),
        "d-left": (None, "line-input", {"stroke-width": "1.2"}),
        "d-paused": ("warn-bg", "warn-line", {"stroke-width": "1.2", "stroke-dasharray": "2 1.5"}),
        "d-over": ("bad", None, {}),
        # map
        "q0": ("q0", "line", {"stroke-width": "1.5"}),
        "q1": ("q1", "paper", {"stroke-width": "1.5"}),
        "q2": ("q2", "paper", {"stroke-width": "1.5"}),
        "q3": ("q3", "paper", {"stroke-width": "1.5"}),
        "q4": ("q4", "paper", {"stroke-width": "1.5"}),
        "q5": ("q5", "paper", {"stroke-width": "1.5"}),
        "h-chosen": (None, "ink", {"stroke-width": "3"}),
        "river": (
            None,
            "river",
            {"stroke-width": "5", "stroke-linecap": "round", "stroke-linejoin": "round"},
        ),
        "river-case": (
            None,
            "paper",
            {"stroke-width": "9", "stroke-linecap": "round", "stroke-linejoin": "round"},
        ),
    }
)


def attributes(kind: str) -> dict[str, str]:
    """The class and the literal presentation attributes of one kind of mark."""
    fill, stroke, further = PAINTS[kind]
    painted = {"class": kind, "fill": TOKENS[fill] if fill else "none"}
    if stroke:
        painted["stroke"] = TOKENS[stroke]
    return painted | further
