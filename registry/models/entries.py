"""The registry itself: admitted projects, their product matches and what has been financed."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.database import Base, Moment, Wan
from registry.models.accounts import Organisation, User, one_of
from registry.models.applications import Application

GRADES = ("dark", "medium", "light")
TIERS = ("implementation", "reserve", "incubation")
OBJECTIVES = ("mitigation", "adaptation", "dual")


class RegistryEntry(Base):
    """An admitted project (入库项目): number, grade, tier and the fields lists and the public may read."""

    __tablename__ = "registry_entry"
    __table_args__ = (
        CheckConstraint(one_of("grade", GRADES), "grade"),
        CheckConstraint(one_of("tier", TIERS), "tier"),
        CheckConstraint(one_of("objective", OBJECTIVES), "objective"),
        CheckConstraint("delisted_on IS NULL OR delisted_on >= listed_on", "delisted_after_listed"),
        Index("ix_registry_entry_listed", "delisted_on", "listed_on", "id"),
        Index(
            "ix_registry_entry_count",
            "delisted_on",
            "grade",
            "township",
            "category",
            "objective",
            "tier",
            "consent_bank",
        ),
        Index("ix_registry_entry_township", "township", "listed_on", "id"),
        Index("ix_registry_entry_category", "category", "listed_on", "id"),
        Index("ix_registry_entry_grade", "grade", "listed_on", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), unique=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    project_name: Mapped[str] = mapped_column(String(120))
    enterprise_name: Mapped[str] = mapped_column(String(120))
    ownership: Mapped[str | None] = mapped_column(String(20))
    objective: Mapped[str] = mapped_column(String(10))
    category: Mapped[str] = mapped_column(String(10))
    township: Mapped[str | None] = mapped_column(String(9))
    stage: Mapped[str | None] = mapped_column(String(12))
    grade: Mapped[str] = mapped_column(String(6))
    tier: Mapped[str] = mapped_column(String(14))
    score: Mapped[float]
    total_investment: Mapped[Decimal] = mapped_column(Wan)
    financing_need: Mapped[Decimal] = mapped_column(Wan)
    benefit_annual: Mapped[float | None]
    benefit_p10: Mapped[float | None]
    benefit_p90: Mapped[float | None]
    benefit_lifetime: Mapped[float | None]
    people_protected: Mapped[float | None]
    consent_bank: Mapped[bool]
    listed_on: Mapped[date]
    delisted_on: Mapped[date | None]
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    content_hash: Mapped[str] = mapped_column(String(64))
    check_code: Mapped[str] = mapped_column(String(12), unique=True)
    demo: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own name

    application: Mapped[Application] = relationship(back_populates="entry")
    organisation: Mapped[Organisation] = relationship()
    matches: Mapped[list["ProductMatch"]] = relationship(
        back_populates="entry", order_by="ProductMatch.rank", cascade="all, delete-orphan"
    )
    financings: Mapped[list["Financing"]] = relationship(back_populates="entry", order_by="Financing.id")


class ProductMatch(Base):
    """One product against one entry, frozen with the rules' findings."""

    __tablename__ = "product_match"
    __table_args__ = (
        CheckConstraint(one_of("status", ("eligible", "missing_info", "not_eligible")), "status"),
        UniqueConstraint("entry_id", "product_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("registry_entry.id", ondelete="CASCADE"))
    product_id: Mapped[str] = mapped_column(String(60))
    product_kind: Mapped[str] = mapped_column(String(40))
    rank: Mapped[int]
    status: Mapped[str] = mapped_column(String(14))
    suitability: Mapped[float | None]
    findings: Mapped[dict[str, Any]] = mapped_column(JSON)
    matched_on: Mapped[date]

    entry: Mapped[RegistryEntry] = relationship(back_populates="matches")


class Financing(Base):
    """A contract between a bank and an admitted project; signed and drawn are two figures, never added."""

    __tablename__ = "financing"
    __table_args__ = (
        CheckConstraint("signed > 0", "signed_positive"),
        CheckConstraint("drawn >= 0 AND drawn <= signed", "drawn_within_signed"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("registry_entry.id"), index=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    product_id: Mapped[str] = mapped_column(String(60))
    signed_on: Mapped[date] = mapped_column(index=True)
    signed: Mapped[Decimal] = mapped_column(Wan)
    drawn: Mapped[Decimal] = mapped_column(Wan)
    rate_percent: Mapped[Decimal] = mapped_column(Wan)
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime] = mapped_column(Moment)
    demo: Mapped[bool] = mapped_column(default=False)

    entry: Mapped[RegistryEntry] = relationship(back_populates="financings")
    bank: Mapped[Organisation] = relationship()
    recorded_by: Mapped[User] = relationship()
