"""Removing the demonstration: every demonstration record, nothing else; the audit chain keeps its numbers."""

from sqlalchemy import CursorResult, Delete, delete, select
from sqlalchemy.orm import Session

from registry.models import (
    Application,
    Assessment,
    BackgroundJob,
    CarbonBenefit,
    Decision,
    Financing,
    IndexRelease,
    IndicatorValue,
    Invitation,
    Opinion,
    Organisation,
    PanelReview,
    ProductMatch,
    PublicNotice,
    RecoveryCode,
    RegistryEntry,
    Resolution,
    Screening,
    SignInSession,
    Submission,
    User,
)


def remove(session: Session) -> int:
    """How many records were removed."""
    demo_applications = select(Application.id).where(Application.demo)
    demo_entries = select(RegistryEntry.id).where(RegistryEntry.demo)
    demo_screenings = select(Screening.id).where(Screening.application_id.in_(demo_applications))
    demo_users = select(User.id).where(User.demo)
    demo_bodies = select(Organisation.id).where(Organisation.demo)
    steps: list[Delete] = [
        delete(Financing).where(Financing.entry_id.in_(demo_entries)),
        delete(ProductMatch).where(ProductMatch.entry_id.in_(demo_entries)),
        delete(RegistryEntry).where(RegistryEntry.demo),
        delete(Resolution).where(Resolution.screening_id.in_(demo_screenings)),
        *(
            delete(model).where(model.application_id.in_(demo_applications))
            for model in (
                Assessment,
                Opinion,
                PanelReview,
                Decision,
                PublicNotice,
                Screening,
                CarbonBenefit,
                Submission,
            )
        ),
        delete(Application).where(Application.demo),
        delete(IndicatorValue).where(IndicatorValue.demo),
        delete(IndexRelease).where(IndexRelease.demo),
        delete(BackgroundJob).where(BackgroundJob.owner_id.in_(demo_users)),
        *(delete(model).where(model.user_id.in_(demo_users)) for model in (SignInSession, RecoveryCode)),
        delete(Invitation).where(Invitation.organisation_id.in_(demo_bodies)),
        delete(User).where(User.demo),
        delete(Organisation).where(Organisation.demo),
    ]
    removed = 0
    for step in steps:
        result = session.execute(step)
        assert isinstance(result, CursorResult), "a delete tells how many rows it removed"
        removed += result.rowcount
    return removed
