"""Levels, gaps, momentum and what withholds a value: worked by hand."""

import math
from dataclasses import replace
from decimal import Decimal

import pytest

from scoring import index
from scoring.index import InvalidPanel, Leaf, Method, Node, Panel, Refused
from scoring.index.evaluation import score

DISTRICT = "110112"


def small(method: Method, **rules: object) -> Method:
    """The district with two dimensions of two indicators each: SUP (SUP1, SUP3) and FIN (FIN1, FIN5)."""
    keep = frozenset({"SUP1", "SUP3", "FIN1", "FIN5"})
    tree = method.tree.only(keep)
    assert tree is not None
    return replace(method, tree=tree, rules=replace(method.rules, **rules))  # type: ignore[arg-type]  # by name


def panel_of(**series: list[object]) -> Panel:
    """Quarters from 2026Q1; a tuple is (value, status)."""
    rows = []
    for leaf, values in series.items():
        for place, value in enumerate(values):
            if value is not None:
                number, status = value if isinstance(value, tuple) else (value, "A")
                rows.append((DISTRICT, f"2026Q{place + 1}", leaf, number, status))
    return Panel.from_rows(rows)


def test_level_by_hand(method: Method) -> None:
    # Shares: SUP1 (110−20)/180 = 0.5, SUP3 0, FIN1 1, FIN5 (240−150)/180 = 0.5; score = 1 + 99·share
    result = index.compute(small(method), panel_of(SUP1=[110], SUP3=[10], FIN1=[35], FIN5=[150]))

    supply, finance = (50.5 + 1) / 2, (8 * 100 + 4 * 50.5) / 12
    assert result.row(DISTRICT, "2026Q1", "SUP").level == pytest.approx(supply)
    assert result.row(DISTRICT, "2026Q1", "FIN").level == pytest.approx(finance)
    expected = math.exp((20 * math.log(supply) + 30 * math.log(finance)) / 50)
    assert result.standing(DISTRICT, "2026Q1").level == pytest.approx(expected)
    assert result.row(DISTRICT, "2026Q1", "SUP3").flags == ("at floor",)
    assert result.row(DISTRICT, "2026Q1", "FIN1").flags == ("target reached",)


@pytest.mark.parametrize(
    ("x", "expected"),
    [(1.0, 100), (0.9, 100), (1.1, 100), (0.7, 50.5), (1.3, 50.5), (0.5, 1), (1.6, 1), (0, 1)],
)
def test_a_band_is_full_inside_its_tolerance(method: Method, x: float, expected: float) -> None:
    assert score(method, method.leaves["CLI3"], x)[0] == pytest.approx(expected)


def test_lower_is_better_needs_no_negative_goalposts(method: Method) -> None:
    leaf = method.leaves["FIN5"]

    assert score(method, leaf, 60)[0] == 100
    assert score(method, leaf, 240)[0] == 1
    assert score(method, leaf, 150)[0] == pytest.approx(50.5)


def test_a_gap_is_carried_one_quarter_and_marked(method: Method) -> None:
    result = index.compute(
        small(method), panel_of(SUP1=[110] * 3, SUP3=[25, None, None], FIN1=[20] * 3, FIN5=[150] * 3)
    )

    carried, gone = (result.row(DISTRICT, period, "SUP3") for period in ("2026Q2", "2026Q3"))
    assert (carried.raw, carried.used, carried.status, carried.flags) == (
        None,
        25,
        "E",
        ("missing", "carried"),
    )
    assert (gone.used, gone.level, gone.status, gone.flags) == (None, None, "M", ("missing",))


def test_a_carried_value_is_not_carried_again(method: Method) -> None:
    # One quarter is the limit of age, whatever was computed in between.
    result = index.compute(
        small(method), panel_of(SUP1=[110] * 4, SUP3=[25, None, None, 28], FIN1=[20] * 4, FIN5=[150] * 4)
    )

    assert [row.used for row in result.series(DISTRICT, "SUP3")] == [25, 25, None, 28]


