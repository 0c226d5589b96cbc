"""Limited money spread over many projects: bound, Pareto front, an answer, the worth of more money."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np

from scoring.errors import InvalidFacts
from scoring.matching.columns import Floats
from scoring.matching.plans import Plan
from scoring.matching.program import Answer, Program
from scoring.matching.rounding import rounded
from scoring.words import Words

GOALS = ("climate", "suitability")


@dataclass(frozen=True, slots=True)
class Award:
    """One amount of one product for one project, 万元."""

    project: int
    product: int
    amount: float


@dataclass(frozen=True, eq=False)
class Allocation:
    """An answer with the bound it is measured by.

    `gap` is 1 − answer / bound in the goal; `climate_price` is the suitability-weighted 万元 given up for one
    more tonne a year at the climate floor; `quota_prices` what one more 万元 of each quota adds to the goal.
    """

    plan: Plan = field(repr=False)
    goal: str
    amounts: Floats = field(repr=False)
    climate: float
    suited: float
    total: float
    funded: int
    bound: float
    gap: float
    climate_floor: float | None
    climate_price: float
    quota_prices: Floats = field(repr=False)

    @property
    def meets_floor(self) -> bool:
        """Whether the answer, made of whole tickets, still reaches the floor that the bound reaches."""
        return self.climate_floor is None or self.climate >= self.climate_floor * (1 - 1e-9)

    @property
    def awards(self) -> tuple[Award, ...]:
        return tuple(
            Award(int(self.plan.project[pair]), int(self.plan.product[pair]), float(self.amounts[pair]))
            for pair in np.flatnonzero(self.amounts > 0)
        )


@dataclass(frozen=True, slots=True)
class FrontPoint:
    """A point of the front: climate against suitability-weighted amount, and the price of climate there."""

    climate: float
    suited: float
    total: float
    price: float


def allocate(plan: Plan, *, goal: str = "climate", climate_floor: float | None = None) -> Allocation:
    """An allocation that breaks no rule, guided by the linear program that bounds it.

    Raises
    ------
    InvalidFacts
        If the goal is unknown.
    NoAllocation
        If no allocation reaches the climate floor.
    """
    if goal not in GOALS:
        known = "、".join(GOALS)
        raise InvalidFacts({"goal": Words(f"应为：{known}", f"must be one of: {known}")})
    program = Program(plan)
    worth = program.climate if goal == "climate" else plan.suitability
    optimum = program.solve(worth, floor=climate_floor)
    amounts = rounded(program, optimum, worth)
    if climate_floor is not None and float(program.climate @ amounts) < climate_floor:
        amounts = _leaning(program, optimum, worth, climate_floor)
    reached = float(worth @ amounts)
    bound = float(worth @ optimum.amount)
    return Allocation(
        plan=plan,
        goal=goal,
        amounts=amounts,
        climate=float(program.climate @ amounts),
        suited=float(plan.suitability @ amounts),
        total=float(amounts.sum()),
        funded=len(np.unique(plan.project[amounts > 0])),
        bound=bound,
        gap=0.0 if bound <= 0 else 1.0 - reached / bound,
        climate_floor=climate_floor,
        climate_price=optimum.climate_price,
        quota_prices=optimum.quota_prices,
    )


def front(plan: Plan, points: int = 11) -> tuple[FrontPoint, ...]:
    """The Pareto front of the linear program, from most suited to most climate.

    Suitability-weighted amount is maximised under rising climate floors; plain amount would be no second
    goal, since scarce money is always placed in full. The dual of the floor is the price of climate.
    """
    if points < 2:
        raise InvalidFacts({"points": Words("至少 2 点", "needs at least 2 points")})
    program = Program(plan)
    most = program.solve(program.climate)
    least = program.solve(plan.suitability)
    floors = np.linspace(least.climate, most.climate * (1 - 1e-9), points)
    found = [_point(least)]
    found.extend(_point(program.solve(plan.suitability, floor=float(floor))) for floor in floors[1:])
    return tuple(found)


def what_if(
    plan: Plan, quotas: Mapping[str, Decimal | float], *, goal: str = "climate"
) -> tuple[Allocation, Allocation]:
    """The allocation as planned and with other quotas."""
    return allocate(plan, goal=goal), allocate(plan.with_quotas(quotas), goal=goal)


def _leaning(program: Program, optimum: Answer, worth: Floats, floor: float) -> Floats:
    """An answer leaning towards climate: the first that reaches the floor, or the one with most climate."""
    scale = float(np.abs(worth).max(initial=0.0) / max(np.abs(program.climate).max(initial=0.0), 1e-12))
    found = []
    for weight in (optimum.climate_price, scale, 10 * scale):
        amounts = rounded(program, optimum, worth + weight * program.climate)
        if float(program.climate @ amounts) >= floor:
            return amounts
        found.append(amounts)
    found.append(rounded(program, optimum, program.climate))
    return max(found, key=lambda amounts: float(program.climate @ amounts))


def _point(answer: Answer) -> FrontPoint:
    return FrontPoint(answer.climate, answer.suited, float(answer.amount.sum()), answer.climate_price)
