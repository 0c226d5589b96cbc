"""Organisations, their people, sign-in sessions and invitations."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.database import Base, Moment
from scoring.words import Words


class Role(StrEnum):
    ENTERPRISE = "enterprise"
    OFFICER = "officer"
    DEPARTMENT = "department"
    EXCHANGE_EXPERT = "exchange_expert"
    PANEL_MEMBER = "panel_member"
    BANK = "bank"
    ADMINISTRATOR = "administrator"

    @property
    def words(self) -> Words:
        return ROLE_WORDS[self]


ROLE_WORDS = {
    Role.ENTERPRISE: Words("企业", "Enterprise"),
    Role.OFFICER: Words("区生态环境局审核员", "Ecology bureau officer"),
    Role.DEPARTMENT: Words("部门（乡镇街道）", "Department or township"),
    Role.EXCHANGE_EXPERT: Words("北京绿色交易所专家", "Beijing Green Exchange expert"),
    Role.PANEL_MEMBER: Words("评审专家", "Panel member"),
    Role.BANK: Words("金融机构", "Financial institution"),
    Role.ADMINISTRATOR: Words("系统管理员", "Administrator"),
}
STAFF_ROLES = frozenset({Role.OFFICER, Role.EXCHANGE_EXPERT, Role.ADMINISTRATOR})


def one_of(column: str, values: type[StrEnum] | tuple[str, ...]) -> str:
    """The SQL that confines a column to its values."""
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


class Organisation(Base):
    """A legal person or public body; every user belongs to one."""

    __tablename__ = "organisation"
    __table_args__ = (CheckConstraint(one_of("role", Role), "role"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    uscc: Mapped[str] = mapped_column(String(18), unique=True)
    role: Mapped[Role] = mapped_column(String(20))
    township: Mapped[str | None] = mapped_column(String(9))
    demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(Moment)

    users: Mapped[list["User"]] = relationship(back_populates="organisation")


class User(Base):
    """One person with one account."""

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint(one_of("role", Role), "role"),
        CheckConstraint("failed_sign_ins >= 0", "failures"),
        CheckConstraint("panel_field IN ('finance', 'technical') OR panel_field IS NULL", "panel_field"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    role: Mapped[Role] = mapped_column(String(20))
    panel_field: Mapped[str | None] = mapped_column(String(10))
    can_sign: Mapped[bool] = mapped_column(default=False)
    password_hash: Mapped[str] = mapped_column(String(200))
    active: Mapped[bool] = mapped_column(default=True)
    failed_sign_ins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(Moment)
    totp_secret: Mapped[str | None] = mapped_column(String(64))
    totp_confirmed: Mapped[bool] = mapped_column(default=False)
    totp_last_step: Mapped[int | None]
    demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(default=1)

    organisation: Mapped[Organisation] = relationship(back_populates="users", lazy="joined")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own name

    is_authenticated = True
    is_anonymous = False

    @property
    def is_active(self) -> bool:
        return self.active

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF_ROLES

    def get_id(self) -> str:
        return str(self.id)


class SignInSession(Base):
    """A signed-in browser. Only the hash of its token is stored; ending it here ends it there."""

    __tablename__ = "sign_in_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    second_factor_passed: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(Moment)
    last_seen_at: Mapped[datetime] = mapped_column(Moment)

    user: Mapped[User] = relationship(lazy="joined")


class RecoveryCode(Base):
    """A one-time code in place of the second factor; only its hash is stored."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("user_id", "code_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None] = mapped_column(Moment)


class Invitation(Base):
    """An offer to join an organisation, open until used, withdrawn or expired."""

    __tablename__ = "invitation"
    __table_args__ = (
        CheckConstraint(one_of("role", Role), "role"),
        Index("ix_invitation_email", "email"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    email: Mapped[str] = mapped_column(String(254))
    role: Mapped[Role] = mapped_column(String(20))
    can_sign: Mapped[bool] = mapped_column(default=False)
    invited_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    accepted_at: Mapped[datetime | None] = mapped_column(Moment)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Moment)

    organisation: Mapped[Organisation] = relationship(lazy="joined")
