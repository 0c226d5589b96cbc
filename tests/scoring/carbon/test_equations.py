"""Equations: each documented, its text and sheet formula computing the same number, over arrays too."""

import re
from typing import Any

import numpy as np
import pytest

from scoring import carbon
from scoring.carbon.equations import EQUATIONS
from scoring.carbon.expression import symbol, trace
from scoring.carbon.methods import editions

SERIES = {
    "waste_by_year",
    "deposited",
    "t_monthly",
    "cod_monthly",
    "shares",
    "ef_modes",
    "energy_by_period",
    "ef_by_period",
    "er_by_year",
}


def evaluate(formula: str, values: dict[str, Any]) -> float:
    """A spreadsheet formula over named values."""
    text = re.sub(r"\^", "**", formula)
    names = {
        "SUMPRODUCT": np.sum,
        "EXP": np.exp,
        "MIN": np.minimum,
        "MAX": np.maximum,
        "__builtins__": {},
    }
    return eval(text, names, values)


def arguments(name: str, draw: np.random.Generator) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for parameter in EQUATIONS[name].parameters:
        if parameter == "deposited":
            found[parameter] = np.arange(1.0, 6.0)
        elif parameter in SERIES:
            found[parameter] = draw.uniform(0.2, 0.9, 5)
        elif parameter == "year":
            found[parameter] = float(draw.integers(1, 6))
        else:
            found[parameter] = float(draw.uniform(0.2, 0.9))
    return found


def test_all_equations_of_the_book_are_there_and_documented() -> None:
    found = {equation.id for equation in EQUATIONS.values()}

    assert {f"EQ-{number}" for number in range(1, 27)} <= found
    for equation in EQUATIONS.values():
        assert equation.function.__doc__ is not None
        assert "[" in equation.function.__doc__, equation.name


@pytest.mark.parametrize("name", sorted(EQUATIONS))
def test_formula_text_computes_what_the_function_computes(name: str) -> None:
    equation = EQUATIONS[name]
    draw = np.random.default_rng(5)
    if equation.varied:
        values = {f"x{number}": float(draw.uniform(0.1, 1)) for number in range(3)}
        formula = trace(lambda **named: equation.function(*named.values()), {key: key for key in values})
        expected = equation.function(*values.values())
    else:
        values = arguments(name, draw)
        formula = trace(equation.function, {key: key for key in values})
        expected = equation.function(**values)

    computed = evaluate(formula.formula({key: key for key in values}), values)

    np.testing.assert_allclose(computed, expected, rtol=1e-12)


@pytest.mark.parametrize("name", sorted(name for name, e in EQUATIONS.items() if not e.varied))
def test_function_over_arrays_is_the_function_of_each(name: str) -> None:
    function = EQUATIONS[name].function
    rows = [arguments(name, np.random.default_rng(seed)) for seed in range(4)]
    stacked = {
        key: rows[0][key] if key == "deposited" else np.array([row[key] for row in rows]) for key in rows[0]
    }

    together = function(**stacked)

    for place, row in enumerate(rows):
        np.testing.assert_allclose(np.asarray(together)[place], function(**row), rtol=1e-12)


def test_brackets_are_written_where_they_are_needed() -> None:
    a, b, c = symbol("a"), symbol("b"), symbol("c")

    assert (a - (b - c)).text() == "a − (b − c)"
    assert (a / (b * c)).text() == "a ÷ (b × c)"
    assert ((a + b) * c).text() == "(a + b) × c"
    assert (a * b + c).text() == "a × b + c"
    assert ((1.0 - a) ** (b - 1.0)).text() == "(1 − a)^(b − 1)"
    assert ((a * b) ** c).formula({"a": "A1", "b": "B1", "c": "C1"}) == "(A1*B1)^C1"


def test_every_formula_of_every_method_gives_the_declared_unit() -> None:
    """Loading checks it; this says that all files were loaded."""
    steps = [step for known in editions().values() for m in known for step in m.steps]

    assert len(carbon.methods()) >= 40
    assert len(steps) > 120
    assert all(step.formula.symbols() for step in steps)


@pytest.mark.parametrize(
    ("name", "inputs", "expected"),
    [
        ("installed_capacity", {"units": 66, "unit_power": 0.75}, 49.5),
        (
            "equipment_reduction",
            {"count": 1000, "power_old": 40, "power_new": 15, "hours": 3000, "tdl": 0, "ef_el": 0.6},
            45,
        ),
        (
            "charger_reduction",
            {
                "dispensed": 1000,
                "fuel": 8,
                "ef_fuel": 2.25,
                "electricity": 15,
                "charging_eff": 1,
                "ef_el": 0.5,
            },
            700,
        ),
        (
            "cement_reduction",
            {"output": 1e6, "clinker_old": 0.8, "clinker_new": 0.7, "ef_clinker": 0.85, "extra": 500},
            84500,
        ),
        (
            "refrigerant_recovery",
            {"recovered": 2, "destruction": 0.99, "gwp": 2000, "energy_emissions": 10},
            3950,
        ),
        ("tree_growth", {"area": 10, "growth": 3, "root_shoot": 0.25, "cf": 0.48}, 66),
        ("declining_factor", {"ef": 0.6, "decline": 0.5, "year": 10, "floor": 0.03}, 0.03),
        ("capital_recovery", {"discount": 0.0, "life": 20}, 0.05),
        ("lifetime_sum", {"er_by_year": np.array([3.0, 2.0, 1.0])}, 6),
        (
            "hydrogen_vehicle_reduction",
            {
                "vehicles": 10,
                "distance": 50000,
                "fuel": 30,
                "ef_fuel": 2.6,
                "hydrogen": 8,
                "ef_hydrogen": 20,
            },
            5000 * (0.078 - 0.16),
        ),
    ],
)
def test_equation_by_hand(name: str, inputs: dict[str, Any], expected: float) -> None:
    assert EQUATIONS[name].function(**inputs) == pytest.approx(expected)
