import itertools
import math
import re
import xml.etree.ElementTree as ET
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry import charts
from registry.charts import paint
from registry.charts.cartogram import canal, class_limits, shade_of
from registry.charts.days import MOST_OVERDUE
from registry.charts.figures import shares_of
from scoring.criteria import Verdict
from scoring.places import townships
from scoring.words import Words

SVG = "{http://www.w3.org/2000/svg}"
STYLESHEET = (Path(__file__).parents[2] / "registry" / "static" / "site.css").read_text()
tonnes = st.floats(-1e7, 1e7, allow_nan=False).map(lambda value: round(value, 2))


def drawn(svg: str) -> ET.Element:
    return ET.fromstring(svg)


def kinds(svg: str) -> list[str]:
    return [element.get("class", "") for element in drawn(svg).iter() if element.get("class")]


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in drawn(svg).iter(f"{SVG}text")]


def sentence(svg: str) -> str:
    return drawn(svg).get("aria-label", "")


def gates(*verdicts: str) -> list[SimpleNamespace]:
    named = enumerate(verdicts, start=1)
    return [SimpleNamespace(id=f"G{n:02}", title=Words("门槛", "Gate"), verdict=v) for n, v in named]


# ---- figures


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (18673, "18,700"),
        (Decimal("0.747"), "0.747"),
        (-120, "−120"),
        (999.6, "1,000"),
        (0, "0"),
        (None, "—"),
        (0.12345, "0.123"),
        (1.5, "1.50"),
    ],
)
def test_estimates_show_three_significant_figures(value, shown):
    assert charts.significant(value) == shown


def test_changes_carry_a_real_minus_sign_and_zero_carries_none():
    assert [charts.signed(v) for v in (3.73, -0.44, 0, -0.04)] == ["+3.7", "−0.4", "0.0", "0.0"]


def test_halves_are_rounded_away_from_zero():
    assert (charts.grouped(0.125, 2), charts.grouped(2.5), charts.grouped(-2.5)) == ("0.13", "3", "−3")


def test_an_interval_keeps_the_sign_of_a_negative_bound():
    assert charts.span(-118.4, 931) == "−118–931"


def test_a_figure_must_be_finite():
    with pytest.raises(ValueError, match="finite"):
        charts.grouped(math.nan)


@given(st.lists(st.integers(-9999, 9999).map(lambda n: n / 1000), min_size=1, max_size=8))
def test_rounded_parts_add_up_to_the_rounded_total(parts):
    total = sum(map(Decimal, map(str, parts)))

    assert sum(shares_of(total, parts, 1)) == total.quantize(Decimal("0.1"), rounding="ROUND_HALF_UP")


# ---- colours


def root_tokens() -> dict[str, str]:
    light = STYLESHEET[STYLESHEET.index(":root {") : STYLESHEET.index("}")]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", light))


def test_literal_colours_are_those_of_the_stylesheet():
    assert dict(paint.TOKENS) == {name: root_tokens()[name] for name in paint.TOKENS}


def test_every_kind_takes_the_same_colours_from_the_stylesheet():
    rules = {}
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", STYLESHEET):
        for selector in selectors.split(","):
            rules.setdefault(selector.strip().removeprefix("."), {}).update(
                re.findall(r"(fill|stroke): var\(--([\w-]+)\)", body)
            )

    wanted = {
        kind: {name: token for name, token in (("fill", fill), ("stroke", stroke)) if token}
        for kind, (fill, stroke, _) in paint.PAINTS.items()
    }

    assert {kind: rules.get(kind, {}) for kind in paint.PAINTS} == wanted


# ---- gate strip


def test_gate_strip_says_the_counts_in_words():
    strip = charts.gate_strip(gates("pass", "pass", "review", "insufficient"))

    assert sentence(strip) == "4 项门槛：满足 2 项，需人工核定 1 项，材料不足 1 项"
    assert sentence(charts.gate_strip(gates("fail"), language="en")) == "1 gates: Not met 1"


def test_each_verdict_has_its_own_shape():
    shapes = {
        verdict: [e.get("d") for e in drawn(charts.gate_strip(gates(verdict))).iter(f"{SVG}path")]
        for verdict in map(str, Verdict)
    }

    assert len({tuple(shape) for shape in shapes.values()}) == len(Verdict)


