"""After-hours cover: who answers now, who answers when, where nobody does, and the evidence of who was answered.

A shift is a `Slot` (busy-unavailable) of a `Schedule` that belongs to one person and one line; both carry the line as serviceCategory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, promises, reading, working_days
from baton.duties.team.teams import staff_role, works
from baton.duties.transitions import episodes
from baton.fhir import dates
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, code_of, extension, human_name, target
from baton.rules import after_hours
from baton.rules.calendar import add_business_days, local_day, start_of_day
from baton.store import Invalid, View

if TYPE_CHECKING:
    from baton.store import Change, Stored

LINE: Final = f"{codes.P}/CodeSystem/on-call-line"
LINES: Final = ("clinician", "coordinator")
CLINICIAN, COORDINATOR = LINES
AFTER_HOURS: Final = "after-hours"
CONTACT: Final = f"{codes.P}/CodeSystem/contact-kind"
PHONE: Final = f"{codes.P}/StructureDefinition/on-call-phone"
KEEPERS: Final = ("supervisor", "administrator", "system")
"""Who says who is on call."""
INSTEAD: Final = ("supervisor", "administrator")
"""Whose telephone rings when nobody is on call, in this order."""


@dataclass(frozen=True, slots=True)
class Answering:
    """Somebody who answers a line. `instead`: nobody is on call, so it rings with those who answer for the house; `slot` is "" then."""

    person: str  # "Practitioner/id"
    name: str
    phone: str | None
    line: str
    start: datetime
    end: datetime
    instead: bool = False
    slot: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """One call that was answered after hours."""

    id: str
    patient: str
    at: datetime
    by: str
    what: str


@dataclass(frozen=True, slots=True)
class Cover:
    """How a line was answered over some days: hours in which it had to be, hours in which somebody was on call, and when nobody was."""

    line: str
    owed: float
    covered: float
    gaps: tuple[tuple[datetime, datetime], ...]


# --- who answers ---------------------------------------------------------------------------------------------------------------------


def now(view: View, at: datetime | None = None, *, line: str = CLINICIAN) -> Answering | None:
    """Who answers this line at this instant (now when None): whoever is on call, else a supervisor or administrator.

    None only in a house that has neither. Everybody may ask, whatever else they may see.
    """
    return answering(view, at, lines=(line,))[line]


def answering(view: View, at: datetime | None = None, *, lines: Sequence[str] = LINES) -> dict[str, Answering | None]:
    """The same of several lines, asked together."""
    at = at or view.now
    with reading.seeing_all(view):
        known = [each for each in shifts(view, at, at, line=lines[0] if len(lines) == 1 else None) if each.line in lines]
        on = {line: next((each for each in known if each.line == line and works(view, each.person)), None) for line in lines}
        others = None if all(on.values()) else next(_others(view, at), None)
    return {line: found or (others and replace(others, line=line)) for line, found in on.items()}


def shifts(view: View, first: datetime, last: datetime, *, line: str | None = None) -> list[Answering]:
    """The shifts that touch a span, earliest first; where two begin together, as they were entered."""
    earliest = first - after_hours.longest_shift(local_day(first, view.zone))
    wanted = ",".join(f"{LINE}|{each}" for each in ([line] if line else after_hours.lines(local_day(first, view.zone))))
    span = [f"ge{episodes.instant(earliest)}", f"le{episodes.instant(last)}"]
    found = view.find("Slot", service_category=wanted, start=span)
    people = _people(view, found)
    read = [_read(each, people) for each in found if each.get("status") != "entered-in-error"]
    return sorted((each for each in read if each.end > first and each.start <= last), key=lambda each: (each.start, each.slot))


def _people(view: View, slots: list[Resource]) -> Mapping[str, Resource]:
    """Who each Schedule of these Slots belongs to."""
    schedules = reading.several(view, "Schedule", (target(each.get("schedule")) for each in slots))
    owners = {schedule: next((target(each) for each in found.get("actor", ())), None) for schedule, found in schedules.items()}
    people = reading.several(view, "Practitioner", owners.values())
    return {schedule: people.get(str(owner), {}) for schedule, owner in owners.items()}


def _read(slot: Resource, people: Mapping[str, Resource]) -> Answering:
    who = people.get(str(target(slot.get("schedule"))), {})
    line = next((code for each in slot.get("serviceCategory", ()) if (code := code_of(each, LINE))), "")
    start, end = (dates.interval(slot[name], UTC)[0] for name in ("start", "end"))
    phone = extension(slot, PHONE) or phone_of(who)
    return Answering(f"Practitioner/{who.get('id', '')}", human_name(who), phone, line, start, end, slot=str(slot["id"]))


def phone_of(practitioner: Resource) -> str | None:
    """Somebody's telephone at work."""
    points = [each for each in practitioner.get("telecom", ()) if each.get("system") in ("phone", "sms") and each.get("value")]
    points.sort(key=lambda each: (each.get("use") not in ("mobile", "work"), each.get("rank", 9)))
    return str(points[0]["value"]) if points else None


