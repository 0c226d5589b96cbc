"""Releases of the climate-finance index: computed from the registry, approved by a second person, frozen."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry import audit, permissions
from registry.clock import day_of
from registry.errors import NotFound, NotNow, Refused
from registry.models import IndexRelease, IndicatorValue, User
from registry.services import indicators
from scoring import index
from scoring.index import period as periods
from scoring.places import district, townships
from scoring.words import Words

METHOD = "subcentre"


@cache
def method_on(day: date) -> index.Method:
    """The edition of the method in force on a day."""
    return index.method_on(METHOD, day)


def panel(session: Session, method: index.Method, *, until: str) -> index.Panel:
    """Every indicator of the district and its townships, quarter by quarter up to `until`."""
    entries, steps = indicators.load(session)
    quarters = _quarters(method.rules.momentum_from, until)
    rows: list[index.Cell] = []
    for period in quarters:
        window = indicators.window_of(period)
        for unit in (district().code, *townships()):
            mine = [e for e in entries if unit in (district().code, e.township)]
            held = indicators.holdings(mine, steps if unit == district().code else (), window)
            scale = method.scale_of[unit].id
            for leaf_id, measure in indicators.INDICATORS.items():
                leaf = method.leaves.get(leaf_id)
                value = measure(held) if leaf is not None and scale in leaf.scales else None
                if value is not None:
                    rows.append(index.Cell(unit, period, leaf_id, round(value, 6), "A", "registry"))
    rows += _external(session, method, quarters)
    return index.Panel(rows)


def _quarters(start: str, until: str) -> list[str]:
    first, last = periods.ordinal(start), periods.ordinal(until)
    return [periods.label(n) for n in range(first, last + 1)]


def _external(session: Session, method: index.Method, quarters: list[str]) -> list[index.Cell]:
    """The approved values entered from outside, each by its latest revision."""
    found: dict[tuple[str, str, str], IndicatorValue] = {}
    for value in session.scalars(
        select(IndicatorValue)
        .where(IndicatorValue.approved_by_id.is_not(None))
        .order_by(IndicatorValue.revision)
    ):
        found[value.unit, value.period, value.leaf] = value
    return [
        index.Cell(v.unit, v.period, v.leaf, v.value, "A", v.source)
        for v in found.values()
        if v.period in quarters and v.leaf in method.leaves
    ]


def enter(
    session: Session,
    *,
    unit: str,
    period: str,
    leaf: str,
    value: float,
    source: str,
    actor: User,
    now: datetime,
) -> IndicatorValue:
    """A value from outside with its source; it counts only when a second person has approved it."""
    permissions.check(actor, "index.prepare")
    method = method_on(day_of(now))
    known = method.leaves.get(leaf)
    if known is None or known.source != "external":
        raise Refused(Words("该指标由系统计算，不能录入。", "This indicator is computed, not entered."))
    if unit not in method.scale_of or method.scale_of[unit].id not in known.scales:
        raise Refused(Words("该指标不用于所选区域。", "This indicator is not used for the chosen unit."))
    if (known.least is not None and value < known.least) or (known.most is not None and value > known.most):
        raise Refused(
            Words(
                f"数值应在 {known.least} 与 {known.most} 之间。",
                f"The value must lie within {known.least} and {known.most}.",
            )
        )
    if len(source.strip()) < 5:
        raise Refused(Words("请写明数据来源。", "State the source."))
    revision = session.scalar(
        select(func.max(IndicatorValue.revision)).where(
            IndicatorValue.unit == unit, IndicatorValue.period == period, IndicatorValue.leaf == leaf
        )
    )
    entered = IndicatorValue(
        unit=unit,
        period=period,
        leaf=leaf,
        revision=(revision or 0) + 1,
        value=value,
        source=source.strip(),
        entered_by_id=actor.id,
        entered_at=now,
    )
    session.add(entered)
    session.flush()
    audit.record(
        session,
        "index.enter",
        subject_kind="indicator_value",
        subject_id=entered.id,
        actor=actor,
        now=now,
        detail={"unit": unit, "period": period, "leaf": leaf},
    )
    return entered


def approve_value(session: Session, value: IndicatorValue, *, actor: User, now: datetime) -> None:
    """The second pair of eyes on an entered value."""
    permissions.check(actor, "index.approve")
    if value.entered_by_id == actor.id:
        raise Refused(
            Words("录入人不能复核自己的数据。", "The person who entered a value cannot approve it.")
        )
    value.approved_by_id = actor.id
    audit.record(
        session,
        "index.approve_value",
        subject_kind="indicator_value",
        subject_id=value.id,
        actor=actor,
        now=now,
    )


def prepare(session: Session, *, period: str, actor: User, now: datetime) -> IndexRelease:
    """A draft of a quarter's index, in place of an earlier draft; raises Refused while the quarter runs."""
    permissions.check(actor, "index.prepare")
    today = day_of(now)
    if indicators.quarter_end(period) >= today:
        raise Refused(Words(f"{period} 尚未结束，不能编制。", f"{period} is not over yet."))
    method = method_on(today)
    frozen = index.preview(method, panel(session, method, until=period), label=period, on=today)
    for old in session.scalars(
        select(IndexRelease).where(IndexRelease.period == period, IndexRelease.state == "draft")
    ):
        session.delete(old)
    published = session.scalar(
        select(func.count())
        .select_from(IndexRelease)
        .where(IndexRelease.period == period, IndexRelease.state == "published")
    )
    release = IndexRelease(
        period=period,
        vintage=(published or 0) + 1,
        method_id=method.id,
        method_version=method.version,
        cut_off=today,
        archive=frozen.archive,
        content_hash=frozen.content_hash,
        summary=_summary(frozen),
        prepared_by=actor,
        prepared_at=now,
        demo=actor.demo,
    )
    session.add(release)
    session.flush()
    audit.record(
        session,
        "index.prepare",
        subject_kind="index_release",
        subject_id=release.id,
        actor=actor,
        now=now,
        detail={"period": period, "content_hash": release.content_hash},
    )
    return release


