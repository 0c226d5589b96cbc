"""Screening an application: advisory while it is filled in, formal and frozen once it is submitted."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from registry import audit, permissions
from registry.clock import day_of
from registry.errors import NotNow, Refused
from registry.models import Application, Resolution, Screening, State, User
from registry.services import benefits, facts
from scoring import criteria
from scoring.errors import UnknownEdition
from scoring.facts import Facts, dictionary
from scoring.words import Words

RULE_SET = "tongzhou-entry"


def rule_facts(session: Session, application: Application, *, on: date) -> Facts:
    """Everything the rules may read: stated facts, registry facts and the benefit."""
    stated = facts.stated(application)
    benefit, _faults = benefits.try_estimate(stated, application.inputs, on=on)
    return {
        **stated,
        **facts.registry_facts(session, application, stated),
        **benefits.rule_facts(benefit),
    }


def precheck(session: Session, application: Application, *, today: date) -> criteria.Outcome:
    """The outcome as it would be today; binds nobody and is not stored."""
    edition = criteria.in_force(today, rule_set=RULE_SET)
    return criteria.evaluate(rule_facts(session, application, on=today), edition, on=today)


def screen(session: Session, application: Application, *, actor: User | None, now: datetime) -> Screening:
    """A formal screening with the edition in force on the day of submission, beside any earlier one."""
    on = facts.as_of(application, day_of(now))
    edition = criteria.in_force(on, rule_set=RULE_SET)
    seen = rule_facts(session, application, on=on)
    outcome = criteria.evaluate(seen, edition, on=on)
    screening = Screening(
        application=application,
        rule_set=RULE_SET,
        edition=edition.version,
        edition_hash=edition.content_hash,
        screened_on=on,
        facts=dictionary().write(seen),
        outcome=outcome.to_json(),
        verdict=outcome.verdict.value,
        score=None if outcome.score is None else float(outcome.score),
        grade=outcome.grade,
        created_at=now,
    )
    session.add(screening)
    session.flush()
    audit.record(
        session,
        "application.screened",
        subject_kind="application",
        subject_id=application.id,
        actor=actor,
        now=now,
        detail={
            "screening": screening.id,
            "edition": f"{RULE_SET} {edition.version}",
            "edition_hash": edition.content_hash,
            "verdict": screening.verdict,
        },
    )
    return screening


def outcome_of(screening: Screening) -> criteria.Outcome:
    """The screening computed again from what it saw, to explain it."""
    seen, faults = dictionary().read(screening.facts)
    assert not faults, "frozen facts were valid when they were frozen"
    edition = criteria.find_by_hash(screening.edition_hash)
    if edition is None:
        raise UnknownEdition(f"{screening.rule_set} {screening.edition} ({screening.edition_hash[:12]})")
    return criteria.evaluate(seen, edition, on=screening.screened_on)


def resolve(
    session: Session,
    screening: Screening,
    criterion_id: str,
    *,
    outcome: str,
    reason: str,
    actor: User,
    now: datetime,
) -> Resolution:
    """An officer's reasoned word on one open finding, written once; raises NotNow or Refused."""
    application = screening.application
    permissions.check(actor, "application.resolve", application)
    if application.state not in (State.SUBMITTED, State.ACCEPTED, State.SCREENED):
        raise NotNow("resolve", Words("初筛阶段已结束，结论不能再改。", "The screening stage is over."))
    verdict = screening.outcome["findings"].get(criterion_id)
    if verdict is None or screening is not application.screening:
        raise NotNow(
            "resolve", Words("该结论不在最新一次初筛中。", "That finding is not in the latest screening.")
        )
    if any(r.criterion_id == criterion_id for r in screening.resolutions):
        raise NotNow("resolve", Words("该结论已由审核员处理。", "That finding has been resolved already."))
    if len(reason.strip()) < 5:
        raise Refused(Words("请写明理由，至少 5 个字。", "Give a reason of at least five characters."))
    resolution = Resolution(
        screening=screening,
        criterion_id=criterion_id,
        machine_verdict=verdict,
        outcome=outcome,
        reason=reason.strip(),
        author=actor,
        created_at=now,
    )
    session.add(resolution)
    audit.record(
        session,
        "application.resolve",
        subject_kind="application",
        subject_id=application.id,
        actor=actor,
        now=now,
        detail={"criterion": criterion_id, "machine": verdict, "outcome": outcome},
    )
    return resolution
