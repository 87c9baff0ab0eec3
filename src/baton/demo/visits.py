"""Calendars of the town's doctors and rooms, and visits in every state: needed, late, held, booked, cancelled, missed, made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

from baton.demo.acts import Act, Deed
from baton.demo.days import Days
from baton.demo.people import Person
from baton.demo.places import DOCTORS, PLACES, VISITING, Place, doctor_id, reference
from baton.demo.plot import Stage
from baton.duties import reading
from baton.duties.scheduling import booking, calendars, needs, terms, told
from baton.store import Change
from baton.store.bookings import busy

Resource = dict[str, Any]

OPEN_DAYS, SEEN_DAYS = 45, 35
MACHINES = (  # id, name, what it is for, where
    ("echo-lab", "Echo lab", "Echocardiography", "heart-clinic"),
    ("ct-scanner", "CT scanner", "Imaging", "larkhaven-general"),
    ("draw-station", "Blood draw", "Laboratory", "foundry-family"),
    ("infusion-chair-1", "Infusion chair 1", "Infusion", "bayline-oncology"),
    ("infusion-chair-2", "Infusion chair 2", "Infusion", "bayline-oncology"),
)
INTERPRETERS = (("Marisol", "Vega", "es", (0, 2, 4)), ("Linh", "Tran", "vi", (1, 3)), ("Joana", "Reis", "pt", (1, 2)))
SEEN_AT = {  # where a team's patients go most
    "hospital-transitions": "foundry-family", "outpatient-coordination": "lung-clinic", "heart-vascular": "heart-clinic",
    "oncology-navigation": "bayline-oncology", "geriatrics": "mill-pond", "case-management": "harbor-behavioral",
}  # fmt: skip
BY_VIDEO = ("Behavioral health", "Endocrinology", "Primary care")
"""What is also done by video."""
AFAR = ("case-management",)
"""Teams of which somebody waits for a visit by video."""
TAKES = {  # whose insurance some doctors take; the others take all
    "viktor-zorin": ("medicare", "seaboard"), "saoirse-lund": ("seaboard", "veterans"), "claire-beaumont": ("medicare", "seaboard"),
    "devon-pettway": ("medicaid", "medicare"), "joan-penrose": ("medicare", "medicaid"), "ignacio-bellver": ("medicaid", "seaboard"),
}  # fmt: skip
WHY = {"hospital-transitions": "transport", "oncology-navigation": "afraid", "geriatrics": "forgot"}


def ground(days: Days) -> Iterator[Resource]:
    """Machines, interpreters, and everybody's Schedule with its sessions, closed days and all."""
    for id_, name, _, _ in MACHINES:
        yield {"resourceType": "Device", "id": id_, "status": "active", "deviceName": [{"name": name, "type": "user-friendly-name"}]}
    for given, family, language, _ in INTERPRETERS:
        spoken = [{"coding": [{"system": "urn:ietf:bcp:47", "code": code}]} for code in (language, "en")]
        called = [{"use": "official", "family": family, "given": [given]}]
        yield {"resourceType": "Practitioner", "id": doctor_id(given, family), "active": True, "name": called, "communication": spoken}
    for schedule in schedules():
        yield schedule
        yield from calendars.sessions(schedule, days.back(SEEN_DAYS), SEEN_DAYS + OPEN_DAYS, days.zone)
    for schedule in visiting():
        yield schedule
        yield from calendars.sessions(schedule, days.today, OPEN_DAYS, days.zone)


def schedules() -> Iterator[Resource]:
    """A week for each doctor, machine and interpreter."""
    for place_id, doctors in DOCTORS.items():
        for number, (given, family, _) in enumerate(doctors):
            free = (0, 1, 2, 3, 4) if number == 0 else (0, 2, 3)
            yield _schedule(doctor_id(given, family), PLACES[place_id].service, "Practitioner", PLACES[place_id], free)
    for id_, _, service, place_id in MACHINES:
        yield _schedule(id_, service, "Device", PLACES[place_id], (0, 1, 2, 3, 4))
    for given, family, _, weekdays in INTERPRETERS:
        yield _schedule(doctor_id(given, family), "interpreter", "Practitioner", None, weekdays)


