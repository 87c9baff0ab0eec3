"""Everybody in an appointment is told when it is moved, cancelled, or booked again after it was missed: once each, whoever writes it.

What was done is one `Communication` for each change: whom it concerned, how each was told, and how far it got. That it was delivered, read
and accepted are three things. Nothing that goes out says who, what or where; a patient who cannot be written to is owed a call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, promises, reading
from baton.duties.contact.thread_states import NOTICE, RECEIPT, receipts
from baton.duties.reactions import Reaction, wanting
from baton.duties.scheduling import needs, notices, parties, telling, terms
from baton.duties.scheduling.parties import CANCELLED, MOVED, REBOOKED, Party
from baton.duties.scheduling.states import ARRIVING
from baton.duties.transitions import episodes, upkeep
from baton.fhir.resource import Resource, code_of, extension, has_code, target
from baton.rules import messages
from baton.rules.calendar import local_day
from baton.store import Change, Invalid, NotFound
from baton.store.codes import new_id

if TYPE_CHECKING:
    from baton.store import Store, Stored, View, Who

KIND: Final = codes.NOTICE_OF_APPOINTMENT
WAS: Final = f"{codes.P}/StructureDefinition/appointment-was"
RECIPIENTS: Final = ("Patient", "RelatedPerson", "Practitioner", "PractitionerRole", "Organization", "HealthcareService", "Device")
"""What Communication.recipient may name in R4; a place is named in the notice alone."""
BEFORE: Final = ("booked", "arrived", "checked-in")
CLOCK: Final = "appointment-changed"
SENT: Final = ("email", "sms")
"""How somebody was told whom something was sent; anything else is why nothing was."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """One thing that is known: delivered, read or accepted; when, and what proves it."""

    kind: str
    at: datetime
    evidence: str


@dataclass(frozen=True, slots=True)
class Known:
    """One party of a notice: who, why, what it meant to them, how they were told or why not, what is known of it since."""

    ref: str
    name: str
    role: str
    kind: str
    how: str
    receipts: tuple[Receipt, ...]

    def has(self, kind: str) -> bool:
        """Whether this is known."""
        return any(each.kind == kind for each in self.receipts)


@dataclass(frozen=True, slots=True)
class Notice:
    """One change that everybody was told of: what it was, when, by whom; which time it had been; whom it concerned."""

    id: str
    appointment: str
    kind: str
    at: datetime
    by: str
    was: datetime | None
    parties: tuple[Known, ...]

    def of(self, ref: str) -> Known | None:
        """One of those it concerned."""
        return next((each for each in self.parties if each.ref == ref), None)


# --- what follows from a change -----------------------------------------------------------------------------------------------------------


@wanting(lambda after: after is not None and after.get("status") in ("booked", "cancelled", "entered-in-error"))
def on_appointment(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """An appointment was moved, cancelled, or booked again: everybody in it is told, in the transaction that did it."""
    if after is None or view.who.entrance in ARRIVING or not isinstance(view, Change):
        return []
    with reading.seeing_all(view):
        kind = kind_of(before, after, view)
        replies = list(_replied(view, before, after))
        return [*replies, *(_told(view, before, after, kind) if kind else ())]


def _replied(change: Change, before: Resource | None, after: Resource) -> Iterator[Resource]:
    """The patient, or somebody for them, has answered: they have read what they were told last, and perhaps agreed."""
    replies = terms.values(after, terms.REPLY)
    if len(replies) <= len(terms.values(before, terms.REPLY)):
        return
    answer, how = (terms.part(replies[-1], name) for name in ("answer", "how"))
    who = target(terms.part(replies[-1], "by")) or str(terms.patient_of(after))
    newest = next((each for each in of(change, str(after["id"])) if each.of(who)), None)
    if newest is not None:
        kind = "accepted" if answer == notices.YES else "read"
        yield _received(change, change.get("Communication", newest.id), who, kind, str(how or "link"))


def kind_of(before: Resource | None, after: Resource, view: View) -> str | None:
    """What happened that everybody is told of; None for anything else, and for what is over."""
    was, now = (before or {}).get("status"), after["status"]
    start, end = (reading.moment(after.get(name), view.zone) for name in ("start", "end"))
    if not terms.patient_of(after) or start is None or (end or start) <= view.now:
        return None
    if now != "booked":
        return CANCELLED if was in BEFORE else None
    if was == "booked" and before is not None:
        return MOVED if _moved(view, before, after) or _people(before) != _people(after) else None
    return REBOOKED if was not in (*BEFORE, "noshow", "fulfilled") and rebooks(view, after) else None


def _moved(view: View, before: Resource | None, after: Resource) -> bool:
    """Whether it has another time; else only who takes part has changed."""
    return reading.moment((before or {}).get("start"), view.zone) != reading.moment(after.get("start"), view.zone)


def _people(appointment: Mapping[str, Any]) -> set[str | None]:
    return {target(each) for each in terms.actors(appointment)}


def rebooks(view: View, appointment: Resource) -> bool:
    """Whether an earlier time for the same need was missed, or cancelled after it was booked."""
    for need in terms.needs_of(appointment):
        others = view.find("Appointment", based_on=need, status="noshow,cancelled")
        if any(each["status"] == "noshow" or needs.was_booked(each) for each in others if each["id"] != appointment["id"]):
            return True
    return False


def _told(change: Change, before: Resource | None, after: Resource, kind: str) -> Iterator[Resource]:
    """The record of the notice; what is owed when the patient could not be written to; what was owed so before falls away."""
    id_, patient = new_id(), str(terms.patient_of(after))
    died = has_code(after.get("cancelationReason"), terms.REASON, "deceased")
    concerned = [each for each in parties.of(change, before, after, kind) if not (died and each.role in telling.FAMILY)]
    way = telling.Telling(change, after, id_)
    hows = [(each, way.tell(each)) for each in concerned]
    yield from _no_longer_owed(change, str(after["id"]))
    was = (before or {}).get("start") if kind == MOVED and _moved(change, before, after) else None
    yield _record(change, after, id_, kind, was, hows)
    own = next((how for each, how in hows if each.ref == patient), None)
    if own is not None and own not in (*SENT, "did-it"):
        yield _to_call(change, after, id_, kind, patient)


def _record(change: Change, after: Resource, id_: str, kind: str, was: str | None, hows: list[tuple[Party, str]]) -> Resource:
    named = [codes.reference_to(each.ref, each.name) for each, _ in hows if each.ref.startswith(RECIPIENTS)]
    extensions = [{"url": WAS, "valueDateTime": was}] if was else []
    return {
        "resourceType": "Communication",
        "id": id_,
        **codes.labelled_as(after),
        "extension": [*extensions, *(_notice(each, how) for each, how in hows)],
        "basedOn": [{"reference": f"Appointment/{after['id']}"}],
        "status": "completed",
        "category": [codes.concept(KIND, kind)],
        "subject": {"reference": str(terms.patient_of(after))},
        "sent": episodes.instant(change.now),
        "sender": codes.reference_to(change.who.person, change.who.name),
        **({"recipient": named} if named else {}),
    }


def _notice(party: Party, how: str) -> Resource:
    return {
        "url": NOTICE,
        "extension": [
            {"url": "who", "valueReference": codes.reference_to(party.ref, party.name)},
            {"url": "how", "valueCode": how},
            {"url": "role", "valueCode": party.role},
            {"url": "kind", "valueCode": party.kind},
        ],
    }


def _to_call(change: Change, after: Resource, notice: str, kind: str, patient: str) -> Resource:
    """The promise to call the patient: they cannot be written to, or asked not to be."""
    start = reading.moment(after["start"], change.zone)
    assert start is not None
    what = after.get("description") or "visit"
    said = f"cancelled: {start:%Y-%m-%d %H:%M}" if kind == CANCELLED else f"now {start:%Y-%m-%d %H:%M}"
    owed = promises.by_hand(change, patient=patient, what=f"Tell the patient: {what}, {said}", due=seen_to_by(change, start))
    return {**owed, "id": promise_id(notice)}


def seen_to_by(view: View, start: datetime) -> date:
    """Until when somebody sees to what a changed appointment owes: by its clock, and not later than the day of the visit."""
    today = local_day(view.now, view.zone)
    return max(today, min(messages.due(CLOCK, today).value, local_day(start, view.zone)))


def promise_id(notice: str) -> str:
    """The id of the promise to call the patient about a notice."""
    return codes.derived_id("appointment-told", notice)


def _no_longer_owed(change: Change, appointment: str) -> Iterator[Resource]:
    """It has changed again: what was owed about the time before is not any more."""
    for each in filter(is_notice, change.find("Communication", based_on=f"Appointment/{appointment}")):
        owed = reading.maybe(change, f"Task/{promise_id(str(each['id']))}")
        if codes.is_open(owed) and owed is not None:
            yield upkeep.shut(owed, reason="not-needed", now=change.now)


# --- reading ------------------------------------------------------------------------------------------------------------------------------


def of(view: View, appointment: str) -> tuple[Notice, ...]:
    """What everybody was told about an appointment, the newest first."""
    found = [read(each, view) for each in view.find("Communication", based_on=f"Appointment/{appointment}") if is_notice(each)]
    return tuple(sorted(found, key=lambda each: (each.at, each.id), reverse=True))


def is_notice(communication: Mapping[str, Any]) -> bool:
    """Whether a Communication is the record of such a notice."""
    return any(code_of(each, KIND) for each in communication.get("category", ()))


def read(communication: Resource, view: View) -> Notice:
    """One of them."""
    seen: dict[str, list[Receipt]] = {}
    for each in receipts(communication):
        at = reading.moment(each.get("at"), view.zone) or view.now
        seen.setdefault(each["who"], []).append(Receipt(str(each["kind"]), at, str(each.get("evidence", ""))))
    known = []
    for one in (each for each in communication.get("extension", ()) if each.get("url") == NOTICE):
        said = {part["url"]: next(value for key, value in part.items() if key != "url") for part in one["extension"]}
        ref = str(target(said["who"]))
        known.append(Known(ref, said["who"].get("display", ref), said["role"], said["kind"], said["how"], tuple(seen.get(ref, ()))))
    based = next((str(target(each)) for each in communication.get("basedOn", ())), "")
    return Notice(
        id=str(communication["id"]),
        appointment=based.removeprefix("Appointment/"),
        kind=next((found for each in communication["category"] if (found := code_of(each, KIND))), ""),
        at=reading.moment(communication.get("sent"), view.zone) or view.now,
        by=str(communication.get("sender", {}).get("display") or ""),
        was=reading.moment(extension(communication, WAS), view.zone),
        parties=tuple(known),
    )


# --- what becomes known -------------------------------------------------------------------------------------------------------------------


def receipt(change: Change, notice: str, *, who: str, kind: str, evidence: str) -> Stored:
    """Keep that it reached somebody it concerned, was read or accepted by them, and what proves it. Known already: no change.

    Raises Invalid for what the evidence does not prove, NotFound for somebody it did not concern.
    """
    found = change.get("Communication", notice)
    if not is_notice(found) or read(found, change).of(who) is None:
        raise NotFound(f"There is no notice Communication/{notice} for them.")
    return change.put(_received(change, found, who, kind, evidence), unless_same=True)


def _received(change: Change, found: Resource, who: str, kind: str, evidence: str) -> Resource:
    """The notice with one more thing known; whoever accepts has read, where the evidence says so. Raises Invalid."""
    day = local_day(change.now, change.zone)
    if kind not in messages.RECEIPTS or not messages.proves(evidence, kind, day):
        text = f"{evidence!r} does not prove that it was {kind}."
        raise Invalid(text, expression="Communication.extension(receipt).evidence", code="business-rule")
    kinds = ("read", "accepted") if kind == "accepted" and messages.proves(evidence, "read", day) else (kind,)
    for each in kinds:
        found = _with(change, found, each, who, evidence)
    return found


def _with(change: Change, notice: Resource, kind: str, who: str, evidence: str) -> Resource:
    if any(each["kind"] == kind and each["who"] == who for each in receipts(notice)):
        return notice
    parts = [
        {"url": "kind", "valueCode": kind},
        {"url": "who", "valueReference": {"reference": who}},
        {"url": "at", "valueInstant": episodes.instant(change.now)},
        {"url": "evidence", "valueCode": evidence},
        {"url": "by", "valueReference": codes.reference_to(change.who.person, change.who.name)},
    ]
    return {**notice, "extension": [*notice.get("extension", ()), {"url": RECEIPT, "extension": parts}]}


def said(change: Change, *, notice: str, who: str, kind: str = "read") -> None:
    """Somebody was told by telephone (read), and perhaps agreed (accepted): it is kept, and what was owed is done. As `receipt`."""
    if kind not in ("read", "accepted"):
        raise Invalid("Say whether they know it, or agree to it.", expression="Communication.extension(receipt).kind")
    receipt(change, notice, who=who, kind=kind, evidence="telephone")
    owed = reading.maybe(change, f"Task/{promise_id(notice)}")
    if who.startswith("Patient/") and codes.is_open(owed) and owed is not None:
        change.put(upkeep.shut(owed, reason="kept", status="completed", now=change.now))


def seen(change: Change, *, appointment: str, who: str, kind: str, evidence: str) -> None:
    """Somebody showed that they know the time an appointment has now, or agreed to it: kept with the newest notice that concerns them."""
    found = next(((each, known) for each in of(change, appointment) if (known := each.of(who))), None)
    if found is not None and not found[1].has(kind):
        receipt(change, found[0].id, who=who, kind=kind, evidence=evidence)


def waits(view: View, *, appointment: str, who: str) -> bool:
    """Whether somebody was told of an appointment and is not known to have read it yet."""
    with reading.seeing_all(view):
        newest = next((known for each in of(view, appointment) if (known := each.of(who))), None)
    return newest is not None and not newest.has("read")


def delivered(store: Store, who: Who, topic: str, payload: Mapping[str, Any]) -> None:
    """A notice left: so far it was delivered, and no further; kept once, however often the outbox asks."""
    if payload.get("notice") and payload.get("reader"):
        with store.change(who, because="A notice of an appointment was delivered") as change:
            evidence = {"mail": "smtp", "text": "text"}[topic]
            receipt(change, str(payload["notice"]), who=str(payload["reader"]), kind="delivered", evidence=evidence)


REACTIONS: dict[str, list[Reaction]] = {"Appointment": [on_appointment]}
