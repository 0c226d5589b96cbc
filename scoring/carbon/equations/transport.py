"""Vehicles and modal shift (EQ-12, EQ-13)."""

import numpy as np

from scoring.carbon.equations.registry import KG_PER_T, KM_PER_100KM, KWH_PER_MWH, Numbers, equation


@equation("EQ-12")
def fuel_per_100km(fuel: Numbers, ef_fuel: Numbers) -> Numbers:
    """Emissions of a vehicle per 100 km, fc · EF_fuel. [kgCO2/100 km]"""
    return fuel * ef_fuel


@equation("EQ-12")
def vehicle_reduction(
    vehicles: Numbers,
    distance: Numbers,
    fuel: Numbers,
    ef_fuel: Numbers,
    electricity: Numbers,
    charging_eff: Numbers,
    ef_el: Numbers,
    improvement: Numbers = 1.0,
    year: Numbers = 1.0,
) -> Numbers:
    """Reduction by electric vehicles in place of fuelled ones. [tCO2e/yr]

    ER = N · D / 100 · (fc · IR^(t−1) · EF_fuel / 1000 − ec / 1000 / η_ch · EF_el)  (source: CDM AMS-III.C)

    Parameters: vehicles [1], distance D [km/yr], fc [L/100 km], EF_fuel [kgCO2/L], ec [kWh/100 km], charging
    efficiency [1], EF_el [tCO2/MWh], yearly improvement IR of the baseline vehicle [1], year t.
    """
    baseline = fuel * improvement ** (year - 1.0) * ef_fuel / KG_PER_T
    project = electricity / KWH_PER_MWH / charging_eff * ef_el
    return vehicles * distance / KM_PER_100KM * (baseline - project)


@equation("EQ-12")
def charger_reduction(
    dispensed: Numbers,
    fuel: Numbers,
    ef_fuel: Numbers,
    electricity: Numbers,
    charging_eff: Numbers,
    ef_el: Numbers,
) -> Numbers:
    """Reduction by the energy a charger dispenses. [tCO2e/yr]

    ER = E · (fc · EF_fuel / ec − EF_el / η_ch), E the energy dispensed to vehicles  (source: VCS VM0038)

    Parameters: dispensed [MWh/yr], fc [L/100 km], EF_fuel [kgCO2/L], ec [kWh/100 km], EF_el [tCO2/MWh].
    """
    return dispensed * (fuel * ef_fuel / KG_PER_T / (electricity / KWH_PER_MWH) - ef_el / charging_eff)


@equation("EQ-12")
def breakeven_consumption(fuel: Numbers, ef_fuel: Numbers, charging_eff: Numbers, ef_el: Numbers) -> Numbers:
    """Consumption at which an electric vehicle saves nothing, fc · EF_fuel · η_ch / EF_el. [kWh/100 km]"""
    return fuel * ef_fuel / KG_PER_T * charging_eff * KWH_PER_MWH / ef_el


@equation("EQ-12")
def hydrogen_vehicle_reduction(
    vehicles: Numbers,
    distance: Numbers,
    fuel: Numbers,
    ef_fuel: Numbers,
    hydrogen: Numbers,
    ef_hydrogen: Numbers,
) -> Numbers:
    """Reduction by hydrogen vehicles, the upstream of their hydrogen counted. [tCO2e/yr]

    ER = N · D / 100 · (fc · EF_fuel / 1000 − hc / 1000 · EF_H2), hc [kg/100 km], EF_H2 [tCO2/tH2]
    """
    return (
        vehicles * distance / KM_PER_100KM * (fuel * ef_fuel / KG_PER_T - hydrogen / KG_PER_T * ef_hydrogen)
    )


@equation("EQ-13")
def modal_shift_reduction(
    passengers: Numbers,
    trip: Numbers,
    shares: Numbers,
    ef_modes: Numbers,
    traction: Numbers,
    ef_el: Numbers,
    rebound: Numbers,
) -> Numbers:
    """Reduction by passengers who leave other modes; negative at low ridership. [tCO2e/yr]

    ER = T · L · Σ_m s_m · ef_m / 1000 − traction · EF_el − rebound  (source: CDM ACM0016, AM0031)

    Parameters: trips T [person/yr], length L [km], former shares s_m [1, series of modes, induced trips
    included],
    ef_m [kgCO2/pkm, series; 0 for induced], traction [MWh/yr], EF_el [tCO2/MWh], rebound [tCO2e/yr].
    """
    baseline = passengers * trip * np.sum(shares * ef_modes, axis=-1) / KG_PER_T
    return baseline - traction * ef_el - rebound
