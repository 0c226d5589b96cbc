"""Organisations and their people: opening accounts, signing in, passwords."""

import re
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry import audit, passwords, permissions
from registry.errors import Refused
from registry.models import Organisation, Role, User
from registry.services import sessions
from scoring import identifiers
from scoring.words import Words

PANEL_FIELDS = {"finance": Words("金融", "Finance"), "technical": Words("技术", "Technical")}
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,180}\.[^@\s.]{2,}")


class SignInRefused(Refused):
    """Name or password do not fit, or the account is locked or closed: the words never tell which."""


class InvalidCode(Refused):
    """The social credit code is malformed or taken."""


class WeakPassword(Refused):
    """The new password is too short, too long or too easy to guess."""


class WrongPassword(Refused):
    """The present password does not fit."""


def normalise_email(email: str) -> str:
    return email.strip().lower()


def check_email(email: str) -> str:
    """The address as it is stored; raises Refused when it does not look like one."""
    address = normalise_email(email)
    if not _EMAIL.fullmatch(address) or not address.isprintable():
        raise Refused(
            Words(
                "邮箱格式不对，应像 name@example.com。",
                "The e-mail address should look like name@example.com.",
            )
        )
    return address


def find_by_email(session: Session, email: str) -> User | None:
    return session.scalar(select(User).where(User.email == normalise_email(email)))


_USCC_FAULTS = {
    "length": Words(
        "统一社会信用代码应为 18 位，请核对。", "A social credit code has 18 characters; please check it."
    ),
    "character": Words(
        "统一社会信用代码只含数字和大写字母，且不用 I、O、S、V、Z，请核对。",
        "A social credit code has digits and capital letters other than I, O, S, V and Z.",
    ),
    "check": Words(
        "统一社会信用代码的校验位不对（GB 32100-2015），可能有一位输错，请核对。",
        "The check character does not fit (GB 32100-2015): a character may be mistyped.",
    ),
}


def create_organisation(
    session: Session,
    *,
    name: str,
    uscc: str,
    role: Role,
    actor: User | None,
    now: datetime,
    township: str | None = None,
    demo: bool = False,
) -> Organisation:
    """A new organisation; raises InvalidCode when its code is wrong or taken."""
    if actor is not None:
        permissions.check(actor, "organisation.create")
    code = identifiers.normalise(uscc)
    fault = identifiers.uscc_fault(code)
    if fault is not None:
        raise InvalidCode(_USCC_FAULTS[fault])
    if session.scalar(select(Organisation.id).where(Organisation.uscc == code)):
        raise InvalidCode(
            Words("该统一社会信用代码已有账户。", "An organisation with this code exists already.")
        )
    organisation = Organisation(
        name=name.strip(), uscc=code, role=role, township=township, demo=demo, created_at=now
    )
    session.add(organisation)
    session.flush()
    audit.record(
        session,
        "organisation.create",
        subject_kind="organisation",
        subject_id=organisation.id,
        actor=actor,
        now=now,
    )
    return organisation


def create_user(
    session: Session,
    organisation: Organisation,
    *,
    email: str,
    name: str,
    password: str,
    now: datetime,
    role: Role | None = None,
    can_sign: bool = False,
    panel_field: str | None = None,
    demo: bool = False,
) -> User:
    """A new account; raises Refused for a taken or malformed address or a weak password."""
    address = check_email(email)
    if find_by_email(session, address) is not None:
        raise Refused(
            Words("该邮箱已有账号，请直接登录。", "This address has an account already; please sign in.")
        )
    check_password(password, email=address)
    user = User(
        organisation=organisation,
        email=address,
        name=name.strip(),
        role=role or organisation.role,
        password_hash=passwords.hash_password(password),
        can_sign=can_sign,
        panel_field=panel_field,
        demo=demo,
        created_at=now,
    )
    session.add(user)
    session.flush()
    _record(session, "account.create", user, actor=None, now=now)
    return user


