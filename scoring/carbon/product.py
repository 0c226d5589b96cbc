"""Equations whose result is one product of their uncertain quantities, found by calling them.

An equation is called with `Product` values: a coefficient and the power of each uncertain quantity. Where the
result is again one product, lognormal quantities give an exactly lognormal result and no draws are needed;
otherwise `NotProduct` says so.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np


class NotProduct(Exception):
    """The quantities enter as a sum or through a function, not as one product."""


class Product:
    """coefficient · Π quantity^power; the coefficient may be an array."""

    __slots__ = ("coefficient", "powers")
    __array_ufunc__ = None

    def __init__(self, coefficient: Any, powers: Mapping[str, float]) -> None:
        self.coefficient = coefficient
        self.powers = {name: power for name, power in powers.items() if power}

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        # a vector whose entries share one uncertain scale is still one product after summing
        if func in (np.sum, np.expand_dims):
            return Product(func(self.coefficient, *args[1:], **kwargs), self.powers)
        raise NotProduct

    def _added(self, other: Any, sign: float) -> "Product":
        right = _product(other)
        if not np.any(right.coefficient):
            return self
        if not np.any(self.coefficient):
            return Product(sign * right.coefficient, right.powers)
        if self.powers != right.powers:
            raise NotProduct
        return Product(self.coefficient + sign * right.coefficient, self.powers)

    def __add__(self, other: Any) -> "Product":
        return self._added(other, 1.0)

    __radd__ = __add__

    def __sub__(self, other: Any) -> "Product":
        return self._added(other, -1.0)

    def __rsub__(self, other: Any) -> "Product":
        return _product(other)._added(self, -1.0)

    def __neg__(self) -> "Product":
        return Product(-self.coefficient, self.powers)

    def __mul__(self, other: Any) -> "Product":
        right = _product(other)
        names = self.powers.keys() | right.powers.keys()
        powers = {name: self.powers.get(name, 0.0) + right.powers.get(name, 0.0) for name in names}
        return Product(self.coefficient * right.coefficient, powers)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> "Product":
        right = _product(other)
        inverse = {name: -power for name, power in right.powers.items()}
        return self * Product(1.0 / right.coefficient, inverse)

    def __rtruediv__(self, other: Any) -> "Product":
        return _product(other) / self

    def __pow__(self, other: Any) -> "Product":
        if isinstance(other, Product):
            raise NotProduct
        return Product(self.coefficient**other, {name: power * other for name, power in self.powers.items()})

    def __rpow__(self, other: Any) -> "Product":
        raise NotProduct

    def __le__(self, other: Any) -> bool:
        raise NotProduct


def _product(value: Any) -> Product:
    return value if isinstance(value, Product) else Product(value, {})
