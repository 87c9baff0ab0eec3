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
    ward = Ward(database, "2026-06-30T09:00:00")
    ward.put(
        {"resourceType": "Organization", "id": "riverside", "active": True, "name": "Riverside Family Medicine"},
        patient(generalPractitioner=[{"display": "Dr. Osei, Riverside Family Medicine"}]), of_team(),
        {**appointment("2026-07-08T10:00:00-04:00"), "serviceType": [{"text": "Cardiology"}], "description": "Consult"},
        paper("note", "57133-1", "2026-06-20T10:00:00Z"), paper("ecg", "18748-4", "2026-06-21T10:00:00Z", "ECG, twelve leads"),
        observation("2160-0", "2026-06-20"), observation("2823-3", "2026-01-05"), COVERAGE,
    )  # fmt: skip
    ward.at("2026-07-01T09:00:00")
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
    assert owed(ward) == [], "eight days before nobody looks"
    tick(ward)
    tick(ward)
    (task,) = owed(ward)
    told = trace.of(task)
    assert told is not None and told.due.date().isoformat() == "2026-07-05"
    assert told.fact("missing") == "echo, potassium, medicines" and task["description"] == "Cardiology · Consult"
    with pytest.raises(Invalid, match="still missing"), ward.change(TOM) as change:
        promises.done(change, task=task["id"])
    ward.put(observation("2823-3", "2026-07-01"), MEDICINES)
    (task,) = owed(ward)
    told = trace.of(task)
    assert told is not None and told.fact("missing") == "echo" and codes.is_open(task), "as soon as it comes, without any clock"
    ward.put(paper("echo", "18748-4", "2026-06-30T10:00:00Z", "Echocardiogram"))
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


# --- in the same transaction -----------------------------------------------------------------------------------------


def missing(ward: Ward) -> str | None:
    (task,) = (each for each in owed(ward) if codes.is_open(each))
    told = trace.of(task)
    return str(told.fact("missing")) if told else None


def on_today(ward: Ward) -> list[str]:
    with ward.store.view(TOM) as view:
        return [each.code for each in view.promises(codes=["visit-readiness"])]


def test_a_visit_booked_for_tomorrow_says_at_once_what_is_missing(ward: Ward) -> None:
    ward.put({**appointment("2026-07-02T10:00:00-04:00", id_="soon"), "serviceType": [{"text": "Cardiology"}]})
    assert missing(ward) == "echo, potassium, medicines" and on_today(ward) == ["visit-readiness"]
    tick(ward)
    assert len([each for each in owed(ward) if each["focus"]["reference"] == "Appointment/soon"]) == 1, "the clock makes no second one"


def test_a_visit_in_a_month_or_for_a_ride_asks_nothing_yet(ward: Ward) -> None:
    ward.put({**appointment("2026-07-30T10:00:00-04:00", id_="later"), "serviceType": [{"text": "Cardiology"}]})
    ward.put({**appointment("2026-07-02T10:00:00-04:00", id_="ride"), "serviceType": [{"text": "Ride to the clinic"}]})
    ward.put({**appointment("2026-07-02T10:00:00-04:00", id_="asked"), "serviceType": [{"text": "Cardiology"}], "status": "proposed"})
    assert owed(ward) == []


def test_moved_into_the_week_it_is_owed_with_the_move(ward: Ward) -> None:
    ward.put({**ward.get("Appointment/booked"), "start": "2026-07-03T10:00:00-04:00", "end": "2026-07-03T10:59:00-04:00"})
    assert missing(ward) == "echo, potassium, medicines"


def test_a_document_at_nine_has_kept_it_before_today_is_next_asked(ward: Ward) -> None:
    tick(ward)
    ward.put(observation("2823-3", "2026-07-01"), MEDICINES)
    ward.at("2026-07-02T09:00:00")
    assert on_today(ward) == ["visit-readiness"] and missing(ward) == "echo"
    ward.put(paper("echo", "18748-4", "2026-06-30T10:00:00Z", "Echocardiogram"))
    assert on_today(ward) == [] and [each["status"] for each in owed(ward)] == ["completed"]
    (task,) = owed(ward)
    assert {"reference": "DocumentReference/echo"} in [each.get("valueReference") for each in task["output"]]
    assert task["executionPeriod"]["end"] == "2026-07-02T13:00:00.000Z" or task["lastModified"].startswith("2026-07-02T")
    assert ward.violations() == []


def test_what_kept_it_and_goes_again_is_owed_again(ward: Ward) -> None:
    ward.put(observation("2823-3", "2026-06-28"), MEDICINES, paper("echo", "18748-4", "2026-06-30T10:00:00Z", "Echo"))
    tick(ward)
    assert [each["status"] for each in owed(ward)] == ["completed"]
    ward.put({**ward.get("DocumentReference/echo"), "status": "entered-in-error"})
    assert missing(ward) == "echo" and ward.violations() == []
    ward.put(paper("echo-again", "18748-4", "2026-06-30T10:00:00Z", "Echo"))
    assert [each["status"] for each in owed(ward)] == ["completed"]
    ward.at("2026-07-09T09:00:00")
    ward.put({**ward.get("DocumentReference/echo-again"), "status": "entered-in-error"})
    assert [each["status"] for each in owed(ward)] == ["completed"], "after the visit nothing is owed again"


def test_what_comes_in_one_change_is_looked_at_together(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []
    of = readiness.of_appointment
    monkeypatch.setattr(readiness, "of_appointment", lambda view, found: looks.append(str(found["id"])) or of(view, found))
    with ward.change(HUB) as change:
        change.put(paper("echo", "18748-4", "2026-06-30T10:00:00Z", "Echo"))
        change.put({**appointment("2026-07-02T10:00:00-04:00", id_="soon"), "serviceType": [{"text": "Cardiology"}]})
        for number in range(20):
            change.put({**observation("2823-3", "2026-06-30"), "id": f"k{number}"})
        change.put(MEDICINES)
    assert [each["status"] for each in owed(ward)] == ["completed"] and len(looks) <= 4, "not once for each of them"
    looks.clear()
    with ward.change(HUB) as change:
        for number in range(20):
            change.put({**observation("2823-3", "2026-06-30"), "id": f"again{number}"})
    assert looks == [], "where nothing is promised, nothing is looked at"


def test_what_no_list_asks_for_is_not_looked_at() -> None:
    kinds = {"DocumentReference": "type", "Observation": "code", "DiagnosticReport": "code"}
    for type_, element in kinds.items():
        of = {"resourceType": type_, element: {"coding": [{"system": LOINC, "code": "8867-4"}], "text": "Heart rate"}}
        assert not readiness.could_matter(of)
        assert readiness.could_matter({**of, element: {"text": "Echocardiogram"}})
        assert readiness.could_matter({**of, element: {"coding": [{"system": LOINC, "code": "18748-4"}]}})
    assert readiness.could_matter({"resourceType": "Coverage"})
