"""Walking the whole audit chain for the administrator."""

from typing import Any

from sqlalchemy.orm import Session

from registry import audit
from registry.work.attempts import Progress


def verify_audit(session: Session, args: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """How many events the chain has, and the first fault if there is one."""
    verification = audit.verify(session, progress)
    return {
        "events": verification.events,
        "fault": verification.fault,
        "event_id": verification.event_id,
    }
