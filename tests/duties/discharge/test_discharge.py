"""Going home on real PostgreSQL: planned from the day of admission, closed only when nothing is owed; what is in the way costs hours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from tests.duties.ward import HOME, HUB, MERCY, TOM, ZONE, Ward, appointment, of_team, patient, stay, summary

from baton.duties import codes, trace
from baton.duties.contact import safe_contact
from baton.duties.discharge import blockers as discharge_blockers
from baton.duties.discharge import call as discharge_call
from baton.duties.discharge import handoff as discharge_handoff
from baton.duties.discharge import plans as discharge_plans
from baton.duties.discharge import scores as discharge_scores
from baton.duties.discharge import states
from baton.duties.discharge.states import Plan
from baton.duties.privacy import disclosure
from baton.duties.support import education
from baton.paper import Paper, Text
from baton.rules import discharge_plan as rules
from baton.store import Invalid
from baton.store.postgres import Database

DOCTOR = {"resourceType": "Practitioner", "id": "ito", "active": True, "name": [{"prefix": ["Dr."], "family": "Ito"}]}
CLINIC = {"resourceType": "Organization", "id": "cardio", "active": True, "name": "Riverside Cardiology"}
BNP = {
    "resourceType": "ServiceRequest",
    "id": "bnp",
    "status": "active",
    "intent": "order",
    "category": [{"coding": [{"system": "http://snomed.info/sct", "code": "108252007"}]}],
    "code": {"text": "BNP, repeat"},
    "subject": {"reference": "Patient/eva"},
    "encounter": {"reference": "Encounter/stay"},
}
SIGNERS = dict.fromkeys(rules.SIGNATURES, "somebody")


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    hub = Ward(database, "2026-06-28T09:30:00")
    hub.going_home = True
    hub.put(DOCTOR, CLINIC, patient(generalPractitioner=[{"reference": "Practitioner/ito"}]), of_team())
    hub.put(inside())
    yield hub
    assert hub.violations() == []
    hub.store.close()


def inside(**more: Any) -> dict[str, Any]:
    return stay(None, status="in-progress", disposition=None, **more)


def plan(ward: Ward, encounter: str = "stay") -> Plan:
    return states.read(ward.get(states.reference(f"Encounter/{encounter}")), ZONE)


def id_of(encounter: str = "stay") -> str:
    return states.plan_id(f"Encounter/{encounter}")


def on(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def do(ward: Ward, verb: Any, **said: Any) -> Any:
    with ward.change(TOM) as change:
        return verb(change, plan=id_of(), **said)


def expect(ward: Ward, until: str = "2026-07-02T14:00", to: str = "home", confidence: str = "likely", why: str = "") -> None:
    do(ward, discharge_plans.expect, until=on(until), to=to, confidence=confidence, why=why)


def open_promises(ward: Ward) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for task in ward.find("Task", patient="Patient/eva"):
        if codes.is_open(task):
            found.setdefault(codes.promise_code(task) or "", []).append(task.get("description", ""))
    return found


def everything_done(ward: Ward) -> None:
    still = [step.code for step in plan(ward).before_leaving]
    do(ward, discharge_plans.done, items=still)
    do(ward, discharge_plans.sign, names=SIGNERS)


# --- from the day of admission -------------------------------------------------------------------------------------


def test_a_stay_begins_its_plan_on_the_day_of_admission(ward: Ward) -> None:
    found = plan(ward)
    assert found.state == "planning" and found.patient == "Patient/eva" and found.accepting == (("Practitioner/ito", "Dr. Ito"),)
    assert len(found.steps) == 17 and all(step.owner_name for step in found.steps)
    assert open_promises(ward) == {"discharge-plan": [""]}
    task = ward.promises()["discharge-plan"]
    assert task["owner"]["reference"] == "Organization/heart"
    told = trace.of(task)
    assert told is not None and told.due.astimezone(ZONE).date() == date(2026, 6, 29) and told.source
    ward.put(inside())
    assert len(ward.find("CarePlan")) == 1, "the same admission again makes nothing twice"


@pytest.mark.parametrize(
    "other",
    [
        inside(id_="other", class_="AMB"),
        inside(id_="other", start="2024-01-01T10:00:00-05:00"),
        stay(id_="other", end="2026-06-28T09:20:00-04:00", start="2026-06-26T09:20:00-04:00"),
    ],
    ids=["a visit", "a stay nobody ended", "a stay that is over"],
)
def test_what_begins_no_plan(ward: Ward, other: dict[str, Any]) -> None:
    ward.put(other)
    assert [each["encounter"]["reference"] for each in ward.find("CarePlan")] == ["Encounter/stay"]


def test_every_change_of_what_is_expected_says_who_and_why(ward: Ward) -> None:
    expect(ward)
    assert trace.of(ward.promises()["discharge-plan"]).due == on("2026-07-02T14:00")  # type: ignore[union-attr]
    with pytest.raises(Invalid, match="Say why it changes"):
        expect(ward, "2026-07-03T11:00")
    with pytest.raises(Invalid, match="expected already"):
        expect(ward)
    ward.at("2026-06-30T10:00")
    expect(ward, "2026-07-03T11:00", why="oxygen is late")
    found = plan(ward)
    assert [(each.until.day, each.by, each.why) for each in found.expected] == [(2, "Tom Brandt", ""), (3, "Tom Brandt", "oxygen is late")]
    raw = ward.get(f"CarePlan/{found.id}")
    shorter = {**raw, "extension": [each for each in raw["extension"] if each["url"] != states.EXPECTED]}
    with pytest.raises(Invalid, match="stays in the log"):
        ward.put(shorter)


def test_another_destination_asks_everybody_again(ward: Ward) -> None:
    expect(ward)
    do(ward, discharge_plans.sign, names={"nurse": "Ana Ruiz, RN", "patient": "Eva Stone"})
    expect(ward, "2026-07-03T14:00", why="one more day")
    assert {each.role for each in plan(ward).signatures} == {"nurse", "patient"}
    expect(ward, "2026-07-03T14:00", to="snf", why="cannot climb the stairs")
    assert plan(ward).unsigned == rules.SIGNATURES


@pytest.mark.parametrize(
    ("said", "message"),
    [({"to": "moon"}, "none of"), ({"confidence": "certain"}, "none of"), ({"until": "2026-06-01T10:00"}, "before they came")],
)
def test_what_cannot_be_expected(ward: Ward, said: dict[str, Any], message: str) -> None:
    with pytest.raises(Invalid, match=message):
        expect(ward, **said)


# --- items, signatures ---------------------------------------------------------------------------------------------


def test_an_item_in_somebodys_hands_is_a_promise_of_theirs(ward: Ward) -> None:
    do(ward, discharge_plans.assign, item="services-equipment", owner=TOM.person, due=on("2026-07-01T14:00"))
    task = ward.promises()["discharge-item"]
    assert (task["owner"]["reference"], task["description"]) == (TOM.person, "services-equipment")
    with ward.change(TOM) as change:
        from baton.duties import promises

        promises.done(change, task=task["id"])
    step = next(each for each in plan(ward).steps if each.code == "services-equipment")
    assert (step.state, step.by) == ("done", "Tom Brandt"), "kept on Today is done on the plan"
    do(ward, discharge_plans.reopen, item="services-equipment", reason="the bed did not come")
    assert ward.status()["discharge-item"] == "requested"
    do(ward, discharge_plans.waive, item="services-equipment", reason="she has a bed")
    assert ward.status()["discharge-item"] == "cancelled"


def test_waiving_takes_a_reason_whoever_does_it(ward: Ward) -> None:
    with pytest.raises(Invalid, match="Say why"):
        do(ward, discharge_plans.waive, item="reconcile", reason=" ")
    raw = ward.get(f"CarePlan/{id_of()}")
    raw["activity"][0]["detail"]["status"] = states.WAIVED
    with pytest.raises(Invalid, match="Say why it is not needed"):
        ward.put(raw)


def test_what_the_chart_shows_needs_no_tick_and_is_taken_back_with_it(ward: Ward) -> None:
    ward.put(appointment("2026-07-08T10:00:00-04:00"))
    with ward.change(TOM) as change:
        assert discharge_plans.bring_up_to_date(change, plan=id_of())
    step = next(each for each in plan(ward).steps if each.code == "appointments")
    assert step.state == "done" and step.shown
    ward.put(appointment("2026-07-08T10:00:00-04:00", status="cancelled"))
    with ward.change(TOM) as change:
        discharge_plans.bring_up_to_date(change, plan=id_of())
    assert next(each for each in plan(ward).steps if each.code == "appointments").state == "open"


def test_who_is_missing(ward: Ward) -> None:
    do(ward, discharge_plans.sign, names={"nurse": "Ana Ruiz, RN", "physician": " "})
    do(ward, discharge_plans.sign_unneeded, role="therapy", why="no therapist saw her")
    assert plan(ward).unsigned == ("physician", "pharmacy", "patient", "caregiver")
    with pytest.raises(Invalid, match="always needed"):
        do(ward, discharge_plans.sign_unneeded, role="patient", why="asleep")
    with pytest.raises(Invalid, match="said yes already"):
        do(ward, discharge_plans.sign, names={"nurse": "Somebody else"})


# --- what is in the way --------------------------------------------------------------------------------------------


def test_hours_are_lost_from_when_they_could_have_left(ward: Ward) -> None:
    expect(ward)
    ward.at("2026-07-01T08:00")
    task = do(ward, discharge_blockers.raise_, cause="equipment", what="Home oxygen, 2 L").id
    do(ward, discharge_blockers.raise_, cause="transport", what="Van with oxygen")
    assert sorted(open_promises(ward)["discharge-blocker"]) == ["Home oxygen, 2 L", "Van with oxygen"]
    ward.at("2026-07-02T10:00")
    do(ward, discharge_plans.ready, at=on("2026-07-02T09:00"))
    ward.at("2026-07-02T13:00")
    with ward.change(TOM) as change:
        discharge_blockers.resolve(change, task=task, note="delivered")
    ward.at("2026-07-02T15:00")
    with ward.store.view(TOM) as view:
        tasks = view.find("Task", based_on=f"CarePlan/{id_of()}")
        found = discharge_blockers.of_plan(tasks, plan(ward), None, view)
        spans = [discharge_blockers.span(each, plan(ward), None, view) for each in tasks if codes.promise_code(each) == states.BLOCKER]
        by_cause = discharge_blockers.hours_by_cause(tasks, {f"CarePlan/{id_of()}": (plan(ward), None)}, view)
    assert [(each.cause, each.open, each.hours) for each in found] == [("transport", True, 6.0), ("equipment", False, 4.0)]
    assert rules.hours(spans) == 6.0, "an hour that two things cost is one hour"
    assert by_cause == {"transport": 6.0, "equipment": 4.0}


def test_a_cause_that_is_none_and_nothing_said(ward: Ward) -> None:
    for said in ({"cause": "weather", "what": "snow"}, {"cause": "bed", "what": " "}):
        with pytest.raises(Invalid):
            do(ward, discharge_blockers.raise_, **said)


# --- pending results -----------------------------------------------------------------------------------------------


def test_nobody_ends_a_stay_with_a_result_nobody_owns(ward: Ward) -> None:
    ward.put(BNP)
    expect(ward)
    everything_done(ward)
    ward.at("2026-07-02T14:10")
    leave = {"at": on("2026-07-02T14:10"), "despite": "everybody agrees"}
    with pytest.raises(Invalid, match="nobody owns it: BNP, repeat") as refused:
        do(ward, discharge_plans.leave, **leave)
    assert refused.value.issues[0].expression == ("Encounter.status",) or "Encounter.status" in str(refused.value.issues[0])
    with pytest.raises(Invalid, match="nobody owns it"):
        ward.put(stay(), who=TOM)
    do(ward, discharge_blockers.own_result, result="ServiceRequest/bnp", owner="Practitioner/ito", due=on("2026-07-06T23:59"))
    step = next(each for each in plan(ward).steps if each.code == "pending-results")
    assert (step.owner, step.due.date() if step.due else None) == ("Practitioner/ito", date(2026, 7, 6))
    assert ward.promises()["discharge-result"]["owner"] == {"reference": "Practitioner/ito", "display": "Dr. Ito"}
    do(ward, discharge_plans.leave, **leave)
    assert plan(ward).state == "left" and ward.get("Encounter/stay")["status"] == "finished"
    assert ward.due()["contact-after-discharge"] == date(2026, 7, 7), "the transition opens by itself"


def test_that_a_patient_left_is_a_fact_when_the_hospital_says_so_and_the_plan_stays_open(ward: Ward) -> None:
    ward.put(BNP)
    ward.at("2026-07-02T14:11").put(stay(), who=MERCY)
    assert plan(ward).state == "left"
    raw = ward.get(f"CarePlan/{id_of()}")
    for activity in raw["activity"]:
        activity["detail"]["status"] = states.DONE
    with pytest.raises(Invalid, match="nobody owns it"):
        ward.put(states.brought(raw, "closed"))
    assert "discharge-plan" in open_promises(ward)


def test_a_result_nobody_ordered_here_can_be_noted(ward: Ward) -> None:
    do(ward, discharge_blockers.note_result, what="Blood culture")
    expect(ward)
    with pytest.raises(Invalid, match="not pending"):
        do(ward, discharge_blockers.own_result, result="ServiceRequest/none", owner="Practitioner/ito", due=on("2026-07-06T12:00"))
    assert next(each for each in plan(ward).steps if each.code == "pending-results").state == "open"


# --- leaving -------------------------------------------------------------------------------------------------------


def test_amber_leaves_only_with_a_reason_and_stays_amber(ward: Ward) -> None:
    expect(ward)
    ward.at("2026-07-02T14:10")
    with pytest.raises(Invalid, match="say why they leave all the same"):
        do(ward, discharge_plans.leave, at=on("2026-07-02T14:10"))
    do(ward, discharge_plans.leave, at=on("2026-07-02T14:10"), despite="she will not stay")
    found = plan(ward)
    assert found.state == "left" and found.before_leaving
    assert ward.get(f"CarePlan/{id_of()}")["note"][0]["text"] == "she will not stay"
    assert ward.get("Encounter/stay")["hospitalization"]["dischargeDisposition"]["coding"][0]["code"] == "home"


def test_a_plan_closes_when_the_summary_arrived_and_somebody_was_reached(ward: Ward) -> None:
    expect(ward)
    everything_done(ward)
    do(ward, discharge_blockers.raise_, cause="transport", what="No ride")
    ward.at("2026-07-02T14:10")
    do(ward, discharge_plans.leave, at=on("2026-07-02T14:10"))
    assert set(open_promises(ward)) >= {"discharge-plan", "discharge-summary", "contact-after-discharge"}
    assert "discharge-blocker" not in open_promises(ward), "nothing is in the way any more"
    assert ward.trace("discharge-summary").due == on("2026-07-04T14:10")
    ward.at("2026-07-06T10:00").attempt("reached")
    assert next(each for each in plan(ward).steps if each.code == "telephone").state == "done"
    with pytest.raises(Invalid, match="Something is still open"):
        do(ward, discharge_plans.close)
    with pytest.raises(Invalid, match="Say how you know"), ward.change(TOM) as change:
        from baton.duties import promises

        promises.done(change, task=ward.task("discharge-summary"))
    do(ward, discharge_plans.waive, item="summary-sent", reason="Dr. Ito looked after her here")
    assert plan(ward).state == "closed" and not set(open_promises(ward)) & {"discharge-plan", "discharge-summary"}


def test_the_plan_is_not_kept_by_a_tick(ward: Ward) -> None:
    from baton.duties import promises

    with pytest.raises(Invalid, match="Say on the plan"), ward.change(TOM) as change:
        promises.done(change, task=ward.task("discharge-plan"))
    with ward.change(TOM) as change:
        promises.close(change, task=ward.task("discharge-plan"), reason="transferred elsewhere")
    assert plan(ward).state == "cancelled" and open_promises(ward) == {}


def test_a_discharge_taken_back_goes_on_where_it_was(ward: Ward) -> None:
    expect(ward)
    ward.at("2026-07-02T14:11").put(stay())
    assert plan(ward).state == "left"
    ward.put(inside())
    assert plan(ward).state == "planning" and "discharge-plan" in open_promises(ward)
    ward.put(inside() | {"status": "cancelled"})
    assert plan(ward).state == "cancelled" and "discharge-plan" not in open_promises(ward)


def test_a_stay_planned_elsewhere_leaves_no_work_behind(ward: Ward) -> None:
    ward.at("2026-07-02T14:11").put(stay())
    assert plan(ward).state == "cancelled" and not [code for code in open_promises(ward) if code.startswith("discharge-p")]
    assert ward.due()["contact-after-discharge"] == date(2026, 7, 7), "the transition takes over"


def test_who_dies_has_no_plan(ward: Ward) -> None:
    ward.put(patient(deceasedDateTime="2026-06-29T03:00:00-04:00"))
    assert plan(ward).state == "cancelled" and open_promises(ward) == {}


def test_dying_in_hospital_ends_the_plan(ward: Ward) -> None:
    ward.at("2026-07-02T14:11").put(stay(disposition=(HOME[0], "exp")))
    assert plan(ward).state == "cancelled"


def test_a_stay_that_was_somebody_elses(ward: Ward) -> None:
    ward.put(patient("ann"), of_team("ann"))
    ward.put(inside(patient="ann"))
    assert plan(ward).patient == "Patient/ann"
    assert [task["for"]["reference"] for task in ward.find("Task") if codes.is_open(task)] == ["Patient/ann"]


def test_moves_that_are_none(ward: Ward) -> None:
    raw = ward.get(f"CarePlan/{id_of()}")
    with pytest.raises(Invalid, match="planning becomes cancelled, left"):
        ward.put(states.brought(raw, "closed"))
    with pytest.raises(Invalid, match="neither deleted"), ward.change(HUB) as change:
        change.delete("CarePlan", raw["id"])
    with pytest.raises(Invalid, match="begins as planning"):
        ward.put({**states.brought(raw, "left"), "id": "another"})


def test_teaching_counts_when_it_was_understood(ward: Ward) -> None:
    with ward.change(TOM) as change:
        given = education.give(change, patient="eva", lesson="heart-failure", how="aloud", language="es")
    for item in ("weight", "salt", "call"):
        with ward.change(TOM) as change:
            education.teach_back(change, given=given.id, item=item, result="understood")
    with ward.change(TOM) as change:
        discharge_plans.bring_up_to_date(change, plan=id_of())
    done = {step.code for step in plan(ward).steps if step.state == "done"}
    assert {"educate", "assess-understanding", "ideal-teach-back"} <= done


# --- scores --------------------------------------------------------------------------------------------------------


def sc01(ward: Ward) -> None:
    """Eva's chart as SC01 has it."""
    about = {"reference": "Patient/eva"}

    def lab(id_: str, loinc: str, value: float) -> dict[str, Any]:
        return {
            "resourceType": "Observation",
            "id": id_,
            "status": "final",
            "subject": about,
            "code": {"coding": [{"system": codes.LOINC, "code": loinc}]},
            "effectiveDateTime": "2026-06-29T06:00:00-04:00",
            "valueQuantity": {"value": value},
        }

    def problem(id_: str, icd10: str) -> dict[str, Any]:
        coding = {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": icd10}
        return {"resourceType": "Condition", "id": id_, "subject": about, "code": {"coding": [coding], "text": icd10}}

    ward.put(
        problem("hf", "I50.23"),
        problem("dm", "E11.9"),
        lab("hb", "718-7", 11.2),
        lab("na", "2951-2", 137),
        stay("2026-06-28T08:50:00-04:00", id_="ed-now", start="2026-06-28T03:10:00-04:00", class_="EMER", disposition=None),
        stay("2026-03-02T08:50:00-05:00", id_="ed-march", start="2026-03-02T03:10:00-05:00", class_="EMER", disposition=None),
        stay("2025-10-09T12:00:00-04:00", id_="october", start="2025-10-05T12:00:00-04:00", class_="IMP"),
        stay("2024-10-09T12:00:00-04:00", id_="long-ago", start="2024-10-05T12:00:00-04:00", class_="IMP"),
    )


def test_the_scores_of_sc01(ward: Ward) -> None:
    sc01(ward)
    expect(ward)
    do(ward, discharge_scores.keep, answers={"palliative-care": False})
    lace = ward.get(f"Observation/{codes.derived_id('discharge-score', id_of(), 'lace', '2010')}")
    assert lace["valueInteger"] == 11 and lace["interpretation"] == [{"text": "high"}]
    assert [each["valueInteger"] for each in lace["component"]] == [4, 3, 3, 1]
    assert {each["url"].rpartition("/")[2]: next(v for k, v in each.items() if k != "url") for each in lace["extension"]} == {
        "score-version": "2010",
        "day-count": "nights",
    }
    with ward.store.view(TOM) as view:
        found = discharge_scores.scores(view, plan=plan(ward))
    assert {(each.version, each.variant): (each.total, each.band) for each in found.hospital} == {
        ("2016", "nights"): (2, "low"),
        ("2016", "inclusive"): (4, "low"),
        ("2013", "nights"): (4, "low"),
        ("2013", "inclusive"): (6, "intermediate"),
    }
    kept = ward.get(f"Observation/{codes.derived_id('discharge-score', id_of(), 'hospital', '2016')}")
    assert "nights: 2, low; inclusive: 4, low" in kept["note"][0]["text"]
    assert {each["reference"] for each in kept["derivedFrom"]} == {"Observation/hb", "Observation/na"}
    assert {(each.code, each.version): each.total for each in plan(ward).scores} == {
        ("lace", "2010"): 11,
        ("hospital", "2016"): 2,
        ("hospital", "2013"): 4,
        ("eight-ps", "8P"): 1,
    }


def test_what_the_chart_does_not_say_is_not_known(ward: Ward) -> None:
    with ward.store.view(TOM) as view:
        found = discharge_scores.scores(view, plan=plan(ward))
    assert found.of("hospital").unknown == ("hemoglobin", "sodium", "urgent")
    assert found.of("lace").unknown == ("acuity",)


# --- who takes over ------------------------------------------------------------------------------------------------


def gone(ward: Ward) -> dict[str, Any]:
    """Home, with the summary written; the promise to send it."""
    fax = {"telecom": [{"system": "fax", "value": "(401) 555-0199"}]}
    ward.put({**CLINIC, **fax})
    do(ward, discharge_plans.taken_over_by, to="Organization/cardio")
    expect(ward)
    everything_done(ward)
    ward.at("2026-07-02T14:10")
    do(ward, discharge_plans.leave, at=on("2026-07-02T14:10"))
    found = [each for each in ward.find("Task", patient="Patient/eva") if codes.promise_code(each) == states.SUMMARY]
    return {discharge_handoff.recipient_of(each) or "": each for each in found}


def words_of(*_: Any) -> tuple[Paper, dict[str, str]]:
    return Paper("Records", [Text("all")]), {}


def send_it(ward: Ward, task: dict[str, Any]) -> None:
    with ward.store.view(TOM) as view:
        digest = discharge_handoff.rehearse(view, task=task["id"]).digest
    with ward.change(TOM) as change:
        discharge_handoff.send(change, task=task["id"], digest=digest, words=words_of)


def standing(ward: Ward, task: dict[str, Any]) -> tuple[str, str]:
    found = ward.get(f"Task/{task['id']}")
    return str(discharge_handoff.state_of(found)), found["status"]


def test_delivered_is_not_accepted(ward: Ward) -> None:
    tasks = gone(ward)
    assert set(tasks) == {"Practitioner/ito", "Organization/cardio"}
    cardio = tasks["Organization/cardio"]
    with pytest.raises(Invalid, match="no discharge summary to send yet"):
        send_it(ward, cardio)
    ward.put(summary("2026-07-02T14:30:00-04:00"))
    send_it(ward, cardio)
    assert standing(ward, cardio) == ("sent", "on-hold")
    announced = ward.find("Communication", patient="Patient/eva", category="disclosure")
    assert announced and announced[0]["recipient"][0]["reference"] == "Organization/cardio", "accounted for like all that leaves"
    with pytest.raises(Invalid, match="how you know"), ward.change(TOM) as change:
        discharge_handoff.delivered(change, task=cardio["id"], proof=" ")
    with ward.change(TOM) as change:
        discharge_handoff.failed(change, task=cardio["id"], reason="line busy")
    assert standing(ward, cardio) == ("failed", "requested")
    send_it(ward, cardio)
    with ward.change(TOM) as change:
        discharge_handoff.delivered(change, task=cardio["id"], proof="fax confirmation 0042, 15:02")
    assert standing(ward, cardio) == ("delivered", "completed")
    with ward.change(TOM) as change:
        discharge_handoff.accepted(change, task=cardio["id"], by="Dr. Lindqvist")
    assert standing(ward, cardio) == ("accepted", "completed")
    assert next(each for each in plan(ward).steps if each.code == "summary-sent").state == "open", "Dr. Ito has none yet"
    send_it(ward, tasks["Practitioner/ito"])
    with ward.change(TOM) as change:
        discharge_handoff.accepted(change, task=tasks["Practitioner/ito"]["id"], by="Dr. Ito")
    assert next(each for each in plan(ward).steps if each.code == "summary-sent").state == "done"


def test_a_summary_moves_as_its_table_says(ward: Ward) -> None:
    task = gone(ward)["Organization/cardio"]
    for state in ("delivered", "accepted", "failed"):
        with pytest.raises(Invalid, match="to-send becomes sent"):
            ward.put({**ward.get(f"Task/{task['id']}"), "businessStatus": codes.concept(states.SYSTEM, state)})


def test_records_sent_by_the_general_desk_count(ward: Ward) -> None:
    task = gone(ward)["Organization/cardio"]
    ward.put(summary("2026-07-02T14:30:00-04:00"))
    with ward.store.view(TOM) as view:
        asked = discharge_handoff.order_of(view, task["id"])
        digest = disclosure.rehearse(view, asked).digest
    with ward.change(TOM) as change:
        disclosure.release(change, asked, digest=digest, words=words_of)
    assert standing(ward, task) == ("sent", "on-hold")


def test_everybody_who_takes_over_is_told_once(ward: Ward) -> None:
    gone(ward)
    do(ward, discharge_handoff.notify)
    found = plan(ward)
    assert {each.to for each in found.notified if each.packet} == {"Practitioner/ito", "Organization/cardio"}
    with ward.store.view(HUB) as view:
        said = discharge_handoff.notice(view, found)
    assert (said.patient, said.practitioner, said.institution) == ("Eva Stone", "somebody", "Mercy General")
    assert said.at == on("2026-07-02T14:10") and said.lacking == ()
    before = len(ward.find("Communication", patient="Patient/eva"))
    do(ward, discharge_handoff.notify)
    assert len(ward.find("Communication", patient="Patient/eva")) == before


def test_who_is_not_known_is_said_instead_of_sending_half(ward: Ward) -> None:
    expect(ward)
    ward.at("2026-07-02T14:10")
    do(ward, discharge_plans.leave, at=on("2026-07-02T14:10"), despite="bed needed")
    do(ward, discharge_handoff.notify)
    assert [(each.packet, each.lacking) for each in plan(ward).notified] == [(None, "not known: practitioner")]


def test_the_call_at_home_rings_only_where_it_may(ward: Ward) -> None:
    landline, work = "(401) 555-0101", "(401) 555-0102"
    points = [{"system": "phone", "use": "home", "rank": 1, "value": landline}, {"system": "phone", "use": "work", "value": work}]
    ward.put({**ward.get("Patient/eva"), "telecom": points})

    def rings() -> list[str | None]:
        with ward.store.view(TOM) as view:
            return [each.phone for each in discharge_call.script(view, plan=id_of()).contacts if each.relation is None]

    assert rings() == [landline, work]
    with ward.change(TOM) as change:
        safe_contact.state(change, patient="Patient/eva", asked=safe_contact.SafeContact(avoid=("home",)))
    assert rings() == [work]
