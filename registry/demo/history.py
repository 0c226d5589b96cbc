"""Two years in the life of the registry, told through the services the pages call, each act on its day."""

import heapq
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from random import Random

from sqlalchemy.orm import Session

from registry import workflow
from registry.clock import day_of
from registry.demo.cast import Cast
from registry.demo.projects import Filing
from registry.models import Application, User
from registry.services import applications, entries, financings, releases, reviews, screenings
from scoring.facts import dictionary
from scoring.places import district

Days = Generator[int, None, None]
_NOTE = "演示数据：按流程办理。"

# How many filings end in each state, and how many days before today the last of them began.
ENDINGS: tuple[tuple[str, int, int], ...] = (
    ("lead", 5, 6), ("dropped", 2, 60), ("draft", 12, 12), ("abandoned", 3, 90), ("submitted", 8, 3),
    ("returned", 7, 14), ("accepted", 5, 5), ("screened", 5, 6), ("dept_review", 8, 9), ("assessment", 8, 18),
    ("expert", 7, 26), ("proposed", 5, 30), ("publicity", 6, 32), ("objection", 2, 40), ("rejected", 5, 60),
    ("archived", 3, 120), ("listed", 34, 60), ("promoted", 22, 80), ("matched", 9, 110),
    ("financed", 16, 140), ("monitoring", 13, 180), ("completed", 6, 260), ("suspended", 4, 150),
    ("exited", 5, 150),
)  # fmt: skip
QUARTER_DAYS = 91
_PAST_LISTING = ("promoted", "matched", "financed", "monitoring", "completed")


@dataclass
class Teller:
    """Lets every story act on its day, in the order of time."""

    session: Session
    cast: Cast
    draw: Random
    today: date
    now: datetime = field(init=False)
    _order: Iterator[int] = field(default_factory=count)
    _queue: list[tuple[date, int, Days]] = field(default_factory=list)

    def begin(self, story: Days, on: date) -> None:
        heapq.heappush(self._queue, (on, next(self._order), story))

    def tell(self) -> None:
        """Run every story until it ends or would act in the future."""
        while self._queue:
            on, _, story = heapq.heappop(self._queue)
            if on > self.today:
                continue
            self.now = datetime.combine(on, time(1 + self.draw.randint(0, 7), self.draw.randint(0, 59)), UTC)
            delay = next(story, None)
            self.session.flush()
            if delay is not None:
                self.begin(story, on + timedelta(days=delay))


def start_dates(draw: Random, today: date, first: date, share: float = 1) -> Iterator[tuple[str, date]]:
    """The ending and the first day of each filing; of every ending at least one, whatever the share."""
    for ending, whole, days in ENDINGS:
        how_many = max(1, round(whole * share))
        latest = today - timedelta(days=days)
        span = (latest - first).days
        for number in range(how_many):
            long_ago = ending in ("listed", *_PAST_LISTING, "exited", "suspended", "archived", "rejected")
            back = draw.randint(0, max(1, span)) if long_ago else draw.randint(0, 2 + number % 3)
            yield ending, latest - timedelta(days=back)


def application_story(teller: Teller, filing: Filing, owner: User, ending: str) -> Days:
    """One application from its first day to its ending."""
    session, cast, draw = teller.session, teller.cast, teller.draw
    if ending in ("lead", "dropped"):
        pusher = draw.choice(cast.department)
        application = applications.push(
            session,
            owner.organisation,
            project_name=filing.facts["project_name"],
            actor=pusher,
            now=teller.now,
        )
        if ending == "dropped":
            yield 30
            workflow.advance(session, application, "drop", actor=None, now=teller.now)
        return
    application = _drafted(teller, filing, owner, complete=ending not in ("draft", "abandoned"))
    yield draw.randint(1, 2)
    if ending == "draft":
        return
    if ending == "abandoned":
        _move(teller, application, "abandon", owner, "applicant_wish")
        return
    applications.submit(session, application, actor=owner, now=teller.now)
    yield from _desk(teller, application, ending)


