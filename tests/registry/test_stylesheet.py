"""The stylesheet keeps its promises: contrast in light and dark, nothing undefined, nothing foreign."""

import re
from pathlib import Path

import pytest

STYLESHEET = (Path(__file__).parents[2] / "registry" / "static" / "site.css").read_text()
TEMPLATES = Path(__file__).parents[2] / "templates"
_BLOCKS = re.findall(r":root \{([^}]*)\}", STYLESHEET)
LIGHT = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", _BLOCKS[0]))
DARK = LIGHT | dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", next(b for b in _BLOCKS[1:] if "--ink:" in b)))

SHEETS = ("paper", "ground", "sunken")
TEXT_ON = [(text, sheet) for text in ("ink", "ink-2", "ink-3", "pine-700", "canal-700") for sheet in SHEETS]
TEXT_ON += [(kind, f"{kind}-bg") for kind in ("ok", "bad", "warn", "ask", "mute")]
TEXT_ON += [("ink", f"{kind}-bg") for kind in ("ok", "bad", "warn")]
TEXT_ON += [("on-pine", "pine-700"), ("on-pine", "pine-800"), ("on-bar", "bar"), ("on-bad", "bad")]
TEXT_ON += [("pine-800", "pine-100"), ("pine-700", "pine-50"), ("ink", "canal-50"), ("canal-700", "canal-50")]
TEXT_ON += [
    ("ink", "q0"),
    ("ink-2", "q0"),
    ("ink", "mark"),
    ("bad", "paper"),
    ("ok", "paper"),
    ("warn", "paper"),
]
TEXT_ON += [("on-light", f"q{n}") for n in (1, 2, 3)] + [("on-deep", f"q{n}") for n in (4, 5)]
SHAPES_ON = [(edge, sheet) for edge in ("line-input", "focus") for sheet in SHEETS]
SHAPES_ON += [("pine-500", "paper"), ("canal-700", "canal-200"), ("bad", "canal-200")]


def luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("pairs", "needed"), [(TEXT_ON, 4.5), (SHAPES_ON, 3.0)], ids=["text", "shapes"])
def test_contrast_is_enough(theme, pairs, needed):
    tokens = LIGHT if theme == "light" else DARK

    weak = {pair: round(contrast(tokens[pair[0]], tokens[pair[1]]), 2) for pair in pairs}

    assert {pair: value for pair, value in weak.items() if value < needed} == {}


def test_every_token_used_is_defined():
    used = set(re.findall(r"var\(--([\w-]+)\)", STYLESHEET))
    defined = set(re.findall(r"--([\w-]+):", STYLESHEET))

    assert used - defined == set()


def test_stylesheet_loads_nothing_from_elsewhere():
    assert re.findall(r"@import|url\(", STYLESHEET) == []


@pytest.mark.parametrize(
    "path",
    [p for p in TEMPLATES.rglob("*.html") if p.parts[-2] not in ("reports", "emails")],
    ids=lambda p: p.name,
)
def test_templates_hold_no_inline_style_or_script(path):
    text = path.read_text()

    assert re.findall(r"\sstyle=|<style|\son[a-z]+=\"|javascript:|<script(?![^>]*\bsrc=)|hx-on", text) == []
