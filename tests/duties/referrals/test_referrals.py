"""Closed-loop referrals on real PostgreSQL: the day that everything goes wrong, the race of a cancellation, every move by raw PUT."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from tests.duties.ward import HUB, MERCY, PRIYA, TOM, ZONE, Ward, of_team, patient

from baton.duties import codes, trace
from baton.duties.referrals import promises as referral_promises
from baton.duties.referrals import referrals, states
from baton.rules import referrals as rules
from baton.store import Invalid, NotFound, Refused
from baton.store.postgres import Database

CLINICS = [
    {"resourceType": "Organization", "id": id_, "active": True, "name": name}
    for id_, name in (("one", "Heart Clinic One"), ("two", "Heart Clinic Two"))
]


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    ward = Ward(database, "2026-05-04T09:00:00")
    ward.put(patient(), of_team(), *CLINICS)
    yield ward
    ward.store.close()


def made(ward: Ward, **said: Any) -> str:
    wanted = {
        "patient": "eva",
        "what": "cardiology consult",
        "to": "Organization/one",
        "urgency": "urgent",
        "question": "Is it the valve?",
        "reason": "murmur",
    }
    with ward.change(TOM) as change:
        return referrals.make(change, **{**wanted, **said}).id


def act(ward: Ward, task: str, trigger: str, **said: Any) -> None:
    with ward.change(TOM) as change:
        referrals.move(change, task=task, trigger=trigger, **said)


def sent(ward: Ward, **said: Any) -> str:
    task = made(ward, **said)
    with ward.change(TOM) as change:
        referrals.send(change, task=task, despite="the rest follows")
    return task


def read(ward: Ward, task: str) -> dict[str, Any]:
    with ward.store.view(HUB) as view:
        return view.get("Task", task)


def owed(ward: Ward, task: str) -> list[tuple[str, str, date]]:
    """What is owed about a referral: step, status, last day."""
    with ward.store.view(HUB) as view:
        found = [each for each in view.find("Task", focus=f"Task/{task}") if codes.is_open(each)]
    assert len(found) <= 1, "one next step at a time"
    return [(str(referral_promises.step_of(each)), each["status"], due(each)) for each in found]


def due(task: dict[str, Any]) -> date:
    told = trace.of(task)
    assert told is not None and told.facts and told.source
    return told.due.astimezone(ZONE).date()


def letter(task: dict[str, Any], id_: str = "letter") -> dict[str, Any]:
    return {
        "resourceType": "DocumentReference",
        "id": id_,
        "status": "current",
        "subject": {"reference": "Patient/eva"},
        "content": [{"attachment": {"contentType": "application/pdf", "title": "Letter"}}],
        "context": {"related": [{"reference": task["focus"]["reference"]}]},
    }


def on(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=ZONE)


def test_everything_goes_wrong_and_the_loop_still_closes(ward: Ward) -> None:
    first = sent(ward)
    assert states.state(read(ward, first)) == "received/2.0"
    assert owed(ward, first) == [("answer", "on-hold", date(2026, 5, 6))]
    ward.at("2026-05-06T10:00:00")
    act(ward, first, "decline", reason="no capacity")
    assert states.state(read(ward, first)) == "rejected/4.0"
    assert owed(ward, first)[0][:2] == ("reroute", "requested")
    with ward.change(TOM) as change:
        task = referrals.reroute(change, task=first, to="Organization/two").id
    assert owed(ward, first) == []
    assert read(ward, task)["partOf"] == [{"reference": f"Task/{first}"}]
    ward.at("2026-05-07T10:00:00")
    act(ward, task, "accept")
    assert owed(ward, task)[0][0] == "book"
    act(ward, task, "schedule", when=on("2026-05-19T09:00"))
    assert states.state(read(ward, task)) == "in-progress/5.1.1"
    assert owed(ward, task) == [("visit", "on-hold", date(2026, 5, 20))]
    ward.at("2026-05-19T17:00:00")
    act(ward, task, "no-show", reason="no ride")
    assert owed(ward, task)[0][:2] == ("rebook", "requested")
    act(ward, task, "reschedule", when=on("2026-05-26T09:00"))
    assert owed(ward, task) == [("visit", "on-hold", date(2026, 5, 27))]
    ward.at("2026-05-26T12:00:00")
    act(ward, task, "interim-note", note="seen, letter follows")
    assert states.state(read(ward, task)) == "in-progress/5.1.4"
    assert owed(ward, task)[0][0] == "result"
    ward.at("2026-06-02T09:00:00")
    act(ward, task, "outcome")
    assert states.state(read(ward, task)) == "completed/7.0"
    assert owed(ward, task)[0][0] == "result", "service completed is not a closed loop"
    ward.put(letter(read(ward, task)))
    assert owed(ward, task)[0][:2] == ("review", "requested")
    ward.put(letter(read(ward, task)))
    ward.at("2026-06-04T09:00:00")
    with ward.change(TOM) as change:
        referrals.review(change, task=task, disposition="no-change")
    assert owed(ward, task)[0][:2] == ("tell", "requested")
    assert request(ward, task) == "active"
    ward.at("2026-06-05T09:00:00")
    with ward.change(TOM) as change:
        referrals.tell(change, task=task, how="message")
    assert owed(ward, task) == []
    assert request(ward, task) == "completed"
    ward.at("2026-06-09T09:00:00")
    ward.put(letter(read(ward, task), "corrected"))
    assert owed(ward, task)[0][0] == "review", "a corrected letter is reviewed anew"
    assert request(ward, task) == "active"
    assert ward.violations() == []


def request(ward: Ward, task: str) -> str:
    with ward.store.view(HUB) as view:
        return str(view.get("ServiceRequest", read(ward, task)["focus"]["reference"].split("/")[1])["status"])


def test_a_cancellation_crosses_with_the_result(ward: Ward) -> None:
    task = sent(ward)
    act(ward, task, "accept")
    act(ward, task, "interim-note")
    act(ward, task, "request-cancellation", reason="no longer wanted")
    assert owed(ward, task)[0][0] == "cancellation"
    act(ward, task, "outcome")
    assert states.state(read(ward, task)) == "completed/7.0"
    assert owed(ward, task)[0][0] == "result"


def test_a_confirmed_cancellation_owes_nothing(ward: Ward) -> None:
    task = sent(ward)
    act(ward, task, "request-cancellation", reason="moved away")
    act(ward, task, "confirm-cancellation")
    assert owed(ward, task) == []
    with pytest.raises(Invalid, match="it has ended"):
        act(ward, task, "accept")


def test_what_is_incomplete_is_sent_only_with_a_reason(ward: Ward) -> None:
    task = made(ward, specialty="cardiology")
    assert owed(ward, task)[0][0] == "send"
    with ward.change(TOM) as change:
        assert "ecg" in referrals.meter(change, referrals.held(change, task)).missing
    with pytest.raises(Invalid, match="ecg"), ward.change(TOM) as change:
        referrals.send(change, task=task)
    assert states.state(read(ward, task)) == "draft"


def test_the_meter_finds_what_the_chart_holds(ward: Ward) -> None:
    task = made(ward, specialty="cardiology")
    loinc = {"coding": [{"system": "http://loinc.org", "code": "11524-6"}]}
    ward.put({"resourceType": "Observation", "status": "final", "code": loinc, "subject": {"reference": "Patient/eva"}})
    with ward.change(TOM) as change:
        assert "ecg" not in referrals.meter(change, referrals.held(change, task)).missing


def test_closed_without_a_result_the_patient_is_still_told(ward: Ward) -> None:
    task = sent(ward)
    act(ward, task, "accept")
    act(ward, task, "outcome")
    with ward.change(TOM) as change:
        referrals.close_without_result(change, task=task, reason="the clinic has closed")
    assert owed(ward, task)[0][0] == "tell"


def test_another_team_sees_none_of_it(ward: Ward) -> None:
    task = sent(ward)
    with pytest.raises(NotFound), ward.store.change(PRIYA, because="test") as change:
        referrals.move(change, task=task, trigger="accept")


def put_at(ward: Ward, start: str, end: str, which: str) -> None:
    """A referral brought to one state by a load, then put to another by an interface."""
    task = {
        "resourceType": "Task",
        "id": f"raw-{abs(hash((start, end, which)))}",
        "intent": "order",
        "code": codes.concept(states.TASK_CODE, "fulfill"),
        "focus": {"reference": "ServiceRequest/raw"},
        "for": {"reference": "Patient/eva"},
        "authoredOn": "2026-05-04T13:00:00Z",
        "requester": {"reference": "Practitioner/tom"},
        "owner": {"reference": "Organization/one"},
        "statusReason": {"text": "said so"},
    }
    with ward.store.change(LOAD, because="test") as change:
        change.put(states.at(task, start))
    with ward.store.change(MERCY, because="test") as change:
        change.put(states.at(task, end))


LOAD = type(HUB)(HUB.person, HUB.name, HUB.role, (), "load")


@pytest.mark.parametrize("which", ["medical", "community"])
def test_a_raw_put_obeys_the_machine(database: Database, which: rules.Kind) -> None:
    ward = Ward(database, "2026-05-04T09:00:00")
    ward.put(
        patient(),
        of_team(),
        *CLINICS,
        {"resourceType": "ServiceRequest", "id": "raw", "status": "active", "intent": "order", "subject": {"reference": "Patient/eva"}},
    )
    for start, end in product(sorted(rules.states(which)), repeat=2):
        if start == end or start == "draft":
            continue
        if rules.find(which, start, end):
            put_at(ward, start, end, which)
        else:
            with pytest.raises(Invalid, match="does not go from") as no:
                put_at(ward, start, end, which)
            named = {move.code for move in rules.from_state(which, start)}
            assert all(code in str(no.value) for code in named)
    ward.store.close()


@pytest.mark.parametrize("begun", ["accepted/3.0", "completed/7.0", "in-progress/5.1.1"])
def test_an_interface_does_not_invent_a_past(ward: Ward, begun: str) -> None:
    task = read(ward, sent(ward))
    del task["id"], task["meta"]
    with pytest.raises(Invalid, match="begins as"):
        ward.put(states.at(task, begun))


def test_an_open_referral_is_not_deleted(ward: Ward) -> None:
    task = sent(ward)
    with pytest.raises(Invalid, match="neither deleted"), ward.change(TOM) as change:
        change.delete("Task", task)


class Loops(RuleBasedStateMachine):
    """One referral, and everything people and the other side may do, in any order."""

    ward: Ward

    @initialize()
    def begin(self) -> None:
        self.task = made(self.ward)

    @rule(
        trigger=st.sampled_from(sorted({move.trigger for move in (*rules.moves("medical"), *rules.moves("community"))})),
        hours=st.integers(1, 200),
    )
    def moved(self, trigger: str, hours: int) -> None:
        with suppress(Refused):
            act(self.ward, self.task, trigger, reason="because", when=on("2026-08-03T09:00"))

    @rule(id_=st.sampled_from(("a", "b")), status=st.sampled_from(("current", "entered-in-error")))
    def letter_comes_or_goes(self, id_: str, status: str) -> None:
        self.ward.put({**letter(read(self.ward, self.task), f"{self.task}-{id_}"), "status": status})

    @rule(what=st.sampled_from(("review", "tell", "close")))
    def person_acts(self, what: str) -> None:
        with suppress(Refused), self.ward.change(TOM) as change:
            if what == "review":
                referrals.review(change, task=self.task, disposition="no-change")
            elif what == "tell":
                referrals.tell(change, task=self.task, how="call")
            else:
                referrals.close_without_result(change, task=self.task, reason="because")

    @invariant()
    def exactly_what_is_next_is_owed(self) -> None:
        task = read(self.ward, self.task)
        with self.ward.store.view(HUB) as view:
            step = referral_promises.read(view, task).next_step()
        assert [each[0] for each in owed(self.ward, self.task)] == ([step.name] if step else [])
        if step is None and task["status"] == "completed":
            assert request(self.ward, self.task) == "completed"


def test_whatever_happens_one_step_is_owed_until_the_loop_is_closed(ward: Ward) -> None:
    Loops.ward = ward
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Loops,
        settings=settings(
            max_examples=15, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
        ),
    )
    assert ward.violations() == []
