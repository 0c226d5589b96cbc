"""Runs benchmarks, prints one Markdown table and writes build/bench/NAME.json: `./run bench [NAME...]`."""

import importlib
import json
import pkgutil
import sys
import traceback
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.bench import Measurement, PeerMissing

HERE = Path(__file__).parent
OUTPUT = HERE.parents[1] / "build" / "bench"
FIELDS = ("name", "value", "unit", "target", "peer", "met")


def names(folder: Path = HERE) -> list[str]:
    """The benchmarks there are."""
    return sorted(module.name for module in pkgutil.iter_modules([str(folder)]) if module.name != "__main__")


def measure(name: str) -> tuple[list[dict[str, Any]], str]:
    """What one benchmark measured before it ended, and why it ended early, if it did."""
    rows: list[dict[str, Any]] = []
    try:
        for found in importlib.import_module(f"tests.bench.{name}").run():
            rows.append(_row(found))
    except PeerMissing as missing:
        return rows, f"not compared: {missing} is not installed"
    except ModuleNotFoundError as missing:
        if (missing.name or "").split(".")[0] in ("tests", "registry", "scoring"):
            traceback.print_exc()
            return rows, f"FAILED: {missing}"
        return rows, f"not compared: {missing.name} is not installed"
    except Exception as error:
        traceback.print_exc()
        return rows, f"FAILED: {type(error).__name__}: {error}"
    return rows, ""


def table(measured: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """The measurements as one Markdown table."""
    lines = ["| Benchmark | Measured | Value | Unit | Target | Peer | Met |", "|---|---|--:|---|---|---|---|"]
    for name, rows in measured.items():
        for row in rows:
            met = {True: "yes", False: "NO", None: ""}[row["met"]]
            shown = (name, row["name"], _figure(row["value"]), row["unit"], row["target"], row["peer"], met)
            lines.append("| " + " | ".join(str("" if cell is None else cell) for cell in shown) + " |")
    return "\n".join(lines)


def main(wanted: Iterable[str]) -> int:
    """Runs the benchmarks named, or all; the exit status tells whether one of them failed to run."""
    known = names()
    chosen = list(wanted) or known
    unknown = [name for name in chosen if name not in known]
    if unknown:
        print(f"no such benchmark: {', '.join(unknown)}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    OUTPUT.mkdir(parents=True, exist_ok=True)
    measured: dict[str, list[dict[str, Any]]] = {}
    remarks: dict[str, str] = {}
    for name in chosen:
        print(f"... {name}", file=sys.stderr, flush=True)
        measured[name], remarks[name] = measure(name)
        text = json.dumps(measured[name], ensure_ascii=False, indent=1)
        (OUTPUT / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    print(table(measured))
    for name, remark in remarks.items():
        if remark:
            print(f"\n{name}: {remark}")
    return int(any(remark.startswith("FAILED") for remark in remarks.values()))


def _row(found: Measurement | Mapping[str, Any]) -> dict[str, Any]:
    stated = asdict(found) if isinstance(found, Measurement) else dict(found)
    return {field: stated.get(field) for field in FIELDS}


def _figure(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
