"""The benchmark harness: one broken or uncomparable benchmark does not take the others along."""

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.bench import Measurement, PeerMissing, peer
from tests.bench import __main__ as harness


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    def good() -> Any:
        yield Measurement("speed", 1234.5, "rows/s", "≥ 1,000", "peer", True)

    def lonely() -> Any:
        yield Measurement("ours", 2, "s")
        peer("no_such_product_anywhere")

    def broken() -> Any:
        raise ValueError("spilt")

    for name, run in {"good": good, "lonely": lonely, "broken": broken}.items():
        module = ModuleType(f"tests.bench.{name}")
        module.run = run  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(harness, "names", lambda: ["broken", "good", "lonely"])
    monkeypatch.setattr(harness, "OUTPUT", tmp_path)
    return tmp_path


def test_measurements_are_printed_and_kept(bench: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = harness.main(["good"])

    assert status == 0
    assert "| good | speed | 1,234 | rows/s | ≥ 1,000 | peer | yes |" in capsys.readouterr().out
    assert json.loads((bench / "good.json").read_text(encoding="utf-8")) == [
        {"name": "speed", "value": 1234.5, "unit": "rows/s", "target": "≥ 1,000", "peer": "peer", "met": True}
    ]


def test_missing_peer_is_said_and_is_no_failure(bench: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = harness.main(["lonely"])

    assert status == 0
    assert "lonely: not compared: no_such_product_anywhere is not installed" in capsys.readouterr().out
    assert len(json.loads((bench / "lonely.json").read_text(encoding="utf-8"))) == 1


def test_broken_benchmark_leaves_the_others_running(bench: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = harness.main([])

    printed = capsys.readouterr().out
    assert status == 1
    assert "broken: FAILED: ValueError: spilt" in printed
    assert "| good | speed |" in printed


def test_unknown_name_is_refused(bench: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert harness.main(["nonsense"]) == 2
    assert "there are: broken, good, lonely" in capsys.readouterr().err


def test_peer_that_is_here_is_handed_over() -> None:
    assert peer("json") is json
    with pytest.raises(PeerMissing):
        peer("no_such_product_anywhere")
