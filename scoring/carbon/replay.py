"""A stored benefit computed again, with the method edition and the factor values of its day."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np

from scoring.carbon.benefit import Benefit
from scoring.carbon.estimation import Settings, settle
from scoring.carbon.factors import factors
from scoring.carbon.house import house
from scoring.carbon.intake import Stated
from scoring.carbon.methods import method
from scoring.errors import InvalidFacts
from scoring.words import Words


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether a stored benefit comes out again, and where it does not."""

    benefit: Benefit
    identical: bool
    differences: tuple[str, ...]
    method_changed: bool


def replay(stored: Mapping[str, Any]) -> Benefit:
    """The benefit of a stored one, from its inputs, edition and factor values, not from today's.

    Raises UnknownEdition when the edition is gone, InvalidFacts when the record is incomplete.
    """
    try:
        of = method(stored["method_id"], stored["method_version"])
        settings = _settings(stored)
        entries = {entry["key"]: entry for entry in stored["inputs"]}
    except (KeyError, TypeError, ValueError) as error:
        words = Words("记录不完整，无法复算", f"the record cannot be replayed: {error!r}")
        raise InvalidFacts({"benefit": words}) from None
    stated = {key: entry for key, entry in entries.items() if entry["origin"] == "stated"}
    pinned = {key: entry for key, entry in entries.items() if entry["origin"] != "stated"}
    found = settle(
        of,
        Stated({key: _value(entry) for key, entry in stated.items()}, _named(stated)),
        settings,
        pinned,
        {key: entry["evidence"] for key, entry in entries.items() if entry["evidence"]},
        {key: entry["accepted"] for key, entry in entries.items() if entry["accepted"]},
    )
    if not isinstance(found, Benefit):
        words = Words("记录缺少输入，无法复算", "the record lacks inputs and cannot be replayed")
        raise InvalidFacts(dict.fromkeys(found.missing, words) or {"benefit": words})
    return _as_of(found, stored)


def verify(stored: Mapping[str, Any]) -> Verification:
    """The stored benefit beside its replay: same figures, same hash, same method file."""
    again = replay(stored)
    fresh, stored = (json.loads(json.dumps(record)) for record in (again.to_json(), dict(stored)))
    differences = tuple(
        key for key in fresh if key not in ("warnings", "content_hash") and fresh[key] != stored.get(key)
    )
    same_hash = again.content_hash == stored.get("content_hash")
    changed = method(again.method_id, again.method_version).content_hash != stored["method_hash"]
    return Verification(again, not differences and same_hash, differences, changed)


def _settings(stored: Mapping[str, Any]) -> Settings:
    return Settings(
        date.fromisoformat(stored["on"]),
        stored["region"],
        int(stored["seed"]),
        house().trajectories[stored["trajectory"]],
        _decimal(stored["investment"]),
        _decimal(stored["annual_cost"]),
        _decimal(stored["annual_saving"]),
        float(stored["discount_rate"]),
        int(stored["life"]),
    )


def _as_of(found: Benefit, stored: Mapping[str, Any]) -> Benefit:
    """The replay under the factor file and method file that the record names."""
    return replace(found, factors_hash=stored["factors_hash"], method_hash=stored["method_hash"])


def _named(stated: Mapping[str, Any]) -> dict[str, Any]:
    known = factors()
    return {
        key: known[entry["factor"]["id"]]
        for key, entry in stated.items()
        if entry["factor"] and entry["factor"]["id"] in known
    }


def _value(entry: Mapping[str, Any]) -> Any:
    value = entry["value"]
    return np.array(value, dtype=float) if isinstance(value, list | tuple) else float(value)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
