"""The generated function, the frame and the reference agree on every project."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from scoring import criteria
from scoring.criteria import VERDICTS, Criteria
from tests.scoring.criteria.editions import everything, many_gates
from tests.scoring.criteria.projects import ON, as_frame, projects
from tests.scoring.criteria.reference import Reference

BATCH = 250


def editions() -> list[Criteria]:
    return [
        criteria.load(),
        criteria.load(version="2025.1"),
        criteria.load("shenzhen-entry", "2022.1"),
        everything(),
        many_gates(40),
    ]


def agrees(edition: Criteria, facts: Mapping[str, Any]) -> None:
    """The single project against the reference."""
    outcome = criteria.evaluate(facts, edition, on=ON)
    reference = Reference(edition, dict(facts), ON)
    assert {finding.id: str(finding.verdict) for finding in outcome.findings} == reference.gates()
    score = reference.score() if edition.criteria else None
    assert (outcome.score is None) == (score is None)
    if score is not None:
        assert outcome.score is not None
        assert float(outcome.score) == pytest.approx(float(score), abs=1e-9)
    assert outcome.grade == (reference.grade() if edition.criteria else None)


def frame_agrees(edition: Criteria, rows: Sequence[Mapping[str, Any]], frame: pd.DataFrame) -> None:
    """The frame against single projects."""
    result = criteria.evaluate_frame(frame, edition, on=ON)
    for place, facts in enumerate(rows):
        outcome = criteria.evaluate(facts, edition, on=ON)
        assert VERDICTS[result.verdict[place]] == outcome.verdict
        assert int(result.failed[place]) == outcome.raw[0]
        assert int(result.missing[place]) == outcome.raw[1]
        if len(result.review):
            assert int(result.review[place]) == outcome.raw[2]
        if edition.criteria:
            assert math.isnan(result.score[place]) == (outcome.score is None)
            if outcome.score is not None:
                assert result.score[place] == pytest.approx(float(outcome.score), abs=1e-9)
        if edition.grades:
            level = int(result.grade[place])
            assert outcome.grade == (edition.grades[-level].id if level else None)


@settings(
    max_examples=10,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
)
@given(seed=st.integers(0, 2**32 - 1), which=st.integers(0, 4))
def test_all_back_ends_agree(seed: int, which: int) -> None:
    edition = editions()[which]
    rows = projects(edition, BATCH * 4, seed)
    frame = as_frame(edition, rows, seed)

    frame_agrees(edition, rows, frame)
    for facts in rows[: BATCH // 5]:
        agrees(edition, facts)
