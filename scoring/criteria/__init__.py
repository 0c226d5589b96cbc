"""The criteria engine: dated rules as data; verdicts, scores and reasons out."""

from scoring.criteria.expression import check_conditions, holds

__all__ = ["check_conditions", "holds"]