def test_zero_is_a_value_not_a_gap(method: Method) -> None:
    row = index.compute(small(method), panel_of(SUP1=[0], SUP3=[25], FIN1=[20], FIN5=[150])).row(
        DISTRICT, "2026Q1", "SUP1"
    )

    assert (row.raw, row.level, row.status) == (0, 1, "A")


def test_too_few_children_leave_a_gap_and_the_top_is_withheld(method: Method) -> None:
    result = index.compute(small(method), panel_of(SUP1=[110], FIN1=[20], FIN5=[150]))  # 1 of 2 < 2/3

    assert result.row(DISTRICT, "2026Q1", "SUP").flags == ("too few",)
    standing = result.standing(DISTRICT, "2026Q1")
    assert standing.level is None
    assert not standing.publishable
    assert [reason.rule for reason in standing.reasons] == ["too few"]
    assert standing.missing_weight == pytest.approx(0.4 / 2)


def test_more_than_three_tenths_estimated_is_withheld(method: Method) -> None:
    values = {"SUP1": [110, 110], "SUP3": [25, 25], "FIN1": [20, None], "FIN5": [150, 150]}

    standing = index.compute(small(method), panel_of(**values)).standing(DISTRICT, "2026Q2")

    assert standing.level is not None
    assert standing.estimated_weight == pytest.approx(0.6 * 8 / 12)
    assert [reason.rule for reason in standing.reasons] == ["estimated weight"]
    assert "40.0%" in standing.reasons[0].words.en
    assert "40.0%" in standing.reasons[0].words.zh


def test_estimates_given_by_the_source_count_as_estimates(method: Method) -> None:
    standing = index.compute(
        small(method), panel_of(SUP1=[110], SUP3=[25], FIN1=[(20, "E")], FIN5=[150])
    ).standing(DISTRICT, "2026Q1")

    assert standing.estimated_weight == pytest.approx(0.4)


def test_threshold_by_number_or_by_weight(method: Method) -> None:
    tree = small(method).trees["district"]
    scores = {"SUP1": 50.0, "SUP3": 50.0, "FIN1": 50.0}  # FIN1 has 8 of 12

    assert "FIN" not in index.evaluate(tree, scores)
    finance = replace(tree.children[1], by_weight=True)
    assert "FIN" in index.evaluate(replace(tree, children=(tree.children[0], finance)), scores)


def test_provisional_values_are_marked_up_to_the_headline(method: Method) -> None:
    result = index.compute(small(method), panel_of(SUP1=[(110, "P")], SUP3=[25], FIN1=[20], FIN5=[150]))

    assert result.standing(DISTRICT, "2026Q1").provisional
    assert result.row(DISTRICT, "2026Q1").status == "P"
    assert result.standing(DISTRICT, "2026Q1").publishable


def test_momentum_chains_ratios_from_a_base_of_1000(method: Method) -> None:
    chosen = small(method, momentum_from="2026Q1")
    result = index.compute(chosen, panel_of(SUP1=[100, 110], SUP3=[20, 20], FIN1=[20, 22], FIN5=[150, 120]))

    assert result.row(DISTRICT, "2026Q1").momentum == 1000
    weights = index.effective_weights(chosen.trees["district"])
    growth = (
        weights["SUP1"] * math.log(1.1)
        + weights["FIN1"] * math.log(1.1)
        + weights["FIN5"] * math.log(150 / 120)
    )
    assert result.row(DISTRICT, "2026Q2").momentum == pytest.approx(1000 * math.exp(growth))
    assert result.row(DISTRICT, "2026Q2", "FIN5").momentum == pytest.approx(1250)


