"""Signed-in browsers: how long they last, how they end, and that nothing typed is lost when they do."""

import html
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from registry import carry
from registry.config import Settings
from registry.models import Invitation, Role, SignInSession, User
from tests.makers import make_user
from tests.registry.browsing import PASSWORD, Browser, heading, hidden, words
from tests.registry.clocks import Clock

IDLE, ABSOLUTE = timedelta(minutes=30), timedelta(hours=12)
SECOND = timedelta(seconds=1)


@pytest.fixture
def user(session: Session) -> User:
    made = make_user(session, Role.ENTERPRISE, email="a@example.org")
    session.commit()
    return made


@pytest.fixture
def browser(app: Flask, user: User) -> Browser:
    browser = Browser(app)
    browser.sign_in("a@example.org")
    return browser


def _is_in(browser: Browser) -> bool:
    return browser.get("/organisation").status_code == 200


# ---- how long


def test_idle_session_ends(browser: Browser, clock: Clock) -> None:
    clock.move(IDLE)
    assert _is_in(browser)
    clock.move(IDLE + SECOND)
    assert not _is_in(browser)


def test_used_session_lasts_until_the_absolute_limit(browser: Browser, clock: Clock) -> None:
    for _ in range(24):
        clock.move(IDLE)
        assert _is_in(browser)

    clock.move(SECOND)

    assert not _is_in(browser)


def test_posting_keeps_a_session_alive(browser: Browser, clock: Clock) -> None:
    for number in range(3):
        clock.move(IDLE)
        assert browser.post("/organisation", email=f"b{number}@example.org").status_code == 200


def test_limits_come_from_the_settings(
    make_app: Callable[[Settings], Flask], settings: Settings, user: User, clock: Clock
) -> None:
    browser = Browser(make_app(replace(settings, session_idle=timedelta(minutes=5))))
    browser.sign_in("a@example.org")

    clock.move(timedelta(minutes=5) + SECOND)

    assert not _is_in(browser)


def test_page_warns_before_the_session_ends(app: Flask, browser: Browser) -> None:
    assert 'data-session-minutes="30"' in browser.get("/organisation").text
    assert "data-session-minutes" not in Browser(app).get("/sign-in").text


# ---- how it ends


def test_signing_out_ends_the_session_on_the_server(browser: Browser) -> None:
    kept = browser.cookie() or ""
    assert _is_in(browser)

    answer = browser.post("/sign-out")

    assert answer.location == "/"
    assert browser.cookie() is None
    browser.set_cookie(kept)
    assert not _is_in(browser)


def test_signing_out_by_link_does_nothing(browser: Browser) -> None:
    assert browser.get("/sign-out").status_code == 405
    assert _is_in(browser)


def test_signing_out_twice_is_harmless(browser: Browser) -> None:
    browser.post("/sign-out")

    assert browser.post("/sign-out").location == "/"


def test_signing_in_starts_a_new_session_and_ends_the_old(
    app: Flask, session: Session, browser: Browser
) -> None:
    old = browser.cookie() or ""

    browser.sign_in("a@example.org")

    assert browser.cookie() not in (None, old)
    assert session.scalar(select(func.count()).select_from(SignInSession)) == 1
    other = Browser(app)
    other.set_cookie(old)
    assert not _is_in(other)


def test_session_set_before_signing_in_is_not_taken_over(app: Flask, user: User) -> None:
    browser = Browser(app)
    browser.set_cookie("planted-by-somebody-else")

    browser.sign_in("a@example.org")

    assert browser.cookie() != "planted-by-somebody-else"
    thief = Browser(app)
    thief.set_cookie("planted-by-somebody-else")
    assert not _is_in(thief)


@pytest.mark.parametrize("value", ["", "x", "a" * 4000, "' OR 1=1 --", "%00", "\u4e2d"])
def test_made_up_cookie_is_nobody(app: Flask, browser: Browser, value: str) -> None:
    other = Browser(app)
    other.set_cookie(value)

    assert other.get("/organisation").status_code == 302
    assert other.get("/sign-in").status_code == 200


def test_only_the_digest_of_the_token_is_stored(session: Session, browser: Browser) -> None:
    stored = session.scalars(select(SignInSession.token_hash)).one()

    assert browser.cookie() not in (None, stored)
    assert re.fullmatch("[0-9a-f]{64}", stored)


def test_sessions_are_apart(app: Flask, browser: Browser) -> None:
    other = Browser(app)
    other.sign_in("a@example.org")

    browser.post("/sign-out")

    assert _is_in(other)


def test_dead_sessions_are_swept_when_somebody_signs_in(
    app: Flask, session: Session, browser: Browser, clock: Clock
) -> None:
    clock.move(ABSOLUTE + SECOND)

    Browser(app).sign_in("a@example.org")

    assert session.scalar(select(func.count()).select_from(SignInSession)) == 1


def test_who_is_signed_in_need_not_do_it_again(browser: Browser) -> None:
    assert browser.get("/sign-in").location == "/applications/"
    assert browser.get("/sign-in?next=/organisation").location == "/organisation"


# ---- cookies


def test_cookie_is_shielded(app: Flask, user: User) -> None:
    answer = Browser(app).sign_in("a@example.org")

    (cookie,) = [c for c in answer.headers.getlist("Set-Cookie") if c.startswith("registry=")]
    assert set(cookie.split("; ")[1:]) >= {"HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=43200"}
    assert "Domain" not in cookie


