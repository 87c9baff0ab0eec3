"""Nothing is owned by somebody who is gone: whoever covers or was named has it, else the team, and a supervisor is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from tests.duties.crew import HANNAH, by_name, crew, owe, owners, theirs, to
from tests.duties.ward import HUB, LUIS, TOM, Ward

from baton.duties import codes, promises, reading, trace
from baton.duties.team import absences, handovers, leaving, looking_after, new_owner, staff, teams
from baton.duties.team import handover_states as states
from baton.fhir.resource import target
from baton.rules.calendar import local_day
from baton.store import Invalid, Refused, Who
from baton.store.postgres import Database

HEART = "Organization/heart"


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    ward = crew(Ward(database, "2026-07-06T09:00:00"))
    yield ward
    ward.store.close()


def leaves(ward: Ward, who: Who = HANNAH, to: Who | None = None) -> None:
    with ward.change(HUB) as change:
        staff.leave(change, person=who.person, to=to.person if to else None)


def tick(ward: Ward) -> None:
    new_owner.tick(HUB, ward.store, ward.time)
    absences.tick(HUB, ward.store, ward.time)


def waiting(ward: Ward) -> list[states.Handover]:
    with ward.store.view(LUIS) as view:
        found = new_owner.waiting(view)
        assert new_owner.how_many(view) == len(found)
        return found


def traced(ward: Ward, patient: str) -> list[tuple[Any, Any]]:
    told = [trace.of(each) for each in ward.find("Task", patient=patient) if codes.is_open(each)]
    return [(each.fact(leaving.FROM), each.fact(leaving.WHY)) for each in told if each]


def test_what_somebody_owns_who_leaves_goes_to_the_team_with_the_reason(ward: Ward) -> None:
    patient = theirs(ward, "eva")
    leaves(ward)
    assert owners(ward, patient) == {HEART}
    assert by_name(ward, patient) == (None, None)
    assert traced(ward, patient) == [("Hannah Fisher", "left")] * 2
    [left] = waiting(ward)
    assert (left.patient, left.giver, len(left.moved), left.coordinator, left.because) == (patient, HANNAH.person, 2, True, "left")
    assert ward.violations() == []


def test_whoever_covers_or_was_named_has_it_and_nobody_needs_to_be_found(ward: Ward) -> None:
    lent, other = theirs(ward, "lent"), theirs(ward, "other", owes=1)
    with ward.change(LUIS) as change:
        absences.record(change, person=HANNAH.person, first=date(2026, 7, 6), last=date(2026, 7, 10), moves=to(TOM, lent))
    leaves(ward, to=LUIS)
    assert (owners(ward, lent), by_name(ward, lent)) == ({TOM.person}, (TOM.person, None))
    assert (owners(ward, other), by_name(ward, other)) == ({LUIS.person}, (LUIS.person, None))
    assert traced(ward, other) == [("Hannah Fisher", "left")]
    assert waiting(ward) == []
    ward.at("2026-07-20T09:00:00")
    tick(ward)
    assert owners(ward, lent) == {TOM.person}, "nothing goes back to nobody"
    with ward.store.view(LUIS) as view:
        assert [each.state for each in handovers.of_patient(view, lent)] == ["kept"]
    assert ward.violations() == []


def test_whoever_covers_leaves_and_it_still_goes_back_in_the_end(ward: Ward) -> None:
    patient = theirs(ward, "eva")
    with ward.change(LUIS) as change:
        absences.record(change, person=HANNAH.person, first=date(2026, 7, 6), last=date(2026, 7, 10), moves=to(TOM, patient))
    leaves(ward, TOM)
    assert (owners(ward, patient), by_name(ward, patient)) == ({HEART}, (HANNAH.person, None))
    assert [each.giver for each in waiting(ward)] == [TOM.person]
    with ward.store.view(LUIS) as view:
        [running] = [each for each in handovers.of_patient(view, patient) if each.state == "running"]
    with ward.change(LUIS) as change:
        absences.cover_instead(change, handover=running.id, to=LUIS.person)
    assert owners(ward, patient) == {LUIS.person}
    tick(ward)
    assert waiting(ward) == [], "settled by itself: somebody has it"
    ward.at("2026-07-20T09:00:00")
    tick(ward)
    assert owners(ward, patient) == {HANNAH.person}
    assert ward.violations() == []


def test_a_role_that_ends_with_a_day_ends_by_itself_and_one_of_several_takes_only_its_own(ward: Ward) -> None:
    patient, elsewhere = theirs(ward, "eva"), theirs(ward, "other", owes=1)
    with ward.change(HUB) as change:
        staff.give(change, person=HANNAH.person, role="coordinator", team="Organization/plan")
        care_team = change.get("CareTeam", "ct-other")
        rest = [each for each in care_team["participant"] if each["member"]["reference"] != HEART]
        change.put({**care_team, "participant": [*rest, {"member": {"reference": "Organization/plan"}}]})
        staff.end_role(change, role="hannah", on=date(2026, 7, 7), to=TOM.person)
    tick(ward)
    assert owners(ward, patient) == {HANNAH.person}, "the day is not over"
    ward.at("2026-07-08T00:01:00")
    tick(ward)
    assert (owners(ward, patient), by_name(ward, patient)) == ({TOM.person}, (TOM.person, None))
    assert owners(ward, elsewhere) == {HANNAH.person}, "another team's stay hers"
    assert traced(ward, patient) == [("Hannah Fisher", "role-ended")] * 2
    assert ward.violations() == []


def test_a_patient_given_to_another_team_leaves_nothing_behind(ward: Ward) -> None:
    patient = theirs(ward, "eva")
    with ward.change(HUB) as change:
        care_team = change.get("CareTeam", "ct-eva")
        change.put({**care_team, "participant": [{"member": {"reference": "Organization/plan"}}]})
    assert owners(ward, patient) == {"Organization/plan"}
    assert traced(ward, patient) == [("Hannah Fisher", "team-changed")] * 2
    with ward.change(HUB) as change:
        change.put({**care_team, "status": "inactive"})
    assert owners(ward, patient) == {codes.INTAKE}


def test_a_promise_given_to_somebody_gone_is_the_teams(ward: Ward) -> None:
    patient = theirs(ward, "eva", owes=0)
    leaves(ward)
    id_ = owe(ward, patient, "by whoever did not know", HANNAH)
    assert owners(ward, patient) == {HEART}
    with ward.change(LUIS) as change:
        promises.reassign(change, task=id_, to=HANNAH.person)
    assert owners(ward, patient) == {HEART}


def test_somebody_is_named_and_it_can_be_undone_or_stay_with_the_team(ward: Ward) -> None:
    first, second = theirs(ward, "eva"), theirs(ward, "other", owes=1)
    leaves(ward)
    by_patient = {each.patient: each.id for each in waiting(ward)}
    with pytest.raises(Refused), ward.change(TOM) as change:
        new_owner.take(change, moves={by_patient[first]: TOM.person})
    with ward.change(LUIS) as change:
        batch = new_owner.take(change, moves={by_patient[first]: TOM.person})
        new_owner.settle(change, left=by_patient[second])
    assert (owners(ward, first), by_name(ward, first)) == ({TOM.person}, (TOM.person, None))
    assert owners(ward, second) == {HEART}
    assert waiting(ward) == []
    with ward.change(LUIS) as change:
        assert handovers.undo(change, batch=batch) == 1
    assert (owners(ward, first), [each.patient for each in waiting(ward)]) == ({HEART}, [first])
    with pytest.raises(Invalid, match="taken this over already"), ward.change(LUIS) as change:
        new_owner.settle(change, left=by_patient[second])
    assert ward.violations() == []


def test_check_sees_what_somebody_gone_owns(ward: Ward) -> None:
    patient = theirs(ward, "eva", owes=1)
    assert ward.violations() == []
    kept, ward.store.reactions = ward.store.reactions, lambda _type: ()  # type: ignore[method-assign]
    with ward.change(HUB) as change:
        change.put({**change.get("PractitionerRole", "hannah"), "active": False})
    ward.store.reactions = kept  # type: ignore[method-assign]
    [task] = ward.find("Task", patient=patient)
    wrong = f"is owned by {HANNAH.person}, who has no role here any more"
    assert ward.violations() == [f"CareTeam/ct-eva: {wrong}", f"Task/{task['id']}: {wrong}"]
    tick(ward)
    assert owners(ward, patient) == {HEART}, "the worker mends what slipped through"
    assert ward.violations() == []


# --- in any order ---------------------------------------------------------------------------------------------------------------------


class Leaving(RuleBasedStateMachine):
    """Three people, three patients; roles end and begin, patients are lent, handed on, given to other teams, taken back."""

    ward: Ward
    runs = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).runs += 1
        self.ward.at("2026-07-06T09:00:00")
        self.name = f"l{type(self).runs}"
        self.people: list[Who] = []
        for number in range(3):
            with self.ward.change(HUB) as change:
                name = f"{self.name} Person{number}"
                person = staff.add(change, email=f"{self.name}.{number}@example.org", role="coordinator", team=HEART, name=name)
            self.people.append(Who(person, name, "coordinator", (HEART,), "desk"))
        self.patients = [theirs(self.ward, f"{self.name}-{n}", self.people[n % 2], owes=1) for n in range(3)]

    def attempt(self, act: Any, **said: Any) -> None:
        try:
            with self.ward.change(HUB) as change:
                act(change, **said)
        except Refused:
            pass

    who = st.integers(0, 2)
    which = st.integers(0, 2)

    @rule(who=who, successor=st.none() | who, on=st.none() | st.integers(0, 3))
    def role_ends(self, who: int, successor: int | None, on: int | None) -> None:
        held = self.ward.find("PractitionerRole", practitioner=self.people[who].person, active="true")
        if held:
            day = None if on is None else local_day(self.ward.time, self.ward.store.zone) + timedelta(days=on)
            to_whom = None if successor is None else self.people[successor].person
            self.attempt(staff.end_role, role=held[0]["id"], on=day, to=to_whom)

    @rule(who=who, successor=st.none() | who)
    def leaves(self, who: int, successor: int | None) -> None:
        self.attempt(staff.leave, person=self.people[who].person, to=None if successor is None else self.people[successor].person)

    @rule(who=who, team=st.sampled_from((HEART, "Organization/plan")))
    def comes_back(self, who: int, team: str) -> None:
        with self.ward.change(HUB) as change:
            change.put({**change.get(*self.people[who].person.split("/")), "active": True})
            staff.give(change, person=self.people[who].person, role="coordinator", team=team)

    @rule(giver=who, taker=who, which=which, days=st.none() | st.integers(0, 4))
    def handed(self, giver: int, taker: int, which: int, days: int | None) -> None:
        giver_, move = self.people[giver].person, to(self.people[taker], self.patients[which])
        if days is None:
            self.attempt(handovers.hand, giver=giver_, moves=move)
        else:
            first = local_day(self.ward.time, self.ward.store.zone) + timedelta(days=1)
            self.attempt(absences.record, person=giver_, first=first, last=first + timedelta(days=days), moves=move)

    @rule(which=which, team=st.sampled_from((HEART, "Organization/plan")))
    def to_another_team(self, which: int, team: str) -> None:
        with self.ward.change(HUB) as change:
            care_team = change.get("CareTeam", f"ct-{self.name}-{which}")
            people = [each for each in care_team["participant"] if each["member"]["reference"].startswith("Practitioner/")]
            change.put({**care_team, "participant": [{"member": {"reference": team}}, *people]})

    @rule(who=who, which=which)
    def owe_more(self, who: int, which: int) -> None:
        owe(self.ward, self.patients[which], "more", self.people[who])

    @rule(data=st.data(), who=who)
    def somebody_is_named(self, data: Any, who: int) -> None:
        with self.ward.store.view(HUB) as view:
            found = [each.id for each in new_owner.waiting(view) if each.patient in self.patients]
        if found:
            self.attempt(new_owner.take, moves={data.draw(st.sampled_from(found)): self.people[who].person})

    @rule(data=st.data())
    def undone_or_back(self, data: Any) -> None:
        with self.ward.store.view(HUB) as view:
            found = [each for patient in self.patients for each in handovers.of_patient(view, patient) if each.state in states.LIFE["undo"]]
        if found:
            self.attempt(handovers.undo, batch=data.draw(st.sampled_from(found)).batch)

    @rule(hours=st.integers(1, 60))
    def time_passes(self, hours: int) -> None:
        self.ward.time += timedelta(hours=hours)
        tick(self.ward)

    @invariant()
    def nobody_gone_owns_anything(self) -> None:
        with self.ward.store.view(HUB) as view:
            working = {each.person for each in self.people if teams.works(view, each.person)}
            for patient in self.patients:
                for task in view.find("Task", patient=patient, status=codes.OPEN):
                    owner = str(target(task.get("owner")))
                    if codes.is_open(task) and owner.startswith("Practitioner/"):
                        assert owner in working, f"{task['description']} is owned by {owner}"
                    elif codes.is_open(task):
                        assert owner in reading.teams_of(view, patient)
                [care_team] = view.find("CareTeam", patient=patient)
                for named in (looking_after.after(care_team), looking_after.covering(care_team)):
                    assert named is None or named in working, f"{patient} is looked after by {named}"


def test_in_any_order(module_database: Database) -> None:
    Leaving.ward = crew(Ward(module_database))
    try:
        run_state_machine_as_test(
            Leaving,
            settings=settings(
                max_examples=10,
                stateful_step_count=12,
                phases=[Phase.explicit, Phase.generate],
                deadline=None,
                suppress_health_check=list(HealthCheck),
                derandomize=True,
            ),
        )
        assert Leaving.ward.violations() == []
    finally:
        Leaving.ward.store.close()
