"""Today's page as the server makes it: what it shows, whom it lets see it, how it is narrowed, and that it stays quick."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.pages import MONDAY, House, client, house, patient, stay

from baton.duties import promises
from baton.store.postgres import Database


@pytest.fixture(scope="module")
def home(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house with three patients who went home."""
    folder: Path = tmp_path_factory.mktemp("data")
    with house(module_database, folder) as opened:
        for name, days in (("Rosa Delgado", 6), ("Walter Nowak", 4), ("Pham Thi Lan", 1)):
            with opened.change() as change:
                stay(change, patient(change, name), MONDAY - timedelta(days=days))
        yield opened


def tasks(page: Any) -> list[str]:
    """The promises of a page, in order."""
    return re.findall(r'data-task="([^"]+)" data-patient', page.content.decode())


def text(answer: Any) -> str:
    """A page's words."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_the_first_address_is_today(home: House) -> None:
    assert client(home).get("/")["Location"] == "/today"


def test_the_most_urgent_is_selected_and_its_panel_shown(home: House) -> None:
    answer = client(home).get("/today")
    first = tasks(answer)[0]
    page = answer.content.decode()
    assert f'class="sheet grid" data-task="{first}"' in page
    assert page.count('aria-current="true"') >= 1
    assert "Rosa Delgado" in text(answer).partition("This call")[0]


def test_states_narrow_the_list_and_nonsense_does_not(home: House) -> None:
    browser = client(home)
    everything = tasks(browser.get("/today"))
    late = tasks(browser.get("/today?state=late"))
    assert 0 < len(late) < len(everything)
    assert set(late) < set(everything)
    assert tasks(browser.get("/today?state=purple&whose=robots&rows=many")) == everything
    assert tasks(browser.get("/today?kind=contact-after-discharge")) == [
        task for task in everything if task in tasks(browser.get("/today?kind=contact-after-discharge"))
    ]


def test_filters_travel_through_a_form(home: House) -> None:
    browser = client(home)
    task = tasks(browser.get("/today?kind=medication-reconciliation"))[0]
    answer = browser.post(f"/today/{task}/wait", {"on": "the pharmacy", "own": "kind=medication-reconciliation&evil=1", "next": task})
    assert answer["Location"] == f"/today?kind=medication-reconciliation&task={task}"
    browser.post(f"/today/{task}/wake")


def test_everyones_work_is_for_those_who_see_everyone(home: House) -> None:
    assert "Everyone" not in text(client(home).get("/today"))
    sue = client(home, "sue@example.org")
    assert "Everyone" in text(sue.get("/today?whose=everyone"))
    assert len(tasks(sue.get("/today?whose=everyone"))) == len(tasks(client(home).get("/today")))


def test_another_team_sees_nothing_and_may_do_nothing(home: House) -> None:
    task = tasks(client(home).get("/today"))[0]
    sam = client(home, "sam@example.org")
    assert tasks(sam.get("/today?whose=everyone")) == []
    assert "This one is off the list" in text(sam.get(f"/today/panel?task={task}"))
    answer = sam.post(f"/today/{task}/done", {"note": "mine now"})
    assert answer.status_code == 404
    assert "There is nothing here for you" in text(answer)


def test_a_closed_row_leaves_a_panel_that_says_so(home: House) -> None:
    assert "This one is off the list" in text(client(home).get("/today/panel?task=long-gone"))


def test_forms_take_only_post(home: House) -> None:
    task = tasks(client(home).get("/today"))[0]
    for verb in ("attempt", "done", "close", "reopen", "snooze", "reassign", "wait", "wake", "acknowledge", "complexity"):
        assert client(home).get(f"/today/{task}/{verb}").status_code == 405


@pytest.mark.parametrize(
    ("verb", "form", "says"),
    [
        ("snooze", {"until": "someday"}, "Say until which day."),
        ("snooze", {"until": "2026-11-24"}, "Say why it can wait."),
        ("snooze", {"until": "2026-11-01", "reason": "r"}, "Choose a day that is still to come."),
        ("close", {}, "Say why it is closed."),
        ("wait", {"on": " "}, "Say on whom it waits."),
        ("reassign", {"to": "Practitioner/ghost"}, "There is nobody of that name to hand it to."),
    ],
)
def test_a_refusal_is_said_in_place(home: House, verb: str, form: dict[str, str], says: str) -> None:
    browser = client(home)
    task = tasks(browser.get("/today?kind=readmission-watch"))[0]
    answer = browser.post(f"/today/{task}/{verb}", form, follow=True)
    assert answer.status_code == 200
    assert says in text(answer)


def test_refusals_are_known_in_spanish(home: House) -> None:
    browser = client(home, headers={"Accept-Language": "es"})
    task = tasks(browser.get("/today"))[0]
    assert "Diga a quién se espera." in text(browser.post(f"/today/{task}/wait", {}, follow=True))


def test_the_list_answers_204_until_something_changes(home: House) -> None:
    browser = client(home)
    seen = re.search(r'data-seen="(\w+)"', browser.get("/today").content.decode())
    assert seen
    assert browser.get(f"/today/rows?seen={seen[1]}").status_code == 204
    with home.change() as change:
        promises.make_by_hand(change, patient=patient(change, "Grace Okafor"), what="Ask about the ride", due=MONDAY.date())
    answer = browser.get(f"/today/rows?seen={seen[1]}")
    assert answer.status_code == 200
    assert "Ask about the ride" in text(answer)
    assert 'id="tiles"' in answer.content.decode() and "hx-swap-oob" in answer.content.decode()


def test_spanish_says_it_all(home: House) -> None:
    page = text(client(home, headers={"Accept-Language": "es"}).get("/today"))
    for words in ("Hoy", "con retraso", "Llamar tras el alta", "¿Por qué está aquí?", "es el día hábil 1", "lunes 23 de noviembre"):
        assert words in page
    for english in ("Call after", "overdue", "Why is", "Reached"):
        assert english not in page


def test_what_people_wrote_is_never_markup(home: House) -> None:
    with home.change() as change:
        who = patient(change, "Bobby <script>alert(1)</script>")
        promises.make_by_hand(change, patient=who, what="<img src=x onerror=alert(1)>", due=MONDAY.date())
    page = client(home).get("/today?kind=by-hand").content.decode()
    assert "<script>alert" not in page and "<img" not in page
    assert "&lt;img src=x" in page
