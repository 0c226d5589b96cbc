"""Bands: each replicate can be made again alone, and says what it chose."""

import math
from dataclasses import replace

import numpy as np
import pytest

from scoring import index
from scoring.index import Choices, Leaf, Method, Node, Panel, Refused, Spread
from scoring.index.philox import uniforms
from scoring.index.replicates import draws, replay
from scoring.index.table import Table, Tree

DISTRICT = "110112"


def with_errors(method: Method) -> Method:
    def vary(node: "Node | Leaf") -> "Node | Leaf":
        if isinstance(node, Node):
            return replace(node, children=tuple(vary(child) for child in node.children))
        return replace(node, error=0.1) if node.id in ("CLI1", "FIN5") else node

    tree = vary(method.tree)
    assert isinstance(tree, Node)
    return replace(method, tree=tree)


@pytest.fixture(scope="module")
def gappy(panel: Panel) -> Panel:
    gone = {(DISTRICT, "2026Q3", "SUP2"), ("110112001", "2026Q2", "FIN1"), (DISTRICT, "2026Q2", "CLI3")}
    return Panel(cell for cell in panel.cells if cell[:3] not in gone)


def test_a_replicate_is_the_official_computation_of_its_draw(method: Method, gappy: Panel) -> None:
    chosen = with_errors(method)
    bands = index.uncertainty(
        chosen, gappy, replicates=60, spread=Spread(means=("geometric", "arithmetic", "harmonic"))
    )

    for number in (0, 1, 17, 59):
        alone = index.replay(chosen, gappy, bands.draw(number))
        for unit in gappy.units:
            for period in gappy.periods:
                level = alone.row(unit, period).level
                found = bands.replicate_levels(unit, period)[number]
                assert math.isnan(found) if level is None else found == pytest.approx(level, abs=1e-9)


def test_draws_choose_every_alternative(method: Method, panel: Panel) -> None:
    bands = index.uncertainty(method, panel, replicates=40)

    chosen = [bands.draw(number) for number in range(40)]

    assert {draw.mean for draw in chosen} == {"geometric", "arithmetic"}
    assert {draw.gaps for draw in chosen} == {"method", "empty"}
    assert all(0.75 * 4 <= draw.weights["SUP1"] <= 1.25 * 4 for draw in chosen)
    assert all(abs(shift) <= 0.1 for draw in chosen for shift in draw.posts["SUP1"])


def test_the_same_release_has_the_same_band_and_more_replicates_keep_the_first(
    method: Method, panel: Panel
) -> None:
    few, many = (index.uncertainty(method, panel, replicates=n) for n in (50, 80))

    np.testing.assert_array_equal(
        few.replicate_levels(DISTRICT, "2026Q3"), many.replicate_levels(DISTRICT, "2026Q3")[:50]
    )
    other = index.uncertainty(method, panel.until("2026Q2"), replicates=50)
    assert other.level(DISTRICT, "2026Q2") != few.level(DISTRICT, "2026Q2")


def test_rows_of_uniforms_depend_on_key_and_number_alone() -> None:
    whole = uniforms(b"key", 0, 50, 7)

    np.testing.assert_array_equal(uniforms(b"key", 33, 1, 7)[0], whole[33])
    assert (uniforms(b"other", 0, 50, 7) != whole).any()
    assert ((whole >= 0) & (whole < 1)).all()


def test_nothing_varied_gives_the_level_itself(method: Method, panel: Panel) -> None:
    still = Spread(weights=0, posts=0, means=("geometric",), gaps=("method",), errors=False)

    bands = index.uncertainty(method, panel, replicates=5, spread=still)

    level = index.compute(method, panel).standing(DISTRICT, "2026Q3").level
    assert bands.level(DISTRICT, "2026Q3") == pytest.approx((level, level, level))


def test_the_band_of_the_change_is_narrower_than_independent_bands(method: Method, panel: Panel) -> None:
    bands = index.uncertainty(method, panel, replicates=400)
    widths = [
        bands.level(DISTRICT, period)[2] - bands.level(DISTRICT, period)[0] for period in ("2026Q1", "2026Q3")
    ]

    low, middle, high = bands.change(DISTRICT, "2026Q1", "2026Q3")

    assert low < middle < high
    assert high - low < math.hypot(*widths)


