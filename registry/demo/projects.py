"""Fictitious projects as their owners would state them, drawn from the kinds with a fixed seed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from scoring import catalogue
from scoring.catalogue import Record
from scoring.places import Township, townships

KINDS = Path(__file__).parent / "kinds.yaml"


@dataclass(frozen=True, slots=True)
class Filing:
    """The facts and parameters of one application, as typed."""

    facts: dict[str, Any]
    inputs: dict[str, str]
    outlook: str  # how far it should come: an archetype of `history`


def filings(draw: Random, *, count: int, filed_on: Iterator[date]) -> list[Filing]:
    """`count` filings: every category and every township at least once, in a fixed order."""
    file = catalogue.load(KINDS)
    kinds = [("mitigation", kind) for kind in file.records("mitigation")]
    kinds += [("adaptation", kind) for kind in file.records("adaptation")]
    places = list(townships().values())
    found = []
    for number in range(count):
        objective, kind = kinds[number % len(kinds)]
        found.append(_filing(draw, number, objective, kind, places[number % len(places)], next(filed_on)))
    return found


def _between(draw: Random, kind: Record, key: str) -> Decimal:
    """A number inside the range; whole when both ends are whole."""
    low, high = kind.items_of(key)
    if isinstance(low, int) and isinstance(high, int):
        return Decimal(draw.randint(low, high))
    return Decimal(str(round(draw.uniform(float(low), float(high)), 4)))


def _filing(
    draw: Random, number: int, objective: str, kind: Record, place: Township, filed_on: date
) -> Filing:
    investment = _between(draw, kind, "investment")
    equity = (investment * Decimal(draw.choice(("0.22", "0.25", "0.30", "0.35")))).quantize(Decimal("0.01"))
    need = investment - equity
    noun = kind.text("noun")
    stage = draw.choice(("permits", "permits", "construction", "construction", "operation"))
    category = kind.text("category")
    facts: dict[str, Any] = {
        "registration_status": "active",
        "established_on": (filed_on - timedelta(days=draw.randint(700, 6000))).isoformat(),
        "ownership": draw.choice(("private", "private", "state", "foreign")),
        "size_class": draw.choice(("medium", "small", "large")),
        "industry_code": "D4416",
        "is_spv": False,
        "contact_phone": "010-00000000",
        "project_name": f"{place.short}{noun}示例项目{number + 1:03d}",
        "national_code": f"{filed_on.year}-110112-44-03-{900_000 + number:06d}",
        "description": f"演示数据：在{place.label.zh}实施{noun}，内容与数字均为虚构。",
        "nature": kind.find_text("nature") or "new",
        "capacity_addition": False,
        "lowers_emissions": True,
        "project_life": draw.choice(("15", "20", "25")),
        "government_linked": False,
        "building_kind": "none",
        "township": place.code,
        "site_admin_code": "110112",
        "address": f"{place.label.zh}示例路 {draw.randint(1, 99)} 号",
        "longitude": f"{116.55 + 0.06 * place.column + draw.random() * 0.03:.5f}",
        "latitude": f"{40.02 - 0.07 * place.row - draw.random() * 0.03:.5f}",
        "ecological_overlap": ["none"],
        "climate_objective": objective,
        "category": category,
        "taxonomy_2025_code": f"{draw.randint(1, 6)}.{draw.randint(1, 4)}.{draw.randint(1, 9)}",
        "industrial_policy_class": draw.choice(("encouraged", "encouraged", "permitted")),
        "ban_list_hit": False,
        "two_highs_sector": "building_materials" if category == "M4.1" else "none",
        "fossil_activity": "none",
        "stage": stage,
        "permits_held": _permits(stage),
        "eia_form": "register",
        "annual_energy": str(draw.randint(5, 600)),
        "annual_electricity": str(draw.randint(20, 3000)),
        "land_secured": draw.random() < 0.8,
        "total_investment": str(investment),
        "equity": str(equity),
        "government_funds": "0",
        "committed_loans": "0",
        "received_funds": "0",
        "financing_need": str(need),
        "need_loan": str(need),
        "need_bond": "0",
        "need_other": "0",
        "tenor": draw.choice(("60", "96", "120", "144")),
        "rate_ceiling": draw.choice(("3.8", "4.2", "4.5")),
        "use_of_proceeds": ["construction", "equipment"],
        "fully_financed": False,
        "repayment_source": ["project_revenue"],
        "irr": f"{draw.uniform(4.5, 10):.1f}",
        "dscr_min": f"{draw.uniform(1.05, 1.6):.2f}",
        "payback": f"{draw.uniform(6, 12):.1f}",
        "contracted_revenue_share": draw.choice(("0", "60", "100")),
        "collateral": draw.choice((["equipment"], ["receivable_tariff", "equipment"], ["guarantee"])),
        "private_share": draw.choice(("0", "30", "60", "100")),
        "borrower_kind": "operating_company",
        "credit_grade": str(draw.randint(5, 9)),
        "credit_report_on": (filed_on - timedelta(days=draw.randint(5, 60))).isoformat(),
        "credit_lists": ["none"],
        "env_credit_grade": draw.choice(("green", "blue", "unrated")),
        "has_inspection_case": False,
        "has_env_incident": False,
        "has_env_crime": False,
        "has_env_penalty": False,
        "in_green_library": draw.random() < 0.3,
        "climate_disclosure": draw.random() < 0.4,
        "claims": ["none"],
        "recognition": draw.choice(("none", "none", "provincial")),
        "know_how_published": draw.random() < 0.3,
        "disclosure_quarterly": draw.random() < 0.8,
        "disclosure_public_page": True,
        "commitment_sealed": True,
        "signer_authorised": True,
        "consent_public": True,
        "consent_bank": draw.random() < 0.9,
    }
    if objective == "mitigation":
        facts |= _mitigation(draw, kind)
        inputs = _inputs(draw, kind)
    else:
        facts |= _adaptation(draw, kind)
        inputs = {}
    return Filing(facts, inputs, "")


def _permits(stage: str) -> list[str]:
    held = ["project_proposal", "filing"]
    if stage in ("construction", "operation"):
        held += ["eia", "land", "planning", "construction_permit"]
    return [*held, "acceptance"] if stage == "operation" else held


def _mitigation(draw: Random, kind: Record) -> dict[str, Any]:
    return {
        "method_id": kind.text("method"),
        "power_class": kind.find_text("power_class") or "other",
        "parameters_evidenced": True,
        "intensity_fall": f"{draw.uniform(1, 6):.1f}",
        "method_class": draw.choice(("national", "industry", "industry", "local")),
        "metered": draw.random() < 0.8,
        "verified_independently": draw.random() < 0.6,
        "mandatory_by_law": False,
        "financial_barrier": draw.random() < 0.6,
        "cobenefits": draw.choice((["none"], ["nox"], ["nox", "pm25"], ["water"])),
    }


def _inputs(draw: Random, kind: Record) -> dict[str, str]:
    ranges = kind.record("inputs")
    return {key: format(_between(draw, ranges, key), "f") for key in ranges}


def _adaptation(draw: Random, kind: Record) -> dict[str, Any]:
    before = draw.choice((5, 10, 20))
    return {
        "hazard": f"{kind.text('hazard')}（演示数据）",
        "exposure": "项目服务范围内的居民、学校和商铺（演示数据）。",
        "vulnerability": "既有设施建设标准偏低，老人和儿童比例较高（演示数据）。",
        "adaptation_intent": "降低受灾频次和损失（演示数据）。",
        "causal_link": "措施直接提高设防标准，减少受影响人口（演示数据）。",
        "people_protected": str(_between(draw, kind, "people")),
        "assets_protected": str(_between(draw, kind, "assets")),
        "standard_before": str(before),
        "standard_after": str(before * draw.choice((3, 5))),
        "standard_target": str(before * 5),
        "avoided_loss": str(_between(draw, kind, "loss")),
        "method_class": draw.choice(("national", "industry", "local")),
        "metered": draw.random() < 0.8,
        "verified_independently": draw.random() < 0.6,
        "mandatory_by_law": False,
        "financial_barrier": draw.random() < 0.7,
        "cobenefits": draw.choice((["water"], ["biodiversity"], ["water", "biodiversity"])),
    }
