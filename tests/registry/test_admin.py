"""The administrator's pages: organisations, background jobs, the audit chain, criteria editions."""

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from registry import audit, jobs
from registry.models import AuditEvent, BackgroundJob, Organisation, Role, State, User
from scoring import criteria
from tests import servers
from tests.makers import make_organisation, make_uscc, make_user
from tests.registry.browsing import Browser, faults, heading, words
from tests.registry.clocks import NOW, Clock

PAGES = ["/admin/organisations", "/admin/organisations/new", "/admin/jobs", "/admin/audit", "/admin/editions"]
OFFICERS = {"/admin/audit", "/admin/editions"}


@pytest.fixture(params=servers.BACKENDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """With the tables of the job library."""
    with servers.database(request.param, tmp_path, template="jobs") as url:
        yield url


@pytest.fixture
def administrator(session: Session) -> User:
    made = make_user(session, Role.ADMINISTRATOR, email="admin@example.org", name="管理员")
    session.commit()
    return made


@pytest.fixture
def browser(app: Flask, administrator: User) -> Browser:
    browser = Browser(app)
    browser.sign_in("admin@example.org")
    return browser


def _person(app: Flask, session: Session, role: Role, **fields: Any) -> tuple[User, Browser]:
    user = make_user(session, role, **fields)
    session.commit()
    browser = Browser(app)
    browser.sign_in(user.email)
    return user, browser


def _rows(page: str) -> list[str]:
    """The row headers of the page's first table, without markup."""
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    found = re.findall(r'<th scope="row"[^>]*>(.*?)</th>', body, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in found]


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMINISTRATOR])
def test_pages_are_for_their_audience(app: Flask, session: Session, role: Role) -> None:
    _, other = _person(app, session, role)

    for page in PAGES:
        allowed = role == Role.OFFICER and page in OFFICERS
        assert other.get(page).status_code == (200 if allowed else 403), page
    assert other.post("/admin/organisations/new", name="甲").status_code == 403


def test_pages_ask_strangers_to_sign_in(app: Flask) -> None:
    for page in PAGES:
        assert Browser(app).get(page).location == f"/sign-in?next={page}"


def test_administrator_opens_every_page(browser: Browser) -> None:
    assert [heading(browser.get(page)) for page in PAGES] == [
        "单位与账号 Organisations",
        "新开单位 Open an organisation",
        "后台任务 Background jobs",
        "审计 Audit chain",
        "标准与版本 Criteria editions",
    ]


# ---- organisations


def _open(browser: Browser, **fields: str) -> Any:
    given = {
        "name": "通州示例水务有限公司",
        "uscc": make_uscc(),
        "role": "enterprise",
        "email": "boss@example.org",
    }
    return browser.post("/admin/organisations/new", **{**given, **fields})


def test_opened_organisation_invites_its_first_responsible_person(
    app: Flask, session: Session, browser: Browser
) -> None:
    answer = _open(browser, uscc="9133 0100 7996 5505 8b")

    link = re.search(r"http://localhost(/join/[\w-]+)", answer.text)
    assert answer.status_code == 200
    assert link is not None
    guest = Browser(app)
    guest.get(link.group(1))
    guest.post(link.group(1), name="孙八", password="nine loud cranes", repeated="nine loud cranes")
    joined = session.execute(
        select(User.email, User.role, User.can_sign, Organisation.name, Organisation.uscc)
        .join(Organisation)
        .where(User.name == "孙八")
    ).one()
    assert tuple(joined) == (
        "boss@example.org",
        "enterprise",
        True,
        "通州示例水务有限公司",
        "91330100799655058B",
    )


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("name", "", "请填写单位名称"),
        ("name", "名" * 121, "内容太长，请缩短"),
        ("name", "甲\u202e乙", "含有看不见的控制字符，请删去后重新输入"),
        ("uscc", "", "请填写 18 位代码"),
        (
            "uscc",
            "91330100799655058A",
            "统一社会信用代码的校验位不对（GB 32100-2015），可能有一位输错，请核对。",
        ),
        ("role", "", "请选择角色"),
        ("role", "owner", "不是有效的选择"),
        ("email", "nobody", "邮箱格式不对，应像 name@example.com。"),
        ("email", "admin@example.org", "该邮箱已有账号。"),
    ],
)
def test_bad_organisation_is_refused_at_its_field(
    session: Session, browser: Browser, field: str, typed: str, says: str
) -> None:
    answer = _open(browser, **{field: typed})

    assert answer.status_code == 422
    assert len(faults(answer)) == 1
    assert says in faults(answer)[0]
    assert session.scalar(select(func.count()).select_from(Organisation)) == 1
    assert 'value="通州示例水务有限公司"' in answer.text or field == "name"


