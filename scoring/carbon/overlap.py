"""Overlap: which known records may be the project at hand, by place, meter, equipment, code, name and period.

The index is built once over all records: a tree of places, tables of codes, and an inverted index of the
character pairs of names. A query touches only the records that share a rare pair, a place or a code with it.
"""

import csv
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from math import prod

import numpy as np

from scoring import catalogue
from scoring.words import Words

EARTH_RADIUS_M = 6_371_008.8
# entries of the inverted index that one query may read
READ_BUDGET = 40_000
MAX_NAMED = 60


@dataclass(frozen=True, slots=True)
class Site:
    """What is known of a project, wherever it is listed."""

    id: str
    name: str
    latitude: float | None = None
    longitude: float | None = None
    national_code: str | None = None
    meters: frozenset[str] = frozenset()
    equipment: frozenset[str] = frozenset()
    starts: date | None = None
    ends: date | None = None
    source: str = "registry"


@dataclass(frozen=True, slots=True)
class Sign:
    """One reason for an alarm."""

    kind: str  # national_code | meter | equipment | place | name
    weight: float
    message: Words


@dataclass(frozen=True, slots=True)
class Alarm:
    """A known record that may be the same project."""

    site: Site
    score: float
    level: str  # high | medium | low
    signs: tuple[Sign, ...]
    same_period: bool | None


@dataclass(frozen=True)
class _Rules:
    radius_m: float
    weights: Mapping[str, float]
    name_from: float
    name_apart: float
    other_numbers: float
    apart_m: float
    other_period: float
    levels: tuple[tuple[str, float], ...]
    filler: re.Pattern[str]


@dataclass(slots=True)
class _Signs:
    found: dict[int, list[Sign]] = field(default_factory=lambda: defaultdict(list))

    def add(self, place: int, kind: str, weight: float, zh: str, en: str) -> None:
        self.found[place].append(Sign(kind, weight, Words(zh, en)))


class Index:
    """The known records, ready to be asked."""

    def __init__(self, sites: Iterable[Site]) -> None:
        self.sites: tuple[Site, ...] = tuple(sites)
        self._codes: dict[tuple[str, str], list[int]] = defaultdict(list)
        located: list[int] = []
        for place, site in enumerate(self.sites):
            for key in _codes(site):
                self._codes[key].append(place)
            if site.latitude is not None and site.longitude is not None:
                located.append(place)
        self._located = np.array(located, dtype=np.intp)
        points = [(self.sites[p].latitude, self.sites[p].longitude) for p in located]
        from scipy.spatial import cKDTree  # slow to load and used here alone

        self._tree = cKDTree(_on_sphere(np.array(points, dtype=float))) if points else None
        self._names = _Names([site.name for site in self.sites])

    def __len__(self) -> int:
        return len(self.sites)

    def find(self, site: Site) -> tuple[Alarm, ...]:
        """The records that may be this project, likeliest first; the record itself is left out."""
        signs = _Signs()
        self._by_code(site, signs)
        self._by_place(site, signs)
        self._by_name(site, signs)
        alarms = []
        for place, found in signs.found.items():
            other = self.sites[place]
            if (other.id, other.source) == (site.id, site.source):
                continue
            alarm = _alarm(site, other, found)
            if alarm is not None:
                alarms.append(alarm)
        return tuple(sorted(alarms, key=lambda alarm: (-alarm.score, alarm.site.id)))

    def _by_code(self, site: Site, signs: _Signs) -> None:
        weights = rules().weights
        for kind, code in _codes(site):
            zh, en = _CODE_WORDS[kind]
            for place in self._codes.get((kind, code), ()):
                signs.add(place, kind, weights[kind], f"{zh}相同：{code}", f"same {en}: {code}")

    def _by_place(self, site: Site, signs: _Signs) -> None:
        if self._tree is None or site.latitude is None or site.longitude is None:
            return
        known, weights = rules(), rules().weights
        here = _on_sphere(np.array([[site.latitude, site.longitude]]))[0]
        near = self._tree.query_ball_point(here, known.radius_m / EARTH_RADIUS_M)
        for entry in near:
            distance = float(np.linalg.norm(self._tree.data[entry] - here)) * EARTH_RADIUS_M
            share = distance / known.radius_m
            weight = weights["place_near"] * (1 - share) + weights["place_edge"] * share
            text = f"{distance:.0f} m"
            signs.add(
                int(self._located[entry]), "place", weight, f"位置相距 {text}", f"sites are {text} apart"
            )

    def _by_name(self, site: Site, signs: _Signs) -> None:
        known = rules()
        beside = list(signs.found)  # named alike or not, what shares a place or code is compared
        for place, similarity in self._names.similar(site.name, known.name_from, beside):
            weight = known.weights["name_same"] * (similarity - known.name_from) / (1 - known.name_from)
            if _far_apart(site, self.sites[place], known.apart_m):
                weight *= known.name_apart
            if _numbers_differ(site.name, self.sites[place].name):
                weight *= known.other_numbers
            percent = f"{100 * similarity:.0f} %"
            signs.add(place, "name", weight, f"名称相似度 {percent}", f"names are {percent} alike")


