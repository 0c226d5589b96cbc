import random
from decimal import Decimal

import numpy as np
import pytest

from scoring import criteria
from scoring.criteria import ResultFrame
from scoring.errors import UnknownEdition
from tests.scoring.criteria.projects import ON, as_frame, projects

EDITION = criteria.load()
GRIDS = {
    "minimum_equity": ["0.1", "0.2", "0.3", "0.25", "0.5", "1"],
    "duplicate_fail": ["0.5", "0.8", "0.1"],
    "penalty_floor": ["1", "5", "7"],
    "review_energy": ["10", "1000", "20"],
    "renewable_heat_share": ["50", "60", "60.01"],  # read by two clauses
    "other_mid": ["500", "1000"],  # the knot of a curve
    "minimum_age": ["100", "365", "1000"],  # days
    "need_tolerance": ["0", "0.01", "0.5"],  # within arithmetic
}


@pytest.fixture(scope="module")
def result() -> ResultFrame:
    chance = random.Random(5)
    rows = []
    for drawn in projects(EDITION, 2000, 1):
        row = dict(EDITION.cases[0].facts)
        row.update((key, drawn[key]) for key in chance.sample(sorted(drawn), chance.randint(0, 5)))
        if chance.random() < 0.1:
            row.pop(chance.choice(sorted(row)))
        rows.append(row)
    return criteria.evaluate_frame(as_frame(EDITION, rows, 1), EDITION, on=ON)


@pytest.mark.parametrize("parameter", GRIDS)
def test_a_reform_computed_by_its_difference_equals_a_full_run(result: ResultFrame, parameter: str) -> None:
    for value in GRIDS[parameter]:
        draft = criteria.reform(EDITION, {parameter: value})

        quick = criteria.rescreen(result, draft)
        full = criteria.evaluate_frame(result.frame, draft, on=ON)

        for name, array in full.arrays.items():
            assert np.array_equal(array, quick.arrays[name], equal_nan=True), (value, name)


@pytest.mark.parametrize("parameter", GRIDS)
def test_a_sweep_counts_what_full_runs_count(result: ResultFrame, parameter: str) -> None:
    grid = [Decimal(value) for value in GRIDS[parameter]]

    swept = criteria.sweep(result, EDITION, parameter, grid, on=ON)

    for value in grid:
        full = criteria.evaluate_frame(result.frame, criteria.reform(EDITION, {parameter: value}), on=ON)
        counted = swept.counts.loc[value]
        assert [counted[str(verdict)] for verdict in full.counts()] == list(full.counts().values())
        levels = np.bincount(full.grade, minlength=4)[1:]
        assert [counted[grade] for grade in ("light", "medium", "dark")] == levels.tolist()


def test_winners_and_losers_are_those_whose_verdict_or_grade_moves(result: ResultFrame) -> None:
    change = criteria.compare(result, EDITION, {"minimum_equity": Decimal("0.4")}, on=ON)

    assert len(change.winners) == 0
    assert len(change.losers) > 0
    assert set(change.changed) == set(change.losers)
    assert change.why().loc["G09", "newly_in_review"] >= len(change.losers)
    assert change.table().to_numpy().sum() == len(result)
    for row in change.losers[:20]:
        assert change.base.outcome(int(row)).verdict != change.reform.outcome(int(row)).verdict


def test_two_editions_are_compared_as_they_are(result: ResultFrame) -> None:
    older = criteria.load(version="2025.1")

    change = criteria.compare(result.frame, EDITION, older, on=ON)
    back = criteria.evaluate_frame(result.frame, older, on=ON)

    assert np.array_equal(change.reform.verdict, back.verdict)
    assert len(change.winners) > 0


def test_an_unknown_parameter_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownEdition, match="minimum_equity"):
        criteria.reform(EDITION, {"min_equity": 1})


def test_a_reform_is_another_edition() -> None:
    draft = criteria.reform(EDITION, {"minimum_equity": "0.25"})

    assert draft.content_hash != EDITION.content_hash
    assert draft.version == "2026.1+minimum_equity=0.25"
    assert draft.dated("minimum_equity", ON).value == Decimal("0.25")
    assert EDITION.dated("minimum_equity", ON).value == Decimal("0.20")
