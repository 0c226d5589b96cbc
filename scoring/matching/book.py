"""One project against many products at once: distinct rules grouped so that a page of a thousand stays quick.

Rules on a single choice, set, flag or text are looked up by the value, which repeats between projects. Rules
of one shape that differ only in their numbers are evaluated together, the numbers as a vector.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from scoring.facts import Value
from scoring.matching.columns import Floats, day_number, truth
from scoring.matching.outcome import STATUSES
from scoring.matching.product import Product, Rule
from scoring.matching.profile import Profile, dictionary
from scoring.matching.projects import from_profiles
from scoring.matching.scores import ProductRows, scores

Outcomes = npt.NDArray[np.int8]  # 1 true, 0 false, −1 unknown
MOST_VALUES = 256
_MARGIN = 0.25  # points by which the exact, part-by-part rounded score may differ from the one of the arrays


@dataclass(frozen=True, eq=False)
class _Shape:
    """Rules with one tree: their places and their numbers by parameter."""

    rule: Rule
    places: npt.NDArray[np.intp]
    numbers: Mapping[str, Floats]


class Book:
    """Products compiled for matching single projects on one day."""

    def __init__(self, products: Sequence[Product], on: date) -> None:
        self.products = tuple(product for product in products if product.is_in_force(on))
        self.on = on
        places: dict[object, int] = {}
        self.rules: list[Rule] = []
        width = max((len(product.rules) for product in self.products), default=0)
        self.index = np.zeros((len(self.products), width), dtype=np.intp)
        self.present = np.zeros((len(self.products), width), dtype=np.bool_)
        self.hard = np.zeros((len(self.products), width), dtype=np.bool_)
        for i, product in enumerate(self.products):
            for j, rule in enumerate(product.rules):
                place = places.setdefault(rule.signature, len(places))
                if place == len(self.rules):
                    self.rules.append(rule)
                self.index[i, j], self.present[i, j], self.hard[i, j] = place, True, rule.hard
        self.rows = ProductRows.of(self.products, on)
        self._group()

    def _group(self) -> None:
        known = dictionary()
        self._by_value: dict[str, list[int]] = {}
        shapes: dict[object, list[int]] = {}
        for place, rule in enumerate(self.rules):
            facts = rule.condition.facts
            if len(facts) == 1 and not known[facts[0]].is_numeric and known[facts[0]].kind != "date":
                self._by_value.setdefault(facts[0], []).append(place)
            else:
                shapes.setdefault(rule.condition.root, []).append(place)
        self._places = {key: np.array(places, dtype=np.intp) for key, places in self._by_value.items()}
        self._shapes = [self._shape(places) for places in shapes.values()]
        self._numeric = frozenset(key for shape in self._shapes for key in shape.rule.condition.facts)
        self._seen: OrderedDict[tuple[str, Value | None], Outcomes] = OrderedDict()

    def _shape(self, places: list[int]) -> _Shape:
        rules = [self.rules[place] for place in places]
        numbers = {name: np.array([float(rule.values[name]) for rule in rules]) for name in rules[0].values}
        return _Shape(rules[0], np.array(places, dtype=np.intp), numbers)

    def outcomes(self, profile: Profile) -> Outcomes:
        """The outcome of every distinct rule, (n_rules,)."""
        found: Outcomes = np.empty(len(self.rules), dtype=np.int8)
        values = profile.values
        for key, places in self._places.items():
            found[places] = self._of_value(key, values.get(key), profile)
        narrowed = {key: values[key] for key in self._numeric if key in values}
        one = from_profiles([Profile(narrowed, profile.on, {}, {})], on=self.on)
        scope = {"on": day_number(self.on)}
        for shape in self._shapes:
            true, false = truth(shape.rule.condition.root, one.columns, {**scope, **shape.numbers}, 1)
            found[shape.places] = np.where(true, 1, np.where(false, 0, -1))
        return found

    def _of_value(self, key: str, value: Value | None, profile: Profile) -> Outcomes:
        found = self._seen.get((key, value))
        if found is None:
            codes = {True: 1, False: 0, None: -1}
            rules = [self.rules[place] for place in self._by_value[key]]
            outcomes = [codes[rule.outcome(profile.values, self.on)] for rule in rules]
            found = np.array(outcomes, dtype=np.int8)
            self._seen[key, value] = found
            if len(self._seen) > MOST_VALUES:
                self._seen.popitem(last=False)
        return found

    def table(self, profile: Profile) -> Outcomes:
        """Outcomes by product and rule, (n_products, most rules); places without a rule hold 1."""
        if not self.rules:
            return np.ones(self.index.shape, dtype=np.int8)
        return np.where(self.present, self.outcomes(profile)[self.index], np.int8(1))

    def statuses(self, table: Outcomes) -> npt.NDArray[np.intp]:
        """Positions in `STATUSES` by product."""
        failed = ((table == 0) & self.hard).any(axis=1)
        unknown = ((table < 0) & self.hard).any(axis=1)
        names = [STATUSES.index(name) for name in ("not_eligible", "missing_info", "eligible")]
        return np.where(failed, names[0], np.where(unknown, names[1], names[2]))

    def leading(self, profile: Profile, table: Outcomes, top: int) -> npt.NDArray[np.intp]:
        """Positions of the `top` best products, by status, then score, and of those within rounding."""
        points = scores(from_profiles([self._scored(profile)], on=self.on), self.rows)
        key = 1000.0 * self.statuses(table) - np.nan_to_num(points, nan=0.0)
        if top >= len(key):
            return np.arange(len(key))
        return np.flatnonzero(key <= np.partition(key, top - 1)[top - 1] + _MARGIN)

    @staticmethod
    def _scored(profile: Profile) -> Profile:
        keys = ("financing_need", "asset_value", "rate_ceiling", "tenor", "abatement", "credit_grade")
        values = {key: profile.values[key] for key in keys if key in profile.values}
        return Profile(values, profile.on, {}, {})


@lru_cache(maxsize=16)
def book(products: tuple[Product, ...], on: date) -> Book:
    """The compiled products, kept while the same products are asked for on the same day."""
    return Book(products, on)
