"""Every route × every identity against the table of `routes.py`."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from registry import access
from registry.models import (
    Application,
    RegistryEntry,
    Role,
    State,
    User,
)
from tests import servers
from tests.makers import make_user
from tests.registry import routes
from tests.registry.browsing import Browser, heading, words
from tests.registry.routes import ANONYMOUS, ENTERPRISE, IDENTITIES, STRANGER, TABLE
from tests.registry.world import World

ABSENT = {
    "draft": "2147480000",
    "filed": "2147480000",
    "entry": "TZQH-2026-99999",
    "notice": "GS000-9",
    "published": "2147480000",
    "prepared": "2147480000",
    "value": "2147480000",
    "invitation": "2147480000",
    "organisation": "2147480000",
    "colleague": "2147480000",
    "member": "2147480000",
    "job": "nothing",
    "token": "nothing",
}


@pytest.fixture
def database_url(tmp_path: Path) -> Iterator[str]:
    """SQLite alone: who may call what is decided before a statement of either database runs."""
    with servers.database("sqlite", tmp_path, template="jobs") as url:
        yield url


@pytest.fixture
def world(app: Flask, session: Session) -> World:
    return World(app, session)


def _served(app: Flask) -> set[tuple[str, str]]:
    return {
        (rule.endpoint, method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_every_route_is_in_the_table_and_every_row_is_a_route(app: Flask) -> None:
    declared = [(route.endpoint, route.method) for route in TABLE]

    assert set(declared) == _served(app)
    assert len(declared) == len(set(declared))


def test_views_declare_the_audiences_of_the_table(app: Flask) -> None:
    everybody = frozenset(IDENTITIES)
    for route in TABLE:
        declared = access.audience_of(app, route.endpoint)
        if route.audience == everybody:
            assert declared == access.ANYONE, route.endpoint
        else:
            roles = route.audience - {STRANGER}
            assert {str(role) for role in declared} >= roles, route.endpoint
            assert declared, f"{route.endpoint} declares no audience"


def test_view_without_an_audience_answers_nobody(app: Flask, session: Session) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    browsers = [Browser(app)]
    for role in Role:
        person = make_user(session, role)
        session.commit()
        browsers.append(Browser(app))
        browsers[-1].sign_in(person.email)

    answers = [browser.get("/forgotten").status_code for browser in browsers]

    assert answers == [302, *[403] * len(Role)]


def test_every_route_answers_every_identity_as_declared(
    world: World, record_property: Callable[[str, object], None], capsys: pytest.CaptureFixture[str]
) -> None:
    otherwise, cells = [], 0
    for route in TABLE:
        for identity in IDENTITIES:
            found, expected = world.status(route, identity), route.expected(identity)
            cells += 1
            if found != expected:
                otherwise.append(f"{route.method} {route.address} {identity}: {found}, declared {expected}")
            if route.method == "POST" and found < 400:
                world.restore()

    record_property("routes", len(TABLE))
    record_property("cells", cells)
    with capsys.disabled():
        print(f"\n{len(TABLE)} routes × {len(IDENTITIES)} identities = {cells} cells")
    assert not otherwise, "\n".join(otherwise)
    assert cells == len(TABLE) * len(IDENTITIES)


def test_foreign_and_absent_things_answer_alike(world: World) -> None:
    """Whoever guesses an address learns nothing, whether the thing exists or not."""
    for route in TABLE:
        foreign = [identity for identity in IDENTITIES if route.expected(identity) == 404]
        for identity in foreign:
            browser = world.at[identity]
            answers = []
            for names in (world.names, ABSENT):
                address = route.address.format(**names)
                found = browser.get(address) if route.method == "GET" else browser.post(address)
                answers.append((found.status_code, heading(found), len(words(found))))
            assert answers[0] == answers[1], f"{route.method} {route.address} {identity}"


def test_absent_things_are_not_found_by_those_who_may_look(world: World) -> None:
    for route in TABLE:
        if "{" not in route.address:
            continue
        for identity in sorted(route.audience):
            address = route.address.format(**ABSENT)
            browser = world.at[identity]
            found = browser.get(address) if route.method == "GET" else browser.post(address)
            assert 400 <= found.status_code < 500, f"{route.method} {address} {identity}"
            assert found.status_code in (404, 410, 422), f"{route.method} {address} {identity}"


def test_unsubmitted_and_unconsented_things_stay_with_their_owner(
    app: Flask, session: Session, world: World
) -> None:
    entry = session.query(RegistryEntry).one()
    entry.consent_bank = False
    session.commit()

    for identity in (routes.OFFICER, routes.DEPARTMENT, routes.EXPERT, routes.PANEL):
        assert world.at[identity].get(f"/review/{world.names['draft']}").status_code == 404, identity
    assert world.at[routes.BANK].get(f"/bank/entries/{entry.number}").status_code == 404
    assert entry.number not in world.at[routes.BANK].get("/bank/").text
    assert entry.number in world.at[ANONYMOUS].get("/entries").text, "there to be hidden"


def test_panel_member_of_the_applicant_cannot_review(app: Flask, session: Session, world: World) -> None:
    owner = session.get(User, world.people[ENTERPRISE].id)
    assert owner is not None
    member = make_user(session, Role.PANEL_MEMBER, organisation=owner.organisation)
    member.role = Role.PANEL_MEMBER
    entry = session.query(RegistryEntry).one()
    entry.application.state = State.EXPERT
    session.commit()
    browser = Browser(app)
    browser.sign_in(member.email)
    sheet = f"/review/{entry.application_id}"
    browser.get(sheet)

    answer = browser.post(
        f"{sheet}/panel", no_conflict="y", recommendation="list", comment="同意入库，融资结构清楚。"
    )

    assert answer.status_code == 403


def test_extra_fields_change_nothing(world: World, session: Session) -> None:
    """Mass assignment: fields that a form does not have are not read."""
    before = session.get(User, world.people[ENTERPRISE].id)
    assert before is not None
    address = f"/applications/{world.names['draft']}/sections/enterprise"
    owner = world.at[ENTERPRISE]
    owner.get(address)

    owner.post(
        address, version="1", state="listed", role="officer", organisation_id="1", demo="1", number="X"
    )

    session.expire_all()
    draft = before.organisation
    found = session.get(Application, int(world.names["draft"]))
    assert found is not None
    assert (found.state, found.demo, found.organisation_id) == (State.DRAFT, False, draft.id)
    assert before.role == Role.ENTERPRISE