def test_cookies_are_bound_to_the_host_over_https(
    make_app: Callable[[Settings], Flask], settings: Settings, user: User
) -> None:
    client = make_app(replace(settings, secure_cookies=True)).test_client()
    page = client.get("/sign-in", base_url="https://localhost")
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert token is not None

    answer = client.post(
        "/sign-in",
        data={"csrf_token": token.group(1), "email": "a@example.org", "password": PASSWORD},
        base_url="https://localhost",
        headers={"Referer": "https://localhost/sign-in"},
    )

    cookies = [*page.headers.getlist("Set-Cookie"), *answer.headers.getlist("Set-Cookie")]
    assert {cookie.partition("=")[0] for cookie in cookies} == {"__Host-form", "__Host-registry"}
    for cookie in cookies:
        assert set(cookie.split("; ")) >= {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]


# ---- what was typed


def _type_after_the_end(browser: Browser, clock: Clock) -> TestResponse:
    browser.get("/organisation")
    clock.move(IDLE + SECOND)
    return browser.post("/organisation", email="新同事@example.org", can_sign="y")


def _continue(browser: Browser, offered: TestResponse) -> TestResponse:
    target = re.search(r'<form class="sheet[^>]*action="([^"]+)"', offered.text)
    assert target is not None, words(offered)
    return browser.post(html.unescape(target.group(1)), **hidden(offered))


def test_page_opened_after_the_end_is_reached_after_signing_in(browser: Browser, clock: Clock) -> None:
    clock.move(IDLE + SECOND)

    asked = browser.get("/organisation?lang=zh")
    page = browser.get(asked.location)
    landed = browser.sign_in("a@example.org", next=hidden(page)["next"][0])

    assert "登录已超时，请重新登录" in words(page)
    assert landed.location == "/organisation?lang=zh"


def test_typed_text_survives_the_end_of_the_session(session: Session, browser: Browser, clock: Clock) -> None:
    refused = _type_after_the_end(browser, clock)
    assert (refused.status_code, heading(refused)) == (401, "登录 Sign in")
    assert "您填写的内容还在" in words(refused)
    assert session.scalar(select(func.count()).select_from(Invitation)) == 0
    session.rollback()

    offered = browser.sign_in("a@example.org", **{k: v[0] for k, v in hidden(refused).items()})
    assert (offered.status_code, heading(offered)) == (
        200,
        "您刚才填写的内容还在 Your entries are still here",
    )
    assert "新同事@example.org" in words(offered)

    landed = _continue(browser, offered)
    assert landed.status_code == 200
    assert session.execute(select(Invitation.email, Invitation.can_sign)).all() == [
        ("新同事@example.org", True)
    ]


def test_typed_text_survives_a_wrong_password_on_the_way(browser: Browser, clock: Clock) -> None:
    refused = _type_after_the_end(browser, clock)

    again = browser.sign_in("a@example.org", "wrong", **{k: v[0] for k, v in hidden(refused).items()})
    offered = browser.sign_in("a@example.org", **{k: v[0] for k, v in hidden(again).items()})

    assert again.status_code == 422
    assert "新同事@example.org" in words(offered)


def test_typed_text_survives_the_second_factor(
    session: Session, user: User, browser: Browser, clock: Clock
) -> None:
    secret = pyotp.random_base32()
    user.totp_secret, user.totp_confirmed = secret, True
    session.commit()
    browser.post("/account/code", code=pyotp.TOTP(secret).at(clock.now()))
    refused = _type_after_the_end(browser, clock)

    asked = browser.sign_in("a@example.org", **{k: v[0] for k, v in hidden(refused).items()})
    assert heading(asked) == "两步验证 Second factor"
    wrong = browser.post("/account/code", code="000000", **hidden(asked))
    offered = browser.post("/account/code", code=pyotp.TOTP(secret).at(clock.now()), **hidden(wrong))

    assert wrong.status_code == 422
    assert _continue(browser, offered).status_code == 200
    assert session.scalar(select(Invitation.email)) == "新同事@example.org"


def test_passwords_are_never_carried(browser: Browser, clock: Clock) -> None:
    browser.get("/account/password")
    clock.move(IDLE + SECOND)

    refused = browser.post(
        "/account/password", old=PASSWORD, password="nine loud cranes", repeated="nine loud cranes"
    )

    assert refused.status_code == 401
    assert "carried" not in hidden(refused)
    assert "cranes" not in refused.text
    assert "刚才的操作没有生效" in words(refused)


def test_form_of_a_button_leads_home(session: Session, user: User, browser: Browser, clock: Clock) -> None:
    clock.move(IDLE + SECOND)

    refused = browser.post(f"/organisation/people/{user.id}/close")
    landed = browser.sign_in("a@example.org", **{k: v[0] for k, v in hidden(refused).items()})

    assert refused.status_code == 401
    assert landed.location == "/applications/"


def test_more_than_fits_is_not_promised(browser: Browser, clock: Clock) -> None:
    noise = "".join(chr(0x4E00 + number * 7919 % 20_000) for number in range(150_000))
    clock.move(IDLE + SECOND)

    refused = browser.post("/organisation", email=noise)

    assert refused.status_code == 401
    assert "carried" not in hidden(refused)
    assert "刚才的操作没有生效" in words(refused)


@pytest.mark.parametrize("carried", ["x", "eyJwYXRoIjoiL2V2aWwifQ.aaaa.bbbb", "a" * 250_000])
def test_made_up_carried_text_is_ignored(app: Flask, user: User, carried: str) -> None:
    answer = Browser(app).sign_in("a@example.org", carried=carried)

    assert (answer.status_code, answer.location) == (302, "/applications/")


def test_carried_markup_is_shown_as_text(app: Flask, user: User) -> None:
    with app.test_request_context():
        carried = carry.pack("/organisation", {"email": ['"><script>alert(1)</script>']})

    offered = Browser(app).sign_in("a@example.org", carried=carried)

    assert "<script>alert" not in offered.text
    assert '"><script>alert(1)</script>' in words(offered)
