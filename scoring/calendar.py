"""Working days by the published table of holidays and make-up days (调休), not by Monday to Friday."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from scoring import catalogue
from scoring.errors import InvalidData, ScoringError


class CalendarMissing(ScoringError):
    """The table has no holidays for that year yet; a deadline there would be a guess."""

    def __init__(self, year: int) -> None:
        super().__init__(f"the holiday table has no entries for {year}")
        self.year = year


@dataclass(frozen=True)
class Calendar:
    """The days that differ from Monday–Friday, and the years for which they are known."""

    exceptions: Mapping[date, bool]  # True: a working day although at the weekend
    years: frozenset[int]

    def is_working(self, day: date) -> bool:
        """Whether `day` is a working day; raises CalendarMissing outside the table."""
        if day.year not in self.years:
            raise CalendarMissing(day.year)
        return self.exceptions.get(day, day.weekday() < 5)

    def add(self, day: date, working_days: int) -> date:
        """The last day of a period of `working_days` that begins on the working day after `day`."""
        if working_days < 0:
            raise ValueError("a deadline lies in the future: working_days must be 0 or more")
        while working_days > 0:
            day += timedelta(days=1)
            working_days -= self.is_working(day)
        return day

    def between(self, start: date, end: date) -> int:
        """Working days after `start` up to and including `end`; negative when `end` comes first."""
        if end < start:
            return -self.between(end, start)
        return sum(self.is_working(start + timedelta(days=n)) for n in range(1, (end - start).days + 1))


@cache
def calendar() -> Calendar:
    """The table of `data/calendar.csv`."""
    path = catalogue.DATA / "calendar.csv"
    exceptions: dict[date, bool] = {}
    lines = path.read_text("utf-8").splitlines()
    first = next(n for n, line in enumerate(lines) if not line.startswith("#"))
    for number, row in enumerate(csv.DictReader(lines[first:]), start=first + 2):
        try:
            day = date.fromisoformat(row["day"])
            exceptions[day] = {"working": True, "holiday": False}[row["kind"]]
        except (KeyError, ValueError) as error:
            raise InvalidData(
                "scoring/data/calendar.csv", number, f"not a day and its kind: {row}"
            ) from error
    return Calendar(exceptions, frozenset(day.year for day in exceptions))
