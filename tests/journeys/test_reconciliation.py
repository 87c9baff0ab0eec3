"""Medicines reconciled in the browser: three lists, each difference decided, signed by a nurse, and the list the patient takes home."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pypdf
import pytest
from playwright.sync_api import expect
from tests.journeys.looks import LOOKS, Seen, Visit
from tests.pages import MONDAY, House, client, left, patient, stay

from baton import app
from baton.desk import reconciliation_words
from baton.duties.records import reconciliation
from baton.duties.team import licences
from baton.rules import readability


def order(id_: str, whose: str, text: str, days: int, directions: str, status: str = "active") -> dict[str, Any]:
    on = (MONDAY - timedelta(days=days)).date().isoformat()
    ended = {"dispenseRequest": {"validityPeriod": {"start": on, "end": "2026-11-19"}}} if status == "stopped" else {}
    return {
        "resourceType": "MedicationRequest", "id": id_, "status": status, "intent": "order", "subject": {"reference": f"Patient/{whose}"},
        "authoredOn": on, "medicationCodeableConcept": {"text": text}, "dosageInstruction": [{"text": directions}], **ended,
    }  # fmt: skip


def told(home: House, name: str, prefix: str) -> str:
    with home.change() as change:
        id_ = patient(change, name, language="es" if name.startswith("Rosa") else None)
    with home.change() as change:
        change.put(order(f"{prefix}1", id_, "furosemide 40 mg", 400, "1 tablet in the morning", "stopped"))
        change.put(order(f"{prefix}2", id_, "ibuprofen 400 mg", 300, "1 tablet as needed", "stopped"))
        change.put(order(f"{prefix}3", id_, "metformin 500 mg", 900, "1 tablet twice a day"))
        stay(change, id_, MONDAY - timedelta(days=4))
    with home.change() as change:
        change.put(order(f"{prefix}4", id_, "furosemide 80 mg", 4, "1 tablet in the morning"))
        change.put(order(f"{prefix}5", id_, "spironolactone 25 mg", 4, "1 tablet once a day"))
    return id_


@pytest.fixture(scope="module")
def walter(home: House) -> Iterator[str]:
    nurse = {"code": {"coding": [{"system": licences.LICENCE, "code": "RN"}]}, "period": {"end": "2027-12-31"}}
    with home.hub.store.change(app.HUB, because="A licence") as change:
        carla = change.get(*home.person["carla@example.org"].split("/"))
        change.put({**carla, "qualification": [nurse]})
    yield told(home, "Walter Nowak", "w")


def test_decided_signed_and_taken_home(visit: Visit, seen: Seen, home: House, walter: str) -> None:
    page = visit("/records/medicines")
    expect(page.locator(".lines li", has_text="Walter Nowak")).to_contain_text("nobody has asked yet what they take")
    seen(page, "medicines-waiting")
    page.get_by_role("link", name="Walter Nowak").click()
    page.get_by_label("spironolactone 25 mg").check()
    page.get_by_label("metformin 500 mg").check()
    page.get_by_label("Something else, or otherwise").fill("ibuprofen 400 mg")
    page.get_by_label("How they take it").fill("when the knee hurts")
    page.get_by_role("button", name="Note it").click()
    expect(page.get_by_text("stopped, and still taken").first).to_be_visible()
    seen(page, "medicines-side")
    for name, choice in (
        ("stopped, and still taken", "take it no more"), ("ordered, not taken", "as ordered at discharge"),
        ("dose changed in the stay", "as ordered at discharge"), ("new since the stay", "as ordered at discharge"),
    ):  # fmt: skip
        page.locator("#differences li", has_text=name).first.get_by_role("button", name=choice).click()
    page.get_by_role("button", name="I have reconciled these medicines").click()
    expect(page.get_by_text("Signed. The promise to reconcile is kept.")).to_be_visible()
    expect(page.get_by_text("Signed by Carla Cole")).to_be_visible()
    seen(page, "medicines-signed")
    answer = client(home).get(f"/patients/{walter}/medicines/paper")
    assert left(home, "print medicines", walter) == 1
    text = " ".join(pypdf.PdfReader(io.BytesIO(answer.content)).pages[0].extract_text().split())
    assert "Take these" in text and "Do not take these Medicine ibuprofen 400 mg" in text and "furosemide 80 mg" in text


def test_somebody_without_a_licence_is_told_who_can(visit: Visit, home: House, walter: str) -> None:
    page = visit(f"/patients/{walter}/medicines", email="sue@example.org")
    expect(page.locator("#differences")).to_contain_text("These can: Carla Cole")


@pytest.mark.parametrize("look", LOOKS)
def test_the_lists_in_every_light(visit: Visit, seen: Seen, home: House, walter: str, look: str) -> None:
    id_ = told(home, f"Eva {look.title()}", look[:3])
    with home.change() as change:
        reconciliation.takes(change, patient=id_, text="furosemide 40 mg", directions="1 tablet in the morning")
        reconciliation.takes(change, patient=id_, text="Zorblax", directions="a spoon")
    page = visit(f"/patients/{id_}/medicines", **LOOKS[look])
    expect(page.locator(".side tbody tr").first).to_be_visible()
    seen(page, f"medicines-{look}")


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_list_taken_home_is_easy_to_read(home: House, language: str) -> None:
    signed = {"date": "2026-11-23T20:00:00Z", "source": {"display": "Carla Cole"}, "entry": []}
    for flag, text in (("take", "furosemide 80 mg · 1 tablet in the morning"), ("stop", "ibuprofen 400 mg")):
        coding = {"system": reconciliation.DECISION, "code": flag}
        signed["entry"].append({"flag": {"coding": [coding]}, "item": {"display": text}})  # type: ignore[union-attr,attr-defined]
    person = {"name": [{"text": "Rosa Delgado"}], "communication": [{"language": {"coding": [{"code": language}]}}]}
    client(home)
    paper = reconciliation_words.take_home(person, signed, "Heart & Vascular", "(555) 014-0000")
    said = " ".join(block.text for block in paper.blocks if hasattr(block, "text") and not hasattr(block, "level"))
    assert paper.language == language and readability.grade(said.partition(":")[0] + ".", language) <= 6
