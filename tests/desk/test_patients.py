"""The patient's page and the list: what is shown, what may be written, what is refused, and that no name ever stands in an address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.pages import MONDAY, House, client, house, patient, stay

from baton.store.postgres import Database


@pytest.fixture(scope="module")
def home(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(module_database, tmp_path_factory.mktemp("data")) as opened:
        yield opened


@pytest.fixture(scope="module")
def rosa(home: House) -> str:
    with home.change() as change:
        rosa = patient(change, "Rosa Delgado", language="es")
        change.put(
            {
                "resourceType": "RelatedPerson",
                "id": "elena",
                "patient": {"reference": f"Patient/{rosa}"},
                "name": [{"given": ["Elena"], "family": "Delgado"}],
                "relationship": [{"text": "daughter"}],
            }
        )
    return rosa


@pytest.fixture
def carla(home: House) -> Any:
    return client(home)


def said(response: Any) -> str:
    return str(response.content.decode())


def test_the_page_shows_who_it_is_and_says_no_name_in_its_title(carla: Any, rosa: str) -> None:
    page = said(carla.get(f"/patients/{rosa}"))
    title = page.partition("<title>")[2].partition("</title>")[0]
    assert "Rosa Delgado" in page and "Spanish, interpreter" in page
    assert title.strip() == "Patient · Baton"


def test_the_page_obeys_the_strict_policy(carla: Any, rosa: str) -> None:
    page = said(carla.get(f"/patients/{rosa}"))
    assert " style=" not in page and "<script>" not in page and " onclick" not in page


def test_a_patient_of_another_team_is_not_there(home: House, rosa: str) -> None:
    answer = client(home, "sam@example.org").get(f"/patients/{rosa}")
    assert answer.status_code == 404 and "Delgado" not in said(answer)
    assert client(home, "sam@example.org").post(f"/patients/{rosa}/note", {"note-text": "x"}).status_code == 404


def test_nobody_is_sent_to_sign_in(home: House, rosa: str) -> None:
    assert client(home, None).get(f"/patients/{rosa}").status_code == 302


def test_a_note_is_saved_and_shown(carla: Any, rosa: str) -> None:
    answer = carla.post(f"/patients/{rosa}/note", {"note-text": "Prefers Doña Rosa <b>"})
    assert (answer.status_code, answer["Location"]) == (302, f"/patients/{rosa}#notes")
    page = said(carla.get(f"/patients/{rosa}"))
    assert "Prefers Doña Rosa &lt;b&gt;" in page and "Carla Cole" in page


def test_a_promise_by_hand_joins_the_open_loops(home: House, carla: Any, rosa: str) -> None:
    fields = {"promise-what": "Send the ride voucher", "promise-due": "2026-11-27", "promise-owner": home.team["Heart & Vascular"]}
    assert carla.post(f"/patients/{rosa}/promise", fields).status_code == 302
    page = said(carla.get(f"/patients/{rosa}"))
    assert "Send the ride voucher" in page and "Fri 27 Nov" in page


def test_preferences_are_saved_for_the_patient_and_for_the_daughter(carla: Any, rosa: str) -> None:
    fields = {
        "preferences-language": "es",
        "preferences-interpreter": "on",
        "preferences-channel": "sms",
        "preferences-best_time": "after 15:00",
        "preferences-voicemail": "no",
        "preferences-note": "Hard of hearing",
        "preferences-told-elena": "appointments",
    }
    assert carla.post(f"/patients/{rosa}/preferences", fields).status_code == 302
    page = said(carla.get(f"/patients/{rosa}"))
    for words in ("Text message", "after 15:00", "never leave one", "Hard of hearing", "may be told appointments only"):
        assert words in page


@pytest.mark.parametrize(
    ("form", "fields", "error"),
    [
        ("note", {"note-text": "  "}, "Write the note first"),
        ("promise", {"promise-what": "", "promise-due": "2026-11-27"}, "Say what is promised"),
        ("promise", {"promise-what": "Ride", "promise-due": ""}, "Choose the day"),
        ("promise", {"promise-what": "Ride", "promise-due": "2026-11-20"}, "This day has passed"),
        ("promise", {"promise-what": "Ride", "promise-due": "2062-11-20"}, "check the year"),
        ("promise", {"promise-what": "Ride", "promise-due": "soon"}, "Write the day as"),
        ("promise", {"promise-what": "Ride", "promise-due": "2026-11-27", "promise-owner": "Practitioner/nobody"}, "Select a valid choice"),
        ("preferences", {"preferences-channel": "pigeon"}, "Select a valid choice"),
    ],
)
def test_what_is_amiss_is_said_beside_its_field_and_nothing_is_lost(
    carla: Any, rosa: str, form: str, fields: dict[str, str], error: str
) -> None:
    answer = carla.post(f"/patients/{rosa}/{form}", fields)
    page = said(answer)
    assert answer.status_code == 422 and error in page and 'aria-invalid="true"' in page
    assert all(value in page for value in fields.values() if value.strip() and value not in ("pigeon", "Practitioner/nobody"))


def test_a_page_of_the_past_says_so_and_cannot_be_written_to(carla: Any, rosa: str) -> None:
    page = said(carla.get(f"/patients/{rosa}?at=2026-11-23T15:00"))
    assert "As it was known on Mon 23 Nov 2026 15:00" in page
    assert all(f"/patients/{rosa}/{form}" not in page for form in ("note", "promise", "preferences"))


def test_before_anything_was_known_the_page_says_that(home: House, carla: Any, rosa: str) -> None:
    assert "Nothing was known here" in said(carla.get(f"/patients/{rosa}?at=2026-11-01T09:00"))
    assert client(home, "sam@example.org").get(f"/patients/{rosa}?at=2026-11-01T09:00").status_code == 404


@pytest.mark.parametrize(
    ("at", "error"),
    [
        ("2030-01-01T00:00", "has not come yet"),
        ("yesterday", "Write the instant"),
        ("1066-10-14T09:00", "check the year"),
        ("", "Choose a day"),
    ],
)
def test_an_instant_that_is_none_is_refused_beside_its_field(carla: Any, rosa: str, at: str, error: str) -> None:
    page = said(carla.get(f"/patients/{rosa}", {"at": at}))
    assert error in page and "As it was known" not in page


def test_the_window_is_30_or_90_days(carla: Any, rosa: str) -> None:
    for days, chosen in (("30", "30"), ("90", "90"), ("7", "30"), ("x", "30")):
        page = said(carla.get(f"/patients/{rosa}", {"days": days}))
        assert re.findall(r'days=(\d+)" aria-current="true"', page) == [chosen]


def test_the_list_shows_my_patients_and_searches_them_by_the_body_of_a_post(home: House, carla: Any, rosa: str) -> None:
    assert "Rosa Delgado" in said(carla.get("/patients"))
    assert "Rosa Delgado" in said(carla.post("/patients", {"text": "delg"}))
    assert "Nobody in your care matches" in said(carla.post("/patients", {"text": "zzzzq"}))
    assert "No patients in your care yet" in said(client(home, "sam@example.org").get("/patients"))


def test_the_list_alone_answers_the_typing(carla: Any, rosa: str) -> None:
    part = said(carla.post("/patients", {"text": "rosa"}, headers={"HX-Request": "true"}))
    assert "Rosa Delgado" in part and "<html" not in part


def test_no_address_on_any_page_carries_a_name(carla: Any, rosa: str) -> None:
    for page in (said(carla.get("/patients")), said(carla.get(f"/patients/{rosa}")), said(carla.post("/find", {"q": "rosa"}))):
        addresses = re.findall(r'(?:href|action|hx-[a-z]+)="([^"]*)"', page)
        assert addresses and not [each for each in addresses if "rosa" in each.lower() or "delgado" in each.lower()]


def test_a_corrected_discharge_shows_what_it_moved(home: House, carla: Any) -> None:
    with home.change() as change:
        moved = patient(change, "Grace Okafor")
    with home.change() as change:
        encounter = stay(change, moved, MONDAY - timedelta(days=3))
    with home.change() as change:
        known = change.get("Encounter", encounter)
        change.put({**known, "period": {**known["period"], "end": (MONDAY - timedelta(days=2)).isoformat()}})
    page = said(carla.get(f"/patients/{moved}"))
    assert "A date has moved" in page and 'class="was"' in page
