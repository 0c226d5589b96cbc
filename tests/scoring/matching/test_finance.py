"""Finance figures: published examples, the laws they obey, and what is refused."""

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring import catalogue
from scoring.errors import InvalidFacts
from scoring.matching import cashflow, debt, green

CASES = catalogue.load(Path(__file__).parent / "cases" / "finance.yaml").records("examples")


def _years(inputs: Mapping[str, Any]) -> list[Any]:
    years = inputs.get("years", 100)
    return [-inputs["investment"], *[inputs["annual_inflow"]] * years]


def _dates(inputs: Mapping[str, Any]) -> list[date]:
    return [day if isinstance(day, date) else date.fromisoformat(day) for day in inputs["dates"]]


FIGURES: dict[str, Callable[[Mapping[str, Any]], float | None]] = {
    "irr": lambda i: cashflow.irr(i["cash_flows"]).value,
    "npv": lambda i: cashflow.npv(i["rate"], i["cash_flows"]),
    "xirr": lambda i: cashflow.xirr(i["cash_flows"], _dates(i)).value,
    "xnpv": lambda i: cashflow.xnpv(i["rate"], i["cash_flows"], _dates(i)),
    "mirr": lambda i: cashflow.mirr(
        i["cash_flows"], finance_rate=i["finance_rate"], reinvest_rate=i["reinvest_rate"]
    ),
    "annuity_payment": lambda i: debt.annuity_payment(i["principal"], i["rate_per_period"], i["periods"]),
    "periods": lambda i: debt.periods_to_repay(i["principal"], i["rate_per_period"], i["payment"]),
    "payback": lambda i: cashflow.payback(_years(i)),
    "discounted_payback": lambda i: cashflow.discounted_payback(i["rate"], _years(i)),
    "lcoe": lambda i: cashflow.lcoe(
        i["capex"], [i["annual_opex"]] * i["years"], [i["annual_energy_kwh"]] * i["years"], i["rate"]
    ),
    "dscr": lambda i: debt.dscr([i["cash_available"]], [i["debt_service"]])[0],
    "cfads": lambda i: debt.cfads(i["revenue"], i["opex"], i["capex"], i["tax"]),
    "marginal_abatement_cost": lambda i: green.abatement_cost(i["npv"], i["tonnes_co2e"]),
    "rate_saving_simple": lambda i: (
        green.rate_saving(i["principal"], i["rate_cut"], 0, 1, repayment="bullet").first_year
    ),
    "pledge_loan_per_tonne": lambda i: _pledge(i["loan_cny"], i["tonnes"], 50).loan_per_tonne,
    "attribution": lambda i: (
        green.attribution(
            i["outstanding"], i["project_equity"], i["project_debt"], i["annual_avoided_tco2e"]
        ).avoided_tco2e
    ),
    "maturity_gap": lambda i: (
        debt.maturity_gap(
            i["loan"],
            i["rate"],
            i["tenor_years"],
            i["cash_flow_available"],
            target_dscr=i["min_dscr"],
            grace_years=1,
        ).needed_years
    ),
    "reit_leverage": lambda i: green.largest_debt_share(i["asset_to_net_asset_max"]),
}


