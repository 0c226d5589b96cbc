"""The rules as one zen-engine decision with guards against null, which its comparisons refuse."""

import itertools
import json
from typing import Any

from tests.bench import peer
from tests.bench.criteria import numbers as n
from tests.bench.criteria.workload import CHOICES, DATES, FLAGS, NUMBERS

NAME = "zen-engine, static loader"


def engine() -> Any:
    zen = peer("zen")
    return zen.ZenEngine({"loader": {"type": "static", "content": {"rules": _graph()}}})


def evaluate(decision: Any, facts: dict[str, Any]) -> dict[str, Any]:
    return decision.evaluate("rules", facts)["result"]


def _guarded(test: str, *facts: str) -> str:
    return f"({' or '.join(f'{fact} == null' for fact in facts)}) ? null : ({test})"


def _gates() -> list[str]:
    known = "total_investment == null or total_investment == 0 or"
    none_of = " and ".join(f"fossil_activity != '{value}'" for value in n.FOSSIL)
    return [
        _guarded(f"established_on <= {_day(n.FOUNDED_BY)}", "established_on"),
        f"({known} equity == null) ? null : (equity / total_investment >= 0.2)",
        _guarded(
            "financing_need <= total_investment - equity - committed_loans",
            "financing_need",
            "total_investment",
            "equity",
            "committed_loans",
        ),
        f"({known} financing_need == null) ? null : (financing_need / total_investment <= 0.8)",
        "two_highs_sector == 'none' or capacity_addition == false ? true : "
        "(two_highs_sector == null or capacity_addition == null ? null : false)",
        _guarded(none_of, "fossil_activity"),
        "(fossil_activity != null and fossil_activity != 'coupled_heating') ? true : "
        "(heat_renewable_share == null ? null : "
        "(heat_renewable_share >= 60 ? true : (fossil_activity == null ? null : false)))",
        _guarded("env_credit_grade != 'red'", "env_credit_grade"),
        _guarded(f"credit_report_on >= {_day(n.REPORT_SINCE)}", "credit_report_on"),
        _guarded("benefit_central > 0", "benefit_central"),
        _guarded("ban_list_hit == false", "ban_list_hit"),
        "(stage == 'planning' or stage == 'permits') ? true : "
        "((annual_energy != null and annual_energy >= 1000) "
        "or (annual_electricity != null and annual_electricity >= 5000) "
        "? (stage == null ? null : false) : "
        "(annual_energy == null or annual_electricity == null ? null : true))",
        "government_linked == false ? true : "
        "(dscr_min != null ? (dscr_min >= 1.05 ? true : (government_linked == null ? null : false)) : null)",
        "consent_public",
    ]


def _day(day: Any) -> int:
    return (day - n.EPOCH).days


def _points() -> list[str]:
    def curve(x: str, knots: list[tuple[float, float]], *needed: str) -> str:
        code = f"{knots[-1][1]}"
        for (x0, y0), (x1, y1) in reversed(list(itertools.pairwise(knots))):
            code = f"({x} < {x1} ? {y0} + ({x} - {x0}) * {(y1 - y0) / (x1 - x0)} : {code})"
        return (
            f"({' or '.join(f'{fact} == null' for fact in needed)}) ? 0 : ({x} < {knots[0][0]} ? 0 : {code})"
        )

    def steps(x: str, bounds: list[tuple[float, float]], *needed: str) -> str:
        code = "0"
        for bound, points in bounds:
            code = f"({x} >= {bound} ? {points} : {code})"
        return f"({' or '.join(f'{fact} == null' for fact in needed)}) ? 0 : {code}"

    def chosen(key: str, points: dict[str, float]) -> str:
        code = "0"
        for choice, value in points.items():
            code = f"({key} == '{choice}' ? {value} : {code})"
        return code

    return [
        "total_investment == 0 ? 0 : ("
        + curve("(benefit_lifetime / total_investment)", n.YIELD, "benefit_lifetime", "total_investment")
        + ")",
        curve("benefit_central", n.SCALE, "benefit_central"),
        curve("intensity_fall", n.INTENSITY, "intensity_fall"),
        "total_investment == 0 ? 0 : ("
        + steps("(equity / total_investment)", [(0.2, 4), (0.3, 8)], "equity", "total_investment")
        + ")",
        steps("dscr_min", [(1.1, 4), (1.3, 8)], "dscr_min"),
        chosen("stage", n.STAGE),
        chosen("method_class", n.METHOD),
        curve("irr", n.RETURN, "irr"),
        "metered == true ? 6 : 0",
        "verified_independently == true ? 6 : 0",
        curve("private_share", n.PRIVATE, "private_share"),
        chosen("env_credit_grade", n.CREDIT),
    ]


def _graph() -> dict[str, Any]:
    rows = [{"id": f"g{i}", "key": f"g{i}", "value": gate} for i, gate in enumerate(_gates())]
    rows += [{"id": f"c{i}", "key": f"c{i}", "value": points} for i, points in enumerate(_points())]
    total = " + ".join(f"$.c{i}" for i in range(12))
    rows.append({"id": "score", "key": "score", "value": total})
    graph = {
        "contentType": "application/vnd.gorules.decision",
        "nodes": [
            {"id": "in", "type": "inputNode", "name": "in", "position": {"x": 0, "y": 0}},
            {
                "id": "rules",
                "type": "expressionNode",
                "name": "rules",
                "position": {"x": 1, "y": 0},
                "content": {"expressions": rows},
            },
            {"id": "out", "type": "outputNode", "name": "out", "position": {"x": 2, "y": 0}},
        ],
        "edges": [
            {"id": "a", "sourceId": "in", "targetId": "rules", "type": "edge"},
            {"id": "b", "sourceId": "rules", "targetId": "out", "type": "edge"},
        ],
    }
    return json.loads(json.dumps(graph))


def same(found: dict[str, Any], outcome: Any) -> bool:
    """Whether the decision agrees with an outcome, gate by gate and in the score."""
    verdicts = {finding.id: str(finding.verdict) for finding in outcome.findings}
    for place in range(14):
        expected = {"pass": True, "fail": False, "insufficient": None}[verdicts[f"G{place + 1:02d}"]]
        if found.get(f"g{place}") is not expected:
            return False
    return abs(float(found["score"]) - float(outcome.score)) < 1e-9


def context(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts as zen-engine takes them: floats, days as numbers, null for what is missing."""
    found: dict[str, Any] = dict.fromkeys((*NUMBERS, *FLAGS, *CHOICES, *DATES))
    for key, value in facts.items():
        if key in NUMBERS:
            found[key] = float(value)
        elif key in DATES:
            found[key] = (value - n.EPOCH).days
        else:
            found[key] = value
    return found