def _others(view: View, at: datetime) -> Iterator[Answering]:
    """Those who answer for the house, by role and name."""
    for role in INSTEAD:
        held = view.find("PractitionerRole", role=f"{codes.STAFF_ROLE}|{role}", active="true")
        ids = sorted({str(target(each.get("practitioner"))).partition("/")[2] for each in held if staff_role(each)})
        people = view.find("Practitioner", _id=",".join(ids), active="true") if ids else []
        for each in sorted(people, key=lambda one: human_name(one).casefold()):
            person = f"Practitioner/{each['id']}"
            if works(view, person):
                yield Answering(person, human_name(each), phone_of(each), CLINICIAN, at, at, instead=True)


def gaps(view: View, first: date, last: date, *, line: str) -> list[tuple[datetime, datetime]]:
    """When a line must be answered on these days and nobody is on call, earliest first."""
    zone = view.zone
    known = shifts(view, start_of_day(first, zone), start_of_day(last + timedelta(days=1), zone), line=line)
    owed = after_hours.owed(line, first, last, zone, working_days.calendar(view, codes.INTAKE))
    return [
        (start.astimezone(zone), end.astimezone(zone))
        for start, end in after_hours.uncovered(owed, [(each.start, each.end) for each in known])
    ]


def cover(view: View, first: date, last: date, *, line: str) -> Cover:
    """How a line was answered on these days, until now: the proof of access at every hour, with the gaps where nobody was on call."""
    zone, at = view.zone, view.now.astimezone(view.zone)
    owed = [
        (start, min(end, at))
        for start, end in after_hours.owed(line, first, last, zone, working_days.calendar(view, codes.INTAKE))
        if start < at
    ]
    known = shifts(view, start_of_day(first, zone), min(start_of_day(last + timedelta(days=1), zone), at), line=line)
    holes = tuple(after_hours.uncovered(iter(owed), [(each.start, each.end) for each in known]))
    hours, missing = (sum((end - start).total_seconds() for start, end in spans) / 3600 for spans in (owed, holes))
    return Cover(
        line, round(hours, 1), round(hours - missing, 1), tuple((start.astimezone(zone), end.astimezone(zone)) for start, end in holes)
    )


# --- saying it -----------------------------------------------------------------------------------------------------------------------


def put_on(change: Change, *, line: str, person: str, start: datetime, end: datetime, phone: str | None = None) -> Stored:
    """Somebody is on call for a span. Raises Invalid: no such line or person, no time, too long, or somebody else is on call then."""
    if line not in after_hours.lines(local_day(change.now, change.zone)):
        raise Invalid(f"{line!r} is no line here.", expression="Slot.serviceCategory", code="code-invalid")
    if not person.startswith("Practitioner/") or not works(change, person):
        raise Invalid("Choose somebody who works here.", expression="Schedule.actor", code="required")
    for other in shifts(change, start, end, line=line):
        if other.start < end and start < other.end:
            raise Invalid(f"Somebody is on call then, take them off first: {other.name}", expression="Slot.start", code="business-rule")
    who = change.get(*person.split("/", 1))
    schedule = codes.derived_id("on-call", line, person)
    if reading.peek(change, f"Schedule/{schedule}") is None:
        change.put(
            {
                "resourceType": "Schedule",
                "id": schedule,
                "active": True,
                "serviceCategory": [codes.concept(LINE, line)],
                "actor": [codes.reference_to(person, human_name(who))],
            }
        )
    slot: dict[str, Any] = {
        "resourceType": "Slot",
        "serviceCategory": [codes.concept(LINE, line)],
        "schedule": {"reference": f"Schedule/{schedule}"},
        "status": "busy-unavailable",
        "start": episodes.instant(start),
        "end": episodes.instant(end),
        "comment": f"On call: {human_name(who)}",
    }
    return change.put(slot | ({"extension": [{"url": PHONE, "valueString": phone.strip()}]} if phone and phone.strip() else {}))


