"""SC02 and SC06 as a coordinator lives them: on a clock of their own, by page and key, clicks counted beside their budgets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.looks import Counted, Visit
from tests.pages import ZONE, House, house, patient, stay

from baton.duties import codes
from baton.duties.referrals import states as referral_states
from baton.store.postgres import Database

CLOCK = {"now": datetime(2026, 5, 4, 9, 0, tzinfo=ZONE)}


@pytest.fixture(scope="module")
def home(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house whose clock the story moves."""
    with house(module_database, tmp_path_factory.mktemp("data"), now=lambda: CLOCK["now"]) as opened:
        yield opened


def at(text: str) -> datetime:
    """The clock moves to this moment in New York."""
    CLOCK["now"] = datetime.fromisoformat(text).replace(tzinfo=ZONE)
    return CLOCK["now"]


def of_kind(home: House, type_: str, **asked: Any) -> list[dict[str, Any]]:
    with home.hub.store.view(home.hub.store.who(home.person["sue@example.org"], entrance="desk")) as view:
        return view.find(type_, **asked)


# --- SC06: closed loop with everything going wrong ------------------------------------------------------------------------------------


def chart(of: str) -> list[dict[str, Any]]:
    """What every referral is to hold: problems, medicines, allergies."""
    about = {"reference": f"Patient/{of}"}
    return [
        {"resourceType": "Condition", "subject": about, "code": {"text": "Heart failure"}},
        {"resourceType": "MedicationRequest", "status": "active", "intent": "order", "subject": about,
         "medicationCodeableConcept": {"text": "metoprolol 50 mg"}},
        {"resourceType": "AllergyIntolerance", "patient": about, "code": {"text": "Penicillin"},
         "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "code": "active"}]}},
    ]  # fmt: skip


@pytest.fixture(scope="module")
def walter(home: House) -> str:
    at("2026-05-04T09:00")
    with home.change() as change:
        for number in (1, 2):
            change.put({"resourceType": "Organization", "id": f"clinic-{number}", "active": True, "name": f"Cardiology Clinic {number}"})
        id_ = patient(change, "Walter Nowak", gender="male", born="1943-04-12")
        for each in chart(id_):
            change.put(each)
    return id_


def story(page: Page) -> Any:
    return page.get_by_role("complementary", name="The selected referral")


def fold(page: Page, what: str, counted: Counted | None = None, **fields: str) -> None:
    """Open what the other side did, say it, record it; what is clicked is counted where somebody counts."""
    counted = counted or Counted(page)
    counted.clicks += 1
    page.locator("summary", has_text=what).click()
    form = page.locator("details[open]", has_text=what)
    for label, value in fields.items():
        form.get_by_label(label).fill(value)
    counted.clicks += 1
    form.get_by_role("button", name="Record it").click()
    expect(page.locator("#notices")).to_contain_text(f"Recorded: {what}.")


def standing(home: House, of: str) -> list[tuple[str, str | None]]:
    found = [each for each in of_kind(home, "Task", patient=f"Patient/{of}") if referral_states.is_referral(each)]
    found.sort(key=lambda task: "partOf" in task)
    return [(task["status"], referral_states.business(task)) for task in found]


def request_status(home: House, of: str) -> str:
    return str(of_kind(home, "ServiceRequest", patient=f"Patient/{of}")[0]["status"])


def test_sc06_the_loop_closes_only_when_the_patient_was_told(
    visit: Visit, walter: str, home: House, capsys: pytest.CaptureFixture[str]
) -> None:
    counted: dict[str, tuple[int, int]] = {}
    page = visit(f"/patients/{walter}")
    sending = Counted(page)
    sending.click("link", "Refer to somebody")
    page.get_by_label("What is asked for").fill("cardiology consult")
    sending.choose("To whom", "Organization/clinic-1", exact=False)
    sending.tick("urgent")
    page.get_by_label("The question to be answered").fill("Is it the valve?")
    page.get_by_label("The reason").fill("New murmur")
    sending.click("button", "Send it now")
    expect(page.locator("#notices")).to_contain_text("Sent. It is their turn now.")
    counted["send"] = sending.clicks, 5
    assert standing(home, walter) == [("received", "2.0")]

    at("2026-05-06T10:00")
    fold(page, "They declined", Why="no capacity")
    assert standing(home, walter) == [("rejected", "4.0")]
    routing = Counted(page)
    routing.choose("Send it to", "Organization/clinic-2", exact=False)
    routing.click("button", "Send it there")
    expect(page.locator("#notices")).to_contain_text("Sent to somebody else.")
    counted["re-route"] = routing.clicks, 3
    assert standing(home, walter) == [("rejected", "4.0"), ("received", "2.0")]

    at("2026-05-07T09:00")
    fold(page, "They accepted")
    fold(page, "Visit is booked", When="2026-05-19T10:00")
    assert standing(home, walter)[1] == ("in-progress", "5.1.1")
    at("2026-05-19T12:00")
    fold(page, "Patient did not come", Why="transport")
    assert standing(home, walter)[1] == ("in-progress", "5.1.2")
    again = Counted(page)
    fold(page, "Visit is moved", again, When="2026-05-26T10:00", Note="with a ride")
    counted["rebook"] = again.clicks, 5
    at("2026-05-26T15:00")
    fold(page, "Seen, note received")
    assert standing(home, walter)[1] == ("in-progress", "5.1.4") and request_status(home, walter) == "active"

    at("2026-06-02T08:30")
    fold(page, "Completed")
    letter(page, walter)
    assert standing(home, walter)[1] == ("completed", "7.0") and request_status(home, walter) == "active"
    reviews = [each for each in of_kind(home, "Task", patient=f"Patient/{walter}") if codes.promise_code(each) == "referral-review"]
    letter(page, walter, again=True)  # the same fax a second time
    expect(page.get_by_text("Nothing was added.")).to_be_visible()
    now = [each for each in of_kind(home, "Task", patient=f"Patient/{walter}") if codes.promise_code(each) == "referral-review"]
    assert len(reviews) == len(now) == 1

    at("2026-06-04T11:00")
    page.goto("/referrals?column=review")
    reviewing = Counted(page)
    reviewing.choose("What follows from the result", "no-change", exact=False)
    reviewing.click("button", "Reviewed")
    expect(page.locator("#notices")).to_contain_text("Now the patient is to be told.")
    counted["review"] = reviewing.clicks, 3
    assert request_status(home, walter) == "active"
    at("2026-06-05T17:10")
    page.goto("/referrals?column=tell")
    page.get_by_label("How the patient was told").select_option("message")
    page.get_by_role("button", name="The patient was told").click()
    expect(page.locator("#notices")).to_contain_text("The loop is closed.")
    assert request_status(home, walter) == "completed"

    at("2026-06-09T09:00")
    corrected(page, walter)
    owed = [
        each for each in of_kind(home, "Task", patient=f"Patient/{walter}")
        if codes.promise_code(each) == "referral-review" and codes.is_open(each)
    ]  # fmt: skip
    assert len(owed) == 1, "a corrected letter is read again, once"
    tell(capsys, "SC06", counted)


def letter(page: Page, of: str, *, again: bool = False) -> None:
    page.goto(f"/patients/{of}/documents")
    said = {"name": "fax.txt", "mimeType": "text/plain", "buffer": b"The valve is well. Come back in a year."}
    page.get_by_label("File", exact=True).set_input_files(said)  # type: ignore[arg-type]
    page.get_by_label("What it is").fill("Consult letter")
    if not again:
        page.get_by_label("cardiology consult · Cardiology Clinic 2 (completed)").check()
    page.get_by_role("button", name="Keep it").click()


def corrected(page: Page, of: str) -> None:
    page.goto(f"/patients/{of}/documents")
    page.get_by_role("link", name="A corrected one came").first.click()
    said = {"name": "fax.txt", "mimeType": "text/plain", "buffer": b"The valve leaks a little. Come back in half a year."}
    page.get_by_label("File", exact=True).set_input_files(said)  # type: ignore[arg-type]
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_text("1 replaced by a newer one")).to_be_visible()


