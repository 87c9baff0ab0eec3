"""Whatever happens to a stay, in any order: an open plan is owed something, a closed one nothing, and nothing logged is lost."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from tests.duties.ward import HUB, TOM, ZONE, Ward, of_team, patient, stay

from baton.duties import codes, promises
from baton.duties.discharge import blockers as discharge_blockers
from baton.duties.discharge import handoff as discharge_handoff
from baton.duties.discharge import plans as discharge_plans
from baton.duties.discharge import states
from baton.rules import discharge_plan as rules
from baton.store import Refused
from baton.store.check_promises import lacking
from baton.store.postgres import Database

ITEMS = st.sampled_from([each.code for each in rules.items()])
HOURS = st.integers(1, 60)


class Stays(RuleBasedStateMachine):
    """One stay, and everything people and systems may do about its end."""

    ward: Ward
    runs = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).runs += 1
        self.name = f"p{self.runs}"
        self.stay = f"{self.name}-stay"
        self.ward.at("2026-06-28T09:30:00")
        self.start = (self.ward.time - timedelta(hours=1)).astimezone(ZONE).isoformat()
        self.ward.put(patient(self.name, generalPractitioner=[{"reference": "Practitioner/ito"}]), of_team(self.name))
        self.ward.put(self.encounter(None, "in-progress"))
        self.log = 0

    def encounter(self, end: str | None, status: str, to: str = "home") -> dict[str, Any]:
        where = ("http://terminology.hl7.org/CodeSystem/discharge-disposition", to) if end else None
        return stay(end, id_=self.stay, patient=self.name, start=self.start, status=status, disposition=where)

    def now(self) -> str:
        return self.ward.time.astimezone(ZONE).isoformat(timespec="seconds")

    def act(self, verb: Any, **said: Any) -> None:
        """A person does something; what is refused changes nothing."""
        with suppress(Refused), self.ward.change(TOM) as change:
            verb(change, plan=states.plan_id(f"Encounter/{self.stay}"), **said)

    def plan(self) -> states.Plan:
        return states.read(self.ward.get(states.reference(f"Encounter/{self.stay}")), ZONE)

    def tasks(self) -> list[dict[str, Any]]:
        return self.ward.find("Task", patient=f"Patient/{self.name}")

    # --- what happens

    @rule(hours=HOURS)
    def time_passes(self, hours: int) -> None:
        self.ward.time += timedelta(hours=hours)

    @rule(hours=HOURS, to=st.sampled_from(("home", "snf")), why=st.sampled_from(("", "later")))
    def expected(self, hours: int, to: str, why: str) -> None:
        self.act(discharge_plans.expect, until=self.ward.time + timedelta(hours=hours), to=to, confidence="likely", why=why)

    @rule()
    def could_leave(self) -> None:
        self.act(discharge_plans.ready, at=self.ward.time)

    @rule(item=ITEMS, verb=st.sampled_from(("done", "waive", "reopen", "assign")))
    def an_item(self, item: str, verb: str) -> None:
        said: dict[str, Any] = {"done": {"items": [item]}, "assign": {"item": item, "owner": TOM.person}}.get(
            verb, {"item": item, "reason": "because"}
        )
        self.act(getattr(discharge_plans, verb), **said)

    @rule()
    def everything_is_done(self) -> None:
        self.act(discharge_plans.done, items=[step.code for step in self.plan().open_steps])

    @rule(role=st.sampled_from(rules.SIGNATURES))
    def signed(self, role: str) -> None:
        self.act(discharge_plans.sign, names={role: "somebody"})

    @rule()
    def in_the_way(self) -> None:
        self.act(discharge_blockers.raise_, cause="transport", what="no ride")

    @rule()
    def a_result_is_pending(self) -> None:
        self.act(discharge_blockers.note_result, what="culture")

    @rule()
    def results_are_owned(self) -> None:
        for each in self.ward.find("ServiceRequest", patient=f"Patient/{self.name}"):
            due = self.ward.time + timedelta(days=2)
            self.act(discharge_blockers.own_result, result=f"ServiceRequest/{each['id']}", owner=TOM.person, due=due)

    @rule()
    def they_leave(self) -> None:
        self.act(discharge_plans.leave, at=self.ward.time, despite="wants to")

    @rule()
    def told(self) -> None:
        self.act(discharge_handoff.notify)

    @rule()
    def closed(self) -> None:
        self.act(discharge_plans.close)

    @rule(to=st.sampled_from(("home", "exp", "snf")))
    def the_hospital_says_they_left(self, to: str) -> None:
        with suppress(Refused):
            self.ward.put(self.encounter(self.now(), "finished", to))

    @rule(status=st.sampled_from(("in-progress", "cancelled", "entered-in-error")))
    def the_hospital_takes_it_back(self, status: str) -> None:
        with suppress(Refused):
            self.ward.put(self.encounter(None, status))

    @rule(data=st.data(), verb=st.sampled_from(("done", "close", "reopen", "wait")))
    def on_today(self, data: Any, verb: str) -> None:
        several = sorted(each["id"] for each in self.tasks())
        if several:
            said = {"done": {}, "wait": {"on": "them"}}.get(verb, {"reason": "because"})
            with suppress(Refused), self.ward.change(TOM) as change:
                getattr(promises, verb)(change, task=data.draw(st.sampled_from(several)), **said)

    # --- what must never break

    @invariant()
    def an_open_plan_is_owed_and_a_closed_one_is_not(self) -> None:
        plan, tasks = self.plan(), self.tasks()
        for task in tasks:
            assert not codes.is_open(task) or list(lacking(task)) == [], task
        mine = [each for each in tasks if codes.promise_code(each) == states.PLAN and codes.is_open(each)]
        assert bool(mine) == (plan.state in states.OPEN), (plan.state, len(mine))
        about = [
            each for each in tasks if codes.is_open(each) and codes.promise_code(each) in (states.ITEM, states.BLOCKER, states.SUMMARY)
        ]
        assert plan.state in states.OPEN or about == [], (plan.state, about)

    @invariant()
    def a_closed_plan_has_nothing_left(self) -> None:
        plan = self.plan()
        assert plan.state != "closed" or plan.open_steps == ()
        assert all(step.owner_name for step in plan.steps)

    @invariant()
    def the_log_only_grows(self) -> None:
        now = len(self.plan().expected)
        assert now >= self.log
        self.log = now

    @invariant()
    def nobody_was_sent_home_by_a_person_with_a_result_nobody_owns(self) -> None:
        plan = self.plan()
        encounter = self.ward.get(f"Encounter/{self.stay}")
        assert plan.state != "planning" or encounter["status"] != "finished", "a plan follows its stay"


def test_whatever_happens_to_a_stay(module_database: Database) -> None:
    Stays.ward = Ward(module_database, "2026-06-28T09:30:00")
    try:
        Stays.ward.put({"resourceType": "Practitioner", "id": "ito", "active": True, "name": [{"family": "Ito"}]}, who=HUB)
        run_state_machine_as_test(
            Stays,
            settings=settings(
                max_examples=15, stateful_step_count=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
            ),
        )
        assert Stays.ward.violations() == []
    finally:
        Stays.ward.store.close()
