"""The finance figures of one project, worded for its page; a figure whose inputs are missing says which."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from scoring.errors import InvalidFacts
from scoring.matching import cashflow, debt, green
from scoring.matching.amounts import Amount
from scoring.units import Unit, units
from scoring.words import Words


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its value and unit, how it was computed, and a notice or what is missing."""

    id: str
    title: Words
    value: float | None
    unit: Unit
    formula: Words
    notice: Words | None = None


@dataclass(frozen=True)
class Financing:
    """What the figures rest on. Amounts in 万元, rates as decimals, rows by year from year 1.

    `cash_available` is cash for debt service: revenue less operating cost, tax and further investment.
    """

    investment: Amount
    cash_available: Sequence[Amount]
    loan: Amount | None = None
    equity: Amount | None = None
    loan_rate: Amount | None = None
    tenor_years: int | None = None
    grace_years: int = 0
    repayment: str = "level_payment"
    discount_rate: Amount | None = None
    reinvest_rate: Amount | None = None
    standard_rate: Amount | None = None
    target_dscr: Amount | None = None
    opex: Sequence[Amount] | None = None
    energy_mwh: Sequence[Amount] | None = None
    annual_tco2e: Amount | None = None
    lifetime_tco2e: Amount | None = None
    outstanding: Amount | None = None


@dataclass(frozen=True)
class Figures:
    """All figures by id, and the maturity gap with its two rows for the chart."""

    figures: tuple[Figure, ...]
    gap: debt.MaturityGap | None = field(repr=False)

    def find(self, figure_id: str) -> Figure:
        return next(figure for figure in self.figures if figure.id == figure_id)


def figures(plan: Financing) -> Figures:
    """Returns, paybacks, cover, maturity gap, unit cost, interest saved, tonnes attributed and their cost.

    Raises InvalidFacts when a stated number makes no sense; what is not stated leaves its figures open.
    """
    flows = [-float(plan.investment), *(float(cash) for cash in plan.cash_available)]
    gap = None
    if not _missing(plan, ("loan", "loan_rate", "tenor_years", "target_dscr")):
        gap = debt.maturity_gap(
            plan.loan or 0,
            plan.loan_rate or 0,
            plan.tenor_years or 0,
            plan.cash_available,
            target_dscr=plan.target_dscr or 0,
            grace_years=plan.grace_years,
            repayment=plan.repayment,
        )
    return Figures(tuple(_figure(plan, flows, gap, entry) for entry in _ENTRIES), gap)


Result = float | None | tuple[float | None, Words | None]


@dataclass(frozen=True, slots=True)
class _Entry:
    id: str
    title: Words
    unit: str
    formula: Words
    needs: tuple[str, ...]
    compute: Callable[[Financing, list[float], debt.MaturityGap | None], Result]


def _missing(plan: Financing, needs: tuple[str, ...]) -> list[str]:
    return [name for name in needs if getattr(plan, name) is None]


def _figure(plan: Financing, flows: list[float], gap: debt.MaturityGap | None, entry: _Entry) -> Figure:
    missing = _missing(plan, entry.needs)
    unit = units()[entry.unit]
    if missing:
        zh, en = (
            "、".join(_NAMES[name].zh for name in missing),
            ", ".join(_NAMES[name].en for name in missing),
        )
        notice: Words | None = Words(f"缺少：{zh}", f"missing: {en}")
        return Figure(entry.id, entry.title, None, unit, entry.formula, notice)
    found = entry.compute(plan, flows, gap)
    value, notice = found if isinstance(found, tuple) else (found, None)
    return Figure(entry.id, entry.title, value, unit, entry.formula, notice)


def _irr(plan: Financing, flows: list[float], gap: debt.MaturityGap | None) -> Result:
    try:
        found = cashflow.irr(flows)
    except InvalidFacts as error:
        return None, error.messages["cash_flows"]
    return None if found.value is None else 100 * found.value, found.notice


