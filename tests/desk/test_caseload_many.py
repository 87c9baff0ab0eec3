"""Today with thousands of rows: the first hundred, more by cursor, the place kept, and never a slow page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.pages import MONDAY, House, client, house, patient

from baton.duties import promises
from baton.store.lines import Lines
from baton.store.postgres import Database

MANY = 700  # enough for several pages; the bench shows Today at a hundred thousand


@pytest.fixture(scope="module")
def home(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house where much has been promised to few."""
    with house(module_database, tmp_path_factory.mktemp("data")) as opened:
        with opened.change() as change:
            whom = [patient(change, f"Ann Person{number}") for number in range(10)]
        with opened.change() as change:
            for number in range(MANY):
                due = (MONDAY + timedelta(days=number % 40)).date()
                promises.make_by_hand(change, patient=whom[number % 10], what=f"Promise {number}", due=due)
        yield opened


def tasks(answer: Any) -> list[str]:
    """The promises of a page, in order."""
    return re.findall(r'data-task="([^"]+)" data-patient', answer.content.decode())


def test_every_row_comes_once_fifty_at_a_time(home: House) -> None:
    browser = client(home)
    answer = browser.get("/today")
    assert len(tasks(answer)) == 50
    found = tasks(answer)
    while more := re.search(r'hx-get="(/today/rows[^"]+)"', answer.content.decode()):
        answer = browser.get(more[1].replace("&amp;", "&"))
        found += tasks(answer)
    assert len(found) == len(set(found)) == MANY


def test_rows_opened_further_down_stay_open(home: House) -> None:
    assert len(tasks(client(home).get("/today/rows?rows=300"))) == 300
    assert len(tasks(client(home).get("/today/rows?rows=999999"))) == MANY


def test_a_page_asks_as_few_questions_with_many_rows_as_with_few(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    read = Lines.read
    monkeypatch.setattr(Lines, "read", lambda lines, ask: asked.append(1) or read(lines, ask))
    browser = client(home)
    browser.get("/today/rows?rows=1")
    counted = []
    for rows in (1, 50, 600):
        asked.clear()
        assert browser.get(f"/today/rows?rows={rows}").status_code == 200
        counted.append(len(asked))
    # who somebody is, is remembered for seconds only: it may have to be asked once more on a busy machine
    assert max(counted) - min(counted) <= 1 and max(counted) < 13, counted
