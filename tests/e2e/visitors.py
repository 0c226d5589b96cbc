"""A person before a real browser: reads, types, clicks; every page is watched for faults that nobody sees."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from registry.config import ROOT

SCREENSHOTS = ROOT / "build" / "screenshots"
WIDE = {"width": 1440, "height": 900}
NARROW = {"width": 390, "height": 844}


@dataclass
class Visitor:
    """One browser window with its own cookies; `faults` collects console errors and foreign requests."""

    context: BrowserContext
    page: Page
    base: str
    faults: list[str] = field(default_factory=list)

    def watch(self) -> None:
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.faults.append(f"{self.page.url}: {error}"))
        self.page.on("request", self._asked)

    def _heard(self, message: ConsoleMessage) -> None:
        # Chromium reports every refused answer as an error; the tests look at the answers themselves.
        if message.type == "error" and "the server responded with a status of" not in message.text:
            self.faults.append(f"{self.page.url}: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.base, "data:", "blob:")):
            self.faults.append(f"{self.page.url} asks {request.url}")

    def open(self, path: str) -> int:
        answer = self.page.goto(f"{self.base}{path}")
        return answer.status if answer else 0

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.base)

    def sign_in(self, email: str, password: str) -> None:
        self.open("/sign-in")
        self.page.get_by_label("邮箱", exact=True).fill(email)
        self.page.get_by_label("密码", exact=True).fill(password)
        self.page.locator("main").get_by_role("button", name=re.compile("登录")).first.click()
        assert "/sign-in" not in self.page.url, self.page.locator("main").inner_text()

    def press(self, name: str, *, within: str = "main") -> None:
        """Press a button, unfolding the part of the page it is in."""
        button = self.page.locator(within).get_by_role("button", name=name, exact=True).first
        if button.count() == 0 or not button.is_visible():
            self.unfold()
        button.click()

    def unfold(self) -> None:
        """Open every `details` by its summary's own state."""
        self.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")

    def choose(self, name: str, value: str, *, within: str = "main") -> None:
        self.page.locator(f'{within} [name="{name}"][value="{value}"]').first.check()

    def type(self, name: str, value: str, *, within: str = "main") -> None:
        self.page.locator(f'{within} [name="{name}"]').first.fill(value)

    def select(self, name: str, value: str, *, within: str = "main") -> None:
        self.page.locator(f'{within} select[name="{name}"]').first.select_option(value)

    def answer(self, name: str, value: Any) -> bool:
        """Give one answer of a form, whatever control asks for it; False when it is not asked."""
        controls = self.page.locator(f'main [name="{name}"]')
        if controls.count() == 0:
            return False
        kind = controls.first.evaluate("e => e.tagName == 'SELECT' ? 'select' : e.type")
        if kind in ("radio", "checkbox"):
            for one in value if isinstance(value, list) else [value]:
                self.choose(name, one)
        elif kind == "select":
            self.select(name, value)
        else:
            controls.first.fill(value)
        return True

    def words(self) -> str:
        return self.page.locator("main").inner_text()

    def scrolls_sideways(self) -> bool:
        return bool(self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))

    def shoot(self, name: str, *, narrow: bool = False) -> Path:
        """A picture of the whole page, at 390 px too when asked."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        made = SCREENSHOTS / f"{name}-1440.png"
        self.page.screenshot(path=made, full_page=True)
        if narrow:
            before = self.page.viewport_size
            self.page.set_viewport_size(NARROW)  # type: ignore[arg-type]  # a plain dict is what it takes
            self.page.screenshot(path=SCREENSHOTS / f"{name}-390.png", full_page=True)
            assert not self.scrolls_sideways(), f"{self.path} scrolls sideways at 390 px"
            if before:
                self.page.set_viewport_size(before)
        return made


@contextmanager
def visit(chromium: Browser, base: str, **options: Any) -> Iterator[Visitor]:
    """A window of its own; closing it checks that nothing was complained about."""
    context = chromium.new_context(viewport=WIDE, locale="zh-CN", **options)
    context.set_default_timeout(15_000)
    visitor = Visitor(context, context.new_page(), base)
    visitor.watch()
    try:
        yield visitor
    finally:
        context.close()
    assert visitor.faults == []
