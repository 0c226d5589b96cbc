"""Background jobs: all of them for the administrator, and one for whoever asked for it."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import case, func, select
from sqlalchemy.orm import joinedload

from registry import clock, jobs, language
from registry.access import audience, signed_in
from registry.database import db
from registry.forms.accounts import EmptyForm
from registry.models import BackgroundJob, Role
from registry.models.work import JOB_STATES
from registry.views.admin.blueprint import bp
from registry.views.common import Page, chosen, fetch, page_number
from registry.work.kinds import KINDS
from scoring.words import Words

STATE_WORDS = {
    "failed": Words("失败", "Failed"),
    "running": Words("进行中", "Running"),
    "waiting": Words("等待中", "Waiting"),
    "done": Words("已完成", "Done"),
    "cancelled": Words("已取消", "Cancelled"),
}
STATE_TAGS = {"failed": "fail", "running": "info", "waiting": "plain", "done": "pass", "cancelled": "plain"}
ENDED = frozenset({"done", "failed", "cancelled"})
STOP_POLLING = 286  # htmx's own status: take this answer and ask no more
_RANK = case({state: rank for rank, state in enumerate(STATE_WORDS)}, value=BackgroundJob.state)


@bp.get("/admin/jobs", endpoint="jobs")
@audience(Role.ADMINISTRATOR)
def all_jobs() -> ResponseReturnValue:
    states = chosen("state", JOB_STATES)
    wanted = [BackgroundJob.state.in_(states)] if states else []
    counted = select(BackgroundJob.state, func.count()).group_by(BackgroundJob.state)
    counts = dict(db.session.execute(counted).all())
    page = Page(page_number(), sum(counts.get(state, 0) for state in states or JOB_STATES))
    rows = db.session.scalars(
        select(BackgroundJob)
        .options(joinedload(BackgroundJob.owner))
        .where(*wanted)
        .order_by(_RANK, BackgroundJob.created_at.desc(), BackgroundJob.id)
        .limit(page.per_page)
        .offset(page.offset)
    ).all()
    return render_template(
        "admin/jobs.html",
        rows=rows,
        page=page,
        counts=counts,
        chosen=states,
        unattended=jobs.unattended(db.session(), clock.now()),
        **_shared(),
    )


def _shared() -> dict[str, object]:
    return {
        "states": STATE_WORDS,
        "tags": STATE_TAGS,
        "kinds": KINDS,
        "reason": _reason,
        "empty": EmptyForm(formdata=None),
    }


def _reason(job: BackgroundJob) -> str:
    """Why a job failed: our own errors were stored in Chinese and English, a line each; others by name."""
    lines = (job.error or _("没有留下原因。")).splitlines()
    return lines[1] if len(lines) == 2 and language.current() == "en" else lines[0]


@bp.get("/jobs/<job_id>")
@signed_in
def job(job_id: str) -> ResponseReturnValue:
    """How far a job is; the page asks again by itself every two seconds until the job has ended."""
    found = fetch(BackgroundJob, job_id, "job.view")
    ended = found.state in ENDED
    page = render_template("admin/job.html", job=found, ended=ended, **_shared())
    return page, STOP_POLLING if ended and "HX-Request" in request.headers else 200


@bp.post("/jobs/<job_id>/cancel")
@signed_in
def cancel_job(job_id: str) -> ResponseReturnValue:
    fetch(BackgroundJob, job_id, "job.view")
    jobs.cancel(db.session(), job_id, actor=current_user, now=clock.now())
    flash(_("任务已取消，没有写入的结果不再写入。"), "ok")
    return redirect(url_for("admin.job", job_id=job_id))


@bp.post("/jobs/<job_id>/retry")
@audience(Role.ADMINISTRATOR)
def retry_job(job_id: str) -> ResponseReturnValue:
    fetch(BackgroundJob, job_id, "job.manage")
    jobs.retry(db.session(), job_id, actor=current_user)
    flash(_("任务已重新排队。"), "ok")
    return redirect(url_for("admin.job", job_id=job_id))
