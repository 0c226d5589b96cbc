"""Bringing a database to a numbered state, up or down."""

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from registry.config import ROOT
from registry.database import WRITE


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "registry" / "migration"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(ROOT / "migrations"))
    return config


def upgrade(engine: Engine, target: str = "head") -> None:
    """Migrate up; on failure the database stays at the last completed migration."""
    _run(engine, command.upgrade, target)


def downgrade(engine: Engine, target: str) -> None:
    """Migrate down to `target` (`base` empties the database)."""
    _run(engine, command.downgrade, target)


def _run(engine: Engine, step: object, target: str) -> None:
    config = _config()
    with engine.connect().execution_options(**WRITE) as connection:
        config.attributes["connection"] = connection
        step(config, target)  # type: ignore[operator]
        connection.commit()


def current(engine: Engine) -> str | None:
    """The number of the last migration the database has had."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest() -> str:
    """The number of the last migration there is."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None, "the migrations folder is empty"
    return head
