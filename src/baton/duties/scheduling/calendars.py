"""Weekly hours become Slots: a session for each day worked, none on closed days; free is sessions less bookings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from baton.duties import codes, reading, working_days
from baton.duties.scheduling import terms
from baton.duties.scheduling.model import Span
from baton.duties.transitions import episodes
from baton.fhir.resource import Resource, target
from baton.rules.calendar import US_FEDERAL, Calendar
from baton.store.bookings import busy

if TYPE_CHECKING:
    from baton.store import Change, Store, Stored, View, Who

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
AHEAD = 60
"""Days for which sessions are kept open ahead."""
CHANGED = "hours changed"
"""Why a session that no longer fits the weekly hours is not free."""


@dataclass(frozen=True, slots=True)
class Hours:
    """A row of a week: which day (Monday is 0), from, to, and whether it is kept for the urgent."""

    weekday: int
    start: time
    end: time
    reserve: bool = False


def weekly(schedule: Mapping[str, Any]) -> list[Hours]:
    """The weekly hours a Schedule keeps."""
    found = []
    for parts in terms.values(schedule, terms.WEEKLY):
        day, start, end = (terms.part(parts, name) for name in ("day", "start", "end"))
        if day in DAYS and start and end:
            found.append(
                Hours(DAYS.index(day), time.fromisoformat(start), time.fromisoformat(end), bool(terms.part(parts, "kept-for-urgent")))
            )
    return found


def hours_extension(hours: Hours) -> Resource:
    """A row of a week as an extension."""
    parts: list[Resource] = [
        {"url": "day", "valueCode": DAYS[hours.weekday]},
        {"url": "start", "valueTime": hours.start.isoformat()},
        {"url": "end", "valueTime": hours.end.isoformat()},
    ]
    parts += [{"url": "kept-for-urgent", "valueBoolean": True}] if hours.reserve else []
    return {"url": terms.WEEKLY, "extension": parts}


def set_weekly(change: Change, *, schedule: str, hours: Sequence[Hours]) -> Stored:
    """Say when an actor works each week. Sessions already open stay as they are; `open_sessions` opens those to come."""
    found = change.get("Schedule", schedule.removeprefix("Schedule/"))
    return change.put(codes.with_extension(found, terms.WEEKLY, *(hours_extension(each) for each in hours)))


def change_weekly(change: Change, *, schedule: str, hours: Sequence[Hours], first: date) -> int:
    """Say when an actor works each week from a day on: sessions that no longer fit are taken back, new ones opened. What is booked stays.

    Returns how many sessions were taken back. The door refuses hours that end before they begin, or overlap.
    """
    found = set_weekly(change, schedule=schedule, hours=hours).resource()
    calendar = working_days.calendar(change, owner_of(change, found))
    wanted = {slot["id"]: slot for slot in sessions(found, first, AHEAD, change.zone, calendar)}
    taken_back = 0
    for slot in slots(change, f"Schedule/{found['id']}", first, AHEAD):
        new = wanted.pop(slot["id"], None)
        if new is None and slot["status"] == "free":
            change.put({**slot, "status": "busy-unavailable", "comment": CHANGED})
            taken_back += 1
        elif new is not None and (slot.get("comment") == CHANGED or slot["status"] == "free"):
            change.put({**new, "meta": slot.get("meta", {})}, unless_same=True)
    change.put_all(list(wanted.values()))
    return taken_back


def sessions(schedule: Mapping[str, Any], first: date, days: int, zone: Any, calendar: Calendar = US_FEDERAL) -> Iterator[Resource]:
    """The Slots that a Schedule's weekly hours make on these days: free ones, and on a closed day one that says why it is not."""
    rows = weekly(schedule)
    for number in range(days):
        day = first + timedelta(days=number)
        for hours in rows:
            if hours.weekday != day.weekday():
                continue
            start, end = (datetime.combine(day, at, zone) for at in (hours.start, hours.end))
            why = calendar.why_closed(day)
            closed = why is not None and (why != "weekend")  # who works weekends by their own hours works them
            slot: Resource = {
                "resourceType": "Slot",
                "id": codes.derived_id("slot", str(schedule["id"]), start.isoformat()),
                "schedule": {"reference": f"Schedule/{schedule['id']}"},
                "status": "busy-unavailable" if closed else "free",
                "start": episodes.instant(start),
                "end": episodes.instant(end),
            }
            if closed:
                slot["comment"] = why
            if hours.reserve:
                slot["extension"] = [{"url": terms.RESERVE, "valueBoolean": True}]
            yield slot


