"""The demonstration project of the tests: a 10 MWp photovoltaic plant on its way through the permits."""

from datetime import date
from decimal import Decimal
from typing import Any

from scoring import matching

TODAY = date(2026, 11, 24)

PLANT: dict[str, Any] = {
    "total_investment": Decimal(8000),
    "equity": Decimal(2400),
    "financing_need": Decimal(5600),
    "need_loan": Decimal(5600),
    "tenor": Decimal(120),
    "dscr_min": Decimal("1.35"),
    "payback": Decimal("9.5"),
    "irr": Decimal("9.1"),
    "stage": "permits",
    "nature": "new",
    "category": "M2.1",
    "climate_objective": "mitigation",
    "taxonomy_2025_code": "3.2.2",
    "consent_bank": True,
    "permits_held": frozenset({"filing", "eia", "project_proposal", "land"}),
    "collateral": frozenset({"equipment", "receivable_tariff"}),
    "borrower_kind": "spv",
    "credit_grade": 7,
    "credit_lists": frozenset({"none"}),
    "has_env_penalty": False,
    "two_highs_sector": "none",
}
KNOWN: dict[str, Any] = {"abatement": Decimal(14023), "abatement_verified": True, "registry_approved": True}


def plant(**changes: Any) -> matching.Profile:
    """The plant's profile with other facts; None takes a fact away."""
    facts = {key: value for key, value in {**PLANT, **changes}.items() if value is not None}
    return matching.profile(facts, registry=KNOWN, on=TODAY)


def find(profile: matching.Profile, product_id: str, on: date = TODAY) -> matching.Match:
    found = matching.match(profile, matching.products(on), on=on)
    return next(match for match in found if match.product.id == product_id)
