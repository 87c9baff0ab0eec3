"""The stories of going home: attempts (SC02 and its variants), a corrected discharge (SC03), and what ends a transition."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from threading import Barrier
from typing import Any

import pytest
from tests.duties.ward import HOME, MERCY, TOM, Ward, appointment, of_team, patient, stay, summary, visit

from baton.duties import codes
from baton.duties.transitions import episodes, transitions
from baton.store import Invalid
from baton.store.postgres import Database

FIVE = {codes.CONTACT, codes.VISIT, codes.RECONCILIATION, codes.INFORMATION, codes.WATCH}


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    ward = Ward(database)
    ward.put(patient(), of_team())
    yield ward
    ward.store.close()


@pytest.fixture
def home(ward: Ward) -> Ward:
    """Eva went home on Thursday 2 July 2026 at 14:10."""
    ward.put(stay())
    return ward


def day(month: int, number: int) -> date:
    return date(2026, month, number)


# --- opening


def test_a_discharge_opens_an_episode_and_five_promises_in_the_same_transaction(home: Ward) -> None:
    assert home.due() == {
        codes.CONTACT: day(7, 7),
        codes.VISIT: day(7, 9),
        codes.RECONCILIATION: day(7, 9),
        codes.INFORMATION: day(7, 4),
        codes.WATCH: day(8, 1),
    }
    episode = home.episode()
    assert episode["status"] == "active"
    assert episode["managingOrganization"]["reference"] == "Organization/heart"
    assert episode["period"] == {"start": "2026-07-02T14:10:00-04:00"}
    for task in home.promises().values():
        assert task["status"] == "requested" and task["intent"] == "order"
        assert task["owner"] == {"reference": "Organization/heart", "display": "Heart & Vascular"}
        assert task["focus"]["reference"] == "Encounter/stay"
        assert task["instantiatesCanonical"] == f"{codes.P}/PlanDefinition/transitional-care-adult|1"
    assert home.promises()[codes.CONTACT]["restriction"]["period"]["end"] == "2026-07-07T23:59:59-04:00"


def test_the_trace_explains_the_date(home: Ward) -> None:
    told = home.trace(codes.CONTACT)
    assert told.fact("discharged") == datetime.fromisoformat("2026-07-02T14:10:00-04:00")
    assert told.fact("facility") == "Mercy General" and told.fact("reason") == "heart failure"
    assert [(step.day, step.reason) for step in told.arithmetic if step.op == "skip"] == [
        (day(7, 3), "independence-day-observed"),
        (day(7, 4), "independence-day"),
        (day(7, 5), "weekend"),
    ]
    assert told.made_by is not None and told.made_by.who == MERCY.person
    assert "contact-recorded" in told.clears
    assert home.trace(codes.VISIT).fact("complexity") == "unknown"
    assert "complexity-unknown" in {step.reason for step in home.trace(codes.VISIT).arithmetic}


def test_without_a_team_the_promises_are_intakes_and_follow_the_patient_to_a_team(ward: Ward) -> None:
    ward.put(patient("ray"), stay(id_="rays", patient="ray"))
    assert {task["owner"]["reference"] for task in ward.promises("ray").values()} == {codes.INTAKE}
    ward.put(of_team("ray"))
    assert {task["owner"]["reference"] for task in ward.promises("ray").values()} == {"Organization/heart"}
    assert ward.episode("rays")["managingOrganization"]["reference"] == "Organization/heart"


@pytest.mark.parametrize(
    "encounter",
    [
        stay(disposition=None),
        stay(disposition=("http://www.nubc.org/patient-discharge", "01")),
        stay(disposition=("http://www.nubc.org/patient-discharge", "1")),
        stay(class_="OBSENC"),
        stay(class_="ACUTE"),
        stay(class_="NONAC"),
        stay(class_="SS"),
        stay(class_="AMB", type=[{"coding": [{"system": "http://snomed.info/sct", "code": "45618002"}]}]),
        stay("2026-07-02"),
    ],
    ids=lambda each: f"{each['class']['code']} {each.get('hospitalization')}",
)
def test_what_opens(ward: Ward, encounter: dict[str, Any]) -> None:
    ward.put(encounter)
    assert set(ward.promises()) == FIVE


@pytest.mark.parametrize(
    "encounter",
    [
        stay(status="in-progress", end=None),
        stay(None),
        stay(class_="AMB"),
        stay(class_="EMER"),
        stay(disposition=("http://terminology.hl7.org/CodeSystem/discharge-disposition", "snf")),
        stay(disposition=("http://terminology.hl7.org/CodeSystem/discharge-disposition", "exp")),
        stay(disposition=("http://www.nubc.org/patient-discharge", "20")),
        stay(disposition=("http://www.nubc.org/patient-discharge", "02")),
        stay("2026-06-01T14:10:00-04:00", start="2026-05-28T10:00:00-04:00"),
        stay(status="cancelled"),
        stay(status="entered-in-error"),
    ],
    ids=lambda each: f"{each['class']['code']} {each['status']} {each.get('hospitalization')} {each['period']}",
)
def test_what_opens_nothing(ward: Ward, encounter: dict[str, Any]) -> None:
    ward.put(encounter)
    assert ward.promises() == {}
    assert ward.find("EpisodeOfCare") == []


@pytest.mark.parametrize(("end", "opens"), [("2026-06-02T23:00:00-04:00", True), ("2026-06-01T23:00:00-04:00", False)])
def test_thirty_days_old_opens_and_thirty_one_does_not(ward: Ward, end: str, opens: bool) -> None:
    ward.put(stay(end, start="2026-05-28T10:00:00-04:00"))
    assert bool(ward.promises()) is opens


@pytest.mark.parametrize(("birth", "opens"), [("2008-07-02", True), ("2008-07-03", False), (None, True), ("2008", True), ("2009", False)])
def test_adults_at_discharge(ward: Ward, birth: str | None, opens: bool) -> None:
    ward.put(patient("kim", birth), stay(patient="kim"))
    assert bool(ward.promises("kim")) is opens


def test_the_day_is_the_one_on_the_discharging_facilitys_wall(ward: Ward) -> None:
    zone = [{"url": "http://hl7.org/fhir/StructureDefinition/timezone", "valueCode": "Pacific/Honolulu"}]
    ward.put({"resourceType": "Location", "id": "queens", "name": "Queen's", "extension": zone})
    ward.put(stay("2026-07-02T09:00:00+00:00", location=[{"location": {"reference": "Location/queens"}}]))  # 23:00 on Wednesday in Honolulu
    assert ward.due()[codes.VISIT] == day(7, 8)
    assert ward.promises()[codes.VISIT]["restriction"]["period"]["end"] == "2026-07-08T23:59:59-10:00"


def test_the_same_message_again_changes_nothing(home: Ward) -> None:
    before = home.promises(), home.episode()
    home.put(stay())
    assert (home.promises(), home.episode()) == before


# --- SC02


def test_sc02_two_attempts_then_the_daughter_answers_and_the_visit_is_made(home: Ward) -> None:
    home.at("2026-07-06T10:02").attempt("no-answer")
    home.at("2026-07-06T15:40").attempt("left-message")
    assert home.status()[codes.CONTACT] == "requested"
    assert home.trace(codes.CONTACT).fact("requirement") == "met"
    home.at("2026-07-07T09:15").attempt("reached", to="Ana Stone", language="es", interpreter="4471", note="two metoprolol products")
    assert home.status()[codes.CONTACT] == "completed"
    said = home.find("Communication", patient="Patient/eva")
    assert len(said) == 3
    assert len(home.promises()[codes.CONTACT]["output"]) == 4  # three attempts, and the one that kept it
    with home.change(TOM) as change:
        transitions.set_complexity(change, task=home.task(codes.VISIT), complexity="high")
    home.at("2026-07-08T11:00").put(visit("2026-07-08T10:00:00-04:00"))
    assert home.status()[codes.VISIT] == "completed"
    assert home.due()[codes.RECONCILIATION] == day(7, 8)
    answer = propose(home)
    assert answer.value == "99496"


def propose(ward: Ward) -> Any:
    with ward.store.view(MERCY) as view:
        return transitions.proposal(view, episode=ward.episode()["id"])


def decide(ward: Ward, complexity: str) -> None:
    with ward.change(TOM) as change:
        transitions.set_complexity(change, task=ward.task(codes.VISIT), complexity=complexity)


def test_sc02a_two_timely_attempts_and_a_visit_on_day_6_are_still_billable(home: Ward) -> None:
    decide(home, "high")
    home.at("2026-07-06T10:02").attempt("no-answer")
    home.at("2026-07-06T15:40").attempt("left-message")
    home.at("2026-07-08T11:00").put(visit("2026-07-08T10:00:00-04:00"))
    assert propose(home).value == "99496"
    assert home.status()[codes.CONTACT] == "requested"  # and it keeps asking


def test_sc02b_high_on_day_9_is_99495(home: Ward) -> None:
    decide(home, "high")
    home.at("2026-07-06T10:02").attempt("reached")
    home.at("2026-07-11T11:00").put(visit("2026-07-11T10:00:00-04:00"))
    assert propose(home).value == "99495"


def test_sc02c_moderate_on_day_15_is_nothing(home: Ward) -> None:
    decide(home, "moderate")
    home.at("2026-07-06T10:02").attempt("reached")
    home.at("2026-07-17T11:00").put(visit("2026-07-17T10:00:00-04:00"))
    answer = propose(home)
    assert answer.value is None and answer.steps[-1].reason == "visit-too-late"


def test_sc02d_a_text_about_scheduling_from_the_front_desk_does_not_count(home: Ward) -> None:
    decide(home, "high")
    home.at("2026-07-06T10:02").attempt("reached", medium="SMSWRIT", topic="scheduling-only")
    home.at("2026-07-08T11:00").put(visit("2026-07-08T10:00:00-04:00"))
    assert home.status()[codes.CONTACT] == "requested"
    answer = propose(home)
    assert answer.value is None and answer.steps[-1].reason == "no-timely-contact"


def test_it_keeps_asking_until_the_next_business_day(home: Ward) -> None:
    home.at("2026-07-06T10:02").attempt("no-answer")
    home.at("2026-07-07T15:40").attempt("no-answer")
    assert home.due()[codes.CONTACT] == day(7, 8)
    assert home.trace(codes.CONTACT).arithmetic[-1].reason == "keep-trying"
    home.at("2026-07-10T15:40").attempt("no-answer")
    assert home.due()[codes.CONTACT] == day(7, 13)
    assert home.status()[codes.CONTACT] == "requested"


def test_refused_closes_only_with_a_reason(home: Ward) -> None:
    home.at("2026-07-06T10:02").attempt("refused")
    assert home.status()[codes.CONTACT] == "requested"
    home.at("2026-07-06T15:02").attempt("refused", note="Does not want calls")
    task = home.promises()[codes.CONTACT]
    assert task["status"] == "cancelled" and task["statusReason"]["text"] == "Does not want calls"


def test_a_wrong_number_is_no_attempt_and_is_flagged(home: Ward) -> None:
    home.at("2026-07-06T10:02").attempt("wrong-number")
    assert home.trace(codes.CONTACT).fact("wrong-number") is True
    assert home.trace(codes.CONTACT).fact("timely") is None


def test_a_contact_recorded_by_mistake_is_taken_back(home: Ward) -> None:
    home.at("2026-07-06T10:02").attempt("reached")
    (said,) = home.find("Communication", patient="Patient/eva")
    home.put({**said, "status": "entered-in-error"})
    assert home.status()[codes.CONTACT] == "requested"
    assert home.episode()["status"] == "active"


def test_an_attempt_that_is_none_is_refused(home: Ward) -> None:
    with pytest.raises(Invalid, match="sang"):
        home.attempt("sang")


# --- SC03


@pytest.fixture
def friday(ward: Ward) -> Ward:
    """Discharged Friday 6 March 2026 at 23:40; a visit is booked for the 13th."""
    ward.at("2026-03-06T23:45").put(stay("2026-03-06T23:40:00-05:00", start="2026-03-02T10:00:00-05:00"))
    ward.put(appointment("2026-03-13T10:00:00-04:00"))
    return ward


def corrected() -> dict[str, Any]:
    return stay("2026-03-07T00:15:00-05:00", start="2026-03-02T10:00:00-05:00")


def test_sc03_a_correction_moves_what_must_move_and_shows_it(friday: Ward) -> None:
    assert friday.due() == {
        codes.CONTACT: day(3, 10),
        codes.VISIT: day(3, 13),
        codes.RECONCILIATION: day(3, 13),
        codes.INFORMATION: day(3, 8),
        codes.WATCH: day(4, 5),
        "visit-readiness": day(3, 10),
    }
    friday.at("2026-03-09T08:00").put(corrected())
    assert friday.due() == {
        codes.CONTACT: day(3, 10),
        codes.VISIT: day(3, 14),
        codes.RECONCILIATION: day(3, 13),
        codes.INFORMATION: day(3, 9),
        codes.WATCH: day(4, 6),
        "visit-readiness": day(3, 10),
    }
    seen = {each.code: (each.was, each.now) for each in episodes.differences(friday.episode())}
    assert seen == {
        "discharged": (datetime.fromisoformat("2026-03-06T23:40:00-05:00"), datetime.fromisoformat("2026-03-07T00:15:00-05:00")),
        "visit-within-7-days": (day(3, 13), day(3, 14)),
        "visit-within-14-days": (day(3, 20), day(3, 21)),
        "service-period": (day(4, 4), day(4, 5)),
        codes.WATCH: (day(4, 5), day(4, 6)),
        codes.INFORMATION: (day(3, 8), day(3, 9)),
    }
    assert {each.cause for each in episodes.differences(friday.episode())} == {"discharge-corrected"}
    assert friday.trace(codes.VISIT).fact("booked") == datetime.fromisoformat("2026-03-13T10:00:00-04:00")
    (told,) = friday.find("Provenance")
    targets = [each["reference"] for each in told["target"]]
    assert targets[0].startswith("Encounter/") and f"EpisodeOfCare/{friday.episode()['id']}" in targets
    assert f"Task/{friday.task(codes.VISIT)}" in targets and told["agent"][0]["who"]["reference"]


def test_sc03_repeating_the_message_changes_nothing_and_one_step_acknowledges(friday: Ward) -> None:
    friday.at("2026-03-09T08:00").put(corrected())
    before = friday.promises(), friday.episode()
    friday.at("2026-03-09T09:00").put(corrected())
    assert (friday.promises(), friday.episode()) == before
    assert len(friday.find("Provenance")) == 1, "a correction is told once"
    with friday.change(TOM) as change:
        transitions.acknowledge_difference(change, task=friday.task(codes.VISIT))
    assert all(each.acknowledged for each in episodes.differences(friday.episode()))
    version = friday.episode()["meta"]["versionId"]
    with friday.change(TOM) as change:
        transitions.acknowledge_difference(change, task=friday.task(codes.VISIT))
    assert friday.episode()["meta"]["versionId"] == version


def test_a_contact_made_before_the_corrected_discharge_does_not_count(ward: Ward) -> None:
    ward.at("2026-03-06T10:00").put(stay("2026-03-06T09:00:00-05:00", start="2026-03-02T10:00:00-05:00"))
    ward.at("2026-03-06T15:00").attempt("reached")
    assert ward.status()[codes.CONTACT] == "completed"
    ward.at("2026-03-09T08:00").put(corrected())
    assert ward.status()[codes.CONTACT] == "requested"
    assert ward.due()[codes.CONTACT] == day(3, 10)


def test_what_people_decided_survives_a_correction(friday: Ward) -> None:
    from baton.duties import promises

    with friday.change(TOM) as change:
        promises.reassign(change, task=friday.task(codes.VISIT), to=TOM.person)
    friday.at("2026-03-09T08:00").put(corrected())
    assert friday.promises()[codes.VISIT]["owner"]["reference"] == TOM.person


def test_complexity_moves_the_visit_with_a_difference(home: Ward) -> None:
    decide(home, "moderate")
    assert home.due()[codes.VISIT] == day(7, 16) == home.due()[codes.RECONCILIATION]
    (moved,) = episodes.differences(home.episode())
    assert (moved.code, moved.was, moved.now, moved.cause) == (codes.VISIT, day(7, 9), day(7, 16), "complexity-changed")
    decide(home, "high")
    assert home.due()[codes.VISIT] == day(7, 9)
    with pytest.raises(Invalid, match="Complexity"):
        decide(home, "very")


# --- what happens on the way


def test_a_booking_is_shown_and_a_fulfilled_one_keeps_the_promise(home: Ward) -> None:
    home.put(appointment("2026-07-08T10:00:00-04:00"))
    assert home.trace(codes.VISIT).fact("booked") == datetime.fromisoformat("2026-07-08T10:00:00-04:00")
    assert home.status()[codes.VISIT] == "requested"
    assert home.due()[codes.RECONCILIATION] == day(7, 8)
    home.put(appointment("2026-07-08T10:00:00-04:00", status="cancelled"))
    assert home.trace(codes.VISIT).fact("booked") is None
    assert home.due()[codes.RECONCILIATION] == day(7, 9)
    home.put(appointment("2026-07-08T10:00:00-04:00", id_="again"))
    home.at("2026-07-08T11:00").put(appointment("2026-07-08T10:00:00-04:00", id_="again", status="fulfilled"))
    assert home.status()[codes.VISIT] == "completed"


def test_a_discharge_summary_keeps_its_promise_and_taken_back_it_is_owed_again(home: Ward) -> None:
    home.put(summary("2026-07-03T09:00:00-04:00"))
    assert home.status()[codes.INFORMATION] == "completed"
    home.put(summary("2026-07-03T09:00:00-04:00", status="entered-in-error"))
    assert home.status()[codes.INFORMATION] == "requested"


@pytest.mark.parametrize("order", [0, 1])
def test_the_order_of_arrival_does_not_matter(ward: Ward, order: int) -> None:
    several = [stay(), summary("2026-07-02T15:00:00-04:00"), visit("2026-07-02T18:00:00-04:00")]
    ward.put(*(several if order else several[::-1]))
    assert ward.status()[codes.INFORMATION] == ward.status()[codes.VISIT] == "completed"


def test_an_old_visit_does_not_count(home: Ward) -> None:
    home.put(visit("2026-07-01T10:00:00-04:00"), summary("2026-05-01T10:00:00-04:00"))
    assert set(home.status().values()) == {"requested"}


# --- what ends it


def closed_because(ward: Ward, encounter: str = "stay") -> tuple[str, str | None]:
    episode = ward.episode(encounter)
    return episode["status"], codes.reason_code(episode)


def test_readmission_closes_the_old_and_the_next_discharge_starts_anew(home: Ward) -> None:
    home.at("2026-07-20T12:00").put(stay(None, id_="second", start="2026-07-20T11:00:00-04:00", status="in-progress", disposition=None))
    assert closed_because(home) == ("finished", "readmitted")
    assert set(home.status().values()) == {"cancelled"}
    home.at("2026-07-25T12:00").put(stay("2026-07-25T11:00:00-04:00", id_="second", start="2026-07-20T11:00:00-04:00"))
    assert home.episode("second")["status"] == "active"
    assert home.due()[codes.CONTACT] == day(7, 28)


def test_an_admission_taken_back_owes_again_what_was_owed(home: Ward) -> None:
    second = stay(None, id_="second", start="2026-07-06T11:00:00-04:00", status="in-progress", disposition=None)
    home.at("2026-07-06T12:00").put(second)
    assert closed_because(home)[1] == "readmitted"
    home.put({**second, "status": "entered-in-error"})
    assert home.episode()["status"] == "active"
    assert set(home.status().values()) == {"requested"}


def test_an_admission_after_thirty_days_is_not_a_readmission(home: Ward) -> None:
    home.at("2026-08-02T12:00").put(stay(None, id_="second", start="2026-08-02T11:00:00-04:00", status="in-progress", disposition=None))
    assert home.episode()["status"] == "active"


def test_a_discharge_that_arrives_after_the_next_admission_opens_nothing(ward: Ward) -> None:
    ward.put(stay(None, id_="second", start="2026-07-02T16:00:00-04:00", status="in-progress", disposition=None), stay())
    assert ward.promises() == {}


def test_a_forgotten_open_stay_does_not_hide_a_discharge(ward: Ward) -> None:
    ward.put(stay(None, id_="forgotten", start="2024-01-01T16:00:00-05:00", status="in-progress", disposition=None), stay())
    assert set(ward.promises()) == FIVE


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error"])
def test_a_stay_taken_back_closes_with_its_reason_and_comes_back_with_it(home: Ward, status: str) -> None:
    home.put(stay(status=status))
    assert closed_because(home) == (status, f"encounter-{status}")
    assert set(home.status().values()) == {"cancelled"}
    home.put(stay())
    assert home.episode()["status"] == "active"
    assert set(home.status().values()) == {"requested"}


def test_a_deleted_stay_closes_its_episode(home: Ward) -> None:
    with home.change() as change:
        change.delete("Encounter", "stay")
    assert closed_because(home) == ("entered-in-error", "encounter-entered-in-error")


def test_corrected_to_a_transfer_closes_and_discharged_again_reopens(home: Ward) -> None:
    home.put(stay(disposition=(HOME[0], "snf")))
    assert closed_because(home) == ("finished", "no-longer-a-discharge")
    home.put(stay("2026-07-02T15:10:00-04:00"))
    assert set(home.status().values()) == {"requested"}


def test_death_closes_everything_and_a_mistaken_one_opens_it_again(home: Ward) -> None:
    home.put(patient(deceasedBoolean=True))
    assert closed_because(home) == ("finished", "died")
    assert set(home.status().values()) == {"cancelled"}
    home.put(patient(deceasedBoolean=False))
    assert home.episode()["status"] == "active"
    assert set(home.status().values()) == {"requested"}


def test_the_watch_ends_by_itself(home: Ward) -> None:
    home.at("2026-07-06T10:02").attempt("reached")
    home.at("2026-08-01T23:00")
    assert transitions.close_watches(home.store) == 0
    home.at("2026-08-02T00:01")
    assert transitions.close_watches(home.store) == 1
    assert closed_because(home) == ("finished", "watch-ended")
    assert home.status()[codes.WATCH] == "completed" and home.status()[codes.VISIT] == "cancelled"
    assert home.status()[codes.CONTACT] == "completed"
    assert transitions.close_watches(home.store) == 0


def test_when_the_last_promise_is_kept_the_episode_is_finished(home: Ward) -> None:
    from baton.duties import promises

    for code in sorted(FIVE):
        with home.change(TOM) as change:
            promises.done(change, task=home.task(code))
    assert closed_because(home) == ("finished", "all-closed")


def test_an_episode_closed_from_outside_owes_nothing(home: Ward) -> None:
    home.put({**home.episode(), "status": "finished"})
    assert set(home.status().values()) == {"cancelled"}


def test_a_stay_moved_to_the_right_patient_takes_its_promises_along(home: Ward) -> None:
    home.put(patient("iva"))
    home.put(stay(patient="iva"))
    assert home.promises() == {}
    assert set(home.promises("iva")) == FIVE
    assert {task["for"]["reference"] for task in home.promises("iva").values()} == {"Patient/iva"}


def test_taken_back_and_said_again_in_one_second_over_and_over(home: Ward) -> None:
    for _ in range(3):
        home.put(stay(disposition=(HOME[0], "snf")))
        home.put(stay())
    assert set(home.status().values()) == {"requested"}


def test_what_is_owed_again_is_owed_by_the_team_that_has_the_patient(home: Ward) -> None:
    home.put(stay(status="cancelled"))
    home.put(of_team(team="plan"))
    home.put(stay())
    assert {task["owner"]["reference"] for task in home.promises().values()} == {"Organization/plan"}


# --- one stay, two records ----------------------------------------------------------------------------------------------------------------


def running(ward: Ward) -> list[str]:
    return [each["id"] for each in ward.find("EpisodeOfCare", status="active")]


@pytest.mark.parametrize("end", ["2026-07-02T14:10:00-04:00", "2026-07-02T18:10:00Z", "2026-07-02"])
def test_two_encounters_of_one_stay_open_one_episode(home: Ward, end: str) -> None:
    first = running(home)
    home.put(stay(end, id_="ward-record", start="2026-06-28"))
    assert running(home) == first and len(first) == 1
    assert sum(codes.is_open(each) for each in home.find("Task", patient="Patient/eva")) == 5
    home.put(stay(id_="stay", status="entered-in-error"))
    assert len(running(home)) == 1 and running(home) != first, "the other record stands alone now, and is followed"
    assert home.violations() == []


def test_a_correction_parts_what_was_taken_for_one_stay(home: Ward) -> None:
    home.put(stay(id_="ward-record"))
    home.put(stay("2026-07-01T09:00:00-04:00"))  # the first record was of an earlier stay after all
    assert home.episode()["status"] == "finished" and home.episode("ward-record")["status"] == "active"
    assert home.violations() == []


def test_two_encounters_of_one_stay_in_one_change_open_one_episode(ward: Ward) -> None:
    ward.put(stay(), stay(id_="ward-record"))
    assert len(running(ward)) == 1


def test_two_encounters_of_one_stay_at_the_same_time_open_one_episode(ward: Ward) -> None:
    """Eight feeds tell of the same stay at once: whoever comes second sees what the first has opened."""
    together = Barrier(8)

    def tell(number: int) -> None:
        with ward.change() as change:
            change.put(stay(id_=f"record-{number}"))
            together.wait()

    with ThreadPoolExecutor(8) as feeds:
        list(feeds.map(tell, range(8)))
    assert len(running(ward)) == 1
    assert sum(codes.is_open(each) for each in ward.find("Task", patient="Patient/eva")) == 5
    assert ward.violations() == []


def test_stays_that_end_at_different_times_are_different_stays(home: Ward) -> None:
    home.put(stay("2026-07-02T20:00:00-04:00", id_="rehab", start="2026-07-02T15:00:00-04:00"))
    assert home.episode()["status"] == "finished" and home.episode("rehab")["status"] == "active"
