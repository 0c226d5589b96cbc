"""Background work: asked for in the caller's transaction, done once by a worker, told in `background_job`.

The library behind this port is DBOS Transact, and no other module imports it. It delivers: its row is written
with ours, and a worker that died gets its jobs back when its slot starts again. Our row decides: a result
is stored in the transaction that also holds the library's checkpoint, and only while the row still
waits for just this attempt. So whatever happens twice counts once, and cancelling is one update.

On SQLite both kinds of tables share one file, because only then is the request atomic with its cause.
"""

import logging
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import structlog
from sqlalchemy import Engine, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from registry import logs, permissions
from registry.config import InvalidSettings, Settings
from registry.database import WRITE, make_engine, writing
from registry.errors import NotFound, NotNow, RegistryError
from registry.models import BackgroundJob, User
from registry.work import attempts, slots
from registry.work.attempts import Superseded
from scoring.words import Words

if TYPE_CHECKING:
    from dbos import DBOSClient, SQLAlchemyDatasource

    from registry.work.kinds import Kind

QUEUE = "registry"
CONCURRENCY = 4
POLL_SECONDS = 0.2
GRACE_SECONDS = 10
MAX_RECOVERIES = 3
HOUSEKEEPING_SECONDS = 5.0
UNATTENDED = timedelta(minutes=5)
PIECE = 20
# On SQLite, where one writes at a time and waiting is not in turn, the pages get their chance between pieces.
PAUSE_SECONDS = 0.1

# Raised by hand, and only after the waiting jobs have been done: a job runs under the version it was
# first taken up with, so a version made from the sources would strand it at every release.
VERSION = "1"
_WORKFLOW = "run_job"

P = ParamSpec("P")
R = TypeVar("R")
log = structlog.get_logger()


class NotMigrated(RegistryError):
    """The tables of the job library are missing or older than its code."""

    status = 503
    words = Words(
        "数据库还没有准备好后台任务，请先运行 registry migrate。",
        "The database is not ready for background jobs; run `registry migrate` first.",
    )


# ---- the port: what services and views call


def enqueue(
    session: Session, kind: str, args: dict[str, Any], *, key: str, owner: User | None, now: datetime
) -> BackgroundJob:
    """The job of this kind and key: new, or the one already there when the request comes twice.

    It starts after the caller's transaction has been committed and never if that is rolled back.
    """
    if kind not in _kinds():
        raise ValueError(f"no such kind of background work: {kind}")
    job_id = f"{kind}:{key}"
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    row = {
        "id": job_id,
        "kind": kind,
        "args": args,
        "owner_id": owner.id if owner else None,
        "created_at": now,
    }
    inserted = session.execute(
        dialect.insert(BackgroundJob)
        .values(row | {"state": "waiting", "attempt": 1, "done": 0})
        .on_conflict_do_nothing(index_elements=[BackgroundJob.id])
        .returning(BackgroundJob.id)
    ).first()
    job = session.get_one(BackgroundJob, job_id)
    if inserted:
        _deliver(session, job)
    return job


def status(session: Session, job_id: str) -> BackgroundJob:
    """The job as it stands; raises NotFound."""
    job = session.get(BackgroundJob, job_id)
    if job is None:
        raise NotFound(job_id)
    return job


def failed(session: Session) -> list[BackgroundJob]:
    """Jobs that ended in an error, the latest first."""
    return list(
        session.scalars(
            select(BackgroundJob)
            .where(BackgroundJob.state == "failed")
            .order_by(BackgroundJob.finished_at.desc(), BackgroundJob.id)
        )
    )


def unattended(session: Session, now: datetime) -> list[BackgroundJob]:
    """Jobs that have waited so long that no worker seems to be running, the oldest first."""
    return list(
        session.scalars(
            select(BackgroundJob)
            .where(BackgroundJob.state == "waiting", BackgroundJob.created_at < now - UNATTENDED)
            .order_by(BackgroundJob.created_at)
        )
    )


