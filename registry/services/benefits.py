"""The carbon-reduction benefit of an application: estimated live, frozen on submission."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from registry.clock import day_of
from registry.models import Application, CarbonBenefit
from scoring import carbon
from scoring.errors import InvalidFacts, UnknownEdition
from scoring.facts import Facts, Value
from scoring.words import Words


def method_of(facts: Facts) -> carbon.Method | None:
    """The methodology chosen, when there is one."""
    chosen = facts.get("method_id")
    try:
        return carbon.method(str(chosen)) if chosen else None
    except UnknownEdition:
        return None


def estimate(
    facts: Facts, inputs: dict[str, Any], *, on: date
) -> carbon.Benefit | carbon.Insufficient | None:
    """The benefit by the chosen method; what is missing if it cannot be computed; None without a method."""
    method = method_of(facts)
    if method is None:
        return None
    investment, life = facts.get("total_investment"), facts.get("project_life")
    return carbon.estimate(
        method.id,
        {spec.key: spec.read(inputs[spec.key]) for spec in method.inputs if spec.key in inputs},
        on=on,
        investment=investment if isinstance(investment, Decimal) else None,
        life=life if isinstance(life, Decimal) else None,
    )


def try_estimate(
    facts: Facts, inputs: dict[str, Any], *, on: date
) -> tuple[carbon.Benefit | carbon.Insufficient | None, dict[str, Words]]:
    """The estimate and the faults of the inputs, for a page that shows both."""
    try:
        return estimate(facts, inputs, on=on), {}
    except InvalidFacts as error:
        return None, error.messages


def freeze(
    session: Session, application: Application, benefit: carbon.Benefit, *, now: datetime
) -> CarbonBenefit:
    """The benefit written once, with inputs, factors and hash."""
    result = benefit.to_json()
    frozen = CarbonBenefit(
        application=application,
        method_id=benefit.method_id,
        method_version=benefit.method_version,
        inputs=dict(application.inputs),
        result=result,
        content_hash=benefit.content_hash,
        annual=float(benefit.annual),
        p10=float(benefit.p10),
        p90=float(benefit.p90),
        lifetime=None if benefit.lifetime is None else float(benefit.lifetime),
        estimated_on=day_of(now),
        created_at=now,
    )
    session.add(frozen)
    session.flush()
    return frozen


def rule_facts(benefit: carbon.Benefit | carbon.Insufficient | None) -> dict[str, Value]:
    """What the rules may read of an estimate; nothing when there is none."""
    if not isinstance(benefit, carbon.Benefit):
        return {}
    known: dict[str, Value] = {
        "benefit_central": Decimal(str(benefit.p50)),
        "benefit_low": Decimal(str(benefit.p10)),
        "factor_published": bool(benefit.factors),
    }
    if benefit.lifetime is not None:
        known["benefit_lifetime"] = Decimal(str(benefit.lifetime))
    return known
