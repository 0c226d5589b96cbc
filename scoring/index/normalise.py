"""Indicators on one scale: every form with its edge cases, column by column, gaps kept in place."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.index.refusal import Refused
from scoring.index.table import Flags, Floats, Table, Tree
from scoring.words import Words

REFUSE, MIDDLE = "refuse", "middle"  # what to do with an indicator without spread


def minmax(
    x: Floats,
    *,
    lower: float = 0.0,
    upper: float = 100.0,
    no_spread: str = "refuse",
    reference: Floats | None = None,
) -> Floats:
    """a + (b − a)(x − min)/(max − min), min and max over the reference rows (x itself by default).

    No range: refused, or (a + b)/2 with no_spread = “middle”, which the caller then has to say.
    """
    low, high = _range(x if reference is None else reference)
    width = _spread(high - low, no_spread)
    scores: Floats = x - low
    scores *= (upper - lower) / width
    scores += lower
    return _neutral(scores, high - low, (lower + upper) / 2, x)


def zscore(
    x: Floats,
    *,
    mean: float = 0.0,
    sd: float = 1.0,
    no_spread: str = "refuse",
    reference: Floats | None = None,
) -> Floats:
    """m + s(x − mean_R)/sd_R with n − 1 in sd_R; the mean is taken twice, so a large offset loses nothing."""
    rows = x if reference is None else reference
    count = (~np.isnan(rows)).sum(axis=0)
    first = _nansum(rows) / np.maximum(count, 1)
    centre = first + _nansum(rows - first) / np.maximum(count, 1)
    deviation = rows - centre
    low, high = _range(rows)
    square = _nansum(deviation * deviation) / np.maximum(count - 1, 1)
    width = _spread(np.where(high > low, np.sqrt(square), 0.0), no_spread)
    return _neutral(mean + sd * (x - centre) / width, high - low, mean, x)


def goalposts(
    x: Floats, lower: Floats, upper: Floats, *, scale: float = 1.0, base: float = 0.0, truncate: bool = False
) -> Floats:
    """a + (b − a)(x − L)/(U − L); clipped to a … b when `truncate`. L = U is refused."""
    if (np.asarray(lower) == np.asarray(upper)).any():
        raise Refused("goalposts", Words("起点与目标相等", "a lower and an upper goalpost are equal"))
    share = (x - lower) / (upper - lower)
    scores: Floats = base + (scale - base) * (np.clip(share, 0.0, 1.0) if truncate else share)
    return scores


def rank(x: Floats, *, ties: str = "min") -> Floats:
    """Ascending ranks from 1; ties share the smallest, the mean or the largest of their ranks."""
    if ties not in ("min", "average", "max"):
        raise Refused("ties", Words(f"未知的并列规则“{ties}”", f"unknown rule for ties “{ties}”"))
    columns = np.ascontiguousarray(np.atleast_2d(x.T))
    ranks = np.full(columns.shape, np.nan)
    for place, values in enumerate(columns):
        order = np.argsort(values)[: values.size - int(np.isnan(values).sum())]  # gaps are sorted to the end
        ordered = values[order]
        new = np.empty(ordered.size, dtype=bool)
        new[:1] = True
        np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
        if new.all():
            ranks[place, order] = np.arange(1.0, ordered.size + 1)
            continue
        starts = np.flatnonzero(new)
        ends = np.append(starts[1:], ordered.size)
        value = starts + 1.0 if ties == "min" else ends if ties == "max" else (starts + 1.0 + ends) / 2
        ranks[place, order] = np.repeat(value, ends - starts)
    return ranks.T.reshape(x.shape)


def percentile_rank(x: Floats, *, ties: str = "min") -> Floats:
    """(rank − 1)/(number present − 1); a single value stands in the middle, 0.5."""
    count = (~np.isnan(x)).sum(axis=0)
    scores = (rank(x, ties=ties) - 1) / np.maximum(count - 1, 1)
    return np.where((count == 1) & ~np.isnan(x), 0.5, scores)


def borda(x: Floats, *, ties: str = "min") -> Floats:
    """rank − 1: how many values lie below."""
    return rank(x, ties=ties) - 1


def distance_to_max(x: Floats) -> Floats:
    """1 − (max − x)/(max − min)."""
    low, high = _range(x)
    width = _spread(high - low, REFUSE)
    scores: Floats = 1 - (high - x) / width
    return scores


def distance_to_reference(x: Floats, row: int, *, cap: bool = False) -> Floats:
    """1 − (x_r − x)/(x_r − min) for the reference row r; x_r = min or a gap is refused."""
    low, _ = _range(x)
    if not -len(x) <= row < len(x):
        raise Refused("reference", Words("没有参照单元", "there is no reference unit"))
    chosen = x[row]
    if not np.all(chosen > low):
        raise Refused(
            "reference", Words("参照单元缺数或为最小值", "the reference unit has a gap or the least value")
        )
    return _capped(1 - (chosen - x) / (chosen - low), cap)


def distance_to_target(x: Floats, target: Floats, *, cap: bool = False) -> Floats:
    """(x − min)/(T − min), T already multiplied by the direction; T = min is refused.

    A target below the least value gives scores of 0 and below: `targets_below` tells which columns.
    """
    low, _ = _range(x)
    width = np.asarray(target - low)
    if (width == 0).any() or np.isnan(width).any():
        raise Refused(
            "target", Words("目标等于最小值或缺失", "a target equals the least value or is missing")
        )
    return _capped((x - low) / width, cap)


def targets_below(x: Floats, target: Floats) -> Flags:
    """Where the target lies below the least value, so that every score is negative or 0."""
    low, _ = _range(x)
    below: Flags = np.asarray(target) < low
    return below


def fraction_of_max(x: Floats) -> Floats:
    """x / max; max ≤ 0 is refused."""
    _, high = _range(x)
    if not np.all(high > 0):
        raise Refused("maximum", Words("最大值不大于 0", "a largest value is not above 0"))
    scores: Floats = x / high
    return scores


def ratio_to_base(x: Floats, base: Floats, direction: Floats | float = 1.0) -> Floats:
    """100 (x_t / x_b)^d; x_b = 0 or a change of sign is refused."""
    ratio = x / np.where(base == 0, np.nan, base)
    if np.any(base == 0) or np.any(ratio[~np.isnan(ratio)] <= 0):
        raise Refused("base", Words("基期值为 0 或变号", "a base value is 0 or the sign changes"))
    scores: Floats = 100 * ratio ** np.asarray(direction)
    return scores


def normalise(table: Table, tree: Tree, *, method: str, scope: str = "all_periods", **options: Any) -> Floats:
    """(n, k) of scores: values times direction, then the named form with its options, per period if asked.

    minmax (lower, upper), zscore (mean, sd), rank, percentile_rank, borda (ties), distance_to_max,
    distance_to_reference (reference = a unit, cap), distance_to_target (cap; targets of the tree),
    fraction_of_max, goalposts or scaled (lower_table, upper_table in natural units, swapped where lower is
    better; scale, base, truncate).
    """
    direction = np.array([tree.directions[name] for name in table.columns], dtype=float)
    if method in ("goalposts", "scaled"):
        return _by_posts(table, direction, **options)
    x = table.x * direction if (direction < 0).any() else table.x
    blocks = table.blocks(scope)
    if len(blocks) == 1:
        return _block(table, tree, direction, method, x, blocks[0], options)
    result = np.empty(x.shape)
    for rows in blocks:
        result[rows] = _block(table, tree, direction, method, x[rows], rows, options)
    return result


def _block(
    table: Table,
    tree: Tree,
    direction: Floats,
    method: str,
    block: Floats,
    rows: Sequence[int] | NDArray[np.intp],
    options: Mapping[str, Any],
) -> Floats:
    if method == "distance_to_target":
        targets = np.array([tree.targets.get(name, np.nan) for name in table.columns]) * direction
        return distance_to_target(block, targets, **options)
    if method == "distance_to_reference":
        name = options["reference"]
        place = [i for i, row in enumerate(rows) if table.units[row] == name]
        if not place:
            raise Refused("reference", Words(f"没有参照单元“{name}”", f"no reference unit “{name}”"))
        return distance_to_reference(block, place[0], cap=bool(options.get("cap", False)))
    if method not in _FORMS:
        words = Words(f"未知的标准化方法“{method}”", f"unknown normalisation “{method}”")
        raise Refused("normalise", words)
    return _named(table.columns, _FORMS[method], block, options)


_FORMS: dict[str, Callable[..., Floats]] = {
    "minmax": minmax,
    "zscore": zscore,
    "rank": rank,
    "percentile_rank": percentile_rank,
    "borda": borda,
    "distance_to_max": distance_to_max,
    "fraction_of_max": fraction_of_max,
}


def _by_posts(
    table: Table,
    direction: Floats,
    *,
    lower_table: Mapping[str, float],
    upper_table: Mapping[str, float],
    scale: float = 1.0,
    base: float = 0.0,
    truncate: bool = False,
) -> Floats:
    for posts in (lower_table, upper_table):
        missing = [name for name in table.columns if name not in posts]
        if missing:
            raise Refused(
                "goalposts", Words(f"缺目标值：{missing}", f"no goalposts for {', '.join(missing)}")
            )
    lower = np.array([lower_table[name] for name in table.columns], dtype=float)
    upper = np.array([upper_table[name] for name in table.columns], dtype=float)
    lower, upper = np.where(direction < 0, upper, lower), np.where(direction < 0, lower, upper)
    return goalposts(table.x, lower, upper, scale=scale, base=base, truncate=truncate)


def _named(
    columns: Sequence[str], form: Callable[..., Floats], block: Floats, options: Mapping[str, Any]
) -> Floats:
    try:
        return form(block, **options)
    except Refused as error:
        low, high = _range(block)
        flat = [name for place, name in enumerate(columns) if not high[place] > low[place]]
        raise Refused(error.rule, error.words, node=", ".join(flat) or None) from error


def _range(x: Floats) -> tuple[Floats, Floats]:
    low, high = np.asarray(x.min(axis=0)), np.asarray(x.max(axis=0))
    if np.isnan(low).any():
        low, high = np.fmin.reduce(x, axis=0), np.fmax.reduce(x, axis=0)
    return np.asarray(low), np.asarray(high)


def _nansum(x: Floats) -> Floats:
    return np.asarray(np.nansum(x, axis=0))


def _spread(width: Floats, no_spread: str) -> Floats:
    flat = ~(np.asarray(width) > 0)
    if flat.any():
        if no_spread != MIDDLE:
            raise Refused(
                "no spread",
                Words("指标无差异，不能标准化", "an indicator has no spread, nothing to normalise"),
            )
        return np.where(flat, 1.0, width)
    return width


def _neutral(scores: Floats, width: Floats, middle: float, x: Floats) -> Floats:
    flat = ~(np.asarray(width) > 0)
    return np.where(flat & ~np.isnan(x), middle, scores) if flat.any() else scores


def _capped(scores: Floats, cap: bool) -> Floats:
    return np.minimum(scores, 1.0) if cap else scores
