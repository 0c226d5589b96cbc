"""Lamps, motors and refrigerants (EQ-11, EQ-21)."""

from scoring.carbon.equations.registry import KWH_PER_MWH, WATT_HOURS_PER_MWH, Numbers, equation


@equation("EQ-11")
def equipment_reduction(
    count: Numbers, power_old: Numbers, power_new: Numbers, hours: Numbers, tdl: Numbers, ef_el: Numbers
) -> Numbers:
    """Reduction by equipment of lower power. [tCO2e/yr]

    ER = N · (p0 − p1) · h · 1e−6 / (1 − TDL) · EF  (source: CDM AMS-II.C, AMS-II.J)

    Parameters: count [1], power [W], hours [h/yr], grid loss TDL [1], EF [tCO2/MWh].
    """
    return count * (power_old - power_new) * hours / WATT_HOURS_PER_MWH / (1.0 - tdl) * ef_el


@equation("EQ-11")
def motor_reduction(
    power: Numbers,
    load: Numbers,
    hours: Numbers,
    eta_old: Numbers,
    eta_new: Numbers,
    ef_el: Numbers,
    tdl: Numbers = 0.0,
) -> Numbers:
    """Reduction by motors of higher efficiency. [tCO2e/yr]

    ER = P · LF · h · (1/η0 − 1/η1) / 1000 / (1 − TDL) · EF  (source: CDM AMS-II.C, AMS-II.D)

    Parameters: shaft power [kW], load factor [1], hours [h/yr], efficiencies [1], EF [tCO2/MWh].
    """
    return power * load * hours * (1.0 / eta_old - 1.0 / eta_new) / KWH_PER_MWH / (1.0 - tdl) * ef_el


@equation("EQ-21")
def refrigerant_reduction(
    charge: Numbers,
    leak_old: Numbers,
    gwp_old: Numbers,
    charge_new: Numbers,
    leak_new: Numbers,
    gwp_new: Numbers,
) -> Numbers:
    """Reduction by a refrigerant of lower warming potential or by less leakage. [tCO2e/yr]

    ER = m0 · l0 · GWP0 − m1 · l1 · GWP1  (source: CDM AMS-III.AB)

    Parameters: charge [t], leakage [1/yr], GWP [tCO2e/t].
    """
    return charge * leak_old * gwp_old - charge_new * leak_new * gwp_new


@equation("EQ-21")
def refrigerant_recovery(
    recovered: Numbers, destruction: Numbers, gwp: Numbers, energy_emissions: Numbers
) -> Numbers:
    """Reduction by refrigerant recovered and destroyed, m · DRE · GWP − energy. [tCO2e/yr]"""
    return recovered * destruction * gwp - energy_emissions
