"""Estimates: figures, bands, what is missing, what is refused, what is remarked."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring import carbon
from scoring.errors import InvalidFacts, UnknownEdition

TODAY = date(2026, 11, 1)
HEAT_PUMP = {"area": 57000, "heat": Decimal("0.3"), "eta_boiler": Decimal("0.9"), "spf": Decimal("3.5")}
PV = {
    "capacity": (2000, "kWp"),
    "full_load_hours": Decimal(1150),
    "loss": (3, "%"),
    "degradation": Decimal("0.006"),
}


def estimate(method: str, inputs: Any, **options: Any) -> carbon.Benefit:
    found = carbon.estimate(method, inputs, on=options.pop("on", TODAY), **options)
    assert isinstance(found, carbon.Benefit)
    return found


def test_grid_connected_pv_of_a_registered_project() -> None:
    inputs = {
        "net_generation": Decimal(15580),
        "ef_om": Decimal("1.0021"),
        "ef_bm": Decimal("0.5940"),
        "w_om": Decimal("0.75"),
        "w_bm": Decimal("0.25"),
    }

    benefit = estimate("cdm-ams-i-d", inputs)

    assert benefit.annual == pytest.approx(14023, rel=1e-4)
    assert benefit.method_id == "cdm-ams-i-d"
    assert [step.key for step in benefit.steps] == ["ef_cm", "reduction"]
    assert benefit.steps[0].substituted == "0.75 × 1.0021 + 0.25 × 0.594"


def test_rooftop_pv_by_capacity_takes_the_beijing_factor_of_2022() -> None:
    benefit = estimate("beijing-dpv-behind-meter", PV)

    assert benefit.annual == pytest.approx(1244.9, rel=1e-4)
    assert [factor.id for factor in benefit.factors] == ["grid_cn_bj_avg_2022"]


def test_lifetime_falls_by_degradation_and_by_the_trajectory() -> None:
    benefit = estimate("beijing-dpv-behind-meter", PV, life=25)

    kept = sum(0.994**year for year in range(25))
    assert benefit.lifetime == pytest.approx(benefit.annual * kept)
    greener = sum((0.994 * 0.965) ** year for year in range(25))
    assert benefit.lifetime_dynamic == pytest.approx(benefit.annual * greener)
    assert benefit.vanishing_share == pytest.approx(1 - greener / kept)


def test_a_trajectory_of_three_percent_takes_more_than_a_quarter_of_25_years() -> None:
    flat = PV | {"degradation": Decimal(0)}

    slow, fast = (
        estimate("beijing-dpv-behind-meter", flat, life=25, trajectory=name) for name in ("low", "high")
    )

    assert slow.vanishing_share is not None
    assert fast.vanishing_share is not None
    assert slow.vanishing_share < 0.25 < fast.vanishing_share
    assert slow.lifetime == fast.lifetime


def test_factor_never_falls_below_the_floor() -> None:
    benefit = estimate(
        "beijing-dpv-behind-meter", PV | {"degradation": Decimal(0)}, life=100, trajectory="high"
    )

    last = benefit.yearly_dynamic[-1] / benefit.yearly[-1]
    assert last == pytest.approx(0.03 / 0.558)


def test_negative_results_stay_negative_and_are_remarked() -> None:
    benefit = estimate("ess", {"charge": 10000, "round_trip": Decimal("0.85")})

    assert benefit.annual == pytest.approx(-837)
    assert benefit.p10 < benefit.p50 < benefit.p90 < 0
    assert any("negative" in words.en for words in benefit.warnings)


def test_break_even_is_where_the_result_is_zero() -> None:
    pump = estimate("heat-pump", HEAT_PUMP)
    bus = estimate(
        "cdm-ams-iii-c",
        {
            "vehicles": 100,
            "distance": 60000,
            "fuel": 35,
            "electricity": 105,
            "charging_eff": Decimal("0.9"),
        },
    )

    spf, consumption = pump.breakeven[0], bus.breakeven[0]
    assert spf.value == pytest.approx(2.486631, rel=1e-6)
    assert spf.saves_above
    assert consumption.value == pytest.approx(35 * 2.63 * 0.9 / 0.558, rel=1e-6)
    assert not consumption.saves_above
    again = estimate("heat-pump", HEAT_PUMP | {"spf": Decimal(repr(spf.value))})
    assert again.annual == pytest.approx(0, abs=1e-3)


def test_money_figures_follow_their_equations() -> None:
    benefit = estimate(
        "cdm-ams-i-d",
        {"net_generation": 1000, "ef_cm": Decimal("0.9")},
        investment=Decimal(1000),
        annual_saving=Decimal(60),
        life=20,
        discount_rate=Decimal("0.05"),
    )

    recovery = 0.05 / (1 - 1.05**-20)
    assert benefit.per_investment == pytest.approx(0.9)
    assert benefit.lifetime_per_investment == pytest.approx(18)
    assert benefit.mac == pytest.approx((recovery * 1e7 - 6e5) / 900)


def test_crediting_period_limits_the_credited_sum() -> None:
    benefit = estimate("cdm-ams-i-d", {"net_generation": 1000, "ef_cm": Decimal("0.9")}, life=25)

    assert benefit.lifetime == pytest.approx(900 * 25)
    assert benefit.lifetime_credited == pytest.approx(900 * 10)


def test_missing_inputs_are_named_and_never_taken_as_zero() -> None:
    nothing = carbon.estimate("heat-pump", {}, on=TODAY)
    begun = carbon.estimate("cdm-ams-i-d", {"capacity": 2}, on=TODAY)

    assert isinstance(nothing, carbon.Insufficient)
    assert set(nothing.missing) == {"heat_supplied", "eta_boiler", "spf"}
    assert nothing.missing["spf"].zh.startswith("系统季节性能系数")
    assert isinstance(begun, carbon.Insufficient)
    assert set(begun.missing) == {"full_load_hours"}


def test_no_factor_before_its_publication() -> None:
    found = carbon.estimate("beijing-dpv-behind-meter", PV, on=date(2023, 6, 1))

    assert isinstance(found, carbon.Insufficient)
    assert set(found.missing) == {"ef_self"} | set(found.missing) & {"ef_export"}
    assert "2023-06-01" in found.missing["ef_self"].zh


def test_newest_factor_of_the_day_is_taken() -> None:
    early = estimate("beijing-dpv-behind-meter", PV, on=date(2024, 6, 1))
    late = estimate("beijing-dpv-behind-meter", PV, on=date(2025, 6, 1))

    assert [factor.id for factor in early.factors] == ["grid_cn_bj_avg_2021"]
    assert [factor.id for factor in late.factors] == ["grid_cn_bj_avg_2022"]


def test_adaptation_needs_no_tonnes() -> None:
    found = carbon.estimate("adaptation", {}, on=TODAY)

    assert isinstance(found, carbon.Insufficient)
    assert not found.missing
    assert found.reason is not None


def test_green_power_never_reduces_a_project_total() -> None:
    benefit = estimate("green-power", {"purchased": 5000})

    assert benefit.annual == 0
    assert benefit.value_of("market_value") == pytest.approx(5000 * 0.6096)


def test_wetland_claims_nothing_without_a_measured_flux() -> None:
    assert estimate("wetland", {"area": 100}).annual == 0
    assert estimate("wetland", {"area": 100, "flux": Decimal("-2.5")}).annual == -250


def test_waste_to_energy_without_landfill_baseline_may_be_negative() -> None:
    inputs = {"waste": 200000, "share_food": Decimal("0.5"), "yield_per_tonne": Decimal("0.35")}

    today = estimate("cdm-acm0022", inputs)
    landfilled = estimate("cdm-acm0022", inputs | {"landfill_share": 1})

    assert today.annual == pytest.approx(200000 * (0.35 * 0.7119 - 0.2717), rel=1e-6)
    assert today.annual < 0 < landfilled.annual
    assert landfilled.yearly[0] < landfilled.yearly[10]
    assert landfilled.annual == pytest.approx(landfilled.lifetime / landfilled.life)


def test_pue_cap_comes_with_its_date() -> None:
    inputs = {
        "energy": 10000,
        "pue_base": Decimal("1.5"),
        "pue_new": Decimal("1.2"),
        "ef_el": Decimal("0.558"),
    }

    before = estimate("data-centre", inputs, on=date(2025, 6, 1))
    after = estimate("data-centre", inputs, on=date(2026, 6, 1))

    assert before.annual == pytest.approx(10000 * 0.3 * 0.558)
    assert after.annual == pytest.approx(10000 * 0.15 * 0.558)
    assert any("1.35" in words.en for words in after.warnings)


@pytest.mark.parametrize(
    ("inputs", "key", "words"),
    [
        ({"capacity": (2000, "kWh"), "full_load_hours": 1150}, "capacity", "cannot be converted"),
        ({"capacity": 2, "full_load_hours": 9000}, "full_load_hours", "usual range 900–1300"),
        (
            {"capacity": 2, "full_load_hours": 1000, "net_generation": 1000},
            "net_generation",
            "does not agree",
        ),
        ({"capacity": 2, "net_generation": 20000}, "net_generation", "8760"),
        ({"capacity": "two"}, "capacity", "not a number"),
        ({"capacity": float("nan")}, "capacity", "finite"),
        ({"capacity": [1, 2]}, "capacity", "one number"),
        ({"power": 2}, "power", "not an input"),
        ({"loss": Decimal("1.5")}, "loss", "at most"),
        ({"ef": 0.5, "ef_grid": 0.6}, "ef_grid", "other name"),
        ({"capacity": (2, "MW; import os")}, "capacity", "cannot be converted"),
        ({"capacity": (2, "MW**99999")}, "capacity", "cannot be converted"),
    ],
)
def test_bad_input_is_named_at_its_field(inputs: dict[str, Any], key: str, words: str) -> None:
    with pytest.raises(InvalidFacts) as refused:
        carbon.estimate("beijing-dpv-behind-meter", inputs, on=TODAY)

    assert words in refused.value.messages[key].en


def test_efficiency_above_one_is_impossible_outside_heat_pumps() -> None:
    with pytest.raises(InvalidFacts) as refused:
        carbon.estimate(
            "cdm-ams-ii-d",
            {"power": 10, "hours": 100, "load": 1, "eta_old": Decimal("0.9"), "eta_new": Decimal("1.2")},
            on=TODAY,
        )

    assert "eta_new" in refused.value.messages


def test_weights_must_sum_to_one() -> None:
    with pytest.raises(InvalidFacts) as refused:
        carbon.estimate("cdm-ams-i-d", {"net_generation": 1, "w_om": 1}, on=TODAY)

    assert "sum to 1" in refused.value.messages["w_om"].en


def test_mode_shares_must_sum_to_one_and_match_their_factors() -> None:
    inputs = {"passengers": 1000, "trip": 5, "traction": 1, "ef_modes": [0.1, 0.0]}

    for shares in ([0.5, 0.4], [0.5, 0.3, 0.2]):
        with pytest.raises(InvalidFacts) as refused:
            carbon.estimate("cdm-acm0016", inputs | {"shares": shares}, on=TODAY)
        assert "shares" in refused.value.messages


def test_unusual_value_asks_for_evidence_until_it_is_accepted_with_a_reason() -> None:
    unusual = HEAT_PUMP | {"spf": Decimal("6.5")}

    asked = estimate("heat-pump", unusual)
    accepted = estimate("heat-pump", unusual, accepted={"spf": "两年实测"})

    assert any("1.8–5.5" in words.en and "give evidence" in words.en for words in asked.warnings)
    assert any("accepted: 两年实测" in words.en for words in accepted.warnings)


def test_factor_of_a_wrong_kind_is_refused() -> None:
    margin = carbon.factor("grid_operating_margin", on=TODAY)

    with pytest.raises(InvalidFacts) as refused:
        carbon.estimate("heat-pump", HEAT_PUMP | {"ef_el": margin}, on=TODAY)

    assert "grid_operating_margin" in refused.value.messages["ef_el"].en


def test_two_kinds_of_factor_in_one_comparison_are_refused() -> None:
    province = carbon.factor("grid_average_province", on=TODAY)
    region = carbon.factor("grid_average_region", on=TODAY)
    inputs = {"charge": 100, "round_trip": Decimal("0.9"), "ef_charge": province, "ef_discharge": region}

    with pytest.raises(InvalidFacts) as refused:
        carbon.estimate("ess", inputs, on=TODAY)

    assert "one kind" in refused.value.messages["ef_charge"].en


def test_bare_number_that_is_a_compliance_factor_is_recognised() -> None:
    benefit = estimate("heat-pump", HEAT_PUMP | {"ef_el": Decimal("0.5703")})

    assert any("not meant for this use" in words.en for words in benefit.warnings)


def test_improbable_intensity_blocks_until_review() -> None:
    modest = estimate("cdm-ams-i-d", {"net_generation": 15580}, investment=Decimal(8000))
    wild = estimate("cdm-ams-i-d", {"net_generation": 15580}, investment=Decimal(10))

    assert not modest.blocked
    assert wild.blocked
    assert "check units" in wild.warnings[0].en


@pytest.mark.parametrize(
    ("options", "key"),
    [({"life": 0}, "life"), ({"life": 400}, "life"), ({"trajectory": "none"}, "trajectory")],
)
def test_surroundings_are_checked_too(options: dict[str, Any], key: str) -> None:
    with pytest.raises(InvalidFacts) as refused:
        carbon.estimate("beijing-dpv-behind-meter", PV, on=TODAY, **options)

    assert key in refused.value.messages


def test_unknown_method_and_method_not_yet_in_force() -> None:
    with pytest.raises(UnknownEdition):
        carbon.estimate("no-such-method", {}, on=TODAY)
    with pytest.raises(UnknownEdition):
        carbon.estimate("ccer-01-002", {"net_generation": 1}, on=date(2020, 1, 1))


@pytest.mark.parametrize(
    ("key", "same"),
    [
        ("capacity", [2, (2000, "kW"), (0.002, "GWp"), "2 MW", "2000 kWp", {"value": 2, "unit": "MW"}]),
        ("full_load_hours", [1150, (1150, "h/yr"), "1150 小时/年"]),
        ("loss", [0.03, (3, "%"), "3 %"]),
        ("ef_self", [0.558, (558, "gCO2/kWh"), (0.558, "kgCO2/kWh"), (0.155, "tCO2/GJ")]),
    ],
)
def test_unit_does_not_change_the_result(key: str, same: list[Any]) -> None:
    base = PV | {"ef_self": Decimal("0.558")}

    results = [estimate("beijing-dpv-behind-meter", base | {key: value}).annual for value in same]

    assert results == pytest.approx([results[0]] * len(same), rel=1e-9)


@given(scale=st.floats(0.01, 5))
@settings(max_examples=25, deadline=None)
def test_generation_is_linear_in_capacity(scale: float) -> None:
    one = estimate("beijing-dpv-behind-meter", PV | {"capacity": 1})
    other = estimate("beijing-dpv-behind-meter", PV | {"capacity": scale})

    assert other.annual == pytest.approx(scale * one.annual)
    assert other.p10 == pytest.approx(scale * one.p10)


@given(low=st.floats(1, 6), more=st.floats(0.01, 4))
@settings(max_examples=25, deadline=None)
def test_better_heat_pump_never_saves_less(low: float, more: float) -> None:
    worse = estimate("heat-pump", HEAT_PUMP | {"spf": low})
    better = estimate("heat-pump", HEAT_PUMP | {"spf": low + more})

    assert better.annual > worse.annual
    assert better.p10 >= worse.p10


@given(life=st.integers(1, 60))
@settings(max_examples=20, deadline=None)
def test_years_sum_to_the_lifetime(life: int) -> None:
    benefit = estimate("beijing-dpv-behind-meter", PV, life=life)

    assert len(benefit.yearly) == life
    assert benefit.lifetime == pytest.approx(sum(benefit.yearly))
    assert benefit.yearly[0] == pytest.approx(benefit.annual)
    assert benefit.lifetime_dynamic <= benefit.lifetime + 1e-9


@given(spf=st.floats(1.5, 6), area=st.floats(100, 1e6), seed=st.integers(0, 3))
@settings(max_examples=25, deadline=None)
def test_band_contains_its_median_and_the_conservative_figure_lies_low(
    spf: float, area: float, seed: int
) -> None:
    benefit = estimate("heat-pump", HEAT_PUMP | {"spf": spf, "area": area}, seed=seed)

    assert benefit.p10 <= benefit.conservative <= benefit.p50 <= benefit.p90
    assert benefit.p10 <= benefit.annual <= benefit.p90