def test_quiet_strip_keeps_only_the_exceptions():
    strip = charts.gate_strip(gates("pass", "not_applicable", "fail"), quiet=True)

    assert [kind for kind in kinds(strip) if kind[:2] in ("g-", "m-")] == [
        "g-quiet",
        "g-quiet-na",
        "g-fail",
        "m-fail",
    ]


def test_scored_criteria_have_no_place_in_the_gate_strip():
    scored = SimpleNamespace(id="S01", title="减排规模", verdict=None)

    assert sentence(charts.gate_strip([*gates("pass"), scored, ("G02", "fail")])) == (
        "2 项门槛：满足 1 项，不满足 1 项"
    )


def test_a_word_that_is_no_verdict_is_refused():
    with pytest.raises(ValueError, match="passed"):
        charts.gate_strip(gates("passed"))


def test_titles_cannot_break_out_of_the_picture():
    finding = SimpleNamespace(id="G01", title='<script>alert("x")</script>', verdict="pass")

    strip = charts.gate_strip([finding])

    assert "<script" not in strip
    assert [title.text for title in drawn(strip).iter(f"{SVG}title")] == [
        'G01 <script>alert("x")</script>：满足'
    ]


# ---- interval


def test_interval_writes_its_three_values_where_there_is_room():
    assert texts(charts.interval(16900, 18673, 20400)) == ["P10", "16,900", "P50", "18,700", "P90", "20,400"]


def test_interval_that_is_short_beside_the_claim_puts_its_values_in_two_lines():
    bar = charts.interval(3270, 4390, 5430, 19600, "tCO₂e/年")

    assert texts(bar) == ["申报 19,600", "P50 4,390", "P10–P90 3,270–5,430"]
    assert sentence(bar) == "P50 4,390，P10 3,270，P90 5,430 tCO₂e/年；申报值 19,600"


@pytest.mark.parametrize("bad", [(2, 1, 3), (1, 2, math.inf), (3, 3, 2)])
def test_what_is_no_interval_is_not_drawn(bad):
    with pytest.raises(ValueError, match=r"needed|finite"):
        charts.interval(*bad)


@given(st.lists(tonnes, min_size=3, max_size=3).map(sorted), st.none() | tonnes)
def test_interval_stays_inside_its_picture(values, claimed):
    bar = drawn(charts.interval(*values, claimed))

    width = float(bar.get("width", 0))
    for rect in bar.iter(f"{SVG}rect"):
        left = float(rect.get("x", 0))
        assert left >= -0.1
        assert left + float(rect.get("width", 0)) <= width + 2.1


# ---- days


def test_day_squares_count_used_left_and_overdue():
    def counts(svg):
        return {kind: kinds(svg).count(kind) for kind in ("d-used", "d-left", "d-paused", "d-over")}

    assert counts(charts.day_squares(3, 5)) == {"d-used": 3, "d-left": 2, "d-paused": 0, "d-over": 0}
    assert counts(charts.day_squares(6, 5, "over")) == {"d-used": 5, "d-left": 0, "d-paused": 0, "d-over": 1}
    assert counts(charts.day_squares(2, 5, "stopped")) == {
        "d-used": 2,
        "d-left": 3,
        "d-paused": 1,
        "d-over": 0,
    }


def test_day_squares_say_what_they_show():
    assert sentence(charts.day_squares(14, 15, "soon")) == "承诺 15 个工作日，已用 14 个，剩 1 个"
    assert (
        sentence(charts.day_squares(17, 15, "over", language="en")) == "17 of 15 working days used, 2 overdue"
    )


def test_long_overdue_is_a_number_not_a_wall_of_squares():
    squares = charts.day_squares(400, 15, "over")

    assert kinds(squares).count("d-over") == MOST_OVERDUE
    assert texts(squares) == [f"+{400 - 15 - MOST_OVERDUE}"]


@pytest.mark.parametrize(("used", "total", "state"), [(-1, 5, "ok"), (1, -5, "ok"), (1, 5, "late")])
def test_impossible_days_are_refused(used, total, state):
    with pytest.raises(ValueError, match=r"negative|state"):
        charts.day_squares(used, total, state)


# ---- cartogram


def test_canal_runs_between_the_banks_without_a_gap():
    course = canal()

    assert len(set(course)) == len(course) == 11
    assert all(abs(a[0] - b[0]) <= 1 and abs(a[1] - b[1]) <= 2 for a, b in itertools.pairwise(course))
    assert course[0][1] < course[-1][1]  # from north to south


