"""Whatever is typed: a clear message at the field, what was typed is kept, and never a failure of ours."""

import re

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from registry.models import Application, Role, State
from scoring.facts import dictionary
from tests.makers import make_application, make_user
from tests.registry.browsing import Browser, faults

HOSTILE = (
    "１２３４.５万元",
    "-0.00000001",
    "1e400",
    "NaN",
    "Infinity",
    "2026-13-40",
    "0000-00-00",
    "<script>alert(1)</script>",
    "'; DROP TABLE application; --",
    "{{ 7*7 }} ${7*7}",
    "‮txt.exe​",
    "是\x00否",
    "📦" * 300,
    "9" * 5000,
    '=HYPERLINK("http://x")',
    "../../etc/passwd",
    "none",
)


@pytest.fixture
def draft(app: Flask, session: Session, browser: Browser) -> Application:
    owner = make_user(session)
    made = make_application(session, owner, facts={"climate_objective": "dual"})
    session.commit()
    browser.sign_in(owner.email)
    return made


def _version(session: Session, draft: Application) -> str:
    session.rollback()
    session.refresh(draft)
    return str(draft.version)


@pytest.mark.parametrize("section", [section.id for section in dictionary().sections])
def test_no_value_in_any_field_makes_a_page_fail(
    section: str, browser: Browser, session: Session, draft: Application
) -> None:
    specs = [spec for spec in dictionary().in_section(section) if spec.entered_by == "applicant"]
    path = f"/applications/{draft.id}/sections/{section}"
    browser.get(path)
    for typed in HOSTILE:
        fields = {spec.key: typed for spec in specs}

        answer = browser.post(path, version=_version(session, draft), **fields)

        assert answer.status_code in (302, 422), (section, typed)
        assert "<script>alert(1)" not in answer.text


def test_fault_stands_at_its_field_and_what_was_typed_is_kept(
    browser: Browser, session: Session, draft: Application
) -> None:
    path = f"/applications/{draft.id}/sections/finance"
    browser.get(path)

    answer = browser.post(path, version=_version(session, draft), total_investment="八千万", equity="2400")

    assert answer.status_code == 422
    assert any("八千万" in fault for fault in faults(answer))
    control = re.search(r'<input[^>]*id="total_investment"[^>]*>', answer.text)
    assert control is not None
    assert 'aria-invalid="true"' in control.group(0)
    again = browser.get(path).text
    assert 'value="八千万"' in again
    assert 'value="2400"' in again


def test_two_browsers_do_not_overwrite_each_other(
    browser: Browser, session: Session, draft: Application
) -> None:
    path = f"/applications/{draft.id}/sections/project"
    browser.get(path)
    seen = _version(session, draft)
    assert browser.post(path, version=seen, project_name="第一个窗口").status_code == 302

    late = browser.post(path, version=seen, project_name="第二个窗口")

    assert late.status_code == 409
    assert 'value="第二个窗口"' in late.text
    _version(session, draft)
    assert draft.project_name == "第一个窗口"


def test_unfinished_application_is_not_submitted_and_says_what_is_missing(
    browser: Browser, session: Session, draft: Application
) -> None:
    browser.get(f"/applications/{draft.id}/check")

    answer = browser.post(f"/applications/{draft.id}/check")

    assert answer.status_code == 422
    assert any("缺少" in fault for fault in faults(answer))
    _version(session, draft)
    assert draft.state == State.DRAFT


@pytest.mark.parametrize(
    "path",
    [
        "/entries?page=-1&township=xx&grade=%3Cb%3E&q=%25_%27",
        "/entries?page=99999999999999999999",
        "/entries/NO-SUCH",
        "/entries/NO-SUCH/certificate.pdf",
        "/verify?code=%00%F0%9F",
        "/notices/NO-SUCH",
        "/index/0",
        "/index/999999999999999999999",
        "/index/1/download/exe",
        "/?lang=xx",
        "/join/not-a-token",
        "/nothing-here",
    ],
)
def test_strange_addresses_are_answered(path: str, browser: Browser) -> None:
    assert browser.get(path).status_code in (200, 404)


def test_officer_s_forms_refuse_in_words(app: Flask, session: Session, browser: Browser) -> None:
    owner, officer = make_user(session), make_user(session, Role.OFFICER)
    application = make_application(session, owner, State.SUBMITTED, facts={})
    session.commit()
    browser.sign_in(officer.email)
    path = f"/review/{application.id}"

    for address, fields, status in (
        (f"{path}/steps/accept", {}, 422),
        (f"{path}/steps/accept", {"reason_code": "no-such", "version": "1"}, 422),
        (f"{path}/steps/accept", {"reason_code": "complete", "version": "77"}, 409),
        (f"{path}/steps/explode", {"reason_code": "complete"}, 404),
        (f"{path}/findings/G99", {"outcome": "pass", "reason": "足够长的理由"}, 404),
        (f"{path}/decision", {"outcome": "maybe"}, 422),
        (f"{path}/listing", {}, 409),
        ("/releases/", {"period": "2026Q9"}, 422),
        ("/releases/values", {"leaf": "SUP1", "value": "abc"}, 422),
    ):
        browser.get("/review/")

        assert browser.post(address, **fields).status_code == status, address
