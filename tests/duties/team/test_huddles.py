"""A huddle: its agenda from what is late, decisions as promises, an absent owner says yes later, a disagreement kept, minutes counted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from tests.duties.crew import HANNAH, crew, owners, theirs
from tests.duties.ward import LUIS, TOM, Ward

from baton.duties import codes
from baton.duties.team import huddles
from baton.store import Invalid
from baton.store.postgres import Database

HEART = "Organization/heart"
DUE = date(2026, 7, 10)


@pytest.fixture(scope="module")
def ward(module_database: Database) -> Iterator[Ward]:
    ward = crew(Ward(module_database))
    for number in range(3):
        theirs(ward, f"late{number}", owes=number)
    ward.at("2026-07-06T09:00")
    yield ward
    ward.store.close()


def test_from_the_agenda_to_the_minutes(ward: Ward) -> None:
    with ward.change(TOM) as change:
        huddle = huddles.begin(change, team=HEART)
    with pytest.raises(Invalid, match="under way"), ward.change(TOM) as change:
        huddles.begin(change, team=HEART)
    with ward.store.view(TOM) as view:
        assert {each.patient for each in huddles.points(view, huddle)} == {"Patient/late1", "Patient/late2"}, "those with something late"
    with ward.change(TOM) as change:
        huddles.add(change, huddle=huddle, patient="Patient/late0")
        huddles.join(change, huddle=huddle, person=LUIS.person)
    ward.at("2026-07-06T09:10")
    with ward.change(TOM) as change:
        there = huddles.decide(change, huddle=huddle, patient="Patient/late2", what="Call the daughter", owner=TOM.person, due=DUE).id
        absent = huddles.decide(change, huddle=huddle, patient="Patient/late1", what="Ask for a ride", owner=HANNAH.person, due=DUE).id
        huddles.say(change, huddle=huddle, patient="Patient/late1", words="Tom: home. Luis: a nursing stay first.", disagree=True)
        huddles.leave(change, huddle=huddle, person=LUIS.person)
    ward.at("2026-07-06T09:20")
    with ward.change(TOM) as change:
        huddles.end(change, huddle=huddle)
    with ward.store.view(TOM) as view:
        [found] = huddles.every(view)
        points = {each.patient: each for each in huddles.points(view, huddle)}
    assert {each.name: each.minutes for each in found.people} == {"Tom Brandt": 20, "Luis Ortega": 10}
    assert {patient: each.state for patient, each in points.items()} == {
        "Patient/late0": "put-off",
        "Patient/late1": "done",
        "Patient/late2": "done",
    }
    assert points["Patient/late1"].said == (("Tom: home. Luis: a nursing stay first.", True),)
    assert [(each.task, each.offered) for each in points["Patient/late1"].decisions] == [(absent, True)]
    assert not ward.get(f"Task/{there}").get("businessStatus")
    with pytest.raises(Invalid, match="over"), ward.change(TOM) as change:
        huddles.say(change, huddle=huddle, patient="Patient/late2", words="more")
    answered(ward, absent)


def answered(ward: Ward, task: str) -> None:
    with pytest.raises(Invalid, match="given to"), ward.change(TOM) as change:
        huddles.accept(change, task=task)
    with ward.store.view(HANNAH) as view:
        assert [each.task for each in huddles.offered_to(view, HANNAH.person)] == [task]
    with ward.change(HANNAH) as change:
        huddles.accept(change, task=task)
    assert ward.get(f"Task/{task}")["status"] == "accepted"
    with pytest.raises(Invalid, match="any more"), ward.change(HANNAH) as change:
        huddles.accept(change, task=task)


def test_an_absent_owner_says_no_and_it_is_back_with_who_decided(ward: Ward) -> None:
    with ward.change(TOM) as change:
        huddle = huddles.begin(change, team=HEART)
        task = huddles.decide(change, huddle=huddle, patient="Patient/late1", what="Write to the landlord", owner=HANNAH.person, due=DUE).id
        huddles.end(change, huddle=huddle)
    with pytest.raises(Invalid, match="Say why"), ward.change(HANNAH) as change:
        huddles.decline(change, task=task, why=" ")
    with ward.change(HANNAH) as change:
        huddles.decline(change, task=task, why="Not mine to write.")
    found = ward.get(f"Task/{task}")
    assert (found["owner"]["reference"], found["note"][-1]["text"]) == (TOM.person, "Not mine to write.")
    assert codes.is_open(found) and TOM.person in owners(ward, "Patient/late1")
    assert ward.violations() == []
