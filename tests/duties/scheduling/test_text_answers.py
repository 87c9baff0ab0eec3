"""S12: an answer by text confirms or cancels the one date it can be about; whatever is not plain is kept and waits for a person."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from tests.duties.scheduling.clinic import need
from tests.duties.scheduling.test_booking import at, booked, do, hold, outbox, wanted, write_to
from tests.duties.scheduling.texting import LAN, NUMBER, texted, texting
from tests.duties.ward import HUB, TOM, Ward, of_team, patient

from baton.duties import codes
from baton.duties.patients import identity
from baton.duties.scheduling import booking, notices, told
from baton.store.postgres import Database


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    with texting(database) as ward:
        yield ward


def owed(ward: Ward) -> list[str]:
    return [str(codes.promise_code(each)) for each in ward.find("Task", patient=LAN) if codes.is_open(each)]


def texts(ward: Ward) -> list[dict[str, object]]:
    return [each for each in ward.find("Communication", patient=LAN) if "text-answer" in str(each.get("category"))]


@pytest.mark.parametrize(
    ("said", "status", "reply"), [("1", "booked", "yes"), (" Sí! ", "booked", "yes"), ("2", "cancelled", "no"), ("NO.", "cancelled", "no")]
)
def test_a_plain_answer_to_a_reminder_confirms_or_cancels(ward: Ward, said: str, status: str, reply: str) -> None:
    _, appointment = booked(ward, at(4, 10))
    ward.at("2026-07-09T10:30:00")
    partial(notices.remind, HUB)(ward.store, ward.time)
    assert outbox(ward)[-1][1]["reply"] == "O conteste este mensaje: 1 sí voy, 2 no puedo ir."
    assert texted(ward, said) == "answered"
    after = ward.get(f"Appointment/{appointment}")
    assert (after["status"], notices.replied(after)) == (status, reply)
    assert [each["payload"][0]["contentString"] for each in texts(ward)] == [said.strip()]  # type: ignore[index]
    assert (codes.BY_HAND in owed(ward)) == (status == "cancelled"), "cancelled, somebody owes a new time"
    assert ward.violations() == []


def test_the_answer_to_a_change_counts_as_read_and_accepted(ward: Ward) -> None:
    _, appointment = booked(ward)
    do(ward, booking.reschedule, appointment=appointment, start=at(1, 11))
    assert texted(ward, "1") == "answered"
    with ward.store.view(TOM) as view:
        me = told.of(view, appointment)[0].of(LAN)
    assert me is not None and {(each.kind, each.evidence) for each in me.receipts} == {("read", "text-answer"), ("accepted", "text-answer")}


def test_the_same_message_twice_is_one(ward: Ward) -> None:
    _, appointment = booked(ward)
    assert [texted(ward, "1", message="SM1"), texted(ward, "1", message="SM1")] == ["answered", "known"]
    assert len(texts(ward)) == 1
    assert texted(ward, "2", message="SM2") == "to-be-read", "who has said yes and now says no is read by a person"
    assert ward.get(f"Appointment/{appointment}")["status"] == "booked"


@pytest.mark.parametrize("said", ["12", "can I come later?", "STOP it please", "", "1 but my mother is ill"])
def test_what_is_not_plain_waits_for_a_person_with_its_words(ward: Ward, said: str) -> None:
    _, appointment = booked(ward)
    assert texted(ward, said) == "to-be-read"
    assert notices.replied(ward.get(f"Appointment/{appointment}")) is None
    assert "message-answer" in " ".join(owed(ward))
    if said:
        assert said in str(texts(ward)) and said in str(ward.find("Communication", patient=LAN))
    assert ward.violations() == []


def test_two_open_dates_are_not_guessed_but_the_one_reminded_of_is_plain(ward: Ward) -> None:
    booked(ward, at(4, 10))
    (other,) = hold(ward, wanted(need(ward, "Second"), at(14, 10)))
    do(ward, booking.book, appointment=other)
    assert texted(ward, "1") == "to-be-read"
    ward.at("2026-07-09T10:30:00")
    partial(notices.remind, HUB)(ward.store, ward.time)
    assert texted(ward, "1") == "answered"
    assert notices.replied(ward.get(f"Appointment/{other}")) is None


def test_a_number_of_nobody_or_of_two_goes_to_the_inbound_desk_and_names_nobody(ward: Ward) -> None:
    booked(ward)
    assert texted(ward, "1", "+1 401 555 7777") == "nobody"
    twin = identity.with_preferences(patient(telecom=[{"system": "phone", "value": NUMBER}]), identity.preferences(ward.get(LAN)))
    ward.put(twin, of_team())
    assert texted(ward, "2") == "nobody"
    assert [each["status"] for each in ward.find("Appointment", patient=LAN)] == ["booked"]
    waiting = [each for each in ward.find("DocumentReference") if each.get("description") == "A text message"]
    assert len(waiting) == 2 and not any("subject" in each for each in waiting)


def test_who_did_not_choose_texts_does_not_answer_by_one(ward: Ward) -> None:
    booked(ward)
    write_to(ward, "email", "es")
    assert texted(ward, "2") == "nobody"
    assert [each["status"] for each in ward.find("Appointment", patient=LAN)] == ["booked"]


def test_without_an_open_date_nothing_is_answered(ward: Ward) -> None:
    assert texted(ward, "1") == "to-be-read"
