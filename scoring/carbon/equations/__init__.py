"""The equations of the carbon methods, one vectorised function each.

Arguments are numbers or arrays that broadcast; a quantity with an inner series (months, modes, deposit years)
carries it in the last axis. Only operators and `exp`, `minimum`, `maximum`, `sum(axis=-1)`, `expand_dims` of
numpy are used, so that the same function also gives its text, its sheet formula and its unit.
"""

from scoring.carbon.equations import (
    buildings,
    equipment,
    finance,
    generation,
    industry,
    land,
    transport,
    waste,
)
from scoring.carbon.equations.registry import EQUATIONS, Equation, equation

__all__ = [
    "EQUATIONS",
    "Equation",
    "buildings",
    "equation",
    "equipment",
    "finance",
    "generation",
    "industry",
    "land",
    "transport",
    "waste",
]