class _Names:
    """Names as sets of character pairs, weighted by their rarity."""

    def __init__(self, names: Sequence[str]) -> None:
        postings: dict[str, list[int]] = defaultdict(list)
        self._pairs = [pairs_of(name) for name in names]
        for place, pairs in enumerate(self._pairs):
            for pair in pairs:
                postings[pair].append(place)
        self._postings = {pair: np.array(held, dtype=np.int32) for pair, held in postings.items()}
        count = max(len(names), 1)
        self._rarity = {pair: float(np.log(1 + count / len(held))) for pair, held in self._postings.items()}
        self._size = np.array([self._weight(pairs) for pairs in self._pairs])

    def similar(self, name: str, least: float, beside: Sequence[int]) -> list[tuple[int, float]]:
        """Names at least so alike: weighted shared pairs over all pairs. `beside` are always compared."""
        pairs = pairs_of(name)
        own = self._weight(pairs)
        found = []
        for place in {*self._candidates(pairs, own, least), *beside}:
            shared = self._weight(pairs & self._pairs[place])
            similarity = shared / (own + float(self._size[place]) - shared) if own else 0.0
            if similarity >= least:
                found.append((place, similarity))
        return found

    def _candidates(self, pairs: frozenset[str], own: float, least: float) -> list[int]:
        """The records that share the rarest pairs, as many as may be read, and can still be alike enough."""
        known = sorted(pairs & self._postings.keys(), key=lambda pair: len(self._postings[pair]))
        read: list[np.ndarray] = []
        weights: list[float] = []
        budget = READ_BUDGET
        for pair in known:
            held = self._postings[pair]
            if read and len(held) > budget:
                break
            budget -= len(held)
            read.append(held)
            weights.append(self._rarity[pair])
        if not read:
            return []
        score = np.bincount(np.concatenate(read), weights=np.repeat(weights, [len(held) for held in read]))
        touched = np.flatnonzero(score)
        # the most that a record can still share, given what was not read
        most = score[touched] + sum(self._rarity[pair] for pair in known[len(read) :])
        possible = touched[most >= least * (own + self._size[touched] - most)]
        if len(possible) > MAX_NAMED:
            possible = possible[np.argpartition(-score[possible], MAX_NAMED)[:MAX_NAMED]]
        return [int(place) for place in possible]

    def _weight(self, pairs: frozenset[str]) -> float:
        """Weight of a name's pairs; one never seen, perhaps a slip, weighs as the others on average."""
        known = [self._rarity[pair] for pair in pairs if pair in self._rarity]
        return sum(known) * len(pairs) / len(known) if known else float(len(pairs))


_NUMBERS = re.compile(r"\d+(?:\.\d+)?|[一二三四五六七八九十]+(?=期|号|组|标段)")
_CODE_WORDS = {
    "national_code": ("国家代码", "national code"),
    "meter": ("计量表号", "meter"),
    "equipment": ("设备编号", "equipment"),
}


@cache
def external_sites() -> tuple[Site, ...]:
    """The projects of the CDM list, `data/cdm_projects.csv`."""
    with (catalogue.DATA / "cdm_projects.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Site(
                row["reference"],
                row["title"],
                float(row["latitude"]) if row["latitude"] else None,
                float(row["longitude"]) if row["longitude"] else None,
                source="cdm",
            )
            for row in csv.DictReader(file)
        )


