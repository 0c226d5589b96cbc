"""States and transitions: who may move what, what a move leaves behind, and what no database row can hold."""

import ast
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.orm import Session

from registry import audit, permissions, workflow
from registry.errors import Forbidden, NotNow
from registry.models import (
    Application,
    AuditEvent,
    Decision,
    IndexRelease,
    Role,
    State,
    Submission,
    User,
)
from registry.services import reviews
from scoring.calendar import CalendarMissing, calendar
from tests.makers import make_application, make_organisation, make_user
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
        (date(2026, 11, 20), 1, date(2026, 11, 23)),  # a plain weekend
        (date(2026, 11, 24), 0, date(2026, 11, 24)),
    ],
)
def test_deadline_counts_holidays_and_make_up_days(start: date, days: int, last: date) -> None:
    assert calendar().add(start, days) == last


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


# ---- what the database itself refuses


def test_unknown_state_is_not_stored(session: Session, people: dict[Role, User]) -> None:
    application = _application(session, people, State.DRAFT)

    with pytest.raises(IntegrityError):
        session.execute(
            text("UPDATE application SET state = 'anything' WHERE id = :id"), {"id": application.id}
        )


def test_submitted_application_without_its_moment_is_not_stored(
    session: Session, people: dict[Role, User]
) -> None:
    application = _application(session, people, State.DRAFT)

    with pytest.raises(IntegrityError):
        session.execute(
            text("UPDATE application SET state = 'submitted' WHERE id = :id"), {"id": application.id}
        )


def test_proposer_as_approver_is_not_stored(session: Session, people: dict[Role, User]) -> None:
    officer = people[Role.OFFICER]
    session.add(
        Decision(
            application=_application(session, people, State.PROPOSED), outcome="list",
            reason_code="complete",
            note="", proposed_by=officer, proposed_at=NOW, approved_by=officer, approved_at=NOW,
        )
    )  # fmt: skip

    with pytest.raises(IntegrityError):
        session.flush()


def test_published_index_without_approval_is_not_stored(session: Session, people: dict[Role, User]) -> None:
    session.add(
        IndexRelease(
            period="2026Q1", method_id="subcentre", method_version="2026.1", state="published",
            cut_off=NOW.date(),
            archive=b"", content_hash="", summary={}, prepared_by=people[Role.OFFICER], prepared_at=NOW,
        )
    )  # fmt: skip

    with pytest.raises(IntegrityError):
        session.flush()


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


def test_more_drawn_than_signed_is_not_stored(session: Session) -> None:
    body = make_organisation(session, Role.BANK)

    with pytest.raises(DatabaseError):
        session.execute(
            text(
                "INSERT INTO financing (entry_id, bank_id, product_id, signed_on, signed, drawn, rate_percent"
                ", recorded_by_id, created_at, demo) VALUES (1, :bank, 'x', '2026-01-01', :signed, :drawn,"
                " 300, 1, '2026-01-01', false)"
            ),
            {"bank": body.id, "signed": int(Decimal(100)), "drawn": int(Decimal(101))},
        )


@pytest.mark.parametrize("statement", ["UPDATE audit_event SET action = 'x'", "DELETE FROM audit_event"])
def test_audit_events_are_never_changed(session: Session, people: dict[Role, User], statement: str) -> None:
    session.commit()
    assert _events(session) > 0

    with pytest.raises(DatabaseError):
        session.execute(text(statement))


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
