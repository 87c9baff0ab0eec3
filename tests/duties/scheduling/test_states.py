"""The life of an appointment is a table: every pair of it passes at the door, every other fails naming the legal moves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from tests.duties.scheduling.clinic import need, open_clinic
from tests.duties.ward import MERCY, TOM, ZONE, Ward, appointment

from baton.duties import codes
from baton.duties.referrals import referrals
from baton.duties.referrals import states as referral_states
from baton.duties.scheduling import booking, calendars, states, terms
from baton.store import Invalid, Refused
from baton.store.postgres import Database
from baton.store.who import Who

DEMO = Who("Device/town", "The town", "system", (), "demo")
WHY = {"cancelationReason": {"text": "because"}}


@pytest.fixture(scope="module")
def ward(module_database: Database) -> Iterator[Ward]:
    ward = Ward(module_database, start="2026-07-07T12:00:00")
    open_clinic(ward)
    yield ward
    ward.store.close()


def visit(id_: str, status: str, *, start: str = "2026-07-07T10:00:00-04:00", **more: Any) -> dict[str, Any]:
    """A visit of Lan's of two hours ago, or at the time given; with a reason where its status asks for one."""
    made = {**appointment(start, id_=id_, patient="lan", status=status), **more}
    if "basedOn" not in more:
        made["participant"] = [{"actor": {"reference": "Location/heart"}, "status": "accepted"}]  # nobody who could be booked twice
    return {**made, **(WHY if status in states.WHY else {})}


def issues(ward: Ward, *resources: dict[str, Any], who: Who = MERCY) -> list[tuple[str, str]]:
    """What the door says to a raw PUT: element and text of each refusal; nothing when it passes."""
    try:
        ward.put(*resources, who=who)
    except Invalid as refused:
        return [(str(issue.expression), issue.text) for issue in refused.issues]
    return []


def test_every_listed_pair_passes_and_every_other_fails_naming_the_legal_moves(ward: Ward) -> None:
    for was, now in product(states.STATUSES, repeat=2):
        id_ = f"{was}-{now}"
        ward.put(visit(id_, was, start="2026-07-07T10:00:00-04:00"), who=DEMO)
        found = issues(ward, visit(id_, now))
        if was == now or (was, now) in states.BETWEEN:
            assert found == [], (was, now)
            continue
        [(element, text)] = found
        assert element == "Appointment.status", (was, now)
        assert text.startswith(f"An appointment does not go from {was} to {now}; from there it goes to: "), text
        legal = [move.end for move in states.MOVES if move.start == was]
        assert all(end in text for end in legal) and (legal or "nothing" in text), text
    assert len(states.BETWEEN) == len(states.MOVES) == 33


@pytest.mark.parametrize("status", states.STATUSES)
def test_what_is_to_come_begins_before_its_life_and_what_is_told_afterwards_may_be_over(ward: Ward, status: str) -> None:
    ahead = issues(ward, visit(f"new-{status}", status, start="2026-08-04T10:00:00-04:00"))
    assert (ahead == []) == (status in (*states.STARTS, "entered-in-error")), ahead
    assert issues(ward, visit(f"told-{status}", status)) == []


@pytest.mark.parametrize("status", sorted(states.WHY))
@pytest.mark.parametrize("reason", [None, {"coding": [{"display": "?"}]}])
def test_over_without_a_visit_it_says_why(ward: Ward, status: str, reason: dict[str, Any] | None) -> None:
    id_ = f"why-{status}"
    ward.put(visit(id_, "booked"), who=DEMO)
    without = {key: value for key, value in visit(id_, status).items() if key != "cancelationReason"}
    said = {**without, **({"cancelationReason": reason} if reason else {})}
    assert "Appointment.cancelationReason" in [element for element, _ in issues(ward, said)]


@pytest.mark.parametrize(("status", "passes"), [("noshow", False), ("fulfilled", False), ("arrived", True), ("cancelled", True)])
def test_nobody_misses_or_keeps_a_visit_that_is_still_to_come(ward: Ward, status: str, passes: bool) -> None:
    id_ = f"early-{status}"
    ward.put(visit(id_, "booked", start="2026-07-09T10:00:00-04:00"))
    found = issues(ward, visit(id_, status, start="2026-07-09T10:00:00-04:00"))
    assert [element for element, _ in found] == ([] if passes else ["Appointment.status"])


@pytest.mark.parametrize(
    ("status", "start", "moves"),
    [
        ("booked", "2026-07-09T10:00:00-04:00", True),
        ("booked", "2026-07-07T10:00:00-04:00", False),  # its end has passed
        ("fulfilled", "2026-07-07T10:00:00-04:00", False),
        ("cancelled", "2026-07-09T10:00:00-04:00", False),
    ],
)
def test_times_do_not_change_after_the_end(ward: Ward, status: str, start: str, moves: bool) -> None:
    id_ = f"times-{status}-{start[8:10]}"
    ward.put(visit(id_, status, start=start), who=DEMO)
    found = issues(ward, visit(id_, status, start="2026-07-10T10:00:00-04:00"))
    assert [element for element, _ in found] == ([] if moves else ["Appointment.start"])
    utc = {**visit(id_, status, start=start), "start": start.replace("T10:00:00-04:00", "T14:00:00Z")}
    assert issues(ward, utc if not moves else visit(id_, status)) == []  # the same instant written otherwise is no change


def test_an_open_appointment_is_not_deleted(ward: Ward) -> None:
    ward.put(visit("kept", "booked"))
    with pytest.raises(Invalid, match="cancel it"), ward.change(MERCY) as change:
        change.delete("Appointment", "kept")


