"""Writers killed without warning: what was promised is there, what was not promised is whole or absent."""

import random
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry import audit
from registry.database import make_engine
from registry.models import AuditEvent, User
from tests import servers, writers

KILLS = 8


@pytest.mark.parametrize("backend", servers.BACKENDS)
def test_nothing_acknowledged_is_lost(backend: str, tmp_path: Path) -> None:
    receipts, dice = tmp_path / "receipts", random.Random(7)
    receipts.touch()
    with servers.database(backend, tmp_path) as url:
        writers.prepare(url)
        running = [writers.start_until_killed(url, receipts, seed) for seed in (0, 1)]
        for seed in range(KILLS):
            _wait_for(f"{seed}-", receipts)
            time.sleep(dice.uniform(0, 0.2))
            running[seed].kill()
            running[seed].join()
            if seed + 2 < KILLS:
                running.append(writers.start_until_killed(url, receipts, seed + 2))
        promised = receipts.read_text().split("\n")[:-1]
        engine = make_engine(url)
        with Session(engine) as session:
            stored = [event.detail["receipt"] for event in session.scalars(select(AuditEvent))]
            counted = session.scalar(select(func.sum(User.failed_sign_ins)))
            verification = audit.verify(session)
        engine.dispose()
    print(f"{backend}: {len(promised)} promised, {len(stored)} stored, {KILLS} kills")
    assert len(promised) > KILLS
    assert set(promised) <= set(stored)
    assert len(stored) == len(set(stored)) <= len(promised) + KILLS
    assert counted == len(stored)
    assert verification.ok


def _wait_for(receipt: str, receipts: Path) -> None:
    deadline = time.monotonic() + 60
    while receipt not in receipts.read_text():
        assert time.monotonic() < deadline, "the writer did not start"
        time.sleep(0.02)