def take_off(change: Change, *, slot: str) -> None:
    """A shift is taken back: one that has begun ends now, one to come is deleted. Raises NotFound, Invalid when it is over."""
    found = change.get("Slot", slot.removeprefix("Slot/"))
    if not line_of(found):
        raise Invalid("This is no time on call.", expression="Slot.serviceCategory")
    start, end = (dates.interval(found[name], change.zone)[0] for name in ("start", "end"))
    if end <= change.now:
        raise Invalid("This time on call is over.", expression="Slot.end", code="business-rule")
    if start < change.now:
        change.put({**found, "end": episodes.instant(change.now)})
    else:
        change.delete("Slot", str(found["id"]))


def line_of(resource: Resource | None) -> str | None:
    """The line a Schedule or Slot belongs to; None where it says nothing of being on call."""
    return next((code for each in (resource or {}).get("serviceCategory", ()) if (code := code_of(each, LINE))), None)


# --- the evidence --------------------------------------------------------------------------------------------------------------------


def answered(change: Change, *, patient: str, what: str, caller: str = "", at: datetime | None = None) -> Stored:
    """A call that came after hours and was answered: what it was about. The team follows up on the next working day. Raises Invalid."""
    if not what.strip():
        raise Invalid("Say what it was about.", expression="Communication.note", code="required")
    at = at or change.now
    if at > change.now:
        raise Invalid("This is still to come.", expression="Communication.received")
    me = codes.reference_to(change.who.person, change.who.name)
    stored = change.put(
        {
            "resourceType": "Communication",
            "status": "completed",
            "category": [codes.concept(CONTACT, AFTER_HOURS)],
            "subject": {"reference": patient},
            "received": episodes.instant(at),
            "sender": {"display": caller.strip()} if caller.strip() else {"reference": patient},
            "recipient": [me],
            "medium": [codes.concept(codes.PARTICIPATION_MODE, "PHONE")],
            "note": [{"authorReference": me, "time": episodes.instant(change.now), "text": what.strip()}],
        }
    )
    team = reading.team_of(change, patient)[0]
    day = add_business_days(local_day(change.now, change.zone), 1, working_days.calendar(change, team)).value
    promises.make_by_hand(change, patient=patient, what=f"Follow up the call after hours: {what.strip()}", due=day)
    return stored


def evidence(view: View, first: datetime, last: datetime, limit: int = 5000) -> list[Answered]:
    """What was answered after hours within a span, the latest first, of the patients this person may see."""
    found = view.find(
        "Communication",
        category=f"{CONTACT}|{AFTER_HOURS}",
        received=[f"ge{episodes.instant(first)}", f"lt{episodes.instant(last)}"],
        _count=limit,
    )
    return sorted((_answered(view, each) for each in found), key=lambda each: each.at, reverse=True)


def _answered(view: View, communication: Resource) -> Answered:
    by: Resource = next(iter(communication.get("recipient", ())), {})
    said: Resource = next(iter(communication.get("note", ())), {})
    at = dates.interval(communication["received"], view.zone)[0]
    return Answered(
        str(communication["id"]), str(codes.patient_of(communication)), at, str(by.get("display", "")), str(said.get("text", ""))
    )


# --- what the door refuses -----------------------------------------------------------------------------------------------------------


def guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """Only those who answer for the house say who is on call; a shift has a beginning, an end after it, and is not endless."""
    if line_of(before) is None and line_of(after) is None:
        return
    if view.who.role not in KEEPERS:
        yield error("forbidden", "Only a supervisor or an administrator says who is on call.", (after or before or {})["resourceType"])
    elif after is not None and after["resourceType"] == "Slot":
        start, end = (dates.interval(after[name], view.zone)[0] for name in ("start", "end"))
        if end < start:
            yield error("invalid", "The time on call ends before it begins.", "Slot.end")
        elif end - start > after_hours.longest_shift(local_day(start, view.zone)):
            yield error("business-rule", "Nobody is on call for more than a week in one go.", "Slot.end")


GUARDS = {"Slot": [guard], "Schedule": [guard]}
