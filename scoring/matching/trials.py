"""A product tried on the current registry before it is published."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from scoring.matching.frame import FrameMatch
from scoring.matching.outcome import STATUSES
from scoring.matching.product import Product, Rule
from scoring.matching.projects import Projects
from scoring.matching.soundness import Conflict, find_conflict


@dataclass(frozen=True)
class RuleTally:
    """How many projects a rule refuses or leaves open, and how many it alone keeps out."""

    rule: Rule
    failed: int
    unknown: int
    alone: int


@dataclass(frozen=True)
class Trial:
    """What publishing the product would mean today."""

    product: Product
    counts: dict[str, int]
    rules: tuple[RuleTally, ...]
    conflict: Conflict | None
    one_short: int  # projects with no failed and exactly one open deciding rule

    @property
    def may_be_published(self) -> bool:
        return self.conflict is None


def trial(product: Product, projects: Projects, *, on: date) -> Trial:
    """The product against every project: counts by status, tallies by rule, and a conflict if any."""
    matches = FrameMatch(projects, on)
    place = matches.add(product)
    failed, unknown = matches.reasons(place)
    hard = np.array(sum(1 << i for i, rule in enumerate(product.rules) if rule.hard), dtype=failed.dtype)
    blocked, pending = failed & hard, unknown & hard
    tallies = []
    for i, rule in enumerate(product.rules):
        bit = np.array(1 << i, dtype=failed.dtype)
        alone = int(np.count_nonzero(blocked == bit)) if rule.hard else 0
        is_failed, is_open = (int(np.count_nonzero(mask & bit)) for mask in (failed, unknown))
        tallies.append(RuleTally(rule, is_failed, is_open, alone))
    counts = dict(zip(STATUSES, matches.counts()[place].tolist(), strict=True))
    short = (blocked == 0) & (np.bitwise_count(pending) == 1)
    conflict = find_conflict(product, on)
    return Trial(product, counts, tuple(tallies), conflict, int(np.count_nonzero(short)))
