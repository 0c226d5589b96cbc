"""Many projects at once give the figures of each one alone."""

from datetime import date
from typing import Any

import numpy as np
import pytest

from scoring import carbon
from scoring.errors import InvalidFacts

TODAY = date(2026, 11, 1)
MIXED: list[tuple[str, dict[str, float]]] = [
    ("beijing-dpv-behind-meter", {"capacity": 2, "full_load_hours": 1150, "loss": 0.03}),
    ("heat-pump", {"area": 57000, "heat": 0.3, "eta_boiler": 0.9, "spf": 3.5}),
    ("heat-pump", {"area": 1000, "heat": 0.2, "eta_boiler": 0.95, "spf": 2.1}),
    ("ess", {"charge": 10000, "round_trip": 0.85}),
    (
        "cdm-ams-iii-c",
        {"vehicles": 10, "distance": 60000, "fuel": 35, "electricity": 140, "charging_eff": 0.9},
    ),
    ("cdm-acm0022", {"waste": 2e5, "share_food": 0.5, "landfill_share": 0.3, "yield_per_tonne": 0.35}),
    ("wetland", {"area": 10}),
]


def test_columns_equal_single_estimates() -> None:
    together = carbon.estimate_many(MIXED, on=TODAY)

    for place, (method, inputs) in enumerate(MIXED):
        alone = carbon.estimate(method, inputs, on=TODAY)
        assert isinstance(alone, carbon.Benefit)
        for name in ("annual", "p10", "p50", "p90", "conservative"):
            assert getattr(together, name)[place] == pytest.approx(getattr(alone, name), rel=1e-9), method
        assert together.exact[place] == alone.exact


def test_series_come_as_rows() -> None:
    columns: dict[str, Any] = {
        "passengers": np.array([5e7, 6e7]),
        "trip": np.array([9.0, 8.0]),
        "shares": np.array([[0.25, 0.05, 0.5, 0.2], [0.3, 0.1, 0.4, 0.2]]),
        "ef_modes": np.array([[0.14, 0.18, 0.035, 0.0]] * 2),
        "traction": np.array([60000.0, 50000.0]),
    }

    together = carbon.estimate_columns("cdm-acm0016", columns, on=TODAY)

    alone = carbon.estimate("cdm-acm0016", {key: value[0] for key, value in columns.items()}, on=TODAY)
    assert isinstance(alone, carbon.Benefit)
    assert together.annual[0] == pytest.approx(alone.annual)
    assert together.p10[0] == pytest.approx(alone.p10)


def test_a_missing_number_gives_no_number() -> None:
    columns = {"capacity": np.array([1.0, np.nan]), "full_load_hours": np.array([1000.0, 1000.0])}

    found = carbon.estimate_columns("beijing-dpv-behind-meter", columns, on=TODAY)

    assert np.isfinite(found.annual[0])
    assert np.isnan(found.annual[1])
    assert np.isnan(found.p10[1])


@pytest.mark.parametrize(
    ("method", "columns", "key"),
    [
        ("beijing-dpv-behind-meter", {"capacity": [2.0]}, "full_load_hours"),
        ("beijing-dpv-behind-meter", {"capacity": [2.0], "power": [1.0]}, "power"),
        ("beijing-dpv-behind-meter", {"capacity": [2.0, 99.0]}, "capacity"),
        ("adaptation", {}, "method_id"),
    ],
)
def test_faults_of_columns_are_named(method: str, columns: dict[str, Any], key: str) -> None:
    with pytest.raises(InvalidFacts) as refused:
        carbon.estimate_columns(method, columns, on=TODAY)

    assert key in refused.value.messages
