"""The charts of pages and documents: pure functions that return an SVG.

Each has a sentence for those who do not see it, and follows the reader's language and theme. `in_both` puts
a wide and a narrow drawing on a page, so that type stays legible on a phone; a document calls the function
itself.
"""

from collections.abc import Callable
from functools import wraps
from types import SimpleNamespace
from typing import Any

from markupsafe import Markup

from registry.charts.bars import Bar, bars
from registry.charts.cartogram import cartogram
from registry.charts.coverage import coverage
from registry.charts.days import day_squares
from registry.charts.dots import Dot, dots
from registry.charts.figures import grouped, signed, significant, span
from registry.charts.gates import gate_strip
from registry.charts.interval import interval
from registry.charts.trend import TrendPoint, trend
from registry.charts.waterfall import waterfall

__all__ = [
    "Bar",
    "Dot",
    "TrendPoint",
    "bars",
    "cartogram",
    "coverage",
    "day_squares",
    "dots",
    "gate_strip",
    "grouped",
    "in_both",
    "interval",
    "signed",
    "significant",
    "span",
    "speaking",
    "trend",
    "waterfall",
]


def in_both(
    chart: Callable[..., Markup], *figures: Any, wide: float = 640, narrow: float = 330, **further: Any
) -> Markup:
    """The chart at two widths; the stylesheet shows the one that fits and hides the other."""
    return Markup('<div class="only-w">{}</div><div class="only-n">{}</div>').format(
        chart(*figures, width=wide, **further), chart(*figures, width=narrow, **further)
    )


def speaking(language: Callable[[], str]) -> SimpleNamespace:
    """These functions for templates: each chart in the language of the moment, unless it is told another."""

    def localised(chart: Callable[..., Markup]) -> Callable[..., Markup]:
        @wraps(chart)
        def draw(*figures: Any, **further: Any) -> Markup:
            return chart(*figures, **({"language": language()} | further))

        return draw

    drawn = (bars, cartogram, coverage, day_squares, dots, gate_strip, interval, trend, waterfall)
    plain = (Bar, Dot, TrendPoint, grouped, in_both, signed, significant, span)
    return SimpleNamespace(
        **{chart.__name__: localised(chart) for chart in drawn}, **{each.__name__: each for each in plain}
    )
