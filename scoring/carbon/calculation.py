"""One quantity of a method or calculation from stated quantities: for checks, examples and reviewers.

Where `estimate` answers for a project, `calculate` answers any question a method's equations can: a combined
margin, a break-even, the methane of a year, a lifetime sum, the value of a reduction at a price.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from scoring.carbon import intake, quantities
from scoring.carbon import plan as planning
from scoring.carbon.benefit import Number
from scoring.carbon.definition import Method
from scoring.carbon.equations import finance
from scoring.carbon.methods import method
from scoring.carbon.plan import Plan
from scoring.carbon.run import Run, array, number
from scoring.errors import InvalidFacts
from scoring.facts import FactSpec
from scoring.units import Unit, units
from scoring.words import Words

# what may be stated for every method: the operating year, the life, a reduction already known, a price
COMMON = {
    "year": ("year number", Words("运行年序", "Operating year")),
    "years": ("a", Words("年数", "Years")),
    "annual_er": ("tCO2e/a", Words("年减排量", "Reduction per year")),
    "price": ("CNY/tCO2e", Words("碳价", "Price")),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A quantity with its unit."""

    key: str
    value: Number
    unit: Unit

    def to(self, unit: str) -> float:
        """The value in another unit; raises InvalidFacts when it has another dimension."""
        try:
            slope, offset = quantities.back(self.unit.pint, unit)
        except quantities.UnknownUnit:
            message = Words(f"不能换算为 {unit}", f"cannot be converted to {unit}")
            raise InvalidFacts({self.key: message}) from None
        return float(np.asarray(self.value)) * slope + offset


def calculate(
    method_id: str,
    inputs: Mapping[str, Any],
    *,
    on: date,
    output: str | None = None,
    region: str = "CN-BJ",
    version: str | None = None,
) -> Answer:
    """A quantity from the stated ones; without `output`, the first that uses all of them.

    Raises UnknownEdition for an unknown method, and InvalidFacts for unreadable or insufficient inputs.
    """
    of = method(method_id, version)
    common, own = _common(of, inputs)
    if "annual_er" in common and not own:
        return _beyond(common["annual_er"], common)
    stated = intake.read(of, own)
    plan = _choose(of, frozenset(stated.values), output, "year" in common)
    if plan.missing:
        raise InvalidFacts(dict.fromkeys(plan.missing, intake.MISSING))
    standing_in, unknown = intake.defaults(of, plan, stated.values, on=on, region=region, pinned={})
    if unknown:
        raise InvalidFacts(unknown)
    central = {key: stated.values[key] for key in plan.stated}
    central |= {key: array(entry.value) for key, entry in standing_in.items()}
    intake.refuse_broken(of, central)
    run = Run(of, plan, central, int(common.get("years", 1)))
    if "years" in common:
        return _beyond(run.yearly(None, plan.target), common)
    values = run.at(common.get("year", 1.0))
    if "price" in common:
        return _beyond(values[plan.target], common)
    return Answer(plan.target, number(values[plan.target]), of.unit_of(plan.target))


def _beyond(reduction: Any, common: Mapping[str, float]) -> Answer:
    """Lifetime or value of a reduction, EQ-24 and EQ-25."""
    if "price" in common:
        value = finance.credit_revenue(reduction, common["price"])
        return Answer("revenue", number(value), units()["CNY/a"])
    if np.ndim(reduction):
        return Answer("lifetime", float(finance.lifetime_sum(reduction)), units()["tCO2e"])
    if "years" not in common:
        raise InvalidFacts({"years": intake.MISSING})
    return Answer("lifetime", float(finance.lifetime_constant(reduction, common["years"])), units()["tCO2e"])


def _choose(of: Method, stated: frozenset[str], output: str | None, with_year: bool) -> Plan:
    if output is not None:
        if output not in of.ways and output not in of.specs:
            known = Words("没有这一结果", "is no quantity of this method")
            raise InvalidFacts({output: known})
        return planning.make(of, output, stated)
    fitting = []
    for place, key in enumerate(of.ways):
        plan = planning.make(of, key, stated)
        if plan.missing or set(plan.stated) != stated or (with_year and not plan.built_in):
            continue
        published = sum(of.defaults[name].kind is not None for name in plan.defaults)
        fitting.append((published, place, plan))
    if fitting:
        return min(fitting, key=lambda entry: entry[:2])[2]
    return planning.make(of, of.result or next(iter(of.ways)), stated)


def _common(of: Method, inputs: Mapping[str, Any]) -> tuple[dict[str, float], dict[str, Any]]:
    common: dict[str, float] = {}
    own: dict[str, Any] = {}
    for key, raw in inputs.items():
        if key in COMMON and key not in of.specs and key not in of.aliases:
            symbol, label = COMMON[key]
            spec = FactSpec(key=key, section="benefit", kind="number", label=label, unit=units()[symbol])
            value = quantities.read(spec, raw)
            if value is not None:
                common[key] = float(value)
        else:
            own[key] = raw
    return common, own
