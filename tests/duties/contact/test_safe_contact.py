"""Safe contact holds in every channel: the decision, the call sheet, what is announced, and the outbox at the moment of sending."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from tests.duties.ward import HUB, TOM, Ward, of_team, patient, stay

from baton.duties import codes
from baton.duties.contact import safe_contact
from baton.duties.contact.safe_contact import AGAINST, SafeContact, answer
from baton.duties.patients import patients
from baton.duties.today import caseload
from baton.fhir.resource import extension
from baton.store import Invalid
from baton.store.postgres import Database
from baton.worker import outbox

HOME, MOBILE, SISTER = "(555) 014-2291", "(555) 014-1111", "+1 555 010 9999"
EVA: dict[str, Any] = patient(
    telecom=[{"system": "phone", "use": "home", "value": HOME}, {"system": "phone", "use": "mobile", "value": MOBILE}],
    address=[{"use": "home", "line": ["1 Quay Street"], "city": "Larkhaven"}],
)


@pytest.mark.parametrize(
    ("asked", "channel", "address", "expected"),
    [
        (None, "phone", HOME, (True, "allowed")),
        (None, "voicemail", HOME, (False, "voicemail-not-asked")),
        (SafeContact(avoid=("home",)), "phone", HOME, (False, "not-at-home")),
        (SafeContact(avoid=("home",)), "phone", MOBILE, (True, "allowed")),
        (SafeContact(avoid=("home",)), "mail", "1 Quay Street, Larkhaven", (False, "not-at-home")),
        (SafeContact(avoid=("home",)), "visit", None, (False, "not-at-home")),
        (SafeContact(avoid=("home",), address="PO Box 7"), "mail", "PO BOX 7", (True, "as-asked")),
        (SafeContact(avoid=("sms",)), "sms", MOBILE, (False, "no-sms")),
        (SafeContact(phone=SISTER, only=True), "phone", MOBILE, (False, "only-the-other-way")),
        (SafeContact(phone=SISTER, only=True), "phone", "555-010-9999", (True, "as-asked")),
        (SafeContact(phone=SISTER, only=True), "email", "eva@example.org", (False, "only-the-other-way")),
        (SafeContact(phone=SISTER, only=True), "portal", None, (True, "allowed")),
        (SafeContact(avoid=("voicemail",)), "voicemail", MOBILE, (False, "no-voicemail")),
    ],
)
def test_may_contact(asked: SafeContact | None, channel: str, address: str | None, expected: tuple[bool, str]) -> None:
    found = answer(asked, EVA, channel, address)
    assert (found.allowed, found.because) == expected


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    ward = Ward(database)
    ward.put(EVA, of_team(), stay())
    with ward.change(TOM) as change:
        asked = SafeContact(phone=SISTER, avoid=("home", "voicemail", "email"), safety=True, note="Ask for Eva only")
        safe_contact.state(change, patient="Patient/eva", asked=asked)
    yield ward
    ward.store.close()


def test_it_is_kept_replaced_and_withdrawn(ward: Ward) -> None:
    with ward.store.view(TOM) as view:
        kept = safe_contact.wanted_of(view, "Patient/eva")
    assert kept is not None and (kept.phone, kept.safety, kept.avoid) == (SISTER, True, ("home", "voicemail", "email"))
    with ward.change(TOM) as change:
        safe_contact.state(change, patient="Patient/eva", asked=SafeContact(avoid=("sms",)))
    assert len(ward.find("Consent", patient="Patient/eva", status="active")) == 1
    with ward.change(TOM) as change:
        safe_contact.withdraw(change, patient="Patient/eva")
    assert not ward.find("Consent", patient="Patient/eva", status="active")
    with pytest.raises(Invalid, match="which other way"), ward.change(TOM) as change:
        safe_contact.state(change, patient="Patient/eva", asked=SafeContact(only=True))


def test_the_call_sheet_and_the_page_show_only_numbers_that_may_be_called(ward: Ward) -> None:
    with ward.store.view(TOM) as view:
        sheet = caseload.sheet(view, task=ward.task(codes.CONTACT))
        page = patients.page(view, patient="eva")
    for contacts in (sheet.contacts, page.contacts):
        assert [each.phone for each in contacts] == [SISTER, MOBILE]
        assert not any(each.voicemail_ok for each in contacts)
    assert page.safe is not None and page.safe.note == "Ask for Eva only"


def test_a_message_left_where_none_is_wanted_is_kept_and_marked(ward: Ward) -> None:
    ward.attempt("left-message")
    ward.attempt("no-answer")
    marks = [extension(each, AGAINST) for each in ward.find("Communication", patient="Patient/eva", _sort="sent")]
    assert sorted(map(str, marks)) == ["None", "no-voicemail"]


def test_what_may_not_go_is_not_announced(ward: Ward) -> None:
    with pytest.raises(Invalid, match="not to be reached this way"), ward.change(TOM) as change:
        safe_contact.announce(change, patient="Patient/eva", channel="email", address="eva@example.org", topic="mail", payload={})


def test_the_outbox_asks_again_when_it_sends(ward: Ward, database: Database) -> None:
    sent: list[Any] = []
    with ward.change(TOM) as change:
        safe_contact.withdraw(change, patient="Patient/eva")
    with ward.change(TOM) as change:
        safe_contact.announce(
            change, patient="Patient/eva", channel="email", address="eva@example.org", topic="mail", payload={"text": "x"}
        )
    with ward.change(TOM) as change:
        safe_contact.state(change, patient="Patient/eva", asked=SafeContact(avoid=("email",)))
    with psycopg.connect(database.app_dsn) as connection:
        ((number,),) = connection.execute("select id from outbox").fetchall()
    with pytest.raises(outbox.UndeliverableError, match="no-email"):
        outbox.deliver(
            database.app_dsn, number, {"mail": sent.append}, now=ward.store.now(),
            objection=lambda payload: safe_contact.objection(ward.store, HUB, payload),
        )  # fmt: skip
    assert not sent


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (None, MOBILE),
        (SafeContact(phone=SISTER), SISTER),
        (SafeContact(avoid=("phone",)), None),
        (SafeContact(avoid=("phone",), phone=SISTER), SISTER),
        (SafeContact(avoid=("home",)), MOBILE),
        (SafeContact(address="PO Box 7", only=True), None),
    ],
)
def test_the_number_that_is_told_to_others_is_one_that_may_be_called(asked: SafeContact | None, expected: str | None) -> None:
    assert safe_contact.number(asked, EVA) == expected
