"""The life of an appointment: held, booked, moved, cancelled, kept, missed. An itinerary is held and booked whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from baton.duties import codes, reading
from baton.duties.scheduling import notices, parties, states, terms, told
from baton.duties.transitions import episodes
from baton.fhir.outcome import Issue
from baton.fhir.resource import Resource, human_name, identifier, target, text_of
from baton.store import Invalid
from baton.store.codes import new_id

if TYPE_CHECKING:
    from baton.store import Change, Store, Stored, View, Who

HOLD = timedelta(minutes=30)
"""How long times are held before somebody must book them."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A time to take for a need: who takes part besides the patient, where, from when to when."""

    need: str  # "ServiceRequest/id"
    start: datetime
    end: datetime
    actors: tuple[str, ...]
    site: str | None = None


def hold(change: Change, *, wanted: Sequence[Wanted]) -> list[Stored]:
    """Hold these times together for half an hour, as one itinerary. Raises Occupied when somebody is booked already: then none is held."""
    if not wanted:
        raise Invalid("Choose at least one time.", expression="Appointment.start")
    release(change, expired(change))
    itinerary, until = new_id(), change.now + HOLD
    return change.put_all([appointment(change, each, itinerary, until) for each in wanted])


def appointment(change: Change, wanted: Wanted, itinerary: str, until: datetime) -> Resource:
    """A held time as an Appointment. Raises Invalid when the need is closed, met already, or the time has passed."""
    request = change.get("ServiceRequest", wanted.need.removeprefix("ServiceRequest/"))
    issues = []
    if request.get("status") not in ("active", "draft", "on-hold"):
        issues.append(Issue("error", "business-rule", "This need is closed.", "Appointment.basedOn"))
    if wanted.start < change.now:
        issues.append(Issue("error", "business-rule", "This time has passed.", "Appointment.start"))
    met = [
        each
        for each in change.find("Appointment", based_on=wanted.need)
        if each["status"] in ("pending", "booked", "arrived", "checked-in")
    ]
    if met:
        issues.append(Issue("error", "business-rule", "This need has a time already; move or cancel it first.", "Appointment.basedOn"))
    if issues:
        raise Invalid(issues)
    patient = str(codes.patient_of(request))
    participants = [participant(patient, human_name(change.get(*patient.split("/"))), "needs-action")]
    participants += [participant(actor, reading.name_of(change, actor), "tentative") for actor in wanted.actors]
    if wanted.site and wanted.site not in wanted.actors:
        participants.append(participant(wanted.site, reading.name_of(change, wanted.site), "tentative"))
    made: Resource = {
        "resourceType": "Appointment",
        "extension": [{"url": terms.HOLD_UNTIL, "valueInstant": until.isoformat()}],
        "identifier": [{"system": terms.ITINERARY, "value": itinerary}],
        "status": "pending",
        "serviceType": [request["performerType"]] if "performerType" in request else [],
        "description": text_of(request.get("code")),
        "start": wanted.start.isoformat(),
        "end": wanted.end.isoformat(),
        "created": episodes.instant(change.now),
        "basedOn": [{"reference": f"ServiceRequest/{request['id']}"}],
        "participant": participants,
    }
    if request.get("patientInstruction"):
        made["patientInstruction"] = request["patientInstruction"]
    modality = terms.value(request, terms.MODALITY, terms.IN_PERSON)
    if modality != terms.IN_PERSON:
        made["extension"].append({"url": terms.MODALITY, "valueCode": modality})
    made["serviceCategory"] = terms.at_home(modality)
    return {key: value for key, value in made.items() if value}


def participant(reference: str, name: str, status: str) -> Resource:
    """Somebody who takes part."""
    return {"actor": {"reference": reference, "display": name}, "required": "required", "status": status}


def taken(change: Change, id_: str, move: str) -> Resource:
    """The appointment, locked, when this may be done with it. Raises NotFound, and Invalid naming what may be done."""
    found = change.get("Appointment", id_.removeprefix("Appointment/"))
    if found["status"] not in states.VERBS[move]:
        legal = [name for name, statuses in states.VERBS.items() if found["status"] in statuses]
        raise Invalid(
            f"An appointment that is {found['status']} cannot be changed this way ({move}); possible: {', '.join(legal) or 'nothing'}.",
            expression="Appointment.status",
            code="business-rule",
        )
    return found


def book(change: Change, *, appointment: str, notify: bool = True) -> Stored:
    """Make a held time a booked one, and tell the patient."""
    return booked(change, [taken(change, appointment, "book")], notify)[0]


def book_itinerary(change: Change, *, itinerary: str, notify: bool = True) -> list[Stored]:
    """Book every held time of an itinerary, or none. Raises Invalid when one of them is not held any more."""
    found = change.find("Appointment", identifier=f"{terms.ITINERARY}|{itinerary}")
    held = [taken(change, each["id"], "book") for each in found if each["status"] != "entered-in-error"]
    if not held:
        raise Invalid("There is nothing to book any more.", expression="Appointment.identifier")
    return booked(change, held, notify)


def booked(change: Change, held: Sequence[Resource], notify: bool) -> list[Stored]:
    """These as booked, their people with them."""
    several = []
    for each in held:
        participants = [{**who, "status": "accepted"} for who in each["participant"]]
        several.append(codes.with_extension({**each, "status": "booked", "participant": participants}, terms.HOLD_UNTIL))
    stored = change.put_all(several)
    if notify:  # of one that was missed or cancelled before, everybody is told by `told`, the patient too
        fresh = [each for one in stored if not told.rebooks(change, each := one.resource())]
        notices.tell(change, fresh, notices.BOOKED)
    return stored


