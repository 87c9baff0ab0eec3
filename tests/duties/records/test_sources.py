"""Where facts are from: read from the fact, from what a person wrote down, by document and page; for one's own patients alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.duties.ward import PRIYA, TOM, Ward, of_team, patient

from baton.duties.records import documents, sources
from baton.duties.records.documents import Described
from baton.store import Invalid, NotFound
from baton.store.postgres import Database

EVA = {"reference": "Patient/eva"}
ACTIVE = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "code": "active"}]}


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    made = Ward(database)
    made.put(patient(), of_team(), patient("mia"), of_team("mia"))
    made.put(
        {"resourceType": "Condition", "id": "hf", "subject": EVA, "code": {"text": "Heart failure"}},
        {
            "resourceType": "AllergyIntolerance", "id": "penicillin", "patient": EVA, "code": {"text": "Penicillin"},
            "asserter": {"display": "Ana Stone"}, "clinicalStatus": ACTIVE, "recordedDate": "2026-06-29",
        },
        {
            "resourceType": "MedicationStatement", "id": "pill", "status": "active", "subject": EVA, "dateAsserted": "2026-06-30",
            "medicationCodeableConcept": {"text": "furosemide 80 mg"}, "informationSource": EVA,
        },
        {
            "resourceType": "Observation", "id": "bnp", "status": "final", "subject": EVA, "code": {"text": "BNP"},
            "effectiveDateTime": "2026-06-28", "performer": [{"display": "Mercy laboratory"}],
        },
        {
            "resourceType": "Observation", "id": "sum", "status": "final", "subject": EVA, "code": {"text": "PHQ-9"}, "valueInteger": 8,
            "category": [{"coding": [{"system": sources.CATEGORY, "code": "survey"}]}],
        },
        {"resourceType": "Condition", "id": "other", "subject": {"reference": "Patient/mia"}, "code": {"text": "Gout"}},
    )  # fmt: skip
    yield made
    made.store.close()


def letter(ward: Ward, whose: str = "eva") -> str:
    with ward.change(TOM) as change:
        kept = documents.add(
            change, patient=f"Patient/{whose}", upload=documents.checked("a.txt", b"Heart failure since 2019."),
            said=Described("Letter of Dr Osei", author="Dr Osei", source="Riverside"),
        )  # fmt: skip
        return kept.id


def found(ward: Ward) -> dict[str, sources.Source]:
    with ward.store.view(TOM) as view:
        return {each.fact: each for each in sources.of_patient(view, patient="eva")}


def cite(ward: Ward, fact: str = "Condition/hf", who: Any = TOM, **said: Any) -> None:
    with ward.change(who) as change:
        sources.cite(change, patient="eva", fact=fact, **said)


def test_what_a_fact_says_of_itself(ward: Ward) -> None:
    facts = found(ward)
    assert list(facts)[0] == "Condition/hf" and not facts["Condition/hf"].known, "of which nobody knows it comes first"
    assert {fact: each.said_by for fact, each in facts.items()} == {
        "Condition/hf": "", "AllergyIntolerance/penicillin": "Ana Stone", "MedicationStatement/pill": "Eva Stone",
        "Observation/bnp": "Mercy laboratory",
    }  # fmt: skip
    assert facts["AllergyIntolerance/penicillin"].when is not None and str(facts["AllergyIntolerance/penicillin"].when) == "2026-06-29"


def test_who_document_and_page_are_written_down_and_the_latest_counts(ward: Ward) -> None:
    paper = letter(ward)
    cite(ward, said_by="Dr Osei", document=paper, page=2)
    first = found(ward)["Condition/hf"]
    assert (first.said_by, first.document, first.page, first.by) == ("Dr Osei", (paper, "Letter of Dr Osei"), 2, "Tom Brandt")
    ward.at("2026-07-03T09:00:00")
    cite(ward, said_by="Dr Osei, by telephone")
    second = found(ward)["Condition/hf"]
    assert (second.said_by, second.document, second.page) == ("Dr Osei, by telephone", None, None)
    assert len(ward.find("Provenance", target="Condition/hf")) == 2 and ward.violations() == []


def test_what_is_refused(ward: Ward) -> None:
    mine, other = letter(ward), letter(ward, "mia")
    for fact, said, why in (
        ("Condition/other", {"said_by": "x"}, "no such fact"),
        ("Patient/eva", {"said_by": "x"}, "no such fact"),
        ("Condition/hf", {}, "who said it"),
        ("Condition/hf", {"document": other}, "not of this patient"),
        ("Condition/hf", {"said_by": "x", "page": 3}, "as a number"),
        ("Condition/hf", {"document": mine, "page": 0}, "as a number"),
        ("Condition/hf", {"said_by": "x" * 121}, "fewer words"),
    ):
        with pytest.raises(Invalid, match=why):
            cite(ward, fact, **said)


def test_another_team_neither_sees_nor_says(ward: Ward) -> None:
    with ward.store.view(PRIYA) as view, pytest.raises(NotFound):
        sources.of_patient(view, patient="eva")
    with pytest.raises(Invalid, match="no such fact"):
        cite(ward, who=PRIYA, said_by="x")
