"""Visits at the patient's home: which are coming and which still need a time, and the sheet for one of them.

A visit is an Appointment of the category `home-visit`; how to get in and what to mind is one `Basic` of the patient, for the next time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, reading
from baton.duties.community import home_copies, needs
from baton.duties.community.home_copies import Copy
from baton.duties.contact import safe_contact
from baton.duties.patients import identity
from baton.duties.promises import refuse
from baton.duties.scheduling import booking, terms
from baton.duties.scheduling import needs as visit_needs
from baton.duties.today import loops
from baton.duties.today.rows import Contact, Identity, Row
from baton.fhir.resource import Resource, extension, target, text_of
from baton.rules.calendar import local_day
from baton.store import NotFound
from baton.store import labels as security

if TYPE_CHECKING:
    from baton.store import Change, Stored, View

NOTES: Final = "notes"
ACCESS, SAFETY = (f"{codes.P}/StructureDefinition/home-{each}" for each in ("access", "safety"))
AHEAD, BACK = timedelta(days=14), timedelta(days=7)
MOST: Final = 200
SHOWN: Final = 8
"""How many open promises the sheet has: a visit is no chart review."""
LONGEST: Final = 500
COMING: Final = ("pending", "booked", "arrived", "checked-in")


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit: when, to whom and where, by whom, what for; and the copies of its sheet that were taken along."""

    id: str
    patient: Identity
    start: datetime
    end: datetime
    people: tuple[str, ...]
    mine: bool
    status: str
    what: str
    place: str
    not_home: bool
    safety: bool
    copies: tuple[Copy, ...] = ()


