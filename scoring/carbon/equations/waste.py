"""Landfill, waste-to-energy, manure and wastewater (EQ-4, EQ-5, EQ-6, EQ-17, EQ-18)."""

import numpy as np

from scoring.carbon.equations.registry import CH4_PER_C, DAYS_PER_YEAR, KG_PER_T, Numbers, equation


@equation("EQ-4")
def same_each_year(waste: Numbers, deposited: Numbers) -> Numbers:
    """A constant tonnage as a series over the deposit years. [t/yr, series]"""
    return np.expand_dims(waste, -1) * (deposited <= deposited)  # 1 for every deposit year


@equation("EQ-4")
def stream_tonnage(waste_by_year: Numbers, share: Numbers) -> Numbers:
    """One component of the waste over the deposit years, W_jx = W_x · share_j. [t/yr, series]"""
    return waste_by_year * np.expand_dims(share, -1)


@equation("EQ-4")
def decayed_carbon(
    waste_by_year: Numbers, deposited: Numbers, doc: Numbers, k: Numbers, year: Numbers
) -> Numbers:
    """Degradable carbon of one waste type that decays in year y. [t/yr]

    Σ_x W_x · DOC · e^(−k·(y−x)) · (1 − e^(−k)), deposit years x ≤ y  (source: CDM TOOL04, first-order decay)

    Parameters: tonnage W_x [t/yr, series], deposit years x [series], DOC [1], k [1/yr], year y.
    """
    k_each, year_each = np.expand_dims(k, -1), np.expand_dims(year, -1)
    # years after y count nothing, and their age is taken as 0 so that the exponential stays small
    buried = deposited <= year_each
    decay = np.exp(-k_each * (year_each - deposited) * buried) * (1.0 - np.exp(-k_each))
    return np.sum(waste_by_year * np.expand_dims(doc, -1) * decay * buried, axis=-1)


@equation("EQ-4")
def landfill_methane(
    decayed: Numbers,
    phi: Numbers,
    f_captured: Numbers,
    gwp: Numbers,
    ox: Numbers,
    f_ch4: Numbers,
    docf: Numbers,
    mcf: Numbers,
) -> Numbers:
    """Methane a landfill would emit in the year. [tCO2e/yr]

    φ · (1 − f) · GWP · (1 − OX) · (16/12) · F · DOCf · MCF · decayed carbon  (source: CDM TOOL04)

    Parameters: decayed carbon [tC/yr as t/yr], φ model correction [1], f captured [1], GWP [tCO2e/t],
    fractions [1].
    """
    return phi * (1.0 - f_captured) * gwp * (1.0 - ox) * CH4_PER_C * f_ch4 * docf * mcf * decayed


@equation("EQ-5")
def destroyed_methane(ch4_generated: Numbers, collection: Numbers, destruction: Numbers) -> Numbers:
    """Methane collected and destroyed, F = generated · collection · destruction. [tCH4/yr]"""
    return ch4_generated * collection * destruction


@equation("EQ-5")
def landfill_gas_reduction(
    f_project: Numbers,
    f_baseline: Numbers,
    ox: Numbers,
    gwp: Numbers,
    electricity: Numbers,
    ef: Numbers,
    aux_electricity: Numbers,
    ef_aux: Numbers,
) -> Numbers:
    """Reduction by destroying landfill gas and using it. [tCO2e/yr]

    ER = (1 − OX) · (F_PJ − F_BL) · GWP + E_net · EF − E_aux · EF_cons  (source: CDM ACM0001, AMS-III.G)

    Parameters: F [tCH4/yr], OX [1], GWP [tCO2e/t], electricity [MWh/yr], EF [tCO2/MWh].
    """
    methane = (1.0 - ox) * (f_project - f_baseline) * gwp
    return methane + electricity * ef - aux_electricity * ef_aux


@equation("EQ-6")
def waste_to_energy_reduction(
    be_ch4: Numbers,
    electricity: Numbers,
    ef: Numbers,
    heat: Numbers,
    ef_heat: Numbers,
    waste: Numbers,
    ef_fossil: Numbers,
    ef_n2o: Numbers,
    gwp_n2o: Numbers,
    aux_emissions: Numbers,
) -> Numbers:
    """Reduction by burning waste and using its energy; often negative without a methane baseline. [tCO2e/yr]

    ER = BE_CH4,y + E_net · EF + H · EF_heat − W · (EF_fossil + EF_N2O · GWP) − aux fuel  (source: CDM
    ACM0022)

    Parameters: BE [tCO2e/yr], E [MWh/yr], EF [tCO2/MWh], H [GJ/yr], EF_heat [tCO2/GJ], W [t/yr], EF_fossil
    [tCO2/t],
    EF_N2O [t/t], GWP [tCO2e/t], aux [tCO2e/yr].
    """
    return be_ch4 + electricity * ef + heat * ef_heat - waste * (ef_fossil + ef_n2o * gwp_n2o) - aux_emissions


