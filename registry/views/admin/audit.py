"""The audit chain: newest events first, and its verification as a background job."""

import re
import secrets

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from registry import clock, jobs, permissions, workflow
from registry.access import audience
from registry.database import db
from registry.errors import Refused
from registry.forms.accounts import EmptyForm
from registry.models import AuditEvent, Role
from registry.models.accounts import ROLE_WORDS
from registry.views.admin.blueprint import bp
from registry.views.common import PER_PAGE, address
from scoring.words import Words

SUBJECTS = {
    "application": Words("申报", "Application"),
    "registry_entry": Words("入库项目", "Registry entry"),
    "account": Words("账号", "Account"),
    "organisation": Words("单位", "Organisation"),
    "indicator_value": Words("指标数据", "Indicator value"),
    "index_release": Words("指数发布", "Index release"),
}
ACTIONS = {
    **{f"application.{t.action}": t.label for t in workflow.TRANSITIONS},
    "application.resolve": Words("人工认定", "Resolve a finding"),
    "application.screened": Words("自动初筛", "Screened"),
    "financing.record": Words("登记融资", "Record a financing"),
    "index.enter": Words("录入指标", "Enter an indicator"),
    "index.approve_value": Words("复核指标", "Approve an indicator"),
    "index.prepare": Words("编制指数", "Prepare a release"),
    "index.publish": Words("发布指数", "Publish a release"),
    "organisation.create": Words("开户", "Open an organisation"),
    "organisation.invite": Words("邀请成员", "Invite a person"),
    "organisation.withdraw_invitation": Words("撤回邀请", "Withdraw an invitation"),
    "account.create": Words("建立账号", "Create an account"),
    "account.activate": Words("恢复账号", "Open an account"),
    "account.deactivate": Words("停用账号", "Close an account"),
    "account.password": Words("修改密码", "Change the password"),
    "account.panel_field": Words("登记评审领域", "Note the panel field"),
    "account.recovery_code": Words("使用恢复码", "Use a recovery code"),
    "account.second_factor": Words("启用两步验证", "Set up the second factor"),
    "account.second_factor_reset": Words("解除两步验证", "Reset the second factor"),
    "account.sign_in": Words("登录", "Sign in"),
    "account.sign_in_failed": Words("登录失败", "Sign-in failed"),
}
_ONE_TIME = re.compile(r"[0-9a-f]{16}")


def _number(name: str) -> int | None:
    """A number of the address within the databases' range; anything else counts as not given."""
    typed = request.args.get(name, "").strip()
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else None


@bp.get("/admin/audit", endpoint="audit")
@audience(Role.ADMINISTRATOR, Role.OFFICER)
def events() -> ResponseReturnValue:
    permissions.check(current_user, "audit.view")
    action, kind = (re.sub(r"[^a-z_.]", "", request.args.get(name, "")) for name in ("action", "kind"))
    number, before, after = _number("number"), _number("before"), _number("after")
    wanted = [
        column == value
        for column, value in (
            (AuditEvent.action, action),
            (AuditEvent.subject_kind, kind),
            (AuditEvent.subject_id, number),
        )
        if value not in ("", None)
    ]
    query = select(AuditEvent).options(joinedload(AuditEvent.actor)).where(*wanted).limit(PER_PAGE + 1)
    if after is not None:
        found = list(db.session.scalars(query.where(AuditEvent.id > after).order_by(AuditEvent.id)))
        rows, newer, older = found[:PER_PAGE][::-1], len(found) > PER_PAGE, True
    else:
        if before is not None:
            query = query.where(AuditEvent.id < before)
        found = list(db.session.scalars(query.order_by(AuditEvent.id.desc())))
        rows, newer, older = found[:PER_PAGE], before is not None, len(found) > PER_PAGE
    return render_template(
        "admin/audit.html",
        rows=rows,
        newer=address(after=rows[0].id, before=None) if rows and newer else None,
        older=address(before=rows[-1].id, after=None) if rows and older else None,
        action=action,
        kind=kind,
        number=number,
        actions=ACTIONS,
        subjects=SUBJECTS,
        roles=ROLE_WORDS,
        states={str(state): rule.staff for state, rule in workflow.STATES.items()},
        empty=EmptyForm(formdata=None),
        one_time=secrets.token_hex(8),
    )


@bp.post("/admin/audit/verify")
@audience(Role.ADMINISTRATOR, Role.OFFICER)
def verify_audit() -> ResponseReturnValue:
    """Start the verification; pressing twice starts one, and leads to it both times."""
    permissions.check(current_user, "audit.view")
    key = request.form.get("key", "")
    if not _ONE_TIME.fullmatch(key):
        raise Refused(Words("请从审计页面启动校验。", "Please start the verification from the audit page."))
    started = jobs.enqueue(
        db.session(),
        "verify_audit",
        {},
        key=f"{current_user.id}-{key}",
        owner=current_user,
        now=clock.now(),
    )
    return redirect(url_for("admin.job", job_id=started.id))
