"""Who may call what, written out by hand: every route, its audience and what it answers to whom it is for.

The pages declare their audiences beside their views; this table says it a second time, from the outside.
An address may name things of the small registry that `test_permissions` builds: `{draft}` is an application
of the enterprise, `{filed}` its submitted one, and so on.
"""

from dataclasses import dataclass

ENTERPRISE, STRANGER = "enterprise", "another enterprise"
OFFICER, DEPARTMENT, EXPERT = "officer", "department", "exchange_expert"
PANEL, BANK, ADMINISTRATOR = "panel_member", "bank", "administrator"
ANONYMOUS = "anonymous"
ROLES = (ENTERPRISE, OFFICER, DEPARTMENT, EXPERT, PANEL, BANK, ADMINISTRATOR)
IDENTITIES = (ANONYMOUS, *ROLES, STRANGER)

_EVERYBODY = frozenset(IDENTITIES)
_ACCOUNTS = frozenset(IDENTITIES) - {ANONYMOUS}
_DESK = frozenset({OFFICER, DEPARTMENT, EXPERT, PANEL})
_ENTERPRISES = frozenset({ENTERPRISE, STRANGER})


@dataclass(frozen=True, slots=True)
class Route:
    """`answer` goes to the audience, `others` says where single identities get something else."""

    endpoint: str
    method: str
    address: str
    audience: frozenset[str]
    answer: int
    others: tuple[tuple[frozenset[str], int], ...] = ()

    def expected(self, identity: str) -> int:
        if identity not in self.audience:
            if identity != ANONYMOUS:
                return 403
            return 302 if self.method == "GET" else 401
        return next((status for who, status in self.others if identity in who), self.answer)


def _get(endpoint: str, address: str, audience: frozenset[str], answer: int = 200, **others: int) -> Route:
    return Route(endpoint, "GET", address, audience, answer, _others(others))


def _post(endpoint: str, address: str, audience: frozenset[str], answer: int, **others: int) -> Route:
    return Route(endpoint, "POST", address, audience, answer, _others(others))


# `stranger=404`: the thing exists, but it is not theirs.
_GROUPS = {
    "stranger": frozenset({STRANGER}),
    "signed_in": _ACCOUNTS,
    "not_theirs": _ACCOUNTS - {ENTERPRISE},
    "neither_theirs_nor_run_by_them": _ACCOUNTS - {ENTERPRISE, ADMINISTRATOR},
}


def _others(named: dict[str, int]) -> tuple[tuple[frozenset[str], int], ...]:
    return tuple((_GROUPS[name], status) for name, status in named.items())


def _only(*identities: str) -> frozenset[str]:
    return frozenset(identities)


