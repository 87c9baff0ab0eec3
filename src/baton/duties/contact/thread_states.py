"""What a thread and a message are, read from the Communications that hold them, and what the door refuses about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from baton.duties import codes, reading
from baton.duties.contact import party_access
from baton.duties.patients import network
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, code_of, extension, target
from baton.rules import messages
from baton.rules.calendar import local_day
from baton.store import View

KIND: Final = f"{codes.P}/CodeSystem/thread"
TOPIC: Final = f"{codes.P}/CodeSystem/thread-topic"
STATE: Final = f"{codes.P}/StructureDefinition/thread-state"
ASKS: Final = f"{codes.P}/StructureDefinition/asks-for-answer"
RECEIPT: Final = f"{codes.P}/StructureDefinition/receipt"
COLLEAGUE: Final = "message-colleague"
NOTICE: Final = f"{codes.P}/StructureDefinition/notice"
PARTY: Final = f"{codes.P}/StructureDefinition/outside-party"
"""On the reference to who takes part, or writes: that it is an outside party (an office, an agency), not a team of ours."""
OWED_PARTY, PARTY_OWES = "message-party", "message-party-reply"
"""What we owe an outside party's message, and what such a party owes ours."""
FIXED: Final = ("payload", "sender", "sent", "partOf", "subject", "language")
"""What is never changed of a message once it was said."""
LONGEST: Final = 10_000
WHOM: Final = "Communication.recipient"
NOT_TO_PARTY: Final[Mapping[str, str]] = {
    "no-part-in-care": "This party has no referral of the patient and no part in their care.",
    "not-agreed": "The patient has not signed that they are told.",
    "": "This may not go to them without the patient's consent.",
}
"""Why something does not go to an outside party, by what was decided."""


# --- what they are ----------------------------------------------------------------------------------------------------------------------


def kind_of(resource: Mapping[str, Any] | None) -> str | None:
    """ "thread" or "message" for a Communication that is one, else None."""
    if resource is None or resource.get("resourceType") != "Communication":
        return None
    return next((found for each in resource.get("category", ()) if (found := code_of(each, KIND))), None)


def topic_of(thread: Mapping[str, Any]) -> str:
    """What a thread is about, as a code of thread-topic."""
    return next((found for each in thread.get("category", ()) if (found := code_of(each, TOPIC))), "other")


def thread_of(message: Mapping[str, Any]) -> str | None:
    """The "Communication/id" of the thread a message is part of."""
    return next((found for each in message.get("partOf", ()) if (found := target(each))), None)


def is_outside(reference: str | None) -> bool:
    """Whether somebody is the patient or of the family."""
    return str(reference or "").startswith(("Patient/", "RelatedPerson/"))


def recipients(resource: Mapping[str, Any]) -> tuple[str, ...]:
    """Whom a thread or a message names, as references."""
    return tuple(found for each in resource.get("recipient", ()) if (found := target(each)))


def outsiders(resource: Mapping[str, Any]) -> tuple[str, ...]:
    """The patient and the family among them."""
    return tuple(each for each in recipients(resource) if is_outside(each))


def as_party(reference: str, name: str) -> Resource:
    """A reference to an outside party, marked as one."""
    return {**codes.reference_to(reference, name), "extension": [{"url": PARTY, "valueBoolean": True}]}


def is_party(link: Mapping[str, Any] | None) -> bool:
    """Whether a reference is to an outside party."""
    return extension(link, PARTY) is True


def parties(resource: Mapping[str, Any]) -> tuple[str, ...]:
    """The outside parties that take part in a thread, or that a message was written to."""
    return tuple(found for each in resource.get("recipient", ()) if is_party(each) and (found := target(each)))


def by_party(message: Mapping[str, Any]) -> str | None:
    """The outside party that wrote a message; None when it was somebody else."""
    return target(message.get("sender")) if is_party(message.get("sender")) else None


def from_outside(message: Mapping[str, Any]) -> bool:
    """Whether a message was written by the patient, the family or an outside party."""
    return is_outside(target(message.get("sender"))) or by_party(message) is not None


def among_both(message: Mapping[str, Any]) -> bool:
    """Whether a message went from staff to somebody outside, or the other way; what staff say among themselves did not."""
    return is_outside(target(message.get("sender"))) or bool(outsiders(message))


