"""Random projects over the fact dictionary, drawn so that limits are hit exactly."""

import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from scoring.criteria import Criteria
from scoring.criteria.frame import facts_read
from scoring.criteria.nodes import Compare, Name, Number, walk
from scoring.facts import FactSpec, Value

ON = date(2026, 3, 31)


def hot_values(edition: Criteria, on: date = ON) -> dict[str, list[Any]]:
    """For each fact the limits it is compared with, so that ties are common."""
    found: dict[str, list[Any]] = {}
    expressions = [e for gate in edition.gates for e in gate.expressions]
    expressions += [e for criterion in edition.criteria for part in criterion.parts for e in part.expressions]
    for expression in expressions:
        for node in walk(expression.root):
            if not isinstance(node, Compare):
                continue
            names = [part.key for part in walk(node) if isinstance(part, Name) and part.origin == "fact"]
            limits = [
                edition.dated(part.key, on).value
                for part in walk(node)
                if isinstance(part, Name) and part.origin == "parameter"
            ]
            limits += [part.value for part in walk(node) if isinstance(part, Number)]
            for key in names:
                found.setdefault(key, []).extend(limits)
    return found


def draw(spec: FactSpec, limits: Sequence[Any], chance: random.Random, on: date = ON) -> Value | None:
    if chance.random() < 0.06:
        return None
    if spec.kind == "flag":
        return chance.random() < 0.5
    if spec.kind == "choice":
        if chance.random() < 0.02:
            return "not_a_choice"
        return chance.choice(spec.choices).id
    if spec.kind == "choices":
        ids = [choice.id for choice in spec.choices if choice.id != "none"]
        return frozenset(chance.sample(ids, chance.randint(0, min(3, len(ids))))) or frozenset({"none"})
    if spec.kind == "date":
        days = [limit for limit in limits if isinstance(limit, Decimal) and limit == int(limit)]
        age = int(chance.choice(days)) if days and chance.random() < 0.5 else chance.randint(0, 3000)
        return on - timedelta(days=age + chance.choice((-1, 0, 0, 1)))
    if spec.is_numeric:
        return _number(spec, limits, chance)
    if spec.check == "category":
        return chance.choice(("M1.1", "M2.1", "M3.1", "M5.2", "A1.1", "A4.2", "OTHER"))
    return chance.choice(("110112", "131082", "x"))


def _number(spec: FactSpec, limits: Sequence[Any], chance: random.Random) -> Value:
    step = Decimal(1) if spec.kind == "integer" else Decimal("0.01")
    roll = chance.random()
    if roll < 0.45 and limits:
        value = Decimal(chance.choice(limits)) + step * chance.choice((-1, 0, 0, 0, 1))
    elif roll < 0.7:
        value = Decimal(chance.choice((0, 1, 5, 10, 20, 30, 50, 80, 100, 1000)))
    else:
        value = Decimal(chance.randint(0, 2_000_000)) * step
    value = max(value, spec.minimum) if spec.minimum is not None else value
    value = min(value, spec.maximum) if spec.maximum is not None else value
    return int(value) if spec.kind == "integer" else value


def projects(edition: Criteria, count: int, seed: int, on: date = ON) -> list[dict[str, Value]]:
    chance = random.Random(seed)
    limits = hot_values(edition, on)
    found = []
    for _ in range(count):
        facts = {}
        for key in facts_read(edition):
            value = draw(edition.dictionary[key], limits.get(key, ()), chance, on)
            if value is not None:
                facts[key] = value
        found.append(facts)
        _tie_money(facts, chance)
    return found


def _tie_money(facts: dict[str, Value], chance: random.Random) -> None:
    """Amounts whose ratio lies exactly on a limit, or one step beside it."""
    total = facts.get("total_investment")
    if not isinstance(total, Decimal) or not total or chance.random() < 0.4:
        return
    share = Decimal(chance.choice(("0.2", "0.25", "0.3", "0.8")))
    facts["equity"] = min(
        (total * share).quantize(Decimal("0.01")) + Decimal(chance.choice((0, 0, 0, -1, 1))) / 100, total
    )
    facts["equity"] = max(facts["equity"], Decimal(0))


def as_frame(edition: Criteria, rows: Sequence[Mapping[str, Value]], seed: int = 0) -> pd.DataFrame:
    """The projects as a frame, each column in one of the forms in which it may come."""
    chance = random.Random(seed)
    columns: dict[str, Any] = {}
    for key in facts_read(edition):
        if not any(key in row for row in rows) and chance.random() < 0.5:
            continue
        columns[key] = _column(edition.dictionary[key], [row.get(key) for row in rows], chance)
    return pd.DataFrame(columns, index=np.arange(len(rows)) // 2)


def _column(spec: FactSpec, values: list[Any], chance: random.Random) -> Any:
    has_gap = any(value is None for value in values)
    if spec.is_numeric:
        floats = np.array([np.nan if value is None else float(value) for value in values], dtype=float)
        form = chance.randint(0, 3)
        if form == 0:
            return pd.array(floats, dtype="Float64")
        if form == 1:
            return pd.Series(values, dtype=object).array
        if form == 2 and spec.kind == "integer" and not has_gap:
            return floats.astype(np.int64)
        return np.ascontiguousarray(np.column_stack([floats, floats]))[:, 0]
    if spec.kind == "flag":
        if not has_gap and chance.random() < 0.5:
            return np.array(values, bool)
        if chance.random() < 0.5:
            return pd.Series(values, dtype=object).array
        array = pd.array(values, dtype="boolean")
        array._data[array._mask] = chance.random() < 0.5
        return array
    if spec.kind == "date":
        unit = chance.choice(("s", "ms", "us", "ns"))
        return pd.Series(pd.to_datetime(pd.Series(values, dtype=object))).astype(f"datetime64[{unit}]").array
    if spec.kind == "choices":
        if chance.random() < 0.5:
            return pd.Series(values, dtype=object).array
        return pd.Series([None if v is None else ";".join(sorted(v)) for v in values], dtype=object).array
    if chance.random() < 0.5:
        labels = sorted({value for value in values if value is not None})
        chance.shuffle(labels)
        return pd.Categorical(values, categories=labels)
    return pd.Series(values, dtype=object).array
