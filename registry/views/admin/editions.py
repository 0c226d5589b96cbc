"""The criteria editions: which rules were in force when, and how sure each of their grounds is."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from flask import render_template
from flask.typing import ResponseReturnValue

from registry import clock
from registry.access import audience
from registry.models import Role
from registry.views.admin.blueprint import bp
from scoring import criteria
from scoring.criteria.editions import RULE_SET
from scoring.words import Words

BASIS_WORDS = {
    "official": Words("正式发布", "Official"),
    "sibling": Words("参照其他试点", "From a sibling pilot"),
    "proposed": Words("本库拟定，试行", "Proposed here, on trial"),
}
BASIS_TAGS = {"official": "pass", "sibling": "info", "proposed": "insufficient"}
PHASES = {
    "now": Words("现行", "In force"),
    "coming": Words("待生效", "Not yet in force"),
    "past": Words("已失效", "Past"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One edition as the list shows it."""

    edition: criteria.Criteria
    phase: str
    bases: dict[str, int]


def _row(edition: criteria.Criteria, today: date) -> Row:
    phase = "now" if edition.is_in_force(today) else "coming" if edition.effective_from > today else "past"
    counted = Counter(basis.status for basis in edition.basis.values())
    return Row(edition, phase, {status: counted[status] for status in BASIS_WORDS})


@bp.get("/admin/editions", endpoint="editions")
@audience(Role.OFFICER, Role.ADMINISTRATOR)
def all_editions() -> ResponseReturnValue:
    today = clock.today()
    rule_sets = {
        rule_set: [
            _row(criteria.load(rule_set, info.version), today)
            for info in reversed(criteria.editions(rule_set))
        ]
        for rule_set in sorted(criteria.rule_sets(), key=lambda name: (name != RULE_SET, name))
    }
    return render_template(
        "admin/editions.html",
        rule_sets=rule_sets,
        words=BASIS_WORDS,
        tags=BASIS_TAGS,
        phases=PHASES,
        today=today,
    )
