from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from scoring import criteria
from scoring.criteria import Explanation, Outcome, Verdict
from tests.scoring.criteria.projects import ON, projects

EDITION = criteria.load()
COMPLETE = EDITION.cases[0].facts


def outcome(**changes: Any) -> Outcome:
    facts = {**COMPLETE, **changes}
    return criteria.evaluate(
        {key: value for key, value in facts.items() if value is not None}, EDITION, on=ON
    )


def explained(found: Outcome, gate_id: str) -> Explanation:
    return next(entry for entry in found.explain() if entry.id == gate_id)


def test_a_ratio_is_explained_with_value_limit_date_basis_and_distance() -> None:
    entry = explained(outcome(equity=Decimal("1999.99")), "G09")

    assert entry.verdict is Verdict.REVIEW
    assert "资本金 ÷ 总投资为 19.9999%，要求不低于 20%（2015-09-09 起施行）" in entry.text.zh
    assert "Equity ÷ Total investment: 19.9999 %; required: at least 20 %" in entry.text.en
    assert entry.distance == Decimal("0.000001")
    assert [(key, value) for key, _, value in entry.values] == [
        ("equity", Decimal("1999.99")),
        ("total_investment", Decimal(10000)),
    ]
    assert [basis.id for basis in entry.basis] == ["CAPITAL"]
    assert (entry.status, entry.confidence) == ("official", "high")


def test_the_nearest_fix_is_the_smallest_amount_that_settles_the_gate() -> None:
    found = outcome(equity=Decimal("1999.99"))
    entry = explained(found, "G09")

    assert entry.fix is not None
    assert entry.fix.zh == "把资本金由 1,999.99 万元提高到 2,000 万元即可满足"
    assert entry.fix.en == "Raise Equity from 1,999.99 CNY 10k to 2,000 CNY 10k to meet this"


def test_a_fix_that_would_break_another_clause_changes_both() -> None:
    found = outcome(equity=Decimal(1800), financing_need=Decimal(8200), need_loan=Decimal(8200))
    change = explained(found, "G09").change

    assert change is not None
    assert {step.key: step.after for step in change.changes} == {
        "equity": Decimal(2000),
        "financing_need": Decimal(8080),
        "need_loan": Decimal(8080),
    }


def test_time_alone_may_be_the_fix() -> None:
    found = outcome(established_on=date(2025, 4, 1))
    entry = explained(found, "G01")

    assert entry.verdict is Verdict.FAIL
    assert entry.fix is not None
    assert entry.fix.zh == "自 2026-04-01 起即可满足"


def test_a_missing_permit_is_to_be_added() -> None:
    found = outcome(
        stage="construction", permits_held=frozenset({"filing", "land", "planning"}), annual_energy=Decimal(1)
    )
    entry = explained(found, "G08")

    assert entry.fix is not None
    assert entry.fix.zh == "把“已取得的手续”补上“环评批复或登记回执”即可满足"


def test_what_cannot_be_changed_has_no_fix() -> None:
    assert explained(outcome(has_env_crime=True, env_crime_on=ON), "G07").change is not None  # by waiting
    assert explained(outcome(ban_list_hit=True), "G04").change is None


def test_missing_facts_are_named_and_follow_up_questions_wait() -> None:
    found = outcome(has_env_penalty=None, credit_report_on=None)

    assert explained(found, "G07").text.zh == "尚未填写：受过生态环境行政处罚。"
    assert explained(found, "G07").missing == ("has_env_penalty",)
    assert found.missing == ("credit_report_on", "has_env_penalty")


def test_a_proposed_basis_never_looks_official() -> None:
    entries = outcome().explain()

    for entry in entries:
        assert (entry.status == "official") == all(basis.status == "official" for basis in entry.basis)
        assert entry.text.zh
        assert entry.text.en


def test_points_are_explained_part_by_part() -> None:
    entry = explained(outcome(metered=False, verified_independently=None), "S04")

    assert (entry.verdict, entry.points, entry.full) == (None, 6, 12)
    assert entry.text.zh == "得 6 分，满分 12 分：方法来源 5；公开因子 1。尚未填写：第三方独立核实。"
    assert entry.missing == ("verified_independently",)


def test_points_off_the_track_are_not_explained() -> None:
    shown = [entry.id for entry in outcome().explain()]

    assert "S01" in shown
    assert "A01" not in shown


def test_the_ceiling_says_why() -> None:
    capped = outcome(method_class="own", metered=False, verified_independently=False)

    assert capped.grade == "light"
    assert capped.ceiling is not None
    assert "不高于浅绿" in capped.ceiling.zh
    assert outcome().ceiling is None


def test_smallest_change_settles_several_gates_at_once() -> None:
    found = outcome(star_target=1, building_kind="public", consent_public=False)
    change = criteria.smallest_change(found)

    assert change is not None
    assert {step.key: step.after for step in change.changes} == {"star_target": 3, "consent_public": True}
    assert change.gates == ("G08", "G14")
    assert criteria.smallest_change(outcome(ban_list_hit=True)) is None
    assert criteria.smallest_change(outcome()) is None


@pytest.mark.parametrize("seed", range(4))
def test_every_fix_shown_flips_its_gate_and_worsens_no_other(seed: int) -> None:
    shown = 0
    for facts in mended(seed):
        found = criteria.evaluate(facts, EDITION, on=ON)
        before = {finding.id: finding.verdict for finding in found.findings}
        for entry in found.explain():
            if entry.change is None:
                continue
            shown += 1
            on = entry.change.from_day or ON
            changed = {**facts, **{step.key: step.after for step in entry.change.changes}}
            after = {f.id: f.verdict for f in criteria.evaluate(changed, EDITION, on=on).findings}
            assert after[entry.id] in (Verdict.PASS, Verdict.NOT_APPLICABLE)
            if entry.change.from_day is None:
                assert [gate for gate in after if RANK[after[gate]] > RANK[before[gate]]] == []

    assert shown > 20


RANK = {
    Verdict.NOT_APPLICABLE: 0,
    Verdict.PASS: 0,
    Verdict.REVIEW: 1,
    Verdict.INSUFFICIENT: 2,
    Verdict.FAIL: 3,
}


def mended(seed: int) -> list[dict[str, Any]]:
    """Projects that are complete but for a few random facts."""
    rows = []
    for place, drawn in enumerate(projects(EDITION, 120, seed)):
        keys = sorted(drawn)[place % 7 :: 13]
        rows.append({**COMPLETE, **{key: drawn[key] for key in keys}})
    return rows
