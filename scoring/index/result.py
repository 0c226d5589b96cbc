"""What a computation returns: one row per unit, quarter and node, and whether it may be published."""

from functools import cached_property
from typing import NamedTuple

from scoring.index.method import Method, Node
from scoring.index.panel import Panel
from scoring.words import Words

FLAGS: dict[str, Words] = {
    "carried": Words("沿用上期值", "carried from an earlier quarter"),
    "group median": Words("取同组中位数", "median of the group"),
    "no denominator": Words("缺分母", "no denominator"),
    "missing": Words("无数据", "no data"),
    "capped": Words("按方法文件截尾", "capped as the method file says"),
    "at floor": Words("不高于起点，按下限计", "at or beyond the floor, scored at the lower end"),
    "target reached": Words("达到目标，按上限计", "target reached, scored at the upper end"),
    "re-weighted": Words(
        "缺指标，权重由同组其余指标分担", "a child is missing, its siblings carry its weight"
    ),
    "too few": Words("可用的下级太少，不计算", "too few children present, not computed"),
    "provisional": Words("初值", "provisional"),
    "momentum floored": Words("动能：数值过小，按最小值计", "momentum: value floored"),
    "momentum clamped": Words("动能：单季变化超限，按界限计", "momentum: change of one quarter clamped"),
    "momentum partial": Words("动能：部分指标无可比值", "momentum: some indicators have no comparable value"),
    "momentum starts": Words("动能：自本季度起算", "momentum: starts in this quarter"),
}


class Row(NamedTuple):
    """One node of one unit in one quarter; `raw` and `used` belong to indicators, `weight` is effective."""

    unit: str
    period: str
    node: str
    kind: str  # index, group, indicator
    level: float | None
    momentum: float | None
    raw: float | None
    used: float | None
    status: str
    flags: tuple[str, ...]
    present: float
    weight: float


class Reason(NamedTuple):
    """Why a value may not be published."""

    rule: str
    words: Words


class Standing(NamedTuple):
    """The headline of one unit in one quarter."""

    unit: str
    period: str
    level: float | None
    momentum: float | None
    missing_weight: float
    estimated_weight: float
    provisional: bool
    publishable: bool
    reasons: tuple[Reason, ...]


class Result:
    """Everything computed from one method and one panel."""

    def __init__(
        self,
        method: Method,
        panel: Panel,
        rows: tuple[Row, ...],
        standings: tuple[Standing, ...],
        unused: tuple[str, ...],
    ) -> None:
        self.method = method
        self.panel = panel
        self.rows = rows
        self.standings = standings
        self.unused = unused  # indicators given for a scale in which the method does not use them

    @cached_property
    def _rows(self) -> dict[tuple[str, str], dict[str, Row]]:
        found: dict[tuple[str, str], dict[str, Row]] = {}
        for row in self.rows:
            found.setdefault((row.unit, row.period), {})[row.node] = row
        return found

    @cached_property
    def _standings(self) -> dict[tuple[str, str], Standing]:
        return {(standing.unit, standing.period): standing for standing in self.standings}

    @property
    def units(self) -> tuple[str, ...]:
        return self.panel.units

    @property
    def periods(self) -> tuple[str, ...]:
        return self.panel.periods

    def standing(self, unit: str, period: str) -> Standing:
        """The headline of a unit in a quarter; KeyError where nothing was computed."""
        return self._standings[unit, period]

    def row(self, unit: str, period: str, node: str | None = None) -> Row:
        """The row of a node, of the index itself by default; KeyError where there is none."""
        return self._rows[unit, period][node or self.method.tree.id]

    def trace(self, unit: str, period: str) -> tuple[Row, ...]:
        """Every row of a unit in a quarter, in the order of the tree: raw → used → level, with flags."""
        return tuple(self._rows[unit, period].values())

    def scores(self, unit: str, period: str) -> dict[str, float]:
        """Level of every indicator present, by id."""
        return {
            row.node: row.level
            for row in self._rows[unit, period].values()
            if row.kind == "indicator" and row.level is not None
        }

    def series(self, unit: str, node: str | None = None) -> tuple[Row, ...]:
        """One node over all quarters."""
        return tuple(self.row(unit, period, node) for period in self.periods)

    def tree_of(self, unit: str) -> Node:
        return self.method.tree_of(unit)

    def ranks(self, period: str, scale: str, node: str | None = None) -> dict[str, int]:
        """1 for the highest level, ties share the better rank; from unrounded levels of publishable units."""
        levels = {}
        for unit in self.units:
            if self.method.scale_of[unit].id == scale and self.standing(unit, period).publishable:
                level = self.row(unit, period, node).level
                if level is not None:
                    levels[unit] = level
        return {unit: 1 + sum(other > level for other in levels.values()) for unit, level in levels.items()}
