"""Many projects against many products: every distinct rule once, as packed bits; a product joins its rules.

For each product only two bit rows are kept (eligible, not eligible); its reasons are unpacked when asked for,
from the rows of its rules.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from scoring.errors import InvalidFacts
from scoring.matching.columns import Floats, day_number, truth
from scoring.matching.outcome import STATUSES
from scoring.matching.product import Product, Rule
from scoring.matching.profiles import Profile
from scoring.matching.projects import Projects, from_frame, from_profiles
from scoring.matching.scores import ProductRows, scores
from scoring.words import Words

Bits = npt.NDArray[np.uint8]
Masks = npt.NDArray[np.unsignedinteger[Any]]
ELIGIBLE, MISSING, NOT_ELIGIBLE = range(3)  # positions in STATUSES
MOST_RULES = 64


@dataclass(eq=False)
class FrameMatch:
    """Statuses of all pairs; positions in `STATUSES`: 0 eligible, 1 missing information, 2 not eligible."""

    projects: Projects
    on: date
    products: list[Product] = field(default_factory=list)
    _rows: dict[object, tuple[Bits, Bits]] = field(default_factory=dict, repr=False)
    _by_rule: dict[Rule, tuple[Bits, Bits]] = field(default_factory=dict, repr=False)
    _status: list[tuple[Bits, Bits]] = field(default_factory=list, repr=False)

    def add(self, product: Product) -> int:
        """The position of a further (or changed) product, matched with every project."""
        if len(product.rules) > MOST_RULES:
            limit = Words(f"规则最多 {MOST_RULES} 条", f"a product has at most {MOST_RULES} rules")
            raise InvalidFacts({product.id: limit})
        self.products.append(product)
        self._status.append(self._combined(product))
        return len(self.products) - 1

    def rematched(self, products: Sequence[Product]) -> "FrameMatch":
        """The same projects with other products; rules met before are not evaluated again."""
        found = FrameMatch(self.projects, self.on, _rows=self._rows, _by_rule=self._by_rule)
        for product in products:
            if product.is_in_force(self.on):
                found.add(product)
        return found

    def status(self, product: int) -> npt.NDArray[np.uint8]:
        """The status of every project for one product, (n_projects,)."""
        every, failed = (self._unpacked(bits) for bits in self._status[product])
        found: npt.NDArray[np.uint8] = np.where(every, ELIGIBLE, np.where(failed, NOT_ELIGIBLE, MISSING))
        return found.astype(np.uint8)

    def counts(self) -> npt.NDArray[np.int64]:
        """Projects by product and status, (n_products, 3), in the order of `STATUSES`."""
        found = np.zeros((len(self.products), len(STATUSES)), dtype=np.int64)
        for i, (every, failed) in enumerate(self._status):
            found[i, ELIGIBLE] = np.bitwise_count(every).sum()
            found[i, NOT_ELIGIBLE] = np.bitwise_count(failed).sum()
        found[:, MISSING] = self.projects.size - found.sum(axis=1)
        return found

    def reasons(self, product: int) -> tuple[Masks, Masks]:
        """Failed and unknown rules of every project for one product, bit i for rule i of the product.

        The masks have the fewest of 16, 32 or 64 bits that hold the product's rules.
        """
        rules = self.products[product].rules
        kind = np.dtype(f"u{next(size for size in (2, 4, 8) if len(rules) <= 8 * size)}")
        failed, unknown = np.zeros((2, self.projects.size), dtype=kind)
        shifted = np.empty(self.projects.size, dtype=kind)
        for i, rule in enumerate(rules):
            true, false = self._row(rule)
            for mask, bits in ((failed, false), (unknown, ~(true | false))):
                unpacked = np.unpackbits(bits, count=self.projects.size)
                np.left_shift(unpacked, i, out=shifted, dtype=kind, casting="unsafe")
                np.bitwise_or(mask, shifted, out=mask)
        return failed, unknown

    def all_reasons(self) -> Iterator[tuple[Product, Masks, Masks]]:
        """Reasons product by product, so that memory stays that of one product."""
        for i, product in enumerate(self.products):
            yield (product, *self.reasons(i))

    def scores(self, product: int) -> Floats:
        """Suitability of one product for every project, 0–100, NaN where no part could be judged."""
        found: Floats = scores(self.projects, ProductRows.of([self.products[product]], self.on))
        return found

    def eligible_pairs(self) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Rows and product positions of all eligible pairs."""
        rows = [np.flatnonzero(self._unpacked(every)) for every, _ in self._status]
        columns = [np.full(len(found), i, dtype=np.intp) for i, found in enumerate(rows)]
        return np.concatenate([*rows, []]).astype(np.intp), np.concatenate([*columns, []]).astype(np.intp)

    def _combined(self, product: Product) -> tuple[Bits, Bits]:
        width = (self.projects.size + 7) // 8
        every, failed = np.full(width, 255, dtype=np.uint8), np.zeros(width, dtype=np.uint8)
        if self.projects.size % 8:
            every[-1] = (0xFF00 >> (self.projects.size % 8)) & 0xFF
        for rule in product.rules:
            if rule.hard:
                true, false = self._row(rule)
                np.bitwise_and(every, true, out=every)
                np.bitwise_or(failed, false, out=failed)
        return every, failed

    def _row(self, rule: Rule) -> tuple[Bits, Bits]:
        known = self._by_rule.get(rule)
        if known is not None:
            return known
        found = self._rows.get(rule.signature)
        if found is None:
            scope = {**{name: float(value) for name, value in rule.values.items()}, "on": day_number(self.on)}
            true, false = truth(rule.condition.root, self.projects.columns, scope, self.projects.size)
            found = np.packbits(true), np.packbits(false)
            self._rows[rule.signature] = found
        self._by_rule[rule] = found
        return found

    def _unpacked(self, bits: Bits) -> npt.NDArray[np.bool_]:
        return np.unpackbits(bits, count=self.projects.size).view(np.bool_)


def match_frame(
    projects: Projects | pd.DataFrame | Sequence[Profile], products: Sequence[Product], *, on: date
) -> FrameMatch:
    """Every product in force against every project.

    Parameters
    ----------
    projects : profiles, a data frame with product-dictionary columns, or columns built before
    products : their order is kept; those not in force on the day are left out

    Raises
    ------
    InvalidFacts
        If the frame has an unknown column or a product more than 64 rules.
    """
    if isinstance(projects, pd.DataFrame):
        projects = from_frame(projects, on=on)
    elif not isinstance(projects, Projects):
        projects = from_profiles(projects, on=on)
    return FrameMatch(projects, on).rematched(products)
