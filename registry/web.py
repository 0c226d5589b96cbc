"""The application object: one request, one transaction, and headers on every answer."""

import secrets

import structlog
from flask import Flask, Request, Response, current_app, g, request
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.routing import IntegerConverter, Map
from werkzeug.utils import cached_property
from werkzeug.wrappers import Response as BaseResponse

from registry.database import db
from registry.errors import Conflict, NotFound

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
REPLACED = "\ufffd"  # what Unicode shows for a character that cannot be shown
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "X-Frame-Options": "DENY",
}
log = structlog.get_logger("registry.web")


class RowNumber(IntegerConverter):
    """A number that fits the databases' integers; a larger one, or one in other digits, is no such page."""

    regex = r"[0-9]+"

    def __init__(self, map: Map, fixed_digits: int = 0, min: int | None = None, max: int = 2**31 - 1) -> None:
        super().__init__(map, fixed_digits, min, max)


class RegistryRequest(Request):
    """What was typed, with a mark for NUL characters, which nobody types and PostgreSQL cannot store."""

    @cached_property
    def args(self) -> MultiDict[str, str]:
        return _without_nul(super().args)

    def _load_form_data(self) -> None:
        super()._load_form_data()
        self.__dict__["form"] = _without_nul(self.__dict__["form"])


def _without_nul(fields: MultiDict[str, str]) -> MultiDict[str, str]:
    if not any("\0" in value for _name, value in fields.items(multi=True)):
        return fields
    return ImmutableMultiDict(
        [(name, value.replace("\0", REPLACED)) for name, value in fields.items(multi=True)]
    )


class RegistryApp(Flask):
    """Flask with the unit of work around the view: committed after a good answer, undone otherwise."""

    request_class = RegistryRequest

    def dispatch_request(self) -> BaseResponse:
        response = self.make_response(super().dispatch_request())
        if response.status_code < 400 or g.get("keep"):
            try:
                db.session.commit()
            except StaleDataError as error:
                db.session.rollback()
                raise Conflict from error
        else:
            db.session.rollback()
        return response


def keep() -> None:
    """Commit although the answer is a refusal: a draft with faults, a failed sign-in that is counted."""
    g.keep = True


def init_app(app: Flask) -> None:
    app.url_map.converters["int"] = RowNumber
    app.before_request(_number_request)
    app.before_request(_limit_text)
    app.before_request(_refuse_nul)
    app.after_request(_add_headers)


def _number_request() -> None:
    g.request_id = secrets.token_hex(5).upper()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=g.request_id)


def _limit_text() -> None:
    """Files may be large; typed text may not, in whichever encoding a form is sent."""
    if request.mimetype == "application/x-www-form-urlencoded":
        request.max_content_length = current_app.config["MAX_FORM_MEMORY_SIZE"]


def _refuse_nul() -> None:
    """No address of ours has a NUL, and PostgreSQL fails on looking for one."""
    if "\0" in request.path:
        raise NotFound


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if current_app.config["SETTINGS"].secure_cookies:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
        log.info("answered", method=request.method, endpoint=request.endpoint, status=response.status_code)
    return response
