"""A huddle: its agenda from what is late, decisions as promises, an absent owner says yes later, a disagreement kept, minutes counted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from tests.duties.crew import HANNAH, crew, owners, theirs
from tests.duties.ward import LUIS, TOM, Ward

from baton.duties import codes, promises
from baton.duties.contact import guests
from baton.duties.privacy import labelling
from baton.duties.support import agreements
from baton.duties.team import huddle_reading, huddles
from baton.store import Invalid, NotFound, Who
from baton.store.postgres import Database

HEART = "Organization/heart"
DUE = date(2026, 7, 10)


@pytest.fixture(scope="module")
def ward(module_database: Database) -> Iterator[Ward]:
    ward = crew(Ward(module_database, labellers=[labelling.Labelling(seconds=0)]))
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
        assert {each.patient for each in huddle_reading.points(view, huddle)} == {"Patient/late1", "Patient/late2"}, (
            "those with something late"
        )
    with ward.change(TOM) as change:
        huddles.add(change, huddle=huddle, patient="Patient/late0")
        huddles.join(change, huddle=huddle, people=[LUIS.person])
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
        [found] = huddle_reading.every(view)
        points = {each.patient: each for each in huddle_reading.points(view, huddle)}
    assert {each.name: each.minutes for each in found.people} == {"Tom Brandt": 20, "Luis Ortega": 10}
    assert {patient: each.state for patient, each in points.items()} == {
        "Patient/late0": "put-off",
        "Patient/late1": "done",
        "Patient/late2": "done",
    }
    assert points["Patient/late1"].said == (huddle_reading.Said("Tom: home. Luis: a nursing stay first.", True, "Tom Brandt"),)
    assert [(each.task, each.offered) for each in points["Patient/late1"].decisions] == [(absent, True)]
    assert not ward.get(f"Task/{there}").get("businessStatus")
    with pytest.raises(Invalid, match="over"), ward.change(TOM) as change:
        huddles.say(change, huddle=huddle, patient="Patient/late2", words="more")
    answered(ward, absent)


def answered(ward: Ward, task: str) -> None:
    with pytest.raises(Invalid, match="given to"), ward.change(TOM) as change:
        huddles.accept(change, task=task)
    with ward.store.view(HANNAH) as view:
        assert [each.task for each in huddle_reading.offered_to(view, HANNAH.person)] == [task]
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


def test_the_agenda_is_the_open_loops_of_the_team_who_has_most_late_first(ward: Ward) -> None:
    ward.at("2026-07-06T09:00")
    for name, days in (("soon", 3), ("later", 9)):
        patient = theirs(ward, name, owes=0)
        with ward.change(TOM) as change:
            promises.make_by_hand(change, patient=patient, what="a paper", due=date(2026, 7, 6) + timedelta(days=days))
    with ward.store.view(TOM) as view:
        found = huddles.agenda(view, HEART)
        assert (found[0], found[1]) == ("Patient/late2", "Patient/late1"), "two late, then one late"
        assert found[-2:] == ["Patient/soon", "Patient/later"], "then what is due first"
        assert huddles.agenda(view, HEART, limit=3) == found[:3]


def test_what_is_not_agreed_is_brought_up_until_it_is(ward: Ward) -> None:
    ward.at("2026-07-07T09:00")
    with ward.change(TOM) as change:
        huddle = huddles.begin(change, team=HEART, patients=["Patient/late2"])
        huddles.say(change, huddle=huddle, patient="Patient/late2", words="Tom: rehab. Hannah: home.", disagree=True)
        huddles.end(change, huddle=huddle)
    with ward.store.view(HANNAH) as view:
        found = {each.patient: each for each in huddle_reading.unsettled(view)}
    assert (found["Patient/late2"].said.text, found["Patient/late2"].said.by) == ("Tom: rehab. Hannah: home.", "Tom Brandt")
    with pytest.raises(Invalid, match="what was agreed"), ward.change(HANNAH) as change:
        huddles.settle(change, point=found["Patient/late2"].point, words=" ")
    with ward.change(HANNAH) as change:
        huddles.settle(change, point=found["Patient/late2"].point, words="Home, with a nurse twice a week.")
    with ward.store.view(TOM) as view:
        assert "Patient/late2" not in {each.patient for each in huddle_reading.unsettled(view)}
        [point] = huddle_reading.points(view, huddle)
    assert [(each.disagree, each.by) for each in point.said] == [(True, "Tom Brandt"), (False, "Hannah Fisher")], "both stay"
    with pytest.raises(Invalid, match="settled already"), ward.change(HANNAH) as change:
        huddles.settle(change, point=point.id, words="again")


def test_a_decision_is_read_by_the_patient_as_what_was_agreed(ward: Ward) -> None:
    ward.at("2026-07-08T09:00")
    with ward.change(TOM) as change:
        huddle = huddles.begin(change, team=HEART, patients=["Patient/late2"])
        told = "We bring you a chair for the shower"
        ours = huddles.decide(
            change, huddle=huddle, patient="Patient/late2", what="order DME", owner=TOM.person, due=DUE, told=told
        ).resource()
        theirs_ = huddles.decide(change, huddle=huddle, patient="Patient/late2", what="Weigh yourself", owner="Patient/late2", due=DUE)
        huddles.end(change, huddle=huddle)
    assert "businessStatus" not in theirs_.resource(), "a patient is not asked for a yes to a huddle they were not in"
    me = Who("Patient/late2", "Lee Late", "patient", (), "portal", "PATRQT", "Patient/late2")
    with ward.change(TOM) as change:
        guests.let_in(change, patient="Patient/late2", person="Patient/late2")
    with ward.store.view(me) as view:
        agreed = agreements.together(view, patient="Patient/late2")
        assert {each.id: each.words for each in (*agreed.ours, *agreed.theirs)}.items() >= {
            ours["id"]: told, theirs_.id: "Weigh yourself",
        }.items()  # fmt: skip
        with pytest.raises(NotFound):
            view.get("Encounter", huddle)
        assert view.find("Communication", patient="Patient/late2") == [], "what the team says among itself stays there"
