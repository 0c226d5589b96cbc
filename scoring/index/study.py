"""A study: a method tried on a table, step by step, before it is frozen into a method file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from scoring.index import aggregate as aggregation
from scoring.index import fill, normalise, treat
from scoring.index.method import Leaf, Node
from scoring.index.period import ordinal
from scoring.index.refusal import Refused
from scoring.index.result import Result
from scoring.index.screen import Availability, screen
from scoring.index.table import Flags, Floats, Table, Tree
from scoring.words import Words

Step = Mapping[str, Any]


@dataclass
class Study:
    """The table as it stands after the steps, the scores of the nodes, and what was done on the way."""

    table: Table
    tree: Tree
    nodes: dict[str, Floats] = field(default_factory=dict)
    filled: Flags | None = None  # cells that were gaps in the input and are not now
    treated: dict[str, treat.Treated] = field(default_factory=dict)
    screened: tuple[Availability, ...] = ()
    normalised: bool = False

    def score(self, name: str) -> Floats:
        """(n,) a node's or an indicator's scores."""
        return self.nodes[name] if name in self.nodes else self.table.column(name)

    def ranks(self, name: str) -> Floats:
        """(n,) 1 for the highest, ties share the better rank; from unrounded scores."""
        return normalise.rank(-self.score(name), ties="min")


def run(table: Table, tree: Tree, steps: Sequence[Step]) -> Study:
    """Do the steps in order: denominate, impute, impute_panel, screen, treat, normalise, aggregate.

    `op` names a step, its other keys are that operation's options; an unknown one of either is refused.
    """
    study = Study(table, tree)
    for step in steps:
        options = {key: value for key, value in step.items() if key != "op"}
        operation = _OPERATIONS.get(str(step.get("op")))
        if operation is None:
            known = ", ".join(_OPERATIONS)
            words = Words(f"未知步骤，应为 {known}", f"unknown step {step.get('op')!r}; known: {known}")
            raise Refused("operation", words)
        try:
            operation(study, **options)
        except TypeError as error:
            words = Words(f"步骤 {step['op']} 的选项不对：{error}", f"step {step['op']}: {error}")
            raise Refused("options", words) from error
    return study


def of_result(result: Result, scale: str) -> Study:
    """A computed result as a study of all units and quarters of a scale, for its structure report."""
    tree = result.method.trees[scale]
    units = next(item.units for item in result.method.scales if item.id == scale)
    nodes = list(tree.walk())
    parents = {
        tree.id: None,
        **{c.id: node.id for node in nodes if isinstance(node, Node) for c in node.children},
    }
    places = [(unit, period) for unit in result.units if unit in units for period in result.periods]
    columns = {
        node.id: np.array([_level(result.row(unit, period, node.id).level) for unit, period in places])
        for node in nodes
    }
    leaves = tuple(leaf.id for leaf in tree.leaves)
    table = Table(
        units=tuple(unit for unit, _ in places),
        columns=leaves,
        x=np.column_stack([columns[leaf] for leaf in leaves]),
        periods=tuple(float(ordinal(period)) for _, period in places),
    )
    heights = _heights(tree)
    shape = Tree(
        parents=parents,
        levels=heights,
        weights={node.id: node.weight for node in nodes},
        directions=dict.fromkeys(parents, 1),
        targets={},
        denominators={},
    )
    inner = {node.id: columns[node.id] for node in nodes if isinstance(node, Node)}
    return Study(table, shape, nodes=inner, normalised=True)


def _level(level: float | None) -> float:
    return np.nan if level is None else level


def _heights(node: "Node | Leaf") -> dict[str, int]:
    if not isinstance(node, Node):
        return {node.id: 1}
    below: dict[str, int] = {}
    for child in node.children:
        below.update(_heights(child))
    return {**below, node.id: 1 + max(below[child.id] for child in node.children)}


def _denominate(study: Study, scale: float = 1.0) -> None:
    study.table = study.table.with_values(fill.denominate(study.table, study.tree, scale=scale))


def _impute(study: Study, **options: Any) -> None:
    _fill(study, fill.impute(study.table, study.tree, **options))


def _impute_panel(study: Study, **options: Any) -> None:
    _fill(study, fill.impute_panel(study.table, **options))


def _fill(study: Study, values: Floats) -> None:
    new = np.isnan(study.table.x) & ~np.isnan(values)
    study.filled = new if study.filled is None else study.filled | new
    study.table = study.table.with_values(values)


def _screen(study: Study, **options: Any) -> None:
    keep, study.screened = screen(study.table, **options)
    study.table = study.table.rows(keep)
    if study.filled is not None:
        study.filled = study.filled[keep]


def _treat(study: Study, **options: Any) -> None:
    values, study.treated = treat.treat_columns(study.table.x, study.table.columns, **options)
    study.table = study.table.with_values(values)


def _normalise(study: Study, **options: Any) -> None:
    study.table = study.table.with_values(normalise.normalise(study.table, study.tree, **options))
    study.normalised = True


def _aggregate(study: Study, weights: "Mapping[str, float] | str | None" = None, **options: Any) -> None:
    study.tree = study.tree.with_weights(weights)
    missing = set(study.tree.leaves) - set(study.table.columns)
    if missing:
        study.table.column(sorted(missing)[0])  # names the one that is not there
    names = study.table.columns
    study.nodes = aggregation.aggregate(study.table.x, names, study.tree, study.table.units, **options)


_OPERATIONS: dict[str, Callable[..., None]] = {
    "denominate": _denominate,
    "impute": _impute,
    "impute_panel": _impute_panel,
    "screen": _screen,
    "treat": _treat,
    "normalise": _normalise,
    "aggregate": _aggregate,
}
