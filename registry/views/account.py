"""Signing in and out, second factor, password, and one's organisation."""

from urllib.parse import urlsplit

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from segno import make as qr_code
from sqlalchemy import select
from werkzeug.wrappers import Response

from registry import carry, clock, database, passwords
from registry.access import begins_late, cookie_name, public, signed_in
from registry.config import Settings
from registry.database import db
from registry.errors import NotFound, Refused
from registry.forms.accounts import CodeForm, EmptyForm, InviteForm, JoinForm, PasswordForm, SignInForm
from registry.language import show
from registry.models import Invitation, Role, User
from registry.navigation import home_endpoint
from registry.services import accounts, sessions
from registry.web import keep

bp = Blueprint("account", __name__)


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def safe_next(target: str | None) -> str | None:
    """A path of this site, or None: a link must not lead elsewhere after signing in."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc else target


@bp.route("/sign-in", methods=["GET", "POST"])
@public
@begins_late
def sign_in() -> ResponseReturnValue:
    form = SignInForm()
    next_url = safe_next(request.values.get("next"))
    if form.validate_on_submit():
        session, now = db.session(), clock.now()
        known = accounts.find_by_email(session, form.email.data or "")
        stored, user_id = (known.password_hash, known.id) if known else (None, None)
        session.rollback()
        fits = passwords.verify(stored, form.password.data or "")
        database.begin_write(session)
        user = session.get(User, user_id) if user_id else None
        try:
            user = accounts.sign_in(
                session,
                user,
                password_fits=fits,
                now=now,
                failures=_settings().lockout_failures,
                lockout=_settings().lockout,
            )
        except Refused as error:
            keep()
            form.form_errors.append(show(error.words))
        else:
            return _welcome(user, form.carried.data or "", next_url)
    page = render_template(
        "account/sign_in.html",
        form=form,
        next_url=next_url,
        carried=form.carried.data or "",
        demo_accounts=_demo_accounts(),
    )
    return page, 422 if form.is_submitted() else 200


def _demo_accounts() -> list[User]:
    if _settings().mode != "demo":
        return []
    return list(
        db.session.scalars(select(User).where(User.demo, User.email.like("%@demo.example")).order_by(User.id))
    )


def _welcome(user: User, carried: str, next_url: str | None) -> Response:
    token = sessions.start(db.session(), user, second_factor_passed=False, now=clock.now())
    target = next_url or url_for(home_endpoint(Role(user.role)))
    if user.totp_confirmed:
        target = url_for("account.confirm_code", next=target)
    response: Response = redirect(target)
    if carried and carry.unpack(carried):
        page = _offer_carried(carried)
        response = current_app.make_response(page)
    _set_cookie(response, token)
    return response


def _offer_carried(carried: str) -> str:
    found = carry.unpack(carried)
    assert found is not None, "the caller has checked it"
    path, fields = found
    return render_template("account/carried.html", path=path, fields=fields)


def _set_cookie(response: Response, token: str) -> None:
    settings = _settings()
    response.set_cookie(
        cookie_name(settings),
        token,
        max_age=int(settings.session_absolute.total_seconds()),
        path="/",
        httponly=True,
        secure=settings.secure_cookies,
        samesite="Lax",
    )


@bp.post("/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    name = cookie_name(_settings())
    token = request.cookies.get(name)
    if token:
        sessions.end(db.session(), token)
    response = redirect(url_for("public.home"))
    response.delete_cookie(name, path="/", secure=_settings().secure_cookies, httponly=True, samesite="Lax")
    flash(_("您已退出登录。"), "ok")
    return response


@bp.route("/account/code", methods=["GET", "POST"])
@signed_in
def confirm_code() -> ResponseReturnValue:
    form = CodeForm()
    if form.validate_on_submit():
        session, now = db.session(), clock.now()
        user: User = current_user
        if user.locked_until and user.locked_until > now:
            form.form_errors.append(_("输错次数过多，请稍后再试。"))
        elif accounts.second_factor_fits(session, user, form.code.data or "", now=now):
            g.sign_in_session.second_factor_passed = True
            return redirect(safe_next(request.args.get("next")) or url_for(home_endpoint(Role(user.role))))
        else:
            accounts.count_failure(
                user, now=now, failures=_settings().lockout_failures, lockout=_settings().lockout
            )
            keep()
            form.code.errors = [_("验证码不正确或已经用过。")]
    page = render_template("account/confirm_code.html", form=form)
    return page, 422 if form.is_submitted() else 200


@bp.route("/account/second-factor", methods=["GET", "POST"])
@signed_in
def second_factor() -> ResponseReturnValue:
    """Set up the second factor: made by a POST, shown as QR, counted once a code confirms it."""
    form, user = CodeForm(), current_user
    if request.method == "POST" and "begin" in request.form:
        accounts.new_totp_secret(user)
        return redirect(url_for("account.second_factor"))
    if form.validate_on_submit() and user.totp_secret:
        try:
            codes = accounts.confirm_totp(db.session(), user, form.code.data or "", now=clock.now())
        except Refused as error:
            form.code.errors = [show(error.words)]
        else:
            g.sign_in_session.second_factor_passed = True
            return render_template("account/recovery_codes.html", codes=codes)
    picture = None
    if user.totp_secret and not user.totp_confirmed:
        picture = qr_code(accounts.totp_uri(user)).svg_data_uri(scale=4, border=2)
    page = render_template("account/second_factor.html", form=form, picture=picture, secret=user.totp_secret)
    return page, 422 if form.is_submitted() and form.errors else 200


@bp.route("/account/password", methods=["GET", "POST"])
@signed_in
def password() -> ResponseReturnValue:
    form = PasswordForm()
    if form.validate_on_submit():
        try:
            accounts.change_password(
                db.session(),
                current_user,
                old=form.old.data or "",
                new=form.password.data or "",
                now=clock.now(),
            )
        except Refused as error:
            form.form_errors.append(show(error.words))
        else:
            flash(_("密码已修改，请用新密码登录。"), "ok")
            return redirect(url_for("account.sign_in"))
    page = render_template("account/password.html", form=form)
    return page, 422 if form.is_submitted() else 200


@bp.route("/organisation", methods=["GET", "POST"])
@signed_in
def organisation() -> ResponseReturnValue:
    form, mine = InviteForm(), current_user.organisation
    link = None
    if form.validate_on_submit():
        try:
            token = accounts.invite(
                db.session(),
                mine,
                email=form.email.data or "",
                role=Role(mine.role),
                can_sign=bool(form.can_sign.data),
                actor=current_user,
                now=clock.now(),
            )
        except Refused as error:
            form.email.errors = [show(error.words)]
        else:
            link = _settings().public_url + url_for("account.join", token=token)
    page = render_template(
        "account/organisation.html",
        form=form,
        organisation=mine,
        link=link,
        empty=EmptyForm(),
        invitations=_open_invitations(mine.id),
    )
    return page, 422 if form.is_submitted() and link is None else 200


def _open_invitations(organisation_id: int) -> list[Invitation]:
    return list(
        db.session.scalars(
            select(Invitation).where(
                Invitation.organisation_id == organisation_id,
                Invitation.accepted_at.is_(None),
                Invitation.withdrawn_at.is_(None),
                Invitation.expires_at > clock.now(),
            )
        )
    )


@bp.post("/organisation/invitations/<int:invitation_id>/withdraw")
@signed_in
def withdraw_invitation(invitation_id: int) -> ResponseReturnValue:
    invitation = db.session.get(Invitation, invitation_id)
    if invitation is None or invitation.organisation_id != current_user.organisation_id:
        raise NotFound
    accounts.withdraw_invitation(invitation, actor=current_user, now=clock.now())
    flash(_("邀请已撤回。"), "ok")
    return redirect(url_for("account.organisation"))


@bp.post("/organisation/people/<int:user_id>/<any(open, close):change>")
@signed_in
def set_active(user_id: int, change: str) -> ResponseReturnValue:
    user = db.session.get(User, user_id)
    if user is None or user.organisation_id != current_user.organisation_id:
        raise NotFound
    accounts.set_active(db.session(), user, change == "open", actor=current_user, now=clock.now())
    flash(_("账号已恢复。") if change == "open" else _("账号已停用，其登录已全部结束。"), "ok")
    return redirect(url_for("account.organisation"))


@bp.route("/join/<token>", methods=["GET", "POST"])
@public
def join(token: str) -> ResponseReturnValue:
    invitation = accounts.find_invitation(db.session(), token, now=clock.now())
    form = JoinForm()
    if form.validate_on_submit():
        try:
            accounts.accept_invitation(
                db.session(),
                invitation,
                name=form.name.data or "",
                password=form.password.data or "",
                now=clock.now(),
            )
        except Refused as error:
            form.form_errors.append(show(error.words))
        else:
            flash(_("账号已建立，请登录。"), "ok")
            return redirect(url_for("account.sign_in"))
    page = render_template("account/join.html", form=form, invitation=invitation)
    return page, 422 if form.is_submitted() else 200
