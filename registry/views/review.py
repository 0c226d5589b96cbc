"""The desk of officers, departments, Green Exchange experts and panel members."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import aliased

from registry import clock, workflow
from registry.access import audience
from registry.database import db
from registry.errors import Conflict, NotFound, RegistryError
from registry.forms.accounts import EmptyForm
from registry.forms.review import AssessmentForm, OpinionForm, PanelForm, ProposalForm, ResolveForm, StepForm
from registry.language import show
from registry.models import UNSUBMITTED, Application, Role, Screening, State
from registry.services import entries, reviews, screenings
from registry.views.common import Group, Option, Page, chosen, fetch, page_number, search_text
from registry.views.presentation import answers, findings, gates, stages
from scoring import carbon
from scoring.places import townships
from scoring.words import Words

bp = Blueprint("review", __name__, url_prefix="/review")
staff = audience(Role.OFFICER, Role.DEPARTMENT, Role.EXCHANGE_EXPERT, Role.PANEL_MEMBER)
officer = audience(Role.OFFICER)

_WAITING: dict[Role, tuple[State, ...]] = {
    Role.OFFICER: (
        State.SUBMITTED,
        State.ACCEPTED,
        State.SCREENED,
        State.DEPT_REVIEW,
        State.EXPERT,
        State.PROPOSED,
        State.PUBLICITY,
        State.OBJECTION,
    ),
    Role.DEPARTMENT: (State.DEPT_REVIEW,),
    Role.EXCHANGE_EXPERT: (State.ASSESSMENT,),
    Role.PANEL_MEMBER: (State.EXPERT,),
}
_LATEST = aliased(Screening)
_SHOWN = tuple(state for state in State if state not in UNSUBMITTED)


@bp.get("/")
@staff
def queue() -> ResponseReturnValue:
    """The work list: what waits for this role, by due date; every filter is in the address."""
    conditions, filters = _conditions()
    total = db.session.scalar(select(func.count()).select_from(Application).where(*conditions)) or 0
    page = Page(page_number(), total)
    rows = db.session.execute(
        select(Application, Screening)
        .outerjoin(
            Screening,
            Screening.id
            == select(func.max(_LATEST.id))
            .where(_LATEST.application_id == Application.id)
            .correlate(Application)
            .scalar_subquery(),
        )
        .where(*conditions)
        .order_by(Application.due_on.is_(None), Application.due_on, Application.id)
        .limit(page.per_page)
        .offset(page.offset)
    ).all()
    return render_template(
        "review/queue.html", rows=rows, page=page, groups=filters, today=clock.today(), q=search_text()
    )


def _conditions() -> tuple[list[ColumnElement[bool]], list[Group]]:
    role = Role(current_user.role)
    states = chosen("state", {*_SHOWN, "all"})
    waiting = _WAITING[role]
    wanted = _SHOWN if "all" in states else tuple(State(s) for s in states) or waiting
    places = chosen("township", townships())
    conditions: list[ColumnElement[bool]] = [Application.state.in_(wanted)]
    if places:
        conditions.append(Application.township.in_(places))
    words = search_text()
    if words:
        like = f"%{words.replace('%', '').replace('_', '')}%"
        conditions.append(or_(Application.project_name.like(like), Application.number.like(like)))
    counts = dict(
        db.session.execute(
            select(Application.state, func.count())
            .where(Application.state.in_(_SHOWN))
            .group_by(Application.state)
        ).all()
    )
    options = [Option("all", Words("全部状态", "All states"), "all" in states, sum(counts.values()))]
    options += [
        Option(s.value, workflow.STATES[s].staff, s in wanted and "all" not in states, counts.get(s, 0))
        for s in _SHOWN
    ]
    place_options = [Option(t.code, t.label, t.code in places) for t in townships().values()]
    return conditions, [
        Group("state", Words("状态", "State"), options),
        Group("township", Words("街道（乡镇）", "Township"), place_options),
    ]


def _get(application_id: int) -> Application:
    return fetch(Application, application_id, "application.view")


def _page(found: Application, *, status: int = 200, **forms: Any) -> ResponseReturnValue:
    if status != 200:
        db.session.rollback()  # what the refused act had begun is gone before the page is drawn
    screening = found.screening
    outcome = screenings.outcome_of(screening) if screening else None
    benefit = carbon.replay(found.benefit.result) if found.benefit else None
    page = render_template(
        "review/application.html",
        application=found,
        screening=screening,
        findings=findings(outcome) if outcome else [],
        gates=gates(outcome) if outcome else [],
        resolutions={r.criterion_id: r for r in screening.resolutions} if screening else {},
        open_findings=workflow.open_findings(found),
        benefit=found.benefit,
        replayed=benefit,
        sections=answers(found),
        stages=stages(found),
        timeline=reviews.timeline(db.session(), found),
        obstacles={
            t.action: workflow.obstacle(found, t.action, clock.today())
            for t in workflow.actions(found, current_user)
        },
        reasons=reviews.REASONS,
        evidence_hash=reviews.evidence_hash(found) if found.submissions else "",
        steps=sorted(workflow.actions(found, current_user), key=lambda t: t.action not in _FORWARD),
        today=clock.today(),
        faulty=[form for form in forms.values() if getattr(form, "errors", None)],
        **_merged(_forms(found), forms),
    )
    return page, status


def _merged(fresh: dict[str, Any], posted: dict[str, Any]) -> dict[str, Any]:
    """Fresh forms, and the posted one with its errors in its place."""
    for name, form in posted.items():
        kind, _, suffix = name.partition(":")
        if suffix:
            fresh[kind][suffix] = _distinct(form, suffix)
        else:
            fresh[kind] = form
    return fresh


def _forms(found: Application) -> dict[str, Any]:
    seen = reviews.evidence_hash(found) if found.submissions else ""
    return {
        "step_forms": {
            action: _distinct(
                StepForm(
                    formdata=None,
                    version=str(found.version),
                    reason_code="complete" if action in _FORWARD else "",
                ),
                action,
            )
            for action in _STEPS
        },
        "resolve_forms": {
            gate: _distinct(ResolveForm(formdata=None), gate) for gate in workflow.open_findings(found)
        },
        "opinion_form": OpinionForm(formdata=None),
        "assessment_form": AssessmentForm(formdata=None, seen_hash=seen),
        "panel_form": PanelForm(formdata=None),
        "proposal_form": _distinct(ProposalForm(formdata=None, version=str(found.version)), "proposal"),
        "empty_form": EmptyForm(formdata=None),
    }


def _distinct(form: Any, suffix: str) -> Any:
    """The form with ids of its own, since several of a kind stand on one page."""
    for field in form:
        field.id = field.label.field_id = f"{field.id}-{suffix}"
    return form


@bp.get("/<int:application_id>")
@staff
def application(application_id: int) -> ResponseReturnValue:
    return _page(_get(application_id))


def _same_version(found: Application, seen: str | None) -> None:
    """Refuse a decision made on an outdated page."""
    if seen != str(found.version):
        raise Conflict


_STEPS = (
    "accept",
    "return",
    "screen",
    "consult",
    "close_opinions",
    "reject",
    "object",
    "promote",
    "demote",
    "unmatch",
    "monitor",
    "complete",
    "suspend",
    "reinstate",
    "exit",
    "relist",
    "archive",
    "rereview",
)


# Steps of the straight way, whose reason is nearly always the same; every other reason is chosen.
_FORWARD = frozenset({"accept", "screen", "consult", "close_opinions", "promote", "monitor", "complete"})


@bp.post("/<int:application_id>/steps/<action>")
@officer
def step(application_id: int, action: str) -> ResponseReturnValue:
    if action not in _STEPS:
        raise NotFound
    found, form = _get(application_id), StepForm()
    if not form.validate_on_submit():
        return _page(found, status=422, **{f"step_forms:{action}": form})
    _same_version(found, form.version.data)
    try:
        reviews.move(
            db.session(),
            found,
            action,
            reason_code=form.reason_code.data,
            note=form.note.data or "",
            actor=current_user,
            now=clock.now(),
        )
    except RegistryError as error:
        form.form_errors.append(show(error.words))
        return _page(found, status=error.status, **{f"step_forms:{action}": form})
    flash(_("已办理：%(action)s。", action=show(workflow.transition(action).label)), "ok")
    return redirect(url_for("review.application", application_id=found.id))


@bp.post("/<int:application_id>/findings/<criterion_id>")
@officer
def resolve(application_id: int, criterion_id: str) -> ResponseReturnValue:
    found, form = _get(application_id), ResolveForm()
    if found.screening is None:
        raise NotFound
    if not form.validate_on_submit():
        return _page(found, status=422, **{f"resolve_forms:{criterion_id}": form})
    try:
        screenings.resolve(
            db.session(),
            found.screening,
            criterion_id,
            outcome=form.outcome.data,
            reason=form.reason.data or "",
            actor=current_user,
            now=clock.now(),
        )
    except RegistryError as error:
        form.form_errors.append(show(error.words))
        return _page(found, status=error.status, **{f"resolve_forms:{criterion_id}": form})
    flash(_("%(id)s 的认定已记录。", id=criterion_id), "ok")
    return redirect(url_for("review.application", application_id=found.id))


@bp.post("/<int:application_id>/opinion")
@audience(Role.DEPARTMENT)
def opinion(application_id: int) -> ResponseReturnValue:
    found, form = _get(application_id), OpinionForm()
    if not form.validate_on_submit():
        return _page(found, status=422, opinion_form=form)
    try:
        reviews.give_opinion(
            db.session(),
            found,
            outcome=form.outcome.data,
            comment=form.comment.data or "",
            actor=current_user,
            now=clock.now(),
        )
    except RegistryError as error:
        form.form_errors.append(show(error.words))
        return _page(found, status=error.status, opinion_form=form)
    flash(_("意见已提交。"), "ok")
    return redirect(url_for("review.application", application_id=found.id))


@bp.post("/<int:application_id>/assessment")
@audience(Role.EXCHANGE_EXPERT)
def assess(application_id: int) -> ResponseReturnValue:
    found, form = _get(application_id), AssessmentForm()
    if not form.validate_on_submit():
        return _page(found, status=422, assessment_form=form)
    try:
        reviews.assess(
            db.session(),
            found,
            conclusion=form.conclusion.data,
            comment=form.comment.data or "",
            seen_hash=form.seen_hash.data or "",
            actor=current_user,
            now=clock.now(),
        )
    except RegistryError as error:
        form.form_errors.append(show(error.words))
        return _page(found, status=error.status, assessment_form=form)
    flash(_("评估意见已提交。"), "ok")
    return redirect(url_for("review.application", application_id=found.id))


@bp.post("/<int:application_id>/panel")
@audience(Role.PANEL_MEMBER)
def panel(application_id: int) -> ResponseReturnValue:
    found, form = _get(application_id), PanelForm()
    if not form.validate_on_submit():
        return _page(found, status=422, panel_form=form)
    try:
        reviews.panel_review(
            db.session(),
            found,
            recommendation=form.recommendation.data,
            comment=form.comment.data or "",
            no_conflict=bool(form.no_conflict.data),
            actor=current_user,
            now=clock.now(),
        )
    except RegistryError as error:
        form.form_errors.append(show(error.words))
        return _page(found, status=error.status, panel_form=form)
    flash(_("评审意见已提交。"), "ok")
    return redirect(url_for("review.application", application_id=found.id))


@bp.post("/<int:application_id>/decision")
@officer
def propose(application_id: int) -> ResponseReturnValue:
    found, form = _get(application_id), ProposalForm()
    if not form.validate_on_submit():
        return _page(found, status=422, proposal_form=_distinct(form, "proposal"))
    _same_version(found, form.version.data)
    try:
        reviews.propose(
            db.session(),
            found,
            outcome=form.outcome.data,
            reason_code=form.reason_code.data,
            note=form.note.data or "",
            actor=current_user,
            now=clock.now(),
        )
    except RegistryError as error:
        form.form_errors.append(show(error.words))
        return _page(found, status=error.status, proposal_form=_distinct(form, "proposal"))
    flash(
        _("决定已拟定，等待另一名审核员复核。")
        if form.outcome.data == "list"
        else _("已作出不予入库的决定。"),
        "ok",
    )
    return redirect(url_for("review.application", application_id=found.id))


def _officer_act(application_id: int, act: Any, done: str) -> ResponseReturnValue:
    found, form = _get(application_id), EmptyForm()
    if not form.validate_on_submit():
        return _page(found, status=422)
    try:
        act(db.session(), found, actor=current_user, now=clock.now())
    except RegistryError as error:
        form.form_errors.append(show(error.words))
        return _page(found, status=error.status, empty_form=form)
    flash(done, "ok")
    return redirect(url_for("review.application", application_id=found.id))


@bp.post("/<int:application_id>/approval")
@officer
def approve(application_id: int) -> ResponseReturnValue:
    return _officer_act(application_id, reviews.approve, _("决定已复核。"))


@bp.post("/<int:application_id>/notice")
@officer
def publish_notice(application_id: int) -> ResponseReturnValue:
    return _officer_act(application_id, reviews.publish_notice, _("公示已发布。"))


@bp.post("/<int:application_id>/listing")
@officer
def admit(application_id: int) -> ResponseReturnValue:
    return _officer_act(application_id, entries.admit, _("项目已入库，编号和证书已生成。"))
