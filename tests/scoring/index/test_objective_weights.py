"""Weights from the data and other rankings, against an independent implementation."""

from typing import Any

import numpy as np
import pytest

from scoring.index import Refused, compare, objective, run_study


@pytest.fixture(scope="module")
def pillars(reference: Any) -> Any:
    spec = reference.cases["S17"]["spec"]
    study = run_study(*reference.load(spec["input"]), spec["steps"])
    return np.column_stack(
        [study.score(name) for name in reference.json("objective_weights.json")["columns"]]
    )


@pytest.mark.parametrize(
    "name", ["entropy", "standard_deviation", "variance", "critic", "gini", "merec", "lopcow", "angle"]
)
def test_weights(reference: Any, pillars: Any, name: str) -> None:
    expected = reference.json("objective_weights.json")["weights"][name]

    assert objective.METHODS[name](pillars) == pytest.approx(expected, abs=1e-10)


def test_other_rankings(reference: Any, pillars: Any) -> None:
    expected = reference.json("objective_weights.json")["scores_entropy_weights"]
    weights = objective.entropy(pillars)

    assert compare.topsis(pillars, weights) == pytest.approx(expected["topsis_vector_norm"], abs=1e-10)
    assert compare.topsis(pillars, weights, norm="minmax") == pytest.approx(
        expected["topsis_minmax_norm"], abs=1e-10
    )
    assert compare.vikor(pillars, weights) == pytest.approx(expected["vikor_Q"], abs=1e-10)
    assert compare.promethee(pillars, weights) == pytest.approx(expected["promethee_ii_usual"], abs=1e-10)


def test_component_weights_are_never_negative(pillars: Any) -> None:
    weights = objective.component(pillars)

    assert (weights >= 0).all()
    assert weights.sum() == pytest.approx(1)


def test_penalised_mean_takes_from_the_unbalanced() -> None:
    x = np.array([[1.0, 3], [2, 2], [3, 1], [2.5, 2.5]])

    scores = compare.penalised_mean(x)

    assert scores[0] < scores[1]  # the same sum, less balanced
    assert scores[3] == scores.max()


def test_weights_from_unfit_data_are_refused() -> None:
    with pytest.raises(Refused):
        objective.entropy(np.array([[-1.0, 2], [3, 4]]))
    with pytest.raises(Refused):
        objective.merec(np.array([[0.0, 2], [3, 4]]))
    with pytest.raises(Refused):
        objective.critic(np.array([[1.0, 2], [1, 4]]))
