"""Processes that write to one database at once and keep a record of every commit they were promised."""

import multiprocessing
import os
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, configure_mappers
from sqlalchemy.orm.exc import StaleDataError

from registry import audit
from registry.database import make_engine, writing
from registry.models import Organisation, Role, User

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
ACCOUNTS = 8

# A server that has imported everything once forks each writer afresh: quick, and without our threads.
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.writers", "registry.jobs", "registry.work.kinds", "dbos"])
configure_mappers()


@dataclass
class Tally:
    """What one writer, or all of them, met."""

    commits: Counter[int] = field(default_factory=Counter)
    conflicts: int = 0
    faults: list[str] = field(default_factory=list)
    slowest_seconds: float = 0.0

    def add(self, other: "Tally") -> None:
        self.commits += other.commits
        self.conflicts += other.conflicts
        self.faults += other.faults
        self.slowest_seconds = max(self.slowest_seconds, other.slowest_seconds)


def prepare(url: str) -> None:
    """Accounts whose failed sign-ins the writers count."""
    engine = make_engine(url)
    with writing(engine) as session:
        organisation = Organisation(
            name="甲", uscc="91110112MA00000001", role=Role.ENTERPRISE, created_at=NOW
        )
        session.add_all(
            User(
                id=number,
                organisation=organisation,
                email=f"{number}@example.org",
                name="甲",
                role=Role.ENTERPRISE,
                password_hash="-",
                created_at=NOW,
            )
            for number in range(1, ACCOUNTS + 1)
        )
    engine.dispose()


def step(session: Session, account: int, receipt: str) -> None:
    """Read, change, write, and append to the chain: one unit of work."""
    user = session.get_one(User, account)
    user.failed_sign_ins += 1
    audit.record(
        session,
        "trial",
        subject_kind="account",
        subject_id=account,
        actor=None,
        now=NOW,
        detail={"receipt": receipt},
    )


def write_for(url: str, seconds: float, writers: int) -> Tally:
    """The tally of so many processes after so many seconds."""
    queue = CONTEXT.SimpleQueue()
    processes = [CONTEXT.Process(target=_write, args=(url, seconds, seed, queue)) for seed in range(writers)]
    for process in processes:
        process.start()
    total = Tally()
    for _ in processes:
        total.add(queue.get())
    for process in processes:
        process.join()
    return total


def _write(url: str, seconds: float, seed: int, queue: "multiprocessing.SimpleQueue[Tally]") -> None:
    tally, dice, engine = Tally(), random.Random(seed), make_engine(url)
    deadline = time.monotonic() + seconds
    while (started := time.monotonic()) < deadline:
        account = dice.randint(1, ACCOUNTS)
        try:
            with writing(engine) as session:
                step(session, account, f"{seed}-{started}")
        except StaleDataError:
            tally.conflicts += 1
        except OperationalError as error:
            tally.faults.append(str(error.orig))
        else:
            tally.commits[account] += 1
            tally.slowest_seconds = max(tally.slowest_seconds, time.monotonic() - started)
    queue.put(tally)


def start_until_killed(url: str, receipts: Path, seed: int) -> BaseProcess:
    """A process that writes until it is killed and notes each receipt in the file after its commit."""
    process = CONTEXT.Process(target=_write_on, args=(url, receipts, seed), daemon=True)
    process.start()
    return process


def _write_on(url: str, receipts: Path, seed: int) -> None:
    dice, engine = random.Random(seed), make_engine(url)
    file = os.open(receipts, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    number = 0
    while True:
        number += 1
        receipt = f"{seed}-{number}"
        try:
            with writing(engine) as session:
                step(session, dice.randint(1, ACCOUNTS), receipt)
        except StaleDataError:
            continue
        os.write(file, f"{receipt}\n".encode())
