"""Who may do what: one table of predicates. What is not in the table nobody may do."""

from collections.abc import Callable
from typing import Any

from registry.errors import Forbidden
from registry.models import (
    UNSUBMITTED,
    Application,
    BackgroundJob,
    Organisation,
    RegistryEntry,
    Role,
    State,
    User,
)

Predicate = Callable[[User, Any], bool]

_REVIEWERS = frozenset({Role.OFFICER, Role.DEPARTMENT, Role.EXCHANGE_EXPERT, Role.PANEL_MEMBER})


def has(*roles: Role) -> Predicate:
    """Anyone in one of the roles."""
    return lambda user, subject: user.role in roles


def owns(user: User, application: Application) -> bool:
    return user.role == Role.ENTERPRISE and user.organisation_id == application.organisation_id


def signs(user: User, application: Application) -> bool:
    """The responsible person of the enterprise, who signs what a colleague prepared."""
    return owns(user, application) and user.can_sign


def pushed(user: User, application: Application) -> bool:
    return user.role == Role.DEPARTMENT and application.created_by.organisation_id == user.organisation_id


def views_application(user: User, application: Application) -> bool:
    if owns(user, application) or user.role == Role.ADMINISTRATOR:
        return True
    if pushed(user, application):
        return True
    return user.role in _REVIEWERS and application.state not in UNSUBMITTED


def reviews_conflict_free(user: User, application: Application) -> bool:
    return user.role == Role.PANEL_MEMBER and user.organisation_id != application.organisation_id


def views_entry_file(user: User, entry: RegistryEntry) -> bool:
    """The entry beyond its public fields: reviewers and owner always, banks with the enterprise's consent."""
    if user.role == Role.BANK:
        return entry.consent_bank
    return views_application(user, entry.application)


def owns_job(user: User, job: BackgroundJob) -> bool:
    return user.role == Role.ADMINISTRATOR or job.owner_id == user.id


def same_organisation(user: User, organisation: Organisation) -> bool:
    return user.role == Role.ADMINISTRATOR or (user.organisation_id == organisation.id and user.can_sign)


_officer = has(Role.OFFICER)

TABLE: dict[str, Predicate] = {
    "application.create": has(Role.ENTERPRISE),
    "application.push": has(Role.DEPARTMENT),
    "application.view": views_application,
    "application.edit": lambda user, a: owns(user, a) and a.state in (State.DRAFT, State.RETURNED),
    "application.claim": owns,
    "application.drop": pushed,
    "application.submit": signs,
    "application.abandon": owns,
    "application.accept": _officer,
    "application.return": _officer,
    "application.screen": _officer,
    "application.resolve": _officer,
    "application.consult": _officer,
    "application.give_opinion": has(Role.DEPARTMENT),
    "application.close_opinions": _officer,
    "application.assess": has(Role.EXCHANGE_EXPERT),
    "application.panel_review": reviews_conflict_free,
    "application.propose": _officer,
    "application.reject": _officer,
    "application.publish": _officer,
    "application.object": _officer,
    "application.overrule": _officer,
    "application.list": _officer,
    "application.promote": _officer,
    "application.demote": _officer,
    "application.match": owns,
    "application.unmatch": _officer,
    "application.finance": has(Role.BANK),
    "application.monitor": _officer,
    "application.complete": _officer,
    "application.suspend": _officer,
    "application.reinstate": _officer,
    "application.exit": _officer,
    "application.relist": _officer,
    "application.archive": _officer,
    "application.rereview": _officer,
    "entry.view_file": views_entry_file,
    "entry.browse": has(Role.BANK, Role.OFFICER, Role.ADMINISTRATOR),
    "index.prepare": has(Role.OFFICER),
    "index.approve": has(Role.OFFICER),
    "job.view": owns_job,
    "job.manage": has(Role.ADMINISTRATOR),
    "organisation.manage": same_organisation,
    "organisation.create": has(Role.ADMINISTRATOR),
    "audit.view": has(Role.ADMINISTRATOR, Role.OFFICER),
}


def can(user: User | None, action: str, subject: Any = None) -> bool:
    """Whether `user` may ever do `action` on `subject`; False for nobody, the inactive and the undeclared."""
    if user is None or not user.is_authenticated or not user.active:
        return False
    predicate = TABLE.get(action)
    return predicate is not None and predicate(user, subject)


def check(user: User | None, action: str, subject: Any = None) -> None:
    """Nothing when allowed; raises Forbidden otherwise."""
    if not can(user, action, subject):
        raise Forbidden(action)
