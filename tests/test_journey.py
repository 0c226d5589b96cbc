"""The whole way through the pages: a real project from the form to the published index."""

import re
from datetime import timedelta
from io import BytesIO

import pytest
from flask import Flask
from pdfminer.high_level import extract_text
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry import audit
from registry.models import Application, CarbonBenefit, RegistryEntry, Role, State
from tests.makers import make_organisation, make_user
from tests.projects import ANNUAL_TCO2E, PV_INPUTS, PV_PLANT
from tests.registry.browsing import Browser, words
from tests.registry.clocks import Clock

REASON = "区发展改革委支持企业跨区投资，收益和纳税在通州，同意作为区内申报单位项目受理。"


def fill_in(browser: Browser, path: str) -> None:
    """Every section as the owner types it; the parameters appear once the method is saved."""
    for section, typed in PV_PLANT.items():
        address = f"{path}/sections/{section}"
        fields = dict(typed)
        for attempt in ("first", "with parameters"):
            page = browser.get(address)
            version = re.search(r'name="version"[^>]*value="(\d+)"', page.text)
            if version is None:
                break  # nothing to answer in this section
            if attempt == "with parameters":
                fields |= {f"input-{key}": value for key, value in PV_INPUTS.items()}
            answer = browser.post(address, version=version.group(1), done="1", **fields)
            assert answer.status_code == 302, words(answer)
            if section != "benefit":
                break


