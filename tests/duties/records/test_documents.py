"""A patient's documents: kept once, corrected by a newer one, refused whole; and a letter that answers a referral."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from tests.duties.ward import PRIYA, TOM, Ward, of_team, patient

from baton.duties import letters
from baton.duties.records import documents
from baton.duties.records.documents import Described, File, Kept
from baton.duties.referrals import referrals
from baton.store import Invalid, NotFound, labels
from baton.store.postgres import Database

EVA = "Patient/eva"
LETTER = Described("Letter of cardiology", "51852-2", date(2026, 7, 1), "Dr Ito", "riverside cardiology")


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    ward = Ward(database)
    ward.put(patient(), of_team(), {"resourceType": "Organization", "id": "cardio", "active": True, "name": "Riverside Cardiology"})
    yield ward
    ward.store.close()


def add(ward: Ward, text: bytes, said: Described = LETTER, **more: Any) -> Kept:
    with ward.change(TOM) as change:
        return documents.add(change, patient=EVA, upload=documents.checked("a.txt", text), said=said, **more)


def test_what_is_said_of_it_is_kept_with_it(ward: Ward) -> None:
    kept = add(ward, b"All is well.")
    found = ward.get(kept.reference)
    assert kept.new and found["status"] == "current" and found["date"].startswith("2026-07-01")
    assert found["author"] == [{"display": "Dr Ito"}] and found["custodian"]["reference"] == "Organization/cardio"
    with ward.store.view(TOM) as view:
        assert documents.opened(view, patient="eva", document=kept.id) == File("text/plain; charset=utf-8", b"All is well.", False)


def test_the_same_bytes_are_kept_once_and_others_with_their_digest_are_not_lost(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    first = add(ward, b"All is well.")
    assert add(ward, b"All is well.", Described("Under another title")) == Kept(first.reference, new=False)
    assert len(ward.find("DocumentReference", patient=EVA)) == 1 and len(ward.find("Binary")) == 1
    monkeypatch.setattr(letters, "digest", lambda body: "c2FtZQ==")
    again = add(ward, b"One")
    assert add(ward, b"Two").new and again.new


def test_a_corrected_one_replaces_and_keeps_labels_and_referral(ward: Ward) -> None:
    old = add(ward, b"Wrong.")
    label = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "HIV"}
    ward.put({**ward.get(old.reference), "meta": {"security": [label]}})
    new = add(ward, b"Right.", replaces=old.id)
    found = ward.get(new.reference)
    assert found["relatesTo"] == [{"code": "replaces", "target": {"reference": old.reference}}]
    assert "HIV" in {each["code"] for each in found["meta"]["security"]}
    assert ward.get(old.reference)["status"] == "superseded"
    with pytest.raises(Invalid, match="stands is replaced"):
        add(ward, b"Again.", replaces=old.id)
    assert not add(ward, b"Wrong.").new, "the old bytes are known, and do not come back as current"
    with ward.store.view(TOM) as view:
        shelf = documents.shelf(view, patient="eva")
    assert [each.id for each in shelf.documents] == [new.id]
    assert [(each.id, newer) for each, newer in shelf.replaced] == [(old.id, new.id)]


def test_the_bytes_of_a_part_2_program_are_kept_apart_from_the_same_without_its_protection(ward: Ward) -> None:
    add(ward, b"Stable.")
    with ward.change(TOM) as change:
        upload, mark = documents.checked("a.txt", b"Stable."), [labels.coding("PART2")]
        kept = documents.keep(
            change, patient=EVA, upload=upload, title="x", code="34133-9", of=None, category="records-received", marks=mark
        )
    assert kept.new


REFUSED = [
    (Described(" "), "Say what it is"),
    (Described("x" * 201), "at most 200"),
    (Described("x", "1-8"), "what kind"),
    (Described("x", of=date(2026, 8, 1)), "still to come"),
    (Described("x", related=("ServiceRequest/none",)), "not open any more"),
]


@pytest.mark.parametrize(("said", "why"), REFUSED)
def test_what_is_refused_leaves_nothing(ward: Ward, said: Described, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        add(ward, b"Some words.", said)
    assert not ward.find("DocumentReference", patient=EVA) and not ward.find("Binary")


def test_another_team_neither_adds_nor_opens(ward: Ward) -> None:
    kept = add(ward, b"All is well.")
    with pytest.raises(NotFound), ward.change(PRIYA) as change:
        documents.add(change, patient=EVA, upload=documents.checked("a.txt", b"x"), said=LETTER)
    with pytest.raises(NotFound), ward.store.view(PRIYA) as view:
        documents.opened(view, patient="eva", document=kept.id)


def test_a_letter_that_answers_a_referral_brings_its_review(ward: Ward) -> None:
    with ward.change(TOM) as change:
        task = referrals.make(change, patient="eva", what="cardiology consult", to="Organization/cardio", question="?", reason="?").id
    with ward.store.view(TOM) as view:
        assert documents.waiting(view, EVA) == (), "a draft waits for nothing from outside"
    with ward.change(TOM) as change:
        referrals.send(change, task=task, despite="the rest follows")
    for trigger in ("accept", "interim-note", "outcome"):
        with ward.change(TOM) as change:
            referrals.move(change, task=task, trigger=trigger)
    with ward.store.view(TOM) as view:
        (one,) = documents.waiting(view, EVA)
    assert one.to == "Riverside Cardiology" and "referral-result" in ward.promises()
    add(ward, b"The heart is well.", Described("Letter", related=(one.request,)))
    found = ward.promises()
    assert found["referral-result"]["status"] == "completed" and found["referral-review"]["status"] == "requested"
