"""The columns of a frame as plain arrays: numbers with NaN, codes with −1, days as ticks, choices as bits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from scoring.errors import InvalidFacts
from scoring.facts import FactSpec, Value
from scoring.words import Words

Array = npt.NDArray[Any]
NO_DAY = np.iinfo(np.int64).min
_TICKS_A_DAY = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}


@dataclass
class Column:
    """One fact over all rows.

    number: `data` float64 with NaN, or integers with `mask`; flag: bool `data` with `mask`; choice,
    code, text: `data` codes into `labels` with −1; date: `data` int64 ticks with `NO_DAY`; choices: bits
    in the order of `labels`, the bit after the last one set where the fact is missing.
    """

    kind: str
    data: Array
    mask: Array | None = None
    labels: tuple[str, ...] = ()
    ticks: int = 1
    converted: bool = False  # copied into another form, which costs memory and time
    unread: dict[str, int] = field(default_factory=dict)  # texts that are no choice, and how often

    @property
    def shape(self) -> tuple[Any, ...]:
        """What a compiled program depends on."""
        return (self.kind, self.data.dtype.str, self.mask is not None, self.labels, self.ticks)


def read(frame: pd.DataFrame, key: str, spec: FactSpec) -> Column | None:
    """The column of one fact; None when the frame has none. Raises InvalidFacts for another kind of data."""
    if key not in frame.columns:
        return None
    series = frame[key]
    if isinstance(series, pd.DataFrame):
        raise InvalidFacts({key: Words("列名重复", "the column occurs more than once")})
    try:
        if spec.is_numeric:
            return _number(series)
        if spec.kind == "flag":
            return _flag(series)
        if spec.kind == "date":
            return _day(series)
        if spec.kind == "choices":
            return _choices(series, tuple(choice.id for choice in spec.choices))
        known = tuple(choice.id for choice in spec.choices) if spec.kind == "choice" else None
        return _codes(series, known)
    except (ValueError, TypeError) as error:
        raise InvalidFacts({key: Words(f"列的数据类型不符：{error}", f"wrong data: {error}")}) from error


def _number(series: "pd.Series[Any]") -> Column:
    if isinstance(series.dtype, pd.api.extensions.ExtensionDtype):
        if series.dtype.kind not in "iuf":
            raise ValueError(f"numbers are expected, not {series.dtype}")
        array: Any = series.array
        if hasattr(array, "_data") and hasattr(array, "_mask"):
            data = np.asarray(array._data)
            return _with_mask(data, np.asarray(array._mask))
        return Column("number", series.to_numpy(dtype=np.float64, na_value=np.nan), converted=True)
    data = series.to_numpy()
    if data.dtype.kind == "f":
        return Column("number", data if data.dtype == np.float64 else data.astype(np.float64))
    if data.dtype.kind in "iu":
        return Column("number", data)
    if data.dtype.kind == "O":
        return Column("number", _floats(series), converted=True)
    raise ValueError(f"numbers are expected, not {series.dtype}")


def _with_mask(data: Array, mask: Array) -> Column:
    if data.dtype.kind == "f" and not mask.any():
        return Column("number", data.astype(np.float64, copy=False))
    return Column("number", data, mask)


def _floats(series: "pd.Series[Any]") -> Array:
    found = np.full(len(series), np.nan)
    for place, value in enumerate(series):
        if isinstance(value, Decimal | int | float) and not isinstance(value, bool):
            found[place] = float(value)
        elif not (value is None or value is pd.NA):
            raise ValueError(f"numbers are expected, not “{str(value)[:40]}” in row {place + 1}")
    return found


def _flag(series: "pd.Series[Any]") -> Column:
    array: Any = series.array
    if series.dtype == "boolean":
        mask = np.asarray(array._mask)
        return Column("flag", np.asarray(array._data), mask if mask.any() else None)
    data = series.to_numpy()
    if data.dtype == bool:
        return Column("flag", data)
    if data.dtype.kind == "O":
        values = np.zeros(len(series), bool)
        mask = np.zeros(len(series), bool)
        for place, value in enumerate(series):
            if isinstance(value, bool | np.bool_):
                values[place] = value
            elif value is None or value is pd.NA or value != value:
                mask[place] = True
            else:
                raise ValueError(f"yes or no is expected, not “{str(value)[:40]}” in row {place + 1}")
        return Column("flag", values, mask, converted=True)
    raise ValueError(f"yes or no is expected, not {series.dtype}")


def _day(series: "pd.Series[Any]") -> Column:
    converted = False
    if series.dtype.kind != "M":
        if series.dtype.kind != "O" and not series.isna().all():
            raise ValueError(f"dates are expected, not {series.dtype}")
        series, converted = pd.to_datetime(series, errors="raise"), True
    if getattr(series.dtype, "tz", None) is not None:
        raise ValueError("dates have no time zone")
    data = series.to_numpy()
    unit = np.datetime_data(data.dtype)[0]
    if unit not in _TICKS_A_DAY:
        data, unit = data.astype("datetime64[s]"), "s"
    return Column("date", data.view(np.int64), ticks=_TICKS_A_DAY[unit], converted=converted)


def _codes(series: "pd.Series[Any]", known: tuple[str, ...] | None) -> Column:
    converted = False
    if isinstance(series.dtype, pd.CategoricalDtype):
        labels = tuple(str(label) for label in series.cat.categories)
        category: Any = series.array  # its codes are a view, those of the accessor a copy
        data = category.codes
    else:
        codes, uniques = pd.factorize(series)
        if len(uniques) and not all(isinstance(label, str) for label in uniques):
            raise ValueError("texts are expected")
        labels, data, converted = tuple(uniques), codes, True
    if len(labels) < 127:
        data = data.astype(np.int8, copy=False)
    unread = {}
    if known is not None:
        foreign = [place for place, label in enumerate(labels) if label not in known]
        counts = {labels[place]: int((data == place).sum()) for place in foreign}
        unread = {label: count for label, count in counts.items() if count}
        if unread:
            data = np.where(np.isin(data, foreign), -1, data).astype(data.dtype)
    return Column("codes", data, labels=labels, converted=converted, unread=unread)


def _choices(series: "pd.Series[Any]", known: tuple[str, ...]) -> Column:
    """Sets of choices as bits; texts hold ids joined by “;”."""
    bits = {choice: 1 << place for place, choice in enumerate(known)}
    width = next(size for size in (8, 16, 32, 64) if len(known) < size)
    missing = 1 << len(known)
    unread: dict[str, int] = {}
    seen: dict[Any, int] = {}
    found = np.empty(len(series), dtype=f"u{width // 8}")
    values = series.astype(object) if isinstance(series.dtype, pd.CategoricalDtype) else series
    for place, value in enumerate(values):
        if isinstance(value, list | set | tuple):
            value = frozenset(value)
        elif not isinstance(value, str | frozenset) and not (
            value is None or value is pd.NA or value != value
        ):
            raise ValueError(f"sets of choices are expected, not “{str(value)[:40]}” in row {place + 1}")
        if not isinstance(value, str | frozenset):
            found[place] = missing
            continue
        if value not in seen:
            seen[value] = _bits(value, bits, unread)
        found[place] = seen[value]
    return Column("choices", found, labels=known, converted=True, unread=unread)


def _bits(value: str | frozenset[str], bits: Mapping[str, int], unread: dict[str, int]) -> int:
    items = [item.strip() for item in value.split(";") if item.strip()] if isinstance(value, str) else value
    total = 0
    for item in items:
        if item in bits:
            total |= bits[item]
        else:
            unread[item] = unread.get(item, 0) + 1
    return total


def value_at(column: Column, row: int, spec: FactSpec) -> Value | None:
    """The fact of one row, as a single project states it; numbers in their shortest exact form."""
    raw = column.data[row]
    if column.mask is not None and column.mask[row]:
        return None
    if column.kind == "number":
        if raw != raw:
            return None
        if spec.kind == "integer" and raw == int(raw):
            return int(raw)
        return Decimal(int(raw)) if column.data.dtype.kind in "iu" else Decimal(repr(float(raw)))
    if column.kind == "flag":
        return bool(raw)
    if column.kind == "date":
        if raw == NO_DAY:
            return None
        return date.fromordinal(date(1970, 1, 1).toordinal() + int(raw // column.ticks))
    if column.kind == "choices":
        if int(raw) >> len(column.labels) & 1:
            return None
        return frozenset(label for place, label in enumerate(column.labels) if int(raw) >> place & 1)
    return None if raw < 0 else column.labels[raw]
