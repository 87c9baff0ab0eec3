"""Telling somebody outside that there is a message: by the way they chose, in their language, never what it says nor about whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, reading
from baton.duties.contact import party_access, safe_contact, thread_links
from baton.duties.contact.thread_states import NOTICE, parties, receipts, recipients, topic_of
from baton.duties.patients import identity, network
from baton.fhir.resource import Resource, target
from baton.store import View

if TYPE_CHECKING:
    from baton.store import Change, Store, Who

LINK: Final = "/my/messages"
WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "en": ("There is a message for you", "Hello. There is a message for you. Sign in to read it:"),
    "es": ("Tiene un mensaje", "Hola. Tiene un mensaje. Entre para leerlo:"),
}
WAITS: Final[Mapping[str, tuple[str, str]]] = {
    "en": ("Something waits for you", "Hello. Something waits for you on your page. Sign in to see it:"),
    "es": ("Algo le espera", "Hola. Algo le espera en su página. Entre para verlo:"),
}
"""Subject and sentence by language: nothing in them says who, what or why."""
TOPICS: Final = {"email": "mail", "sms": "text"}


def told(change: Change, thread: Resource, message: Resource, readers: Sequence[str]) -> Resource:
    """The message, with a notice announced for each reader who can be told and has no unread one waiting; it says how each was told."""
    waiting = _unread(change, thread) if readers and thread.get("id") else set()
    notices = []
    for each in readers:
        how = "known-already" if each in waiting else _announced(change, thread, str(message["id"]), each)
        notices.append(
            {"url": NOTICE, "extension": [{"url": "who", "valueReference": {"reference": each}}, {"url": "how", "valueCode": how}]}
        )
    return {**message, "extension": [*message.get("extension", ()), *notices]} if notices else message


def _unread(change: Change, thread: Resource) -> set[str]:
    """Those who were told of an earlier message of the thread and have not read it yet: once is enough."""
    found: set[str] = set()
    for each in change.find("Communication", part_of=f"Communication/{thread['id']}"):
        has_read = {known["who"] for known in receipts(each) if known["kind"] == "read"}
        found |= {who for who, way in how_told(each) if way in TOPICS and who not in has_read and who in recipients(each)}
    return found


def how_told(message: Mapping[str, Any]) -> list[tuple[str, str]]:
    """How each reader was told of a message: email, sms, known-already, or why they were not (no-access, no-way, not-this-way)."""
    found = []
    for each in message.get("extension", ()):
        if each.get("url") == NOTICE:
            parts = {part["url"]: part for part in each.get("extension", ())}
            found.append((str(target(parts.get("who", {}).get("valueReference")) or ""), str(parts.get("how", {}).get("valueCode", ""))))
    return found


def _announced(change: Change, thread: Resource, message: str, reader: str) -> str:
    if reader in parties(thread):
        return thread_links.tell(change, thread, message, reader)
    return _tell(change, str(codes.patient_of(thread)), reader, WORDS, {"link": LINK, "message": message}, topic_of(thread))


def announce(change: Change, *, patient: str, reader: str, link: str, topic: str = "other", page: str = "Communication") -> str:
    """Tell somebody outside that something else than a message waits for them at a page of the portal; how, or why they are not told.

    `page`: the type of resource that whoever may open that page sees; "Appointment" is seen by whoever is let in at all.
    """
    return _tell(change, patient, reader, WAITS, {"link": link}, topic, page)


def _tell(
    change: Change, patient: str, reader: str, words: Mapping[str, tuple[str, str]], said: Mapping[str, str], topic: str,
    page: str = "Communication",
) -> str:  # fmt: skip
    how, address, person = _reach(change, patient, reader, page)
    if how not in TOPICS or address is None:
        return how
    subject, text = words.get(spoken(change, person), words["en"])
    payload = {"subject": subject, "text": text, **said, "reader": reader}
    if reader != patient:
        payload |= {"about": patient, "concerning": topic}
    if _is_the_patients(change, patient, reader, address):
        safe_contact.announce(change, patient=patient, channel=how, address=address, topic=TOPICS[how], payload=payload)
    else:
        change.announce(TOPICS[how], {**payload, "to": address})
    return how


def spoken(view: View, person: Resource) -> str:
    """The language in which somebody outside is written to: theirs; of the family's, where nobody knows it, the patient's."""
    own = identity.language(person)
    if not own and "patient" in person:
        with reading.seeing_all(view):
            own = identity.language(reading.peek(view, target(person["patient"])) or {})
    return (own or "en").split("-")[0]


def how(view: View, patient: str, reader: str, *, page: str = "Communication") -> str:
    """How somebody outside would be told of something: email, sms, or why they would not be (no-access, no-way, not-this-way)."""
    return _reach(view, patient, reader, page)[0]


def _reach(view: View, patient: str, reader: str, page: str) -> tuple[str, str | None, Resource]:
    with reading.seeing_all(view):
        person = reading.peek(view, reader)
    if person is None or not may_sign_in(view, reader, patient, page):
        return "no-access", None, {}
    if reader == patient and not safe_contact.may_contact(view, reader, "portal").allowed:
        return "not-this-way", None, person
    way = way_to(person)
    if way is None:
        return "no-way", None, person
    channel, address = way
    theirs = _is_the_patients(view, patient, reader, address)
    if theirs and not safe_contact.may_contact(view, patient, channel, address).allowed:
        return "not-this-way", None, person
    return channel, address, person


def _is_the_patients(view: View, patient: str, reader: str, address: str) -> bool:
    """Whether it is the patient's address, if only because the family shares it: what the patient asked about it holds."""
    if reader == patient:
        return True
    with reading.seeing_all(view):
        person = reading.peek(view, patient) or {}
    return address.casefold() in [str(each["value"]).casefold() for each in identity.points(person)]