_APPLICATION = "/applications/{draft}"
_SHEET = "/review/{filed}"
TABLE: tuple[Route, ...] = (
    # ---- for everybody
    _get("static", "/static/site.css", _EVERYBODY),
    _get("public.home", "/", _EVERYBODY),
    _get("public.entries_list", "/entries", _EVERYBODY),
    _get("public.entry", "/entries/{entry}", _EVERYBODY),
    _get("public.certificate", "/entries/{entry}/certificate.pdf", _EVERYBODY),
    _get("public.verify", "/verify", _EVERYBODY),
    _get("public.notices", "/notices", _EVERYBODY),
    _get("public.notice", "/notices/{notice}", _EVERYBODY),
    _get("public.index_page", "/index", _EVERYBODY),
    _get("public.release", "/index/{published}", _EVERYBODY),
    _get("public.download", "/index/{published}/download/csv", _EVERYBODY),
    _get("public.guide", "/guide", _EVERYBODY),
    _get("public.criteria_page", "/criteria", _EVERYBODY),
    _get("public.factors", "/factors", _EVERYBODY),
    _get("public.accessibility", "/accessibility", _EVERYBODY),
    _get("account.sign_in", "/sign-in", _EVERYBODY, signed_in=302),
    _post("account.sign_in", "/sign-in", _EVERYBODY, 422),
    _post("account.sign_out", "/sign-out", _EVERYBODY, 302),
    _get("account.join", "/join/{token}", _EVERYBODY),
    _post("account.join", "/join/{token}", _EVERYBODY, 422),
    # ---- for everybody with an account
    _get("account.confirm_code", "/account/code", _ACCOUNTS, 302),
    _post("account.confirm_code", "/account/code", _ACCOUNTS, 302),
    _get("account.second_factor", "/account/second-factor", _ACCOUNTS),
    _post("account.second_factor", "/account/second-factor", _ACCOUNTS, 422),
    _get("account.password", "/account/password", _ACCOUNTS),
    _post("account.password", "/account/password", _ACCOUNTS, 422),
    _get("account.organisation", "/organisation", _ACCOUNTS),
    _post("account.organisation", "/organisation", _ACCOUNTS, 422),
    _post("account.set_active", "/organisation/people/{colleague}/close", _ACCOUNTS, 302, not_theirs=404),
    _post(
        "account.withdraw_invitation",
        "/organisation/invitations/{invitation}/withdraw",
        _ACCOUNTS,
        302,
        not_theirs=404,
    ),
    _get("admin.job", "/jobs/{job}", _ACCOUNTS, 200, neither_theirs_nor_run_by_them=404),
    _post("admin.cancel_job", "/jobs/{job}/cancel", _ACCOUNTS, 302, neither_theirs_nor_run_by_them=404),
    # ---- for enterprises
    _get("enterprise.applications_list", "/applications/", _ENTERPRISES),
    _post("enterprise.create", "/applications/", _ENTERPRISES, 302),
    _get("enterprise.application", _APPLICATION, _ENTERPRISES, stranger=404),
    _get("enterprise.section", _APPLICATION + "/sections/project", _ENTERPRISES, stranger=404),
    _post("enterprise.section", _APPLICATION + "/sections/project", _ENTERPRISES, 409, stranger=404),
    _get("enterprise.precheck", _APPLICATION + "/precheck", _ENTERPRISES, stranger=404),
    _get("enterprise.check", _APPLICATION + "/check", _ENTERPRISES, stranger=404),
    _post("enterprise.check", _APPLICATION + "/check", _ENTERPRISES, 422, stranger=404),
    _get("enterprise.progress", "/applications/{filed}/progress", _ENTERPRISES, stranger=404),
    _post("enterprise.withdraw", _APPLICATION + "/withdraw", _ENTERPRISES, 302, stranger=404),
    _post("enterprise.agree_to_match", _APPLICATION + "/match", _ENTERPRISES, 409, stranger=404),
    # ---- for the desk
    _get("review.queue", "/review/", _DESK),
    _get("review.application", _SHEET, _DESK),
    _post("review.step", _SHEET + "/steps/accept", _only(OFFICER), 422),
    _post("review.resolve", _SHEET + "/findings/G02", _only(OFFICER), 422),
    _post("review.propose", _SHEET + "/decision", _only(OFFICER), 422),
    _post("review.approve", _SHEET + "/approval", _only(OFFICER), 409),
    _post("review.publish_notice", _SHEET + "/notice", _only(OFFICER), 409),
    _post("review.admit", _SHEET + "/listing", _only(OFFICER), 409),
    _post("review.opinion", _SHEET + "/opinion", _only(DEPARTMENT), 422),
    _post("review.assess", _SHEET + "/assessment", _only(EXPERT), 422),
    _post("review.panel", _SHEET + "/panel", _only(PANEL), 422),
    # ---- for officers of the index
    _get("releases.overview", "/releases/", _only(OFFICER)),
    _post("releases.prepare", "/releases/", _only(OFFICER), 422),
    _post("releases.enter", "/releases/values", _only(OFFICER), 422),
    _post("releases.approve_value", "/releases/values/{value}/approval", _only(OFFICER), 302),
    _get("releases.draft", "/releases/{prepared}", _only(OFFICER)),
    _post("releases.publish", "/releases/{prepared}/publication", _only(OFFICER), 422),
    # ---- for banks
    _get("bank.entries_list", "/bank/", _only(BANK)),
    _get("bank.entry", "/bank/entries/{entry}", _only(BANK)),
    _post("bank.record_contract", "/bank/entries/{entry}/contract", _only(BANK), 422),
    _get("bank.products", "/bank/products", _only(BANK)),
    # ---- for administrators
    _get("admin.audit", "/admin/audit", _only(OFFICER, ADMINISTRATOR)),
    _post("admin.verify_audit", "/admin/audit/verify", _only(OFFICER, ADMINISTRATOR), 422),
    _get("admin.editions", "/admin/editions", _only(OFFICER, ADMINISTRATOR)),
    _get("admin.jobs", "/admin/jobs", _only(ADMINISTRATOR)),
    _post("admin.retry_job", "/jobs/{job}/retry", _only(ADMINISTRATOR), 409),
    _get("admin.organisations", "/admin/organisations", _only(ADMINISTRATOR)),
    _get("admin.new_organisation", "/admin/organisations/new", _only(ADMINISTRATOR)),
    _post("admin.new_organisation", "/admin/organisations/new", _only(ADMINISTRATOR), 422),
    _get("admin.organisation", "/admin/organisations/{organisation}", _only(ADMINISTRATOR)),
    _post("admin.organisation", "/admin/organisations/{organisation}", _only(ADMINISTRATOR), 422),
    _post("admin.withdraw_invitation", "/admin/invitations/{invitation}/withdraw", _only(ADMINISTRATOR), 302),
    _post("admin.set_active", "/admin/people/{colleague}/close", _only(ADMINISTRATOR), 302),
    _post("admin.set_panel_field", "/admin/people/{member}/panel-field", _only(ADMINISTRATOR), 422),
    _post(
        "admin.reset_second_factor",
        "/admin/people/{colleague}/second-factor/reset",
        _only(ADMINISTRATOR),
        302,
    ),
)
