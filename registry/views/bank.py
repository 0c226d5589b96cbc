"""Banks: admitted projects open to them, matches with reasons, contracts."""

from datetime import date
from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from registry import charts, clock, permissions
from registry.access import audience
from registry.database import db
from registry.errors import NotFound, RegistryError
from registry.filters import fact as show_fact
from registry.forms.choices import SelectChoice
from registry.forms.finance import ContractForm
from registry.language import current, show
from registry.models import RegistryEntry, Role, State
from registry.services import entries, facts, financings
from registry.views.listing import OBJECTIVES, listing
from scoring import carbon, matching
from scoring.facts import dictionary

bp = Blueprint("bank", __name__, url_prefix="/bank")
bank = audience(Role.BANK)


@bp.get("/")
@bank
def entries_list() -> ResponseReturnValue:
    return render_template("bank/entries.html", listing=listing(open_to_banks=True), objectives=OBJECTIVES)


def _open_entry(number: str) -> RegistryEntry:
    found = entries.find_by_number(db.session(), number)
    if not permissions.can(current_user, "entry.view_file", found):
        raise NotFound
    return found


@bp.get("/entries/<number>")
@bank
def entry(number: str) -> ResponseReturnValue:
    return _entry_page(_open_entry(number), ContractForm(formdata=None))


def _entry_page(found: RegistryEntry, form: Any, status: int = 200) -> ResponseReturnValue:
    today = clock.today()
    form.product_id.choices = [SelectChoice(p.id, show(p.title)) for p in matching.products(today)]
    stated = facts.stated(found.application)
    shown = [
        (spec, show_fact(stated[spec.key], spec))
        for section in ("finance", "permits", "benefit")
        for spec in dictionary().in_section(section)
        if spec.key in stated
    ]
    chart = None
    if found.benefit_annual is not None and found.benefit_p10 is not None and found.benefit_p90 is not None:
        chart = charts.interval(
            found.benefit_p10, found.benefit_annual, found.benefit_p90, language=current()
        )
    benefit = found.application.benefit
    page = render_template(
        "bank/entry.html",
        entry=found,
        facts=shown,
        matches=entries.matches(found, on=today),
        chart=chart,
        benefit=carbon.replay(benefit.result) if benefit else None,
        tiers=entries.TIERS,
        form=form,
        may_finance=found.application.state == State.MATCHED,
    )
    return page, status


@bp.post("/entries/<number>/contract")
@bank
def record_contract(number: str) -> ResponseReturnValue:
    found, form = _open_entry(number), ContractForm()
    form.product_id.choices = [SelectChoice(p.id, show(p.title)) for p in matching.products(clock.today())]
    if not form.validate_on_submit():
        return _entry_page(found, form, 422)
    try:
        signed_on = date.fromisoformat(form.signed_on.data or "")
    except ValueError:
        form.signed_on.errors = [_("日期应写成 2026-03-31")]
        return _entry_page(found, form, 422)
    try:
        financings.record(
            db.session(),
            found,
            product_id=form.product_id.data,
            signed_on=signed_on,
            signed=Decimal(form.signed.data or 0),
            drawn=Decimal(form.drawn.data or 0),
            rate_percent=Decimal(form.rate_percent.data or 0),
            actor=current_user,
            now=clock.now(),
        )
    except RegistryError as error:
        db.session.rollback()
        form.form_errors.append(show(error.words))
        return _entry_page(found, form, error.status)
    flash(_("合同已登记。"), "ok")
    return redirect(url_for("bank.entry", number=number))


@bp.get("/products")
@bank
def products() -> ResponseReturnValue:
    return render_template("bank/products.html", products=matching.products(clock.today()))