def retry(session: Session, job_id: str, *, actor: User) -> BackgroundJob:
    """The failed or cancelled job, waiting again; raises NotNow in any other state."""
    job = _locked(session, job_id)
    permissions.check(actor, "job.manage", job)
    if job.state not in ("failed", "cancelled"):
        raise NotNow(
            "retry",
            Words("只有失败或已取消的任务可以重试。", "Only failed or cancelled jobs can be retried."),
        )
    job.state, job.attempt, job.done, job.total = "waiting", job.attempt + 1, 0, None
    job.result = job.error = job.finished_at = None
    session.flush()
    _deliver(session, job)
    return job


def cancel(session: Session, job_id: str, *, actor: User, now: datetime) -> BackgroundJob:
    """The job, cancelled; what it has not stored by now is never stored. Raises NotNow when it has ended."""
    job = _locked(session, job_id)
    permissions.check(actor, "job.view", job)
    if job.state not in ("waiting", "running"):
        raise NotNow("cancel", Words("任务已经结束，不能取消。", "The job has already ended."))
    job.state, job.finished_at = "cancelled", now
    session.flush()
    return job


def _locked(session: Session, job_id: str) -> BackgroundJob:
    job = session.get(BackgroundJob, job_id, with_for_update=True, populate_existing=True)
    if job is None:
        raise NotFound(job_id)
    return job


# ---- delivery


def _kinds() -> "Mapping[str, Kind]":
    # Bodies call services, and services ask for background work: imported when first needed.
    from registry.work import kinds

    return kinds.KINDS


def _deliver(session: Session, job: BackgroundJob) -> None:
    """Write the library's row in the session's transaction."""
    _client(session.get_bind().engine).enqueue_in_transaction(
        session,
        {"workflow_name": _WORKFLOW, "queue_name": QUEUE, "workflow_id": _delivery(job.id, job.attempt)},
        job.id,
        job.attempt,
    )


def _delivery(job_id: str, attempt: int) -> str:
    return f"{job_id}@{attempt}"


@lru_cache(maxsize=4)
def _client(engine: Engine) -> "DBOSClient":
    """Made on the first request, so after the web server's fork; it opens no connection of its own."""
    from dbos import DBOSClient, DBOSPortableJSONSerializer

    return DBOSClient(
        system_database_engine=engine,
        serializer=DBOSPortableJSONSerializer(),
        application_name=QUEUE,
        lazy=True,
    )


def migrate(settings: Settings) -> None:
    """Create or update the library's tables; run once, after our own migrations."""
    migrate_url(_url(settings))


def migrate_url(url: str) -> None:
    from dbos import DBOS, SQLAlchemyDatasource

    _log_with_ours()
    DBOS.migrate(url)
    SQLAlchemyDatasource.migrate(url)


class _Forward(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        log.log(record.levelno, "job_delivery", message=record.getMessage())


def _log_with_ours() -> None:
    """Send what the library says through our log, advertisements excepted: those are at level INFO."""
    logger = logging.getLogger("dbos")
    logger.setLevel(logging.WARNING)
    logger.propagate = False
    logger.handlers = [_Forward()]


def _url(settings: Settings) -> str:
    """Where the workers find the jobs: the same database, perhaps past a connection pooler."""
    if settings.is_sqlite and settings.jobs_url != settings.database_url:
        raise InvalidSettings(
            ["REGISTRY_JOBS_URL must equal REGISTRY_DATABASE_URL or be left out: SQLite jobs share the file"]
        )
    return settings.jobs_url


# ---- the worker


def run_worker(settings: Settings, slot: str) -> None:
    """Work until SIGTERM or SIGINT; what is not done 10 seconds later runs at the next start."""
    logs.configure(settings)
    url = _url(settings)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with slots.held(url, slot), worker(url, slot, grace_seconds=GRACE_SECONDS) as (engine, running):
        print(f"Worker {slot} is ready.", flush=True)
        while not stop.wait(HOUSEKEEPING_SECONDS):
            bury(engine)
    if running:
        print(f"Worker {slot} stops; taken up again at the next start: {', '.join(running)}", flush=True)
        os._exit(0)  # the threads of these jobs would hold the process up


@contextmanager
def worker(
    url: str, slot: str, *, poll_seconds: float = POLL_SECONDS, grace_seconds: int = 0
) -> Iterator[tuple[Engine, set[str]]]:
    """A worker in this process, which can have but one: its engine and the ids of the running jobs."""
    from dbos import DBOS, DBOSPortableJSONSerializer, SQLAlchemyDatasource
    from dbos._error import DBOSInitializationError

    _log_with_ours()
    engine = make_engine(url)
    serializer = DBOSPortableJSONSerializer()
    DBOS(
        config={
            "name": QUEUE,
            "system_database_url": url,
            "executor_id": slot,
            "application_version": VERSION,
            "serializer": serializer,
            "run_migrations": False,
            "log_level": "WARNING",
        }
    )
    try:
        datasource = SQLAlchemyDatasource.create(
            url, engine=engine.execution_options(**WRITE), serializer=serializer, run_migrations=False
        )
        running = _register(datasource, engine)
        DBOS.launch()
        DBOS.register_queue(QUEUE, worker_concurrency=CONCURRENCY, polling_interval_sec=poll_seconds)
        yield engine, running
    except DBOSInitializationError as error:
        raise NotMigrated(str(error)) from error
    finally:
        DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=grace_seconds)
        engine.dispose()


