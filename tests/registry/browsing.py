"""A browser without a screen: keeps cookies and sends the token of the page it has opened."""

import html
import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

PASSWORD = "seven quiet herons"
_TOKEN = re.compile(r'name="csrf_token"[^>]*?value="([^"]+)"')
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


class Browser:
    """One person at one computer."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()
        self._token = ""

    def get(self, path: str, **options: Any) -> TestResponse:
        return self._seen(self.client.get(path, **options))

    def post(self, path: str, **fields: Any) -> TestResponse:
        """Send a form with the token of the last page that had one."""
        if not self._token:
            self.get("/sign-in")
        return self._seen(self.client.post(path, data={"csrf_token": self._token, **fields}))

    def sign_in(self, email: str, password: str = PASSWORD, **fields: str) -> TestResponse:
        return self.post("/sign-in", email=email, password=password, **fields)

    def cookie(self, name: str = "registry") -> str | None:
        found = self.client.get_cookie(name)
        return found.value if found else None

    def set_cookie(self, value: str) -> None:
        self.client.set_cookie("registry", value)

    def _seen(self, answer: TestResponse) -> TestResponse:
        found = _TOKEN.search(answer.text) if answer.mimetype == "text/html" else None
        self._token = found.group(1) if found else self._token
        return answer


def hidden(answer: TestResponse) -> dict[str, list[str]]:
    """The hidden fields of a page, the token left out."""
    found: dict[str, list[str]] = {}
    for name, value in _HIDDEN.findall(answer.text):
        if name != "csrf_token":
            found.setdefault(name, []).append(html.unescape(value))
    return found


def heading(answer: TestResponse) -> str:
    """The text of the page's h1."""
    found = re.search(r"<h1[^>]*>(.*?)</h1>", answer.text, re.DOTALL)
    return _text(found.group(1)) if found else ""


def words(answer: TestResponse) -> str:
    """What a reader sees in the main part, without markup."""
    found = re.search(r"<main.*?</main>", answer.text, re.DOTALL)
    return _text(found.group(0)) if found else ""


def faults(answer: TestResponse) -> list[str]:
    """The sentences of the error summary."""
    found = re.search(r'class="errsum".*?<ul>(.*?)</ul>', answer.text, re.DOTALL)
    return [_text(item) for item in re.findall(r"<li>(.*?)</li>", found.group(1))] if found else []


def _text(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())