def check_password(password: str, *, email: str) -> None:
    """Raises WeakPassword for one that is short, endless, or among the first that a guesser tries."""
    if not passwords.MIN_LENGTH <= len(password) <= passwords.MAX_LENGTH:
        raise WeakPassword(
            Words(
                f"密码须有 {passwords.MIN_LENGTH}–{passwords.MAX_LENGTH} 位，现在是 {len(password)} 位。",
                f"A password has {passwords.MIN_LENGTH}–{passwords.MAX_LENGTH} characters.",
            )
        )
    if passwords.is_easy(password, email.partition("@")[0]):
        raise WeakPassword(
            Words(
                "这个密码太容易猜：请不要用重复或连续的字符，也不要包含邮箱名。",
                "This password is easy to guess: avoid repeats, runs such as 123456 and your e-mail name.",
            )
        )


def sign_in(
    session: Session,
    user: User | None,
    *,
    password_fits: bool,
    now: datetime,
    failures: int,
    lockout: timedelta,
) -> User:
    """The user when the password fits and the account is open; otherwise counts and records a failure.

    The caller has verified the password beforehand, outside the writing transaction. Unknown, closed and
    locked accounts are refused in the same words as a wrong password. Raises SignInRefused.
    """
    if user is None or not user.active or is_locked(user, now) or not password_fits:
        if user is not None and user.active and not is_locked(user, now):
            count_failure(user, now=now, failures=failures, lockout=lockout)
        _record(session, "account.sign_in_failed", user, actor=None, now=now)
        minutes = int(lockout.total_seconds() // 60)
        raise SignInRefused(
            Words(
                f"邮箱或密码不正确，或者账号暂时锁定。连续输错 {failures} 次会锁定 {minutes} 分钟。",
                f"E-mail or password is wrong, or the account is locked: {failures} failures in a row "
                f"lock it for {minutes} minutes.",
            )
        )
    if not user.totp_confirmed:  # else the second factor clears them, or the password would buy new guesses
        clear_failures(user)
    _record(session, "account.sign_in", user, actor=user, now=now)
    return user


def is_locked(user: User, now: datetime) -> bool:
    return user.locked_until is not None and user.locked_until > now


def count_failure(user: User, *, now: datetime, failures: int, lockout: timedelta) -> None:
    """Note a wrong password or code; locks the account when there were too many in a row."""
    user.failed_sign_ins += 1
    if user.failed_sign_ins >= failures:
        user.failed_sign_ins = 0
        user.locked_until = now + lockout


def clear_failures(user: User) -> None:
    user.failed_sign_ins, user.locked_until = 0, None


def change_password(session: Session, user: User, *, old: str, new: str, now: datetime) -> None:
    """Set a new password and end all sessions; raises WrongPassword or WeakPassword."""
    if not passwords.verify(user.password_hash, old):
        raise WrongPassword(Words("原密码不正确。", "The present password is wrong."))
    check_password(new, email=user.email)
    user.password_hash = passwords.hash_password(new)
    sessions.end_all(session, user)
    _record(session, "account.password", user, actor=user, now=now)


def set_active(session: Session, user: User, active: bool, *, actor: User, now: datetime) -> None:
    """Open or close a colleague's account; closing ends its sessions, opening also lifts a lock."""
    permissions.check(actor, "organisation.manage", user.organisation)
    if user.id == actor.id:
        raise Refused(Words("不能停用自己的账号。", "You cannot close your own account."))
    user.active = active
    clear_failures(user)
    if not active:
        sessions.end_all(session, user)
    _record(session, "account.activate" if active else "account.deactivate", user, actor=actor, now=now)


def set_panel_field(session: Session, user: User, field: str, *, actor: User, now: datetime) -> None:
    """Note the field a panel member judges in; a panel needs both."""
    permissions.check(actor, "organisation.create")
    if user.role != Role.PANEL_MEMBER or field not in PANEL_FIELDS:
        raise Refused(
            Words(
                "只有评审专家有评审领域：金融或技术。",
                "Only panel members have a field: finance or technical.",
            )
        )
    user.panel_field = field
    _record(session, "account.panel_field", user, actor=actor, now=now)


def _record(session: Session, action: str, user: User | None, *, actor: User | None, now: datetime) -> None:
    # Failures under unknown names are recorded under 0, so that they are seen and take as long as others.
    audit.record(
        session, action, subject_kind="account", subject_id=user.id if user else 0, actor=actor, now=now
    )
