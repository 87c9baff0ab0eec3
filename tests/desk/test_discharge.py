"""The pages of going home, asked directly: the board, a stay, each form, the paper; another team sees none of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.pages import MONDAY, House, client, house, left, patient

from baton.duties.discharge import states
from baton.duties.transitions.discharges import R4_DISPOSITION
from baton.store.postgres import Database


@pytest.fixture(scope="module")
def home(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(module_database, tmp_path_factory.mktemp("data")) as opened:
        yield opened


def admitted(home: House, name: str, **more: Any) -> str:
    """Somebody in hospital since yesterday; the id of the stay."""
    with home.change() as change:
        who = patient(change, name, language="es")
    with home.change() as change:
        stay = {
            "resourceType": "Encounter",
            "status": "in-progress",
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
            "subject": {"reference": f"Patient/{who}"},
            "period": {"start": (MONDAY - timedelta(days=1)).isoformat()},
            "reasonCode": [{"text": "Heart failure"}],
            "serviceProvider": {"display": "Mercy General"},
            **more,
        }
        return str(change.put(stay).id)


def plan(home: House, stay: str) -> states.Plan:
    with home.hub.store.view(home.hub.store.who(home.person["carla@example.org"], entrance="desk")) as view:
        return states.read(view.get("CarePlan", states.plan_id(f"Encounter/{stay}")), view.zone)


def test_the_board_and_a_stay_from_admission_to_the_end(home: House) -> None:
    stay = admitted(home, "Eva Stone")
    browser = client(home)
    board = browser.get("/discharge").content.decode()
    assert "Eva Stone" in board and "Say when and where to" in board and "1</b> no day named yet" in " ".join(board.split())
    page = f"/discharge/{stay}"
    assert browser.get(page).status_code == 200

    def post(verb: str, **said: Any) -> str:
        answer = browser.post(f"{page}/{verb}", said, follow=True)
        assert answer.status_code == 200, answer.content
        return str(answer.content.decode())

    assert "Noted: when" in post("expect", until="2026-11-24T11:00", to="home", confidence="likely")
    assert "Say why it changes." in post("expect", until="2026-11-25T11:00", to="home", confidence="likely")
    assert "Kept" in post("score", **{"p-palliative-care": "no"})
    assert "on their list" in post("block", cause="equipment", what="Home oxygen")
    assert "hours in the way" in post("ready")
    assert "Noted. Now say who reads it." in post("note_result", what="Blood culture")
    assert "nobody owns it: Blood culture" in post("leave", at="2026-11-23T14:00", despite="bed")
    result = next(each for each in find(home, "ServiceRequest") if each["code"]["text"] == "Blood culture")
    owner = home.person["carla@example.org"]
    assert "They read it" in post("own", result=f"ServiceRequest/{result['id']}", owner=owner, due="2026-11-27")
    assert "Given" in post("teach", lesson=["heart-failure"])
    assert "Not needed" in post("waive", item="services-equipment", reason="has it")
    assert "Open again" in post("again", item="services-equipment", reason="no")
    assert "on their list" in post("assign", item="services-equipment", owner=owner, due="2026-11-24")
    assert "they said yes" in post("sign", **{"name-nurse": "Ana", "name-physician": "Dr. Ito"})
    assert "nobody is asked" in post("unneeded", role="therapy", why="not seen")
    given = browser.post(f"{page}/give")
    assert given["Content-Type"] == "application/pdf" and given.content.startswith(b"%PDF")
    assert left(home, "print plan for home", plan(home, stay).patient.partition("/")[2]) == 1
    assert browser.get(f"{page}/paper.pdf?language=en").content.startswith(b"%PDF")
    assert "Done." in post("done", item=[step.code for step in plan(home, stay).before_leaving])
    assert "say why they leave" in post("leave", at="2026-11-23T14:30")
    assert "They have left" in post("leave", at="2026-11-23T14:30", despite="wants to go")
    found = plan(home, stay)
    assert found.state == "left" and found.latest is not None and found.latest.to == "home"
    encounter = next(each for each in find(home, "Encounter") if each["id"] == stay)
    assert encounter["hospitalization"]["dischargeDisposition"]["coding"][0] == {"system": R4_DISPOSITION, "code": "home"}
    assert "Made, with its manifest" in post("hand_off")
    assert "have left, not all is done" in browser.get("/discharge?show=left").content.decode()


def find(home: House, type_: str) -> list[dict[str, Any]]:
    with home.hub.store.view(home.hub.store.who(home.person["carla@example.org"], entrance="desk")) as view:
        return view.find(type_)


def test_the_call_at_home_becomes_work(home: House) -> None:
    stay = admitted(home, "Noel Vance")
    browser = client(home)
    for verb, said in (
        ("expect", {"until": "2026-11-23T11:00", "to": "home", "confidence": "sure"}),
        ("leave", {"at": "2026-11-23T11:00", "despite": "all agree"}),
    ):
        browser.post(f"/discharge/{stay}/{verb}", said)
    assert plan(home, stay).state == "left"
    page = browser.get(f"/discharge/{stay}/call").content.decode()
    assert "No visit is booked." in page
    half = browser.post(f"/discharge/{stay}/call", {"outcome": "reached", "status": "worse", "worse": "short of breath"})
    assert half.status_code == 422 and "Say what they answered" in half.content.decode() and "short of breath" in half.content.decode()
    answers = {"outcome": "reached", "status": "worse", "worse": "short of breath", "medicines": "differ", "about": "two metoprolol"}
    done = browser.post(f"/discharge/{stay}/call", {**answers, "difference": "duplicate", "visit": "none"}, follow=True)
    assert "a clinician now" in done.content.decode()
    today = browser.get("/today?whose=everyone").content.decode()
    assert "Worse at home, a clinician now: short of breath" in today and "a pharmacist today: two metoprolol" in today


def test_another_team_sees_nothing_of_it(home: House) -> None:
    stay = admitted(home, "Rosa Delgado")
    other = client(home, "sam@example.org")
    assert "Rosa Delgado" not in other.get("/discharge").content.decode()
    assert other.get(f"/discharge/{stay}").status_code == 404
    assert other.post(f"/discharge/{stay}/leave", {"at": "2026-11-23T14:30", "despite": "x"}).status_code == 404
    assert other.get(f"/discharge/{stay}/paper.pdf").status_code == 404
