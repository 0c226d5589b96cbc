"""Many variants of a study at once: draws that each say what they chose, and their scores and ranks."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from scoring.index.means import Mean
from scoring.index.philox import uniforms
from scoring.index.refusal import Refused
from scoring.index.study import Study, run
from scoring.index.table import Floats, Table, Tree
from scoring.words import Words

Draw = Mapping[str, Any]  # any of max_points, impute, normalise, weights, aggregate


@dataclass(frozen=True)
class Choices:
    """What may vary in a study; an empty list varies nothing. `weights` is the relative spread of the weights
    of the nodes on `levels`."""

    max_points: Sequence[int] = ()
    impute: Sequence[Mapping[str, Any]] = ()
    normalise: Sequence[Mapping[str, Any]] = ()
    aggregate: Sequence[str] = ()
    weights: float = 0.0
    levels: Sequence[int] = (2, 3)

    @property
    def factors(self) -> tuple[str, ...]:
        """Names of what varies, in a fixed order."""
        names = [name for name in ("max_points", "impute", "normalise", "aggregate") if getattr(self, name)]
        return (*names, "weights") if self.weights else tuple(names)

    def draw(self, tree: Tree, factor_uniforms: Mapping[str, Floats], nodes: Sequence[str]) -> dict[str, Any]:
        """The variant that a row of uniforms by factor stands for; `nodes` are those whose weights vary."""
        chosen: dict[str, Any] = {}
        for name in self.factors:
            u = factor_uniforms[name]
            if name == "weights":
                factors = (1 + self.weights * (2 * u - 1)).tolist()
                chosen[name] = {node: tree.weights[node] * f for node, f in zip(nodes, factors, strict=True)}
            else:
                options = getattr(self, name)
                chosen[name] = options[int(u[0] * len(options))]
        return chosen

    def nodes(self, tree: Tree) -> tuple[str, ...]:
        """The nodes whose weights vary."""
        return tuple(n for n, parent in tree.parents.items() if tree.levels[n] in self.levels and parent)

    def split(self, row: Floats, nodes: Sequence[str]) -> dict[str, Floats]:
        """A row of uniforms cut into the part of each factor."""
        found, start = {}, 0
        for name in self.factors:
            width = len(nodes) if name == "weights" else 1
            found[name] = row[start : start + width]
            start += width
        return found

    def width(self, tree: Tree) -> int:
        return sum(len(self.nodes(tree)) if name == "weights" else 1 for name in self.factors)


def draws(
    tree: Tree, choices: Choices, *, replicates: int, key: bytes, first: int = 0
) -> tuple[dict[str, Any], ...]:
    """Variants `first` … of the endless list under a key; each can be drawn again alone."""
    nodes = choices.nodes(tree)
    table = uniforms(key, first, replicates, choices.width(tree))
    return tuple(choices.draw(tree, choices.split(row, nodes), nodes) for row in table)


class Replicates(NamedTuple):
    """(n, N) scores and ranks of a node; NaN columns for variants that were refused, with the reason."""

    units: tuple[str, ...]
    scores: Floats
    ranks: Floats
    refused: dict[int, Refused]

    def rank_statistics(self) -> dict[str, tuple[float, float, float, float]]:
        """Mean, median, 5 % and 95 % of each unit's rank (linear interpolation, h = (N − 1) p)."""
        kept = self.ranks[:, ~np.isnan(self.ranks).all(axis=0)]
        low, middle, high = np.quantile(kept, (0.05, 0.5, 0.95), axis=1)
        mean = kept.mean(axis=1)
        return {
            unit: (float(mean[i]), float(middle[i]), float(low[i]), float(high[i]))
            for i, unit in enumerate(self.units)
        }


@dataclass
class _Base:
    """The steps before aggregation, done once for each variant of them."""

    table: Table
    tree: Tree
    steps: Sequence[Mapping[str, Any]]
    done: dict[str, Study] = field(default_factory=dict)

    def study(self, draw: Draw) -> Study:
        key = json.dumps({k: v for k, v in draw.items() if k not in ("weights", "aggregate")}, sort_keys=True)
        if key not in self.done:
            self.done[key] = run(self.table, self.tree, [self._varied(step, draw) for step in self.steps])
        return self.done[key]

    @staticmethod
    def _varied(step: Mapping[str, Any], draw: Draw) -> Mapping[str, Any]:
        if step["op"] == "treat" and "max_points" in draw:
            return {**step, "max_points": draw["max_points"]}
        if step["op"] in ("normalise", "impute") and draw.get(step["op"]):
            return {"op": step["op"], **draw[step["op"]]}
        return step


