"""A loan against the cash that must serve it: schedules, DSCR, LLCR and the maturity gap (期限错配)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyxirr

from scoring.errors import InvalidFacts
from scoring.matching.amounts import Amount, Array, amount, rate, series, whole
from scoring.matching.cashflow import discount_factors
from scoring.words import Words

REPAYMENTS = ("level_payment", "level_principal", "bullet")


@dataclass(frozen=True)
class Schedule:
    """A loan by period (the first is period 1): opening balance, interest and principal due."""

    opening: Array
    interest: Array
    principal: Array

    @property
    def service(self) -> Array:
        return self.interest + self.principal

    @property
    def total_interest(self) -> float:
        return float(self.interest.sum())

    @property
    def average_life(self) -> float:
        """Periods for which a unit of principal is outstanding on average."""
        periods = np.arange(1, len(self.principal) + 1, dtype=np.float64)
        return float(periods @ self.principal / self.principal.sum())


@dataclass(frozen=True)
class MaturityGap:
    """Tenor that the cash flow needs against the tenor offered, with the two rows of the chart.

    `needed_years` is None when no tenor within the cash flow suffices.
    """

    needed_years: int | None
    offered_years: int
    gap_years: int | None
    cash_available: tuple[float, ...]
    debt_service: tuple[float, ...]
    shortfall: tuple[float, ...]
    average_life_cash: float | None
    average_life_loan: float

    @property
    def average_life_gap(self) -> float | None:
        if self.average_life_cash is None:
            return None
        return self.average_life_cash - self.average_life_loan


def annuity_payment(principal: Amount, rate_per_period: Amount, periods: int) -> float:
    """Level payment, P·r / (1 − (1 + r)^−n), as a positive amount; raises InvalidFacts."""
    due = amount("principal", principal)
    r = rate("rate", rate_per_period)
    return due * r + due * _first_repayment(r, whole("periods", periods, least=1))


def periods_to_repay(principal: Amount, rate_per_period: Amount, payment: Amount) -> float:
    """Level payments that repay `principal`; raises InvalidFacts if one does not even cover the interest."""
    due = amount("principal", principal, positive=True)
    r = rate("rate", rate_per_period)
    paid = amount("payment", payment, positive=True)
    if paid <= due * r:
        raise InvalidFacts({"payment": Words("不足以支付利息", "does not even cover the interest")})
    return float(pyxirr.nper(r, -paid, due) or 0.0)


def schedule(
    principal: Amount,
    rate_per_period: Amount,
    periods: int,
    *,
    repayment: str = "level_payment",
    grace: int = 0,
) -> Schedule:
    """Interest and principal by period; in the first `grace` periods only interest is due.

    Parameters
    ----------
    principal : scalar
        Amount drawn at t = 0. [money]
    rate_per_period : scalar
        Interest rate of one period as a decimal.
    periods, grace : whole numbers
        Tenor and the interest-only periods within it, 0 ≤ grace < periods.
    repayment : `level_payment`, `level_principal` or `bullet`
    """
    due = amount("principal", principal, positive=True)
    r = rate("rate", rate_per_period)
    n = whole("periods", periods, least=1)
    free = whole("grace", grace, least=0, most=n - 1)
    if repayment not in REPAYMENTS:
        known = ", ".join(REPAYMENTS)
        raise InvalidFacts({"repayment": Words(f"应为：{known}", f"must be one of: {known}")})
    paid = np.zeros(n)
    m = n - free
    if repayment == "bullet":
        paid[-1] = due
    elif repayment == "level_principal":
        paid[free:] = due / m
    else:
        paid[free:] = due * _first_repayment(r, m) * (1.0 + r) ** np.arange(m)
    opening = due - np.concatenate(([0.0], np.cumsum(paid)[:-1]))
    return Schedule(opening, opening * r, paid)


def cfads(revenue: Amount, opex: Amount, capex: Amount, tax: Amount, working_capital: Amount = 0) -> float:
    """Cash available for debt service: revenue − opex − capex − tax − increase of working capital."""
    return (
        amount("revenue", revenue)
        - amount("opex", opex)
        - amount("capex", capex)
        - amount("tax", tax, negative_allowed=True)
        - amount("working_capital", working_capital, negative_allowed=True)
    )


def dscr(cash_available: Sequence[Amount], debt_service: Sequence[Amount]) -> tuple[float | None, ...]:
    """Debt service coverage by period, CFADS_t / (principal_t + interest_t); None where nothing is due."""
    cash = series("cash_available", cash_available)
    due = series("debt_service", debt_service, negative_allowed=False)
    if len(cash) < len(due):
        raise InvalidFacts(
            {"cash_available": Words("现金流年数少于还款期", "must cover every period of the loan")}
        )
    return tuple(float(c / d) if d > 0 else None for c, d in zip(cash, due, strict=False))


def minimum_dscr(cash_available: Sequence[Amount], debt_service: Sequence[Amount]) -> float | None:
    """The lowest coverage of any period with debt service; None if nothing is ever due."""
    return min((c for c in dscr(cash_available, debt_service) if c is not None), default=None)


def llcr(cash_available: Sequence[Amount], rate_per_period: Amount, debt: Amount, periods: int) -> float:
    """Loan life coverage, Σ_{t=1..periods} CFADS_t (1 + r)^−t / debt, r the loan's; raises InvalidFacts."""
    n = whole("periods", periods, least=1)
    cash = series("cash_available", cash_available, shortest=n)[:n]
    factors = discount_factors(rate("rate", rate_per_period), n + 1)[1:]
    return float(cash @ factors) / amount("debt", debt, positive=True)


