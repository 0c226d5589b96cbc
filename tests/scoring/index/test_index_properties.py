"""What holds for every tree, table and panel."""

import math
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring import index
from scoring.index import Leaf, Method, Node, Panel, chain, normalise
from scoring.index.aggregate import combine, copeland
from scoring.index.fill import impute, impute_panel
from scoring.index.means import Mean, average, secant
from scoring.index.table import Table, Tree
from scoring.index.treat import treat
from scoring.words import Words

NAMELESS = Words("", "")
MEANS = [
    Mean("arithmetic"),
    Mean("geometric"),
    Mean("harmonic"),
    *(Mean("power", p) for p in (-1.5, 0.0, 0.5, 2.0, 3.0)),
]
scores = st.floats(1, 100)
weights = st.floats(0.1, 5)
tables = st.integers(5, 12).flatmap(
    lambda n: st.lists(
        st.lists(st.integers(-50, 50).map(float), min_size=3, max_size=3), min_size=n, max_size=n
    )
)


@st.composite
def trees(draw: Any, depth: int = 3) -> Node:
    """Any tree of uneven depth with leaves a0, a1, …; every inner node with its own mean."""
    count = iter(range(1000))

    def grow(level: int, weight: float) -> "Node | Leaf":
        name = f"a{next(count)}"
        if level == 0 or (level < depth and draw(st.booleans())):
            return Leaf(name, NAMELESS, "1", weight, "up", 0.0, 1.0)
        size = draw(st.integers(1, 3))
        children = tuple(grow(level - 1, draw(weights)) for _ in range(size))
        return Node(name, NAMELESS, weight, draw(st.sampled_from(MEANS)), Fraction(0), False, children)

    tree = grow(depth, 1.0)
    assert isinstance(tree, Node)
    return tree


def drawn(data: Any, tree: Node) -> dict[str, float]:
    return {leaf.id: data.draw(scores) for leaf in tree.leaves}


@given(trees(), st.data())
def test_contributions_add_up_for_any_tree_and_turn_with_time(tree: Node, data: Any) -> None:
    z0, z1 = drawn(data, tree), drawn(data, tree)

    forward, back = index.change(tree, z0, tree, z1), index.change(tree, z1, tree, z0)

    total = index.evaluate(tree, z1)[tree.id] - index.evaluate(tree, z0)[tree.id]
    assert math.fsum(part.points for part in forward) == pytest.approx(total, abs=1e-9)
    assert [part.points for part in back] == pytest.approx([-part.points for part in forward], abs=1e-9)


@given(trees(), st.data())
def test_contributions_add_up_when_weights_change_too(tree: Node, data: Any) -> None:
    def reweighted(node: "Node | Leaf") -> "Node | Leaf":
        if isinstance(node, Node):
            return replace(
                node, weight=data.draw(weights), children=tuple(reweighted(c) for c in node.children)
            )
        return replace(node, weight=data.draw(weights))

    later = reweighted(tree)
    assert isinstance(later, Node)
    z0, z1 = drawn(data, tree), drawn(data, tree)

    parts = index.change(tree, z0, later, z1)

    total = index.evaluate(later, z1)[tree.id] - index.evaluate(tree, z0)[tree.id]
    assert math.fsum(part.points for part in parts) == pytest.approx(total, abs=1e-8)


@settings(max_examples=30)
@given(trees(depth=2), st.data())
def test_shapley_adds_up(tree: Node, data: Any) -> None:
    z0, z1 = drawn(data, tree), drawn(data, tree)

    total = index.evaluate(tree, z1)[tree.id] - index.evaluate(tree, z0)[tree.id]
    assert math.fsum(index.shapley(tree, z0, z1).values()) == pytest.approx(total, abs=1e-9)


@given(trees(), st.data())
def test_a_better_leaf_never_lowers_the_index(tree: Node, data: Any) -> None:
    z = drawn(data, tree)
    leaf = data.draw(st.sampled_from([leaf.id for leaf in tree.leaves]))

    better = {**z, leaf: z[leaf] + data.draw(st.floats(0, 50))}

    assert index.evaluate(tree, better)[tree.id] >= index.evaluate(tree, z)[tree.id] - 1e-9


@given(trees(), scores)
def test_equal_children_give_that_value(tree: Node, value: float) -> None:
    assert index.evaluate(tree, {leaf.id: value for leaf in tree.leaves})[tree.id] == pytest.approx(value)


@given(st.lists(st.tuples(scores, weights), min_size=1, max_size=6))
def test_power_means_increase_with_p(pairs: list[tuple[float, float]]) -> None:
    values, w = [x for x, _ in pairs], [weight for _, weight in pairs]

    means = [average(Mean("power", p), values, w) for p in (-3.0, -1.0, 0.0, 0.5, 1.0, 2.0, 4.0)]

    assert all(low <= high * (1 + 1e-9) for low, high in pairwise(means))