def visiting() -> Iterator[Resource]:
    """A day or two a week for each doctor of the specialty center."""
    for number, (given, family, _, specialty) in enumerate(VISITING):
        yield _schedule(doctor_id(given, family), specialty, "Practitioner", PLACES["northgate"], ((1, 3), (2,), (0, 4))[number % 3])


def _schedule(id_: str, service: str, type_: str, place: Place | None, weekdays: Sequence[int]) -> Resource:
    spans = ((time(8, 30), time(12)), (time(13), time(16, 30)))
    hours = [calendars.Hours(day, *span) for day in weekdays for span in spans]
    actors = [reference(type_, id_), *([reference("Location", place.id, place.name)] if place else [])]
    extensions = [calendars.hours_extension(each) for each in hours]
    extensions += [{"url": terms.ACCEPTS, "valueReference": {"reference": f"Organization/{each}"}} for each in TAKES.get(id_, ())]
    extensions += [{"url": terms.MODALITY, "valueCode": each} for each in (terms.IN_PERSON, "video") if service in BY_VIDEO]
    return {
        "resourceType": "Schedule", "id": f"{id_}-hours", "active": True, "extension": extensions, "specialty": [{"text": service}],
        "actor": actors,
    }  # fmt: skip


# --- what happens --------------------------------------------------------------------------------------------------------------------


def visits(stages: Sequence[Stage]) -> Iterator[Act]:
    """A team's visits of the past weeks, each person's in another state."""
    for life, stage in zip((bundle, overdue, moved, missed, made), stages, strict=False):
        yield from life(stage)


def asked(stage: Stage, name: str, what: str, specialty: str, **more: Any) -> Deed:
    """A need, as somebody asked for it."""

    def do(change: Change) -> None:
        needs.make(change, patient=stage.person.id, what=what, specialty=specialty, id_=need_id(stage.person, name), **more)

    return do


def need_id(person: Person, name: str) -> str:
    """The id of a person's need."""
    return f"{person.id}-need-{name}"


def place_of(stage: Stage) -> Place:
    """Where the person goes."""
    return PLACES[SEEN_AT[stage.person.team]]


def taken(change: Change, person: Person, place: Place, first: datetime, minutes: int) -> booking.Wanted | None:
    """The first half hour from then on, on working hours, in which the person and a doctor of the place are both free."""
    doctor = f"Practitioner/{doctor_id(*DOCTORS[place.id][0][:2])}"
    for day in range(10):
        for half in range(15):
            start = first.replace(hour=8, minute=30) + timedelta(days=day, minutes=30 * half)
            end = start + timedelta(minutes=minutes)
            free = start.weekday() < 5 and not any(busy(change, [doctor, person.reference], start, end).values())
            if free and start > change.now and (end.time() <= time(12) or start.time() >= time(13)):
                return booking.Wanted(f"ServiceRequest/{need_id(person, 'visit')}", start, end, (doctor,), f"Location/{place.id}")
    return None


def booked(stage: Stage, business_day: int) -> Deed:
    """The need "visit" gets a time on that day, or soon after."""

    def do(change: Change) -> None:
        first = stage.days.at(stage.days.business(business_day), "08:30")
        wanted = taken(change, stage.person, place_of(stage), first, 30)
        if wanted:
            (held,) = booking.hold(change, wanted=[wanted])
            booking.book(change, appointment=held.id, notify=False)

    return do


def then(stage: Stage, verb: Any, **said: Any) -> Deed:
    """What became of the visit that is booked."""

    def do(change: Change) -> None:
        need = f"ServiceRequest/{need_id(stage.person, 'visit')}"
        for appointment in change.find("Appointment", based_on=need, status="booked"):
            verb(change, appointment=appointment["id"], **said)

    return do


def act(stage: Stage, business_day: int, clock: str, because: str, deed: Deed) -> Act:
    """Something the coordinator did."""
    return Act(stage.days.at(stage.days.business(business_day), clock), stage.worker.who, because, deed)


def visit_asked(stage: Stage, business_day: int, **more: Any) -> Act:
    """The doctor asked for a visit."""
    place = place_of(stage)
    return act(
        stage,
        business_day,
        "10:12",
        "A visit is needed",
        asked(stage, "visit", f"{place.service} visit", place.service, minutes=30, **more),
    )


