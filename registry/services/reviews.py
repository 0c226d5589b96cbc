"""What people say of an application on its way: opinions, assessment, panel, decision, notice."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry import audit, permissions, workflow
from registry.clock import day_of
from registry.errors import NotNow, Refused
from registry.models import (
    Application,
    Assessment,
    AuditEvent,
    Decision,
    Opinion,
    PanelReview,
    PublicNotice,
    State,
    User,
)
from scoring.calendar import calendar
from scoring.words import Words

NOTICE_WORKING_DAYS = 5  # practice of the Shenzhen ecology bureau, taken as default
REASONS: dict[str, Words] = {
    "complete": Words("材料齐全，符合要求", "Complete and in order"),
    "incomplete": Words("材料不齐", "Papers are missing"),
    "wrong": Words("内容有误或前后不一致", "Entries are wrong or inconsistent"),
    "gate_failed": Words("不符合入库门槛", "An entry gate is not met"),
    "benefit_unproven": Words("气候效益不能确认", "The climate benefit is not confirmed"),
    "panel_negative": Words("专家评审不同意", "The panel advises against it"),
    "objection_upheld": Words("公示异议成立", "An objection was upheld"),
    "applicant_wish": Words("申报单位要求", "At the applicant's wish"),
    "other": Words("其他（见说明）", "Other (see the note)"),
}


def _require(state: State, application: Application, action: str) -> None:
    if application.state != state:
        now, wanted = workflow.STATES[State(application.state)].staff, workflow.STATES[state].staff
        raise NotNow(
            action,
            Words(
                f"当前状态为“{now.zh}”，此事项只在“{wanted.zh}”阶段办理。",
                f"The application is in “{now.en}”; this is done in “{wanted.en}”.",
            ),
        )


def move(
    session: Session,
    application: Application,
    action: str,
    *,
    reason_code: str,
    note: str,
    actor: User,
    now: datetime,
) -> None:
    """A step of the desk that needs nothing but a coded reason; raises Refused without one."""
    if reason_code not in REASONS:
        raise Refused(Words("请选择理由。", "Choose a reason."))
    if reason_code == "other" and len(note.strip()) < 5:
        raise Refused(
            Words(
                "选择“其他”时请写明说明，至少 5 个字。",
                "With “other”, write at least five characters.",
            )
        )
    workflow.advance(
        session,
        application,
        action,
        actor=actor,
        now=now,
        reason_code=reason_code,
        detail={"note": note.strip()},
    )


def give_opinion(
    session: Session, application: Application, *, outcome: str, comment: str, actor: User, now: datetime
) -> Opinion:
    """The opinion of the actor's department, once for each submission."""
    permissions.check(actor, "application.give_opinion", application)
    _require(State.DEPT_REVIEW, application, "give_opinion")
    number = len(application.submissions)
    if any(
        o.organisation_id == actor.organisation_id and o.submission_number == number
        for o in application.opinions
    ):
        raise NotNow("give_opinion", Words("贵单位已反馈意见。", "Your department has answered already."))
    if outcome == "objection" and len(comment.strip()) < 5:
        raise Refused(
            Words(
                "反对意见须说明理由，至少 5 个字。",
                "An objection needs a reason of at least five characters.",
            )
        )
    opinion = Opinion(
        application=application,
        organisation=actor.organisation,
        submission_number=number,
        outcome=outcome,
        comment=comment.strip(),
        author=actor,
        created_at=now,
    )
    session.add(opinion)
    _note(session, application, "application.opinion", actor, now, {"outcome": outcome})
    return opinion


def assess(
    session: Session,
    application: Application,
    *,
    conclusion: str,
    comment: str,
    seen_hash: str,
    actor: User,
    now: datetime,
) -> Assessment:
    """The Green Exchange's judgment, bound to what was seen; a confirmed benefit moves the application on."""
    permissions.check(actor, "application.assess", application)
    _require(State.ASSESSMENT, application, "assess")
    expected = evidence_hash(application)
    if seen_hash != expected:
        raise NotNow(
            "assess",
            Words("测算结果已更新，请重新核对后提交。", "The estimate has changed; look at it again."),
        )
    if len(comment.strip()) < 5:
        raise Refused(Words("请写明评估意见，至少 5 个字。", "Write an opinion of at least five characters."))
    objective = application.facts.get("climate_objective")
    if conclusion == "confirmed" and application.benefit is None and objective != "adaptation":
        raise Refused(Words("没有可确认的减排效益测算。", "There is no estimate to confirm."))
    assessment = Assessment(
        application=application,
        benefit_id=application.benefit.id if application.benefit else None,
        seen_hash=expected,
        conclusion=conclusion,
        comment=comment.strip(),
        author=actor,
        created_at=now,
    )
    session.add(assessment)
    session.flush()
    if conclusion == "not_confirmed":
        _note(session, application, "application.assessment", actor, now, {"conclusion": conclusion})
    else:
        workflow.advance(
            session,
            application,
            "assess",
            actor=actor,
            now=now,
            detail={"assessment": assessment.id, "conclusion": conclusion, "seen": expected},
        )
    return assessment


