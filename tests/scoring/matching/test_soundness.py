"""Products refused before they are published: impossible, absurd or unreadable; and the trial run."""

import re

import pytest

from scoring import matching
from scoring.errors import InvalidData

from .plant import TODAY, plant

LOAN = """
id: B-1
version: "1"
title: {zh: 测试贷款, en: Test loan}
kind: green_loan
provider: {zh: 银行, en: Bank}
effective: {from: 2026-01-01, to: null}
terms: {ticket: {min: 500, max: 100000}, tenor: {min: 12, max: 180}, base: LPR5Y, spread: {min: -60, max: 30}}
stages: [permits, construction]
use: [clean_borrower]
"""


def loan(*rules: str, **changes: str) -> matching.Product:
    text = LOAN
    for key, value in changes.items():
        text = re.sub(rf"(?m)^{key}: .*$", f"{key}: {value}", text)
    listed = "".join(
        f"  - {{id: r{i}, title: {{zh: 规则 {i}, en: Rule {i}}}, {rule}, basis: [MARKET]}}\n"
        for i, rule in enumerate(rules)
    )
    return matching.read_product(text + (f"rules:\n{listed}" if rules else ""), on=TODAY)


def test_every_product_of_the_catalogue_can_be_met() -> None:
    assert [matching.find_conflict(product, TODAY) for product in matching.products(TODAY)] == [None] * 24


@pytest.mark.parametrize(
    ("rules", "blamed"),
    [
        (['require: "dscr_min >= 1.5"', 'require: "dscr_min < 1.5"'], {"r0", "r1"}),
        (['require: "dscr_min > 1.5 or irr > dscr_max"'.replace("irr > dscr_max", "dscr_min < 1.2")], set()),
        (['require: "credit_grade >= 11"'], {"r0"}),
        (["require: \"stage == 'operation'\""], {"stage", "r0"}),
        (['require: "discredited"'], {"not_discredited", "r0"}),
        (["require: \"'none' in collateral\"", "require: \"'land' in collateral\""], {"r0", "r1"}),
        (['require: "irr is missing"', 'require: "irr > 0"'], {"r0", "r1"}),
        (['require: "equity > total_investment"', 'require: "total_investment > equity"'], {"r0", "r1"}),
        (['require: "financing_need <= limit", limit: {value: 400, unit: 万元}'], {"ticket_min", "r0"}),
        (["when: \"nature == 'new'\", require: \"nature == 'retrofit'\""], set()),
        (['require: "credit_grade == 5"', 'require: "credit_grade != 5"'], set()),
    ],
)
def test_a_contradiction_is_proved_and_blamed_on_the_fewest_rules(rules: list[str], blamed: set[str]) -> None:
    conflict = matching.find_conflict(loan(*rules), TODAY)

    assert ({rule.id for rule in conflict.rules} if conflict else set()) == blamed


def test_an_impossible_product_is_refused_with_the_reason() -> None:
    with pytest.raises(matching.ImpossibleProduct) as refused:
        matching.require_sound(loan('require: "dscr_min >= 2"', 'require: "dscr_min <= 1"'), TODAY)

    assert refused.value.conflict.message.zh == "规则“规则 0”、“规则 1”互相矛盾，没有项目能够同时满足"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"terms": "{ticket: {min: -5, max: 10}}"}, "sensible is"),
        ({"terms": "{ticket: {min: 50, max: 10}}"}, "min above its max"),
        ({"terms": "{tenor: {min: 12, max: 9000}}"}, "sensible is"),
        ({"terms": "{base: LPR5Y, spread: {min: -60, max: 99999}}"}, "sensible is"),
        ({"terms": "{spread: {min: 0, max: 10}}"}, "belong together"),
        ({"terms": "{bonus: 5}"}, "unknown term"),
        ({"terms": "{pledge_rate: 90, margin_call_at: 85}"}, "must rise"),
        ({"kind": "lottery"}, "allowed"),
        ({"kind": "guarantee"}, "attaches_to"),
        ({"stages": "[dreaming]"}, "no choice"),
        ({"use": "[nothing]"}, "unknown rule set"),
        ({"effective": "{from: 2027-01-01, to: 2026-01-01}"}, "ends before"),
    ],
)
def test_absurd_terms_are_refused(changes: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidData, match=message):
        loan(**changes)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ('require: "financing_need >= 5"', "bare number"),
        ('require: "profit > 0"', "unknown name"),
        ('require: "__import__(1)"', "not part of the rule language"),
        ('require: "irr > limit", limit: {value: 5, unit: month}', "cannot be compared"),
        ('require: "irr > 0", limit: {value: 5, unit: "%"}', "not used"),
        ('require: "irr > limit", parameters: {limit: {term: pledge_rate, unit: "%"}}', "no term"),
    ],
)
def test_a_rule_that_cannot_be_right_is_refused_with_its_line(rule: str, message: str) -> None:
    with pytest.raises(InvalidData, match=message) as refused:
        loan(rule)

    assert refused.value.line > 10


def test_a_rule_without_a_known_source_is_refused() -> None:
    rule = '  - {id: r, title: {zh: 规, en: R}, require: "irr > 0", basis: [HEARSAY]}'

    with pytest.raises(InvalidData, match="unknown source"):
        matching.read_product(f"{LOAN}rules:\n{rule}\n", on=TODAY)


def test_a_trial_counts_what_publishing_would_mean() -> None:
    projects = matching.from_profiles(
        [plant(), plant(credit_grade=3), plant(credit_grade=None), plant(stage="operation", credit_grade=2)],
        on=TODAY,
    )

    found = matching.trial(loan('require: "credit_grade >= 4"'), projects, on=TODAY)

    assert found.counts == {"eligible": 1, "missing_info": 1, "not_eligible": 2}
    assert found.one_short == 1
    assert found.may_be_published
    tally = next(entry for entry in found.rules if entry.rule.id == "r0")
    assert (tally.failed, tally.unknown, tally.alone) == (2, 1, 1)