def test_taken_code_is_refused(session: Session, browser: Browser, administrator: User) -> None:
    answer = _open(browser, uscc=administrator.organisation.uscc)

    assert faults(answer) == ["该统一社会信用代码已有账户。"]


def test_list_is_filtered_by_the_address(session: Session, browser: Browser) -> None:
    make_organisation(session, Role.BANK, name="通州示例银行")
    make_organisation(session, Role.ENTERPRISE, name="100%_光伏", uscc="91330100799655058B")
    make_user(session, Role.DEPARTMENT, email="lucheng@example.org")
    session.commit()

    def listed(query: str) -> list[str]:
        return _rows(browser.get(f"/admin/organisations?{query}").text)

    assert listed("role=bank") == ["通州示例银行"]
    assert listed("role=bank&role=enterprise") == ["100%_光伏", "通州示例银行"]
    assert listed("q=%25_") == ["100%_光伏"]
    assert listed("q=0079965505") == ["100%_光伏"]
    assert listed("q=LUCHENG%40") == ["北京示例department单位"]
    assert len(listed("role=owner&q=&page=x")) == 4
    assert "没有符合条件的单位" in words(browser.get("/admin/organisations?q=none&role=bank"))


def test_long_list_is_paged(session: Session, browser: Browser) -> None:
    for number in range(60):
        make_organisation(session, name=f"企业 {number}")
    session.commit()

    first = browser.get("/admin/organisations?role=enterprise")
    second = browser.get("/admin/organisations?role=enterprise&page=2")

    assert [len(_rows(page.text)) for page in (first, second)] == [50, 10]
    assert "1 – 50，共 60 条" in words(first)
    assert 'href="/admin/organisations?role=enterprise&amp;page=2"' in first.text


def test_people_are_closed_and_opened(app: Flask, session: Session, browser: Browser) -> None:
    user, other = _person(app, session, Role.BANK, email="bank@example.org")
    assert other.get("/organisation").status_code == 200

    closed = browser.post(f"/admin/people/{user.id}/close")

    assert closed.location == f"/admin/organisations/{user.organisation_id}"
    assert "已停用" in words(browser.get(closed.location))
    assert other.get("/organisation").status_code == 302
    browser.post(f"/admin/people/{user.id}/open")
    assert other.sign_in("bank@example.org").status_code == 302


def test_opening_lifts_a_lock(app: Flask, session: Session, browser: Browser) -> None:
    user, other = _person(app, session, Role.BANK, email="bank@example.org")
    for _ in range(5):
        other.sign_in("bank@example.org", "wrong")
    assert "锁定至 2026-03-02 09:15" in words(browser.get(f"/admin/organisations/{user.organisation_id}"))

    browser.post(f"/admin/people/{user.id}/open")

    assert other.sign_in("bank@example.org").status_code == 302


def test_lost_second_factor_is_taken_off(app: Flask, session: Session, browser: Browser) -> None:
    user, other = _person(app, session, Role.BANK)
    user.totp_secret, user.totp_confirmed = "JBSWY3DPEHPK3PXP", True
    session.commit()
    assert other.get("/organisation").location.startswith("/account/code")

    browser.post(f"/admin/people/{user.id}/second-factor/reset")

    session.rollback()
    session.refresh(user)
    assert (user.totp_secret, user.totp_confirmed) == (None, False)
    assert other.get("/organisation").location.startswith("/sign-in")


