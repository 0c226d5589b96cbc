"""Series: levels on a base, methods linked over an overlap quarter, rebasing."""

from collections.abc import Sequence

from scoring.index.refusal import Refused
from scoring.words import Words

BASE = 100.0


def levels(scores: Sequence[float], base: int, *, least: float = 0.0) -> tuple[float, ...]:
    """The series as percent of one of its own values: level_t = 100 · S_t / S_b, never capped.

    Raises Refused when the base score is not above `least` (a ratio near zero says nothing).
    """
    return tuple(BASE * score / _above(scores[base], least) for score in scores)


def link_factor(old_at_overlap: float, new_at_overlap: float) -> float:
    """f = S_o / S'_o, the number published when the method changes: old points per new point."""
    return old_at_overlap / _above(new_at_overlap, 0.0)


def link(old: Sequence[float], new: Sequence[float], base: int, *, least: float = 0.0) -> tuple[float, ...]:
    """One series of levels from two methods that overlap in one period (last of `old` = first of `new`).

    Level_t = 100 · S_t / S_b up to the overlap o, then Level_o · S'_t / S'_o. `base` counts from
    the first period of `old` and may lie under either method.
    """
    factor = link_factor(old[-1], new[0])
    series = [*old, *(score * factor for score in new[1:])]
    return levels(series, base, least=least)


def rebase(series: Sequence[float], base: int) -> tuple[float, ...]:
    """The whole series multiplied so that the base is 100; nothing is computed again from scores."""
    return levels(series, base)


def _above(score: float, least: float) -> float:
    if not score > least:
        words = Words(
            f"基期得分 {score:g} 不大于 {least:g}", f"the base score {score:g} is not above {least:g}"
        )
        raise Refused("base", words)
    return score
