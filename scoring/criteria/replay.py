"""Computing a past screening again from what it stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from scoring.criteria.edition import Criteria
from scoring.criteria.editions import find_by_hash
from scoring.criteria.evaluate import evaluate
from scoring.errors import UnknownEdition
from scoring.facts import Facts


@dataclass(frozen=True, slots=True)
class Difference:
    """One entry of the stored outcome that comes out otherwise."""

    path: str
    stored: Any
    computed: Any


@dataclass(frozen=True, slots=True)
class Replay:
    """The differences between a stored outcome and the same one computed again; none when it matches."""

    edition: Criteria
    differences: tuple[Difference, ...]

    @property
    def matches(self) -> bool:
        return not self.differences


def replay(stored: Mapping[str, Any], facts: Facts, edition: Criteria | None = None) -> Replay:
    """A stored outcome (`Outcome.to_json()`) against the facts it saw, under the edition with its content.

    Raises UnknownEdition when no edition has that content.
    """
    content_hash = str(stored["content_hash"])
    found = edition if edition is not None else find_by_hash(content_hash)
    if found is None or found.content_hash != content_hash:
        name = f"{stored.get('rule_set')} {stored.get('version')}"
        raise UnknownEdition(f"the content of {name} ({content_hash[:12]}…) is not among the editions")
    computed = evaluate(facts, found, on=date.fromisoformat(str(stored["on"]))).to_json()
    return Replay(found, tuple(_differences("", dict(stored), computed)))


def _differences(path: str, stored: Any, computed: Any) -> list[Difference]:
    if isinstance(stored, Mapping) and isinstance(computed, Mapping):
        keys = dict.fromkeys([*computed, *stored])
        return [
            difference
            for key in keys
            for difference in _differences(
                f"{path}.{key}" if path else str(key), stored.get(key), computed.get(key)
            )
        ]
    return [] if stored == computed else [Difference(path, stored, computed)]
