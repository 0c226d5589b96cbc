"""Both languages are whole: the catalogue, the texts kept with their data, and the pages themselves."""

import ast
import gettext
import re
import tomllib
from collections.abc import Iterator
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from babel.messages import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, url_for
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from registry import clock, config
from registry.app import create_app
from registry.database import db, make_engine
from registry.demo import cast, seed
from registry.forms.finance import ContractForm, IndicatorForm
from registry.models import (
    Application,
    BackgroundJob,
    IndexRelease,
    Organisation,
    PublicNotice,
    RegistryEntry,
    Role,
    State,
    User,
)
from registry.services import invitations
from scoring import carbon
from scoring.facts import dictionary
from tests import servers
from tests.registry import routes
from tests.registry.browsing import Browser, faults, heading
from tests.registry.clocks import NOW
from tests.registry.english import CHINESE, not_ours, records, untranslated

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "registry/translations/en/LC_MESSAGES"
FILES = {"static", "public.download", "public.certificate"}


# ---- the catalogue


def _catalogue() -> Catalog:
    with (FOLDER / "messages.po").open("rb") as file:
        return read_po(file, locale="en")


def _extracted() -> set[str]:
    """What `./run messages` collects, by the same settings."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        mappings = tomllib.load(file)["tool"]["babel"]["mappings"]
    methods = [(mapping.pop("pattern"), mapping.pop("method"), mapping) for mapping in mappings]
    keywords = {**DEFAULT_KEYWORDS, "_l": None, "lazy_gettext": None}
    return {
        message
        for folder in ("registry", "templates")
        for _file, _line, message, *_ in extract_from_dir(
            ROOT / folder,
            [(pattern, method) for pattern, method, _ in methods],
            {pattern: options for pattern, _, options in methods},
            keywords,
        )
    }


def test_catalogue_holds_what_the_sources_say_and_nothing_else() -> None:
    catalogue = _catalogue()

    assert {message.id for message in catalogue if message.id} == _extracted()
    assert not catalogue.obsolete
    assert [message.id for message in catalogue if message.id and message.fuzzy] == []


def test_every_message_has_english_with_the_same_places_for_values() -> None:
    faulty = []
    for message in _catalogue():
        if not message.id:
            continue
        places = [sorted(re.findall(r"%(?:\(\w+\)s|%)", text)) for text in (message.id, message.string)]
        if not message.string.strip() or CHINESE.search(message.string) or places[0] != places[1]:
            faulty.append(message.id)

    assert faulty == []


def test_compiled_catalogue_is_the_written_one() -> None:
    written = BytesIO()
    write_mo(written, _catalogue())
    written.seek(0)

    expected = gettext.GNUTranslations(written)
    with (FOLDER / "messages.mo").open("rb") as file:
        kept = gettext.GNUTranslations(file)

    for message in _catalogue():
        if message.id:
            assert kept.gettext(message.id) == expected.gettext(message.id) == message.string, (
                "./run messages"
            )


# ---- texts kept in both languages with their data


def test_texts_of_the_data_files_are_in_both_languages() -> None:
    pairs = [record for record in records() if record.keys() & {"zh", "en"}]

    assert len(pairs) > 1000
    assert [pair for pair in pairs if not _both(pair.get("zh"), pair.get("en"))] == []
    assert [f.id for f in carbon.factors().values() if not _both(f.name.zh, f.name.en)] == []


def _both(zh: object, en: object) -> bool:
    """Nothing in both, as the label of a bare number, or a text in both; English may quote Chinese."""
    if zh == en == "":
        return True
    unquoted = re.sub(r"“[^”]*”", "", str(en or ""))
    return bool(str(zh or "").strip() and str(en or "").strip()) and not CHINESE.search(unquoted)


def _modules(*packages: str) -> Iterator[tuple[str, ast.Module]]:
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def _literals(text: ast.expr) -> list[str]:
    """What is written out of a text, without the values put into it."""
    parts = text.values if isinstance(text, ast.JoinedStr) else [text]
    return [str(part.value) for part in parts if isinstance(part, ast.Constant)]


def test_words_of_the_code_are_in_both_languages() -> None:
    found, faulty = 0, []
    for path, module in _modules("registry", "scoring"):
        for node in ast.walk(module):
            if isinstance(node, ast.Call) and _called(node) == "Words" and len(node.args) == 2:
                found += 1
                zh, en = node.args
                empty = [a for a in (zh, en) if isinstance(a, ast.Constant) and not str(a.value).strip()]
                chinese = any(CHINESE.search(text) for text in _literals(en))
                if len(empty) == 1 or chinese:
                    faulty.append(f"{path}:{node.lineno}: {ast.unparse(node)}")

    assert found > 500
    assert faulty == []


# Not texts: the unit of an amount by its symbol, and the name of the account in an authenticator.
_SYMBOLS = {"万元", "气候投融资项目库"}
_TRANSLATING = {"Words", "_", "_l", "_transition"}


def _spoken(module: ast.Module) -> Iterator[Any]:
    """Literals with Chinese outside Words, gettext and documentation, and outside a pair `zh`, `en`."""
    fine: set[int] = set()
    for node in ast.walk(module):
        pair = isinstance(node, ast.Assign | ast.AugAssign) and re.match(r"\(?zh\b", ast.unparse(node))
        told = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        chosen = isinstance(node, ast.If | ast.IfExp) and re.search(
            r"current\(\) == |language == ", ast.unparse(node.test)
        )
        said = isinstance(node, ast.Call) and _called(node) in _TRANSLATING
        if pair or told or chosen or said:
            fine.update(id(inner) for inner in ast.walk(node))
    for node in ast.walk(module):
        text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
        if CHINESE.search(text) and id(node) not in fine and text not in _SYMBOLS:
            yield node


def test_no_text_of_the_pages_is_in_chinese_alone() -> None:
    folders = ("views", "forms", "services", "models", "work")
    found = [
        f"{path}:{literal.lineno}: {literal.value}"
        for path, module in _modules(*(f"registry/{folder}" for folder in folders))
        for literal in _spoken(module)
    ]

    assert found == []


# ---- the pages


class Site:
    """The demonstration, small, with one application in every state."""

    def __init__(self, app: Flask, session: Session, token: str) -> None:
        self.app, self.session = app, session
        self.applications = list(session.scalars(select(Application).order_by(Application.id)))
        self.numbers: dict[str, list[Any]] = {
            "entry": list(session.scalars(select(RegistryEntry.number))),
            "notice": list(session.scalars(select(PublicNotice.number))),
            "release_id": list(session.scalars(select(IndexRelease.id)))[-1:],
            "organisation_id": [
                session.scalars(select(Organisation.id).where(Organisation.role == role)).first()
                for role in (Role.ENTERPRISE, Role.PANEL_MEMBER)
            ],
            "job_id": ["job-1"],
            "token": [token],
            "section": [section.id for section in dictionary().sections],
        }

    def browser(self, user: User | None) -> Browser:
        made = Browser(self.app)
        if user is not None:
            assert made.sign_in(user.email, cast.PASSWORD).status_code == 302
        return made

    def first(self, role: Role) -> User:
        return self.session.scalars(select(User).where(User.role == role).order_by(User.id)).all()[0]

    def addresses(self, endpoint: str, arguments: set[str], mine: list[Application]) -> Iterator[str]:
        pools = []
        for name in sorted(arguments):
            if name == "application_id":
                pools.append([application.id for application in mine])
            elif name == "number":
                pools.append(self.numbers["notice" if endpoint == "public.notice" else "entry"])
            else:
                pools.append(self.numbers[name])
        for values in product(*pools):
            with self.app.test_request_context():
                yield url_for(endpoint, **dict(zip(sorted(arguments), values, strict=True)))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, compiled: FileSystemBytecodeCache) -> Iterator[Site]:
    """Filled once for this file, on SQLite: the words do not depend on the database."""
    folder = tmp_path_factory.mktemp("english")
    with pytest.MonkeyPatch.context() as patch, servers.database("sqlite", folder, template="jobs") as url:
        patch.setattr(clock, "now", lambda: NOW)
        engine = make_engine(url)
        with Session(engine) as session:
            seed.fill(session, today=NOW.date(), share=0.001)
            owner = session.scalars(select(User).where(User.role == Role.ADMINISTRATOR)).one()
            session.add(BackgroundJob(id="job-1", kind="verify_audit", args={}, owner=owner, created_at=NOW))
            token = invitations.send(
                session, owner.organisation, email="new@example.org", can_sign=False, actor=owner, now=NOW
            )
            session.commit()
            settings = {
                "REGISTRY_MODE": "test",
                "REGISTRY_DATABASE_URL": url,
                "REGISTRY_INSTANCE": str(folder),
                "REGISTRY_PUBLIC_URL": "http://localhost",
            }
            app = create_app(config.from_environment(settings))
            app.jinja_env.bytecode_cache = compiled
            yield Site(app, session, token)
            with app.app_context():
                db.engine.dispose()
        engine.dispose()


def _pages(app: Flask) -> Iterator[tuple[str, set[str]]]:
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.endpoint not in FILES:
            yield rule.endpoint, rule.arguments


@pytest.mark.parametrize("role", [None, *Role], ids=lambda role: str(role or "anonymous"))
def test_english_pages_show_no_chinese_of_ours(site: Site, role: Role | None) -> None:
    known = not_ours(site.session)
    if role == Role.ENTERPRISE:
        visits = [(owner, [a for a in site.applications if a.created_by is owner]) for owner in _owners(site)]
    else:
        visits = [(site.first(role) if role else None, site.applications)]
    shown, found = set(), set()
    for user, mine in visits:
        browser = site.browser(user)
        for endpoint, arguments in _pages(site.app):
            own = endpoint.startswith("enterprise.")
            if user is not visits[0][0] and not own:
                continue
            theirs = mine if own == (role == Role.ENTERPRISE) else mine[:1]
            for address in site.addresses(endpoint, arguments, theirs):
                answer = browser.get(f"{address}{'&' if '?' in address else '?'}lang=en")
                assert answer.status_code < 500, address
                if answer.mimetype == "text/html" and answer.status_code != 302:
                    shown.add((endpoint, answer.status_code))
                    found |= {f"{endpoint}: {text}" for text in untranslated(answer.text, known)}

    assert sorted(found) == []
    assert {endpoint for endpoint, status in shown if status == 200} >= _open_to(role)


def _open_to(role: Role | None) -> set[str]:
    """The endpoints that answer this role, by the table of `routes.py`; a job is its owner's."""
    identity = str(role or routes.ANONYMOUS)
    answering = {r.endpoint for r in routes.TABLE if r.method == "GET" and r.expected(identity) == 200}
    return answering - FILES - ({"admin.job"} if role != Role.ADMINISTRATOR else set())


