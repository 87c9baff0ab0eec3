"""Goals in the patient's words, and those who care at home, on real PostgreSQL."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import pytest
from tests.duties.answered import answer, fill, tasks
from tests.duties.ward import PRIYA, TOM, Ward

from baton.duties import promises, trace
from baton.duties.contact import guests
from baton.duties.patients import caregivers
from baton.duties.support import goals
from baton.duties.today import caseload
from baton.store import Invalid, NotFound, Who
from baton.store.postgres import Database

WORDS = "Walk to the letter box and back every day."


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    ward = fill(Ward(database, "2026-06-15T09:00:00"))
    yield ward
    ward.store.close()


def set_goal(ward: Ward, **said: Any) -> str:
    with ward.change(TOM) as change:
        return goals.set_goal(change, **{"patient": "eva", "words": WORDS, "confidence": 8, **said}).id


def ask(ward: Ward, goal: str, **said: Any) -> None:
    with ward.change(TOM) as change:
        goals.ask(change, goal=goal, **said)


def next_day(ward: Ward) -> str:
    (task,) = tasks(ward, "goal-progress")
    told = trace.of(task)
    assert told is not None
    return told.due.date().isoformat()


def test_a_goal_is_asked_about_until_it_is_reached(ward: Ward) -> None:
    goal = set_goal(ward)
    assert next_day(ward) == "2026-06-29"
    with ward.store.view(TOM) as view:
        assert [each.words for each in goals.to_ask(view, view.find("Goal", patient="Patient/eva"))] == [WORDS]
        assert caseload.sheet(view, task=tasks(ward, "goal-progress")[0]["id"]).goals[0].words == WORDS, "the next call asks"
    ward.at("2026-06-24T10:00:00")
    ask(ward, goal, progress="worse", confidence=4, words="Too hot.", helps="Go in the morning, with Ana.")
    assert next_day(ward) == "2026-07-01", "not confident: asked again after a week"
    ward.at("2026-07-01T10:00:00")
    ask(ward, goal, progress="reached", confidence=10, words="Every day now.")
    (task,) = tasks(ward, "goal-progress")
    assert task["status"] == "completed"
    with ward.store.view(TOM) as view:
        (found,) = goals.of_patient(view, patient="eva")
        assert goals.to_ask(view, view.find("Goal", patient="Patient/eva")) == ()
    assert [(each.progress, each.confidence) for each in found.asked] == [("set", 8), ("worse", 4), ("reached", 10)]
    assert (found.status, found.words, found.said_by) == ("completed", WORDS, "Eva Stone")
    assert ward.violations() == []


def test_what_the_patient_reports_puts_off_no_talk_and_is_theirs_alone(ward: Ward) -> None:
    goal = set_goal(ward)
    ward.at("2026-06-20T10:00:00")
    eva = Who("Patient/eva", "Eva Stone", "patient", (), "portal", "PATRQT", "Patient/eva")
    ward.put({**ward.get("Patient/eva"), "birthDate": "1950-05-05"})
    with ward.change(TOM) as change:
        guests.let_in(change, patient="Patient/eva", person="Patient/eva")
    with ward.change(eva) as change:
        goals.ask(change, goal=goal, progress="better", confidence=9, words="To the corner.")
    assert next_day(ward) == "2026-06-29", "as it was: what is written is no talk"
    with ward.store.view(TOM) as view:
        (asked,) = goals.to_ask(view, view.find("Goal", patient="Patient/eva"))
    assert [each.words for each in asked.reports] == ["To the corner."]
    found = ward.get(f"Goal/{goal}")
    forged = str(found["extension"][-1]).replace("Patient/eva", "Practitioner/tom")
    for broken in ({**found, "extension": [*found["extension"], ast.literal_eval(forged)]}, {**found, "id": "mine"}):
        with pytest.raises(Invalid), ward.change(eva) as change:
            change.put(broken)
    with ward.change(TOM) as change:
        goals.ask(change, goal=goal, progress="better", confidence=9)
    assert next_day(ward) == "2026-07-04"
    assert ward.violations() == []


def test_below_seven_asks_what_would_help_at_the_door_as_well(ward: Ward) -> None:
    with pytest.raises(Invalid, match="what would help"):
        set_goal(ward, confidence=6)
    goal = set_goal(ward, confidence=6, helps="Ana comes along.")
    found = ward.get(f"Goal/{goal}")
    without = [{**each, "extension": [part for part in each["extension"] if part["url"] != "helps"]} for each in found["extension"]]
    new = {key: value for key, value in found.items() if key not in ("id", "meta")}
    with pytest.raises(Invalid, match="what would help"):
        ward.put({**new, "extension": without})


def test_what_is_refused(ward: Ward) -> None:
    for said in ({"words": " "}, {"confidence": 11}, {"confidence": -1}):
        with pytest.raises(Invalid):
            set_goal(ward, **said)
    goal = set_goal(ward)
    with pytest.raises(Invalid):
        ask(ward, goal, progress="set", confidence=8)
    ask(ward, goal, progress="let-go", confidence=2)
    with pytest.raises(Invalid):
        ask(ward, goal, progress="better", confidence=9)


def test_words_stay_and_the_promise_is_kept_by_asking(ward: Ward) -> None:
    goal = set_goal(ward)
    (task,) = tasks(ward, "goal-progress")
    with pytest.raises(Invalid, match="still pursued"), ward.change(TOM) as change:
        promises.done(change, task=task["id"])
    for broken in ({"description": {"text": "Run a marathon."}}, {"extension": []}):
        resource = {**ward.get(f"Goal/{goal}"), **broken}
        with pytest.raises(Invalid):
            ward.put({key: value for key, value in resource.items() if value != []})
    with pytest.raises(Invalid), ward.change() as change:
        change.delete("Goal", goal)


def test_another_team_sees_none(ward: Ward) -> None:
    goal = set_goal(ward)
    with pytest.raises(NotFound), ward.change(PRIYA) as change:
        goals.ask(change, goal=goal, progress="better", confidence=9)


# --- those who care


def about_ana(ward: Ward) -> caregivers.Caregiver:
    with ward.store.view(TOM) as view:
        (found,) = caregivers.of_patient(view, patient="eva")
    return found


def test_a_caregiver_joins_the_care_team_and_leaves_it(ward: Ward) -> None:
    assert not about_ana(ward).member
    with ward.change(TOM) as change:
        caregivers.join(change, patient="eva", person="RelatedPerson/ana")
    assert about_ana(ward).member and len(ward.get("CareTeam/ct-eva")["participant"]) == 2
    with ward.change(TOM) as change:
        caregivers.leave(change, patient="eva", person="RelatedPerson/ana")
    assert not about_ana(ward).member and len(ward.get("CareTeam/ct-eva")["participant"]) == 1


def test_only_somebody_close_to_the_patient_joins(ward: Ward) -> None:
    ward.put(
        {"resourceType": "RelatedPerson", "id": "bob", "patient": {"reference": "Patient/mia"}}, {"resourceType": "Patient", "id": "mia"}
    )
    for person in ("RelatedPerson/bob", "Practitioner/tom", "RelatedPerson/nobody"):
        with pytest.raises(Invalid), ward.change(TOM) as change:
            caregivers.join(change, patient="eva", person=person)


def test_strain_over_time_and_what_they_were_shown(ward: Ward) -> None:
    links = ("sleep", "body", "time", "money", "alone", "upset", "worry", "health")
    answer(ward, "caregiver-strain", dict.fromkeys(links, "sometimes"), source="RelatedPerson/ana", done=True)
    ward.at("2026-06-29T09:00:00")
    answer(ward, "caregiver-strain", {**dict.fromkeys(links, "never")}, source="RelatedPerson/ana", done=True)
    can = dict.fromkeys(("medicines", "moving", "washing", "equipment", "signs", "rides", "nights"), "can")
    answer(ward, "caregiver-ability", {**can, "wound": "show-me", "nights": "not-needed"}, source="RelatedPerson/ana", done=True)
    ana = about_ana(ward)
    assert [(each.value, each.band) for _, each in ana.strain] == [(8, "raised"), (0, "low")]
    wound = next(each for each in ana.abilities if each.item == "wound")
    assert wound.said == "show-me" and wound.shown is None and wound.task is not None
    assert "nights" not in {each.item for each in ana.abilities}
    with ward.change(TOM) as change:
        promises.done(change, task=wound.task, note="Shown by the wound nurse; Ana did it herself.")
    wound = next(each for each in about_ana(ward).abilities if each.item == "wound")
    assert wound.shown is not None and wound.task is None
