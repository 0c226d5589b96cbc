"""What an application states, together with what only the registry can know."""

import hashlib
import json
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.clock import day_of
from registry.models import UNSUBMITTED, Application, State
from scoring import duplicates
from scoring.facts import Facts, Value, dictionary

_GONE = (*UNSUBMITTED, State.REJECTED, State.EXITED, State.ARCHIVED, State.COMPLETED)


def stated(application: Application) -> dict[str, Value]:
    """The typed facts of the application."""
    found, faults = dictionary().read(application.facts)
    assert not faults, f"stored facts were read before they were stored: {faults}"
    return found


def canonical_hash(content: Any) -> str:
    """SHA-256 of the canonical JSON of anything that was written exactly."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def registry_facts(session: Session, application: Application, facts: Facts) -> dict[str, Value]:
    """Facts the applicant cannot state: whether the project is in the registry already."""
    known: dict[str, Value] = {"duplicate_code": False, "duplicate_score": Decimal(0)}
    code = facts.get("national_code")
    if code is not None:
        known["duplicate_code"] = (
            session.scalar(
                select(Application.id).where(
                    Application.national_code == code,
                    Application.id != application.id,
                    Application.state.not_in(_GONE),
                )
            )
            is not None
        )
    closest = find_closest(session, application, facts)
    if closest is not None:
        known["duplicate_score"] = Decimal(f"{closest.score:.4f}")
    return known


def find_closest(session: Session, application: Application, facts: Facts) -> duplicates.Likeness | None:
    """The other filing in the registry or on its way that is most like this one."""
    rows = session.execute(
        select(Application.id, Application.project_name, Application.facts).where(
            Application.id != application.id, Application.state.not_in(_GONE)
        )
    )
    others = (_filing(row.id, row.project_name, row.facts) for row in rows)
    mine = _filing(application.id, str(facts.get("project_name", "")), dictionary().write(facts))
    return duplicates.most_alike(mine, others)


def _filing(filing_id: int, name: str, facts: dict[str, Any]) -> duplicates.Filing:
    def number(key: str) -> Decimal | None:
        return Decimal(facts[key]) if key in facts else None

    return duplicates.Filing(
        id=filing_id,
        name=name,
        uscc=str(facts.get("uscc", "")),
        longitude=number("longitude"),
        latitude=number("latitude"),
        investment=number("total_investment"),
    )


def as_of(application: Application, today: date) -> date:
    """The day that decides which edition applies: that of the submission, else today."""
    return day_of(application.submitted_at) if application.submitted_at else today
