"""Plain functions that make what a test is about; what matters to the test stands in the test."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from registry.models import Application, Organisation, Role, State, User
from registry.services import accounts
from scoring import identifiers
from tests.registry.browsing import PASSWORD
from tests.registry.clocks import NOW

_numbers = count(1)


def make_uscc() -> str:
    """A code that nobody has yet, with the right check character."""
    return identifiers.uscc_with_check(f"91110112MA{next(_numbers):07d}")


def make_organisation(session: Session, role: Role = Role.ENTERPRISE, **fields: Any) -> Organisation:
    given: dict[str, Any] = {"name": f"北京示例{role.value}单位", "uscc": make_uscc(), **fields}
    return accounts.create_organisation(session, role=role, actor=None, now=NOW, **given)


def make_user(
    session: Session, role: Role = Role.ENTERPRISE, *, organisation: Organisation | None = None, **fields: Any
) -> User:
    """A person of that role; the responsible one of the organisation unless said otherwise."""
    body = organisation or make_organisation(session, role)
    given: dict[str, Any] = {
        "email": f"{role.value}{next(_numbers)}@example.com",
        "name": f"{role.value}",
        "password": PASSWORD,
        "can_sign": True,
        **fields,
    }
    return accounts.create_user(session, body, now=NOW, **given)


def make_application(session: Session, owner: User, state: State = State.DRAFT, **fields: Any) -> Application:
    """An application put straight into a state, for what looks at states alone."""
    number = next(_numbers)
    given: dict[str, Any] = {
        "number": f"SQT{number:06d}",
        "project_name": f"示例项目 {number}",
        "facts": {"project_name": f"示例项目 {number}", "uscc": owner.organisation.uscc},
        **fields,
    }
    made = Application(
        organisation=owner.organisation,
        created_by=owner,
        state=state,
        state_since=NOW,
        created_at=NOW,
        saved_at=NOW,
        submitted_at=None if state in (State.LEAD, State.DRAFT, State.DROPPED, State.ABANDONED) else NOW,
        **given,
    )
    session.add(made)
    session.flush()
    return made