def test_panel_members_get_their_field(app: Flask, session: Session, browser: Browser) -> None:
    user, _ = _person(app, session, Role.PANEL_MEMBER)
    stranger, _ = _person(app, session, Role.BANK)
    assert "尚未登记" in words(browser.get(f"/admin/organisations/{user.organisation_id}"))

    assert browser.post(f"/admin/people/{user.id}/panel-field", panel_field="finance").status_code == 302
    assert browser.post(f"/admin/people/{user.id}/panel-field", panel_field="law").status_code == 422
    assert browser.post(f"/admin/people/{stranger.id}/panel-field", panel_field="finance").status_code == 422

    session.rollback()
    session.refresh(user)
    assert user.panel_field == "finance"


def test_invitations_are_made_and_withdrawn(app: Flask, session: Session, browser: Browser) -> None:
    bank = make_organisation(session, Role.BANK)
    session.commit()
    page = f"/admin/organisations/{bank.id}"

    made = browser.post(page, email="new@example.org", can_sign="y")
    refused = browser.post(page, email="not an address")
    withdrawn = browser.post("/admin/invitations/1/withdraw")

    link = re.search(r"http://localhost(/join/[\w-]+)", made.text)
    assert link is not None
    assert (refused.status_code, faults(refused)) == (422, ["邮箱格式不对，应像 name@example.com。"])
    assert withdrawn.location == page
    assert Browser(app).get(link.group(1)).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/admin/organisations/999",
        "/admin/people/999/close",
        "/admin/people/999/second-factor/reset",
        "/admin/people/999/panel-field",
        "/admin/invitations/999/withdraw",
        f"/admin/people/{2**31}/close",
        "/admin/people/1/delete",
    ],
)
def test_unknown_ones_are_not_there(browser: Browser, path: str) -> None:
    assert browser.post(path).status_code == 404


def test_administrator_keeps_the_own_account(session: Session, browser: Browser, administrator: User) -> None:
    assert browser.post(f"/admin/people/{administrator.id}/close").status_code == 422
    assert browser.get("/admin/organisations").status_code == 200


# ---- background jobs


def _job(session: Session, key: str, state: str, **fields: Any) -> BackgroundJob:
    made = BackgroundJob(
        id=f"verify_audit:{key}", kind="verify_audit", args={}, state=state, **{"created_at": NOW, **fields}
    )
    session.add(made)
    session.commit()
    return made


def test_failed_jobs_come_first_with_their_reason(session: Session, browser: Browser) -> None:
    _job(session, "a", "done", finished_at=NOW)
    _job(session, "b", "failed", error="磁盘已满\nDisk full", finished_at=NOW, attempt=2)
    _job(session, "c", "waiting")
    _job(session, "d", "running", done=3, total=10)

    page = browser.get("/admin/jobs")

    assert _rows(page.text) == [
        "校验审计链 verify_audit:b 磁盘已满",
        "校验审计链 verify_audit:d",
        "校验审计链 verify_audit:c",
        "校验审计链 verify_audit:a",
    ]
    assert "第 2 次" in words(page)
    assert "3 / 10" in words(page)
    assert _rows(browser.get("/admin/jobs?state=failed").text) == ["校验审计链 verify_audit:b 磁盘已满"]
    assert "没有这种状态的任务" in words(browser.get("/admin/jobs?state=cancelled"))


def test_waiting_too_long_is_noticed(session: Session, browser: Browser, clock: Clock) -> None:
    _job(session, "a", "waiting")
    assert "后台进程可能没有运行" not in words(browser.get("/admin/jobs"))

    clock.move(timedelta(minutes=6))

    assert "1 个任务已等待 5 分钟以上" in words(browser.get("/admin/jobs"))


