"""What each role finds in the header, and what every page is told."""

from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g, request, url_for
from flask_login import current_user

from registry import language, permissions, workflow
from registry.models import Role
from scoring.words import Words


@dataclass(frozen=True, slots=True)
class Item:
    label: str
    url: str
    current: bool


_PUBLIC = (
    ("public.home", Words("首页", "Home")),
    ("public.entries_list", Words("项目库", "Registry")),
    ("public.notices", Words("公示", "Public notices")),
    ("public.index_page", Words("副中心指数", "Sub-centre index")),
    ("public.guide", Words("办事指南", "Guide")),
)
_DESK = (
    ("review.queue", Words("工作台", "Desk")),
    ("public.entries_list", Words("项目库", "Registry")),
    ("releases.overview", Words("指数发布", "Index releases")),
    ("admin.editions", Words("标准与版本", "Criteria editions")),
    ("admin.audit", Words("审计", "Audit")),
)
ITEMS: dict[Role, tuple[tuple[str, Words], ...]] = {
    Role.ENTERPRISE: (
        ("enterprise.applications_list", Words("我的申报", "My applications")),
        ("public.entries_list", Words("项目库", "Registry")),
        ("public.guide", Words("办事指南", "Guide")),
        ("account.organisation", Words("单位与成员", "Organisation")),
    ),
    Role.OFFICER: _DESK,
    Role.DEPARTMENT: (
        ("review.queue", Words("征求意见", "Opinions")),
        ("public.entries_list", Words("项目库", "Registry")),
        ("account.organisation", Words("单位与成员", "Organisation")),
    ),
    Role.EXCHANGE_EXPERT: (
        ("review.queue", Words("减排效益评估", "Assessments")),
        ("public.entries_list", Words("项目库", "Registry")),
        ("account.organisation", Words("单位与成员", "Organisation")),
    ),
    Role.PANEL_MEMBER: (
        ("review.queue", Words("专家评审", "Panel reviews")),
        ("public.entries_list", Words("项目库", "Registry")),
    ),
    Role.BANK: (
        ("bank.entries_list", Words("项目对接", "Projects")),
        ("bank.products", Words("产品规则", "Products")),
        ("public.index_page", Words("副中心指数", "Sub-centre index")),
        ("account.organisation", Words("单位与成员", "Organisation")),
    ),
    Role.ADMINISTRATOR: (
        ("admin.organisations", Words("单位与账号", "Organisations")),
        ("admin.jobs", Words("后台任务", "Background jobs")),
        ("admin.audit", Words("审计", "Audit")),
        ("admin.editions", Words("标准与版本", "Criteria editions")),
        ("public.entries_list", Words("项目库", "Registry")),
    ),
}
_FOOTER = (
    ("public.guide", Words("办事指南", "Guide")),
    ("public.criteria_page", Words("入库标准与依据", "Entry criteria")),
    ("public.factors", Words("排放因子与方法学", "Factors and methods")),
    ("public.verify", Words("证书验证", "Verify a certificate")),
    ("public.accessibility", Words("无障碍说明", "Accessibility")),
)


def init_app(app: Flask) -> None:
    app.context_processor(_context)
    app.jinja_env.globals.update(
        can=lambda action, subject=None: permissions.can(current_user, action, subject),
        actions=lambda application: workflow.actions(application, current_user),
        STATES=workflow.STATES,
    )


def home_endpoint(role: Role) -> str:
    """Where a person of this role starts."""
    return ITEMS[role][0][0]


def _items() -> tuple[tuple[str, Words], ...]:
    # An error page for a lost database must not ask for the user again.
    user = None if g.get("bare") else current_user
    if user is None or not user.is_authenticated:
        return _PUBLIC
    return ITEMS[Role(user.role)]


def _context() -> dict[str, Any]:
    settings = current_app.config["SETTINGS"]
    signed_in = not g.get("bare") and g.get("sign_in_session") is not None
    return {
        "locale": language.current(),
        "language_url": language.url,
        "navigation": [
            Item(language.show(label), url_for(endpoint), request.endpoint == endpoint)
            for endpoint, label in _items()
        ],
        "footer_links": [Item(language.show(label), url_for(endpoint), False) for endpoint, label in _FOOTER],
        "home_url": url_for("public.home"),
        "sign_in_url": url_for("account.sign_in"),
        "sign_out_url": url_for("account.sign_out"),
        "accessibility_url": url_for("public.accessibility"),
        "demo_data": settings.mode == "demo",
        "session_minutes": int(settings.session_idle.total_seconds() // 60) if signed_in else None,
    }
