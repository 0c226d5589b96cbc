"""The figures of one project's page."""

import pytest

from scoring import matching
from scoring.errors import InvalidFacts
from scoring.matching import cashflow, debt

PLANT = matching.Financing(
    investment=8000,
    cash_available=[900.0] * 20,
    loan=5600,
    equity=2400,
    loan_rate=0.032,
    tenor_years=10,
    discount_rate=0.06,
    reinvest_rate=0.03,
    standard_rate=0.042,
    target_dscr=1.2,
    opex=[120.0] * 20,
    energy_mwh=[12_000.0] * 20,
    annual_tco2e=7000,
    lifetime_tco2e=140_000,
    outstanding=4000,
)


def test_the_page_of_the_plant_agrees_with_the_single_functions() -> None:
    found = matching.figures(PLANT)
    flows = [-8000.0, *[900.0] * 20]

    assert found.find("npv").value == pytest.approx(cashflow.npv(0.06, flows))
    assert found.find("irr").value == pytest.approx(100 * (cashflow.irr(flows).value or 0))
    assert found.find("payback").value == pytest.approx(8000 / 900)
    assert found.find("dscr_min").value == pytest.approx(900 / debt.annuity_payment(5600, 0.032, 10))
    assert found.find("climate_yield").value == pytest.approx(1.25)
    assert found.find("attributed").value == pytest.approx(3500)
    assert found.find("abatement_cost").value == pytest.approx(-cashflow.npv(0.06, flows) * 10_000 / 140_000)
    assert all(figure.value is not None for figure in found.figures)
    assert found.gap is not None
    assert len(found.gap.debt_service) == 20


def test_a_figure_without_its_inputs_says_what_is_missing() -> None:
    found = matching.figures(matching.Financing(investment=8000, cash_available=[900.0] * 20))

    assert found.find("irr").value is not None
    lowest = found.find("dscr_min")
    assert lowest.value is None
    assert lowest.notice is not None
    assert lowest.notice.zh == "缺少：贷款金额、贷款利率、贷款期限"
    assert found.gap is None


def test_cash_that_never_turns_is_said_and_not_guessed() -> None:
    found = matching.figures(matching.Financing(investment=8000, cash_available=[-1.0, -1.0]))

    assert found.find("irr").value is None
    assert found.find("irr").notice is not None
    assert found.find("payback").value is None


def test_a_rate_in_percent_is_refused() -> None:
    with pytest.raises(InvalidFacts):
        matching.figures(matching.Financing(investment=8000, cash_available=[900.0] * 20, discount_rate=6))
