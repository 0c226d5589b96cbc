"""Decompositions that add up exactly, weights that change, methods that are linked."""

import itertools
import math
from fractions import Fraction
from typing import Any

import pytest

from scoring.index import Leaf, Node, Refused, chain, change, evaluate, shapley
from scoring.index.means import Mean
from scoring.words import Words

NAMELESS = Words("", "")
EXACT = 1e-10


def leaf(name: str, weight: float) -> Leaf:
    return Leaf(name, NAMELESS, "1", weight, "up", 0.0, 1.0)


def node(name: str, mean: Mean, weight: float, children: tuple[Any, ...]) -> Node:
    return Node(name, NAMELESS, weight, mean, Fraction(0), False, children)


def tree_of(spec: dict[str, Any], weight: float, names: "itertools.count[int]") -> Any:
    if "leaf" in spec:
        return leaf(spec["leaf"], weight)
    mean = Mean("power", spec["mean"]["power"]) if isinstance(spec["mean"], dict) else Mean(spec["mean"])
    name = f"n{next(names)}"
    children = zip(spec["children"], spec["weights"], strict=True)
    return node(name, mean, weight, tuple(tree_of(child, w, names) for child, w in children))


@pytest.mark.parametrize("case", range(14))
def test_decomposition(reference: Any, case: int) -> None:
    spec = reference.json("change_and_chain.json")["decomposition"][case]
    tree = tree_of(spec["tree"], 1.0, itertools.count())

    secant = {part.node: part.points for part in change(tree, spec["z0"], tree, spec["z1"])}
    fair = shapley(tree, spec["z0"], spec["z1"])

    assert evaluate(tree, spec["z0"])["n0"] == pytest.approx(spec["index0"], abs=EXACT)
    assert evaluate(tree, spec["z1"])["n0"] == pytest.approx(spec["index1"], abs=EXACT)
    assert secant == pytest.approx(spec["secant_contributions"], abs=EXACT)
    assert fair == pytest.approx(spec["shapley_contributions"], abs=EXACT)


@pytest.mark.parametrize("case", range(4))
def test_weight_change_is_split_from_value_change(reference: Any, case: int) -> None:
    spec = reference.json("change_and_chain.json")["weight_change"][case]
    trees = [
        node("top", Mean("arithmetic"), 1.0, tuple(leaf(str(i), w) for i, w in enumerate(spec[e])))
        for e in ("e0", "e1")
    ]
    scores = [{str(i): z for i, z in enumerate(spec[name])} for name in ("z0", "z1")]

    parts = change(trees[0], scores[0], trees[1], scores[1])

    for part in parts:
        assert part.points == pytest.approx(spec[f"{part.kind}_effect"][int(part.node)], abs=EXACT)
    assert math.fsum(part.points for part in parts) == pytest.approx(
        spec["index1"] - spec["index0"], abs=EXACT
    )


@pytest.mark.parametrize("case", range(2))
def test_chain_and_rebase(reference: Any, case: int) -> None:
    spec = reference.json("change_and_chain.json")["chain"][case]
    old, new = spec["old_scores_periods_0_to_5"], spec["new_scores_periods_5_to_11"]

    levels = chain.link(old, new, spec["base_period"])

    assert levels == pytest.approx(spec["levels_base_100"], abs=EXACT)
    rebased = chain.rebase(levels, spec["rebased_to_period"])
    assert rebased == pytest.approx(spec["levels_rebased"], abs=EXACT)
    assert chain.rebase(rebased, spec["base_period"]) == pytest.approx(levels)


def test_chain_is_the_same_whatever_the_base(reference: Any) -> None:
    spec = reference.json("change_and_chain.json")["chain"][0]
    old, new = spec["old_scores_periods_0_to_5"], spec["new_scores_periods_5_to_11"]

    assert chain.rebase(chain.link(old, new, 0), 7) == pytest.approx(chain.link(old, new, 7))
    assert chain.link_factor(old[-1], new[0]) == old[-1] / new[0]


def test_a_base_near_zero_is_refused() -> None:
    with pytest.raises(Refused):
        chain.levels([4.0, 50.0], 0, least=5.0)


def test_median_has_no_closed_form_but_shapley_adds_up() -> None:
    tree = node("top", Mean("median"), 1.0, tuple(leaf(name, 1.0) for name in "abc"))
    z0, z1 = {"a": 1.0, "b": 2.0, "c": 3.0}, {"a": 5.0, "b": 2.5, "c": 1.0}

    with pytest.raises(Refused):
        change(tree, z0, tree, z1)
    assert math.fsum(shapley(tree, z0, z1).values()) == pytest.approx(0.5)


def test_shapley_is_limited_to_what_can_be_enumerated() -> None:
    tree = node("top", Mean("arithmetic"), 1.0, tuple(leaf(str(i), 1.0) for i in range(17)))

    with pytest.raises(Refused, match="at most 16"):
        shapley(tree, {str(i): 0.0 for i in range(17)}, {str(i): 1.0 for i in range(17)})
