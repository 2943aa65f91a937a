"""Chromium, the whole stack as real processes, and a cable between them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, sync_playwright

from deployment.local.folder import DataFolder
from tests.browser.cable import Cable
from tests.faults import stack as stacks
from tests.faults.stack import CENTER, Stack

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with stacks.running(DataFolder.open().path / "browser") as running:
        yield running


@pytest.fixture
def cable(stack: Stack) -> Iterator[Cable]:
    with Cable(stack.port).plugged_in() as cable:
        yield cable


@pytest.fixture(scope="session")
def _browser() -> Iterator[object]:
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("These tests need Chromium: install it, or put it on the PATH.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            args=["--no-sandbox", "--host-resolver-rules=MAP *.localhost 127.0.0.1", "--no-proxy-server"],
        )
        yield browser
        browser.close()


@pytest.fixture
def context(_browser: object) -> Iterator[BrowserContext]:
    """A browser of somebody's own, with nothing remembered."""
    context = _browser.new_context()  # type: ignore[attr-defined]
    yield context
    context.close()


@pytest.fixture
def phone(_browser: object) -> Iterator[BrowserContext]:
    """The same on a small screen in Japan."""
    size = {"width": 390, "height": 844}
    context = _browser.new_context(viewport=size, locale="ja-JP", timezone_id="Asia/Tokyo")  # type: ignore[attr-defined]
    yield context
    context.close()


@pytest.fixture(scope="session")
def look() -> Callable[[Page, str], None]:
    """Keeps a picture of a page, to be looked at by people."""
    folder = DataFolder.open().path / "browser" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)

    def look(page: Page, name: str) -> None:
        page.screenshot(path=folder / f"{name}.png", full_page=True)

    return look


@pytest.fixture
def page(context: BrowserContext, cable: Cable) -> Page:
    page = context.new_page()
    page.goto(f"http://{CENTER}.localhost:{cable.port}/")
    return page
