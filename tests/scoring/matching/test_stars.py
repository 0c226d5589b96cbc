"""Stars of a green building at the design stage."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.errors import InvalidFacts
from scoring.matching.stars import StarEstimate, stars

POINTS = {
    "safety": 60,
    "health": 60,
    "convenience": 40,
    "resources": 110,
    "environment": 60,
    "innovation": 10,
}


def estimate(points: dict[str, Any] | None = None, **changes: Any) -> StarEstimate:
    given_ = {"controls_met": True, "fully_fitted": True, "requirements_met": 3, **changes}
    return stars({**POINTS, **(points or {})}, **given_)


def test_the_total_is_a_tenth_of_all_points() -> None:
    found = estimate()

    assert found.total == 74
    assert (found.stars, found.short) == (2, 11)
    assert found.reasons == ()
    assert found.basis[0].status == "official"


def test_a_class_below_its_least_share_costs_every_star() -> None:
    assert estimate({"convenience": 21}).stars == 2  # 30 % of the 70 points of the design stage
    weak = estimate({"convenience": 20, "resources": 200})

    assert weak.stars == 0
    assert "生活便利" in weak.reasons[0].zh


@pytest.mark.parametrize(
    ("changes", "least", "most"),
    [
        ({"controls_met": False}, 0, 0),
        ({"controls_met": None}, 0, 2),
        ({"fully_fitted": False}, 0, 0),
        ({"requirements_met": 1}, 1, 1),
        ({"requirements_met": 0}, 0, 0),
        ({"requirements_met": None}, 0, 2),
    ],
)
def test_conditions_cap_the_stars_and_open_ones_leave_a_range(
    changes: dict[str, Any], least: int, most: int
) -> None:
    found = estimate(**changes)

    assert (found.least, found.most) == (least, most)
    assert found.reasons or most == 1 or least == most


def test_a_missing_class_is_not_zero() -> None:
    found = estimate({"resources": None})

    assert (found.total, found.stars, found.missing) == (None, None, ("resources",))
    assert (found.least, found.most) == (0, 2)


@pytest.mark.parametrize("points", [{"convenience": 71}, {"safety": -1}, {"beauty": 5}, {"innovation": 101}])
def test_points_outside_their_class_are_refused(points: dict[str, Any]) -> None:
    with pytest.raises(InvalidFacts):
        estimate(points)


def test_the_label_stage_counts_operation_too() -> None:
    assert estimate({"convenience": 100}, stage="label").total == Decimal(80)


@given(st.sampled_from(sorted(POINTS)), st.integers(0, 70), st.integers(0, 70))
def test_more_points_never_cost_a_star(key: str, a: int, b: int) -> None:
    assert estimate({key: min(a, b)}).least <= estimate({key: max(a, b)}).least
