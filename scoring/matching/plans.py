"""What the allocation planner is asked: needs, products with quotas, eligible pairs and limits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.errors import InvalidFacts
from scoring.matching.columns import Bools, Codes, Floats
from scoring.matching.frame import FrameMatch
from scoring.matching.vocabulary import vocabulary
from scoring.words import Words

Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Limits:
    """The rules of an allocation, shares as decimals; by default those of `products/terms.yaml`."""

    debt_share: float
    sector_share: float
    project_share: float
    products_a_project: int
    completion: float

    @staticmethod
    def of_data(**changes: float) -> "Limits":
        found = vocabulary().allocation
        limits = Limits(
            float(found["debt_share"]) / 100,
            float(found["sector_share"]) / 100,
            float(found["project_share"]) / 100,
            int(found["products_a_project"]),
            float(found["completion"]) / 100,
        )
        return replace(limits, **changes)  # type: ignore[arg-type]  # the fields are checked below


@dataclass(frozen=True, eq=False)
class Plan:
    """An allocation problem. Amounts in 万元; pairs are parallel rows.

    Attributes
    ----------
    need, investment, climate : (n_projects,)
        Financing need, total investment, and tonnes a year for each 万元 of the need. [tCO2e/万元]
    sector : (n_projects,)
        Position of the project's sector.
    quota, smallest, largest, investment_share : (n_products,)
        Money on offer, ticket bounds, and the product's own share of the investment (1 if none).
    bank : (n_products,)
        Position of the bank that offers the product.
    capital : (n_banks,)
        What each bank can lend in all.
    project, product, suitability : (n_pairs,)
        Eligible pairs and their suitability, 0–1.
    """

    need: Floats
    investment: Floats
    climate: Floats
    sector: Places
    quota: Floats
    smallest: Floats
    largest: Floats
    investment_share: Floats
    bank: Places
    capital: Floats
    project: Places
    product: Places
    suitability: Floats
    limits: Limits
    project_ids: tuple[Any, ...] = field(default=(), repr=False)
    product_ids: tuple[str, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        faults = {name: fault for name, fault in self._faults() if fault is not None}
        if faults:
            raise InvalidFacts(faults)

    def _faults(self) -> list[tuple[str, Words | None]]:
        negative = Words("应为不小于 0 的有限数字", "must be finite and at least 0")
        amounts = {
            "need": self.need,
            "investment": self.investment,
            "quota": self.quota,
            "smallest": self.smallest,
            "capital": self.capital,
        }
        found: list[tuple[str, Words | None]] = [
            (name, None if np.isfinite(values).all() and (values >= 0).all() else negative)
            for name, values in amounts.items()
        ]
        if not np.isfinite(self.climate).all():
            found.append(("climate", Words("应为有限数字", "must be finite")))
        if (self.smallest > self.largest).any():
            found.append(("largest", Words("单笔上限低于下限", "the largest ticket is below the smallest")))
        if self.limits.products_a_project < 1 or not 0 <= self.limits.completion <= 1:
            found.append(("limits", Words("限制条件不合理", "the limits make no sense")))
        return found

    @property
    def most(self) -> Floats:
        """What a project can take in all: its need, and no more than the debt share of the investment."""
        found: Floats = np.minimum(self.need, self.limits.debt_share * self.investment)
        return found

    @property
    def upper(self) -> Floats:
        """The most a pair can carry by its own terms, (n_pairs,)."""
        of_investment = self.investment_share[self.product] * self.investment[self.project]
        parts = (self.most[self.project], self.largest[self.product], of_investment)
        found: Floats = np.minimum.reduce(parts)
        return found

    @property
    def reach(self) -> Floats:
        """The most a pair could carry if all money went to it, (n_pairs,)."""
        capital = self.capital[self.bank[self.product]]
        share = min(self.limits.project_share, self.limits.sector_share, 1.0)
        found: Floats = np.minimum.reduce((self.upper, self.quota[self.product], share * capital))
        return found

    @property
    def possible(self) -> Bools:
        """Pairs that can be part of any answer, (n_pairs,).

        The pair carries at least a smallest ticket, and the project's best pairs, no more than it may have,
        reach completion.
        """
        most = self.reach
        carries = (most >= self.lower) & (most > 0)
        order = np.lexsort((np.where(carries, -most, 0.0), self.project))
        project = self.project[order]
        rank = np.arange(len(order)) - np.searchsorted(project, project, side="left")
        counted = np.zeros(len(order), dtype=np.bool_)
        counted[order] = rank < self.limits.products_a_project
        reach = np.bincount(self.project, np.where(carries & counted, most, 0.0), minlength=len(self.need))
        whole = np.minimum(reach, self.most) >= self.limits.completion * self.need * (1 - 1e-12)
        found: Bools = carries & whole[self.project]
        return found

    @property
    def lower(self) -> Floats:
        """The smallest ticket of each pair, (n_pairs,)."""
        return self.smallest[self.product]

    def with_quotas(self, changes: Mapping[str, Decimal | float]) -> "Plan":
        """The same problem with other quotas, by product id (what-if)."""
        unknown = [key for key in changes if key not in self.product_ids]
        if unknown:
            stranger = Words("不是本次计划中的产品", "is not a product of this plan")
            raise InvalidFacts(dict.fromkeys(unknown, stranger))
        quota = self.quota.copy()
        for key, amount in changes.items():
            quota[self.product_ids.index(key)] = float(amount)
        return replace(self, quota=quota)


def plan(
    matches: FrameMatch,
    *,
    quotas: Mapping[str, Decimal | float],
    capital: Mapping[str, Decimal | float] | None = None,
    limits: Limits | None = None,
    project_ids: Sequence[Any] = (),
) -> Plan:
    """The allocation problem of the eligible pairs of a frame.

    Parameters
    ----------
    quotas : money on offer by product id, 万元; products without a quota and add-ons take no part
    capital : what a bank can lend in all, by the provider's Chinese name; by default the sum of its quotas
    limits : by default those of the data
    project_ids : names of the rows, for the answer

    Projects whose need, investment or abatement is missing take no part: nothing is guessed.
    """
    projects = matches.projects
    need, investment = projects.numbers("financing_need"), projects.numbers("total_investment")
    tonnes = projects.numbers("abatement")
    with np.errstate(divide="ignore", invalid="ignore"):
        usable = (need > 0) & (investment > 0) & ~np.isnan(tonnes)
        climate = np.where(usable, tonnes / need, 0.0)
    offered = [
        place
        for place, product in enumerate(matches.products)
        if float(quotas.get(product.id, 0)) > 0 and not product.kind.add_on
    ]
    products = [matches.products[place] for place in offered]
    rows, columns, fits = [], [], []
    for column, place in enumerate(offered):
        found = np.flatnonzero((matches.status(place) == 0) & usable)
        rows.append(found)
        columns.append(np.full(len(found), column))
        fits.append(matches.scores(place)[found] / 100)
    banks = {name: i for i, name in enumerate(dict.fromkeys(product.provider.zh for product in products))}
    bank = np.array([banks[product.provider.zh] for product in products], dtype=np.intp)
    quota = np.array([float(quotas[product.id]) for product in products])
    money = np.array([quota[bank == i].sum() for i in range(len(banks))])
    for name, amount in (capital or {}).items():
        if name in banks:
            money[banks[name]] = float(amount)
    tickets = [product.terms.find("ticket") for product in products]
    shares = [product.terms.value("share_of_investment") for product in products]
    sector = projects.columns.get("category")
    return Plan(
        need=np.where(usable, need, 0.0),
        investment=np.where(usable, investment, 0.0),
        climate=climate,
        sector=sector.codes if isinstance(sector, Codes) else np.zeros(projects.size, dtype=np.intp),
        quota=quota,
        smallest=np.array([float(t.low) if t is not None and t.low is not None else 0.0 for t in tickets]),
        largest=np.array(
            [float(t.high) if t is not None and t.high is not None else np.inf for t in tickets]
        ),
        investment_share=np.array([1.0 if share is None else float(share) / 100 for share in shares]),
        bank=bank,
        capital=money,
        project=np.concatenate([*rows, []]).astype(np.intp),
        product=np.concatenate([*columns, []]).astype(np.intp),
        suitability=np.nan_to_num(np.concatenate([*fits, []]), nan=0.0),
        limits=limits or Limits.of_data(),
        project_ids=tuple(project_ids),
        product_ids=tuple(product.id for product in products),
    )
