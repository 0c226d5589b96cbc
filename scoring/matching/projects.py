"""Many projects as columns: built once from profiles or a data frame, then matched block by block."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from scoring.errors import InvalidFacts
from scoring.facts import FactSpec, Value
from scoring.matching.columns import (
    Codes,
    Column,
    Columns,
    Flags,
    Floats,
    Numbers,
    Sets,
    day_number,
    truth,
    value,
)
from scoring.matching.profiles import Dictionary, Profile, dictionary
from scoring.words import Words

if TYPE_CHECKING:
    import pandas as pd

_PLACES = 6  # as for one profile: computed figures keep six decimals


@dataclass(frozen=True, eq=False)
class Projects:
    """Projects by row; a key without a column is missing everywhere."""

    columns: Columns = field(repr=False)
    size: int
    on: date

    def numbers(self, key: str) -> Floats:
        column = self.columns.get(key)
        return column.values if isinstance(column, Numbers) else np.full(self.size, np.nan)


def from_profiles(profiles: Sequence[Profile], *, on: date) -> Projects:
    """Columns of single profiles, computed fields and papers included."""
    known = dictionary()
    keys = {key for profile in profiles for key in profile.values}
    columns = {
        key: _column(known[key], [profile.values.get(key) for profile in profiles]) for key in sorted(keys)
    }
    return Projects(columns, len(profiles), on)


def from_frame(frame: "pd.DataFrame", *, on: date) -> Projects:
    """Columns of a data frame whose column names are keys of the product dictionary.

    Numbers may be any numeric dtype, dates datetime64, flags (nullable) boolean, choices text or categorical,
    several choices a set or list by cell; missing is NaN, NaT or None. Computed fields without a column of
    their own are computed. Raises InvalidFacts for an unknown column.
    """
    known = dictionary()
    unknown = [str(key) for key in frame.columns if key not in known]
    if unknown:
        raise InvalidFacts({key: Words("不是已知字段", "is not a known field") for key in unknown})
    columns = {str(key): _series(known[str(key)], frame[key]) for key in frame.columns}
    _add_papers(columns, known)
    _add_computed(columns, known, len(frame), on)
    return Projects(columns, len(frame), on)


def _add_papers(columns: dict[str, Column], known: Dictionary) -> None:
    for document in known.documents.values():
        own = columns.get(document.key)
        if isinstance(own, Flags):  # a paper that is not on file is missing, never a refusal
            columns[document.key] = Flags(own.true, np.zeros_like(own.true))
    permits = columns.get("permits_held")
    if not isinstance(permits, Sets):
        return
    for document in known.documents.values():
        if document.permit in permits.names:
            bit = np.uint64(1 << permits.names.index(document.permit))
            held = (permits.bits & bit) != 0
            own = columns.get(document.key)
            if isinstance(own, Flags):
                held = held | own.true
            columns[document.key] = Flags(held, np.zeros_like(held))


def _add_computed(columns: dict[str, Column], known: Dictionary, size: int, on: date) -> None:
    for key, entry in known.fields.items():
        if key in columns or entry.expression is None:
            continue
        scope = {**{name: float(number) for name, number in entry.parameters.items()}, "on": day_number(on)}
        root, kind = entry.expression.root, entry.expression.type
        if kind.kind == "truth":
            columns[key] = Flags(*truth(root, columns, scope, size))
        elif entry.spec.unit is not None:
            found = np.asarray(value(root, columns, scope, size))
            columns[key] = Numbers(np.round(found * float(kind.scale / entry.spec.unit.scale), _PLACES))


def _column(spec: FactSpec, values: Sequence[Value | None]) -> Column:
    if spec.is_numeric or spec.kind == "date":
        return Numbers(np.array([_float(item) for item in values]))
    if spec.kind == "flag":
        true = np.array([item is True for item in values], dtype=np.bool_)
        return Flags(true, np.array([item is False for item in values], dtype=np.bool_))
    if spec.kind == "choices":
        return _sets(spec, values)
    texts = [item if isinstance(item, str) else None for item in values]
    names = tuple(sorted({item for item in texts if item is not None}))
    places: Mapping[str | None, int] = {name: i for i, name in enumerate(names)}
    return Codes(np.array([places.get(item, len(names)) for item in texts], dtype=np.intp), names)


def _float(item: Value | None) -> float:
    if isinstance(item, date):
        return float(item.toordinal())
    return float(item) if isinstance(item, Decimal | int) and not isinstance(item, bool) else float("nan")


def _sets(spec: FactSpec, values: Iterable[object]) -> Sets:
    names = tuple(choice.id for choice in spec.choices)
    bit = {name: 1 << i for i, name in enumerate(names)}
    seen: dict[object, int] = {}
    bits, known = [], []
    for item in values:
        known.append(isinstance(item, set | frozenset | list | tuple))
        if isinstance(item, set | frozenset | list | tuple):
            found = frozenset(item)
            if found not in seen:
                seen[found] = sum(bit[name] for name in found if name in bit)
            bits.append(seen[found])
        else:
            bits.append(0)
    return Sets(np.array(bits, dtype=np.uint64), np.array(known, dtype=np.bool_), names)


def _series(spec: FactSpec, series: "pd.Series[Any]") -> Column:
    if spec.kind == "date":
        import pandas as pd  # slow to load; a page has no frame

        days = pd.to_datetime(series).to_numpy().astype("datetime64[D]")
        epoch = float(date(1970, 1, 1).toordinal())
        return Numbers(np.where(np.isnat(days), np.nan, days.astype(np.int64) + epoch))
    if spec.is_numeric:
        return Numbers(series.to_numpy(dtype=np.float64, na_value=np.nan))
    if spec.kind == "flag":
        missing = series.isna().to_numpy()
        true = series.astype("boolean").fillna(False).to_numpy(dtype=np.bool_)
        return Flags(true & ~missing, ~true & ~missing)
    if spec.kind == "choices":
        return _sets(spec, series.to_list())
    category = series.astype("category")
    names = tuple(str(name) for name in category.cat.categories)
    codes = category.cat.codes.to_numpy().astype(np.intp)
    return Codes(np.where(codes < 0, len(names), codes), names)
