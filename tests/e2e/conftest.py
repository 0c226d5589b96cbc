"""One browser and one demonstration site for all; every test that files something has its own site."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from registry import clock
from registry.database import make_engine, writing
from registry.demo import seed
from tests import servers
from tests.e2e.sites import Site, serving

CHROMIUM = "/usr/bin/chromium"
DEMO_SHARE = 0.15


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--lang=zh-CN"],
        )
        yield browser
        browser.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """An empty registry."""
    with serving(servers.create_sqlite(tmp_path, template="jobs"), tmp_path, mode="test") as started:
        yield started


@pytest.fixture(scope="session")
def demo_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A small demonstration: every state, every kind of page."""
    folder = tmp_path_factory.mktemp("demo")
    url = servers.create_sqlite(folder, template="jobs")
    engine = make_engine(url)
    with writing(engine) as session:
        seed.fill(session, today=clock.today(), share=DEMO_SHARE)
    engine.dispose()
    with serving(url, folder, mode="demo") as started:
        yield started
