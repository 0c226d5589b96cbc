"""Pages for everybody: home, registry, notices, index, guide, criteria, factors, verification."""

from datetime import date

from flask import Blueprint, Response, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from registry import charts, clock, workflow
from registry.access import public
from registry.database import db
from registry.errors import NotFound
from registry.language import current
from registry.models import Application, IndexRelease, PublicNotice, RegistryEntry, State
from registry.services import certificates, entries, releases
from registry.views.drawing import interval_of
from registry.views.listing import OBJECTIVES, listing
from scoring import carbon, criteria, index
from scoring.calendar import calendar
from scoring.facts import dictionary
from scoring.index.tables import Value
from scoring.places import district, townships

bp = Blueprint("public", __name__)


@bp.get("/")
@public
def home() -> ResponseReturnValue:
    latest = releases.latest(db.session())
    listed = select(RegistryEntry).where(RegistryEntry.delisted_on.is_(None)).subquery()
    totals = db.session.execute(
        select(
            func.count(), func.sum(listed.c.total_investment), func.sum(listed.c.benefit_annual)
        ).select_from(listed)
    ).one()
    financed = db.session.scalar(
        select(func.count(func.distinct(RegistryEntry.id)))
        .join(RegistryEntry.financings)
        .where(RegistryEntry.delisted_on.is_(None))
    )
    return render_template(
        "public/home.html",
        count=totals[0],
        investment=totals[1],
        reduction=totals[2],
        financed=financed or 0,
        latest=listing().rows[:5],
        release=latest,
        headline=releases.headline(latest),
        notices=_open_notices()[:3],
    )


@bp.get("/entries")
@public
def entries_list() -> ResponseReturnValue:
    return render_template("public/entries.html", listing=listing(), objectives=OBJECTIVES)


@bp.get("/entries/<number>")
@public
def entry(number: str) -> ResponseReturnValue:
    found = entries.find_by_number(db.session(), number)
    known, _faults = dictionary().read(found.content["facts"])
    facts = [(spec, known[key]) for key, spec in dictionary().items() if spec.public and key in known]
    chart = None
    if found.benefit_p10 is not None and found.benefit_annual is not None and found.benefit_p90 is not None:
        chart = interval_of(found.benefit_p10, found.benefit_annual, found.benefit_p90)
    return render_template(
        "public/entry.html",
        entry=found,
        facts=facts,
        chart=chart,
        tiers=entries.TIERS,
        objectives=OBJECTIVES,
        intact=entries.content_is_intact(found),
    )