def test_failed_job_is_retried_and_waiting_one_cancelled(session: Session, browser: Browser) -> None:
    failed, waiting = _job(session, "a", "failed", error="x", finished_at=NOW), _job(session, "b", "waiting")

    assert browser.post(f"/jobs/{failed.id}/retry").location == f"/jobs/{failed.id}"
    assert browser.post(f"/jobs/{waiting.id}/cancel").location == f"/jobs/{waiting.id}"
    assert browser.post(f"/jobs/{waiting.id}/cancel").status_code == 409
    session.rollback()
    session.refresh(failed)
    session.refresh(waiting)
    assert (failed.state, failed.attempt, failed.error) == ("waiting", 2, None)
    assert waiting.state == "cancelled"


def test_running_job_shows_how_far_it_is_and_asks_again(session: Session, browser: Browser) -> None:
    job = _job(session, "a", "running", done=25, total=100)

    page = browser.get(f"/jobs/{job.id}")

    assert page.status_code == 200
    assert 'role="progressbar"' in page.text
    assert 'aria-valuenow="25"' in page.text
    assert 'hx-trigger="every 2s"' in page.text
    assert "刷新进度" in words(page)
    assert browser.get(f"/jobs/{job.id}", headers={"HX-Request": "true"}).status_code == 200


@pytest.mark.parametrize("state", ["done", "failed", "cancelled"])
def test_ended_job_stops_asking(session: Session, browser: Browser, state: str) -> None:
    job = _job(session, "a", state, finished_at=NOW, error="原因" if state == "failed" else None)

    page = browser.get(f"/jobs/{job.id}")
    polled = browser.get(f"/jobs/{job.id}", headers={"HX-Request": "true"})

    assert (page.status_code, polled.status_code) == (200, 286)
    assert "hx-trigger" not in page.text


def test_job_is_seen_by_its_owner_and_nobody_else(app: Flask, session: Session) -> None:
    owner, mine = _person(app, session, Role.ENTERPRISE)
    _, theirs = _person(app, session, Role.OFFICER)
    job = _job(session, "a", "running", owner_id=owner.id)
    failed = _job(session, "b", "failed", owner_id=owner.id, error="x")

    assert mine.get(f"/jobs/{job.id}").status_code == 200
    assert theirs.get(f"/jobs/{job.id}").status_code == 404
    assert theirs.post(f"/jobs/{job.id}/cancel").status_code == 404
    assert mine.post(f"/jobs/{failed.id}/retry").status_code == 403
    assert "重试" not in words(mine.get(f"/jobs/{failed.id}")).replace("可以重试", "")
    assert mine.post(f"/jobs/{job.id}/cancel").status_code == 302


def test_unknown_job_is_not_there(browser: Browser) -> None:
    assert browser.get("/jobs/verify_audit:none").status_code == 404
    assert browser.post("/jobs/verify_audit:none/retry").status_code == 404
    assert browser.post("/jobs/verify_audit:none/cancel").status_code == 404


# ---- audit


def _record(session: Session, count: int, **fields: Any) -> None:
    given: dict[str, Any] = {
        "subject_kind": "application",
        "subject_id": 7,
        "actor": None,
        "now": NOW,
        **fields,
    }
    for _ in range(count):
        audit.record(
            session,
            given.get("action", "application.submit"),
            **{k: v for k, v in given.items() if k != "action"},
        )
    session.commit()


def test_newest_events_come_first_and_are_paged_by_key(session: Session, browser: Browser) -> None:
    _record(session, 120)
    last = session.scalar(select(func.max(AuditEvent.id))) or 0

    first = browser.get("/admin/audit?action=application.submit")
    older = re.search(r'href="([^"]+)" rel="next"', first.text)
    assert older is not None
    second = browser.get(older.group(1).replace("&amp;", "&"))
    newer = re.search(r'href="([^"]+)" rel="prev"', second.text)
    assert newer is not None
    back = browser.get(newer.group(1).replace("&amp;", "&"))

    assert _rows(first.text) == [str(number) for number in range(last, last - 50, -1)]
    assert _rows(second.text) == [str(number) for number in range(last - 50, last - 100, -1)]
    assert _rows(back.text) == _rows(first.text)
    assert 'rel="prev"' not in first.text