def tell(capsys: pytest.CaptureFixture[str], name: str, counted: dict[str, tuple[int, int]]) -> None:
    """Print the clicks beside their budgets, and hold to them."""
    with capsys.disabled():
        print(f"\n{name}: " + ", ".join(f"{what} {clicks} of {budget} clicks" for what, (clicks, budget) in counted.items()))
    assert all(clicks <= budget for clicks, budget in counted.values()), counted


# --- SC02: attempts after a discharge --------------------------------------------------------------------------------------------------


@pytest.fixture
def eva(home: House) -> str:
    at("2026-07-02T14:11")
    with home.change() as change:
        id_ = patient(change, "Eva Stone", born="1955-03-03", language="es")
        change.put(
            {
                "resourceType": "RelatedPerson", "active": True, "patient": {"reference": f"Patient/{id_}"},
                "name": [{"given": ["Ana"], "family": "Stone"}], "relationship": [{"text": "daughter"}],
                "telecom": [{"system": "phone", "value": "(555) 014-7732"}],
            }
        )  # fmt: skip
        stay(change, id_, at("2026-07-02T14:10"), days=4)
    return id_


def test_sc02_two_attempts_then_the_daughter_answers(visit: Visit, eva: str, home: House, capsys: pytest.CaptureFixture[str]) -> None:
    counted: dict[str, tuple[int, int]] = {}
    at("2026-07-06T10:02")
    page = visit("/today?kind=contact-after-discharge")
    row = page.locator(".work", has_text="Eva Stone")
    expect(row).to_contain_text("Tue 7 Jul")  # Friday was the observed holiday
    for when, key, name in (("2026-07-06T10:02", "3", "No answer"), ("2026-07-06T15:40", "2", "Left message")):
        at(when)
        page.goto("/today?kind=contact-after-discharge")
        row.locator(".do").click()
        page.keyboard.press(key)
        expect(page.locator("#notices")).to_contain_text(f"Recorded: {name}.")
        counted[f"attempt “{name}”"] = 2, 4
    at("2026-07-07T09:15")
    page.goto("/today?kind=contact-after-discharge")
    call = Counted(page)
    call.clicks += 1
    row.locator(".do").click()
    call.choose("Spoke with", "Ana Stone", exact=False)
    call.choose("Language of the call", "es", exact=False)
    page.get_by_label("Interpreter").fill("#4471")
    page.get_by_label("Note").fill("Two bottles of metoprolol at home.")
    call.click("button", "Reached")
    expect(page.locator("#notices")).to_contain_text("Recorded: Reached.")
    counted["contact"] = call.clicks, 12

    calls = [each for each in of_kind(home, "Communication", patient=f"Patient/{eva}") if each.get("sent", "")[:4] == "2026"]
    assert len(calls) == 3
    tasks = {codes.promise_code(each): each for each in of_kind(home, "Task", patient=f"Patient/{eva}")}
    assert tasks["contact-after-discharge"]["status"] == "completed"
    assert tasks["visit-after-discharge"]["status"] != "completed"

    page.goto("/today?kind=visit-after-discharge")
    page.locator(".work", has_text="Eva Stone").locator(".do").click()
    page.locator("#sheet").get_by_role("button", name="High", exact=True).click()
    expect(page.locator("#notices")).to_contain_text("Complexity decided")
    at("2026-07-08T11:00")
    with home.change() as change:
        change.put(
            {
                "resourceType": "Encounter", "status": "finished", "subject": {"reference": f"Patient/{eva}"},
                "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
                "period": {"start": "2026-07-08T10:00:00-04:00", "end": "2026-07-08T10:40:00-04:00"},
            }
        )  # fmt: skip
    tasks = {codes.promise_code(each): each for each in of_kind(home, "Task", patient=f"Patient/{eva}")}
    assert tasks["visit-after-discharge"]["status"] == "completed"
    tell(capsys, "SC02", counted)
