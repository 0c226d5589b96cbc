"""Organisations and the people in them."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import ColumnElement, func, or_, select
from werkzeug.wrappers import Response

from registry import clock
from registry.access import audience
from registry.database import db
from registry.errors import NotFound, Refused
from registry.forms.accounts import EmptyForm, InviteForm, OrganisationForm
from registry.language import show
from registry.models import Invitation, Organisation, Role, User
from registry.models.accounts import ROLE_WORDS
from registry.services import accounts, invitations, second_factors
from registry.views.account import join_link
from registry.views.admin.blueprint import bp
from registry.views.common import Page, chosen, fetch, page_number, search_text

_PEOPLE = (
    select(func.count())
    .where(User.organisation_id == Organisation.id, User.active)
    .correlate(Organisation)
    .scalar_subquery()
)


@bp.get("/admin/organisations")
@audience(Role.ADMINISTRATOR)
def organisations() -> ResponseReturnValue:
    roles, words = chosen("role", ROLE_WORDS), search_text()
    wanted: list[ColumnElement[bool]] = [Organisation.role.in_(roles)] if roles else []
    if words:
        wanted.append(
            or_(
                Organisation.name.contains(words, autoescape=True),
                Organisation.uscc.contains(words.upper(), autoescape=True),
                Organisation.users.any(User.email.contains(words.lower(), autoescape=True)),
            )
        )
    total = db.session.scalar(select(func.count()).select_from(Organisation).where(*wanted)) or 0
    page = Page(page_number(), total)
    rows = db.session.execute(
        select(Organisation, _PEOPLE)
        .where(*wanted)
        .order_by(Organisation.id.desc())
        .limit(page.per_page)
        .offset(page.offset)
    ).all()
    return render_template(
        "admin/organisations.html", rows=rows, page=page, roles=ROLE_WORDS, chosen=roles, q=words
    )


@bp.route("/admin/organisations/new", methods=["GET", "POST"])
@audience(Role.ADMINISTRATOR)
def new_organisation() -> ResponseReturnValue:
    form = OrganisationForm()
    if form.validate_on_submit():
        try:
            opened, token = _open(form)
        except accounts.InvalidCode as error:
            form.uscc.errors = [show(error.words)]
        except Refused as error:
            form.email.errors = [show(error.words)]
        else:
            return _detail(opened, InviteForm(formdata=None), link=join_link(token), opened=True)
    page = render_template("admin/new_organisation.html", form=form)
    return page, 422 if form.is_submitted() else 200


def _open(form: OrganisationForm) -> tuple[Organisation, str]:
    """The new organisation and the token of its first person's invitation."""
    session, now = db.session(), clock.now()
    opened = accounts.create_organisation(
        session,
        name=form.name.data or "",
        uscc=form.uscc.data or "",
        role=Role(form.role.data),
        actor=current_user,
        now=now,
    )
    token = invitations.send(
        session, opened, email=form.email.data or "", can_sign=True, actor=current_user, now=now
    )
    return opened, token


@bp.route("/admin/organisations/<int:organisation_id>", methods=["GET", "POST"])
@audience(Role.ADMINISTRATOR)
def organisation(organisation_id: int) -> ResponseReturnValue:
    """An organisation with its people; a POST invites one more."""
    found, form = fetch(Organisation, organisation_id, "organisation.manage"), InviteForm()
    if form.validate_on_submit():
        try:
            token = invitations.send(
                db.session(),
                found,
                email=form.email.data or "",
                can_sign=bool(form.can_sign.data),
                actor=current_user,
                now=clock.now(),
            )
        except Refused as error:
            form.email.errors = [show(error.words)]
        else:
            return _detail(found, InviteForm(formdata=None), link=join_link(token))
    return _detail(found, form), 422 if form.is_submitted() else 200


def _detail(found: Organisation, form: InviteForm, *, link: str | None = None, opened: bool = False) -> str:
    now = clock.now()
    people = db.session.scalars(
        select(User).where(User.organisation_id == found.id).order_by(User.active.desc(), User.id)
    ).all()
    return render_template(
        "admin/organisation.html",
        organisation=found,
        people=people,
        invitations=invitations.pending(db.session(), found, now=now),
        form=form,
        link=link,
        opened=opened,
        empty=EmptyForm(formdata=None),
        fields=accounts.PANEL_FIELDS,
        roles=ROLE_WORDS,
        now=now,
    )


@bp.post("/admin/invitations/<int:invitation_id>/withdraw")
@audience(Role.ADMINISTRATOR)
def withdraw_invitation(invitation_id: int) -> ResponseReturnValue:
    invitation = db.session.get(Invitation, invitation_id)
    if invitation is None:
        raise NotFound
    invitations.withdraw(db.session(), invitation, actor=current_user, now=clock.now())
    flash(_("邀请已撤回。"), "ok")
    return redirect(url_for("admin.organisation", organisation_id=invitation.organisation_id))


@bp.post("/admin/people/<int:user_id>/<any(open, close):change>")
@audience(Role.ADMINISTRATOR)
def set_active(user_id: int, change: str) -> ResponseReturnValue:
    user = _person(user_id)
    accounts.set_active(db.session(), user, change == "open", actor=current_user, now=clock.now())
    flash(_("账号已恢复。") if change == "open" else _("账号已停用，其登录已全部结束。"), "ok")
    return _back(user)


@bp.post("/admin/people/<int:user_id>/second-factor/reset")
@audience(Role.ADMINISTRATOR)
def reset_second_factor(user_id: int) -> ResponseReturnValue:
    user = _person(user_id)
    second_factors.reset(db.session(), user, actor=current_user, now=clock.now())
    flash(_("两步验证已解除，其登录已全部结束；下次登录后重新设置。"), "ok")
    return _back(user)


@bp.post("/admin/people/<int:user_id>/panel-field")
@audience(Role.ADMINISTRATOR)
def set_panel_field(user_id: int) -> ResponseReturnValue:
    user, field = _person(user_id), request.form.get("panel_field", "")
    accounts.set_panel_field(db.session(), user, field, actor=current_user, now=clock.now())
    flash(_("评审领域已登记。"), "ok")
    return _back(user)


def _person(user_id: int) -> User:
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound
    return user


def _back(user: User) -> Response:
    return redirect(url_for("admin.organisation", organisation_id=user.organisation_id))
