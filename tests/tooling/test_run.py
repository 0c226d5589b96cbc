"""The `run` script, as a shell sees it."""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["./run", *words],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_script_is_plain_posix_shell() -> None:
    checked = subprocess.run(["sh", "-n", "run"], cwd=ROOT, capture_output=True, text=True)

    assert (checked.returncode, checked.stderr) == (0, "")


def test_help_names_every_command() -> None:
    answer = run("help")

    assert answer.returncode == 0
    for command in ("demo", "test", "check", "bench", "lock", "messages"):
        assert f"./run {command}" in answer.stdout


def test_command_runs_in_the_environment_and_its_status_is_handed_back() -> None:
    answer = run("python", "-c", "import sys; print(sys.prefix); sys.exit(3)")

    assert answer.returncode == 3
    assert Path(answer.stdout.strip()) == Path(sys.prefix)


def test_warm_start_installs_nothing() -> None:
    start = time.perf_counter()
    answer = run("true")

    assert answer.stderr == ""
    assert answer.returncode == 0
    assert time.perf_counter() - start < 5


def test_landing_runs_the_same_command_as_a_developer() -> None:
    assert "exec ./run test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
