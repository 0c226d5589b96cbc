"""Attribution, lifetime, money and error propagation (EQ-23, EQ-24, EQ-25, EQ-26)."""

from functools import reduce

import numpy as np

from scoring.carbon.equations.registry import CNY_PER_WAN, PER_YEAR, Numbers, equation


@equation("EQ-23")
def attributed(er: Numbers, outstanding: Numbers, equity: Numbers, debt: Numbers) -> Numbers:
    """Reduction attributed to a financier, ER · outstanding / (equity + debt). [tCO2e/yr]  (source: PCAF)"""
    return er * outstanding / (equity + debt)


@equation("EQ-24")
def lifetime_constant(annual_er: Numbers, years: Numbers) -> Numbers:
    """Reduction over a life of equal years, ER · n. [tCO2e]"""
    return annual_er * years


@equation("EQ-24")
def lifetime_sum(er_by_year: Numbers) -> Numbers:
    """Reduction over a life, Σ_{t=1..n} ER_t; years in the last axis. [tCO2e]"""
    return np.sum(er_by_year, axis=-1)


@equation("EQ-24")
def declining_factor(ef: Numbers, decline: Numbers, year: Numbers, floor: Numbers) -> Numbers:
    """Grid factor of year t on a declared trajectory, max(EF · (1 − r)^(t−1), floor). [tCO2/MWh]"""
    return np.maximum(ef * (1.0 - decline) ** (year - 1.0), floor)


@equation("EQ-25")
def per_investment(er: Numbers, investment: Numbers) -> Numbers:
    """Reduction per 10⁴ CNY, ER / (Inv / 10,000), the investment in 万元. [tCO2e(/yr) per 万元]"""
    return er / investment


@equation("EQ-25")
def capital_recovery(discount: Numbers, life: Numbers) -> Numbers:
    """Capital recovery factor, i / (1 − (1 + i)^−n); 1/n without interest. [1/yr]"""
    if isinstance(discount, float | int) and discount == 0.0:
        return 1.0 / life * PER_YEAR
    return discount / (1.0 - (1.0 + discount) ** (-life)) * PER_YEAR


@equation("EQ-25")
def abatement_cost(
    capex: Numbers, recovery: Numbers, opex: Numbers, net_saving: Numbers, er: Numbers
) -> Numbers:
    """Marginal abatement cost, (CRF · capex + opex − savings) / ER. [CNY/tCO2e]

    Parameters: capex [CNY], recovery factor [1/yr], opex and savings [CNY/yr], ER [tCO2e/yr].
    """
    return (recovery * capex + opex - net_saving) / er


@equation("EQ-25")
def credit_revenue(annual_er: Numbers, price: Numbers) -> Numbers:
    """Value of the reduction at a price, ER · p. [CNY/yr]"""
    return annual_er * price


@equation("EQ-25")
def in_yuan(amount: Numbers) -> Numbers:
    """An amount in 万元 as CNY. [CNY]"""
    return amount * CNY_PER_WAN


@equation("EQ-26")
def product_uncertainty(*relative: Numbers) -> Numbers:
    """Relative uncertainty of a product of independent quantities, √Σ u_i². [1]

    Source: IPCC 2006 V1 Ch3.
    """
    return reduce(lambda a, b: a + b, [u * u for u in relative]) ** 0.5


@equation("EQ-26")
def difference_uncertainty(be: Numbers, u_be: Numbers, pe: Numbers, u_pe: Numbers) -> Numbers:
    """Relative uncertainty of BE − PE, √((BE·u_BE)² + (PE·u_PE)²) / |BE − PE|. [1]

    Source: IPCC 2006 V1 Ch3. Errors are formed relative to BE, so that the root is of a bare number.
    """
    ratio = pe / be
    error = (u_be * u_be + (ratio * u_pe) * (ratio * u_pe)) ** 0.5
    return error / ((1.0 - ratio) * (1.0 - ratio)) ** 0.5


@equation("EQ-0")
def total(*terms: Numbers) -> Numbers:
    """The sum of like quantities. [unit of the terms]"""
    return reduce(lambda a, b: a + b, terms)


@equation("EQ-0")
def net_reduction(baseline: Numbers, project: Numbers, leakage: Numbers) -> Numbers:
    """The general equation, ER = BE − PE − LE. [tCO2e/yr]"""
    return baseline - project - leakage


@equation("EQ-0")
def relative_change(before: Numbers, after: Numbers) -> Numbers:
    """Change between two editions of a factor, after / before − 1. [1]"""
    return after / before - 1.0
