"""SC14: outside records, one of them from a Part 2 program, asked for and sent on, clicks counted. And every page in every light."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.journeys.looks import LOOKS, Counted, Seen, Visit
from tests.pages import House, patient

from baton import app
from baton.duties.contact import safe_contact
from baton.duties.contact.safe_contact import SafeContact

LOINC, ACT = "http://loinc.org", "http://terminology.hl7.org/CodeSystem/v3-ActCode"
OF_KIND = "https://baton.example/fhir/CodeSystem/recipient-kind"
PLACES = {
    "lakeside": ("Lakeside Cardiology", "provider"),
    "hillside": ("Hillside Recovery", "part2-program"),
    "valley": ("Valley Imaging", "provider"),
    "harbor": ("Harbor Nursing", "facility"),
    "county": ("County Health Department", "public-health"),
}
STATEMENT = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."


def place(id_: str) -> dict[str, Any]:
    name, kind = PLACES[id_]
    fax = {"system": "fax", "value": f"+1 555 014 70{len(name):02d}"}
    return {
        "resourceType": "Organization",
        "id": id_,
        "name": name,
        "type": [{"coding": [{"system": OF_KIND, "code": kind}]}],
        "telecom": [fax],
    }


def paper(whose: str, title: str, code: str, *labels: str) -> dict[str, Any]:
    text = base64.b64encode(f"{title}: all is well.".encode()).decode()
    meta = {"meta": {"security": [{"system": ACT, "code": each} for each in labels]}} if labels else {}
    return {
        "resourceType": "DocumentReference",
        **meta,
        "status": "current",
        "type": {"coding": [{"system": LOINC, "code": code}]},
        "subject": {"reference": f"Patient/{whose}"},
        "date": "2026-11-19T10:00:00Z",
        "description": title,
        "content": [{"attachment": {"contentType": "text/plain", "data": text}}],
    }


@pytest.fixture(scope="module")
def walter(home: House) -> str:
    with home.change() as change:
        for each in PLACES:
            change.put(place(each))
        id_ = patient(change, "Walter Nowak", gender="male", born="1943-04-12")
        change.put(paper(id_, "Discharge summary, Mercy General", "18842-5"))
    with home.hub.store.change(app.HUB, because="A therapist's note, which a coordinator neither reads nor writes") as change:
        change.put(paper(id_, "Therapy session note", "11488-4", "PSYTHPN"))
    return id_


def test_sc14_records_with_part_2(visit: Visit, seen: Seen, walter: str, home: House, capsys: pytest.CaptureFixture[str]) -> None:
    # request 1: cardiology, for treatment: no authorization, sent at once
    page = visit(f"/patients/{walter}")
    asked = Counted(page)
    asked.click("link", "Ask for records")
    page.get_by_label("What is wanted").fill("Consult note of 9 November")
    asked.choose("From", "Organization/lakeside")
    expect(page.locator("#slip")).to_contain_text("Lakeside Cardiology, +1 555")
    expect(page.locator("#slip")).to_contain_text("Treatment (45 CFR 164.506) · Treatment")
    expect(page.locator("#slip")).to_contain_text("everything else of the chart: not needed for this purpose")
    expect(page.locator("#slip")).to_contain_text("as a disclosure, with this rehearsal. Not counted by 45 CFR 164.528.")
    seen(page, "request-rehearsed")
    asked.click("button", "Ask for it")
    expect(page.get_by_text("Treatment: no authorization needed (164.506(c))")).to_be_visible()
    expect(page.locator(".request").first).to_contain_text("sent")
    assert asked.clicks <= 4, "request ≤ 4 clicks"
    # request 2: the addiction clinic: blocked, and it says by what
    page.get_by_label("What is wanted").fill("Summary of treatment")
    page.get_by_label("From").select_option("Organization/hillside")
    expect(page.locator("#slip")).to_contain_text("Nothing leaves yet")
    page.get_by_role("button", name="Ask for it").click()
    blocked = page.locator(".request", has_text="Hillside Recovery")
    expect(blocked).to_contain_text("needs a consent")
    expect(blocked).to_contain_text("answers only to a consent of 42 CFR 2.31 that names it")
    expect(blocked.get_by_role("button", name="Send")).to_have_count(0)
    seen(page, "records-blocked")
    # its consent, first without an expiry: a named error
    blocked.get_by_role("link", name="Add or complete the consent").click()
    page.get_by_label("Kind", exact=True).select_option("part2")
    page.get_by_label("In the form’s own words").fill("Summary of treatment, and sharing it for the nursing stay")
    page.get_by_label("Discharge summaries").check()
    page.get_by_label("Summaries of care").check()
    page.get_by_label("Substance use program (Part 2)").check()
    page.get_by_label("Who may disclose").select_option("Organization/hillside")
    page.get_by_label("Or a class of recipients").select_option("tpo")
    page.get_by_label("Treatment", exact=True).check()
    page.get_by_label("Signed by").select_option(label="Walter Nowak")
    page.get_by_label("Signed on").fill("2026-11-23")
    page.get_by_label("says that it can be revoked in writing, and how").check()
    page.get_by_label("says that recipients for treatment, payment and operations may disclose it again under HIPAA").check()
    page.get_by_role("button", name="Put it in force").click()
    expect(page.get_by_role("alert")).to_contain_text("The consent has no expiry: give a date or an event.")
    seen(page, "consent-lacking")
    page.get_by_label("Ends on", exact=True).fill("2027-05-23")
    page.get_by_role("button", name="Put it in force").click()
    expect(page.locator(".consent").first).to_contain_text("in force")
    # now it is sent, and what comes is labelled
    page.goto(f"/patients/{walter}/records")
    page.locator(".request", has_text="Hillside Recovery").get_by_role("button", name="Send").click()
    expect(page.locator(".request", has_text="Hillside Recovery")).to_contain_text("sent")
    page.get_by_text("It came").nth(0).click()
    page.get_by_label("What it is").first.fill("Addiction clinic summary")
    page.get_by_label("Or its text").first.fill("Buprenorphine, stable.")
    page.get_by_role("button", name="Keep it").first.click()
    expect(page.locator(".request", has_text="Hillside Recovery")).to_contain_text("received")
    with home.change() as change:
        (summary,) = [
            each
            for each in change.find("DocumentReference", patient=f"Patient/{walter}")
            if each.get("description") == "Addiction clinic summary"
        ]
    assert [each["code"] for each in summary["meta"]["security"]] == ["42CFRPart2"]
    # the packet to the nursing facility
    page.goto(f"/patients/{walter}")
    packet = Counted(page)
    packet.click("link", "Send records")
    packet.choose("To", "Organization/harbor")
    withheld = page.locator("section", has_text="Withheld, and why")
    expect(withheld).to_contain_text("psychotherapy notes: take an authorization of their own")
    expect(page.get_by_label("Addiction clinic summary")).to_be_checked()
    expect(page.get_by_role("blockquote")).to_have_text(STATEMENT)
    expect(page.get_by_text("With the scope of the consent:")).to_contain_text("Summary of treatment, and sharing it for the nursing stay")
    expect(page.get_by_text("not in the accounting")).to_be_visible()
    seen(page, "rehearsal")
    packet.click("button", "Send", exact=True)
    expect(page.get_by_text("Sent, and recorded.")).to_be_visible()
    assert packet.clicks <= 6, "packet ≤ 6 clicks"
    expect(page.get_by_role("region", name="Left out of the accounting", exact=True)).to_contain_text("Harbor Nursing")
    # a report to public health is listed
    page.get_by_label("To", exact=True).fill("County Health Department")
    page.get_by_label("What they are").select_option("public-health")
    page.get_by_label("Address, if known").fill("200 Main Street")
    page.get_by_label("What for", exact=True).select_option("PUBHLTH")
    page.get_by_label("What was said, briefly").fill("Reportable result")
    page.get_by_role("button", name="Record it").click()
    listed = page.get_by_role("region", name="Lines of the accounting", exact=True)
    for words in ("County Health Department", "200 Main Street", "Reportable result", "Public health"):
        expect(listed).to_contain_text(words)
    seen(page, "accounting")
    page.goto(f"/patients/{walter}")
    expect(page.locator("#privacy")).to_contain_text("Part 2 consent")
    seen(page, "patient-privacy")
    with capsys.disabled():
        print(f"\nSC14: request {asked.clicks} of 4 clicks, packet {packet.clicks} of 6")


@pytest.fixture(scope="module")
def furnished(home: House, walter: str) -> Iterator[str]:
    """The same patient with something in every list."""
    from datetime import date

    from baton.duties.contact import safe_contact
    from baton.duties.privacy import consents, requests
    from baton.duties.privacy.consent_terms import Terms
    from baton.duties.privacy.decisions import Recipient
    from baton.duties.records import records

    with home.change() as change:
        consents.record(
            change, terms=Terms("restriction", f"Patient/{walter}", "Nothing about the fall to the plan", classes=("Observation",))
        )
        requests.receive(change, patient=f"Patient/{walter}", code="amendment-request", what="I never smoked.", received=date(2026, 10, 1))
        requests.receive(change, patient=f"Patient/{walter}", code="access-request", what="My whole file, on paper.")
        safe_contact.state(
            change, patient=f"Patient/{walter}", asked=safe_contact.SafeContact("+1 555 010 9999", avoid=("home", "voicemail"), safety=True)
        )
        records.ask(
            change,
            patient=f"Patient/{walter}",
            what="MRI disc of 2024",
            source=Recipient("Valley Imaging", "provider", "Organization/valley"),
        )
    yield walter


ROOMS = {
    "consents": "/patients/{}/consents",
    "send": "/patients/{}/send",
    "accounts": "/patients/{}/accounting",
    "records-patient": "/patients/{}/records",
    "records": "/records",
    "requests": "/requests",
}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("room", ROOMS)
def test_every_room_in_every_light(visit: Visit, seen: Seen, furnished: str, room: str, look: str) -> None:
    page = visit(ROOMS[room].format(furnished), **LOOKS[look])
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    if room == "send":
        page.locator("#to").select_option("Organization/harbor")
        expect(page.locator("#leaves-title")).to_be_visible()
    seen(page, f"{room}-{look}")


def test_the_rehearsal_by_keyboard_and_without_a_script(visit: Visit, furnished: str) -> None:
    page = visit(f"/patients/{furnished}/send", java_script_enabled=False)
    page.get_by_label("To", exact=True).select_option("Organization/harbor")
    page.get_by_role("button", name="Rehearse", exact=True).click()
    expect(page.get_by_role("heading", name="Withheld, and why")).to_be_visible()
    page.get_by_label("Discharge summary, Mercy General").uncheck()
    page.get_by_role("button", name="Rehearse again").click()
    expect(page.get_by_text("Say why it differs from what is proposed.")).to_be_visible()


@pytest.fixture(scope="module")
def away_from_home(home: House) -> str:
    """A patient for whom nothing goes to the home."""
    with home.change() as change:
        id_ = patient(change, "Ines Prado", address=[{"use": "home", "line": ["1 Quay Street"], "city": "Larkhaven"}])
        asked = SafeContact(avoid=("home",), address="PO Box 7, Larkhaven", safety=True)
        safe_contact.state(change, patient=f"Patient/{id_}", asked=asked)
    return id_


@pytest.mark.parametrize("look", LOOKS)
def test_a_paper_that_is_held_asks_how_it_goes(visit: Visit, seen: Seen, away_from_home: str, look: str) -> None:
    page = visit(f"/scheduling/patient/{away_from_home}/paper", **LOOKS[look])
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    seen(page, f"held-{look}")
    hand = page.locator("button[value=hand]")
    expect(hand).to_be_visible()
    hand.focus()
    with page.expect_response(lambda answer: "way=hand" in answer.url) as answered:
        page.keyboard.press("Enter")
    assert answered.value.status == 200 and answered.value.headers["content-type"] == "application/pdf"
