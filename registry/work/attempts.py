"""One attempt at a background job, as it shows in the job's row.

Every function first asks whether the attempt still counts. A job that was cancelled, or tried anew after its
worker seemed lost, takes nothing more from the old attempt.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from registry.clock import now
from registry.database import writing
from registry.errors import RegistryError
from registry.models import BackgroundJob

ERROR_LENGTH = 2000
PROGRESS_STEPS = 20

Progress = Callable[[int, int], None]
Body = Callable[[Session, dict[str, Any], Progress], dict[str, Any]]


class Superseded(RegistryError):
    """This attempt no longer counts."""


def hold(session: Session, job_id: str, attempt: int) -> BackgroundJob | None:
    """The job's row, locked to the end of the transaction; None when this attempt no longer counts."""
    return session.scalar(
        select(BackgroundJob)
        .where(BackgroundJob.id == job_id, BackgroundJob.attempt == attempt)
        .where(BackgroundJob.state.in_(("waiting", "running")))
        .with_for_update()
    )


def begin(session: Session, job_id: str, attempt: int) -> dict[str, Any] | None:
    """Mark the job as running: its kind and arguments, or None when there is nothing to do any more."""
    job = hold(session, job_id, attempt)
    if job is None:
        return None
    job.state = "running"
    return {"kind": job.kind, "args": job.args}


def advance(session: Session, job_id: str, attempt: int, done: int, total: int) -> None:
    """Note the progress; raises Superseded."""
    noted = session.execute(
        update(BackgroundJob)
        .where(BackgroundJob.id == job_id, BackgroundJob.attempt == attempt, BackgroundJob.state == "running")
        .values(done=min(done, total), total=total)
        .returning(BackgroundJob.id)
    ).first()
    if noted is None:
        raise Superseded(job_id)


def store_piece(
    session: Session, job_id: str, attempt: int, body: Body, args: dict[str, Any], done: tuple[int, int]
) -> dict[str, Any] | None:
    """The counts of one piece of writing, stored with its progress; None when the attempt counts no more."""
    if hold(session, job_id, attempt) is None:
        return None
    counts = body(session, args, lambda _done, _total: None)
    advance(session, job_id, attempt, *done)
    return counts


def settle(
    session: Session, job_id: str, attempt: int, result: dict[str, Any] | None, error: str | None
) -> bool:
    """End the job with its result, or as failed; False when this attempt no longer counts."""
    job = hold(session, job_id, attempt)
    if job is None:
        return False
    job.state = "done" if error is None else "failed"
    job.result, job.error, job.finished_at = result, error and error[:ERROR_LENGTH], now()
    if error is None and job.total is not None:
        job.done = job.total
    return True


def reporter(engine: Engine, job_id: str, attempt: int) -> Progress:
    """A progress function for long reading: writes in short transactions of its own, about every 5 %."""
    last = -1

    def progress(done: int, total: int) -> None:
        nonlocal last
        step = PROGRESS_STEPS * done // total if total else PROGRESS_STEPS
        if step != last:
            last = step
            with writing(engine) as session:
                advance(session, job_id, attempt, done, total)

    return progress


def explain(error: Exception) -> str:
    """What the owner of the job reads: our own errors in words, others by name."""
    if isinstance(error, RegistryError):
        return f"{error.words.zh}\n{error.words.en}"
    return f"{type(error).__name__}: {error}"
