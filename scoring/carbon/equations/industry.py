"""Capture, recycling, cement and fuel factors (EQ-15, EQ-19, EQ-20; fuel factors of §3)."""

from scoring.carbon.equations.registry import CO2_PER_C, GJ_PER_MWH, Numbers, equation


@equation("EQ-15")
def capture_reduction(
    captured: Numbers,
    transport_loss: Numbers,
    storage_loss: Numbers,
    permanence: Numbers,
    heat: Numbers,
    ef_heat: Numbers,
    el: Numbers,
    ef_el: Numbers,
    displacement: Numbers = 0.0,
) -> Numbers:
    """Reduction by captured CO2, the energy of capture deducted. [tCO2e/yr]

    ER = C · (1 − l_t)(1 − l_s) · perm − C · (q · EF_heat + e · EF_el) + C · displacement

    Parameters: captured C [tCO2/yr], losses and permanence [1], q [GJ/tCO2], e [MWh/tCO2], factors,
    displacement
    [tCO2/tCO2].  Source: IPCC 2019 refinement, ISO 27919.
    """
    stored = captured * (1.0 - transport_loss) * (1.0 - storage_loss) * permanence
    return stored - captured * (heat * ef_heat + el * ef_el) + captured * displacement


@equation("EQ-19")
def recycling_reduction(
    mass: Numbers, ef_virgin: Numbers, ef_recycled: Numbers, net_to_gross: Numbers, transport: Numbers
) -> Numbers:
    """Reduction by material that replaces virgin material, M · (EF_v − EF_r) · NTG − transport. [tCO2e/yr]

    Source: CDM AMS-III.AJ. Parameters: mass [t/yr], factors [tCO2/t], net-to-gross [1], transport [tCO2e/yr].
    """
    return mass * (ef_virgin - ef_recycled) * net_to_gross - transport


@equation("EQ-20")
def clinker_factor(cao: Numbers, ratio: Numbers) -> Numbers:
    """Process emissions of clinker, EF = CaO · 0.785. [tCO2/t]  (source: IPCC Good Practice Guidance 2000)"""
    return cao * ratio


@equation("EQ-20")
def cement_reduction(
    output: Numbers, clinker_old: Numbers, clinker_new: Numbers, ef_clinker: Numbers, extra: Numbers
) -> Numbers:
    """Reduction by cement with less clinker, Q · (c0 − c1) · EF_clinker − extra energy. [tCO2e/yr]

    Source: CDM ACM0005. Parameters: output [t/yr], clinker ratios [1], EF [tCO2/t], extra [tCO2e/yr].
    """
    return output * (clinker_old - clinker_new) * ef_clinker - extra


@equation("EQ-10")
def fuel_factor(ncv: Numbers, cc: Numbers, of: Numbers) -> Numbers:
    """CO2 of a unit of fuel, NCV · carbon content · oxidation · 44/12. [tCO2 per unit of fuel]

    Source: NDRC/MEE enterprise accounting guidelines.
    """
    return ncv * cc * of * CO2_PER_C


@equation("EQ-10")
def coal_equivalent_reduction(tce_saved: Numbers, coefficient: Numbers) -> Numbers:
    """What a claim “tonnes of coal equivalent × coefficient” states, tce · k. [tCO2e/yr]

    Only to check such claims: the coefficient is that of coal, not of the fuel replaced.
    """
    return tce_saved * coefficient


@equation("EQ-10")
def heat_of_power(electricity: Numbers) -> Numbers:
    """Electricity as heat, E · 3.6. [GJ]"""
    return electricity * GJ_PER_MWH
