"""How alike two filings are: name, place, scale and parent, each with its weight from the data file."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from math import asin, cos, radians, sin, sqrt

from scoring import catalogue

EARTH_RADIUS_M = 6_371_008.8  # mean radius, IUGG


@dataclass(frozen=True, slots=True)
class Filing:
    """What is compared of a filing."""

    id: int
    name: str
    uscc: str
    longitude: Decimal | None = None
    latitude: Decimal | None = None
    investment: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Likeness:
    """The score of one pair and its parts, each from 0 to its weight."""

    other_id: int
    score: float
    name: float
    place: float
    scale: float
    parent: float


@cache
def _weights() -> dict[str, float]:
    record = catalogue.load(catalogue.DATA / "duplicates.yaml")
    names = ("name", "place", "scale", "parent", "near_m", "scale_tolerance")
    return {name: float(record.number(name)) for name in names}


def likeness(filing: Filing, other: Filing) -> Likeness:
    """score = 0.4·name + 0.3·[distance < 200 m] + 0.2·[scale within 5 %] + 0.1·[same parent].

    The name part is the Dice coefficient of the character pairs of both names, 0 to 1. A part that cannot be
    compared because a value is missing counts 0: it is no evidence of a duplicate.
    (source: registry rule G13, proposed weights in data/duplicates.yaml)
    """
    weights = _weights()
    name = weights["name"] * _dice(_pairs(filing.name), _pairs(other.name))
    near = _distance_m(filing, other)
    place = weights["place"] if near is not None and near < weights["near_m"] else 0.0
    scale = weights["scale"] if _similar_scale(filing, other, weights["scale_tolerance"]) else 0.0
    parent = weights["parent"] if filing.uscc and filing.uscc == other.uscc else 0.0
    return Likeness(other.id, name + place + scale + parent, name, place, scale, parent)


def most_alike(filing: Filing, others: Iterable[Filing]) -> Likeness | None:
    """The other filing that is most like this one; None without others."""
    found = [likeness(filing, other) for other in others if other.id != filing.id]
    return max(found, key=lambda one: one.score, default=None)


def _pairs(name: str) -> frozenset[str]:
    plain = "".join(name.split()).lower()
    return frozenset(plain[i : i + 2] for i in range(len(plain) - 1)) or frozenset({plain})


def _dice(a: frozenset[str], b: frozenset[str]) -> float:
    return 2 * len(a & b) / (len(a) + len(b))


def _similar_scale(a: Filing, b: Filing, tolerance: float) -> bool:
    if a.investment is None or b.investment is None or not b.investment:
        return False
    return abs(a.investment - b.investment) <= Decimal(str(tolerance)) * abs(b.investment)


def _distance_m(a: Filing, b: Filing) -> float | None:
    """Great-circle distance by the haversine formula. [m]"""
    if a.longitude is None or a.latitude is None or b.longitude is None or b.latitude is None:
        return None
    lat_a, lat_b = radians(a.latitude), radians(b.latitude)
    half_lat = (lat_b - lat_a) / 2
    half_lon = (radians(b.longitude) - radians(a.longitude)) / 2
    chord = sin(half_lat) ** 2 + cos(lat_a) * cos(lat_b) * sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_M * asin(sqrt(chord))
