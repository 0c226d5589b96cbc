"""A small registry with one of everything, nine people at nine browsers, and a way back to its beginning."""

import sqlite3
from contextlib import closing
from datetime import timedelta

from flask import Flask
from sqlalchemy import make_url
from sqlalchemy.orm import Session

from registry.database import db
from registry.models import (
    Application,
    BackgroundJob,
    Invitation,
    PublicNotice,
    RegistryEntry,
    Role,
    State,
    User,
)
from registry.services import applications, entries, facts, invitations, releases
from tests import servers
from tests.makers import make_application, make_user
from tests.projects import PV_INPUTS, PV_PLANT
from tests.registry import routes
from tests.registry.browsing import Browser
from tests.registry.clocks import NOW
from tests.registry.routes import ANONYMOUS, ENTERPRISE, IDENTITIES, STRANGER, Route


class World:
    """A small registry, nine browsers, and a way back to its first state after each try."""

    def __init__(self, app: Flask, session: Session) -> None:
        self.app = app
        self.people = _people(session)
        self.names = _things(session, self.people)
        session.commit()
        session.close()
        self.at = {name: Browser(app) for name in IDENTITIES}
        for name, person in self.people.items():
            if name in self.at:
                assert self.at[name].sign_in(person.email).status_code == 302
        self._tokens = {name: token for name in self.at if (token := self.at[name].cookie())}
        self.at[ANONYMOUS].get("/sign-in")
        self._database = make_url(app.config["SQLALCHEMY_DATABASE_URI"]).database or ""
        self._kept = f"{self._database}.kept"
        self._copy(self._database, self._kept)

    def restore(self) -> None:
        self._copy(self._kept, self._database)
        for name, token in self._tokens.items():
            self.at[name].set_cookie(token)

    def _copy(self, source: str, target: str) -> None:
        if self.app.config["SETTINGS"].is_sqlite:
            with closing(sqlite3.connect(source)) as read, closing(sqlite3.connect(target)) as written:
                read.backup(written)
        else:
            with self.app.app_context():
                db.engine.dispose()
            servers.postgresql().copy(source, target)

    def status(self, route: Route, identity: str) -> int:
        browser, address = self.at[identity], route.address.format(**self.names)
        answer = browser.get(address) if route.method == "GET" else browser.post(address)
        if answer.status_code == 302 and identity == ANONYMOUS and identity not in route.audience:
            assert answer.location.startswith("/sign-in?next="), answer.location
        return answer.status_code


def _people(session: Session) -> dict[str, User]:
    people = {role: make_user(session, Role(role)) for role in routes.ROLES}
    people[STRANGER] = make_user(session, Role.ENTERPRISE)
    people["colleague"] = make_user(session, organisation=people[ENTERPRISE].organisation, can_sign=False)
    people["second officer"] = make_user(session, Role.OFFICER)
    return people


def _things(session: Session, people: dict[str, User]) -> dict[str, str]:
    owner, officer = people[ENTERPRISE], people[routes.OFFICER]
    draft = make_application(session, owner)
    filed = _filed(session, owner)
    entry = _entry(session, owner)
    notice = PublicNotice(
        number="GS2026000001-1",
        application=entry.application,
        opens_on=NOW.date() - timedelta(days=20),
        closes_on=NOW.date() - timedelta(days=12),
        created_at=NOW,
    )
    job = BackgroundJob(id="job-1", kind="verify_audit", args={}, owner=owner, created_at=NOW)
    session.add_all([notice, job])
    token = invitations.send(
        session, owner.organisation, email="neu@example.org", can_sign=False, actor=owner, now=NOW
    )
    value = releases.enter(
        session,
        unit="110112",
        period="2025Q4",
        leaf="GOV2",
        value=40,
        source="区统计部门函件",
        actor=people["second officer"],
        now=NOW,
    )
    prepared = releases.prepare(session, period="2025Q3", actor=officer, now=NOW)
    published = releases.prepare(session, period="2025Q4", actor=officer, now=NOW)
    published.state, published.approved_by, published.published_at = (
        "published",
        people["second officer"],
        NOW,
    )
    session.flush()
    invitation = session.query(Invitation).one()
    return {
        "draft": str(draft.id),
        "filed": str(filed.id),
        "entry": entry.number,
        "notice": notice.number,
        "published": str(published.id),
        "prepared": str(prepared.id),
        "value": str(value.id),
        "invitation": str(invitation.id),
        "organisation": str(owner.organisation_id),
        "colleague": str(people["colleague"].id),
        "member": str(people[routes.PANEL].id),
        "job": job.id,
        "token": token,
    }


def _filed(session: Session, owner: User) -> Application:
    """The real plant, filled in and submitted."""
    application = applications.create(session, actor=owner, now=NOW)
    for section, typed in PV_PLANT.items():
        for inputs in (None, PV_INPUTS) if section == "benefit" else (None,):
            typed_facts = {**typed, "uscc": owner.organisation.uscc} if section == "enterprise" else typed
            applications.save(
                application,
                section,
                typed_facts,
                typed_inputs=inputs,
                seen_version=application.version,
                actor=owner,
                now=NOW,
            )
            session.flush()
    applications.submit(session, application, actor=owner, now=NOW)
    return application


def _entry(session: Session, owner: User) -> RegistryEntry:
    """A listed project that banks may see, with everything its pages show."""
    application = _filed(session, owner)
    screening = application.screening
    assert screening is not None
    screening.grade, screening.score = "medium", 70.0
    application.state = State.LISTED
    made = entries._entry(application, listed_on=NOW.date())
    session.add(made)
    session.flush()
    made.number = f"TZQH-2026-{made.id:05d}"
    made.content = entries._content(made, application)
    made.content_hash = facts.canonical_hash(made.content)
    entries.match(session, made, on=NOW.date())
    return made
