from datetime import date
from decimal import Decimal

import pytest

from scoring import criteria, facts
from scoring.criteria import expression
from scoring.errors import InvalidData
from scoring.units import units

DICTIONARY = facts.dictionary()
PARAMETERS = {"least": units()["1"], "sum": units()["万元"], "days": units()["d"]}


def value(text: str, **stated: object) -> object:
    scope = {"on": date(2026, 3, 31), "least": Decimal("0.2"), "sum": Decimal(100), "days": Decimal(30)}
    parsed = expression.parse(text, DICTIONARY, PARAMETERS, sets={"home": frozenset({"110112"})})
    return parsed.evaluate(stated, scope)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("equity / total_investment >= least", True),
        ("equity / total_investment > least", False),
        ("equity > 0 and dscr_min > 1", None),
        ("equity < 0 and dscr_min > 1", False),
        ("equity > 0 or dscr_min > 1", True),
        ("equity < 0 or dscr_min > 1", None),
        ("not dscr_min > 1", None),
        ("equity / (total_investment - sum) > 0", None),
        ("'eia' in permits_held", True),
        ("'land' in permits_held", False),
        ("'land' not in permits_held", True),
        ("stage in ('planning', 'permits')", True),
        ("stage != 'planning'", False),
        ("is_spv", False),
        ("hazard", None),
        ("hazard is missing and equity is not missing", True),
        ("description", True),
        ("site_admin_code in home", True),
        ("on - established_on <= days", True),
        ("established_on + days > on", False),
        ("established_on >= '2026-03-01'", True),
        ("0 < equity <= total_investment", True),
        ("-equity < 0", True),
    ],
)
def test_values_are_three_valued(text: str, expected: object) -> None:
    found = value(
        text,
        equity=Decimal(20),
        total_investment=Decimal(100),
        permits_held=frozenset({"eia"}),
        stage="planning",
        is_spv=False,
        description="屋顶光伏",
        site_admin_code="110112",
        established_on=date(2026, 3, 1),
    )

    assert found is expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("eqity > 0", "did you mean “equity”"),
        ("equity > 5", "declare a parameter with that unit"),
        ("heat_renewable_share >= 60", "declare a parameter with that unit"),
        ("equity > tenor", "cannot be compared; both sides need one unit"),
        ("equity + project_life > 0", "cannot be added"),
        ("stage == 'plan'", "is no choice of “stage”"),
        ("'plan' in permits_held", "is no choice of “permits_held”"),
        ("category == 'Z9.9'", "is no choice of “category”"),
        ("stage > 'planning'", "has no order"),
        ("is_spv == 1", "not a number"),
        ("equity", "cannot stand alone as a condition"),
        ("on > 5", "is not a number"),
        ("established_on + equity > on", "a number whose unit is d"),
        ("stage in least", "is not a set"),
        ("__import__('os').system('true')", "not part of the rule language"),
        ("equity.__class__ is missing", "follows the name of a fact"),
        ("(lambda: 1)()", "not part of the rule language"),
        ("[x for x in 'ab']", "not part of the rule language"),
        ("equity ** 2 > 0", "not part of the rule language"),
        ("equity if is_spv else sum", "not part of the rule language"),
        ("f'{equity}' == 'x'", "not part of the rule language"),
        ("(x := equity) > 0", "not part of the rule language"),
        ("star_target > 1_000", "is not a number"),
        ("star_target > 0x10", "is not a number"),
        ("star_target > 1j", "is not a number"),
        ("star_target > True", "is not a number"),
        ("equity >", "not an expression"),
        ("equity > 0; import os", "not an expression"),
        ("", "an expression is needed"),
        ("(" * 60 + "is_spv" + ")" * 60, "nested deeper than"),
        ("not " * 300 + "is_spv", "nested at most"),
        (" and ".join(["is_spv"] * 500), "at most"),
        ("is_spv and " * 400 + "is_spv", "at most"),
    ],
)
def test_what_the_language_lacks_is_refused_with_a_reason(text: str, message: str) -> None:
    with pytest.raises(InvalidData) as caught:
        expression.parse(text, DICTIONARY, PARAMETERS)

    assert message in caught.value.message


def test_every_condition_of_the_dictionary_can_be_read() -> None:
    criteria.check_conditions(DICTIONARY)


def test_a_condition_over_facts_alone_is_unknown_while_its_fact_is_missing() -> None:
    assert criteria.holds("nature in ('retrofit', 'expansion')", {"nature": "new"}) is False
    assert criteria.holds("nature in ('retrofit', 'expansion')", {"nature": "retrofit"}) is True
    assert criteria.holds("nature in ('retrofit', 'expansion')", {}) is None


def test_unknowns_are_the_facts_that_still_decide() -> None:
    parsed = expression.parse("is_spv or stage == 'planning' and description", DICTIONARY)

    assert parsed.names == ("is_spv", "stage", "description")
    assert parsed.unknowns({"stage": "permits"}) == ("is_spv",)
    assert parsed.unknowns({"is_spv": False, "stage": "planning"}) == ("description",)
    assert parsed.unknowns({"is_spv": True}) == ()


@pytest.mark.parametrize("share", ["0.2", "0.3", "0.8", "1/3"])
def test_a_quotient_within_arithmetic_keeps_its_ties(share: str) -> None:
    parsed = expression.parse(f"equity / total_investment * 3 >= {share} * 3", DICTIONARY)
    top, bottom = (Decimal(1), Decimal(3)) if share == "1/3" else (Decimal(share) * 7, Decimal(7))

    assert parsed.evaluate({"equity": top, "total_investment": bottom}) is True
    assert parsed.evaluate({"equity": top - Decimal("0.01"), "total_investment": bottom}) is False
