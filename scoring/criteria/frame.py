"""Many projects at once: an edition over the rows of a frame, by array operations in cache-sized blocks."""

from collections.abc import Mapping
from datetime import date
from decimal import localcontext
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from scoring.criteria import columns as frame_columns
from scoring.criteria.columns import Column
from scoring.criteria.edition import Criteria
from scoring.criteria.nodes import EXACT
from scoring.criteria.result import ResultFrame
from scoring.criteria.sheet import Compiled, Sheet
from scoring.criteria.tape import arrays_of

Array = npt.NDArray[Any]


def evaluate_frame(frame: pd.DataFrame, edition: Criteria, *, on: date) -> ResultFrame:
    """The outcomes of all rows of a frame under the edition on a day.

    Columns are named by fact keys: numbers (NaN or NA is missing), dates, booleans, texts or categories,
    sets of choices as sets or texts joined by “;”. A column that is absent is missing throughout; texts
    that are no choice count as missing and are listed in `unread`. Raises InvalidFacts for a column of
    the wrong kind.

    Equal to `evaluate` row by row for numbers of up to 15 significant digits.
    """
    columns = read_columns(frame, edition)
    with localcontext(EXACT):
        compiled = compile_frame(edition, on, columns)
    arrays = new_arrays(edition, compiled, len(frame))
    compiled.machine.run(columns, len(frame), [arrays[name] for name in compiled.names])
    return ResultFrame(edition, on, frame, columns, arrays)


def read_columns(frame: pd.DataFrame, edition: Criteria) -> dict[str, Column]:
    found = {}
    for key in facts_read(edition):
        column = frame_columns.read(frame, key, edition.dictionary[key])
        if column is not None:
            found[key] = column
    return found


def facts_read(edition: Criteria) -> tuple[str, ...]:
    """Every fact that a gate, a criterion, a track or a table of the edition reads."""
    kept: tuple[str, ...] | None = edition.programs.get("facts")
    if kept is not None:
        return kept
    found: dict[str, None] = {}
    for gate in edition.gates:
        found.update(dict.fromkeys(gate.facts))
    for criterion in edition.criteria:
        found.update(dict.fromkeys(criterion.facts))
    for table in edition.tables.values():
        found.update(dict.fromkeys(table.facts))
    if edition.tracks is not None:
        conditions = [track.when for track in edition.tracks.alternatives]
        conditions += [edition.tracks.bonus_when] if edition.tracks.bonus_when is not None else []
        for condition in conditions:
            found.update(dict.fromkeys(condition.facts))
    keys = edition.programs["facts"] = tuple(found)
    return keys


def new_arrays(edition: Criteria, compiled: Compiled, rows: int) -> dict[str, Array]:
    """The arrays of a result: small numbers, and a byte for every eight gates; 16 bytes for 16 gates."""
    dtypes = {name: "f8" if name == "score" else "u1" for name in compiled.names}
    arrays = dict(zip(dtypes, arrays_of(rows, list(dtypes.values())), strict=True))
    for name in ("failed", "missing", "review"):
        for byte in range(-(-len(edition.gates) // 8)):
            if f"{name}:{byte}" not in arrays and (name != "review" or has_review(edition)):
                arrays[f"{name}:{byte}"] = np.zeros(rows, np.uint8)
    return arrays


def has_review(edition: Criteria) -> bool:
    return any(clause.otherwise == "review" for gate in edition.gates for clause in gate.clauses)


def compile_frame(edition: Criteria, on: date, columns: Mapping[str, Column]) -> Compiled:
    """The machine for one edition, day and kind of columns, made once and kept."""
    shape = ("frame", on, tuple((key, column.shape) for key, column in columns.items()))
    kept: Compiled | None = edition.programs.get(shape)
    if kept is None:
        kept = edition.programs[shape] = Sheet(edition, on, columns).compiled()
    return kept
