from datetime import date

import pytest

from scoring import criteria

EVERY_EDITION = [
    (rule_set, info.version) for rule_set in criteria.rule_sets() for info in criteria.editions(rule_set)
]


@pytest.mark.parametrize(("rule_set", "version"), EVERY_EDITION)
def test_every_case_in_every_edition_is_met(rule_set: str, version: str) -> None:
    results = criteria.run_cases(criteria.load(rule_set, version))

    assert results
    assert [difference for result in results for difference in result.differences] == []


def test_edition_in_force_follows_the_date() -> None:
    assert criteria.in_force(date(2026, 3, 31)).version == "2026.1"
