"""The climate-finance index: indicators entered from outside, and releases frozen for ever."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.database import Base, Moment
from registry.models.accounts import User, one_of


class IndexRelease(Base):
    """One quarter's index: a draft until a second person approves and it is published."""

    __tablename__ = "index_release"
    __table_args__ = (
        CheckConstraint(one_of("state", ("draft", "published")), "state"),
        CheckConstraint("approved_by_id IS NULL OR approved_by_id <> prepared_by_id", "four_eyes"),
        CheckConstraint(
            "state = 'draft' OR (approved_by_id IS NOT NULL AND published_at IS NOT NULL)",
            "published_is_approved",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(String(6), index=True)
    vintage: Mapped[int] = mapped_column(default=1)
    method_id: Mapped[str] = mapped_column(String(60))
    method_version: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(9), default="draft")
    cut_off: Mapped[date]
    archive: Mapped[bytes] = mapped_column(LargeBinary)
    content_hash: Mapped[str] = mapped_column(String(64))
    summary: Mapped[dict[str, Any]] = mapped_column(JSON)
    prepared_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    prepared_at: Mapped[datetime] = mapped_column(Moment)
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    published_at: Mapped[datetime | None] = mapped_column(Moment)
    demo: Mapped[bool] = mapped_column(default=False)

    prepared_by: Mapped[User] = relationship(foreign_keys=[prepared_by_id])
    approved_by: Mapped[User | None] = relationship(foreign_keys=[approved_by_id])


class IndicatorValue(Base):
    """An indicator the registry cannot compute itself: entered with its source, used once approved."""

    __tablename__ = "indicator_value"
    __table_args__ = (
        CheckConstraint("approved_by_id IS NULL OR approved_by_id <> entered_by_id", "four_eyes"),
        UniqueConstraint("unit", "period", "leaf", "revision"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit: Mapped[str] = mapped_column(String(9))
    period: Mapped[str] = mapped_column(String(6))
    leaf: Mapped[str] = mapped_column(String(20))
    revision: Mapped[int] = mapped_column(default=1)
    value: Mapped[float]
    source: Mapped[str] = mapped_column(String(400))
    entered_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    entered_at: Mapped[datetime] = mapped_column(Moment)
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    demo: Mapped[bool] = mapped_column(default=False)

    entered_by: Mapped[User] = relationship(foreign_keys=[entered_by_id])
    approved_by: Mapped[User | None] = relationship(foreign_keys=[approved_by_id])
