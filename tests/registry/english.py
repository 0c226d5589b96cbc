"""What a reader of English sees of a page, and which Chinese may stand there.

Chinese is left where it is not ours to translate: what people entered (names, facts, notes), the published
documents that rules and factors rest on, and text that the page itself marks as Chinese.
"""

import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from typing import Any

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.models import (
    Application,
    Assessment,
    AuditEvent,
    Decision,
    IndicatorValue,
    Opinion,
    Organisation,
    PanelReview,
    Resolution,
    User,
)
from scoring import carbon, catalogue

CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
_READ_ALOUD = ("alt", "aria-label", "data-l", "placeholder", "title")
_VOID = frozenset({"br", "img", "input", "link", "meta", "hr"})


class _Reader(HTMLParser):
    """The texts of a page that are not marked as Chinese."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        outer = bool(self._open) and self._open[-1][1]
        chinese = (given["lang"] or "").startswith("zh") if "lang" in given else outer
        if not chinese:
            self.texts += [given[name] or "" for name in _READ_ALOUD if name in given]
        if tag not in _VOID:
            self._open.append((tag, chinese))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        inside = [tag for tag, _ in self._open]
        if self._open and not self._open[-1][1] and not {"script", "style", "textarea"} & set(inside):
            self.texts.append(data)


def untranslated(page: str, allowed: Iterable[str]) -> list[str]:
    """Texts of an English page with Chinese in them that nobody entered or published."""
    reader = _Reader()
    reader.feed(page)
    found = []
    for text in reader.texts:
        rest = " ".join(text.split())
        if CHINESE.search(rest):
            for known in allowed:
                rest = rest.replace(known, "")
            if CHINESE.search(rest):
                found.append(" ".join(text.split()))
    return found


def not_ours(session: Session) -> list[str]:
    """The Chinese that people entered or published, the longest first."""
    known = {" ".join(text.split()) for text in (*_entered(session), *_published())}
    return sorted((text for text in known if CHINESE.search(text)), key=len, reverse=True)


def _entered(session: Session) -> Iterator[str]:
    columns = (
        Organisation.name,
        User.name,
        Application.project_name,
        Application.facts,
        Application.inputs,
        Opinion.comment,
        Assessment.comment,
        PanelReview.comment,
        Resolution.reason,
        Decision.note,
        IndicatorValue.source,
        AuditEvent.detail,
    )
    for column in columns:
        for value in session.scalars(select(column)):
            yield from _strings(value)


def _published() -> Iterator[str]:
    """Issuers, titles and articles of what the rules rest on, and the sources of the factors."""
    for record in records():
        if "issuer" in record:
            yield from (
                str(record[key]) for key in ("issuer", "title", "number", "article") if record.get(key)
            )
    for factor in carbon.factors().values():
        yield factor.source


def records() -> Iterator[dict[str, Any]]:
    """Every mapping in the data files of the scoring library."""
    for path in sorted(catalogue.DATA.rglob("*.yaml")):
        yield from _mappings(yaml.safe_load(path.read_text(encoding="utf-8")))


def _mappings(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _mappings(inner)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner)
