"""What people say of an application: opinions, assessments, panel reviews, decisions, public notices."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.database import Base, Moment
from registry.models.accounts import Organisation, User, one_of
from registry.models.applications import Application


class Opinion(Base):
    """A department's opinion; silence after the deadline is recorded as no objection."""

    __tablename__ = "opinion"
    __table_args__ = (
        CheckConstraint(one_of("outcome", ("no_objection", "objection", "silent")), "outcome"),
        UniqueConstraint("application_id", "organisation_id", "submission_number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    submission_number: Mapped[int]
    outcome: Mapped[str] = mapped_column(String(12))
    comment: Mapped[str] = mapped_column(String(2000), default="")
    author_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime] = mapped_column(Moment)

    application: Mapped[Application] = relationship(back_populates="opinions")
    organisation: Mapped[Organisation] = relationship()
    author: Mapped[User | None] = relationship()


class Assessment(Base):
    """The Green Exchange's judgment of a carbon benefit, bound to the hash of what was seen."""

    __tablename__ = "assessment"
    __table_args__ = (
        CheckConstraint(
            one_of("conclusion", ("confirmed", "not_confirmed", "adaptation_confirmed")), "conclusion"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    benefit_id: Mapped[int | None] = mapped_column(ForeignKey("carbon_benefit.id"))
    seen_hash: Mapped[str] = mapped_column(String(64))
    conclusion: Mapped[str] = mapped_column(String(24))
    comment: Mapped[str] = mapped_column(String(4000))
    author_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime] = mapped_column(Moment)

    application: Mapped[Application] = relationship(back_populates="assessments")
    author: Mapped[User] = relationship()


class PanelReview(Base):
    """One panel member's recommendation, written once, with the declaration of interest."""

    __tablename__ = "panel_review"
    __table_args__ = (
        CheckConstraint(one_of("recommendation", ("list", "reject")), "recommendation"),
        CheckConstraint(one_of("field", ("finance", "technical")), "field"),
        CheckConstraint("no_conflict", "no_conflict"),
        UniqueConstraint("application_id", "author_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    field: Mapped[str] = mapped_column(String(10))
    no_conflict: Mapped[bool]
    recommendation: Mapped[str] = mapped_column(String(6))
    comment: Mapped[str] = mapped_column(String(4000))
    created_at: Mapped[datetime] = mapped_column(Moment)

    application: Mapped[Application] = relationship(back_populates="panel_reviews")
    author: Mapped[User] = relationship()


class Decision(Base):
    """The bureau's decision: proposed by one officer, approved by another."""

    __tablename__ = "decision"
    __table_args__ = (
        CheckConstraint(one_of("outcome", ("list", "reject")), "outcome"),
        CheckConstraint("approved_by_id IS NULL OR approved_by_id <> proposed_by_id", "four_eyes"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    outcome: Mapped[str] = mapped_column(String(6))
    reason_code: Mapped[str] = mapped_column(String(40))
    note: Mapped[str] = mapped_column(String(4000))
    proposed_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    proposed_at: Mapped[datetime] = mapped_column(Moment)
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    approved_at: Mapped[datetime | None] = mapped_column(Moment)

    application: Mapped[Application] = relationship(back_populates="decisions")
    proposed_by: Mapped[User] = relationship(foreign_keys=[proposed_by_id])
    approved_by: Mapped[User | None] = relationship(foreign_keys=[approved_by_id])


class PublicNotice(Base):
    """A public notice of a proposed listing, open from the day after it starts to its last working day."""

    __tablename__ = "public_notice"
    __table_args__ = (CheckConstraint("closes_on > opens_on", "period"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    opens_on: Mapped[date]
    closes_on: Mapped[date] = mapped_column(index=True)
    created_at: Mapped[datetime] = mapped_column(Moment)

    application: Mapped[Application] = relationship(back_populates="notices")
