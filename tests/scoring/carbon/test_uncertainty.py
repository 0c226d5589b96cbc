"""Bands: exact where they can be, stratified draws elsewhere, one draw for one quantity."""

from datetime import date

import numpy as np
import pytest

from scoring import carbon
from scoring.carbon import uncertainty
from scoring.carbon.product import NotProduct, Product

TODAY = date(2026, 11, 1)


def test_product_is_exact_and_agrees_with_draws() -> None:
    spread = uncertainty.spread({"a": 0.1, "b": 0.2}, {("a", "b"): 0.5})

    exact = uncertainty.exact(lambda f: 3.0 * f["a"] / f["b"], spread, 20)
    factors = spread.factors(200_000, 1)
    drawn = uncertainty.percentiles(3.0 * factors["a"] / factors["b"], 20)

    assert exact is not None
    assert exact.exact
    assert exact.p50 == pytest.approx(3.0)
    for name in ("p10", "p50", "p90", "conservative"):
        assert getattr(drawn, name) == pytest.approx(getattr(exact, name), rel=3e-3)


def test_product_of_two_uncertainties_adds_them_in_quadrature() -> None:
    spread = uncertainty.spread({"a": 0.03, "b": 0.04}, {})

    exact = uncertainty.exact(lambda f: f["a"] * f["b"], spread, 20)

    assert exact is not None
    sigma = np.log(exact.p90) / 1.2815515655446004
    expected = np.hypot(np.log1p(0.03), np.log1p(0.04)) / uncertainty.HALF_WIDTH
    assert sigma == pytest.approx(expected)


def test_quantities_correlated_by_one_cancel() -> None:
    spread = uncertainty.spread({"a": 0.3, "b": 0.3}, {("a", "b"): 1.0})

    exact = uncertainty.exact(lambda f: 5.0 * f["a"] / f["b"], spread, 20)

    assert exact is not None
    assert exact.p10 == exact.p90 == pytest.approx(5.0)


def test_correlation_of_draws_is_the_declared_one() -> None:
    factors = uncertainty.spread({"a": 0.3, "b": 0.5}, {("a", "b"): 0.8}).factors(20_000, 3)

    assert np.corrcoef(np.log(factors["a"]), np.log(factors["b"]))[0, 1] == pytest.approx(0.8, abs=0.02)


def test_sum_of_different_quantities_is_no_product() -> None:
    spread = uncertainty.spread({"a": 0.1, "b": 0.2}, {})

    assert uncertainty.exact(lambda f: f["a"] + f["b"], spread, 20) is None
    with pytest.raises(NotProduct):
        Product(1.0, {"a": 1}) - Product(1.0, {"b": 1})


def test_difference_of_one_quantity_stays_a_product() -> None:
    spread = uncertainty.spread({"a": 0.1}, {})

    exact = uncertainty.exact(lambda f: 0.85 * f["a"] - f["a"], spread, 20)

    assert exact is not None
    assert exact.p50 == pytest.approx(-0.15)
    assert exact.p10 < exact.p50 < exact.p90 < 0


def test_result_without_uncertainty_has_no_width() -> None:
    band = uncertainty.exact(lambda f: 7.0, uncertainty.spread({}, {}), 20)

    assert band is not None
    assert band.p10 == band.p90 == 7.0


def test_same_seed_gives_the_same_band_and_another_one_nearly() -> None:
    inputs = {"area": 57000, "heat": 0.3, "eta_boiler": 0.9, "spf": 3.5}

    first, again, other = (carbon.estimate("heat-pump", inputs, on=TODAY, seed=s) for s in (0, 0, 1))

    assert isinstance(first, carbon.Benefit)
    assert isinstance(again, carbon.Benefit)
    assert isinstance(other, carbon.Benefit)
    assert not first.exact
    assert (first.p10, first.p90) == (again.p10, again.p90)
    assert other.p10 != first.p10
    assert other.p10 == pytest.approx(first.p10, rel=0.1)


def test_building_before_and_after_share_their_model_error() -> None:
    """A correlated model error leaves the difference better known than independent ones would."""
    spread = uncertainty.spread({"old": 0.25, "new": 0.25}, {("old", "new"): 0.8})
    loose = uncertainty.spread({"old": 0.25, "new": 0.25}, {})

    widths = []
    for one in (spread, loose):
        factors = one.factors(5000, 0)
        band = uncertainty.percentiles(0.3 * factors["old"] - 0.18 * factors["new"], 20)
        widths.append(band.p90 - band.p10)

    assert widths[0] < 0.75 * widths[1]


@pytest.mark.parametrize(
    ("relative", "ladder", "share"),
    [
        (0.10, "cdm_tool14", 0.0),
        (0.12, "cdm_tool14", 0.03),
        (0.25, "cdm_tool14", 0.1875),
        (0.40, "cdm_tool14", 0.40),
        (0.10, "ccer_forest", 0.0),
        (0.15, "ccer_forest", 0.06),
        (0.30, "ccer_forest", 0.11),
        (0.31, "ccer_forest", None),
    ],
)
def test_discount_follows_its_ladder(relative: float, ladder: str, share: float | None) -> None:
    found = carbon.uncertainty_discount(relative, ladder)

    assert found == (None if share is None else pytest.approx(share))


def test_quantiles_are_linear_ones() -> None:
    values = np.random.default_rng(0).normal(size=(3, 101))

    found = uncertainty.quantiles(values, (10, 20, 50, 90))

    np.testing.assert_allclose(found, np.percentile(values, [10, 20, 50, 90], axis=-1))