def test_one_big_loan_does_not_double_the_momentum_twice(method: Method) -> None:
    chosen = small(method, momentum_from="2026Q1")
    result = index.compute(chosen, panel_of(SUP1=[20, 200], SUP3=[20, 0], FIN1=[20, 20], FIN5=[150, 150]))

    assert result.row(DISTRICT, "2026Q2", "SUP1").momentum == pytest.approx(2000)
    assert "momentum clamped" in result.row(DISTRICT, "2026Q2", "SUP1").flags
    assert result.row(DISTRICT, "2026Q2", "SUP3").momentum == pytest.approx(500)
    assert {"momentum floored", "momentum clamped"} <= set(result.row(DISTRICT, "2026Q2", "SUP3").flags)


def test_momentum_comes_back_after_a_gap_with_the_whole_ratio(method: Method) -> None:
    chosen = small(method, momentum_from="2026Q1", carry_quarters=0)
    result = index.compute(
        chosen, panel_of(SUP1=[100, None, 121], SUP3=[20] * 3, FIN1=[20] * 3, FIN5=[150] * 3)
    )

    assert result.row(DISTRICT, "2026Q2", "SUP1").momentum is None
    assert result.row(DISTRICT, "2026Q3", "SUP1").momentum == pytest.approx(1210)


def test_momentum_says_where_it_starts_late(method: Method) -> None:
    result = index.compute(small(method), panel_of(SUP1=[100], SUP3=[20], FIN1=[20], FIN5=[150]))

    assert result.row(DISTRICT, "2026Q1").momentum == 1000  # the method's base is 2025Q1
    assert "momentum starts" in result.row(DISTRICT, "2026Q1").flags


def with_leaf(method: Method, name: str, **changes: object) -> Method:
    def vary(node: "Node | Leaf") -> "Node | Leaf":
        if isinstance(node, Node):
            return replace(node, children=tuple(vary(child) for child in node.children))
        return replace(node, **changes) if node.id == name else node  # type: ignore[arg-type]  # by name

    tree = vary(method.tree)
    assert isinstance(tree, Node)
    return replace(method, tree=tree)


def test_denominators(method: Method) -> None:
    chosen = with_leaf(small(method), "SUP1", denominator="FIRMS", per=10_000.0)
    chosen = replace(chosen, denominators={"FIRMS": method.title})
    panel = panel_of(
        SUP1=[300, 300, 300], FIRMS=[20_000, 0, None], SUP3=[25] * 3, FIN1=[20] * 3, FIN5=[150] * 3
    )

    chosen = replace(chosen, rules=replace(chosen.rules, carry_quarters=0))

    rows = index.compute(chosen, panel).series(DISTRICT, "SUP1")

    assert [(row.raw, row.used) for row in rows] == [(300, 150), (300, None), (300, None)]
    assert [row.flags for row in rows[1:]] == [("no denominator",), ("no denominator",)]
    with pytest.raises(InvalidPanel, match="at least 0"):
        index.compute(chosen, panel_of(FIRMS=[-1], SUP3=[1], FIN1=[1], FIN5=[1]))


def test_frozen_caps_are_applied_and_flagged(method: Method) -> None:
    chosen = with_leaf(small(method), "SUP1", cap_high=120.0)

    row = index.compute(chosen, panel_of(SUP1=[180], SUP3=[25], FIN1=[20], FIN5=[150])).row(
        DISTRICT, "2026Q1", "SUP1"
    )

    assert (row.raw, row.used, row.flags[0]) == (180, 120, "capped")


def test_group_median_fills_from_the_same_scale_only(method: Method) -> None:
    chosen = replace(method, rules=replace(method.rules, group_median=True))
    rows = [
        (unit, "2026Q1", "FIN1", value)
        for unit, value in (("110112001", 10), ("110112002", 30), (DISTRICT, 99))
    ]

    row = index.compute(chosen, Panel.from_rows([*rows, ("110112003", "2026Q1", "SUP3", 5)])).row(
        "110112003", "2026Q1", "FIN1"
    )

    assert (row.used, row.status, row.flags) == (20, "I", ("missing", "group median"))