def _owners(site: Site) -> list[User]:
    return list(
        dict.fromkeys(a.created_by for a in site.applications if a.created_by.role == Role.ENTERPRISE)
    )


def test_chinese_pages_would_be_found_out(site: Site) -> None:
    """The check sees Chinese where there is some."""
    page = site.browser(None).get("/entries?lang=zh").text.replace('lang="zh-CN"', "", 1)

    assert "街道（乡镇）" in untranslated(page, not_ours(site.session))


def test_language_is_remembered_and_headings_are_said_once(site: Site) -> None:
    browser = site.browser(None)

    english = browser.get("/guide?lang=en")
    again = browser.get("/guide")

    assert heading(english) == heading(again) == "How to get a project listed"
    assert heading(browser.get("/guide?lang=zh")) == "入库办事指南 How to apply"


# ---- messages that the form library brings along


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("zh", "字段长度不能超过 2000 个字符。"), ("en", "Field cannot be longer than 2000 characters.")],
)
def test_built_in_form_messages_follow_the_page(site: Site, language: str, sentence: str) -> None:
    submitted = next(a for a in site.applications if a.state == State.SUBMITTED)
    officer = site.browser(site.first(Role.OFFICER))
    officer.get(f"/review/{submitted.id}?lang={language}")

    answer = officer.post(f"/review/{submitted.id}/steps/accept", note="长" * 2001)

    assert answer.status_code == 422
    assert sentence in faults(answer)


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("zh", ("不是有效的小数。", "数值大小必须介于 0 到 36 之间。")),
        ("en", ("Not a valid decimal value.", "Number must be between 0 and 36.")),
    ],
)
def test_numbers_are_refused_in_the_language_of_the_page(
    site: Site, language: str, sentences: tuple[str, str]
) -> None:
    with site.app.test_request_context(f"/?lang={language}"):
        value = IndicatorForm(MultiDict({"value": "viel"}), meta={"csrf": False})
        rate = ContractForm(MultiDict({"rate_percent": "99"}), meta={"csrf": False})
        value.value.validate(value)
        rate.rate_percent.validate(rate)

        assert value.value.errors == [sentences[0]]
        assert rate.rate_percent.errors == [sentences[1]]
