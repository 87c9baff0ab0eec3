"""C06: an outside office answers a medical referral through its link: the table's moves alone, the newest link alone, the least shown."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import datetime, timedelta

import psycopg
import pytest
from tests.duties.ward import HUB, TOM, ZONE, Ward, of_team, patient

from baton.duties.community import answer_links
from baton.duties.contact import safe_contact
from baton.duties.privacy import accounting, consents, links
from baton.duties.privacy.consent_terms import Party, Terms
from baton.duties.referrals import answering, office_links, referrals, states
from baton.store import Invalid, NotFound
from baton.store.labels import coding
from baton.store.postgres import Database

EVA = "Patient/eva"
BY = "Pat, Riverside Cardiology"
VISIT = datetime(2026, 7, 9, 10, tzinfo=ZONE)


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    ward = Ward(database, "2026-07-02T09:00:00")
    ward.put(patient(telecom=[{"system": "phone", "use": "mobile", "value": "(401) 555-0190"}]), of_team())
    mail = [{"system": "email", "value": "desk@riverside.example"}]
    ward.put({"resourceType": "Organization", "id": "riverside", "active": True, "name": "Riverside Cardiology", "telecom": mail})
    ward.put({"resourceType": "Condition", "subject": {"reference": EVA}, "code": {"text": "Chronic heart failure"}})
    yield ward
    ward.store.close()


def referred(ward: Ward, *, to: str = "riverside") -> str:
    with ward.change(TOM) as change:
        said = {"question": "Is it the valve?", "reason": "New murmur", "urgency": "urgent"}
        task = referrals.make(change, patient=EVA, what="cardiology consult", to=f"Organization/{to}", **said).id
    with ward.change(TOM) as change:
        referrals.send(change, task=task, despite="the rest follows")
    return task


def sent(ward: Ward, task: str, address: str = "") -> answering.Sent:
    with ward.change(TOM) as change:
        return office_links.send(change, task=task, address=address)


def says(ward: Ward, link: answering.Sent, what: str, **said: object) -> office_links.Shown:
    with ward.change(HUB) as change:
        return office_links.answer(change, link=link.token, code=link.code, by=BY, what=what, **said)  # type: ignore[arg-type]


def test_the_whole_way_is_answered_by_the_office_itself(ward: Ward) -> None:
    task = referred(ward)
    link = sent(ward, task)
    with ward.change(HUB) as change:
        first = office_links.looked(change, link=link.token, code=link.code)
    assert (first.name, first.phone, first.question, first.urgency) == ("Eva Stone", "(401) 555-0190", "Is it the valve?", "urgent")
    assert first.moves == ("accept", "decline")
    told = " ".join(str(each) for each in dataclasses.astuple(first))
    assert "heart failure" not in told and "murmur" not in told, "nothing of the chart, not even why"
    assert says(ward, link, "accept").state == "accepted/3.0"
    with pytest.raises(Invalid, match="Say when"):
        says(ward, link, "schedule")
    with pytest.raises(Invalid, match="still to come"):
        says(ward, link, "schedule", when=VISIT - timedelta(days=9))
    booked = says(ward, link, "schedule", when=VISIT)
    assert (booked.state, booked.booked) == ("in-progress/5.1.1", VISIT)
    ward.at("2026-07-09T12:00:00")
    with pytest.raises(Invalid, match="Say why"):
        says(ward, link, "no-show")
    assert says(ward, link, "no-show", reason="transport").state == "in-progress/5.1.2"
    with pytest.raises(Invalid, match="cannot be said now"):
        says(ward, link, "outcome")  # no way straight from a missed visit to done
    assert says(ward, link, "reschedule", when=VISIT + timedelta(days=7)).state == "in-progress/5.1.1"
    ward.at("2026-07-16T12:00:00")
    assert says(ward, link, "interim-note", note="seen today").state == "in-progress/5.1.4"
    last = says(ward, link, "outcome", note="letter follows")
    assert (last.state, last.moves) == ("completed/7.0", ())
    with ward.store.view(TOM) as view:
        given = answering.answered(view.get("Task", task), view)
        mine = answering.link_of(view.get("Task", task), view)
        known = accounting.accounting(view, patient=EVA)
    assert [each.what for each in reversed(given)] == ["accept", "schedule", "no-show", "reschedule", "interim-note", "outcome"]
    assert {each.by for each in given} == {BY} and mine is not None and not mine.open and mine.looked
    assert not known.listed and [each.recipient for each in known.left_out] == ["Riverside Cardiology"], "treatment is not counted"
    assert ward.violations() == []


def test_a_declined_one_says_why_and_a_cancellation_is_confirmed(ward: Ward) -> None:
    task = referred(ward)
    link = sent(ward, task)
    with pytest.raises(Invalid, match="Say why"):
        says(ward, link, "decline")
    assert says(ward, link, "decline", reason="no capacity").reason == "no capacity"
    other = referred(ward)
    link = sent(ward, other)
    with ward.change(TOM) as change:
        referrals.move(change, task=other, trigger="request-cancellation", reason="moved away")
    with ward.store.view(HUB) as view:
        assert set(office_links.shown(view, view.get("Task", other)).moves) == {"confirm-cancellation", "outcome"}
    assert says(ward, link, "confirm-cancellation").state == "cancelled/6.0"
    assert states.is_ended(ward.get(f"Task/{other}"))


def test_only_the_newest_link_with_its_code_works_taken_back_or_late_it_does_not(ward: Ward) -> None:
    task = referred(ward)
    old = sent(ward, task)
    ward.at("2026-07-02T09:05:00")
    link = sent(ward, task)
    with ward.store.view(HUB) as view:
        other = links.token(view, task, what=answer_links.WHAT)
        for token, code in (
            (old.token, old.code),
            (link.token, "12345678"),
            (link.token + "x", link.code),
            (other, links.code(view, other)),
        ):
            with pytest.raises(NotFound):
                office_links.opened(view, token, code)
        assert office_links.opened(view, link.token, link.code)["id"] == task
    with ward.change(TOM) as change:
        answering.take_back(change, task=task)
    with ward.store.view(HUB) as view, pytest.raises(NotFound):
        office_links.opened(view, link.token, link.code)
    link = sent(ward, task)
    ward.time += timedelta(days=31)
    with ward.store.view(HUB) as view, pytest.raises(NotFound):
        office_links.opened(view, link.token, link.code)


def test_the_mail_names_nobody_and_the_address_holds_nothing(ward: Ward) -> None:
    sent(ward, referred(ward))
    with psycopg.connect(ward.database.owner_dsn) as connection:
        [(topic, payload)] = connection.execute("select topic, payload from outbox order by id").fetchall()
    assert topic == "mail" and payload["to"] == "desk@riverside.example" and payload["link"].startswith("/o/")
    said = f"{payload['subject']} {payload['text']} {payload['link']}"
    assert not any(each in said for each in ("Eva", "Stone", "cardio", "valve", "murmur", "eva"))


def test_what_is_labelled_or_restricted_does_not_go_and_stops_going(ward: Ward) -> None:
    labelled = referred(ward)
    request = ward.get(f"Task/{labelled}")["focus"]["reference"]
    with ward.change(HUB) as change:
        asked = change.get(*request.split("/"))
        change.put({**asked, "meta": {"security": [coding("PART2")]}})
    with pytest.raises(Invalid, match="without the patient's consent"):
        sent(ward, labelled)
    task = referred(ward)
    link = sent(ward, task)
    with ward.change(TOM) as change:
        terms = Terms(kind="restriction", patient=EVA, description="Nothing to Riverside", signed_by=EVA, signed_on=ward.time.date(),
                      recipients=(Party("Riverside Cardiology", "Organization/riverside", "provider"),), purposes=("TREAT",))  # fmt: skip
        consents.record(change, terms=terms)
    with ward.store.view(HUB) as view, pytest.raises(NotFound):
        office_links.opened(view, link.token, link.code)
    with pytest.raises(Invalid, match="without the patient's consent"):
        sent(ward, task)


def test_an_office_without_an_address_is_sent_it_where_somebody_says(ward: Ward) -> None:
    ward.put({"resourceType": "Organization", "id": "bare", "active": True, "name": "Bare"})
    task = referred(ward, to="bare")
    with pytest.raises(Invalid, match="no e-mail address"):
        sent(ward, task)
    assert sent(ward, task, "front@bare.example").code
    with ward.store.view(TOM) as view:
        mine = answering.link_of(view.get("Task", task), view)
    assert mine is not None and mine.to == "front@bare.example"


def test_a_draft_and_a_closed_one_have_nothing_to_answer(ward: Ward) -> None:
    with ward.change(TOM) as change:
        draft = referrals.make(change, patient=EVA, what="echo", to="Organization/riverside").id
    with pytest.raises(Invalid, match="nothing to answer"):
        sent(ward, draft)


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        (safe_contact.SafeContact(phone="(401) 555-0111", only=True, safety=True), "(401) 555-0111"),
        (safe_contact.SafeContact(safety=True), ""),
        (safe_contact.SafeContact(avoid=("phone",)), ""),
        (safe_contact.SafeContact(avoid=("mail",)), "(401) 555-0190"),
    ],
)
def test_the_patient_is_reached_only_as_they_asked(ward: Ward, asked: safe_contact.SafeContact, shown: str) -> None:
    task = referred(ward)
    with ward.change(TOM) as change:
        safe_contact.state(change, patient=EVA, asked=asked)
    with ward.store.view(HUB) as view:
        assert office_links.shown(view, view.get("Task", task)).phone == shown