def _mirr(plan: Financing, flows: list[float], gap: debt.MaturityGap | None) -> Result:
    finance, reinvest = plan.loan_rate or 0, plan.reinvest_rate
    found = cashflow.mirr(flows, finance_rate=finance, reinvest_rate=reinvest or 0)
    return 100 * found


def _service(plan: Financing) -> debt.Schedule:
    return debt.schedule(
        plan.loan or 0,
        plan.loan_rate or 0,
        plan.tenor_years or 0,
        repayment=plan.repayment,
        grace=plan.grace_years,
    )


def _minimum_dscr(plan: Financing, flows: list[float], gap: debt.MaturityGap | None) -> Result:
    due = _service(plan).service.tolist()
    if len(plan.cash_available) < len(due):
        return None, Words("现金流年数少于贷款期限", "the cash flow is shorter than the loan")
    free = plan.grace_years
    return debt.minimum_dscr(list(plan.cash_available)[free:], due[free:])


def _llcr(plan: Financing, flows: list[float], gap: debt.MaturityGap | None) -> Result:
    years = plan.tenor_years or 0
    if len(plan.cash_available) < years:
        return None, Words("现金流年数少于贷款期限", "the cash flow is shorter than the loan")
    return debt.llcr(plan.cash_available, plan.loan_rate or 0, plan.loan or 0, years)


def _gap(plan: Financing, flows: list[float], gap: debt.MaturityGap | None) -> Result:
    if gap is None or gap.gap_years is None:
        return None, Words("现金流期内任何期限都不足以偿债", "no tenor within the cash flow suffices")
    need = Words(f"现金流需要 {gap.needed_years} 年", f"the cash flow needs {gap.needed_years} years")
    return float(gap.gap_years), need


def _saving(plan: Financing) -> green.RateSaving:
    return green.rate_saving(
        plan.loan or 0,
        plan.standard_rate or 0,
        plan.loan_rate or 0,
        plan.tenor_years or 0,
        repayment=plan.repayment,
        grace_years=plan.grace_years,
    )


def _lcoe(plan: Financing, flows: list[float], gap: debt.MaturityGap | None) -> Result:
    opex, energy = plan.opex or (), plan.energy_mwh or ()
    return float(_YUAN * cashflow.lcoe(plan.investment, opex, energy, plan.discount_rate or 0))


def _abatement_cost(plan: Financing, flows: list[float]) -> Result:
    worth = cashflow.npv(plan.discount_rate or 0, flows)
    return float(_YUAN * green.abatement_cost(worth, plan.lifetime_tco2e or 0))


def _attribution(plan: Financing, flows: list[float], gap: debt.MaturityGap | None) -> Result:
    share = green.attribution(plan.outstanding or 0, plan.equity or 0, plan.loan or 0, plan.annual_tco2e or 0)
    note = Words(
        f"归因系数 {share.factor:.3f}；避免的排放与融资排放分开列示，不相抵",
        f"factor {share.factor:.3f}; avoided and financed emissions stay apart, never netted",
    )
    return share.avoided_tco2e, note


