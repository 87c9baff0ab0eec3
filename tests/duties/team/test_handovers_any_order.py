"""Lent, given back, kept, undone, handed on, closed, in whatever order: every open promise has exactly one owner who can keep it.

And when everything lent is back, each promise is with whose it was, unless somebody decided otherwise.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from tests.duties.crew import HANNAH, crew, owe, theirs, tick
from tests.duties.ward import HUB, LUIS, PRIYA, TOM, Ward

from baton.duties import codes, promises, reading
from baton.duties.team import absences, handovers, looking_after, staff
from baton.duties.team import handover_states as states
from baton.duties.team.handovers import Move
from baton.fhir.resource import target
from baton.rules.calendar import local_day
from baton.store import Refused, Who
from baton.store.postgres import Database

START = "2026-07-06T09:00:00"
PEOPLE = (HANNAH, TOM, PRIYA)
ANYBODY = st.sampled_from(PEOPLE)


class Lending(RuleBasedStateMachine):
    """Two patients of Hannah's and one of Tom's, and everything people may do with them. `home` is whose each promise rightly is."""

    ward: Ward
    runs = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).runs += 1
        self.ward.at(START)
        self.gone: set[str] = set()
        name = f"r{type(self).runs}"
        self.people = {who.person: _person(self.ward, name, who) for who in PEOPLE}
        self.patients = [theirs(self.ward, f"{name}-{n}", self.who(who), owes=1) for n, who in enumerate((HANNAH, HANNAH, TOM))]
        self.home = {task["id"]: str(target(task["owner"])) for task in self.tasks()}

    def who(self, like: Who) -> Who:
        return self.people[like.person]

    def tasks(self) -> list[dict[str, Any]]:
        found = self.ward.find("Task", patient=",".join(self.patients), status=codes.OPEN)
        return [each for each in found if codes.is_open(each)]

    def handovers(self, *in_state: str) -> list[states.Handover]:
        with self.ward.store.view(HUB) as view:
            found = [each for patient in self.patients for each in handovers.of_patient(view, patient)]
        return [each for each in found if each.state in in_state]

    def attempt(self, act: Any, by: Who = LUIS, **said: Any) -> bool:
        """Whether it was done; what is refused changes nothing."""
        before = {task["id"]: target(task["owner"]) for task in self.tasks()}
        try:
            with self.ward.change(by) as change:
                act(change, **said)
        except Refused:
            assert before == {task["id"]: target(task["owner"]) for task in self.tasks()}
            return False
        return True

    # --- what people do

    @rule(giver=ANYBODY, takers=st.lists(ANYBODY, min_size=3, max_size=3), start=st.integers(0, 3), days=st.integers(0, 5))
    def lend(self, giver: Who, takers: list[Who], start: int, days: int) -> None:
        first = local_day(self.ward.time, self.ward.store.zone) + timedelta(days=start)
        moves = [Move(patient, self.who(taker).person) for patient, taker in zip(self.patients, takers, strict=True) if taker is not giver]
        self.attempt(absences.record, person=self.who(giver).person, first=first, last=first + timedelta(days=days), moves=moves)

    @rule(giver=ANYBODY, taker=ANYBODY, which=st.integers(0, 2))
    def hand_over_for_good(self, giver: Who, taker: Who, which: int) -> None:
        giver, taker = self.who(giver), self.who(taker)
        moving = [
            task["id"] for task in self.tasks() if target(task["owner"]) == giver.person and target(task["for"]) == self.patients[which]
        ]
        lent = {task for each in self.handovers("planned", "running") for task in each.moved}
        if self.attempt(handovers.hand, giver=giver.person, moves=[Move(self.patients[which], taker.person)]):
            self.home |= {id_: self.owner(id_) for id_ in moving if f"Task/{id_}" not in lent}

    @rule(data=st.data())
    def undo(self, data: Any) -> None:
        if found := self.handovers("planned", "running", "handed"):
            each = data.draw(st.sampled_from(sorted(found, key=lambda one: one.id)))
            moved = [task for one in self.handovers("handed") if one.batch == each.batch for task in one.moved]
            if self.attempt(handovers.undo, batch=each.batch):
                self.home |= {task.partition("/")[2]: self.owner(task.partition("/")[2]) for task in moved}

    @rule(data=st.data(), whole=st.booleans())
    def keep(self, data: Any, whole: bool) -> None:
        if found := self.handovers("running"):
            each = data.draw(st.sampled_from(sorted(found, key=lambda one: one.id)))
            promise = None if whole else next(iter(each.moved), "Task/none").partition("/")[2]
            if self.attempt(handovers.keep, handover=each.id, promise=promise):
                kept = [task.partition("/")[2] for task in each.moved] if whole else [str(promise)]
                self.home |= {id_: self.owner(id_) for id_ in kept}

    @rule(data=st.data())
    def give_back(self, data: Any) -> None:
        if found := self.handovers("running"):
            self.attempt(handovers.give_back, handover=data.draw(st.sampled_from(sorted(found, key=lambda one: one.id))).id)

    @rule(data=st.data(), taker=ANYBODY)
    def somebody_else_covers(self, data: Any, taker: Who) -> None:
        if found := self.handovers("running", "planned"):
            each = data.draw(st.sampled_from(sorted(found, key=lambda one: one.id)))
            self.attempt(absences.cover_instead, handover=each.id, to=self.who(taker).person)

    @rule(data=st.data(), taker=ANYBODY)
    def hand_one_on(self, data: Any, taker: Who) -> None:
        if found := self.tasks():
            task = data.draw(st.sampled_from(sorted(each["id"] for each in found)))
            lent = {each for one in self.handovers("running") for each in one.moved}
            with self.ward.store.view(HUB) as view:
                if not looking_after.reaches(view, self.who(taker).person, str(target(view.get("Task", task)["for"]))):
                    return  # the desk does not offer them
            if self.attempt(promises.reassign, task=task, to=self.who(taker).person) and f"Task/{task}" not in lent:
                self.home[task] = self.who(taker).person

    @rule(which=st.integers(0, 2), giver=ANYBODY)
    def owe_more(self, which: int, giver: Who) -> None:
        with self.ward.store.view(HUB) as view:
            if not looking_after.reaches(view, self.who(giver).person, self.patients[which]):
                return
        id_ = owe(self.ward, self.patients[which], "more", self.who(giver))
        self.home[id_] = self.who(giver).person

    @rule(data=st.data(), again=st.booleans())
    def close(self, data: Any, again: bool) -> None:
        if found := self.tasks():
            task = data.draw(st.sampled_from(sorted(each["id"] for each in found)))
            self.attempt(promises.close, task=task, reason="not needed")
            if again:
                self.attempt(promises.reopen, task=task, reason="it is")

    @rule(hours=st.integers(1, 100))
    def time_passes(self, hours: int) -> None:
        self.ward.time += timedelta(hours=hours)
        tick(self.ward)

    # --- what must hold

    def owner(self, id_: str) -> str:
        return str(target(self.ward.get(f"Task/{id_}")["owner"]))

    @invariant()
    def everything_open_has_one_owner_who_can_keep_it(self) -> None:
        with self.ward.store.view(HUB) as view:
            for task in self.tasks():
                owner, patient = str(target(task["owner"])), str(target(task["for"]))
                able = (
                    owner in reading.teams_of(view, patient)
                    if owner.startswith("Organization/")
                    else looking_after.reaches(view, owner, patient)
                )
                assert able, f"{task['description']} of {patient} is owned by {owner}"

    @invariant()
    def a_promise_is_lent_once_at_most(self) -> None:
        lent = [task for each in self.handovers("planned", "running") for task in each.moved]
        assert len(lent) == len(set(lent))

    def teardown(self) -> None:
        for _ in range(3):  # covers of covers: whoever was lent to may be away too
            self.ward.time += timedelta(days=30)
            tick(self.ward)
        assert not self.handovers("planned", "running"), "everything that was lent came back"
        wrong = {
            task["id"]: (target(task["owner"]), self.home[task["id"]])
            for task in self.tasks()
            if target(task["owner"]) != self.home[task["id"]]
        }
        assert not wrong, wrong
        for patient in self.patients:
            [care_team] = self.ward.find("CareTeam", patient=patient)
            assert looking_after.covering(care_team) is None


def _person(ward: Ward, prefix: str, like: Who) -> Who:
    """Somebody of this run's own, so that runs do not meet in each other's absences."""
    with ward.change(HUB) as change:
        name = f"{prefix}-{like.name}"
        person = staff.add(change, email=f"{prefix}.{like.name.split()[0]}@example.org", role="coordinator", team=like.teams[0], name=name)
    return Who(person, name, "coordinator", like.teams, "desk")


def test_any_order(module_database: Database) -> None:
    Lending.ward = crew(Ward(module_database))
    try:
        run_state_machine_as_test(
            Lending,
            settings=settings(
                max_examples=8,
                stateful_step_count=12,
                phases=[Phase.explicit, Phase.generate],
                deadline=None,
                suppress_health_check=list(HealthCheck),
                derandomize=True,
            ),
        )
        assert Lending.ward.violations() == []
    finally:
        Lending.ward.store.close()
