"""Organisations and their people: signing in, inviting, passwords and second factors."""

import re
import secrets
from datetime import datetime, timedelta

import pyotp
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry import audit, passwords, permissions
from registry.errors import NotFound, Refused
from registry.models import Invitation, Organisation, RecoveryCode, Role, User
from registry.services import sessions
from scoring import identifiers
from scoring.words import Words

INVITATION_VALID = timedelta(days=7)
RECOVERY_CODES = 10
TOTP_STEP_SECONDS = 30
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,180}\.[^@\s.]{2,}")


class SignInRefused(Refused):
    """Name, password or code do not fit, or the account is locked."""


def normalise_email(email: str) -> str:
    return email.strip().lower()


def find_by_email(session: Session, email: str) -> User | None:
    return session.scalar(select(User).where(User.email == normalise_email(email)))


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
    """A new organisation; raises Refused when its code is wrong or taken."""
    if actor is not None:
        permissions.check(actor, "organisation.create")
    code = identifiers.normalise(uscc)
    if identifiers.uscc_fault(code):
        raise Refused(
            Words(
                "统一社会信用代码不符合 GB 32100-2015，请核对。",
                "The social credit code is not valid (GB 32100-2015).",
            )
        )
    if session.scalar(select(Organisation.id).where(Organisation.uscc == code)):
        raise Refused(Words("该统一社会信用代码已有账户。", "An organisation with this code exists already."))
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
    address = normalise_email(email)
    if not _EMAIL.fullmatch(address):
        raise Refused(
            Words(
                "邮箱格式不对，应像 name@example.com。",
                "The e-mail address should look like name@example.com.",
            )
        )
    if find_by_email(session, address) is not None:
        raise Refused(
            Words("该邮箱已有账号，请直接登录。", "This address has an account already; please sign in.")
        )
    check_password(password)
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
    audit.record(session, "account.create", subject_kind="account", subject_id=user.id, actor=None, now=now)
    return user


