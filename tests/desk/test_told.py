"""Who was told of a changed visit, on the pages: the appointment, the link of who takes part; and an office that answers a referral."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from tests.pages import ZONE, House, client, house, patient
from tests.pages_clinic import open_clinic

from baton.duties.referrals import referrals
from baton.duties.scheduling import booking, needs
from baton.store.postgres import Database


@pytest.fixture(scope="module")
def home(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(module_database, tmp_path_factory.mktemp("data")) as opened:
        yield opened


@pytest.fixture(scope="module")
def moved(home: House) -> str:
    """A visit of Lan's that was moved from nine to ten; the cardiologist has an address, Lan has none."""
    ids = open_clinic(home)
    begin = datetime(2026, 12, 9, 9, tzinfo=ZONE)
    with home.change() as change:
        haddad = change.get("Practitioner", "haddad")
        change.put({**haddad, "telecom": [{"system": "email", "value": "haddad@example.org"}]})
        need = needs.make(change, patient=ids["lan"], what="Heart check", specialty="Cardiology", minutes=30)
        wanted = booking.Wanted(need.reference, begin, begin + timedelta(minutes=30), ("Practitioner/haddad",), "Location/heart")
        (held,) = booking.hold(change, wanted=[wanted])
    with home.change() as change:
        booking.book(change, appointment=held.id)
    with home.change() as change:
        booking.reschedule(change, appointment=held.id, start=begin + timedelta(hours=1))
    return held.id


def links(home: House, like: str) -> list[str]:
    with psycopg.connect(home.hub.database.owner_dsn) as connection:
        return [
            row
            for (row,) in connection.execute("select payload ->> 'link' from outbox where payload ->> 'link' like %s order by id", [like])
        ]


def text(answer: Any) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def test_the_page_says_who_was_told_and_a_call_is_noted_in_one_click(home: House, moved: str) -> None:
    browser = client(home)
    page = browser.get(f"/scheduling/appointment/{moved}")
    said = text(page)
    assert "Who was told" in said and "it was Wed 9 Dec" in said
    assert "Haddad clinician by e-mail not known to be delivered" in said
    assert "Lan Pham the patient no e-mail or text to write to: call them" in said
    form = re.search(
        r'action="([^"]+/told)".*?name="notice" value="([^"]+)".*?name="who" value="(Patient/[^"]+)"', page.content.decode(), re.S
    )
    assert form is not None
    given = {"notice": form[2], "who": form[3], "kind": "read"}
    assert browser.post(form[1], given).status_code == 302
    said = text(browser.get(f"/scheduling/appointment/{moved}"))
    assert "read Mon 23 Nov" in said and "(by telephone)" in said and "Agreed by telephone" in said
    assert browser.post(form[1], {**given, "kind": "delivered"}).status_code == 302, "said on the page, not as an error"
    assert browser.post(form[1], {**given, "who": "Patient/other"}).status_code == 404
    other = client(home, "sam@example.org")
    assert other.post(form[1], given).status_code == 404 and other.get(f"/scheduling/appointment/{moved}").status_code == 404


def test_whoever_takes_part_is_shown_the_date_when_they_ask_and_nothing_of_the_patient(home: House, moved: str) -> None:
    (link,) = links(home, "/d/%")
    browser = client(home, None)
    first = browser.get(link)
    assert first.status_code == 200 and "Dec" not in text(first), "what programs that look at mail see says nothing"
    shown = browser.post(link)
    said = text(shown)
    assert "It was" in said and "10:00" in said
    assert not any(each in said for each in ("Lan", "Pham", "Heart check", "Cardiology", "Haddad"))
    assert "They know that you know" in text(browser.post(link, {"answer": "known"}))
    assert browser.get(link + "x").status_code == browser.post("/d/none.AAAA").status_code == 404
    assert browser.post(link, {"answer": "rubbish"}).status_code == 409
    assert "accepted Mon 23 Nov" in text(client(home).get(f"/scheduling/appointment/{moved}"))


