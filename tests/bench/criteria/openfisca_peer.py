"""The rules as OpenFisca variables, with floats forced to 64 bits; what is missing is carried by hand."""

import itertools
from typing import Any

import numpy as np
import pandas as pd

from tests.bench import peer
from tests.bench.criteria import numbers as n
from tests.bench.criteria.workload import CHOICES, DATES, FLAGS, NUMBERS

NAME = "OpenFisca-core, float64"
PERIOD = "2026-03"


def prepare(frame: pd.DataFrame) -> dict[str, Any]:
    """Numbers with NaN, flags and choices as integers with −1, dates as days with a day far in the future."""
    found: dict[str, Any] = {name: frame[name].to_numpy() for name in NUMBERS}
    for name in FLAGS:
        found[name] = frame[name].astype("Int8").fillna(-1).to_numpy(np.int32)
    for name in CHOICES:
        found[name] = frame[name].cat.codes.to_numpy().astype(np.int32)
    for name in DATES:
        days = frame[name].to_numpy().astype("datetime64[D]").astype(np.int64)
        found[name] = np.where(days < -(10**9), -1, days).astype(np.int32)
    return {"system": _system(), "columns": found, "rows": len(frame)}


def run(prepared: dict[str, Any]) -> dict[str, Any]:
    peer("openfisca_core")
    from openfisca_core.simulations import SimulationBuilder

    simulation = SimulationBuilder().build_default_simulation(prepared["system"], count=prepared["rows"])
    for name, values in prepared["columns"].items():
        simulation.set_input(name, PERIOD, values)
    failed = np.zeros(prepared["rows"], np.uint16)
    missing = np.zeros(prepared["rows"], np.uint16)
    for place in range(14):
        gate = simulation.calculate(f"g{place}", PERIOD)
        failed |= (gate == 0).astype(np.uint16) << place
        missing |= (gate == -1).astype(np.uint16) << place
    score = simulation.calculate("score", PERIOD)
    level = sum((score >= bound - 1e-9).astype(np.int8) for bound in n.GRADES)
    return {
        "verdict": np.where(failed != 0, 3, np.where(missing != 0, 2, 0)).astype(np.int8),
        "failed": failed,
        "missing": missing,
        "score": score,
        "grade": np.where(failed != 0, 0, level).astype(np.int8),
    }


def _system() -> Any:
    peer("openfisca_core")
    from openfisca_core import variables
    from openfisca_core.entities import build_entity
    from openfisca_core.periods import MONTH
    from openfisca_core.taxbenefitsystems import TaxBenefitSystem
    from openfisca_core.variables import Variable

    variables.VALUE_TYPES[float]["dtype"] = np.float64
    project = build_entity(key="project", plural="projects", label="", is_person=True)
    system = TaxBenefitSystem([project])

    def add(name: str, kind: type, formula: Any = None) -> None:
        body = {"value_type": kind, "entity": project, "definition_period": MONTH}
        if formula is not None:
            body["formula"] = formula
        system.add_variable(type(name, (Variable,), body))

    for name in NUMBERS:
        add(name, float)
    for name in (*FLAGS, *CHOICES, *DATES):
        add(name, int)
    for name, formula in {**_gates(), **_points()}.items():
        add(name, int if name.startswith("g") else float, formula)
    return system


def _kleene(true: Any, false: Any) -> Any:
    return np.where(true, 1, np.where(false, 0, -1)).astype(np.int32)


def _either(a: Any, b: Any) -> Any:
    return np.where((a == 1) | (b == 1), 1, np.where((a == 0) & (b == 0), 0, -1)).astype(np.int32)


def _both(a: Any, b: Any) -> Any:
    return np.where((a == 0) | (b == 0), 0, np.where((a == 1) & (b == 1), 1, -1)).astype(np.int32)


def _not(a: Any) -> Any:
    return np.where(a == -1, -1, 1 - a).astype(np.int32)


def _is(key: str, *choices: str) -> Any:
    codes = [CHOICES[key].index(choice) for choice in choices]

    def test(p: Any, period: Any) -> Any:
        held = p(key, period)
        inside = np.zeros(len(held), bool)
        for code in codes:
            inside |= held == code
        return np.where(held < 0, -1, inside).astype(np.int32)

    return test


def _ratio(p: Any, period: Any, top: str) -> Any:
    below = p("total_investment", period)
    with np.errstate(all="ignore"):
        return np.where(below == 0, np.nan, p(top, period) / below)


def _days(day: Any) -> int:
    return (day - n.EPOCH).days


