"""Every refusal and failure as a page that helps: what happened, whether the work is safe, what to do."""

import structlog
from flask import Flask, g, render_template
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, CSRFProtect
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from registry.database import db
from registry.errors import RegistryError
from registry.language import show

log = structlog.get_logger("registry.refusals")
csrf = CSRFProtect()


def init_app(app: Flask) -> None:
    csrf.init_app(app)
    app.register_error_handler(RegistryError, _refused)
    app.register_error_handler(CSRFError, _http)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(Exception, _failed)


def _page(code: int, explanation: str | None = None) -> ResponseReturnValue:
    db.session.rollback()
    page = render_template(
        "errors/error.html", code=code, explanation=explanation, request_id=g.get("request_id", "")
    )
    return page, code


def _refused(error: RegistryError) -> ResponseReturnValue:
    log.info("refused", error=type(error).__name__, status=error.status)
    return _page(error.status, show(error.words))


def _http(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if code < 400:
        return error.get_response()
    log.info("refused", error=type(error).__name__, status=code)
    answer = _page(code)
    assert isinstance(answer, tuple)
    headers = {name: value for name, value in error.get_headers() if name == "Allow"}
    return answer[0], code, headers


def _database(error: OperationalError) -> ResponseReturnValue:
    log.error("database", error=str(error.orig)[:300])
    return _page(503)


def _failed(error: Exception) -> ResponseReturnValue:
    log.error("failed", exc_info=error)
    return _page(500)
