"""Organisations, accounts, signing in, second factors, invitations, passwords."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.config import Settings
from registry.models import AuditEvent, Organisation, RecoveryCode, Role, SignInSession, User
from registry.services import accounts, invitations
from tests import makers
from tests.registry.browsing import PASSWORD, Browser, faults, heading, words
from tests.registry.clocks import NOW, Clock

FAILURES, LOCKOUT = 5, timedelta(minutes=15)
REAL_CODES = ["91330100799655058B", "914403001922038216", "9144030071526726XG", "91110000802100433B"]
MakeUser = Callable[..., User]


@pytest.fixture
def make_user(session: Session) -> MakeUser:
    """Make a person and let the pages see them."""

    def make(*, role: Role = Role.ENTERPRISE, can_sign: bool = False, **fields: Any) -> User:
        user = makers.make_user(session, role, can_sign=can_sign, **fields)
        session.commit()
        return user

    return make


@pytest.fixture
def strict_app(settings: Settings, make_app: Callable[[Settings], Flask]) -> Flask:
    """As in production: staff must use a second factor."""
    return make_app(replace(settings, second_factor_required=True))


def _reread(session: Session, user: User) -> None:
    """What the pages have stored meanwhile: a transaction sees the database as it began."""
    session.rollback()
    session.refresh(user)


def _organisation(session: Session, uscc: str, name: str = "北京示例新能源有限公司") -> Organisation:
    return accounts.create_organisation(
        session, name=name, uscc=uscc, role=Role.ENTERPRISE, actor=None, now=NOW
    )


# ---- organisations


@pytest.mark.parametrize("code", REAL_CODES)
def test_published_codes_are_accepted(session: Session, code: str) -> None:
    assert _organisation(session, code).uscc == code


@pytest.mark.parametrize(
    "typed", ["9133 0100 7996 5505 8b", "９１３３０１００７９９６５５０５８Ｂ", " 91330100799655058b\t"]
)
def test_code_is_stored_as_it_is_meant(session: Session, typed: str) -> None:
    assert _organisation(session, typed).uscc == "91330100799655058B"


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "18 位"),
        ("91330100799655058", "18 位"),
        ("91330100799655058B1", "18 位"),
        ("9133010079965505IB", "I、O、S、V、Z"),
        ("91330100799655058中", "I、O、S、V、Z"),
        ("91330100799655058A", "校验位"),
        ("91330100799655085B", "校验位"),
    ],
)
def test_wrong_code_is_refused_with_what_is_wrong(session: Session, typed: str, says: str) -> None:
    with pytest.raises(accounts.InvalidCode) as refusal:
        _organisation(session, typed)

    assert says in refusal.value.words.zh


def test_code_is_taken_once(session: Session) -> None:
    _organisation(session, REAL_CODES[0])

    with pytest.raises(accounts.InvalidCode, match="exists already"):
        _organisation(session, REAL_CODES[0].lower(), name="另一家")


# ---- passwords


@pytest.mark.parametrize(
    "password",
    ["seven quiet herons", " a space before", "运河边的七只苍鹭飞走了呀", "Zx4 " + "qW9_rT6 " * 24 + "."],
)
def test_password_is_used_exactly_as_typed(app: Flask, make_user: MakeUser, password: str) -> None:
    make_user(email="a@example.org", password=password)

    assert Browser(app).sign_in("a@example.org", password.strip() + " ").status_code == 422
    assert Browser(app).sign_in("a@example.org", password.swapcase() + "x").status_code == 422
    assert Browser(app).sign_in("a@example.org", password).status_code == 302


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "elevenchars",
        "x" * 201,
        "aaaaaaaaaaaa",
        "abcabcabcabc",
        "123456789012",
        "qwertyuiop12",
        "password1234",
        "zhangsan-zhangsan",
    ],
)
def test_password_that_is_guessed_first_is_refused(password: str) -> None:
    with pytest.raises(accounts.WeakPassword):
        accounts.check_password(password, email="zhangsan@example.org")


def test_changing_the_password_ends_every_session(app: Flask, make_user: MakeUser) -> None:
    make_user(email="a@example.org")
    office, home = Browser(app), Browser(app)
    office.sign_in("a@example.org")
    home.sign_in("a@example.org")

    answer = office.post(
        "/account/password", old=PASSWORD, password="nine loud cranes", repeated="nine loud cranes"
    )

    assert (answer.status_code, answer.location) == (302, "/sign-in")
    assert office.get("/organisation").status_code == 302
    assert home.get("/organisation").status_code == 302
    assert Browser(app).sign_in("a@example.org").status_code == 422
    assert Browser(app).sign_in("a@example.org", "nine loud cranes").status_code == 302


@pytest.mark.parametrize(
    ("old", "new", "repeated", "says"),
    [
        ("wrong", "nine loud cranes", "nine loud cranes", "原密码不正确。"),
        (PASSWORD, "nine loud cranes", "nine loud crane", "两次输入的密码不一致"),
        (PASSWORD, "short", "short", "密码须有 12–200 位，现在是 5 位。"),
        ("", "nine loud cranes", "nine loud cranes", "请填写原密码"),
    ],
)
def test_wrong_password_change_is_refused_at_its_field(
    app: Flask, make_user: MakeUser, old: str, new: str, repeated: str, says: str
) -> None:
    make_user(email="a@example.org")
    browser = Browser(app)
    browser.sign_in("a@example.org")

    answer = browser.post("/account/password", old=old, password=new, repeated=repeated)

    assert (answer.status_code, faults(answer)) == (422, [says])
    assert "nine loud" not in answer.text
    assert browser.get("/organisation").status_code == 200


def test_guessing_the_old_password_locks(app: Flask, make_user: MakeUser) -> None:
    make_user(email="a@example.org")
    browser = Browser(app)
    browser.sign_in("a@example.org")

    for _ in range(FAILURES):
        browser.post(
            "/account/password", old="wrong", password="nine loud cranes", repeated="nine loud cranes"
        )
    answer = browser.post(
        "/account/password", old=PASSWORD, password="nine loud cranes", repeated="nine loud cranes"
    )

    assert faults(answer) == ["输错次数过多，账号已暂时锁定，请稍后再试。"]


# ---- signing in


@pytest.mark.parametrize(
    ("role", "home"),
    [
        (Role.ENTERPRISE, "/applications/"),
        (Role.OFFICER, "/review/"),
        (Role.BANK, "/bank/"),
        (Role.ADMINISTRATOR, "/admin/organisations"),
    ],
)
def test_each_role_starts_at_its_own_page(app: Flask, make_user: MakeUser, role: Role, home: str) -> None:
    make_user(email="a@example.org", role=role)
    browser = Browser(app)

    answer = browser.sign_in(" A@Example.ORG ")

    assert answer.status_code == 302
    assert answer.location.startswith(home)
    assert browser.get(answer.location).status_code == 200


def test_refusal_is_the_same_for_unknown_wrong_locked_and_closed(
    app: Flask, session: Session, make_user: MakeUser
) -> None:
    make_user(email="a@example.org")
    make_user(email="locked@example.org").locked_until = NOW + LOCKOUT
    make_user(email="closed@example.org").active = False
    session.commit()

    answers = [
        Browser(app).sign_in(email, password)
        for email, password in (
            ("nobody@example.org", PASSWORD),
            ("a@example.org", "wrong"),
            ("locked@example.org", PASSWORD),
            ("locked@example.org", "wrong"),
            ("closed@example.org", PASSWORD),
        )
    ]

    said = "邮箱或密码不正确，或者账号暂时锁定。连续输错 5 次会锁定 15 分钟。"
    assert [(a.status_code, faults(a)) for a in answers] == [(422, [said])] * 5
    assert [a.headers.getlist("Set-Cookie") for a in answers] == [[]] * 5


def test_failures_are_counted_and_lock_for_a_time(
    app: Flask, session: Session, make_user: MakeUser, clock: Clock
) -> None:
    user, browser = make_user(email="a@example.org"), Browser(app)

    for count in range(1, FAILURES):
        browser.sign_in("a@example.org", "wrong")
        _reread(session, user)
        assert user.failed_sign_ins == count
        assert user.locked_until is None
    browser.sign_in("a@example.org", "wrong")
    _reread(session, user)

    assert user.locked_until == clock.now() + LOCKOUT
    assert browser.sign_in("a@example.org").status_code == 422
    clock.move(LOCKOUT - timedelta(seconds=1))
    assert browser.sign_in("a@example.org").status_code == 422
    clock.move(timedelta(seconds=2))
    assert browser.sign_in("a@example.org").status_code == 302
    _reread(session, user)
    assert (user.failed_sign_ins, user.locked_until) == (0, None)


def test_signing_in_clears_earlier_failures(app: Flask, session: Session, make_user: MakeUser) -> None:
    user, browser = make_user(email="a@example.org"), Browser(app)
    for _ in range(FAILURES - 1):
        browser.sign_in("a@example.org", "wrong")

    browser.sign_in("a@example.org")

    _reread(session, user)
    assert user.failed_sign_ins == 0


def test_sign_ins_and_failures_are_recorded_without_the_name(
    app: Flask, session: Session, make_user: MakeUser
) -> None:
    user = make_user(email="a@example.org")

    Browser(app).sign_in("nobody@example.org")
    Browser(app).sign_in("a@example.org", "wrong")
    Browser(app).sign_in("a@example.org")

    events = session.scalars(
        select(AuditEvent).where(AuditEvent.action.startswith("account.sign_in")).order_by(AuditEvent.id)
    )
    assert [(e.action, e.subject_id, e.detail) for e in events] == [
        ("account.sign_in_failed", 0, {}),
        ("account.sign_in_failed", user.id, {}),
        ("account.sign_in", user.id, {}),
    ]


@pytest.mark.parametrize(
    ("email", "password", "says"),
    [
        ("", PASSWORD, ["请填写邮箱"]),
        ("   ", PASSWORD, ["请填写邮箱"]),
        ("a@example.org", "", ["请填写密码"]),
        ("a\x00@example.org", PASSWORD, ["含有看不见的控制字符，请删去后重新输入"]),
        ("a\u202e@example.org", PASSWORD, ["含有看不见的控制字符，请删去后重新输入"]),
        ("x" * 300, PASSWORD, ["内容太长，请缩短"]),
        ("a@example.org", "x" * 201, ["内容太长，请缩短"]),
    ],
)
def test_malformed_sign_in_is_refused_at_the_field(
    app: Flask, make_user: MakeUser, email: str, password: str, says: list[str]
) -> None:
    make_user(email="a@example.org")

    answer = Browser(app).sign_in(email, password)

    assert (answer.status_code, faults(answer)) == (422, says)


def test_typed_email_is_kept_and_shown_as_text(app: Flask, make_user: MakeUser) -> None:
    answer = Browser(app).sign_in('"><b>x</b>@example.org', "wrong")

    assert 'value="&#34;&gt;&lt;b&gt;x&lt;/b&gt;@example.org"' in answer.text
    assert "wrong" not in answer.text


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        "\\\\evil.example",
        "/\t/[",
        "evil",
        "",
    ],
)
def test_redirect_elsewhere_is_refused(app: Flask, make_user: MakeUser, target: str) -> None:
    make_user(email="a@example.org", role=Role.ADMINISTRATOR)

    answer = Browser(app).sign_in("a@example.org", next=target)

    assert answer.location == "/admin/organisations"


def test_redirect_within_the_site_is_followed(app: Flask, make_user: MakeUser) -> None:
    make_user(email="a@example.org", role=Role.ADMINISTRATOR)
    browser = Browser(app)
    asked = browser.get("/admin/audit?action=account.sign_in")

    answer = browser.get(asked.location)
    landed = browser.sign_in("a@example.org", next="/admin/audit?action=account.sign_in")

    assert asked.location == "/sign-in?next=/admin/audit?action%3Daccount.sign_in"
    assert 'name="next" value="/admin/audit?action=account.sign_in"' in answer.text
    assert landed.location == "/admin/audit?action=account.sign_in"


# ---- second factor


def _set_up(browser: Browser, session: Session, user: User, clock: Clock) -> tuple[pyotp.TOTP, list[str]]:
    """The authenticator and the recovery codes after setting up through the pages."""
    browser.post("/account/second-factor", begin="1")
    _reread(session, user)
    authenticator = pyotp.TOTP(user.totp_secret or "")
    answer = browser.post("/account/second-factor", code=authenticator.at(clock.now()))
    return authenticator, re.findall(r"<code>([a-z0-9-]+)</code>", answer.text)


@pytest.fixture
def officer(make_user: MakeUser) -> User:
    return make_user(email="o@example.org", role=Role.OFFICER)


@pytest.fixture
def signed_in(app: Flask, officer: User) -> Browser:
    browser = Browser(app)
    browser.sign_in("o@example.org")
    return browser


def test_second_factor_is_shown_once_confirmed_and_then_asked(
    app: Flask, session: Session, officer: User, signed_in: Browser, clock: Clock
) -> None:
    assert "data:image/svg+xml" not in signed_in.get("/account/second-factor").text
    authenticator, codes = _set_up(signed_in, session, officer, clock)
    _reread(session, officer)

    assert officer.totp_confirmed
    assert len(set(codes)) == 10
    assert authenticator.secret not in signed_in.get("/account/second-factor").text

    later = Browser(app)
    clock.move(timedelta(seconds=30))
    assert later.sign_in("o@example.org").location == "/account/code?next=/review/"
    assert later.get("/review/").location == "/account/code?next=/review/"
    answer = later.post("/account/code?next=/review/", code=authenticator.at(clock.now()))
    assert (answer.status_code, answer.location) == (302, "/review/")
    assert later.get("/review/").status_code == 200


def test_wrong_code_does_not_set_it_up(
    session: Session, officer: User, signed_in: Browser, clock: Clock
) -> None:
    signed_in.post("/account/second-factor", begin="1")
    _reread(session, officer)
    right = pyotp.TOTP(officer.totp_secret or "").at(clock.now())

    answer = signed_in.post("/account/second-factor", code=f"{(int(right) + 1) % 1_000_000:06d}")

    _reread(session, officer)
    assert (answer.status_code, officer.totp_confirmed) == (422, False)
    assert "data:image/svg+xml" in answer.text


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６", "' OR 1=1 --", "x" * 41])
def test_malformed_code_is_refused(
    app: Flask, session: Session, officer: User, signed_in: Browser, clock: Clock, code: str
) -> None:
    _set_up(signed_in, session, officer, clock)
    later = Browser(app)
    later.sign_in("o@example.org")

    assert later.post("/account/code", code=code).status_code == 422
    assert later.get("/review/").status_code == 302


def test_code_counts_once(
    app: Flask, session: Session, officer: User, signed_in: Browser, clock: Clock
) -> None:
    authenticator, _ = _set_up(signed_in, session, officer, clock)
    set_up_with = authenticator.at(clock.now())
    first, second = Browser(app), Browser(app)
    first.sign_in("o@example.org")
    second.sign_in("o@example.org")
    assert first.post("/account/code", code=set_up_with).status_code == 422

    clock.move(timedelta(seconds=30))
    code = authenticator.at(clock.now())

    assert first.post("/account/code", code=code).status_code == 302
    assert second.post("/account/code", code=code).status_code == 422


@pytest.mark.parametrize(("steps", "status"), [(-2, 422), (-1, 302), (0, 302), (1, 302), (2, 422)])
def test_one_step_of_clock_difference_is_allowed(
    app: Flask, session: Session, officer: User, signed_in: Browser, clock: Clock, steps: int, status: int
) -> None:
    authenticator, _ = _set_up(signed_in, session, officer, clock)
    later = Browser(app)
    later.sign_in("o@example.org")
    clock.move(timedelta(minutes=5))

    code = authenticator.at(clock.now() + steps * timedelta(seconds=30))

    assert later.post("/account/code", code=code).status_code == status


def test_recovery_code_counts_once_however_it_is_typed(
    app: Flask, session: Session, officer: User, signed_in: Browser, clock: Clock
) -> None:
    _, codes = _set_up(signed_in, session, officer, clock)
    first, second = Browser(app), Browser(app)
    first.sign_in("o@example.org")
    second.sign_in("o@example.org")

    assert first.post("/account/code", code=codes[0].upper().replace("-", " ")).status_code == 302
    assert second.post("/account/code", code=codes[0]).status_code == 422
    assert second.post("/account/code", code=codes[1]).status_code == 302


def test_recovery_codes_are_stored_hashed(
    session: Session, officer: User, signed_in: Browser, clock: Clock
) -> None:
    _, codes = _set_up(signed_in, session, officer, clock)

    session.rollback()
    stored = session.scalars(select(RecoveryCode.code_hash)).all()

    assert len(stored) == 10
    assert not set(stored) & {*codes, *(code.replace("-", "") for code in codes)}


def test_guessing_codes_locks_and_the_password_buys_no_new_guesses(
    app: Flask, session: Session, officer: User, signed_in: Browser, clock: Clock
) -> None:
    authenticator, _ = _set_up(signed_in, session, officer, clock)
    clock.move(timedelta(minutes=1))
    thief = Browser(app)
    for _ in range(FAILURES - 1):
        thief.sign_in("o@example.org")
        thief.post("/account/code", code="000000")
    thief.sign_in("o@example.org")
    thief.post("/account/code", code="000000")

    answer = thief.post("/account/code", code=authenticator.at(clock.now()))

    assert faults(answer) == ["输错次数过多，账号已暂时锁定，请稍后再试。"]
    assert Browser(app).sign_in("o@example.org").status_code == 422


def test_password_alone_never_replaces_the_factor(
    app: Flask, session: Session, officer: User, signed_in: Browser, clock: Clock
) -> None:
    authenticator, _ = _set_up(signed_in, session, officer, clock)
    thief = Browser(app)
    thief.sign_in("o@example.org")

    assert thief.get("/account/second-factor").location.startswith("/account/code")
    assert thief.post("/account/second-factor", begin="1").location.startswith("/account/code")
    _reread(session, officer)
    assert (officer.totp_secret, officer.totp_confirmed) == (authenticator.secret, True)


def test_factor_is_replaced_with_a_code_of_the_old_one(
    session: Session, officer: User, signed_in: Browser, clock: Clock
) -> None:
    authenticator, codes = _set_up(signed_in, session, officer, clock)
    signed_in.post("/account/second-factor", begin="1")
    _reread(session, officer)
    assert officer.totp_secret == authenticator.secret

    signed_in.post("/account/second-factor", code=codes[0])
    replaced, fresh = _set_up(signed_in, session, officer, clock)

    assert replaced.secret != authenticator.secret
    assert not set(codes) & set(fresh)


@pytest.mark.parametrize("role", [Role.OFFICER, Role.EXCHANGE_EXPERT, Role.ADMINISTRATOR])
def test_staff_must_set_up_the_factor_first(strict_app: Flask, make_user: MakeUser, role: Role) -> None:
    make_user(email="a@example.org", role=role)
    browser = Browser(strict_app)
    home = browser.sign_in("a@example.org").location

    assert browser.get(home).location == "/account/second-factor"
    assert "您的角色必须启用两步验证" in browser.get("/account/second-factor").text
    assert browser.post("/organisation", email="b@example.org").location == "/account/second-factor"
    assert browser.post("/sign-out").status_code == 302


def test_enterprises_choose_the_factor(strict_app: Flask, make_user: MakeUser) -> None:
    make_user(email="a@example.org", role=Role.ENTERPRISE)
    browser = Browser(strict_app)

    assert browser.get(browser.sign_in("a@example.org").location).status_code == 200


# ---- invitations and people


def _invite(browser: Browser, email: str, **fields: str) -> str:
    """The path of the link on the page after inviting."""
    answer = browser.post("/organisation", email=email, **fields)
    assert answer.status_code == 200, faults(answer)
    return "/join/" + answer.text.partition("/join/")[2].partition("<")[0]


@pytest.fixture
def responsible(app: Flask, make_user: MakeUser) -> Browser:
    make_user(email="boss@example.org", role=Role.ENTERPRISE, can_sign=True)
    browser = Browser(app)
    browser.sign_in("boss@example.org")
    return browser


def _join(browser: Browser, path: str, name: str = "钱七") -> int:
    browser.get(path)
    return browser.post(path, name=name, password="nine loud cranes", repeated="nine loud cranes").status_code


def test_invited_colleague_joins_the_organisation(app: Flask, session: Session, responsible: Browser) -> None:
    path = _invite(responsible, "Second@Example.org")

    assert _join(Browser(app), path) == 302

    people = session.scalars(select(User).order_by(User.id)).all()
    assert [(u.email, u.role, u.can_sign, u.organisation_id) for u in people] == [
        ("boss@example.org", "enterprise", True, people[0].organisation_id),
        ("second@example.org", "enterprise", False, people[0].organisation_id),
    ]
    assert Browser(app).sign_in("second@example.org", "nine loud cranes").status_code == 302
    page = words(responsible.get("/organisation"))
    assert "second@example.org" in page
    assert "没有未使用的邀请" in page


def test_invitation_is_used_once(app: Flask, responsible: Browser) -> None:
    path = _invite(responsible, "second@example.org")
    _join(Browser(app), path)

    answer = Browser(app).get(path)

    assert answer.status_code == 404
    assert "这个邀请链接已不能使用" in words(answer)
    assert _join(Browser(app), path) == 404


def test_invitation_expires_after_a_week(app: Flask, responsible: Browser, clock: Clock) -> None:
    path = _invite(responsible, "second@example.org")

    clock.move(invitations.VALID - timedelta(seconds=1))
    assert Browser(app).get(path).status_code == 200
    clock.move(timedelta(seconds=1))
    assert Browser(app).get(path).status_code == 404
    assert _join(Browser(app), path) == 404


def test_withdrawn_invitation_is_closed(app: Flask, responsible: Browser) -> None:
    path = _invite(responsible, "second@example.org")

    assert responsible.post("/organisation/invitations/1/withdraw").location == "/organisation"

    assert Browser(app).get(path).status_code == 404
    assert "没有未使用的邀请" in words(responsible.get("/organisation"))


def test_used_invitation_cannot_be_withdrawn(app: Flask, responsible: Browser) -> None:
    _join(Browser(app), _invite(responsible, "second@example.org"))

    assert responsible.post("/organisation/invitations/1/withdraw").status_code == 422


def test_only_the_digest_of_an_invitation_is_stored(session: Session, responsible: Browser) -> None:
    token = _invite(responsible, "second@example.org").removeprefix("/join/")

    assert session.scalar(select(func.count()).select_from(User).where(User.email == token)) == 0
    found = invitations.find(session, token, now=NOW)
    assert token not in (found.token_hash, found.email)


def test_link_is_built_from_the_settings_not_the_request(responsible: Browser) -> None:
    responsible.client.environ_base["HTTP_X_FORWARDED_HOST"] = "evil.example"

    answer = responsible.post("/organisation", email="second@example.org")

    assert "http://localhost/join/" in answer.text
    assert "evil.example" not in answer.text


@pytest.mark.parametrize(
    ("email", "says"),
    [
        ("", "请填写邮箱"),
        ("no-at-sign", "邮箱格式不对，应像 name@example.com。"),
        ("a b@example.org", "邮箱格式不对，应像 name@example.com。"),
        ("boss@example.org", "该邮箱已有账号。"),
        ("x" * 300 + "@example.org", "内容太长，请缩短"),
    ],
)
def test_bad_invitation_is_refused_and_kept(responsible: Browser, email: str, says: str) -> None:
    answer = responsible.post("/organisation", email=email)

    assert (answer.status_code, faults(answer)) == (422, [says])
    assert f'value="{email}"' in answer.text


@pytest.mark.parametrize(
    ("name", "password", "repeated", "says"),
    [
        ("", "nine loud cranes", "nine loud cranes", "请填写姓名"),
        ("  ", "nine loud cranes", "nine loud cranes", "请填写姓名"),
        ("钱\u202e七", "nine loud cranes", "nine loud cranes", "含有看不见的控制字符，请删去后重新输入"),
        ("钱七", "nine loud cranes", "", "两次输入的密码不一致"),
        ("钱七", "123456789012", "123456789012", "这个密码太容易猜"),
    ],
)
def test_bad_joining_is_refused_and_the_invitation_stays(
    app: Flask, responsible: Browser, name: str, password: str, repeated: str, says: str
) -> None:
    path, guest = _invite(responsible, "second@example.org"), Browser(app)
    guest.get(path)

    answer = guest.post(path, name=name, password=password, repeated=repeated)

    assert answer.status_code == 422
    assert faults(answer)[0].startswith(says)
    assert _join(guest, path) == 302


def test_only_the_responsible_person_manages(app: Flask, session: Session, responsible: Browser) -> None:
    _join(Browser(app), _invite(responsible, "second@example.org"))
    member = Browser(app)
    member.sign_in("second@example.org", "nine loud cranes")
    boss = session.scalars(select(User).order_by(User.id)).first()
    assert boss is not None

    page = words(member.get("/organisation"))

    assert "成员由本单位负责人管理。" in page
    assert "邀请同事" in words(responsible.get("/organisation"))
    assert "邀请同事" not in page
    assert member.post("/organisation", email="c@example.org").status_code == 403
    assert member.post(f"/organisation/people/{boss.id}/close").status_code == 403


def test_other_organisations_are_not_there(
    app: Flask, session: Session, responsible: Browser, make_user: MakeUser
) -> None:
    stranger = make_user(email="s@example.org", role=Role.ENTERPRISE, can_sign=True)
    other = Browser(app)
    other.sign_in("s@example.org")
    _invite(responsible, "second@example.org")
    boss_id = session.scalar(select(User.id).where(User.email == "boss@example.org"))

    assert other.post("/organisation/invitations/1/withdraw").status_code == 404
    assert other.post(f"/organisation/people/{boss_id}/close").status_code == 404
    assert other.post("/organisation/people/999999/close").status_code == 404
    assert other.post(f"/organisation/people/{10**30}/close").status_code == 404
    assert other.post(f"/organisation/people/{stranger.id}/close").status_code == 422


def test_closing_an_account_ends_its_sessions(app: Flask, session: Session, responsible: Browser) -> None:
    _join(Browser(app), _invite(responsible, "second@example.org"))
    member = Browser(app)
    member.sign_in("second@example.org", "nine loud cranes")
    member_id = session.scalar(select(User.id).where(User.email == "second@example.org"))
    assert member.get("/organisation").status_code == 200

    responsible.post(f"/organisation/people/{member_id}/close")

    assert member.get("/organisation").status_code == 302
    session.rollback()
    assert session.scalar(select(func.count()).where(SignInSession.user_id == member_id)) == 0
    assert Browser(app).sign_in("second@example.org", "nine loud cranes").status_code == 422
    responsible.post(f"/organisation/people/{member_id}/open")
    assert Browser(app).sign_in("second@example.org", "nine loud cranes").status_code == 302


def test_nobody_closes_the_own_account(session: Session, responsible: Browser) -> None:
    own = session.scalar(select(User.id))

    answer = responsible.post(f"/organisation/people/{own}/close")

    assert answer.status_code == 422
    assert "不能停用自己的账号。" in words(answer)


def test_pages_have_one_heading_each(app: Flask, responsible: Browser) -> None:
    path = _invite(responsible, "second@example.org")
    pages = ["/organisation", "/account/password", "/account/second-factor"]

    assert [heading(responsible.get(page)) for page in pages] == [
        "北京示例enterprise单位",
        "修改密码 Change your password",
        "两步验证 Second factor",
    ]
    assert heading(Browser(app).get("/sign-in")) == "登录 Sign in"
    assert heading(Browser(app).get(path)).startswith("加入 北京示例enterprise单位")