def bundle(stage: Stage) -> Iterator[Act]:
    """Three visits that belong together and have no time yet."""
    place, days = place_of(stage), stage.days
    latest = days.business(12)

    def do(change: Change) -> None:
        asked(
            stage,
            "blood",
            "Blood draw",
            "Laboratory",
            minutes=15,
            latest=latest,
            start_until=time(11),
            preparation="Nothing to eat from midnight.",
        )(change)
        first = needs.After(f"ServiceRequest/{need_id(stage.person, 'blood')}", min_business_days=1)
        asked(stage, "scan", "CT scan", "Imaging", minutes=45, latest=latest, priority="urgent", after=[first])(change)
        scanned = needs.After(f"ServiceRequest/{need_id(stage.person, 'scan')}", min_business_days=2)
        asked(stage, "visit", f"{place.service} visit", place.service, minutes=30, latest=latest, after=[scanned])(change)

    yield act(stage, -3, "11:26", "Visits are needed", do)


def overdue(stage: Stage) -> Iterator[Act]:
    """Nobody has found a time, and the day has passed."""
    how = terms.IN_PERSON if stage.person.team not in AFAR else "video"
    yield visit_asked(stage, -12, latest=stage.days.business(-1), priority="urgent", modality=how)


def moved(stage: Stage) -> Iterator[Act]:
    """Cancelled once because the patient asked, and booked again."""
    yield visit_asked(stage, -9, latest=stage.days.business(8))
    yield act(stage, -8, "09:48", "Appointment booked", booked(stage, 1))
    yield act(stage, -4, "15:05", "Appointment cancelled", then(stage, booking.cancel, reason="patient"))
    yield act(stage, -2, "10:31", "Appointment booked", booked(stage, 3))
    yield from moved_by_us(stage)


def moved_by_us(stage: Stage) -> Iterator[Act]:
    """The clinic needed the hour: moved at the desk, so that everybody in it was told; most of them said by telephone that they agree."""
    at_the_desk = replace(stage.worker.who, entrance="desk")  # of what another system did before, nobody is told
    when = stage.days.at(stage.days.business(-1), "13:52")

    def move(change: Change, *, appointment: str) -> None:
        start = reading.moment(change.get("Appointment", appointment)["start"], stage.days.zone)
        other = taken(change, stage.person, place_of(stage), start + timedelta(days=1), 30) if start else None
        if other:
            booking.reschedule(change, appointment=appointment, start=other.start)

    def agreed(change: Change, *, appointment: str) -> None:
        for each in told.of(change, appointment)[:1]:
            if each.of(stage.person.reference):
                told.said(change, notice=each.id, who=stage.person.reference, kind="accepted")

    yield Act(when, at_the_desk, "Appointment moved", then(stage, move))
    if stage.turn % 3 != 1:  # the others have not answered yet
        yield Act(when + timedelta(minutes=95), at_the_desk, "They agreed by telephone", then(stage, agreed))


def missed(stage: Stage) -> Iterator[Act]:
    """The patient did not come."""
    yield visit_asked(stage, -13, latest=stage.days.business(5))
    yield act(stage, -9, "13:37", "Appointment booked", booked(stage, -2))
    reason = WHY.get(stage.person.team, "work-or-family")
    yield act(stage, -2, "17:22", "The patient did not come", then(stage, _noshow, reason=reason))


def _noshow(change: Change, *, appointment: str, reason: str) -> None:
    start = datetime.fromisoformat(change.get("Appointment", appointment)["start"])
    if start <= change.now:
        booking.no_show(change, appointment=appointment, reason=reason)


def made(stage: Stage) -> Iterator[Act]:
    """Booked, and held as booked."""
    yield visit_asked(stage, -15)
    yield act(stage, -12, "14:19", "Appointment booked", booked(stage, -4))
    yield act(stage, -3, "08:07", "The visit was held", then(stage, booking.fulfil))


def held(change: Change, stages: Sequence[Stage]) -> None:
    """On the last moment of the making: a time is held that somebody has half an hour to book."""
    for stage in stages:
        place = place_of(stage)
        asked(stage, "visit", f"{place.service} visit", place.service, minutes=30, latest=stage.days.business(9))(change)
        wanted = taken(change, stage.person, place, stage.days.at(stage.days.business(4), "08:30"), 30)
        if wanted:
            booking.hold(change, wanted=[wanted])
