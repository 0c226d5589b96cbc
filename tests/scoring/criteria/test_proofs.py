import pytest

from scoring import criteria
from scoring.criteria import Claim, Verdict
from tests.scoring.criteria.editions import make

pytest.importorskip("z3")

GATE = '  - {id: %s, title: {zh: 门, en: g}, require: "%s", basis: B}\n'


def claims(body: str) -> dict[tuple[str, str], Claim]:
    edition = make(body)
    return {(claim.kind, claim.subject): claim for claim in criteria.prove(edition)}


def gates(*rules: str) -> str:
    return "gates:\n" + "".join(GATE % (f"G{place}", rule) for place, rule in enumerate(rules, 1))


def test_a_redundant_gate_is_found() -> None:
    found = claims(gates("dscr_min >= 1.3", "dscr_min >= 1.1", "is_spv"))

    assert found["needed", "G1"].holds is True
    assert found["needed", "G2"].holds is False
    assert found["needed", "G3"].holds is True


def test_redundancy_through_amounts_is_found() -> None:
    invariant = 'invariants:\n  - {holds: "equity + committed_loans <= total_investment"}\n'
    rules = gates(
        "equity / total_investment >= 0.25",
        "committed_loans / total_investment <= 0.8",
        "total_investment > 0",
    )

    assert claims(rules + invariant)["needed", "G2"].holds is False
    assert claims(rules)["needed", "G2"].holds is True


def test_contradicting_gates_are_found() -> None:
    found = claims(gates("dscr_min >= 2", "dscr_min < 2", "is_spv"))

    assert found["compatible", "G1 G2"].holds is False
    assert found["feasible", "all"].holds is False


def test_a_clause_nothing_can_break_is_found() -> None:
    found = claims(gates("star_target <= 3 or star_target is missing", "is_spv"))

    assert found["reachable", "G1 a"].holds is False


def test_stating_more_may_fail_a_gate_that_tests_for_absence() -> None:
    found = claims(gates("dscr_min is missing or dscr_min >= 1.1", "is_spv"))

    assert found["stable", "G1"].holds is False
    assert found["stable", "G1"].witness is not None
    assert "dscr_min" not in found["stable", "G1"].witness
    assert found["stable", "G2"].holds is True


def test_points_that_fall_are_refuted_with_a_witness() -> None:
    body = gates("is_spv") + (
        "criteria:\n"
        "  - {id: C, title: {zh: 分, en: c}, full: 100, basis: B, missing: zero, "
        "parts: [{input: dscr_min, curve: [[1, 0], [2, 60], [3, 100]]}]}\n"
    )
    falling = body.replace("[3, 100]", "[3, 30]").replace("full: 100", "full: 100")

    assert claims(body)["monotone", "C dscr_min"].holds is True
    assert claims(falling)["monotone", "C dscr_min"].holds is False


def test_two_editions_differ_by_a_project_that_the_engine_confirms() -> None:
    older, newer = criteria.load(version="2025.1"), criteria.load(version="2026.1")

    stricter, looser = criteria.prove_difference(older, newer)

    assert stricter.holds is False
    assert stricter.witness is not None
    on = newer.effective_from
    assert criteria.evaluate(stricter.witness, older, on=on).verdict is Verdict.PASS
    assert criteria.evaluate(stricter.witness, newer, on=on).verdict is Verdict.FAIL
    assert looser.holds is True


def test_the_districts_edition_can_be_passed_and_needs_every_gate() -> None:
    edition = criteria.load()
    found = criteria.prove(edition)

    assert all(claim.holds for claim in found if claim.kind in ("feasible", "needed"))
    assert [claim.subject for claim in found if claim.kind in ("compatible", "reachable")] == []
    feasible = next(claim for claim in found if claim.kind == "feasible")
    assert feasible.witness is not None
    assert criteria.evaluate(feasible.witness, edition, on=edition.effective_from).verdict is Verdict.PASS
