"""Every worked example through the public interface, in its own units."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from scoring import carbon

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "examples.yaml").read_text(encoding="utf-8"))
TODAY = date(2026, 11, 1)


@pytest.mark.parametrize("case", CASES["examples"], ids=lambda case: case["id"])
def test_worked_example_is_reproduced(case: dict[str, Any]) -> None:
    expected = case["expected"]

    answer = carbon.calculate(case["method"], case["inputs"], on=TODAY)

    assert answer.to(expected["unit"]) == pytest.approx(expected["value"], rel=expected["tolerance"])


def test_every_example_has_a_source() -> None:
    assert len(CASES["examples"]) == 38
    assert all(case["source"] for case in CASES["examples"])
    assert sum(case["published"] for case in CASES["examples"]) == 16


def test_one_megawatt_never_gives_millions_of_tonnes() -> None:
    case = next(case for case in CASES["examples"] if case["id"] == "pub-pv-shanghai-press")

    answer = carbon.calculate(case["method"], case["inputs"], on=TODAY)

    assert answer.to("tCO2e/yr") < 1000


@pytest.mark.parametrize(
    ("method", "inputs", "output", "value"),
    [
        ("heat-pump", {"ef_el": 0.6361, "eta_boiler": 0.9, "ef_gas": 0.0561}, "breakeven_spf", 2.83),
        ("heat-pump", {"ef_el": 0.7119, "eta_boiler": 0.9, "ef_gas": 0.0561}, "breakeven_spf", 3.17),
        ("heat-pump", {"ef_el": 0.8269, "eta_boiler": 0.9, "ef_gas": 0.0561}, "breakeven_spf", 3.68),
        (
            "cdm-ams-iii-c",
            {"fuel": 35, "ef_fuel": 2.63, "charging_eff": 0.9, "ef_el": 0.558},
            "breakeven_electricity",
            149,
        ),
        (
            "cdm-ams-iii-c",
            {"fuel": 35, "ef_fuel": 2.63, "charging_eff": 0.9, "ef_el": 0.6361},
            "breakeven_electricity",
            130,
        ),
        ("cdm-am0124", {"ef_ref": 10, "sec": 55}, "breakeven_factor", 0.18),
    ],
)
def test_break_even_values_of_the_method_book(
    method: str, inputs: dict[str, float], output: str, value: float
) -> None:
    answer = carbon.calculate(method, inputs, on=TODAY, output=output)

    assert answer.value == pytest.approx(value, rel=0.012)


def test_first_order_decay_takes_a_series_of_tonnages() -> None:
    constant = carbon.calculate("cdm-tool04", {"waste": 100, "year": 3}, on=TODAY, output="methane")
    listed = carbon.calculate(
        "cdm-tool04", {"waste_by_year": [100, 100, 100], "year": 3}, on=TODAY, output="methane"
    )
    stopped = carbon.calculate(
        "cdm-tool04", {"waste_by_year": "100, 0, 0", "year": 3}, on=TODAY, output="methane"
    )

    assert listed.value == pytest.approx(constant.value)
    assert stopped.value < constant.value


def test_ice_cold_lagoons_give_less_methane_than_warm_ones() -> None:
    warm = carbon.calculate("cdm-acm0014", {"t_monthly": [300] * 12}, on=TODAY, output="f_temperature")
    celsius = carbon.calculate(
        "cdm-acm0014", {"t_monthly": ([26.85] * 12, "degC")}, on=TODAY, output="f_temperature"
    )
    cold = carbon.calculate("cdm-acm0014", {"t_monthly": [283] * 12}, on=TODAY, output="f_temperature")

    assert celsius.value == pytest.approx(warm.value)
    assert cold.value < warm.value
