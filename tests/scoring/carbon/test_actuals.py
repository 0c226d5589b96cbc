"""After admission: actual reductions beside the estimate; and adaptation, which has none."""

from datetime import date
from decimal import Decimal

import pytest

from scoring import carbon
from scoring.errors import InvalidFacts

TODAY = date(2026, 11, 1)
START = date(2027, 4, 1)


@pytest.fixture(name="plant")
def _plant() -> carbon.Benefit:
    found = carbon.estimate(
        "beijing-dpv-behind-meter",
        {"capacity": 2, "full_load_hours": 1150, "degradation": Decimal("0.01")},
        on=TODAY,
        life=3,
    )
    assert isinstance(found, carbon.Benefit)
    return found


def test_full_first_year_expects_the_first_year(plant: carbon.Benefit) -> None:
    record = carbon.performance(plant, [carbon.Actual(START, date(2028, 3, 31), 1300.0)], starts_on=START)

    period = record.periods[0]
    assert period.expected == pytest.approx(plant.yearly[0])
    assert period.ratio == pytest.approx(1300 / plant.yearly[0])
    assert period.low == pytest.approx(plant.p10)
    assert period.within_band


def test_quarter_across_years_takes_the_days_of_each(plant: carbon.Benefit) -> None:
    quarter = carbon.Actual(date(2028, 3, 1), date(2028, 5, 31), 100.0)

    record = carbon.performance(plant, [quarter], starts_on=START)

    expected = plant.yearly[0] * 31 / 366 + plant.yearly[1] * 61 / 365
    assert record.periods[0].expected == pytest.approx(expected)
    assert not record.periods[0].within_band


def test_total_adds_the_periods_and_nothing_is_expected_after_the_life(plant: carbon.Benefit) -> None:
    periods = [carbon.Actual(date(2027 + y, 4, 1), date(2028 + y, 3, 31), 1000.0) for y in range(4)]

    record = carbon.performance(plant, periods, starts_on=START)

    assert record.total is not None
    assert record.total.expected == pytest.approx(plant.lifetime)
    assert record.total.actual == 4000
    assert record.periods[3].expected == 0
    assert record.periods[3].ratio is None


def test_no_periods_no_total(plant: carbon.Benefit) -> None:
    assert carbon.performance(plant, [], starts_on=START).total is None


def test_leap_day_start_has_its_anniversary_in_march(plant: carbon.Benefit) -> None:
    leap = date(2028, 2, 29)

    record = carbon.performance(plant, [carbon.Actual(leap, date(2029, 2, 28), 1.0)], starts_on=leap)

    assert record.periods[0].expected == pytest.approx(plant.yearly[0])


@pytest.mark.parametrize(
    "periods",
    [
        [carbon.Actual(date(2027, 5, 2), date(2027, 5, 1), 1.0)],
        [carbon.Actual(date(2027, 3, 1), date(2027, 5, 1), 1.0)],
        [
            carbon.Actual(date(2027, 4, 1), date(2027, 5, 1), 1.0),
            carbon.Actual(date(2027, 5, 1), date(2027, 6, 1), 1.0),
        ],
    ],
)
def test_impossible_periods_are_refused(plant: carbon.Benefit, periods: list[carbon.Actual]) -> None:
    with pytest.raises(InvalidFacts):
        carbon.performance(plant, periods, starts_on=START)


def test_adaptation_takes_three_steps_and_no_tonnes() -> None:
    facts = {
        "hazard": "内涝",
        "exposure": "下凹桥区",
        "vulnerability": "排水能力不足",
        "adaptation_intent": "提高设防标准",
        "people_protected": Decimal(20000),
        "standard_after": Decimal(50),
        "standard_target": Decimal(30),
    }

    begun = carbon.adaptation(facts)
    whole = carbon.adaptation(facts | {"causal_link": "调蓄池削减峰值"})

    assert [step.complete for step in begun.steps] == [True, True, False]
    assert [spec.key for spec in begun.steps[2].missing] == ["causal_link"]
    assert whole.complete
    assert whole.reaches_target is True
    assert whole.indicators["people_protected"] == 20000
