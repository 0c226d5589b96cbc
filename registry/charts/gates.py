"""Gate strip 门槛条: one small square for each gate; shape and colour both tell the verdict."""

from collections import Counter
from collections.abc import Iterable
from typing import Protocol

from markupsafe import Markup

from registry.charts.drawing import Drawing, say
from scoring.criteria import Verdict
from scoring.words import Words

_MARKS = {
    "pass": "M3.5 8.3l3 3 6-6.6",
    "fail": "M4.5 4.5l7 7M11.5 4.5l-7 7",
    "review": "M5.9 6.1A2.1 2.1 0 1 1 8 8.5v.7M8 12v.1",
    "not_applicable": "M4 8h8",
}
_STEP = 1.2  # a square and the gap behind it, in squares


class Gate(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def title(self) -> Words | str: ...
    @property
    def verdict(self) -> Verdict | str | None: ...


def gate_strip(
    findings: Iterable[Gate | tuple[str, Verdict | str]],
    *,
    quiet: bool = False,
    size: float = 19,
    language: str = "zh",
) -> Markup:
    """The findings in their order, the counts said in words; ValueError for a word that is no verdict.

    What carries no verdict, as the explanation of a scored criterion, is left out. `quiet` is for lists: what
    passes or does not apply fades, and the exceptions remain.
    """
    gates = [gate for finding in findings if (gate := _gate(finding, language))]
    width = max(len(gates) * _STEP - (_STEP - 1), 1) * size
    drawing = Drawing(
        width, size, label=counts_in_words([verdict for _, verdict in gates], language), classes="gates"
    )
    colon = "：" if language.startswith("zh") else ": "
    for position, (name, verdict) in enumerate(gates):
        scale = f"translate({position * _STEP * size:.1f} 0) scale({size / 16:.3f})"
        drawing.begin(transform=scale, title=f"{name}{colon}{say(verdict.label, language)}")
        if quiet and verdict in (Verdict.PASS, Verdict.NOT_APPLICABLE):
            drawing.rect(
                0.75, 0.75, 14.5, 14.5, "g-quiet" if verdict is Verdict.PASS else "g-quiet-na", radius=3
            )
        else:
            drawing.rect(0.75, 0.75, 14.5, 14.5, f"g-{verdict}", radius=3)
            if verdict in _MARKS:
                drawing.path(_MARKS[verdict], f"m-{verdict}")
        drawing.end()
    return drawing.markup()


def _gate(finding: Gate | tuple[str, Verdict | str], language: str) -> tuple[str, Verdict] | None:
    """Name and verdict of a finding, or of a pair of id and verdict."""
    if isinstance(finding, tuple):
        return finding[0], Verdict(finding[1])
    if finding.verdict is None:
        return None
    return f"{finding.id} {say(finding.title, language)}", Verdict(finding.verdict)


def counts_in_words(verdicts: Iterable[Verdict], language: str = "zh") -> str:
    """“14 项门槛：满足 11 项，需人工核定 2 项，不适用 1 项”."""
    counted = Counter(verdicts)
    total = sum(counted.values())
    found = [(verdict.label, counted[verdict]) for verdict in Verdict if counted[verdict]]
    if language.startswith("zh"):
        return f"{total} 项门槛：" + (
            "，".join(f"{label.zh} {count} 项" for label, count in found) or "没有结果"
        )
    return f"{total} gates: " + (", ".join(f"{label.en} {count}" for label, count in found) or "no results")
