"""Working days: shown to all, changed by those who run the house, and not before they have seen what moves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.pages import MONDAY, House, client, house, patient, stay

from baton.duties.contact import communication
from baton.store.postgres import Database

TUESDAY = (MONDAY + timedelta(days=1)).date().isoformat()
SUE = "sue@example.org"


@pytest.fixture
def home(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Rosa came home on Thursday and was called twice today without success: the next call is due on Tuesday."""
    now = [MONDAY - timedelta(days=4)]
    with house(database, tmp_path_factory.mktemp("data"), now=lambda: now[0]) as opened:
        with opened.change() as change:
            stay(change, patient(change, "Rosa Delgado"), now[0] - timedelta(hours=1))
        for hours in (0, 1):
            now[0] = MONDAY + timedelta(hours=hours)
            with opened.change() as change:
                call = change.promises(None, codes=["contact-after-discharge"])[0]
                communication.attempt(change, task=call.task_id, outcome="no-answer")
        yield opened


def form(home: House, first: str = TUESDAY, **more: str) -> dict[str, str]:
    said = {"team": home.team["Heart & Vascular"], "first": first, "last": "", "reason": "Staff retreat", **more}
    return {f"closure-{name}" if name != "seen" else name: value for name, value in said.items()}


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def due(home: House) -> str:
    with home.hub.store.view(home.hub.store.who(home.person[SUE], entrance="desk")) as view:
        return str(view.promises(None, codes=["contact-after-discharge"])[0].due.date())


def test_what_moves_is_shown_first_and_then_moves_with_a_difference(home: House) -> None:
    browser = client(home, SUE)
    before = due(home)
    answer = browser.post("/closures/close", form(home))
    assert "If these days are closed" in text(answer) and "Rosa Delgado" in text(answer)
    assert due(home) == before and "Staff retreat" not in text(browser.get("/closures"))
    answer = browser.post("/closures/close", form(home, seen="1"), follow=True)
    assert "These days are closed" in text(answer) and "Staff retreat" in text(answer)
    assert due(home) > before
    assert "The days the team is closed were changed." in text(client(home).get("/today"))
    assert "closed: Staff retreat" in text(client(home).get("/today?kind=contact-after-discharge"))
    days = {"team": home.team["Heart & Vascular"], "first": TUESDAY, "last": TUESDAY}
    assert "If these days are open again" in text(browser.post("/closures/open", days))
    browser.post("/closures/open", {**days, "seen": "1"})
    assert due(home) == before
    assert "no such closure" in text(browser.post("/closures/open", {**days, "seen": "1"}, follow=True))


def test_every_team_at_once(home: House) -> None:
    browser = client(home, SUE)
    browser.post("/closures/close", form(home, team="every", seen="1"))
    assert text(browser.get("/closures")).count("Staff retreat") == len(home.team)


def test_coordinators_read_and_do_not_change(home: House) -> None:
    browser = client(home)
    page = text(browser.get("/closures"))
    assert "Heart & Vascular" in page.replace("&amp;", "&") and "Close a day" not in page
    assert browser.post("/closures/close", form(home, seen="1")).status_code == 403
    days = {"team": home.team["Heart & Vascular"], "first": TUESDAY, "last": TUESDAY, "seen": "1"}
    assert browser.post("/closures/open", days).status_code == 403


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"first": "2026-11-20"}, "This day has passed"),
        ({"last": "2026-11-23"}, "at most 31 days"),
        ({"last": "2027-03-01"}, "at most 31 days"),
        ({"reason": " "}, "This field is required"),
        ({"first": "soon"}, "Enter a valid date"),
        ({"team": "Organization/none"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(home: House, more: dict[str, str], says: str) -> None:
    answer = client(home, SUE).post("/closures/close", form(home, **more))
    assert answer.status_code == 422 and says in text(answer)


def test_days_closed_already_are_refused_on_the_page(home: House) -> None:
    browser = client(home, SUE)
    browser.post("/closures/close", form(home, seen="1"))
    answer = browser.post("/closures/close", form(home, seen="1"))
    assert answer.status_code == 422 and "closed already" in text(answer)
