"""The rules in idiomatic pandas with nullable types, whose logic is three-valued."""

import itertools
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd

from tests.bench.criteria import numbers as n
from tests.bench.criteria.workload import FLAGS, NUMBERS

NAME = "pandas, nullable"


def prepare(frame: pd.DataFrame) -> pd.DataFrame:
    kinds = {**dict.fromkeys(NUMBERS, "Float64"), **dict.fromkeys(FLAGS, "boolean")}
    return frame.astype(kinds)


def is_in(column: "pd.Series[Any]", values: list[str]) -> "pd.Series[bool]":
    return column.isin(values).astype("boolean").mask(column.isna())


def curve(x: "pd.Series[float]", knots: list[tuple[float, float]]) -> "pd.Series[float]":
    total = 0.0
    for (x0, y0), (x1, y1) in itertools.pairwise(knots):
        total = total + (x.clip(x0, x1) - x0) * ((y1 - y0) / (x1 - x0))
    return total.fillna(0.0)


def steps(x: "pd.Series[float]", bounds: list[tuple[float, float]]) -> "pd.Series[float]":
    return sum((x >= bound).fillna(False) * points for bound, points in bounds)


def run(f: pd.DataFrame) -> dict[str, Any]:
    equity = f["equity"] / f["total_investment"].replace(0, pd.NA)
    tons = f["benefit_lifetime"] / f["total_investment"].replace(0, pd.NA)
    share = f["financing_need"] / f["total_investment"].replace(0, pd.NA)
    founded = (
        (f["established_on"] <= pd.Timestamp(n.FOUNDED_BY)).astype("boolean").mask(f["established_on"].isna())
    )
    report = (
        (f["credit_report_on"] >= pd.Timestamp(n.REPORT_SINCE))
        .astype("boolean")
        .mask(f["credit_report_on"].isna())
    )
    gates = [
        founded,
        equity >= 0.2,
        f["financing_need"] <= f["total_investment"] - f["equity"] - f["committed_loans"],
        share <= 0.8,
        is_in(f["two_highs_sector"], ["none"]) | ~f["capacity_addition"],
        ~is_in(f["fossil_activity"], n.FOSSIL),
        ~is_in(f["fossil_activity"], ["coupled_heating"]) | (f["heat_renewable_share"] >= 60),
        ~is_in(f["env_credit_grade"], ["red"]),
        report,
        f["benefit_central"] > 0,
        ~f["ban_list_hit"],
        is_in(f["stage"], n.EARLY) | ((f["annual_energy"] < 1000) & (f["annual_electricity"] < 5000)),
        ~f["government_linked"] | (f["dscr_min"] >= 1.05),
        f["consent_public"],
    ]
    failed = reduce(
        np.bitwise_or, ((~g).fillna(False).to_numpy(bool).astype(np.uint16) << i for i, g in enumerate(gates))
    )
    missing = reduce(np.bitwise_or, (g.isna().to_numpy().astype(np.uint16) << i for i, g in enumerate(gates)))
    score = (
        curve(tons, n.YIELD)
        + curve(f["benefit_central"], n.SCALE)
        + curve(f["intensity_fall"], n.INTENSITY)
        + steps(equity, [(0.2, 4.0), (0.3, 4.0)])
        + steps(f["dscr_min"], [(1.1, 4.0), (1.3, 4.0)])
        + f["stage"].map(n.STAGE).astype("Float64").fillna(0.0)
        + f["method_class"].map(n.METHOD).astype("Float64").fillna(0.0)
        + curve(f["irr"], n.RETURN)
        + f["metered"].fillna(False) * 6.0
        + f["verified_independently"].fillna(False) * 6.0
        + curve(f["private_share"], n.PRIVATE)
        + f["env_credit_grade"].map(n.CREDIT).astype("Float64").fillna(0.0)
    ).to_numpy(float)
    level = sum((score >= bound - 1e-9).astype(np.int8) for bound in n.GRADES)
    return {
        "verdict": np.where(failed != 0, 3, np.where(missing != 0, 2, 0)).astype(np.int8),
        "failed": failed,
        "missing": missing,
        "score": score,
        "grade": np.where(failed != 0, 0, level).astype(np.int8),
    }
