"""The method note and the checklist come from the files that are computed with."""

from dataclasses import replace
from datetime import date

import pytest

from scoring import index
from scoring.index import Approval, Method, Panel

ON = date(2026, 10, 20)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_note_names_every_indicator_with_its_numbers(method: Method, language: str) -> None:
    note = index.method_note(method, language)

    for leaf in method.leaves.values():
        assert f"| {leaf.id} | {leaf.title.in_language(language)} |" in note
    assert method.hash in note
    assert "1 ± 0.1" in note


def test_the_note_follows_the_rules(method: Method) -> None:
    changed = replace(method, rules=replace(method.rules, most_estimated=0.25, carry_quarters=2))

    assert "25%" in index.method_note(changed, "en")
    assert "最多 2 个季度" in index.method_note(changed, "zh")


def test_the_english_note_has_no_chinese_punctuation_of_its_own(method: Method) -> None:
    rules = index.method_note(method, "en").split("## Indicators")[0]

    assert not set(rules) & set("，。；：（）")


def test_the_checklist_says_what_it_can_and_leaves_the_rest_to_a_person(method: Method, panel: Panel) -> None:
    approvals = [Approval("王芳", ON), Approval("李强", ON)]
    release = index.freeze(method, panel, label="2026Q3", on=ON, approvals=approvals, replicates=0)

    items = {item.number: item for item in index.checklist(release, on=ON)}

    assert sorted(items) == list(range(1, 20))
    assert items[4].met is True
    assert items[17].met is True
    assert items[5].met is None
    assert items[8].met is False  # this panel's cells name no source
    assert all(item.title.zh and item.title.en for item in items.values())


def test_the_checklist_warns_after_the_review_date_and_without_approval(method: Method, panel: Panel) -> None:
    seen = index.preview(method, panel, label="2026Q3", on=ON, replicates=0)

    items = {item.number: item.met for item in index.checklist(seen, on=date(2027, 1, 1))}

    assert items[4] is False
    assert items[10] is False
