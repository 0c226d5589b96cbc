"""Which choice matters: variance shares by factor, and what leaving a node out would change."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from scoring.index.philox import uniforms
from scoring.index.refusal import Refused
from scoring.index.replicates import Choices, replay
from scoring.index.study import run
from scoring.index.table import Floats, Table, Tree
from scoring.words import Words


class Index(NamedTuple):
    """Share of the variance that a factor explains alone (first) and with all its interactions (total)."""

    factor: str
    first: float
    total: float


def indices(y_a: Floats, y_b: Floats, y_ab: Mapping[str, Floats]) -> tuple[Index, ...]:
    """Variance shares from the outputs of N draws A, N draws B and, each factor j, A with j from B.

    total_j = Σ(y_A − y_ABj)² / (2NV), first_j = 1 − Σ(y_B − y_ABj)² / (2NV), V the variance of y_A and y_B
    (Jansen, 1999): differences, so a large mean does not matter. Refused when nothing varies.
    """
    spread = float(np.concatenate([y_a, y_b]).var(ddof=1))
    if not spread > 0:
        raise Refused(
            "no spread", Words("结果不变，无敏感性可言", "the output does not vary, so no factor matters")
        )
    n = y_a.size
    return tuple(
        Index(
            factor,
            1 - float(((y_b - y) ** 2).sum()) / (2 * n * spread),
            float(((y_a - y) ** 2).sum()) / (2 * n * spread),
        )
        for factor, y in y_ab.items()
    )


def design(tree: Tree, choices: Choices, *, size: int, key: bytes) -> tuple[dict[str, Any], ...]:
    """A (size), B (size), then A with each factor's column from B (size each): the variants to run."""
    a = uniforms(key + b"A", 0, size, choices.width(tree))
    b = uniforms(key + b"B", 0, size, choices.width(tree))
    nodes = choices.nodes(tree)
    left = [choices.split(row, nodes) for row in a]
    right = [choices.split(row, nodes) for row in b]
    blocks = [left, right]
    for factor in choices.factors:
        blocks.append([{**x, factor: y[factor]} for x, y in zip(left, right, strict=True)])
    return tuple(choices.draw(tree, row, nodes) for block in blocks for row in block)


def sensitivity(
    table: Table, tree: Tree, steps: Sequence[Mapping[str, Any]], choices: Choices, *, size: int, key: bytes
) -> tuple[Index, ...]:
    """Variance shares of the mean absolute rank change against the study as it stands.

    Raises Refused when a variant cannot be computed: a share of a design with holes would mean nothing.
    """
    found = replay(table, tree, steps, design(tree, choices, size=size, key=key))
    if found.refused:
        raise next(iter(found.refused.values()))
    nominal = run(table, tree, steps).ranks(tree.top)
    y = np.abs(found.ranks - nominal[:, None]).mean(axis=0)
    parts = y.reshape(-1, size)
    return indices(parts[0], parts[1], dict(zip(choices.factors, parts[2:], strict=True)))


class LeftOut(NamedTuple):
    """Scores and ranks of a node without one of the nodes below it."""

    node: str
    scores: Floats
    ranks: Floats
    mean_rank_change: float


def leave_one_out(
    table: Table, tree: Tree, steps: Sequence[Mapping[str, Any]], *, level: int, target: str | None = None
) -> tuple[LeftOut, ...]:
    """The target (the top by default) without each node of a level in turn; its siblings carry its weight."""
    target = target or tree.top
    names = [name for name in tree.parents if tree.levels[name] == level and name != target]
    variants: list[dict[str, Any]] = [{}]
    for name in names:
        variants.append({"weights": dict.fromkeys(_emptied(tree, name), 0.0)})
    found = replay(table, tree, steps, variants, node=target)
    nominal = found.ranks[:, 0]
    changes = np.abs(found.ranks - nominal[:, None]).mean(axis=0)
    return tuple(
        LeftOut(name, found.scores[:, place], found.ranks[:, place], float(changes[place]))
        for place, name in enumerate(("", *names))
    )


def _emptied(tree: Tree, name: str) -> list[str]:
    """The node and those ancestors that would weigh nothing without it."""
    gone = [name]
    parent = tree.parents[name]
    while parent is not None and all(
        child in gone or tree.weights[child] == 0 for child in tree.children(parent)
    ):
        gone.append(parent)
        parent = tree.parents[parent]
    return gone