def test_every_fault_of_a_panel_is_listed_with_its_place(method: Method) -> None:
    panel = Panel.from_rows(
        [
            ("999", "2026Q1", "SUP1", 1),
            (DISTRICT, "2026Q1", "XYZ", 1),
            (DISTRICT, "2026Q1", "SUP3", 101),
            (DISTRICT, "2026Q2", "SUP1", -1),
        ]
    )

    with pytest.raises(InvalidPanel) as caught:
        index.compute(method, panel)

    assert [(fault.rule, fault.unit, fault.node, fault.period) for fault in caught.value.faults] == [
        ("bounds", DISTRICT, "SUP3", "2026Q1"),
        ("unknown indicator", DISTRICT, "XYZ", "2026Q1"),
        ("bounds", DISTRICT, "SUP1", "2026Q2"),
        ("unknown unit", "999", "SUP1", "2026Q1"),
    ]
    assert "101 超出范围 [0，100] %" in caught.value.faults[0].words.zh


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ((DISTRICT, "2026Q5", "SUP1", 1), "period"),
        ((DISTRICT, "2026年3季度", "SUP1", 1), "period"),
        ((DISTRICT, "2026Q1", "SUP1", float("nan")), "number"),
        ((DISTRICT, "2026Q1", "SUP1", float("inf")), "number"),
        ((DISTRICT, "2026Q1", "SUP1", "12"), "number"),
        ((DISTRICT, "2026Q1", "SUP1", True), "number"),
        ((DISTRICT, "2026Q1", "SUP1", 1, "X"), "status"),
        ((DISTRICT, "2026Q1", "SUP1", 1, "M"), "status"),
        ((DISTRICT, "2026Q1", "SUP1", None, "A"), "status"),
    ],
)
def test_a_faulty_cell_is_refused(row: tuple[object, ...], rule: str) -> None:
    with pytest.raises(InvalidPanel) as caught:
        Panel.from_rows([row])

    assert rule in {fault.rule for fault in caught.value.faults}


def test_a_cell_twice_is_refused() -> None:
    with pytest.raises(InvalidPanel, match="stands twice"):
        Panel.from_rows([(DISTRICT, "2026Q1", "SUP1", 1), (DISTRICT, "2026Q1", "SUP1", 1)])


def test_an_unknown_column_is_refused() -> None:
    with pytest.raises(Refused, match="unknown column: colour"):
        Panel.from_rows([{"unit": DISTRICT, "period": "2026Q1", "leaf": "SUP1", "value": 1, "colour": "red"}])


def test_decimals_and_none_are_read() -> None:
    panel = Panel.from_rows(
        [(DISTRICT, "2026Q1", "SUP1", Decimal("0.1")), (DISTRICT, "2026Q1", "SUP2", None)]
    )

    assert [(cell.value, cell.status) for cell in panel.cells] == [(0.1, "A"), (None, "M")]


def test_all_gaps_publish_nothing_and_say_why(method: Method) -> None:
    standing = index.compute(small(method), Panel.from_rows([(DISTRICT, "2026Q1", "SUP1", None)])).standing(
        DISTRICT, "2026Q1"
    )

    assert (standing.level, standing.missing_weight, standing.publishable) == (None, 1.0, False)


def test_scores_outside_a_means_domain_are_refused_with_unit_and_child(method: Method) -> None:
    chosen = small(method, clip="none")

    with pytest.raises(Refused, match="above 0") as caught:
        index.compute(chosen, panel_of(SUP1=[0], SUP3=[0], FIN1=[20], FIN5=[150]))

    assert (caught.value.unit, caught.value.node, caught.value.period) == (DISTRICT, "INDEX ← SUP", "2026Q1")


def test_indicators_outside_a_scale_are_named_not_used(method: Method) -> None:
    result = index.compute(
        method, Panel.from_rows([("110112001", "2026Q1", "SUP1", 5), ("110112001", "2026Q1", "FIN1", 20)])
    )

    assert result.unused == ("SUP1",)
    assert "SUP1" not in {row.node for row in result.rows}


