"""The carbon-reduction benefit: factors as records, methods as data, equations as functions.

benefit = estimate("cdm-ams-i-d", {"net_generation": Decimal("15580")}, on=date(2026, 11, 1))
"""

from scoring.carbon.actuals import Actual, Performance, performance
from scoring.carbon.adaptation import Adaptation, adaptation
from scoring.carbon.benefit import Benefit, BreakEven, Input, Insufficient, StepResult
from scoring.carbon.calculation import Answer, calculate
from scoring.carbon.claims import Claim, Conflict, conflicts, ledger
from scoring.carbon.definition import Method
from scoring.carbon.estimation import estimate
from scoring.carbon.factors import Factor, factor, factors, recognise
from scoring.carbon.frame import Columns, estimate_columns, estimate_many
from scoring.carbon.house import uncertainty_discount
from scoring.carbon.methods import calculations, method, methods, uses
from scoring.carbon.overlap import Alarm, Index, Sign, Site, external_sites
from scoring.carbon.reconcile import Reconciliation, reconcile
from scoring.carbon.replay import Verification, replay, verify
from scoring.carbon.sheet import Sheet, sheet
from scoring.carbon.workbook import sheet_xlsx

__all__ = [
    "Actual",
    "Adaptation",
    "Alarm",
    "Answer",
    "Benefit",
    "BreakEven",
    "Claim",
    "Columns",
    "Conflict",
    "Factor",
    "Index",
    "Input",
    "Insufficient",
    "Method",
    "Performance",
    "Reconciliation",
    "Sheet",
    "Sign",
    "Site",
    "StepResult",
    "Verification",
    "adaptation",
    "calculate",
    "calculations",
    "conflicts",
    "estimate",
    "estimate_columns",
    "estimate_many",
    "external_sites",
    "factor",
    "factors",
    "ledger",
    "method",
    "methods",
    "performance",
    "recognise",
    "reconcile",
    "replay",
    "sheet",
    "sheet_xlsx",
    "uncertainty_discount",
    "uses",
    "verify",
]
