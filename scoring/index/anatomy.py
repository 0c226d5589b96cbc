"""What a method measures: weights in effect, correlations, reliability, components, availability."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from scoring.index.moments import shape
from scoring.index.refusal import Refused
from scoring.index.study import Study
from scoring.index.table import Floats, Table, Tree
from scoring.words import Words

WEAK, DOUBLE, SIZE = 0.3, 0.92, 0.6  # |r| below, above: does not fit; counts twice; follows size


class Link(NamedTuple):
    """Correlation of two columns; `flag` is weak, double, negative, size or empty."""

    a: str
    b: str
    r: float
    flag: str = ""


class Statistics(NamedTuple):
    """One indicator before treatment."""

    name: str
    least: float
    most: float
    mean: float
    median: float
    sd: float
    skewness: float | None
    kurtosis: float | None
    present: int
    nonzero: int
    unique: int
    same: int
    flags: tuple[str, ...]


class Components(NamedTuple):
    """Principal components of the correlation matrix: loadings of the first, standard deviations, shares."""

    loadings: dict[str, float]
    deviations: tuple[float, ...]
    shares: tuple[float, ...]


class Structure(NamedTuple):
    """The structure report of one study."""

    effective_weights: dict[str, float]
    kish: float
    with_parent: tuple[Link, ...]
    within: tuple[Link, ...]
    size: tuple[Link, ...]
    alpha: dict[str, float]
    statistics: tuple[Statistics, ...]


def structure(study: Study, raw: Table | None = None) -> Structure:
    """Effective weights, correlations, alpha and statistics of a study; `raw` is its untreated table."""
    weights = effective_weights(study.tree)
    inner = [name for name in study.tree.inner if len(study.tree.children(name)) > 1]
    columns = {name: study.score(name) for name in study.tree.parents}
    return Structure(
        effective_weights=weights,
        kish=1 / math.fsum(weights[leaf] ** 2 for leaf in study.tree.leaves),
        with_parent=with_parent(columns, study.tree),
        within=within_groups(columns, study.tree),
        size=size_links(raw or study.table),
        alpha={
            name: alpha(np.column_stack([columns[c] for c in study.tree.children(name)])) for name in inner
        },
        statistics=statistics(raw or study.table),
    )


def effective_weights(tree: Tree) -> dict[str, float]:
    """Each node's share of the top: the product of the normalised weights on its path."""
    found = {tree.top: 1.0}
    for node in reversed(tree.inner):
        children = tree.children(node)
        total = math.fsum(tree.weights[child] for child in children)
        found.update({child: found[node] * tree.weights[child] / total for child in children})
    return found


def pearson(a: Floats, b: Floats) -> float:
    """Correlation over the rows where both are present; NaN with fewer than three or without variance."""
    both = ~(np.isnan(a) | np.isnan(b))
    x, y = a[both], b[both]
    if x.size < 3 or x.min() == x.max() or y.min() == y.max():
        return math.nan
    x, y = x - x.mean(), y - y.mean()
    return float((x * y).sum() / math.sqrt((x * x).sum() * (y * y).sum()))


def correlations(columns: Mapping[str, Floats], names: Sequence[str]) -> tuple[Link, ...]:
    """Every pair of the named columns, both ways and with themselves."""
    return tuple(Link(a, b, pearson(columns[a], columns[b])) for b in names for a in names)


def with_parent(columns: Mapping[str, Floats], tree: Tree) -> tuple[Link, ...]:
    """Each node with its parent; flagged weak (r < 0.3), double (r > 0.92) or negative."""
    pairs = [(node, parent) for node, parent in tree.parents.items() if parent is not None]
    return tuple(_flagged(node, parent, pearson(columns[node], columns[parent])) for node, parent in pairs)


def within_groups(
    columns: Mapping[str, Floats],
    tree: Tree,
    *,
    threshold: float = DOUBLE,
    side: str = "high",
    level: int | None = None,
) -> tuple[Link, ...]:
    """Pairs of indicators of the same node whose correlation lies above (high) or below (low) the threshold.

    Scores are already turned by direction, so a low correlation is a contradiction. `level` picks the node on
    that level above both; by default the parent.
    """
    found = []
    leaves = tree.leaves
    home = {leaf: tree.ancestor(leaf, level) if level else tree.parents[leaf] for leaf in leaves}
    for place, a in enumerate(leaves):
        for b in leaves[place + 1 :]:
            if home[a] == home[b]:
                r = pearson(columns[a], columns[b])
                if (side == "high" and r > threshold) or (side == "low" and r < threshold):
                    found.append(Link(a, b, r, "double" if side == "high" else "low"))
    return tuple(found)


