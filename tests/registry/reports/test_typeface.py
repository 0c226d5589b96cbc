"""The vendored typeface covers what certificates need."""

from registry.reports.subset import wanted
from registry.reports.typeface import FONTS, drawable, missing


def test_all_of_gb2312_can_be_drawn() -> None:
    characters = [
        bytes((row, cell)).decode("gb2312", "ignore")
        for row in range(0xB0, 0xF8)
        for cell in range(0xA1, 0xFF)
    ]
    text = "".join(characters)

    assert len(text) == 6763
    assert missing(text) == frozenset()


def test_every_character_admitted_in_names_can_be_drawn() -> None:
    lines = (FONTS / "characters.txt").read_text(encoding="utf-8").splitlines()
    beyond_gb2312 = "".join(line for line in lines if not line.startswith("#"))

    assert len(set(beyond_gb2312)) == 1467
    assert missing(beyond_gb2312) == frozenset()
    assert {ord(char) for char in beyond_gb2312} <= wanted()


def test_units_and_signs_can_be_drawn() -> None:
    assert (
        missing("tCO₂e m² ㎡ ℃ ± × ÷ ≤ ≥ ≈ − – — … · ① ✓ ✕ → ‰ 10⁻³ 《》「」〔〕，。；：？！（）￥€")
        == frozenset()
    )


def test_text_that_can_be_drawn_is_left_alone() -> None:
    assert drawable("漷县镇 䶮喆堃\n") == "漷县镇 䶮喆堃\n"
