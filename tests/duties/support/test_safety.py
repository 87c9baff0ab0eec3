"""The ninth question on real PostgreSQL: not skipped, abandoned or closed silently, whoever asked and through whichever entrance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from tests.duties.answered import AMARA, FREQUENCY, ITEM_9, answer, doctor, fill, phq9, tasks
from tests.duties.ward import HUB, LUIS, MERCY, PRIYA, TOM, Ward, staff

from baton.duties import promises, trace
from baton.duties.doings import events
from baton.duties.support import clinicians, safety, safety_bar
from baton.duties.support.safety_states import DECISIONS, LIFE, state
from baton.duties.team import oncall
from baton.store import Change, Invalid, NotFound, Refused, Stored, Who
from baton.store.postgres import Database

EIGHT = phq9(1, 1, 1, 1, 1, 1, 1, 0, 1)
"""A total of eight with item 9 answered "several days"."""


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    ward = fill(Ward(database, "2026-06-15T09:00:00"))
    yield ward
    ward.store.close()


def case(ward: Ward) -> dict[str, Any]:
    (found,) = tasks(ward, "safety-response")
    return found


def does(ward: Ward, verb: Any, *, who: Who = TOM, **said: Any) -> Stored:
    with ward.change(who) as change:
        return verb(change, task=case(ward)["id"], **said)


def raw(**more: Any) -> dict[str, Any]:
    item = {"linkId": ITEM_9, "answer": [{"valueCoding": {"system": "http://loinc.org", "code": FREQUENCY[1]}}]}
    return {
        "resourceType": "QuestionnaireResponse",
        "id": "raw",
        "questionnaire": "https://baton.example/fhir/Questionnaire/phq-9|1",
        "status": "in-progress",
        "subject": {"reference": "Patient/eva"},
        "item": [item],
        **more,
    }


# --- what opens a case, and what does not


def test_one_answer_opens_a_case_before_the_form_is_finished(ward: Ward) -> None:
    answer(ward, "phq-9", {ITEM_9: FREQUENCY[1]})  # abandoned here: nothing else was answered, nothing finished
    task = case(ward)
    told = trace.of(task)
    assert (task["priority"], task["owner"]["reference"], state(task)) == ("stat", "Practitioner/amara", "in-contact")
    assert told is not None and told.due == ward.time and told.fact("item-9") is True
    (again,) = tasks(ward, "safety-follow-up")
    again_told = trace.of(again)
    assert (
        again_told is not None and again_told.due.date().isoformat() == "2026-06-16" and again["owner"]["reference"] == "Organization/heart"
    )
    assert ward.violations() == []


def test_a_total_of_eight_without_item_nine_does_none_of_it(ward: Ward) -> None:
    answer(ward, "phq-9", {**phq9(1, 1, 1, 1, 1, 1, 1, 1, 0), "69722-7": "LA6572-7"}, done=True)
    assert ward.find("Observation", code="http://loinc.org|44261-6")[0]["valueInteger"] == 8
    assert tasks(ward, "safety-response") == tasks(ward, "safety-follow-up") == []


@pytest.mark.parametrize(
    "item",
    [
        {"linkId": ITEM_9, "answer": [{"valueCoding": {"code": FREQUENCY[3]}}]},
        {"linkId": f"/{ITEM_9}", "answer": [{"valueCoding": {"code": FREQUENCY[1]}}]},
        {"linkId": "phq", "item": [{"linkId": f"/44249-1/{ITEM_9}", "answer": [{"valueInteger": 2}]}]},
        {"linkId": ITEM_9, "answer": [{"valueString": "some days, I think"}]},
    ],
)
def test_a_raw_write_of_any_form_opens_it_too(ward: Ward, item: dict[str, Any]) -> None:
    ward.put(raw(item=[item], questionnaire="http://elsewhere.example/Questionnaire/mood"))
    assert state(case(ward)) == "out-of-contact", "nobody here is speaking with the patient"


def test_not_at_all_from_anywhere_opens_nothing(ward: Ward) -> None:
    ward.put(raw(item=[{"linkId": ITEM_9, "answer": [{"valueInteger": 0}]}]))
    assert tasks(ward, "safety-response") == []


def test_what_is_loaded_and_old_is_history_and_what_is_new_is_not(ward: Ward) -> None:
    loader = replace(MERCY, entrance="load")
    ward.put(raw(authored="2024-01-01"), who=loader)
    assert tasks(ward, "safety-response") == []
    ward.put(raw(id="new", authored="2026-06-14T20:00:00Z"), who=loader)
    assert state(case(ward)) == "out-of-contact"


def observed(**more: Any) -> dict[str, Any]:
    """The ninth question as another system writes it down: an Observation of its own."""
    return {
        "resourceType": "Observation",
        "id": "seen",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": ITEM_9}]},
        "subject": {"reference": "Patient/eva"},
        "effectiveDateTime": "2026-06-15T08:50:00Z",
        **more,
    }


LA = {"coding": [{"system": "http://loinc.org", "code": FREQUENCY[1]}]}
COUNT = {"system": "http://unitsofmeasure.org", "code": "{score}"}


@pytest.mark.parametrize(
    ("more", "opens"),
    [
        ({"valueInteger": 1}, True),
        ({"valueCodeableConcept": LA}, True),
        ({"valueCodeableConcept": {"text": "nearly every day"}}, True),
        ({"valueQuantity": {"value": 1, **COUNT}}, True),
        ({"code": {"text": "PHQ-9"}, "component": [{"code": observed()["code"], "valueInteger": 3}]}, True),
        ({"valueQuantity": {"value": 0, **COUNT}}, False),
        ({"valueCodeableConcept": {"coding": [{"system": "http://loinc.org", "code": FREQUENCY[0]}]}}, False),
        ({"dataAbsentReason": {"text": "declined"}}, False),
        ({"valueInteger": 2, "status": "entered-in-error"}, False),
        ({"valueInteger": 2, "effectiveDateTime": "2026-06-01"}, False),  # history, whoever writes it
        ({"valueInteger": 2, "code": {"coding": [{"system": "http://loinc.org", "code": "44261-6"}]}}, False),  # the sum says nothing of it
    ],
)
def test_an_observation_of_it_opens_a_case_as_the_form_does(ward: Ward, more: dict[str, Any], opens: bool) -> None:
    ward.put(observed(**more))
    assert [state(each) for each in tasks(ward, "safety-response")] == (["out-of-contact"] if opens else [])
    assert ward.violations() == []


def test_an_observation_that_repeats_a_form_opens_no_second_case(ward: Ward) -> None:
    ward.put(raw())
    with ward.change(AMARA) as change:
        safety.decide(change, task=case(ward)["id"], decision=next(iter(DECISIONS)), why="We spoke; his sister is there.")
    ward.put(observed(valueInteger=1, derivedFrom=[{"reference": "QuestionnaireResponse/raw"}]))
    assert len(tasks(ward, "safety-response")) == 1
    ward.put(observed(id="later", valueInteger=1))
    assert len(tasks(ward, "safety-response")) == 2, "what stands for itself is a new answer"


def test_an_observation_of_nobody_is_refused_and_one_under_a_case_is_not_deleted(ward: Ward) -> None:
    with pytest.raises(Invalid, match="says which patient"):
        ward.put({key: each for key, each in observed(valueInteger=1).items() if key != "subject"})
    ward.put(observed(valueInteger=1))
    with pytest.raises(Invalid, match="a clinician decides first"), ward.change(TOM) as change:
        change.delete("Observation", "seen")


def test_an_answer_that_needs_somebody_says_whose_it_is(ward: Ward) -> None:
    with pytest.raises(Invalid, match="which patient"):
        ward.put({key: value for key, value in raw().items() if key != "subject"})


def test_later_answers_of_the_same_form_open_no_second_case(ward: Ward) -> None:
    response = answer(ward, "phq-9", {ITEM_9: FREQUENCY[1]})
    answer(ward, "phq-9", {**EIGHT, "69722-7": "LA6572-7"}, response=response, done=True)
    assert [each.code for each in events(case(ward))] == ["raised"]
    answer(ward, "phq-9", {ITEM_9: FREQUENCY[2]}, response=response)
    answer(ward, "phq-9", {ITEM_9: FREQUENCY[1]})
    assert [each.code for each in events(case(ward))] == ["raised", "answered-again", "answered-again"]


def test_taking_the_answer_back_does_not_close_it(ward: Ward) -> None:
    response = answer(ward, "phq-9", {ITEM_9: FREQUENCY[1]})
    answer(ward, "phq-9", {ITEM_9: FREQUENCY[0]}, response=response)
    assert case(ward)["status"] == "requested"
    answer(ward, "phq-9", {ITEM_9: FREQUENCY[1]}, response=response)
    with pytest.raises(Invalid, match="a clinician decides first"), ward.change() as change:
        change.delete("QuestionnaireResponse", response)


def test_after_a_decision_a_new_answer_opens_a_new_case(ward: Ward) -> None:
    answer(ward, "phq-9", {ITEM_9: FREQUENCY[1]})
    does(ward, safety.decide, who=AMARA, decision="safety-plan", why="Plan made with Eva and her daughter.")
    answer(ward, "phq-9", {ITEM_9: FREQUENCY[1]})
    assert sorted(each["status"] for each in tasks(ward, "safety-response")) == ["completed", "requested"]


# --- story SC13


def test_item_nine_by_phone_the_call_drops_and_a_clinician_decides(ward: Ward) -> None:
    response = answer(ward, "phq-9", EIGHT)
    ward.at("2026-06-15T09:02:00")
    does(ward, safety.confirm, place="12 Mill Street, at home, alone", number="(401) 555-0177")
    ward.at("2026-06-15T09:07:00")
    does(ward, safety.lose)
    for minute in (9, 14, 21):
        ward.at(f"2026-06-15T09:{minute:02d}:00")
        assert state(case(ward)) == "out-of-contact"
        does(ward, safety.call, outcome="no-answer")
    with ward.store.view(LUIS) as view:
        (seen,) = safety.cases(view)
        assert safety.of_response(view, response=response) == seen
    assert (seen.state, len(seen.calls), seen.calls_wanted) == ("unreachable", 3, 3)
    assert seen.calls_until is not None and seen.calls_until.strftime("%H:%M") == "09:22"
    assert (seen.place, seen.number, seen.name) == ("12 Mill Street, at home, alone", "(401) 555-0177", "Eva Stone")
    ward.at("2026-06-15T09:23:00")
    does(ward, safety.decide, who=AMARA, decision="welfare-check", why="Three calls unanswered; police asked to look in at Mill Street.")
    task = case(ward)
    assert task["status"] == "completed" and len(ward.find("Communication", patient="Patient/eva")) == 3
    assert [(each.code, each.at.astimezone(ward.store.zone).strftime("%H:%M"), each.name) for each in events(task)] == [
        ("raised", "09:00", "Tom Brandt"),
        ("confirm", "09:02", "Tom Brandt"),
        ("lose", "09:07", "Tom Brandt"),
        ("call", "09:09", "Tom Brandt"),
        ("call", "09:14", "Tom Brandt"),
        ("call", "09:21", "Tom Brandt"),
        ("decide", "09:23", "Amara Okonkwo"),
    ]
    (again,) = tasks(ward, "safety-follow-up")
    assert again["status"] == "requested"
    assert ward.violations() == []


def bar(ward: Ward, who: Who = LUIS) -> tuple[int, list[tuple[str, str]]] | None:
    with ward.store.view(who) as view:
        found = safety_bar.standing(view)
    return (found.alone, [(name, since.strftime("%H:%M")) for name, since in found.taken]) if found else None


def test_reached_again_the_call_goes_on_and_is_handed_over(ward: Ward) -> None:
    assert bar(ward) is None
    answer(ward, "phq-9", EIGHT)
    assert (bar(ward), bar(ward, PRIYA)) == ((1, []), None), "nobody has it; another team is told nothing"
    does(ward, safety.lose)
    does(ward, safety.call, outcome="reached")
    does(ward, safety.hand_over, to="Practitioner/amara")
    assert state(case(ward)) == "with-clinician" and case(ward)["owner"]["display"] == "Amara Okonkwo"
    assert bar(ward) == (0, [("Amara Okonkwo", "09:00")])
    does(ward, safety.lose, who=AMARA)
    assert state(case(ward)) == "out-of-contact"
    assert bar(ward) == (1, [])


def test_call_backs_end_after_a_quarter_of_an_hour_even_if_there_were_fewer(ward: Ward) -> None:
    answer(ward, "phq-9", EIGHT)
    does(ward, safety.lose)
    ward.at("2026-06-15T09:15:00")
    does(ward, safety.call, outcome="left-message")
    assert state(case(ward)) == "unreachable"


def test_a_case_nobody_touches_is_not_left_alone(ward: Ward) -> None:
    ward.put({**ward.get(LUIS.person), "telecom": [{"system": "email", "value": "luis@baton.example"}]})
    ward.put(raw())
    ward.at("2026-06-15T09:14:00")
    safety.watch(HUB, ward.store, ward.time)
    assert state(case(ward)) == "out-of-contact"
    ward.at("2026-06-15T09:15:00")
    for _ in range(2):
        safety.watch(HUB, ward.store, ward.time)
    assert [each.code for each in events(case(ward))] == ["raised", "give-up"] and state(case(ward)) == "unreachable"
    does(ward, safety.call, outcome="reached")
    ward.at("2026-06-15T09:31:00")
    safety.watch(HUB, ward.store, ward.time)
    assert events(case(ward))[-1].code == "remind" and state(case(ward)) == "in-contact"
    with psycopg.connect(ward.database.owner_dsn) as connection:
        assert connection.execute("select count(*) from outbox where topic = 'mail'").fetchone() == (3,)


# --- it is not closed without a clinician


@pytest.mark.parametrize("who", [TOM, LUIS, HUB, MERCY], ids=lambda who: who.role)
def test_nobody_but_a_clinician_decides(ward: Ward, who: Who) -> None:
    answer(ward, "phq-9", EIGHT)
    with pytest.raises(Refused):
        does(ward, safety.decide, who=who, decision="no-present-danger", why="seems fine")
    assert case(ward)["status"] == "requested"


def test_a_prescriber_decides_though_their_role_is_another(ward: Ward) -> None:
    nurse = Who("Practitioner/nora", "Nora Diaz", "coordinator", ("Organization/heart",), "desk")
    person, role = doctor(nurse)
    ward.put(
        {**person, "qualification": [{"code": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0360", "code": "NP"}]}}]},
        role,
    )
    answer(ward, "phq-9", EIGHT)
    does(ward, safety.decide, who=nurse, decision="seen-today", why="Comes in at eleven with Ana.")
    assert case(ward)["status"] == "completed"


@pytest.mark.parametrize("way", ["done", "close", "wait", "snooze"])
def test_no_ordinary_way_of_closing_or_putting_off_works(ward: Ward, way: str) -> None:
    answer(ward, "phq-9", EIGHT)
    id_ = case(ward)["id"]
    from datetime import date  # noqa: PLC0415

    ways: dict[str, Any] = {
        "done": lambda change: promises.done(change, task=id_),
        "close": lambda change: promises.close(change, task=id_, reason="later"),
        "wait": lambda change: promises.wait(change, task=id_, on="the clinic"),
        "snooze": lambda change: promises.snooze(change, task=id_, until=date(2026, 6, 17), reason="later"),
    }
    with pytest.raises(Invalid), ward.change(AMARA) as change:
        ways[way](change)
    assert case(ward)["status"] == "requested"


def test_raw_writes_do_not_get_around_it(ward: Ward) -> None:
    answer(ward, "phq-9", EIGHT)
    task = case(ward)
    decided = {"coding": [{"system": "https://baton.example/fhir/CodeSystem/safety-case", "code": "decided"}]}
    other = {"coding": [{"system": "https://baton.example/fhir/CodeSystem/promise", "code": "by-hand"}]}
    for broken in (
        {**task, "status": "completed"},
        {**task, "status": "cancelled"},
        {**task, "status": "entered-in-error"},
        {**task, "status": "completed", "businessStatus": decided},
        {**task, "code": other},
        {**task, "priority": "routine"},
        {**task, "for": {"reference": "Patient/mia"}},
        {**task, "restriction": {"period": {"end": "2027-01-01T00:00:00Z"}}},
        {**task, "extension": [each for each in task["extension"] if "task-events" not in each["url"]]},
    ):
        for who in (MERCY, AMARA):
            with pytest.raises(Refused):
                ward.put(broken, who=who)
    with pytest.raises(Invalid), ward.change(AMARA) as change:
        change.delete("Task", task["id"])
    assert case(ward) == task


def test_a_case_is_not_prepared_closed_before_it_opens(ward: Ward) -> None:
    answer(ward, "phq-9", EIGHT)
    for broken in ({"status": "completed"}, {"priority": "routine"}):
        with pytest.raises(Invalid):
            ward.put({**case(ward), "id": "another", **broken})


def test_what_was_decided_stays(ward: Ward) -> None:
    answer(ward, "phq-9", EIGHT)
    does(ward, safety.decide, who=AMARA, decision="crisis-line", why="Connected to 988, Ana beside her.")
    with pytest.raises(Invalid), ward.change(AMARA) as change:
        promises.reopen(change, task=case(ward)["id"], reason="again")
    with pytest.raises(Refused):
        does(ward, safety.decide, who=AMARA, decision="no-present-danger", why="after all")


def test_another_team_sees_no_case_and_decides_none(ward: Ward) -> None:
    answer(ward, "phq-9", EIGHT)
    with ward.store.view(PRIYA) as view:
        assert safety.cases(view) == ()
    with pytest.raises(NotFound):
        does(ward, safety.confirm, who=PRIYA, place="there", number="1")


def test_refusals_say_what_is_missing(ward: Ward) -> None:
    answer(ward, "phq-9", EIGHT)
    for verb, said in (
        (safety.confirm, {"place": " ", "number": "1"}),
        (safety.hand_over, {"to": "Practitioner/nobody"}),
        (safety.call, {"outcome": "reached"}),
        (safety.call, {"outcome": "shouted"}),
        (safety.decide, {"decision": "fine", "why": "so"}),
        (safety.decide, {"decision": "crisis-line", "why": " "}),
    ):
        with pytest.raises(Invalid):
            does(ward, verb, who=AMARA, **said)


# --- who is on call


def test_whose_hours_cover_the_moment_comes_first(ward: Ward) -> None:
    night = Who("Practitioner/zoe", "Zoe Park", "clinician", ("Organization/heart",), "desk")
    person, role = doctor(night, "(401) 555-0191")
    hours = [{"daysOfWeek": ["mon"], "availableStartTime": "19:00:00", "availableEndTime": "07:00:00"}]
    ward.put(person, {**role, "availableTime": hours})
    ward.put({**staff(AMARA), "availableTime": [{"availableStartTime": "07:00:00", "availableEndTime": "19:00:00"}]})
    for at, name in (("2026-06-15T09:00:00", "Amara Okonkwo"), ("2026-06-15T23:00:00", "Zoe Park"), ("2026-06-16T03:00:00", "Zoe Park")):
        with ward.at(at).store.view(TOM) as view:
            first = clinicians.of_patient(view, "Patient/eva")[0]
        assert (first.name, first.now, first.ours) == (name, True, True)
    assert first.phone == "(401) 555-0191"


def test_whoever_is_on_call_comes_first_with_the_number_of_the_shift(ward: Ward) -> None:
    abel = Who("Practitioner/abel", "Abel Ames", "clinician", ("Organization/heart",), "desk")
    ward.put(*doctor(abel, "(401) 555-0192"))
    with ward.change(LUIS) as change:
        end = ward.time + timedelta(hours=8)
        oncall.put_on(change, line="clinician", person=AMARA.person, start=ward.time, end=end, phone="(401) 555-0199")
    with ward.store.view(TOM) as view:
        first, second = clinicians.of_patient(view, "Patient/eva")
    assert (first.name, first.phone, first.on_call) == ("Amara Okonkwo", "(401) 555-0199", True)
    assert (second.name, second.on_call) == ("Abel Ames", False)
    answer(ward, "phq-9", {ITEM_9: FREQUENCY[1]})
    assert case(ward)["owner"]["display"] == "Amara Okonkwo"


def test_without_a_clinician_the_team_owns_it(ward: Ward) -> None:
    ward.put({**staff(AMARA), "active": False})
    answer(ward, "phq-9", EIGHT)
    assert case(ward)["owner"]["reference"] == "Organization/heart"


def test_the_clinician_and_the_supervisor_are_told_and_the_mail_says_nothing_of_it(ward: Ward) -> None:
    for who, address in ((AMARA, "amara@baton.example"), (LUIS, "luis@baton.example")):
        person = ward.get(who.person)
        ward.put({**person, "telecom": [*person.get("telecom", ()), {"system": "email", "value": address}]})
    answer(ward, "phq-9", {ITEM_9: FREQUENCY[1]})
    with psycopg.connect(ward.database.owner_dsn) as connection:
        sent = [row[0] for row in connection.execute("select payload from outbox where topic = 'mail' order by id")]
    assert [each["to"] for each in sent] == ["amara@baton.example", "luis@baton.example"]
    for each in sent:
        assert set(each) == {"to", "subject", "text", "link"}
        assert not any(word in str(each) for word in ("Eva", "Stone", "eva", "safety", "suicid", "item"))


# --- whatever happens in whatever order


class Cases(RuleBasedStateMachine):
    """What people try with one, in any order."""

    ward: Ward

    @initialize()
    def start(self) -> None:
        self.ward.time = datetime.fromisoformat("2026-06-15T13:00:00+00:00")
        for each in (each for each in tasks(self.ward, "safety-response") if each["status"] == "requested"):
            with self.ward.change(AMARA) as change:
                safety.decide(change, task=each["id"], decision="not-so-meant", why="between two tests")
        answer(self.ward, "phq-9", {ITEM_9: FREQUENCY[1]})
        (self.task,) = [each["id"] for each in tasks(self.ward, "safety-response") if each["status"] == "requested"]
        self.decided = False

    def tries(self, verb: Any, who: Who, **said: Any) -> bool:
        try:
            with self.ward.change(who) as change:
                verb(change, task=self.task, **said)
        except Refused:
            return False
        return True

    @rule(who=st.sampled_from([TOM, LUIS, AMARA, MERCY]), verb=st.sampled_from(["confirm", "lose", "hand-over"]))
    def moves(self, who: Who, verb: str) -> None:
        was = str(state(self.ward.get(f"Task/{self.task}")))
        said = {
            "confirm": (safety.confirm, {"place": "home", "number": "1"}),
            "lose": (safety.lose, {}),
            "hand-over": (safety.hand_over, {"to": "Practitioner/amara"}),
        }
        worked = self.tries(said[verb][0], who, **said[verb][1])
        assert worked == (was in LIFE[verb])

    @rule(outcome=st.sampled_from(["reached", "no-answer", "left-message"]))
    def calls(self, outcome: str) -> None:
        was = str(state(self.ward.get(f"Task/{self.task}")))
        assert self.tries(safety.call, TOM, outcome=outcome) == (was in ("out-of-contact", "unreachable"))

    @rule(who=st.sampled_from([TOM, LUIS, AMARA, MERCY]), decision=st.sampled_from(DECISIONS))
    def decides(self, who: Who, decision: str) -> None:
        worked = self.tries(safety.decide, who, decision=decision, why="because")
        assert worked == (who is AMARA and not self.decided)
        self.decided = self.decided or worked

    @rule(status=st.sampled_from(["completed", "cancelled", "failed", "on-hold", "entered-in-error"]))
    def forces(self, status: str) -> None:
        def force(change: Change, *, task: str) -> None:
            change.put({**change.get("Task", task), "status": status})

        was = self.ward.get(f"Task/{self.task}")["status"]
        assert not self.tries(force, AMARA) or was == status

    @invariant()
    def open_until_decided(self) -> None:
        if hasattr(self, "task"):
            task = self.ward.get(f"Task/{self.task}")
            assert (task["status"] == "completed") == (state(task) == "decided") == self.decided
            assert task["priority"] == "stat"


def test_a_case_ends_only_by_a_decision_whatever_is_tried(ward: Ward) -> None:
    Cases.ward = ward
    checks = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
    run_state_machine_as_test(Cases, settings=settings(max_examples=8, stateful_step_count=12, deadline=None, suppress_health_check=checks))
    assert ward.violations() == []
