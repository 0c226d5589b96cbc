"""The rules as one SELECT of DuckDB; NULL is three-valued there."""

import itertools
from typing import Any

import pandas as pd

from tests.bench import peer
from tests.bench.criteria import numbers as n

NAME = "DuckDB, one SELECT"


def prepare(frame: pd.DataFrame) -> Any:
    duckdb = peer("duckdb")
    db = duckdb.connect()
    plain = frame.copy(deep=False)
    for name in frame.columns:
        if frame[name].dtype.kind == "f":
            plain[name] = frame[name].astype("Float64")
    plain.insert(0, "id", range(len(frame)))
    db.register("given", plain)
    db.execute("create table projects as select * from given")
    db.unregister("given")
    return db


def run(db: Any) -> dict[str, Any]:
    ratio = "equity / nullif(total_investment, 0)"
    gates = [
        f"established_on <= date '{n.FOUNDED_BY}'",
        f"{ratio} >= 0.2::double",
        "financing_need <= total_investment - equity - committed_loans",
        "financing_need / nullif(total_investment, 0) <= 0.8::double",
        "two_highs_sector = 'none' or not capacity_addition",
        "fossil_activity not in ('extraction', 'coal_power', 'fossil_supply')",
        "fossil_activity <> 'coupled_heating' or heat_renewable_share >= 60",
        "env_credit_grade <> 'red'",
        f"credit_report_on >= date '{n.REPORT_SINCE}'",
        "benefit_central > 0",
        "not ban_list_hit",
        "stage in ('planning', 'permits') or (annual_energy < 1000 and annual_electricity < 5000)",
        "not government_linked or dscr_min >= 1.05::double",
        "consent_public",
    ]

    def curve(x: str, knots: list[tuple[float, float]]) -> str:
        parts = [
            f"(least(greatest({x}, {x0}::double), {x1}::double) - {x0}::double)"
            f" * {(y1 - y0) / (x1 - x0)!r}::double"
            for (x0, y0), (x1, y1) in itertools.pairwise(knots)
        ]
        return f"(case when {x} is null then 0 else {' + '.join(parts)} end)"

    def steps(x: str, bounds: list[tuple[float, float]]) -> str:
        return "(" + " + ".join(f"case when {x} >= {b}::double then {p} else 0 end" for b, p in bounds) + ")"

    def chosen(key: str, points: dict[str, float]) -> str:
        return f"(case {key} " + " ".join(f"when '{k}' then {v}" for k, v in points.items()) + " else 0 end)"

    score = " + ".join(
        [
            curve("(benefit_lifetime / nullif(total_investment, 0))", n.YIELD),
            curve("benefit_central", n.SCALE),
            curve("intensity_fall", n.INTENSITY),
            steps(ratio, [(0.2, 4.0), (0.3, 4.0)]),
            steps("dscr_min", [(1.1, 4.0), (1.3, 4.0)]),
            chosen("stage", n.STAGE),
            chosen("method_class", n.METHOD),
            curve("irr", n.RETURN),
            "(case when metered then 6.0 else 0 end)",
            "(case when verified_independently then 6.0 else 0 end)",
            curve("private_share", n.PRIVATE),
            chosen("env_credit_grade", n.CREDIT),
        ]
    )
    bits = ", ".join(f"({gate}) as g{i}" for i, gate in enumerate(gates))
    failed = " + ".join(f"(case when not g{i} then {1 << i} else 0 end)" for i in range(14))
    missing = " + ".join(f"(case when g{i} is null then {1 << i} else 0 end)" for i in range(14))
    level = " + ".join(f"(score >= {b - 1e-9!r}::double)::tinyint" for b in n.GRADES)
    query = f"""
        select id, score, failed::usmallint as failed, missing::usmallint as missing,
               (case when failed <> 0 then 3 when missing <> 0 then 2 else 0 end)::tinyint as verdict,
               (case when failed <> 0 then 0 else {level} end)::tinyint as grade
        from (select id, score, {failed} as failed, {missing} as missing
              from (select id, ({score})::double as score, {bits} from projects))
    """
    return dict(db.execute(query).fetchnumpy())


def in_order(found: dict[str, Any]) -> dict[str, Any]:
    """DuckDB may return rows in another order; the id restores it (not timed)."""
    order = found["id"].argsort()
    return {name: values[order] for name, values in found.items()}