def _gates() -> dict[str, Any]:
    def least(get: Any, bound: float) -> Any:
        def formula(p: Any, period: Any, parameters: Any = None) -> Any:
            x = get(p, period)
            return _kleene(x >= bound, x < bound)

        return formula

    def days(key: str, edge: int, *, until: bool) -> Any:
        def formula(p: Any, period: Any, parameters: Any = None) -> Any:
            x = p(key, period)
            known = x >= 0
            return _kleene(
                known & ((x <= edge) if until else (x >= edge)), known & ((x > edge) if until else (x < edge))
            )

        return formula

    def gap(p: Any, period: Any, parameters: Any = None) -> Any:
        room = p("total_investment", period) - p("equity", period) - p("committed_loans", period)
        need = p("financing_need", period)
        return _kleene(need <= room, need > room)

    def most(p: Any, period: Any, parameters: Any = None) -> Any:
        x = _ratio(p, period, "financing_need")
        return _kleene(x <= 0.8, x > 0.8)

    def energy(p: Any, period: Any, parameters: Any = None) -> Any:
        a, b = p("annual_energy", period), p("annual_electricity", period)
        small = _both(_kleene(a < 1000, a >= 1000), _kleene(b < 5000, b >= 5000))
        return _either(_is("stage", *n.EARLY)(p, period), small)

    def positive(p: Any, period: Any, parameters: Any = None) -> Any:
        x = p("benefit_central", period)
        return _kleene(x > 0, x <= 0)

    def two_highs(p: Any, period: Any, parameters: Any = None) -> Any:
        return _either(_is("two_highs_sector", "none")(p, period), _not(p("capacity_addition", period)))

    def heating(p: Any, period: Any, parameters: Any = None) -> Any:
        x = p("heat_renewable_share", period)
        return _either(_not(_is("fossil_activity", "coupled_heating")(p, period)), _kleene(x >= 60, x < 60))

    def public(p: Any, period: Any, parameters: Any = None) -> Any:
        x = p("dscr_min", period)
        return _either(_not(p("government_linked", period)), _kleene(x >= 1.05, x < 1.05))

    return {
        "g0": days("established_on", _days(n.FOUNDED_BY), until=True),
        "g1": least(lambda p, period: _ratio(p, period, "equity"), 0.2),
        "g2": gap,
        "g3": most,
        "g4": two_highs,
        "g5": lambda p, period, parameters=None: _not(_is("fossil_activity", *n.FOSSIL)(p, period)),
        "g6": heating,
        "g7": lambda p, period, parameters=None: _not(_is("env_credit_grade", "red")(p, period)),
        "g8": days("credit_report_on", _days(n.REPORT_SINCE), until=False),
        "g9": positive,
        "g10": lambda p, period, parameters=None: _not(p("ban_list_hit", period)),
        "g11": energy,
        "g12": public,
        "g13": lambda p, period, parameters=None: p("consent_public", period),
    }


def _points() -> dict[str, Any]:
    def curve(get: Any, knots: list[tuple[float, float]]) -> Any:
        def formula(p: Any, period: Any, parameters: Any = None) -> Any:
            x = get(p, period)
            total = 0.0
            for (x0, y0), (x1, y1) in itertools.pairwise(knots):
                total = total + (np.clip(x, x0, x1) - x0) * ((y1 - y0) / (x1 - x0))
            return np.where(np.isnan(x), 0.0, total)

        return formula

    def steps(get: Any, bounds: list[tuple[float, float]]) -> Any:
        def formula(p: Any, period: Any, parameters: Any = None) -> Any:
            x = get(p, period)
            return sum((x >= bound) * points for bound, points in bounds)

        return formula

    def chosen(key: str, points: dict[str, float]) -> Any:
        table = np.array([points[choice] for choice in CHOICES[key]] + [0.0])
        return lambda p, period, parameters=None: table[p(key, period)]

    def flag(key: str) -> Any:
        return lambda p, period, parameters=None: (p(key, period) == 1) * 6.0

    def fact(key: str) -> Any:
        return lambda p, period: p(key, period)

    points = {
        "c0": curve(lambda p, period: _ratio(p, period, "benefit_lifetime"), n.YIELD),
        "c1": curve(fact("benefit_central"), n.SCALE),
        "c2": curve(fact("intensity_fall"), n.INTENSITY),
        "c3": steps(lambda p, period: _ratio(p, period, "equity"), [(0.2, 4.0), (0.3, 4.0)]),
        "c4": steps(fact("dscr_min"), [(1.1, 4.0), (1.3, 4.0)]),
        "c5": chosen("stage", n.STAGE),
        "c6": chosen("method_class", n.METHOD),
        "c7": curve(fact("irr"), n.RETURN),
        "c8": flag("metered"),
        "c9": flag("verified_independently"),
        "c10": curve(fact("private_share"), n.PRIVATE),
        "c11": chosen("env_credit_grade", n.CREDIT),
    }
    points["score"] = lambda p, period, parameters=None: sum(p(f"c{i}", period) for i in range(12))
    return points
