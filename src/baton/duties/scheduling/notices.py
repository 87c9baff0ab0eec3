"""What patients are told about their appointments: by the way they chose, in their language, never what or where it is; and their answer.

A notice holds a greeting, a sentence and a link. The link is signed, works once for one appointment at one time, and ends with it.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from baton.duties import reading
from baton.duties.contact import safe_contact
from baton.duties.patients import identity
from baton.duties.scheduling import terms
from baton.duties.transitions import episodes
from baton.fhir.resource import Resource
from baton.store import Gone, Invalid, NotFound

if TYPE_CHECKING:
    from baton.store import Change, Store, Stored, View, Who

BOOKED, MOVED, CANCELLED, REMINDER = "booked", "moved", "cancelled", "reminder"
STEPS = {"three-days": timedelta(days=3), "day-before": timedelta(days=1)}
"""When people are reminded, before the start."""
WINDOW = timedelta(hours=6)
"""A reminder that could not go out in time goes out this much later, or not at all."""
WORDS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "en": {
        BOOKED: ("A date was made for you", "Hello. A date was made for you. See when it is, and tell us if you can come:"),
        MOVED: ("A date of yours has changed", "Hello. A date of yours has changed. See when it is now, and tell us if you can come:"),
        CANCELLED: ("A date of yours was cancelled", "Hello. A date of yours was cancelled. See which one here:"),
        REMINDER: ("A date of yours is coming up", "Hello. A date of yours is coming up. See when it is, and tell us if you can come:"),
    },
    "es": {
        BOOKED: ("Tiene una nueva cita", "Hola. Tiene una nueva cita. Vea cuándo es y díganos si puede venir:"),
        MOVED: ("Una cita suya ha cambiado", "Hola. Una cita suya ha cambiado. Vea cuándo es ahora y díganos si puede venir:"),
        CANCELLED: ("Una cita suya fue cancelada", "Hola. Una cita suya fue cancelada. Vea cuál aquí:"),
        REMINDER: ("Se acerca una cita suya", "Hola. Se acerca una cita suya. Vea cuándo es y díganos si puede venir:"),
    },
}
"""Subject and sentence by language and kind: nothing in them says who, what or where."""
CHANNELS = {"email": ("email", "mail"), "sms": ("sms", "text")}
"""Channel a patient chooses: the way it goes, and the topic of the outbox that carries it."""
BY_REPLY: Mapping[str, str] = {
    "en": "Or answer this message: 1 I will come, 2 I cannot come.",
    "es": "O conteste este mensaje: 1 sí voy, 2 no puedo ir.",
}
"""What a text adds where answers come back (the worker knows whether they do)."""
YES, NO = "yes", "no"


def tell(change: Change, appointments: Sequence[Resource], kind: str) -> None:
    """Have patients told, one notice for all of theirs, about the first of them; those who chose no such way are not written to."""
    theirs: dict[str, list[Resource]] = {}
    for each in sorted(appointments, key=lambda one: str(one.get("start"))):
        if owner := terms.patient_of(each):
            theirs.setdefault(owner, []).append(each)
    for patient, (first, *_) in theirs.items():
        with reading.seeing_all(change):
            person = reading.peek(change, patient)
        way = way_to(person) if person else None
        if person is None or way is None:
            continue
        channel, address = way
        subject, text = words(person, kind)
        payload = {"subject": subject, "text": text, "link": f"/r/{token(change, first)}"}
        payload |= by_reply(person, channel) if kind != CANCELLED and len(theirs[patient]) == 1 else {}
        to_patient(change, patient, channel, address, payload)


def to_patient(change: Change, patient: str, channel: str, address: str, payload: Mapping[str, Any]) -> bool:
    """Have a patient told by the way they chose; False when they asked not to be reached this way: then they are not."""
    try:
        safe_contact.announce(change, patient=patient, channel=channel, address=address, topic=CHANNELS[channel][1], payload=payload)
    except Invalid:
        return False
    return True


def way_to(patient: Resource) -> tuple[str, str] | None:
    """How a patient who chose e-mail or text is written to; None for everybody else."""
    channel = identity.preferences(patient).channel
    if channel == "email":
        point = next(iter(identity.points(patient, "email")), None)
    elif channel == "sms":
        point = next(iter(identity.points(patient, "sms", "phone")), None)
    else:
        point = None
    return (str(channel), str(point["value"])) if point else None


def by_reply(patient: Resource, channel: str) -> dict[str, str]:
    """For a text: how it is answered by a text, in the patient's language."""
    spoken = (identity.language(patient) or "en").split("-")[0]
    return {"reply": BY_REPLY.get(spoken, BY_REPLY["en"])} if channel == "sms" else {}


