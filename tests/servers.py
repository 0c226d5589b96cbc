"""Databases for the tests: a private PostgreSQL, started on first use, and copies of migrated templates.

The server is Debian's, run as its own user when the tests run as root, reachable through a socket in a
temporary folder only, and ends with the process that started it. Every database is copied from a
template that the migrations filled once.
"""

import atexit
import ctypes
import glob
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from registry import jobs, migrating
from registry.database import make_engine

START_SECONDS = 30
_PR_SET_PDEATHSIG = 1
_OPTIONS = (
    "listen_addresses=",
    "fsync=off",  # the tests kill clients, never the machine
    "synchronous_commit=on",
    "full_page_writes=off",
    "max_connections=60",
    "shared_buffers=32MB",
    "log_min_messages=fatal",
)
BACKENDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
_numbers = itertools.count(1)


class ServerMissing(Exception):
    """PostgreSQL cannot be started here; the message says what to install or what went wrong."""


def binaries() -> Path | None:
    """The folder of the newest `postgres` program on this machine."""
    on_path = shutil.which("postgres")
    folders = glob.glob("/usr/lib/postgresql/*/bin/postgres")
    newest = max(folders, key=lambda path: float(path.split("/")[4]), default=on_path)
    return Path(newest).parent if newest else None


@cache
def postgresql() -> "PostgreSQL":
    """This process's server, started on the first call; raises ServerMissing."""
    server = PostgreSQL()
    atexit.register(server.stop)
    return server


class PostgreSQL:
    """A server that belongs to one process and dies with it."""

    def __init__(self) -> None:
        folder = binaries()
        if folder is None:
            raise ServerMissing("no PostgreSQL here; on Debian: apt-get install postgresql")
        self._owner = (
            {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        )
        self.home = Path(tempfile.mkdtemp(prefix="pg-"))
        if self._owner:
            shutil.chown(self.home, "postgres", "postgres")
        self._folder = folder
        self._templates: set[str] = set()
        self._run(
            "initdb",
            "--no-sync",
            "--auth=trust",
            "--username=registry",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            str(self.home / "data"),
        )
        self._process = self._start()

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._folder / program, *arguments], cwd=self.home, capture_output=True, text=True, **self._owner
        )
        if done.returncode:
            raise ServerMissing(f"{program} failed: {done.stderr.strip()[-400:]}")

    def _start(self) -> "subprocess.Popen[bytes]":
        options = [part for option in _OPTIONS for part in ("-c", option)]
        with (self.home / "log").open("wb") as log:
            process = subprocess.Popen(
                [self._folder / "postgres", "-D", self.home / "data", "-k", self.home, *options],
                cwd=self.home,
                stdout=log,
                stderr=log,
                preexec_fn=_die_with_parent,
                **self._owner,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            try:
                psycopg.connect(self._conninfo("postgres")).close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return process
        process.kill()
        raise ServerMissing(f"postgres did not start: {(self.home / 'log').read_text()[-400:]}")

    def stop(self) -> None:
        """End the server at once and remove its files."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(10)
        shutil.rmtree(self.home, ignore_errors=True)

    def _conninfo(self, name: str) -> str:
        return f"host={self.home} user=registry dbname={name}"

    def _url(self, name: str) -> str:
        return f"postgresql+psycopg://registry@/{name}?host={self.home}"

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self._conninfo("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def create(self, *, template: str | None = "migrated") -> str:
        """The address of a fresh database: migrated, with the job tables (`jobs`), or empty (None)."""
        name = f"test_{next(_numbers)}"
        if template is not None and template not in self._templates:
            self._execute(f"CREATE DATABASE {template}")
            _fill(self._url(template), with_jobs=template == "jobs")
            self._templates.add(template)
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template or 'template0'}")
        return self._url(name)

    def copy(self, source: str, target: str) -> None:
        """Put a copy of one database in the place of another; whoever is connected to either is sent away."""
        self._execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{source}'")
        self._execute(f'DROP DATABASE IF EXISTS "{target}" WITH (FORCE)')
        self._execute(f'CREATE DATABASE "{target}" TEMPLATE "{source}"')

    def drop(self, url: str) -> None:
        self._execute(f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")


@cache
def _sqlite_template(template: str) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="sqlite-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _fill(f"sqlite:///{folder / 'template.sqlite'}", with_jobs=template == "jobs")
    return folder / "template.sqlite"


def create_sqlite(folder: Path, *, template: str | None = "migrated") -> str:
    """The address of a fresh SQLite file in `folder`, filled as `PostgreSQL.create` says."""
    path = folder / f"test_{next(_numbers)}.sqlite"
    if template is not None:
        shutil.copyfile(_sqlite_template(template), path)
    return f"sqlite:///{path}"


@contextmanager
def database(backend: str, folder: Path, *, template: str | None = "migrated") -> Iterator[str]:
    """The address of a fresh database of either kind, gone afterwards."""
    if backend == "sqlite":
        yield create_sqlite(folder, template=template)
    else:
        url = postgresql().create(template=template)
        yield url
        postgresql().drop(url)


def _fill(url: str, *, with_jobs: bool) -> None:
    engine = make_engine(url)
    migrating.upgrade(engine)
    engine.dispose()
    if with_jobs:
        jobs.migrate_url(url)


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)