def maturity_gap(
    loan: Amount,
    annual_rate: Amount,
    offered_years: int,
    cash_available: Sequence[Amount],
    *,
    target_dscr: Amount,
    grace_years: int = 0,
    repayment: str = "level_payment",
) -> MaturityGap:
    """Smallest tenor with DSCR ≥ target in every repaying year, minus the tenor offered.

    `cash_available` holds CFADS of years 1, 2, …. In the first `grace_years` only interest is due and is
    paid from the construction budget, so those years are not tested.

    Raises
    ------
    InvalidFacts
        If the cash flow is shorter than the grace and one repaying year, or a number makes no sense.
    """
    offered = whole("tenor_years", offered_years, least=1)
    grace = whole("grace_years", grace_years, least=0, most=offered - 1)
    cash = series("cash_available", cash_available, shortest=grace + 1)
    target = amount("target_dscr", target_dscr, positive=True)
    needed = next(
        (
            years
            for years in range(grace + 1, len(cash) + 1)
            if _serves(
                cash, schedule(loan, annual_rate, years, repayment=repayment, grace=grace), target, grace
            )
        ),
        None,
    )
    plan = schedule(loan, annual_rate, offered, repayment=repayment, grace=grace)
    service = np.zeros(max(len(cash), offered))
    service[:offered] = plan.service
    shown = np.zeros(len(service))
    shown[: len(cash)] = cash
    shortfall = np.maximum(service - shown, 0.0)
    shortfall[:grace] = 0.0
    return MaturityGap(
        needed_years=needed,
        offered_years=offered,
        gap_years=None if needed is None else max(0, needed - offered),
        cash_available=tuple(shown.tolist()),
        debt_service=tuple(service.tolist()),
        shortfall=tuple(shortfall.tolist()),
        average_life_cash=_average_life(cash),
        average_life_loan=plan.average_life,
    )


def _first_repayment(r: float, periods: int) -> float:
    # r / ((1 + r)^n − 1), exact also where the rate is tiny and (1 + r)^n − 1 would cancel.
    return 1.0 / periods if abs(r) < 1e-300 else r / math.expm1(periods * math.log1p(r))


def _serves(cash: Array, plan: Schedule, target: float, grace: int) -> bool:
    due = plan.service[grace:] * target
    return bool((cash[grace : grace + len(due)] >= due * (1 - 1e-12)).all())


def _average_life(cash: Array) -> float | None:
    inflow = np.maximum(cash, 0.0)
    if inflow.sum() <= 0:
        return None
    return float(np.arange(1, len(cash) + 1) @ inflow / inflow.sum())
