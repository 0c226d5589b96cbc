"""The second factor of an account: a time-based code (RFC 6238) and recovery codes in its place."""

import re
import secrets
from datetime import datetime

import pyotp
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from registry import audit, passwords, permissions
from registry.errors import Refused
from registry.models import RecoveryCode, User
from registry.services import accounts, sessions
from scoring.words import Words

ISSUER = "气候投融资项目库"
RECOVERY_CODES = 10
STEP_SECONDS = 30
_GROUPS, _GROUP_LENGTH = 4, 4
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another


def new_secret(user: User) -> None:
    """A secret to be shown once as QR code; it counts only when a first code confirms it."""
    user.totp_secret = pyotp.random_base32()
    user.totp_confirmed = False
    user.totp_last_step = None


def address(user: User) -> str:
    """What the QR code says to an authenticator."""
    assert user.totp_secret is not None, "a secret is made before its address is shown"
    return pyotp.TOTP(user.totp_secret).provisioning_uri(name=user.email, issuer_name=ISSUER)


def confirm(session: Session, user: User, code: str, *, now: datetime) -> list[str]:
    """Recovery codes, shown once, after a first right code; raises Refused for a wrong one."""
    if not _totp_fits(user, code, now):
        raise Refused(
            Words(
                "验证码不正确，请用验证器中最新的 6 位数字。", "The code is wrong; use the newest six digits."
            )
        )
    user.totp_confirmed = True
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    session.add_all(RecoveryCode(user_id=user.id, code_hash=_digest(code)) for code in codes)
    _record(session, "account.second_factor", user, actor=user, now=now)
    return codes


def fits(session: Session, user: User, code: str, *, now: datetime) -> bool:
    """Whether a code or an unused recovery code fits; either is used up. Clears the failures when it does."""
    if not _totp_fits(user, code, now) and not _use_recovery_code(session, user, code, now):
        return False
    accounts.clear_failures(user)
    return True


def reset(session: Session, user: User, *, actor: User, now: datetime) -> None:
    """Take the factor from a person who lost it, after their identity was proved; ends their sessions."""
    permissions.check(actor, "organisation.create")
    user.totp_secret, user.totp_confirmed, user.totp_last_step = None, False, None
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    sessions.end_all(session, user)
    _record(session, "account.second_factor_reset", user, actor=actor, now=now)


def _totp_fits(user: User, code: str, now: datetime) -> bool:
    """Whether the code is right and newer than the last one used; accepts one step of clock difference."""
    digits = re.sub(r"\s", "", code)
    if user.totp_secret is None or not re.fullmatch(r"[0-9]{6}", digits):
        return False
    step = int(now.timestamp()) // STEP_SECONDS
    generator = pyotp.TOTP(user.totp_secret)
    for candidate in (step, step - 1, step + 1):
        if user.totp_last_step is not None and candidate <= user.totp_last_step:
            continue
        if secrets.compare_digest(generator.at(candidate * STEP_SECONDS), digits):
            user.totp_last_step = candidate
            return True
    return False


def _recovery_code() -> str:
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS))
    return "-".join(groups)


def _digest(code: str) -> str:
    return passwords.digest(re.sub(r"[\s-]", "", code).lower())


def _use_recovery_code(session: Session, user: User, code: str, now: datetime) -> bool:
    used = session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user.id,
            RecoveryCode.code_hash == _digest(code),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(RecoveryCode.id)
    ).first()
    if used is None:
        return False
    _record(session, "account.recovery_code", user, actor=user, now=now)
    return True


def _record(session: Session, action: str, user: User, *, actor: User, now: datetime) -> None:
    audit.record(session, action, subject_kind="account", subject_id=user.id, actor=actor, now=now)
