"""Where an equation function says which published equation it is, and the conversions they share."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scoring.carbon.dimension import Conversion

# A float, an array, or what stands for one while an equation is read (Expression, Dimension, Product).
Numbers = Any

KG_PER_T = Conversion(1000.0, 0.001)
KWH_PER_MWH = Conversion(1000.0, 0.001)
GJ_PER_MWH = Conversion(3.6, 1 / 3.6)
CO2_PER_C = Conversion(44 / 12, 1.0, emission=1, carbon=-1)
CH4_PER_C = 16 / 12
MWH_PER_KW_YEAR = Conversion(8.76, 1.0, energy=1, power=-1, time=-1)
DAYS_PER_YEAR = Conversion(365.0, 1.0, days=1, time=-1)
KM_PER_100KM = Conversion(100.0, 0.01)
WATT_HOURS_PER_MWH = Conversion(1e6, 1e-6)
CNY_PER_WAN = Conversion(10000.0, 0.0001)
PER_YEAR = Conversion(1.0, 1.0, time=-1)


@dataclass(frozen=True, slots=True)
class Equation:
    """A published equation and the function that computes it."""

    id: str
    name: str
    function: Callable[..., Any]
    parameters: tuple[str, ...]
    optional: frozenset[str]
    varied: bool


EQUATIONS: dict[str, Equation] = {}


def equation(equation_id: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the function under its own name as (part of) the published equation."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        parameters = inspect.signature(function).parameters.values()
        EQUATIONS[function.__name__] = Equation(
            id=equation_id,
            name=function.__name__,
            function=function,
            parameters=tuple(p.name for p in parameters if p.kind is not p.VAR_POSITIONAL),
            optional=frozenset(p.name for p in parameters if p.default is not p.empty),
            varied=any(p.kind is p.VAR_POSITIONAL for p in parameters),
        )
        return function

    return register
