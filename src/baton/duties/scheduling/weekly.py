"""What is booked, read: the week board, an appointment's own page, an itinerary, and calendars (.ics) under a secret address."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from baton.duties import codes, reading
from baton.duties.scheduling import booking, notices, states, terms, told
from baton.fhir.resource import Resource, human_name, target, text_of
from baton.rules.calendar import US_FEDERAL
from baton.store import NotFound

if TYPE_CHECKING:
    from baton.store import View

SHOWN = "pending,booked,arrived,checked-in,fulfilled,noshow"


@dataclass(frozen=True, slots=True)
class Entry:
    """An appointment as boards and lists show it."""

    id: str
    patient: str
    patient_name: str
    what: str
    status: str
    start: datetime
    end: datetime
    people: tuple[str, ...]
    place: str
    place_id: str | None
    modality: str
    hold_until: datetime | None
    reply: str | None
    itinerary: str | None
    instruction: str
    reason: str | None
    reason_note: str
    needs: tuple[str, ...]

    @property
    def minutes(self) -> int:
        """Its length."""
        return int((self.end - self.start).total_seconds()) // 60


def entry(view: View, appointment: Resource) -> Entry | None:
    """An Appointment for a page; None for one without a time."""
    start, end = (reading.moment(appointment.get(name), view.zone) for name in ("start", "end"))
    if start is None or end is None:
        return None
    patients = terms.actors(appointment, "Patient")
    places = terms.actors(appointment, "Location")
    people = terms.actors(appointment, "Practitioner", "PractitionerRole", "Device")
    cause = appointment.get("cancelationReason")
    return Entry(
        id=appointment["id"],
        patient=str(target(patients[0]) if patients else "").removeprefix("Patient/"),
        patient_name=str(patients[0].get("display") or human_name(reading.peek(view, target(patients[0])) or {})) if patients else "",
        what=str(appointment.get("description") or next((text_of(each) for each in appointment.get("serviceType", ())), "")),
        status=str(appointment["status"]),
        start=start,
        end=end,
        people=tuple(str(each.get("display") or target(each)) for each in people),
        place=str(places[-1].get("display") or target(places[-1])) if places else "",
        place_id=target(places[-1]) if places else None,
        modality=str(terms.value(appointment, terms.MODALITY, terms.IN_PERSON)),
        hold_until=booking.hold_until(appointment),
        reply=notices.replied(appointment),
        itinerary=booking.itinerary_of(appointment),
        instruction=str(appointment.get("patientInstruction", "")),
        reason=next((coding["code"] for coding in (cause or {}).get("coding", ()) if coding.get("code")), None),
        reason_note=str((cause or {}).get("text", "")),
        needs=tuple(terms.needs_of(appointment)),
    )


@dataclass(frozen=True, slots=True)
class Week:
    """The board: seven days from a Monday, each with its appointments in order."""

    monday: date
    days: tuple[tuple[date, str | None, tuple[Entry, ...]], ...]  # day, why it is closed, what is on it
    today: date

    @property
    def count(self) -> int:
        """How many appointments there are."""
        return sum(len(entries) for _, _, entries in self.days)


def week(view: View, *, day: date, status: str | None = None, who: str | None = None) -> Week:
    """The week a day is in: the appointments of the patients this person may see. `who`: those with this "Practitioner/id" alone."""
    monday = day - timedelta(days=day.weekday())
    span = [f"ge{monday.isoformat()}", f"lt{(monday + timedelta(days=7)).isoformat()}"]
    asked: dict[str, Any] = {"actor": who} if who else {}
    found = view.find("Appointment", status=status or SHOWN, date=span, **asked)
    entries = sorted((each for one in found if (each := entry(view, one))), key=lambda each: (each.start, each.patient_name))
    days = []
    for number in range(7):
        on = monday + timedelta(days=number)
        days.append((on, US_FEDERAL.why_closed(on), tuple(each for each in entries if each.start.date() == on)))
    return Week(monday, tuple(days), view.now.astimezone(view.zone).date())


@dataclass(frozen=True, slots=True)
class AppointmentPage:
    """One appointment with all that hangs on it: its itinerary, earlier tries for the same need, and what can be done with it."""

    entry: Entry
    itinerary: tuple[Entry, ...]
    tries: tuple[Entry, ...]
    moves: tuple[str, ...]
    begun: bool
    need: str | None  # the id of the need it meets, when who looks may see that
    told: tuple[told.Notice, ...]
    may_note: bool  # whether who looks may write down that somebody was told by telephone


def page(view: View, *, appointment: str) -> AppointmentPage:
    """One appointment. Raises NotFound (also when not theirs to see)."""
    found = view.get("Appointment", appointment)
    shown = entry(view, found)
    if shown is None:
        raise NotFound("This appointment has no time yet.")
    together = itinerary(view, shown.itinerary) if shown.itinerary else ()
    others = [each for need in shown.needs for each in view.find("Appointment", based_on=need) if each["id"] != appointment]
    tries = sorted((each for one in others if (each := entry(view, one))), key=lambda each: each.start)
    writes = view.decide("write", "Appointment", patient=f"Patient/{shown.patient}" if shown.patient else None).allowed
    moves = states.possible(found, view.now, view.zone) if writes else ()
    need = next((each.partition("/")[2] for each in shown.needs if reading.peek(view, each)), None)
    notes = view.decide("write", "Communication", patient=f"Patient/{shown.patient}" if shown.patient else None).allowed
    return AppointmentPage(shown, together, tuple(tries), moves, shown.start <= view.now, need, told.of(view, appointment), notes)


def itinerary(view: View, id_: str) -> tuple[Entry, ...]:
    """The appointments booked together, by time."""
    found = view.find("Appointment", identifier=f"{terms.ITINERARY}|{id_}")
    several = (each for one in found if one["status"] not in ("cancelled", "entered-in-error") and (each := entry(view, one)))
    return tuple(sorted(several, key=lambda each: each.start))


def of_patient(view: View, patient: str) -> tuple[Entry, ...]:
    """What a patient has before them, by time."""
    today = view.now.astimezone(view.zone).date().isoformat()
    found = view.find("Appointment", patient=patient, status="pending,booked,arrived", date=f"ge{today}")
    return tuple(sorted((each for one in found if (each := entry(view, one))), key=lambda each: each.start))


# --- a calendar for whoever holds its address --------------------------------------------------------------------------------------


def secret(view: View, owner: str) -> str:
    """The secret part of the address of somebody's calendar ("Practitioner/id" or "Patient/id")."""
    said = f"calendar|{owner}".encode()
    signed = base64.urlsafe_b64encode(hmac.digest(view.store.key, said, sha256)[:24]).decode()
    return f"{owner.replace('/', '.')}.{signed}"


