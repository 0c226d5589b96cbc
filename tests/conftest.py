"""A registry to test: a fresh migrated database, the application on it, a clock that stands still."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from registry import clock as registry_clock
from registry import config, passwords
from registry.app import create_app
from registry.config import Settings
from registry.database import db, make_engine
from tests import servers
from tests.registry.browsing import Browser
from tests.registry.clocks import Clock


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """The cost of a hash is for those who steal it, not for the tests."""
    hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", lambda: hasher)
        yield


@pytest.fixture(params=servers.BACKENDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with servers.database(request.param, tmp_path) as url:
        yield url


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return config.from_environment(
        {
            "REGISTRY_MODE": "test",
            "REGISTRY_DATABASE_URL": database_url,
            "REGISTRY_INSTANCE": str(tmp_path),
            "REGISTRY_PUBLIC_URL": "http://localhost",
        }
    )


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The pages' present; moves only when the test moves it."""
    standing = Clock()
    monkeypatch.setattr(registry_clock, "now", standing.now)
    return standing


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Templates are compiled once a run, not once an application."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def make_app(clock: Clock, compiled: FileSystemBytecodeCache) -> Iterator[Callable[[Settings], Flask]]:
    """An application with settings of the test's own; its connections are closed at the end."""
    made: list[Flask] = []

    def make(settings: Settings) -> Flask:
        application = create_app(settings)
        application.jinja_env.bytecode_cache = compiled
        made.append(application)
        return application

    yield make
    for application in made:
        with application.app_context():
            db.engine.dispose()


@pytest.fixture
def app(settings: Settings, make_app: Callable[[Settings], Flask]) -> Flask:
    return make_app(settings)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(database_url)
    yield made
    made.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session beside the application's: commit before the pages are to see what was made."""
    with Session(engine, expire_on_commit=False) as made:
        yield made


@pytest.fixture
def browser(app: Flask) -> Browser:
    return Browser(app)