def open_sessions(change: Change, *, schedule: Mapping[str, Any], first: date, days: int = AHEAD, calendar: Calendar = US_FEDERAL) -> int:
    """Open a Schedule's sessions on these days that are not open yet. Returns how many were opened; none the second time."""
    made = list(sessions(schedule, first, days, change.zone, calendar))
    there = {each["id"] for each in slots(change, f"Schedule/{schedule['id']}", first, days)}
    fresh = [slot for slot in made if slot["id"] not in there]
    change.put_all(fresh)
    return len(fresh)


def keep_open(who: Who, store: Store, now: datetime) -> None:
    """Each hour: every active Schedule has its sessions open for the days ahead, by the closures of whoever keeps it."""
    if now.minute:
        return
    with store.view(who) as view:
        found = [each for each in view.find("Schedule", active="true") if weekly(each)]
        today = now.astimezone(view.zone).date()
        closed = {str(each["id"]): working_days.calendar(view, owner_of(view, each)) for each in found}
    for schedule in found:
        with store.change(who, because="Sessions opened for the days ahead") as change:
            open_sessions(change, schedule=schedule, first=today, calendar=closed[str(schedule["id"])])


def owner_of(view: View, schedule: Mapping[str, Any]) -> str | None:
    """The organisation whose closures a Schedule keeps: that of the place where it is."""
    place = reading.peek(view, site_of(schedule)) or {}
    return target(place.get("managingOrganization"))


def slots(view: View, schedule: str, first: date, days: int) -> list[Resource]:
    """The Slots of a Schedule on these days."""
    last = first + timedelta(days=days)
    return view.find("Slot", schedule=schedule, start=[f"ge{first.isoformat()}", f"lt{last.isoformat()}"])


def close_day(change: Change, *, schedule: str, day: date, reason: str) -> int:
    """An actor is away for a day: their sessions are taken back, with the reason. Returns how many; what is booked is not touched."""
    found = [slot for slot in slots(change, schedule, day, 1) if slot["status"] == "free"]
    for slot in found:
        change.put({**slot, "status": "busy-unavailable", "comment": reason})
    return len(found)


@dataclass(frozen=True, slots=True)
class Free:
    """When an actor has sessions open and is not booked, and which of those sessions are kept for the urgent."""

    free: tuple[Span, ...]
    reserve: tuple[Span, ...]


def free(view: View, schedules: Iterable[Mapping[str, Any]], actor: str, first: date, days: int) -> Free:
    """When an actor is free on these days, from their Schedules' Slots less everything they are booked for anywhere."""
    start = datetime.combine(first, time(0), view.zone)
    end = datetime.combine(first + timedelta(days=days), time(0), view.zone)
    taken = busy(view, [actor], start, end)[actor]
    open_, kept = [], []
    for schedule in schedules:
        for slot in slots(view, f"Schedule/{schedule['id']}", first, days):
            span = span_of(slot, view.zone)
            if slot["status"] == "free" and span:
                open_.append(span)
                kept += [span] if terms.value(slot, terms.RESERVE) else []
    return Free(tuple(less(open_, taken)), tuple(kept))


def span_of(resource: Mapping[str, Any], zone: Any) -> Span | None:
    """From start to end, as instants."""
    start, end = reading.moment(resource.get("start"), zone), reading.moment(resource.get("end"), zone)
    return Span(start, end) if start and end and start < end else None


def less(spans: Sequence[Span], taken: Sequence[tuple[datetime, datetime]]) -> Iterator[Span]:
    """What is left of spans when these times are taken out of them."""
    for span in sorted(spans, key=lambda each: each.start):
        at = span.start
        for lo, hi in sorted(taken):
            if hi <= at or lo >= span.end:
                continue
            if lo > at:
                yield Span(at, lo.astimezone(span.start.tzinfo))
            at = max(at, hi.astimezone(span.start.tzinfo))
        if at < span.end:
            yield Span(at, span.end)


def actor_of(schedule: Mapping[str, Any]) -> str | None:
    """Whose Schedule it is: the practitioner or device, else the room."""
    named = [found for each in schedule.get("actor", ()) if (found := target(each))]
    people = [each for each in named if each.startswith(("Practitioner/", "Device/"))]
    return next(iter(people or named), None)


def site_of(schedule: Mapping[str, Any]) -> str | None:
    """Where the sessions are: the Location beside whoever keeps them."""
    named = [found for each in schedule.get("actor", ()) if (found := target(each))]
    return next((each for each in named if each.startswith("Location/") and each != actor_of(schedule)), None)
