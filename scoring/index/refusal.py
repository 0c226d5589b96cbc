"""What the index refuses, and where."""

from scoring.errors import ScoringError
from scoring.words import Words


class Refused(ScoringError):
    """A calculation that would have to guess; says the rule and, where known, unit, node and period."""

    def __init__(
        self,
        rule: str,
        words: Words,
        *,
        unit: str | None = None,
        node: str | None = None,
        period: str | None = None,
    ) -> None:
        place = ", ".join(part for part in (unit, node, period) if part)
        super().__init__(f"{place}: {words.en}" if place else words.en)
        self.rule = rule
        self.words = words
        self.unit = unit
        self.node = node
        self.period = period
