"""Texts stopped by a word and begun again: dated, confirmed once, for the number and nobody else; a visit is never cancelled by it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.duties.scheduling.test_booking import booked, outbox
from tests.duties.scheduling.texting import LAN, NUMBER, texted, texting
from tests.duties.ward import HUB, TOM, Ward, of_team, patient

from baton.duties import codes
from baton.duties.contact import safe_contact, text_stops
from baton.duties.contact.safe_contact import SafeContact
from baton.duties.scheduling import notices
from baton.store.postgres import Database


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    with texting(database) as ward:
        yield ward


def asked(ward: Ward, whose: str = LAN) -> SafeContact | None:
    with ward.store.view(TOM) as view:
        return safe_contact.wanted_of(view, whose)


def allowed(ward: Ward, channel: str = "sms") -> bool:
    with ward.store.view(TOM) as view:
        return safe_contact.may_contact(view, LAN, channel, NUMBER).allowed


def said_back(ward: Ward) -> list[dict[str, Any]]:
    return [payload for topic, payload in outbox(ward) if topic == "text" and "confirms" in payload]


def owed(ward: Ward) -> list[str]:
    found = [each for each in ward.find("Task", patient=LAN) if codes.is_open(each) and codes.promise_code(each) != "visit-readiness"]
    return [str(each.get("description")) for each in found]


@pytest.mark.parametrize("word", ["STOP", "stopall", "Unsubscribe", "END", "quit.", "ALTO", "parar", "¡Baja!", "CANCEL"])
def test_a_word_stops_texts_dated_and_confirmed_once(ward: Ward, word: str) -> None:
    assert allowed(ward)
    assert texted(ward, word, message="SM1") == "stopped"
    wish = asked(ward)
    assert wish is not None and wish.avoid == ("sms",) and wish.stopped == ward.time and wish.stopped_by == NUMBER
    assert not allowed(ward) and allowed(ward, "phone")
    (consent,) = ward.find("Consent", patient=LAN, status="active")
    assert consent["performer"] == [{"reference": LAN}] and consent["dateTime"].startswith("2026-07-03")
    (back,) = said_back(ward)
    spanish = word.casefold().strip("¡!") in ("alto", "parar", "baja")
    assert back["to"] == NUMBER and back["text"] == text_stops.WORDS["es" if spanish else "en"]["stopped"]
    assert [texted(ward, word, message="SM1"), texted(ward, word, message="SM2")] == ["known", "stopped"]
    assert len(said_back(ward)) == 1 and owed(ward) == [], "once confirmed nothing more is said, and nobody has to do anything"
    assert ward.violations() == []


@pytest.mark.parametrize("word", ["START", "unstop", "INICIAR"])
def test_start_takes_back_what_a_stop_did(ward: Ward, word: str) -> None:
    texted(ward, "STOP")
    assert texted(ward, word) == "started"
    assert allowed(ward) and asked(ward) is None
    assert [each["confirms"] for each in said_back(ward)] == ["stopped", "started"]
    assert texted(ward, word) == "to-be-read", "where nothing was stopped it is for a person"


def test_start_does_not_undo_what_a_person_was_told(ward: Ward) -> None:
    with ward.change(TOM) as change:
        safe_contact.state(change, patient=LAN, asked=SafeContact(avoid=("sms", "voicemail"), safety=True))
    assert texted(ward, "START") == "to-be-read" and not allowed(ward)
    assert texted(ward, "STOP") == "stopped"
    assert texted(ward, "START") == "started" and not allowed(ward), "only the number is open again: the wish stays as a person was told"
    assert asked(ward) == SafeContact(avoid=("sms", "voicemail"), safety=True, id=asked(ward).id)  # type: ignore[union-attr]


def test_the_rest_of_a_wish_stays_and_a_later_change_keeps_the_stop(ward: Ward) -> None:
    with ward.change(TOM) as change:
        safe_contact.state(change, patient=LAN, asked=SafeContact(avoid=("voicemail",), note="Mornings"))
    texted(ward, "STOP")
    with ward.change(TOM) as change:
        safe_contact.state(change, patient=LAN, asked=SafeContact(avoid=("voicemail", "sms"), note="Evenings"))
    wish = asked(ward)
    assert wish is not None and wish.stopped is not None and wish.note == "Evenings"
    texted(ward, "START")
    wish = asked(ward)
    assert wish is not None and (wish.avoid, wish.note, wish.stopped) == (("voicemail",), "Evenings", None)


def test_everybody_with_that_number_and_nobody_else(ward: Ward) -> None:
    ward.put(patient("twin", telecom=[{"system": "phone", "value": NUMBER}]), of_team("twin"), patient("other"), of_team("other"))
    texted(ward, "STOP")
    assert [bool(asked(ward, f"Patient/{each}")) for each in ("lan", "twin", "other")] == [True, True, False]


def test_a_number_nobody_has_is_remembered_and_no_paper_waits(ward: Ward) -> None:
    stranger = "+1 401 555 7777"
    assert texted(ward, "STOP", stranger) == "stopped"
    assert not [each for each in ward.find("DocumentReference") if each.get("description") == "A text message"]
    why = text_stops.objection(ward.store, HUB, {"to": "4015557777", "text": "Hello", "link": "/d/x", "reader": "Practitioner/x"})
    assert why == "whoever has this number wants no texts"
    assert text_stops.objection(ward.store, HUB, {"to": "a4015557777@example.org"}) is None
    assert text_stops.objection(ward.store, HUB, {"to": "4015550000"}) is None
    texted(ward, "START", stranger)
    assert text_stops.objection(ward.store, HUB, {"to": stranger}) is None


def test_the_confirmation_goes_out_at_once_or_never(ward: Ward) -> None:
    texted(ward, "STOP")
    (back,) = said_back(ward)
    assert text_stops.objection(ward.store, HUB, back) is None and safe_contact.objection(ward.store, HUB, back) is None
    ward.time += timedelta(minutes=6)
    assert text_stops.objection(ward.store, HUB, back) == "it would come too late"


def test_what_waits_to_be_sent_is_held_back(ward: Ward) -> None:
    booked(ward)
    waiting = [payload for topic, payload in outbox(ward) if topic == "text"]
    texted(ward, "STOP")
    assert waiting and all(safe_contact.objection(ward.store, HUB, each) for each in waiting)


def test_cancel_with_a_date_ahead_stops_texts_keeps_the_date_and_somebody_asks(ward: Ward) -> None:
    _, appointment = booked(ward)
    assert texted(ward, "CANCEL") == "stopped"
    after = ward.get(f"Appointment/{appointment}")
    assert (after["status"], notices.replied(after)) == ("booked", None) and not allowed(ward)
    assert owed(ward) == [text_stops.ASK]
    assert len(said_back(ward)) == 1 and "Your dates stay as they are" in said_back(ward)[0]["text"]
    assert ward.violations() == []


def test_stop_with_a_date_ahead_asks_nobody(ward: Ward) -> None:
    _, appointment = booked(ward)
    texted(ward, "STOP")
    assert ward.get(f"Appointment/{appointment}")["status"] == "booked" and owed(ward) == []


def test_a_person_is_asked_only_where_a_promised_contact_has_no_other_way(ward: Ward) -> None:
    with ward.change(TOM) as change:
        safe_contact.state(change, patient=LAN, asked=SafeContact(avoid=("phone", "voicemail", "email", "mail", "portal", "visit")))
    texted(ward, "STOP")
    assert owed(ward) == [], "nothing was promised"
    texted(ward, "START")
    booked(ward)
    texted(ward, "STOP")
    assert owed(ward) == [text_stops.NO_WAY] and ward.violations() == []


def test_what_is_no_such_word_is_read_as_before(ward: Ward) -> None:
    _, appointment = booked(ward)
    for said in ("please stop texting me", "cancelar"):
        assert texted(ward, said) == "to-be-read"
    assert texted(ward, "1") == "answered" and notices.replied(ward.get(f"Appointment/{appointment}")) == "yes"
