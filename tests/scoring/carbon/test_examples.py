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


@pytest.mark.parametrize(
    ("method", "inputs", "unit", "value"),
    [
        # the same word in another dimension, or another usual word for the same input
        ("fuel", {"ncv": (43.33, "GJ/t"), "cc": (0.0202, "tC/GJ"), "of": 0.98}, "tCO2/t", 3.1451),
        (
            "heat-pump",
            {"heat": (17100, "GJ/yr"), "eta": 0.9, "ef_gas": 0.0561, "spf": 3.5, "ef": 0.558},
            "tCO2/yr",
            308.614,
        ),
        (
            "recycling",
            {"aluminium": (100, "t/yr"), "ef_virgin": 15, "ef_recycled": 0.5, "net_to_gross": 0.8},
            "tCO2/yr",
            1160,
        ),
        (
            "refrigerant",
            {
                "charge": (2000, "kg"),
                "leak_old": (15, "%/yr"),
                "gwp_old": 1923.5,
                "charge_new": (1600, "kg"),
                "leak_new": (8, "%/yr"),
                "gwp_new": 677,
            },
            "tCO2e/yr",
            490.394,
        ),
        ("cdm-acm0002", {"electricity": (1, "GWh/yr"), "ef": (900, "kgCO2/MWh"), "years": 7}, "ktCO2e", 6.3),
    ],
)
def test_further_examples_in_other_words_and_units(
    method: str, inputs: dict[str, Any], unit: str, value: float
) -> None:
    assert carbon.calculate(method, inputs, on=TODAY).to(unit) == pytest.approx(value, rel=1e-4)
