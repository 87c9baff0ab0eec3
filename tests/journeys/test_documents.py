"""Documents in the browser: a letter comes in, answers its referral, comes again, is corrected and opened; in every light."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import expect
from tests.journeys.looks import LOOKS, Seen, Visit
from tests.pages import House, patient

from baton.app import HUB
from baton.duties.records import documents
from baton.duties.records.documents import Described
from baton.duties.referrals import referrals


def file(text: str) -> dict[str, object]:
    return {"name": "letter.txt", "mimeType": "text/plain", "buffer": text.encode()}


@pytest.fixture(scope="module")
def walter(home: House) -> str:
    with home.change() as change:
        change.put({"resourceType": "Organization", "id": "cardio", "active": True, "name": "Riverside Cardiology"})
        id_ = patient(change, "Walter Nowak", gender="male")
    with home.change() as change:
        task = referrals.make(change, patient=id_, what="cardiology consult", to="Organization/cardio", question="?", reason="?").id
    with home.change() as change:
        referrals.send(change, task=task, despite="the rest follows")
    for trigger in ("accept", "interim-note", "outcome"):
        with home.change() as change:
            referrals.move(change, task=task, trigger=trigger)
    for title, text in (("Discharge summary, Mercy General", b"Home."), ("Imaging report", b"Clear.")):
        with home.change() as change:
            upload = documents.checked("a.txt", text)
            documents.add(change, patient=f"Patient/{id_}", upload=upload, said=Described(title, author="Dr Ito", source="Mercy General"))
    return id_


@pytest.mark.parametrize("look", LOOKS)
def test_the_shelf_in_every_light(visit: Visit, seen: Seen, walter: str, look: str) -> None:
    page = visit(f"/patients/{walter}/documents", **LOOKS[look])
    expect(page.locator(".lines li").first).to_be_visible()
    seen(page, f"documents-{look}")


def test_a_letter_comes_answers_its_referral_and_is_corrected(visit: Visit, seen: Seen, walter: str) -> None:
    page = visit(f"/patients/{walter}")
    page.get_by_role("link", name="Add or open a document").click()
    page.get_by_label("File", exact=True).set_input_files(file("<html><script>x</script>"))
    page.get_by_label("What it is").fill("Letter of Riverside Cardiology")
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("alert")).to_contain_text("something else than it is")
    seen(page, "documents-refused")
    page.get_by_label("File", exact=True).set_input_files(file("The heart is well."))
    page.get_by_label("Kind").select_option(label="Consult note")
    page.get_by_label("Of which day").fill("2026-11-20")
    page.get_by_label("Came from").fill("Riverside Cardiology")
    page.get_by_label("cardiology consult · Riverside Cardiology (completed)").check()
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_text("Kept, and labelled by the rules.")).to_be_visible()
    page.get_by_label("File", exact=True).set_input_files(file("The heart is well."))
    page.get_by_label("What it is").fill("The same once more")
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_text("Nothing was added.")).to_be_visible()
    page.locator("li", has_text="Letter of Riverside").get_by_role("link", name="A corrected one came").click()
    seen(page, "documents-correct")
    page.get_by_label("File", exact=True).set_input_files(file("The heart is well indeed."))
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_text("1 replaced by a newer one")).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("link", name="Letter of Riverside Cardiology", exact=True).click()
    assert "cardiology" not in saved.value.url.lower() + saved.value.suggested_filename.lower()
    page.goto("/referrals?column=review")
    expect(page.locator(".work", has_text="Walter Nowak")).to_be_visible()


def test_an_empty_shelf_teaches(visit: Visit, seen: Seen, home: House) -> None:
    with home.change() as change:
        id_ = patient(change, "Ana Reyes")
    page = visit(f"/patients/{id_}/documents")
    expect(page.get_by_text("Nothing is on file yet")).to_be_visible()
    seen(page, "documents-none")


def test_where_a_fact_is_from_is_said_with_its_page(visit: Visit, seen: Seen, home: House, walter: str) -> None:
    about = {"subject": {"reference": f"Patient/{walter}"}}
    with home.hub.store.change(replace(HUB, entrance="load"), because="Load file 3fa9c1d2e4b5") as change:
        change.put({"resourceType": "Condition", **about, "code": {"text": "Heart failure"}})
    with home.change() as change:
        taken = {"medicationCodeableConcept": {"text": "metoprolol 50 mg"}, "requester": {"display": "Dr. Ito"}, "authoredOn": "2026-11-02"}
        change.put({"resourceType": "MedicationRequest", "status": "active", "intent": "order", **about, **taken})
        for number in range(120):
            done = {"status": "final", "effectiveDateTime": f"20{number % 20 + 5:02}-03-02", "performer": [{"display": "Mercy laboratory"}]}
            change.put(
                {"resourceType": "Observation", **about, **done, "code": {"text": "potassium"}, "valueString": f"{4 + number / 100:.2f}"}
            )
    page = visit(f"/patients/{walter}")
    seen(page, "sources-from-the-chart")
    page.get_by_role("link", name="metoprolol 50 mg").click()
    expect(page.get_by_role("heading", name="metoprolol 50 mg")).to_be_visible()
    expect(page.get_by_text("ordered by Dr. Ito")).to_be_visible()
    page.get_by_role("link", name="Where it is from").last.click()
    expect(page.locator(".lines > li", has_text="metoprolol 50 mg")).to_contain_text("Dr. Ito")
    expect(page.get_by_text("1 to 100 of")).to_be_visible()
    page.get_by_role("link", name="nobody knows").click()
    expect(page.locator(".lines > li", has_text="Heart failure")).to_contain_text("Nobody has said where this is from.")
    page.get_by_role("link", name="Heart failure").click()
    page.get_by_label("Who said it").fill("Dr. Hale")
    page.get_by_label("In which document").select_option(label="Discharge summary, Mercy General")
    page.get_by_label("Page").fill("two")
    page.get_by_role("button", name="Write it down").click()
    expect(page.locator("#notices")).to_contain_text("Say the page of the document as a number.")
    page.get_by_label("Who said it").fill("Dr. Hale")
    page.get_by_label("In which document").select_option(label="Discharge summary, Mercy General")
    page.get_by_label("Page").fill("2")
    page.get_by_role("button", name="Write it down").click()
    expect(page.locator("#notices")).to_contain_text("Written down")
    expect(page.get_by_text("said by Dr. Hale · Discharge summary, Mercy General, page 2")).to_be_visible()
    seen(page, "sources-fact")
    page.get_by_role("link", name="Where it is from").last.click()
    page.get_by_role("link", name="results 120").click()
    page.get_by_role("link", name="Show more").click()
    expect(page.get_by_text("101 to 120 of 120")).to_be_visible()
    for look in LOOKS:
        page = visit(f"/patients/{walter}/sources", **LOOKS[look])
        seen(page, f"sources-{look}")
        page.get_by_role("link", name="metoprolol 50 mg").click()
        seen(page, f"sources-fact-{look}")
        page.goto(f"/patients/{walter}")
        seen(page, f"sources-chart-{look}")
        page.context.close()
