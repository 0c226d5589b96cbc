"""From the optimum of the linear program to an answer that can be signed.

Every pair carries nothing or at least the product's smallest ticket; a project has at most so many products
and gets nothing or at least the completion share of its need.
"""

import numpy as np

from scoring.matching.columns import Bools, Floats
from scoring.matching.plans import Places, Plan
from scoring.matching.program import Answer, Program

MOST_ROUNDS = 8
CLOSE = 0.005  # a gap at which the dive is not worth its time
_TOLERANCE = 1e-6


def rounded(program: Program, optimum: Answer, goal: Floats) -> Floats:
    """Amounts by pair that break no rule, guided by the optimum.

    First project by project, best goal first; if that comes close to the optimum, it is the answer. Otherwise
    dive: drop the pairs below half a ticket, the projects below half the completion share, the worst half of
    the other breaches, and products beyond the limit; solve again (warm), at most `MOST_ROUNDS` times.
    Dropping never makes the program infeasible. What still breaks a rule is taken out, and the room that is
    left is filled project by project; the better of the two is the answer.
    """
    plan = program.plan
    nothing = np.zeros(len(program.upper))
    greedy = filled(plan, program.upper, nothing, goal)
    if float(goal @ greedy) >= (1 - CLOSE) * float(goal @ optimum.amount):
        return greedy
    open_pairs = program.upper > 0
    amount = optimum.amount
    for _ in range(MOST_ROUNDS):
        dropped = _worst(plan, amount, open_pairs)
        if not dropped.any():
            break
        open_pairs &= ~dropped
        program.bound(nothing, np.where(open_pairs, program.upper, 0.0))
        amount = program.solve(goal).amount
    program.bound(nothing, program.upper)
    dived = filled(plan, program.upper, _clean(plan, amount), goal)
    return dived if float(goal @ dived) >= float(goal @ greedy) else greedy


def breaches(plan: Plan, amount: Floats) -> dict[str, int]:
    """How many pairs, projects, products, banks and sectors of an answer break a rule; for checking."""
    slack = _TOLERANCE * (1 + np.abs(amount).max(initial=0.0))
    paid = amount > _TOLERANCE
    total = _by(plan.project, amount, len(plan.need))
    funded = total > _TOLERANCE
    bank = plan.bank[plan.product]
    sectors = int(plan.sector.max(initial=0)) + 1
    by_sector = _by(bank * sectors + plan.sector[plan.project], amount, len(plan.capital) * sectors)
    by_project = _by(bank * len(plan.need) + plan.project, amount, len(plan.capital) * len(plan.need))
    sector_limit = np.repeat(plan.limits.sector_share * plan.capital, sectors)
    project_limit = np.repeat(plan.limits.project_share * plan.capital, len(plan.need))
    completion = plan.limits.completion * plan.need
    checks = {
        "ticket": (paid & (amount < plan.lower - slack)) | (amount > plan.upper + slack),
        "need": total > plan.most + slack,
        "completion": funded & (total < completion - slack),
        "products": np.bincount(plan.project[paid], minlength=1) > plan.limits.products_a_project,
        "quota": _by(plan.product, amount, len(plan.quota)) > plan.quota + slack,
        "capital": _by(bank, amount, len(plan.capital)) > plan.capital + slack,
        "sector": by_sector > sector_limit + slack,
        "single": by_project > project_limit + slack,
    }
    return {name: int(np.count_nonzero(broken)) for name, broken in checks.items()}


def _by(place: Places, amount: Floats, size: int) -> Floats:
    return np.bincount(place, weights=amount, minlength=size).astype(np.float64)


def _worst(plan: Plan, amount: Floats, open_pairs: Bools) -> Bools:
    paid = open_pairs & (amount > _TOLERANCE)
    total = _by(plan.project, np.where(paid, amount, 0.0), len(plan.need))
    ticket = amount / np.maximum(plan.lower, _TOLERANCE)
    done = total / np.maximum(plan.limits.completion * plan.need, _TOLERANCE)
    stub = (total > _TOLERANCE) & (done < 1 - 1e-9)
    dropped = _worse(ticket, paid & (ticket < 1 - 1e-9))
    dropped |= _worse(done, stub)[plan.project] & open_pairs
    return dropped | _beyond(plan, np.where(paid, amount, 0.0))


