"""Teaching on real PostgreSQL: suggested by the chart, given, taught back item by item, and asked again until it is understood."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta

import pypdf
import pytest
from tests.duties.ward import PRIYA, TOM, Ward, of_team, patient, stay

from baton.duties import codes
from baton.duties.contact.interpreting import Interpreter
from baton.duties.support import education
from baton.duties.today import caseload
from baton.packs.lessons import library
from baton.store import Invalid, NotFound, View
from baton.store.postgres import Database

HEART_FAILURE = {
    "resourceType": "Condition",
    "id": "hf",
    "subject": {"reference": "Patient/eva"},
    "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]},
    "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "I50.23"}], "text": "Heart failure"},
}


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    ward = Ward(database)
    ward.put(patient(), of_team(), HEART_FAILURE)
    yield ward
    ward.store.close()


def learning(ward: Ward) -> education.Learning:
    with ward.store.view(TOM) as view:
        return education.learning(view, patient="eva")


def given(ward: Ward, lesson: str = "heart-failure", language: str = "es") -> str:
    with ward.change(TOM) as change:
        return education.give(change, patient="eva", lesson=lesson, how="paper", language=language).id


def taught(ward: Ward, lesson: str, item: str, result: str) -> None:
    with ward.change(TOM) as change:
        education.teach_back(change, given=lesson, item=item, result=result)


def unproved(view: View) -> tuple[tuple[education.Given, education.Item], ...]:
    return education.unproved(view, patient="eva", communications=view.find("Communication", patient="eva"))


def test_the_chart_suggests_and_a_discharge_does(ward: Ward) -> None:
    assert [lesson.code for lesson, _ in learning(ward).suggested] == ["heart-failure"]
    ward.put(stay())
    assert [lesson.code for lesson, _ in learning(ward).suggested] == ["going-home", "heart-failure"]


def test_a_problem_that_is_over_suggests_nothing(ward: Ward) -> None:
    over = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "resolved"}]}
    ward.put({**HEART_FAILURE, "clinicalStatus": over})
    assert learning(ward).suggested == ()


def test_given_is_not_taught(ward: Ward) -> None:
    id_ = given(ward)
    (one,) = learning(ward).given
    assert (one.id, one.language, one.taught) == (id_, "es", False)
    assert learning(ward).suggested == ()
    for ask in one.lesson.said("es").ask[:-1]:
        taught(ward, id_, ask.item, "understood")
    assert not learning(ward).given[0].taught
    taught(ward, id_, one.lesson.said("es").ask[-1].item, "understood")
    assert learning(ward).given[0].taught


def test_what_was_not_understood_is_asked_again(ward: Ward) -> None:
    id_ = given(ward)
    taught(ward, id_, "weight", "repeat")
    taught(ward, id_, "salt", "understood")
    taught(ward, id_, "call", "refused")
    with ward.store.view(TOM) as view:
        assert [item.ask.item for _, item in unproved(view)] == ["weight"]
    ward.at("2026-07-03T09:00:00")
    taught(ward, id_, "weight", "understood")
    with ward.store.view(TOM) as view:
        assert unproved(view) == ()
    (one,) = learning(ward).given
    proof = one.items[0].proof
    assert proof is not None and (proof.learner, proof.teacher) == ("Eva Stone", "Tom Brandt")


def test_refusals(ward: Ward) -> None:
    with pytest.raises(Invalid, match="no such lesson"):
        given(ward, "nothing")
    id_ = given(ward)
    for item, result in (("weight", "maybe"), ("nothing", "understood")):
        with pytest.raises(Invalid):
            taught(ward, id_, item, result)
    with pytest.raises(NotFound), ward.store.change(PRIYA, because="test") as change:
        education.give(change, patient="eva", lesson="heart-failure", how="paper")


@pytest.mark.parametrize("language", ["en", "es", "vi"])
def test_the_paper_says_what_to_watch_for(language: str) -> None:
    found = library()["heart-failure"]
    pages = pypdf.PdfReader(io.BytesIO(education.pdf_of("heart-failure", language, phone="(555) 014-0100"))).pages
    text = " ".join("".join(page.extract_text() for page in pages).split())
    words = found.said(language)
    assert words.title in text and "911" in text and "(555) 014-0100" in text
    assert all(" ".join(sign.split()) in text for sign in words.plan["red"])


def test_the_next_call_asks_what_was_not_understood(ward: Ward) -> None:
    ward.put(stay())
    taught(ward, given(ward, language="en"), "weight", "understood")
    with ward.store.view(TOM) as view:
        sheet = caseload.sheet(view, task=ward.task(codes.CONTACT))
    assert sheet.to_ask == (
        ("Living with heart failure", "Which foods will you leave out?"),
        ("Living with heart failure", "When will you call us? When will you call 911?"),
    )


def test_who_interpreted_stands_beside_what_was_understood_with_its_proof(ward: Ward) -> None:
    interpreted = {"url": "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired", "valueBoolean": True}
    ward.put({**ward.get("Patient/eva"), "extension": [interpreted]})
    lesson = given(ward)
    item = learning(ward).given[0].items[0].ask.item

    def said(by: Interpreter | None) -> education.Proof:
        ward.time += timedelta(minutes=1)
        with ward.change(TOM) as change:
            education.teach_back(change, given=lesson, item=item, result="understood", interpreter=by)
        proof = learning(ward).given[0].items[0].proof
        assert proof is not None
        return proof

    assert learning(ward).interpreted
    assert (said(None).interpreter_kind, said(Interpreter("qualified", "#4471")).interpreter) == (None, "#4471")
    assert said(Interpreter("staff")).interpreter_kind == "staff"
    with pytest.raises(Invalid, match="name or number"):
        said(Interpreter("qualified"))
    ward.put({"resourceType": "RelatedPerson", "id": "kid", "patient": {"reference": "Patient/eva"}, "name": [{"text": "Leo Stone"}],
              "birthDate": "2012-01-01"})  # fmt: skip
    for child in (Interpreter("companion", person="RelatedPerson/kid"), Interpreter("companion", "Leo Stone")):
        with pytest.raises(Invalid, match="A child does not interpret"):
            said(child)
