"""The layout engine, set up once a process: our typeface, our style sheet, nothing from outside the package.

Importing this module needs Pango; `document.render_pdf` does it when a document is asked for.
"""

import threading
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from registry.reports import typeface

VARIANT = "pdf/a-3a"

# Pango and fontconfig keep state in the process; one document at a time is laid out.
_one_at_a_time = threading.Lock()


class OutsideAddress(FatalURLFetchingError):  # type: ignore[misc]  # the library has no types
    """Not an Exception, so that the engine does not pass over it; `document.render_pdf` turns it into one."""


class PackagedFiles(URLFetcher):  # type: ignore[misc]  # the library has no types
    """Serves data: addresses and the files of the given folders; nothing else, and no network."""

    def __init__(self, folders: tuple[Path, ...]) -> None:
        super().__init__(allowed_protocols=("data", "file"), allow_redirects=False)
        self.folders = folders

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        parts = urlsplit(url)
        if parts.scheme == "data":
            return super().fetch(url, headers)
        path = Path(unquote(parts.path)).resolve()
        if parts.scheme != "file" or not any(path.is_relative_to(folder) for folder in self.folders):
            raise OutsideAddress(f"{url[:200]}: only files of the reports and data: addresses are read")
        return URLFetcherResponse(url, path.read_bytes())


@cache
def _faces(stylesheet: Path) -> tuple[FontConfiguration, list[CSS]]:
    """The font configuration and style sheets of every document; loading the fonts once saves 0.1 s each."""
    configuration = FontConfiguration()
    addresses = {weight: file.as_uri() for weight, file in typeface.FILES.items()}
    rules = "".join(
        f'@font-face {{ font-family: "{typeface.FAMILY}"; font-weight: {weight}; src: url("{address}") }}'
        for weight, address in addresses.items()
    )
    fetcher = PackagedFiles((typeface.FONTS, stylesheet.parent))
    faces = CSS(string=rules, font_config=configuration, url_fetcher=fetcher)
    style = CSS(filename=stylesheet, font_config=configuration, url_fetcher=fetcher)
    return configuration, [faces, style]


def lay_out(page: str, *, stylesheet: Path) -> bytes:
    """The PDF of a whole HTML page; addresses in it are relative to the style sheet's folder."""
    folder = stylesheet.parent
    with _one_at_a_time:
        configuration, sheets = _faces(stylesheet)
        document = HTML(
            string=page, base_url=f"{folder.as_uri()}/", url_fetcher=PackagedFiles((typeface.FONTS, folder))
        )
        pdf: bytes = document.write_pdf(stylesheets=sheets, font_config=configuration, pdf_variant=VARIANT)
    return pdf
