"""A concern is a loop: every step is owed by a day, and only the patient's own word closes it; whatever is tried, in whatever order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from tests.duties.answered import fill, tasks
from tests.duties.ward import MERCY, PRIYA, TOM, Ward

from baton.duties import promises, trace
from baton.duties.contact import guests
from baton.duties.support import concerns
from baton.duties.support.concern_states import LIFE, OPEN, state
from baton.duties.today import caseload
from baton.store import Change, Invalid, NotFound, Refused, Who
from baton.store.postgres import Database

WORDS = "I am afraid to go to sleep in case I do not wake up."


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    ward = fill(Ward(database, "2026-06-15T09:00:00"))
    yield ward
    ward.store.close()


def raised(ward: Ward, **more: Any) -> str:
    with ward.change(TOM) as change:
        return concerns.raise_(change, patient="eva", words=more.pop("words", WORDS), **more).id


def does(ward: Ward, verb: Any, concern: str, **said: Any) -> None:
    with ward.change(TOM) as change:
        verb(change, concern=concern, **said)


def due(ward: Ward, concern: str) -> str:
    told = trace.of(ward.get(f"Task/{concern}"))
    assert told is not None
    return told.due.date().isoformat()


def test_the_loop_each_step_due_by_its_clock_and_on_today(ward: Ward) -> None:
    concern = raised(ward)
    with ward.store.view(TOM) as view:
        (row,) = [each for each in caseload.today(view).rows if each.kind == "concern"]
    assert (row.what, row.due.date(), row.owner_name) == (WORDS, date(2026, 6, 16), "Heart & Vascular")
    does(ward, concerns.name, concern, kind="fear")
    assert due(ward, concern) == "2026-06-16"
    does(ward, concerns.acknowledge, concern, said="That sounds frightening. Many people feel it after the hospital.")
    assert due(ward, concern) == "2026-06-18"
    does(ward, concerns.plan, concern, what="Nurse calls each evening this week; Ana sleeps in the next room.")
    assert due(ward, concern) == "2026-06-22"
    does(ward, concerns.not_settled, concern, said="Still lies awake.")
    assert state(ward.get(f"Task/{concern}")) == "acknowledged"
    does(ward, concerns.plan, concern, what="Bring it up with Dr. Okonkwo on Thursday.")
    does(ward, concerns.settle, concern, said="I sleep again.")
    with ward.store.view(TOM) as view:
        assert concerns.concerns(view) == ()
        (over,) = concerns.concerns(view, patient="eva", still_open=False)
    assert over.settled is not None and (over.settled.said, over.settled.whom) == ("I sleep again.", "Patient/eva")
    assert [each.code for each in over.events] == ["raise", "name", "acknowledge", "plan", "not-settled", "plan", "settle"]
    assert ward.violations() == []


def test_named_at_once_and_closed_by_the_daughter(ward: Ward) -> None:
    concern = raised(ward, kind="caregiving", said_by="RelatedPerson/ana", words="I cannot go on like this.")
    task = ward.get(f"Task/{concern}")
    assert state(task) == "named" and task["requester"] == {"reference": "RelatedPerson/ana", "display": "Ana Stone"}
    does(ward, concerns.settle, concern, said="We found help.", by="RelatedPerson/ana")
    assert ward.get(f"Task/{concern}")["status"] == "completed"


def test_violence_is_labelled(ward: Ward) -> None:
    assert "SDV" in str(ward.get(f"Task/{raised(ward, kind='violence')}")["meta"]["security"])


@pytest.mark.parametrize("way", ["done", "close"])
def test_staff_do_not_close_it(ward: Ward, way: str) -> None:
    concern = raised(ward)
    with pytest.raises(Invalid, match="patient closes it"), ward.change(TOM) as change:
        promises.done(change, task=concern) if way == "done" else promises.close(change, task=concern, reason="they seem fine")
    with pytest.raises(Invalid):
        does(ward, concerns.settle, concern, said=" ")
    with pytest.raises(Invalid):
        does(ward, concerns.settle, concern, said="fine", by="Practitioner/tom")


def test_a_raw_write_does_not_skip_a_step_or_lose_a_word(ward: Ward) -> None:
    concern = raised(ward)
    task = ward.get(f"Task/{concern}")
    planned = {"coding": [{"system": "https://baton.example/fhir/CodeSystem/concern-state", "code": "planned"}]}
    for broken in (
        {**task, "businessStatus": planned},
        {**task, "status": "completed"},
        {**task, "status": "entered-in-error"},
        {**task, "description": "nothing to see"},
        {**task, "extension": [each for each in task["extension"] if "task-events" not in each["url"]]},
        {**task, "status": "cancelled", "statusReason": {"coding": [{"system": promises.codes.STATE, "code": "died"}]}},
    ):
        with pytest.raises(Invalid):
            ward.put(broken)
    with pytest.raises(Invalid), ward.change() as change:
        change.delete("Task", concern)
    assert ward.get(f"Task/{concern}") == task


def test_by_mistake_or_after_death_it_is_closed_with_the_reason(ward: Ward) -> None:
    does(ward, concerns.mistaken, raised(ward), why="Said by another patient.")
    task = ward.get(f"Task/{raised(ward, words='another')}")
    ward.put({**ward.get("Patient/eva"), "deceasedDateTime": "2026-06-15"})
    ward.put({**task, "status": "cancelled", "statusReason": {"coding": [{"system": promises.codes.STATE, "code": "died"}]}})
    assert [each["status"] for each in tasks(ward, "concern")] in (["entered-in-error", "cancelled"], ["cancelled", "entered-in-error"])


def test_what_is_refused(ward: Ward) -> None:
    for said in ({"words": " "}, {"kind": "nothing"}, {"said_by": "RelatedPerson/nobody"}, {"words": "x" * 1001}):
        with pytest.raises(Invalid):
            raised(ward, **said)
    concern = raised(ward)
    for verb, more in ((concerns.acknowledge, {"said": "yes"}), (concerns.plan, {"what": "later"}), (concerns.mistaken, {"why": ""})):
        with pytest.raises(Invalid):
            does(ward, verb, concern, **more)


def test_another_team_sees_none(ward: Ward) -> None:
    concern = raised(ward)
    with ward.store.view(PRIYA) as view:
        assert concerns.concerns(view) == ()
    with pytest.raises(NotFound), ward.change(PRIYA) as change:
        concerns.settle(change, concern=concern, said="fine")


class Concerns(RuleBasedStateMachine):
    """What people try with one, in any order."""

    ward: Ward
    count = 0

    @initialize()
    def start(self) -> None:
        self.ward.time = datetime.fromisoformat("2026-06-15T13:00:00+00:00")
        Concerns.count += 1
        self.concern, self.state = raised(self.ward, words=f"worry {Concerns.count}"), "raised"

    def tries(self, verb: str, act: Any, **said: Any) -> None:
        to = LIFE[verb].get(self.state)
        try:
            with self.ward.change(TOM) as change:
                act(change, concern=self.concern, **said)
        except Refused:
            assert to is None
        else:
            assert to is not None
            self.state = to

    @rule(kind=st.sampled_from(["fear", "money"]))
    def names(self, kind: str) -> None:
        self.tries("name", concerns.name, kind=kind)

    @rule()
    def acknowledges(self) -> None:
        self.tries("acknowledge", concerns.acknowledge, said="heard")

    @rule()
    def plans(self) -> None:
        self.tries("plan", concerns.plan, what="a plan")

    @rule()
    def asks(self) -> None:
        self.tries("not-settled", concerns.not_settled, said="not yet")

    @rule()
    def settles(self) -> None:
        self.tries("settle", concerns.settle, said="yes")

    @rule(status=st.sampled_from(["completed", "cancelled", "failed", "rejected"]))
    def forces(self, status: str) -> None:
        def force(change: Change) -> None:
            change.put({**change.get("Task", self.concern), "status": status})

        was = self.ward.get(f"Task/{self.concern}")["status"]
        try:
            with self.ward.change(MERCY) as change:
                force(change)
        except Refused:
            return
        assert was == status or was in ("completed", "cancelled", "failed", "rejected")

    @invariant()
    def holds(self) -> None:
        if hasattr(self, "concern"):
            task = self.ward.get(f"Task/{self.concern}")
            assert state(task) == self.state
            assert (task["status"] == "requested") == (self.state in OPEN)
            assert task["restriction"]["period"]["end"]


def test_whatever_is_tried_an_open_concern_has_a_day_and_only_the_patient_closes_it(ward: Ward) -> None:
    Concerns.ward = ward
    checks = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
    run_state_machine_as_test(
        Concerns, settings=settings(max_examples=8, stateful_step_count=12, deadline=None, suppress_health_check=checks)
    )
    assert ward.violations() == []


PATIENT = Who("Patient/eva", "Eva Stone", "patient", (), "portal", "PATRQT", "Patient/eva")


def portal(ward: Ward) -> None:
    """Eva is let into the portal, and so is her daughter, for everything."""
    ward.put({**ward.get("Patient/eva"), "birthDate": "1950-05-05"})
    with ward.change(TOM) as change:
        guests.let_in(change, patient="Patient/eva", person="Patient/eva")
        guests.let_in(change, patient="Patient/eva", person="RelatedPerson/ana")


def test_from_outside_only_what_is_theirs_to_say_whoever_writes_it(ward: Ward) -> None:
    portal(ward)
    ana = ward.store.guest("RelatedPerson/ana")
    assert ana is not None
    with ward.change(PATIENT) as change:
        concern = concerns.raise_(change, patient="eva", words=WORDS, helps="Somebody near me at night").id
    task = ward.get(f"Task/{concern}")
    assert (task["requester"]["reference"], state(task)) == ("Patient/eva", "raised")
    for who in (PATIENT, ana):
        with pytest.raises(Refused), ward.change(who) as change:
            concerns.name(change, concern=concern, kind="fear")
        with pytest.raises(Refused), ward.change(who) as change:
            change.put({**task, "status": "on-hold"})
    with pytest.raises(Refused), ward.change(ana) as change:
        concerns.settle(change, concern=concern, said="She is fine.")
    with pytest.raises(Refused), ward.change(ana) as change:
        change.put({**task, "id": "another", "requester": {"reference": "Patient/eva"}})
    with ward.change(PATIENT) as change:
        concerns.settle(change, concern=concern, said="I sleep again.")
    over = ward.get(f"Task/{concern}")
    for broken in (
        {**over, "status": "requested"},
        {**over, "status": "requested", "businessStatus": task["businessStatus"]},
    ):
        with pytest.raises(Invalid):
            ward.put(broken)
    with ward.change(PATIENT) as change:
        concerns.not_settled(change, concern=concern, said="It came back.")
    again = ward.get(f"Task/{concern}")
    assert (again["status"], state(again)) == ("requested", "raised") and due(ward, concern) == "2026-06-16"
    assert ward.violations() == []
