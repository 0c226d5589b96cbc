"""The suitability score over arrays: one product for many projects, or many products for one project."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np

from scoring.matching.columns import Floats
from scoring.matching.product import Product
from scoring.matching.projects import Projects
from scoring.matching.vocabulary import Part, vocabulary

SCORED = frozenset({"financing_need", "asset_value", "rate_ceiling", "tenor", "abatement", "credit_grade"})
_SLACK = 1e-10  # brings ties that were computed a little low back up; far below the distance of other values


@dataclass(frozen=True, eq=False)
class ProductRows:
    """What the score needs of products, by position; NaN where a product states nothing."""

    price_low: Floats
    price_middle: Floats
    tenor_low: Floats
    tenor_high: Floats
    has_tenor: Floats
    ticket_low: Floats
    ticket_high: Floats
    has_ticket: Floats
    of_asset: Floats

    @staticmethod
    def of(products: Sequence[Product], on: date) -> "ProductRows":
        words = vocabulary()
        prices = [product.terms.price(words, on) for product in products]
        tickets = [product.terms.find("ticket") for product in products]
        tenors = [product.terms.find("tenor") for product in products]
        return ProductRows(
            _row([None if price is None else price[0] for price in prices]),
            _row([None if price is None else (price[0] + price[1]) / 2 for price in prices]),
            _row([None if term is None else term.low for term in tenors], -np.inf),
            _row([None if term is None else term.high for term in tenors], np.inf),
            np.array([term is not None for term in tenors], dtype=np.float64),
            _row([None if term is None else term.low for term in tickets], -np.inf),
            _row([None if term is None else term.high for term in tickets], np.inf),
            np.array([term is not None for term in tickets], dtype=np.float64),
            np.array([float(product.terms.ticket_of == "asset_value") for product in products]),
        )


def scores(projects: Projects, rows: ProductRows) -> Floats:
    """Suitability of each pair (the sides broadcast), rounded as in `suitability`; NaN if not judged."""
    parts = vocabulary().parts
    need, asset = projects.numbers("financing_need"), projects.numbers("asset_value")
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = (
            _price(parts["price"], projects.numbers("rate_ceiling"), rows),
            _tenor(parts["tenor"], projects.numbers("tenor"), rows),
            _size(np.where(rows.of_asset > 0, asset, need), rows),
            _climate(parts["climate"], projects.numbers("abatement"), need),
            _credit(parts["credit"], projects.numbers("credit_grade")),
        )
        earned: Floats = np.zeros(1)
        judged: Floats = np.zeros(1)
        for part, share in zip(parts.values(), shares, strict=True):
            known = ~np.isnan(share)
            points = _tenths(float(part.points) * np.minimum(1.0, np.maximum(0.0, share)))
            earned = earned + np.where(known, points, 0.0)
            judged = judged + np.where(known, float(part.points), 0.0)
        found: Floats = np.where(judged > 0, _tenths(100 * earned / judged), np.nan)
    return found


def _tenths(points: Floats) -> Floats:
    found: Floats = np.floor(points * 10 + (0.5 + _SLACK)) / 10
    return found


def _row(values: Sequence[Decimal | None], missing: float = np.nan) -> Floats:
    return np.array([missing if value is None else float(value) for value in values], dtype=np.float64)


def _price(part: Part, ceiling: Floats, rows: ProductRows) -> Floats:
    best, worst = float(part.best or 0), float(part.worst or 0)
    share = (worst - rows.price_middle) / (worst - best)
    return np.where(rows.price_low > ceiling, 0.0, share)


def _tenor(part: Part, wanted: Floats, rows: ProductRows) -> Floats:
    gap = np.maximum(0.0, np.maximum(wanted - rows.tenor_high, rows.tenor_low - wanted))
    return np.where(rows.has_tenor > 0, 1 - gap / float(part.span or 1), np.nan)


def _size(amount: Floats, rows: ProductRows) -> Floats:
    share = np.where(amount < rows.ticket_low, 0.0, np.minimum(1.0, rows.ticket_high / amount))
    return np.where((rows.has_ticket > 0) & (amount > 0), share, np.nan)


def _climate(part: Part, tonnes: Floats, need: Floats) -> Floats:
    return np.where(need > 0, tonnes / need / float(part.full or 1), np.nan)


def _credit(part: Part, grade: Floats) -> Floats:
    return (grade - 1) / (float(part.best or 2) - 1)
