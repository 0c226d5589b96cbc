"""Which units have enough data to be compared."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from scoring.index.refusal import Refused
from scoring.index.table import Flags, Table
from scoring.words import Words


class Availability(NamedTuple):
    """Data of one unit; `forced` says that the decision was made by name, not by the shares."""

    unit: str
    missing: int
    zeros: int
    share_present: float
    share_nonzero: float  # among the values present
    low_data: bool
    low_nonzero: bool
    included: bool
    forced: bool


def screen(
    table: Table,
    *,
    by: str = "missing",
    data_threshold: float = 2 / 3,
    nonzero_threshold: float = 0.05,
    force: Mapping[str, bool] | None = None,
) -> tuple[Flags, tuple[Availability, ...]]:
    """Rows that stay, and why: a unit goes out when its share lies strictly below the threshold.

    `by` is missing, zeros or missing_or_zeros; `force` overrules by unit code, an unknown code is refused.
    """
    if by not in ("missing", "zeros", "missing_or_zeros"):
        raise Refused("screen", Words(f"未知的筛查依据“{by}”", f"unknown way to screen “{by}”"))
    force = force or {}
    for unit in force:
        if unit not in table.units:
            raise Refused("unknown unit", Words(f"没有单元“{unit}”", f"there is no unit “{unit}”"), unit=unit)
    gaps = np.isnan(table.x)
    zeros = (table.x == 0).sum(axis=1)
    k = table.x.shape[1]
    found = []
    for row, unit in enumerate(table.units):
        missing = int(gaps[row].sum())
        present = k - missing
        share = present / k
        nonzero = 1 - int(zeros[row]) / present if present else 0.0
        low_data, low_nonzero = share < data_threshold, nonzero < nonzero_threshold
        out = {"missing": low_data, "zeros": low_nonzero, "missing_or_zeros": low_data or low_nonzero}[by]
        included = force.get(unit, not out)
        counts = (missing, int(zeros[row]), share, nonzero)
        found.append(Availability(unit, *counts, low_data, low_nonzero, included, unit in force))
    return np.array([line.included for line in found]), tuple(found)