def is_staffs(resource: Mapping[str, Any]) -> bool:
    """Whether a resource is what staff say among themselves or with outside parties: a thread, a message, or what is owed for one.

    Neither the patient nor the family knows of it, unless it was written to them too.
    """
    if kind_of(resource) is not None:
        return not among_both(resource)
    return codes.promise_code(resource) in (COLLEAGUE, OWED_PARTY, PARTY_OWES)


def asks(message: Mapping[str, Any]) -> bool:
    """Whether whoever wrote it waits for an answer."""
    return bool(extension(message, ASKS))


def stands(message: Mapping[str, Any]) -> bool:
    """Whether a message was not taken back."""
    return message.get("status") != "entered-in-error"


def text_of(message: Mapping[str, Any]) -> str:
    """The words of a message."""
    return next((str(each.get("contentString", "")) for each in message.get("payload", ())), "")


def files_of(message: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The files of a message: (id of the document, name)."""
    found = (each["contentReference"] for each in message.get("payload", ()) if "contentReference" in each)
    return tuple((str(target(each)).partition("/")[2], str(each.get("display") or "")) for each in found)


def receipts(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is known of a message's being delivered, read and accepted: kind, who, at, evidence, by; in the order it became known."""
    found = []
    for each in message.get("extension", ()):
        if each.get("url") == RECEIPT:
            parts = {part["url"]: next(part[key] for key in part if key.startswith("value")) for part in each.get("extension", ())}
            found.append({**parts, "who": target(parts.get("who")) or "", "by": (parts.get("by") or {}).get("display", "")})
    return found


def state_of(thread: Mapping[str, Any]) -> dict[str, Any]:
    """Where a thread stands: turn, since (of the first message that waits), last, by (who wrote last), count."""
    parts = extension(thread, STATE) or ()
    return {part["url"]: next(part[key] for key in part if key.startswith("value")) for part in parts}


def with_state(thread: Resource, **said: Any) -> Resource:
    """The thread standing otherwise; None takes a part away."""
    kinds = {"turn": "valueCode", "since": "valueDateTime", "last": "valueDateTime", "by": "valueReference", "count": "valueInteger"}
    now = {**state_of(thread), **said}
    parts = [{"url": name, kinds[name]: now[name]} for name in kinds if now.get(name) is not None]
    return codes.with_extension(thread, STATE, {"url": STATE, "extension": parts})


# --- what the door refuses --------------------------------------------------------------------------------------------------------------


def guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """Threads and messages are not deleted; nobody reads what they may not; what was said stays as it was said."""
    was, now = kind_of(before), kind_of(after)
    if was is None and now is None:
        return
    if after is None:
        yield error("business-rule", "What was said is not deleted: a message is taken back, a thread closed.", "Communication")
    elif was is not None and was != now:
        yield error("business-rule", "A thread stays a thread, and a message a message.", "Communication.category")
    elif now == "thread":
        yield from _thread(before, after, view)
    else:
        yield from _message(before, after, view)


def _thread(before: Resource | None, after: Resource, view: View) -> Iterator[Issue]:
    if not any(code_of(each, TOPIC) in messages.TOPICS for each in after.get("category", ())):
        yield error("code-invalid", f"A thread is about one of {', '.join(messages.TOPICS)}.", "Communication.category")
    patient = codes.patient_of(after)
    if patient is None:
        yield error("required", "A thread is about a patient.", "Communication.subject")
    elif before is not None and codes.patient_of(before) != patient:
        yield error("business-rule", "A thread stays with its patient.", "Communication.subject")
    else:
        new = [each for each in outsiders(after) if each not in (outsiders(before) if before else ())]
        yield from _may_read(new, patient, topic_of(after), view)
        yield from _may_go([each for each in parties(after) if each not in (parties(before) if before else ())], patient, None, view)


def _may_go(people: Iterable[str], patient: str, message: Resource | None, view: View) -> Iterator[Issue]:
    """What goes to an outside party goes under a permission, decided here whoever writes it."""
    for each in dict.fromkeys(people):
        found = party_access.decided(view, patient, each, message)
        if not found.leaves:
            yield error("business-rule", NOT_TO_PARTY[found.because] if found.because in NOT_TO_PARTY else NOT_TO_PARTY[""], WHOM)


def _may_read(people: Iterable[str], patient: str, topic: str, view: View) -> Iterator[Issue]:
    for each in people:
        if each.startswith("Patient/"):
            if each != patient:
                yield error("business-rule", "Another patient reads nothing of this one.", "Communication.recipient")
            continue
        found = network.may_be_told(view, each, topic, patient=patient)
        if not found.allowed:
            text = "This person may not be told about this: see what the patient agreed to."
            yield error("business-rule", text, f"Communication.recipient.{found.because}")


def _message(before: Resource | None, after: Resource, view: View) -> Iterator[Issue]:
    if before is not None:
        yield from _kept(before, after)
        yield from _receipts(before, after, view)
        return
    with reading.seeing_all(view):
        thread = reading.maybe(view, thread_of(after))
    if kind_of(thread) != "thread" or thread is None:
        yield error("required", "A message is part of a thread.", "Communication.partOf")
        return
    patient, sender = codes.patient_of(after), target(after.get("sender"))
    if patient is None or codes.patient_of(thread) != patient:
        yield error("business-rule", "A message is about the patient of its thread.", "Communication.subject")
        return
    words = text_of(after)
    if not words.strip():
        yield error("required", "Write the message first, then send it.", "Communication.payload")
    elif len(words) > LONGEST:
        yield error("too-long", f"A message has at most {LONGEST} characters.", "Communication.payload")
    if sender is None or after.get("status") != "completed":
        yield error("required", "A message says who wrote it.", "Communication.sender")
        return
    outside = [each for each in (*outsiders(after), *([sender] if is_outside(sender) else ()))]
    if missing := [each for each in outside if each not in outsiders(thread)]:
        yield error("business-rule", "Only those who take part in the thread read it and write in it.", "Communication.recipient")
    if is_outside(view.who.person) and view.who.person != sender:
        yield error("forbidden", "Nobody writes in somebody else's name.", "Communication.sender")
    yield from _may_read([each for each in dict.fromkeys(outside) if each not in missing], patient, topic_of(thread), view)
    yield from _with_parties(after, thread, view)
    yield from _receipts(None, after, view)


def _with_parties(message: Resource, thread: Resource, view: View) -> Iterator[Issue]:
    mine = by_party(message)
    named = [*parties(message), *([mine] if mine else ())]
    if any(each not in parties(thread) for each in named):
        yield error("business-rule", "Only those who take part in the thread read it and write in it.", WHOM)
        return
    if parties(message) and files_of(message):
        yield error("business-rule", "Files go to an office or agency as a packet of records, not with a message.", "Communication.payload")
    yield from _may_go(named, str(codes.patient_of(message)), message, view)


def _kept(before: Resource, after: Resource) -> Iterator[Issue]:
    for element in FIXED:
        if before.get(element) != after.get(element):
            yield error("business-rule", "What was said stays as it was said: write another message.", f"Communication.{element}")
    if {*outsiders(after), *parties(after)} - {*outsiders(before), *parties(before)}:
        yield error("business-rule", "A message is not shown to more people than it was written to.", "Communication.recipient")
    if not stands(before) and stands(after):
        yield error("business-rule", "What was taken back stays so.", "Communication.status")


def _receipts(before: Resource | None, after: Resource, view: View) -> Iterator[Issue]:
    """Receipts are only added, each with evidence that proves it, once for each reader."""
    had, has = receipts(before) if before else [], receipts(after)
    if has[: len(had)] != had:
        yield error("business-rule", "What is known of a message's arrival is not taken away.", "Communication.extension(receipt)")
        return
    known = {(each.get("kind"), each["who"]) for each in had}
    day = local_day(view.now, view.zone)
    for each in has[len(had) :]:
        key = (each.get("kind"), each["who"])
        if key in known:
            yield error("duplicate", "This is known already.", "Communication.extension(receipt)")
        elif each.get("kind") not in messages.RECEIPTS or not messages.proves(str(each.get("evidence")), str(each["kind"]), day):
            text = f"{each.get('evidence')!r} does not prove that a message was {each.get('kind')}."
            yield error("business-rule", text, "Communication.extension(receipt).evidence")
        elif each["who"] not in recipients(after):
            yield error("business-rule", "Only somebody it was written to can have got it.", "Communication.extension(receipt).who")
        known.add(key)


GUARDS = {"Communication": [guard]}
