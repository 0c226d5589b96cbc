"""What neither database stores, whatever a program or a person at its console says."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from registry import audit
from registry.models import AuditEvent
from tests.registry.rows import one_of_each

IMPOSSIBLE = {
    "unknown state": "UPDATE application SET state = 'invented'",
    "empty state": "UPDATE application SET state = ''",
    "submitted without a moment": "UPDATE application SET state = 'submitted', submitted_at = NULL",
    "listed without a moment": "UPDATE application SET state = 'listed', submitted_at = NULL",
    "unknown channel": "UPDATE application SET channel = 'back door'",
    "one pair of eyes": "UPDATE decision SET approved_by_id = proposed_by_id",
    "unknown outcome": "UPDATE decision SET outcome = 'maybe'",
    "more drawn than signed": "UPDATE financing SET drawn = signed + 1",
    "negative drawn": "UPDATE financing SET drawn = -1",
    "nothing signed": "UPDATE financing SET signed = 0, drawn = 0",
    "published without approval": "UPDATE index_release SET state = 'published', approved_by_id = NULL",
    "published by its preparer": "UPDATE index_release SET state = 'published', "
    "approved_by_id = prepared_by_id, published_at = prepared_at",
    "own value approved": "UPDATE indicator_value SET approved_by_id = entered_by_id",
    "notice that ends before it begins": "UPDATE public_notice SET closes_on = opens_on",
    "unreasoned resolution": "UPDATE resolution SET reason = 'no'",
    "panel with a conflict": "UPDATE panel_review SET no_conflict = (1 = 0)",
    "delisted before listed": "UPDATE registry_entry SET delisted_on = '2000-01-01'",
    "unknown grade": "UPDATE registry_entry SET grade = 'green'",
    "event changed": "UPDATE audit_event SET action = 'nothing'",
    "event deleted": "DELETE FROM audit_event",
}


@pytest.fixture
def full(session: Session) -> Session:
    one_of_each(session)
    session.commit()
    return session


@pytest.mark.parametrize("what", IMPOSSIBLE)
def test_impossible_row_is_refused(full: Session, what: str) -> None:
    statement = IMPOSSIBLE[what]
    table = statement.removeprefix("DELETE FROM ").removeprefix("UPDATE ").split()[0]
    assert full.scalar(text(f"SELECT count(*) FROM {table}")), "there is a row to refuse"

    with pytest.raises(DatabaseError) as refused:
        full.execute(text(statement))

    assert any(sign in str(refused.value) for sign in ("CHECK", "check constraint", "never changed"))


def test_forged_event_at_the_end_of_the_chain_is_found(full: Session) -> None:
    last = full.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert last is not None
    full.execute(
        text(
            "INSERT INTO audit_event (id, at, actor_role, action, subject_kind, subject_id, detail, "
            "previous_hash, hash) SELECT id + 1, at, actor_role, 'forged', subject_kind, subject_id, detail, "
            "hash, 'f' FROM audit_event WHERE id = :id"
        ),
        {"id": last.id},
    )

    found = audit.verify(full)

    assert (found.ok, found.event_id) == (False, last.id + 1)