def evidence_hash(application: Application) -> str:
    """The hash of what an assessment judges: the frozen benefit, or else the submission."""
    if application.benefit is not None:
        return application.benefit.content_hash
    return application.submissions[-1].content_hash


def panel_review(
    session: Session,
    application: Application,
    *,
    recommendation: str,
    comment: str,
    no_conflict: bool,
    actor: User,
    now: datetime,
) -> PanelReview:
    """One member's recommendation; a conflict of interest is declared and then blocks."""
    permissions.check(actor, "application.panel_review", application)
    _require(State.EXPERT, application, "panel_review")
    if not no_conflict:
        raise Refused(
            Words("存在利益关联时须回避，不能评审。", "With a conflict of interest you must stand aside.")
        )
    if any(review.author_id == actor.id for review in application.panel_reviews):
        raise NotNow("panel_review", Words("您已提交评审意见。", "You have submitted your review already."))
    if len(comment.strip()) < 5:
        raise Refused(Words("请写明评审理由，至少 5 个字。", "Give a reason of at least five characters."))
    review = PanelReview(
        application=application,
        author=actor,
        field=actor.panel_field or "technical",
        no_conflict=True,
        recommendation=recommendation,
        comment=comment.strip(),
        created_at=now,
    )
    session.add(review)
    session.flush()
    _note(session, application, "application.panel_review", actor, now, {"recommendation": recommendation})
    return review


def propose(
    session: Session,
    application: Application,
    *,
    outcome: str,
    reason_code: str,
    note: str,
    actor: User,
    now: datetime,
) -> Decision:
    """The decision one officer proposes; a rejection takes effect at once, a listing after approval."""
    permissions.check(actor, "application.propose", application)
    _require(State.EXPERT, application, "propose")
    if reason_code not in REASONS:
        raise Refused(Words("请选择理由。", "Choose a reason."))
    decision = Decision(
        application=application,
        outcome=outcome,
        reason_code=reason_code,
        note=note.strip(),
        proposed_by=actor,
        proposed_at=now,
    )
    session.add(decision)
    workflow.advance(
        session,
        application,
        "propose" if outcome == "list" else "reject",
        actor=actor,
        now=now,
        reason_code=reason_code,
        detail={"note": note.strip()},
    )
    return decision


def approve(session: Session, application: Application, *, actor: User, now: datetime) -> Decision:
    """The second pair of eyes; raises Refused when they are the first pair."""
    permissions.check(actor, "application.propose", application)
    _require(State.PROPOSED, application, "approve")
    decision = application.decisions[-1]
    if decision.approved_by is not None:
        raise NotNow(
            "approve", Words("该决定已由他人复核。", "Another officer has approved this decision already.")
        )
    if decision.proposed_by_id == actor.id:
        raise Refused(
            Words(
                "拟定人不能复核自己的决定，请由另一名审核员办理。",
                "The proposer cannot approve; a second officer has to.",
            )
        )
    decision.approved_by = actor
    decision.approved_at = now
    _note(session, application, "application.approve", actor, now, {"decision": decision.id})
    return decision


def publish_notice(session: Session, application: Application, *, actor: User, now: datetime) -> PublicNotice:
    """The public notice, five working days from tomorrow; raises CalendarMissing without a holiday table."""
    workflow.advance(session, application, "publish", actor=actor, now=now)
    today = day_of(now)
    notice = PublicNotice(
        number=f"GS{application.number[2:]}-{len(application.notices) + 1}",
        opens_on=today,
        closes_on=calendar().add(today, NOTICE_WORKING_DAYS),
        created_at=now,
    )
    application.notices.append(notice)
    session.flush()
    return notice


def _note(
    session: Session,
    application: Application,
    action: str,
    actor: User,
    now: datetime,
    detail: dict[str, object],
) -> None:
    audit.record(
        session,
        action,
        subject_kind="application",
        subject_id=application.id,
        actor=actor,
        now=now,
        detail=detail,
    )


def timeline(session: Session, application: Application) -> list[AuditEvent]:
    """Everything recorded of an application, oldest first."""
    return list(
        session.scalars(
            select(AuditEvent)
            .where(AuditEvent.subject_kind == "application", AuditEvent.subject_id == application.id)
            .order_by(AuditEvent.id)
        )
    )
