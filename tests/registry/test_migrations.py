"""The numbered migrations: up, down, with data, and equal to the models on both databases."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import alembic.op
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Engine,
    Float,
    Integer,
    LargeBinary,
    String,
    Table,
    func,
    inspect,
    select,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

from registry import migrating
from registry.database import Base, Moment, make_engine
from tests import servers

TABLES = Base.metadata.sorted_tables
NUMBERS = [f"{number:04d}" for number in range(1, int(migrating.newest()) + 1)]
SAMPLES: tuple[tuple[type[TypeEngine[Any]], Any], ...] = (
    (Moment, datetime(2026, 3, 2, tzinfo=UTC)),
    (TypeDecorator, Decimal(1)),
    (JSON, {}),
    (LargeBinary, b"1"),
    (Boolean, True),
    (String, "123456"),
    (Float, 1.0),
    (Integer, 1),
)


@pytest.fixture(params=servers.BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def empty(backend: str, tmp_path: Path) -> Iterator[Engine]:
    with servers.database(backend, tmp_path, template=None) as url:
        engine = make_engine(url)
        yield engine
        engine.dispose()


@pytest.fixture
def filled(backend: str, tmp_path: Path) -> Iterator[Engine]:
    """A migrated database with one row in every table."""
    with servers.database(backend, tmp_path) as url:
        engine = make_engine(url)
        with engine.begin() as connection:
            for table in TABLES:
                connection.execute(table.insert().values({c.name: _sample(table, c) for c in table.columns}))
        yield engine
        engine.dispose()


def _sample(table: Table, column: Column[Any]) -> Any:
    if column.nullable:
        return None
    if isinstance(column.type, Date):  # a later column is a later day: periods open before they close
        return date(2026, 3, 2) + timedelta(days=list(table.columns).index(column))
    for constraint in table.constraints:
        if isinstance(constraint, CheckConstraint):
            words = re.fullmatch(rf"{column.name} IN \('([^']*)'.*\)", str(constraint.sqltext))
            if words:
                return words[1]
    return next(sample for kind, sample in SAMPLES if isinstance(column.type, kind))


def _differences(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))


def test_the_migrated_tables_are_the_models(empty: Engine) -> None:
    migrating.upgrade(empty)
    assert migrating.current(empty) == migrating.newest()
    assert _differences(empty) == []
    inspector = inspect(empty)
    for table in TABLES:  # the comparison above is blind to these
        declared = {c.name for c in table.constraints if isinstance(c, CheckConstraint)}
        assert {c["name"] for c in inspector.get_check_constraints(table.name)} == declared, table.name


def test_every_step_goes_down_and_up_again(empty: Engine) -> None:
    for number in NUMBERS:
        migrating.upgrade(empty, number)
        assert migrating.current(empty) == number
    for number in [*reversed(NUMBERS[:-1]), "base"]:
        migrating.downgrade(empty, number)
        assert migrating.current(empty) == (None if number == "base" else number)
    assert inspect(empty).get_table_names() == ["alembic_version"]
    migrating.upgrade(empty)
    assert _differences(empty) == []


def test_going_down_with_data_keeps_the_rows_of_the_tables_that_stay(filled: Engine) -> None:
    for number in [*reversed(NUMBERS[:-1]), "base"]:
        migrating.downgrade(filled, number)
        there = set(inspect(filled).get_table_names())
        with filled.connect() as connection:
            for table in TABLES:
                if table.name in there:
                    assert connection.scalar(select(func.count()).select_from(table)) == 1, table.name
    migrating.upgrade(filled)
    assert _differences(filled) == []


def test_each_step_down_and_up_again_leaves_the_older_rows(filled: Engine) -> None:
    before = set(inspect(filled).get_table_names())
    migrating.downgrade(filled, NUMBERS[-3])
    kept = [table for table in TABLES if table.name in inspect(filled).get_table_names()]
    migrating.upgrade(filled)
    assert set(inspect(filled).get_table_names()) == before
    with filled.connect() as connection:
        assert {connection.scalar(select(func.count()).select_from(table)) for table in kept} == {1}


def test_a_migration_that_fails_leaves_the_last_completed_state(
    empty: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_index = alembic.op.create_index

    def fail(name: str | None, table_name: str, *args: Any, **options: Any) -> None:
        if table_name == "background_job":
            raise OSError("the disk is full")
        create_index(name, table_name, *args, **options)

    monkeypatch.setattr(alembic.op, "create_index", fail)
    with pytest.raises(OSError, match="disk is full"):
        migrating.upgrade(empty)
    assert migrating.current(empty) == "0006"
    assert "background_job" not in inspect(empty).get_table_names()
    monkeypatch.undo()
    migrating.upgrade(empty)
    assert _differences(empty) == []


def test_the_job_librarys_tables_are_left_alone(backend: str, tmp_path: Path) -> None:
    with servers.database(backend, tmp_path, template="jobs") as url:
        engine = make_engine(url)
        schema = None if backend == "sqlite" else "dbos"
        assert "workflow_status" in inspect(engine).get_table_names(schema)
        with engine.connect() as connection:
            config = migrating._config()
            config.attributes["connection"] = connection
            command.check(config)  # raises when a migration would have to be written
        migrating.downgrade(engine, "base")
        assert "workflow_status" in inspect(engine).get_table_names(schema)
        engine.dispose()
