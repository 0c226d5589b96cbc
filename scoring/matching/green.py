"""What the climate label is worth in money, and what the money is worth in tonnes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import pyxirr

from scoring.errors import InvalidFacts
from scoring.matching.amounts import Amount, amount, rate, whole
from scoring.matching.cashflow import discount_factors
from scoring.matching.debt import schedule
from scoring.words import Words


@dataclass(frozen=True, slots=True)
class RateSaving:
    """Interest saved by a lower rate on the same loan: first year, whole life, and present value."""

    first_year: float
    total: float
    present_value: float


@dataclass(frozen=True, slots=True)
class Subsidy:
    """An interest subsidy: the amount, and the days on which it starts and stops."""

    amount: float
    starts_on: date | None
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class PledgeCover:
    """A loan on pledged carbon assets at a stated price: cover and the prices that trigger action."""

    market: str
    price_on: date
    market_value: float
    loan_per_tonne: float
    loan_to_value: float
    within_pledge_rate: bool
    state: str  # covered | margin_call | liquidation
    margin_call_price: float
    liquidation_price: float


@dataclass(frozen=True, slots=True)
class Attribution:
    """A financier's share of a project and of its avoided emissions; never netted with financed ones."""

    factor: float
    avoided_tco2e: float


def rate_saving(
    principal: Amount,
    standard_rate: Amount,
    green_rate: Amount,
    years: int,
    *,
    repayment: str = "level_principal",
    grace_years: int = 0,
    discount_rate: Amount | None = None,
) -> RateSaving:
    """Interest at the standard rate minus interest at the green rate, same years and kind of repayment.

    The first year's saving overstates an amortising loan, so the total and the present value (at
    `discount_rate`, by default the standard rate) stand beside it. Raises InvalidFacts.
    """
    usual = schedule(principal, standard_rate, years, repayment=repayment, grace=grace_years)
    green = schedule(principal, green_rate, years, repayment=repayment, grace=grace_years)
    saved = usual.interest - green.interest
    r = rate("discount_rate", standard_rate if discount_rate is None else discount_rate)
    return RateSaving(
        first_year=float(saved[0]),
        total=float(saved.sum()),
        present_value=float(saved @ discount_factors(r, len(saved) + 1)[1:]),
    )


def interest_subsidy(
    balances: Sequence[tuple[date, Amount]],
    *,
    subsidy_rate: Amount,
    opens_on: date,
    closes_on: date,
    most_months: int,
) -> Subsidy:
    """Subsidy on the principal outstanding, Σ balance · rate · years, within the window and the cap.

    `balances` are the outstanding principal from each date on, the last one being the end (usually 0).
    Time is counted 30E/360, so that equal months weigh equally. The subsidy runs from the first day with a
    balance inside the window until the window closes or `most_months` are over, whichever comes first.
    """
    r = rate("subsidy_rate", subsidy_rate)
    months = whole("most_months", most_months, least=1)
    days = [day for day, _ in balances]
    if not balances or sorted(set(days)) != days:
        raise InvalidFacts({"balances": Words("日期应逐笔递增", "dates must increase from row to row")})
    if closes_on < opens_on:
        raise InvalidFacts({"closes_on": Words("截止日早于起始日", "the window closes before it opens")})
    end = _day_after(closes_on)
    drawn = [
        (max(start, opens_on), min(stop, end), amount("balance", balance))
        for (start, balance), (stop, _) in pairwise(balances)
    ]
    spans = [(start, stop, balance) for start, stop, balance in drawn if start < stop and balance > 0]
    if not spans:
        return Subsidy(0.0, None, None)
    first = spans[0][0]
    last = min(_add_months(first, months), spans[-1][1])
    total = sum(
        balance * r * float(pyxirr.year_fraction(start, min(stop, last), pyxirr.DayCount.THIRTY_E_360))
        for start, stop, balance in spans
        if start < last
    )
    return Subsidy(total, first, last)


