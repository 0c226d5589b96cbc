"""One claim ledger per project-year: who claims the reduction, and which claims exclude each other."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import combinations

from scoring import catalogue
from scoring.errors import InvalidFacts
from scoring.words import Words


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim of one scheme on a project's reduction in a span of years; share of it, 1 for all."""

    project: str
    scheme: str
    first_year: int
    last_year: int
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two claims on one project-year, or more than the whole claimed."""

    project: str
    year: int
    schemes: tuple[str, ...]
    verdict: str  # conflict | review
    message: Words


@dataclass(frozen=True, slots=True)
class _Rules:
    schemes: Mapping[str, Words]
    pairs: Mapping[frozenset[str], tuple[str, Words]]


def ledger(claims: Iterable[Claim]) -> dict[tuple[str, int], tuple[Claim, ...]]:
    """The claims of every project and year. Raises InvalidFacts for an unknown scheme or a reversed span."""
    found: dict[tuple[str, int], tuple[Claim, ...]] = {}
    for claim in claims:
        if claim.scheme not in rules().schemes:
            raise InvalidFacts(
                {"scheme": Words(f"未知机制 {claim.scheme}", f"unknown scheme {claim.scheme}")}
            )
        if claim.last_year < claim.first_year or not 0 < claim.share <= 1:
            words = Words("起止年份或份额不正确", "the span or the share is not right")
            raise InvalidFacts({"first_year": words})
        for year in range(claim.first_year, claim.last_year + 1):
            found[claim.project, year] = (*found.get((claim.project, year), ()), claim)
    return dict(sorted(found.items()))


def conflicts(claims: Iterable[Claim]) -> tuple[Conflict, ...]:
    """Where claims exclude each other, by project and year; parts that fit beside each other do not."""
    found = []
    for (project, year), held in ledger(claims).items():
        for first, second in combinations(held, 2):
            fits = first.share + second.share <= 1 + 1e-9
            if first.scheme == second.scheme:
                if not fits:
                    found.append(_twice(project, year, first.scheme))
                continue
            rule = rules().pairs.get(frozenset((first.scheme, second.scheme)))
            if rule is not None and not (fits and first.share < 1):
                schemes = tuple(sorted((first.scheme, second.scheme)))
                found.append(Conflict(project, year, schemes, *rule))
    return tuple(found)


def between(schemes: Iterable[str]) -> tuple[Conflict, ...]:
    """Conflicts among the schemes an application declares, without years."""
    wanted = [scheme for scheme in schemes if scheme in rules().schemes]
    return tuple(
        Conflict("", 0, tuple(sorted(pair)), *rules().pairs[frozenset(pair)])
        for pair in combinations(sorted(wanted), 2)
        if frozenset(pair) in rules().pairs
    )


def _twice(project: str, year: int, scheme: str) -> Conflict:
    label = rules().schemes[scheme]
    words = Words(f"同一年度在{label.zh}下主张两次。", f"Claimed twice under {label.en} in one year.")
    return Conflict(project, year, (scheme,), "conflict", words)


@cache
def rules() -> _Rules:
    """The schemes and which pairs exclude each other, from `data/claims.yaml`; raises InvalidData."""
    file = catalogue.load(catalogue.DATA / "claims.yaml")
    for key in ("id", "version", "basis"):
        file[key]
    schemes = {}
    for entry in file.records("schemes"):
        schemes[entry.text("id")] = Words(entry.text("zh"), entry.text("en"))
        entry.done()
    pairs = {}
    for entry in file.records("pairs"):
        pair = frozenset(entry.texts("of"))
        if len(pair) != 2 or not pair <= schemes.keys():
            entry.fail("“of” names two known schemes", "of")
        pairs[pair] = (entry.choice("verdict", ("conflict", "review")), entry.words("say"))
        entry.done()
    file.done()
    return _Rules(schemes, pairs)
