"""Journeys: real pages of a real hub in Debian's chromium, checked by axe, with pictures kept in artefacts/."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from tests.conftest import Databases
from tests.journeys.looks import DESK
from tests.pages import MONDAY, PASSWORD, House, furnish, house, served

from baton.store.postgres import Database

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
EXPECTED = ("status of 4", "htmx:sendAbort", "htmx:afterRequest", "ERR_INTERNET_DISCONNECTED")
"""What a browser's console says of refusals we provoke, of requests a newer one replaced, and of a network we switched off."""
PICTURES = Path(__file__).parents[2] / "artefacts"
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # playwright keeps a loop in this thread, in which nothing of ours runs


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test here is a journey; without a chromium they are skipped, saying so."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.journey)
            if not shutil.which(CHROMIUM):
                item.add_marker(pytest.mark.skip(reason=f"there is no browser at {CHROMIUM} (on Debian: apt-get install chromium)"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One chromium for each process of the test run."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def module_database(databases: Databases) -> Iterator[Database]:
    """A furnished house's, for the tests of one module."""
    with databases.copied(databases.ready("house", furnish)) as copy:
        yield copy


@pytest.fixture(scope="module")
def home(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house whose patients the module adds."""
    began = time.monotonic()
    with house(
        module_database, tmp_path_factory.mktemp("data"), now=lambda: MONDAY + timedelta(seconds=time.monotonic() - began)
    ) as opened:
        yield opened


@pytest.fixture(scope="module")
def site(home: House) -> Iterator[str]:
    """The address the house is served at."""
    with served(home) as address:
        yield address


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Callable[..., Page]]:
    """Opens a page of the house in a browser of its own: `visit("/today", email="carla@example.org", viewport=PHONE, …)`."""
    contexts: list[BrowserContext] = []
    troubles: list[str] = []

    def open_page(path: str, email: str | None = "carla@example.org", **options: Any) -> Page:
        context = browser.new_context(base_url=site, **{"viewport": DESK, **options})
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
        if email:
            page.goto("/sign-in?next=" + path.replace("?", "%3F").replace("&", "%26"))
            page.locator("#id_login").fill(email)
            page.locator("#id_password").fill(PASSWORD)
            page.locator("form .btn.go").click()
            page.wait_for_url(lambda url: "/sign-in" not in url)
        else:
            page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not [trouble for trouble in troubles if not any(each in trouble for each in EXPECTED)], troubles


@pytest.fixture
def seen() -> Callable[[Page, str], None]:
    """Takes a picture of a page, whole, and has axe find nothing wrong with it."""

    def look(page: Page, name: str) -> None:
        PICTURES.mkdir(exist_ok=True)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
        found = Axe().run(page).response["violations"]
        assert not found, [(each["id"], [node["target"] for node in each["nodes"]]) for each in found]
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "the page scrolls sideways"

    return look
