"""Every page that can be come to, as every role: strict headers, nothing inline, nothing broken, nobody told by title or address."""

from __future__ import annotations

from typing import Any

import pytest
from tests.security.conftest import Town
from tests.security.crawl import EACH, pages

from baton.duties.team import staff

STRICT = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; ",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=()",
    "Cache-Control": "no-store",
}
ALONE = "default-src 'none'; frame-ancestors 'none'"
"""The policy of a file from outside, opened: it loads nothing at all."""
STARTS = ("/", "/today", "/patients", "/find?q=a", "/account", "/nowhere", "/language")


def troubles(town: Town, path: str, came_from: str, answer: Any, page: Any) -> list[str]:
    """What is wrong with one answer."""
    found = [f"{path}: answers {answer.status_code}"] if answer.status_code >= 500 else []
    if came_from and answer.status_code in (401, 403, 404, 410):
        found.append(f"{came_from}: leads to {path}, which answers {answer.status_code}")
    wanted = STRICT | ({"Content-Security-Policy": ALONE} if "/papers/" in path else {})
    found += [f"{path}: {name} is {answer.get(name)!r}" for name, says in wanted.items() if says not in answer.get(name, "")]
    if "unsafe" in answer.get("Content-Security-Policy", ""):
        found.append(f"{path}: its policy lets something unsafe in")
    if page is not None:
        found += [f"{path}: {inline} is inline" for inline in page.inline]
        if told := town.tells.search(page.title):
            found.append(f"{path}: its title tells {told.group()}")
    if told := town.tells.search(path):
        found.append(f"{path}: the address tells {told.group()}")
    return found


@pytest.mark.parametrize("role", [*staff.ROLES, None])
def test_every_page_of_every_role_is_strict(town: Town, role: str | None) -> None:
    browser = town.browser(town.people[role] if role else None)
    found, seen = [], 0
    for path, came_from, answer, page in pages(browser, *STARTS, each=EACH if role == "coordinator" else 1):
        found += troubles(town, path, came_from, answer, page)
        seen += 1
    assert not found, "\n".join(found)
    assert seen > (25 if role else 5), f"only {seen} pages were found"


def routes() -> list[str]:
    """Every address there is, with something in its places."""
    from django.urls import get_resolver

    found: list[str] = []

    def walk(patterns: Any, before: str) -> None:
        for pattern in patterns:
            here = before + str(pattern.pattern)
            if hasattr(pattern, "url_patterns"):
                walk(pattern.url_patterns, here)
            else:
                found.append(here)

    walk(get_resolver().url_patterns, "/")
    return found


def filled(route: str) -> str:
    """A route with values in its places."""
    import re

    values = {"int": "1", "uuid": "00000000-0000-4000-8000-000000000000"}
    path = re.sub(r"<(?:(\w+):)?\w+>", lambda place: values.get(place[1] or "", "x"), route)
    return re.sub(r"\(\?P<\w+>[^)]*\)|[\^$\\]", lambda place: "x" if place.group().startswith("(") else "", path)


WITHOUT_SESSION = ("/hand-off/check",)
"""Asked by programs of other houses too: reads no session, changes nothing, answers only about what is sent along."""


def test_every_post_needs_its_token(town: Town) -> None:
    browser = town.browser(town.people["administrator"], enforce_csrf_checks=True)
    browser.handler.enforce_csrf_checks = True
    open_to_forgery = []
    for route in routes():
        answer = browser.post(filled(route), {"anything": "x"})
        if route not in WITHOUT_SESSION and answer.status_code != 404 and (answer.status_code != 403 or b"stale" not in answer.content):
            open_to_forgery.append(f"{route}: {answer.status_code}")
    assert len(routes()) > 20
    assert not open_to_forgery


def test_cookies_are_for_this_site_and_for_no_script(town: Town) -> None:
    browser = town.browser(town.people["coordinator"])
    browser.get("/sign-in")
    browser.get("/today")
    browser.post("/theme", {"theme": "dark", "next": "/"})
    browser.post("/language", {"language": "es", "next": "/"})
    assert {"baton", "csrftoken"} <= set(browser.cookies)
    for name, cookie in browser.cookies.items():
        assert cookie["samesite"] in ("Lax", "Strict"), name
    for name in ("baton", "csrftoken"):
        assert browser.cookies[name]["httponly"], name
