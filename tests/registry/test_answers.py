"""What every answer carries, and what merely looking never does."""

import re
import sqlite3
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, make_url
from sqlalchemy.orm import Session

from registry import access
from registry.models import Role
from tests.makers import make_user
from tests.registry.browsing import Browser, heading, words

SHIELDS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


def _broken() -> str:
    raise RuntimeError("planted")


@pytest.fixture
def app(app: Flask) -> Flask:
    """With one page that breaks."""
    app.add_url_rule("/broken", "broken", access.public(_broken))
    return app


@pytest.fixture
def enterprise(app: Flask, session: Session) -> Browser:
    make_user(session, Role.ENTERPRISE, email="a@example.org")
    session.commit()
    browser = Browser(app)
    browser.sign_in("a@example.org")
    return browser


ANSWERS = {
    "page": ("GET", "/sign-in", 200),
    "redirect": ("GET", "/admin/jobs", 302),
    "no token": ("POST", "/sign-in", 400),
    "unknown": ("GET", "/nowhere", 404),
    "wrong method": ("POST", "/static/site.css", 405),
    "broken": ("GET", "/broken", 500),
    "stylesheet": ("GET", "/static/site.css", 200),
    "no such file": ("GET", "/static/../registry/config.py", 404),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_shields_are_on_every_answer(app: Flask, name: str) -> None:
    method, path, status = ANSWERS[name]

    answer = app.test_client().open(path, method=method)

    assert answer.status_code == status
    assert {key: answer.headers.get(key) for key in SHIELDS} == SHIELDS
    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert (policy["base-uri"], policy["frame-ancestors"], policy["form-action"]) == (
        "'none'",
        "'none'",
        "'self'",
    )
    assert "Server" not in answer.headers or "Werkzeug" not in answer.headers["Server"]


def test_unchanged_file_carries_the_shields_too(app: Flask) -> None:
    first = app.test_client().get("/static/site.css")

    answer = app.test_client().get("/static/site.css", headers={"If-None-Match": first.headers["ETag"]})

    assert answer.status_code == 304
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("name", [name for name, (_, path, _) in ANSWERS.items() if "/static/" not in path])
def test_pages_are_not_stored_by_caches(app: Flask, name: str) -> None:
    method, path, _ = ANSWERS[name]

    assert app.test_client().open(path, method=method).headers["Cache-Control"] == "no-store"


def test_forbidden_and_refused_answers_carry_the_shields(enterprise: Browser) -> None:
    for answer in (enterprise.get("/admin/jobs"), enterprise.post("/organisation", email="")):
        assert {key: answer.headers.get(key) for key in SHIELDS} == SHIELDS


# ---- error pages


@pytest.mark.parametrize(
    ("method", "path", "says"),
    [
        ("GET", "/nowhere", "找不到这个页面"),
        ("GET", f"/admin/organisations/{10**30}", "找不到这个页面"),
        ("POST", "/sign-in", "请求无法处理"),
        ("GET", "/broken", "系统出错了"),
    ],
)
def test_error_page_says_what_to_do_and_has_a_number(app: Flask, method: str, path: str, says: str) -> None:
    answer = app.test_client().open(path, method=method)

    assert heading(answer) == says
    assert re.search(r"请求编号 [0-9A-F]{10}", words(answer))
    assert "planted" not in answer.text
    assert "Traceback" not in answer.text


def test_forbidden_page_differs_from_absent(enterprise: Browser) -> None:
    assert enterprise.get("/admin/jobs").status_code == 403
    assert enterprise.get("/jobs/nothing").status_code == 404


# ---- forms


@pytest.mark.parametrize("token", [None, "", "made-up", "IjAwIg.aaaa.bbbb"])
def test_form_without_the_right_token_is_refused(app: Flask, token: str | None) -> None:
    client = app.test_client()
    client.get("/sign-in")
    data = {"email": "a@example.org", "password": "x"} | ({} if token is None else {"csrf_token": token})

    answer = client.post("/sign-in", data=data)

    assert (answer.status_code, heading(answer)) == (400, "请求无法处理")


def test_token_of_another_browser_is_refused(app: Flask) -> None:
    page = app.test_client().get("/sign-in")
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert token is not None

    answer = app.test_client().post("/sign-in", data={"csrf_token": token.group(1)})

    assert answer.status_code == 400


# ---- languages


def test_chinese_comes_first(app: Flask) -> None:
    answer = app.test_client().get("/sign-in", headers={"Accept-Language": "en"})

    assert '<html lang="zh-CN">' in answer.text


def test_language_is_switched_by_the_address_and_remembered(app: Flask) -> None:
    browser = Browser(app)

    assert '<html lang="en">' in browser.get("/sign-in?lang=en").text
    assert '<html lang="en">' in browser.get("/sign-in").text
    assert '<html lang="zh-CN">' in browser.get("/sign-in?lang=zh").text
    assert '<html lang="zh-CN">' in browser.get("/sign-in").text


@pytest.mark.parametrize("asked", ["fr", "", "../en", "en\x00"])
def test_other_languages_are_ignored(app: Flask, asked: str) -> None:
    answer = app.test_client().get("/sign-in", query_string={"lang": asked})

    assert answer.status_code == 200
    assert '<html lang="zh-CN">' in answer.text
    assert not any(cookie.startswith("language=") for cookie in answer.headers.getlist("Set-Cookie"))


def test_language_link_keeps_the_other_filters(app: Flask) -> None:
    page = app.test_client().get("/sign-in?next=/organisation").text

    assert 'href="/sign-in?next=%2Forganisation&amp;lang=en"' in page


# ---- looking


def _open_paths(app: Flask) -> list[str]:
    """Every address without parts that anyone may open."""
    return sorted(
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
        and not rule.arguments
        and access.audience_of(app, rule.endpoint) == access.ANYONE
        and rule.endpoint != "broken"
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_looking_writes_nothing(app: Flask, engine: Engine, tmp_path: Path) -> None:
    paths = _open_paths(app)
    assert {"/", "/sign-in"} <= set(paths)
    beside = sqlite3.connect(make_url(str(engine.url)).database or "")
    before = beside.execute("PRAGMA data_version").fetchone()
    browser = Browser(app)

    answers = {path: browser.get(path).status_code for path in paths}

    assert set(answers.values()) <= {200, 302}, answers
    assert beside.execute("PRAGMA data_version").fetchone() == before


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_writing_would_have_been_noticed(app: Flask, engine: Engine) -> None:
    beside = sqlite3.connect(make_url(str(engine.url)).database or "")
    before = beside.execute("PRAGMA data_version").fetchone()

    Browser(app).sign_in("nobody@example.org")

    assert beside.execute("PRAGMA data_version").fetchone() != before
