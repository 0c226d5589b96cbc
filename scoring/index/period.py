"""Quarters: “2026Q3” for people, an ordinal for arithmetic, “2026-Q3” for SDMX."""

import re

from scoring.index.refusal import Refused
from scoring.words import Words

_QUARTER = re.compile(r"([1-9][0-9]{3})Q([1-4])\Z")


def ordinal(period: str) -> int:
    """The number of a quarter on one line of quarters; raises Refused for anything else."""
    match = _QUARTER.match(period)
    if match is None:
        raise Refused(
            "period",
            Words(f"“{period}” 不是季度，应写作 2026Q3", f"“{period}” is not a quarter such as 2026Q3"),
        )
    return int(match[1]) * 4 + int(match[2]) - 1


def label(number: int) -> str:
    """The quarter of an ordinal."""
    return f"{number // 4}Q{number % 4 + 1}"


def before(period: str, quarters: int = 1) -> str:
    """The quarter that many quarters earlier."""
    return label(ordinal(period) - quarters)


def sdmx(period: str) -> str:
    """The quarter as SDMX writes it."""
    ordinal(period)
    return f"{period[:4]}-{period[4:]}"