@pytest.mark.pdf
def test_real_project_from_form_to_published_index(app: Flask, session: Session, clock: Clock) -> None:
    body = make_organisation(
        session, Role.ENTERPRISE, name="杭锦旗示例新能源有限公司", uscc="91330100799655058B"
    )
    people = {
        "enterprise": make_user(session, Role.ENTERPRISE, organisation=body),
        "officer": make_user(session, Role.OFFICER),
        "second": make_user(session, Role.OFFICER),
        "department": make_user(session, Role.DEPARTMENT),
        "expert": make_user(session, Role.EXCHANGE_EXPERT),
        "bank": make_user(session, Role.BANK),
        "finance": make_user(session, Role.PANEL_MEMBER, panel_field="finance"),
        "engineer": make_user(session, Role.PANEL_MEMBER, panel_field="technical"),
        "third": make_user(session, Role.PANEL_MEMBER, panel_field="technical"),
    }
    session.commit()
    at = {name: Browser(app) for name in people}
    for name, browser in at.items():
        assert browser.sign_in(people[name].email).status_code == 302
    public = Browser(app)

    # The enterprise fills in, sees the estimate and the pre-check, and submits.
    owner = at["enterprise"]
    owner.get("/applications/")
    path = owner.post("/applications/").location
    fill_in(owner, path)
    benefit_page = words(owner.get(f"{path}/sections/benefit"))
    assert "14,000" in benefit_page
    assert "G02" in words(owner.get(f"{path}/precheck"))
    assert owner.post(f"{path}/check").status_code == 302

    application = session.scalars(select(Application)).one()
    frozen = session.scalars(select(CarbonBenefit)).one()
    assert frozen.annual == pytest.approx(ANNUAL_TCO2E, rel=1e-4)
    screening = application.screening
    assert screening is not None
    verdicts = dict(screening.outcome["findings"])
    assert verdicts.pop("G02") == "review"
    assert set(verdicts.values()) <= {"pass", "not_applicable"}, verdicts

    # The officer records the sponsor's reason, accepts and sends it round.
    desk, sheet = at["officer"], f"/review/{application.id}"

    def step(action: str) -> None:
        desk = at["officer"]
        desk.get(sheet)
        seen = str(_version(session, application))
        answer = desk.post(f"{sheet}/steps/{action}", reason_code="complete", note="", version=seen)
        assert answer.status_code == 302, words(answer)

    desk.get(sheet)
    step("accept")
    step("screen")
    desk.get(sheet)
    refused = desk.post(
        f"{sheet}/steps/consult", reason_code="complete", version=str(_version(session, application))
    )
    assert refused.status_code == 409
    assert "G02" in words(refused)
    assert desk.post(f"{sheet}/findings/G02", outcome="pass", reason=REASON).status_code == 302
    step("consult")
    at["department"].get(sheet)
    assert at["department"].post(f"{sheet}/opinion", outcome="no_objection", comment="").status_code == 302
    step("close_opinions")

    # The Green Exchange assesses what it saw; the panel recommends; two officers decide.
    expert = at["expert"]
    seen = re.search(r'name="seen_hash"[^>]*value="([0-9a-f]{64})"', expert.get(sheet).text)
    assert seen is not None
    done = expert.post(
        f"{sheet}/assessment",
        conclusion="confirmed",
        comment="方法、因子与电量依据齐全。",
        seen_hash=seen.group(1),
    )
    assert done.status_code == 302, words(done)
    for member in ("finance", "engineer", "third"):
        at[member].get(sheet)
        vote = at[member].post(
            f"{sheet}/panel", no_conflict="y", recommendation="list", comment="同意入库，融资结构清楚。"
        )
        assert vote.status_code == 302, words(vote)
    desk.get(sheet)
    proposed = desk.post(
        f"{sheet}/decision",
        outcome="list",
        reason_code="complete",
        note="",
        version=str(_version(session, application)),
    )
    assert proposed.status_code == 302, words(proposed)
    assert desk.post(f"{sheet}/approval").status_code == 422, "the proposer is not the second pair of eyes"
    second = at["second"]
    second.get(sheet)
    assert second.post(f"{sheet}/approval").status_code == 302
    assert second.post(f"{sheet}/notice").status_code == 302

    # Five working days of public notice, seen by anyone, then the listing.
    assert "杭锦旗" in words(public.get("/notices"))
    assert second.post(f"{sheet}/listing").status_code == 409, "the notice is still running"
    clock.move(timedelta(days=8))
    at = {name: Browser(app) for name in people}
    for name, browser in at.items():
        browser.sign_in(people[name].email)
    at["officer"].get(sheet)
    listed = at["officer"].post(f"{sheet}/listing")
    assert listed.status_code == 302, words(listed)
    session.rollback()
    entry = session.scalars(select(RegistryEntry)).one()
    assert entry.number in words(public.get("/entries"))

    # Matched to at least three products with reasons, for the owner and for banks.
    open_matches = [match for match in entry.matches if match.status in ("eligible", "missing_info")]
    assert len(open_matches) >= 3
    bank_page = at["bank"].get(f"/bank/entries/{entry.number}")
    assert "逐条规则" in words(bank_page)
    assert "产品匹配" in words(at["enterprise"].get(f"{path}/progress"))

    # The certificate says the number, the tonnes and how to verify it.
    pdf = public.get(f"/entries/{entry.number}/certificate.pdf")
    assert pdf.mimetype == "application/pdf"
    text = extract_text(BytesIO(pdf.data))
    assert entry.number in text
    assert "14,0" in text
    assert "证书有效" in words(public.get(f"/verify?code={entry.check_code}"))

    # Promoted to banks, agreed by the owner, financed: the index counts money only when it is signed.
    desk, owner, bank = at["officer"], at["enterprise"], at["bank"]
    step("promote")
    owner.get(f"{path}/progress")
    assert owner.post(f"{path}/match").status_code == 302
    bank.get(f"/bank/entries/{entry.number}")
    contract = bank.post(
        f"/bank/entries/{entry.number}/contract",
        product_id=open_matches[0].product_id,
        signed_on="2026-03-10",
        signed="5600",
        drawn="1000",
        rate_percent="3.1",
    )
    assert contract.status_code == 302, words(contract)

    # Counted in a published release of the index.
    enter_external(at["officer"], at["second"], session)
    clock.move(timedelta(days=40))
    officer, second = Browser(app), Browser(app)
    officer.sign_in(people["officer"].email)
    second.sign_in(people["second"].email)
    officer.get("/releases/")
    draft = officer.post("/releases/", period="2026Q1")
    assert draft.status_code == 302, words(draft)
    assert officer.post(f"{draft.location}/publication").status_code == 422
    second.get(draft.location)
    published = second.post(f"{draft.location}/publication")
    assert published.status_code == 302, words(published)
    index_page = words(public.get("/index"))
    assert "2026Q1" in index_page
    csv = public.get(f"{published.location}/download/csv").text
    assert re.search(r"2026Q1,110112,[^\n]*,SUP1,", csv)

    session.rollback()
    assert application.state == State.FINANCED
    assert audit.verify(session).ok


def enter_external(officer: Browser, second: Browser, session: Session) -> None:
    """The indicators the registry cannot compute, entered by one officer and approved by another."""
    for leaf, value in {"CLI5": "12.5", "GOV2": "70", "GOV3": "40", "MKT3": "1", "MKT4": "3"}.items():
        officer.get("/releases/")
        answer = officer.post(
            "/releases/values",
            leaf=leaf,
            unit="110112",
            period="2026Q1",
            value=value,
            source="区统计部门季度函件",
        )
        assert answer.status_code == 302, words(answer)
    page = second.get("/releases/")
    for value_id in re.findall(r"/releases/values/(\d+)/approval", page.text):
        assert second.post(f"/releases/values/{value_id}/approval").status_code == 302


def _version(session: Session, application: Application) -> int:
    session.rollback()  # a new transaction sees what the pages have written
    return application.version
