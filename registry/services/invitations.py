"""Invitations into an organisation: sent as a link, open until used, withdrawn or expired."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from registry import audit, passwords, permissions
from registry.errors import NotFound, Refused
from registry.models import Invitation, Organisation, Role, User
from registry.services import accounts
from scoring.words import Words

VALID = timedelta(days=7)


class InvitationClosed(NotFound):
    """Unknown, used, withdrawn or expired: the page does not say which."""

    words = Words(
        f"这个邀请链接已不能使用：可能已经用过、被撤回，或超过了 {VALID.days} 天。请让邀请您的人重新发一个。",
        f"This invitation no longer works: it was used, withdrawn, or is older than {VALID.days} days. "
        "Ask for a new one.",
    )


def send(
    session: Session, organisation: Organisation, *, email: str, can_sign: bool, actor: User, now: datetime
) -> str:
    """The token of a new invitation, to be passed on as a link; raises Forbidden or Refused."""
    permissions.check(actor, "organisation.manage", organisation)
    address = accounts.check_email(email)
    if accounts.find_by_email(session, address) is not None:
        raise Refused(Words("该邮箱已有账号。", "This address has an account already."))
    token = passwords.new_token()
    session.add(
        Invitation(
            token_hash=passwords.digest(token),
            organisation=organisation,
            email=address,
            role=organisation.role,
            can_sign=can_sign,
            invited_by_id=actor.id,
            created_at=now,
            expires_at=now + VALID,
        )
    )
    _record(session, "organisation.invite", organisation, actor=actor, now=now)
    return token


def find(session: Session, token: str, *, now: datetime) -> Invitation:
    """The open invitation of this token; raises InvitationClosed."""
    found = session.scalar(
        select(Invitation).where(Invitation.token_hash == passwords.digest(token), *_open(now))
    )
    if found is None:
        raise InvitationClosed
    return found


def pending(session: Session, organisation: Organisation, *, now: datetime) -> list[Invitation]:
    """The open invitations into an organisation, the newest first."""
    return list(
        session.scalars(
            select(Invitation)
            .where(Invitation.organisation_id == organisation.id, *_open(now))
            .order_by(Invitation.id.desc())
        )
    )


def accept(session: Session, invitation: Invitation, *, name: str, password: str, now: datetime) -> User:
    """The new account; the invitation is used up, also when it is accepted twice at once."""
    used = session.execute(
        update(Invitation)
        .where(Invitation.id == invitation.id, *_open(now))
        .values(accepted_at=now)
        .returning(Invitation.id)
    ).first()
    if used is None:
        raise InvitationClosed
    return accounts.create_user(
        session,
        invitation.organisation,
        email=invitation.email,
        name=name,
        password=password,
        now=now,
        role=Role(invitation.role),
        can_sign=invitation.can_sign,
    )


def withdraw(session: Session, invitation: Invitation, *, actor: User, now: datetime) -> None:
    """Close an invitation that nobody has used."""
    permissions.check(actor, "organisation.manage", invitation.organisation)
    if invitation.accepted_at is not None:
        raise Refused(Words("邀请已被使用，不能撤回。", "The invitation was used; it cannot be withdrawn."))
    if invitation.withdrawn_at is None:
        invitation.withdrawn_at = now
        _record(session, "organisation.withdraw_invitation", invitation.organisation, actor=actor, now=now)


def _open(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None), Invitation.expires_at > now)


def _record(session: Session, action: str, organisation: Organisation, *, actor: User, now: datetime) -> None:
    audit.record(
        session, action, subject_kind="organisation", subject_id=organisation.id, actor=actor, now=now
    )