def _drafted(teller: Teller, filing: Filing, owner: User, *, complete: bool) -> Application:
    application = applications.create(teller.session, actor=owner, now=teller.now)
    keys = list(filing.facts) if complete else list(filing.facts)[: teller.draw.randint(12, 40)]
    for section in dictionary().sections:
        typed = {
            key: filing.facts[key]
            for key in keys
            if dictionary()[key].section == section.id and dictionary()[key].entered_by == "applicant"
        }
        benefit = section.id == applications.BENEFIT_SECTION and "method_id" in typed
        for attempt in range(2 if benefit else 1):
            applications.save(
                application,
                section.id,
                typed,
                typed_inputs=filing.inputs if attempt else None,
                seen_version=application.version,
                actor=owner,
                now=teller.now,
            )
            teller.session.flush()
        if complete:
            applications.mark_section(application, section.id, True)
    return application


def _move(teller: Teller, application: Application, action: str, actor: User, reason: str) -> None:
    reviews.move(
        teller.session, application, action, reason_code=reason, note=_NOTE, actor=actor, now=teller.now
    )


def _desk(teller: Teller, application: Application, ending: str) -> Days:
    session, cast, draw = teller.session, teller.cast, teller.draw
    officer, second = draw.sample(cast.officers, 2)
    if ending == "submitted":
        return
    yield draw.randint(1, 4)
    _move(teller, application, "accept", officer, "complete")
    if ending == "accepted":
        return
    yield 1
    _move(teller, application, "screen", officer, "complete")
    _resolve(teller, application, officer)
    if ending == "screened":
        return
    yield 1
    if workflow.open_findings(application) or ending in ("rejected", "archived"):
        _move(teller, application, "reject", officer, "gate_failed")
        if ending == "archived":
            yield 40
            _move(teller, application, "archive", officer, "other")
        return
    if ending == "returned":
        _move(teller, application, "return", officer, "incomplete")
        return
    _move(teller, application, "consult", officer, "complete")
    if ending == "dept_review":
        return
    yield draw.randint(2, 5)
    reviews.give_opinion(
        session,
        application,
        outcome="no_objection",
        comment="",
        actor=draw.choice(cast.department),
        now=teller.now,
    )
    yield 1
    _move(teller, application, "close_opinions", officer, "complete")
    if ending == "assessment":
        return
    yield from _experts(teller, application, ending, officer, second)


def _resolve(teller: Teller, application: Application, officer: User) -> None:
    """The desk gives its word on what the machine left to a person."""
    screening = application.screening
    assert screening is not None, "a submitted application has been screened"
    for gate, verdict in screening.outcome["findings"].items():
        if verdict == "review":
            screenings.resolve(
                teller.session, screening, gate, outcome="pass", reason=_NOTE, actor=officer, now=teller.now
            )
    teller.session.refresh(screening)


def _experts(teller: Teller, application: Application, ending: str, officer: User, second: User) -> Days:
    session, cast, draw = teller.session, teller.cast, teller.draw
    yield draw.randint(6, 14)
    conclusion = "adaptation_confirmed" if application.benefit is None else "confirmed"
    reviews.assess(
        session,
        application,
        conclusion=conclusion,
        comment=_NOTE,
        seen_hash=reviews.evidence_hash(application),
        actor=cast.expert,
        now=teller.now,
    )
    if ending == "expert":
        return
    yield draw.randint(3, 7)
    for member in cast.panel[:3]:
        reviews.panel_review(
            session,
            application,
            recommendation="list",
            comment=_NOTE,
            no_conflict=True,
            actor=member,
            now=teller.now,
        )
    graded = application.screening is not None and application.screening.grade is not None
    reviews.propose(
        session,
        application,
        outcome="list" if graded else "reject",
        reason_code="complete" if graded else "panel_negative",
        note=_NOTE,
        actor=officer,
        now=teller.now,
    )
    if ending == "proposed" or not graded:
        return
    yield 1
    reviews.approve(session, application, actor=second, now=teller.now)
    notice = reviews.publish_notice(session, application, actor=second, now=teller.now)
    if ending == "publicity":
        return
    if ending == "objection":
        yield 2
        _move(teller, application, "object", officer, "other")
        return
    yield (notice.closes_on - day_of(teller.now)).days + 1
    entries.admit(session, application, actor=officer, now=teller.now)
    yield from _library(teller, application, ending, officer)