def _register(datasource: "SQLAlchemyDatasource", engine: Engine) -> set[str]:
    """Teach the library to run our jobs. The order of the steps is fixed: recorded jobs depend on it."""
    from dbos import DBOS

    def step(name: str, function: Callable[Concatenate[Session, P], R]) -> Callable[P, R]:
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            return function(datasource.sql_session(), *args, **kwargs)

        # Above READ COMMITTED a job would append to the audit chain from an outdated snapshot.
        if engine.dialect.name == "sqlite":
            return datasource.transaction(name=name)(run)
        return datasource.transaction(name=name, isolation_level="READ COMMITTED")(run)

    running = set[str]()
    begin, settle = step("begin", attempts.begin), step("settle", attempts.settle)
    piece = step("piece", attempts.store_piece)

    def write(kind: "Kind", name: str, args: dict[str, Any], job_id: str, attempt: int) -> dict[str, Any]:
        items, counts = args[name], Counter[str]()
        for start in range(0, len(items), PIECE):
            part = items[start : start + PIECE]
            done = (start + len(part), len(items))
            counted = piece(job_id, attempt, kind.body, {**args, name: part}, done)
            if counted is None:
                raise Superseded(job_id)
            counts.update(counted)
            if engine.dialect.name == "sqlite":
                time.sleep(PAUSE_SECONDS)
        return dict(counts)

    def read(kind: "Kind", args: dict[str, Any], job_id: str, attempt: int) -> dict[str, Any]:
        with Session(engine) as session:
            return kind.body(session, args, attempts.reporter(engine, job_id, attempt))

    @DBOS.workflow(name=_WORKFLOW, max_recovery_attempts=MAX_RECOVERIES)
    def run_job(job_id: str, attempt: int) -> None:
        begun = begin(job_id, attempt)
        if begun is None:
            return
        running.add(job_id)
        result, problem = None, None
        try:
            kind, args = _kinds()[begun["kind"]], begun["args"]
            if kind.each is None:
                result = read(kind, args, job_id, attempt)
            else:
                result = write(kind, kind.each, args, job_id, attempt)
        except Superseded:
            log.info("job_superseded", job=job_id, attempt=attempt)
        except Exception as error:
            log.exception("job_failed", job=job_id, attempt=attempt)
            problem = attempts.explain(error)
        # Also after Superseded, where it changes nothing: a job that runs again takes the same steps.
        settle(job_id, attempt, result, problem)
        running.discard(job_id)

    return running


def bury(engine: Engine) -> None:
    """Mark as failed what the library has given up, above all jobs that took their worker down each time."""
    from dbos import DBOS

    with Session(engine) as session:
        open_jobs = session.scalars(
            select(BackgroundJob).where(BackgroundJob.state.in_(("waiting", "running")))
        )
        deliveries = {_delivery(job.id, job.attempt): (job.id, job.attempt) for job in open_jobs}
    if not deliveries:
        return
    for given_up in DBOS.list_workflows(
        workflow_ids=list(deliveries), status=["ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
    ):
        with writing(engine) as session:
            attempts.settle(
                session,
                *deliveries[given_up.workflow_id],
                None,
                f"任务多次中断后台进程，已停止重试。\nThe job was given up: {given_up.status}.",
            )
