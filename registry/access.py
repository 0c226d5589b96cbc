"""Which audience a route is for. A route that does not say so answers nobody."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from flask import Flask, Response, current_app, g, redirect, request, url_for
from flask_login import LoginManager, current_user
from werkzeug.wrappers import Response as BaseResponse

from registry import clock, database
from registry.carry import sign_in_again
from registry.config import Settings
from registry.database import db
from registry.errors import Forbidden
from registry.models import Role, SignInSession, User
from registry.services import sessions

View = TypeVar("View", bound=Callable[..., object])
ANYONE = frozenset({"anyone"})
EVERY_ROLE = frozenset(Role)
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
WITHOUT_SECOND_FACTOR = frozenset(
    {"account.second_factor", "account.sign_out", "account.confirm_code", "static"}
)


def audience(*roles: Role) -> Callable[[View], View]:
    """Declare the roles a view answers."""
    return _declare(frozenset(roles))


def public(view: View) -> View:
    """Declare a view that answers anyone; such a view never writes on GET."""
    return _declare(ANYONE)(view)


def signed_in(view: View) -> View:
    """Declare a view for everyone with an account."""
    return _declare(EVERY_ROLE)(view)


def begins_late(view: View) -> View:
    """Declare a view that opens its writing transaction itself, after slow work such as a password check."""
    view.begins_late = True  # type: ignore[attr-defined]
    return view


def _declare(roles: frozenset[str] | frozenset[Role]) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.audience = roles  # type: ignore[attr-defined]
        return view

    return mark


def audience_of(app: Flask, endpoint: str) -> frozenset[str]:
    """The declared audience of an endpoint; empty when nothing was declared."""
    if endpoint == "static":
        return ANYONE
    return frozenset(getattr(app.view_functions[endpoint], "audience", frozenset()))


def cookie_name(settings: Settings) -> str:
    return "__Host-registry" if settings.secure_cookies else "registry"


def init_app(app: Flask) -> None:
    manager = LoginManager()
    manager.session_protection = None
    manager.init_app(app)
    manager.request_loader(lambda _request: _load_user())
    app.before_request(_begin)
    app.before_request(_admit)


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def _begin() -> None:
    """A request that may change something starts as a writing transaction."""
    view = current_app.view_functions.get(request.endpoint or "")
    if request.method not in SAFE_METHODS and not getattr(view, "begins_late", False):
        database.begin_write(db.session())


def _load_user() -> User | None:
    token = request.cookies.get(cookie_name(_settings()))
    if not token:
        return None
    settings, now = _settings(), clock.now()
    found = sessions.find(
        db.session(), token, now=now, idle=settings.session_idle, absolute=settings.session_absolute
    )
    if found is None:
        g.session_expired = True
        return None
    g.sign_in_session = found
    if sessions.is_stale(found, now):
        _touch(found, now)
    return found.user


def _touch(found: SignInSession, now: datetime) -> None:
    if request.method in SAFE_METHODS:
        # A reading transaction is never upgraded: this note is a unit of work of its own.
        with database.writing(db.engine) as session:
            sessions.touch(session, found.id, now)
    else:
        sessions.touch(db.session(), found.id, now)


def _admit() -> Response | BaseResponse | None:
    if request.endpoint is None:
        return None  # no such page: the 404 page answers
    allowed = audience_of(current_app, request.endpoint)
    if allowed == ANYONE:
        return None
    if not current_user.is_authenticated:
        return sign_in_again()
    if current_user.role not in allowed:
        raise Forbidden(request.endpoint)
    return _second_factor_first()


def _second_factor_first() -> BaseResponse | None:
    if request.endpoint in WITHOUT_SECOND_FACTOR:
        return None
    user: User = current_user
    if user.totp_confirmed and not g.sign_in_session.second_factor_passed:
        return redirect(url_for("account.confirm_code", next=request.path))
    if _settings().second_factor_required and user.is_staff and not user.totp_confirmed:
        return redirect(url_for("account.second_factor"))
    return None
