"""Applications: the request, its frozen submissions, screenings and carbon benefits."""

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.database import Base, Moment
from registry.models.accounts import Organisation, User, one_of

if TYPE_CHECKING:
    from registry.models.entries import RegistryEntry
    from registry.models.reviews import Assessment, Decision, Opinion, PanelReview, PublicNotice


class State(StrEnum):
    LEAD = "lead"
    DRAFT = "draft"
    DROPPED = "dropped"
    ABANDONED = "abandoned"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    SCREENED = "screened"
    DEPT_REVIEW = "dept_review"
    ASSESSMENT = "assessment"
    EXPERT = "expert"
    PROPOSED = "proposed"
    PUBLICITY = "publicity"
    OBJECTION = "objection"
    REJECTED = "rejected"
    LISTED = "listed"
    PROMOTED = "promoted"
    MATCHED = "matched"
    FINANCED = "financed"
    MONITORING = "monitoring"
    SUSPENDED = "suspended"
    EXITED = "exited"
    COMPLETED = "completed"
    ARCHIVED = "archived"


UNSUBMITTED = (State.LEAD, State.DRAFT, State.DROPPED, State.ABANDONED)
IN_LIBRARY = (State.LISTED, State.PROMOTED, State.MATCHED, State.FINANCED, State.MONITORING)
FINANCED_STATES = (State.FINANCED, State.MONITORING, State.COMPLETED)


class Application(Base):
    """An enterprise's request to list a project. Its facts may be incomplete until it is submitted."""

    __tablename__ = "application"
    __table_args__ = (
        CheckConstraint(one_of("state", State), "state"),
        CheckConstraint(one_of("channel", ("self_filed", "department_pushed", "township_pushed")), "channel"),
        CheckConstraint(
            f"{one_of('state', UNSUBMITTED)} OR submitted_at IS NOT NULL", "submitted_when_past_draft"
        ),
        Index("ix_application_state_due", "state", "due_on", "id"),
        Index("ix_application_organisation", "organisation_id", "id"),
        Index("ix_application_national_code", "national_code"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    created_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    channel: Mapped[str] = mapped_column(String(20), default="self_filed")
    state: Mapped[State] = mapped_column(String(12), default=State.DRAFT)
    state_since: Mapped[datetime] = mapped_column(Moment)
    due_on: Mapped[date | None]
    project_name: Mapped[str] = mapped_column(String(120), default="")
    national_code: Mapped[str | None] = mapped_column(String(24))
    township: Mapped[str | None] = mapped_column(String(9))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    inputs: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    unread: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    sections_done: Mapped[list[str]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(Moment)
    saved_at: Mapped[datetime] = mapped_column(Moment)
    submitted_at: Mapped[datetime | None] = mapped_column(Moment)
    demo: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own name

    organisation: Mapped[Organisation] = relationship(lazy="joined")
    created_by: Mapped[User] = relationship()
    submissions: Mapped[list["Submission"]] = relationship(
        back_populates="application", order_by="Submission.number"
    )
    screenings: Mapped[list["Screening"]] = relationship(
        back_populates="application", order_by="Screening.id"
    )
    benefits: Mapped[list["CarbonBenefit"]] = relationship(
        back_populates="application", order_by="CarbonBenefit.id"
    )
    opinions: Mapped[list["Opinion"]] = relationship(back_populates="application", order_by="Opinion.id")
    assessments: Mapped[list["Assessment"]] = relationship(
        back_populates="application", order_by="Assessment.id"
    )
    panel_reviews: Mapped[list["PanelReview"]] = relationship(
        back_populates="application", order_by="PanelReview.id"
    )
    decisions: Mapped[list["Decision"]] = relationship(back_populates="application", order_by="Decision.id")
    notices: Mapped[list["PublicNotice"]] = relationship(
        back_populates="application", order_by="PublicNotice.id"
    )
    entry: Mapped["RegistryEntry | None"] = relationship(back_populates="application")

    @property
    def screening(self) -> "Screening | None":
        """The latest formal screening."""
        return self.screenings[-1] if self.screenings else None

    @property
    def benefit(self) -> "CarbonBenefit | None":
        """The latest frozen carbon benefit."""
        return self.benefits[-1] if self.benefits else None


class Submission(Base):
    """What was submitted, word for word, with its hash; written once."""

    __tablename__ = "submission"
    __table_args__ = (UniqueConstraint("application_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"))
    number: Mapped[int]
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    inputs: Mapped[dict[str, Any]] = mapped_column(JSON)
    content_hash: Mapped[str] = mapped_column(String(64))
    submitted_at: Mapped[datetime] = mapped_column(Moment)
    submitted_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))

    application: Mapped[Application] = relationship(back_populates="submissions")
    submitted_by: Mapped[User] = relationship()


class Screening(Base):
    """All findings of one criteria edition on one set of facts, frozen with both."""

    __tablename__ = "screening"
    __table_args__ = (
        CheckConstraint(one_of("verdict", ("pass", "fail", "review", "insufficient")), "verdict"),
        CheckConstraint(f"{one_of('grade', ('dark', 'medium', 'light'))} OR grade IS NULL", "grade"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    rule_set: Mapped[str] = mapped_column(String(60))
    edition: Mapped[str] = mapped_column(String(20))
    edition_hash: Mapped[str] = mapped_column(String(64))
    screened_on: Mapped[date]
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    outcome: Mapped[dict[str, Any]] = mapped_column(JSON)
    verdict: Mapped[str] = mapped_column(String(14))
    score: Mapped[float | None]
    grade: Mapped[str | None] = mapped_column(String(6))
    created_at: Mapped[datetime] = mapped_column(Moment)

    application: Mapped[Application] = relationship(back_populates="screenings")
    resolutions: Mapped[list["Resolution"]] = relationship(
        back_populates="screening", order_by="Resolution.id"
    )


class Resolution(Base):
    """An officer's reasoned word on a finding the machine left to a person, or overrode; never changed."""

    __tablename__ = "resolution"
    __table_args__ = (
        CheckConstraint("outcome IN ('pass', 'fail')", "outcome"),
        CheckConstraint("length(reason) >= 5", "reasoned"),
        UniqueConstraint("screening_id", "criterion_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    screening_id: Mapped[int] = mapped_column(ForeignKey("screening.id"))
    criterion_id: Mapped[str] = mapped_column(String(10))
    machine_verdict: Mapped[str] = mapped_column(String(14))
    outcome: Mapped[str] = mapped_column(String(4))
    reason: Mapped[str] = mapped_column(String(2000))
    author_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime] = mapped_column(Moment)

    screening: Mapped[Screening] = relationship(back_populates="resolutions")
    author: Mapped[User] = relationship()


class CarbonBenefit(Base):
    """One frozen estimate of the carbon-reduction benefit, with method, inputs and result."""

    __tablename__ = "carbon_benefit"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    method_id: Mapped[str] = mapped_column(String(60))
    method_version: Mapped[str] = mapped_column(String(20))
    inputs: Mapped[dict[str, Any]] = mapped_column(JSON)
    result: Mapped[dict[str, Any]] = mapped_column(JSON)
    content_hash: Mapped[str] = mapped_column(String(64))
    annual: Mapped[float]
    p10: Mapped[float]
    p90: Mapped[float]
    lifetime: Mapped[float | None]
    estimated_on: Mapped[date]
    created_at: Mapped[datetime] = mapped_column(Moment)

    application: Mapped[Application] = relationship(back_populates="benefits")