@given(st.sampled_from([-2.0, -1.0, 0.0, 0.5, 1.0, 3.0]), st.floats(0.5, 100), st.floats(-1e-6, 1e-6))
def test_the_secant_keeps_its_digits_where_values_nearly_meet(p: float, a: float, nudge: float) -> None:
    slope = 1 / a if p == 0 else p * a ** (p - 1)

    assert secant(p, a, a * (1 + nudge)) == pytest.approx(slope, rel=1e-5)
    assert secant(p, a, a) == pytest.approx(slope, rel=1e-12)


@given(
    st.sampled_from(MEANS),
    st.lists(st.lists(scores, min_size=3, max_size=3), min_size=2, max_size=8),
    st.data(),
)
def test_the_official_path_and_the_column_path_agree(mean: Mean, rows: list[list[float]], data: Any) -> None:
    w = [data.draw(weights) for _ in range(3)]

    columns = combine(np.array(rows), np.array(w), mean.kind, power=mean.power)

    assert columns == pytest.approx([average(mean, row, w) for row in rows], rel=1e-12)


@given(tables, st.floats(0.01, 100), st.floats(-1000, 1000))
def test_a_change_of_unit_leaves_relative_scores_alone(rows: list[list[float]], a: float, b: float) -> None:
    x = np.array(rows)
    x[0], x[1] = 51, -51  # some spread in every column

    for form in (
        normalise.minmax,
        normalise.zscore,
        normalise.rank,
        normalise.percentile_rank,
        normalise.borda,
    ):
        np.testing.assert_allclose(form(a * x + b), form(x), rtol=1e-6, atol=1e-6)


@given(tables, st.data())
def test_the_order_of_rows_favours_nobody(rows: list[list[float]], data: Any) -> None:
    x = np.array(rows)
    for row in data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=3)):
        x[row, data.draw(st.integers(0, 2))] = np.nan
    order = np.array(data.draw(st.permutations(range(len(rows)))))
    w = np.array([1.0, 2, 3])

    np.testing.assert_array_equal(copeland(x[order], w), copeland(x, w)[order])
    for kind in ("arithmetic", "median", "minimum"):
        np.testing.assert_allclose(combine(x[order], w, kind), combine(x, w, kind)[order], rtol=1e-12)


@given(tables, st.data())
def test_a_known_cell_is_never_altered(rows: list[list[float]], data: Any) -> None:
    x = np.array(rows) * 1.1
    gaps = np.array(data.draw(st.lists(st.booleans(), min_size=x.size, max_size=x.size))).reshape(x.shape)
    gaps[0] = False
    x[gaps] = np.nan
    names = [("a", "top"), ("b", "top"), ("c", "top"), ("top", "")]
    tree = Tree.from_rows(
        {"iCode": c, "Level": 1 if p else 2, "Parent": p, "Weight": 1, "Direction": -1 if c == "b" else 1}
        for c, p in names
    )
    n = len(x)
    table = Table(
        units=tuple(f"u{row % 3}" for row in range(n)),
        columns=("a", "b", "c"),
        x=x,
        periods=tuple(float(row // 3) for row in range(n)),
        groups={"zone": tuple("ew"[row % 2] for row in range(n))},
    )

    results = [
        impute(table, tree, method=m, group="zone")
        for m in ("mean", "median", "group_mean", "group_median", "row_mean")
    ]
    results += [impute_panel(table, method=m) for m in ("latest", "constant", "linear")]

    for filled in results:
        assert filled[~gaps].tobytes() == x[~gaps].tobytes()


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_treatment_never_reorders(values: list[float]) -> None:
    x = np.array(values)

    treated = treat(x).values

    order = np.argsort(x, kind="stable")
    assert (np.diff(treated[order]) >= -1e-9).all()


@given(st.lists(st.floats(10, 90), min_size=3, max_size=9), st.data())
def test_rebasing_there_and_back_changes_nothing(series: list[float], data: Any) -> None:
    there, back = (data.draw(st.integers(0, len(series) - 1)) for _ in range(2))
    start = chain.rebase(series, back)

    assert chain.rebase(chain.rebase(start, there), back) == pytest.approx(start)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_order_of_rows_never_changes_a_result(method: Method, panel: Panel, data: Any) -> None:
    rows = [tuple(cell) for cell in panel.cells]
    shuffled = data.draw(st.permutations(rows[:40])) + rows[40:]

    again = index.compute(method, Panel.from_rows(shuffled))

    assert again.rows == index.compute(method, panel).rows
    assert again.panel.hash == panel.hash


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_contributions_of_any_panel_with_gaps_add_up(method: Method, panel: Panel, data: Any) -> None:
    gone = set(data.draw(st.lists(st.integers(0, len(panel.cells) - 1), max_size=25)))
    kept = Panel(cell for place, cell in enumerate(panel.cells) if place not in gone)
    result = index.compute(method, kept)

    for unit in kept.units:
        if all(result.row(unit, period).level is not None for period in ("2026Q1", "2026Q3")):
            change = index.contributions(result, "2026Q1", "2026Q3", unit)
            assert math.fsum(part.points for part in change.contributions) == pytest.approx(
                change.total, abs=1e-9
            )
