"""The carbon-reduction benefit: factors as records, methods as data, equations as functions.

benefit = estimate("cdm-ams-i-d", {"net_generation": Decimal("15580")}, on=date(2026, 11, 1))
"""

from scoring.carbon.benefit import Benefit, BreakEven, Input, Insufficient, StepResult
from scoring.carbon.calculation import Answer, calculate
from scoring.carbon.estimation import estimate
from scoring.carbon.factors import Factor, factor, factors
from scoring.carbon.frame import Columns, estimate_columns, estimate_many
from scoring.carbon.methods import Method, calculations, method, methods
from scoring.carbon.reconcile import Reconciliation, reconcile
from scoring.carbon.replay import Verification, replay, verify
from scoring.carbon.sheet import Sheet, sheet
from scoring.carbon.workbook import sheet_xlsx

__all__ = [
    "Answer",
    "Benefit",
    "BreakEven",
    "Columns",
    "Factor",
    "Input",
    "Insufficient",
    "Method",
    "Reconciliation",
    "Sheet",
    "StepResult",
    "Verification",
    "calculate",
    "calculations",
    "estimate",
    "estimate_columns",
    "estimate_many",
    "factor",
    "factors",
    "method",
    "methods",
    "reconcile",
    "replay",
    "sheet",
    "sheet_xlsx",
    "verify",
]
