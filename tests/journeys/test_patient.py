"""The patient's page: read it, look back with it, write on it; by day, by night, on a phone and in Spanish."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.journeys import story
from tests.journeys.looks import DESK, LOOKS, PHONE, Seen, Visit
from tests.pages import House, patient

from baton.app import HUB
from baton.duties.scheduling import text_answers


@pytest.fixture(scope="module")
def rosa(home: House) -> str:
    with home.change() as change:
        for name, language in (("Walter Nowak", None), ("Pham Thi Lan", "vi"), ("George Abara", None)):
            patient(change, name, language=language)
    return story.told(home)


@pytest.mark.parametrize("look", LOOKS)
def test_the_page_in_every_light(visit: Visit, seen: Seen, rosa: str, look: str) -> None:
    page = visit(f"/patients/{rosa}", **LOOKS[look])
    expect(page.get_by_role("heading", level=1)).to_have_text("Rosa Delgado")
    seen(page, f"patient-{look}")


@pytest.mark.parametrize("look", LOOKS)
def test_the_list_in_every_light(visit: Visit, seen: Seen, rosa: str, look: str) -> None:
    page = visit("/patients", **LOOKS[look])
    expect(page.get_by_role("link", name="Rosa Delgado")).to_be_visible()
    seen(page, f"patients-{look}")


def test_carla_reads_the_score_by_keyboard_and_as_a_table(visit: Visit, seen: Seen, rosa: str) -> None:
    page = visit(f"/patients/{rosa}")
    mercy = page.get_by_role("list", name="Mercy General")
    stay = mercy.get_by_role("listitem").first
    expect(stay).to_have_accessible_name("Happened: inpatient, 5 days: Acute on chronic heart failure, Sat 14 Nov 03:10 to Thu 19 Nov")
    stay.focus()
    page.keyboard.press("ArrowRight")
    expect(mercy.get_by_role("listitem").nth(1)).to_be_focused()
    page.get_by_text("The score as a table").click()
    expect(page.get_by_role("cell", name="call, no answer").first).to_be_visible()
    expect(page.get_by_role("row", name="call owed")).to_contain_text("Rosa and Elena")
    seen(page, "patient-table")


MEETING = """() => {
    const boxes = [...document.querySelectorAll(".mark text")].map((text) => text.getBoundingClientRect());
    const meet = (a, b) => a.left < b.right && b.left < a.right && a.top + 2 < b.bottom && b.top + 2 < a.bottom;
    return boxes.flatMap((a, n) => boxes.slice(n + 1).filter((b) => meet(a, b))).length;
}"""
"""How many pairs of words in the drawing touch, as the browser drew them."""


@pytest.mark.parametrize("days", [30, 90])
def test_no_words_of_the_score_touch_in_a_real_browser(visit: Visit, seen: Seen, rosa: str, days: int) -> None:
    page = visit(f"/patients/{rosa}?days={days}")
    assert page.evaluate(MEETING) == 0
    seen(page, f"patient-{days}-days")


def test_the_names_of_the_parties_stay_in_sight_on_a_phone(visit: Visit, rosa: str) -> None:
    page = visit(f"/patients/{rosa}", viewport=PHONE)
    region = page.locator("#score")
    assert region.evaluate("e => e.scrollLeft") > 100
    name = page.locator(".score-svg.names text", has_text="Mercy General")
    box = name.bounding_box()
    assert box and 0 <= box["x"] < 60


def test_carla_looks_back_to_an_instant_and_returns(visit: Visit, seen: Seen, rosa: str) -> None:
    page = visit(f"/patients/{rosa}")
    page.get_by_text("As known on…").click()
    page.get_by_label("As known on", exact=True).fill("2026-11-23T15:00")
    seen(page, "patient-look-back")
    page.get_by_role("button", name="Look back").click()
    expect(page.get_by_text("As it was known on Mon 23 Nov 2026 15:00")).to_be_visible()
    expect(page.get_by_role("button", name="Save the note")).to_have_count(0)
    expect(page.get_by_text("Promise something by hand")).to_have_count(0)
    seen(page, "patient-past")
    page.get_by_role("link", name="90 days").click()
    expect(page.get_by_text("As it was known on")).to_be_visible()
    page.get_by_role("link", name="Back to now").click()
    expect(page.get_by_role("button", name="Save the note")).to_be_visible()


def test_before_she_was_known_the_page_says_so(visit: Visit, seen: Seen, rosa: str) -> None:
    page = visit(f"/patients/{rosa}?at=2026-11-01T09:00")
    expect(page.get_by_text("Nothing was known here on Sun 1 Nov 2026 09:00")).to_be_visible()
    seen(page, "patient-unknown")


def test_carla_writes_a_note_and_promises_a_voucher_without_a_script(visit: Visit, seen: Seen, rosa: str) -> None:
    page = visit(f"/patients/{rosa}", java_script_enabled=False)
    page.get_by_label("Write a note").fill("Prefers to be called Doña Rosa.")
    page.get_by_role("button", name="Save the note").click()
    expect(page.get_by_text("The note is saved.")).to_be_visible()
    expect(page.get_by_text("Prefers to be called Doña Rosa.")).to_be_visible()
    page.get_by_text("Promise something by hand").click()
    page.get_by_role("button", name="Promise it").click()
    expect(page.get_by_text("Say what is promised")).to_be_visible()
    expect(page.get_by_label("What is promised")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("What is promised").fill("Send the ride voucher")
    page.get_by_label("Due", exact=True).fill("2026-11-27")
    page.get_by_label("Who keeps it").select_option(label="Carla Cole")
    page.get_by_role("button", name="Promise it").click()
    expect(page.locator("#loops")).to_contain_text("Send the ride voucher")


def test_mistakes_are_said_beside_their_fields(visit: Visit, seen: Seen, rosa: str) -> None:
    page = visit(f"/patients/{rosa}")
    page.get_by_text("Promise something by hand").click()
    page.get_by_label("What is promised").fill("Ride")
    page.get_by_label("Due", exact=True).fill("2026-11-20")
    page.get_by_role("button", name="Promise it").click()
    expect(page.get_by_text("This day has passed: choose today or a later day.")).to_be_visible()
    expect(page.get_by_label("Due", exact=True)).to_have_accessible_description("This day has passed: choose today or a later day.")
    seen(page, "patient-mistake")


def test_carla_asks_how_to_talk_to_her_and_whom_may_be_told(visit: Visit, seen: Seen, rosa: str) -> None:
    page = visit(f"/patients/{rosa}")
    page.get_by_text("Change how to talk to them").click()
    page.get_by_label("Best time").fill("after 15:00")
    page.get_by_label("May a voicemail be left?").select_option(label="no, never")
    page.get_by_label("Elena Delgado may be told").select_option(label="appointments only")
    seen(page, "patient-preferences")
    page.get_by_role("button", name="Save", exact=True).click()
    card = page.locator("#contacts")
    expect(card).to_contain_text("after 15:00")
    expect(card).to_contain_text("never leave one")
    expect(card).to_contain_text("may be told appointments only")


def test_sam_of_another_team_sees_nothing_of_her(visit: Visit, rosa: str) -> None:
    page = visit(f"/patients/{rosa}", email="sam@example.org", viewport=DESK)
    expect(page.get_by_text("Delgado")).to_have_count(0)


def test_the_list_follows_the_typing(visit: Visit, seen: Seen, rosa: str) -> None:
    page = visit("/patients")
    page.get_by_label("Name, date of birth, record number or telephone").fill("lan pham")
    expect(page.locator("#panel li")).to_have_count(1)
    expect(page.locator("#panel")).to_contain_text("Pham Thi Lan")
    assert "pham" not in page.url.lower()
    page.get_by_label("Name, date of birth, record number or telephone").fill("zzzzq")
    expect(page.get_by_text("Nobody in your care matches")).to_be_visible()
    seen(page, "patients-nobody")


def test_an_empty_panel_teaches(visit: Visit, seen: Seen, rosa: str) -> None:
    page = visit("/patients", email="sam@example.org")
    expect(page.get_by_text("No patients in your care yet")).to_be_visible()
    seen(page, "patients-none")


def test_texts_stopped_by_a_text_stand_on_the_contact_card(visit: Visit, seen: Seen, home: House) -> None:
    with home.change() as change:
        id_ = patient(change, "Mai Tran", telecom=[{"system": "phone", "use": "mobile", "value": "(401) 555-0188"}])
    with home.hub.store.change(HUB, because="An answer came by text") as change:
        assert text_answers.came(change, number="+14015550188", text="Alto", message="SM77") == "stopped"
    for look in LOOKS:
        page = visit(f"/patients/{id_}", **LOOKS[look])
        card = page.locator("#contacts")
        expect(card).to_contain_text("0188")
        seen(page, f"texts-stopped-{look}")
        page.goto(f"/patients/{id_}/consents")
        expect(page.locator("#safe")).to_contain_text("0188")
        seen(page, f"texts-stopped-consents-{look}")
        page.context.close()
