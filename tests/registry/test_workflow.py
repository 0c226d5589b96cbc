"""States and transitions: who may move what, what a move leaves behind, and what no database row can hold."""

import ast
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from registry import audit, permissions, workflow
from registry.errors import Forbidden, NotNow
from registry.models import (
    Application,
    AuditEvent,
    Decision,
    Role,
    State,
    Submission,
    User,
)
from registry.services import reviews
from scoring.calendar import CalendarMissing, calendar
from tests.makers import make_application, make_user
from tests.registry.clocks import NOW

ROOT = Path(workflow.__file__).parent
# Who moves what, written by hand: a change of the tables has to be made here too.
MOVERS: dict[str, frozenset[Role]] = {
    "claim": frozenset({Role.ENTERPRISE}),
    "drop": frozenset({Role.DEPARTMENT}),
    "submit": frozenset({Role.ENTERPRISE}),
    "abandon": frozenset({Role.ENTERPRISE}),
    "match": frozenset({Role.ENTERPRISE}),
    "assess": frozenset({Role.EXCHANGE_EXPERT}),
    "finance": frozenset({Role.BANK}),
}
DESK = frozenset({Role.OFFICER})


@pytest.fixture
def people(session: Session) -> dict[Role, User]:
    """One person per role; the enterprise owns what is made, the department pushed it."""
    return {role: make_user(session, role) for role in Role}


def _application(session: Session, people: dict[Role, User], state: State) -> Application:
    owner = people[Role.ENTERPRISE]
    made = make_application(session, owner, state)
    if state is State.LEAD:
        made.created_by = people[Role.DEPARTMENT]
    return made


def test_each_action_is_open_to_the_declared_roles_only(session: Session, people: dict[Role, User]) -> None:
    for transition in workflow.TRANSITIONS:
        for state in State:
            application = _application(session, people, state)
            for role, person in people.items():
                offered = transition in workflow.actions(application, person)
                allowed = role in MOVERS.get(transition.action, DESK) and state in transition.sources
                assert offered == allowed, (transition.action, state, role)


def test_action_out_of_its_state_is_refused_and_changes_nothing(
    session: Session, people: dict[Role, User]
) -> None:
    for transition in workflow.TRANSITIONS:
        mover = people[next(iter(MOVERS.get(transition.action, DESK)))]
        for state in State:
            if state in transition.sources:
                continue
            application = _application(session, people, state)
            events = _events(session)
            with pytest.raises((NotNow, Forbidden)):
                workflow.advance(session, application, transition.action, actor=mover, now=NOW)
            assert application.state == state
            assert _events(session) == events


def test_wrong_person_is_refused_and_changes_nothing(session: Session, people: dict[Role, User]) -> None:
    for transition in workflow.TRANSITIONS:
        application = _application(session, people, next(iter(transition.sources)))
        for role, person in people.items():
            if role in MOVERS.get(transition.action, DESK):
                continue
            with pytest.raises(Forbidden):
                workflow.advance(session, application, transition.action, actor=person, now=NOW)
        assert application.state in transition.sources


def test_enterprise_of_another_organisation_moves_nothing(session: Session, people: dict[Role, User]) -> None:
    stranger = make_user(session, Role.ENTERPRISE)

    application = _application(session, people, State.DRAFT)

    assert workflow.actions(application, stranger) == []
    assert not permissions.can(stranger, "application.view", application)


def test_closed_account_and_nobody_may_do_nothing(session: Session, people: dict[Role, User]) -> None:
    owner = people[Role.ENTERPRISE]
    application = _application(session, people, State.DRAFT)
    assert permissions.can(owner, "application.edit", application)
    owner.active = False

    for action in permissions.TABLE:
        assert not permissions.can(owner, action, application), action
        assert not permissions.can(None, action, application), action


def test_event_goes_when_its_move_is_undone(session: Session, people: dict[Role, User]) -> None:
    application = _application(session, people, State.SUBMITTED)
    session.commit()
    events = _events(session)
    workflow.advance(session, application, "accept", actor=people[Role.OFFICER], now=NOW)

    session.rollback()

    session.refresh(application)
    assert (application.state, _events(session)) == (State.SUBMITTED, events)


def test_move_writes_one_event_that_follows_the_last(session: Session, people: dict[Role, User]) -> None:
    application = _application(session, people, State.SUBMITTED)
    events = _events(session)

    event = workflow.advance(session, application, "accept", actor=people[Role.OFFICER], now=NOW)

    assert _events(session) == events + 1
    assert (event.from_state, event.to_state) == (State.SUBMITTED, State.ACCEPTED)
    assert audit.verify(session).ok


def test_every_state_is_reached_and_every_state_but_the_last_is_left() -> None:
    reached = {transition.target for transition in workflow.TRANSITIONS} | {State.LEAD}
    left = {state for transition in workflow.TRANSITIONS for state in transition.sources}

    assert reached == set(State)
    assert set(State) - left == {State.DROPPED, State.ABANDONED, State.COMPLETED, State.ARCHIVED}