def _pledge(loan: float, tonnes: float, price: float) -> green.PledgeCover:
    return green.pledge_cover(
        loan,
        tonnes,
        price,
        market="CEA",
        price_on=date(2026, 11, 2),
        pledge_rate=0.7,
        margin_call_at=0.85,
        liquidation_at=0.95,
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_published_example_is_reproduced(case: catalogue.Record) -> None:
    found = FIGURES[case["kind"]](case["inputs"])

    assert found == pytest.approx(float(case["expected"]), rel=max(float(case["tolerance"]), 1e-12))


def test_published_intermediate_values_of_the_levelised_cost() -> None:
    factors = cashflow.discount_factors(0.08, 21)[1:]

    assert 50_000 * factors.sum() == pytest.approx(490_907, rel=1e-6)
    assert 1_101_000 * factors.sum() == pytest.approx(10_809_780, rel=1e-6)


def test_several_rates_of_return_come_with_a_notice() -> None:
    found = cashflow.irr([-1000, 2300, -1320])  # (1 + r) = 1.1 and 1.2

    assert sorted(found.roots) == pytest.approx([0.1, 0.2])
    assert found.value == pytest.approx(0.1)
    assert found.notice is not None
    assert "2 个内部收益率" in found.notice.zh
    assert "MIRR" in found.notice.en


def test_flows_without_a_root_have_no_rate_of_return() -> None:
    found = cashflow.irr([100, -200, 150])

    assert (found.value, found.roots) == (None, ())
    assert found.notice is not None


def test_long_monthly_flows_do_not_overflow() -> None:
    flows = [-100_000.0, *[1000.0] * 359, -5000.0]

    found = cashflow.irr(flows)

    assert found.value == pytest.approx(0.00976, rel=1e-2)
    assert cashflow.npv(found.value or 0, flows) == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize(
    ("flows", "field"),
    [([], "cash_flows"), ([5], "cash_flows"), ([1, 2], "cash_flows"), ([-1, float("nan")], "cash_flows")],
)
def test_flows_that_have_no_rate_are_refused(flows: list[float], field: str) -> None:
    with pytest.raises(InvalidFacts) as refused:
        cashflow.irr(flows)

    assert list(refused.value.messages) == [field]


def test_a_rate_typed_as_a_percentage_is_refused() -> None:
    with pytest.raises(InvalidFacts, match=r"0\.036"):
        cashflow.npv(3.6, [-1, 2])


def test_payback_waits_for_a_later_reinvestment() -> None:
    assert cashflow.payback([-100, 110, -50, 60]) == pytest.approx(2 + 40 / 60)
    assert cashflow.payback([-100, 10, 10]) is None
    assert cashflow.payback([0, 10]) == 0


@given(
    st.floats(1e3, 1e8),
    st.floats(0, 0.3),
    st.integers(1, 40),
    st.sampled_from(debt.REPAYMENTS),
    st.integers(0, 5),
)
def test_a_schedule_repays_exactly_the_loan(
    principal: float, rate: float, years: int, repayment: str, grace: int
) -> None:
    plan = debt.schedule(principal, rate, years, repayment=repayment, grace=min(grace, years - 1))

    assert plan.principal.sum() == pytest.approx(principal)
    assert (plan.interest >= -1e-9 * principal).all()
    assert cashflow.npv(rate, [-principal, *plan.service.tolist()]) == pytest.approx(0, abs=1e-7 * principal)


@given(st.floats(1e3, 1e7), st.floats(0, 0.2), st.integers(1, 30))
def test_loan_life_cover_of_the_debt_service_itself_is_one(loan: float, rate: float, years: int) -> None:
    plan = debt.schedule(loan, rate, years)

    assert debt.llcr(plan.service.tolist(), rate, loan, years) == pytest.approx(1)
    assert debt.minimum_dscr(plan.service.tolist(), plan.service.tolist()) == pytest.approx(1)


def test_a_year_without_debt_service_has_no_cover() -> None:
    assert debt.dscr([10, 10], [0, 5]) == (None, 2.0)
    assert debt.minimum_dscr([10], [0]) is None


def test_maturity_gap_shows_the_shortfall_of_the_short_loan() -> None:
    cash = [0, 6e6, 9e6, 9.5e6, 1e7, 1.05e7, 1.05e7, 1.05e7, 1.05e7, 1.05e7]

    gap = debt.maturity_gap(3.5e7, 0.036, 5, cash, target_dscr=1.1, grace_years=1)

    assert (gap.needed_years, gap.gap_years) == (9, 4)
    assert gap.shortfall[0] == 0
    assert gap.shortfall[1] == pytest.approx(gap.debt_service[1] - 6e6)
    assert len(gap.debt_service) == len(cash)


def test_cash_that_never_suffices_has_no_needed_tenor() -> None:
    gap = debt.maturity_gap(1000, 0.05, 3, [10, 10, 10], target_dscr=1.1)

    assert gap.needed_years is None
    assert gap.gap_years is None


def test_the_first_year_overstates_the_saving_of_an_amortising_loan() -> None:
    saving = green.rate_saving(1000, 0.04, 0.03, 10)

    assert saving.first_year == pytest.approx(10)
    assert saving.total == pytest.approx(55)
    assert saving.total < 10 * saving.first_year
    assert saving.present_value < saving.total


def _subsidy(balances: list[tuple[date, float]], most_months: int = 24) -> green.Subsidy:
    return green.interest_subsidy(
        balances,
        subsidy_rate=0.015,
        opens_on=date(2026, 1, 19),
        closes_on=date(2026, 12, 31),
        most_months=most_months,
    )


def test_the_subsidy_stops_when_the_window_closes() -> None:
    found = _subsidy([(date(2026, 7, 1), 1e8), (date(2029, 7, 1), 0)])

    assert found.amount == pytest.approx(1e8 * 0.015 / 2)
    assert (found.starts_on, found.ends_on) == (date(2026, 7, 1), date(2027, 1, 1))


def test_the_subsidy_stops_at_its_cap_of_months() -> None:
    found = green.interest_subsidy(
        [(date(2025, 1, 31), 1e8), (date(2026, 1, 31), 5e7), (date(2030, 1, 31), 0)],
        subsidy_rate=0.015,
        opens_on=date(2024, 1, 1),
        closes_on=date(2030, 12, 31),
        most_months=24,
    )

    assert found.amount == pytest.approx((1e8 + 5e7) * 0.015)
    assert found.ends_on == date(2027, 1, 31)


def test_a_loan_outside_the_window_earns_no_subsidy() -> None:
    assert _subsidy([(date(2024, 1, 1), 1e8), (date(2025, 1, 1), 0)]).amount == 0


@pytest.mark.parametrize(
    ("price", "state", "within"),
    [(60, "covered", True), (48, "covered", False), (40, "margin_call", False), (36, "liquidation", False)],
)
def test_falling_prices_trigger_call_and_sale(price: float, state: str, within: bool) -> None:
    cover = _pledge(35 * 1000, 1000, price)

    assert (cover.state, cover.within_pledge_rate) == (state, within)
    assert cover.margin_call_price == pytest.approx(35 / 0.85)


def test_a_share_above_the_whole_project_is_refused() -> None:
    with pytest.raises(InvalidFacts, match="must not exceed"):
        green.attribution(301, 90, 210, 1000)


def test_negative_reductions_stay_negative_in_yield() -> None:
    assert green.climate_yield(-50, 100) == -0.5
    with pytest.raises(InvalidFacts):
        green.climate_yield(50, 0)
