"""The score: who plays, and when."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from baton.duties.patients.charts import Lane, ScoreNote
from baton.duties.patients.score import score

EASTERN = ZoneInfo("America/New_York")
NOW = datetime(2026, 7, 2, 18, 10, tzinfo=UTC)  # Thursday 2 July, 14:10 in New York
PROMISE = "https://baton.example/fhir/CodeSystem/promise"
OUTCOME = "https://baton.example/fhir/StructureDefinition/contact-outcome"


def lanes(days: int = 30, **resources: Any) -> dict[str, Lane]:
    drawn = score({kind.replace("_", ""): found for kind, found in resources.items()}, now=NOW, zone=EASTERN, days=days)
    return {lane.party or lane.kind: lane for lane in drawn.lanes}


def only(lane: Lane) -> ScoreNote:
    (note,) = lane.notes
    return note


def encounter(
    code: str = "IMP", status: str = "finished", start: str = "2026-06-24", end: str | None = "2026-06-29", **more: Any
) -> dict[str, Any]:
    period = {"start": start, **({"end": end} if end else {})}
    return {"resourceType": "Encounter", "id": "e1", "status": status, "class": {"code": code}, "period": period, **more}


def promise(code: str, due: str, status: str = "requested", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Task", "id": code, "status": status, "code": {"coding": [{"system": PROMISE, "code": code}]},
        "restriction": {"period": {"end": due}}, **more,
    }  # fmt: skip


def test_a_stay_is_a_span_on_the_line_of_its_hospital() -> None:
    note = only(
        lanes(Encounter=[encounter(serviceProvider={"display": "Mercy General"}, reasonCode=[{"text": "heart failure"}])])["Mercy General"]
    )
    assert (note.day, note.until, note.state, note.what, note.text) == (
        date(2026, 6, 24),
        date(2026, 6, 29),
        "happened",
        "inpatient",
        "heart failure",
    )


def test_a_stay_that_goes_on_reaches_today_and_one_that_began_long_ago_begins_with_the_window() -> None:
    note = only(lanes(Encounter=[encounter(status="in-progress", start="2026-05-01", end=None)])["hospital"])
    assert (note.day, note.until) == (date(2026, 6, 17), date(2026, 7, 2))


@pytest.mark.parametrize(
    ("resource", "party", "state", "what"),
    [
        (encounter("AMB", end=None), "primary-care", "happened", "visit"),
        (encounter("HH", end=None), "home-health", "happened", "home-visit"),
        (encounter("AMB", end=None, serviceType={"text": "Cardiology"}), "Cardiology", "happened", "visit"),
        (encounter("AMB", end=None, serviceType={"text": "Family medicine"}), "primary-care", "happened", "visit"),
        (encounter("AMB", "planned", "2026-07-06", None), "primary-care", "planned", "visit"),
        (encounter("EMER", end="2026-06-24"), "hospital", "happened", "emergency"),
    ],
)
def test_each_visit_stands_on_the_line_of_who_gives_it(resource: dict[str, Any], party: str, state: str, what: str) -> None:
    note = only(lanes(Encounter=[resource])[party])
    assert (note.state, note.what) == (state, what)


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error"])
def test_what_never_was_is_not_on_the_score(status: str) -> None:
    assert all(not lane.notes for lane in lanes(Encounter=[encounter(status=status)]).values())


@pytest.mark.parametrize(("status", "state"), [("booked", "planned"), ("noshow", "missed"), ("fulfilled", "happened")])
def test_an_appointment_is_planned_then_kept_or_missed(status: str, state: str) -> None:
    appointment = {
        "id": "a1",
        "status": status,
        "start": "2026-06-30T09:40:00-04:00",
        "specialty": [{"text": "Cardiology"}],
        "description": "clinic",
    }
    note = only(lanes(Appointment=[appointment])["Cardiology"])
    assert (note.state, note.text, note.time and note.time.hour) == (state, "clinic", 9)


def test_an_appointment_that_became_a_visit_is_drawn_once() -> None:
    appointment = {"id": "a1", "status": "fulfilled", "start": "2026-06-24T09:40:00-04:00"}
    kept = encounter("AMB", end=None, appointment=[{"reference": "Appointment/a1"}])
    assert only(lanes(Appointment=[appointment], Encounter=[kept])["primary-care"]).source == "Encounter/e1"


def test_a_referral_leads_to_the_appointment_that_answers_it() -> None:
    request = {
        "id": "s1",
        "status": "active",
        "authoredOn": "2026-06-20",
        "performerType": {"text": "Cardiology"},
        "code": {"text": "Consult"},
    }
    answer = {
        "id": "a1",
        "status": "booked",
        "start": "2026-07-09T09:40:00-04:00",
        "specialty": [{"text": "Cardiology"}],
        "basedOn": [{"reference": "ServiceRequest/s1"}],
    }
    referral, appointment = lanes(ServiceRequest=[request], Appointment=[answer])["Cardiology"].notes
    assert referral.leads_to == appointment.source == "Appointment/a1"


@pytest.mark.parametrize(
    ("outcome", "state"), [("reached", "happened"), ("refused", "happened"), ("no-answer", "missed"), ("left-message", "missed")]
)
def test_a_call_says_whether_it_reached_anyone(outcome: str, state: str) -> None:
    call = {"id": "c1", "status": "completed", "sent": "2026-07-01T16:40:00-04:00", "extension": [{"url": OUTCOME, "valueCode": outcome}]}
    note = only(lanes(Communication=[call])["family"])
    assert (note.state, note.what) == (state, f"call-{outcome}")


@pytest.mark.parametrize(
    ("due", "state", "day"),
    [
        ("2026-07-02T23:59:59-04:00", "owed", date(2026, 7, 2)),
        ("2026-07-01T23:59:59-04:00", "late", date(2026, 7, 1)),
        ("2026-05-01T23:59:59-04:00", "late", date(2026, 6, 17)),
    ],
)
def test_what_is_owed_stands_on_its_day_and_what_is_late_is_never_out_of_sight(due: str, state: str, day: date) -> None:
    note = only(lanes(Task=[promise("contact-after-discharge", due)])["family"])
    assert (note.state, note.day) == (state, day)


def test_promises_stand_on_the_line_of_who_must_act() -> None:
    stay = encounter(serviceProvider={"display": "Mercy General"})
    drawn = lanes(
        Encounter=[stay],
        Task=[
            promise("visit-after-discharge", "2026-07-06T23:59:59-04:00"),
            promise("discharge-information", "2026-07-06T23:59:59-04:00", encounter={"reference": "Encounter/e1"}),
            promise("by-hand", "2026-07-06T23:59:59-04:00", description="Send the ride voucher"),
        ],
    )
    assert only(drawn["primary-care"]).what == "visit-after-discharge"
    assert [note.what for note in drawn["Mercy General"].notes] == ["inpatient", "discharge-information"]
    assert only(drawn["team"]).text == "Send the ride voucher"


def test_closed_promises_are_gone_and_those_after_the_window_are_counted() -> None:
    drawn = score(
        {"Task": [promise("by-hand", "2026-09-01T23:59:59-04:00"), promise("contact-after-discharge", "2026-07-06", "completed")]},
        now=NOW,
        zone=EASTERN,
    )
    assert drawn.beyond == 1
    assert not any(lane.notes for lane in drawn.lanes)


def test_lanes_keep_their_order_and_the_empty_lines_of_doctor_and_family_are_kept() -> None:
    dispense = {"id": "d1", "status": "completed", "whenHandedOver": "2026-07-01", "medicationCodeableConcept": {"text": "furosemide"}}
    assert list(lanes(MedicationDispense=[dispense], Encounter=[encounter()])) == ["hospital", "primary-care", "pharmacy", "family"]


def test_the_window_is_around_today_in_the_facilitys_zone() -> None:
    late_evening = datetime(2026, 7, 3, 2, 0, tzinfo=UTC)  # still 2 July in New York
    drawn = score({}, now=late_evening, zone=EASTERN, days=90)
    assert (drawn.today, (drawn.end - drawn.today).days, (drawn.today - drawn.start).days) == (date(2026, 7, 2), 45, 45)
