"""What differs between two releases: method, inputs and the values they lead to."""

from typing import Any, NamedTuple

from scoring.index.release import Release


class Revision(NamedTuple):
    """A published value that is not what it was; None on a side where nothing was published."""

    unit: str
    period: str
    node: str
    old: float | None
    new: float | None
    cause: str  # method, data, method and data


class InputChange(NamedTuple):
    """A cell of the panel that is not what it was, as (value, status); None where there was no row."""

    unit: str
    period: str
    leaf: str
    old: tuple[float | None, str] | None
    new: tuple[float | None, str] | None


class MethodChange(NamedTuple):
    """A place in the method file with its old and new content; None where it did not exist."""

    path: str
    old: str | None
    new: str | None


class Diff(NamedTuple):
    """Everything that differs from release a to release b."""

    method: tuple[MethodChange, ...]
    inputs: tuple[InputChange, ...]
    values: tuple[Revision, ...]
    added_periods: tuple[str, ...]


def diff(a: Release, b: Release) -> Diff:
    """Method, input and value changes from a to b; quarters new in b are listed, not counted as revisions."""
    method = method_changes(a.method.document, b.method.document)
    inputs = []
    old_cells, new_cells = a.panel.by_key, b.panel.by_key
    for key in sorted(old_cells.keys() | new_cells.keys()):
        before, after = old_cells.get(key), new_cells.get(key)
        old = None if before is None else (before.value, before.status)
        new = None if after is None else (after.value, after.status)
        if old != new:
            inputs.append(InputChange(*key, old, new))
    added = tuple(period for period in b.panel.periods if period not in a.panel.periods)
    revised = any(change.period not in added for change in inputs)
    cause = "method and data" if method and revised else "method" if method else "data"
    old_values = {(v.unit, v.period, v.node): v.level for v in a.values}
    new_values = {(v.unit, v.period, v.node): v.level for v in b.values if v.period not in added}
    values = tuple(
        Revision(*place, old_values.get(place), new_values.get(place), cause)
        for place in sorted(old_values.keys() | new_values.keys())
        if old_values.get(place) != new_values.get(place)
    )
    return Diff(method, tuple(inputs), values, added)


def method_changes(a: Any, b: Any, path: str = "") -> tuple[MethodChange, ...]:
    """Every place where two method documents differ; list entries with an id are matched by it."""
    if isinstance(a, dict) and isinstance(b, dict):
        found: list[MethodChange] = []
        for key in sorted(a.keys() | b.keys()):
            found += method_changes(a.get(key), b.get(key), f"{path}/{key}")
        return tuple(found)
    if isinstance(a, list) and isinstance(b, list):
        return method_changes(_by_id(a), _by_id(b), path)
    if a == b:
        return ()
    return (MethodChange(path, _text(a), _text(b)),)


def _by_id(items: list[Any]) -> dict[str, Any]:
    return {
        str(item.get("id", item.get("code", place)) if isinstance(item, dict) else place): item
        for place, item in enumerate(items)
    }


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
