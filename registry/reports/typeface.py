"""The Chinese typeface of the reports, kept in the package so that a PDF looks the same on every machine."""

from functools import cache
from pathlib import Path

from fontTools.ttLib import TTFont

FONTS = Path(__file__).parent.parent / "static" / "fonts"
FAMILY = "Noto Sans SC"
FILES = {400: FONTS / "NotoSansSC-Regular.ttf", 700: FONTS / "NotoSansSC-Bold.ttf"}
# Printed Chinese has long used the geta mark for a character the fount lacks.
GETA = "\u3013"


@cache
def covered() -> frozenset[int]:
    """The code points that both weights can draw."""
    return frozenset.intersection(*(frozenset(TTFont(file).getBestCmap()) for file in FILES.values()))


def missing(text: str) -> frozenset[str]:
    """The visible characters of `text` that the typeface lacks."""
    return frozenset(char for char in set(text) if not char.isspace() and ord(char) not in covered())


def drawable(text: str) -> str:
    """`text` with every character that the typeface lacks replaced by 〓.

    A character absent from every font sends the layout engine through all fonts of the machine, which can
    take tens of seconds; and what it then finds differs from machine to machine.
    """
    unknown = missing(text)
    if not unknown:
        return text
    return text.translate({ord(char): GETA for char in unknown})