def reschedule(
    change: Change,
    *,
    appointment: str,
    start: datetime,
    minutes: int | None = None,
    actors: Sequence[str] | None = None,
    site: str | None = None,
) -> Stored:
    """Move an appointment. It stays the same one: what it is based on, and every clock that looks at it, follows. Everybody is told.

    `actors` take the place of the clinicians; an interpreter, a companion and whatever else was booked come along. Raises Occupied.
    """
    found = taken(change, appointment, "reschedule")
    if start < change.now:
        raise Invalid("This time has passed.", expression="Appointment.start")
    old = reading.moment(found["end"], change.zone), reading.moment(found["start"], change.zone)
    length = timedelta(minutes=minutes) if minutes else (old[0] - old[1] if old[0] and old[1] else timedelta(minutes=30))
    participants = found["participant"]
    if actors is not None:
        kept = [each for each in participants if _stays(change, each)]
        named = [*actors, *([site] if site and site not in actors else [])]
        participants = [*kept, *(participant(each, reading.name_of(change, each), "accepted") for each in named)]
    moved = {**found, "start": start.isoformat(), "end": (start + length).isoformat(), "participant": participants}
    moved = codes.with_extension(codes.with_extension(moved, terms.REPLY), terms.REMINDED)
    return change.put(moved)


def _stays(change: Change, participant: Resource) -> bool:
    """Whether somebody comes along when the clinician or the place is another one."""
    ref = target(participant.get("actor")) or ""
    return bool(ref) and parties.role_of(change, ref) not in ("clinician", "place")


def cancel(change: Change, *, appointment: str, reason: str, note: str = "") -> Stored:
    """Cancel with a reason; its need is to be scheduled again, or closed when it is not needed any more. Everybody is told (`told`)."""
    if reason not in terms.CANCELLED:
        raise Invalid(f"{reason!r} is none of {', '.join(terms.CANCELLED)}.", expression="Appointment.cancelationReason")
    found = taken(change, appointment, "cancel")
    stored = change.put(ended(change, found, "cancelled", reason, note))
    if reason == "not-needed":
        for need in terms.needs_of(found):
            request = reading.maybe(change, need)
            if request and request.get("status") in ("active", "draft", "on-hold"):
                change.put({**request, "status": "revoked"})
    return stored


def ended(change: Change, found: Resource, status: str, reason: str, note: str = "") -> Resource:
    """The appointment, over, with why."""
    cause = codes.concept(terms.REASON, reason, note.strip() or None)
    return codes.with_extension({**found, "status": status, "cancelationReason": cause}, terms.HOLD_UNTIL)


def arrive(change: Change, *, appointment: str) -> Stored:
    """The patient is there."""
    return change.put({**taken(change, appointment, "arrive"), "status": "arrived"})


def check_in(change: Change, *, appointment: str) -> Stored:
    """The paperwork is done: they can be seen."""
    return change.put({**taken(change, appointment, "check-in"), "status": "checked-in"})


def fulfil(change: Change, *, appointment: str) -> Stored:
    """The visit was held: its need is met."""
    stored = change.put({**taken(change, appointment, "fulfil"), "status": "fulfilled"})
    for need in terms.needs_of(stored.resource()):
        request = reading.maybe(change, need)
        if terms.is_need(request) and request and request.get("status") == "active":
            change.put({**request, "status": "completed"})
    return stored


def no_show(change: Change, *, appointment: str, reason: str, note: str = "") -> Stored:
    """The patient did not come, and why. What follows from that (see `following`) follows whoever says so.

    Raises Invalid for a reason that is none; the door refuses it before the visit was to begin.
    """
    if reason not in terms.MISSED:
        raise Invalid(f"{reason!r} is none of {', '.join(terms.MISSED)}.", expression="Appointment.cancelationReason")
    found = taken(change, appointment, "no-show")
    return change.put(ended(change, found, "noshow", reason, note))


def undo(change: Change, *, appointment: str) -> Stored:
    """What was just said of an appointment was a mistake: it is booked again, and a need it had met is open again."""
    found = taken(change, appointment, "undo")
    if found["status"] == "fulfilled":
        for need in terms.needs_of(found):
            request = reading.maybe(change, need)
            if terms.is_need(request) and request and request.get("status") == "completed":
                change.put({**request, "status": "active"})
    return change.put({key: value for key, value in {**found, "status": "booked"}.items() if key != "cancelationReason"})


# --- holds that run out ----------------------------------------------------------------------------------------------------------


def expired(view: View) -> list[Resource]:
    """Held times whose half hour is over, whoever held them."""
    with reading.seeing_all(view):
        held = view.find("Appointment", status="pending")
    return [each for each in held if (until := hold_until(each)) is not None and until <= view.now]


def hold_until(appointment: Mapping[str, Any]) -> datetime | None:
    """Until when a time is held; None for one that is not held by us."""
    stated = terms.value(appointment, terms.HOLD_UNTIL)
    return datetime.fromisoformat(stated.replace("Z", "+00:00")) if stated else None


def release(change: Change, appointments: Iterable[Resource]) -> None:
    """Let go of held times."""
    with reading.seeing_all(change):
        for each in appointments:
            current = change.get("Appointment", each["id"])
            until = hold_until(current)
            if current["status"] == "pending" and until is not None and until <= change.now:
                change.put(ended(change, current, "cancelled", "hold-expired"))


def release_expired(who: Who, store: Store, _now: datetime) -> None:
    """Each minute: held times that nobody booked are free again."""
    with store.view(who) as view:
        found = expired(view)
    if found:
        with store.change(who, because="Held times that nobody booked are free again") as change:
            release(change, found)


def itinerary_of(appointment: Mapping[str, Any]) -> str | None:
    """The itinerary an appointment was booked in."""
    return identifier(appointment, terms.ITINERARY)