def pledge_cover(
    loan: Amount,
    tonnes: Amount,
    price: Amount,
    *,
    market: str,
    price_on: date,
    pledge_rate: Amount,
    margin_call_at: Amount,
    liquidation_at: Amount,
) -> PledgeCover:
    """Loan to value of pledged carbon assets, loan / (tonnes · price), against the three agreed limits.

    The market and the day of the price are part of the answer: a cover without them says nothing.
    Raises InvalidFacts if the limits are not in order (pledge rate < margin call < liquidation).
    """
    owed = amount("loan", loan, positive=True)
    quantity = amount("tonnes", tonnes, positive=True)
    value = quantity * amount("price", price, positive=True)
    limits = [
        amount(name, limit, positive=True)
        for name, limit in (
            ("pledge_rate", pledge_rate),
            ("margin_call_at", margin_call_at),
            ("liquidation_at", liquidation_at),
        )
    ]
    if not limits[0] < limits[1] < limits[2] <= 1:
        raise InvalidFacts(
            {
                "pledge_rate": Words(
                    "质押率、补仓线、处置线应依次递增且不超过 100%",
                    "pledge rate, margin call and liquidation must rise in this order, up to 100 %",
                )
            }
        )
    ratio = owed / value
    state = "liquidation" if ratio >= limits[2] else "margin_call" if ratio >= limits[1] else "covered"
    return PledgeCover(
        market=market,
        price_on=price_on,
        market_value=value,
        loan_per_tonne=owed / quantity,
        loan_to_value=ratio,
        within_pledge_rate=ratio <= limits[0],
        state=state,
        margin_call_price=owed / quantity / limits[1],
        liquidation_price=owed / quantity / limits[2],
    )


def attribution(
    outstanding: Amount, project_equity: Amount, project_debt: Amount, annual_avoided_tco2e: Amount
) -> Attribution:
    """Share outstanding / (equity + debt) of the avoided emissions (PCAF, project finance).

    Dividing by debt alone, as some public examples do, is wrong. Raises InvalidFacts above the total.
    """
    lent = amount("outstanding", outstanding)
    total = amount("project_equity", project_equity) + amount("project_debt", project_debt)
    if total <= 0:
        raise InvalidFacts(
            {"project_debt": Words("权益与债务之和应大于 0", "equity plus debt must exceed 0")}
        )
    if lent > total:
        raise InvalidFacts(
            {"outstanding": Words("不能超过权益与债务之和", "must not exceed equity plus debt")}
        )
    tonnes = amount("annual_avoided_tco2e", annual_avoided_tco2e, negative_allowed=True)
    return Attribution(lent / total, lent / total * tonnes)


def climate_yield(annual_tco2e: Amount, finance_wan: Amount) -> float:
    """Tonnes a year for each 10,000 CNY of finance. [tCO2e/万元·a]"""
    tonnes = amount("annual_tco2e", annual_tco2e, negative_allowed=True)
    return tonnes / amount("finance", finance_wan, positive=True)


def abatement_cost(project_npv: Amount, lifetime_tco2e: Amount) -> float:
    """Marginal abatement cost, −NPV / lifetime tonnes; positive means that it costs money. [money/tCO2e]

    A ranking by this figure misleads where it is negative: more tonnes then look worse.
    """
    value = amount("npv", project_npv, negative_allowed=True)
    return -value / amount("lifetime_tco2e", lifetime_tco2e, positive=True)


def largest_debt_share(asset_to_net_asset: Amount) -> float:
    """Largest borrowing as a share of total assets, 1 − 1/k, when assets may be k times net assets."""
    k = amount("asset_to_net_asset", asset_to_net_asset, positive=True)
    if k < 1:
        raise InvalidFacts({"asset_to_net_asset": Words("不能小于 1", "must be at least 1")})
    return 1.0 - 1.0 / k


def _add_months(day: date, months: int) -> date:
    shifted = np.datetime64(day, "M") + np.timedelta64(months, "M")
    month = shifted.astype("datetime64[D]").astype(date)
    last = (shifted + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
    return date(month.year, month.month, min(day.day, last.astype(date).day))


def _day_after(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)
