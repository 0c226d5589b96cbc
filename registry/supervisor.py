"""The embedded mode: one web server and one worker under one parent that keeps both alive.

Restarting the worker is what brings the jobs of a worker that died back to life.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from registry.config import ROOT, Settings
from registry.errors import RegistryError
from scoring.words import Words

SLOT = "w1"
GRACE_SECONDS = 15
READY_SECONDS = 60
LONGEST_PAUSE_SECONDS = 30
STEADY_SECONDS = 60
_POLL_SECONDS = 0.1
_PR_SET_PDEATHSIG = 1


class CannotServe(RegistryError):
    """The web server cannot start; `words` says why."""

    status = 503

    def __init__(self, words: Words) -> None:
        super().__init__(words.en)
        self.words = words


@dataclass(slots=True)
class Program:
    """A child that is started again when it ends, after pauses that double up to half a minute."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    failures: int = 0
    due_at: float = 0.0

    def tend(self) -> None:
        """Start the child when that is due; notice when it has ended."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.due_at:
                self.process, self.started_at = _start(self.command, self.environment), now
            return
        code = self.process.poll()
        if code is None:
            return
        self.failures = 0 if now - self.started_at > STEADY_SECONDS else self.failures + 1
        pause = min(2.0 ** (self.failures - 1), LONGEST_PAUSE_SECONDS) if self.failures else 0.0
        print(f"The {self.name} ended ({_ending(code)}); starting it again in {pause:.0f} s.", flush=True)
        self.process, self.due_at = None, now + pause


def run(settings: Settings, *, on_ready: Callable[[], None] | None = None) -> int:
    """Serve until SIGTERM or SIGINT: 0 after a clean stop.

    `on_ready` is called once the pages answer. Raises CannotServe when the address is taken or the web server
    does not come up.
    """
    _check_free(settings.host, settings.port)
    stop = threading.Event()
    before = {n: signal.signal(n, lambda *_: stop.set()) for n in (signal.SIGTERM, signal.SIGINT)}
    environment = {**os.environ, **settings_environment(settings)}
    web = Program("web server", _gunicorn(settings), environment)
    worker = Program("worker", [sys.executable, "-m", "registry", "worker", "--slot", SLOT], environment)
    try:
        _serve(settings, web, worker, stop, on_ready)
    finally:
        _end([web, worker])
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0


def _serve(
    settings: Settings,
    web: Program,
    worker: Program,
    stop: threading.Event,
    on_ready: Callable[[], None] | None,
) -> None:
    web.tend()
    url = f"http://{settings.host}:{settings.port}/"
    if not wait_until_ready(url, READY_SECONDS, lambda: not stop.is_set() and _alive(web)):
        if stop.is_set():
            return
        raise CannotServe(
            Words(
                "网页服务未能启动，原因见上面的日志。",
                "The web server did not start; the log above says why.",
            )
        )
    if on_ready is not None:
        on_ready()
    while not stop.wait(_POLL_SECONDS):
        web.tend()
        worker.tend()


def wait_until_ready(url: str, timeout: float, alive: Callable[[], bool] = lambda: True) -> bool:
    """Whether the address gave any answer within `timeout` seconds, as long as `alive` says there is hope."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + timeout
    while alive() and time.monotonic() < deadline:
        try:
            opener.open(url, timeout=5).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            time.sleep(_POLL_SECONDS)
        else:
            return True
    return False


def settings_environment(settings: Settings) -> dict[str, str]:
    """The environment from which a child reads the same settings."""
    return {
        "REGISTRY_MODE": settings.mode,
        "REGISTRY_DATABASE_URL": settings.database_url,
        "REGISTRY_JOBS_URL": settings.jobs_url,
        "REGISTRY_SECRET_KEY": settings.secret_key,
        "REGISTRY_INSTANCE": str(settings.instance),
        "REGISTRY_HOST": settings.host,
        "REGISTRY_PORT": str(settings.port),
        "REGISTRY_WEB_PROCESSES": str(settings.web_processes),
        "REGISTRY_PUBLIC_URL": settings.public_url,
        "REGISTRY_SECURE_COOKIES": str(settings.secure_cookies).lower(),
        "REGISTRY_SESSION_IDLE_MINUTES": str(int(settings.session_idle.total_seconds() // 60)),
        "REGISTRY_SESSION_HOURS": str(int(settings.session_absolute.total_seconds() // 3600)),
        "REGISTRY_LOCKOUT_FAILURES": str(settings.lockout_failures),
        "REGISTRY_LOCKOUT_MINUTES": str(int(settings.lockout.total_seconds() // 60)),
        "REGISTRY_SECOND_FACTOR_REQUIRED": str(settings.second_factor_required).lower(),
        "REGISTRY_MAX_UPLOAD_MB": str(settings.max_upload_bytes // (1024 * 1024)),
        "REGISTRY_DISTRICT_CODE": settings.district_code,
    }


def _gunicorn(settings: Settings) -> list[str]:
    # Loaded once and forked: `create_app` opens no connection that the processes would then share.
    return [
        sys.executable, "-m", "gunicorn", "registry.wsgi:app",
        "--bind", f"{settings.host}:{settings.port}",
        "--workers", str(settings.web_processes),
        "--worker-class", "sync",
        "--preload",
        "--timeout", "60",
        "--graceful-timeout", "10",
        "--log-level", "warning",
        "--no-control-socket",
    ]  # fmt: skip


def _start(command: list[str], environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    # A session of its own: Ctrl-C reaches the parent alone, which then ends its children in order.
    return subprocess.Popen(  # noqa: S603 - our own programs, no word of it from outside
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, start_new_session=True,
        preexec_fn=_end_with_parent if sys.platform == "linux" else None,
    )  # fmt: skip


_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def _end_with_parent() -> None:
    assert _libc is not None
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _alive(program: Program) -> bool:
    return program.process is not None and program.process.poll() is None


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _end(programs: list[Program]) -> None:
    processes = [p.process for p in programs if p.process is not None and p.process.poll() is None]
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + GRACE_SECONDS
    for process in processes:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _check_free(host: str, port: int) -> None:
    try:
        with socket.create_server((host, port)):
            pass
    except OSError as error:
        raise CannotServe(
            Words(
                f"地址 {host}:{port} 不可用（{error.strerror}）。请设置 REGISTRY_PORT 换一个端口。",
                f"{host}:{port} cannot be used ({error.strerror}); set REGISTRY_PORT to another port.",
            )
        ) from error
