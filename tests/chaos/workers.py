"""Workers and askers that are there to be killed, with kinds of work whose effects can be counted."""

import os
import signal
import time
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from registry import audit, config, jobs
from registry.database import make_engine, writing
from registry.work import kinds
from registry.work.attempts import Progress
from registry.work.kinds import Kind
from scoring.words import Words
from tests.writers import CONTEXT

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
_WORDS = Words("试验", "Trial")


def _record(session: Session, args: dict[str, Any], progress: Progress) -> dict[str, Any]:
    for number in args["numbers"]:
        audit.record(session, "effect", subject_kind="trial", subject_id=number, actor=None, now=NOW)
    time.sleep(0.02)
    return {"recorded": len(args["numbers"])}


def _die(session: Session, args: dict[str, Any], progress: Progress) -> dict[str, Any]:
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def learn() -> None:
    kinds.KINDS = {
        **kinds.KINDS,
        "record": Kind(_WORDS, _record, each="numbers"),
        "die": Kind(_WORDS, _die),
    }


def start(url: str, slot: str, folder: Path) -> BaseProcess:
    """A worker of its own process."""
    process = CONTEXT.Process(target=_work, args=(url, slot, folder), daemon=True)
    process.start()
    return process


def _work(url: str, slot: str, folder: Path) -> None:
    learn()
    settings = config.from_environment(
        {"REGISTRY_MODE": "test", "REGISTRY_DATABASE_URL": url, "REGISTRY_INSTANCE": str(folder)}
    )
    jobs.run_worker(settings, slot)


def start_asking(url: str, seed: int) -> BaseProcess:
    """A process that asks for work, each time together with an event, until it is killed."""
    process = CONTEXT.Process(target=_ask, args=(url, seed), daemon=True)
    process.start()
    return process


def _ask(url: str, seed: int) -> None:
    learn()
    engine = make_engine(url)
    for number in range(1_000_000):
        with writing(engine) as session:
            event = audit.record(session, "ask", subject_kind="trial", subject_id=seed, actor=None, now=NOW)
            key = f"{seed}-{number}"
            jobs.enqueue(session, "record", {"numbers": [event.id]}, key=key, owner=None, now=NOW)