def test_every_state_and_action_has_words_in_both_languages() -> None:
    said = [rule.staff for rule in workflow.STATES.values()]
    said += [rule.applicant for rule in workflow.STATES.values()]
    said += [transition.label for transition in workflow.TRANSITIONS]

    assert set(workflow.STATES) == set(State)
    assert all(words.zh.strip() and words.en.strip() for words in said)


def test_only_advance_and_makers_of_new_records_set_a_state() -> None:
    setters = set()
    for file in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            targets = node.targets if isinstance(node, ast.Assign) else []
            names = [t for one in targets for t in (one.elts if isinstance(one, ast.Tuple) else [one])]
            if any(isinstance(t, ast.Attribute) and t.attr == "state" for t in names):
                setters.add(file.relative_to(ROOT).as_posix())

    # Releases of the index and background jobs have states of their own.
    assert setters - {"services/releases.py", "jobs.py", "work/attempts.py"} == {"workflow.py"}


@pytest.mark.parametrize(
    ("start", "days", "last"),
    [
        (date(2026, 9, 28), 5, date(2026, 10, 10)),  # National Day holiday; Saturday 10 October is made up
        (date(2026, 2, 13), 3, date(2026, 2, 25)),  # Saturday 14 February works, 15 to 23 is Spring Festival
        (date(2026, 9, 18), 2, date(2026, 9, 21)),  # Sunday 20 September works
        (date(2026, 9, 24), 1, date(2026, 9, 28)),  # Friday 25 September is Mid-Autumn Festival
        (date(2026, 2, 24), 5, date(2026, 3, 2)),  # Saturday 28 February works
        (date(2026, 4, 30), 3, date(2026, 5, 8)),  # Labour Day, 1 to 5 May
        (date(2026, 5, 8), 1, date(2026, 5, 9)),  # and its made-up Saturday
        (date(2026, 1, 1), 1, date(2026, 1, 4)),  # the made-up Sunday after New Year
        (date(2026, 6, 18), 1, date(2026, 6, 22)),  # Friday 19 June is Dragon Boat Festival
        (date(2026, 11, 20), 1, date(2026, 11, 23)),  # a plain weekend
        (date(2026, 11, 24), 0, date(2026, 11, 24)),
    ],
)
def test_deadline_counts_holidays_and_make_up_days(start: date, days: int, last: date) -> None:
    assert calendar().add(start, days) == last
    assert calendar().between(start, last) == days


@pytest.mark.parametrize(
    ("now", "last"),
    [
        (datetime(2026, 11, 23, 15, 59, tzinfo=UTC), date(2026, 11, 30)),
        (datetime(2026, 11, 23, 16, 0, tzinfo=UTC), date(2026, 12, 1)),
    ],
    ids=["23:59 in Beijing", "midnight in Beijing"],
)
def test_deadline_counts_from_the_day_in_beijing(
    session: Session, people: dict[Role, User], now: datetime, last: date
) -> None:
    application = _application(session, people, State.DRAFT)

    workflow.advance(session, application, "submit", actor=people[Role.ENTERPRISE], now=now)

    assert application.due_on == last


def test_deadline_in_a_year_without_holiday_table_is_not_guessed() -> None:
    with pytest.raises(CalendarMissing):
        calendar().add(date(2026, 12, 30), 5)
    assert workflow.deadline(State.SUBMITTED, date(2026, 12, 30)) is None


def test_public_notice_runs_by_the_table(session: Session, people: dict[Role, User]) -> None:
    application = _application(session, people, State.PROPOSED)
    first, second = people[Role.OFFICER], make_user(session, Role.OFFICER)
    session.add(
        Decision(
            application=application, outcome="list", reason_code="complete", note="", proposed_by=first,
            proposed_at=NOW, approved_by=second, approved_at=NOW,
        )
    )  # fmt: skip
    session.flush()
    on = datetime(2026, 9, 28, 2, tzinfo=NOW.tzinfo)

    notice = reviews.publish_notice(session, application, actor=first, now=on)

    assert notice.closes_on == date(2026, 10, 10)


# ---- what the database itself refuses or shows; `test_impossible_rows` has the rest


def test_same_submission_number_twice_is_not_stored(session: Session, people: dict[Role, User]) -> None:
    application = _application(session, people, State.SUBMITTED)
    for _ in range(2):
        session.add(
            Submission(
                application=application, number=1, facts={}, inputs={}, content_hash="", submitted_at=NOW,
                submitted_by=people[Role.ENTERPRISE],
            )
        )  # fmt: skip

    with pytest.raises(IntegrityError):
        session.flush()


def test_event_changed_in_the_database_itself_is_found_and_located(
    session: Session, people: dict[Role, User]
) -> None:
    session.commit()
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("DROP TRIGGER audit_event_no_update"))
    else:
        session.execute(text("ALTER TABLE audit_event DISABLE TRIGGER USER"))
    session.execute(text("UPDATE audit_event SET action = 'forged' WHERE id = 2"))
    session.expire_all()

    found = audit.verify(session)

    assert (found.ok, found.event_id) == (False, 2)


def test_state_diagram_in_the_documents_is_today_s() -> None:
    document = (ROOT.parent / "docs" / "states.md").read_text("utf-8")

    assert workflow.diagram() in document


def _events(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(AuditEvent)) or 0
