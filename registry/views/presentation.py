"""Domain objects as the templates' components want them; nothing is decided here."""

from dataclasses import dataclass
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from flask import url_for

from registry import charts, workflow
from registry.filters import fact as show_fact
from registry.filters import number, tco2e
from registry.language import current, show
from registry.models import Application, State
from registry.services import applications, facts
from scoring import carbon, criteria
from scoring.facts import Section, dictionary
from scoring.words import Words


@dataclass(frozen=True, slots=True)
class Task:
    """A row of the task list."""

    section: Section
    url: str
    state: str
    detail: Words | None


def tasks(application: Application) -> list[Task]:
    """Each section with how far it is."""
    found = []
    for section in dictionary().sections:
        specs = applications.questions(application, section.id)
        answered = sum(spec.key in application.facts for spec in specs)
        faulty = [key for key in application.unread if key in {spec.key for spec in specs}]
        if section.id == applications.BENEFIT_SECTION:
            faulty += [key for key in application.unread if key.startswith("input-")]
        if section.id in application.sections_done and not faulty:
            state = "done"
        else:
            state = "doing" if answered or faulty else "todo"
        detail = Words(f"已填 {answered} / {len(specs)} 项", f"{answered} of {len(specs)} answered")
        if faulty:
            detail = Words(f"{len(faulty)} 处填写格式问题", f"{len(faulty)} entries have faults")
        elif not specs:
            state = "plain"
            detail = Words("按您的气候目标，本节无需填写", "Nothing to answer for your objective")
        url = url_for("enterprise.section", application_id=application.id, section=section.id)
        found.append(Task(section, url, state, detail))
    return found


def findings(outcome: criteria.Outcome, *, section: str | None = None) -> list[criteria.Explanation]:
    """The explained findings, or only those that read a fact of the section."""
    explained = list(outcome.explain())
    if section is None:
        return explained
    keys = {spec.key for spec in dictionary().in_section(section)}
    return [e for e in explained if keys & {*(key for key, _label, _value in e.values), *e.missing}]


def gates(outcome: criteria.Outcome) -> list[tuple[str, str]]:
    """Id and verdict of each gate, for the gate strip."""
    return [(finding.id, finding.verdict.value) for finding in outcome.findings]


def answers(application: Application) -> list[tuple[Section, str, list[tuple[Words, str, None]]]]:
    """Every question that applies with its answer, by section."""
    stated = facts.stated(application)
    found = []
    for section in dictionary().sections:
        rows: list[tuple[Words, str, None]] = [
            (spec.label, show_fact(stated.get(spec.key), spec) or _as_typed(application, spec.key), None)
            for spec in applications.questions(application, section.id)
        ]
        if section.id == applications.BENEFIT_SECTION:
            for spec in applications.method_inputs(application):
                raw = application.inputs.get(spec.key)
                value = spec.read(raw) if raw is not None else None
                rows.append(
                    (spec.label, show_fact(value, spec) or _as_typed(application, f"input-{spec.key}"), None)
                )
        url = url_for("enterprise.section", application_id=application.id, section=section.id)
        if rows:
            found.append((section, url, rows))
    return found


def _as_typed(application: Application, key: str) -> str:
    """An entry with a fault, as it was typed and marked so."""
    raw = application.unread.get(key)
    return "" if raw is None else show(Words(f"{raw}（格式有误）", f"{raw} (has a fault)"))


_RAIL = (
    State.SUBMITTED,
    State.ACCEPTED,
    State.SCREENED,
    State.DEPT_REVIEW,
    State.ASSESSMENT,
    State.EXPERT,
    State.PROPOSED,
    State.PUBLICITY,
    State.LISTED,
)
_AFTER = frozenset(
    {
        State.PROMOTED,
        State.MATCHED,
        State.FINANCED,
        State.MONITORING,
        State.COMPLETED,
        State.SUSPENDED,
        State.EXITED,
    }
)


def stages(application: Application) -> list[Any]:
    """The way to the registry as a rail: done, now, to do."""
    state = State(application.state)
    if state in _AFTER:
        place = len(_RAIL)
    elif state in _RAIL:
        place = _RAIL.index(state)
    else:
        place = 0
    stopped = state in (State.RETURNED, State.REJECTED, State.OBJECTION, State.ARCHIVED, State.ABANDONED)
    found = []
    for number_, step in enumerate(_RAIL):
        rule = workflow.STATES[step]
        word = "done" if number_ < place else "now" if number_ == place and not stopped else "todo"
        if step == State.LISTED and state == State.LISTED:
            word = "done"
        detail = rule.holder
        if rule.working_days:
            detail = Words(
                f"{rule.holder.zh} · {rule.working_days} 个工作日",
                f"{rule.holder.en} · {rule.working_days} working days",
            )
        found.append(SimpleNamespace(label=rule.staff, state=word, detail=detail))
    return found


def benefit_panel(
    estimate: carbon.Benefit | carbon.Insufficient | None,
    faults: dict[str, Words] | None = None,
    *,
    claimed: Any = None,
) -> Any:
    """An estimate for the panel beside the form, or the words why there is none."""
    if isinstance(estimate, carbon.Benefit):
        return _panel(estimate, claimed=claimed)
    if faults:
        missing = Words("参数有误，改正后即可测算。", "Mend the parameters and the estimate appears.")
    elif isinstance(estimate, carbon.Insufficient):
        zh = "、".join(label.zh for label in estimate.missing.values())
        en = ", ".join(label.en for label in estimate.missing.values())
        missing = Words(
            f"还缺：{zh}。填齐后立即测算，不会用 0 代替。", f"Still missing: {en}. Nothing is taken as 0."
        )
    else:
        missing = Words(
            "选择方法学并保存后开始测算。", "Choose a method and save; the estimate then appears."
        )
    return SimpleNamespace(p50=None, missing=missing, steps=(), factors=(), warnings=())


def _panel(benefit: carbon.Benefit, *, claimed: Any) -> Any:
    rows = [
        (Words("保守值", "Conservative"), tco2e(benefit.conservative)),
        (Words("全周期（因子不变）", "Lifetime, constant factor"), tco2e(benefit.lifetime)),
        (Words("全周期（电网逐年变绿）", "Lifetime, greening grid"), tco2e(benefit.lifetime_dynamic)),
    ]
    if benefit.investment:
        rows.append(
            (
                Words("每万元投资", "Per CNY 10k"),
                f"{number(benefit.annual / float(benefit.investment), 2)} tCO₂e/{show(Words('年', 'yr'))}",
            )
        )
    return SimpleNamespace(
        p50=tco2e(benefit.p50, unit=False),
        unit=Words("tCO₂e/年", "tCO₂e/yr"),
        chart=charts.interval(
            benefit.p10,
            benefit.p50,
            benefit.p90,
            claimed=claimed if isinstance(claimed, Decimal) else None,
            language=current(),
        ),
        rows=rows,
        missing=None,
        method_id=benefit.method_id,
        method_version=benefit.method_version,
        steps=benefit.steps,
        factors=benefit.factors,
        warnings=benefit.warnings,
        breakeven=benefit.breakeven,
        conservative=benefit.conservative,
        annual=benefit.annual,
        content_hash=benefit.content_hash,
    )