def _worse(measure: Floats, candidates: Bools) -> Bools:
    """Those below one half, and the lower half of all."""
    places = np.flatnonzero(candidates)
    found: Bools = candidates & (measure < 0.5)
    found[places[np.argsort(measure[places], kind="stable")[: (len(places) + 1) // 2]]] = True
    return found


def _beyond(plan: Plan, amount: Floats) -> Bools:
    """The smaller amounts of projects with more products than allowed."""
    order = np.lexsort((-amount, plan.project))
    project = plan.project[order]
    first = np.searchsorted(project, project, side="left")
    found = np.zeros(len(amount), dtype=np.bool_)
    found[order] = np.arange(len(order)) - first >= plan.limits.products_a_project
    result: Bools = found & (amount > _TOLERANCE)
    return result


def _clean(plan: Plan, amount: Floats) -> Floats:
    """Without the pairs and projects that break a rule."""
    amount = np.where(amount > _TOLERANCE, amount, 0.0)
    amount = np.where(_beyond(plan, amount) | (amount < plan.lower * (1 - 1e-9)), 0.0, amount)
    total = _by(plan.project, amount, len(plan.need))
    whole = total >= plan.limits.completion * plan.need * (1 - 1e-9)
    found: Floats = np.where(whole[plan.project], amount, 0.0)
    return found


def filled(plan: Plan, upper: Floats, amount: Floats, goal: Floats) -> Floats:
    """Further projects, in the order of the best goal among their pairs, while room is left."""
    room = _Room(plan, upper, amount)
    funded = _by(plan.project, amount, len(plan.need)) > 0
    order = np.lexsort((-goal, plan.project))
    order = order[(upper[order] > 0) & ~funded[plan.project[order]]]
    starts = np.flatnonzero(np.diff(plan.project[order], prepend=-1))
    groups = np.split(order, starts[1:])
    result = amount.copy()
    for pairs in sorted(groups, key=lambda pairs: -goal[pairs[0]] if len(pairs) else 0.0):
        if len(pairs) and goal[pairs[0]] > 0:
            for pair, part in room.offer(pairs.tolist(), int(plan.project[pairs[0]])):
                result[pair] = part
    return result


class _Room:
    """What quotas, capital and sectors still allow, as plain lists: they are read one number at a time."""

    def __init__(self, plan: Plan, upper: Floats, amount: Floats) -> None:
        bank = plan.bank[plan.product]
        sectors = int(plan.sector.max(initial=0)) + 1
        cell = bank * sectors + plan.sector[plan.project]
        limit = np.repeat(plan.limits.sector_share * plan.capital, sectors)
        self.quota = (plan.quota - _by(plan.product, amount, len(plan.quota))).tolist()
        self.capital = (plan.capital - _by(bank, amount, len(plan.capital))).tolist()
        self.sector = (limit - _by(cell, amount, len(limit))).tolist()
        self.single = (plan.limits.project_share * plan.capital).tolist()
        self.bank, self.cell, self.product = bank.tolist(), cell.tolist(), plan.product.tolist()
        self.upper, self.lower = upper.tolist(), plan.lower.tolist()
        self.most, self.least = plan.most.tolist(), (plan.limits.completion * plan.need).tolist()
        self.products = plan.limits.products_a_project

    def of(self, pair: int) -> float:
        rest = min(
            self.quota[self.product[pair]], self.capital[self.bank[pair]], self.sector[self.cell[pair]]
        )
        return float(min(rest, self.upper[pair]))

    def offer(self, pairs: list[int], project: int) -> list[tuple[int, float]]:
        """Amounts that complete one project from what is left, taken from it; or nothing."""
        chosen: list[tuple[int, float]] = []
        single: dict[int, float] = {}
        done = 0.0
        for pair in sorted(pairs, key=self.of, reverse=True):
            bank = self.bank[pair]
            rest = min(self.of(pair), self.most[project] - done, self.single[bank] - single.get(bank, 0.0))
            if rest > 0 and rest >= self.lower[pair]:
                chosen.append((pair, rest))
                self._take(pair, rest)
                single[bank] = single.get(bank, 0.0) + rest
                done += rest
            if len(chosen) == self.products or done >= self.most[project]:
                break
        if done >= self.least[project] and done > 0:
            return chosen
        for pair, part in chosen:
            self._take(pair, -part)
        return []

    def _take(self, pair: int, part: float) -> None:
        self.quota[self.product[pair]] -= part
        self.capital[self.bank[pair]] -= part
        self.sector[self.cell[pair]] -= part
