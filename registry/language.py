"""Chinese first, English second: which one this request wants, and how Words are shown in it."""

from urllib.parse import urlencode

from flask import Flask, Response, g, has_request_context, request
from flask_babel import Babel
from jinja2 import Undefined, UndefinedError

from scoring.words import Words

LANGUAGES = ("zh", "en")
COOKIE = "language"
_LOCALES = {"zh": "zh_Hans_CN", "en": "en"}


def init_app(app: Flask) -> None:
    app.config.setdefault("BABEL_DEFAULT_LOCALE", "zh_Hans_CN")
    app.config.setdefault("BABEL_DEFAULT_TIMEZONE", "Asia/Shanghai")
    Babel(app, locale_selector=lambda: _LOCALES[current()])
    app.after_request(_remember)
    app.jinja_env.filters["words"] = show
    app.jinja_env.globals["language"] = current


def current() -> str:
    """zh or en: asked for in the address, else remembered in a cookie, else Chinese."""
    if not has_request_context():
        return "zh"
    if "language" not in g:
        asked = request.args.get("lang") or request.cookies.get(COOKIE, "zh")
        g.language = asked if asked in LANGUAGES else "zh"
    language: str = g.language
    return language


def show(words: Words | str | Undefined | None) -> str:
    """The text in the language of this request; a slip of a name in a template raises."""
    if isinstance(words, Words):
        return words.in_language(current())
    if isinstance(words, Undefined):
        raise UndefinedError(f"no text: {words._undefined_name}")
    return "" if words is None else str(words)


def url(language: str) -> str:
    """The address of this page in the other language."""
    arguments = {k: v for k, v in request.args.items(multi=True) if k != "lang"}
    return f"{request.path}?{urlencode({**arguments, 'lang': language})}"


def _remember(response: Response) -> Response:
    asked = request.args.get("lang")
    if asked in LANGUAGES and not g.get("static_file"):
        response.set_cookie(COOKIE, asked, max_age=365 * 86400, samesite="Lax", httponly=True)
    return response
