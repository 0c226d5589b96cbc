"""The tables."""

from registry.models.accounts import Invitation, Organisation, RecoveryCode, Role, SignInSession, User
from registry.models.applications import (
    FINANCED_STATES,
    IN_LIBRARY,
    UNSUBMITTED,
    Application,
    CarbonBenefit,
    Resolution,
    Screening,
    State,
    Submission,
)
from registry.models.audit import AuditEvent
from registry.models.entries import Financing, ProductMatch, RegistryEntry
from registry.models.releases import IndexRelease, IndicatorValue
from registry.models.reviews import Assessment, Decision, Opinion, PanelReview, PublicNotice
from registry.models.work import BackgroundJob, ExternalClaim

__all__ = [
    "FINANCED_STATES",
    "IN_LIBRARY",
    "UNSUBMITTED",
    "Application",
    "Assessment",
    "AuditEvent",
    "BackgroundJob",
    "CarbonBenefit",
    "Decision",
    "ExternalClaim",
    "Financing",
    "IndexRelease",
    "IndicatorValue",
    "Invitation",
    "Opinion",
    "Organisation",
    "PanelReview",
    "ProductMatch",
    "PublicNotice",
    "RecoveryCode",
    "RegistryEntry",
    "Resolution",
    "Role",
    "Screening",
    "SignInSession",
    "State",
    "Submission",
    "User",
]
