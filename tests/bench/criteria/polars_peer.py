"""The rules as one lazy polars query; nulls are three-valued there."""

import itertools
from functools import reduce
from typing import Any

import pandas as pd

from tests.bench import peer
from tests.bench.criteria import numbers as n

NAME = "polars, lazy"


def prepare(frame: pd.DataFrame) -> Any:
    pl = peer("polars")
    return pl.from_pandas(frame, nan_to_null=True)


def run(df: Any) -> dict[str, Any]:
    pl = peer("polars")
    c = pl.col
    total = pl.when(c("total_investment") != 0).then(c("total_investment"))
    gates = [
        c("established_on") <= n.FOUNDED_BY,
        c("equity") / total >= 0.2,
        c("financing_need") <= c("total_investment") - c("equity") - c("committed_loans"),
        c("financing_need") / total <= 0.8,
        (c("two_highs_sector") == "none") | ~c("capacity_addition"),
        (c("fossil_activity") != "extraction")
        & (c("fossil_activity") != "coal_power")
        & (c("fossil_activity") != "fossil_supply"),
        (c("fossil_activity") != "coupled_heating") | (c("heat_renewable_share") >= 60),
        c("env_credit_grade") != "red",
        c("credit_report_on") >= n.REPORT_SINCE,
        c("benefit_central") > 0,
        ~c("ban_list_hit"),
        (c("stage") == "planning")
        | (c("stage") == "permits")
        | ((c("annual_energy") < 1000) & (c("annual_electricity") < 5000)),
        ~c("government_linked") | (c("dscr_min") >= 1.05),
        c("consent_public"),
    ]
    masks = [gate.alias(f"g{i}") for i, gate in enumerate(gates)]
    failed = reduce(
        lambda a, b: a | b,
        [
            pl.when(c(f"g{i}").not_().fill_null(False)).then(1 << i).otherwise(0).cast(pl.UInt16)
            for i in range(14)
        ],
    )
    missing = reduce(
        lambda a, b: a | b,
        [pl.when(c(f"g{i}").is_null()).then(1 << i).otherwise(0).cast(pl.UInt16) for i in range(14)],
    )

    def curve(x: Any, knots: list[tuple[float, float]]) -> Any:
        parts = [
            (x.clip(x0, x1) - x0) * ((y1 - y0) / (x1 - x0))
            for (x0, y0), (x1, y1) in itertools.pairwise(knots)
        ]
        return reduce(lambda a, b: a + b, parts).fill_null(0.0)

    def steps(x: Any, bounds: list[tuple[float, float]]) -> Any:
        return reduce(lambda a, b: a + b, [(x >= b).fill_null(False).cast(pl.Float64) * p for b, p in bounds])

    def chosen(key: str, points: dict[str, float]) -> Any:
        table = pl.when(c(key) == next(iter(points))).then(next(iter(points.values())))
        for choice, value in list(points.items())[1:]:
            table = table.when(c(key) == choice).then(value)
        return table.otherwise(0.0)

    score = (
        curve(c("benefit_lifetime") / total, n.YIELD)
        + curve(c("benefit_central"), n.SCALE)
        + curve(c("intensity_fall"), n.INTENSITY)
        + steps(c("equity") / total, [(0.2, 4.0), (0.3, 4.0)])
        + steps(c("dscr_min"), [(1.1, 4.0), (1.3, 4.0)])
        + chosen("stage", n.STAGE)
        + chosen("method_class", n.METHOD)
        + curve(c("irr"), n.RETURN)
        + c("metered").fill_null(False).cast(pl.Float64) * 6.0
        + c("verified_independently").fill_null(False).cast(pl.Float64) * 6.0
        + curve(c("private_share"), n.PRIVATE)
        + chosen("env_credit_grade", n.CREDIT)
    )
    level = reduce(lambda a, b: a + b, [(c("score") >= b - 1e-9).cast(pl.Int8) for b in n.GRADES])
    out = (
        df.lazy()
        .select(*masks, score.alias("score"))
        .select("score", failed.alias("failed"), missing.alias("missing"))
        .select(
            "score",
            "failed",
            "missing",
            pl.when(c("failed") != 0)
            .then(3)
            .when(c("missing") != 0)
            .then(2)
            .otherwise(0)
            .cast(pl.Int8)
            .alias("verdict"),
            pl.when(c("failed") != 0).then(pl.lit(0, pl.Int8)).otherwise(level).alias("grade"),
        )
        .collect()
    )
    return {name: out[name].to_numpy() for name in ("verdict", "failed", "missing", "score", "grade")}
