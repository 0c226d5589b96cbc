"""After admission: the reductions that came, beside those that were expected."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from scoring.carbon.benefit import Benefit
from scoring.errors import InvalidFacts
from scoring.words import Words


@dataclass(frozen=True, slots=True)
class Actual:
    """A measured reduction of a period, both days included. [tCO2e]"""

    first_day: date
    last_day: date
    reduction: float


@dataclass(frozen=True, slots=True)
class Performance:
    """One period: expected by the estimate, low and high of its band, measured. [tCO2e]"""

    first_day: date
    last_day: date
    expected: float
    low: float
    high: float
    actual: float

    @property
    def ratio(self) -> float | None:
        return None if self.expected == 0 else self.actual / self.expected

    @property
    def within_band(self) -> bool:
        return self.low <= self.actual <= self.high


@dataclass(frozen=True, slots=True)
class Record:
    """All periods and their sum."""

    periods: tuple[Performance, ...]
    total: Performance | None


def performance(benefit: Benefit, actuals: Iterable[Actual], *, starts_on: date) -> Record:
    """Each period's actual reduction beside the estimate, which runs from the first day of operation.

    A period takes from each operating year the share of its days; the band keeps its relative width. Raises
    InvalidFacts for periods that are reversed, overlap, or lie before operation.
    """
    ordered = sorted(actuals, key=lambda actual: actual.first_day)
    _refuse(ordered, starts_on)
    periods = []
    for actual in ordered:
        expected = sum(
            benefit.yearly[year] * share for year, share in _years(actual, starts_on) if year < benefit.life
        )
        low, high = _band(benefit, expected)
        periods.append(Performance(actual.first_day, actual.last_day, expected, low, high, actual.reduction))
    return Record(tuple(periods), _total(benefit, periods))


def _years(actual: Actual, starts_on: date) -> list[tuple[int, float]]:
    """The operating years a period touches and the share of each that it covers."""
    found = []
    year, begins = 0, starts_on
    while begins <= actual.last_day:
        ends = _anniversary(starts_on, year + 1)
        first, last = max(begins, actual.first_day), min(ends - timedelta(days=1), actual.last_day)
        if first <= last:
            found.append((year, ((last - first).days + 1) / (ends - begins).days))
        year, begins = year + 1, ends
    return found


def _anniversary(starts_on: date, years: int) -> date:
    year = starts_on.year + years
    try:
        return starts_on.replace(year=year)
    except ValueError:  # 29 February
        return date(year, 3, 1)


def _band(benefit: Benefit, expected: float) -> tuple[float, float]:
    if benefit.annual == 0:
        return benefit.p10, benefit.p90
    ends = (expected * benefit.p10 / benefit.annual, expected * benefit.p90 / benefit.annual)
    return min(ends), max(ends)


def _total(benefit: Benefit, periods: list[Performance]) -> Performance | None:
    if not periods:
        return None
    expected = sum(period.expected for period in periods)
    low, high = _band(benefit, expected)
    actual = sum(period.actual for period in periods)
    return Performance(periods[0].first_day, periods[-1].last_day, expected, low, high, actual)


def _refuse(ordered: list[Actual], starts_on: date) -> None:
    for actual in ordered:
        if actual.last_day < actual.first_day:
            raise InvalidFacts({"last_day": Words("早于开始日期", "lies before the first day")})
        if actual.first_day < starts_on:
            raise InvalidFacts({"first_day": Words("早于投运日期", "lies before operation began")})
    for before, after in pairwise(ordered):
        if after.first_day <= before.last_day:
            raise InvalidFacts({"first_day": Words("与另一期间重叠", "overlaps another period")})
