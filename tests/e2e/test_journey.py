"""The whole way in a real browser: every page opened, typed and clicked by the person whose page it is."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, datetime, time, timedelta
from io import BytesIO

import pytest
from pdfminer.high_level import extract_text
from playwright.sync_api import Browser
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from registry import audit, clock
from registry.database import make_engine, writing
from registry.models import Application, CarbonBenefit, PublicNotice, RegistryEntry, Role, State
from registry.services import indicators, releases
from tests.e2e.filing import fill_sections
from tests.e2e.sites import Site
from tests.e2e.visitors import Visitor, visit
from tests.makers import make_organisation, make_user
from tests.projects import ANNUAL_TCO2E
from tests.registry.browsing import PASSWORD

OPENING = "区发展改革委支持企业跨区投资，收益和纳税在通州，同意作为区内申报单位项目受理。"
COMMENT = "方法、因子与电量依据齐全，同意。"
EXTERNAL = {"CLI5": "12.5", "GOV2": "70", "GOV3": "40", "MKT3": "1", "MKT4": "3"}


@pytest.fixture
def engine(site: Site) -> Iterator[Engine]:
    made = make_engine(site.database_url)
    yield made
    made.dispose()


def invite_all(engine: Engine) -> dict[str, str]:
    """The addresses of everybody who acts."""
    with writing(engine) as session:
        body = make_organisation(
            session, Role.ENTERPRISE, name="杭锦旗示例新能源有限公司", uscc="91330100799655058B"
        )
        return {
            "enterprise": make_user(session, Role.ENTERPRISE, organisation=body, name="白云").email,
            "officer": make_user(session, Role.OFFICER, name="河审核员").email,
            "second": make_user(session, Role.OFFICER, name="桥审核员").email,
            "department": make_user(session, Role.DEPARTMENT, name="柳科长").email,
            "expert": make_user(session, Role.EXCHANGE_EXPERT, name="榆工程师").email,
            "bank": make_user(session, Role.BANK, name="荷客户经理").email,
            "finance": make_user(session, Role.PANEL_MEMBER, panel_field="finance", name="苇专家").email,
            "engineer": make_user(session, Role.PANEL_MEMBER, panel_field="technical", name="鹭专家").email,
            "third": make_user(session, Role.PANEL_MEMBER, panel_field="technical", name="槐专家").email,
        }


def step(desk: Visitor, sheet: str, action: str) -> None:
    """A step of the desk with its coded reason."""
    desk.open(sheet)
    form = f'form[action$="/steps/{action}"]'
    desk.unfold()
    desk.select("reason_code", "complete", within=form)
    desk.page.locator(f"{form} button").click()
    assert desk.page.locator(".errsum").count() == 0, desk.words()


@pytest.mark.pdf
def test_real_project_from_form_to_published_index(chromium: Browser, site: Site, engine: Engine) -> None:
    people = invite_all(engine)
    with ExitStack() as windows:
        at = {name: windows.enter_context(visit(chromium, site.url)) for name in people}
        public = windows.enter_context(visit(chromium, site.url))
        at["enterprise"].open("/sign-in")
        at["enterprise"].shoot("sign-in", narrow=True)
        for name, email in people.items():
            at[name].sign_in(email, PASSWORD)

        application_id = _file(at["enterprise"], engine)
        sheet = f"/review/{application_id}"
        _desk(at, sheet)
        _experts(at, sheet)
        _decide(at, sheet, public)
        number = _list(at, sheet, public, engine)
        _finance(at, sheet, f"/applications/{application_id}", number, engine)
        _publish_index(at, public, engine)

    with Session(engine) as session:
        found = session.get(Application, application_id)
        assert found is not None
        assert found.state == State.FINANCED
        assert audit.verify(session).ok


def _file(owner: Visitor, engine: Engine) -> int:
    owner.shoot("applications-empty", narrow=True)
    path = fill_sections(owner)
    owner.open(path)
    owner.shoot("task-list", narrow=True)
    owner.open(f"{path}/precheck")
    assert "G02" in owner.words()
    owner.shoot("precheck")
    owner.open(f"{path}/check")
    owner.shoot("check-answers", narrow=True)
    owner.press("签章提交")
    assert owner.path == f"{path}/progress", owner.words()
    owner.shoot("progress-submitted", narrow=True)
    owner.open("/applications/")
    owner.shoot("applications")
    with Session(engine) as session:
        application = session.scalars(select(Application)).one()
        assert application.state == State.SUBMITTED
        frozen = session.scalars(select(CarbonBenefit)).one()
        assert frozen.annual == pytest.approx(ANNUAL_TCO2E, rel=1e-4)
        return application.id


def _desk(at: dict[str, Visitor], sheet: str) -> None:
    desk, department = at["officer"], at["department"]
    desk.open("/review/")
    desk.shoot("queue", narrow=True)
    desk.page.get_by_role("link", name="杭锦旗巴拉贡 10 MWp 并网光伏电站").click()
    assert desk.path == sheet
    desk.shoot("sheet-submitted", narrow=True)
    step(desk, sheet, "accept")
    step(desk, sheet, "screen")
    form = 'form[action$="/findings/G02"]'
    desk.choose("outcome", "pass", within=form)
    desk.type("reason", OPENING, within=form)
    desk.page.locator(f"{form} button").click()
    assert "G02 的认定已记录" in desk.page.locator("body").inner_text()
    desk.shoot("sheet-screened")
    step(desk, sheet, "consult")
    department.open("/review/")
    department.open(sheet)
    department.shoot("sheet-department")
    department.choose("outcome", "no_objection")
    department.press("提交意见")
    step(desk, sheet, "close_opinions")


def _experts(at: dict[str, Visitor], sheet: str) -> None:
    expert = at["expert"]
    expert.open(sheet)
    expert.shoot("sheet-assessment")
    expert.choose("conclusion", "confirmed")
    expert.type("comment", COMMENT)
    expert.press("提交评估意见")
    for name in ("finance", "engineer", "third"):
        member = at[name]
        member.open(sheet)
        member.page.locator('main [name="no_conflict"]').check()
        member.choose("recommendation", "list")
        member.type("comment", COMMENT)
        member.press("提交评审意见")
        assert member.page.locator(".errsum").count() == 0, member.words()


def _decide(at: dict[str, Visitor], sheet: str, public: Visitor) -> None:
    desk, second = at["officer"], at["second"]
    desk.open(sheet)
    desk.shoot("sheet-panel", narrow=True)
    form = 'form[action$="/decision"]'
    desk.choose("outcome", "list", within=form)
    desk.select("reason_code", "complete", within=form)
    desk.page.locator(f"{form} button").click()
    desk.press("复核同意")
    assert "拟定人不能复核自己的决定" in desk.words()
    desk.shoot("sheet-refused")
    second.open(sheet)
    second.press("复核同意")
    second.press("发布公示")
    second.shoot("sheet-publicity")
    assert second.page.get_by_role("button", name="入库", exact=True).count() == 0, "the notice still runs"
    public.open("/notices")
    public.shoot("notices", narrow=True)
    public.page.get_by_role("link", name="杭锦旗").first.click()
    public.shoot("notice", narrow=True)


def _end_notice(engine: Engine) -> None:
    """The clock of another process cannot be moved, so the notice is moved into the past instead."""
    today = clock.today()
    with writing(engine) as session:
        notice = session.scalars(select(PublicNotice)).one()
        notice.opens_on, notice.closes_on = today - timedelta(days=9), today - timedelta(days=1)


def _list(at: dict[str, Visitor], sheet: str, public: Visitor, engine: Engine) -> str:
    _end_notice(engine)
    at["officer"].open(sheet)
    at["officer"].press("入库")
    at["officer"].shoot("sheet-listed")
    with Session(engine) as session:
        entry = session.scalars(select(RegistryEntry)).one()
        number, code = entry.number, entry.check_code
        assert sum(match.status != "not_eligible" for match in entry.matches) >= 3
    public.open("/entries")
    public.shoot("entries", narrow=True)
    public.page.get_by_role("link", name="杭锦旗").first.click()
    assert number in public.words()
    public.shoot("entry", narrow=True)
    address = public.page.locator('a[href$="certificate.pdf"]').first.get_attribute("href")
    certificate = public.context.request.get(f"{public.base}{address}")
    assert certificate.headers["content-type"] == "application/pdf"
    assert number in extract_text(BytesIO(certificate.body()))
    public.open("/verify")
    public.page.locator('main [name="code"]').fill(code)
    public.page.locator("main form button").first.click()
    assert "证书有效" in public.words()
    public.shoot("verify")
    return number


def _finance(at: dict[str, Visitor], sheet: str, path: str, number: str, engine: Engine) -> None:
    step(at["officer"], sheet, "promote")
    owner, bank = at["enterprise"], at["bank"]
    owner.open(f"{path}/progress")
    owner.shoot("progress-promoted", narrow=True)
    owner.page.locator('form[action$="/match"] button').click()
    bank.open("/bank/")
    bank.shoot("bank-entries", narrow=True)
    bank.page.get_by_role("link", name="杭锦旗").first.click()
    bank.shoot("bank-entry", narrow=True)
    quarter_end = indicators.quarter_end(releases.last_complete_quarter(clock.today()))
    product = bank.page.locator("main select[name=product_id] option").nth(0).get_attribute("value")
    bank.select("product_id", product or "")
    for name, value in {
        "signed_on": (quarter_end - timedelta(days=20)).isoformat(),
        "signed": "5600",
        "drawn": "1000",
        "rate_percent": "3.1",
    }.items():
        bank.type(name, value)
    bank.press("登记")
    assert "合同已登记" in bank.page.locator("body").inner_text(), bank.words()
    bank.open("/bank/products")
    bank.shoot("bank-products")
    _move_listing(engine, quarter_end - timedelta(days=40))


def _move_listing(engine: Engine, day: date) -> None:
    """Into the last complete quarter, which an index can count, with a step of the desk that was in time.

    Events are never changed, so the step is one more event; the reason is the same as for the notice.
    """
    with writing(engine) as session:
        entry = session.scalars(select(RegistryEntry)).one()
        entry.listed_on = day
        audit.record(
            session,
            "application.accept",
            subject_kind="application",
            subject_id=entry.application_id,
            actor=None,
            now=datetime.combine(day, time(9), clock.BEIJING),
            from_state=State.SUBMITTED,
            to_state=State.ACCEPTED,
            detail={"due_on": day.isoformat()},
        )


def _publish_index(at: dict[str, Visitor], public: Visitor, engine: Engine) -> None:
    period = releases.last_complete_quarter(clock.today())
    desk, second = at["officer"], at["second"]
    form = 'form[action$="/releases/values"]'
    for leaf, value in EXTERNAL.items():
        desk.open("/releases/")
        desk.select("leaf", leaf, within=form)
        desk.select("unit", "110112", within=form)
        desk.type("period", period, within=form)
        desk.type("value", value, within=form)
        desk.type("source", "区统计部门季度函件", within=form)
        desk.page.locator(f"{form} button").click()
        assert desk.page.locator(".errsum").count() == 0, desk.words()
    second.open("/releases/")
    second.shoot("releases-values")
    while second.page.get_by_role("button", name="复核同意").count():
        second.page.get_by_role("button", name="复核同意").first.click()
    desk.open("/releases/")
    desk.type("period", period, within='form[action$="/releases/"]')
    desk.press("编制草案")
    desk.shoot("release-draft", narrow=True)
    second.open("/releases/")
    second.page.get_by_role("link", name=f"{period} v1").click()
    second.press("批准并发布")
    assert second.path.startswith("/index/"), second.words()
    public.open("/index")
    assert period in public.page.locator("h1, .pagehead, main").first.inner_text() or period in public.words()
    public.shoot("index", narrow=True)
    public.open("/")
    public.shoot("home", narrow=True)


def test_filing_works_without_javascript(chromium: Browser, site: Site, engine: Engine) -> None:
    people = invite_all(engine)
    with visit(chromium, site.url, java_script_enabled=False) as owner:
        owner.sign_in(people["enterprise"], PASSWORD)
        path = fill_sections(owner, scripted=False)
        owner.open(f"{path}/check")
        owner.press("签章提交")

        assert owner.path == f"{path}/progress", owner.words()
        assert "已提交" in owner.words()
