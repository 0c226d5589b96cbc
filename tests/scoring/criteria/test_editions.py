import json
from datetime import date
from decimal import Decimal, localcontext
from pathlib import Path

import pytest

from scoring import criteria
from scoring.errors import InvalidData, UnknownEdition
from tests.scoring.criteria.editions import HEAD
from tests.scoring.criteria.projects import ON

EDITION = criteria.load()
COMPLETE = EDITION.cases[0].facts


def test_editions_are_listed_and_follow_one_another() -> None:
    listed = criteria.editions()

    assert [info.version for info in listed] == ["2025.1", "2026.1"]
    assert [info.content_hash for info in listed] == [
        criteria.load(version=v).content_hash for v in ("2025.1", "2026.1")
    ]
    assert criteria.in_force(date(2025, 12, 31)).version == "2025.1"
    assert criteria.in_force(date(2026, 1, 1)).version == "2026.1"
    assert criteria.rule_sets() == ("shenzhen-entry", "tongzhou-entry")


def test_what_is_not_there_is_refused_with_what_there_is() -> None:
    with pytest.raises(UnknownEdition, match=r"2025\.1, 2026\.1"):
        criteria.load(version="1999.1")
    with pytest.raises(UnknownEdition, match="shenzhen-entry, tongzhou-entry"):
        criteria.editions("nowhere")
    with pytest.raises(UnknownEdition, match="2020-01-01"):
        criteria.in_force(date(2020, 1, 1))


def test_the_dated_value_of_a_parameter_is_the_one_of_the_day() -> None:
    body = (
        'parameters:\n  - {id: floor, unit: "1", label: {zh: 下限, en: floor}, values: '
        '[{from: 2020-01-01, until: 2025-01-01, value: "1.1", basis: B}, '
        '{from: 2025-01-01, value: "1.3", basis: B}]}\n'
        'gates:\n  - {id: G, title: {zh: 门, en: g}, require: "dscr_min >= floor", basis: B}\n'
    )
    edition = criteria.read(HEAD + body)
    facts = {"dscr_min": Decimal("1.2")}

    assert criteria.evaluate(facts, edition, on=date(2024, 12, 31)).failed == ()
    assert criteria.evaluate(facts, edition, on=date(2025, 1, 1)).failed == ("G",)
    assert "2025-01-01 起施行" in criteria.evaluate(facts, edition, on=ON).explain()[0].text.zh
    with pytest.raises(UnknownEdition, match="no value on"):
        criteria.evaluate(facts, edition, on=date(2019, 12, 31))


def test_a_draft_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "draft.yaml"
    path.write_text(
        HEAD + 'gates:\n  - {id: G, title: {zh: 门, en: g}, require: "is_spvv", basis: B}\n', encoding="utf-8"
    )

    with pytest.raises(InvalidData) as caught:
        criteria.read(path)

    assert (caught.value.file, caught.value.line) == (str(path), 8)


def test_an_outcome_is_replayed_from_what_was_stored() -> None:
    stored = json.loads(json.dumps(criteria.evaluate(COMPLETE, EDITION, on=ON).to_json()))

    assert criteria.replay(stored, COMPLETE).matches
    changed = criteria.replay(stored, {**COMPLETE, "consent_public": False})
    assert [difference.path for difference in changed.differences] == [
        "verdict",
        "findings.G14",
        "grade",
        "tier",
    ]
    with pytest.raises(UnknownEdition):
        criteria.replay({**stored, "content_hash": "0" * 64}, COMPLETE)


def test_an_outcome_in_json_is_exact() -> None:
    stored = criteria.evaluate(COMPLETE, EDITION, on=ON).to_json()

    assert stored["score"] == "86.60"
    assert stored["points"]["S01"] == "11.60"
    assert stored["content_hash"] == EDITION.content_hash
    assert stored["findings"]["G12"] == "not_applicable"
    assert stored["marks"] == {
        "green_channel": False,
        "bankable_green": True,
        "matchable": True,
        "refinancing": False,
        "implausible": False,
    }


def test_the_callers_decimal_context_does_not_matter() -> None:
    expected = criteria.evaluate(COMPLETE, EDITION, on=ON).to_json()

    with localcontext() as context:
        context.prec = 3
        found = criteria.evaluate(COMPLETE, EDITION, on=ON)

    assert found.to_json() == expected


def test_an_outcome_keeps_the_facts_it_saw() -> None:
    facts = dict(COMPLETE)
    outcome = criteria.evaluate(facts, EDITION, on=ON)
    facts["equity"] = Decimal(0)

    assert outcome.facts["equity"] == COMPLETE["equity"]
