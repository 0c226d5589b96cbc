"""Background work as its owner sees it, and claims imported from elsewhere."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.database import Base, Moment
from registry.models.accounts import User, one_of

JOB_STATES = ("waiting", "running", "done", "failed", "cancelled")


class BackgroundJob(Base):
    """One piece of long work: who asked, how far it is, what came out or went wrong."""

    __tablename__ = "background_job"
    __table_args__ = (
        CheckConstraint(one_of("state", JOB_STATES), "state"),
        CheckConstraint("done >= 0 AND (total IS NULL OR done <= total)", "progress"),
        CheckConstraint("attempt >= 1", "attempt"),
        Index("ix_background_job_state", "state", "created_at"),
    )

    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    args: Mapped[dict[str, Any]] = mapped_column(JSON)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    state: Mapped[str] = mapped_column(String(9), default="waiting")
    attempt: Mapped[int] = mapped_column(default=1)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    error: Mapped[str | None] = mapped_column(String(2000))
    created_at: Mapped[datetime] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)

    owner: Mapped[User | None] = relationship()


class ExternalClaim(Base):
    """A reduction registered elsewhere, kept to find the same tonne claimed twice."""

    __tablename__ = "external_claim"
    __table_args__ = (Index("ix_external_claim_place", "latitude", "longitude"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    register: Mapped[str] = mapped_column(String(20))
    reference: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(40))
    scale: Mapped[str] = mapped_column(String(10))
    claimed_tco2e: Mapped[float | None]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
