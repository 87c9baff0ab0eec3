"""S06 and C04: everybody in an appointment is told of a change, once each; delivered, read and accepted are three things; clocks follow."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import pytest
from tests.duties.scheduling.clinic import need, open_clinic
from tests.duties.scheduling.test_booking import at, booked, do, hold, outbox, wanted, write_to
from tests.duties.ward import HUB, MERCY, TOM, Ward, of_team, patient, stay
from tests.store.test_access import let_in

from baton.duties import codes
from baton.duties.contact import safe_contact
from baton.duties.patients import network
from baton.duties.referrals import referrals
from baton.duties.scheduling import booking, notices, party_links, told
from baton.store import Invalid, NotFound, Who
from baton.store.postgres import Database

LAN, ANA, MINH = "Patient/lan", "RelatedPerson/ana", "RelatedPerson/minh"
LINH, HADDAD, ITO = "Practitioner/linh", "Practitioner/haddad", "Practitioner/ito"
MAILS = {"haddad": "haddad@example.org", "ito": "ito@example.org", "linh": "linh@example.org", "tom": "tom@example.org"}
SAID = ("Cardiology", "Haddad", "Lan", "Linh", "Ana", "10:00", "11:00", "Heart", "2026")


def mail(address: str) -> list[dict[str, str]]:
    return [{"system": "email", "value": address}]


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    """The clinic, where everybody has an address; Lan lets Ana into her dates, and Minh comes along."""
    ward = Ward(database, start="2026-07-03T09:00:00")
    open_clinic(ward)
    for id_, address in MAILS.items():
        ward.put({**ward.get(f"Practitioner/{id_}"), "telecom": mail(address)})
    rides = {"resourceType": "HealthcareService", "id": "rides", "active": True, "name": "Rides", "telecom": mail("rides@example.org")}
    org = {"resourceType": "Organization", "id": "heart-org", "active": True, "name": "Heart Clinic", "telecom": mail("desk@example.org")}
    kin = [
        {"resourceType": "RelatedPerson", "id": id_, "active": True, "patient": {"reference": LAN}, "name": [{"given": [id_.title()]}],
         "telecom": mail(f"{id_}@example.org")}
        for id_ in ("ana", "minh")
    ]  # fmt: skip
    ward.put(rides, org, {**ward.get("Location/heart"), "managingOrganization": {"reference": "Organization/heart-org"}}, *kin)
    ward.put(let_in("lan", ANA))
    with ward.change(TOM) as change:
        for each in (ANA, MINH):
            network.permit(change, person=each, told="appointments", source="patient-said")
    yield ward
    ward.store.close()


def everybody(ward: Ward) -> str:
    """A booked visit (Tuesday 10:00) with an interpreter, a ride and a companion."""
    actors = (HADDAD, LINH, "HealthcareService/rides", MINH)
    (appointment,) = hold(ward, wanted(need(ward), at(1, 10), *actors))
    do(ward, booking.book, appointment=appointment)
    return appointment


def sent(ward: Ward, since: int = 0) -> list[dict[str, Any]]:
    return [payload for _, payload in outbox(ward)[since:]]


def newest(ward: Ward, appointment: str) -> told.Notice:
    with ward.store.view(TOM) as view:
        return told.of(view, appointment)[0]


def hows(notice: told.Notice) -> dict[str, tuple[str, str, str]]:
    return {each.ref: (each.role, each.kind, each.how) for each in notice.parties}


def test_moved_everybody_is_told_once_and_nothing_says_who_or_what(ward: Ward) -> None:
    write_to(ward, "email", "vi")
    appointment = everybody(ward)
    before = len(outbox(ward))
    do(ward, booking.reschedule, appointment=appointment, start=at(1, 11))
    went = sent(ward, before)
    assert sorted(each["to"] for each in went) == sorted(
        ["lan@example.org", "ana@example.org", "minh@example.org", "haddad@example.org", "linh@example.org", "desk@example.org",
         "rides@example.org"]
    )  # fmt: skip
    assert not any(word in f"{each['subject']} {each['text']} {each['link']}" for each in went for word in SAID)
    notice = newest(ward, appointment)
    assert (notice.kind, notice.was, notice.by) == ("moved", at(1, 10), "Tom Brandt")
    assert hows(notice) == {
        LAN: ("patient", "moved", "email"),
        ANA: ("caregiver", "moved", "email"),
        MINH: ("companion", "moved", "email"),
        HADDAD: ("clinician", "moved", "email"),
        LINH: ("interpreter", "moved", "email"),
        "Location/heart": ("place", "moved", "email"),
        "HealthcareService/rides": ("service", "moved", "email"),
        "Organization/heart": ("promise", "moved", "on-today"),
    }
    assert ward.violations() == []


def test_another_clinician_is_told_of_a_new_date_and_the_first_that_it_is_theirs_no_more(ward: Ward) -> None:
    appointment = everybody(ward)
    do(ward, booking.reschedule, appointment=appointment, start=at(3, 11), actors=[ITO], site="Location/heart")
    found = hows(newest(ward, appointment))
    assert found[ITO][1] == "rebooked" and found[HADDAD][1] == "cancelled" and found[LINH][1] == "moved"
    stays = [each["actor"]["reference"] for each in ward.get(f"Appointment/{appointment}")["participant"]]
    assert {LINH, MINH, "HealthcareService/rides"} <= set(stays), "the interpreter, the companion and the ride come along"


def test_another_person_at_the_same_time_is_a_change_without_another_time(ward: Ward) -> None:
    appointment = everybody(ward)
    raw = ward.get(f"Appointment/{appointment}")
    others = [each for each in raw["participant"] if each["actor"]["reference"] != HADDAD]
    ito = {"actor": {"reference": ITO, "display": "Ito"}, "status": "accepted"}
    ward.put({**raw, "participant": [*others, ito]})
    notice = newest(ward, appointment)
    found = hows(notice)
    assert (notice.kind, notice.was) == ("moved", None)
    assert (found[ITO][1], found[HADDAD][1], found[LINH][1]) == ("rebooked", "cancelled", "moved")


def test_a_raw_write_tells_them_as_the_desk_does(ward: Ward) -> None:
    appointment = everybody(ward)
    raw = ward.get(f"Appointment/{appointment}")
    ward.put({**raw, "start": at(1, 14).isoformat(), "end": at(1, 14, 30).isoformat()}, who=MERCY)
    assert newest(ward, appointment).kind == "moved" and HADDAD in hows(newest(ward, appointment))
    count = len(outbox(ward))
    raw = ward.get(f"Appointment/{appointment}")
    ward.put({**raw, "comment": "bring the card"}, who=MERCY)
    assert len(outbox(ward)) == count, "what changes neither time nor people is nobody's news"


def test_cancelled_they_are_told_and_whoever_did_it_knows(ward: Ward) -> None:
    write_to(ward, "email", "es")
    appointment = everybody(ward)
    with ward.change(HUB) as change:
        link = notices.token(change, change.get("Appointment", appointment))
    with ward.change(Who(codes.HUB, "Baton", "system", (), "portal", on_behalf_of=LAN)) as change:
        notices.answer(change, link=link, said="no")
    found = hows(newest(ward, appointment))
    assert found[LAN] == ("patient", "cancelled", "did-it")
    assert {how for ref, (_, _, how) in found.items() if ref != LAN} == {"email", "on-today"}, "the team, which now owes a new time"


def test_after_a_death_the_family_gets_no_notice_and_those_who_come_do(ward: Ward) -> None:
    write_to(ward, "email", "es")
    appointment = everybody(ward)
    ward.put({**ward.get(LAN), "deceasedDateTime": "2026-07-03T08:00:00-04:00"})
    assert ward.get(f"Appointment/{appointment}")["status"] == "cancelled"
    found = hows(newest(ward, appointment))
    assert {LINH, HADDAD, "HealthcareService/rides"} <= set(found) and not {LAN, ANA, MINH} & set(found)


def test_missed_and_booked_again_everybody_of_the_new_time_is_told_the_patient_once(ward: Ward) -> None:
    write_to(ward, "email", "es")
    id_, first = booked(ward)
    ward.at("2026-07-07T12:00:00")
    do(ward, booking.no_show, appointment=first, reason="transport")
    before = len(outbox(ward))
    (again,) = hold(ward, wanted(id_, at(3, 10), HADDAD, LINH))
    assert len(outbox(ward)) == before, "a time that is only held is nobody's news"
    do(ward, booking.book, appointment=again)
    assert sorted(each["to"] for each in sent(ward, before)) == [
        "ana@example.org", "desk@example.org", "haddad@example.org", "lan@example.org", "linh@example.org"
    ]  # fmt: skip
    assert newest(ward, again).kind == "rebooked"
    tasks = [each for each in ward.find("Task", patient=LAN) if codes.is_open(each)]
    assert not [each for each in tasks if "Find a new time" in str(each.get("description"))], "the promise to find one is kept"


def test_who_may_not_know_is_not_told_and_who_cannot_be_written_to_is_owed_a_call(ward: Ward) -> None:
    appointment = everybody(ward)
    with ward.change(TOM) as change:
        network.permit(change, person=ANA, told="nothing", source="patient-said")
        safe_contact.state(change, patient=LAN, asked=safe_contact.SafeContact(avoid=("email",)))
    do(ward, booking.reschedule, appointment=appointment, start=at(1, 11))
    notice = newest(ward, appointment)
    assert hows(notice)[ANA][2] == "may-not-know" and hows(notice)[LAN][2] == "no-way"
    owed = ward.get(f"Task/{told.promise_id(notice.id)}")
    assert owed["description"] == "Tell the patient: Cardiology visit, now 2026-07-07 11:00"
    assert owed["restriction"]["period"]["end"].startswith("2026-07-06"), "by the end of the next business day"
    do(ward, booking.reschedule, appointment=appointment, start=at(1, 14))
    assert ward.get(f"Task/{told.promise_id(notice.id)}")["status"] == "cancelled", "it has changed again: one call is owed, not two"
    latest = newest(ward, appointment)
    with ward.change(TOM) as change:
        told.said(change, notice=latest.id, who=LAN)
    assert ward.get(f"Task/{told.promise_id(latest.id)}")["status"] == "completed"
    me = newest(ward, appointment).of(LAN)
    assert me is not None and [each.kind for each in me.receipts] == ["read"], "told is not agreed"
    assert ward.violations() == []


def test_delivered_read_and_accepted_are_three_things(ward: Ward) -> None:
    write_to(ward, "email", "es")
    appointment = everybody(ward)
    do(ward, booking.reschedule, appointment=appointment, start=at(1, 11))
    notice = newest(ward, appointment)
    link = next(each["link"] for each in sent(ward) if each.get("reader") == LINH).removeprefix("/d/")
    for _ in range(2):  # the outbox asks at least once
        told.delivered(ward.store, HUB, "mail", {"notice": notice.id, "reader": LINH})
    assert [each.kind for each in newest(ward, appointment).of(LINH).receipts] == ["delivered"]  # type: ignore[union-attr]
    with ward.change(HUB) as change:
        seen = party_links.looked(change, link=link)
    assert (seen.start, seen.was, seen.status, seen.may_decline) == (at(1, 11), at(1, 10), "booked", True)
    assert [each.kind for each in newest(ward, appointment).of(LINH).receipts] == ["delivered", "read"]  # type: ignore[union-attr]
    with ward.change(HUB) as change:
        assert party_links.answer(change, link=link, said="known").accepted
    assert newest(ward, appointment).of(LINH).has("accepted")  # type: ignore[union-attr]
    assert not newest(ward, appointment).of(HADDAD).receipts, "what one knows says nothing of another"  # type: ignore[union-attr]
    with pytest.raises(Invalid, match="does not prove"), ward.change(TOM) as change:
        told.receipt(change, notice.id, who=HADDAD, kind="accepted", evidence="smtp")


def test_an_interpreter_who_cannot_come_is_free_again_and_somebody_owes_another(ward: Ward) -> None:
    appointment = everybody(ward)
    do(ward, booking.reschedule, appointment=appointment, start=at(1, 11))
    link = next(each["link"] for each in sent(ward) if each.get("reader") == LINH).removeprefix("/d/")
    with ward.change(HUB) as change:
        assert party_links.answer(change, link=link, said="cannot").declined
    with pytest.raises(Invalid), ward.change(HUB) as change:
        party_links.answer(change, link=link, said="cannot")
    owed = [each["description"] for each in ward.find("Task", patient=LAN) if codes.is_open(each)]
    assert "Linh cannot come on 2026-07-07 11:00: find somebody else or another time" in owed
    ward.put(patient(), of_team())
    other = need(ward, "Another", who="eva")
    assert hold(ward, wanted(other, at(1, 11), LINH)), "their time is free"


def test_a_link_is_for_one_party_of_the_newest_notice_until_the_date_is_over(ward: Ward) -> None:
    appointment = everybody(ward)
    do(ward, booking.reschedule, appointment=appointment, start=at(1, 11))
    old = next(each["link"] for each in sent(ward) if each.get("reader") == LINH).removeprefix("/d/")
    do(ward, booking.reschedule, appointment=appointment, start=at(1, 14))
    new = [each["link"] for each in sent(ward) if each.get("reader") == LINH][-1].removeprefix("/d/")
    with ward.store.view(HUB) as view:
        assert party_links.opened(view, new)[1].ref == LINH
        for wrong in (old, new + "x", "", "x", f"{new.partition('.')[0]}.AAAA", f"nobody.{new.partition('.')[2]}"):
            with pytest.raises(NotFound):
                party_links.opened(view, wrong)
    ward.at("2026-07-07T16:00:00")
    with ward.store.view(HUB) as view, pytest.raises(NotFound):
        party_links.opened(view, new)


def test_whoever_owns_the_referral_or_a_promise_is_told_and_the_clocks_follow(ward: Ward) -> None:
    ward.put(patient(telecom=mail("eva@example.org")), stay(end="2026-07-02T14:10:00-04:00"), of_team())
    ward.put({"resourceType": "Organization", "id": "cardio", "active": True, "name": "Cardio", "telecom": mail("cardio@example.org")})
    with ward.change(TOM) as change:
        task = referrals.make(change, patient="eva", what="cardiology", to="Organization/cardio", question="?", reason="?").id
    with ward.change(TOM) as change:
        referrals.send(change, task=task, despite="the rest follows")
    with ward.change(TOM) as change:
        referrals.move(change, task=task, trigger="accept")
    asked = ward.get(f"Task/{task}")["focus"]["reference"]
    slot = {
        "resourceType": "Appointment", "id": "seen", "status": "booked", "basedOn": [{"reference": asked}], "description": "Cardiology",
        "start": at(1, 10).isoformat(), "end": at(1, 10, 30).isoformat(),
        "participant": [{"actor": {"reference": who}, "status": "accepted"} for who in ("Patient/eva", HADDAD)],
    }  # fmt: skip
    ward.put(slot)
    owed = {each["id"]: each for each in ward.find("Task", patient="Patient/eva") if codes.promise_code(each) == "referral-visit"}
    (promise,) = owed
    assert owed[promise]["restriction"]["period"]["end"].startswith("2026-07-08")
    before = len(outbox(ward))
    ward.put({**slot, "start": at(3, 11).isoformat(), "end": at(3, 11, 30).isoformat()})
    found = hows(newest(ward, "seen"))
    assert found["Organization/cardio"] == ("referral", "moved", "email") and found[TOM.person] == ("referral", "moved", "email")
    assert found["Organization/heart"] == ("promise", "moved", "on-today")
    went = {each["to"]: each["link"] for each in sent(ward, before)}
    assert went["tom@example.org"] == "/scheduling/appointment/seen" and went["cardio@example.org"].startswith("/d/")
    assert ward.get(f"Task/{promise}")["restriction"]["period"]["end"].startswith("2026-07-10"), "the day after the visit, where it is now"
    assert ward.get(f"Task/{task}")["businessStatus"]["coding"][0]["code"] == "5.1.1"
    assert "Appointment/seen" in str(ward.promises()[codes.VISIT]), "the visit owed after the discharge is this one still"
    assert ward.violations() == []


def test_the_portal_and_the_patients_link_say_that_they_read_and_agreed(ward: Ward) -> None:
    write_to(ward, "email", "es")
    appointment = everybody(ward)
    do(ward, booking.reschedule, appointment=appointment, start=at(1, 11))
    with ward.store.view(HUB) as view:
        assert told.waits(view, appointment=appointment, who=LAN) and told.waits(view, appointment=appointment, who=ANA)
    answer = functools.partial(notices.answer, said="yes")
    link = next(each["link"] for each in sent(ward) if each.get("reader") == LAN).removeprefix("/r/")
    with ward.change(HUB) as change:
        answer(change, link=link)
    me = newest(ward, appointment).of(LAN)
    assert me is not None and {(each.kind, each.evidence) for each in me.receipts} == {("read", "link"), ("accepted", "link")}
    with ward.store.view(HUB) as view:
        assert not told.waits(view, appointment=appointment, who=LAN) and told.waits(view, appointment=appointment, who=ANA)