def may_sign_in(view: View, reader: str, patient: str, page: str = "Communication") -> bool:
    """Whether somebody has access to the portal, and sees what is on that page: a notice to anybody else would lead nowhere."""
    guest = view.store.guest(reader)
    if guest is None:
        return False
    with view.store.view(guest) as theirs:
        return theirs.decide("see", page, patient=patient).allowed


def way_to(person: Resource) -> tuple[str, str] | None:
    """How somebody is written to: the way they chose when it is e-mail or text; an e-mail address when they chose none."""
    channel = identity.preferences(person).channel
    if channel in (None, "email", "portal"):
        point = next(iter(identity.points(person, "email")), None)
        return ("email", str(point["value"])) if point else None
    if channel == "sms":
        point = next(iter(identity.points(person, "sms", "phone")), None)
        return ("sms", str(point["value"])) if point else None
    return None


def objection(store: Store, who: Who, payload: Mapping[str, Any]) -> str | None:
    """What the outbox asks before it tells somebody of the family, or an outside party: why not, or None."""
    person, patient = str(payload.get("reader", "")), payload.get("about")
    if person.startswith(party_access.KINDS) and patient and payload.get("thread"):
        with store.view(who) as view:
            thread = reading.peek(view, f"Communication/{payload['thread']}") or {}
            link = thread_links.of_party(thread, view, person)
            stands = link is not None and str(payload.get("link", "")) == f"/t/{thread_links.token(view, thread, link)}"
            return None if stands and party_access.decided(view, str(patient), person).leaves else "they take no part any more"
    if not person.startswith("RelatedPerson/") or not patient:
        return None
    with store.view(who) as view:
        found = network.may_be_told(view, person, str(payload.get("concerning", "other")), patient=str(patient))
    return None if found.allowed else f"they may not be told ({found.because})"


def delivered(store: Store, who: Who, topic: str, payload: Mapping[str, Any]) -> None:
    """A notice left: so far its message was delivered, and no further; kept once, however often the outbox asks."""
    from baton.duties.contact import threads  # noqa: PLC0415  it asks us whom to tell

    if payload.get("message") and payload.get("reader"):
        with store.change(who, because="A notice of a message was delivered") as change:
            evidence = {"mail": "smtp", "text": "text"}[topic]
            threads.receipt(change, str(payload["message"]), kind="delivered", who=str(payload["reader"]), evidence=evidence)
