"""The pages of scheduling, asked directly: what they show, what a form does, what is refused; and what needs no sign-in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.pages import ZONE, House, client, house, left
from tests.pages_clinic import open_clinic, work

from baton import app
from baton.desk import scheduling_words
from baton.duties.scheduling import booking, needs, notices, weekly
from baton.store.postgres import Database


@pytest.fixture(scope="module")
def home(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(module_database, tmp_path_factory.mktemp("data")) as opened:
        yield opened


@pytest.fixture(scope="module")
def ids(home: House) -> dict[str, str]:
    return open_clinic(home)


def asked(needs_: list[str], **more: Any) -> dict[str, Any]:
    form = {"first_day": "2026-11-30", "days": "20", "from_": "07:00", "until": "18:00", "way": "30", "matters": "dates"}
    return {**{f"ask-{name}": value for name, value in form.items()}, "needs": needs_, "weekday": ["0", "1", "2", "3", "4"], **more}


def booked(home: House, patient: str, day: int) -> Any:
    """A booked visit of a patient, on a day of December at nine."""
    with home.change() as change:
        need = needs.make(change, patient=patient, what="Heart check", specialty="Cardiology", minutes=30)
        begin = datetime(2026, 12, day, 9, tzinfo=ZONE)
        wanted = booking.Wanted(need.reference, begin, begin + timedelta(minutes=30), ("Practitioner/haddad",), "Location/heart")
        (held,) = booking.hold(change, wanted=[wanted])
    with home.change() as change:
        return booking.book(change, appointment=held.id)


def test_a_plan_from_asking_to_booking(home: House, ids: dict[str, str]) -> None:
    browser = client(home)
    page = browser.get("/scheduling").content.decode()
    assert page.count('class="work ') == 4
    found = re.findall(r'name="needs" value="([^"]+)"', browser.get(f"/scheduling/patient/{ids['lan']}").content.decode())
    assert len(found) == 3
    answer = browser.post(f"/scheduling/patient/{ids['lan']}/ask", asked(found))
    plan = answer.headers["Location"].partition("plan=")[2]
    assert "hx-get" in browser.get(f"/scheduling/plan/{plan}").content.decode()
    work(home)
    shown = browser.get(f"/scheduling/plan/{plan}").content.decode()
    assert "proven best" in shown
    assert "hx-get" not in shown
    assert shown.count('<li><b class="nowrap">') == 3
    page = browser.post(f"/scheduling/patient/{ids['lan']}/hold/{plan}", {"which": "plan"}, follow=True).content.decode()
    assert "Book what is held" in page
    itinerary = re.search(r"/scheduling/itinerary/([^/]+)/book", page)
    assert itinerary
    page = browser.post(f"/scheduling/itinerary/{itinerary[1]}/book", follow=True).content.decode()
    assert "Booked: 3 visits." in page
    paper = browser.get(f"/scheduling/patient/{ids['lan']}/paper")
    assert (paper.headers["Content-Type"], paper.content[:4]) == ("application/pdf", b"%PDF")
    assert left(home, "print itinerary", ids["lan"]) == 1
    spanish = client(home, headers={"accept-language": "es"}).get(f"/scheduling/patient/{ids['lan']}").content.decode()
    assert "probado: el mejor" in spanish


def test_what_is_refused_is_said_and_nothing_is_asked(home: House, ids: dict[str, str]) -> None:
    browser = client(home)
    for form, words in (
        (asked([]), "Choose between 1 and 20 needs."),
        (asked([ids["impossible"]], weekday=[]), "Choose at least one day of the week."),
        (asked([ids["impossible"]], **{"ask-until": "06:00"}), "hours end before they begin"),
        (asked([ids["impossible"]], **{"ask-days": "soon"}), "Days to look at"),
    ):
        page = browser.post(f"/scheduling/patient/{ids['walter']}/ask", form, follow=True).content.decode()
        assert words in page.replace("&#x27;", "'"), words


def test_people_of_another_team_see_nothing(home: House, ids: dict[str, str]) -> None:
    browser = client(home, "sam@example.org")
    assert "Nobody waits for a time" in browser.get("/scheduling").content.decode()
    assert browser.get(f"/scheduling/patient/{ids['lan']}").status_code == 404
    assert browser.get(f"/scheduling/need/{ids['impossible']}").status_code == 404


def test_deeds_of_an_appointment(home: House, ids: dict[str, str]) -> None:
    stored = booked(home, ids["walter"], 8)
    browser = client(home)
    address = f"/scheduling/appointment/{stored.id}"
    assert "Cancel the appointment" in browser.get(address).content.decode()
    page = browser.post(f"{address}/no-show", {"reason": "forgot"}, follow=True).content.decode()
    assert "The visit has not begun yet." in page
    page = browser.post(f"{address}/cancel", {"reason": "patient", "note": "is away"}, follow=True).content.decode()
    assert "the patient asked: is away" in page
    assert "Find another time" in page
    assert browser.post(f"{address}/juggle").status_code == 404


def test_a_patient_answers_without_signing_in_and_learns_nothing_but_when_and_where(home: House, ids: dict[str, str]) -> None:
    stored = booked(home, ids["walter"], 9)
    with home.hub.store.view(app.HUB) as view:
        link = notices.token(view, stored.resource())
    browser = client(home, None)
    page = browser.get(f"/r/{link}").content.decode()
    assert "120 Signal Hill Road" in page
    assert not any(word in page for word in ("Walter", "Nowak", "Heart", "Cardiology", "Haddad"))
    assert "We will see you" in browser.post(f"/r/{link}", {"answer": "yes"}).content.decode()
    assert browser.get(f"/r/{link}").status_code == 404
    assert browser.post(f"/r/{link}x", {"answer": "no"}).status_code == 404
    with home.hub.store.view(app.HUB) as view:
        assert notices.replied(view.get("Appointment", stored.id)) == "yes"


def test_a_calendar_needs_its_secret_and_names_nobody(home: House, ids: dict[str, str]) -> None:
    booked(home, ids["walter"], 10)
    with home.hub.store.view(app.HUB) as view:
        secret = weekly.secret(view, "Practitioner/haddad")
    browser = client(home, None)
    answer = browser.get(f"/calendar/{secret}.ics")
    assert answer.headers["Content-Type"].startswith("text/calendar")
    text = answer.content.decode()
    assert "20261210T090000" in text and left(home, "export calendar") == 1
    with home.hub.store.view(app.HUB) as view:
        own = weekly.secret(view, f"Patient/{ids['walter']}")
    assert browser.get(f"/calendar/{own}.ics").status_code == 200 and left(home, "export calendar", ids["walter"]) == 1
    assert not any(word in text for word in ("Walter", "Nowak", "Heart", "Cardiology"))
    assert browser.get("/calendar/Practitioner.haddad.forged.ics").status_code == 404
    assert browser.get("/calendar/Practitioner.haddad..ics").status_code == 404


@pytest.mark.parametrize(
    ("values", "bounds", "says"),
    [
        ({"lateness": 0, "trips": 3}, {"lateness": 0, "trips": 2}, "fewer trips"),
        ({"lateness": 4, "trips": 3}, {"lateness": 1, "trips": 0}, "visits less late"),  # the first that matters alone: its bound holds
        ({"lateness": 0, "trips": 3}, {"lateness": 0, "trips": 3}, ""),
    ],
)
def test_a_plan_cut_off_by_time_says_what_was_not_proved(values: dict[str, int], bounds: dict[str, int], says: str) -> None:
    told = scheduling_words.unproved({"values": values, "bounds": bounds})
    assert (says in told) and bool(told) == bool(says)
