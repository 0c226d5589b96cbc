"""One row of every kind that has a rule of its own."""

from datetime import timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from registry import audit
from registry.models import (
    Decision,
    Financing,
    IndexRelease,
    IndicatorValue,
    PanelReview,
    PublicNotice,
    RegistryEntry,
    Resolution,
    Role,
    Screening,
    State,
)
from tests.makers import make_application, make_user
from tests.registry.clocks import NOW

TODAY = NOW.date()


def one_of_each(session: Session) -> None:
    """A listed and financed application with everything said of it, and an index draft."""
    owner, officer = make_user(session), make_user(session, Role.OFFICER)
    bank, member = make_user(session, Role.BANK), make_user(session, Role.PANEL_MEMBER)
    application = make_application(session, owner, State.LISTED)
    screening = Screening(
        application=application,
        rule_set="tongzhou-entry",
        edition="2026.1",
        edition_hash="0" * 64,
        screened_on=TODAY,
        facts={},
        outcome={"findings": {"G02": "review"}},
        verdict="review",
        score=70.0,
        grade="medium",
        created_at=NOW,
    )
    entry = RegistryEntry(
        number="TZQH-2026-00001",
        application=application,
        organisation=owner.organisation,
        project_name="示例项目",
        enterprise_name="示例单位",
        objective="mitigation",
        category="M2.1",
        grade="medium",
        tier="reserve",
        score=70.0,
        total_investment=Decimal(8000),
        financing_need=Decimal(5600),
        consent_bank=True,
        listed_on=TODAY,
        content={},
        content_hash="0" * 64,
        check_code="23456789ABCD",
    )
    session.add_all([screening, entry])
    session.flush()
    session.add_all(
        [
            Resolution(
                screening=screening,
                criterion_id="G02",
                machine_verdict="review",
                outcome="pass",
                reason="同意作为区内项目受理",
                author=officer,
                created_at=NOW,
            ),
            PanelReview(
                application=application,
                author=member,
                field="finance",
                no_conflict=True,
                recommendation="list",
                comment="同意入库",
                created_at=NOW,
            ),
            Decision(
                application=application,
                outcome="list",
                reason_code="complete",
                note="",
                proposed_by=officer,
                proposed_at=NOW,
            ),
            PublicNotice(
                application=application,
                number="GS2026000001-1",
                opens_on=TODAY,
                closes_on=TODAY + timedelta(days=7),
                created_at=NOW,
            ),
            Financing(
                entry=entry,
                bank=bank.organisation,
                product_id="green-loan",
                signed_on=TODAY,
                signed=Decimal(100),
                drawn=Decimal(50),
                rate_percent=Decimal("3.10"),
                recorded_by=bank,
                created_at=NOW,
            ),
            IndexRelease(
                period="2025Q4",
                method_id="subcentre",
                method_version="2026.1",
                cut_off=TODAY,
                archive=b"",
                content_hash="0" * 64,
                summary={},
                prepared_by=officer,
                prepared_at=NOW,
            ),
            IndicatorValue(
                unit="110112",
                period="2025Q4",
                leaf="GOV2",
                value=70,
                source="区统计部门函件",
                entered_by=officer,
                entered_at=NOW,
            ),
        ]
    )
    audit.record(
        session, "test.begin", subject_kind="application", subject_id=application.id, actor=None, now=NOW
    )