def test_cartogram_shows_all_units_and_unknown_is_not_zero():
    picture = charts.cartogram({"110112114": 8, "110112001": 0}, unit="个")

    values = [e.text for e in drawn(picture).iter(f"{SVG}text") if e.get("class", "").startswith("h-value")]
    assert len(values) == len(townships()) == 22
    assert sorted(values) == sorted(["8", "0", *["—"] * 20])


def test_cartogram_of_links_is_a_group():
    linked = drawn(charts.cartogram({"110112114": 8}, links={"110112114": "/entries?township=110112114"}))

    assert linked.get("role") == "group"
    assert [a.get("href") for a in linked.iter(f"{SVG}a")] == ["/entries?township=110112114"]
    assert drawn(charts.cartogram({})).get("role") == "img"


def test_a_code_that_is_no_township_is_refused():
    with pytest.raises(ValueError, match="110112999"):
        charts.cartogram({"110112999": 1})


def test_hexagons_of_different_units_do_not_coincide():
    polygons = [e.get("points") for e in drawn(charts.cartogram({})).iter(f"{SVG}polygon")]

    assert len(set(polygons)) == 22


@given(st.dictionaries(st.sampled_from(sorted(townships())), st.floats(0, 1e6), max_size=22))
def test_larger_values_are_never_paler(values):
    limits = class_limits(values)
    ordered = sorted(values.values())

    shades = [shade_of(value, limits) for value in ordered]

    assert shades == sorted(shades)
    assert all((shade == 0) == (value == 0) for shade, value in zip(shades, ordered, strict=True))


# ---- trend


QUARTERS = [
    charts.TrendPoint("2026 Q1", 42.0, 39.8, 44.2),
    charts.TrendPoint("2026 Q2", 44.3, 42.2, 46.4),
    charts.TrendPoint("2026 Q3", 48.04, 46.0, 50.0, provisional=True),
]


def test_trend_marks_the_provisional_value_hollow_and_dashed():
    line = charts.trend(QUARTERS, title="水平值")

    assert kinds(line).count("c-dot-open") == 1
    assert [
        e.get("stroke-dasharray") for e in drawn(line).iter(f"{SVG}line") if e.get("class") == "c-line"
    ] == ["5 4"]
    assert sentence(line) == "水平值：2026 Q1 42.0，2026 Q3 48.0，区间 46.0–50.0（初值）"
    assert "48.0" in texts(line)


def test_trend_leaves_a_gap_where_a_value_is_missing():
    points = [charts.TrendPoint(str(n), None if n == 2 else n) for n in range(5)]

    lines = [e for e in drawn(charts.trend(points)).iter(f"{SVG}polyline") if e.get("class") == "c-line"]

    assert [len((line.get("points") or "").split()) for line in lines] == [2, 2]
    assert kinds(charts.trend(points)).count("c-dot") == 4


def test_trend_without_a_value_is_refused():
    with pytest.raises(ValueError, match="at least one value"):
        charts.trend([charts.TrendPoint("2026", None)])


@given(st.lists(st.none() | tonnes, min_size=1, max_size=30).filter(any))
def test_trend_is_well_formed_and_inside_its_picture(values):
    picture = drawn(charts.trend([charts.TrendPoint(f"{n}年", v) for n, v in enumerate(values)]))

    height = float(picture.get("height", 0))
    assert all(0 <= float(dot.get("cy", -1)) <= height for dot in picture.iter(f"{SVG}circle"))


# ---- waterfall


PARTS = [("项目供给", 0.44), ("资金供给", 2.44), ("气候成效", 0.84), ("制度与能力", -0.42), ("市场", 0.43)]


@pytest.mark.parametrize("width", [640, 330])
def test_waterfall_parts_shown_add_up_to_the_change_shown(width):
    shown = texts(
        charts.waterfall(PARTS, start=44.31, end=48.04, start_label="Q2", end_label="Q3", width=width)
    )

    figures = [Decimal(t.replace("−", "-")) for t in shown if re.fullmatch(r"[+−]\d+\.\d", t)]
    assert sum(figures) == Decimal("48.0") - Decimal("44.3")
    assert "+2.5" in shown  # the largest takes the rounding difference: 2.44 alone would be +2.4


def test_waterfall_says_where_a_cut_axis_starts():
    cut = charts.waterfall(PARTS, start=44.31, end=48.04, start_label="Q2", end_label="Q3")
    whole = charts.waterfall([("a", 3), ("b", -1)], start=1, end=3, start_label="Q2", end_label="Q3")

    assert "纵轴截断，从 42 开始" in sentence(cut)
    assert kinds(cut).count("c-break") == 2
    assert "截断" not in sentence(whole)
    assert "c-break" not in kinds(whole)


