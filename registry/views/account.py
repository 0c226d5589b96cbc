"""Signing in and out, second factor, password, and one's organisation."""

from urllib.parse import urlsplit

from flask import Blueprint, current_app, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from segno import make as qr_code
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from registry import carry, clock, database, passwords
from registry.access import begins_late, cookie_name, public, signed_in
from registry.config import Settings
from registry.database import db
from registry.errors import NotFound, Refused
from registry.forms.accounts import CodeForm, EmptyForm, InviteForm, JoinForm, PasswordForm, SignInForm
from registry.language import show
from registry.models import Invitation, Role, User
from registry.models.accounts import ROLE_WORDS
from registry.navigation import home_endpoint
from registry.services import accounts, invitations, second_factors, sessions
from registry.web import keep
from scoring.facts import dictionary

bp = Blueprint("account", __name__)


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def safe_next(target: str | None) -> str | None:
    """A path of this site, or None: a link must not lead elsewhere after signing in."""
    if not target or not target.startswith("/") or target.startswith("//"):
        return None
    if "\\" in target or any(character <= " " for character in target):
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc else target


def _home(user: User) -> str:
    return url_for(home_endpoint(Role(user.role)))


@bp.route("/sign-in", methods=["GET", "POST"])
@public
@begins_late
def sign_in() -> ResponseReturnValue:
    form = SignInForm()
    next_url = safe_next(request.values.get("next"))
    if request.method == "GET" and current_user.is_authenticated:
        return redirect(next_url or _home(current_user))
    if form.validate_on_submit():
        try:
            user = _check_credentials(form.email.data or "", form.password.data or "")
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
        roles=ROLE_WORDS,
    )
    return page, 422 if form.is_submitted() else 200


def _check_credentials(email: str, password: str) -> User:
    """The user; the slow comparison happens before the writing transaction begins. Raises SignInRefused."""
    session, settings = db.session(), _settings()
    known = accounts.find_by_email(session, email)
    stored, user_id = (known.password_hash, known.id) if known else (None, None)
    session.rollback()
    fits = passwords.verify(stored, password)
    database.begin_write(session)
    user = accounts.sign_in(
        session,
        session.get(User, user_id) if user_id else None,
        password_fits=fits,
        now=clock.now(),
        failures=settings.lockout_failures,
        lockout=settings.lockout,
    )
    if passwords.needs_rehash(user.password_hash):
        user.password_hash = passwords.hash_password(password)
    return user


def _demo_accounts() -> list[User]:
    """One account per role of the demonstration, to be shown for trying out."""
    if _settings().mode != "demo":
        return []
    first = select(func.min(User.id)).where(User.demo).group_by(User.role)
    return list(db.session.scalars(select(User).where(User.id.in_(first)).order_by(User.id)))


def _welcome(user: User, carried: str, next_url: str | None) -> Response:
    """A new session under a new token; the one this browser had before ends."""
    session, settings, now = db.session(), _settings(), clock.now()
    sessions.end(session, request.cookies.get(cookie_name(settings), ""))
    sessions.forget_expired(session, now=now, idle=settings.session_idle, absolute=settings.session_absolute)
    token = sessions.start(session, user, second_factor_passed=False, now=now)
    if user.totp_confirmed:
        response = _ask_code(carried, next_url or _home(user))
    else:
        response = _offer_carried(carried) or redirect(next_url or _home(user))
    _set_cookie(response, token)
    return response


def _ask_code(carried: str, next_url: str) -> Response:
    if not carry.unpack(carried):
        return redirect(url_for("account.confirm_code", next=next_url))
    form = CodeForm(formdata=None, carried=carried)
    return make_response(render_template("account/confirm_code.html", form=form, next_url=next_url))


def _offer_carried(carried: str) -> Response | None:
    """The page that offers again what was typed before the session ended; None when there is nothing."""
    found = carry.unpack(carried)
    if found is None:
        return None
    path, fields = found
    labels = {key: spec.label for key, spec in dictionary().items()}
    return make_response(render_template("account/carried.html", path=path, fields=fields, labels=labels))


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


def _forget_cookie(response: Response) -> Response:
    settings = _settings()
    response.delete_cookie(
        cookie_name(settings), path="/", secure=settings.secure_cookies, httponly=True, samesite="Lax"
    )
    return response


