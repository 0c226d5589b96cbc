"""Cuts the reports' typeface from the full Noto Sans SC: `python -m registry.reports.subset FOLDER`.

FOLDER holds `NotoSansSC_400Regular.ttf` and `NotoSansSC_700Bold.ttf`, for example as the npm package
`@expo-google-fonts/noto-sans-sc` unpacks them. The cut keeps GB 2312, the rest of 《通用规范汉字表》
(`static/fonts/characters.txt`), Latin, Greek, Cyrillic, kana, punctuation and symbols, drops hinting,
and adds small digits for CO₂, which the source lacks.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.misc.timeTools import timestampFromString
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

from registry.reports.typeface import FILES, FONTS

SOURCES = {400: "NotoSansSC_400Regular.ttf", 700: "NotoSansSC_700Bold.ttf"}
RANGES = (
    (0x20, 0x7E),
    (0xA0, 0x24F),
    (0x370, 0x3FF),
    (0x400, 0x45F),
    (0x2010, 0x27BF),
    (0x3000, 0x312F),
    (0x3200, 0x33FF),
    (0xFE30, 0xFE4F),
    (0xFF01, 0xFFEE),
)
DROPPED_FEATURES = ("aalt", "dlig", "fwid", "hist", "hwid", "pwid", "ruby", "vert", "vrt2")
LOOK_ALIKES = {0x2715: "\u00d7", 0x2610: "\u25a1", 0x2011: "-", 0x202F: " ", 0x2009: " "}
SMALL = 0.6
LOWERED, RAISED = -0.13, 0.33
# ⁱ and two unassigned places; ¹ ² ³ stand in Latin-1.
NOT_DIGITS = (0x2071, 0x2072, 0x2073)


def gb2312() -> set[int]:
    """The code points of GB 2312, symbols included."""
    found = set()
    for row in range(0xA1, 0xF8):
        for cell in range(0xA1, 0xFF):
            try:
                found.add(ord(bytes((row, cell)).decode("gb2312")))
            except UnicodeDecodeError:
                continue
    return found


def wanted() -> set[int]:
    """The code points the cut keeps, where the source has them."""
    lines = (FONTS / "characters.txt").read_text(encoding="utf-8").splitlines()
    named = {ord(char) for line in lines if not line.startswith("#") for char in line}
    return gb2312() | named | {code for first, last in RANGES for code in range(first, last + 1)}


def cut(source: Path, target: Path) -> None:
    """Writes the cut of one weight."""
    font = TTFont(source, recalcTimestamp=False)
    options = subset.Options()
    options.hinting = False
    options.notdef_outline = True
    options.name_IDs = ["*"]
    options.layout_features = [f for f in options.layout_features if f not in DROPPED_FEATURES]
    options.drop_tables += ["BASE", "STAT", "meta"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=wanted())
    subsetter.subset(font)
    _add_small_digits(font)
    _alias(font, {code: like for code, like in LOOK_ALIKES.items() if code not in font.getBestCmap()})
    font["head"].modified = timestampFromString("Thu Jan  1 00:00:00 2026")
    font.save(target)


def _add_small_digits(font: TTFont) -> None:
    """Scaled composites for ₀–₉, ₊, ₋ and their raised partners, where the source has none."""
    em = font["head"].unitsPerEm
    signs = {**{str(digit): digit for digit in range(10)}, "+": 10, "\u2212": 11}
    for base, shift in ((0x2080, LOWERED), (0x2070, RAISED)):
        for like, offset in signs.items():
            if base + offset in font.getBestCmap() or base + offset in NOT_DIGITS:
                continue
            glyph_name = font.getBestCmap()[ord(like)]
            pen = TTGlyphPen(font.getGlyphSet())
            pen.addComponent(glyph_name, (SMALL, 0, 0, SMALL, 0, round(shift * em)))
            _add_glyph(font, f"uni{base + offset:04X}", pen, glyph_name, base + offset)


def _add_glyph(font: TTFont, name: str, pen: TTGlyphPen, like: str, code: int) -> None:
    font.setGlyphOrder([*font.getGlyphOrder(), name])
    font["glyf"][name] = pen.glyph()
    advance, bearing = font["hmtx"][like]
    font["hmtx"][name] = (round(advance * SMALL), round(bearing * SMALL))
    if "vmtx" in font:
        font["vmtx"][name] = font["vmtx"][like]
    _map(font, code, name)


def _alias(font: TTFont, codes: dict[int, str]) -> None:
    for code, like in codes.items():
        _map(font, code, font.getBestCmap()[ord(like)])


def _map(font: TTFont, code: int, name: str) -> None:
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap[code] = name


def main(folder: str) -> None:
    for weight, name in SOURCES.items():
        cut(Path(folder) / name, FILES[weight])
        print(f"{FILES[weight].name}: {FILES[weight].stat().st_size:,} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
