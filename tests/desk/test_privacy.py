"""The pages of consent, sending, accounting, records and requests: they answer, refuse beside their forms, keep what was typed."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from tests.pages import MONDAY, PASSWORD, House, client, house, left, patient, stay

from baton.duties import codes
from baton.duties.contact import safe_contact
from baton.duties.contact.safe_contact import SafeContact
from baton.store.postgres import Database

NURSING = {
    "resourceType": "Organization",
    "id": "harbor",
    "name": "Harbor Nursing",
    "type": [
        {"coding": [{"system": "https://baton.example/fhir/CodeSystem/recipient-kind", "code": "facility"}], "text": "Skilled nursing"}
    ],
    "telecom": [{"system": "fax", "value": "+1 555 014 7000"}],
}


@pytest.fixture(scope="module")
def home(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(module_database, tmp_path_factory.mktemp("data")) as opened:
        yield opened


@pytest.fixture(scope="module")
def eva(home: House) -> str:
    with home.change() as change:
        id_ = patient(change, "Eva Stone")
        change.put(NURSING)
        change.put(
            {
                "resourceType": "DocumentReference",
                "status": "current",
                "type": {"coding": [{"system": "http://loinc.org", "code": "18842-5"}]},
                "subject": {"reference": f"Patient/{id_}"},
                "date": "2026-11-19T10:00:00Z",
                "description": "Discharge summary",
                "content": [{"attachment": {"contentType": "text/plain", "data": base64.b64encode(b"Better.").decode()}}],
            }
        )
    return id_


@pytest.fixture
def carla(home: House) -> Any:
    browser = client(home, None)  # signed in as people do: a sensitive act asks how long ago that was
    browser.post("/sign-in", {"login": "carla@example.org", "password": PASSWORD})
    return browser


@pytest.mark.parametrize("room", ["consents", "send", "accounting", "records"])
def test_every_room_of_a_patient_answers(carla: Any, eva: str, room: str) -> None:
    page = carla.get(f"/patients/{eva}/{room}")
    assert page.status_code == 200 and "Eva Stone" in page.content.decode()
    assert b"Stone" not in page.content.split(b"</title>")[0]


def test_the_boards_answer(carla: Any) -> None:
    assert carla.get("/records").status_code == 200
    assert carla.get("/requests").status_code == 200


def test_another_team_finds_nothing(home: House, eva: str) -> None:
    sam = client(home, "sam@example.org")
    for room in ("consents", "send", "accounting", "records"):
        assert sam.get(f"/patients/{eva}/{room}").status_code == 404


def test_what_a_consent_lacks_is_named_and_what_was_typed_stays(carla: Any, eva: str) -> None:
    filled = {
        "type": "part2",
        "class": "18842-5",
        "label": "42CFRPart2",
        "discloser_name": "Hillside Recovery",
        "recipient": "Organization/harbor",
        "purpose": "TREAT",
        "signed_by": f"Patient/{eva}",
        "signed_on": "2026-11-20",
        "statement": ["right-to-revoke", "redisclosure-tpo"],
    }
    page = carla.post(f"/patients/{eva}/consents/add", filled)
    assert page.status_code == 422
    text = page.content.decode()
    assert "The consent has no expiry" in text and 'value="Hillside Recovery"' in text
    assert carla.post(f"/patients/{eva}/consents/add", {**filled, "until": "2027-01-01"}).status_code == 302
    text = carla.get(f"/patients/{eva}/consents").content.decode()
    assert "in force" in text and "Hillside Recovery" in text


def test_rehearse_and_send_and_read_the_packet(carla: Any, eva: str, home: House) -> None:
    page = carla.post(f"/patients/{eva}/send", {"to": "Organization/harbor"})
    text = page.content.decode()
    assert page.status_code == 200 and "Discharge summary" in text and "+1 555 014 7000" in text
    digest = text.split('name="digest" value="')[1].split('"')[0]
    form = {"to": "Organization/harbor", "picked": "Organization/harbor", "digest": digest}
    items = [part.split('"')[0] for part in text.split('name="item" value="')[1:]]
    refused = carla.post(f"/patients/{eva}/send/go", {**form, "item": items, "digest": "0"})
    assert refused.status_code == 409 and "not what you saw" in refused.content.decode()
    sent = carla.post(f"/patients/{eva}/send/go", {**form, "item": items})
    assert sent.status_code == 302 and left(home, "export packet", eva) == 1
    text = carla.get(f"/patients/{eva}/accounting").content.decode()
    assert "Harbor Nursing" in text and "Left out of the accounting" in text
    paper = text.split(f"/patients/{eva}/papers/")[1].split('"')[0]
    assert carla.get(f"/patients/{eva}/papers/{paper}").content.startswith(b"%PDF")
    assert left(home, f"print DocumentReference/{paper}", eva) == 1
    assert carla.get(f"/patients/{eva}/accounting/paper").content.startswith(b"%PDF")
    assert left(home, "print accounting", eva) == 1


def test_a_request_is_taken_down_extended_and_denied(carla: Any, eva: str, home: House) -> None:
    carla.post(f"/patients/{eva}/requests/receive", {"code": "amendment-request", "what": "I never smoked", "patient": eva})
    with home.change() as change:
        (task,) = change.find("Task", patient=f"Patient/{eva}", status="requested", code="amendment-request")
    carla.post(f"/requests/{task['id']}/extend", {"reason": "The author is away"})
    carla.post(f"/requests/{task['id']}/deny", {"ground": "accurate", "reason": "The note quotes you", "patient": eva})
    text = carla.get(f"/patients/{eva}/consents").content.decode()
    assert "denied" in text and text.count("the letter") == 2
    assert "I never smoked" not in carla.get("/requests").content.decode()


def digest(page: str) -> str:
    """What was shown, as its form says it."""
    return page.partition('name="digest" value="')[2].partition('"')[0]


def test_records_are_asked_for_reminded_and_received(carla: Any, eva: str, home: House) -> None:
    room, asked = f"/patients/{eva}/records", {"what": "Nursing notes", "source": "Organization/harbor"}
    refused = carla.post(room, {**asked, "what": ""})
    assert refused.status_code == 422 and "Say which records are wanted." in refused.content.decode()
    panel = carla.post(room, asked, HTTP_HX_REQUEST="true", HTTP_HX_TARGET="slip").content.decode()
    assert "date of birth" in panel and "Treatment (45 CFR 164.506)" in panel and "not in the accounting" in panel and "<h1" not in panel
    unseen = carla.post(room, asked)
    assert unseen.status_code == 409 and "Look again, then send." in unseen.content.decode(), "nothing leaves that was not shown"
    with home.change() as change:
        assert not change.find("CommunicationRequest", patient=f"Patient/{eva}")
    assert digest(unseen.content.decode()) == digest(panel)
    carla.post(room, {**asked, "digest": digest(panel)})
    with home.change() as change:
        (request,) = change.find("CommunicationRequest", patient=f"Patient/{eva}")
    shown = carla.get("/records").content.decode()
    assert "1 reminder" not in carla.post(f"/records/{request['id']}/chase", {"patient": eva}, follow=True).content.decode()
    carla.post(f"/records/{request['id']}/chase", {"patient": eva, "digest": digest(shown)})
    carla.post(f"/records/{request['id']}/receive", {"patient": eva, "title": "Notes", "text": "All well."})
    text = carla.get(f"/patients/{eva}/records").content.decode()
    assert "received" in text and "1 reminder" in text
    carla.post(f"/patients/{eva}/records", {"what": "Summary", "name": "Other Recovery", "kind": "part2-program"})
    assert "answers only to a consent" in carla.get("/records").content.decode()


def test_safe_contact_is_kept_and_shown_on_the_patient_s_page(carla: Any, eva: str) -> None:
    carla.post(f"/patients/{eva}/safe-contact", {"phone": "555 010 9999", "avoid": ["home", "voicemail"], "safety": "1"})
    text = carla.get(f"/patients/{eva}").content.decode()
    assert "555 010 9999" in text and "Safe contact" in text
    carla.post(f"/patients/{eva}/safe-contact", {"withdraw": "1"})
    assert "555 010 9999" not in carla.get(f"/patients/{eva}").content.decode()


def test_a_secure_link_asks_for_its_code_and_tires_of_wrong_ones(carla: Any, eva: str, home: House) -> None:
    form = {"to": "patient", "channel": "link", "address": "eva@example.org", "purpose": "PATRQT"}
    text = carla.post(f"/patients/{eva}/send", form).content.decode()
    digest = text.split('name="digest" value="')[1].split('"')[0]
    items = [part.split('"')[0] for part in text.split('name="item" value="')[1:]]
    told = carla.post(
        f"/patients/{eva}/send/go", {**form, "picked": "patient", "item": items, "digest": digest}, follow=True
    ).content.decode()
    code = told.split("by telephone: ")[1][:9]
    with psycopg.connect(home.hub.database.app_dsn) as connection:
        ((link,),) = connection.execute("select payload ->> 'link' from outbox where topic = 'mail'").fetchall()
    outside = client(home, None)
    assert outside.get(link).status_code == 200
    assert outside.post(link, {"code": "1"}).status_code == 403
    before = left(home, "export packet", eva)
    assert outside.post(link, {"code": code}).content.startswith(b"%PDF")
    assert left(home, "export packet", eva) == before + 1
    for _ in range(10):
        outside.post(link, {"code": "2"})
    assert outside.post(link, {"code": code}).status_code == 429
    assert outside.get("/p/forged.1.x").status_code == 404


def test_a_forbidden_number_is_nowhere_on_the_call_sheet_and_a_message_left_says_so(carla: Any, home: House) -> None:
    with home.change() as change:
        id_ = patient(change, "Ana Reyes")
        stay(change, id_, MONDAY)
        asked = SafeContact(phone="555 010 7777", avoid=("voicemail",), only=True, safety=True, note="Say only Ana")
        safe_contact.state(change, patient=f"Patient/{id_}", asked=asked)
    with home.change() as change:
        (task,) = [each for each in change.find("Task", patient=f"Patient/{id_}") if codes.promise_code(each) == codes.CONTACT]
    sheet = carla.get(f"/today?task={task['id']}").content.decode()
    assert "555 010 7777" in sheet and "Say only Ana" in sheet and "014-2291" not in sheet
    told = carla.post(f"/today/{task['id']}/attempt", {"outcome": "left-message"}, follow=True).content.decode()
    assert "They asked that no message is left" in told
