"""Small pictures and sentences that several pages draw: gate strips, intervals, deadlines, events."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from flask import Flask
from markupsafe import Markup

from registry import charts, workflow
from registry.language import current
from registry.models import Application, AuditEvent, State
from registry.services.reviews import REASONS
from scoring import criteria
from scoring.calendar import CalendarMissing, calendar
from scoring.index import FLAGS
from scoring.words import Words

SOON_DAYS = 2
_EVENTS = {
    "application.screened": Words("自动初筛", "Screened automatically"),
    "application.resolve": Words("人工认定一条结论", "A finding was resolved"),
    "application.opinion": Words("部门反馈意见", "A department answered"),
    "application.assessment": Words("评估意见：不能确认", "Assessment: not confirmed"),
    "application.panel_review": Words("专家提交评审意见", "A panel member reviewed"),
    "application.approve": Words("决定已复核", "The decision was approved"),
}


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(
        gate_strip=gate_strip,
        gate_strip_stored=gate_strip_stored,
        interval_of=interval_of,
        due=due,
        event_reasons=REASONS,
        notice_squares=notice_squares,
        index_flags=index_flags,
        basis_lines=basis_lines,
    )
    app.jinja_env.filters["event_words"] = event_words


def gate_strip(outcome: criteria.Outcome) -> Markup:
    """The gates of an outcome, in their order."""
    return charts.gate_strip(((f.id, f.verdict.value) for f in outcome.findings), language=current())


def gate_strip_stored(findings: dict[str, str], large: bool = False) -> Markup:
    """The gates as a screening stored them; in lists what passes fades."""
    return charts.gate_strip(findings.items(), quiet=not large, size=19 if large else 12, language=current())


def interval_of(p10: float, p50: float, p90: float, claimed: str | None = None) -> Markup:
    """The interval of an estimate, with the claimed figure when there is one."""
    return charts.interval(p10, p50, p90, claimed=Decimal(claimed) if claimed else None, language=current())


def due(application: Application, today: date) -> Markup:
    """How many working days are left, in words first, with the squares of the deadline."""
    rule = workflow.STATES[State(application.state)]
    if application.due_on is None or rule.working_days is None:
        return Markup("—")
    try:
        left = calendar().between(today, application.due_on)
    except CalendarMissing:
        return Markup("{}").format(application.due_on.isoformat())
    used = max(0, rule.working_days - left)
    state = "over" if left < 0 else "soon" if left <= SOON_DAYS else "ok"
    if rule.clock_stopped:
        state = "stopped"
    if left < 0:
        words = Words(f"逾期 {-left} 个工作日", f"{-left} working days overdue")
    else:
        words = Words(f"剩 {left} 个工作日", f"{left} working days left")
    squares = charts.day_squares(used, rule.working_days, state, language=current())
    return Markup('<span class="sla sla-{}"><span>{}</span>{}</span>').format(
        state, words.in_language(current()), squares
    )


def notice_squares(used: int, total: int) -> Markup:
    """The working days of a public notice."""
    return charts.day_squares(used, total, "ok", language=current())


def index_flags(flags: str | tuple[str, ...]) -> str:
    """What happened to a value of the index, in words; nothing when nothing did."""
    names = flags.split(";") if isinstance(flags, str) else flags
    joint = "；" if current() == "zh" else "; "
    return joint.join(FLAGS[name].in_language(current()) for name in names if name in FLAGS)


_STATUS = {
    "official": Words("正式规定", "official"),
    "sibling": Words("参照同类试点", "from a sibling pilot"),
    "proposed": Words("本项目拟定，试行", "proposed, on trial"),
}
_COLON = Words("：", ": ")
_CONFIDENCE = {"high": Words("高", "high"), "medium": Words("中", "medium"), "low": Words("低", "low")}


def basis_lines(basis: Iterable[Any]) -> Markup:
    """Where a rule comes from: issuer, title, article, and whether it is official."""
    language = current()
    lines = []
    for one in basis:
        title = " ".join(part for part in (one.title, one.article) if part)
        status, confidence = _STATUS[one.status], _CONFIDENCE[one.confidence]
        kind = Words(f"{status.zh} · 可信度{confidence.zh}", f"{status.en} · confidence {confidence.en}")
        lines.append(
            Markup('<p>{}{}{} <span class="meta">{}</span></p>').format(
                one.issuer, _COLON.in_language(language), title, kind.in_language(language)
            )
        )
    return Markup("").join(lines)


def event_words(event: AuditEvent) -> Words:
    """What happened, in a few words: the transition, or one of the acts that move nothing."""
    known = _EVENTS.get(event.action)
    if known is not None:
        return known
    action = event.action.removeprefix("application.")
    found = next((t for t in workflow.TRANSITIONS if t.action == action), None)
    return found.label if found else Words(event.action, event.action)
