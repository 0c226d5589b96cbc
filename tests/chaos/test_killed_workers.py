"""Workers killed without warning: every job's effect is there, and once."""

import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from registry import audit, jobs
from registry.database import make_engine, writing
from registry.models import AuditEvent, BackgroundJob
from tests import servers
from tests.chaos import workers

JOBS = 30
NUMBERS = 25
KILLS = 6
PATIENCE_SECONDS = 90


@pytest.fixture(autouse=True)
def _kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers.kinds, "KINDS", workers.kinds.KINDS)
    workers.learn()


def _wait(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"still waiting: {what}"
        time.sleep(0.05)


def _count(engine: Engine, *states: str) -> int:
    with Session(engine) as session:
        question = select(func.count()).select_from(BackgroundJob).where(BackgroundJob.state.in_(states))
        return session.scalar(question) or 0


@pytest.mark.parametrize("backend", servers.BACKENDS)
def test_no_effect_is_missing_or_doubled(backend: str, tmp_path: Path) -> None:
    dice, slots = random.Random(7), ("w1", "w2")
    with servers.database(backend, tmp_path, template="jobs") as url:
        engine = make_engine(url)
        with writing(engine) as session:
            for job in range(JOBS):
                numbers = list(range(job * NUMBERS, (job + 1) * NUMBERS))
                jobs.enqueue(
                    session, "record", {"numbers": numbers}, key=str(job), owner=None, now=workers.NOW
                )
        running = {slot: workers.start(url, slot, tmp_path) for slot in slots}
        for kill in range(KILLS):
            before = _count(engine, "done")
            _wait(
                lambda seen=before: _count(engine, "done") > seen or _count(engine, "done") == JOBS,
                "a job done",
            )
            time.sleep(dice.uniform(0, 0.1))
            slot = slots[kill % 2]
            running[slot].kill()
            running[slot].join()
            running[slot] = workers.start(url, slot, tmp_path)
        _wait(lambda: _count(engine, "done") == JOBS, "all jobs done")
        for process in running.values():
            process.terminate()
            process.join()
            assert process.exitcode == 0
        with Session(engine) as session:
            effects = Counter(session.scalars(select(AuditEvent.subject_id)))
            results = [job.result for job in session.scalars(select(BackgroundJob))]
            verification = audit.verify(session)
        engine.dispose()
    assert effects == Counter(range(JOBS * NUMBERS))
    assert results == [{"recorded": NUMBERS}] * JOBS
    assert verification.ok


@pytest.mark.parametrize("backend", servers.BACKENDS)
def test_a_request_and_its_cause_are_kept_or_lost_together(backend: str, tmp_path: Path) -> None:
    dice = random.Random(7)
    with servers.database(backend, tmp_path, template="jobs") as url:
        engine = make_engine(url)
        for seed in range(KILLS):
            process = workers.start_asking(url, seed)
            before = _count(engine, "waiting")
            _wait(lambda seen=before: _count(engine, "waiting") > seen, "a job asked for")
            time.sleep(dice.uniform(0, 0.1))
            process.kill()
            process.join()
        schema = "" if backend == "sqlite" else "dbos."
        with Session(engine) as session:
            asked = sorted(f"{job_id}@1" for job_id in session.scalars(select(BackgroundJob.id)))
            delivered = sorted(session.scalars(text(f"SELECT workflow_uuid FROM {schema}workflow_status")))
            causes = sorted(session.scalars(select(AuditEvent.id)))
            named = sorted(job.args["numbers"][0] for job in session.scalars(select(BackgroundJob)))
        engine.dispose()
    print(f"{backend}: {len(asked)} asked in {KILLS} kills")
    assert asked == delivered
    assert causes == named


def test_a_job_that_kills_its_worker_is_given_up_and_others_go_on(tmp_path: Path) -> None:
    with servers.database("sqlite", tmp_path, template="jobs") as url:
        engine = make_engine(url)
        with writing(engine) as session:
            deadly = jobs.enqueue(session, "die", {}, key="1", owner=None, now=workers.NOW).id
        starts, process = 1, workers.start(url, "w1", tmp_path)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not _count(engine, "failed"):
            assert time.monotonic() < deadline, f"still not given up after {starts} starts"
            if not process.is_alive():
                starts, process = starts + 1, workers.start(url, "w1", tmp_path)
            time.sleep(0.05)
        with writing(engine) as session:
            jobs.enqueue(session, "record", {"numbers": [1]}, key="1", owner=None, now=workers.NOW)
        _wait(lambda: _count(engine, "done") == 1, "the harmless job")
        process.terminate()
        process.join()
        with Session(engine) as session:
            job = jobs.status(session, deadly)
        engine.dispose()
    assert starts == 2 + jobs.MAX_RECOVERIES
    assert job.error is not None
    assert "The job was given up" in job.error
