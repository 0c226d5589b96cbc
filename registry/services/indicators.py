"""The indicators of the index that the registry itself can compute, one function each.

Every function takes the listed projects of one unit as they stood at the end of a quarter and the four
quarters before. Stocks are counted at the end of the quarter, flows over the four quarters, money once:
signed and drawn are two series. None means there is nothing to measure, which is not zero.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from registry.clock import day_of
from registry.models import AuditEvent, Financing, RegistryEntry
from scoring.facts import dictionary

WAN_PER_YI = 10_000
MONTHS_PER_QUARTER = 3


@dataclass(frozen=True, slots=True)
class Window:
    """A quarter's end and the four quarters that end with it."""

    start: date  # the last day before the window
    end: date

    def holds(self, day: date) -> bool:
        return self.start < day <= self.end


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a unit has: the projects in the library at the end, and all contracts until then."""

    window: Window
    entries: tuple[RegistryEntry, ...]
    contracts: tuple[Financing, ...]
    steps: tuple[tuple[date, date, str], ...]  # moment, deadline, state left; of the district only

    @property
    def recent(self) -> list[Financing]:
        return [c for c in self.contracts if self.window.holds(c.signed_on)]

    @property
    def financed(self) -> list[RegistryEntry]:
        financed = {c.entry_id for c in self.contracts}
        return [entry for entry in self.entries if entry.id in financed]


def quarter_end(period: str) -> date:
    """The last day of a quarter such as 2026Q3."""
    year, quarter = int(period[:4]), int(period[5])
    month = quarter * MONTHS_PER_QUARTER
    return (date(year, month, 28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def window_of(period: str) -> Window:
    end = quarter_end(period)
    return Window(quarter_end(f"{int(period[:4]) - 1}{period[4:]}"), end)


def _share(part: int, whole: int) -> float | None:
    return None if not whole else 100 * part / whole


def projects(h: Holdings) -> float | None:
    return float(len(h.entries))


def investment(h: Holdings) -> float | None:
    return float(sum(e.total_investment for e in h.entries)) / WAN_PER_YI


def dark_share(h: Holdings) -> float | None:
    return _share(sum(e.grade == "dark" for e in h.entries), len(h.entries))


def adaptation_share(h: Holdings) -> float | None:
    return _share(sum(e.objective != "mitigation" for e in h.entries), len(h.entries))


def private_applicants(h: Holdings) -> float | None:
    return _share(sum(e.ownership == "private" for e in h.entries), len(h.entries))


def conversion(h: Holdings) -> float | None:
    return _share(len(h.financed), len(h.entries))


def signed(h: Holdings) -> float | None:
    return float(sum(c.signed for c in h.recent)) / WAN_PER_YI


def drawn(h: Holdings) -> float | None:
    return float(sum(c.drawn for c in h.recent)) / WAN_PER_YI


def private_money(h: Holdings) -> float | None:
    """Private capital in the investment of the projects that signed, weighted by investment."""
    chosen = {c.entry_id: c.entry for c in h.recent}.values()
    stated = [(e, e.application.facts.get("private_share")) for e in chosen]
    known = [(float(e.total_investment), float(share)) for e, share in stated if share is not None]
    total = sum(weight for weight, _share_ in known)
    return None if not total else sum(weight * share for weight, share in known) / total


def days_to_signing(h: Holdings) -> float | None:
    first: dict[int, Financing] = {}
    for contract in sorted(h.contracts, key=lambda c: c.signed_on):
        first.setdefault(contract.entry_id, contract)
    days = [(c.signed_on - c.entry.listed_on).days for c in first.values() if h.window.holds(c.signed_on)]
    return float(median(days)) if days else None


def reduction(h: Holdings) -> float | None:
    return sum(e.benefit_annual for e in h.entries if e.benefit_annual is not None) / WAN_PER_YI


def financed_reduction(h: Holdings) -> float | None:
    return sum(e.benefit_annual for e in h.financed if e.benefit_annual is not None) / WAN_PER_YI


def people(h: Holdings) -> float | None:
    return sum(e.people_protected for e in h.entries if e.people_protected is not None) / WAN_PER_YI


def steps_in_time(h: Holdings) -> float | None:
    recent = [(done, due) for done, due, _state in h.steps if h.window.holds(done)]
    return _share(sum(done <= due for done, due in recent), len(recent))


def objections_in_time(h: Holdings) -> float | None:
    recent = [(done, due) for done, due, state in h.steps if state == "objection" and h.window.holds(done)]
    return _share(sum(done <= due for done, due in recent), len(recent))


def completeness(h: Holdings) -> float | None:
    """Share of the unconditional questions that the applications of listed projects answer."""
    keys = [s.key for s in dictionary().values() if s.entered_by == "applicant" and s.when is None]
    answered = sum(key in e.application.facts for e in h.entries for key in keys)
    return _share(answered, len(keys) * len(h.entries))


def institutions(h: Holdings) -> float | None:
    return float(len({c.bank_id for c in h.recent}))


def products(h: Holdings) -> float | None:
    return float(len({c.product_id for c in h.recent}))


INDICATORS: dict[str, Callable[[Holdings], float | None]] = {
    "SUP1": projects,
    "SUP2": investment,
    "SUP3": dark_share,
    "SUP4": adaptation_share,
    "SUP5": private_applicants,
    "FIN1": conversion,
    "FIN2": signed,
    "FIN3": drawn,
    "FIN4": private_money,
    "FIN5": days_to_signing,
    "CLI1": reduction,
    "CLI2": financed_reduction,
    "CLI4": people,
    "GOV1": steps_in_time,
    "GOV4": objections_in_time,
    "GOV5": completeness,
    "MKT1": institutions,
    "MKT2": products,
}


def load(session: Session) -> tuple[list[RegistryEntry], tuple[tuple[date, date, str], ...]]:
    """Every entry with its application and contracts, and every step of the desk that had a deadline."""
    entries = session.scalars(
        select(RegistryEntry).options(
            joinedload(RegistryEntry.application), joinedload(RegistryEntry.financings)
        )
    ).unique()
    events = session.execute(
        select(AuditEvent.at, AuditEvent.from_state, AuditEvent.detail).where(
            AuditEvent.subject_kind == "application", AuditEvent.from_state.is_not(None)
        )
    )
    steps = tuple(
        (day_of(event.at), date.fromisoformat(event.detail["due_on"]), event.from_state)
        for event in events
        if "due_on" in event.detail and event.from_state != "returned"
    )
    return list(entries), steps


def holdings(
    entries: Iterable[RegistryEntry], steps: tuple[tuple[date, date, str], ...], window: Window
) -> Holdings:
    """The part of the entries that had happened by the end of the window."""
    known = [e for e in entries if e.listed_on <= window.end]
    inside = tuple(e for e in known if e.delisted_on is None or e.delisted_on > window.end)
    contracts = tuple(c for e in known for c in e.financings if c.signed_on <= window.end)
    return Holdings(window, inside, contracts, steps)