def test_ranks_share_ties_and_leave_out_what_is_withheld(method: Method, panel: Panel) -> None:
    ranks = index.compute(method, panel).ranks("2026Q3", "township")

    assert ranks == {"110112105": 1, "110112001": 2}


def test_contributions_add_up_and_name_dimension_and_leaf(method: Method, panel: Panel) -> None:
    result = index.compute(method, panel)

    change = index.contributions(result, "2026Q1", "2026Q3", DISTRICT)

    assert math.fsum(part.points for part in change.contributions) == pytest.approx(change.total, abs=1e-12)
    assert set(change.by_group()) == {"SUP", "FIN", "CLI", "GOV", "MKT"}
    back = index.contributions(result, "2026Q3", "2026Q1", DISTRICT)
    assert [part.points for part in back.contributions] == pytest.approx(
        [-part.points for part in change.contributions]
    )


def test_contributions_inside_one_dimension(method: Method, panel: Panel) -> None:
    result = index.compute(method, panel)

    change = index.contributions(result, "2026Q1", "2026Q2", DISTRICT, node="FIN")

    rise = [result.row(DISTRICT, period, "FIN").level for period in ("2026Q1", "2026Q2")]
    assert None not in rise
    assert math.fsum(part.points for part in change.contributions) == pytest.approx(rise[1] - rise[0])  # type: ignore[operator]


def test_a_changed_set_of_indicators_is_bridged(method: Method) -> None:
    full = {"SUP1": [110, 115], "SUP2": [300, 310], "SUP3": [25, 26], "SUP4": [12, None], "FIN1": [20, 21]}
    chosen = replace(
        method,
        rules=replace(method.rules, carry_quarters=0),
        tree=method.tree.only(frozenset(full)) or method.tree,
    )
    result = index.compute(chosen, panel_of(**full))

    change = index.contributions(result, "2026Q1", "2026Q2", DISTRICT)

    composition = [part for part in change.contributions if part.kind == "composition"]
    assert len(composition) == 1
    assert "SUP4" not in {part.node for part in change.contributions}
    assert math.fsum(part.points for part in change.contributions) == pytest.approx(change.total, abs=1e-12)
    fair = index.contributions(result, "2026Q1", "2026Q2", DISTRICT, how="shapley")
    assert math.fsum(part.points for part in fair.contributions) == pytest.approx(change.total, abs=1e-12)


def test_contributions_to_a_quarter_without_index_are_refused(method: Method) -> None:
    result = index.compute(
        small(method), panel_of(SUP1=[110, 110], SUP3=[25, 25], FIN1=[20, 20], FIN5=[150, None])
    )
    broken = index.compute(small(method, carry_quarters=0), result.panel)

    with pytest.raises(Refused, match="not computed") as caught:
        index.contributions(broken, "2026Q1", "2026Q2", DISTRICT)

    assert caught.value.period == "2026Q2"


def test_leaving_out_a_dimension(method: Method, panel: Panel) -> None:
    result = index.compute(method, panel)

    without = index.leave_out(result, DISTRICT, "2026Q3")

    others = ["SUP", "FIN", "CLI", "GOV"]
    levels = [result.row(DISTRICT, "2026Q3", name).level or 0.0 for name in others]
    expected = math.exp(
        math.fsum(w * math.log(y) for w, y in zip((20, 30, 25, 15), levels, strict=True)) / 90
    )
    assert without["MKT"] == pytest.approx(expected)


def test_structure_of_a_result(method: Method, panel: Panel) -> None:
    report = index.structure(index.study_of_result(index.compute(method, panel), "township"))

    weights = index.effective_weights(method.trees["township"])
    assert {name: report.effective_weights[name] for name in weights} == pytest.approx(weights)
    assert report.kish == pytest.approx(1 / sum(w * w for w in weights.values()))
    assert {link.b for link in report.with_parent} == {"INDEX", "SUP", "FIN", "CLI", "GOV"}
