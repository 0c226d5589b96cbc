"""HTML to PDF: archival (PDF/A-3a), tagged, in Chinese, the same on every machine.

Rendering takes tenths of a second a page: call it from a job, not from a web request.
"""

import logging
import re
import unicodedata
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import escape

from registry.errors import RegistryError
from registry.reports import typeface
from scoring.words import Words

TEMPLATES = Path(__file__).parent.parent.parent / "templates" / "reports"
STYLESHEET = TEMPLATES / "report.css"
LANGUAGE = "zh-CN"
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)


class PdfUnavailable(RegistryError):
    """This machine lacks the system libraries that lay out PDFs."""

    status = 503
    words = Words(
        "服务器缺少生成 PDF 的系统组件（Pango），请联系管理员安装后重试。",
        "The server lacks the libraries that make PDFs (Pango); ask the administrator to install them.",
    )


class RefusedAddress(RegistryError):
    """A document refers to something that does not come with the product."""

    status = 422
    words = Words(
        "文档引用了系统之外的内容，未生成。", "The document refers to outside content; it was not made."
    )


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
    that the typeface lacks print as 〓. Raises PdfUnavailable, and RefusedAddress if the document refers to
    anything outside the package.
    """
    try:
        from registry.reports import layout
    except OSError as error:
        raise PdfUnavailable from error
    head = f'<meta charset="utf-8"><title>{escape(_printable(title))}</title>'
    body = _printable(html)
    page = f'<!doctype html><html lang="{LANGUAGE}"><head>{head}</head><body>{body}</body></html>'
    try:
        return layout.lay_out(page, stylesheet=STYLESHEET)
    except layout.OutsideAddress as error:
        raise RefusedAddress(str(error)) from error


def _printable(text: str) -> str:
    text = _UNPRINTABLE.sub("", unicodedata.normalize("NFC", text))
    unknown = typeface.missing(text)
    if unknown:
        names = ", ".join(f"U+{ord(char):04X}" for char in sorted(unknown)[:20])
        logging.getLogger(__name__).warning("printed as %s: %s", typeface.GETA, names)
    return typeface.drawable(text)
