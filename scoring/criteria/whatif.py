"""What a change of rules would do: parameters replaced, editions compared, thresholds swept."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from scoring.criteria.delta import rescreen
from scoring.criteria.edition import Criteria, DatedValue
from scoring.criteria.frame import evaluate_frame
from scoring.criteria.outcome import Verdict
from scoring.criteria.result import VERDICTS, ResultFrame
from scoring.criteria.turn import turning_rows
from scoring.errors import UnknownEdition

Array = npt.NDArray[Any]


def reform(edition: Criteria, values: Mapping[str, Decimal | int | str]) -> Criteria:
    """A draft: the edition with other values of some parameters, for every day."""
    parameters = dict(edition.parameters)
    for name, value in values.items():
        if name not in parameters:
            known = ", ".join(parameters)
            raise UnknownEdition(
                f"{edition.rule_set} {edition.version} has no parameter “{name}”; it has {known}"
            )
        basis = parameters[name].values[-1].basis
        since = parameters[name].values[0].since
        parameters[name] = replace(parameters[name], values=(DatedValue(since, None, Decimal(value), basis),))
    told = ",".join(f"{name}={Decimal(value)}" for name, value in sorted(values.items()))
    return replace(
        edition,
        version=f"{edition.version}+{told}",
        content_hash=hashlib.sha256(f"{edition.content_hash} {told}".encode()).hexdigest(),
        parameters=MappingProxyType(parameters),
        programs={},
    )


@dataclass(frozen=True)
class Change:
    """A frame under two editions. Winners and losers are row numbers, best read with `why`."""

    base: ResultFrame
    reform: ResultFrame

    @property
    def changed(self) -> Array:
        """Rows whose verdict or grade differs."""
        return np.flatnonzero(self._steps() != 0)

    @property
    def winners(self) -> Array:
        """Rows with a better verdict, or the same one and a better grade."""
        return np.flatnonzero(self._steps() > 0)

    @property
    def losers(self) -> Array:
        return np.flatnonzero(self._steps() < 0)

    def _steps(self) -> Array:
        """Above 0 where the reform is better for the row, below 0 where it is worse."""
        rank = np.array([_RANK[verdict] for verdict in VERDICTS], np.int8)
        steps = 10 * (rank[self.base.verdict] - rank[self.reform.verdict])
        if len(self.base.grade) == len(self.reform.grade) == len(self.base):
            steps = steps + (self.reform.grade - self.base.grade)
        found: Array = steps
        return found

    def why(self) -> pd.DataFrame:
        """Per gate: how many rows newly fail it, no longer fail it, newly lack evidence or need review."""
        old, new = self.base, self.reform
        gates = [gate.id for gate in old.edition.gates]
        places = {gate.id: place for place, gate in enumerate(new.edition.gates)}
        gates += [gate for gate in places if gate not in gates]
        before = {gate.id: place for place, gate in enumerate(old.edition.gates)}
        rows = {}
        for gate in gates:
            a, b = _bit(old.failed, before.get(gate)), _bit(new.failed, places.get(gate))
            c, d = _bit(old.missing, before.get(gate)), _bit(new.missing, places.get(gate))
            rows[gate] = {
                "newly_failing": int((b & ~a).sum()),
                "no_longer_failing": int((a & ~b).sum()),
                "newly_insufficient": int((d & ~c).sum()),
                "newly_in_review": self._newly_in_review(before.get(gate), places.get(gate)),
            }
        return pd.DataFrame.from_dict(rows, orient="index")

    def _newly_in_review(self, before: int | None, after: int | None) -> int:
        if len(self.reform.review) != len(self.reform):
            return 0
        old = (
            self.base.review
            if len(self.base.review) == len(self.base)
            else np.zeros(len(self.base), np.uint8)
        )
        return int((_bit(self.reform.review, after) & ~_bit(old, before)).sum())

    def table(self) -> pd.DataFrame:
        """How many rows go from which verdict (rows) to which (columns)."""
        size = len(VERDICTS)
        pairs = self.base.verdict.astype(np.int64) * size + self.reform.verdict
        counts = np.bincount(pairs, minlength=size * size).reshape(size, size)
        names = [str(verdict) for verdict in VERDICTS]
        return pd.DataFrame(counts, index=names, columns=names)


_RANK = {
    Verdict.PASS: 0,
    Verdict.NOT_APPLICABLE: 0,
    Verdict.REVIEW: 1,
    Verdict.INSUFFICIENT: 2,
    Verdict.FAIL: 3,
}


def _bit(masks: Array, place: int | None) -> Array:
    if place is None:
        return np.zeros(len(masks), bool)
    found: Array = (masks >> np.array(place, masks.dtype)) & np.array(1, masks.dtype) != 0
    return found


def compare(
    frame: pd.DataFrame | ResultFrame,
    base: Criteria,
    reformed: Criteria | Mapping[str, Decimal | int | str],
    *,
    on: date,
) -> Change:
    """The frame under two editions, or under one and the same with other parameters.

    A frame already evaluated under `base` on that day is not evaluated again, and of the reform only the
    gates and points are computed that differ.
    """
    draft = reformed if isinstance(reformed, Criteria) else reform(base, reformed)
    if isinstance(frame, ResultFrame):
        if frame.edition is not base or frame.on != on:
            raise ValueError("the result was made under another edition or on another day")
        before = frame
    else:
        before = evaluate_frame(frame, base, on=on)
    return Change(before, rescreen(before, draft))


@dataclass(frozen=True)
class Sweep:
    """The counts of verdicts and grades for each value of a parameter."""

    parameter: str
    grid: tuple[Decimal, ...]
    counts: pd.DataFrame  # index: the values; columns: the verdicts, then the grades

    def __len__(self) -> int:
        return len(self.grid)


def sweep(
    frame: pd.DataFrame | ResultFrame,
    edition: Criteria,
    parameter: str,
    grid: "list[Decimal] | tuple[Decimal, ...]",
    *,
    on: date,
) -> Sweep:
    """How many rows have which verdict and grade for each value of one parameter.

    Where the parameter is the bound of one comparison in one gate, each row is placed once by the value
    at which it turns; otherwise the gates and points that read it are computed again for every value.
    """
    values = tuple(Decimal(value) for value in grid)
    result = frame if isinstance(frame, ResultFrame) else evaluate_frame(frame, edition, on=on)
    turning = turning_rows(result, parameter)
    counted = (
        turning.counts(values)
        if turning is not None
        else [_counts(rescreen(result, reform(edition, {parameter: value}))) for value in values]
    )
    names = [*(str(verdict) for verdict in VERDICTS), *(grade.id for grade in reversed(edition.grades))]
    counts = pd.DataFrame(np.array(counted).reshape(len(values), -1)[:, : len(names)], columns=names)
    counts.index = pd.Index(values, name=parameter, dtype=object)
    return Sweep(parameter, values, counts)


def _counts(result: ResultFrame) -> list[int]:
    verdicts = np.bincount(result.verdict, minlength=len(VERDICTS))
    grades = np.bincount(result.grade, minlength=len(result.edition.grades) + 1)[1:]
    return [*map(int, verdicts), *map(int, grades)]
