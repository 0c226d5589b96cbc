"""Buildings, heat and data centres (EQ-8, EQ-9, EQ-10, EQ-14)."""

import numpy as np

from scoring.carbon.equations.registry import (
    GJ_PER_MWH,
    KG_PER_T,
    KWH_PER_MWH,
    MWH_PER_KW_YEAR,
    Numbers,
    equation,
)


@equation("EQ-8")
def building_reduction(
    area: Numbers,
    heat_old: Numbers,
    heat_new: Numbers,
    eta: Numbers,
    ef_gas: Numbers,
    el_old: Numbers,
    el_new: Numbers,
    ef_el: Numbers,
) -> Numbers:
    """Reduction by a building that needs less heat and power. [tCO2e/yr]

    ER = A · [(q0 − q1) / η · EF_fuel + (e0 − e1) / 1000 · EF_el]  (source: CDM AMS-II.E, AMS-III.AE)

    Parameters: area [m²], heat [GJ/(m²·yr)], efficiency [1], EF_fuel [tCO2/GJ], power [kWh/(m²·yr)], EF_el
    [tCO2/MWh].
    """
    return area * ((heat_old - heat_new) / eta * ef_gas + (el_old - el_new) / KWH_PER_MWH * ef_el)


@equation("EQ-8")
def realised(modelled: Numbers, realisation: Numbers) -> Numbers:
    """The share of a modelled saving that shows in the bills, ER = r · ER_model. [tCO2e/yr]"""
    return modelled * realisation


@equation("EQ-9")
def heat_demand(area: Numbers, heat: Numbers) -> Numbers:
    """Heat of an area, Q = A · q. [GJ/yr]"""
    return area * heat


@equation("EQ-9")
def boiler_emissions(heat: Numbers, eta_boiler: Numbers, ef_gas: Numbers) -> Numbers:
    """Emissions of a boiler that supplies heat, Q / η · EF_fuel. [tCO2e/yr]"""
    return heat / eta_boiler * ef_gas


@equation("EQ-9")
def heat_pump_emissions(heat: Numbers, spf: Numbers, ef_el: Numbers) -> Numbers:
    """Emissions of the power a heat pump takes, Q / (3.6 · SPF) · EF_el. [tCO2e/yr]"""
    return heat / (GJ_PER_MWH * spf) * ef_el


@equation("EQ-9")
def refrigerant_emissions(charge: Numbers, leak: Numbers, gwp: Numbers) -> Numbers:
    """Emissions of refrigerant that escapes, m · l · GWP. [tCO2e/yr]"""
    return charge * leak * gwp


@equation("EQ-9")
def heat_pump_reduction(
    heat: Numbers, eta_boiler: Numbers, ef_gas: Numbers, spf: Numbers, ef_el: Numbers, refrigerant: Numbers
) -> Numbers:
    """Reduction by a heat pump against a boiler, heating only. [tCO2e/yr]

    ER = Q / η · EF_fuel − Q / (3.6 · SPF) · EF_el − refrigerant  (source: JCM heat-pump methodologies
    TH_AM008, ID_AM010)

    Parameters: heat Q [GJ/yr], boiler efficiency [1], EF_fuel [tCO2/GJ], SPF [1], EF_el [tCO2/MWh],
    refrigerant [tCO2e/yr].
    """
    return heat / eta_boiler * ef_gas - heat / (GJ_PER_MWH * spf) * ef_el - refrigerant


@equation("EQ-9")
def breakeven_spf(ef_el: Numbers, eta_boiler: Numbers, ef_gas: Numbers) -> Numbers:
    """Seasonal performance factor at which a heat pump saves nothing. [1]

    SPF* = EF_el · η / (3.6 · EF_fuel), without refrigerant
    """
    return ef_el * eta_boiler / (GJ_PER_MWH * ef_gas)


@equation("EQ-9")
def area_intensity(co2: Numbers, area: Numbers) -> Numbers:
    """Reduction per floor area, ER · 1000 / A. [kgCO2e/(m²·yr)]"""
    return co2 * KG_PER_T / area


@equation("EQ-10")
def heat_reduction(
    heat: Numbers,
    eta: Numbers,
    ef_base: Numbers,
    fuel_project: Numbers,
    ef_project: Numbers,
    aux_electricity: Numbers,
    ef_el: Numbers,
) -> Numbers:
    """Reduction by another fuel, or by waste heat, for the same useful heat. [tCO2e/yr]

    ER = Q / η · EF_base − fuel_PJ · EF_PJ − E_aux · EF_el  (source: CDM AMS-III.B, ACM0012)

    Parameters: heat and fuel [GJ/yr], efficiency [1], fuel factors [tCO2/GJ], E_aux [MWh/yr], EF_el
    [tCO2/MWh].
    """
    return heat / eta * ef_base - fuel_project * ef_project - aux_electricity * ef_el


@equation("EQ-10")
def fuel_for_heat(heat: Numbers, eta: Numbers) -> Numbers:
    """Fuel or power that supplies useful heat, Q / η. [GJ/yr]"""
    return heat / eta


@equation("EQ-10")
def used_heat(heat: Numbers, utilisation: Numbers) -> Numbers:
    """Recovered heat that replaces other heat, Q · u. [GJ/yr]"""
    return heat * utilisation


@equation("EQ-14")
def it_energy(it_load: Numbers, utilisation: Numbers) -> Numbers:
    """Energy of the IT equipment in a year, P · u · 8.76. [MWh/yr]"""
    return it_load * utilisation * MWH_PER_KW_YEAR


@equation("EQ-14")
def data_centre_reduction(
    energy: Numbers,
    pue_base: Numbers,
    pue_cap: Numbers,
    pue_new: Numbers,
    ef_el: Numbers,
    waste_heat: Numbers,
) -> Numbers:
    """Reduction by a better PUE, the baseline not above what the rules allow. [tCO2e/yr]

    ER = E_IT · (min(PUE0, PUE_cap) − PUE1) · EF_el + exported waste heat
    """
    return energy * (np.minimum(pue_base, pue_cap) - pue_new) * ef_el + waste_heat