def test_an_office_answers_a_referral_by_its_link_with_the_code(home: House) -> None:
    with home.change() as change:
        change.put({"resourceType": "Organization", "id": "riverside", "active": True, "name": "Riverside Cardiology"})
        walter = patient(change, "Walter Nowak", born="1943-04-12")
    with home.change() as change:
        task = referrals.make(change, patient=walter, what="cardiology consult", to="Organization/riverside", question="?", reason="?").id
    with home.change() as change:
        referrals.send(change, task=task, despite="the rest follows")
    browser = client(home)
    assert "Let them answer by a link" in text(browser.get(f"/referrals?task={task}"))
    sent = browser.post(f"/referrals/{task}/link", {"address": "front@riverside.example"}, follow=True)
    found = re.search(r"(\d{4}) (\d{4})", text(sent))
    assert found is not None
    code = found[1] + found[2]
    (link,) = links(home, "/o/%")
    office = client(home, None, REMOTE_ADDR="203.0.113.9")
    assert "Walter" not in text(office.get(link))
    assert office.post(link, {"code": "00000000"}).status_code == 403
    said = text(office.post(link, {"code": code}))
    assert "Walter Nowak" in said and "12 Apr 1943" in said and "We accept" in said
    assert office.post(link, {"code": code, "what": "decline", "by": "Pat"}).status_code == 422
    assert "They know now" in text(office.post(link, {"code": code, "what": "accept", "by": "Pat, front desk"}))
    wrong = office.post(link, {"code": code, "what": "schedule", "by": "Pat", "when": "no day"})
    assert wrong.status_code == 422 and "Say when the visit is." in text(wrong)
    assert "visit booked" in text(office.post(link, {"code": code, "what": "schedule", "by": "Pat", "when": "2026-12-03T09:00"}))
    story = text(browser.get(f"/referrals?task={task}"))
    assert "Pat, front desk answered through the link" in story and "last opened" in story
    browser.post(f"/referrals/{task}/unlink")
    assert office.post(link, {"code": code}).status_code == 403
    assert office.get("/o/none.1.AAAA").status_code == 404


def test_codes_tried_for_an_office_link_tire(home: House) -> None:
    with home.change() as change:
        ava = patient(change, "Ava Lindholm")
    with home.change() as change:
        task = referrals.make(change, patient=ava, what="echo", to="Organization/riverside").id
    with home.change() as change:
        referrals.send(change, task=task, despite="x")
    browser = client(home)
    sent = text(browser.post(f"/referrals/{task}/link", {"address": "front@riverside.example"}, follow=True))
    code = "".join(re.findall(r"(\d{4}) (\d{4})", sent)[0])
    link = links(home, "/o/%")[-1]
    office = client(home, None, REMOTE_ADDR="203.0.113.10")
    for _ in range(10):
        assert office.post(link, {"code": "11111111"}).status_code == 403
    assert office.post(link, {"code": code}).status_code == 429, "even with the right one, for an hour"


def test_a_code_tried_with_an_answer_that_makes_no_sense_counts_too(home: House) -> None:
    with home.change() as change:
        noa = patient(change, "Noa Lindholm")
    with home.change() as change:
        task = referrals.make(change, patient=noa, what="echo", to="Organization/riverside").id
    with home.change() as change:
        referrals.send(change, task=task, despite="x")
    browser = client(home)
    browser.post(f"/referrals/{task}/link", {"address": "front@riverside.example"}, follow=True)
    link = links(home, "/o/%")[-1]
    office = client(home, None, REMOTE_ADDR="203.0.113.11")
    for _ in range(10):
        guess = {"code": "11111111", "what": "schedule", "by": "Pat", "when": "no day"}
        assert office.post(link, guess).status_code == 403
    assert office.post(link, {"code": "11111111"}).status_code == 429
