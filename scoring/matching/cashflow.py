"""What a row of cash flows is worth: NPV, IRR, MIRR, their dated forms, payback and levelised cost.

The first flow lies at t = 0 and is not discounted, unlike the spreadsheet function NPV().
IRR, MIRR, XIRR and XNPV come from pyxirr; counting and finding further roots is done here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyxirr

from scoring.errors import InvalidFacts
from scoring.matching.amounts import Amount, Array, amount, rate, series
from scoring.words import Words

# The growth factors 1 + r searched for roots, from −99.9 % to +99,900 % a period.
_GROWTH = np.exp(np.linspace(np.log(1e-3), np.log(1e3), 2401))
_DAYS_A_YEAR = 365.0


@dataclass(frozen=True, slots=True)
class InternalRate:
    """An internal rate of return: the root nearest zero, every root, and what to say about them."""

    value: float | None
    roots: tuple[float, ...]
    notice: Words | None = None


def npv(discount_rate: Amount, cash_flows: Sequence[Amount]) -> float:
    """Net present value, NPV = Σ CF_t / (1 + r)^t with t from 0; raises InvalidFacts."""
    r = rate("discount_rate", discount_rate)
    flows = series("cash_flows", cash_flows)
    return float(flows @ discount_factors(r, len(flows)))


def xnpv(discount_rate: Amount, cash_flows: Sequence[Amount], dates: Sequence[date]) -> float:
    """Net present value of dated flows, Σ CF_i / (1 + r)^((d_i − d_0)/365); raises InvalidFacts."""
    r = rate("discount_rate", discount_rate)
    flows, times = _dated(cash_flows, dates)
    return float(flows @ (1.0 + r) ** -times)


def irr(cash_flows: Sequence[Amount]) -> InternalRate:
    """Internal rate of return per period: every r > −1 with Σ CF_t / (1 + r)^t = 0.

    With one change of sign the root is unique (Descartes). With more there may be several: `roots` holds
    all, `value` the one nearest zero, `notice` says so and points to MIRR. Without a root `value` is None.

    Raises
    ------
    InvalidFacts
        If there are fewer than two flows or all have the same sign.
    """
    flows = series("cash_flows", cash_flows, shortest=2)
    if _sign_changes(flows) == 1:
        return _one(pyxirr.irr(flows.tolist()), np.arange(len(flows), dtype=np.float64), flows)
    return _several(np.arange(len(flows), dtype=np.float64), flows)


def xirr(cash_flows: Sequence[Amount], dates: Sequence[date]) -> InternalRate:
    """Yearly internal rate of dated flows, actual/365; roots and notice as for `irr`. Raises InvalidFacts."""
    flows, times = _dated(cash_flows, dates)
    if len(flows) < 2:
        raise InvalidFacts({"cash_flows": Words("至少需要 2 期", "needs at least 2 periods")})
    order = np.argsort(times, kind="stable")
    flows, times, days = flows[order], times[order], [dates[i] for i in order]
    if _sign_changes(flows) == 1:
        return _one(pyxirr.xirr(days, flows.tolist()), times, flows)
    return _several(times, flows)


def mirr(cash_flows: Sequence[Amount], *, finance_rate: Amount, reinvest_rate: Amount) -> float:
    """Modified internal rate, (FV of inflows at reinvest_rate / PV of outflows at finance_rate)^(1/n) − 1.

    Raises InvalidFacts if there is no inflow or no outflow.
    """
    flows = series("cash_flows", cash_flows, shortest=2)
    _sign_changes(flows)
    found = pyxirr.mirr(
        flows.tolist(), rate("finance_rate", finance_rate), rate("reinvest_rate", reinvest_rate)
    )
    if found is None:  # pragma: no cover - both signs are present
        raise InvalidFacts({"cash_flows": Words("无法计算 MIRR", "MIRR cannot be computed")})
    return float(found)


def payback(cash_flows: Sequence[Amount]) -> float | None:
    """Periods until the running sum stays non-negative, interpolated inside the period; None if never.

    The closed annuity formula gives another third figure; interpolation is the convention here.
    """
    flows = series("cash_flows", cash_flows)
    return _recovery(np.cumsum(flows), flows)


def discounted_payback(discount_rate: Amount, cash_flows: Sequence[Amount]) -> float | None:
    """Payback of the discounted flows, interpolated inside the period; None if never."""
    flows = series("cash_flows", cash_flows)
    discounted = flows * discount_factors(rate("discount_rate", discount_rate), len(flows))
    return _recovery(np.cumsum(discounted), discounted)


def lcoe(capex: Amount, opex: Sequence[Amount], energy: Sequence[Amount], discount_rate: Amount) -> float:
    """Levelised cost of energy, (capex + Σ opex_t d_t) / (Σ energy_t d_t), d_t = (1 + r)^−t, t from 1.

    In money per unit of energy. Raises InvalidFacts if the energy is nothing or the rows differ in length.
    """
    costs = series("opex", opex)
    output = series("energy", energy, negative_allowed=False)
    if len(costs) != len(output):
        raise InvalidFacts({"energy": Words("年数与运维成本不一致", "must have as many years as opex")})
    factors = discount_factors(rate("discount_rate", discount_rate), len(costs) + 1)[1:]
    total = float(output @ factors)
    if total <= 0:
        raise InvalidFacts({"energy": Words("应大于 0", "must be greater than 0")})
    return (amount("capex", capex) + float(costs @ factors)) / total


def discount_factors(r: float, periods: int) -> Array:
    """(1 + r)^−t for t = 0 … periods − 1."""
    factors: Array = (1.0 + r) ** -np.arange(periods, dtype=np.float64)
    return factors


def _dated(cash_flows: Sequence[Amount], dates: Sequence[date]) -> tuple[Array, Array]:
    flows = series("cash_flows", cash_flows)
    if len(dates) != len(flows):
        raise InvalidFacts({"dates": Words("每笔现金流应有一个日期", "every flow needs one date")})
    first = dates[0]
    if any(day < first for day in dates):
        raise InvalidFacts({"dates": Words("首笔日期应为最早", "the first date must be the earliest")})
    return flows, np.array([(day - first).days for day in dates], dtype=np.float64) / _DAYS_A_YEAR


def _sign_changes(flows: Array) -> int:
    signs = np.sign(flows[flows != 0])
    if not (signs > 0).any() or not (signs < 0).any():
        raise InvalidFacts({"cash_flows": Words("应既有流出又有流入", "must hold both outflows and inflows")})
    return int(np.count_nonzero(np.diff(signs)))


def _one(found: float | None, times: Array, flows: Array) -> InternalRate:
    if found is None or abs(_scaled_npv(1.0 + found, times, flows)) > 1e-6 * float(np.abs(flows).max()):
        return _several(times, flows)
    return InternalRate(float(found), (float(found),))


def _several(times: Array, flows: Array) -> InternalRate:
    values = np.array([_scaled_npv(growth, times, flows) for growth in _GROWTH])
    roots = [float(g) - 1.0 for g, value in zip(_GROWTH, values, strict=True) if value == 0.0]
    for i in np.flatnonzero(values[:-1] * values[1:] < 0):
        from scipy.optimize import brentq  # slow to load and needed for several roots alone

        growth = brentq(_scaled_npv, _GROWTH[i], _GROWTH[i + 1], args=(times, flows), xtol=1e-14)
        roots.append(float(growth) - 1.0)
    roots.sort(key=lambda root: (abs(root), -root))
    if not roots:
        return InternalRate(
            None, (), Words("没有内部收益率：净现值不会归零", "there is no IRR: the NPV never crosses zero")
        )
    if len(roots) == 1:
        return InternalRate(roots[0], tuple(roots))
    listed = "、".join(f"{root:.2%}" for root in roots)
    return InternalRate(
        roots[0],
        tuple(roots),
        Words(
            f"现金流多次变号，存在 {len(roots)} 个内部收益率（{listed}），请以 MIRR 和净现值为准",
            f"the flows change sign more than once and have {len(roots)} IRRs "
            f"({listed.replace('、', ', ')}); rely on MIRR and NPV",
        ),
    )


def _scaled_npv(growth: float, times: Array, flows: Array) -> float:
    # Multiplied by growth^t_last below 1, so that no power overflows; the sign and the roots stay.
    exponents = -times if growth >= 1.0 else times[-1] - times
    return float(flows @ np.exp(exponents * np.log(growth)))


def _recovery(running: Array, flows: Array) -> float | None:
    below = np.flatnonzero(running < 0)
    if below.size == 0:
        return 0.0
    last = int(below[-1])
    if last + 1 >= len(flows):
        return None
    return last + float(-running[last] / flows[last + 1])
