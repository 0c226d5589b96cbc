"""The townships of the district and the climate category tree, as data."""

from dataclasses import dataclass
from functools import cache

from scoring import catalogue
from scoring.words import Words


@dataclass(frozen=True, slots=True)
class Township:
    code: str
    label: Words
    short: str
    row: int
    column: float


@cache
def townships() -> dict[str, Township]:
    """The 22 township-level units by code, in the order of the official codes."""
    file = catalogue.load(catalogue.DATA / "townships.yaml")
    found = {}
    for record in file.records("townships"):
        township = Township(
            code=record.text("code"),
            label=record.words("label"),
            short=record.text("short"),
            row=record.integer("row"),
            column=float(record.number("column")),
        )
        record.done()
        found[township.code] = township
    return found


@cache
def district() -> Township:
    """The district itself."""
    record = catalogue.load(catalogue.DATA / "townships.yaml").record("district")
    return Township(record.text("code"), Words(record.text("zh"), record.text("en")), record.text("zh"), 0, 0)
