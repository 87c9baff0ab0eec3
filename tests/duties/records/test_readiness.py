"""Ready for the visit: worked out from the chart, asked for in one go, promised a week before, kept by what comes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.duties.ward import HUB, PRIYA, TOM, Ward, appointment, of_team, patient

from baton.duties import codes, promises, trace
from baton.duties.records import readiness, readiness_promises, records
from baton.duties.records.readiness import Visit
from baton.store import Invalid, NotFound
from baton.store.postgres import Database

LOINC = "http://loinc.org"
EVA = {"reference": "Patient/eva"}


def observation(code: str, on: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation", "id": f"o{code}", "status": "final", "code": {"coding": [{"system": LOINC, "code": code}]},
        "subject": EVA, "effectiveDateTime": on, "valueQuantity": {"value": 1},
    }  # fmt: skip


def paper(id_: str, code: str, on: str, title: str = "A paper") -> dict[str, Any]:
    return {
        "resourceType": "DocumentReference", "id": id_, "status": "current", "type": {"coding": [{"system": LOINC, "code": code}]},
        "subject": EVA, "date": on, "description": title, "content": [{"attachment": {"contentType": "text/plain", "data": "aGVsbG8="}}],
    }  # fmt: skip


MEDICINES = {
    "resourceType": "MedicationStatement", "id": "says", "status": "active", "subject": EVA, "dateAsserted": "2026-06-25",
    "medicationCodeableConcept": {"text": "lisinopril 10 mg"},
}  # fmt: skip
COVERAGE = {"resourceType": "Coverage", "id": "cover", "status": "active", "beneficiary": EVA, "payor": [{"display": "Medicare"}]}


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    ward = Ward(database, "2026-07-01T09:00:00")
    ward.put(
        {"resourceType": "Organization", "id": "riverside", "active": True, "name": "Riverside Family Medicine"},
        patient(generalPractitioner=[{"display": "Dr. Osei, Riverside Family Medicine"}]), of_team(),
        {**appointment("2026-07-08T10:00:00-04:00"), "serviceType": [{"text": "Cardiology"}], "description": "Consult"},
        paper("note", "57133-1", "2026-06-20T10:00:00Z"), paper("ecg", "18748-4", "2026-06-21T10:00:00Z", "ECG, twelve leads"),
        observation("2160-0", "2026-06-20"), observation("2823-3", "2026-01-05"), COVERAGE,
    )  # fmt: skip
    yield ward
    ward.store.close()


def visit(ward: Ward) -> Visit:
    with ward.store.view(TOM) as view:
        (found,) = readiness.coming(view)
        return found


def standings(ward: Ward) -> dict[str, str]:
    return {each.item.code: each.standing for each in visit(ward).found}


def tick(ward: Ward) -> None:
    readiness_promises.watch(HUB, ward.store, ward.time)


def owed(ward: Ward) -> list[dict[str, Any]]:
    return [each for each in ward.find("Task", patient="Patient/eva") if codes.promise_code(each) == "visit-readiness"]


def test_what_is_there_too_old_and_missing(ward: Ward) -> None:
    assert standings(ward) == {
        "referral-note": "have", "ecg": "have", "echo": "missing", "kidney-function": "have", "potassium": "old", "medicines": "missing",
        "coverage": "have",
    }  # fmt: skip
    found = visit(ward)
    assert (found.have, found.ready, found.checklist.code) == (4, False, "cardiology")
    with ward.store.view(PRIYA) as view:
        assert readiness.coming(view) == []
        with pytest.raises(NotFound):
            readiness.of_appointment(view, ward.get("Appointment/booked"))


def test_what_is_missing_is_asked_for_in_one_go_and_counts_as_asked(ward: Ward) -> None:
    with ward.change(TOM) as change:
        (id_,) = readiness.ask_missing(change, appointment="booked", words=lambda items: ", ".join(each.code for each in items))
    request = ward.get(f"CommunicationRequest/{id_}")
    assert request["payload"][0]["contentString"] == "echo, potassium" and request["about"] == [{"reference": "Appointment/booked"}]
    assert request["sender"]["reference"] == "Organization/riverside" and request["occurrenceDateTime"] == "2026-07-05"
    assert standings(ward)["echo"] == standings(ward)["potassium"] == "asked"
    with pytest.raises(Invalid, match="Nothing is missing"), ward.change(TOM) as change:
        readiness.ask_missing(change, appointment="booked", words=str)
    with ward.change(TOM) as change:
        records.refuse(change, request=id_, reason="They have none")
    assert standings(ward)["echo"] == "missing"


def test_a_week_before_it_is_promised_and_kept_by_what_comes(ward: Ward) -> None:
    ward.at("2026-06-30T09:00:00")
    tick(ward)
    assert owed(ward) == [], "eight days before nobody looks"
    ward.at("2026-07-01T09:00:00")
    tick(ward)
    tick(ward)
    (task,) = owed(ward)
    told = trace.of(task)
    assert told is not None and told.due.date().isoformat() == "2026-07-05"
    assert told.fact("missing") == "echo, potassium, medicines" and task["description"] == "Cardiology · Consult"
    with pytest.raises(Invalid, match="still missing"), ward.change(TOM) as change:
        promises.done(change, task=task["id"])
    ward.put(observation("2823-3", "2026-07-01"), MEDICINES)
    ward.at("2026-07-01T09:15:00")
    tick(ward)
    (task,) = owed(ward)
    told = trace.of(task)
    assert told is not None and told.fact("missing") == "echo" and codes.is_open(task)
    ward.put(paper("echo", "18748-4", "2026-06-30T10:00:00Z", "Echocardiogram"))
    ward.at("2026-07-01T09:30:00")
    tick(ward)
    (task,) = owed(ward)
    assert task["status"] == "completed" and visit(ward).ready and ward.violations() == []


def test_a_chart_that_is_ready_is_promised_and_kept_at_once(ward: Ward) -> None:
    ward.put(observation("2823-3", "2026-06-28"), MEDICINES, paper("echo", "18748-4", "2026-06-30T10:00:00Z", "Echo"))
    tick(ward)
    assert [each["status"] for each in owed(ward)] == ["completed"]


def test_without_it_the_promise_is_closed_with_a_reason(ward: Ward) -> None:
    tick(ward)
    with ward.change(TOM) as change:
        promises.close(change, task=owed(ward)[0]["id"], reason="The cardiologist will do the echo")
    tick(ward)
    assert [each["status"] for each in owed(ward)] == ["cancelled"]


def test_moved_or_cancelled_it_is_owed_for_the_new_time_alone(ward: Ward) -> None:
    tick(ward)
    ward.put({**ward.get("Appointment/booked"), "start": "2026-07-07T10:00:00-04:00", "end": "2026-07-07T10:59:00-04:00"})
    tick(ward)
    assert sorted(each["status"] for each in owed(ward)) == ["cancelled", "requested"]
    ward.put({**ward.get("Appointment/booked"), "status": "cancelled", "cancelationReason": {"text": "She asked for another day"}})
    assert {each["status"] for each in owed(ward)} == {"cancelled"} and ward.violations() == []


def test_once_the_visit_has_begun_nothing_is_owed(ward: Ward) -> None:
    tick(ward)
    ward.at("2026-07-08T10:15:00")
    tick(ward)
    assert [each["status"] for each in owed(ward)] == ["cancelled"]
