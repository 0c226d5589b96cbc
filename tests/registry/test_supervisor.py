"""The embedded mode: one parent that keeps a web server and a worker alive and ends both."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from registry import config, jobs, migrating, supervisor
from registry.config import ROOT, Settings
from registry.database import make_engine

PATIENCE_SECONDS = 120


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    return config.from_environment(
        {
            "REGISTRY_MODE": "demo",
            "REGISTRY_INSTANCE": str(tmp_path),
            "REGISTRY_PORT": str(port),
            "REGISTRY_WEB_PROCESSES": "1",
            "REGISTRY_SESSION_IDLE_MINUTES": "7",
            "REGISTRY_MAX_UPLOAD_MB": "3",
            "REGISTRY_SECURE_COOKIES": "true",
        }
    )


def test_the_children_read_the_same_settings(settings: Settings) -> None:
    assert config.from_environment(supervisor.settings_environment(settings)) == settings


def test_a_taken_port_is_named(settings: Settings) -> None:
    with (
        socket.create_server((settings.host, settings.port)),
        pytest.raises(supervisor.CannotServe, match=f"{settings.port} cannot be used"),
    ):
        supervisor.run(settings)


def test_waiting_ends_with_the_time_and_with_the_hope(settings: Settings) -> None:
    url = f"http://{settings.host}:{settings.port}/"
    begun = time.monotonic()
    assert not supervisor.wait_until_ready(url, 0.3)
    assert not supervisor.wait_until_ready(url, 60, lambda: False)
    assert time.monotonic() - begun < 10


def test_a_program_that_keeps_ending_is_started_with_growing_pauses(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 1000.0
    monkeypatch.setattr(supervisor.time, "monotonic", lambda: now)
    program = supervisor.Program("worker", [sys.executable, "-c", "raise SystemExit(3)"], os.environ)
    pauses = []
    for _ in range(7):
        program.tend()
        assert program.process is not None
        program.process.wait()
        program.tend()
        assert program.process is None
        program.tend()
        assert program.process is None, "not before the pause is over"
        pauses.append(program.due_at - now)
        now = program.due_at
    assert pauses == [1, 2, 4, 8, 16, 30, 30]
    assert "The worker ended (exit code 3); starting it again in 1 s." in capsys.readouterr().out
    program.tend()
    now += supervisor.STEADY_SECONDS + 1
    assert program.process is not None
    program.process.wait()
    program.tend()
    assert program.due_at == now, "after a steady time it starts again at once"


@pytest.fixture
def served(settings: Settings, tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """`registry serve` in a process of its own; what it prints goes to a file."""
    engine = make_engine(settings.database_url)
    migrating.upgrade(engine)
    engine.dispose()
    jobs.migrate(settings)
    environment = {**os.environ, **supervisor.settings_environment(settings)}
    with (tmp_path / "out").open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "registry", "serve"], cwd=ROOT, env=environment, stdout=out, stderr=out
        )
    yield process
    process.kill()
    process.wait()


def _children(process: "subprocess.Popen[bytes]") -> dict[str, int]:
    """The programs this process started, by what they run."""
    listed = subprocess.run(
        ["ps", "-o", "pid=,args=", "--ppid", str(process.pid)], capture_output=True, text=True
    )
    rows = [row.strip().split(maxsplit=1) for row in listed.stdout.splitlines()]
    return {"worker" if "worker --slot" in args else "web": int(pid) for pid, args in rows}


def _wait(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"still waiting: {what}"
        time.sleep(0.1)


def test_a_dead_worker_is_replaced_and_a_stop_ends_everything(
    settings: Settings, served: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    def printed() -> str:
        return (tmp_path / "out").read_text()

    url = f"http://{settings.host}:{settings.port}/"
    assert supervisor.wait_until_ready(url, PATIENCE_SECONDS), printed()
    _wait(lambda: "Worker w1 is ready." in printed(), "the worker")
    first = _children(served)
    os.kill(first["worker"], signal.SIGKILL)
    _wait(lambda: printed().count("Worker w1 is ready.") == 2, "another worker")
    second = _children(served)
    assert second["web"] == first["web"]
    assert second["worker"] != first["worker"]
    served.send_signal(signal.SIGTERM)
    assert served.wait(PATIENCE_SECONDS) == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in second.values())
    assert printed().splitlines() == [
        "Worker w1 is ready.",
        "The worker ended (signal 9); starting it again in 1 s.",
        "Worker w1 is ready.",
    ]
