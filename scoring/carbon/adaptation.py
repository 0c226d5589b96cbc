"""The path of adaptation projects: context, intent and link, with indicators instead of tonnes."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from scoring.facts import Facts, FactSpec, dictionary
from scoring.words import Words

STEPS: Mapping[str, tuple[str, ...]] = {
    "context": ("hazard", "exposure", "vulnerability"),
    "intent": ("adaptation_intent",),
    "link": ("causal_link",),
}
TITLES: Mapping[str, Words] = {
    "context": Words("气候背景与脆弱性", "Climate context and vulnerability"),
    "intent": Words("适应意图", "Intent to adapt"),
    "link": Words("措施与风险的关联", "Link between measures and risk"),
}
INDICATORS = (
    "people_protected",
    "assets_protected",
    "standard_before",
    "standard_after",
    "standard_target",
    "avoided_loss",
)


@dataclass(frozen=True, slots=True)
class AdaptationStep:
    """One of the three steps and what it still lacks."""

    id: str
    title: Words
    complete: bool
    missing: tuple[FactSpec, ...]


@dataclass(frozen=True, slots=True)
class Adaptation:
    """The three steps, the indicators stated, and whether the standard rises to its target."""

    steps: tuple[AdaptationStep, ...]
    indicators: Facts
    reaches_target: bool | None

    @property
    def complete(self) -> bool:
        return all(step.complete for step in self.steps)


def adaptation(facts: Facts) -> Adaptation:
    """The adaptation benefit as stated; tonnes are neither asked nor counted."""
    specs = dictionary()
    steps = []
    for name, keys in STEPS.items():
        missing = tuple(specs[key] for key in keys if not str(facts.get(key, "")).strip())
        steps.append(AdaptationStep(name, TITLES[name], not missing, missing))
    after, target = facts.get("standard_after"), facts.get("standard_target")
    reaches = None
    if isinstance(after, Decimal) and isinstance(target, Decimal):
        reaches = after >= target
    return Adaptation(tuple(steps), {key: facts[key] for key in INDICATORS if key in facts}, reaches)
