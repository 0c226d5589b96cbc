"""Admitting a project: number, grade and tier, frozen content, check code, and its matches."""

import secrets
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry import workflow
from registry.clock import day_of
from registry.errors import NotFound, NotNow
from registry.models import Application, ProductMatch, RegistryEntry
from registry.services import facts
from scoring import matching
from scoring.errors import UnknownEdition
from scoring.facts import Value, dictionary
from scoring.words import Words

CHECK_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
GRADES = {
    "dark": Words("深绿", "Dark green"),
    "medium": Words("中绿", "Medium green"),
    "light": Words("浅绿", "Light green"),
}
TIERS = {
    "implementation": Words("实施库", "Implementation"),
    "reserve": Words("储备库", "Reserve"),
    "incubation": Words("孵化库", "Incubation"),
}
TIER_OF_GRADE = {"dark": "implementation", "medium": "reserve", "light": "incubation"}


def admit(session: Session, application: Application, *, actor: Any, now: datetime) -> RegistryEntry:
    """The registry entry of an application whose notice is over; raises NotNow when it has no grade."""
    screening = application.screening
    if screening is None or screening.grade is None or screening.score is None:
        raise NotNow(
            "list",
            Words("评分不足 50 分或未能定级，不能入库。", "There is no grade, so it cannot be listed."),
        )
    action = "overrule" if application.state == "objection" else "list"
    workflow.advance(session, application, action, actor=actor, now=now)
    entry = _entry(application, listed_on=day_of(now))
    session.add(entry)
    session.flush()
    entry.number = f"TZQH-{entry.listed_on.year}-{entry.id:05d}"
    entry.content = _content(entry, application)
    entry.content_hash = facts.canonical_hash(entry.content)
    session.flush()
    match(session, entry, on=entry.listed_on)
    return entry


def _entry(application: Application, *, listed_on: date) -> RegistryEntry:
    stated, screening, benefit = facts.stated(application), application.screening, application.benefit
    assert screening is not None, "admit has checked it"
    assert screening.grade is not None, "admit has checked it"
    assert screening.score is not None, "admit has checked it"
    grade = screening.grade

    def amount(key: str) -> Decimal:
        value = stated.get(key)
        return value if isinstance(value, Decimal) else Decimal(0)

    people = stated.get("people_protected")
    return RegistryEntry(
        number=secrets.token_hex(10),
        application=application,
        organisation=application.organisation,
        project_name=application.project_name,
        enterprise_name=str(stated["enterprise_name"]),
        ownership=_text(stated, "ownership"),
        objective=str(stated["climate_objective"]),
        category=str(stated["category"]),
        township=application.township,
        stage=_text(stated, "stage"),
        grade=grade,
        tier=TIER_OF_GRADE[grade],
        score=screening.score,
        total_investment=amount("total_investment"),
        financing_need=amount("financing_need"),
        benefit_annual=benefit.annual if benefit else None,
        benefit_p10=benefit.p10 if benefit else None,
        benefit_p90=benefit.p90 if benefit else None,
        benefit_lifetime=benefit.lifetime if benefit else None,
        people_protected=float(people) if isinstance(people, Decimal) else None,
        consent_bank=stated.get("consent_bank") is True,
        listed_on=listed_on,
        content={},
        content_hash="",
        check_code="".join(secrets.choice(CHECK_ALPHABET) for _ in range(12)),
        demo=application.demo,
    )


def _text(stated: dict[str, Value], key: str) -> str | None:
    value = stated.get(key)
    return str(value) if value is not None else None


def _content(entry: RegistryEntry, application: Application) -> dict[str, Any]:
    """What the certificate says, frozen: the public facts, the editions and the figures with their hashes."""
    screening, benefit = application.screening, application.benefit
    assert screening is not None, "an entry has been screened"
    public = {
        key: application.facts[key]
        for key, spec in dictionary().items()
        if spec.public and key in application.facts
    }
    return {
        "number": entry.number,
        "application": application.number,
        "facts": public,
        "submission": application.submissions[-1].content_hash,
        "grade": entry.grade,
        "tier": entry.tier,
        "score": entry.score,
        "listed_on": entry.listed_on.isoformat(),
        "criteria": {
            "rule_set": screening.rule_set,
            "edition": screening.edition,
            "hash": screening.edition_hash,
        },
        "benefit": None if benefit is None else {"hash": benefit.content_hash, **benefit.result},
    }


def profile(entry: RegistryEntry, *, on: date) -> matching.Profile:
    """The entry as products see it."""
    known: dict[str, Value] = {"registry_approved": True, "grade": entry.grade}
    if entry.benefit_annual is not None:
        known["benefit_central"] = Decimal(str(round(entry.benefit_annual, 3)))
    return matching.profile(facts.stated(entry.application), registry=known, on=on)


def matches(entry: RegistryEntry, *, on: date) -> tuple[matching.Match, ...]:
    """Every product of the day against the entry, best first; none before the first catalogue."""
    try:
        offered = matching.products(on)
    except UnknownEdition:
        return ()
    return matching.match(profile(entry, on=on), offered, on=on)


def match(session: Session, entry: RegistryEntry, *, on: date) -> list[ProductMatch]:
    """Match the entry and keep the results for lists, in place of earlier ones."""
    found = matches(entry, on=on)
    entry.matches.clear()
    session.flush()
    entry.matches = [
        ProductMatch(
            product_id=one.product.id,
            product_kind=one.product.kind.id,
            rank=rank,
            status=one.status,
            suitability=None if one.suitability.value is None else float(one.suitability.value),
            findings={
                "rules": {rule.id: rule.outcome for rule in one.rules},
                "missing": [field.key for field in one.missing],
            },
            matched_on=on,
        )
        for rank, one in enumerate(found, start=1)
    ]
    session.flush()
    return entry.matches


def find_by_number(session: Session, number: str) -> RegistryEntry:
    """The entry with this number; raises NotFound."""
    found = session.scalar(select(RegistryEntry).where(RegistryEntry.number == number.strip().upper()))
    if found is None:
        raise NotFound
    return found


def find_by_check_code(session: Session, code: str) -> RegistryEntry | None:
    """The entry whose certificate carries this check code."""
    plain = code.strip().upper().replace("-", "").replace(" ", "")
    return session.scalar(select(RegistryEntry).where(RegistryEntry.check_code == plain))


def content_is_intact(entry: RegistryEntry) -> bool:
    """Whether the frozen content still has the hash printed on the certificate."""
    return facts.canonical_hash(entry.content) == entry.content_hash