def test_ranks_and_ties(method: Method, panel: Panel) -> None:
    bands = index.uncertainty(method, panel, replicates=100)

    beats = bands.beats("2026Q3", "township")

    assert beats["110112105", "110112001"] + beats["110112001", "110112105"] == pytest.approx(1)
    assert bands.rank("110112105", "2026Q3")[1] == 1
    assert bands.tied_groups("2026Q3", "township") == (("110112105",), ("110112001",))
    assert bands.tied_groups("2026Q3", "township", sure=1.1) == (("110112105", "110112001"),)


def test_refused_replicates_are_counted_not_hidden(method: Method, gappy: Panel) -> None:
    # Leaving gaps empty takes CLI3 from the district in 2026Q2: 4 of 5 children are left, and that is enough;
    # a threshold of 1 is not met, so those replicates are refused.
    strict = replace(method, tree=_all_present(method.tree))

    bands = index.uncertainty(strict, gappy, replicates=100)

    empty = sum(bands.draw(number).gaps == "empty" for number in range(100))
    assert bands.refused(DISTRICT, "2026Q2") == empty
    assert 0 < empty < 100
    assert bands.refused(DISTRICT, "2026Q1") == 0


def _all_present(node: Node) -> Node:
    children = tuple(_all_present(child) if isinstance(child, Node) else child for child in node.children)
    return replace(node, present=type(node.present)(1), children=children)


def test_an_impossible_spread_is_refused_before_anything_runs(method: Method, panel: Panel) -> None:
    open_ended = replace(method, rules=replace(method.rules, clip="none", lower=0.0))
    for chosen, spread in (
        (method, Spread(means=("copeland",))),
        (method, Spread(gaps=("guess",))),
        (method, Spread(weights=1.0)),
        (method, Spread(posts=0.5)),
        (open_ended, Spread()),
    ):
        with pytest.raises(Refused):
            index.uncertainty(chosen, panel, spread=spread)


def small_study() -> tuple[Table, Tree, list[dict[str, object]]]:
    rows = [("a", 1, "A"), ("b", 1, "A"), ("c", 1, "B"), ("A", 2, "top"), ("B", 2, "top"), ("top", 3, "")]
    tree = Tree.from_rows(
        {"iCode": c, "Level": n, "Parent": p, "Weight": 1, "Direction": 1} for c, n, p in rows
    )
    x = np.random.default_rng(1).normal(10, 3, (12, 3))
    steps: list[dict[str, object]] = [
        {"op": "normalise", "method": "minmax"},
        {"op": "aggregate", "method": "arithmetic"},
    ]
    return Table(tuple(f"u{i:02}" for i in range(12)), ("a", "b", "c"), x), tree, steps


def test_a_study_reports_variants_it_cannot_compute() -> None:
    table, tree, steps = small_study()
    variants = [{"aggregate": "arithmetic"}, {"normalise": {"method": "zscore"}, "aggregate": "geometric"}]

    found = replay(table, tree, steps, variants)

    assert list(found.refused) == [1]
    assert found.refused[1].rule == "domain"
    assert np.isnan(found.scores[:, 1]).all()
    assert not np.isnan(found.scores[:, 0]).any()
    assert found.rank_statistics()["u00"][0] == found.ranks[0, 0]


def test_study_draws_are_replayable_one_by_one() -> None:
    _, tree, _ = small_study()
    choices = Choices(aggregate=("arithmetic", "geometric"), max_points=(1, 5), weights=0.25, levels=(2,))

    many = draws(tree, choices, replicates=30, key=b"study")

    assert draws(tree, choices, replicates=1, key=b"study", first=21)[0] == many[21]
    assert {draw["max_points"] for draw in many} == {1, 5}


def test_sensitivity_finds_the_only_factor_that_matters() -> None:
    table, tree, steps = small_study()
    same = {"method": "minmax", "lower": 0, "upper": 100}
    choices = Choices(normalise=(same, {**same, "upper": 200}), weights=0.9, levels=(2,))

    found = {
        index.factor: index for index in index.sensitivity(table, tree, steps, choices, size=100, key=b"s")
    }

    assert found["normalise"].total == pytest.approx(0, abs=1e-12)  # a stretched scale moves no rank
    assert found["weights"].total > 0.5
