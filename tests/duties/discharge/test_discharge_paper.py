"""The plan a patient takes home: everything is on it, in their language, easy to read, tagged; given, it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader
from tests.duties.discharge.test_discharge import BNP, CLINIC, DOCTOR, id_of, inside, plan
from tests.duties.ward import TOM, ZONE, Ward, appointment, of_team, patient

from baton.duties.discharge import blockers as discharge_blockers
from baton.duties.discharge import paper as discharge_paper
from baton.duties.discharge import plans as discharge_plans
from baton.packs import papers
from baton.rules import readability
from baton.store.postgres import Database

SPANISH = {"communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "es"}]}, "preferred": True}]}
HF = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "I50.23"}], "text": "Heart failure"}


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    hub = Ward(database, "2026-06-28T09:30:00")
    doctor = {**DOCTOR, "telecom": [{"system": "phone", "value": "(401) 555-0101"}]}
    hub.put(doctor, CLINIC, patient(generalPractitioner=[{"reference": "Practitioner/ito"}], **SPANISH), of_team())
    hub.put({**inside(), "reasonCode": [HF]}, BNP, appointment("2026-07-08T10:30:00-04:00") | {"description": "Cardiología"})
    hub.put(
        {
            "resourceType": "MedicationRequest",
            "id": "furosemide",
            "status": "active",
            "intent": "order",
            "subject": {"reference": "Patient/eva"},
            "authoredOn": "2026-06-29",
            "medicationCodeableConcept": {"text": "furosemide 80 mg"},
        }
    )
    with hub.change(TOM) as change:
        until = datetime(2026, 7, 2, 14, tzinfo=ZONE)
        discharge_plans.expect(change, plan=id_of(), until=until, to="home", confidence="likely")
    with hub.change(TOM) as change:
        due = datetime(2026, 7, 6, 23, 59, tzinfo=ZONE)
        discharge_blockers.own_result(change, plan=id_of(), result="ServiceRequest/bnp", owner="Practitioner/ito", due=due)
    yield hub
    hub.store.close()


def words(made: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(made)).pages).split())


def test_everything_is_on_it_in_her_language(ward: Ward) -> None:
    with ward.store.view(TOM) as view:
        made = discharge_paper.preview(view, plan=id_of())
    said = words(made)
    for expected in (
        "Mi plan para la casa", "Eva Stone", "Heart failure", "Voy a casa el jueves 2 de julio", "furosemide 80 mg", "Nueva",
        "miércoles 8 de julio", "10:30", "Cardiología", "BNP, repeat", "Dr. Ito", "lunes 6 de julio", "Llame al 911 ya",
        "(401) 555-0101", "Heart & Vascular", "Subí 3 libras",
    ):  # fmt: skip
        assert expected in said, (expected, said)
    root: Any = PdfReader(BytesIO(made)).trailer["/Root"]
    assert root["/Lang"] == "es" and root["/MarkInfo"]["/Marked"]


def test_in_english_when_asked_for(ward: Ward) -> None:
    with ward.store.view(TOM) as view:
        said = words(discharge_paper.preview(view, plan=id_of(), language="en"))
    assert "My plan for home" in said and "Wednesday, July 8" in said


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_fixed_sentences_are_easy_to_read(language: str) -> None:
    said = papers.words("after-hospital-plan")
    assert readability.grade(said[language].text(), language) <= readability.limit(date(2026, 11, 26)) <= 6
    assert set(said["en"].words) == set(said["es"].words)


def test_given_it_is_kept_and_the_plan_says_so(ward: Ward) -> None:
    with ward.change(TOM) as change:
        stored, made = discharge_paper.give(change, plan=id_of())
    document = stored.resource()
    assert document["language"] == "es" and document["context"]["encounter"] == [{"reference": "Encounter/stay"}]
    assert made.startswith(b"%PDF") and ward.get(document["content"][0]["attachment"]["url"])["contentType"] == "application/pdf"
    done = {step.code for step in plan(ward).steps if step.state == "done"}
    assert {"written-plan", "if-problem", "ideal-discuss", "pending-results", "appointments"} <= done
    assert ward.violations() == []
