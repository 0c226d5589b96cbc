"""The chain of audit events: appended in the caller's transaction, verifiable by anyone who holds the rows.

hash = SHA-256(previous_hash ‖ canonical JSON of the event), where canonical JSON has sorted keys, no
white space and UTF-8 text. The first event follows 64 zeros.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from registry.models import AuditEvent, User

GENESIS = "0" * 64
_APPEND_LOCK = 0x0A0D17  # one number, known to every process, so that appends on PostgreSQL queue up


def record(
    session: Session,
    action: str,
    *,
    subject_kind: str,
    subject_id: int,
    actor: User | None,
    now: datetime,
    from_state: str | None = None,
    to_state: str | None = None,
    reason_code: str | None = None,
    detail: dict[str, Any] | None = None,
) -> AuditEvent:
    """The event just appended; it becomes permanent with the caller's transaction."""
    session.flush()
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _APPEND_LOCK})
    last = session.execute(
        select(AuditEvent.id, AuditEvent.hash).order_by(AuditEvent.id.desc()).limit(1)
    ).first()
    event = AuditEvent(
        id=last.id + 1 if last else 1,
        at=now.astimezone(UTC).replace(microsecond=0),
        actor_id=actor.id if actor else None,
        actor_role=actor.role if actor else "system",
        action=action,
        subject_kind=subject_kind,
        subject_id=subject_id,
        from_state=from_state,
        to_state=to_state,
        reason_code=reason_code,
        detail=detail or {},
        previous_hash=last.hash if last else GENESIS,
    )
    event.hash = event_hash(event)
    session.add(event)
    session.flush()
    return event


def event_hash(event: AuditEvent) -> str:
    """What the hash of this event must be, from its own columns."""
    content = {
        "id": event.id,
        "at": event.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "actor": event.actor_id,
        "role": str(event.actor_role),
        "action": event.action,
        "subject": [event.subject_kind, event.subject_id],
        "from": event.from_state and str(event.from_state),
        "to": event.to_state and str(event.to_state),
        "reason": event.reason_code,
        "detail": event.detail,
    }
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{event.previous_hash}{canonical}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Verification:
    """How many events were checked, and the first fault if there is one."""

    events: int
    fault: str | None = None
    event_id: int | None = None

    @property
    def ok(self) -> bool:
        return self.fault is None


def verify(session: Session, progress: Callable[[int, int], None] | None = None) -> Verification:
    """Walk the whole chain; a change, deletion or reordering is found and located.

    `progress` is told after each event how many of how many have been walked.
    """
    count = session.scalar(select(func.count()).select_from(AuditEvent)) or 0
    events = session.scalars(select(AuditEvent).order_by(AuditEvent.id).execution_options(yield_per=2000))
    return _walk(events, count, progress)


def _walk(
    events: Iterable[AuditEvent], count: int, progress: Callable[[int, int], None] | None
) -> Verification:
    previous, expected_id = GENESIS, 1
    for event in events:
        if event.id != expected_id:
            return Verification(count, f"event {expected_id} is missing", expected_id)
        if event.previous_hash != previous:
            return Verification(count, f"event {event.id} does not follow the one before it", event.id)
        if event.hash != event_hash(event):
            return Verification(count, f"event {event.id} was changed after it was written", event.id)
        previous, expected_id = event.hash, event.id + 1
        if progress is not None:
            progress(min(event.id, count), count)
    return Verification(count)
