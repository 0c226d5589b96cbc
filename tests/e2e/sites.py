"""The production server on a database of its own, as visitors' browsers meet it."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from registry.config import ROOT
from registry.supervisor import wait_until_ready

START_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Site:
    url: str
    database_url: str


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(database_url: str, folder: Path, *, mode: str) -> Iterator[Site]:
    """Two gunicorn processes on a free port, ended afterwards; their log is in `folder`."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "REGISTRY_MODE": mode,
        "REGISTRY_DATABASE_URL": database_url,
        "REGISTRY_INSTANCE": str(folder),
        "REGISTRY_PUBLIC_URL": url,
    }
    command = [sys.executable, "-m", "gunicorn", "registry.wsgi:app", "--bind", f"127.0.0.1:{port}"]
    command += ["--workers", "2", "--preload", "--log-level", "warning", "--no-control-socket"]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        ready = wait_until_ready(f"{url}/sign-in", START_SECONDS, lambda: process.poll() is None)
        assert ready, (folder / "server.log").read_text()[-2000:]
        yield Site(url, database_url)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