@bp.post("/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    sessions.end(db.session(), request.cookies.get(cookie_name(_settings()), ""))
    flash(_("您已退出登录。"), "ok")
    return _forget_cookie(redirect(url_for("public.home")))


@bp.route("/account/code", methods=["GET", "POST"])
@signed_in
def confirm_code() -> ResponseReturnValue:
    user: User = current_user
    form, next_url = CodeForm(), safe_next(request.values.get("next"))
    if not user.totp_confirmed or g.sign_in_session.second_factor_passed:
        return redirect(next_url or _home(user))
    if form.validate_on_submit() and _code_fits(user, form):
        g.sign_in_session.second_factor_passed = True
        return _offer_carried(form.carried.data or "") or redirect(next_url or _home(user))
    page = render_template("account/confirm_code.html", form=form, next_url=next_url)
    return page, 422 if form.is_submitted() else 200


def _code_fits(user: User, form: CodeForm) -> bool:
    """Whether the typed code fits; wrong ones count towards the lock, and the field says what is wrong."""
    session, now, settings = db.session(), clock.now(), _settings()
    if accounts.is_locked(user, now):
        form.code.errors = [_("输错次数过多，账号已暂时锁定，请稍后再试。")]
        return False
    if second_factors.fits(session, user, form.code.data or "", now=now):
        return True
    accounts.count_failure(user, now=now, failures=settings.lockout_failures, lockout=settings.lockout)
    keep()
    form.code.errors = [_("验证码不正确或已经用过，请等验证器换出新的数字。")]
    return False


@bp.route("/account/second-factor", methods=["GET", "POST"])
@signed_in
def second_factor() -> ResponseReturnValue:
    """Set up the second factor: made by a POST, shown as QR, counted once a code confirms it.

    A factor in use is replaced only by who can still use it; the password alone never reaches this.
    """
    form, user = CodeForm(), current_user
    if user.totp_confirmed and not g.sign_in_session.second_factor_passed:
        return redirect(url_for("account.confirm_code", next=request.path))
    if request.method == "POST" and "begin" in request.form and not user.totp_confirmed:
        second_factors.new_secret(user)
        return redirect(url_for("account.second_factor"))
    if form.validate_on_submit() and user.totp_secret:
        if user.totp_confirmed:
            if _code_fits(user, form):
                second_factors.new_secret(user)
                return redirect(url_for("account.second_factor"))
        else:
            try:
                codes = second_factors.confirm(db.session(), user, form.code.data or "", now=clock.now())
            except Refused as error:
                form.code.errors = [show(error.words)]
            else:
                g.sign_in_session.second_factor_passed = True
                return render_template("account/recovery_codes.html", codes=codes, home=_home(user))
    picture = None
    if user.totp_secret and not user.totp_confirmed:
        picture = qr_code(second_factors.address(user)).svg_data_uri(scale=4, border=2)
    page = render_template(
        "account/second_factor.html",
        form=form,
        picture=picture,
        secret=user.totp_secret,
        confirmed=user.totp_confirmed,
        required=_settings().second_factor_required and user.is_staff,
    )
    return page, 422 if form.is_submitted() else 200


@bp.route("/account/password", methods=["GET", "POST"])
@signed_in
def password() -> ResponseReturnValue:
    form = PasswordForm()
    if form.validate_on_submit() and _password_changed(form):
        flash(_("密码已修改，请用新密码登录。"), "ok")
        return _forget_cookie(redirect(url_for("account.sign_in")))
    page = render_template("account/password.html", form=form)
    return page, 422 if form.is_submitted() else 200


def _password_changed(form: PasswordForm) -> bool:
    user, now, settings = current_user, clock.now(), _settings()
    if accounts.is_locked(user, now):
        form.old.errors = [_("输错次数过多，账号已暂时锁定，请稍后再试。")]
        return False
    try:
        accounts.change_password(
            db.session(), user, old=form.old.data or "", new=form.password.data or "", now=now
        )
    except accounts.WrongPassword as error:
        accounts.count_failure(user, now=now, failures=settings.lockout_failures, lockout=settings.lockout)
        keep()
        form.old.errors = [show(error.words)]
        return False
    except accounts.WeakPassword as error:
        form.password.errors = [show(error.words)]
        return False
    return True


@bp.route("/organisation", methods=["GET", "POST"])
@signed_in
def organisation() -> ResponseReturnValue:
    form, mine, link = InviteForm(), current_user.organisation, None
    if form.validate_on_submit():
        try:
            token = invitations.send(
                db.session(),
                mine,
                email=form.email.data or "",
                can_sign=bool(form.can_sign.data),
                actor=current_user,
                now=clock.now(),
            )
        except Refused as error:
            form.email.errors = [show(error.words)]
        else:
            link, form = join_link(token), InviteForm(formdata=None)
    page = render_template(
        "account/organisation.html",
        form=form,
        organisation=mine,
        link=link,
        empty=EmptyForm(formdata=None),
        invitations=invitations.pending(db.session(), mine, now=clock.now()),
        now=clock.now(),
        roles=ROLE_WORDS,
    )
    return page, 422 if form.errors else 200


def join_link(token: str) -> str:
    """The address an invited person opens; built from the settings, never from the request's host."""
    return _settings().public_url + url_for("account.join", token=token)


@bp.post("/organisation/invitations/<int:invitation_id>/withdraw")
@signed_in
def withdraw_invitation(invitation_id: int) -> ResponseReturnValue:
    invitation = db.session.get(Invitation, invitation_id)
    if invitation is None or invitation.organisation_id != current_user.organisation_id:
        raise NotFound
    invitations.withdraw(db.session(), invitation, actor=current_user, now=clock.now())
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
    invitation = invitations.find(db.session(), token, now=clock.now())
    form = JoinForm()
    if form.validate_on_submit():
        try:
            invitations.accept(
                db.session(),
                invitation,
                name=form.name.data or "",
                password=form.password.data or "",
                now=clock.now(),
            )
        except accounts.WeakPassword as error:
            form.password.errors = [show(error.words)]
        except Refused as error:
            form.form_errors.append(show(error.words))
        else:
            flash(_("账号已建立，请登录。"), "ok")
            return redirect(url_for("account.sign_in"))
    page = render_template("account/join.html", form=form, invitation=invitation)
    return page, 422 if form.is_submitted() else 200
