"""The enterprise's pages: task list, sections, check answers, submit, progress."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from registry import clock
from registry.access import audience
from registry.database import db
from registry.errors import Conflict, NotFound
from registry.forms import facts as fact_forms
from registry.forms.accounts import EmptyForm
from registry.forms.review import WithdrawForm
from registry.language import show
from registry.models import Application, Role, State
from registry.services import applications, benefits, entries, facts, reviews, screenings
from registry.views.common import fetch
from registry.views.presentation import answers, benefit_panel, findings, stages, tasks
from registry.web import keep
from scoring.facts import dictionary

bp = Blueprint("enterprise", __name__, url_prefix="/applications")
enterprise = audience(Role.ENTERPRISE)


def _mine(application_id: int) -> Application:
    return fetch(Application, application_id, "application.view")


@bp.get("/")
@enterprise
def applications_list() -> ResponseReturnValue:
    mine = db.session.scalars(
        select(Application)
        .where(Application.organisation_id == current_user.organisation_id)
        .order_by(Application.id.desc())
    ).all()
    return render_template("enterprise/applications.html", applications=mine, empty=EmptyForm())


@bp.post("/")
@enterprise
def create() -> ResponseReturnValue:
    application = applications.create(db.session(), actor=current_user, now=clock.now())
    return redirect(url_for("enterprise.application", application_id=application.id))


@bp.get("/<int:application_id>")
@enterprise
def application(application_id: int) -> ResponseReturnValue:
    found = _mine(application_id)
    if found.state not in (State.DRAFT, State.RETURNED):
        return redirect(url_for("enterprise.progress", application_id=found.id))
    outcome = screenings.precheck(db.session(), found, today=clock.today())
    return render_template(
        "enterprise/task_list.html",
        application=found,
        tasks=tasks(found),
        findings=findings(outcome),
        outcome=outcome,
        missing=applications.missing(found),
        withdraw=WithdrawForm(),
    )


@bp.route("/<int:application_id>/sections/<section>", methods=["GET", "POST"])
@enterprise
def section(application_id: int, section: str) -> ResponseReturnValue:
    found = _mine(application_id)
    if section not in {s.id for s in dictionary().sections}:
        raise NotFound
    if found.state not in (State.DRAFT, State.RETURNED):
        return redirect(url_for("enterprise.progress", application_id=found.id))
    specs = applications.questions(found, section)
    inputs = applications.method_inputs(found) if section == applications.BENEFIT_SECTION else ()
    form = fact_forms.section_form(specs, inputs)()
    if request.method == "POST":
        return _save(found, section, form, specs, inputs)
    fact_forms.fill(form, found.facts, found.inputs, found.unread)
    form["version"].data = str(found.version)
    return _section_page(found, section, form, specs, inputs)


def _save(found: Application, section: str, form: Any, specs: Any, inputs: Any) -> ResponseReturnValue:
    typed, typed_inputs = fact_forms.typed(form)
    seen = form["version"].data or ""
    try:
        faults = applications.save(
            found,
            section,
            typed,
            typed_inputs=typed_inputs if inputs else None,
            seen_version=int(seen) if seen.isdigit() and len(seen) < 10 else -1,
            actor=current_user,
            now=clock.now(),
        )
    except Conflict as error:
        form["version"].data = str(found.version)
        form.form_errors.append(show(error.words))
        return _section_page(found, section, form, specs, inputs), 409
    if faults:
        applications.mark_section(found, section, False)
        keep()
        db.session.flush()
        form["version"].data = str(found.version)
        fact_forms.show_faults(form, faults)
        return _section_page(found, section, form, specs, inputs), 422
    applications.mark_section(found, section, "done" in request.form)
    flash(_("已保存 %(time)s", time=found.saved_at.astimezone(clock.BEIJING).strftime("%H:%M")), "ok")
    if "stay" in request.form:
        return redirect(url_for("enterprise.section", application_id=found.id, section=section))
    if "next" in request.form:
        names = [s.id for s in dictionary().sections]
        following = names[names.index(section) + 1 :]
        if following:
            return redirect(url_for("enterprise.section", application_id=found.id, section=following[0]))
    return redirect(url_for("enterprise.application", application_id=found.id))


def _section_page(found: Application, section: str, form: Any, specs: Any, inputs: Any) -> str:
    names = [s.id for s in dictionary().sections]
    outcome = screenings.precheck(db.session(), found, today=clock.today())
    return render_template(
        "enterprise/section.html",
        application=found,
        section=dictionary().section(section),
        number=names.index(section) + 1,
        count=len(names),
        last=section == names[-1],
        form=form,
        specs=specs,
        inputs=inputs,
        method=benefits.method_of(facts.stated(found)),
        estimate=_estimate(found) if section == applications.BENEFIT_SECTION else None,
        outcome=outcome,
        findings=findings(outcome, section=section),
    )


def _estimate(found: Application) -> Any:
    stated = facts.stated(found)
    estimated, faults = benefits.try_estimate(stated, found.inputs, on=clock.today())
    return benefit_panel(estimated, faults, claimed=stated.get("claimed_reduction"))


@bp.get("/<int:application_id>/precheck")
@enterprise
def precheck(application_id: int) -> ResponseReturnValue:
    found = _mine(application_id)
    outcome = screenings.precheck(db.session(), found, today=clock.today())
    return render_template(
        "enterprise/precheck.html", application=found, outcome=outcome, findings=findings(outcome)
    )


@bp.route("/<int:application_id>/check", methods=["GET", "POST"])
@enterprise
def check(application_id: int) -> ResponseReturnValue:
    found, form = _mine(application_id), EmptyForm()
    if found.state not in (State.DRAFT, State.RETURNED):
        return redirect(url_for("enterprise.progress", application_id=found.id))
    status = 200
    if form.validate_on_submit():
        try:
            applications.submit(db.session(), found, actor=current_user, now=clock.now())
        except applications.Incomplete as error:
            form.form_errors.append(show(error.words))
            status = 422
        else:
            flash(_("已提交，编号 %(number)s。", number=found.number), "ok")
            return redirect(url_for("enterprise.progress", application_id=found.id))
    outcome = screenings.precheck(db.session(), found, today=clock.today())
    page = render_template(
        "enterprise/check.html",
        application=found,
        form=form,
        sections=answers(found),
        outcome=outcome,
        missing=applications.missing(found),
        findings=findings(outcome),
        estimate=_estimate(found),
    )
    return page, status


@bp.get("/<int:application_id>/progress")
@enterprise
def progress(application_id: int) -> ResponseReturnValue:
    found = _mine(application_id)
    if found.state == State.DRAFT:
        return redirect(url_for("enterprise.application", application_id=found.id))
    return render_template(
        "enterprise/progress.html",
        application=found,
        stages=stages(found),
        findings=findings(screenings.outcome_of(found.screening)) if found.screening else [],
        resolutions={r.criterion_id: r for r in found.screening.resolutions} if found.screening else {},
        entry=found.entry,
        matches=entries.matches(found.entry, on=clock.today()) if found.entry else (),
        timeline=reviews.timeline(db.session(), found),
        withdraw=WithdrawForm(),
        match_form=EmptyForm(),
    )


@bp.post("/<int:application_id>/withdraw")
@enterprise
def withdraw(application_id: int) -> ResponseReturnValue:
    found, form = _mine(application_id), WithdrawForm()
    if form.validate_on_submit():
        reviews.move(
            db.session(),
            found,
            "abandon",
            reason_code="applicant_wish",
            note=form.note.data or "",
            actor=current_user,
            now=clock.now(),
        )
        flash(_("已放弃申报 %(number)s。内容保留，可作为新申报的参考。", number=found.number), "ok")
    return redirect(url_for("enterprise.applications_list"))


@bp.post("/<int:application_id>/match")
@enterprise
def agree_to_match(application_id: int) -> ResponseReturnValue:
    found = _mine(application_id)
    reviews.move(
        db.session(),
        found,
        "match",
        reason_code="applicant_wish",
        note="",
        actor=current_user,
        now=clock.now(),
    )
    flash(_("已同意与金融机构对接。"), "ok")
    return redirect(url_for("enterprise.progress", application_id=found.id))
