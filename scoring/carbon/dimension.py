"""Units carried through an equation: whether the formula of a step gives the unit it declares.

An equation is called with `Dimension` values instead of numbers. Products and quotients combine exponents and
scales; sums, comparisons and limits need equal ones. The unit conversions of the equations are `Conversion`
numbers, which know what they convert, so that a GJ taken for an MWh is found when the method is loaded.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from scoring.units import Unit

TOLERANCE = 1e-9


class DimensionError(Exception):
    """Quantities that cannot be added, compared or raised to each other."""


class Conversion(float):
    """A conversion between units of one kind: 1000 kWh in a MWh has the scale 0.001."""

    scale: float
    exponents: Mapping[str, int]

    def __new__(cls, value: float, scale: float, **exponents: int) -> "Conversion":
        conversion = super().__new__(cls, value)
        conversion.scale = scale
        conversion.exponents = exponents
        return conversion


class Dimension:
    """Exponents of base quantities and the size of the unit in them."""

    __slots__ = ("exponents", "scale")

    def __init__(self, exponents: Mapping[str, int], scale: float) -> None:
        self.exponents = {name: power for name, power in exponents.items() if power}
        self.scale = scale

    @classmethod
    def of(cls, unit: Unit) -> "Dimension":
        return cls(dict(unit.dimension), float(unit.scale))

    def same(self, other: "Dimension") -> bool:
        return self.exponents == other.exponents and math.isclose(self.scale, other.scale, rel_tol=TOLERANCE)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method != "__call__" or kwargs or ufunc not in _UFUNCS:
            return NotImplemented
        return _UFUNCS[ufunc](*(_dimension(part) for part in inputs))

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return args[0] if func in (np.expand_dims, np.sum) else NotImplemented

    def _joined(self, other: Any) -> "Dimension":
        right = _dimension(other)
        if not self.same(right):
            raise DimensionError(f"{self} and {right} cannot be added or compared")
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = _joined

    def __le__(self, other: Any) -> "Dimension":
        self._joined(other)
        return _ONE

    def __neg__(self) -> "Dimension":
        return self

    def __mul__(self, other: Any) -> "Dimension":
        right = _dimension(other)
        names = self.exponents.keys() | right.exponents.keys()
        exponents = {name: self.exponents.get(name, 0) + right.exponents.get(name, 0) for name in names}
        return Dimension(exponents, self.scale * right.scale)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> "Dimension":
        right = _dimension(other)
        return self * Dimension({name: -power for name, power in right.exponents.items()}, 1 / right.scale)

    def __rtruediv__(self, other: Any) -> "Dimension":
        return _dimension(other) / self

    def __pow__(self, other: Any) -> "Dimension":
        if not (self.same(_ONE) and _dimension(other).same(_ONE)):
            raise DimensionError(f"{self} cannot be raised to a power")
        return self

    def __rpow__(self, other: Any) -> "Dimension":
        return _dimension(other) ** self

    def __str__(self) -> str:
        powers = " ".join(f"{name}^{power}" for name, power in sorted(self.exponents.items())) or "1"
        return f"{powers} (scale {self.scale:.6g})"


_ONE = Dimension({}, 1.0)


def _dimension(value: Any) -> Dimension:
    if isinstance(value, Dimension):
        return value
    if isinstance(value, Conversion):
        return Dimension(value.exponents, value.scale)
    return _ONE


def _exp(power: Dimension) -> Dimension:
    if not power.same(_ONE):
        raise DimensionError(f"the exponent {power} must be a bare number")
    return _ONE


_UFUNCS: Mapping[Any, Callable[..., Dimension]] = {
    np.add: Dimension._joined,
    np.subtract: Dimension._joined,
    np.minimum: Dimension._joined,
    np.maximum: Dimension._joined,
    np.less_equal: Dimension.__le__,
    np.multiply: Dimension.__mul__,
    np.true_divide: Dimension.__truediv__,
    np.power: Dimension.__pow__,
    np.negative: Dimension.__neg__,
    np.exp: _exp,
}


def dimension(equation: Callable[..., Any], arguments: Mapping[str, Any]) -> Dimension:
    """The unit of an equation's result, its arguments being units or numbers; raises DimensionError."""
    given = {
        key: Dimension.of(value) if isinstance(value, Unit) else value for key, value in arguments.items()
    }
    return _dimension(equation(**given))
