"""Reconciling the medicines: three lists, each difference named, decided, signed by whoever is licensed, and the promise kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.duties.ward import LUIS, MERCY, PRIYA, TOM, Ward, of_team, patient, staff, stay

from baton.duties import codes
from baton.duties.records import reconciliation
from baton.duties.records.reconciliation import Sheet
from baton.store import Invalid, NotFound, Who
from baton.store.postgres import Database

EVA = {"reference": "Patient/eva"}
PAT = Who("Practitioner/pat", "Pat Fox", "pharmacist", ("Organization/heart",), "desk")


def order(id_: str, text: str, on: str, directions: str = "", status: str = "active", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest", "id": id_, "status": status, "intent": "order", "subject": EVA, "authoredOn": on,
        "medicationCodeableConcept": {"text": text}, **({"dosageInstruction": [{"text": directions}]} if directions else {}), **more,
    }  # fmt: skip


UNTIL = {"dispenseRequest": {"validityPeriod": {"start": "2025-01-01", "end": "2026-07-02"}}}


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    ward = Ward(database)
    ward.put(
        patient(), of_team(), staff(PAT),
        {"resourceType": "Practitioner", "id": "pat", "active": True, "name": [{"family": "Fox", "given": ["Pat"]}],
         "qualification": [{"code": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0360", "code": "RPH"}]}}]},
        order("f40", "furosemide 40 mg", "2025-01-01", "1 tablet in the morning", "stopped", **UNTIL),
        order("ibu", "ibuprofen 400 mg", "2025-01-01", "1 tablet as needed", "stopped", **UNTIL),
        order("met", "metformin 500 mg", "2024-01-01", "1 tablet twice a day"), order("bisa", "metoprolol tartrate 25 mg", "2025-03-01"),
    )  # fmt: skip
    ward.put(stay())
    ward.put(
        order("f80", "furosemide 80 mg", "2026-07-02", "1 tablet in the morning"),
        order("spiro", "spironolactone 25 mg", "2026-07-02", "1 tablet once a day"),
        order("succ", "metoprolol succinate 50 mg", "2026-07-02"),
    )  # fmt: skip
    ward.at("2026-07-07T09:15:00")
    yield ward
    ward.store.close()


def sheet(ward: Ward, who: Who = TOM) -> Sheet:
    with ward.store.view(who) as view:
        return reconciliation.sheet(view, patient="eva")


def kinds(ward: Ward) -> list[tuple[str, str]]:
    return [(each.difference.kind, each.difference.name) for each in sheet(ward).decided]


def says(ward: Ward, *texts: tuple[str, str]) -> None:
    for text, directions in texts:
        with ward.change(TOM) as change:
            reconciliation.takes(change, patient="eva", text=text, directions=directions)


def settle(ward: Ward, decisions: dict[str, str] | None = None, who: Who = TOM) -> None:
    for each in sheet(ward).decided:
        chosen = (decisions or {}).get(each.difference.kind, "as-discharged" if "as-discharged" in each.choices else "stop")
        with ward.change(who) as change:
            reconciliation.decide(change, patient="eva", difference=each.id, decision=chosen, note="They said so")


def test_three_lists_side_by_side_with_every_difference_named(ward: Ward) -> None:
    assert [each.text for each in sheet(ward).lists.before] == [
        "furosemide 40 mg", "ibuprofen 400 mg", "metformin 500 mg", "metoprolol tartrate 25 mg",
    ]  # fmt: skip
    assert kinds(ward) == [
        ("new", "spironolactone"), ("stopped", "ibuprofen"), ("dose-changed", "furosemide"), ("duplicate-ingredient", "metoprolol"),
    ]  # fmt: skip
    says(ward, ("Lasix furosemide 40 mg", "1 tablet in the morning"), ("ibuprofen 400 mg", "2 tablets"))
    says(ward, ("metformin 500 mg", "1 tablet twice a day"), ("Zorblax", "a spoon"), ("naproxen 220 mg", "1 tablet twice a day"))
    assert kinds(ward) == [
        ("new", "spironolactone"), ("dose-changed", "furosemide"), ("dose-differs", "furosemide"), ("not-taking", "metoprolol"),
        ("not-taking", "spironolactone"), ("taking-stopped", "ibuprofen"), ("taking-unlisted", "naproxen"), ("taking-unlisted", "zorblax"),
        ("duplicate-ingredient", "metoprolol"), ("duplicate-therapy", "ibuprofen + naproxen"),
    ]  # fmt: skip
    unsure = {each.difference.name for each in sheet(ward).decided if not each.difference.sure}
    assert unsure == {"zorblax"}


def test_taking_as_ordered_leaves_no_difference_to_now(ward: Ward) -> None:
    orders = tuple(each.reference for each in sheet(ward).lists.discharge)
    with ward.change(TOM) as change:
        reconciliation.take_as_ordered(change, patient="eva", orders=orders)
    assert not [kind for kind, _ in kinds(ward) if kind.startswith(("taking", "not-", "dose-differs"))]
    with pytest.raises(Invalid, match="not on the list"), ward.change(TOM) as change:
        reconciliation.take_as_ordered(change, patient="eva", orders=("MedicationRequest/ibu",))


def test_decided_signed_and_the_promise_kept(ward: Ward) -> None:
    assert ward.status()[codes.RECONCILIATION] == "requested"
    with pytest.raises(Invalid, match="Ask what the patient takes now"), ward.change(TOM) as change:
        reconciliation.sign(change, patient="eva")
    says(ward, ("furosemide 40 mg", "1 tablet in the morning"), ("ibuprofen 400 mg", ""), ("metformin 500 mg", "1 tablet twice a day"))
    settle(ward, {"taking-stopped": "ask"})
    with pytest.raises(Invalid, match="not settled"), ward.change(TOM) as change:
        reconciliation.sign(change, patient="eva")
    settle(ward)
    with ward.change(TOM) as change:
        signed = reconciliation.sign(change, patient="eva").resource()
    assert {(each["flag"]["coding"][0]["code"], each["item"]["display"].partition(" ")[0]) for each in signed["entry"]} == {
        ("take", "furosemide"), ("take", "metformin"), ("take", "metoprolol"), ("take", "spironolactone"), ("stop", "ibuprofen"),
    }  # fmt: skip
    task = ward.promises()[codes.RECONCILIATION]
    assert task["status"] == "completed" and ward.violations() == []
    (procedure,) = ward.find("Procedure", patient="Patient/eva")
    assert procedure["performer"][0]["actor"]["reference"] == TOM.person and procedure["encounter"] == {"reference": "Encounter/stay"}
    now = sheet(ward)
    assert now.signed_by == "Tom Brandt" and now.left == 0
    issues = ward.find("DetectedIssue", patient="Patient/eva")
    assert {each["status"] for each in issues} == {"final"} and any(each["code"]["coding"][-1]["code"] == "DUPTHPGEN" for each in issues)


def test_without_a_licence_nobody_signs_and_a_pharmacist_may(ward: Ward) -> None:
    says(ward, ("furosemide 80 mg", "1 tablet in the morning"))
    settle(ward)
    for who in (LUIS, replace(TOM, person="Practitioner/somebody")):
        with pytest.raises(Invalid, match="whose licence is in force"), ward.change(who) as change:
            reconciliation.sign(change, patient="eva")
    assert sheet(ward, LUIS).may_sign is False and any("Tom Brandt" in each for each in sheet(ward, LUIS).able)
    with ward.change(PAT) as change:
        reconciliation.sign(change, patient="eva")
    assert ward.status()[codes.RECONCILIATION] == "completed"


def test_a_raw_list_obeys_the_same(ward: Ward) -> None:
    raw = {
        "resourceType": "List", "id": "raw", "status": "current", "mode": "snapshot", "subject": EVA, "date": "2026-07-07T13:00:00Z",
        "identifier": [{"system": reconciliation.SIGNED, "value": "eva|stay"}],
        "code": {"coding": [{"system": codes.LOINC, "code": "10160-0"}]},
        "source": {"reference": LUIS.person},
    }  # fmt: skip
    with pytest.raises(Invalid, match="licence"):
        ward.put(raw, who=LUIS)
    ward.put(raw, who=MERCY)
    with pytest.raises(Invalid, match="sign anew"):
        ward.put({**ward.get("List/raw"), "date": "2026-07-08T13:00:00Z"}, who=MERCY)


def test_what_is_not_certain_takes_a_note(ward: Ward) -> None:
    says(ward, ("Zorblax", "a spoon"))
    one = next(each for each in sheet(ward).decided if each.difference.name == "zorblax")
    with pytest.raises(Invalid, match="not certain which medicine"), ward.change(TOM) as change:
        reconciliation.decide(change, patient="eva", difference=one.id, decision="stop")
    with pytest.raises(Invalid, match="Choose what"), ward.change(TOM) as change:
        reconciliation.decide(change, patient="eva", difference=one.id, decision="as-before")
    with pytest.raises(Invalid, match="no difference any more"), ward.change(TOM) as change:
        reconciliation.decide(change, patient="eva", difference="another", decision="stop")


def test_signed_again_the_earlier_list_is_retired(ward: Ward) -> None:
    says(ward, ("furosemide 80 mg", "1 tablet in the morning"))
    settle(ward)
    for _ in range(2):
        with ward.change(TOM) as change:
            reconciliation.sign(change, patient="eva")
    assert sorted(each["status"] for each in ward.find("List", patient="Patient/eva")) == ["current", "retired"]


def test_another_team_sees_nothing(ward: Ward) -> None:
    with ward.store.view(PRIYA) as view, pytest.raises(NotFound):
        reconciliation.sheet(view, patient="eva")
    with ward.store.view(TOM) as view:
        assert [name for _, name in reconciliation.waiting(view)] == ["Eva Stone"]
