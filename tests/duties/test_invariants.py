"""Whatever happens, in whatever order: every open promise is whole, an episode under way is owed something, a closed one nothing."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from tests.duties.ward import DANA, HOME, LUIS, TOM, ZONE, Ward, appointment, of_team, patient, stay, summary, visit

from baton.duties import closures, codes, promises, reading
from baton.duties.contact import communication
from baton.duties.transitions import episodes, transitions
from baton.fhir.resource import target
from baton.store import Refused
from baton.store.check_promises import lacking
from baton.store.postgres import Database

ENCOUNTERS = st.sampled_from(("one", "two"))
HOURS = st.integers(1, 24 * 12)
START = "2026-07-02T14:11:00"


class Transitions(RuleBasedStateMachine):
    """A patient, two stays, and everything people and systems may do, at any time and in any order."""

    ward: Ward  # one hub for all runs; each run has a patient of its own
    runs = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).runs += 1
        self.number = type(self).runs
        self.patient = f"p{self.number}"
        self.ward.at(START)
        self.ward.put(patient(self.patient), of_team(self.patient))
        self.stays: dict[str, dict[str, Any]] = {}

    # --- what happens

    def now(self, back: int = 0) -> str:
        return (self.ward.time - timedelta(hours=back)).astimezone(ZONE).isoformat(timespec="seconds")

    def put(self, resource: dict[str, Any]) -> None:
        self.ward.put(resource)

    def encounter(self, name: str, end: str | None, start: str, **said: Any) -> dict[str, Any]:
        return stay(end, id_=f"{self.patient}-{name}", patient=self.patient, start=start, **said)

    @rule(hours=HOURS)
    def time_passes(self, hours: int) -> None:
        self.ward.time += timedelta(hours=hours)

    @rule(name=ENCOUNTERS, back=st.integers(0, 200), nights=st.integers(0, 9), to=st.sampled_from(("home", "snf", "exp", "oth")))
    def discharged_or_corrected(self, name: str, back: int, nights: int, to: str) -> None:
        self.stays[name] = self.encounter(name, self.now(back), self.now(back + 24 * nights + 2), disposition=(HOME[0], to))
        self.put(self.stays[name])

    @rule(name=ENCOUNTERS)
    def admitted(self, name: str) -> None:
        self.stays[name] = self.encounter(name, None, self.now(), status="in-progress", disposition=None)
        self.put(self.stays[name])

    @precondition(lambda self: self.stays)
    @rule(name=ENCOUNTERS, status=st.sampled_from(("cancelled", "entered-in-error", "finished")))
    def taken_back_or_said_again(self, name: str, status: str) -> None:
        if name in self.stays:
            self.stays[name] = {**self.stays[name], "status": status}
            self.put(self.stays[name])

    @rule(dead=st.booleans())
    def died_or_did_not(self, dead: bool) -> None:
        self.put(patient(self.patient, deceasedBoolean=dead))

    @rule(number=st.integers(1, 2), status=st.sampled_from(("booked", "fulfilled", "cancelled", "noshow")), ahead=st.integers(-60, 300))
    def appointment(self, number: int, status: str, ahead: int) -> None:
        with suppress(Refused):  # an appointment lives as its table says
            self.put(appointment(self.now(-ahead), id_=f"{self.patient}-a{number}", patient=self.patient, status=status))

    @rule(status=st.sampled_from(("finished", "entered-in-error")), back=st.integers(0, 30))
    def visited(self, status: str, back: int) -> None:
        self.put(visit(self.now(back), id_=f"{self.patient}-v", patient=self.patient, status=status))

    @rule(status=st.sampled_from(("current", "entered-in-error")))
    def summary(self, status: str) -> None:
        self.put(summary(self.now(), id_=f"{self.patient}-d", patient=self.patient, status=status))

    @rule(team=st.sampled_from(("heart", "plan")), status=st.sampled_from(("active", "inactive")))
    def team(self, team: str, status: str) -> None:
        self.put(of_team(self.patient, team, status))

    # --- what people do

    def some_task(self, data: Any, *, of: str | None = None) -> str | None:
        tasks = [each for each in self.tasks() if codes.is_open(each) and of in (None, codes.promise_code(each))]
        return data.draw(st.sampled_from(sorted(each["id"] for each in tasks))) if tasks else None

    def act(self, verb: Any, **said: Any) -> None:
        """As somebody who may see everyone; what is refused is refused whole."""
        try:
            with self.ward.change(DANA) as change:
                verb(change, **said)
        except Refused:
            pass

    @rule(
        data=st.data(),
        outcome=st.sampled_from(("reached", "left-message", "no-answer", "wrong-number", "refused")),
        note=st.sampled_from((None, "no calls")),
    )
    def attempt(self, data: Any, outcome: str, note: str | None) -> None:
        if task := self.some_task(data, of=codes.CONTACT):
            self.act(communication.attempt, task=task, outcome=outcome, note=note)

    @rule(data=st.data(), verb=st.sampled_from(("done", "close", "snooze", "wait", "wake", "reassign", "complexity", "acknowledge")))
    def somebody_does(self, data: Any, verb: str) -> None:
        task = self.some_task(data)
        if task is None:
            return
        until = self.ward.time.date() + timedelta(days=2)
        verbs: dict[str, tuple[Any, dict[str, Any]]] = {
            "done": (promises.done, {}),
            "close": (promises.close, {"reason": "not wanted"}),
            "snooze": (promises.snooze, {"until": until, "reason": "later"}),
            "wait": (promises.wait, {"on": "the clinic"}),
            "wake": (promises.wake, {}),
            "reassign": (promises.reassign, {"to": TOM.person}),
            "complexity": (transitions.set_complexity, {"complexity": "moderate"}),
            "acknowledge": (transitions.acknowledge_difference, {}),
        }
        function, said = verbs[verb]
        self.act(function, task=task, **said)

    @rule(data=st.data())
    def reopened(self, data: Any) -> None:
        closed = sorted(each["id"] for each in self.tasks() if not codes.is_open(each))
        if closed:
            self.act(promises.reopen, task=data.draw(st.sampled_from(closed)), reason="after all")

    @rule(ahead=st.integers(0, 4), again=st.booleans())
    def the_team_is_closed(self, ahead: int, again: bool) -> None:
        day = self.ward.time.astimezone(ZONE).date() + timedelta(days=ahead)
        with suppress(Refused), self.ward.change(LUIS, "closed") as change:
            if again:
                closures.open_again(change, organization="Organization/heart", first=day, last=day)
            else:
                closures.close(change, organization="Organization/heart", first=day, last=day, reason="Closed")

    @rule()
    def promised_by_hand(self) -> None:
        self.act(promises.make_by_hand, patient=f"Patient/{self.patient}", what="Call", due=self.ward.time.date() + timedelta(days=3))

    @rule()
    def watches_end(self) -> None:
        transitions.close_watches(self.ward.store)

    # --- what must never break

    def tasks(self) -> list[dict[str, Any]]:
        return self.ward.find("Task", patient=f"Patient/{self.patient}")

    @invariant()
    def promises_and_episodes_agree(self) -> None:
        tasks = self.tasks()
        owed: dict[str, int] = {}
        for task in tasks:
            if codes.is_open(task):
                assert list(lacking(task)) == [], task
                assert list(promises.lacking(task)) == [], task
                episode = codes.episode_of(task)
                if episode:
                    owed[episode] = owed.get(episode, 0) + 1
        for episode in self.ward.find("EpisodeOfCare", patient=f"Patient/{self.patient}"):
            count = owed.pop(f"EpisodeOfCare/{episode['id']}", 0)
            assert bool(count) == episodes.is_active(episode), (count, episode["status"])
        assert not owed

    @invariant()
    def what_a_team_owes_is_owed_by_a_team_that_has_the_patient(self) -> None:
        with self.ward.store.view(DANA) as view:
            team, _, _ = reading.team_of(view, f"Patient/{self.patient}")
        owners = {target(each.get("owner")) for each in self.tasks() if codes.is_open(each)}
        assert owners <= {team, TOM.person}


@pytest.mark.parametrize("examples", [25])
def test_whatever_happens(module_database: Database, examples: int) -> None:
    Transitions.ward = Ward(module_database)
    try:
        run_state_machine_as_test(
            Transitions,
            settings=settings(
                max_examples=examples, stateful_step_count=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
            ),
        )
        assert Transitions.ward.violations() == []
    finally:
        Transitions.ward.store.close()
