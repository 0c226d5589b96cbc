"""Claims beside estimates: likely causes, contributions of inputs, alarms."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from scoring import carbon

TODAY = date(2026, 11, 1)


def benefit(method: str, inputs: dict[str, Any], **options: Any) -> carbon.Benefit:
    found = carbon.estimate(method, inputs, on=TODAY, **options)
    assert isinstance(found, carbon.Benefit)
    return found


@pytest.fixture(name="rooftop")
def _rooftop() -> carbon.Benefit:
    inputs = {"capacity": 2, "full_load_hours": 1150, "loss": Decimal("0.03")}
    return benefit("beijing-dpv-behind-meter", inputs, investment=Decimal(700))


@pytest.fixture(name="pump")
def _pump() -> carbon.Benefit:
    inputs = {"area": 57000, "heat": Decimal("0.3"), "eta_boiler": Decimal("0.9"), "spf": Decimal("3.5")}
    return benefit("heat-pump", inputs, investment=Decimal(2000))


def test_equal_claim_agrees(rooftop: carbon.Benefit) -> None:
    found = carbon.reconcile(Decimal("1244.9"), rooftop)

    assert found.verdict == "agrees"
    assert found.in_band
    assert not found.causes
    assert found.unexplained == 0


@pytest.mark.parametrize(
    ("claim", "cause"),
    [
        (2300 * 0.558, "gross_generation"),
        (2231 * 0.5306, "factor:grid_cn_avg_2023"),
        (2231 * 0.604, "factor:ets_bj_grid_0604"),
        (2231 * 0.7119, "factor:cm:CN-north:2019:0.5/0.5"),
        (1244.898 * 25, "lifetime"),
        (1244.898 * 10000, "wan"),
        (1244.898 / 1000, "per_thousand"),
    ],
)
def test_cause_of_a_rooftop_claim_is_found(rooftop: carbon.Benefit, claim: float, cause: str) -> None:
    found = carbon.reconcile(claim, rooftop)

    assert found.verdict == "explained"
    assert found.causes[0].id == cause
    assert found.causes[0].figure == pytest.approx(claim, rel=1e-3)
    assert abs(found.unexplained) <= 1e-3 * claim


def test_two_slips_together_are_found(rooftop: carbon.Benefit) -> None:
    found = carbon.reconcile(2300 * 0.82690, rooftop)

    assert found.causes[0].id == "gross_generation+factor:cm:CN-north:2019:0.75/0.25"


def test_heat_pump_claim_by_coal_equivalent_is_found(pump: carbon.Benefit) -> None:
    found = carbon.reconcile(57000 * 0.3 / 29.3076 * 2.6, pump)

    assert found.causes[0].id == "tce:heat_supplied:2.6"
    assert "× 2.6" in found.causes[0].label.zh


def test_heat_pump_claim_without_its_power_is_found(pump: carbon.Benefit) -> None:
    found = carbon.reconcile(17100 / 0.9 * 0.0561, pump)

    assert found.causes[0].id == "no_pump_power"


def test_claim_that_nothing_explains_says_so(rooftop: carbon.Benefit) -> None:
    found = carbon.reconcile(5000, rooftop)

    assert found.verdict == "unexplained"
    assert found.unexplained == pytest.approx(found.difference)
    assert found.causes
    assert found.ratio == pytest.approx(5000 / 1244.898)


def test_order_of_magnitude_raises_an_alarm(rooftop: carbon.Benefit) -> None:
    found = carbon.reconcile(4_620_000, rooftop)

    assert len(found.alarms) == 2
    assert "order of magnitude" in found.alarms[0].en


def test_opposite_sign_raises_an_alarm() -> None:
    storage = benefit("ess", {"charge": 10000, "round_trip": Decimal("0.85")})

    found = carbon.reconcile(4743, storage)

    assert "differ in sign" in found.alarms[0].en
    assert found.causes[0].id == "discharge_only"


def test_differing_inputs_share_the_difference_exactly(pump: carbon.Benefit) -> None:
    theirs = {"spf": 5, "ef_el": Decimal("0.5"), "heat": Decimal("0.4")}
    whole = benefit(
        "heat-pump",
        {"area": 57000, "eta_boiler": Decimal("0.9"), **theirs},
    )

    found = carbon.reconcile(whole.annual, pump, claimed_inputs=theirs)

    assert sum(part.effect for part in found.by_input) == pytest.approx(whole.annual - pump.annual)
    assert found.unexplained == pytest.approx(0, abs=1e-9)
    assert found.verdict == "explained"
    assert {part.key for part in found.by_input} == set(theirs)


def test_anchors_and_percentile_place_the_figure(rooftop: carbon.Benefit) -> None:
    found = carbon.reconcile(Decimal(7000), rooftop, peers=[1.0, 1.5, 2.0, 3.0])

    assert found.percentile == 50
    quarter = next(view for view in found.anchors if view.anchor.key == "bank_quarter")
    assert (quarter.ours, quarter.claimed) == ("within", "above")


def test_zero_estimate_is_compared_without_a_ratio() -> None:
    wetland = benefit("wetland", {"area": 10})

    found = carbon.reconcile(100, wetland)

    assert found.ratio is None
    assert found.verdict == "unexplained"
