"""Reference cases of an independent implementation, and small panels for the sub-centre's own method."""

import csv
import json
import math
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from scoring import index
from scoring.index import Approval, Method, Panel, Table, Tree

FOLDER = Path(__file__).parent / "reference"


class Reference:
    """The files under reference/."""

    @cached_property
    def cases(self) -> dict[str, dict[str, Any]]:
        return {case["id"]: case for case in self.json("cases.json")}

    def json(self, name: str) -> Any:
        return json.loads((FOLDER / name).read_text(encoding="utf-8"))

    def rows(self, name: str) -> list[dict[str, str]]:
        with (FOLDER / name).open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    def output(self, case: str, name: str = "result") -> list[dict[str, str]]:
        return self.rows(self.cases[case]["outputs"][name])

    def load(self, name: str) -> tuple[Table, Tree]:
        """A table and its tree; `name@Time=8` is one period of a panel."""
        name, _, time = name.partition("@Time=")
        about = self.rows(f"{'asem' if name.startswith('asem') else 'synth_townships'}_iMeta.csv")
        tree = Tree.from_rows(about)
        data = [row for row in self.rows(f"{name}_iData.csv") if not time or row["Time"] == time]
        is_panel = name in ("asem_panel", "synth_townships") and not time
        table = Table.from_rows(
            data,
            tree.leaves,
            period="Time" if is_panel else None,
            others=[row["iCode"] for row in about if row["Type"] == "Denominator"],
            groups=[row["iCode"] for row in about if row["Type"] == "Group"] or ["zone"],
        )
        return table, tree


def number(text: str) -> float:
    return math.nan if text in ("", "NA", "NaN") else float(text)


@pytest.fixture(scope="session")
def reference() -> Reference:
    return Reference()


@pytest.fixture(scope="session")
def method() -> Method:
    return index.load_method("subcentre", version="2026.1")


@pytest.fixture(scope="session")
def panel(method: Method) -> Panel:
    """District and two townships over three quarters, every indicator between its goalposts."""
    rows = []
    for place, unit in enumerate(("110112", "110112001", "110112105")):
        for quarter, period in enumerate(("2026Q1", "2026Q2", "2026Q3")):
            for order, leaf in enumerate(method.tree_of(unit).leaves):
                share = 0.2 + 0.07 * quarter + 0.05 * place + 0.011 * order
                value = leaf.floor + (leaf.target - leaf.floor) * share
                rows.append((unit, period, leaf.id, round(value, 4)))
    return Panel.from_rows(rows)


@pytest.fixture
def approvals() -> list[Approval]:
    return [Approval("王芳", date(2026, 10, 19)), Approval("李强", date(2026, 10, 20))]
