"""SC15, a fax of doubtful owner: proposed by one, agreed by another; a wrong chart mended; clicks counted, in every light."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.looks import LOOKS, Seen, Visit
from tests.pages import PASSWORD, House, patient

from baton import app
from baton.duties.privacy.decisions import Recipient
from baton.duties.records import documents, inbound, records
from baton.duties.team import staff
from baton.rules.matching import Said
from baton.web import django as shell

CLEO, LUCY, ARI = "cleo@example.org", "sue@example.org", "ari@example.org"
FAX = b"LAKESIDE CARDIOLOGY\nConsultation report\n\nPatient: John Smith\nDOB: 03/1?/1951\n\nMild hypertension. Continue lisinopril."


@pytest.fixture(scope="module", autouse=True)
def town(home: House) -> Iterator[dict[str, str]]:
    with home.hub.store.change(app.HUB, because="Add a clerk") as change:
        home.person[CLEO] = staff.add(change, email=CLEO, role="records-clerk", team="Heart & Vascular", name="Cleo Marsh")
    shell.share_password(home.hub, {CLEO: home.person[CLEO]}, PASSWORD)
    ids = {}
    with home.change() as change:
        change.put({"resourceType": "Organization", "id": "lakeside", "active": True, "name": "Lakeside Cardiology"})
        for name, born in (("John Smith", "1951-03-12"), ("John Smith ", "1951-03-17"), ("Rosa Delgado", "1955-03-03")):
            ids[born] = patient(change, name.strip(), gender="male", born=born)
    source = Recipient("Lakeside Cardiology", "provider", "Organization/lakeside", "+1 555 014 7001")
    with home.change() as change:
        records.ask(change, patient=f"Patient/{ids['1951-03-12']}", what="Consult note of November", source=source)
    yield ids


def came(home: House, text: bytes, said: Said, title: str = "Consult note") -> str:
    with home.change(CLEO) as change:
        upload = documents.checked("fax.txt", text)
        return inbound.receive(change, upload=upload, said=said, title=title, code="11488-4", source="Lakeside Cardiology").id


class Counted:
    """A page whose clicks are counted."""

    def __init__(self, page: Page) -> None:
        self.page, self.clicks = page, 0

    def click(self, role: Any, name: str) -> None:
        self.page.get_by_role(role, name=name, exact=True).first.click()
        self.clicks += 1


def test_a_doubtful_fax_is_matched_in_three_clicks_and_agreed_by_a_second_person(
    visit: Visit, seen: Seen, home: House, town: dict[str, str], capsys: Any
) -> None:
    came(home, FAX, Said(name="John Smith", birth="1951-03-1?"))
    page = visit("/patients", email=CLEO)
    counted = Counted(page)
    counted.click("link", "Records")
    counted.click("link", "Arrived")
    expect(page.get_by_text("fits where it can be read").first).to_be_visible()
    expect(page.locator(".sheet")).to_contain_text("Mild hypertension")
    assert page.get_by_label("asked for", exact=False).first.is_checked(), "what is awaited from there is ticked already"
    seen(page, "inbound-doubt")
    button = page.locator(".people li", has_text="12 Mar 1951").get_by_role("button", name="File to John Smith")
    button.click()
    counted.clicks += 1
    expect(page.get_by_text("Proposed. It is filed as soon as a second person agrees.")).to_be_visible()
    assert counted.clicks <= 3, "match ≤ 3 clicks"
    page = visit("/records/arrived", email=LUCY)
    expect(page.get_by_text("Cleo Marsh says it is this patient’s.")).to_be_visible()
    seen(page, "inbound-agree")
    page.get_by_role("button", name="Agree: file to John Smith").click()
    expect(page.get_by_text("Agreed and filed.")).to_be_visible()
    page = visit(f"/patients/{town['1951-03-12']}/records", email=LUCY)
    expect(page.locator(".request")).to_contain_text("received")
    with capsys.disabled():
        print(f"\nSC15: a paper matched in {counted.clicks} of 3 clicks")


def test_found_in_the_wrong_chart_it_is_taken_out_and_the_privacy_desk_knows(
    visit: Visit, seen: Seen, home: House, town: dict[str, str]
) -> None:
    id_ = came(home, b"Of the other John.", Said(name="John Smith", birth="1951-03-1?"), "Letter about a hip")
    with home.change(CLEO) as change:
        inbound.file(change, document=id_, patient=f"Patient/{town['1951-03-17']}")
    with home.change(LUCY) as change:
        inbound.agree(change, document=id_)
    page = visit(f"/patients/{town['1951-03-17']}/documents")
    row = page.locator("li", has_text="Letter about a hip")
    row.get_by_text("It is in the wrong chart").click()
    row.get_by_label("How do you know?").fill("He never had a hip done")
    row.get_by_role("button", name="Take it out of this chart").click()
    expect(page.get_by_text("Taken out of this chart.")).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("Letter about a hip")
    page = visit("/records/arrived", email=CLEO)
    expect(page.locator(".lines")).to_contain_text("was in a wrong chart")
    with home.hub.store.change(app.HUB, because="An auditor") as change:
        home.person["ari@example.org"] = staff.add(
            change, email="ari@example.org", role="auditor", team="Heart & Vascular", name="Ari Blum"
        )
    shell.share_password(home.hub, {"ari@example.org": home.person["ari@example.org"]}, PASSWORD)
    page = visit("/privacy", email="ari@example.org")
    told = page.locator(".told", has_text="A document in the wrong chart")
    expect(told).to_contain_text("Found by Carla Cole.")
    expect(told).to_contain_text("Shown to: Carla Cole")
    seen(page, "inbound-privacy")


def test_something_comes_by_hand_and_files_itself(visit: Visit, seen: Seen) -> None:
    page = visit("/records/arrived", email=CLEO)
    page.locator("summary", has_text="Something came").click()
    form = page.locator("details[open]", has_text="Something came")
    form.get_by_label("File", exact=True).set_input_files(
        {"name": "a.txt", "mimeType": "text/plain", "buffer": b"Patient: Delgado, Rosa\nDOB: 3 Mar 1955\nAll is well."}
    )
    form.get_by_label("Date of birth").fill("soon")
    form.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("alert")).to_contain_text("Write the date of birth as")
    seen(page, "inbound-refused")
    form = page.locator("details[open]", has_text="Something came")
    form.get_by_label("File", exact=True).set_input_files(
        {"name": "a.txt", "mimeType": "text/plain", "buffer": b"Patient: Delgado, Rosa\nDOB: 3 Mar 1955\nAll is well."}
    )
    form.get_by_label("Date of birth").fill("")
    form.get_by_role("button", name="Keep it").click()
    expect(page.get_by_text("It is certain whose it is: filed to Rosa Delgado.")).to_be_visible()


@pytest.mark.parametrize("look", LOOKS)
def test_the_desk_in_every_light(visit: Visit, seen: Seen, home: House, look: str) -> None:
    came(home, f"One more, {look}".encode(), Said(name="J. Smith", birth="1951-03-17"), "Imaging report")
    page = visit("/records/arrived", email=CLEO, **LOOKS[look])
    expect(page.locator(".people").first).to_be_visible()
    seen(page, f"inbound-{look}")


def test_a_coordinator_is_not_led_to_what_arrived_and_is_told_whose_it_is(visit: Visit, seen: Seen) -> None:
    page = visit("/records")
    expect(page.get_by_role("link", name="Medicines", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Arrived", exact=True)).to_have_count(0)
    page.goto(page.url.replace("/records", "/records/arrived"))
    expect(page.get_by_text("papers of which it is not known whose they are")).to_be_visible()
    expect(page.get_by_text("Supervisor")).to_be_visible()
    seen(page, "inbound-not-theirs")
