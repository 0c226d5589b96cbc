"""The list of registry entries, the same for public and banks: prebuilt queries, filters in the address."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from registry.database import db
from registry.models import RegistryEntry
from registry.services.entries import GRADES, TIERS
from registry.views.common import Group, Option, Page, chosen, page_number, search_text
from scoring.places import townships
from scoring.taxonomy import categories
from scoring.words import Words

OBJECTIVES = {
    "mitigation": Words("减缓", "Mitigation"),
    "adaptation": Words("适应", "Adaptation"),
    "dual": Words("双重效益", "Dual benefit"),
}
_COLUMNS = (
    RegistryEntry.id,
    RegistryEntry.number,
    RegistryEntry.project_name,
    RegistryEntry.enterprise_name,
    RegistryEntry.category,
    RegistryEntry.objective,
    RegistryEntry.township,
    RegistryEntry.grade,
    RegistryEntry.tier,
    RegistryEntry.score,
    RegistryEntry.total_investment,
    RegistryEntry.financing_need,
    RegistryEntry.benefit_annual,
    RegistryEntry.listed_on,
    RegistryEntry.consent_bank,
)
_PAGE = select(*_COLUMNS).order_by(RegistryEntry.listed_on.desc(), RegistryEntry.id.desc())


@dataclass(frozen=True, slots=True)
class Listing:
    rows: list[Any]
    page: Page
    groups: list[Group]
    q: str


def _filters() -> dict[str, dict[str, Words]]:
    groups = {c.group: c.group_label for c in categories().values() if c.objective}
    return {
        "objective": OBJECTIVES,
        "group": groups,
        "township": {t.code: t.label for t in townships().values()},
        "grade": GRADES,
        "tier": TIERS,
    }


_TITLES = {
    "objective": Words("气候目标", "Objective"),
    "group": Words("类别", "Category"),
    "township": Words("街道（乡镇）", "Township"),
    "grade": Words("等级", "Grade"),
    "tier": Words("库别", "Tier"),
}


def conditions(*, open_to_banks: bool = False) -> list[ColumnElement[bool]]:
    """What the address asks for; a listed project is one that was not delisted."""
    found: list[ColumnElement[bool]] = [RegistryEntry.delisted_on.is_(None)]
    if open_to_banks:
        found.append(RegistryEntry.consent_bank.is_(True))
    for name in ("objective", "township", "grade", "tier"):
        values = chosen(name, _filters()[name])
        if values:
            found.append(getattr(RegistryEntry, name).in_(values))
    groups = chosen("group", _filters()["group"])
    if groups:
        codes = [c.code for c in categories().values() if c.group in groups]
        found.append(RegistryEntry.category.in_(codes))
    words = search_text()
    if words:
        like = f"%{words.replace('%', '').replace('_', '')}%"
        found.append(
            or_(
                RegistryEntry.project_name.like(like),
                RegistryEntry.enterprise_name.like(like),
                RegistryEntry.number.like(like),
            )
        )
    return found


def listing(*, open_to_banks: bool = False) -> Listing:
    """One page of entries with the filters as they stand."""
    wanted = conditions(open_to_banks=open_to_banks)
    total = _count(select(func.count()).select_from(RegistryEntry).where(*wanted))
    page = Page(page_number(), total)
    rows = db.session.execute(_PAGE.where(*wanted).limit(page.per_page).offset(page.offset)).all()
    groups = [
        Group(
            name,
            _TITLES[name],
            [Option(v, label, v in chosen(name, options)) for v, label in options.items()],
        )
        for name, options in _filters().items()
    ]
    return Listing(list(rows), page, groups, search_text())


def _count(query: Select[Any]) -> int:
    return db.session.scalar(query) or 0
