"""Several processes write at once: nothing is lost, nobody is told that the database is locked."""

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from registry import audit
from registry.database import BUSY_TIMEOUT_MS, make_engine, writing
from registry.models import AuditEvent, User
from tests import servers, writers

SECONDS = 2.0
WRITERS = 4


@pytest.mark.parametrize("backend", servers.BACKENDS)
def test_four_writers_lose_nothing(backend: str, tmp_path: Path) -> None:
    with servers.database(backend, tmp_path) as url:
        writers.prepare(url)
        tally = writers.write_for(url, SECONDS, WRITERS)
        engine = make_engine(url)
        with Session(engine) as session:
            stored = Counter({user.id: user.failed_sign_ins for user in session.scalars(select(User))})
            events = session.scalar(select(func.count()).select_from(AuditEvent))
            verification = audit.verify(session)
        engine.dispose()
    print(f"{backend}: {tally}")
    assert tally.faults == []
    assert tally.commits.total() > 0
    assert stored == tally.commits
    assert events == tally.commits.total()
    assert verification.ok


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    url = servers.create_sqlite(tmp_path)
    writers.prepare(url)
    return url


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Engine]:
    engine = make_engine(sqlite_url)
    yield engine
    engine.dispose()


def _failures(session: Session) -> int:
    return session.scalars(select(User.failed_sign_ins).where(User.id == 1)).one()


def test_every_connection_is_durable_patient_and_strict(sqlite: Engine) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": BUSY_TIMEOUT_MS}
    with sqlite.connect() as first, sqlite.connect() as second:
        for connection in (first, second):
            assert {name: connection.scalar(text(f"PRAGMA {name}")) for name in wanted} == wanted


def test_a_second_writer_waits_for_the_first_and_reads_what_it_wrote(sqlite: Engine) -> None:
    read: list[int] = []

    def second() -> None:
        with writing(sqlite) as session:
            read.append(_failures(session))
            session.get_one(User, 1).failed_sign_ins += 1

    with writing(sqlite) as session:
        session.get_one(User, 1).failed_sign_ins += 1
        session.flush()
        other = threading.Thread(target=second)
        other.start()
        other.join(0.3)
        assert read == []
    other.join()
    with Session(sqlite) as session:
        assert (read, _failures(session)) == ([1], 2)


def test_a_reader_neither_waits_for_a_writer_nor_sees_half_of_it(sqlite: Engine) -> None:
    with Session(sqlite) as reader:
        assert _failures(reader) == 0
        with writing(sqlite) as session:
            session.get_one(User, 1).failed_sign_ins += 1
            session.flush()
            assert _failures(reader) == 0
        assert _failures(reader) == 0
    with Session(sqlite) as reader:
        assert _failures(reader) == 1


def test_a_reader_that_turns_writer_is_refused_rather_than_overwriting(sqlite: Engine) -> None:
    """Why a unit of work says at its start that it will write: patience does not help afterwards."""
    with Session(sqlite) as late:
        user = late.get_one(User, 1)
        with writing(sqlite) as session:
            session.get_one(User, 1).failed_sign_ins += 1
        user.failed_sign_ins += 1
        with pytest.raises(OperationalError, match="locked"):
            late.flush()
    with Session(sqlite) as session:
        assert _failures(session) == 1


def test_the_drivers_own_transactions_would_lose_the_update(sqlite_url: str) -> None:
    """The control: what the settings of `registry.database` are for."""
    engine = create_engine(sqlite_url)
    read, write = (
        "SELECT failed_sign_ins FROM account WHERE id = 1",
        "UPDATE account SET failed_sign_ins = :n WHERE id = 1",
    )
    with engine.connect() as first, engine.connect() as second:
        seen_by_first, seen_by_second = first.scalar(text(read)), second.scalar(text(read))
        first.execute(text(write), {"n": seen_by_first + 1})
        first.commit()
        second.execute(text(write), {"n": seen_by_second + 1})
        second.commit()
        assert second.scalar(text(read)) == 1
    engine.dispose()
