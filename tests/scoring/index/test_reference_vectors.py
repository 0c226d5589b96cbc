"""Short vectors through every small function: the reference value, or a refusal by a stated rule."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from scoring.index import Refused, normalise, treat
from scoring.index.aggregate import combine
from scoring.index.fill import impute
from scoring.index.moments import shape
from scoring.index.table import Table, Tree

Vector = Any
NORMALISERS: dict[str, Callable[[Vector], Vector]] = {
    "minmax_0_100": lambda x: normalise.minmax(x),
    "minmax_1_100": lambda x: normalise.minmax(x, lower=1),
    "zscore_0_1": lambda x: normalise.zscore(x),
    "zscore_10_2": lambda x: normalise.zscore(x, mean=10, sd=2),
    "rank_min": lambda x: normalise.rank(x, ties="min"),
    "rank_average": lambda x: normalise.rank(x, ties="average"),
    "rank_max": lambda x: normalise.rank(x, ties="max"),
    "percentile_rank_min": lambda x: normalise.percentile_rank(x, ties="min"),
    "percentile_rank_average": lambda x: normalise.percentile_rank(x, ties="average"),
    "borda_min": lambda x: normalise.borda(x),
    "distance_to_max": lambda x: normalise.distance_to_max(x),
    "distance_to_ref_2": lambda x: normalise.distance_to_reference(x, 1),
    "distance_to_ref_2_cap": lambda x: normalise.distance_to_reference(x, 1, cap=True),
    "distance_to_target_6_up": lambda x: normalise.distance_to_target(x, np.array(6.0)),
    "distance_to_target_6_up_cap": lambda x: normalise.distance_to_target(x, np.array(6.0), cap=True),
    "distance_to_target_2_down": lambda x: normalise.distance_to_target(-x, np.array(-2.0)),
    "fraction_of_max": lambda x: normalise.fraction_of_max(x),
    "goalposts_1_8_up": lambda x: normalise.goalposts(
        x, np.array(1.0), np.array(8.0), scale=100, truncate=True
    ),
    "goalposts_1_8_down": lambda x: normalise.goalposts(
        x, np.array(8.0), np.array(1.0), scale=100, truncate=True
    ),
    "goalposts_1_8_up_open": lambda x: normalise.goalposts(x, np.array(1.0), np.array(8.0)),
    "winsorise_5": lambda x: treat.winsorise(x).values,
    "winsorise_1": lambda x: treat.winsorise(x, max_points=1).values,
    "winsorise_nolimit": lambda x: treat.winsorise(x, max_points=None).values,
    "log_ct": lambda x: treat.transform("log_ct", x),
    "log_ct_signed": lambda x: treat.transform("log_ct_signed", x),
    "log_ct_plus1": lambda x: treat.transform("log_plus1", x),
    "boxcox_0": lambda x: treat.transform("boxcox", x, power=0),
    "boxcox_05": lambda x: treat.transform("boxcox", x, power=0.5),
    "boxcox_2": lambda x: treat.transform("boxcox", x, power=2),
    "impute_mean": lambda x: filled(x, "mean"),
    "impute_median": lambda x: filled(x, "median"),
    "skewness": lambda x: [math.nan if (g := shape(x).skewness) is None else g],
    "kurtosis": lambda x: [math.nan if (g := shape(x).kurtosis) is None else g],
    "passes_skew_kurt": lambda x: [math.nan if (ok := shape(x).passes()) is None else float(ok)],
    "arithmetic_w": lambda x: mean(x, "arithmetic"),
    "geometric_w": lambda x: mean(x, "geometric"),
    "harmonic_w": lambda x: mean(x, "harmonic"),
    "power2_w": lambda x: mean(x, "power", 2),
    "power_m1_w": lambda x: mean(x, "power", -1),
}
# Where the other implementation returns NaN, infinity or an error, and what ours does instead.
FLAT = frozenset({"constant", "one"})
REFUSED = {
    "minmax_0_100": FLAT,
    "minmax_1_100": FLAT,
    "zscore_0_1": FLAT,
    "zscore_10_2": FLAT,
    "distance_to_max": FLAT,
    "log_ct": FLAT,
    "log_ct_signed": FLAT,
    "distance_to_ref_2": FLAT | {"plain"},
    "distance_to_ref_2_cap": FLAT | {"plain"},
    "geometric_w": frozenset({"negative"}),
    "harmonic_w": frozenset({"negative"}),
    "power_m1_w": frozenset({"negative"}),
}
OURS = {
    ("percentile_rank_min", "one"): [0.5],
    ("percentile_rank_average", "one"): [0.5],
    **{(f"winsorise_{limit}", name): None for limit in ("5", "1", "nolimit") for name in ("constant", "one")},
    ("power2_w", "gaps"): [math.sqrt((2 * 4 + 3 * 49 + 5 * 1 + 6 * 64) / 16)],
    ("power_m1_w", "gaps"): [16 / (2 / 2 + 3 / 7 + 5 / 1 + 6 / 8)],
}


def mean(x: Vector, kind: str, power: float = 1.0) -> Vector:
    return combine(x[None, :], np.arange(1.0, x.size + 1), kind, power=power)


def filled(x: Vector, how: str) -> Vector:
    tree = Tree.from_rows(
        [
            {"iCode": "x", "Level": 1, "Parent": "top", "Weight": 1, "Direction": 1},
            {"iCode": "top", "Level": 2, "Parent": "", "Weight": 1, "Direction": 1},
        ]
    )
    return impute(Table(tuple(map(str, range(x.size))), ("x",), x[:, None]), tree, method=how)[:, 0]


def value(item: Any) -> float:
    return math.nan if item in (None, "NaN") else float(item)


@pytest.mark.parametrize("vector", ["plain", "gaps", "negative", "constant", "one", "outlier", "tiny"])
@pytest.mark.parametrize("name", NORMALISERS)
def test_vector(reference: Any, name: str, vector: str) -> None:
    entry = reference.json("vectors.json")[vector]
    x = np.array([value(item) for item in entry["x"]])

    if vector in REFUSED.get(name, ()):
        with pytest.raises(Refused):
            NORMALISERS[name](x)
        return
    found = NORMALISERS[name](x)

    expected = OURS.get((name, vector), entry["results"][name].get("value"))
    wanted = x if expected is None else np.array([value(item) for item in expected])
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-18 if vector == "tiny" else 1e-12)


def test_every_function_of_the_reference_is_tried(reference: Any) -> None:
    assert set(NORMALISERS) == set(reference.json("vectors.json")["plain"]["results"])


def test_zscore_survives_a_large_offset() -> None:
    x = np.array([3.0, 1, 4, 1, 5, 9, 2, 6])

    np.testing.assert_allclose(normalise.zscore(x + 1e12), normalise.zscore(x), atol=1e-4)
    np.testing.assert_allclose(normalise.zscore(x + 2.0**40), normalise.zscore(x), rtol=1e-12)


def test_constant_indicator_is_neutral_only_if_asked() -> None:
    x = np.array([[4.0, 1], [4, 2], [4, 3]])

    scores = normalise.minmax(x, no_spread=normalise.MIDDLE)

    assert scores[:, 0].tolist() == [50, 50, 50]
    assert scores[:, 1].tolist() == [0, 50, 100]


def test_ratio_to_base_refuses_a_zero_base_and_a_change_of_sign() -> None:
    assert normalise.ratio_to_base(np.array([2.0, 3]), np.array(2.0)).tolist() == [100, 150]
    assert normalise.ratio_to_base(np.array([4.0]), np.array(2.0), -1.0).tolist() == [50]
    for x, base in (([1.0], 0.0), ([-1.0], 2.0)):
        with pytest.raises(Refused):
            normalise.ratio_to_base(np.array(x), np.array(base))


def test_targets_below_every_value_are_told() -> None:
    x = np.array([[3.0, 3], [4, 4]])

    assert normalise.targets_below(x, np.array([2.0, 5])).tolist() == [True, False]
