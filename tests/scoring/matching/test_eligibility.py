"""Eligibility, missing information, repairs and suitability on the catalogue in force."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring import matching
from scoring.errors import InvalidFacts, UnknownEdition
from scoring.matching import outcome

from .plant import KNOWN, PLANT, TODAY, find, plant


def test_the_catalogue_holds_the_typical_products() -> None:
    products = matching.products(TODAY)

    assert len(products) == 24
    assert sum(len(product.rules) for product in products) > 250
    assert all(rule.basis and rule.title.zh and rule.title.en for p in products for rule in p.rules)


def test_an_assumption_never_looks_official() -> None:
    for product in matching.products(TODAY):
        for rule in product.rules:
            if all(basis.kind == "assumption" for basis in rule.basis):
                assert rule.status == "proposed"
    assert {rule.status for p in matching.products(TODAY) for rule in p.rules} == {
        "official",
        "sibling",
        "proposed",
    }


def test_the_plant_finds_products_it_can_have() -> None:
    found = matching.match(plant(), matching.products(TODAY), on=TODAY)

    statuses = [match.status for match in found]
    assert statuses == sorted(statuses, key=outcome.STATUSES.index)
    assert [m.product.id for m in found if m.status == "eligible"] == ["GL-01", "GL-03", "EX-24", "LS-20"]
    assert all(m.missing for m in found if m.status == "missing_info")
    assert all(
        any(r.outcome is False and r.hard for r in m.rules) for m in found if m.status == "not_eligible"
    )


def test_a_paper_not_on_file_is_missing_and_not_a_refusal() -> None:
    found = find(plant(permits_held=frozenset({"project_proposal", "eia"})), "GL-01")

    assert found.status == "missing_info"
    assert [(field.key, field.is_document) for field in found.missing] == [("has_approval_filing", True)]
    assert found.one_document_away is not None
    assert found.one_document_away.id == "approval_filing"
    assert found.repair is not None
    assert found.repair.zh == "补交备案、核准或审批文件。"


def test_a_document_on_file_counts_without_the_permit() -> None:
    facts = {**PLANT, "permits_held": frozenset({"eia"})}
    profile = matching.profile(facts, registry={**KNOWN, "documents": ["approval_filing"]}, on=TODAY)

    assert find(profile, "GL-01").status == "eligible"


def test_a_missing_figure_names_the_fact_behind_the_computed_one() -> None:
    found = find(plant(equity=None, dscr_min=None), "GL-01")

    assert {field.key for field in found.missing} == {"equity", "dscr_min"}
    assert found.one_document_away is None


def test_each_rule_shows_value_limit_and_basis() -> None:
    rules = {rule.id: rule for rule in find(plant(), "GL-01").rules}

    own_capital = rules["own_capital"]
    assert (own_capital.value.zh, own_capital.limit.zh) == ("30%", "≥ 20%")
    assert (own_capital.outcome, own_capital.status) == (True, "official")
    assert own_capital.basis[0].title.startswith("关于加强固定资产投资项目资本金管理的通知")
    assert (rules["ticket_min"].value.en, rules["ticket_min"].limit.en) == ("5,600 CNY 10k", "≥ 500 CNY 10k")
    assert rules["share"].value.zh == "0.7"


def test_a_guard_that_is_false_lets_the_rule_rest() -> None:
    rules = {rule.id: rule for rule in find(plant(category="M2.1"), "GL-03").rules}

    assert (rules["retrofit"].outcome, rules["retrofit"].applies) == (True, False)


@pytest.mark.parametrize(
    ("changes", "product_id", "key", "value"),
    [
        ({"equity": Decimal(1200), "financing_need": Decimal(6800)}, "GL-01", "equity", Decimal(1600)),
        ({"tenor": Decimal(30)}, "GL-04", "financing_need", Decimal(1000)),
        ({"collateral": frozenset({"none"})}, "LS-20", "collateral", frozenset({"equipment"})),
    ],
)
def test_the_cheapest_repair_changes_just_enough(
    changes: dict[str, Any], product_id: str, key: str, value: object
) -> None:
    changes = {"borrower_kind": "small_micro", **changes}
    found = find(plant(**changes), product_id)

    assert found.status == "not_eligible"
    assert found.repair_plan is not None
    assert [(step.key, step.value) for step in found.repair_plan.steps] == [(key, value)]


def test_what_cannot_be_cured_has_no_repair() -> None:
    assert find(plant(credit_lists=frozenset({"discredited"})), "GL-01").repair is None


def test_a_penalty_counts_for_twelve_months() -> None:
    fresh = plant(has_env_penalty=True, env_penalty_on=date(2025, 11, 24))
    old = plant(has_env_penalty=True, env_penalty_on=date(2025, 11, 23))

    assert find(fresh, "GL-01").status == "not_eligible"
    assert find(old, "GL-01").status == "eligible"
    assert find(plant(has_env_penalty=True), "GL-01").status == "missing_info"


def test_products_come_and_go_with_their_dates() -> None:
    assert {p.id for p in matching.products(date(2027, 1, 1))} == {p.id for p in matching.products(TODAY)} - {
        "GL-07",
        "SU-23",
    }
    with pytest.raises(UnknownEdition):
        matching.products(date(2020, 1, 1))


def test_suitability_shows_its_parts_and_what_it_could_not_judge() -> None:
    full = find(plant(), "GL-01").suitability
    blind = find(plant(credit_grade=None, tenor=None), "GL-01").suitability

    assert full.judged == 100
    assert full.value == sum(part.points or 0 for part in full.parts)
    assert [part.full for part in full.parts] == [25, 20, 15, 25, 15]
    assert blind.judged == 65
    assert [part.points is None for part in blind.parts] == [False, True, False, False, True]
    assert "缺少" in blind.parts[1].note.zh


def test_a_price_above_the_ceiling_earns_no_points() -> None:
    part = find(plant(rate_ceiling=Decimal("2.5")), "GL-01").suitability.parts[0]

    assert part.points == 0
    assert "上限" in part.note.zh


def test_a_longer_tenor_costs_points_but_does_not_refuse() -> None:
    found = find(plant(tenor=Decimal(240)), "GL-01")

    assert found.status == "eligible"
    assert found.suitability.parts[1].points == Decimal("10.0")
    assert [rule.id for rule in found.rules if rule.outcome is False] == ["tenor_max", "ten_years"]


@pytest.mark.parametrize("registry", [{"nonsense": 1}, {"abatement": "many"}, {"documents": ["diary"]}])
def test_what_the_registry_cannot_know_is_refused(registry: dict[str, Any]) -> None:
    with pytest.raises(InvalidFacts):
        matching.profile(PLANT, registry=registry, on=TODAY)


def test_an_unknown_fact_is_refused() -> None:
    with pytest.raises(InvalidFacts):
        matching.profile({"capactiy": 1}, on=TODAY)


def test_the_leading_products_are_the_first_of_all() -> None:
    products = matching.products(TODAY)
    everything = matching.match(plant(), products, on=TODAY)

    leading = matching.match(plant(), products, on=TODAY, top=5)

    assert [m.product.id for m in leading] == [m.product.id for m in everything[:5]]


changes = st.fixed_dictionaries(
    {},
    optional={
        "financing_need": st.none() | st.decimals(1, 200000, places=2),
        "tenor": st.none() | st.integers(1, 480).map(Decimal),
        "equity": st.none() | st.decimals(0, 8000, places=2),
        "dscr_min": st.none() | st.decimals(0, 3, places=2),
        "credit_grade": st.none() | st.integers(1, 10),
        "stage": st.none() | st.sampled_from(["planning", "permits", "construction", "operation"]),
        "category": st.none() | st.sampled_from(["M1.3", "M2.1", "A1.1", "OTHER"]),
        "collateral": st.none() | st.frozensets(st.sampled_from(["land", "equipment", "cea", "ccer"])),
        "permits_held": st.none() | st.frozensets(st.sampled_from(["filing", "eia", "project_proposal"])),
        "has_env_penalty": st.none() | st.booleans(),
        "env_penalty_on": st.none() | st.dates(date(2024, 1, 1), date(2026, 11, 1)),
        "completes_on": st.none() | st.dates(date(2018, 1, 1), date(2026, 11, 1)),
        "borrower_kind": st.none() | st.sampled_from(["spv", "small_micro", "listed"]),
    },
)


@settings(max_examples=30, deadline=None)
@given(st.lists(changes, min_size=1, max_size=4))
def test_every_way_of_matching_agrees(many: list[dict[str, Any]]) -> None:
    profiles = [plant(**one) for one in many]
    products = matching.products(TODAY)
    frame = matching.match_frame(profiles, products, on=TODAY)

    for row, profile in enumerate(profiles):
        by_id = {match.product.id: match for match in matching.match(profile, products, on=TODAY)}
        for place, product in enumerate(frame.products):
            alone = matching.match_one(profile, product, on=TODAY)
            assert by_id[product.id].outcomes == alone.outcomes
            assert outcome.STATUSES[frame.status(place)[row]] == alone.status == by_id[product.id].status
            failed, unknown = (int(mask[row]) for mask in frame.reasons(place))
            for i, found in enumerate(alone.outcomes):
                assert (bool(failed >> i & 1), bool(unknown >> i & 1)) == (found is False, found is None)


@settings(max_examples=30, deadline=None)
@given(changes)
def test_a_repair_that_is_shown_does_make_the_project_eligible(one: dict[str, Any]) -> None:
    profile = plant(**one)

    for match in matching.match(profile, matching.products(TODAY), on=TODAY):
        plan = match.repair_plan
        if plan is not None:
            repaired = profile.changed({step.key: step.value for step in plan.steps})
            assert matching.match_one(repaired, match.product, on=TODAY).status == "eligible"
            for left_out in plan.steps if len(plan.steps) > 1 else ():
                partly = profile.changed({s.key: s.value for s in plan.steps if s is not left_out})
                assert matching.match_one(partly, match.product, on=TODAY).status != "eligible"


@settings(max_examples=30, deadline=None)
@given(changes)
def test_stating_more_never_turns_an_answer_round(one: dict[str, Any]) -> None:
    less = (
        plant(**one, credit_grade=None)
        if "credit_grade" not in one
        else plant(**{**one, "credit_grade": None})
    )
    more = plant(**{**one, "credit_grade": 5})

    for product in matching.products(TODAY):
        before, after = (matching.match_one(p, product, on=TODAY).outcomes for p in (less, more))
        assert all(b is None or b == a for b, a in zip(before, after, strict=True))
