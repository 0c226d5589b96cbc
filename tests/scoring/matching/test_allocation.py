"""Allocation: the answer breaks no rule and stays under the bound; the front trades goal for goal."""

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring import matching
from scoring.errors import InvalidFacts
from scoring.matching.plans import Limits, Plan
from scoring.matching.rounding import breaches

from .plant import TODAY, plant

LIMITS = Limits(debt_share=0.75, sector_share=0.4, project_share=0.15, products_a_project=3, completion=0.7)
FREE = Limits(debt_share=1.0, sector_share=1.0, project_share=1.0, products_a_project=3, completion=0.7)


def problem(projects: int = 60, products: int = 12, seed: int = 1, limits: Limits = LIMITS) -> Plan:
    draw = np.random.default_rng(seed)
    need = np.exp(draw.normal(6, 1, projects))
    bank = np.arange(products) % 4
    quota = need.sum() * 0.3 / products * draw.uniform(0.5, 1.5, products)
    pairs = np.argwhere(draw.random((projects, products)) < 0.4)
    smallest = draw.choice([10.0, 50.0, 200.0], products)
    return Plan(
        need=need,
        investment=need / draw.uniform(0.4, 0.9, projects),
        climate=np.exp(draw.normal(0, 1, projects)),
        sector=draw.integers(0, 5, projects),
        quota=quota,
        smallest=smallest,
        largest=smallest * 100,
        investment_share=np.ones(products),
        bank=bank,
        capital=np.bincount(bank, quota) * 0.9,
        project=pairs[:, 0],
        product=pairs[:, 1],
        suitability=draw.uniform(0.3, 1, len(pairs)),
        limits=limits,
        product_ids=tuple(f"P{i}" for i in range(products)),
    )


def _two(climate: tuple[float, float], quota: float, smallest: float = 0.0) -> Plan:
    """Two projects of 100 under one product."""
    return Plan(
        need=np.array([100.0, 100.0]),
        investment=np.array([200.0, 200.0]),
        climate=np.array(climate),
        sector=np.array([0, 1]),
        quota=np.array([quota]),
        smallest=np.array([smallest]),
        largest=np.array([1000.0]),
        investment_share=np.ones(1),
        bank=np.array([0]),
        capital=np.array([1000.0]),
        project=np.array([0, 1]),
        product=np.array([0, 0]),
        suitability=np.array([0.5, 1.0]),
        limits=FREE,
        product_ids=("P",),
    )


def test_scarce_money_goes_where_the_tonnes_are() -> None:
    found = matching.allocate(_two((3.0, 1.0), quota=100.0))

    assert found.awards == (matching.Award(0, 0, 100.0),)
    assert (found.climate, found.bound, found.gap) == (300.0, 300.0, 0.0)


def test_one_more_unit_of_quota_is_worth_the_best_tonnes() -> None:
    plan = replace(_two((3.0, 1.0), quota=50.0), limits=replace(FREE, completion=0.0))

    assert matching.allocate(plan).quota_prices.tolist() == [3.0]


def test_no_project_is_left_half_funded() -> None:
    found = matching.allocate(_two((3.0, 1.0), quota=150.0))

    assert found.climate == pytest.approx(300)
    assert [award.project for award in found.awards] == [0]
    assert found.bound == pytest.approx(350)
    assert found.gap == pytest.approx(1 / 7)


def test_the_price_of_climate_is_what_a_tonne_costs_in_suited_money() -> None:
    plan = _two((3.0, 1.0), quota=100.0)

    points = matching.front(plan, 3)

    assert (points[0].climate, points[0].suited) == (100.0, 100.0)
    assert points[-1].climate == pytest.approx(300)
    assert points[1].price == pytest.approx(0.25)  # half a suited 万元 lost for two tonnes won


def test_more_quota_is_never_worse() -> None:
    before, after = matching.what_if(
        _two((3.0, 1.0), quota=100.0).with_quotas({"P": 100}), {"P": Decimal(200)}
    )

    assert after.bound >= before.bound
    with pytest.raises(InvalidFacts):
        before.plan.with_quotas({"X": 1})


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["climate", "suitability"]))
def test_an_answer_breaks_no_rule_and_stays_under_the_bound(seed: int, goal: str) -> None:
    found = matching.allocate(problem(seed=seed), goal=goal)

    assert sum(breaches(found.plan, found.amounts).values()) == 0
    assert -1e-9 <= found.gap <= 1


def test_the_answer_is_near_the_bound_where_tickets_are_small() -> None:
    gaps = [matching.allocate(problem(300, 30, seed=seed, limits=FREE)).gap for seed in range(3)]

    assert max(gaps) < 0.10


def test_the_front_never_rises_in_both_goals() -> None:
    points = matching.front(problem(), 6)

    assert all(b.climate >= a.climate - 1e-6 for a, b in pairwise(points))
    assert all(b.suited <= a.suited + 1e-6 for a, b in pairwise(points))
    assert all(b.price >= a.price - 1e-9 for a, b in pairwise(points))


def test_a_floor_that_whole_projects_cannot_meet_is_reported() -> None:
    plan = _two((3.0, 2.0), quota=150.0)

    reached = matching.allocate(plan, goal="suitability", climate_floor=290)
    short = matching.allocate(plan, goal="suitability", climate_floor=390)

    assert (reached.meets_floor, reached.climate) == (True, pytest.approx(300))
    assert (short.meets_floor, short.climate) == (False, pytest.approx(300))


def test_a_floor_beyond_reach_is_refused() -> None:
    with pytest.raises(matching.NoAllocation):
        matching.allocate(_two((3.0, 1.0), quota=100.0), goal="suitability", climate_floor=301)


@pytest.mark.parametrize(
    "change",
    [{"quota": np.array([-1.0])}, {"need": np.array([np.nan, 1.0])}, {"largest": np.array([-1.0])}],
)
def test_numbers_without_sense_are_refused(change: dict[str, np.ndarray]) -> None:  # type: ignore[type-arg]
    with pytest.raises(InvalidFacts):
        replace(_two((1.0, 1.0), quota=10.0), **change)


def test_the_plan_takes_only_eligible_pairs_and_known_tonnes() -> None:
    profiles = [plant(), plant(credit_lists=frozenset({"discredited"})), plant(financing_need=None)]
    matches = matching.match_frame(profiles, matching.products(TODAY), on=TODAY)

    plan = matching.plan(matches, quotas={"GL-01": 10_000, "LS-20": 3_000, "BD-10": 1_000, "SU-23": 500})
    found = matching.allocate(replace(plan, limits=FREE))

    assert plan.product_ids == ("GL-01", "BD-10", "LS-20")
    assert set(plan.project.tolist()) == {0}
    assert found.total == pytest.approx(5600)
    assert found.climate == pytest.approx(14023)


def test_nothing_to_allocate_is_an_empty_answer() -> None:
    matches = matching.match_frame([plant()], matching.products(TODAY), on=TODAY)

    found = matching.allocate(matching.plan(matches, quotas={}))

    assert (found.awards, found.total, found.gap) == ((), 0.0, 0.0)