def test_waterfall_that_does_not_lead_to_its_end_is_refused():
    with pytest.raises(ValueError, match="lead from 44 to 45"):
        charts.waterfall([("a", 1)], start=44, end=48, start_label="Q2", end_label="Q3")


# ---- bars


def test_bars_show_value_and_maximum_and_unknown_has_no_bar():
    rows = [charts.Bar("S01 减排规模", 11.6, 15), charts.Bar(Words("强度", "Intensity"), None, 10)]

    picture = charts.bars(rows)

    assert texts(picture) == ["S01 减排规模", "11.6/15", "强度", "—/10"]
    assert kinds(picture).count("c-bar") == 1


def test_bars_below_zero_are_refused():
    with pytest.raises(ValueError, match="亏损"):
        charts.bars([charts.Bar("亏损", -1)])


# ---- coverage


def test_coverage_names_the_years_that_fall_short():
    chart = charts.coverage([100, 100, 100, 100], [110, 90, 120])

    assert sentence(chart) == "4 年可用现金流，还本付息 3 年，其中 2 年现金流不足（第 1、3 年）"
    assert kinds(chart).count("c-down") == 2


def test_a_loan_longer_than_the_cash_flow_is_short_beyond_it():
    chart = charts.coverage([100], [90, 90, 90, 90], language="en")

    assert sentence(chart) == "1 years of cash flow, 4 years of debt service, short in 3 of them (year 2–4)"


def test_coverage_without_cash_flow_is_refused():
    with pytest.raises(ValueError, match="at least one year"):
        charts.coverage([], [90])


# ---- dots


def test_dots_paint_a_fall_red_and_leave_out_the_unknown():
    rows = [charts.Dot("制度", 69.9, 71.0), charts.Dot("资金", 53.1, 46.0), charts.Dot("市场", None, 35.0)]

    chart = charts.dots(rows)

    assert (kinds(chart).count("c-dot-down"), kinds(chart).count("c-dot")) == (1, 1)
    assert sentence(chart) == "制度 69.9（原 71.0），资金 53.1（原 46.0），市场 —（原 35.0）"


# ---- all of them

EVERY = {
    "gates": charts.gate_strip(gates(*map(str, Verdict))),
    "interval": charts.interval(1, 2, 3, 9, "t"),
    "days": charts.day_squares(30, 15, "over"),
    "map": charts.cartogram({"110112114": 8}, chosen="110112114", links={"110112001": "/x"}),
    "trend": charts.trend(QUARTERS, reference=(45, "目标")),
    "waterfall": charts.waterfall(PARTS, start=44.31, end=48.04, start_label="Q2", end_label="Q3"),
    "rows": charts.waterfall(PARTS, start=44.31, end=48.04, start_label="Q2", end_label="Q3", width=330),
    "coverage": charts.coverage([100, 90], [95, 95]),
    "dots": charts.dots([charts.Dot("制度与能力", 69.9, 71.0)]),
    "bars": charts.bars([charts.Bar("S01 减排规模", 1, 2)]),
}


@pytest.mark.parametrize("name", EVERY)
def test_charts_have_a_sentence_no_style_and_literal_colours(name):
    picture = drawn(EVERY[name])

    assert len(picture.get("aria-label", "")) > 8
    for element in picture.iter():
        assert "style" not in element.attrib
        assert "var(" not in str(element.attrib)
        if element.tag.rpartition("}")[2] in (
            "rect",
            "path",
            "polygon",
            "circle",
            "text",
            "polyline",
            "line",
        ):
            assert element.get("class") in paint.PAINTS
            assert element.get("fill")


def test_both_widths_stand_side_by_side():
    both = charts.in_both(charts.interval, 1, 2, 3, unit="t", wide=400, narrow=300)

    widths = re.findall(r'class="only-(\w)"><svg[^>]* width="(\d+)"', both)
    assert widths == [("w", "400"), ("n", "300")]


def test_charts_of_templates_speak_the_language_of_the_moment():
    language = "en"
    spoken = charts.speaking(lambda: language)

    assert sentence(spoken.day_squares(1, 5)) == "1 of 5 working days used, 4 left"
    assert sentence(spoken.day_squares(1, 5, language="zh")) == "承诺 5 个工作日，已用 1 个，剩 4 个"
