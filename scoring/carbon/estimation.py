"""From a method and the stated inputs to a carbon benefit, or to what is missing."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np

from scoring.carbon import intake, quantities
from scoring.carbon import plan as planning
from scoring.carbon.benefit import Benefit, Input, Insufficient, StepResult
from scoring.carbon.definition import Method
from scoring.carbon.equations import finance
from scoring.carbon.expression import number_text
from scoring.carbon.factors import factors_hash
from scoring.carbon.house import Trajectory, house
from scoring.carbon.intake import Stated
from scoring.carbon.methods import method
from scoring.carbon.plan import Plan
from scoring.carbon.remarks import remarks
from scoring.carbon.run import Run, array, number
from scoring.errors import InvalidFacts
from scoring.facts import FactSpec
from scoring.units import units
from scoring.words import Words

MAX_LIFE = 100
LONG_SERIES = 12


def estimate(
    method_id: str,
    inputs: Mapping[str, Any],
    *,
    on: date,
    investment: Decimal | None = None,
    life: int | Decimal | None = None,
    seed: int = 0,
    region: str = "CN-BJ",
    trajectory: str = "base",
    annual_cost: Decimal | None = None,
    annual_saving: Decimal | None = None,
    discount_rate: Decimal | None = None,
    evidence: Mapping[str, str] | None = None,
    accepted: Mapping[str, str] | None = None,
    version: str | None = None,
) -> Benefit | Insufficient:
    """The benefit of a project by a method on a day.

    Parameters
    ----------
    inputs : what the applicant states, by input key; numbers in the declared unit, or (value, unit) pairs.
    investment, annual_cost, annual_saving : amounts in 万元 and 万元 a year, for EQ-25.
    life : years of operation; the method's own when absent.
    trajectory : the declared scenario of the grid factor for the dynamic figures.
    evidence, accepted : by input key, the document behind a value and the reason an unusual one was accepted.

    Raises
    ------
    UnknownEdition
        If there is no such method, or none in force on that day.
    InvalidFacts
        If an input is out of bounds, in a wrong unit, inconsistent or of a wrong factor kind.
    """
    of = method(method_id, version, on=None if version else on)
    if "years" in inputs and "years" not in of.specs:
        life = inputs["years"] if life is None else life
        inputs = {key: value for key, value in inputs.items() if key != "years"}
    settings = Settings(
        on,
        region,
        seed,
        _trajectory(trajectory),
        investment,
        annual_cost,
        annual_saving,
        discount_rate,
        _life(life),
    )
    stated = Stated({}, {}) if of.result is None else intake.read(of, inputs)
    return settle(of, stated, settings, {}, evidence or {}, accepted or {})


class Settings:
    """What surrounds the inputs of an estimate."""

    __slots__ = (
        "annual_cost",
        "annual_saving",
        "discount_rate",
        "investment",
        "life",
        "on",
        "region",
        "seed",
        "trajectory",
    )

    def __init__(
        self,
        on: date,
        region: str,
        seed: int,
        trajectory: Trajectory,
        investment: Decimal | None,
        annual_cost: Decimal | None,
        annual_saving: Decimal | None,
        discount_rate: Decimal | float | None,
        life: int | None,
    ) -> None:
        self.on = on
        self.region = region
        self.seed = seed
        self.trajectory = trajectory
        self.investment = investment
        self.annual_cost = annual_cost
        self.annual_saving = annual_saving
        self.discount_rate = house().discount_rate if discount_rate is None else float(discount_rate)
        self.life = life


def settle(
    of: Method,
    stated: Stated,
    settings: Settings,
    pinned: Mapping[str, Any],
    evidence: Mapping[str, str],
    accepted: Mapping[str, str],
) -> Benefit | Insufficient:
    """The estimate itself; `pinned` holds the values a former estimate took by default, for replay."""
    if of.result is None:
        return Insufficient(of.id, {}, intake.NO_TONNES)
    plan = planning.make(of, of.result, frozenset(stated.values))
    if plan.missing:
        return Insufficient(of.id, {key: of.label_of(key) for key in plan.missing})
    standing_in, unknown = intake.defaults(
        of, plan, stated.values, on=settings.on, region=settings.region, pinned=pinned
    )
    if unknown:
        return Insufficient(of.id, unknown)
    central = {key: stated.values[key] for key in plan.stated}
    central |= {key: array(entry.value) for key, entry in standing_in.items()}
    intake.refuse_broken(of, {**stated.values, **central})
    _refuse_inconsistent(of, stated.values, settings)

    life = settings.life or of.life
    run = Run(of, plan, central, life)
    values = run.at(run.years if of.annual == "mean" else 1.0)
    intake.refuse_broken(of, {key: value for key, value in values.items() if key not in stated.values})
    annual = float(np.mean(values[of.result]))
    band = run.band(settings.seed)
    yearly, dynamic = run.yearly(None), run.yearly(settings.trajectory)
    lines = _lines(of, plan, stated, standing_in, evidence, accepted)
    found = Benefit(
        method_id=of.id,
        method_version=of.version,
        method_hash=of.content_hash,
        factors_hash=factors_hash(),
        on=settings.on,
        region=settings.region,
        seed=settings.seed,
        draws=house().draws,
        trajectory=settings.trajectory.id,
        annual=annual,
        p10=float(band.p10),
        p50=float(band.p50),
        p90=float(band.p90),
        conservative=float(band.conservative),
        exact=band.exact,
        life=life,
        crediting_years=of.crediting_years,
        yearly=tuple(float(value) for value in yearly),
        yearly_dynamic=tuple(float(value) for value in dynamic),
        investment=settings.investment,
        annual_cost=settings.annual_cost,
        annual_saving=settings.annual_saving,
        discount_rate=settings.discount_rate,
        mac=_abatement_cost(settings, annual, life),
        breakeven=tuple(entry for key in of.breakeven if (entry := run.breakeven(key)) is not None),
        inputs=lines,
        steps=_steps(plan, plan.evaluate_beside(run.at(1.0)), annual, of),
        warnings=(),
        blocked=False,
    )
    warnings, blocked = remarks(of, found, values, unused=stated.values.keys() - set(plan.stated))
    return _with(found, warnings, blocked)


def _refuse_inconsistent(of: Method, values: Mapping[str, Any], settings: Settings) -> None:
    """Raise InvalidFacts where a stated quantity and the one its stated parts give are far apart."""
    faults = {}
    for key in values.keys() & of.ways.keys():
        others = {other: value for other, value in values.items() if other != key}
        plan = planning.make(of, key, frozenset(others))
        if plan.missing or not any(step.key == key for step in plan.steps) or not plan.stated:
            continue
        standing_in, unknown = intake.defaults(
            of, plan, others, on=settings.on, region=settings.region, pinned={}
        )
        if unknown or any(entry.origin == "factor" for entry in standing_in.values()):
            continue
        central = {name: others[name] for name in plan.stated}
        central |= {name: array(entry.value) for name, entry in standing_in.items()}
        computed = Run(of, plan, central, 1).at(1.0)[key]
        stated = values[key]
        if np.ndim(stated) or np.ndim(computed):
            continue
        if abs(computed - stated) > house().consistency * max(abs(computed), abs(stated)):
            unit, parts = of.unit_of(key), [of.label_of(name) for name in plan.stated]
            faults[key] = Words(
                f"与由{'、'.join(part.zh for part in parts)}算得的 {computed:,.6g} {unit.label.zh} 不一致",
                f"does not agree with {computed:,.6g} {unit.label.en} from "
                f"{', '.join(part.en.lower() for part in parts)}",
            )
    if faults:
        raise InvalidFacts(faults)


def _lines(
    of: Method,
    plan: Plan,
    stated: Stated,
    standing_in: Mapping[str, Input],
    evidence: Mapping[str, str],
    accepted: Mapping[str, str],
) -> tuple[Input, ...]:
    lines = []
    for spec in of.inputs:
        key = spec.key
        if key in plan.stated:
            value = stated.values[key]
            exact = Decimal(repr(float(value))) if not np.ndim(value) else None
            lines.append(
                Input(
                    key,
                    spec.label,
                    number(value),
                    of.unit_of(key),
                    "stated",
                    stated.factors.get(key),
                    evidence.get(key),
                    accepted.get(key),
                    spec.plausible,
                    exact is not None and spec.is_implausible(exact),
                )
            )
        elif key in standing_in:
            lines.append(standing_in[key])
    return tuple(lines)


def _steps(plan: Plan, values: Mapping[str, Any], annual: float, of: Method) -> tuple[StepResult, ...]:
    found = []
    *before, result = plan.steps
    for step in (*before, *plan.beside, result):
        value = values[step.key]
        if step.key == of.result and of.annual == "mean":
            value = annual
        found.append(
            StepResult(
                key=step.key,
                label=step.label,
                equation=step.equation.id,
                formula=f"{step.key} = {step.formula.text()}",
                substituted=step.formula.text(lambda name: _shown(values[name])),
                value=number(value),
                unit=step.unit,
            )
        )
    return tuple(found)


def _shown(value: Any) -> str:
    if np.ndim(value) and len(value) > LONG_SERIES:
        return f"[{number_text(value[0])}, …, {number_text(value[-1])}]"
    text = number_text(value)
    return f"({text})" if text.startswith("-") else text


def _abatement_cost(settings: Settings, annual: float, life: int) -> float | None:
    if settings.investment is None or annual <= 0:
        return None
    return float(
        finance.abatement_cost(
            finance.in_yuan(float(settings.investment)),
            finance.capital_recovery(settings.discount_rate, float(life)),
            finance.in_yuan(float(settings.annual_cost or 0)),
            finance.in_yuan(float(settings.annual_saving or 0)),
            annual,
        )
    )


def _trajectory(name: str) -> Trajectory:
    found = house().trajectories.get(name)
    if found is None:
        known = ", ".join(house().trajectories)
        raise InvalidFacts({"trajectory": Words(f"应为 {known} 之一", f"must be one of {known}")})
    return found


def _life(life: Any) -> int | None:
    if life is None:
        return None
    spec = FactSpec("life", "benefit", "number", Words("年限", "Life"), units()["a"])
    years = quantities.read(spec, life)
    if years is None or not 1 <= years <= MAX_LIFE:
        raise InvalidFacts(
            {"life": Words(f"应在 1–{MAX_LIFE} 年之间", f"must lie between 1 and {MAX_LIFE} years")}
        )
    return int(years)


def _with(found: Benefit, warnings: tuple[Words, ...], blocked: bool) -> Benefit:
    return replace(found, warnings=warnings, blocked=blocked)
