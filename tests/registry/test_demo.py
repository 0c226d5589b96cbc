"""The demonstration: complete, marked, verifiable, and removable without a trace in the tables."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry import audit
from registry.database import Base, make_engine, writing
from registry.demo import removal, seed
from registry.models import (
    Application,
    AuditEvent,
    ExternalClaim,
    IndexRelease,
    Organisation,
    RegistryEntry,
    State,
)
from scoring.places import townships
from scoring.taxonomy import categories
from tests import servers
from tests.makers import make_organisation

TODAY = date(2026, 11, 24)
CDM_PROJECTS = 3722


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """Filled once for this file; what a test changes is rolled back."""
    with servers.database("sqlite", tmp_path_factory.mktemp("demo")) as url:
        engine = make_engine(url)
        with writing(engine) as session:
            seed.fill(session, today=TODAY)
        with Session(engine) as session:
            yield session
        engine.dispose()


def _count(session: Session, model: type[Base]) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def test_about_two_hundred_projects_in_every_state(demonstration: Session) -> None:
    rows = demonstration.execute(select(Application.state, func.count()).group_by(Application.state)).all()
    states = {row[0]: row[1] for row in rows}

    assert 190 <= sum(states.values()) <= 210
    assert set(states) == set(State)


def test_every_township_and_every_category_is_there(demonstration: Session) -> None:
    rows = demonstration.scalars(select(Application.facts)).all()
    active = {c.code for c in categories().values() if c.active and c.objective}

    assert {facts.get("township") for facts in rows} - {None} == set(townships())
    assert {facts.get("category") for facts in rows} - {None} == active


def test_everything_is_marked_as_demonstration(demonstration: Session) -> None:
    for model in (Application, RegistryEntry, Organisation, IndexRelease):
        unmarked = demonstration.scalar(select(func.count()).select_from(model).where(~model.demo))
        assert unmarked == 0, model


def test_index_is_published_and_the_chain_of_events_holds(demonstration: Session) -> None:
    periods = demonstration.scalars(
        select(IndexRelease.period).where(IndexRelease.state == "published").order_by(IndexRelease.period)
    ).all()

    assert periods[-1] == "2026Q3"
    assert audit.verify(demonstration).ok


def test_registered_cdm_projects_are_imported(demonstration: Session) -> None:
    assert _count(demonstration, ExternalClaim) == CDM_PROJECTS


def test_removal_takes_the_demonstration_and_leaves_the_rest(demonstration: Session) -> None:
    mine = make_organisation(demonstration)
    events = _count(demonstration, AuditEvent)

    removed = removal.remove(demonstration)

    assert removed > 1000
    assert _count(demonstration, Application) == 0
    assert demonstration.scalars(select(Organisation)).all() == [mine]
    assert _count(demonstration, AuditEvent) == events
    assert audit.verify(demonstration).ok
    demonstration.rollback()


def test_same_day_gives_the_same_projects(tmp_path: Path) -> None:
    drawn = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        with servers.database("sqlite", tmp_path / name) as url, writing(make_engine(url)) as session:
            seed.fill(session, today=TODAY, share=0.1)
            drawn.append(session.scalars(select(Application.facts).order_by(Application.id)).all())

    assert drawn[0] == drawn[1]