def _summary(release: index.Release) -> dict[str, object]:
    """The headline figures, so that lists need not open the archive."""
    root = release.method.tree.id
    return {
        "values": [
            {"unit": v.unit, "period": v.period, "level": v.level, "momentum": v.momentum, "rank": v.rank}
            for v in release.values
            if v.node == root
        ]
    }


def publish(session: Session, release: IndexRelease, *, actor: User, now: datetime) -> IndexRelease:
    """The approval of a second person, which publishes; raises Refused or NotNow."""
    permissions.check(actor, "index.approve")
    if release.state != "draft":
        raise NotNow("publish", Words("该期指数已发布。", "This release is published already."))
    if release.prepared_by_id == actor.id:
        raise Refused(
            Words(
                "编制人不能批准自己的指数，请由另一名审核员办理。",
                "The preparer cannot approve; a second officer has to.",
            )
        )
    draft, today = index.read(release.archive), day_of(now)
    approvals = (
        index.Approval(f"account-{release.prepared_by_id}", day_of(release.prepared_at), draft.content_hash),
        index.Approval(f"account-{actor.id}", today, draft.content_hash),
    )
    try:
        frozen = index.freeze(
            draft.method,
            draft.panel,
            label=draft.label,
            on=draft.on,
            approvals=approvals,
            replicates=draft.replicates,
        )
    except index.Refused as error:
        raise Refused(error.words) from error
    release.archive = frozen.archive
    release.content_hash = frozen.content_hash
    release.state, release.approved_by, release.published_at = "published", actor, now
    session.flush()
    audit.record(
        session,
        "index.publish",
        subject_kind="index_release",
        subject_id=release.id,
        actor=actor,
        now=now,
        detail={"period": release.period, "content_hash": release.content_hash},
    )
    return release


def is_publishable(release: IndexRelease) -> bool:
    """Whether the rules let the district's figure of this quarter out."""
    found = headline(release)
    return found is not None and found.level is not None


def latest(session: Session) -> IndexRelease | None:
    """The newest published release."""
    return session.scalar(
        select(IndexRelease)
        .where(IndexRelease.state == "published")
        .order_by(IndexRelease.period.desc(), IndexRelease.vintage.desc())
        .limit(1)
    )


@dataclass(frozen=True, slots=True)
class Headline:
    level: float | None
    momentum: float | None


def headline(release: IndexRelease | None) -> Headline | None:
    """The district's level and momentum in the quarter of a release."""
    values = release.summary["values"] if release else ()
    mine = [v for v in values if release and v["unit"] == district().code and v["period"] == release.period]
    return Headline(mine[0]["level"], mine[0]["momentum"]) if mine else None


def get(session: Session, release_id: int) -> IndexRelease:
    found = session.get(IndexRelease, release_id)
    if found is None:
        raise NotFound
    return found


def last_complete_quarter(today: date) -> str:
    """The newest quarter that is over."""
    quarter = (today.month - 1) // indicators.MONTHS_PER_QUARTER
    return f"{today.year}Q{quarter}" if quarter else f"{today.year - 1}Q4"
