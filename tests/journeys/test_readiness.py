"""Ready for the visit in the browser: what a chart lacks is asked for in one click, promised on Today; in every light."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.journeys.looks import LOOKS, Seen, Visit
from tests.pages import MONDAY, House, patient

from baton import app
from baton.duties.records import readiness, readiness_promises
from baton.rules.readiness import Item


def booked(id_: str, whose: str, days: int, service: str) -> dict[str, Any]:
    start = MONDAY + timedelta(days=days)
    return {
        "resourceType": "Appointment", "id": id_, "status": "booked", "serviceType": [{"text": service}], "start": start.isoformat(),
        "end": (start + timedelta(minutes=30)).isoformat(),
        "participant": [{"actor": {"reference": f"Patient/{whose}"}, "status": "accepted"}],
    }  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def town(home: House) -> Iterator[dict[str, str]]:
    ids = {}
    with home.change() as change:
        change.put({"resourceType": "Organization", "id": "riverside", "active": True, "name": "Riverside Family Medicine"})
        for name in ("Grace Okafor", "Ellen Fitzgerald", "Tomás Rivera"):
            ids[name] = patient(change, name, generalPractitioner=[{"display": "Dr. Osei, Riverside Family Medicine"}])
    note = {"coding": [{"system": "http://loinc.org", "code": "57133-1"}]}
    with home.change() as change:
        change.put(booked("v1", ids["Grace Okafor"], 4, "Cardiology"))
        change.put(booked("v2", ids["Ellen Fitzgerald"], 2, "Annual check"))
        change.put(booked("v3", ids["Tomás Rivera"], 1, "Oncology"))
        about = {"reference": f"Patient/{ids['Ellen Fitzgerald']}"}
        content = [{"attachment": {"contentType": "text/plain", "data": "aGVsbG8="}}]
        on = {"subject": about, "date": "2026-11-10T10:00:00Z"}
        change.put({"resourceType": "DocumentReference", "status": "current", "type": note, **on, "content": content})
        change.put({"resourceType": "MedicationStatement", "status": "active", "subject": about, "dateAsserted": "2026-11-20",
                    "medicationCodeableConcept": {"text": "lisinopril 10 mg"}})  # fmt: skip
    readiness_promises.watch(app.HUB, home.hub.store, home.hub.store.now())
    yield ids


@pytest.mark.parametrize("look", LOOKS)
def test_the_visits_in_every_light(visit: Visit, seen: Seen, look: str) -> None:
    page = visit("/records/visits", **LOOKS[look])
    expect(page.locator(".request")).to_have_count(3)
    seen(page, f"readiness-{look}")


def test_what_is_missing_is_promised_on_today_and_asked_for_in_one_click(visit: Visit, seen: Seen, town: dict[str, str]) -> None:
    page = visit("/today?kind=visit-readiness")
    expect(page.locator(".work", has_text="Grace Okafor")).to_contain_text("Make the chart ready: Cardiology")
    expect(page.locator("main")).not_to_contain_text("Ellen Fitzgerald")
    seen(page, "readiness-today")
    page.get_by_role("link", name="Records", exact=True).click()
    page.get_by_role("link", name="Ready for the visit", exact=True).click()
    page.get_by_role("link", name="not ready 2").click()
    row = page.locator("li.request", has_text="Grace Okafor")
    row.get_by_role("button", name="Request what is missing").click()
    expect(page.get_by_text("Asked one source. It has five business days.")).to_be_visible()
    row = page.locator("li.request", has_text="Grace Okafor")
    expect(row).to_contain_text("Echocardiogram: asked for")
    expect(row.get_by_role("button", name="Request what is missing")).to_have_count(0)
    row.get_by_text("What is asked for, and why").click()
    expect(row).to_contain_text("Riverside Family Medicine")
    seen(page, "readiness-asked")
    page.goto(f"/patients/{town['Grace Okafor']}/records")
    expect(page.locator(".request")).to_contain_text("Echocardiogram, Kidney function, Potassium")
    page.goto(f"/patients/{town['Grace Okafor']}")
    page.get_by_role("link", name="Ready for the visit?").click()
    expect(page.locator("li.request")).to_have_count(1)


def test_what_has_come_is_there_when_the_page_is_opened_and_today_says_the_same(visit: Visit, home: House, town: dict[str, str]) -> None:
    page = visit("/today?kind=visit-readiness")
    expect(page.locator(".work", has_text="Tomás Rivera")).to_have_count(1)
    with home.change() as change:
        appointment = change.get("Appointment", "v3")
        found = readiness.of_appointment(change, appointment)
        assert found is not None and found.lacking
        about = {"subject": {"reference": f"Patient/{town['Tomás Rivera']}"}}
        for each in found.lacking:
            for resource in came(each.item, about):
                change.put(resource)
    page.goto("/records/visits")  # nothing of the worker runs here
    expect(page.locator("#visit-v3")).to_contain_text("ready")
    expect(page.locator("#visit-v3")).not_to_contain_text("missing")
    page.goto("/today?kind=visit-readiness")
    expect(page.locator(".work", has_text="Tomás Rivera")).to_have_count(0)
    expect(page.locator(".work", has_text="Grace Okafor")).to_have_count(1)


def came(item: Item, about: dict[str, Any]) -> list[dict[str, Any]]:
    """What a list asks for, as it comes."""
    coded = {"coding": [{"system": "http://loinc.org", "code": code} for code in sorted(item.codes)[:1]]}
    day = MONDAY.date().isoformat()
    match item.kind:
        case "result":
            return [{"resourceType": "Observation", "status": "final", "code": coded, **about, "effectiveDateTime": day}]
        case "medicines":
            return [{"resourceType": "MedicationStatement", "status": "active", **about, "dateAsserted": day,
                     "medicationCodeableConcept": {"text": "lisinopril 10 mg"}}]  # fmt: skip
        case "coverage":
            return [{"resourceType": "Coverage", "status": "active", "beneficiary": about["subject"], "payor": [{"display": "Medicare"}]}]
        case _:
            content = [{"attachment": {"contentType": "text/plain", "data": "aGVsbG8="}}]
            said = " ".join(item.words[:1]) or "A paper"
            return [{"resourceType": "DocumentReference", "status": "current", "type": coded, **about, "date": f"{day}T10:00:00Z",
                     "description": said, "content": content}]  # fmt: skip


def test_another_team_sees_no_visit(visit: Visit, seen: Seen) -> None:
    page = visit("/records/visits", email="sam@example.org")
    expect(page.get_by_text("No visit is coming")).to_be_visible()
    seen(page, "readiness-none")
