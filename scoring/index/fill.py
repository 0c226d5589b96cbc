"""Gaps of a study table: filled by a stated rule, every known cell left as it is, bit for bit."""

from collections.abc import Callable, Sequence

import numpy as np

from scoring.index.refusal import Refused
from scoring.index.table import Floats, Table, Tree
from scoring.words import Words


def impute(
    table: Table, tree: Tree, *, method: str, group: str | None = None, within_level: int | None = None
) -> Floats:
    """(n, k) with gaps filled by mean, median, group_mean, group_median or row_mean.

    A gap in a column (or group) without any value stays a gap. row_mean: the mean of the unit's other
    indicators on direction-corrected min-max values, mapped back; `within_level` keeps to the own node there.
    """
    if method in ("mean", "median"):
        return _by_group(table.x, ["all"] * len(table.units), _statistic(method))
    if method in ("group_mean", "group_median"):
        if group is None:
            raise Refused("group", Words("缺分组", "the grouping is missing"))
        return _by_group(table.x, table.group(group), _statistic(method.removeprefix("group_")))
    if method == "row_mean":
        return _row_mean(table, tree, within_level)
    raise Refused("impute", Words(f"未知的填补方法“{method}”", f"unknown way to fill gaps “{method}”"))


def _statistic(name: str) -> Callable[[Floats], float]:
    return (
        (lambda values: float(values.mean())) if name == "mean" else (lambda values: float(np.median(values)))
    )


def _by_group(x: Floats, labels: Sequence[str], statistic: Callable[[Floats], float]) -> Floats:
    filled = x.copy()
    names = np.array(labels)
    for label in sorted(set(labels)):
        rows = np.flatnonzero(names == label)
        for column in range(x.shape[1]):
            values = x[rows, column]
            gaps = np.isnan(values)
            if gaps.any() and not gaps.all():
                filled[rows[gaps], column] = statistic(values[~gaps])
    return filled


def _row_mean(table: Table, tree: Tree, within_level: int | None) -> Floats:
    direction = np.array([tree.directions[name] for name in table.columns], dtype=float)
    directed = table.x * direction
    low, high = np.nanmin(directed, axis=0), np.nanmax(directed, axis=0)
    width = high - low
    with np.errstate(invalid="ignore", divide="ignore"):
        scores = np.where(width > 0, (directed - low) / width, np.nan)
    homes = [tree.ancestor(name, within_level) if within_level else "" for name in table.columns]
    filled = table.x.copy()
    for row, column in np.argwhere(np.isnan(table.x)):
        siblings = [place for place, home in enumerate(homes) if home == homes[column]]
        known = scores[row, siblings]
        known = known[~np.isnan(known)]
        if known.size and not np.isnan(low[column]):
            filled[row, column] = direction[column] * (low[column] + known.mean() * width[column])
    return filled


def impute_panel(table: Table, *, method: str, max_age: float | None = None) -> Floats:
    """(n, k) with each unit's gaps filled from its own other periods.

    latest: the last value, not older than `max_age`; constant: the last value, the first before it; linear:
    on the line between its neighbours, ends held. No value: stays empty; one value: constant.
    """
    if table.periods is None:
        raise Refused("periods", Words("没有时期列", "the table has no periods"))
    filled = table.x.copy()
    times, units = np.array(table.periods), np.array(table.units)
    for unit in dict.fromkeys(table.units):
        rows = np.flatnonzero(units == unit)
        rows = rows[np.argsort(times[rows], kind="stable")]
        for column in range(table.x.shape[1]):
            series = table.x[rows, column]
            gaps = np.isnan(series)
            if gaps.any() and not gaps.all():
                filled[rows[gaps], column] = _series(method, times[rows], series, max_age)[gaps]
    return filled


def _series(method: str, times: Floats, series: Floats, max_age: float | None) -> Floats:
    known = np.flatnonzero(~np.isnan(series))
    if method == "linear":
        return np.interp(times, times[known], series[known])
    if method not in ("latest", "constant"):
        raise Refused("impute", Words(f"未知的填补方法“{method}”", f"unknown way to fill gaps “{method}”"))
    last = np.searchsorted(known, np.arange(series.size), side="right") - 1
    values = series[known[np.maximum(last, 0)]]
    if method == "constant":
        return values
    age = times - times[known[np.maximum(last, 0)]]
    return np.where((last < 0) | ((age > max_age) if max_age is not None else False), np.nan, values)


def denominate(table: Table, tree: Tree, *, scale: float = 1.0) -> Floats:
    """(n, k) with each indicator that names a denominator divided by it: x / (D / scale).

    D = 0 or a gap gives a gap; D < 0 is refused.
    """
    result = table.x.copy()
    others = table.others or {}
    for place, name in enumerate(table.columns):
        below = tree.denominators.get(name)
        if below is None:
            continue
        if below not in others:
            raise Refused(
                "denominator", Words(f"没有分母“{below}”", f"there is no denominator “{below}”"), node=name
            )
        size = others[below]
        if (size < 0).any():
            unit = table.units[int(np.flatnonzero(size < 0)[0])]
            raise Refused("denominator", Words("分母小于 0", "a denominator below 0"), unit=unit, node=below)
        with np.errstate(divide="ignore", invalid="ignore"):
            result[:, place] = np.where(size == 0, np.nan, table.x[:, place] / (size / scale))
    return result
