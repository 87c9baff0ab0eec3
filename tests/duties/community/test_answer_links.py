"""A party answers through its link: only what the table allows, only the newest link, only while the patient agrees; the least is shown."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.duties.ward import HUB, TOM, Ward, of_team, patient

import baton.demo
from baton.duties.community import answer_links, community, needs
from baton.duties.contact import safe_contact
from baton.duties.privacy import accounting, consents, links
from baton.duties.referrals import answering
from baton.intake import hsds
from baton.store import Invalid, NotFound
from baton.store.postgres import Database

TOWN = Path(baton.demo.__file__).parent / "data" / "larkhaven-directory"
EVA = "Patient/eva"
MOBILE = {"system": "phone", "use": "mobile", "value": "(401) 555-0190"}


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    ward = Ward(database, "2026-07-02T09:00:00")
    hsds.load(ward.store, HUB, TOWN)
    ward.put(patient(birth="1986-03-03", telecom=[MOBILE]), of_team())
    yield ward
    ward.store.close()


def referred(ward: Ward) -> str:
    with ward.change(TOM) as change:
        need = needs.raise_need(change, patient=EVA, need="housing-instability", said="Two months behind").id
        pantry = next(str(each["id"]) for each in change.find("HealthcareService") if each.get("name") == "Rent help fund")
        return community.refer(change, need=need, service=pantry, signed=True, note="Can come on Tuesdays").id


def sent(ward: Ward, task: str) -> answering.Sent:
    with ward.change(TOM) as change:
        return answer_links.send(change, task=task)


def says(ward: Ward, link: answering.Sent, what: str, **said: str) -> answer_links.Shown:
    with ward.change(HUB) as change:
        return answer_links.answer(change, link=link.token, code=link.code, by="Pat, Rent help fund", what=what, **said)


def test_the_whole_way_is_answered_by_the_party_itself(ward: Ward) -> None:
    task = referred(ward)
    link = sent(ward, task)
    with ward.change(HUB) as change:
        first = answer_links.looked(change, link=link.token, code=link.code)
    told = {str(each) for each in dataclasses.astuple(first)}
    assert first.name == "Eva Stone" and first.phone == MOBILE["value"] and first.note == "Can come on Tuesdays"
    assert not any("1986" in each or "Two months" in each for each in told), "no birth date, and not what was said of the need"
    assert first.moves == ("accept", "decline") and not first.may_enroll
    assert says(ward, link, "accept").state == "accepted"
    assert says(ward, link, "not-enrolled-on-waitlist").enrollment == "not-enrolled-on-waitlist"
    with pytest.raises(Invalid, match="Say why"):
        says(ward, link, "hold")
    assert says(ward, link, "hold", reason="needs landlord form").reason == "needs landlord form"
    assert says(ward, link, "resume").state == "in-progress"
    with pytest.raises(Invalid, match="cannot be said now"):
        says(ward, link, "accept")
    last = says(ward, link, "enrolled", note="Two months paid")
    assert (last.state, last.enrollment, last.moves, last.ended) == ("completed", "enrolled", (), True)
    with ward.store.view(TOM) as view:
        given = answering.answered(view.get("Task", task), view)
        mine = answering.link_of(view.get("Task", task), view)
        known = accounting.accounting(view, patient=EVA)
    assert [each.what for each in given] == ["enrolled", "resume", "hold", "not-enrolled-on-waitlist", "accept"]
    assert {each.by for each in given} == {"Pat, Rent help fund"} and mine is not None and not mine.open and mine.looked
    assert [each.recipient for each in known.left_out] == ["Rent help fund, Harbor Tenants’ Union"] and not known.listed
    assert ward.violations() == []


def test_only_the_newest_link_with_its_code_works_and_not_for_ever(ward: Ward) -> None:
    task = referred(ward)
    old = sent(ward, task)
    ward.at("2026-07-02T09:05:00")
    link = sent(ward, task)
    packet = answering.Sent(links_packet(ward, task), "", link.until)
    with ward.store.view(HUB) as view:
        for token, code in ((old.token, old.code), (link.token, "12345678"), (link.token + "x", link.code), (packet.token, packet.code)):
            with pytest.raises(NotFound):
                answer_links.opened(view, token, code)
        assert answer_links.opened(view, link.token, link.code)["id"] == task
    ward.time += timedelta(days=31)
    with ward.store.view(HUB) as view, pytest.raises(NotFound):
        answer_links.opened(view, link.token, link.code)


def links_packet(ward: Ward, task: str) -> str:
    with ward.store.view(HUB) as view:
        return links.token(view, task)


def test_it_ends_when_it_is_taken_back_or_the_patient_agrees_no_longer(ward: Ward) -> None:
    task = referred(ward)
    link = sent(ward, task)
    with ward.change(TOM) as change:
        answering.take_back(change, task=task)
    with ward.store.view(HUB) as view, pytest.raises(NotFound):
        answer_links.opened(view, link.token, link.code)
    link = sent(ward, task)
    with ward.change(TOM) as change:
        (consent,) = change.find("Consent", patient=EVA)
        consents.revoke(change, consent=str(consent["id"]), on=date(2026, 7, 2), in_writing=True)
    with ward.store.view(HUB) as view, pytest.raises(NotFound):
        answer_links.opened(view, link.token, link.code)
    with pytest.raises(Invalid, match="has not agreed"):
        sent(ward, task)


def test_whose_safety_depends_on_it_is_reached_only_as_they_asked(ward: Ward) -> None:
    link = sent(ward, referred(ward))
    with ward.change(TOM) as change:
        safe_contact.state(change, patient=EVA, asked=safe_contact.SafeContact(phone="(401) 555-0111", only=True, safety=True))
    with ward.change(HUB) as change:
        assert answer_links.looked(change, link=link.token, code=link.code).phone == "(401) 555-0111"


def test_no_number_that_was_ruled_out_is_told(ward: Ward) -> None:
    link = sent(ward, referred(ward))
    for asked, told in (({"avoid": ("phone",)}, ""), ({"avoid": ("sms",)}, MOBILE["value"]), ({"safety": True}, "")):
        with ward.change(TOM) as change:
            safe_contact.state(change, patient=EVA, asked=safe_contact.SafeContact(**asked))
        with ward.change(HUB) as change:
            assert answer_links.looked(change, link=link.token, code=link.code).phone == told, asked
