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
from tests import furnished
from tests.journeys.looks import DESK
from tests.pages import MONDAY, PASSWORD, House, client, house, served

from baton.store.postgres import Database

module_database = furnished.module_database
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
"""The shell draws the same pages without the windows of a desktop, and opens one in a quarter of the time."""
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
            if not CHROMIUM:
                item.add_marker(pytest.mark.skip(reason="there is no chromium (on Debian: apt-get install chromium-headless-shell)"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One chromium for each process of the test run."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


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
def visit(browser: Browser, home: House, site: str) -> Iterator[Callable[..., Page]]:
    """Opens a page of the house in a browser of its own: `visit("/today", email="carla@example.org", viewport=PHONE, …)`."""
    contexts: list[BrowserContext] = []
    troubles: list[str] = []

    def open_page(path: str, email: str | None = "carla@example.org", **options: Any) -> Page:
        context = browser.new_context(base_url=site, **{"viewport": DESK, **options})
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = unhurried(context.new_page())
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
        if email:
            context.add_cookies([{"name": name, "value": value, "url": site} for name, value in signed_in(home, email).items()])
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not [trouble for trouble in troubles if not any(each in trouble for each in EXPECTED)], troubles


def unhurried(page: Page) -> Page:
    """Keys are pressed once the page's scripts are there: what it says is there a moment before, and nobody is as quick as a test."""
    press = page.keyboard.press

    def pressed(key: str, **options: Any) -> None:
        page.wait_for_load_state()
        press(key, **options)

    page.keyboard.press = pressed  # type: ignore[method-assign]
    return page


def signed_in(home: House, email: str) -> dict[str, str]:
    """The cookies of somebody who has signed in with their password: a browser that types it is for the journeys of signing in."""
    browser = client(home, None)
    answer = browser.post("/sign-in", {"login": email, "password": PASSWORD})
    assert answer.status_code == 302, f"{email} did not come in"
    return {name: cookie.value for name, cookie in browser.cookies.items()}


STILL = """() => document.readyState === "complete" && document.fonts.status === "loaded"
    && !document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling")
    && document.getAnimations().every(each => each.playState !== "running" || each.effect.getTiming().iterations === Infinity)"""
"""All there, nothing asked for, nothing moving."""


@pytest.fixture
def seen(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Takes a picture of a page, whole, and has axe find nothing wrong with it; not again where a look differs in its words alone."""
    callspec = getattr(request.node, "callspec", None)
    same_but_words = callspec is not None and callspec.params.get("look") == "spanish"

    def look(page: Page, name: str) -> None:
        PICTURES.mkdir(exist_ok=True)
        page.wait_for_function(STILL)
        page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
        if not same_but_words:
            found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
            assert not found, [(each["id"], [node["target"] for node in each["nodes"]]) for each in found]
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "the page scrolls sideways"

    return look
