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

from scoring.criteria.nodes import Holds, Or
from scoring.facts import Value
from scoring.matching.columns import Floats, day_number, truth
from scoring.matching.outcome import ELIGIBLE, MISSING, NOT_ELIGIBLE, STATUSES
from scoring.matching.product import Product, Rule
from scoring.matching.profiles import Profile, dictionary
from scoring.matching.projects import Projects, from_profiles
from scoring.matching.scores import SCORED, ProductRows, scores

Outcomes = npt.NDArray[np.int8]  # 1 true, 0 false, −1 unknown
MOST_VALUES = 256
_ELIGIBLE, _MISSING, _NOT_ELIGIBLE = (STATUSES.index(name) for name in (ELIGIBLE, MISSING, NOT_ELIGIBLE))


@dataclass(frozen=True, eq=False)
class _Shape:
    """Rules with one tree: their places and their numbers by parameter."""

    rule: Rule
    places: npt.NDArray[np.intp]
    numbers: Mapping[str, Floats]


@dataclass(frozen=True, eq=False)
class _AnyOf:
    """Rules that ask for at least one of some choices of one fact, each as a bit mask."""

    key: str
    bits: Mapping[str, int]
    places: npt.NDArray[np.intp]
    masks: npt.NDArray[np.int64]

    @staticmethod
    def of(key: str, wanted: Mapping[int, frozenset[str]]) -> "_AnyOf":
        bits = {choice.id: 1 << i for i, choice in enumerate(dictionary()[key].choices)}
        masks = np.array([sum(bits[name] for name in names) for names in wanted.values()], dtype=np.int64)
        return _AnyOf(key, bits, np.array(list(wanted), dtype=np.intp), masks)

    def outcomes(self, value: Value | None) -> npt.NDArray[np.bool_] | int:
        if not isinstance(value, frozenset | set):
            return -1
        found: npt.NDArray[np.bool_] = (self.masks & sum(self.bits.get(name, 0) for name in value)) != 0
        return found


@dataclass(frozen=True, eq=False)
class Ranking:
    """Positions of products, best first; their statuses, and outcomes by rule and product."""

    order: npt.NDArray[np.intp]
    statuses: npt.NDArray[np.intp]
    table: Outcomes


class Book:
    """Products compiled for matching single projects on one day."""

    def __init__(self, products: Sequence[Product], on: date) -> None:
        self.products = tuple(product for product in products if product.is_in_force(on))
        self.on = on
        places: dict[object, int] = {}
        self.rules: list[Rule] = []
        width = max((len(product.rules) for product in self.products), default=0)
        self.index = np.full((width, len(self.products)), -1, dtype=np.intp)  # −1: no rule, the last outcome
        self.hard = np.zeros((width, len(self.products)), dtype=np.bool_)
        for i, product in enumerate(self.products):
            for j, rule in enumerate(product.rules):
                place = places.setdefault(rule.signature, len(places))
                if place == len(self.rules):
                    self.rules.append(rule)
                self.index[j, i], self.hard[j, i] = place, rule.hard
        self.rows = ProductRows.of(self.products, on)
        self.prices = np.nan_to_num(self.rows.price_middle, nan=np.inf)
        self.by_id = np.argsort(np.argsort([product.id for product in self.products], kind="stable"))
        self._group()

    def _group(self) -> None:
        known = dictionary()
        self._by_value: dict[str, list[int]] = {}
        any_of: dict[str, dict[int, frozenset[str]]] = {}
        shapes: dict[object, list[int]] = {}
        for place, rule in enumerate(self.rules):
            facts = rule.condition.facts
            wanted = _any_of(rule)
            if wanted is not None:
                any_of.setdefault(facts[0], {})[place] = wanted
            elif len(facts) == 1 and not known[facts[0]].is_numeric and known[facts[0]].kind != "date":
                self._by_value.setdefault(facts[0], []).append(place)
            else:
                shapes.setdefault(rule.condition.root, []).append(place)
        self._places = {key: np.array(places, dtype=np.intp) for key, places in self._by_value.items()}
        self._sets = [_AnyOf.of(key, wanted) for key, wanted in any_of.items()]
        self._shapes = [self._shape(places) for places in shapes.values()]
        self._numeric = SCORED.union(*(shape.rule.condition.facts for shape in self._shapes))
        self._seen: OrderedDict[tuple[str, Value | None], Outcomes] = OrderedDict()

    def _shape(self, places: list[int]) -> _Shape:
        rules = [self.rules[place] for place in places]
        numbers = {name: np.array([float(rule.values[name]) for rule in rules]) for name in rules[0].values}
        return _Shape(rules[0], np.array(places, dtype=np.intp), numbers)

    def _columns(self, profile: Profile) -> Projects:
        keys = [key for key in self._numeric if key in profile.values]
        narrowed = {key: profile.values[key] for key in keys}
        return from_profiles([Profile(narrowed, profile.on, {}, {})], on=self.on)

    def _outcomes(self, profile: Profile, one: Projects) -> Outcomes:
        found: Outcomes = np.ones(len(self.rules) + 1, dtype=np.int8)
        for key, places in self._places.items():
            found[places] = self._of_value(key, profile.values.get(key), profile)
        for group in self._sets:
            found[group.places] = group.outcomes(profile.values.get(group.key))
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

    def ranked(self, profile: Profile, top: int | None = None) -> Ranking:
        """The products for the project, best first: status, suitability, open rules, price, product id."""
        one = self._columns(profile)
        table = self._outcomes(profile, one)[self.index]
        failed = ((table == 0) & self.hard).any(axis=0)
        pending = ((table < 0) & self.hard).sum(axis=0, dtype=np.int8)
        statuses = np.where(failed, _NOT_ELIGIBLE, np.where(pending > 0, _MISSING, _ELIGIBLE))
        points = scores(one, self.rows)
        worth = 1000.0 * statuses - np.where(
            np.isnan(points), 0.0, points
        )  # 0 to 100 points below the status
        places = np.arange(len(worth))
        if top is not None and top < len(worth):
            places = np.flatnonzero(worth <= np.partition(worth, top - 1)[top - 1]) if top > 0 else places[:0]
        keys = (self.by_id[places], self.prices[places], pending[places], worth[places])
        return Ranking(places[np.lexsort(keys)][:top], statuses, table)


def _any_of(rule: Rule) -> frozenset[str] | None:
    root = rule.condition.root
    items = root.items if isinstance(root, Or) else (root,)
    held = [item for item in items if isinstance(item, Holds) and not item.negated]
    if len(held) < len(items) or len(rule.condition.facts) != 1:
        return None
    return frozenset(item.value for item in held)


@lru_cache(maxsize=16)
def book(products: tuple[Product, ...], on: date) -> Book:
    """The compiled products, kept while the same products are asked for on the same day."""
    return Book(products, on)
