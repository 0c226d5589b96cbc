"""The lock files: complete, nested, and free of addresses."""

import re
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).parents[2] / "requirements"
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^ ;\\]+)( ; [^\\]+)? \\$")


def pins(name: str) -> set[str]:
    lines = (REQUIREMENTS / f"{name}.lock").read_text(encoding="utf-8").splitlines()
    return {line.removesuffix(" \\") for line in lines if line and not line.startswith(" ")}


@pytest.mark.parametrize("name", ["run", "dev", "bench"])
def test_every_line_is_a_pin_or_a_hash(name: str) -> None:
    lines = (REQUIREMENTS / f"{name}.lock").read_text(encoding="utf-8").splitlines()

    strange = [
        line
        for line in lines
        if not PIN.match(line) and not re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line)
    ]

    assert strange == []
    assert len(lines) > 100


def test_each_lock_contains_the_ones_before_it() -> None:
    assert pins("run") < pins("dev") < pins("bench")