def _library(teller: Teller, application: Application, ending: str, officer: User) -> Days:
    draw = teller.draw
    if ending in ("suspended", "exited"):
        yield draw.randint(20, 60)
        _move(teller, application, "suspend", officer, "other")
        if ending == "exited":
            yield 15
            _move(teller, application, "exit", officer, "applicant_wish")
        return
    if ending not in _PAST_LISTING:
        return
    yield draw.randint(5, 20)
    _move(teller, application, "promote", officer, "complete")
    entry = application.entry
    assert entry is not None, "a listed application has an entry"
    if ending == "promoted" or not entry.consent_bank:
        return
    yield draw.randint(5, 25)
    _move(teller, application, "match", _owner(application), "applicant_wish")
    if ending == "matched":
        return
    yield draw.randint(10, 30)
    _finance(teller, application)
    if ending == "financed":
        return
    yield 10
    _move(teller, application, "monitor", officer, "complete")
    if ending == "completed":
        yield 60
        _move(teller, application, "complete", officer, "complete")


def _owner(application: Application) -> User:
    return application.created_by


def _finance(teller: Teller, application: Application) -> None:
    entry, draw = application.entry, teller.draw
    assert entry is not None, "a matched application has an entry"
    # The first catalogue is younger than the first contracts: those name a product of today.
    found = entries.matches(entry, on=teller.today)
    open_products = [m.product.id for m in found if m.status != "not_eligible"] or [found[0].product.id]
    signed = (entry.financing_need * Decimal(draw.choice(("0.6", "0.8", "1.0")))).quantize(Decimal("0.01"))
    financings.record(
        teller.session,
        entry,
        product_id=draw.choice(open_products[:4]),
        signed_on=day_of(teller.now),
        signed=signed,
        drawn=(signed * Decimal(draw.choice(("0", "0.4", "0.7")))).quantize(Decimal("0.01")),
        rate_percent=Decimal(draw.choice(("2.85", "3.10", "3.35"))),
        actor=draw.choice(teller.cast.banks),
        now=teller.now,
    )


_EXTERNAL = {
    "CLI5": (10.0, 0.6),
    "GOV2": (60.0, 4.0),
    "GOV3": (20.0, 9.0),
    "MKT3": (1.0, 0.5),
    "MKT4": (2.0, 1.0),
}


def index_story(teller: Teller, batches: list[list[str]]) -> Days:
    """The outside indicators of past quarters arrive at once, then one by one, each with a release."""
    preparer, approver = teller.cast.officers[0], teller.cast.officers[1]
    number = 0
    for batch in batches:
        for period in batch:
            for leaf, (start, rise) in _EXTERNAL.items():
                _enter(teller, period, leaf, round(start + rise * number, 2))
            number += 1
        release = releases.prepare(teller.session, period=batch[-1], actor=preparer, now=teller.now)
        if releases.is_publishable(release):
            releases.publish(teller.session, release, actor=approver, now=teller.now)
        yield QUARTER_DAYS


def _enter(teller: Teller, period: str, leaf: str, value: float) -> None:
    entered = releases.enter(
        teller.session,
        unit=district().code,
        period=period,
        leaf=leaf,
        value=value,
        source="演示数据，虚构来源",
        actor=teller.cast.officers[0],
        now=teller.now,
    )
    releases.approve_value(teller.session, entered, actor=teller.cast.officers[1], now=teller.now)
    entered.demo = True