@equation("EQ-6")
def net_power(waste: Numbers, yield_per_tonne: Numbers) -> Numbers:
    """Net power of a waste plant, W · e. [MWh/yr]"""
    return waste * yield_per_tonne


@equation("EQ-17")
def manure_methane_potential(heads: Numbers, vs: Numbers, bo: Numbers, density: Numbers) -> Numbers:
    """Methane the manure could give, ρ · N · VS · 365 · Bo / 1000. [tCH4/yr]

    Parameters: heads, volatile solids [kg/(head·d)], Bo [m³/kg], density ρ [kg/m³].
    """
    return heads * vs * DAYS_PER_YEAR * bo * density / KG_PER_T


@equation("EQ-17")
def manure_baseline(potential: Numbers, mcf: Numbers, uncertainty_factor: Numbers, gwp: Numbers) -> Numbers:
    """Methane of the manure without the digester, BE = GWP · ρ · UF · Σ N·VS·365·Bo·MCF. [tCO2e/yr]

    Source: CDM AMS-III.D, ACM0010.
    """
    return gwp * uncertainty_factor * potential * mcf


@equation("EQ-17")
def manure_project(
    potential: Numbers, cap_share: Numbers, leak: Numbers, gwp: Numbers, energy_emissions: Numbers
) -> Numbers:
    """Methane leaking from the digester, PE = l · GWP · ρ · ΣN·VS·365·Bo + energy. [tCO2e/yr]"""
    return leak * gwp * potential * cap_share + energy_emissions


@equation("EQ-18")
def temperature_factor(
    activation_energy: Numbers,
    gas_constant: Numbers,
    t_ref: Numbers,
    t_monthly: Numbers,
    cod_monthly: Numbers,
) -> Numbers:
    """Temperature factor of the year, weighted by the load of each month. [1]

    f_T = Σ_m COD_m · exp(E · (T_m − Tref) / (R · T_m · Tref)) / Σ_m COD_m  (source: CDM ACM0014)

    Parameters: E [cal/mol], R [cal/(mol·K)], Tref [K], T_m [K, series of months], COD_m [series].
    """
    energy, gas, reference = (np.expand_dims(x, -1) for x in (activation_energy, gas_constant, t_ref))
    monthly = np.exp(energy * (t_monthly - reference) / (gas * t_monthly * reference))
    return np.sum(cod_monthly * monthly, axis=-1) / np.sum(cod_monthly, axis=-1)


@equation("EQ-18")
def methane_correction(f_depth: Numbers, f_temperature: Numbers, conservativeness: Numbers) -> Numbers:
    """Methane correction factor of an open lagoon, MCF = f_d · f_T · 0.89. [1]  (source: CDM ACM0014)"""
    return f_depth * f_temperature * conservativeness


@equation("EQ-18")
def cod_load(flow: Numbers, cod_removed: Numbers) -> Numbers:
    """COD removed in a year, flow · concentration / 1000. [t/yr]  Parameters: flow [m³/yr], COD [kg/m³]."""
    return flow * cod_removed / KG_PER_T


@equation("EQ-18")
def wastewater_methane(
    cod: Numbers, bo: Numbers, mcf: Numbers, utilisation: Numbers, gwp: Numbers
) -> Numbers:
    """Methane of untreated wastewater, BE = GWP · Bo · COD · MCF · u. [tCO2e/yr]

    Parameters: COD removed [t/yr], Bo [tCH4/tCOD], MCF and correction u [1], GWP [tCO2e/t].
    """
    return gwp * bo * cod * mcf * utilisation


@equation("EQ-18")
def wastewater_reduction(
    be_ch4: Numbers,
    be_el: Numbers,
    be_heat: Numbers,
    pe_effluent: Numbers,
    pe_digester: Numbers,
    leakage: Numbers,
) -> Numbers:
    """Reduction of a wastewater project, ER = ΣBE − ΣPE − LE. [tCO2e/yr]  (source: CDM ACM0014)"""
    return be_ch4 + be_el + be_heat - pe_effluent - pe_digester - leakage