@dataclass(frozen=True, slots=True)
class Room:
    """The room: today's visits, those of the next two weeks, those whose time is over and that nobody closed; visits without a time."""

    today: tuple[Visit, ...]
    coming: tuple[Visit, ...]
    past: tuple[Visit, ...]
    unplanned: tuple[visit_needs.Need, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What somebody needs to know to go there, and no more. `fewer` says that something sensitive was left out of it."""

    visit: Visit
    phone: str | None
    access: str
    safety: str
    guarded: bool
    others: tuple[Contact, ...]
    open: tuple[Row, ...]
    needs: tuple[str, ...]
    fewer: bool
    kept_here: bool


# --- the room ----------------------------------------------------------------------------------------------------------------------------


def room(view: View, *, mine: bool = False) -> Room:
    """The visits this person may see, in order; `mine`: those they go to themselves."""
    now = view.now.astimezone(view.zone)
    today = now.date()
    span = [f"ge{(today - BACK).isoformat()}", f"lt{(today + AHEAD).isoformat()}"]
    asked: dict[str, Any] = {"actor": view.who.person} if mine else {}
    found = view.find(
        "Appointment", service_category=f"{terms.CATEGORY}|{terms.HOME_VISIT}", date=span, status=",".join(COMING), _count=MOST, **asked
    )
    visits = _visits(view, found)
    requests = view.find("ServiceRequest", category=f"{terms.CATEGORY}|{terms.HOME_VISIT}", status="active", _count=MOST)
    unplanned = [each for each in visit_needs.described(view, requests[:50]) if each.state in ("unscheduled", "missed")]
    return Room(
        today=tuple(each for each in visits if each.start.date() == today),
        coming=tuple(each for each in visits if each.start.date() > today),
        past=tuple(each for each in visits if each.start.date() < today),
        unplanned=tuple(sorted(unplanned, key=visit_needs.pressing)),
    )


def _visits(view: View, appointments: Sequence[Resource]) -> list[Visit]:
    patients = {str(terms.patient_of(each)) for each in appointments} - {"None"}
    people = reading.several(view, "Patient", patients)
    asked = {each: safe_contact.wanted(several) for each, several in _of_each(view, "Consent", patients, status="active").items()}
    notes = {each: several[0] for each, several in _of_each(view, "Basic", patients, code=f"{home_copies.HOME}|{NOTES}").items()}
    copies = home_copies.of_patients(view, patients)
    made = (
        _visit(view, each, people.get(who), asked.get(who), notes.get(who), copies.get(f"Appointment/{each['id']}", ()))
        for each in appointments
        if (who := str(terms.patient_of(each)))
    )
    return sorted((each for each in made if each is not None), key=lambda each: (each.start, each.patient.name))


def _of_each(view: View, type_: str, patients: set[str], **asked: str) -> Mapping[str, list[Resource]]:
    """The resources of a type of many patients at once, by patient."""
    known, found = sorted(patients), dict[str, list[Resource]]()
    for start in range(0, len(known), 100):
        for each in view.find(type_, patient=",".join(known[start : start + 100]), _count=1000, **asked):
            found.setdefault(str(codes.patient_of(each)), []).append(each)
    return found


def _visit(
    view: View,
    appointment: Resource,
    patient: Resource | None,
    asked: safe_contact.SafeContact | None,
    notes: Resource | None,
    copies: Sequence[Copy],
) -> Visit | None:
    start, end = (reading.moment(appointment.get(name), view.zone) for name in ("start", "end"))
    if patient is None or start is None or end is None:
        return None
    who = identity.identity(patient, local_day(view.now, view.zone))
    may = safe_contact.answer(asked, patient, "visit", None)
    staff = terms.actors(appointment, "Practitioner", "PractitionerRole")
    return Visit(
        id=str(appointment["id"]),
        patient=who,
        start=start,
        end=end,
        people=tuple(str(each.get("display") or target(each)) for each in staff),
        mine=any(target(each) == view.who.person for each in staff),
        status=str(appointment["status"]),
        what=str(appointment.get("description") or next((text_of(each) for each in appointment.get("serviceType", ())), "")),
        place=(who.address or "") if may.allowed else (may.instead or ""),
        not_home=not may.allowed,
        safety=bool(extension(notes, SAFETY)),
        copies=tuple(copies),
    )


# --- the sheet ---------------------------------------------------------------------------------------------------------------------------


def sheet(view: View, *, appointment: str, along: bool = False) -> Sheet:
    """The sheet of one visit. `along`: as it lies on a device, without anything that carries a label of sensitivity.

    Raises NotFound when there is no such visit, or none this person may see.
    """
    found = view.get("Appointment", appointment)
    if not terms.is_home(found):
        raise NotFound("This is no visit at the patient's home.")
    patient = str(terms.patient_of(found))
    person = view.get(*patient.split("/", 1))
    tasks = [each for each in view.find("Task", patient=patient, status=codes.OPEN, _count=MOST) if codes.promise_code(each)]
    conditions = needs.open_of(view, patient)
    kept = [each for each in (*tasks, *conditions) if not along or _plain(each)]
    mine = [each for each in kept if each["resourceType"] == "Task"]
    rows = loops.rows(mine, person, now=view.now.astimezone(view.zone), zone=view.zone, who=view.who, names={})
    asked = safe_contact.wanted_of(view, patient)
    notes = notes_of(view, patient)
    (visit,) = _visits(view, [found])
    relatives = view.find("RelatedPerson", patient=patient)
    contacts = identity.contacts(person, relatives, local_day(view.now, view.zone))
    return Sheet(
        visit=visit,
        phone=safe_contact.number(asked, person),
        access=str(extension(notes, ACCESS) or ""),
        safety=str(extension(notes, SAFETY) or ""),
        guarded=bool(asked and asked.safety),
        others=tuple(each for each in contacts if each.relation and each.may_be_told)[:3],
        open=rows[:SHOWN],
        needs=tuple(str(needs.need_of(each)) for each in kept if each["resourceType"] == "Condition"),
        fewer=len(kept) < len(tasks) + len(conditions),
        kept_here=not set(security.names(security.bits(person))) & home_copies.STAYS,
    )


def _plain(resource: Resource) -> bool:
    return security.bits(resource) == security.ANY


def notes_of(view: View, patient: str) -> Resource | None:
    """How to get in at a patient's ("Patient/id") and what to mind; None where nobody has written it down."""
    return next(iter(view.find("Basic", patient=patient, code=f"{home_copies.HOME}|{NOTES}")), None)


def note(change: Change, *, patient: str, access: str, safety: str) -> Stored:
    """Write down how to get in and what to mind, for everybody who goes there after. Raises Invalid."""
    patient = patient if "/" in patient else f"Patient/{patient}"
    change.get(*patient.split("/", 1))
    if len(access) > LONGEST or len(safety) > LONGEST:
        raise refuse("Say it in at most 500 characters.", "Basic.extension")
    before = notes_of(change, patient) or {}
    said = [{"url": url, "valueString": text.strip()} for url, text in ((ACCESS, access), (SAFETY, safety)) if text.strip()]
    resource: Resource = {
        "resourceType": "Basic",
        "id": before.get("id") or codes.derived_id(NOTES, patient),
        "meta": {"security": [security.coding("STAFF")]},
        "code": codes.concept(home_copies.HOME, NOTES),
        "subject": {"reference": patient},
        "created": local_day(change.now, change.zone).isoformat(),
        "author": codes.reference_to(change.who.person, change.who.name),
        **({"extension": said} if said else {}),
    }
    return change.put(resource)


def plan(change: Change, *, need: str, start: datetime, notify: bool = True) -> Stored:
    """Give a home visit that is needed a time, with whoever plans it as the one who goes. Raises Invalid, and Occupied.

    A patient who is not visited at home (safe contact) is only where another place was agreed on.
    """
    request = change.get("ServiceRequest", need)
    if terms.value(request, terms.MODALITY) != terms.HOME:
        raise refuse("This visit is not at the patient’s home.", "Appointment.basedOn")
    may = safe_contact.may_contact(change, str(codes.patient_of(request)), "visit")
    if not may.allowed and not may.instead:
        raise refuse(
            "The patient asked not to be visited at home: agree on another place first, under safe contact.", "Appointment.basedOn"
        )
    end = start + timedelta(minutes=int(terms.value(request, terms.MINUTES, 60)))
    wanted = booking.Wanted(f"ServiceRequest/{need}", start, end, (change.who.person,))
    (held,) = booking.hold(change, wanted=[wanted])
    return booking.book(change, appointment=held.id, notify=notify)