def test_events_are_filtered_by_what_and_whom(session: Session, browser: Browser) -> None:
    _record(session, 1, subject_id=8)
    _record(
        session,
        1,
        subject_id=8,
        action="application.accept",
        from_state=State.SUBMITTED,
        to_state=State.ACCEPTED,
    )
    _record(session, 1, subject_kind="account", subject_id=8, action="account.odd_new_thing")

    def found(query: str) -> int:
        return len(_rows(browser.get(f"/admin/audit?{query}").text))

    assert found("kind=application&number=8") == 2
    assert found("action=application.accept") == 1
    assert found("action=account.odd_new_thing") == 1
    page = words(browser.get("/admin/audit?action=application.accept"))
    assert "待受理 → 已受理" in page
    assert "受理 application.accept" in page
    assert "没有符合条件的事件" in words(browser.get("/admin/audit?kind=nothing"))


@pytest.mark.parametrize(
    "query",
    [
        "number=x",
        "number=99999999999999999999",
        "before=-1",
        "before=1e9",
        "after=%00",
        "action=%27%3B--",
        "kind=%00",
    ],
)
def test_odd_filters_are_harmless(browser: Browser, query: str) -> None:
    assert browser.get(f"/admin/audit?{query}").status_code == 200


def _verify(browser: Browser, key: str | None = None) -> Any:
    page = browser.get("/admin/audit")
    shown = re.search(r'name="key" value="([0-9a-f]{16})"', page.text)
    assert shown is not None
    return browser.post("/admin/audit/verify", key=key or shown.group(1))


def test_pressing_verify_twice_starts_one_job(session: Session, browser: Browser) -> None:
    first, second, fresh = _verify(browser, "0" * 16), _verify(browser, "0" * 16), _verify(browser)

    assert first.location == second.location != fresh.location
    assert session.scalar(select(func.count()).select_from(BackgroundJob)) == 2
    assert heading(browser.get(first.location)) == "校验审计链"


@pytest.mark.parametrize("key", ["x", "0" * 15, "G" * 16, "0" * 17, "../../etc/passwd"])
def test_made_up_key_is_refused(session: Session, browser: Browser, key: str) -> None:
    assert _verify(browser, key).status_code == 422
    assert session.scalar(select(func.count()).select_from(BackgroundJob)) == 0


def test_verification_runs_and_names_the_first_altered_event(
    session: Session, browser: Browser, database_url: str, engine: Engine
) -> None:
    _record(session, 5)
    sound = _verify(browser).location
    _run_jobs(database_url, session)
    assert "审计链完整" in words(browser.get(sound))

    unguard = {
        "sqlite": "DROP TRIGGER audit_event_no_update",
        "postgresql": "ALTER TABLE audit_event DISABLE TRIGGER audit_event_append_only",
    }
    with engine.begin() as connection:
        connection.execute(text(unguard[engine.dialect.name]))
        connection.execute(text("UPDATE audit_event SET subject_id = 99 WHERE id = 4"))
    broken = _verify(browser).location
    _run_jobs(database_url, session)

    page = words(browser.get(broken))
    assert "审计链不完整" in page
    assert "第 4 条事件" in page


def _run_jobs(url: str, session: Session) -> None:
    """Work until nothing waits."""
    session.rollback()
    with jobs.worker(url, "test", poll_seconds=0.05):
        for _ in range(400):
            open_ones = select(func.count()).where(BackgroundJob.state.in_(("waiting", "running")))
            if not session.scalar(open_ones):
                break
            session.rollback()
            time.sleep(0.05)
    session.rollback()


# ---- editions


def test_editions_show_what_they_are_and_rest_on(browser: Browser) -> None:
    page = words(browser.get("/admin/editions"))

    edition = criteria.in_force(NOW.date())
    assert edition.content_hash in page
    assert f"门槛 {len(edition.gates)} 项" in page
    assert edition.title.zh in page
    for rule_set in criteria.rule_sets():
        for info in criteria.editions(rule_set):
            assert info.content_hash in page
    assert page.count("现行") >= 1
