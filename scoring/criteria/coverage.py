"""Whether the rows of a table overlap or leave gaps, proved by trying every region of their inputs."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from scoring.catalogue import Record
from scoring.criteria.edition import Parameter, Row
from scoring.criteria.nodes import Among, Compare, Holds, Missing, Name, Node, Number, Stated, walk
from scoring.facts import FactSpec

MAX_REGIONS = 20_000


def check_rows(
    record: Record,
    rows: Sequence[Row],
    hit: str,
    has_otherwise: bool,
    dictionary: Mapping[str, FactSpec],
    parameters: Mapping[str, Parameter],
) -> None:
    """Raises InvalidData when two rows of a `unique` table can hit at once, or when some input hits none."""
    days = sorted({value.since for parameter in parameters.values() for value in parameter.values})
    for day in days or [date.min]:
        scope = {name: found.value for name, p in parameters.items() if (found := p.find(day))}
        samples = _samples(rows, dictionary, scope)
        if samples is None:
            if hit == "unique":
                record.fail(
                    "whether these rows overlap cannot be proved: compare single facts with numbers or "
                    "parameters, or use “hit: first”",
                    "hit",
                )
            return
        _try_all(record, rows, hit, has_otherwise, samples, scope)


def _try_all(
    record: Record,
    rows: Sequence[Row],
    hit: str,
    has_otherwise: bool,
    samples: Mapping[str, list[Any]],
    scope: Mapping[str, Any],
) -> None:
    for values in itertools.product(*samples.values()):
        facts = dict(zip(samples, values, strict=True))
        hits = [index + 1 for index, row in enumerate(rows) if row.when.evaluate(facts, scope) is True]
        shown = ", ".join(f"{key} = {value}" for key, value in facts.items())
        if hit == "unique" and len(hits) > 1:
            record.fail(f"rows {hits[0]} and {hits[1]} overlap, for example at {shown}", "rows")
        if not hits and not has_otherwise:
            record.fail(f"no row covers {shown}; add a row or “otherwise”", "rows")


def _samples(
    rows: Sequence[Row], dictionary: Mapping[str, FactSpec], scope: Mapping[str, Any]
) -> dict[str, list[Any]] | None:
    """One value from each region that the rows can tell apart; None where that cannot be listed."""
    bounds: dict[str, set[Decimal]] = {}
    found: dict[str, list[Any]] = {}
    for row in rows:
        for node in _atoms(row.when.root):
            if isinstance(node, Compare):
                pair = _single_bound(node, scope)
                if pair is None:
                    return None
                bounds.setdefault(pair[0], set()).add(pair[1])
            elif isinstance(node, Among):
                if node.allowed is None:
                    return None
                found[node.key] = sorted(node.allowed)
            elif isinstance(node, Name) and node.type.kind == "truth":
                found[node.key] = [True, False]
            else:
                return None
    for key, cuts in bounds.items():
        found[key] = list(_regions(sorted(cuts), dictionary[key]))
    count = 1
    for values in found.values():
        count *= len(values)
    return found if count <= MAX_REGIONS else None


def _atoms(root: Node) -> Iterable[Node]:
    inner: set[int] = set()
    for node in walk(root):
        if isinstance(node, Compare):
            inner.update(id(part) for part in walk(node) if part is not node)
    kinds = (Compare, Among, Holds, Stated, Missing, Name)
    return [node for node in walk(root) if isinstance(node, kinds) and id(node) not in inner]


def _single_bound(node: Compare, scope: Mapping[str, Any]) -> tuple[str, Decimal] | None:
    for name, bound in ((node.left, node.right), (node.right, node.left)):
        if isinstance(name, Name) and name.origin == "fact" and name.type.kind == "number":
            if isinstance(bound, Number):
                return name.key, bound.value
            if isinstance(bound, Name) and bound.origin == "parameter" and bound.key in scope:
                return name.key, scope[bound.key]
    return None


def _regions(cuts: list[Decimal], spec: FactSpec) -> Iterable[Decimal]:
    """Each cut, the middle between two of them and a value beyond each end, within the fact's bounds."""
    whole = spec.kind == "integer"
    middles = [(a + b) / 2 for a, b in itertools.pairwise(cuts)]
    values = [cuts[0] - 1, *cuts, *middles, cuts[-1] + 1]
    for value in sorted(values):
        inside = (spec.minimum is None or value >= spec.minimum) and (
            spec.maximum is None or value <= spec.maximum
        )
        if inside and (not whole or value == value.to_integral_value()):
            yield value