_YUAN = int(units()["万元"].scale / units()["CNY"].scale)
_NAMES = {
    "loan": Words("贷款金额", "loan"),
    "equity": Words("资本金", "equity"),
    "loan_rate": Words("贷款利率", "loan rate"),
    "tenor_years": Words("贷款期限", "tenor"),
    "discount_rate": Words("折现率", "discount rate"),
    "reinvest_rate": Words("再投资收益率", "reinvestment rate"),
    "standard_rate": Words("一般贷款利率", "standard rate"),
    "target_dscr": Words("目标偿债备付率", "target DSCR"),
    "opex": Words("年运维成本", "operating cost"),
    "energy_mwh": Words("年发电（节能）量", "energy by year"),
    "annual_tco2e": Words("年减排量", "annual abatement"),
    "lifetime_tco2e": Words("全周期减排量", "lifetime abatement"),
    "outstanding": Words("贷款余额", "outstanding loan"),
}
_LOAN = ("loan", "loan_rate", "tenor_years")
_ENTRIES = (
    _Entry(
        "npv", Words("净现值", "Net present value"), "万元",
        Words("Σ CF_t/(1+r)^t，t 从 0 起", "Σ CF_t/(1+r)^t, t from 0"), ("discount_rate",),
        lambda p, f, g: cashflow.npv(p.discount_rate or 0, f),
    ),
    _Entry(
        "irr", Words("内部收益率", "Internal rate of return"), "%",
        Words("使净现值为零的折现率", "the rate at which the NPV is zero"), (), _irr,
    ),
    _Entry(
        "mirr", Words("修正内部收益率", "Modified internal rate"), "%",
        Words("流入按再投资收益率终值、流出按贷款利率现值", "inflows reinvested, outflows at the loan rate"),
        ("loan_rate", "reinvest_rate"), _mirr,
    ),
    _Entry(
        "payback", Words("静态回收期", "Payback"), "a",
        Words("累计现金流转正，年内插值", "running sum turns positive, interpolated"), (),
        lambda p, f, g: cashflow.payback(f),
    ),
    _Entry(
        "discounted_payback", Words("动态回收期", "Discounted payback"), "a",
        Words("折现后累计，年内插值", "of the discounted flows, interpolated"), ("discount_rate",),
        lambda p, f, g: cashflow.discounted_payback(p.discount_rate or 0, f),
    ),
    _Entry(
        "dscr_min", Words("最低偿债备付率", "Lowest DSCR"), "1",
        Words("可用于还款的现金流 ÷ 当年还本付息", "CFADS over principal and interest"), _LOAN, _minimum_dscr,
    ),
    _Entry(
        "llcr", Words("贷款期偿债覆盖率", "Loan life cover"), "1",
        Words("贷款期现金流现值 ÷ 贷款", "present value of CFADS over the loan"), _LOAN, _llcr,
    ),
    _Entry(
        "maturity_gap", Words("期限错配", "Maturity gap"), "a",
        Words("现金流所需期限 − 提供的期限", "tenor needed minus tenor offered"),
        (*_LOAN, "target_dscr"), _gap,
    ),
    _Entry(
        "lcoe", Words("平准化度电成本", "Levelised cost of energy"), "CNY/MWh",
        Words("成本现值 ÷ 电量现值", "discounted cost over discounted energy"),
        ("opex", "energy_mwh", "discount_rate"), _lcoe,
    ),
    _Entry(
        "saving_first", Words("绿色利率首年节省利息", "Interest saved, first year"), "万元",
        Words("同一还款计划下的利息差", "interest difference on one schedule"), (*_LOAN, "standard_rate"),
        lambda p, f, g: _saving(p).first_year,
    ),
    _Entry(
        "saving_total", Words("绿色利率全期节省利息", "Interest saved, whole life"), "万元",
        Words("同一还款计划下的利息差", "interest difference on one schedule"), (*_LOAN, "standard_rate"),
        lambda p, f, g: _saving(p).total,
    ),
    _Entry(
        "attributed", Words("归因减排量", "Attributed avoided emissions"), "tCO2e/a",
        Words("余额 ÷（权益＋债务）× 年减排量", "outstanding over equity plus debt, times the tonnes"),
        ("outstanding", "equity", "loan", "annual_tco2e"), _attribution,
    ),
    _Entry(
        "climate_yield", Words("单位资金减排量", "Climate yield"), "tCO2e/万元",
        Words("年减排量 ÷ 贷款", "tonnes a year over the loan"), ("annual_tco2e", "loan"),
        lambda p, f, g: green.climate_yield(p.annual_tco2e or 0, p.loan or 0),
    ),
    _Entry(
        "abatement_cost", Words("单位减排成本", "Abatement cost"), "CNY/tCO2e",
        Words("−净现值 ÷ 全周期减排量", "−NPV over lifetime tonnes"), ("discount_rate", "lifetime_tco2e"),
        lambda p, f, g: _abatement_cost(p, f),
    ),
)  # fmt: skip
