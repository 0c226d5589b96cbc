"""The demonstration, made from a fixed seed: for a given day always the same people and projects."""

from datetime import date, datetime, time, timedelta
from random import Random

from sqlalchemy.orm import Session

from registry.clock import BEIJING
from registry.demo import cast, history, projects
from registry.services import claims, releases
from scoring.index import period as periods

SEED = 20241001
FIRST_FILING = date(2025, 1, 6)
INDEX_STARTS = date(2026, 1, 20)  # the first edition of the method is in force from 2026-01-01
# Who signs in with the enterprise's demonstration account finds one application in each of these.
_SHOWN = ("draft", "submitted", "returned", "publicity", "promoted", "monitoring")


def fill(session: Session, *, today: date, share: float = 1) -> None:
    """Fill an empty registry; everything made here is marked as demonstration data.

    A smaller `share` makes a smaller registry, still with every state, for who cannot wait for the whole.
    """
    draw = Random(SEED)  # noqa: S311 - reproducible, not secret
    begun = datetime.combine(FIRST_FILING - timedelta(days=7), time(9), BEIJING)
    people = cast.assemble(session, draw, now=begun)
    endings = list(history.start_dates(draw, today, FIRST_FILING, share))
    order = list(range(len(endings)))
    draw.shuffle(order)
    filings = projects.filings(draw, count=len(endings), filed_on=iter([endings[n][1] for n in order]))
    teller = history.Teller(session, people, draw, today)
    unshown = set(_SHOWN)
    for number, filing in zip(order, filings, strict=True):
        ending, on = endings[number]
        owner = people.enterprises[number % len(people.enterprises)]
        if ending in unshown:
            unshown.remove(ending)
            owner = people.enterprises[0]
        teller.begin(history.application_story(teller, filing, owner, ending), on)
    teller.begin(history.index_story(teller, _batches(today)), INDEX_STARTS)
    teller.tell()
    claims.import_cdm(session)


def _batches(today: date) -> list[list[str]]:
    """The quarters that were over when the index began, then one by one those that followed."""
    first = periods.ordinal(f"{FIRST_FILING.year}Q1")
    begun = periods.ordinal(releases.last_complete_quarter(INDEX_STARTS))
    last = periods.ordinal(releases.last_complete_quarter(today))
    past = [periods.label(n) for n in range(first, begun + 1)]
    return [past, *([periods.label(n)] for n in range(begun + 1, last + 1))]
