"""HTML to PDF: archival (PDF/A-3a), tagged, in Chinese, the same on every machine.

Rendering takes tenths of a second a page: call it from a job, not from a web request.
"""

import logging
import re
import threading
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from registry.reports import typeface

TEMPLATES = Path(__file__).parent.parent.parent / "templates" / "reports"
STYLESHEET = TEMPLATES / "report.css"
VARIANT = "pdf/a-3a"
LANGUAGE = "zh-CN"
_OUR_FOLDERS = (typeface.FONTS, TEMPLATES)
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)

# Pango and fontconfig keep state in the process; one document at a time is laid out.
_one_at_a_time = threading.Lock()


class RefusedAddress(FatalURLFetchingError):  # type: ignore[misc]  # the library has no types
    """A document asked for something that does not come with the product."""


class PackagedFiles(URLFetcher):  # type: ignore[misc]  # the library has no types
    """Serves data: addresses and the files of our own folders; nothing else, and no network."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols=("data", "file"), allow_redirects=False)

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        parts = urlsplit(url)
        if parts.scheme == "data":
            return super().fetch(url, headers)
        path = Path(unquote(parts.path)).resolve()
        if parts.scheme != "file" or not any(path.is_relative_to(folder) for folder in _OUR_FOLDERS):
            raise RefusedAddress(f"{url[:200]}: only files of the reports and data: addresses are read")
        return URLFetcherResponse(url, path.read_bytes())


@cache
def _faces() -> tuple[FontConfiguration, list[CSS]]:
    """The font configuration and style sheets of every document; loading the fonts once saves 0.1 s each."""
    configuration = FontConfiguration()
    rules = "".join(
        f'@font-face {{ font-family: "{typeface.FAMILY}"; font-weight: {weight}; src: url("{address}") }}'
        for weight, address in ((weight, file.as_uri()) for weight, file in typeface.FILES.items())
    )
    fetcher = PackagedFiles()
    faces = CSS(string=rules, font_config=configuration, url_fetcher=fetcher)
    style = CSS(filename=STYLESHEET, font_config=configuration, url_fetcher=fetcher)
    return configuration, [faces, style]


@cache
def templates() -> Environment:
    """The report templates; they need no request and no application."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render_pdf(html: str, *, title: str) -> bytes:
    """The PDF of an HTML document under the reports' style sheet; the same input gives the same bytes.

    `html` is the body; anything a person typed in it must be escaped already, as the templates do. Characters
    that the typeface lacks print as 〓. Raises RefusedAddress if it refers to anything outside the package.
    """
    body = _printable(html)
    head = f'<meta charset="utf-8"><title>{_escape(_printable(title))}</title>'
    page = f'<!doctype html><html lang="{LANGUAGE}"><head>{head}</head><body>{body}</body></html>'
    with _one_at_a_time:
        configuration, sheets = _faces()
        document = HTML(string=page, base_url=f"{TEMPLATES.as_uri()}/", url_fetcher=PackagedFiles())
        pdf: bytes = document.write_pdf(stylesheets=sheets, font_config=configuration, pdf_variant=VARIANT)
    return pdf


def _printable(text: str) -> str:
    text = _UNPRINTABLE.sub("", unicodedata.normalize("NFC", text))
    unknown = typeface.missing(text)
    if unknown:
        names = ", ".join(f"U+{ord(char):04X}" for char in sorted(unknown)[:20])
        logging.getLogger(__name__).warning("printed as %s: %s", typeface.GETA, names)
    return typeface.drawable(text)


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
