"""The checklist of principles for benchmarks, filled in from a release."""

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from scoring import catalogue
from scoring.index.reading import FOLDER
from scoring.index.release import APPROVALS, Release
from scoring.index.verification import verify
from scoring.words import Words


class Item(NamedTuple):
    """One principle; `met` is None where only a person can say."""

    number: int
    title: Words
    evidence: Words
    met: bool | None


def checklist(release: Release, *, on: date) -> tuple[Item, ...]:
    """The 19 principles, each checked as far as the release itself can show it."""
    file = catalogue.load(FOLDER / "checklists" / "iosco-2013.yaml")
    items = []
    for record in file.records("principles"):
        name = record.find_text("check")
        if name is not None and name not in _CHECKS:
            record.fail(f"unknown check “{name}”; known: {', '.join(_CHECKS)}", "check")
        met = None if name is None else _CHECKS[name](release, on)
        items.append(Item(record.integer("number"), record.words("title"), record.words("evidence"), met))
        record.done()
    return tuple(items)


def _sufficient(release: Release, _: date) -> bool:
    allowed = {(row["unit"], row["period"]) for row in release.standings if row["publishable"] == "yes"}
    return all((value.unit, value.period) in allowed for value in release.values if value.level is not None)


def _transparent(release: Release, _: date) -> bool:
    return all(value.flags for value in release.values if value.status in ("E", "I", "M"))


_CHECKS: dict[str, Callable[[Release, date], bool]] = {
    "administrator": lambda release, _: bool(release.method.administrator.zh),
    "sources": lambda release, _: all(
        leaf.owner.zh and leaf.due_days for leaf in release.method.leaves.values()
    ),
    "self_reported": lambda release, _: any(leaf.self_reported for leaf in release.method.leaves.values()),
    "approvals": lambda release, _: len({approval.person for approval in release.approvals}) >= APPROVALS,
    "basis": lambda release, _: all(leaf.basis for leaf in release.method.leaves.values()),
    "sufficiency": _sufficient,
    "hierarchy": lambda release, _: all(cell.source for cell in release.panel.cells),
    "transparency": _transparent,
    "review": lambda release, on: on <= release.method.review,
    "methodology": lambda release, _: bool(release.method.hash),
    "bounds": lambda release, _: all(
        leaf.least is not None or leaf.most is not None or leaf.unit == "bp"
        for leaf in release.method.leaves.values()
    ),
    "replay": lambda release, _: verify(release.archive).code == 0,
    "archive": lambda release, _: bool(release.archive),
}
