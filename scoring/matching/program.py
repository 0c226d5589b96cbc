"""The linear program of an allocation, kept inside HiGHS so that a changed goal or bound starts warm."""

from dataclasses import dataclass

import highspy
import numpy as np
import numpy.typing as npt

from scoring.errors import ScoringError
from scoring.matching.columns import Floats
from scoring.matching.plans import Places, Plan

_NO_LIMIT = highspy.kHighsInf


class NoAllocation(ScoringError):
    """No allocation meets the limits, for example a climate floor beyond reach."""


@dataclass(frozen=True, eq=False)
class Answer:
    """An optimum: amounts by pair, its worth in both goals, and the shadow prices."""

    amount: Floats
    climate: float  # tCO2e a year
    suited: float  # suitability-weighted amount, 万元
    climate_price: float  # suitability-weighted 万元 lost for one more tonne of the floor
    quota_prices: Floats  # gain for one more 万元 of each product's quota


class Program:
    """max goal · x, 0 ≤ x ≤ u, under rows for projects, products, banks, sectors and single projects.

    Rows, in order: Σ_k x_ik ≤ min(need, debt share · investment) for each project; Σ_i x_ik ≤ quota_k;
    Σ x ≤ capital_b; for each bank and sector Σ x ≤ sector share · capital_b; for each bank and project with
    several products Σ x ≤ project share · capital_b; and last Σ climate_i x_ik ≥ floor (free at first).
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.upper = np.where(plan.possible, plan.upper, 0.0)
        bank = plan.bank[plan.product]
        groups = [
            (plan.project, plan.most, len(plan.need)),
            (plan.product, plan.quota, len(plan.quota)),
            (bank, plan.capital, len(plan.capital)),
        ]
        sectors = int(plan.sector.max(initial=0)) + 1
        for key, share, width in (
            (bank * sectors + plan.sector[plan.project], plan.limits.sector_share, sectors),
            (bank * len(plan.need) + plan.project, plan.limits.project_share, len(plan.need)),
        ):
            used, place = np.unique(key, return_inverse=True)
            groups.append((place, share * plan.capital[used // width], len(used)))
        self.starts = np.cumsum([0, *(size for _, _, size in groups)])
        self.solver = self._loaded(groups)

    def _loaded(self, groups: list[tuple[Places, Floats, int]]) -> highspy.Highs:
        pairs = len(self.plan.project)
        parts = zip(groups, self.starts, strict=False)
        rows = np.column_stack([place + start for (place, _, _), start in parts])
        floor_row = int(self.starts[-1])
        index = np.column_stack([rows, np.full(pairs, floor_row)]).astype(np.int32)
        weight = np.ones(index.shape)
        weight[:, -1] = self.plan.climate[self.plan.project]
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = pairs, floor_row + 1
        model.sense_ = highspy.ObjSense.kMaximize
        model.col_cost_ = np.zeros(pairs)
        model.col_lower_, model.col_upper_ = np.zeros(pairs), np.maximum(self.upper, 0.0)
        model.row_lower_ = np.full(model.num_row_, -_NO_LIMIT)
        model.row_upper_ = np.concatenate([*(bound for _, bound, _ in groups), [_NO_LIMIT]])
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_ = np.arange(0, index.size + 1, index.shape[1], dtype=np.int32)
        model.a_matrix_.index_, model.a_matrix_.value_ = index.ravel(), weight.ravel()
        solver = highspy.Highs()  # type: ignore[no-untyped-call]  # its stub leaves __init__ open
        solver.silent()
        solver.passModel(model)
        return solver

    @property
    def climate(self) -> Floats:
        return self.plan.climate[self.plan.project]

    def solve(self, goal: Floats, *, floor: float | None = None) -> Answer:
        """The optimum for a goal by pair, under a climate floor; raises NoAllocation."""
        pairs = len(goal)
        everything: npt.NDArray[np.int32] = np.arange(pairs, dtype=np.int32)
        self.solver.changeColsCost(pairs, everything, np.ascontiguousarray(goal, dtype=np.float64))
        last = int(self.starts[-1])
        self.solver.changeRowBounds(last, -_NO_LIMIT if floor is None else floor, _NO_LIMIT)
        self.solver.run()
        status = self.solver.getModelStatus()
        if status not in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kModelEmpty):
            raise NoAllocation(f"no allocation meets the limits ({self.solver.modelStatusToString(status)})")
        solution = self.solver.getSolution()
        amount = np.maximum(np.asarray(solution.col_value, dtype=np.float64), 0.0)
        dual = np.asarray(solution.row_dual, dtype=np.float64)
        quotas = slice(int(self.starts[1]), int(self.starts[2]))
        return Answer(
            amount=amount,
            climate=float(self.climate @ amount),
            suited=float(self.plan.suitability @ amount),
            climate_price=abs(float(dual[last])) if len(dual) else 0.0,
            quota_prices=np.abs(dual[quotas]),
        )

    def bound(self, lower: Floats, upper: Floats) -> None:
        """Other bounds of the amounts, for rounding."""
        everything: npt.NDArray[np.int32] = np.arange(len(lower), dtype=np.int32)
        self.solver.changeColsBounds(len(lower), everything, lower, np.maximum(upper, lower))
