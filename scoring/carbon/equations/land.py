"""Trees (EQ-16)."""

from scoring.carbon.equations.registry import CO2_PER_C, Numbers, equation


@equation("EQ-16")
def tree_stock_change(
    area: Numbers,
    volume_t1: Numbers,
    volume_t2: Numbers,
    wood_density: Numbers,
    bef: Numbers,
    root_shoot: Numbers,
    cf: Numbers,
) -> Numbers:
    """Carbon dioxide that trees took up between two inventories. [tCO2e]

    ΔC = A · (V2 − V1) · D · BEF · (1 + R) · CF · 44/12  (source: CCER-14-001, CDM AR-ACM0003)

    Parameters: area [ha], volumes [m³/ha], wood density [t/m³], BEF and root:shoot [1], carbon fraction
    [tC/t].
    """
    return area * (volume_t2 - volume_t1) * wood_density * bef * (1.0 + root_shoot) * cf * CO2_PER_C


@equation("EQ-16")
def tree_growth(area: Numbers, growth: Numbers, root_shoot: Numbers, cf: Numbers) -> Numbers:
    """Carbon dioxide that growing trees take up in a year. [tCO2e/yr]

    ΔC = A · G_w · (1 + R) · CF · 44/12, G_w above-ground growth [t d.m./(ha·yr)]  (source: IPCC 2006 V4)
    """
    return area * growth * (1.0 + root_shoot) * cf * CO2_PER_C


@equation("EQ-16")
def forest_reduction(
    change: Numbers, discount: Numbers, baseline: Numbers, leakage: Numbers, risk: Numbers
) -> Numbers:
    """Removal left after uncertainty discount, baseline, leakage and reversal risk. [unit of `change`]

    ER = (ΔC · (1 − disc) − baseline − leakage) · (1 − risk)
    """
    return (change * (1.0 - discount) - baseline - leakage) * (1.0 - risk)


@equation("EQ-16")
def yearly(total: Numbers, period: Numbers) -> Numbers:
    """A change over a period as a yearly mean, ΔC / n. [tCO2e/yr]"""
    return total / period


@equation("EQ-16")
def measured_flux(area: Numbers, flux: Numbers) -> Numbers:
    """Net removal measured on an area, A · flux, all gases and both signs counted. [tCO2e/yr]

    Source: IPCC 2013 wetlands supplement.
    """
    return area * flux
