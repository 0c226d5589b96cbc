"""Index officers: entered indicators, drafts, second approval, publication."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from registry import clock
from registry.access import audience
from registry.database import db
from registry.errors import NotFound, RegistryError
from registry.filters import unit
from registry.forms.accounts import EmptyForm
from registry.forms.choices import SelectChoice
from registry.forms.finance import IndicatorForm, PeriodForm
from registry.language import show
from registry.models import IndexRelease, IndicatorValue, Role
from registry.services import releases
from scoring import index
from scoring.places import district, townships

bp = Blueprint("releases", __name__, url_prefix="/releases")
officer = audience(Role.OFFICER)


def _indicator_form(**kwargs: Any) -> IndicatorForm:
    form, method = IndicatorForm(**kwargs), releases.method_on(clock.today())
    form.leaf.choices = [
        SelectChoice(leaf.id, f"{leaf.id} {show(leaf.title)} · {unit(leaf.unit)}")
        for leaf in method.leaves.values()
        if leaf.source == "external"
    ]
    form.unit.choices = [
        SelectChoice(district().code, show(district().label)),
        *(SelectChoice(t.code, show(t.label)) for t in townships().values()),
    ]
    return form


@bp.get("/")
@officer
def overview() -> ResponseReturnValue:
    return _overview()


def _overview(status: int = 200, **forms: Any) -> ResponseReturnValue:
    if status != 200:
        db.session.rollback()
    found = db.session.scalars(
        select(IndexRelease).order_by(IndexRelease.period.desc(), IndexRelease.id.desc())
    ).all()
    values = db.session.scalars(select(IndicatorValue).order_by(IndicatorValue.id.desc()).limit(40)).all()
    suggested = releases.last_complete_quarter(clock.today())
    page = render_template(
        "releases/overview.html",
        releases=found,
        values=values,
        leaves=releases.method_on(clock.today()).leaves,
        empty=EmptyForm(formdata=None),
        **{
            "period_form": PeriodForm(formdata=None, period=suggested),
            "indicator_form": _indicator_form(formdata=None, period=suggested),
            **forms,
        },
    )
    return page, status


@bp.post("/values")
@officer
def enter() -> ResponseReturnValue:
    form = _indicator_form()
    if not form.validate_on_submit():
        return _overview(422, indicator_form=form)
    try:
        releases.enter(
            db.session(),
            unit=form.unit.data,
            period=form.period.data or "",
            leaf=form.leaf.data,
            value=float(form.value.data or 0),
            source=form.source.data or "",
            actor=current_user,
            now=clock.now(),
        )
    except RegistryError as error:
        form.form_errors.append(show(error.words))
        return _overview(error.status, indicator_form=form)
    flash(_("数据已录入，等待另一人复核。"), "ok")
    return redirect(url_for("releases.overview"))


@bp.post("/values/<int:value_id>/approval")
@officer
def approve_value(value_id: int) -> ResponseReturnValue:
    found = db.session.get(IndicatorValue, value_id)
    if found is None:
        raise NotFound
    releases.approve_value(db.session(), found, actor=current_user, now=clock.now())
    flash(_("数据已复核。"), "ok")
    return redirect(url_for("releases.overview"))


@bp.post("/")
@officer
def prepare() -> ResponseReturnValue:
    form = PeriodForm()
    if not form.validate_on_submit():
        return _overview(422, period_form=form)
    try:
        found = releases.prepare(
            db.session(), period=form.period.data or "", actor=current_user, now=clock.now()
        )
    except RegistryError as error:
        form.form_errors.append(show(error.words))
        return _overview(error.status, period_form=form)
    return redirect(url_for("releases.draft", release_id=found.id))


@bp.get("/<int:release_id>")
@officer
def draft(release_id: int) -> ResponseReturnValue:
    return _draft_page(releases.get(db.session(), release_id))


def _draft_page(found: IndexRelease, status: int = 200, form: Any = None) -> ResponseReturnValue:
    frozen = index.read(found.archive)
    mine = [v for v in frozen.values if v.unit == district().code and v.period == found.period]
    result = index.compute(frozen.method, frozen.panel)
    page = render_template(
        "releases/draft.html",
        release=found,
        frozen=frozen,
        values=mine,
        form=form or EmptyForm(formdata=None),
        standing=result.standing(district().code, found.period),
        trace=result.trace(district().code, found.period),
    )
    return page, status


@bp.post("/<int:release_id>/publication")
@officer
def publish(release_id: int) -> ResponseReturnValue:
    found, form = releases.get(db.session(), release_id), EmptyForm()
    if not form.validate_on_submit():
        return _draft_page(found, 422, form)
    try:
        releases.publish(db.session(), found, actor=current_user, now=clock.now())
    except RegistryError as error:
        db.session.rollback()
        form.form_errors.append(show(error.words))
        return _draft_page(found, error.status, form)
    flash(_("%(period)s 指数已发布。", period=found.period), "ok")
    return redirect(url_for("public.release", release_id=found.id))