def pairs_of(name: str) -> frozenset[str]:
    """The character pairs of a name without spaces, punctuation and filler words; digits stay together."""
    text = unicodedata.normalize("NFKC", name).lower()
    # a Chinese filler word is dropped and what stood around it joins, as in an abbreviated name
    text = rules().filler.sub(lambda match: " " if match[0].isascii() else "", text)
    parts = re.findall(r"\d+(?:\.\d+)?|[^\W\d_]+", text)
    found: set[str] = set()
    for part in parts:
        if part[0].isdigit() or len(part) == 1:
            found.add(part)
        else:
            found.update(part[at : at + 2] for at in range(len(part) - 1))
    return frozenset(found)


def _codes(site: Site) -> list[tuple[str, str]]:
    found = [("national_code", site.national_code.strip().upper())] if site.national_code else []
    found += [("meter", code.strip().upper()) for code in sorted(site.meters) if code.strip()]
    found += [("equipment", code.strip().upper()) for code in sorted(site.equipment) if code.strip()]
    return found


def _alarm(site: Site, other: Site, signs: Sequence[Sign]) -> Alarm | None:
    known = rules()
    same_period = _same_period(site, other)
    scale = known.other_period if same_period is False else 1.0
    firm = {"national_code", "meter"}
    score = 1 - prod(1 - sign.weight * (1.0 if sign.kind in firm else scale) for sign in signs)
    level = next((name for name, least in known.levels if score >= least), None)
    if level is None:
        return None
    ordered = tuple(sorted(signs, key=lambda sign: -sign.weight))
    return Alarm(other, score, level, ordered, same_period)


def _same_period(site: Site, other: Site) -> bool | None:
    """Whether the periods touch; None when one of them is not known."""
    if site.starts is None or other.starts is None:
        return None
    return not (
        (site.ends is not None and site.ends < other.starts)
        or (other.ends is not None and other.ends < site.starts)
    )


def _numbers_differ(first: str, second: str) -> bool:
    """Whether both names state numbers and share none: other phases of one plant, usually."""
    ours, theirs = (set(_NUMBERS.findall(unicodedata.normalize("NFKC", name))) for name in (first, second))
    return bool(ours) and bool(theirs) and not ours & theirs


def _far_apart(site: Site, other: Site, apart_m: float) -> bool:
    if None in (site.latitude, site.longitude, other.latitude, other.longitude):
        return False
    points = _on_sphere(
        np.array([[site.latitude, site.longitude], [other.latitude, other.longitude]], dtype=float)
    )
    return float(np.linalg.norm(points[0] - points[1])) * EARTH_RADIUS_M > apart_m


def _on_sphere(degrees: np.ndarray) -> np.ndarray:
    """Latitude and longitude as points of the unit sphere; short chords there are distances. [(n, 3)]"""
    latitude, longitude = np.radians(degrees[:, 0]), np.radians(degrees[:, 1])
    return np.column_stack(
        (np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude))
    )


@cache
def rules() -> _Rules:
    """The weights and thresholds of `data/overlap.yaml`; raises InvalidData."""
    file = catalogue.load(catalogue.DATA / "overlap.yaml")
    for key in ("id", "version", "basis"):
        file[key]
    weights, levels = file.record("weights"), file.record("levels")
    filler = sorted(file.texts("filler"), key=len, reverse=True)
    latin = [word for word in filler if word.isascii()]
    chinese = [word for word in filler if not word.isascii()]
    found = _Rules(
        radius_m=float(file.number("radius_m")),
        weights={key: float(weights.number(key)) for key in weights},
        name_from=float(file.number("name_from")),
        name_apart=float(file.number("name_apart")),
        other_numbers=float(file.number("other_numbers")),
        apart_m=1000 * float(file.number("apart_km")),
        other_period=float(file.number("other_period")),
        levels=tuple(sorted(((key, float(levels.number(key))) for key in levels), key=lambda e: -e[1])),
        filler=re.compile("|".join([*chinese, *(rf"\b{word}\b" for word in latin)])),
    )
    file.done()
    return found