@bp.get("/entries/<number>/certificate.pdf")
@public
def certificate(number: str) -> ResponseReturnValue:
    found = entries.find_by_number(db.session(), number)
    verify_url = current_app.config["SETTINGS"].public_url + url_for("public.verify", code=found.check_code)
    response = Response(certificates.pdf(found, verification_url=verify_url), mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{found.number}.pdf"'
    return response


@bp.get("/verify")
@public
def verify() -> ResponseReturnValue:
    code = request.args.get("code", "").strip()[:40]
    found = entries.find_by_check_code(db.session(), code) if code else None
    intact = entries.content_is_intact(found) if found else None
    page = render_template("public/verify.html", code=code, entry=found, intact=intact, tiers=entries.TIERS)
    return page, 404 if code and found is None else 200


def _open_notices() -> list[PublicNotice]:
    return list(
        db.session.scalars(
            select(PublicNotice)
            .join(Application)
            .where(PublicNotice.closes_on >= clock.today(), Application.state == State.PUBLICITY)
            .order_by(PublicNotice.closes_on)
        )
    )


@bp.get("/notices")
@public
def notices() -> ResponseReturnValue:
    past = db.session.scalars(
        select(PublicNotice)
        .where(PublicNotice.closes_on < clock.today())
        .order_by(PublicNotice.closes_on.desc())
        .limit(50)
    ).all()
    return render_template(
        "public/notices.html", open_notices=_open_notices(), past=past, today=clock.today()
    )


@bp.get("/notices/<number>")
@public
def notice(number: str) -> ResponseReturnValue:
    found = db.session.scalar(select(PublicNotice).where(PublicNotice.number == number))
    if found is None:
        raise NotFound
    application = found.application
    known, _faults = dictionary().read(application.submissions[-1].facts)
    facts = [(spec, known[key]) for key, spec in dictionary().items() if spec.public and key in known]
    today = clock.today()
    return render_template(
        "public/notice.html",
        notice=found,
        application=application,
        facts=facts,
        screening=application.screening,
        benefit=application.benefit,
        is_open=application.state == State.PUBLICITY and today <= found.closes_on,
        days=_days(found, today),
    )


def _days(notice: PublicNotice, today: date) -> tuple[int, int]:
    """Working days used and in all."""
    total = calendar().between(notice.opens_on, notice.closes_on)
    return min(total, max(0, calendar().between(notice.opens_on, today))), total


@bp.get("/index")
@public
def index_page() -> ResponseReturnValue:
    return _index_page(releases.latest(db.session()))


@bp.get("/index/<int:release_id>")
@public
def release(release_id: int) -> ResponseReturnValue:
    found = db.session.get(IndexRelease, release_id)
    if found is None or found.state != "published":
        raise NotFound
    return _index_page(found)


def _index_page(found: IndexRelease | None) -> ResponseReturnValue:
    others = db.session.scalars(
        select(IndexRelease).where(IndexRelease.state == "published").order_by(IndexRelease.period.desc())
    ).all()
    if found is None:
        return render_template("public/index_empty.html")
    frozen = index.read(found.archive)
    root, unit = frozen.method.tree.id, district().code
    mine = [v for v in frozen.values if v.unit == unit]
    now = {v.node: v for v in mine if v.period == found.period}
    levels = {
        v.unit: v.level
        for v in frozen.values
        if v.node == root and v.period == found.period and v.unit in townships()
    }
    series = [v for v in mine if v.node == root]
    known = any(v.level is not None for v in series)
    known = any(v.level is not None for v in series)
    return render_template(
        "public/index.html",
        release=found,
        frozen=frozen,
        values=now,
        root=root,
        series=series,
        others=others,
        trend=charts.in_both(charts.trend, _points(series), language=current()) if known else None,
        map=charts.cartogram(levels, decimals=1, language=current()),
        levels=levels,
        townships=townships(),
        contributions=[
            c for c in frozen.contributions if c["unit"] == unit and c["to_period"] == found.period
        ],
    )


def _points(series: list[Value]) -> list[charts.TrendPoint]:
    return [charts.TrendPoint(v.period, v.level, v.lower, v.upper, v.status == "P") for v in series]


_FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "sdmx-csv": "text/csv; charset=utf-8",
}


@bp.get("/index/<int:release_id>/download/<kind>")
@public
def download(release_id: int, kind: str) -> ResponseReturnValue:
    found = db.session.get(IndexRelease, release_id)
    if found is None or found.state != "published" or kind not in (*_FORMATS, "zip"):
        raise NotFound
    if kind == "zip":
        body, mimetype, ending = found.archive, "application/zip", "zip"
    else:
        exported = index.export(index.read(found.archive), kind)
        body = exported.encode() if isinstance(exported, str) else exported
        mimetype, ending = _FORMATS[kind], "json" if kind == "json" else "csv"
    response = Response(body, content_type=mimetype)
    response.headers["Content-Disposition"] = (
        f'attachment; filename="index-{found.period}-v{found.vintage}.{ending}"'
    )
    response.set_etag(found.content_hash)
    return response.make_conditional(request)


@bp.get("/guide")
@public
def guide() -> ResponseReturnValue:
    return render_template(
        "public/guide.html", states=workflow.STATES, sections=dictionary().sections, State=State
    )


@bp.get("/criteria")
@public
def criteria_page() -> ResponseReturnValue:
    edition = criteria.in_force(clock.today())
    return render_template("public/criteria.html", edition=edition, editions=criteria.editions())


@bp.get("/factors")
@public
def factors() -> ResponseReturnValue:
    return render_template("public/factors.html", factors=carbon.factors(), methods=carbon.methods())


@bp.get("/accessibility")
@public
def accessibility() -> ResponseReturnValue:
    return render_template("public/accessibility.html")
