"""The climate category tree as a table: cities differ, so it is data."""

from dataclasses import dataclass
from functools import cache

from scoring import catalogue
from scoring.words import Words


@dataclass(frozen=True, slots=True)
class Category:
    """A leaf of the tree, with the group it belongs to."""

    code: str
    label: Words
    group: str
    group_label: Words
    objective: str | None  # mitigation, adaptation; None for “other”
    status: str
    active: bool


@cache
def categories() -> dict[str, Category]:
    """Every leaf by code, “other” last."""
    file = catalogue.load(catalogue.DATA / "taxonomy.yaml")
    found: dict[str, Category] = {}
    for group in file.records("groups"):
        code, label = group.text("code"), group.words("label")
        objective = group.choice("objective", ("mitigation", "adaptation"))
        status = group.choice("status", ("official", "sibling", "proposed"))
        for leaf in group.records("leaves"):
            category = Category(
                leaf.text("code"),
                leaf.words("label"),
                code,
                label,
                objective,
                status,
                leaf.flag("active", default=True),
            )
            leaf.done()
            if category.code in found:
                leaf.fail(f"duplicate category “{category.code}”")
            found[category.code] = category
        group.done()
    other = file.record("other")
    label = other.words("label")
    code = other.text("code")
    found[code] = Category(code, label, code, label, None, "proposed", True)
    return found