def replay(
    table: Table,
    tree: Tree,
    steps: Sequence[Mapping[str, Any]],
    variants: Sequence[Draw],
    *,
    node: str | None = None,
) -> Replicates:
    """Scores and ranks of a node (the top by default) in every variant of a study.

    Steps before aggregation are done once for each variant of them; weights and means run in batches. A
    variant outside a mean's domain is refused, counted and left as NaN; the others are not touched by it.
    """
    last = [step for step in steps if step["op"] == "aggregate"]
    base = _Base(table, tree, [step for step in steps if step["op"] != "aggregate"])
    default = last[0] if last else {"method": "arithmetic"}
    groups: dict[tuple[int, str], list[int]] = {}
    studies: dict[int, Study] = {}
    for place, draw in enumerate(variants):
        study = base.study(draw)
        method = draw.get("aggregate", default.get("method", "arithmetic"))
        studies[id(study)] = study
        groups.setdefault((id(study), json.dumps(method)), []).append(place)
    units = next(iter(studies.values())).table.units
    scores = np.full((len(units), len(variants)), np.nan)
    refused: dict[int, Refused] = {}
    for (number, method), places in groups.items():
        study = studies[number]
        weights = [{**tree.weights, **variants[place].get("weights", {})} for place in places]
        try:
            block = _scores(study, weights, json.loads(method), default, node or tree.top)
        except Refused as error:
            refused.update(dict.fromkeys(places, error))
        else:
            scores[:, places] = block
    with np.errstate(invalid="ignore"):
        ranks = 1.0 + (scores[None, :, :] > scores[:, None, :]).sum(axis=1)
    return Replicates(units, scores, np.where(np.isnan(scores), np.nan, ranks), refused)


def _scores(
    study: Study,
    weights: Sequence[Mapping[str, float]],
    method: "str | list[str]",
    default: Mapping[str, Any],
    node: str,
) -> Floats:
    """(n, R) a node's scores for R sets of weights; columns that do not vary are kept as (n, 1)."""
    tree = study.tree
    columns = {name: study.table.column(name)[:, None] for name in tree.leaves}
    steps = sorted({tree.levels[name] for name in tree.inner})
    for name in tree.inner:
        step = steps.index(tree.levels[name])
        kind = method if isinstance(method, str) else method[step]
        mean = Mean(kind, float(default.get("power", 1.0)))
        children = tree.children(name)
        table = np.array([[row[child] for row in weights] for child in children])
        if (table == table[:, :1]).all():
            table = table[:, :1]
        columns[name] = _mean(mean, [columns[child] for child in children], table, name)
    return np.broadcast_to(columns[node], (len(study.table.units), len(weights)))


def _mean(mean: Mean, children: list[Floats], weights: Floats, name: str) -> Floats:
    p = mean.exponent
    if p is None:
        raise Refused("mean", Words("此处只支持带权平均", "only weighted means are varied here"), node=name)
    total = share = None
    for child, weight in zip(children, weights, strict=True):
        least = np.fmin.reduce(child, axis=None)
        if (p <= 0 and least <= 0) or (p != int(p) and least < 0):
            raise Refused(
                "domain", Words("数值不在平均的定义域内", "a value lies outside the mean's domain"), node=name
            )
        value = child if p == 1 else np.log(child) if p == 0 else child**p
        present = ~np.isnan(child)
        part = np.where(present, value, 0.0) * weight
        total = part if total is None else total + part
        share = present * weight if share is None else share + present * weight
    assert total is not None
    assert share is not None
    with np.errstate(invalid="ignore", divide="ignore"):
        y = total / share
    result: Floats = y if p == 1 else np.exp(y) if p == 0 else y ** (1 / p)
    return result
