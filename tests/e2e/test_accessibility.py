"""axe-core on every page of the demonstration for every role, light and dark, wide and narrow."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry import config
from registry.app import create_app
from registry.database import make_engine
from registry.demo.cast import PASSWORD
from registry.models import (
    Application,
    IndexRelease,
    Organisation,
    PublicNotice,
    RegistryEntry,
    Role,
    State,
    User,
)
from tests.e2e.sites import Site
from tests.e2e.visitors import NARROW, WIDE, visit
from tests.registry.routes import TABLE

AXE = (Path(__file__).parent / "vendor" / "axe-core@4.14.1" / "axe.min.js").read_text(encoding="utf-8")
RUN = """only => axe.run(document, {
    runOnly: only, resultTypes: ["violations"],
}).then(found => found.violations.map(v => [v.id, v.nodes.length, v.nodes[0].html.slice(0, 200)]))"""
ALL = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Dark pages differ from light ones in nothing but colour.
COLOUR = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
# Pages that only a link, a running job or a download shows; each has tests of its own.
NOT_VISITED = frozenset(
    {"static", "public.certificate", "public.download", "account.join", "account.confirm_code", "admin.job"}
)
# One case sheet for each of these, since each shows other forms.
SHEETS = ("submitted", "screened", "dept_review", "expert", "proposed", "publicity", "matched")
WAITING = {"department": "dept_review", "exchange_expert": "assessment", "panel_member": "expert"}
SCREENS = [("light", WIDE), ("dark", WIDE), ("light", NARROW), ("dark", NARROW)]


def _states(session: Session) -> dict[State, Application]:
    """One application of each state."""
    return {a.state: a for a in session.scalars(select(Application).order_by(Application.id.desc()))}


@pytest.fixture(scope="module")
def addresses(demo_site: Site) -> dict[str, list[str]]:
    """The pages of each role, from the table of routes: for things with states, one page a state."""
    engine = make_engine(demo_site.database_url)
    with Session(engine) as session:
        found = {role: _pages(session, role) for role in ["anonymous", *(str(role) for role in Role)]}
    engine.dispose()
    return found


def _pages(session: Session, role: str) -> list[str]:
    """What everybody may see is walked once without an account, what all accounts may see by enterprises."""
    pages = [
        route.address
        for route in TABLE
        if route.method == "GET"
        and route.endpoint not in NOT_VISITED
        and route.expected(role) == 200
        and (role in ("anonymous", "enterprise") or not {"anonymous", "enterprise"} & route.audience)
        and (role == "anonymous" or "anonymous" not in route.audience)
    ]
    names = _names(session, role)
    return [address for page in pages for address in _filled(page, names)]


def _filled(page: str, names: dict[str, list[Any]]) -> list[str]:
    if page in ("/", "/entries"):
        return [f"{page}?lang=en", f"{page}?lang=zh"]
    if page.endswith("/sections/project"):
        return [
            page.replace("{draft}", str(draft)).replace("project", section)
            for draft in names["{draft}"]
            for section in ("project", "finance", "benefit", "declarations")
        ]
    name = re.search(r"\{\w+\}", page)
    return [page.replace(name[0], str(value)) for value in names[name[0]]] if name else [page]


def _names(session: Session, role: str) -> dict[str, list[Any]]:
    by_state = _states(session)
    sheets = [by_state[State(s)].id for s in SHEETS] if role == "officer" else []
    if role in WAITING:
        sheets = [by_state[State(WAITING[role])].id]
    drafts: list[int] = []
    if role == "enterprise":
        owner = session.scalars(select(User).where(User.role == role).order_by(User.id)).first()
        assert owner is not None
        mine = session.scalars(
            select(Application).where(Application.organisation_id == owner.organisation_id)
        ).all()
        drafts = [a.id for a in mine if a.state == State.DRAFT][:1]
        sheets = [a.id for a in mine if a.state in (State.SUBMITTED, State.RETURNED, State.PROMOTED)]
    listed = select(RegistryEntry.number).where(
        RegistryEntry.consent_bank, RegistryEntry.delisted_on.is_(None)
    )
    released = select(IndexRelease.id)
    return {
        "{draft}": drafts,
        "{filed}": sheets,
        "{entry}": [session.scalars(listed).first()],
        "{notice}": [session.scalars(select(PublicNotice.number)).first()],
        "{published}": [session.scalars(released.where(IndexRelease.state == "published")).first()],
        "{prepared}": [session.scalars(released).first()],
        "{organisation}": [session.scalars(select(Organisation.id)).first()],
    }


def test_every_page_of_every_role_passes(
    chromium: Browser,
    demo_site: Site,
    addresses: dict[str, list[str]],
    record_property: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found: Counter[str] = Counter()
    examples: dict[str, str] = {}
    sideways: list[str] = []
    checks = pages = 0
    for role, paths in addresses.items():
        # The policy of the pages forbids scripts from elsewhere, so only this context may run axe.
        with visit(chromium, demo_site.url, bypass_csp=True) as visitor:
            if role != "anonymous":
                visitor.sign_in(f"{role.replace('_', '-')}@demo.example", PASSWORD)
            for path in paths:
                assert visitor.open(path) == 200, f"{role} {path}"
                pages += 1
                visitor.unfold()
                visitor.page.evaluate(AXE)
                for scheme, size in SCREENS:
                    visitor.page.set_viewport_size(size)  # type: ignore[arg-type]
                    visitor.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                    checks += 1
                    for rule, nodes, example in visitor.page.evaluate(
                        RUN, COLOUR if scheme == "dark" else ALL
                    ):
                        found[rule] += nodes
                        examples.setdefault(f"{rule} {role} {path} {scheme} {size['width']}", example)
                    if size is NARROW and visitor.scrolls_sideways():
                        sideways.append(f"{role} {path}")

    record_property("axe", f"{pages} pages, {checks} checks, {sum(found.values())} violations")
    with capsys.disabled():
        print(f"\naxe: {pages} pages × 4 screens = {checks} checks × {sum(found.values())} violations")
    assert not found, "\n".join([str(found), *(f"{where}: {what}" for where, what in examples.items())][:60])
    assert sorted(set(sideways)) == []


def test_axe_would_notice_a_faint_text_and_a_picture_without_words(
    chromium: Browser, demo_site: Site
) -> None:
    with visit(chromium, demo_site.url, bypass_csp=True) as visitor:
        visitor.open("/")
        visitor.page.evaluate(AXE)
        visitor.page.evaluate(
            """() => { document.querySelector("main").innerHTML +=
            "<p style='color:#eee;background:#fff'>faint</p><img src='/static/mark.svg'>" }"""
        )

        light = {rule for rule, *_ in visitor.page.evaluate(RUN, ALL)}
        visitor.page.emulate_media(color_scheme="dark")
        dark = {rule for rule, *_ in visitor.page.evaluate(RUN, COLOUR)}

    assert {"color-contrast", "image-alt"} <= light
    assert "color-contrast" in dark


def test_pages_under_their_own_policy_complain_of_nothing(
    chromium: Browser, demo_site: Site, addresses: dict[str, list[str]]
) -> None:
    """Without the exception for axe: no refused script or style, no error, no request to another host."""
    for role, paths in addresses.items():
        with visit(chromium, demo_site.url) as visitor:
            if role != "anonymous":
                visitor.sign_in(f"{role.replace('_', '-')}@demo.example", PASSWORD)
            for path in {re.sub(r"/\d+", "/N", path): path for path in paths}.values():
                visitor.open(path)
                assert visitor.page.locator("h1").count() == 1, path
                marked = "Demonstration" if "lang=en" in path else "演示数据"
                assert marked in visitor.page.locator("body").inner_text(), path


def test_every_page_to_look_at_is_visited(demo_site: Site, addresses: dict[str, list[str]]) -> None:
    """A route that shows a page belongs to some role's walk."""
    app: Flask = create_app(
        config.from_environment({"REGISTRY_MODE": "demo", "REGISTRY_DATABASE_URL": demo_site.database_url})
    )
    adapter = app.url_map.bind("127.0.0.1")
    seen = {adapter.match(path.partition("?")[0])[0] for paths in addresses.values() for path in paths}
    shown = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}

    assert shown - seen == NOT_VISITED
