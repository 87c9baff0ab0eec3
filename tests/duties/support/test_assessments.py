"""Assessments on real PostgreSQL: kept answer by answer, added up where they are stored, and what follows from them is owed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.duties.answered import FREQUENCY, answer, fill, phq9, tasks
from tests.duties.ward import PRIYA, TOM, Ward

from baton.duties import trace
from baton.duties.support import assessments, findings
from baton.fhir.validate import check
from baton.packs.assessments import library, questionnaires
from baton.store import Invalid, NotFound
from baton.store.postgres import Database


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    ward = fill(Ward(database, "2026-06-15T09:00:00"))
    yield ward
    ward.store.close()


def read(ward: Ward, response: str) -> assessments.Response:
    with ward.store.view(TOM) as view:
        return assessments.response(view, response=response)


def refused(ward: Ward, assessment: str, answers: dict, **more: object) -> str:
    with pytest.raises(Invalid) as told, ward.change(TOM) as change:
        assessments.answer(change, patient="eva", assessment=assessment, answers=answers, **more)
    return str(told.value.issues[0].expression)


def test_the_library_is_there_for_the_api_and_valid(ward: Ward) -> None:
    assert {"phq-2", "phq-9", "gad-7", "distress", "caregiver-strain", "caregiver-ability", "social-needs", "four-ms", "home-visit"} == set(
        library()
    )
    for each in questionnaires():
        assert [issue for issue in check(each) if issue.severity == "error"] == []
    found = ward.get("Questionnaire/phq-9")
    assert found["code"] == [{"system": "http://loinc.org", "code": "44249-1"}] and "No permission required" in found["copyright"]


def test_each_answer_is_kept_the_moment_it_is_given(ward: Ward) -> None:
    response = answer(ward, "phq-9", phq9(1))
    assert ward.get(f"QuestionnaireResponse/{response}")["status"] == "in-progress"
    answer(ward, "phq-9", dict(list(phq9(1, 2).items())[1:]), response=response)
    found = read(ward, response)
    assert list(found.answers.values()) == [FREQUENCY[1], FREQUENCY[2]] and found.next == "44259-4" and not found.done
    assert not ward.find("Observation", patient="Patient/eva"), "no sum before it is finished"


def test_a_finished_one_is_added_up_and_followed_up(ward: Ward) -> None:
    response = answer(ward, "phq-9", {**phq9(2, 2, 2, 1, 1, 1, 1, 0, 0), "69722-7": "LA6573-5"}, done=True)
    assert [(each.value, each.band) for each in read(ward, response).sums] == [(10, "moderate")]
    observation = ward.find("Observation", patient="Patient/eva", code="http://loinc.org|44261-6")[0]
    assert observation["valueInteger"] == 10 and observation["derivedFrom"] == [{"reference": f"QuestionnaireResponse/{response}"}]
    (task,) = tasks(ward, "screen-mood")
    told = trace.of(task)
    assert told is not None and told.fact("finding") == "phq-9/review" and told.fact("counted") == 10
    assert told.due.date().isoformat() == "2026-06-17" and task["owner"]["reference"] == "Organization/heart"
    assert ward.violations() == []


def test_a_raw_put_is_added_up_and_followed_up_too(ward: Ward) -> None:
    items = [{"linkId": link, "answer": [{"valueCoding": {"code": code}}]} for link, code in phq9(2, 1).items()]
    ward.put(
        {
            "resourceType": "QuestionnaireResponse",
            "id": "raw",
            "questionnaire": "https://baton.example/fhir/Questionnaire/phq-2|1",
            "status": "completed",
            "subject": {"reference": "Patient/eva"},
            "authored": "2026-06-15T09:00:00-04:00",
            "item": items,
        }
    )
    assert ward.find("Observation", code="http://loinc.org|55758-7")[0]["valueInteger"] == 3
    (task,) = tasks(ward, "screen-further")
    answer(ward, "phq-9", {**phq9(*[0] * 9)}, done=True)
    assert ward.get(f"Task/{task['id']}")["status"] == "completed", "the longer one was asked: kept"


def test_a_correction_moves_the_sum_and_what_was_owed(ward: Ward) -> None:
    response = answer(
        ward, "gad-7", {each.link: FREQUENCY[2] for each in library()["gad-7"].items[:-1]} | {"69722-7": "LA6572-7"}, done=True
    )
    (task,) = tasks(ward, "screen-mood")
    answer(ward, "gad-7", {each.link: FREQUENCY[1] for each in library()["gad-7"].items[:-1]}, response=response)
    assert ward.get(f"QuestionnaireResponse/{response}")["status"] == "amended"
    observation = ward.find("Observation", code="http://loinc.org|70274-6")[0]
    assert (observation["status"], observation["valueInteger"]) == ("corrected", 7)
    assert ward.get(f"Task/{task['id']}")["statusReason"]["coding"][0]["code"] == "answer-corrected"
    with ward.change(TOM) as change:
        assessments.take_back(change, response=response, reason="another patient's")
    assert ward.find("Observation", code="http://loinc.org|70274-6")[0]["status"] == "entered-in-error"
    assert ward.violations() == []


def test_the_same_finding_is_owed_once(ward: Ward) -> None:
    for _ in range(2):
        answer(ward, "distress", {"distress": 7, **dict.fromkeys(("practical", "family", "feelings", "body", "meaning"), "no")}, done=True)
    assert len(tasks(ward, "screen-distress")) == 1


def test_a_need_that_was_found_is_owed_unless_no_help_is_wanted(ward: Ward) -> None:
    said = {"food": "yes", "food-today": "yes", "housing": "steady", "transport": "no", "utilities": "no", "safety": "harm-no"}
    answer(ward, "social-needs", {**said, "help": "no"}, done=True)
    assert tasks(ward, "screen-need") == []
    answer(ward, "social-needs", {**said, "help": "yes"}, done=True)
    (task,) = tasks(ward, "screen-need")
    told = trace.of(task)
    assert told is not None and told.fact("domain") == "food-insecurity" and findings.finding(task) == ("social-needs", "food")


def test_violence_at_home_is_labelled_and_acted_on_though_no_help_was_asked_for(ward: Ward) -> None:
    said = {"food": "no", "housing": "steady", "transport": "no", "utilities": "no", "safety": "harm-yes", "safe-now": "yes", "help": "no"}
    answer(ward, "social-needs", said, done=True)
    (task,) = tasks(ward, "screen-need")
    assert "SDV" in [each["code"] for each in task["meta"]["security"]]  # the answers are by rules/data/sensitivity.json


def test_a_question_whose_reason_fell_away_is_not_kept(ward: Ward) -> None:
    response = answer(ward, "social-needs", {"food": "yes", "food-today": "no"})
    answer(ward, "social-needs", {"food": "no"}, response=response)
    assert "food-today" not in read(ward, response).answers


def test_what_is_refused_names_the_question(ward: Ward) -> None:
    assert refused(ward, "phq-8", {}) == "QuestionnaireResponse.questionnaire"
    assert refused(ward, "phq-9", {"x": "y"}) == "QuestionnaireResponse.item('x')"
    assert refused(ward, "phq-9", {"44250-9": "LA6572-7"}) == "QuestionnaireResponse.item('44250-9')"
    assert refused(ward, "distress", {"distress": 11}) == "QuestionnaireResponse.item('distress')"
    assert refused(ward, "phq-9", phq9(0, 0, 0), done=True) == "QuestionnaireResponse.item('44254-1')"
    assert refused(ward, "caregiver-strain", {}, source="RelatedPerson/nobody") == "QuestionnaireResponse.source"
    response = answer(ward, "phq-2", {})
    assert refused(ward, "gad-7", {}, response=response) == "QuestionnaireResponse.questionnaire"


def test_finished_answers_are_not_deleted_or_unfinished(ward: Ward) -> None:
    response = answer(ward, "phq-2", phq9(0, 0), done=True)
    with pytest.raises(Invalid), ward.change() as change:
        change.delete("QuestionnaireResponse", response)
    with pytest.raises(Invalid):
        ward.put({**ward.get(f"QuestionnaireResponse/{response}"), "status": "in-progress"})


def test_another_team_sees_nothing(ward: Ward) -> None:
    response = answer(ward, "phq-2", phq9(3, 3), done=True)
    with ward.store.view(PRIYA) as view:
        assert assessments.of_patient(view, patient="eva") == ()
        with pytest.raises(NotFound):
            assessments.response(view, response=response)


def test_spanish_is_kept_as_it_was_asked(ward: Ward) -> None:
    response = answer(ward, "phq-2", phq9(0, 0), language="es-MX", done=True)
    resource = ward.get(f"QuestionnaireResponse/{response}")
    assert resource["language"] == "es" and resource["item"][0]["text"].startswith("Poco interés")


def test_a_caregivers_strain_is_about_the_caregiver(ward: Ward) -> None:
    said = dict.fromkeys(("sleep", "body", "time", "money", "alone", "upset", "worry", "health"), "often")
    answer(ward, "caregiver-strain", {**said, "break": "no"}, source="RelatedPerson/ana", done=True)
    observation = ward.find("Observation", patient="Patient/eva")[0]
    assert observation["focus"] == [{"reference": "RelatedPerson/ana"}] and observation["valueInteger"] == 16
    assert len(tasks(ward, "screen-caregiver")) == 1
