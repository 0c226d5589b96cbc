"""The units of the product: what may be compared with what."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from scoring import catalogue
from scoring.words import Words


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: the exponents of its base quantities and its size in them."""

    symbol: str
    label: Words
    dimension: tuple[tuple[str, int], ...]
    scale: Decimal
    pint: str

    def __str__(self) -> str:
        return self.symbol

    def comparable(self, other: "Unit") -> bool:
        """Whether bare numbers in both units may be compared or added."""
        return self.dimension == other.dimension and self.scale == other.scale


@cache
def units() -> dict[str, Unit]:
    """Every declared unit by its symbol."""
    file = catalogue.load(catalogue.DATA / "units.yaml")
    found: dict[str, Unit] = {}
    for record in file.records("units"):
        dimension = record.record("dimension")
        unit = Unit(
            symbol=record.text("symbol"),
            label=record.words("label"),
            dimension=tuple(sorted((name, dimension.integer(name)) for name in dimension)),
            scale=record.number("scale"),
            pint=record.text("pint"),
        )
        dimension.done()
        record.done()
        if unit.symbol in found:
            record.fail(f"duplicate unit “{unit.symbol}”")
        found[unit.symbol] = unit
    file.done()
    return found
