"""Gate strip 门槛条: one small square for each gate; shape and colour both tell the verdict."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Protocol

from markupsafe import Markup

from registry.charts.drawing import Drawing, say
from scoring.words import Words

VERDICTS: Mapping[str, Words] = {
    "pass": Words("通过", "pass"),
    "fail": Words("不通过", "fail"),
    "review": Words("需人工判断", "need judgement"),
    "insufficient": Words("待补材料", "lack information"),
    "not_applicable": Words("不适用", "not applicable"),
}
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
    def verdict(self) -> object: ...


def gate_strip(
    findings: Iterable[Gate], *, quiet: bool = False, size: float = 19, language: str = "zh"
) -> Markup:
    """The findings in their order, the counts said in words.

    `quiet` is for lists: what passes or does not apply fades, and the exceptions remain.
    """
    gates = [(gate.id, say(gate.title, language), verdict_of(gate.verdict)) for gate in findings]
    width = max(len(gates) * _STEP - (_STEP - 1), 1) * size
    drawing = Drawing(width, size, label=counts_in_words([v for _, _, v in gates], language), classes="gates")
    for position, (code, title, verdict) in enumerate(gates):
        scale = f"translate({position * _STEP * size:.1f} 0) scale({size / 16:.3f})"
        drawing.begin(transform=scale, title=f"{code} {title}：{say(VERDICTS[verdict], language)}")
        if quiet and verdict in ("pass", "not_applicable"):
            drawing.rect(0.75, 0.75, 14.5, 14.5, "g-quiet" if verdict == "pass" else "g-quiet-na", radius=3)
        else:
            drawing.rect(0.75, 0.75, 14.5, 14.5, f"g-{verdict}", radius=3)
            if verdict in _MARKS:
                drawing.path(_MARKS[verdict], f"m-{verdict}")
        drawing.end()
    return drawing.markup()


def verdict_of(verdict: object) -> str:
    """The verdict's id; raises ValueError for a word that is none of the five."""
    name = str(getattr(verdict, "value", verdict))
    if name not in VERDICTS:
        raise ValueError(f"“{name}” is not a verdict; known: {', '.join(VERDICTS)}")
    return name


def counts_in_words(verdicts: Iterable[str], language: str = "zh") -> str:
    """“14 项门槛：通过 11 项，需人工判断 2 项，不适用 1 项”."""
    counted = Counter(verdicts)
    total = sum(counted.values())
    found = [(words, counted[verdict]) for verdict, words in VERDICTS.items() if counted[verdict]]
    if language.startswith("zh"):
        parts = "，".join(f"{words.zh} {count} 项" for words, count in found)
        return f"{total} 项门槛：{parts}" if found else "没有门槛结果"
    parts = ", ".join(f"{count} {words.en}" for words, count in found)
    return f"{total} gates: {parts}" if found else "No gates assessed"