def owner_of(view: View, text: str) -> str:
    """Whose calendar an address is of. Raises NotFound for a forged one."""
    type_, _, rest = text.partition(".")
    id_, _, _ = rest.rpartition(".")
    owner = f"{type_}/{id_}"
    if type_ not in ("Practitioner", "Patient") or not hmac.compare_digest(secret(view, owner).encode(), text.encode()):
        raise NotFound("There is no such calendar.")
    return owner


def feed(view: View, *, owner: str, words: Mapping[str, str]) -> bytes:
    """The calendar (.ics) of the weeks around now: only that there is a date, when, and how long. `words`: name, date, held."""
    from icalendar import Calendar, Event  # noqa: PLC0415

    first = (view.now - timedelta(days=14)).date().isoformat()
    found = view.find("Appointment", actor=owner, status="pending,booked,arrived,checked-in,fulfilled", date=f"ge{first}")
    calendar = Calendar()
    calendar.add("prodid", "-//Baton//Scheduling//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", words["name"])
    for each in sorted(found, key=lambda one: str(one.get("start"))):
        start, end = (reading.moment(each.get(name), view.zone) for name in ("start", "end"))
        if start is None or end is None:
            continue
        event = Event()
        # Nothing of the patient or the visit: a calendar is synchronised to wherever its owner likes.
        event.add("uid", f"{codes.derived_id('calendar', each['id'])}@baton")
        event.add("dtstamp", reading.moment(each["meta"]["lastUpdated"], view.zone))
        event.add("dtstart", start)
        event.add("dtend", end)
        event.add("summary", words["held"] if each["status"] == "pending" else words["date"])
        event.add("status", "TENTATIVE" if each["status"] == "pending" else "CONFIRMED")
        event.add("class", "PRIVATE")
        event.add("sequence", int(each["meta"]["versionId"]))
        calendar.add_component(event)
    return bytes(calendar.to_ical())
