"""Assessments a program owes: kept by finished answers and by nothing else, owed again when the answers are taken back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.duties.ward import TOM, Ward, of_team, patient

from baton.duties import codes, promises
from baton.duties.programs import asking, programs
from baton.duties.support import assessments
from baton.fhir.resource import Resource
from baton.store import Invalid
from baton.store.postgres import Database

CALM = {"interest": "not-at-all", "mood": "not-at-all"}


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    made = Ward(database)
    made.put(patient(), of_team())
    with made.change(TOM) as change:
        programs.enrol(change, patient="eva", program="geriatrics-4ms", consent="verbal", despite="Known to the clinic")
    yield made
    made.store.close()


def step(ward: Ward, assessment: str) -> Resource:
    """The promise that asks this assessment."""
    return next(each for each in ward.find("Task", patient="Patient/eva") if asking.asks(each) == assessment)


def answered(ward: Ward, assessment: str) -> str:
    """Every question of an assessment answered one by one by its first answer; finished at the end."""
    response: str | None = None
    with ward.store.view(TOM) as view:
        found = assessments.library()[assessment]
        assert view is not None
    answers: dict[str, str | int] = {}
    while (link := assessments.next_question(found, answers)) is not None:
        item = found.item(link)
        assert item is not None
        answers[link] = 0 if item.type == "scale" else item.options[0].code
        with ward.change(TOM) as change:
            response = assessments.answer(change, patient="eva", assessment=assessment, answers={link: answers[link]}, response=response).id
    with ward.change(TOM) as change:
        return assessments.answer(change, patient="eva", assessment=assessment, response=response, done=True).id


def test_answers_keep_what_a_phase_owes_and_a_tick_does_not(ward: Ward) -> None:
    owed = step(ward, "phq-2")
    with pytest.raises(Invalid, match="the answers keep this promise"), ward.change(TOM) as change:
        promises.done(change, task=str(owed["id"]))
    with pytest.raises(Invalid, match="the answers keep this promise"):
        ward.put({**owed, "status": "completed"})
    with ward.store.view(TOM) as view:
        due = next(iter(asking.due(view, "Patient/eva").values()))
        assert [each.asks for each in due if each.asks == "phq-2"] == ["phq-2"]
        assert next(each for each in due if each.asks == "phq-2").text.said("es").startswith("Mente")
    response = answered(ward, "phq-2")
    kept = step(ward, "phq-2")
    assert kept["status"] == "completed"
    with ward.store.view(TOM) as view:
        assert asking.kept_by(view, patient="Patient/eva", response=response)
    assert codes.is_open(step(ward, "four-ms")), "other answers keep nothing of it"
    with ward.change(TOM) as change:
        assessments.take_back(change, response=response, reason="Another patient's")
    assert codes.is_open(step(ward, "phq-2")), "taken back: owed again"
    assert not ward.violations()


def test_answers_of_before_the_phase_keep_nothing(ward: Ward) -> None:
    ward.put({**ward.get("Patient/eva"), "id": "ida"}, of_team("ida"))
    response = answered(ward, "four-ms")
    assert step(ward, "four-ms")["status"] == "completed"
    ward.at("2026-09-01T09:00")
    enrolment = str(codes.episode_of(step(ward, "four-ms"))).partition("/")[2]
    for to in ("one-plan", "steady"):
        with ward.change(TOM) as change:
            programs.advance(change, enrolment=enrolment, to=to)
    again = [each for each in ward.find("Task", patient="Patient/eva", status=codes.OPEN) if asking.asks(each) == "four-ms"]
    assert len(again) == 1, "look again: the answers of July are not an answer of September"
    old = ward.get(f"QuestionnaireResponse/{response}")
    ward.put({**old, "status": "amended"})
    assert codes.is_open(ward.get(f"Task/{again[0]['id']}"))
    answered(ward, "four-ms")
    assert not codes.is_open(ward.get(f"Task/{again[0]['id']}"))
    assert not ward.violations()
