"""Background jobs: done once, told in their row, atomic with what asked for them, on both databases."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from registry import audit, config, jobs
from registry.config import ROOT
from registry.database import make_engine, writing
from registry.errors import Forbidden, NotFound, NotNow, Refused
from registry.models import AuditEvent, BackgroundJob, Role, Screening, State, User
from registry.work import kinds, slots
from registry.work.attempts import Progress
from registry.work.kinds import Kind
from scoring.words import Words
from tests import servers
from tests.makers import make_application, make_user

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
WORDS = Words("试验", "Trial")
Args = dict[str, Any]
Teach = Callable[[str, Kind], None]
_UNGUARD = {
    "sqlite": "DROP TRIGGER audit_event_no_update",
    "postgresql": "ALTER TABLE audit_event DISABLE TRIGGER audit_event_append_only",
}


@pytest.fixture(scope="module", params=servers.BACKENDS)
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with servers.database(request.param, tmp_path_factory.mktemp("jobs"), template="jobs") as address:
        yield address


@pytest.fixture(scope="module")
def engine(url: str) -> Iterator[Engine]:
    """A database with a worker that serves it."""
    engine = make_engine(url)
    with capture_logs(), jobs.worker(url, "w1", poll_seconds=0.05):
        yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def people(engine: Engine) -> dict[str, User]:
    with writing(engine) as session:
        return {role: make_user(session, role) for role in (Role.ADMINISTRATOR, Role.ENTERPRISE, Role.BANK)}


@pytest.fixture
def teach(monkeypatch: pytest.MonkeyPatch) -> Teach:
    """Add a kind of work for one test."""

    def add(name: str, kind: Kind) -> None:
        monkeypatch.setattr(kinds, "KINDS", {**kinds.KINDS, name: kind})

    return add


def _ask(
    engine: Engine, kind: str, args: Args | None = None, *, key: str = "1", owner: User | None = None
) -> str:
    with writing(engine) as session:
        return jobs.enqueue(session, kind, args or {}, key=key, owner=owner, now=NOW).id


def _see(engine: Engine, job_id: str) -> BackgroundJob:
    with Session(engine) as session:
        return jobs.status(session, job_id)


def _wait(engine: Engine, job_id: str, *states: str) -> BackgroundJob:
    deadline = time.monotonic() + 20
    while (job := _see(engine, job_id)).state not in (states or ("done", "failed")):
        assert time.monotonic() < deadline, f"{job_id} is still {job.state}"
        time.sleep(0.02)
    return job


def _record_each(session: Session, args: Args, progress: Progress) -> Args:
    for number in args["numbers"]:
        if number == args.get("bad"):
            raise ValueError(f"number {number} is bad")
        audit.record(session, args["action"], subject_kind="trial", subject_id=number, actor=None, now=NOW)
    return {"recorded": len(args["numbers"]), "pieces": 1}


RECORD = Kind(WORDS, _record_each, each="numbers")


def _recorded(engine: Engine, action: str) -> int:
    with Session(engine) as session:
        return (
            session.scalar(select(func.count()).select_from(AuditEvent).where(AuditEvent.action == action))
            or 0
        )


def _deliveries(session: Session, job_id: str) -> int:
    table = "workflow_status" if session.get_bind().dialect.name == "sqlite" else "dbos.workflow_status"
    question = text(f"SELECT count(*) FROM {table} WHERE workflow_uuid LIKE :id")
    return session.scalar(question, {"id": f"{job_id}@%"}) or 0


def test_progress_is_visible_while_the_body_reads(engine: Engine, teach: Teach) -> None:
    seen = threading.Event()

    def body(session: Session, args: Args, progress: Progress) -> Args:
        progress(50, 200)
        assert seen.wait(10)
        return {"answer": 42}

    teach("slow", Kind(WORDS, body))
    job_id = _ask(engine, "slow")
    while (job := _see(engine, job_id)).total is None:
        time.sleep(0.02)
    seen.set()
    assert (job.state, job.done, job.total) == ("running", 50, 200)
    job = _wait(engine, job_id)
    assert (job.state, job.done, job.total, job.result) == ("done", 200, 200, {"answer": 42})
    assert job.finished_at is not None


def test_a_request_rolled_back_never_happened(engine: Engine) -> None:
    with Session(engine) as session:
        job_id = jobs.enqueue(session, "verify_audit", {}, key="gone", owner=None, now=NOW).id
        assert _deliveries(session, job_id) == 1
        session.rollback()
        assert session.get(BackgroundJob, job_id) is None
        assert _deliveries(session, job_id) == 0


def test_a_double_click_asks_once(engine: Engine, teach: Teach) -> None:
    ran: list[str] = []
    teach("plain", Kind(WORDS, lambda session, args, progress: ran.append("ran") or {}))
    clicks = [threading.Thread(target=_ask, args=(engine, "plain")) for _ in range(6)]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()
    assert _ask(engine, "plain") == "plain:1"
    _wait(engine, "plain:1")
    with Session(engine) as session:
        assert _deliveries(session, "plain:1") == 1
    assert ran == ["ran"]


def test_a_failed_job_explains_itself_and_can_be_tried_again(
    engine: Engine, people: dict[str, User], teach: Teach
) -> None:
    broken = [True]

    def body(session: Session, args: Args, progress: Progress) -> Args:
        if broken[0]:
            raise LookupError("漷县镇 is not in the table")
        return {"attempt": "second"}

    teach("fragile", Kind(WORDS, body))
    job = _wait(engine, _ask(engine, "fragile", owner=people[Role.ENTERPRISE]))
    assert (job.state, job.error) == ("failed", "LookupError: 漷县镇 is not in the table")
    with Session(engine) as session:
        assert job.id in [found.id for found in jobs.failed(session)]
    broken[0] = False
    with writing(engine) as session:
        again = jobs.retry(session, job.id, actor=people[Role.ADMINISTRATOR])
        assert (again.state, again.attempt, again.error, again.finished_at) == ("waiting", 2, None, None)
    job = _wait(engine, job.id)
    assert (job.state, job.result, job.error) == ("done", {"attempt": "second"}, None)
    with Session(engine) as session:
        assert job.id not in [found.id for found in jobs.failed(session)]


def test_a_refusal_is_told_in_both_languages(engine: Engine, teach: Teach) -> None:
    def body(session: Session, args: Args, progress: Progress) -> Args:
        raise Refused(Words("清单是空的。", "The list is empty."))

    teach("refusing", Kind(WORDS, body))
    assert _wait(engine, _ask(engine, "refusing")).error == "清单是空的。\nThe list is empty."


def test_a_job_cancelled_in_time_never_runs(engine: Engine, people: dict[str, User], teach: Teach) -> None:
    ran: list[str] = []
    teach("named", Kind(WORDS, lambda session, args, progress: ran.append(args["name"]) or {}))
    owner = people[Role.ENTERPRISE]
    with writing(engine) as session:
        first = jobs.enqueue(session, "named", {"name": "first"}, key="first", owner=owner, now=NOW)
        jobs.cancel(session, first.id, actor=owner, now=NOW)
    _wait(engine, _ask(engine, "named", {"name": "second"}, key="second"))
    time.sleep(0.2)
    assert ran == ["second"]
    assert _see(engine, first.id).state == "cancelled"


def test_cancelling_a_running_job_keeps_its_result_out(
    engine: Engine, people: dict[str, User], teach: Teach
) -> None:
    go, ended = threading.Event(), threading.Event()

    def body(session: Session, args: Args, progress: Progress) -> Args:
        assert go.wait(10)
        try:
            progress(1, 2)
        finally:
            ended.set()
        return {"never": "stored"}

    teach("endless", Kind(WORDS, body))
    job_id = _ask(engine, "endless", owner=people[Role.BANK])
    _wait(engine, job_id, "running")
    with writing(engine) as session:
        jobs.cancel(session, job_id, actor=people[Role.BANK], now=NOW)
    go.set()
    assert ended.wait(10)
    time.sleep(0.2)
    job = _see(engine, job_id)
    assert (job.state, job.done, job.result, job.finished_at) == ("cancelled", 0, None, NOW)


def test_a_writing_job_stores_piece_by_piece(engine: Engine, teach: Teach) -> None:
    teach("record", RECORD)
    job = _wait(engine, _ask(engine, "record", {"numbers": list(range(50)), "action": "fifty"}))
    assert job.result == {"recorded": 50, "pieces": 3}
    assert (job.done, job.total) == (50, 50)
    empty = _wait(engine, _ask(engine, "record", {"numbers": [], "action": "none"}, key="empty"))
    assert (empty.state, empty.result) == ("done", {})


def test_a_bad_piece_leaves_the_earlier_ones_and_says_how_far_it_came(engine: Engine, teach: Teach) -> None:
    teach("record", RECORD)
    job = _wait(
        engine, _ask(engine, "record", {"numbers": list(range(50)), "bad": 45, "action": "bad"}, key="bad")
    )
    assert (job.state, job.done, job.total) == ("failed", 40, 50)
    assert job.error == "ValueError: number 45 is bad"
    assert _recorded(engine, "bad") == 40


def test_a_writing_job_cancelled_between_pieces_stops_there(
    engine: Engine, people: dict[str, User], teach: Teach
) -> None:
    started, go = threading.Event(), threading.Event()

    def body(session: Session, args: Args, progress: Progress) -> Args:
        counts = _record_each(session, args, progress)
        started.set()
        return counts

    def slowly(session: Session, args: Args, progress: Progress) -> Args:
        if args["numbers"][0] > 0:
            assert go.wait(10)
        return body(session, args, progress)

    teach("slowly", Kind(WORDS, slowly, each="numbers"))
    job_id = _ask(engine, "slowly", {"numbers": list(range(500)), "action": "slowly"})
    assert started.wait(10)
    threading.Timer(0.3, go.set).start()
    with writing(engine) as session:
        jobs.cancel(session, job_id, actor=people[Role.ADMINISTRATOR], now=NOW)
    time.sleep(0.6)
    job = _see(engine, job_id)
    assert job.state == "cancelled"
    assert _recorded(engine, "slowly") == job.done < 500


def test_writing_jobs_at_once_keep_one_chain_and_the_verification_says_so(
    engine: Engine, teach: Teach
) -> None:
    teach("record", RECORD)
    args = {"numbers": list(range(60)), "action": "at once"}
    asked = [_ask(engine, "record", args, key=f"at once {number}") for number in range(4)]
    assert {_wait(engine, job_id).state for job_id in asked} == {"done"}
    assert _recorded(engine, "at once") == 240
    with Session(engine) as session:
        events = session.scalar(select(func.count()).select_from(AuditEvent))
    job = _wait(engine, _ask(engine, "verify_audit", key="good"))
    assert job.result == {"events": events, "fault": None, "event_id": None}
    assert job.done == job.total == events


def test_waiting_applications_are_screened_again_and_decided_ones_left_alone(engine: Engine) -> None:
    with writing(engine) as session:
        officer, applicant = make_user(session, Role.OFFICER), make_user(session)
        waiting = [make_application(session, applicant, State.SUBMITTED).id for _ in range(22)]
        listed = make_application(session, applicant, State.LISTED).id
        args = {"application_ids": [*waiting, listed, 0], "actor_id": officer.id, "now": NOW.isoformat()}
        by_applicant = {**args, "actor_id": applicant.id}
    job = _wait(engine, _ask(engine, "screen_applications", args, owner=officer))
    assert (job.state, job.result) == ("done", {"screened": 22, "changed": 0, "skipped": 2})
    with Session(engine) as session:
        screened = session.scalars(select(Screening.application_id).order_by(Screening.application_id)).all()
    assert screened == waiting
    refused = _wait(engine, _ask(engine, "screen_applications", by_applicant, key="refused"))
    assert refused.state == "failed"
    assert "may not do this" in (refused.error or "")


def test_a_tampered_chain_is_a_result_and_not_an_error(engine: Engine, teach: Teach) -> None:
    teach("record", RECORD)
    _wait(engine, _ask(engine, "record", {"numbers": [1, 2, 3], "action": "before"}, key="before"))
    with writing(engine) as session:
        session.execute(text(_UNGUARD[engine.dialect.name]))
        session.execute(text("UPDATE audit_event SET action = 'other' WHERE id = 2"))
    job = _wait(engine, _ask(engine, "verify_audit", key="tampered"))
    assert job.state == "done"
    assert job.result is not None
    assert job.result["event_id"] == 2


def test_only_the_administrator_retries_and_only_the_owner_cancels(
    engine: Engine, people: dict[str, User]
) -> None:
    with Session(engine) as session:
        owner = people[Role.ENTERPRISE]
        job_id = jobs.enqueue(session, "verify_audit", {}, key="mine", owner=owner, now=NOW).id
        with pytest.raises(Forbidden):
            jobs.cancel(session, job_id, actor=people[Role.BANK], now=NOW)
        with pytest.raises(Forbidden):
            jobs.retry(session, job_id, actor=people[Role.ENTERPRISE])
        with pytest.raises(NotNow, match="retried"):
            jobs.retry(session, job_id, actor=people[Role.ADMINISTRATOR])
        jobs.cancel(session, job_id, actor=people[Role.ADMINISTRATOR], now=NOW)
        with pytest.raises(NotNow, match="already ended"):
            jobs.cancel(session, job_id, actor=people[Role.ENTERPRISE], now=NOW)


def test_what_does_not_exist_is_refused(engine: Engine, people: dict[str, User]) -> None:
    with Session(engine) as session:
        with pytest.raises(ValueError, match="no such kind"):
            jobs.enqueue(session, "make_coffee", {}, key="1", owner=None, now=NOW)
        with pytest.raises(NotFound):
            jobs.status(session, "verify_audit:none")
        with pytest.raises(NotFound):
            jobs.retry(session, "verify_audit:none", actor=people[Role.ADMINISTRATOR])


def test_a_job_nobody_takes_up_is_noticed(engine: Engine) -> None:
    with Session(engine) as session:
        job_id = jobs.enqueue(session, "verify_audit", {}, key="alone", owner=None, now=NOW).id
        assert jobs.unattended(session, NOW + timedelta(minutes=4)) == []
        assert [job.id for job in jobs.unattended(session, NOW + timedelta(minutes=6))] == [job_id]


def test_a_slot_has_one_holder(url: str) -> None:
    with slots.held(url, "w1"):
        with pytest.raises(slots.SlotTaken), slots.held(url, "w1", wait_seconds=0.2):
            pass
        with slots.held(url, "w2", wait_seconds=0):
            pass
    with slots.held(url, "w1", wait_seconds=0):
        pass
    with pytest.raises(ValueError, match="slot"), slots.held(url, "../w1"):
        pass


def test_a_worker_refuses_a_database_without_the_job_tables(tmp_path: Path) -> None:
    worker = [sys.executable, "-m", "registry", "worker", "--slot", "w9"]
    environment = {**os.environ, "REGISTRY_MODE": "test", "REGISTRY_INSTANCE": str(tmp_path)}
    done = subprocess.run(worker, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "registry migrate" in done.stderr
    assert "Traceback" not in done.stderr


def test_sqlite_jobs_must_share_the_file(tmp_path: Path) -> None:
    settings = config.from_environment(
        {
            "REGISTRY_MODE": "test",
            "REGISTRY_DATABASE_URL": f"sqlite:///{tmp_path}/a.sqlite",
            "REGISTRY_JOBS_URL": f"sqlite:///{tmp_path}/b.sqlite",
        }
    )
    with pytest.raises(config.InvalidSettings, match="REGISTRY_JOBS_URL"):
        jobs.migrate(settings)
