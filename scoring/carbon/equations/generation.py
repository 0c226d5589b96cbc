"""Electricity generated, stored, or turned into hydrogen (EQ-1, EQ-2, EQ-3, EQ-7, EQ-22)."""

import numpy as np

from scoring.carbon.equations.registry import Numbers, equation


@equation("EQ-1")
def combined_margin(ef_om: Numbers, ef_bm: Numbers, w_om: Numbers, w_bm: Numbers) -> Numbers:
    """Combined margin of a grid. [tCO2/MWh]

    EF_CM = wOM · EF_OM + wBM · EF_BM, the weights summing to 1  (source: CDM TOOL07)
    """
    return w_om * ef_om + w_bm * ef_bm


@equation("EQ-2")
def installed_capacity(units: Numbers, unit_power: Numbers) -> Numbers:
    """Rating of a plant of equal units, P = n · P_unit. [unit of `unit_power`]"""
    return units * unit_power


@equation("EQ-2")
def generation(
    capacity: Numbers,
    full_load_hours: Numbers,
    loss: Numbers = 0.0,
    degradation: Numbers = 0.0,
    year: Numbers = 1.0,
) -> Numbers:
    """Net electricity in operating year t. [MWh/yr]

    E_t = P · h · (1 − aux) · (1 − d)^(t−1)  (source: CDM ACM0002, quantity of net electricity)

    Parameters: capacity [MW], full-load hours [h/yr], own use and loss [1], degradation [1/yr], year t [1, 2,
    …].
    """
    return capacity * full_load_hours * (1.0 - loss) * (1.0 - degradation) ** (year - 1.0)


@equation("EQ-2")
def aged(first_year: Numbers, degradation: Numbers, year: Numbers) -> Numbers:
    """A first-year quantity in operating year t, x_t = x_1 · (1 − d)^(t−1). [unit of `first_year`]"""
    return first_year * (1.0 - degradation) ** (year - 1.0)


@equation("EQ-2")
def displaced(net_generation: Numbers, ef: Numbers) -> Numbers:
    """Emissions of the electricity or heat displaced, BE_t = E_t · EF_t. [tCO2e/yr]  (source: CDM ACM0002)"""
    return net_generation * ef


@equation("EQ-2")
def shared_displacement(
    net_generation: Numbers, self_use: Numbers, ef_self: Numbers, ef_export: Numbers
) -> Numbers:
    """Emissions displaced by a plant behind the meter. [tCO2e/yr]

    BE = E · s · EF_consumption + E · (1 − s) · EF_export, s the share used on site  (source: CDM AMS-I.F)
    """
    return net_generation * self_use * ef_self + net_generation * (1.0 - self_use) * ef_export


@equation("EQ-3")
def period_energy(energy_by_period: Numbers) -> Numbers:
    """Energy over all periods, E = Σ_i E_i. [MWh/yr]"""
    return np.sum(energy_by_period, axis=-1)


@equation("EQ-3")
def weighted_factor(energy_by_period: Numbers, ef_by_period: Numbers) -> Numbers:
    """Grid factor weighted by the energy of each period, Σ_i E_i · EF_i / Σ_i E_i. [tCO2/MWh]"""
    return np.sum(energy_by_period * ef_by_period, axis=-1) / np.sum(energy_by_period, axis=-1)


@equation("EQ-3")
def storage_reduction(
    charge: Numbers,
    round_trip: Numbers,
    ef_charge: Numbers,
    ef_discharge: Numbers,
    curtailed_share: Numbers = 0.0,
) -> Numbers:
    """Reduction by shifting electricity through a store; negative under one flat factor. [tCO2e/yr]

    ER = E_out · EF_out − E_in · EF_in with E_out = η_rt · E_in; the share of E_in that would have been
    curtailed
    enters at zero  (source: IFI storage logic)
    """
    return charge * round_trip * ef_discharge - charge * (1.0 - curtailed_share) * ef_charge


@equation("EQ-7")
def mixed_factor(share_grid: Numbers, ef_grid: Numbers, share_other: Numbers, ef_other: Numbers) -> Numbers:
    """Factor of power from several sources, Σ share_s · EF_s; the rest is renewable at zero. [tCO2/MWh]"""
    return share_grid * ef_grid + share_other * ef_other


@equation("EQ-7")
def hydrogen_reduction(
    h2: Numbers, ef_ref: Numbers, sec: Numbers, ef_power: Numbers, delivery: Numbers, ef_grid: Numbers
) -> Numbers:
    """Reduction by hydrogen that replaces reference hydrogen. [tCO2e/yr]

    ER = H · EF_ref − H · SEC · Σ share_s · EF_s − H · delivery · EF_grid  (source: CDM AM0124)

    Parameters: h2 [t/yr], ef_ref [tCO2/tH2], sec and delivery [MWh/t = kWh/kg], factors [tCO2/MWh].
    """
    return h2 * ef_ref - h2 * sec * ef_power - h2 * delivery * ef_grid


@equation("EQ-7")
def hydrogen_breakeven(ef_ref: Numbers, sec: Numbers) -> Numbers:
    """Power factor at which hydrogen saves nothing, EF_ref / SEC. [tCO2/MWh]"""
    return ef_ref / sec


@equation("EQ-22")
def market_value(purchased: Numbers, ef: Numbers) -> Numbers:
    """Market-based disclosure value of green power, E · EF; never part of a project total. [tCO2e/yr]"""
    return purchased * ef


@equation("EQ-22")
def no_project_claim(purchased: Numbers, ef: Numbers) -> Numbers:
    """The project benefit of purchased green power: nothing, ER = 0 · E · EF. [tCO2e/yr]

    Source: GHG Protocol scope 2 guidance, market-based method.
    """
    return 0.0 * purchased * ef
