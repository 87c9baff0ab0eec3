"""Where facts are from: read from the fact, from what a person wrote down, by document and page; for one's own patients alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from tests.duties.ward import HUB, MERCY, PRIYA, TOM, Ward, of_team, patient

from baton.duties.records import documents, fact_kinds, sources
from baton.duties.records.documents import Described
from baton.fhir.definitions import compartment
from baton.store import Invalid, NotFound, View
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
            "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "survey"}]}],
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
        return {each.fact: each for each in sources.listed(view, patient="eva").rows}


def cite(ward: Ward, fact: str = "Condition/hf", who: Any = TOM, **said: Any) -> None:
    with ward.change(who) as change:
        sources.cite(change, patient="eva", fact=fact, **said)


def test_what_a_fact_says_of_itself(ward: Ward) -> None:
    facts = found(ward)
    assert {fact: (each.how, each.said_by) for fact, each in facts.items() if not each.part} == {
        "Condition/hf": ("", ""), "AllergyIntolerance/penicillin": ("asserter", "Ana Stone"), "Observation/sum": ("", ""),
        "MedicationStatement/pill": ("informationSource", "Eva Stone"), "Observation/bnp": ("performer", "Mercy laboratory"),
        "CareTeam/ct-eva": ("", ""),
    }  # fmt: skip
    assert not facts["Condition/hf"].known and facts["Observation/bnp"].kind == "result" and facts["Observation/sum"].kind == "answer"
    assert facts["AllergyIntolerance/penicillin"].when is not None and str(facts["AllergyIntolerance/penicillin"].when) == "2026-06-29"


def test_who_document_and_page_are_written_down_and_the_latest_counts(ward: Ward) -> None:
    paper = letter(ward)
    cite(ward, said_by="Dr Osei", document=paper, page=2)
    first = found(ward)["Condition/hf"]
    assert (first.said_by, first.document, first.page, first.by) == (
        "Dr Osei",
        (f"DocumentReference/{paper}", "Letter of Dr Osei"),
        2,
        "Tom Brandt",
    )
    assert first.paper == paper and first.how == "informant"
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
        ("Patient/eva#photo", {"said_by": "x"}, "no such fact"),
        ("Patient/mia#name", {"said_by": "x"}, "no such fact"),
        ("Task/x", {"said_by": "x"}, "no such fact"),
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
        sources.listed(view, patient="eva")
    with pytest.raises(Invalid, match="no such fact"):
        cite(ward, who=PRIYA, said_by="x")


# --- every kind of fact -------------------------------------------------------------------------------------------------


def test_everything_in_a_chart_is_a_fact_or_it_is_said_why_not() -> None:
    known = {each.type for each in fact_kinds.KINDS}
    assert set(compartment("Patient")) | {"Device"} == (known | set(fact_kinds.NO_FACTS)) and not known & set(fact_kinds.NO_FACTS)
    assert set(fact_kinds.SAYS) <= known


DR = {"reference": "Practitioner/tom"}
AUTHOR = {"display": "Dr Ito"}
CHART: list[tuple[str, str, str, dict[str, Any]]] = [
    ("vaccine", "Influenza", "Dr Ito", {
        "resourceType": "Immunization", "id": "flu", "status": "completed", "patient": EVA, "vaccineCode": {"text": "Influenza"},
        "occurrenceDateTime": "2026-03-01", "performer": [{"actor": AUTHOR}]}),
    ("procedure", "Stent", "Tom Brandt", {
        "resourceType": "Procedure", "id": "stent", "status": "completed", "subject": EVA, "code": {"text": "Stent"},
        "performer": [{"actor": DR}]}),
    ("visit", "Chest pain", "Dr Ito", {
        "resourceType": "Encounter", "id": "pain", "status": "finished", "class": {"code": "AMB"}, "subject": EVA,
        "reasonCode": [{"text": "Chest pain"}], "participant": [{"individual": AUTHOR}]}),
    ("plan", "Walk to church", "Eva Stone", {
        "resourceType": "Goal", "id": "walk", "lifecycleStatus": "proposed", "subject": EVA, "description": {"text": "Walk to church"},
        "expressedBy": EVA}),
    ("plan", "Care of the heart", "Dr Ito", {
        "resourceType": "CarePlan", "id": "heart", "status": "active", "intent": "plan", "subject": EVA, "title": "Care of the heart",
        "author": AUTHOR}),
    ("family", "father: Stroke", "", {
        "resourceType": "FamilyMemberHistory", "id": "father", "status": "completed", "patient": EVA, "relationship": {"text": "father"},
        "condition": [{"code": {"text": "Stroke"}}]}),
    ("device", "Pacemaker", "", {
        "resourceType": "Device", "id": "pacer", "patient": EVA, "deviceName": [{"name": "Pacemaker", "type": "user-friendly-name"}]}),
    ("coverage", "Mercy Health Plan · HMO", "", {
        "resourceType": "Coverage", "id": "plan", "status": "active", "beneficiary": EVA, "payor": [{"display": "Mercy Health Plan"}],
        "type": {"text": "HMO"}}),
    ("need", "Food insecurity", "Ana Stone", {
        "resourceType": "Condition", "id": "food", "subject": EVA, "code": {"text": "Food insecurity"},
        "asserter": {"display": "Ana Stone"},
        "category": [{"coding": [{"system": "http://hl7.org/fhir/us/core/CodeSystem/condition-category", "code": "sdoh"}]}]}),
    ("answer", "intake-form", "Eva Stone", {
        "resourceType": "QuestionnaireResponse", "id": "intake", "status": "completed", "subject": EVA, "source": EVA,
        "questionnaire": "https://elsewhere.example/Questionnaire/intake-form"}),
    ("people", "Lia Stone (sister)", "", {
        "resourceType": "RelatedPerson", "id": "lia", "patient": EVA, "name": [{"text": "Lia Stone"}],
        "relationship": [{"text": "sister"}]}),
    ("wish", "Falls", "Dr Ito", {
        "resourceType": "Flag", "id": "falls", "status": "active", "subject": EVA, "code": {"text": "Falls"}, "author": AUTHOR}),
]  # fmt: skip


def test_each_kind_says_what_it_is_and_who_said_it(ward: Ward) -> None:
    ward.put(*(each for *_, each in CHART))
    facts = found(ward)
    for kind, text, said_by, resource in CHART:
        one = facts[f"{resource['resourceType']}/{resource['id']}"]
        assert (one.kind, one.text, one.said_by) == (kind, text, said_by)
    with ward.store.view(TOM) as view:
        listed = sources.listed(view, patient="eva", kind="plan")
        nobody = sources.listed(view, patient="eva", unknown=True)
    assert [each.fact for each in listed.rows] == ["CarePlan/heart", "Goal/walk"] and listed.total == listed.kinds["plan"] == 2
    assert {"FamilyMemberHistory/father", "Device/pacer", "Coverage/plan", "RelatedPerson/lia", "Condition/hf"} <= {
        each.fact for each in nobody.rows
    }
    assert all(not each.known for each in nobody.rows) and nobody.total == nobody.unknown == len(nobody.rows)


def test_what_was_answered_is_the_source_of_what_it_adds_up_to(ward: Ward) -> None:
    ward.put(next(each for *_, each in CHART if each["resourceType"] == "QuestionnaireResponse"))
    ward.put(
        {
            "resourceType": "Observation", "id": "sum", "status": "final", "subject": EVA, "code": {"text": "PHQ-9"}, "valueInteger": 8,
            "derivedFrom": [{"reference": "QuestionnaireResponse/intake"}],
        }
    )  # fmt: skip
    one = found(ward)["Observation/sum"]
    assert (one.document, one.paper, one.text) == (("QuestionnaireResponse/intake", "intake-form"), "", "PHQ-9: 8")


def test_a_sender_s_own_provenance_says_who_wrote_it_and_a_person_s_word_counts_more(ward: Ward) -> None:
    kinds = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
    agents = [{"type": {"coding": [{"system": kinds, "code": each}]}, "who": {"display": who}} for each, who in (
        ("transmitter", "Mercy General"), ("author", "Dr Hale"))]  # fmt: skip
    ward.put({"resourceType": "Provenance", "target": [{"reference": "Condition/hf"}], "recorded": "2026-07-02T00:00:00Z", "agent": agents})
    one = found(ward)["Condition/hf"]
    assert (one.how, one.said_by) == ("author", "Dr Hale")
    cite(ward, said_by="Dr Osei")
    assert found(ward)["Condition/hf"].said_by == "Dr Osei"


def test_through_which_entrance_it_came_and_who_changed_it_last(ward: Ward) -> None:
    with ward.store.change(replace(HUB, entrance="load"), because="Load file 3fa9c1d2e4b5") as change:
        change.put({"resourceType": "Condition", "id": "gout", "subject": EVA, "code": {"text": "Gout"}})
    with ward.store.change(replace(MERCY, entrance="api"), because="FHIR update Condition through mercy-app") as change:
        change.put({"resourceType": "Condition", "id": "sent", "subject": EVA, "code": {"text": "Sent"}})
    ward.at("2026-07-03T09:00:00")
    with ward.change(TOM) as change:
        change.put({**change.get("Condition", "gout"), "note": [{"text": "In the left foot"}]})
        change.put({"resourceType": "Condition", "id": "told", "subject": EVA, "code": {"text": "Told on the telephone"}})
    facts = found(ward)
    gout, sent, told = (facts[f"Condition/{each}"] for each in ("gout", "sent", "told"))
    assert (gout.first.entrance, gout.first.mark, gout.first.program, gout.changed) == ("load", "file 3fa9c1d2e4b5", True, True)
    assert (gout.last.by, gout.last.entrance, gout.last.at.isoformat()) == ("Tom Brandt", "desk", "2026-07-03T09:00:00-04:00")
    assert not gout.known, "a note by Tom does not make it Tom's word"
    assert (sent.first.entrance, sent.first.mark, sent.changed) == ("api", "mercy-app", False)
    assert (told.how, told.said_by) == ("here", "Tom Brandt")
    with ward.store.view(TOM) as view:
        one, written = sources.one(view, patient="eva", fact="Condition/gout")
    assert one == gout and [each.by for each in written] == ["Tom Brandt", "Baton"]


def test_each_element_of_the_patient_stands_by_itself(ward: Ward) -> None:
    ward.at("2026-07-03T09:00:00")
    with ward.change(TOM) as change:
        change.put(
            {**change.get("Patient", "eva"), "address": [{"line": ["1 Elm St"], "city": "Lark"}], "maritalStatus": {"text": "widowed"}}
        )
    ward.at("2026-07-04T09:00:00")
    with ward.change(TOM) as change:
        change.put({**change.get("Patient", "eva"), "address": [{"line": ["2 Oak St"], "city": "Lark"}]})
    cite(ward, fact="Patient/eva#address", said_by="Her sister")
    facts = found(ward)
    name, address, married = (facts[f"Patient/eva#{each}"] for each in ("name", "address", "maritalStatus"))
    assert (name.said_by, name.changed, address.text) == ("", False, "2 Oak St, Lark")
    assert (address.said_by, address.first.at.day, address.last.at.day, address.by) == ("Her sister", 3, 4, "Tom Brandt")
    assert (married.said_by, married.changed) == ("Tom Brandt", False)
    with ward.store.view(TOM) as view:
        _, written = sources.one(view, patient="eva", fact="Patient/eva#address")
        with pytest.raises(NotFound):
            sources.one(view, patient="eva", fact="Patient/mia#name")
    assert [each.at.day for each in written] == [4, 3]


def test_pages_hold_every_fact_once_with_the_same_few_questions(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0
    ask = View._ask

    def counting(self: View, what: Any) -> Any:
        nonlocal asked
        asked += 1
        return ask(self, what)

    def pages(limit: int) -> list[str]:
        rows: list[str] = []
        total = 1
        while len(rows) < total:
            with ward.store.view(TOM) as view:
                page = sources.listed(view, patient="eva", start=len(rows), limit=limit)
            assert page.rows
            rows += [each.fact for each in page.rows]
            total = page.total
        return rows

    monkeypatch.setattr(View, "_ask", counting)
    found(ward)
    few, asked = asked, 0
    with ward.change(HUB) as change:
        for number in range(60):
            said = {"asserter": {"reference": "Practitioner/tom"}} if number % 2 else {}
            change.put({"resourceType": "Condition", "subject": EVA, "code": {"text": f"Problem {number}"}, **said})
    asked = 0
    everything = list(found(ward))
    assert asked <= few + 1, "sixty facts more are no more questions (but the names of those who said them)"
    assert pages(7) == everything and len(set(everything)) == len(everything) > 60


def test_who_looked_is_recorded(ward: Ward) -> None:
    with psycopg.connect(ward.database.owner_dsn, autocommit=True) as connection:
        before = connection.execute("select coalesce(max(id), 0) from look").fetchone()
        found(ward)
        looks = connection.execute("select who, what, patients from look where id > %s", before).fetchall()
    assert looks and {who for who, *_ in looks} == {TOM.person} and "chart Patient/eva" in {what for _, what, _ in looks}
