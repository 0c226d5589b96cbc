"""Equations read as expressions: one function gives the number, the text and the sheet formula.

An equation is called with `Expression` symbols instead of numbers; operators and the numpy functions it
uses build a tree, which renders to symbols, to numbers substituted, or to a live spreadsheet formula. So what
the sheet shows is what was computed, by construction.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from scoring.carbon.dimension import Conversion

_UFUNCS = {
    np.add: "+",
    np.subtract: "-",
    np.multiply: "*",
    np.true_divide: "/",
    np.power: "^",
    np.negative: "neg",
    np.exp: "exp",
    np.minimum: "min",
    np.maximum: "max",
    np.less_equal: "<=",
}
_PRECEDENCE = {"<=": 1, "+": 2, "-": 2, "neg": 3, "*": 4, "/": 4, "^": 5}
_TEXT = {"*": " × ", "/": " ÷ ", "+": " + ", "-": " − ", "^": "^", "<=": " ≤ "}
_SHEET = {"*": "*", "/": "/", "+": "+", "-": "-", "^": "^", "<=": "<="}


class Expression:
    """A node: a symbol, a number, or an operation on other nodes."""

    __slots__ = ("operation", "parts")

    def __init__(self, operation: str, *parts: Any) -> None:
        self.operation = operation
        self.parts = parts

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method != "__call__" or kwargs or ufunc not in _UFUNCS:
            return NotImplemented
        return Expression(_UFUNCS[ufunc], *(_node(part) for part in inputs))

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func is np.expand_dims:
            return args[0]
        if func is np.sum and kwargs == {"axis": -1}:
            return Expression("sum", args[0])
        return NotImplemented

    def __add__(self, other: Any) -> "Expression":
        return Expression("+", self, _node(other))

    def __radd__(self, other: Any) -> "Expression":
        return Expression("+", _node(other), self)

    def __sub__(self, other: Any) -> "Expression":
        return Expression("-", self, _node(other))

    def __rsub__(self, other: Any) -> "Expression":
        return Expression("-", _node(other), self)

    def __mul__(self, other: Any) -> "Expression":
        if isinstance(other, Conversion) and other == 1.0:  # carries a unit only
            return self
        return Expression("*", self, _node(other))

    def __rmul__(self, other: Any) -> "Expression":
        return Expression("*", _node(other), self)

    def __truediv__(self, other: Any) -> "Expression":
        return Expression("/", self, _node(other))

    def __rtruediv__(self, other: Any) -> "Expression":
        return Expression("/", _node(other), self)

    def __pow__(self, other: Any) -> "Expression":
        return Expression("^", self, _node(other))

    def __rpow__(self, other: Any) -> "Expression":
        return Expression("^", _node(other), self)

    def __neg__(self) -> "Expression":
        return Expression("neg", self)

    def __le__(self, other: Any) -> "Expression":
        return Expression("<=", self, _node(other))

    def symbols(self) -> tuple[str, ...]:
        """The names the expression holds, each once, in reading order."""
        if self.operation == "symbol":
            return (self.parts[0],)
        if self.operation == "number":
            return ()
        return tuple(dict.fromkeys(name for part in self.parts for name in part.symbols()))

    def text(self, write: Mapping[str, str] | Callable[[str], str] | None = None) -> str:
        """The formula for the eye; `write` turns a name into what stands for it, by default itself."""
        return self._render(
            _writer(write), _TEXT, {"exp": "exp", "min": "min", "max": "max", "sum": "Σ"}, ", "
        )

    def formula(self, cell: Mapping[str, str]) -> str:
        """The formula for a spreadsheet, names replaced by cell addresses."""
        names = {"exp": "EXP", "min": "MIN", "max": "MAX", "sum": "SUMPRODUCT"}
        return self._render(_writer(cell), _SHEET, names, ",")

    def _render(
        self, write: Callable[[str], str], signs: Mapping[str, str], names: Mapping[str, str], comma: str
    ) -> str:
        operation = self.operation
        if operation == "symbol":
            return write(self.parts[0])
        if operation == "number":
            return number_text(self.parts[0]) if signs is _TEXT else repr(self.parts[0])
        if operation in names:
            inner = comma.join(part._render(write, signs, names, comma) for part in self.parts)
            return f"{names[operation]}({inner})"
        level = _PRECEDENCE[operation]
        shown = []
        for place, part in enumerate(self.parts):
            inner = part._render(write, signs, names, comma)
            below = _PRECEDENCE.get(part.operation, 9)
            # the right side of − and ÷ keeps its brackets; so does everything under a power
            if (
                below < level
                or (place == 1 and below == level and operation in "-/^")
                or operation == "^" > part.operation
            ):
                inner = f"({inner})" if below < 9 else inner
            shown.append(inner)
        if operation == "neg":
            return ("−" if signs is _TEXT else "-") + shown[0]
        return signs[operation].join(shown)


def symbol(name: str) -> Expression:
    return Expression("symbol", name)


def number_text(value: Any) -> str:
    """A number with ten significant digits, a vector in brackets."""
    if isinstance(value, Sequence | np.ndarray) and not isinstance(value, str):
        return "[" + ", ".join(number_text(item) for item in value) + "]"
    text = format(float(value), ".10g")
    return text.replace("e+0", "e").replace("e+", "e")


def trace(equation: Callable[..., Any], arguments: Mapping[str, Any]) -> Expression:
    """The expression an equation computes, its arguments being names or numbers."""
    given = {key: symbol(value) if isinstance(value, str) else value for key, value in arguments.items()}
    return _node(equation(**given))


def _node(value: Any) -> Expression:
    return value if isinstance(value, Expression) else Expression("number", float(value))


def _writer(write: Mapping[str, str] | Callable[[str], str] | None) -> Callable[[str], str]:
    if write is None:
        return lambda name: name
    return write.__getitem__ if isinstance(write, Mapping) else write