def size_links(table: Table, *, threshold: float = SIZE) -> tuple[Link, ...]:
    """Indicators that follow a size variable: |r| above the threshold."""
    found = []
    for name in table.columns:
        for size, values in (table.others or {}).items():
            r = pearson(table.column(name), values)
            if abs(r) > threshold:
                found.append(Link(name, size, r, "size"))
    return tuple(found)


def alpha(x: Floats) -> float:
    """Cronbach's α = k/(k − 1) · (1 − tr C / ΣC), C the covariance over pairwise complete rows; k ≥ 2."""
    k = x.shape[1]
    if k < 2:
        raise Refused("alpha", Words("至少需要两个指标", "at least two indicators are needed"))
    covariance = np.array([[_covariance(x[:, i], x[:, j]) for j in range(k)] for i in range(k)])
    return float(k / (k - 1) * (1 - np.trace(covariance) / covariance.sum()))


def components(x: Floats, names: Sequence[str]) -> Components:
    """Principal components of the correlation matrix of the complete rows; the loadings add up to ≥ 0."""
    rows = x[~np.isnan(x).any(axis=1)]
    spread = rows.std(axis=0, ddof=1)
    if len(rows) < 2 or not (spread > 0).all():
        raise Refused("components", Words("缺少变异，不能做主成分", "too little variation for components"))
    _, deviations, vectors = np.linalg.svd((rows - rows.mean(axis=0)) / spread, full_matrices=False)
    values = deviations**2 / (len(rows) - 1)
    first = vectors[0] if vectors[0].sum() >= 0 else -vectors[0]
    return Components(
        loadings=dict(zip(names, (float(v) for v in first), strict=True)),
        deviations=tuple(float(v) for v in np.sqrt(values)),
        shares=tuple(float(v) for v in values / values.sum()),
    )


def statistics(
    table: Table, *, present: float = 0.65, nonzero: float = 0.5, unique: float = 0.5
) -> tuple[Statistics, ...]:
    """Each indicator's spread, shape and repeated values; flagged low present, low nonzero, low unique."""
    found = []
    for name in table.columns:
        column = table.column(name)
        x = column[~np.isnan(column)]
        if not x.size:
            nan = math.nan
            found.append(Statistics(name, nan, nan, nan, nan, nan, None, None, 0, 0, 0, 0, ("all gaps",)))
            continue
        _, counts = np.unique(x, return_counts=True)
        form = shape(x)
        zeros = int((x == 0).sum())
        flags = [
            ("low present", x.size / column.size < present),
            ("low nonzero", (x.size - zeros) / x.size < nonzero),
            ("low unique", counts.size / x.size < unique),
            ("no spread", counts.size == 1),
            ("outliers", form.passes() is False),
        ]
        found.append(
            Statistics(
                name=name,
                least=float(x.min()),
                most=float(x.max()),
                mean=float(x.mean()),
                median=float(np.median(x)),
                sd=float(x.std(ddof=1)) if x.size > 1 else math.nan,
                skewness=form.skewness,
                kurtosis=form.kurtosis,
                present=x.size,
                nonzero=x.size - zeros,
                unique=counts.size,
                same=int(counts.max()),
                flags=tuple(text for text, raised in flags if raised),
            )
        )
    return tuple(found)


def availability(table: Table, tree: Tree) -> dict[str, Floats]:
    """(n,) share of the indicators below each node that are present."""
    present = {name: ~np.isnan(table.column(name)) for name in tree.leaves}
    return {
        node: np.asarray(np.mean([present[leaf] for leaf in tree.leaves_below(node)], axis=0), dtype=float)
        for node in tree.inner
    }


def growth(times: Floats, values: Floats) -> float:
    """Compound growth a period from the first to the last value present: (y_last / y_first)^(1/Δt) − 1.

    Refused with fewer than two values, or when the sign changes or the first is 0.
    """
    known = np.flatnonzero(~np.isnan(values))
    if known.size < 2:
        raise Refused("growth", Words("至少需要两个数值", "at least two values are needed"))
    first, last = values[known[0]], values[known[-1]]
    if first == 0 or last / first <= 0:
        raise Refused("growth", Words("首末值为 0 或变号", "a value is 0 or the sign changes"))
    return float((last / first) ** (1 / (times[known[-1]] - times[known[0]])) - 1)


def _flagged(a: str, b: str, r: float) -> Link:
    return Link(a, b, r, "negative" if r < 0 else "weak" if r < WEAK else "double" if r > DOUBLE else "")


def _covariance(a: Floats, b: Floats) -> float:
    both = ~(np.isnan(a) | np.isnan(b))
    x, y = a[both], b[both]
    return float(((x - x.mean()) * (y - y.mean())).sum() / (x.size - 1))
