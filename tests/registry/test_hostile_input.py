"""Hostile words in every form and every address that the site has, by those who may use them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_wtf import FlaskForm
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms.fields.core import UnboundField

from registry.forms import accounts, finance, review
from registry.models import Application, Opinion, State
from tests import servers
from tests.makers import make_application
from tests.registry import routes
from tests.registry.browsing import Browser, faults, heading, words
from tests.registry.routes import ANONYMOUS, ENTERPRISE, TABLE, Route
from tests.registry.world import World

HOSTILE = (
    "",
    "１２３４",
    "-1",
    "1e400",
    "NaN",
    "2026-13-40",
    "true",
    "<script>alert(1)</script>",
    "'; DROP TABLE account; --",
    "\u202etxt.exe\u200b\u0000",
    "\ud83d\udce6".encode("utf-16", "surrogatepass").decode("utf-16") * 3000,
    "9" * 400,
    str(2**63),
    "../../etc/passwd",
)
QUERIES = (
    "page=-1&page=x",
    "page=999999",
    "page=%EF%BC%91",
    "lang=xx",
    "lang=",
    "township=000&township=%00",
    "state=invented&state=all",
    "grade[]=dark&grade={}",
    "q=%25%25%25_%27%22%3Cb%3E",
    "q=" + "%E4%B8%80" * 3000,
    "number=-1&before=x&after=99999999999999999999",
    "code=%F0%9F%00%FF",
    "next=//evil.example",
)


@pytest.fixture(params=servers.BACKENDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """With the tables of the job library; what one database takes, the other may refuse."""
    with servers.database(request.param, tmp_path, template="jobs") as url:
        yield url


@pytest.fixture
def world(app: Flask, session: Session) -> World:
    return World(app, session)


def _field_names() -> list[str]:
    """Every name that a form of the site reads, but for the sections, which have tests of their own."""
    found = {"key", "panel_field", "begin", "done", "next", "stay", "version"}
    for module in (accounts, finance, review):
        for form in vars(module).values():
            if isinstance(form, type) and issubclass(form, FlaskForm):
                found |= {name for name in dir(form) if isinstance(getattr(form, name), UnboundField)}
    return sorted(found)


def _user_of(route: Route) -> str:
    """Somebody whom the route answers; the owner where things are owned."""
    return next(who for who in (ENTERPRISE, *routes.ROLES, ANONYMOUS) if who in route.audience)


def test_no_form_fails_whatever_its_fields_hold(world: World) -> None:
    names = _field_names()
    assert {"email", "signed", "period", "reason", "outcome", "seen_hash"} <= set(names)
    failed = []
    for route in TABLE:
        if route.method != "POST":
            continue
        who = _user_of(route)
        for typed in (*HOSTILE, list(HOSTILE)):
            fields = dict.fromkeys(names, typed)
            answer = world.at[who].post(route.address.format(**world.names), **fields)
            if answer.status_code >= 500:
                failed.append(f"{route.address} {typed[:20]!r}: {answer.status_code}")
            if "<script>alert(1)" in answer.text:
                failed.append(f"{route.address} echoes markup")
            if answer.status_code < 400:
                world.restore()

    assert not failed, "\n".join(failed)


def test_no_address_fails_whatever_its_query_says(world: World) -> None:
    failed = []
    for route in TABLE:
        if route.method != "GET":
            continue
        who = _user_of(route)
        for query in QUERIES:
            answer = world.at[who].get(f"{route.address.format(**world.names)}?{query}")
            if answer.status_code not in (200, 302, 404):
                failed.append(f"{route.address}?{query[:30]} {who}: {answer.status_code}")
            if answer.status_code == 302 and not answer.location.startswith("/"):
                failed.append(f"{route.address}?{query[:30]} leads to {answer.location}")

    assert not failed, "\n".join(failed)


@pytest.mark.parametrize(
    "number", ["0", "-1", "99999999999999999999", "1.5", "１", "abc", "%00", "1%20OR%201=1"]
)
def test_ids_that_are_none_are_not_found(world: World, number: str) -> None:
    for route in TABLE:
        name = re.search(r"\{\w+\}", route.address)
        if name is None or name[0] == "{token}":
            continue
        browser, address = world.at[_user_of(route)], route.address.replace(name[0], number)
        answer = browser.get(address) if route.method == "GET" else browser.post(address)
        assert answer.status_code in (404, 405, 422), f"{route.method} {address}"


@pytest.mark.parametrize(
    "address",
    [
        "/applications/{draft}/sections/invented",
        "/applications/{draft}/sections/..%2f..",
        "/index/{published}/download/exe",
        "/jobs/{job}%00",
    ],
)
def test_unknown_parts_of_an_address_are_not_found(world: World, address: str) -> None:
    assert world.at[ENTERPRISE].get(address.format(**world.names)).status_code == 404


def test_text_beyond_the_limit_is_refused_in_words(world: World) -> None:
    owner = world.at[ENTERPRISE]
    address = f"/applications/{world.names['draft']}/sections/project"
    owner.get(address)

    long = owner.post(address, version="1", description="长" * 60_000)
    huge = owner.post(address, version="1", description="x" * 5_000_000)

    assert long.status_code == 422
    assert any("字" in fault for fault in faults(long)), faults(long)
    assert (huge.status_code, heading(huge)) == (413, "内容太大")


def test_invisible_characters_in_a_note_are_stored_or_left_out(world: World, session: Session) -> None:
    officer, filed = world.at[routes.OFFICER], world.names["filed"]

    answer = officer.post(
        f"/review/{filed}/steps/accept",
        reason_code="complete",
        note="材料\0齐全\u202e\u200b",
        version=_version(session, filed),
    )

    assert answer.status_code == 302
    sheet = officer.get(f"/review/{filed}")
    assert sheet.status_code == 200
    assert "\0" not in sheet.text


# ---- sent twice


def _version(session: Session, application_id: str) -> str:
    session.rollback()
    found = session.get(Application, int(application_id))
    assert found is not None
    session.refresh(found)
    return str(found.version)


def test_second_sending_of_a_submission_submits_nothing_more(world: World, session: Session) -> None:
    filed = int(world.names["filed"])
    owner = world.at[ENTERPRISE]
    owner.get(f"/applications/{filed}/progress")

    again = owner.post(f"/applications/{filed}/check")

    assert again.location == f"/applications/{filed}/progress"
    found = session.get(Application, filed)
    assert found is not None
    assert (len(found.submissions), len(found.screenings)) == (1, 1)


def test_second_sending_of_a_step_is_a_conflict(world: World, session: Session) -> None:
    officer, address = world.at[routes.OFFICER], f"/review/{world.names['filed']}/steps/accept"
    version = _version(session, world.names["filed"])

    answers = [
        officer.post(address, reason_code="complete", note="", version=version).status_code for _ in range(2)
    ]

    assert answers == [302, 409]


def test_second_sending_of_an_opinion_is_refused(world: World, session: Session) -> None:
    found = session.get(Application, int(world.names["filed"]))
    assert found is not None
    found.state = State.DEPT_REVIEW
    session.commit()
    department, address = world.at[routes.DEPARTMENT], f"/review/{found.id}/opinion"

    answers = [department.post(address, outcome="no_objection", comment="").status_code for _ in range(2)]

    assert answers == [302, 409]
    assert len(session.scalars(select(Opinion)).all()) == 1


def test_officer_decides_on_the_version_that_was_seen(world: World, session: Session) -> None:
    """Two officers have the case open; the second is told, and nothing of hers is applied."""
    version = _version(session, world.names["filed"])
    address = f"/review/{world.names['filed']}/steps"
    first, second = world.at[routes.OFFICER], Browser(world.app)
    second.sign_in(world.people["second officer"].email)

    assert first.post(f"{address}/accept", reason_code="complete", version=version).status_code == 302
    late = second.post(f"{address}/return", reason_code="incomplete", version=version)

    assert late.status_code == 409
    assert "刚被他人修改" in words(late)
    session.rollback()
    found = session.get(Application, int(world.names["filed"]))
    assert found is not None
    assert found.state == State.ACCEPTED


def test_draft_of_another_state_is_not_edited(world: World, session: Session) -> None:
    owner = world.people[ENTERPRISE]
    lead = make_application(session, session.merge(owner), State.LEAD)
    session.commit()
    address = f"/applications/{lead.id}/sections/project"

    answer = world.at[ENTERPRISE].post(address, version="1", project_name="改名")

    assert answer.location == f"/applications/{lead.id}/progress"
    session.refresh(lead)
    assert lead.facts.get("project_name") != "改名"