def words(patient: Resource, kind: str) -> tuple[str, str]:
    """Subject and sentence in the patient's language; English where we have not theirs."""
    spoken = (identity.language(patient) or "en").split("-")[0]
    return WORDS.get(spoken, WORDS["en"])[kind]


# --- the link --------------------------------------------------------------------------------------------------------------------


def token(view: View, appointment: Mapping[str, Any]) -> str:
    """The signed link of an appointment at its present time: moved, it is another one."""
    return f"{appointment['id']}.{_signature(view, appointment)}"


def _signature(view: View, appointment: Mapping[str, Any]) -> str:
    start = reading.moment(appointment.get("start"), view.zone)
    said = f"reply|{appointment['id']}|{int(start.timestamp()) if start else 0}|{len(terms.values(appointment, terms.REPLY))}"
    return base64.urlsafe_b64encode(hmac.digest(view.store.key, said.encode(), sha256)[:18]).decode()


def by_token(view: View, text: str) -> Resource:
    """The appointment a link is for. Raises NotFound when it is forged, was used, is over, or the appointment has moved on."""
    id_, _, signature = text.rpartition(".")
    try:
        found = view.get("Appointment", id_)
    except (NotFound, Gone):
        raise NotFound("This link does not work any more.") from None
    start = reading.moment(found.get("start"), view.zone)
    over = start is None or start < view.now - timedelta(hours=1)
    if over or not hmac.compare_digest(_signature(view, found).encode(), signature.encode()):
        raise NotFound("This link does not work any more.")
    return found


def answer(change: Change, *, link: str, said: str, evidence: str = "link", by: str | None = None) -> Stored:
    """The patient says whether they come. No: it is cancelled, and somebody owes them a new time. Raises NotFound for a spent link.

    `by`: who pressed, when that is somebody the patient lets in: it is they who have read it then.
    """
    if said not in (YES, NO):
        raise Invalid("Say yes or no.", expression="Appointment.participant.status")
    found = by_token(change, link)
    if found["status"] != "booked":
        raise NotFound("This link does not work any more.")
    return answered(change, found, said, evidence, by)


def answered(change: Change, found: Resource, said: str, evidence: str, by: str | None = None) -> Stored:
    """A booked appointment as the patient answered it, by their link, in the portal or by a text (`evidence`)."""
    from baton.duties.scheduling import booking  # noqa: PLC0415  it asks us how to tell a patient

    parts: list[Resource] = [{"url": "answer", "valueCode": said}, {"url": "at", "valueInstant": episodes.instant(change.now)}]
    parts += [{"url": "how", "valueCode": evidence}, *([{"url": "by", "valueReference": {"reference": by}}] if by else [])]
    replied = {**found, "extension": [*found.get("extension", ()), {"url": terms.REPLY, "extension": parts}]}
    if said == YES:
        return change.put({**replied, "participant": [_accepted(each) for each in found["participant"]]})
    return change.put(booking.ended(change, replied, "cancelled", "patient"))


def _accepted(participant: Resource) -> Resource:
    is_patient = str(participant.get("actor", {}).get("reference", "")).startswith("Patient/")
    return {**participant, "status": "accepted"} if is_patient else participant


def replied(appointment: Mapping[str, Any]) -> str | None:
    """What the patient answered last; None when they have not."""
    parts = terms.values(appointment, terms.REPLY)
    return terms.part(parts[-1], "answer") if parts else None


# --- reminders -------------------------------------------------------------------------------------------------------------------


def remind(who: Who, store: Store, _now: datetime) -> None:
    """Each minute: those whose visit is three days or a day away are reminded, once for each, unless they have said they come."""
    with store.view(who) as view:
        due = [(step, found) for step in STEPS for found in due_for(view, step)]
    for step, found in due:
        with store.change(who, because="Reminder of an appointment") as change:
            current = change.get("Appointment", found["id"])
            if current["status"] != "booked" or step in terms.values(current, terms.REMINDED):
                continue
            stored = change.put({**current, "extension": [*current.get("extension", ()), {"url": terms.REMINDED, "valueCode": step}]})
            if replied(current) != YES:
                tell(change, [stored.resource()], REMINDER)


def due_for(view: View, step: str) -> list[Resource]:
    """Booked visits for which this reminder is due and has not gone out."""
    latest = view.now + STEPS[step]
    span = [f"ge{episodes.instant(latest - WINDOW)}", f"le{episodes.instant(latest)}"]
    found = view.find("Appointment", status="booked", date=span)
    return [each for each in found if terms.needs_of(each) and step not in terms.values(each, terms.REMINDED)]
