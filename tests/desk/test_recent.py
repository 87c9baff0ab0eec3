"""The lists behind two of Today's counts: as many rows as the count says, each leading on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.pages import MONDAY, House, client, house, patient, stay

from baton.duties import promises
from baton.duties.contact import communication
from baton.store.postgres import Database


@pytest.fixture(scope="module")
def home(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Lan and Ida came home since Friday, Walter a week ago; Walter was reached, and a ride of his is not needed."""
    with house(module_database, tmp_path_factory.mktemp("data")) as opened:
        for name, hours in (("Walter Nowak", 6 * 24), ("Pham Thi Lan", 30), ("Ida Wells", 70)):
            with opened.change() as change:
                stay(change, patient(change, name), MONDAY - timedelta(hours=hours))
        with opened.change("sam@example.org") as change:
            stay(change, patient(change, "Other Team"), MONDAY - timedelta(hours=20))
        with opened.change() as change:
            walter = next(row for row in change.promises(None, codes=["contact-after-discharge"]) if "Walter" in str(row.patient_body))
            communication.attempt(change, task=walter.task_id, outcome="reached")
        with opened.change() as change:
            made = promises.make_by_hand(change, patient=walter.patient, what="Order a ride", due=(MONDAY + timedelta(days=1)).date())
            promises.close(change, task=made.id, reason="The daughter drives")
        yield opened


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def count(home: House, name: str) -> int:
    """The number on a tile of Today."""
    found = re.search(rf'href="([^"]*)"[^>]*><b>(\d+)</b> {name}', client(home).get("/today").content.decode())
    assert found, name
    return int(found[2])


def test_the_list_of_the_discharged_has_as_many_rows_as_its_tile(home: House) -> None:
    answer = client(home).get("/today/discharged")
    assert answer.status_code == 200
    assert len(re.findall(r'<li class="work', answer.content.decode())) == count(home, "discharged since") == 2
    assert text(answer).index("Pham Thi Lan") < text(answer).index("Ida Wells"), "the latest first"
    assert "Walter" not in text(answer) and "Other Team" not in text(answer)
    assert "Mercy General" in text(answer) and "promises open" in text(answer)
    assert re.search(r'<a class="do" href="/today\?task=', answer.content.decode())


def test_the_list_of_the_closed_says_what_became_of_each(home: House) -> None:
    answer = client(home).get("/today/closed")
    assert len(re.findall(r'<li class="work', answer.content.decode())) == count(home, "closed this week") == 2
    assert "Order a ride" in text(answer) and "The daughter drives" in text(answer)
    assert "Call after discharge" in text(answer) and "kept" in text(answer)


def test_filters_of_today_hold_and_the_tiles_lead_back(home: House) -> None:
    page = client(home).get("/today/closed?kind=by-hand").content.decode()
    assert len(re.findall(r'<li class="work', page)) == 1
    assert 'href="/today?kind=by-hand&amp;state=late"' in page
    assert 'class="empty"' in client(home).get("/today/closed?whose=mine").content.decode(), "both were the team's"


def test_pages_follow_one_another_without_losing_a_row(home: House) -> None:
    with home.hub.store.view(home.hub.store.who(home.person["carla@example.org"], entrance="desk")) as view:
        first = view.promises_closed(None, since=MONDAY - timedelta(days=1), limit=1)
        second = view.promises_closed(None, since=MONDAY - timedelta(days=1), limit=1, after=first[0].place)
    assert {first[0].task_id} != {second[0].task_id}


def test_an_empty_list_teaches(home: House) -> None:
    assert "Nothing was closed yet this week" in text(client(home, "sam@example.org").get("/today/closed"))