def test_a_session_stays_in_its_calendar_and_a_week_has_no_overlap(ward: Ward) -> None:
    slot = ward.find("Slot", schedule="Schedule/haddad")[0]
    assert issues(ward, {**slot, "schedule": {"reference": "Schedule/ito"}})[0][0] == "Slot.schedule"
    assert issues(ward, {**slot, "end": slot["start"]})[0][0] == "Slot.end"
    ward.put({**slot, "status": "entered-in-error"})
    assert issues(ward, {**slot, "status": "free"})[0][0] == "Slot.status"
    week = ward.get("Schedule/haddad")
    twice = next(each for each in week["extension"] if each["url"] == terms.WEEKLY)
    assert issues(ward, {**week, "extension": [*week["extension"], twice]})[0] == ("Schedule.extension", "Two spans of one day overlap.")
    assert calendars.weekly(ward.get("Schedule/haddad"))


def test_a_missed_visit_of_a_referral_moves_it_and_a_new_time_moves_it_back(ward: Ward) -> None:
    """S08: business status 5.1.2 by whoever says it; T06, T12, T18, T13, T21."""
    ward.put({"resourceType": "Organization", "id": "echo-clinic", "active": True, "name": "Echo Clinic"})
    with ward.change(TOM) as change:
        asked = referrals.make(change, patient="Patient/lan", what="echo", to="Organization/echo-clinic")
    for does, said in ((referrals.send, {"despite": "the rest follows"}), (referrals.move, {"trigger": "accept"})):
        with ward.change(TOM) as change:
            does(change, task=asked.id, **said)
    request = ward.get(f"Task/{asked.id}")["focus"]["reference"]
    based = {"basedOn": [{"reference": request}]}
    stands = []
    for status, start in (("booked", 1), ("noshow", 1), ("booked", 3), ("cancelled", 3), ("booked", 5)):
        id_ = f"echo-{start}"
        ward.put(visit(id_, status, start=f"2026-07-07T0{start}:00:00-04:00", **based))
        stands.append(referral_states.business(ward.get(f"Task/{asked.id}")))
    assert stands == ["5.1.1", "5.1.2", "5.1.1", "5.1.3", "5.1.1"]
    assert ward.violations() == []


def test_a_raw_put_that_says_missed_owes_a_new_time_once_and_a_new_time_keeps_it(ward: Ward) -> None:
    request = {"basedOn": [{"reference": f"ServiceRequest/{need(ward, 'Eyes', 'Ophthalmology')}"}]}
    missed = {**visit("eyes", "noshow", **request), "cancelationReason": codes.concept(terms.REASON, "transport").copy()}
    ward.put(visit("eyes", "booked", **request))

    def owed() -> list[str]:
        found = ward.find("Task", based_on=request["basedOn"][0]["reference"])
        return [each["status"] for each in found if codes.promise_code(each) == codes.BY_HAND]

    ward.put(missed)
    ward.put({**missed, "comment": "said again"})
    assert owed() == ["requested"]
    ward.put(visit("eyes-2", "booked", start="2026-07-09T10:00:00-04:00", **request))
    assert owed() == ["completed"]
    assert ward.violations() == []


class Lives(RuleBasedStateMachine):
    """One appointment, and anything anybody may say of it while time passes."""

    ward: Ward
    runs = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).runs += 1
        self.id = f"life-{self.runs}"
        self.ward.at("2026-07-07T12:00:00")
        self.ward.put(visit(self.id, "booked", start="2026-07-08T10:00:00-04:00"))
        self.was = self.now = self.ward.get(f"Appointment/{self.id}")

    def put(self, **elements: Any) -> None:
        resource = {key: value for key, value in {**self.now, **elements}.items() if value is not None}
        with suppress(Refused):
            self.ward.put(resource)
        self.was, self.now = self.now, self.ward.get(f"Appointment/{self.id}")

    @rule(hours=st.integers(1, 40))
    def time_passes(self, hours: int) -> None:
        self.ward.time += timedelta(hours=hours)

    @rule(status=st.sampled_from(states.STATUSES), why=st.booleans())
    def said(self, status: str, why: bool) -> None:
        self.put(status=status, cancelationReason=WHY["cancelationReason"] if why and status in states.WHY else None)

    @rule(days=st.integers(-2, 5))
    def moved(self, days: int) -> None:
        start, end = (
            (datetime.fromisoformat(self.now[name]).astimezone(ZONE) + timedelta(days=days)).isoformat() for name in ("start", "end")
        )
        self.put(start=start, end=end)

    @rule(verb=st.sampled_from(("book", "arrive", "check_in", "fulfil", "undo")))
    def a_person_says(self, verb: str) -> None:
        with suppress(Refused), self.ward.change(TOM) as change:
            getattr(booking, verb)(change, appointment=self.id)
        self.was, self.now = self.now, self.ward.get(f"Appointment/{self.id}")

    @invariant()
    def it_moved_as_the_table_says(self) -> None:
        pair = self.was["status"], self.now["status"]
        assert pair[0] == pair[1] or pair in states.BETWEEN, pair
        assert self.now["status"] not in states.WHY or self.now.get("cancelationReason"), self.now
        if self.was["status"] in states.OVER and pair[0] == pair[1]:
            assert (self.was["start"], self.was["end"]) == (self.now["start"], self.now["end"])


def test_whatever_is_said_an_appointment_lives_as_the_table_says(ward: Ward) -> None:
    Lives.ward = ward
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Lives,
        settings=settings(
            max_examples=15, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
        ),
    )
    assert ward.violations() == []
