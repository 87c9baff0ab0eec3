"""A patient who must not be reached at home: no page gives the number away, and every paper is held until somebody says how it goes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from tests.pages import MONDAY, PASSWORD, House, client, house, left, patient, stay
from tests.security.crawl import pages

from baton.duties.contact import safe_contact
from baton.duties.contact.safe_contact import SafeContact
from baton.store.codes import key64
from baton.store.postgres import Database

HOME, WORK, BOX = "(555) 014-8812", "(555) 014-4477", "PO Box 7, Larkhaven"
SAYS_ALL = re.compile(r"^/(patients/[^/]+/(edit|consents|network)|inbound)")
"""Where the number on file itself is the matter: the form that keeps it, and what was asked about it."""


@pytest.fixture(scope="module")
def home(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(module_database, tmp_path_factory.mktemp("data"), page_rate="0", address_rate="0") as opened:
        yield opened


@pytest.fixture(scope="module")
def eva(home: House) -> str:
    """Eva, just home, in danger there: her home telephone rings beside him."""
    with home.change() as change:
        telecom = [{"system": "phone", "use": "home", "rank": 1, "value": HOME}, {"system": "phone", "use": "work", "value": WORK}]
        id_ = patient(change, "Eva Stone", telecom=telecom, address=[{"use": "home", "line": ["1 Quay Street"], "city": "Larkhaven"}])
        stay(change, id_, MONDAY)
    with home.change() as change:
        asked = SafeContact(avoid=("home", "voicemail"), address=BOX, safety=True)
        safe_contact.state(change, patient=f"Patient/{id_}", asked=asked)
    return id_


@pytest.fixture
def carla(home: House) -> Any:
    browser = client(home, None)  # signed in as people do: a sensitive act asks how long ago that was
    browser.post("/sign-in", {"login": "carla@example.org", "password": PASSWORD})
    return browser


def test_no_page_shows_a_number_that_must_not_ring(carla: Any, eva: str) -> None:
    told, seen, may = [], 0, 0
    for path, _, answer, page in pages(carla, f"/patients/{eva}", "/today", "/discharge", "/home-visits/", each=4):
        if page is None or SAYS_ALL.search(path):
            continue
        seen, may = seen + 1, may + (WORK in answer.content.decode())
        told += [path] if HOME in answer.content.decode() else []
    assert not told
    assert seen > 30 and may, "the other number is shown, so the pages are about her"


def events(home: House, what: str, id_: str) -> list[str]:
    with psycopg.connect(home.hub.database.app_dsn) as connection:
        rows = connection.execute(
            "select coalesce(detail, '') from look where what = %s and patients = %s::bigint[]", [what, [key64(f"Patient/{id_}")]]
        ).fetchall()
    return [row[0] for row in rows]


@pytest.mark.parametrize(
    ("method", "place", "said", "what"),
    [
        ("get", "/scheduling/patient/{}/paper", {}, "print itinerary"),
        ("get", "/patients/{}/accounting/paper", {}, "print accounting"),
        ("get", "/patients/{}/looks.pdf", {"days": "30", "language": "es"}, "print access report"),
        ("post", "/patients/{}/portal/letter", {"code": "1234 5678"}, "print invitation"),
    ],
)
def test_a_paper_is_held_with_a_reason_and_a_way_on(
    carla: Any, home: House, eva: str, method: str, place: str, said: dict[str, str], what: str
) -> None:
    path, ask = place.format(eva), getattr(carla, method)
    held = ask(path, said)
    text = held.content.decode()
    assert held.status_code == 422 and "How does it reach them?" in text and "asked for nothing there" in text
    assert BOX in text and 'value="hand"' in text and 'value="elsewhere"' in text
    assert all(f'name="{name}" value="{value}"' in text for name, value in said.items()), "nothing typed is lost"
    assert not events(home, what, eva), "nothing was printed"
    for way in ("hand", "elsewhere"):
        assert ask(path, {**said, "way": way}).content.startswith(b"%PDF")
    assert events(home, what, eva) == ["hand", "elsewhere"]
    assert ask(path, {**said, "way": "post"}).status_code == 422


def test_a_letter_that_is_kept_is_held_too_and_then_says_how_it_went(carla: Any, home: House, eva: str) -> None:
    form = {"language": "en"}
    held = carla.post(f"/patients/{eva}/help/letter", form)
    assert held.status_code == 422 and b"How does it reach them?" in held.content and b"csrfmiddlewaretoken" in held.content
    assert carla.post(f"/patients/{eva}/help/letter", {**form, "way": "hand"}).status_code == 302
    given = carla.post(f"/patients/{eva}/learning/give", {"lesson": "heart-failure", "how": "paper", "language": "en"})
    assert given.status_code == 422 and b"How does it reach them?" in given.content
    assert carla.post(f"/patients/{eva}/learning/give", {"lesson": "heart-failure", "how": "aloud", "language": "en"}).status_code == 302


def test_the_panel_says_beforehand_that_it_is_held(carla: Any, eva: str) -> None:
    text = carla.get(f"/patients/{eva}/accounting").content.decode()
    assert "Not by post to the home" in text and "The paper is held until you say how it reaches them." in text


def test_the_table_of_a_month_is_recorded_with_everybody_in_it(carla: Any, home: House) -> None:
    before = left(home, "export proposals of a month")
    assert carla.get("/minutes/proposals.csv?month=2026-10")["Content-Type"].startswith("text/csv")
    assert left(home, "export proposals of a month") == before + 1
