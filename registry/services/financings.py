"""Contracts between banks and admitted projects; signed and drawn stay two figures."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from registry import audit, permissions, workflow
from registry.errors import Refused
from registry.models import Financing, RegistryEntry, User
from scoring.words import Words


def record(
    session: Session,
    entry: RegistryEntry,
    *,
    product_id: str,
    signed_on: date,
    signed: Decimal,
    drawn: Decimal,
    rate_percent: Decimal,
    actor: User,
    now: datetime,
) -> Financing:
    """The contract, and the application financed by it; raises Refused for amounts that cannot be."""
    application = entry.application
    permissions.check(actor, "application.finance", application)
    if signed <= 0 or signed > entry.total_investment:
        raise Refused(
            Words(
                "签约金额须大于 0 且不超过项目总投资。",
                "The signed amount must be above 0 and within the total investment.",
            )
        )
    if not 0 <= drawn <= signed:
        raise Refused(Words("提款额不能超过签约额。", "The drawn amount cannot exceed the signed amount."))
    financing = Financing(
        bank=actor.organisation,
        product_id=product_id,
        signed_on=signed_on,
        signed=signed,
        drawn=drawn,
        rate_percent=rate_percent,
        recorded_by=actor,
        created_at=now,
        demo=entry.demo,
    )
    entry.financings.append(financing)
    session.flush()
    audit.record(
        session,
        "financing.record",
        subject_kind="registry_entry",
        subject_id=entry.id,
        actor=actor,
        now=now,
        detail={"financing": financing.id, "signed": str(signed), "drawn": str(drawn)},
    )
    workflow.advance(session, application, "finance", actor=actor, now=now)
    return financing
