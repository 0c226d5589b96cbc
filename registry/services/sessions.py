"""Signed-in browsers: started, found, kept alive and ended on the server."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from registry import passwords
from registry.models import SignInSession, User

TOUCH_EVERY = timedelta(minutes=1)


def start(session: Session, user: User, *, second_factor_passed: bool, now: datetime) -> str:
    """The token for the cookie of a new signed-in session."""
    token = passwords.new_token()
    session.add(
        SignInSession(
            token_hash=passwords.digest(token),
            user=user,
            second_factor_passed=second_factor_passed,
            created_at=now,
            last_seen_at=now,
        )
    )
    session.flush()
    return token


def find(
    session: Session, token: str, *, now: datetime, idle: timedelta, absolute: timedelta
) -> SignInSession | None:
    """The live session of this token; None when unknown, expired, or its user was deactivated."""
    found = session.scalar(select(SignInSession).where(SignInSession.token_hash == passwords.digest(token)))
    if found is None or not found.user.active:
        return None
    if now - found.last_seen_at > idle or now - found.created_at > absolute:
        return None
    return found


def is_stale(found: SignInSession, now: datetime) -> bool:
    """Whether it is time to note that the session is still in use."""
    return now - found.last_seen_at > TOUCH_EVERY


def touch(session: Session, session_id: int, now: datetime) -> None:
    found = session.get(SignInSession, session_id)
    if found is not None:
        found.last_seen_at = now


def forget_expired(session: Session, *, now: datetime, idle: timedelta, absolute: timedelta) -> None:
    """Delete the sessions that nobody can use any more."""
    session.execute(
        delete(SignInSession).where(
            (SignInSession.last_seen_at < now - idle) | (SignInSession.created_at < now - absolute)
        )
    )


def end(session: Session, token: str) -> None:
    session.execute(delete(SignInSession).where(SignInSession.token_hash == passwords.digest(token)))


def end_all(session: Session, user: User) -> None:
    """End every session of a user: after a change of password, role or factor."""
    session.execute(delete(SignInSession).where(SignInSession.user_id == user.id))
