"""What leaves by letter or paper is shown before it does, decided again in the act, recorded as it was shown, and posted only as asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.duties.privacy.test_consents import PART2
from tests.duties.ward import HUB, PRIYA, TOM, Ward, of_team, patient

from baton.duties import letters
from baton.duties.contact import safe_contact, threads
from baton.duties.contact.safe_contact import SafeContact
from baton.duties.privacy import consents, disclosure, requests, slips
from baton.duties.privacy.accounting import accounting
from baton.duties.privacy.consent_terms import Terms
from baton.duties.privacy.decisions import Recipient
from baton.duties.privacy.slips import EXITS, Slip
from baton.duties.records import records
from baton.duties.records.states import Request
from baton.duties.support import education
from baton.fhir.resource import extension
from baton.paper import Paper, Text
from baton.store import Conflict, Invalid, NotFound
from baton.store.postgres import Database

LAKESIDE = Recipient("Lakeside Cardiology", "provider", None, "+1 555 014 7001")
HILLSIDE = Recipient("Hillside Recovery", "part2-program", None, "+1 555 014 7002")
WAYS = ("fax",)
HOME, SISTER = "1 Quay Street, Larkhaven", "+1 555 010 9999"
EVA = patient(
    address=[{"use": "home", "line": ["1 Quay Street"], "city": "Larkhaven"}],
    telecom=[{"system": "phone", "use": "home", "value": "(555) 014-2291"}, {"system": "email", "value": "eva@example.org"}],
)


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    ward = Ward(database, "2026-06-15T09:00:00")
    ward.put(EVA, of_team())
    yield ward
    ward.store.close()


def words(asked: Request) -> Paper:
    return Paper("Request for health records", [Text(asked.what)])


def shown(ward: Ward, source: Recipient = LAKESIDE) -> Slip:
    with ward.store.view(TOM) as view:
        found = records.rehearse(view, patient="Patient/eva", source=source, purpose="TREAT", channels=WAYS)
    assert isinstance(found, Slip), found
    return found


def ask(ward: Ward, seen: str | None, source: Recipient = LAKESIDE) -> str:
    with ward.change(TOM, "records wanted") as change:
        return records.ask(
            change, patient="Patient/eva", what="Consult note", source=source, channels=WAYS, letter=words, seen=seen
        ).id  # fmt: skip


def disclosures(ward: Ward) -> list[dict[str, object]]:
    return ward.find("Communication", patient="Patient/eva", category="disclosure")


def asked_for(ward: Ward, asked: SafeContact) -> None:
    with ward.change(TOM) as change:
        safe_contact.state(change, patient="Patient/eva", asked=asked)


def test_a_letter_leaves_as_it_was_shown_and_the_accounting_has_the_line_that_was_shown(ward: Ward) -> None:
    slip = shown(ward)
    assert slip.leaves and slip.permission == "treatment" and not slip.counts and "name" in slip.exit.holds
    ask(ward, slip.digest)
    (told,) = disclosures(ward)
    parts = {each["url"]: each for each in extension(told, disclosure.DISCLOSED)}
    assert parts["rehearsal"]["valueString"] == slip.digest and parts["permission"]["valueString"] == slip.permission
    with ward.store.view(TOM) as view:
        (line,) = accounting(view, patient="Patient/eva").left_out
    assert line.recipient == LAKESIDE.name and line.counts is slip.counts


@pytest.mark.parametrize("seen", ["", "something else"])
def test_what_was_not_shown_does_not_leave_and_nothing_is_half_done(ward: Ward, seen: str) -> None:
    with pytest.raises(Conflict, match="not what you saw"):
        ask(ward, seen)
    assert not disclosures(ward) and not ward.find("CommunicationRequest", patient="Patient/eva")


def test_a_consent_taken_back_after_the_rehearsal_stops_the_letter(ward: Ward) -> None:
    with ward.change(TOM) as change:
        kept = consents.record(change, terms=replace(PART2, id=""))
    slip = shown(ward, HILLSIDE)
    assert slip.permission == "treatment" and slip.consents == (kept.reference,)
    request = ask(ward, slip.digest, HILLSIDE)
    with ward.change(TOM) as change:
        consents.revoke(change, consent=kept.reference, on=change.now.date(), in_writing=True)
    with pytest.raises((Invalid, Conflict)), ward.change(TOM) as change:
        records.chase(change, request=request, letter=words, seen=slip.digest)
    assert len(disclosures(ward)) == 1


def test_a_restriction_is_shown_as_the_reason_and_holds(ward: Ward) -> None:
    before = shown(ward)
    with ward.change(TOM) as change:
        consents.record(change, terms=Terms("restriction", "Patient/eva", "Nothing to Lakeside", classes=("*",)))
    now = shown(ward)
    assert not now.leaves and now.because == "restriction" and now.digest != before.digest
    with pytest.raises(Invalid, match="holds the letter back"):
        ask(ward, now.digest)


@pytest.mark.parametrize("code", [code for code, each in EXITS.items() if each.to == "patient"])
def test_papers_for_the_patient_are_their_own_access_and_not_counted(ward: Ward, code: str) -> None:
    with ward.store.view(TOM) as view:
        slip = slips.handed(view, code, patient="Patient/eva")
    assert (slip.permission, slip.counts, slip.recipient.kind) == ("individual", False, "patient")
    assert slip.post is not None and slip.post.allowed


def test_the_answer_to_a_request_is_decided_again_and_kept_with_it(ward: Ward) -> None:
    with ward.change(TOM) as change:
        task = requests.receive(change, patient="Patient/eva", code="access-request", what="All of it")
    with ward.change(TOM) as change:
        requests.deny(change, task=task.id, ground="not-held", reason="It is at Mercy.", letter=Paper("Answer", [Text("No.")]))
    (letter,) = [each for each in ward.find("DocumentReference", patient="Patient/eva")]
    assert letter["description"] == "Answer"


def test_a_month_goes_to_whoever_bills_for_payment(ward: Ward) -> None:
    with ward.store.view(TOM) as view:
        slip = slips.decided(slips.of_month(view, "month-table"), None)
    assert (slip.permission, slip.counts) == ("payment", False)


def test_another_team_is_shown_nothing(ward: Ward) -> None:
    with pytest.raises(NotFound), ward.store.view(PRIYA) as view:
        slips.rehearse(view, "itinerary", patient="Patient/eva")


# --- the patient is reached as they asked, in every channel -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "instead"),
    [
        (SafeContact(avoid=("mail",)), None),
        (SafeContact(avoid=("home",)), None),
        (SafeContact(avoid=("home",), address="PO Box 7"), "PO Box 7"),
        (SafeContact(phone=SISTER, only=True), None),
        (SafeContact(address="PO Box 7", only=True), "PO Box 7"),
    ],
)
def test_by_post_never_to_a_home_that_was_ruled_out_and_the_panel_says_where_instead(
    ward: Ward, asked: SafeContact, instead: str | None
) -> None:
    asked_for(ward, asked)
    with ward.store.view(TOM) as view:
        slip = slips.rehearse(view, "itinerary", patient="Patient/eva")
        packet = disclosure.Order("Patient/eva", Recipient("Eva", "patient", "Patient/eva", HOME), "PATRQT")
        lacking = disclosure.rehearse(view, packet).lacking
    assert slip.post is not None and not slip.post.allowed and slip.post.instead == instead
    assert "not-this-way" in lacking


@pytest.mark.parametrize(("channel", "avoid", "address"), [("link", "email", "eva@example.org"), ("fax", "phone", "(555) 014-2291")])
def test_a_packet_goes_no_way_the_patient_ruled_out(ward: Ward, channel: str, avoid: str, address: str) -> None:
    asked_for(ward, SafeContact(avoid=(avoid,)))
    order = disclosure.Order("Patient/eva", Recipient("Eva", "patient", "Patient/eva", address), "PATRQT", channel)
    with ward.store.view(TOM) as view:
        assert "not-this-way" in disclosure.rehearse(view, order).lacking


@pytest.mark.parametrize(
    ("channel", "avoid", "topic", "address"),
    [
        ("email", "email", "mail", "eva@example.org"),
        ("sms", "sms", "text", SISTER),
        ("phone", "phone", "call", "(555) 014-2291"),
        ("mail", "mail", "post", HOME),
        ("portal", "portal", "portal", ""),
    ],
)
def test_nothing_is_announced_a_way_that_was_ruled_out(ward: Ward, channel: str, avoid: str, topic: str, address: str) -> None:
    with ward.change(TOM) as change:
        safe_contact.announce(change, patient="Patient/eva", channel=channel, address=address, topic=topic, payload={})
    asked_for(ward, SafeContact(avoid=(avoid,)))
    payload = {"patient": "Patient/eva", "channel": channel, "to": address}
    assert safe_contact.objection(ward.store, HUB, payload), "the outbox asks again when it sends"
    with pytest.raises(Invalid, match="not to be reached this way"), ward.change(TOM) as change:
        safe_contact.announce(change, patient="Patient/eva", channel=channel, address=address, topic=topic, payload={})


def test_the_other_number_is_called_although_calls_are_ruled_out(ward: Ward) -> None:
    asked_for(ward, SafeContact(phone=SISTER, avoid=("phone",)))
    with ward.store.view(TOM) as view:
        assert safe_contact.may_contact(view, "Patient/eva", "phone", SISTER).allowed
        refused = safe_contact.may_contact(view, "Patient/eva", "phone", "(555) 014-2291")
    assert (refused.allowed, refused.because, refused.instead) == (False, "no-phone", SISTER)


def test_nothing_is_written_into_a_portal_that_was_ruled_out_but_what_was_said_aloud_is_kept(ward: Ward) -> None:
    asked_for(ward, SafeContact(avoid=("portal",)))
    with pytest.raises(Invalid, match="not to be reached this way"), ward.change(TOM) as change:
        threads.start(change, patient="Patient/eva", topic="appointment", audience=["Patient/eva"], text="Please come on Monday.")
    with ward.change(TOM) as change:
        threads.start(change, patient="Patient/eva", topic="appointment", audience=["Patient/eva"], text="As said.", aloud=True)
        threads.start(change, patient="Patient/eva", topic="appointment", text="Among us: she asked for no portal.")


# --- and by post: held, with a reason and a way on ----------------------------------------------------------------------------------------

PAPERS = [code for code, each in EXITS.items() if each.to == "patient"]
"""Everything that is printed for the patient."""


def made(ward: Ward, code: str, way: str | None) -> Slip:
    with ward.store.view(TOM) as view:
        return slips.handed(view, code, patient="Patient/eva", way=way)


@pytest.mark.parametrize("code", PAPERS)
@pytest.mark.parametrize(
    ("asked", "because", "instead"),
    [
        (SafeContact(avoid=("mail",)), "no-mail", None),
        (SafeContact(avoid=("mail",), address="PO Box 7"), "no-mail", None),
        (SafeContact(avoid=("home",)), "not-at-home", None),
        (SafeContact(avoid=("home",), address="PO Box 7"), "not-at-home", "PO Box 7"),
        (SafeContact(phone=SISTER, only=True), "only-the-other-way", None),
    ],
)
def test_a_paper_is_held_where_the_home_is_ruled_out_until_somebody_says_how_it_goes(
    ward: Ward, code: str, asked: SafeContact, because: str, instead: str | None
) -> None:
    asked_for(ward, asked)
    for way in (None, "", "post", *(["elsewhere"] if instead is None else [])):
        with pytest.raises(slips.Held, match="^Held: the patient") as held:
            made(ward, code, way)
        assert (held.value.post.because, held.value.post.instead) == (because, instead)
    for way in ("hand", *(["elsewhere"] if instead else [])):
        assert made(ward, code, way).leaves


@pytest.mark.parametrize("code", PAPERS)
def test_nobody_is_asked_where_the_home_is_safe(ward: Ward, code: str) -> None:
    asked_for(ward, SafeContact(avoid=("sms", "voicemail", "email"), safety=True))
    assert made(ward, code, None).leaves


def test_an_answer_that_is_held_is_not_half_given_and_says_afterwards_how_it_went(ward: Ward) -> None:
    asked_for(ward, SafeContact(avoid=("home",), address="PO Box 7"))
    with ward.change(TOM) as change:
        task = requests.receive(change, patient="Patient/eva", code="access-request", what="All of it").id
    letter = Paper("Answer", [Text("No.")])
    with pytest.raises(slips.Held), ward.change(TOM) as change:
        requests.deny(change, task=task, ground="not-held", reason="It is at Mercy.", letter=letter)
    assert ward.get(f"Task/{task}")["status"] != "rejected" and not ward.find("DocumentReference", patient="Patient/eva")
    with ward.change(TOM) as change:
        requests.deny(change, task=task, ground="not-held", reason="It is at Mercy.", letter=letter, way="elsewhere")
    (kept,) = ward.find("DocumentReference", patient="Patient/eva")
    assert extension(kept, letters.WAY) == "elsewhere"


def test_a_lesson_said_aloud_is_in_nobodys_post(ward: Ward) -> None:
    asked_for(ward, SafeContact(avoid=("mail",)))
    with ward.change(TOM) as change:
        education.give(change, patient="eva", lesson="heart-failure", how="aloud")
    with pytest.raises(slips.Held), ward.change(TOM) as change:
        education.give(change, patient="eva", lesson="heart-failure", how="paper")
    with ward.change(TOM) as change:
        given = education.give(change, patient="eva", lesson="heart-failure", how="paper", way="hand")
    assert extension(given.resource(), letters.WAY) == "hand"


def test_a_packet_on_paper_goes_to_no_home_that_was_ruled_out_but_into_their_hands(ward: Ward) -> None:
    asked_for(ward, SafeContact(avoid=("home",)))
    order = disclosure.Order("Patient/eva", Recipient("Eva", "patient", "Patient/eva"), "PATRQT")
    with ward.store.view(TOM) as view:
        assert "not-this-way" in disclosure.rehearse(view, order).lacking, "without an address it would be the home"
        assert "not-this-way" not in disclosure.rehearse(view, replace(order, channel="hand")).lacking
