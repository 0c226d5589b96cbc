"""Applications: begun, filled in section by section, checked and submitted."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from registry import permissions, workflow
from registry.clock import day_of
from registry.errors import Conflict, Refused
from registry.models import Application, Organisation, State, Submission, User
from registry.services import benefits, facts, screenings
from scoring import carbon, criteria
from scoring.errors import InvalidFacts
from scoring.facts import FactSpec, Value, dictionary
from scoring.words import Words

BENEFIT_SECTION = "benefit"


class Incomplete(Refused):
    """The application cannot be submitted yet; `missing` names the fields, `unread` those with a fault."""

    def __init__(self, missing: list[FactSpec], unread: list[str]) -> None:
        zh, en = "还不能提交：", "Not ready to submit: "
        if missing:
            zh += "缺少" + "、".join(spec.label.zh for spec in missing) + "。"
            en += "missing " + ", ".join(spec.label.en for spec in missing) + ". "
        if unread:
            zh += f"有 {len(unread)} 处填写格式问题，请逐节改正。"
            en += f"{len(unread)} entries have faults; mend them section by section."
        super().__init__(Words(zh, en))
        self.missing = missing
        self.unread = unread


def create(session: Session, *, actor: User, now: datetime, channel: str = "self_filed") -> Application:
    """A new draft of the actor's organisation, its known particulars filled in."""
    permissions.check(actor, "application.create")
    organisation = actor.organisation
    application = Application(
        number=secrets.token_hex(10),
        organisation=organisation,
        created_by=actor,
        channel=channel,
        state=State.DRAFT,
        state_since=now,
        due_on=workflow.deadline(State.DRAFT, day_of(now)),
        facts={"enterprise_name": organisation.name, "uscc": organisation.uscc, "contact_name": actor.name},
        created_at=now,
        saved_at=now,
        demo=organisation.demo,
    )
    session.add(application)
    session.flush()
    application.number = f"SQ{now.year}{application.id:06d}"
    return application


def push(
    session: Session, organisation: Organisation, *, project_name: str, actor: User, now: datetime
) -> Application:
    """A lead that a department or township recommends to an enterprise; the enterprise claims it or not."""
    permissions.check(actor, "application.push")
    application = Application(
        number=secrets.token_hex(10),
        organisation=organisation,
        created_by=actor,
        channel="township_pushed" if actor.organisation.township else "department_pushed",
        state=State.LEAD,
        state_since=now,
        project_name=project_name,
        facts={
            "enterprise_name": organisation.name,
            "uscc": organisation.uscc,
            "project_name": project_name,
        },
        created_at=now,
        saved_at=now,
        demo=organisation.demo,
    )
    session.add(application)
    session.flush()
    application.number = f"SQ{now.year}{application.id:06d}"
    return application


def questions(application: Application, section: str) -> list[FactSpec]:
    """The fields of a section that apply as things stand; an undecided condition asks the question."""
    known = facts.stated(application)
    return [
        spec
        for spec in dictionary().in_section(section)
        if spec.entered_by == "applicant"
        and (spec.when is None or criteria.holds(spec.when, known) is not False)
    ]


def method_inputs(application: Application) -> tuple[FactSpec, ...]:
    """The parameters of the chosen methodology."""
    method = benefits.method_of(facts.stated(application))
    return method.inputs if method is not None else ()


def save(
    application: Application,
    section: str,
    typed: Mapping[str, Any],
    *,
    typed_inputs: Mapping[str, Any] | None = None,
    seen_version: int,
    actor: User,
    now: datetime,
) -> dict[str, Words]:
    """Keep what was typed in a section, valid or not; the faults of it by field.

    Raises Conflict when someone saved since `seen_version` was shown, and Forbidden.
    """
    permissions.check(actor, "application.edit", application)
    if application.version != seen_version:
        raise Conflict
    keys = {spec.key for spec in dictionary().in_section(section) if spec.entered_by == "applicant"}
    asked = {key: value for key, value in typed.items() if key in keys}
    found, faults = dictionary().read(asked)
    kept = {key: value for key, value in application.facts.items() if key not in asked}
    application.facts = {**kept, **dictionary().write(found)}
    unread = {key: value for key, value in application.unread.items() if key not in asked}
    application.unread = {**unread, **{key: asked[key] for key in faults}}
    if typed_inputs is not None:
        faults |= _save_inputs(application, typed_inputs)
    _follow(application, found)
    application.saved_at = now
    return faults


def _save_inputs(application: Application, typed: Mapping[str, Any]) -> dict[str, Words]:
    """Keep the parameters of the methodology as exact text; faults are keyed `input-KEY`."""
    kept, unread, faults = {}, {}, {}
    for spec in method_inputs(application):
        raw = typed.get(spec.key)
        try:
            value = spec.read(raw)
        except InvalidFacts as error:
            faults[f"input-{spec.key}"] = error.messages[spec.key]
            unread[f"input-{spec.key}"] = raw
        else:
            if value is not None:
                kept[spec.key] = spec.write(value)
    application.inputs = kept
    others = {key: value for key, value in application.unread.items() if not key.startswith("input-")}
    application.unread = {**others, **unread}
    return faults


def _follow(application: Application, found: Mapping[str, Value]) -> None:
    """Columns that lists and duplicate checks read follow the facts."""
    application.project_name = str(application.facts.get("project_name", ""))
    application.national_code = application.facts.get("national_code")
    application.township = application.facts.get("township")


def mark_section(application: Application, section: str, done: bool) -> None:
    """The applicant's word on whether a section is filled in."""
    others = [name for name in application.sections_done if name != section]
    application.sections_done = [*others, section] if done else others


def missing(application: Application) -> list[FactSpec]:
    """The needed facts that are not stated and do apply."""
    known = facts.stated(application)
    return [
        spec
        for spec in dictionary().values()
        if spec.needed
        and spec.entered_by == "applicant"
        and spec.key not in known
        and (spec.when is None or criteria.holds(spec.when, known) is not False)
    ]


def submit(session: Session, application: Application, *, actor: User, now: datetime) -> Submission:
    """Freeze, screen and hand over the application; raises Incomplete, Forbidden or NotNow."""
    permissions.check(actor, "application.submit", application)
    lacking = missing(application)
    if lacking or application.unread:
        raise Incomplete(lacking, sorted(application.unread))
    content = {"facts": application.facts, "inputs": application.inputs}
    submission = Submission(
        number=len(application.submissions) + 1,
        facts=application.facts,
        inputs=application.inputs,
        content_hash=facts.canonical_hash(content),
        submitted_at=now,
        submitted_by=actor,
    )
    application.submissions.append(submission)
    workflow.advance(
        session,
        application,
        "submit",
        actor=actor,
        now=now,
        detail={"submission": submission.number, "content_hash": submission.content_hash},
    )
    benefit, _faults = benefits.try_estimate(facts.stated(application), application.inputs, on=day_of(now))
    if isinstance(benefit, carbon.Benefit):
        benefits.freeze(session, application, benefit, now=now)
    screenings.screen(session, application, actor=None, now=now)
    return submission
