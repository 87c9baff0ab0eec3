"""Papers without a patient: they file themselves only by two exact identifiers, wait otherwise, and are taken out of a wrong chart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.duties.ward import DANA, LUIS, MERCY, PRIYA, TOM, Ward, of_team, patient, staff

from baton.duties.privacy import labelling
from baton.duties.privacy import tasks as privacy_tasks
from baton.duties.privacy.decisions import Recipient
from baton.duties.records import documents, inbound, records
from baton.duties.records import inbound_states as states
from baton.duties.records.states import state_of
from baton.duties.referrals import referrals
from baton.rules.matching import Said
from baton.store import Invalid, NotFound, Who
from baton.store.postgres import Database

CLEO = Who("Practitioner/cleo", "Cleo Marsh", "records-clerk", (), "desk")
KIND = "https://baton.example/fhir/CodeSystem/recipient-kind"
LAKESIDE = Recipient("Lakeside Cardiology", "provider", "Organization/lakeside", "+1 555 014 7001")
CERTAIN = Said(name="Eva Stone", birth="1955-03-03")
SMUDGED = Said(name="John Smith", birth="1951-03-1?")


def person(id_: str, name: str, birth: str, **more: Any) -> dict[str, Any]:
    given, _, family = name.rpartition(" ")
    return {**patient(id_, birth, **more), "name": [{"family": family, "given": [given]}], "gender": "male"}


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    ward = Ward(database, labellers=[labelling.Labelling(seconds=0)])
    program = [{"coding": [{"system": KIND, "code": "part2-program"}]}]
    ward.put(
        patient(), of_team(), person("john12", "John Smith", "1951-03-12"), of_team("john12"),
        person("john17", "John Smith", "1951-03-17"), of_team("john17"), staff(CLEO),
        {"resourceType": "Practitioner", "id": "cleo", "active": True, "name": [{"family": "Marsh", "given": ["Cleo"]}]},
        {"resourceType": "Organization", "id": "lakeside", "active": True, "name": "Lakeside Cardiology"},
        {"resourceType": "Organization", "id": "hillside", "active": True, "name": "Hillside Recovery", "type": program},
    )  # fmt: skip
    yield ward
    ward.store.close()


def came(ward: Ward, said: Said, text: bytes = b"Seen today.", *, source: str = "Lakeside Cardiology", who: Who = CLEO) -> inbound.Arrived:
    with ward.change(who, "a fax came") as change:
        arrived = inbound.receive(change, upload=documents.checked("fax.txt", text), said=said, title="Consult note", source=source)
    with ward.store.view(who) as view:
        return inbound.became(view, arrived.id) if arrived.new else arrived


def document(ward: Ward, id_: str) -> dict[str, Any]:
    return ward.get(f"DocumentReference/{id_}")


def subject(ward: Ward, id_: str) -> str | None:
    return document(ward, id_).get("subject", {}).get("reference")


def on_shelf(ward: Ward, patient_: str, who: Who = TOM) -> list[str]:
    with ward.store.view(who) as view:
        return [each.id for each in documents.shelf(view, patient=patient_).documents]


def ask(ward: Ward, patient_: str = "eva", source: Recipient = LAKESIDE) -> str:
    with ward.change(TOM) as change:
        return records.ask(change, patient=f"Patient/{patient_}", what="Consult note", source=source).id


def test_two_exact_identifiers_file_it_and_what_was_asked_for_has_come(ward: Ward) -> None:
    request = ask(ward)
    arrived = came(ward, CERTAIN)
    assert (arrived.state, arrived.patient) == ("filed", "Patient/eva")
    assert on_shelf(ward, "eva") == [arrived.id]
    assert state_of(ward.get(f"CommunicationRequest/{request}")) == "received"
    found = document(ward, arrived.id)
    binary = ward.get(found["content"][0]["attachment"]["url"])
    assert binary["securityContext"] == {"reference": "Patient/eva"} and not binary.get("meta", {}).get("security")
    assert not found["meta"].get("security") and ward.violations() == []


def test_the_same_bytes_are_kept_once(ward: Ward) -> None:
    first = came(ward, CERTAIN)
    again = came(ward, SMUDGED)
    assert again == inbound.Arrived(first.id, False, "filed", "Patient/eva")
    assert len(ward.find("DocumentReference")) == 1


def test_a_doubt_waits_for_two_people_in_restricted_intake(ward: Ward) -> None:
    arrived = came(ward, SMUDGED)
    assert (arrived.state, arrived.patient) == ("waiting", None)
    assert [each["code"] for each in document(ward, arrived.id)["meta"]["security"]] == ["restricted-intake"]
    with ward.store.view(TOM) as view:
        assert inbound.waiting(view) == []
        with pytest.raises(NotFound):
            view.get("DocumentReference", arrived.id)
        with pytest.raises(NotFound):
            view.get(*document(ward, arrived.id)["content"][0]["attachment"]["url"].split("/"))
    with ward.store.view(CLEO) as view:
        (paper,) = inbound.waiting(view)
        _, question, found = inbound.proposals(view, paper.id)
        assert {each.candidate.reference for each in found} == {"Patient/john12", "Patient/john17"} and question.state == "doubtful"
        assert dict(found[0].candidate.reasons) == {"name": "same", "birth-date": "unreadable"}
        assert inbound.content(view, paper.id).body == b"Seen today."
    with ward.change(CLEO) as change:
        assert inbound.file(change, document=arrived.id, patient="Patient/john12") == "proposed"
    assert subject(ward, arrived.id) is None
    with pytest.raises(Invalid, match="second person"), ward.change(CLEO) as change:
        inbound.agree(change, document=arrived.id)
    with ward.change(LUIS) as change:
        inbound.agree(change, document=arrived.id)
    assert subject(ward, arrived.id) == "Patient/john12" and on_shelf(ward, "john12") == [arrived.id]


def test_a_second_person_may_disagree_and_what_is_nobodys_is_set_aside_and_taken_up(ward: Ward) -> None:
    id_ = came(ward, SMUDGED).id
    with ward.change(CLEO) as change:
        inbound.file(change, document=id_, patient="Patient/john12")
    with ward.change(LUIS) as change:
        inbound.disagree(change, document=id_, reason="The 1 is a 7")
    with ward.change(CLEO) as change:
        inbound.set_aside(change, document=id_, reason="Sent back to Lakeside")
    with pytest.raises(Invalid, match="meanwhile"), ward.change(CLEO) as change:
        inbound.file(change, document=id_, patient="Patient/john17")
    with ward.change(CLEO) as change:
        inbound.take_up(change, document=id_)
    with ward.store.view(CLEO) as view:
        assert [each.id for each in inbound.waiting(view)] == [id_]


def test_read_again_it_files_itself(ward: Ward) -> None:
    id_ = came(ward, Said(name="Eva Stone")).id
    with ward.change(CLEO) as change:
        inbound.describe(change, document=id_, said=CERTAIN)
    assert subject(ward, id_) == "Patient/eva"


def test_it_answers_the_referral_it_is_said_to_answer(ward: Ward) -> None:
    with ward.change(TOM) as change:
        task = referrals.make(change, patient="eva", what="cardiology consult", to="Organization/lakeside", question="?", reason="?").id
    with ward.change(TOM) as change:
        referrals.send(change, task=task, despite="the rest follows")
    id_ = came(ward, Said(name="Eva Stone", birth="1955-03-0?")).id
    with ward.store.view(LUIS) as view:
        (proposal,) = inbound.proposals(view, id_)[2]
    assert proposal.answers == (proposal.referrals[0].request,)
    with ward.change(LUIS) as change:
        inbound.file(change, document=id_, patient="Patient/eva", answers=proposal.answers)
    with ward.change(DANA) as change:
        inbound.agree(change, document=id_)
    assert document(ward, id_)["context"]["related"] == [{"reference": proposal.referrals[0].request}]


def test_a_corrected_one_is_a_revision(ward: Ward) -> None:
    first = came(ward, CERTAIN)
    second = came(ward, Said(name="Eva Stone", birth="1955-03-0?"), b"Seen today. Corrected.")
    with ward.store.view(LUIS) as view:
        (proposal,) = inbound.proposals(view, second.id)[2]
    assert proposal.earlier == ((first.id, "Consult note"),)
    with ward.change(LUIS) as change:
        inbound.file(change, document=second.id, patient="Patient/eva", replaces=first.id)
    with ward.change(DANA) as change:
        inbound.agree(change, document=second.id)
    assert document(ward, first.id)["status"] == "superseded" and on_shelf(ward, "eva") == [second.id]


def test_a_paper_in_the_wrong_chart_is_taken_out_and_the_privacy_desk_knows_who_saw_it(ward: Ward) -> None:
    request = ask(ward, "john17")
    id_ = came(ward, Said(name="John Smith", birth="1951-03-1?")).id
    with ward.change(CLEO) as change:
        inbound.file(change, document=id_, patient="Patient/john17", answers=(f"CommunicationRequest/{request}",))
    with ward.change(LUIS) as change:
        inbound.agree(change, document=id_)
    assert state_of(ward.get(f"CommunicationRequest/{request}")) == "received"
    ward.at("2026-07-02T15:00:00")
    with ward.store.view(TOM) as view:
        documents.opened(view, patient="john17", document=id_)
    ward.at("2026-07-02T16:00:00")
    with ward.change(TOM) as change:
        inbound.wrong(change, document=id_, reason="It speaks of a wife; he has none")
    assert subject(ward, id_) is None and on_shelf(ward, "john17") == []
    with ward.store.view(TOM) as view, pytest.raises(NotFound):
        view.get("DocumentReference", id_)
    with ward.store.view(privacy_tasks.office(DANA)) as view:
        (task,) = [each for each in privacy_tasks.tasks(view) if each.code == "misfiled"]
    said = [value for name, value in task.facts if name == "viewer"]
    assert any(value.startswith("Tom Brandt · 2026-07-02 15:00 · opened") for value in said), said
    assert task.patient == "Patient/john17" and task.focus == f"DocumentReference/{id_}" and task.person == CLEO.person
    assert state_of(ward.get(f"CommunicationRequest/{request}")) == "sent" and ward.violations() == []
    with ward.store.view(CLEO) as view:
        (paper,) = inbound.waiting(view)
        assert paper.taken_out and inbound.content(view, id_).body == b"Seen today."


def test_what_a_program_sends_is_filed_by_a_clerk_who_may_not_read_it(ward: Ward) -> None:
    id_ = came(ward, Said(name="Eva Stone", birth="1955-03-0?"), source="Hillside Recovery").id
    with ward.store.view(CLEO) as view:
        assert [each.id for each in inbound.waiting(view)] == [id_], "the envelope is seen"
        with pytest.raises(NotFound):
            inbound.content(view, id_)
    with ward.change(CLEO) as change:
        inbound.file(change, document=id_, patient="Patient/eva")
    with ward.change(LUIS) as change:
        inbound.agree(change, document=id_)
    assert subject(ward, id_) == "Patient/eva"
    with ward.store.view(CLEO) as view, pytest.raises(NotFound):
        view.get("DocumentReference", id_)
    with ward.store.view(TOM) as view:
        assert documents.opened(view, patient="eva", document=id_).body == b"Seen today."


def bare(text: bytes = b"Seen.", **more: Any) -> dict[str, Any]:
    import base64

    attachment = {"contentType": "text/plain", "data": base64.b64encode(text).decode()}
    return {"resourceType": "DocumentReference", "id": "fax1", "status": "current", "content": [{"attachment": attachment}], **more}


def test_over_the_api_it_comes_the_same_way(ward: Ward) -> None:
    said = states.with_said(bare(), CERTAIN)
    ward.put(said, who=MERCY)
    found = document(ward, "fax1")
    assert found["subject"] == {"reference": "Patient/eva"} and "data" not in found["content"][0]["attachment"]
    ward.put({**bare(b"Again."), "id": "fax2"}, who=MERCY)
    with ward.store.view(CLEO) as view:
        assert [each.id for each in inbound.waiting(view)] == ["fax2"]
    with pytest.raises(Invalid, match="something else than it is"):
        ward.put({**bare(b"<html><script>x</script>"), "id": "fax3"}, who=MERCY)


def test_nobody_puts_a_patient_on_a_paper_past_the_desk(ward: Ward) -> None:
    ward.put(bare())
    found = document(ward, "fax1")
    eva = {"reference": "Patient/eva"}
    with pytest.raises(Invalid, match="inbound desk"):
        ward.put({**found, "subject": eva}, who=CLEO)
    filed = states.brought(found, state="filed", patient="Patient/eva")
    with pytest.raises(Invalid, match="becomes"):
        ward.put({**filed, "subject": eva}, who=CLEO)
    with pytest.raises(Invalid, match="another agrees"):
        ward.put(states.brought(found, state="agreed", patient="Patient/eva"), who=CLEO)
    with pytest.raises(Invalid, match="not deleted"), ward.change(MERCY) as change:
        change.delete("DocumentReference", "fax1")
    kept = came(ward, CERTAIN)
    with pytest.raises(Invalid, match="inbound desk"):
        ward.put({key: value for key, value in document(ward, kept.id).items() if key != "subject"}, who=LUIS)


def test_somebody_hidden_who_fits_keeps_it_from_filing_itself(ward: Ward) -> None:
    star = {"meta": {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "CEL"}]}}
    ward.put(person("eva2", "Eva Stone", "1955-03-03", **star))
    id_ = came(ward, CERTAIN).id
    assert subject(ward, id_) is None
    with ward.store.view(CLEO) as view:
        _, question, found = inbound.proposals(view, id_)
        assert len(question.candidates) == 2 and [each.candidate.reference for each in found] == ["Patient/eva"]
    with ward.change(CLEO) as change:
        assert inbound.file(change, document=id_, patient="Patient/eva") == "proposed"


def test_another_team_cannot_take_anything_out(ward: Ward) -> None:
    id_ = came(ward, CERTAIN).id
    with pytest.raises(NotFound), ward.change(PRIYA) as change:
        inbound.wrong(change, document=id_, reason="?")