def check_password(password: str) -> None:
    """Raises Refused for a password that is too short, too long or made of one character."""
    if not passwords.MIN_LENGTH <= len(password) <= passwords.MAX_LENGTH or len(set(password)) < 5:
        raise Refused(
            Words(
                f"密码须有 {passwords.MIN_LENGTH}–{passwords.MAX_LENGTH} 位，且不能只是几个字符的重复。",
                f"A password has {passwords.MIN_LENGTH}–{passwords.MAX_LENGTH} varied characters.",
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
    """The user when the password fits and the account is open; counts a failure otherwise.

    The caller has verified the password beforehand, outside the writing transaction. Raises SignInRefused.
    """
    wrong = Words(
        "邮箱或密码不正确。连续输错会暂时锁定账号。",
        "E-mail or password is wrong. Repeated failures lock the account for a while.",
    )
    if user is None or not user.active:
        raise SignInRefused(wrong)
    if user.locked_until is not None and user.locked_until > now:
        minutes = int((user.locked_until - now).total_seconds() // 60) + 1
        raise SignInRefused(
            Words(
                f"账号因多次输错已锁定，请 {minutes} 分钟后再试。",
                f"The account is locked after repeated failures; try again in {minutes} min.",
            )
        )
    if not password_fits:
        count_failure(user, now=now, failures=failures, lockout=lockout)
        audit.record(
            session, "account.sign_in_failed", subject_kind="account", subject_id=user.id, actor=None, now=now
        )
        raise SignInRefused(wrong)
    user.failed_sign_ins = 0
    user.locked_until = None
    return user


def count_failure(user: User, *, now: datetime, failures: int, lockout: timedelta) -> None:
    user.failed_sign_ins += 1
    if user.failed_sign_ins >= failures:
        user.failed_sign_ins = 0
        user.locked_until = now + lockout


def new_totp_secret(user: User) -> str:
    """A secret to be shown once as QR code; it counts only when a first code confirms it."""
    user.totp_secret = pyotp.random_base32()
    user.totp_confirmed = False
    user.totp_last_step = None
    return user.totp_secret


def totp_uri(user: User) -> str:
    assert user.totp_secret is not None, "a secret is made before its address is shown"
    return pyotp.TOTP(user.totp_secret).provisioning_uri(name=user.email, issuer_name="气候投融资项目库")


def totp_fits(user: User, code: str, now: datetime) -> bool:
    """Whether the code is right and was not used before; accepts one step of clock difference."""
    if user.totp_secret is None or not re.fullmatch(r"\d{6}", code.strip()):
        return False
    step = int(now.timestamp()) // TOTP_STEP_SECONDS
    generator = pyotp.TOTP(user.totp_secret)
    for candidate in (step, step - 1, step + 1):
        if user.totp_last_step is not None and candidate <= user.totp_last_step:
            continue
        if secrets.compare_digest(generator.at(candidate * TOTP_STEP_SECONDS), code.strip()):
            user.totp_last_step = candidate
            return True
    return False


def confirm_totp(session: Session, user: User, code: str, *, now: datetime) -> list[str]:
    """Recovery codes, shown once, after a first right code; raises Refused for a wrong one."""
    if not totp_fits(user, code, now):
        raise Refused(
            Words(
                "验证码不正确，请用验证器中最新的 6 位数字。", "The code is wrong; use the newest six digits."
            )
        )
    user.totp_confirmed = True
    codes = [secrets.token_hex(5) for _ in range(RECOVERY_CODES)]
    session.query(RecoveryCode).filter_by(user_id=user.id).delete()
    session.add_all(RecoveryCode(user_id=user.id, code_hash=passwords.digest(code)) for code in codes)
    audit.record(
        session, "account.second_factor", subject_kind="account", subject_id=user.id, actor=user, now=now
    )
    return codes


def second_factor_fits(session: Session, user: User, code: str, *, now: datetime) -> bool:
    """Whether a TOTP or an unused recovery code fits; a recovery code is used up."""
    if totp_fits(user, code, now):
        return True
    found = session.scalar(
        select(RecoveryCode).where(
            RecoveryCode.user_id == user.id,
            RecoveryCode.code_hash == passwords.digest(code.strip().lower()),
            RecoveryCode.used_at.is_(None),
        )
    )
    if found is None:
        return False
    found.used_at = now
    return True


def invite(
    session: Session,
    organisation: Organisation,
    *,
    email: str,
    role: Role,
    can_sign: bool,
    actor: User,
    now: datetime,
) -> str:
    """The token of a new invitation, to be sent as a link; raises Forbidden or Refused."""
    permissions.check(actor, "organisation.manage", organisation)
    if actor.role != Role.ADMINISTRATOR and role != organisation.role:
        raise Refused(
            Words(
                "只能邀请与本单位相同角色的人员。", "Only people of your organisation's role can be invited."
            )
        )
    address = normalise_email(email)
    if not _EMAIL.fullmatch(address):
        raise Refused(
            Words(
                "邮箱格式不对，应像 name@example.com。",
                "The e-mail address should look like name@example.com.",
            )
        )
    if find_by_email(session, address) is not None:
        raise Refused(Words("该邮箱已有账号。", "This address has an account already."))
    token = passwords.new_token()
    invitation = Invitation(
        token_hash=passwords.digest(token),
        organisation=organisation,
        email=address,
        role=role,
        can_sign=can_sign,
        invited_by_id=actor.id,
        created_at=now,
        expires_at=now + INVITATION_VALID,
    )
    session.add(invitation)
    audit.record(
        session,
        "organisation.invite",
        subject_kind="organisation",
        subject_id=organisation.id,
        actor=actor,
        now=now,
        detail={"role": role},
    )
    return token


def find_invitation(session: Session, token: str, *, now: datetime) -> Invitation:
    """The open invitation of this token; raises NotFound when unknown, used, withdrawn or expired."""
    found = session.scalar(select(Invitation).where(Invitation.token_hash == passwords.digest(token)))
    if found is None or found.accepted_at or found.withdrawn_at or found.expires_at < now:
        raise NotFound
    return found


def accept_invitation(
    session: Session, invitation: Invitation, *, name: str, password: str, now: datetime
) -> User:
    """The new account; the invitation is used up."""
    user = create_user(
        session,
        invitation.organisation,
        email=invitation.email,
        name=name,
        password=password,
        now=now,
        role=invitation.role,
        can_sign=invitation.can_sign,
    )
    invitation.accepted_at = now
    return user


def withdraw_invitation(invitation: Invitation, *, actor: User, now: datetime) -> None:
    permissions.check(actor, "organisation.manage", invitation.organisation)
    invitation.withdrawn_at = now


def change_password(session: Session, user: User, *, old: str, new: str, now: datetime) -> None:
    """Set a new password and end all sessions; raises Refused for a wrong old or a weak new one."""
    if not passwords.verify(user.password_hash, old):
        raise Refused(Words("原密码不正确。", "The present password is wrong."))
    check_password(new)
    user.password_hash = passwords.hash_password(new)
    sessions.end_all(session, user)
    audit.record(session, "account.password", subject_kind="account", subject_id=user.id, actor=user, now=now)


def set_active(session: Session, user: User, active: bool, *, actor: User, now: datetime) -> None:
    """Open or close a colleague's account; closing ends its sessions."""
    permissions.check(actor, "organisation.manage", user.organisation)
    if user.id == actor.id:
        raise Refused(Words("不能停用自己的账号。", "You cannot close your own account."))
    user.active = active
    if not active:
        sessions.end_all(session, user)
    audit.record(
        session,
        "account.activate" if active else "account.deactivate",
        subject_kind="account",
        subject_id=user.id,
        actor=actor,
        now=now,
    )
