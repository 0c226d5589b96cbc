"""The states of an application and the only way between them, as one table that tests can enumerate.

Deadlines are working days in the state that is entered (source: registry rules, proposed values; the
table of §9.3 adds up to 40 working days from acceptance to listing).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from registry import audit, permissions
from registry.clock import day_of
from registry.errors import NotNow
from registry.models import Application, AuditEvent, State, User
from scoring.calendar import CalendarMissing, calendar
from scoring.words import Words

Guard = Callable[[Application, date], Words | None]


@dataclass(frozen=True, slots=True)
class StateRule:
    """What a state is called for staff and applicant, who acts in it and how long it may take."""

    staff: Words
    applicant: Words
    holder: Words
    working_days: int | None = None
    clock_stopped: bool = False


@dataclass(frozen=True, slots=True)
class Transition:
    """One way from a set of states to another, and what must hold first."""

    action: str
    sources: frozenset[State]
    target: State
    label: Words
    guard: Guard | None = None


DRAFT_DAYS = 180  # calendar days for which a draft is kept, proposed
_DESK = Words("区生态环境局", "Ecology bureau")
_APPLICANT = Words("申报单位", "Applicant")
_NOBODY = Words("无待办", "Nobody")

STATES: dict[State, StateRule] = {
    State.LEAD: StateRule(Words("推送线索", "Lead"), Words("待您认领", "Waiting for your claim"), _APPLICANT),
    State.DRAFT: StateRule(Words("填报中", "Draft"), Words("尚未提交", "Not submitted yet"), _APPLICANT),
    State.DROPPED: StateRule(Words("线索关闭", "Lead closed"), Words("线索已关闭", "Lead closed"), _NOBODY),
    State.ABANDONED: StateRule(Words("已放弃", "Abandoned"), Words("已放弃", "Abandoned"), _NOBODY),
    State.SUBMITTED: StateRule(
        Words("待受理", "Submitted"), Words("已提交，等待受理", "Submitted"), _DESK, 5
    ),
    State.RETURNED: StateRule(
        Words("退回补正", "Returned"),
        Words("需补正", "Correction needed"),
        _APPLICANT,
        15,
        clock_stopped=True,
    ),
    State.ACCEPTED: StateRule(Words("已受理", "Accepted"), Words("已受理，准备初筛", "Accepted"), _DESK, 2),
    State.SCREENED: StateRule(Words("已初筛", "Screened"), Words("初筛完成", "Screened"), _DESK, 2),
    State.DEPT_REVIEW: StateRule(
        Words("部门会商", "Department review"),
        Words("部门征求意见中", "With the departments"),
        Words("有关部门和乡镇街道", "Departments and townships"),
        5,
    ),
    State.ASSESSMENT: StateRule(
        Words("减排效益评估", "Benefit assessment"),
        Words("北京绿色交易所评估中", "With the Beijing Green Exchange"),
        Words("北京绿色交易所", "Beijing Green Exchange"),
        15,
    ),
    State.EXPERT: StateRule(
        Words("专家评审", "Expert panel"),
        Words("专家评审中", "With the expert panel"),
        Words("评审专家组", "Panel"),
        8,
    ),
    State.PROPOSED: StateRule(
        Words("拟入库", "Proposed"), Words("拟入库，等待公示", "Proposed for listing"), _DESK, 3
    ),
    State.PUBLICITY: StateRule(
        Words("公示中", "Public notice"), Words("公示中", "Public notice"), Words("社会公众", "Public"), 5
    ),
    State.OBJECTION: StateRule(
        Words("异议处理", "Objection"),
        Words("异议处理中", "Objection under review"),
        _DESK,
        15,
        clock_stopped=True,
    ),
    State.REJECTED: StateRule(Words("不予入库", "Rejected"), Words("未通过", "Not listed"), _APPLICANT, 10),
    State.LISTED: StateRule(Words("已入库", "Listed"), Words("已入库", "Listed"), _DESK),
    State.PROMOTED: StateRule(Words("重点推介", "Promoted"), Words("重点推介中", "Promoted to banks"), _DESK),
    State.MATCHED: StateRule(
        Words("对接中", "Matched"),
        Words("已与金融机构对接", "Matched with a bank"),
        Words("金融机构", "Bank"),
        20,
    ),
    State.FINANCED: StateRule(
        Words("已融资", "Financed"), Words("已签约融资", "Financed"), Words("金融机构", "Bank"), 10
    ),
    State.MONITORING: StateRule(
        Words("跟踪监测", "Monitoring"), Words("跟踪监测中", "Monitoring"), _APPLICANT
    ),
    State.SUSPENDED: StateRule(Words("暂停", "Suspended"), Words("已暂停", "Suspended"), _DESK, 20),
    State.EXITED: StateRule(Words("已出库", "Delisted"), Words("已出库", "Delisted"), _APPLICANT, 15),
    State.COMPLETED: StateRule(Words("已完成", "Completed"), Words("已完成", "Completed"), _NOBODY),
    State.ARCHIVED: StateRule(Words("已归档", "Archived"), Words("已归档", "Archived"), _NOBODY),
}


def _no_open_findings(application: Application, today: date) -> Words | None:
    open_ids = open_findings(application)
    if not open_ids:
        return None
    listed = "、".join(open_ids)
    return Words(
        f"还有初筛结论需要处理：{listed}。需人工判断的先记录理由；不通过的退回或不予入库。",
        f"Findings still open: {', '.join(open_ids)}. Record a reason for each review, return or reject.",
    )


def _opinions_complete(application: Application, today: date) -> Words | None:
    if application.due_on is not None and today > application.due_on:
        return None
    given = [o for o in application.opinions if o.submission_number == len(application.submissions)]
    if any(o.outcome == "objection" for o in given):
        return Words(
            "有部门提出反对意见，须退回补正。", "A department objects; return the application for correction."
        )
    if given:
        return None
    return Words(
        "还没有部门意见，且征求意见期限未到。", "No department has answered and the period is not over."
    )


def _assessed(application: Application, today: date) -> Words | None:
    last = application.assessments[-1] if application.assessments else None
    if last is not None and last.conclusion != "not_confirmed":
        return None
    return Words("评估意见尚未确认减排效益。", "The assessment has not confirmed the benefit.")


def _panel_complete(application: Application, today: date) -> Words | None:
    fields = [review.field for review in application.panel_reviews]
    if len(fields) >= 3 and "finance" in fields and "technical" in fields:
        return None
    return Words(
        f"评审意见不足：需要至少 3 份，含金融和技术专家各 1 名，现有 {len(fields)} 份。",
        f"At least 3 panel reviews are needed, one finance and one technical; there are {len(fields)}.",
    )


def _approved(application: Application, today: date) -> Words | None:
    last = application.decisions[-1] if application.decisions else None
    if last is not None and last.outcome == "list" and last.approved_by_id is not None:
        return None
    return Words("须先由另一名审核员复核入库决定。", "A second officer has to approve the decision first.")


def _notice_over(application: Application, today: date) -> Words | None:
    last = application.notices[-1] if application.notices else None
    if last is not None and today > last.closes_on:
        return None
    until = last.closes_on.isoformat() if last else "—"
    return Words(
        f"公示期到 {until} 结束，之后才能入库。", f"The public notice ends on {until}; listing follows."
    )


def _financed(application: Application, today: date) -> Words | None:
    if application.entry is not None and application.entry.financings:
        return None
    return Words("须先登记融资合同。", "A financing contract has to be recorded first.")


def _transition(
    action: str, sources: tuple[State, ...], target: State, zh: str, en: str, guard: Guard | None = None
) -> Transition:
    return Transition(action, frozenset(sources), target, Words(zh, en), guard)


S = State
TRANSITIONS: tuple[Transition, ...] = (
    _transition("claim", (S.LEAD,), S.DRAFT, "认领线索", "Claim the lead"),
    _transition("drop", (S.LEAD,), S.DROPPED, "关闭线索", "Close the lead"),
    _transition("submit", (S.DRAFT, S.RETURNED), S.SUBMITTED, "签章提交", "Sign and submit"),
    _transition("abandon", (S.DRAFT, S.RETURNED), S.ABANDONED, "放弃申报", "Abandon"),
    _transition("accept", (S.SUBMITTED,), S.ACCEPTED, "受理", "Accept"),
    _transition(
        "return",
        (S.SUBMITTED, S.ACCEPTED, S.SCREENED, S.DEPT_REVIEW, S.ASSESSMENT),
        S.RETURNED,
        "退回补正",
        "Return for correction",
    ),
    _transition("screen", (S.ACCEPTED,), S.SCREENED, "确认初筛", "Confirm the screening"),
    _transition(
        "consult", (S.SCREENED,), S.DEPT_REVIEW, "征求部门意见", "Ask the departments", _no_open_findings
    ),
    _transition(
        "close_opinions", (S.DEPT_REVIEW,), S.ASSESSMENT, "转交评估", "Send to assessment", _opinions_complete
    ),
    _transition("assess", (S.ASSESSMENT,), S.EXPERT, "提交评估意见", "Submit the assessment", _assessed),
    _transition("propose", (S.EXPERT,), S.PROPOSED, "拟定入库", "Propose the listing", _panel_complete),
    _transition(
        "reject", (S.SCREENED, S.ASSESSMENT, S.EXPERT, S.OBJECTION), S.REJECTED, "不予入库", "Reject"
    ),
    _transition("publish", (S.PROPOSED,), S.PUBLICITY, "发布公示", "Publish the notice", _approved),
    _transition("object", (S.PUBLICITY,), S.OBJECTION, "登记异议", "Register an objection"),
    _transition("list", (S.PUBLICITY,), S.LISTED, "入库", "List", _notice_over),
    _transition("overrule", (S.OBJECTION,), S.LISTED, "异议不成立，入库", "Overrule and list", _notice_over),
    _transition("promote", (S.LISTED,), S.PROMOTED, "重点推介", "Promote"),
    _transition("demote", (S.PROMOTED,), S.LISTED, "取消推介", "End the promotion"),
    _transition("match", (S.PROMOTED,), S.MATCHED, "同意对接", "Agree to the match"),
    _transition("unmatch", (S.MATCHED,), S.PROMOTED, "结束对接", "End the match"),
    _transition("finance", (S.MATCHED,), S.FINANCED, "登记融资", "Record the financing", _financed),
    _transition("monitor", (S.FINANCED,), S.MONITORING, "转入跟踪监测", "Start monitoring"),
    _transition("complete", (S.MONITORING,), S.COMPLETED, "办结", "Complete"),
    _transition("suspend", (S.LISTED, S.MONITORING), S.SUSPENDED, "暂停", "Suspend"),
    _transition("reinstate", (S.SUSPENDED,), S.LISTED, "恢复入库", "Reinstate"),
    _transition("exit", (S.LISTED, S.MONITORING, S.SUSPENDED), S.EXITED, "出库", "Delist"),
    _transition("relist", (S.EXITED,), S.LISTED, "申诉成立，恢复入库", "Appeal upheld, list again"),
    _transition("archive", (S.EXITED, S.REJECTED), S.ARCHIVED, "归档", "Archive"),
    _transition("rereview", (S.REJECTED,), S.EXPERT, "启动复核", "Start the re-review"),
)
_BY_ACTION = {transition.action: transition for transition in TRANSITIONS}


def open_findings(application: Application) -> list[str]:
    """The gates of the latest screening that still stand against the application."""
    screening = application.screening
    if screening is None:
        return []
    resolved = {r.criterion_id: r.outcome for r in screening.resolutions}
    return [
        gate
        for gate, verdict in screening.outcome["findings"].items()
        if verdict in ("fail", "review", "insufficient") and resolved.get(gate) != "pass"
    ]


def transition(action: str) -> Transition:
    return _BY_ACTION[action]


def actions(application: Application, user: User | None) -> list[Transition]:
    """What this user may do with the application now, guards aside: a page shows these buttons."""
    return [
        t
        for t in TRANSITIONS
        if application.state in t.sources and permissions.can(user, f"application.{t.action}", application)
    ]


def obstacle(application: Application, action: str, today: date) -> Words | None:
    """What has to come first, in words; None when the way is free."""
    found = _BY_ACTION[action]
    if application.state not in found.sources:
        state = STATES[State(application.state)].staff
        return Words(
            f"当前状态为“{state.zh}”，不能“{found.label.zh}”。",
            f"In state “{state.en}” one cannot “{found.label.en}”.",
        )
    return found.guard(application, today) if found.guard else None


def deadline(state: State, today: date) -> date | None:
    """The last day for the holder of this state; None without a deadline or without a holiday table."""
    if state is State.DRAFT:
        return today + timedelta(days=DRAFT_DAYS)
    days = STATES[state].working_days
    if days is None:
        return None
    try:
        return calendar().add(today, days)
    except CalendarMissing:
        return None


def advance(
    session: Session,
    application: Application,
    action: str,
    *,
    actor: User | None,
    now: datetime,
    reason_code: str | None = None,
    detail: dict[str, Any] | None = None,
) -> AuditEvent:
    """Move the application and write the event; raises Forbidden or NotNow and then changes nothing.

    `actor` is None only for what the system does by itself (a deadline that ran out).
    """
    if actor is not None:
        permissions.check(actor, f"application.{action}", application)
    today = day_of(now)
    words = obstacle(application, action, today)
    if words is not None:
        raise NotNow(action, words)
    came_from, target, was_due = application.state, _BY_ACTION[action].target, application.due_on
    if target is State.SUBMITTED:
        application.submitted_at = now
    application.state = target
    application.state_since = now
    application.due_on = deadline(target, today)
    return audit.record(
        session,
        f"application.{action}",
        subject_kind="application",
        subject_id=application.id,
        actor=actor,
        now=now,
        from_state=came_from,
        to_state=target,
        reason_code=reason_code,
        detail={**(detail or {}), **({"due_on": was_due.isoformat()} if was_due else {})},
    )


def diagram() -> str:
    """The state table as a Mermaid diagram, for the documentation."""
    lines = ["stateDiagram-v2"]
    lines += [f"    {state.value} : {rule.staff.zh} {rule.staff.en}" for state, rule in STATES.items()]
    for t in TRANSITIONS:
        lines += [f"    {source.value} --> {t.target.value} : {t.action}" for source in sorted(t.sources)]
    return "\n".join(lines) + "\n"
