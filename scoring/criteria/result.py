"""The outcomes of a frame as columns, with explanations made on demand."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from scoring.criteria.columns import Column, value_at
from scoring.criteria.edition import Criteria
from scoring.criteria.evaluate import evaluate
from scoring.criteria.explain import Explanation
from scoring.criteria.outcome import Outcome, Verdict
from scoring.facts import Value

Array = npt.NDArray[Any]

# The verdict column holds places in this tuple.
VERDICTS = (Verdict.PASS, Verdict.REVIEW, Verdict.INSUFFICIENT, Verdict.FAIL, Verdict.NOT_APPLICABLE)


@dataclass(frozen=True, slots=True)
class Reason:
    """Rows that fail the same gates: how many, which gates, and one row as an example."""

    gates: tuple[str, ...]
    count: int
    row: int


class ResultFrame:
    """Row by row: verdict, failed and missing gates as bit masks, score and grade level.

    verdict : (n,) int8, places in `VERDICTS`; failed, missing, review : (n,) unsigned, bit i for gate i;
    score : (n,) float64 out of 100, NaN while open; grade : (n,) int8, 0 none, then upwards to the best.
    """

    def __init__(
        self,
        edition: Criteria,
        on: date,
        frame: pd.DataFrame,
        columns: Mapping[str, Column],
        arrays: Mapping[str, Array],
    ) -> None:
        self.edition = edition
        self.on = on
        self.frame = frame
        self.columns = columns
        self.arrays = dict(arrays)
        self.verdict = arrays["verdict"].view(np.int8)
        self.score = arrays.get("score", np.zeros(0))
        self.grade = arrays.get("grade", np.zeros(0, np.uint8)).view(np.int8)
        self.level = arrays.get(
            "level", arrays.get("grade", np.zeros(0, np.uint8))
        )  # the grade by points alone
        self.attrs: dict[Hashable | None, Any] = {
            "rule_set": edition.rule_set,
            "version": edition.version,
            "content_hash": edition.content_hash,
            "on": on.isoformat(),
        }

    def __len__(self) -> int:
        return len(self.verdict)

    @cached_property
    def failed(self) -> Array:
        return self._mask("failed")

    @cached_property
    def missing(self) -> Array:
        return self._mask("missing")

    @cached_property
    def review(self) -> Array:
        """Empty when the edition has no clause that asks for review."""
        return self._mask("review")

    def _mask(self, name: str) -> Array:
        """The bytes of eight gates each, put together to the narrowest type that holds all gates."""
        planes = [self.arrays[key] for key in sorted(self.arrays, key=_byte) if key.startswith(f"{name}:")]
        if not planes:
            return np.zeros(0, np.uint8)
        width = next(width for width in (1, 2, 4, 8) if len(planes) <= width)
        found = np.zeros((len(self), width), np.uint8)
        for byte, plane in enumerate(planes):
            found[:, byte] = plane
        masks: Array = found.view(f"<u{width}")[:, 0]
        return masks

    @property
    def unread(self) -> dict[str, dict[str, int]]:
        """Texts that are no choice of their fact and count as missing, with how often they occur."""
        return {key: dict(column.unread) for key, column in self.columns.items() if column.unread}

    @property
    def converted(self) -> tuple[str, ...]:
        """The columns that had to be copied into another form; give them as categories to save that."""
        return tuple(key for key, column in self.columns.items() if column.converted)

    def counts(self) -> dict[Verdict, int]:
        """How many rows have each verdict."""
        found = np.bincount(self.verdict, minlength=len(VERDICTS))
        return {verdict: int(count) for verdict, count in zip(VERDICTS, found, strict=True)}

    def held(self) -> dict[str, Column]:
        """The arrays as columns of a further computation."""
        return {f"*{name}": Column("mask", array) for name, array in self.arrays.items()}

    def states(self, levels: int, rows: Array | None = None) -> Array:
        """Verdict and level in one number, verdict · levels + level, for all rows or some."""
        verdict, level = self.verdict, self.level
        if rows is not None:
            verdict = verdict.take(rows)
            level = level.take(rows) if len(level) == len(self) else level
        found = verdict.astype(np.uint8) * np.uint8(levels)
        return found + level if len(level) == len(found) else found

    def facts(self, row: int) -> dict[str, Value]:
        """The facts of one row, as a single project states them."""
        found = {}
        for key, column in self.columns.items():
            value = value_at(column, row, self.edition.dictionary[key])
            if value is not None:
                found[key] = value
        return found

    def outcome(self, row: int) -> Outcome:
        return evaluate(self.facts(row), self.edition, on=self.on)

    def explain(self, row: int) -> tuple[Explanation, ...]:
        """The explanations of one row."""
        return self.outcome(row).explain()

    def reasons(self) -> tuple[Reason, ...]:
        """The failing rows grouped by the gates they fail, the largest group first."""
        failing = np.flatnonzero(self.failed)
        masks, first, counts = np.unique(self.failed[failing], return_index=True, return_counts=True)
        groups = [
            Reason(self._gates(int(mask)), int(count), int(failing[place]))
            for mask, place, count in zip(masks, first, counts, strict=True)
        ]
        return tuple(sorted(groups, key=lambda group: (-group.count, group.gates)))

    def _gates(self, mask: int) -> tuple[str, ...]:
        return tuple(gate.id for place, gate in enumerate(self.edition.gates) if mask >> place & 1)

    def to_frame(self) -> pd.DataFrame:
        """The results in readable columns, on the frame's index."""
        verdicts = _category(self.verdict, [str(verdict) for verdict in VERDICTS])
        found = pd.DataFrame({"verdict": verdicts}, index=self.frame.index)
        found["failed_gates"] = self._texts(self.failed)
        found["insufficient_gates"] = self._texts(self.missing)
        if len(self.review) == len(self):
            found["review_gates"] = self._texts(self.review)
        if len(self.score) == len(self):
            found["score"] = self.score
        if len(self.grade) == len(self):
            names = [grade.id for grade in reversed(self.edition.grades)]
            found["grade"] = _category(self.grade - 1, names, ordered=True)
        found.attrs = dict(self.attrs)
        return found

    def attach(self, df: pd.DataFrame | None = None) -> pd.DataFrame:
        """A copy of the frame with the results beside it."""
        df = self.frame if df is None else df
        if len(df) != len(self):
            raise ValueError(f"the frame has {len(df)} rows, the result {len(self)}")
        results = self.to_frame()
        found = df.copy(deep=False)
        for name in results.columns:
            found[name] = (
                results[name].to_numpy() if results[name].dtype != "category" else results[name].array
            )
        found.attrs = {**df.attrs, **self.attrs}
        return found

    def _texts(self, masks: Array) -> "pd.Series[str]":
        unique, inverse = np.unique(masks, return_inverse=True)
        names = np.array([" ".join(self._gates(int(mask))) for mask in unique], dtype=object)
        texts = names[inverse] if len(names) else np.empty(0, object)
        return pd.Series(texts, index=self.frame.index, dtype="str")


def _byte(name: str) -> int:
    return int(name.partition(":")[2] or 0)


def _category(codes: Array, names: list[str], *, ordered: bool = False) -> Any:
    from_codes: Any = pd.Categorical.from_codes  # its stub knows lists of codes only
    return from_codes(codes, names, ordered=ordered)
