"""A family meeting: booked from where plans contradict each other, with those who may be told, and an interpreter where one is needed.

It is an Appointment; a child of the family does not interpret at it, whichever door it comes through.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from baton.duties import codes, reading
from baton.duties.contact import interpreting
from baton.duties.patients import identity, network
from baton.duties.promises import refuse
from baton.duties.scheduling import booking, notices, terms
from baton.duties.transitions import episodes
from baton.fhir.outcome import Issue
from baton.fhir.resource import Resource, extension, has_code, human_name, target
from baton.store import Invalid

if TYPE_CHECKING:
    from baton.duties.contact.interpreting import Interpreter
    from baton.store import Change, Stored, View

KIND: Final = f"{codes.P}/CodeSystem/appointment-kind"
FAMILY: Final = "family-meeting"
LENGTHS: Final = (30, 45, 60, 90)


@dataclass(frozen=True, slots=True)
class Meeting:
    """A family meeting that is booked: when, who comes besides the patient, and who interprets."""

    id: str
    start: datetime
    people: tuple[str, ...]
    interpreter: str


def needs_interpreter(view: View, patient: str) -> bool:
    """Whether nobody meets the patient without an interpreter."""
    return bool(extension(reading.peek(view, patient), "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired"))


def book(
    change: Change, *, patient: str, start: datetime, minutes: int, people: Sequence[str] = (), interpreter: Interpreter | None = None
) -> Stored:
    """Book a meeting of the patient, those close to them ("RelatedPerson/id"), and whoever books it; the patient is told.

    Raises Invalid naming who may not be told, who may not interpret, or that nobody does; Occupied when somebody is booked already.
    """
    patient = patient if "/" in patient else f"Patient/{patient}"
    body = change.get(*patient.split("/", 1))
    issues = list(_wrong(change, patient, start, minutes, people, interpreter))
    if issues:
        raise Invalid(issues)
    several = [booking.participant(patient, human_name(body), "accepted")]
    several += [booking.participant(each, reading.name_of(change, each), "accepted") for each in people]
    if change.who.person.startswith("Practitioner/"):
        several.append(booking.participant(change.who.person, change.who.name, "accepted"))
    made: Resource = {
        "resourceType": "Appointment",
        "status": "booked",
        "serviceType": [codes.concept(KIND, FAMILY, "Family meeting")],
        "description": "Family meeting",
        "start": start.isoformat(),
        "end": (start + timedelta(minutes=minutes)).isoformat(),
        "created": episodes.instant(change.now),
        "participant": several,
    }
    said = interpreting.interpreted(interpreter, identity.language(body))
    stored = change.put({**made, **({"extension": said} if said else {})})
    notices.tell(change, [stored.resource()], notices.BOOKED)
    return stored


def _wrong(
    change: Change, patient: str, start: datetime, minutes: int, people: Sequence[str], interpreter: Interpreter | None
) -> Iterator[Issue]:
    if start <= change.now:
        yield from refuse("This time has passed.", "Appointment.start").issues
    if minutes not in LENGTHS:
        yield from refuse("Say how long it lasts.", "Appointment.end").issues
    for each in people:
        person = reading.peek(change, each)
        if person is None or codes.patient_of(person) != patient or network.told_now(change, person) != "everything":
            text = "It is shared only with those of whom it is recorded that they may be told everything."
            yield from refuse(text, "Appointment.participant.actor").issues
    if interpreter is None and needs_interpreter(change, patient):
        yield from refuse("An interpreter has to be there: say who.", "Appointment.extension(contact-interpreter)").issues
    if interpreter is not None:
        yield from interpreting.refusals(change, interpreter.kind, interpreter.name, interpreter.person, interpreter.born)


def coming(view: View, patient: str) -> tuple[Meeting, ...]:
    """The family meetings ahead, the next first."""
    found = view.find("Appointment", patient=patient, status="booked", date=f"ge{view.now.astimezone(view.zone).date().isoformat()}")
    return tuple(sorted((_read(each, view) for each in found if is_meeting(each)), key=lambda each: each.start))


def is_meeting(appointment: Resource | None) -> bool:
    """Whether an Appointment is a family meeting."""
    return any(has_code(each, KIND, FAMILY) for each in (appointment or {}).get("serviceType", ()))


def _read(appointment: Resource, view: View) -> Meeting:
    start = reading.moment(appointment.get("start"), view.zone) or view.now
    actors = terms.actors(appointment, "RelatedPerson", "Practitioner")
    names = tuple(str(each.get("display") or target(each) or "") for each in actors)
    said = str(extension(appointment, codes.CONTACT_INTERPRETER) or "")
    kind = interpreting.kind_of(appointment) or ""
    return Meeting(str(appointment["id"]), start.astimezone(view.zone), names, said or kind)


def guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """Who may not interpret a call does not interpret a meeting either."""
    if after is None or extension(after, interpreting.INTERPRETING) is None:
        return
    if before is not None and extension(before, interpreting.INTERPRETING) == extension(after, interpreting.INTERPRETING):
        return
    parts = {part.get("url"): part for part in extension(after, interpreting.INTERPRETING) or ()}
    born = str(parts.get("born", {}).get("valueDate", ""))
    name = str(extension(after, codes.CONTACT_INTERPRETER) or "")
    person = target(parts.get("person", {}).get("valueReference"))
    day = date.fromisoformat(born) if len(born) == 10 else None
    yield from interpreting.refusals(view, str(parts.get("kind", {}).get("valueCode")), name, person, day)


GUARDS = {"Appointment": [guard]}
