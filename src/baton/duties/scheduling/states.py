"""The life of an Appointment as a table, and what the door refuses of appointments, calendars and their sessions, whoever asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from baton.duties import reading
from baton.duties.scheduling import terms
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, target

if TYPE_CHECKING:
    from baton.store import View


class Move(NamedTuple):
    """One row of the table: what is done, from which Appointment.status, to which."""

    verb: str
    start: str
    end: str


STATUSES: Final = (
    *("proposed", "pending", "waitlist", "booked", "arrived", "checked-in", "fulfilled", "noshow", "cancelled", "entered-in-error"),
)
"""Every Appointment.status of R4."""
STARTS: Final = ("proposed", "pending", "waitlist", "booked")
"""In which an appointment to come is made."""
OVER: Final = frozenset({"fulfilled", "noshow", "cancelled", "entered-in-error"})
"""In which it is over: its times stay what they were."""
WHY: Final = frozenset({"noshow", "cancelled"})
"""In which it says why."""
ARRIVING: Final = frozenset({"load", "demo"})
"""Entrances through which an appointment may come in the middle of its life: what happened before is another system's record."""


def _moves(verb: str, end: str, *starts: str) -> tuple[Move, ...]:
    return tuple(Move(verb, start, end) for start in starts)


MOVES: Final = (
    *_moves("hold", "pending", "proposed", "waitlist"),
    *_moves("wait", "waitlist", "proposed", "pending"),
    *_moves("book", "booked", "proposed", "pending", "waitlist"),
    *_moves("arrive", "arrived", "booked"),
    *_moves("check-in", "checked-in", "booked", "arrived"),
    *_moves("fulfil", "fulfilled", "booked", "arrived", "checked-in"),
    *_moves("no-show", "noshow", "booked"),
    *_moves("cancel", "cancelled", "proposed", "pending", "waitlist", "booked", "arrived", "checked-in"),
    *_moves("undo", "booked", "arrived", "checked-in", "fulfilled", "noshow"),
    *_moves("mistake", "entered-in-error", *(each for each in STATUSES if each != "entered-in-error")),
)
"""Every move there is; any other pair is refused. A move within a status (a new time, a note) is none of these."""
BETWEEN: Final[Mapping[tuple[str, str], str]] = {(move.start, move.end): move.verb for move in MOVES}
AGAIN: Final[Mapping[str, frozenset[str]]] = {"reschedule": frozenset({"pending", "booked"})}
"""What is done within a status, and in which."""
VERBS: Final[Mapping[str, frozenset[str]]] = {
    verb: AGAIN.get(verb) or frozenset(move.start for move in MOVES if move.verb == verb)
    for verb in ("book", "reschedule", "cancel", "arrive", "check-in", "fulfil", "no-show", "undo")
}
"""What people do with an appointment, and in which statuses."""


def moves_from(status: str) -> tuple[Move, ...]:
    """The legal moves out of a status."""
    return tuple(move for move in MOVES if move.start == status)


def named(status: str) -> str:
    """The legal moves out of a status, in words for a refusal."""
    return "; ".join(f"{move.end} ({move.verb})" for move in moves_from(status)) or "nothing: it is over"


def appointment_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """An appointment moves only as the table says, says why it ended, and keeps the times it had."""
    if after is None:
        if before is not None and before["status"] not in OVER:
            yield error("business-rule", "An appointment is not deleted: cancel it, or mark it as entered in error.", "Appointment")
        return
    if after["status"] == "entered-in-error" and (before is None or before["status"] != "entered-in-error"):
        return
    yield from _illegal(before, after, view)
    yield from _without_reason(before, after, view)
    yield from _too_soon(before, after, view)
    if before is not None:
        yield from _other_times(before, after, view)


def _illegal(before: Resource | None, after: Resource, view: View) -> Iterator[Issue]:
    now = after["status"]
    if before is None:
        if now in STARTS or view.who.entrance in ARRIVING or _begun(after, view):
            return
        text = f"An appointment to come begins as {', '.join(STARTS)}, not as {now}."
        yield error("business-rule", text, "Appointment.status")
        return
    was = before["status"]
    if was != now and (was, now) not in BETWEEN:
        text = f"An appointment does not go from {was} to {now}; from there it goes to: {named(was)}."
        yield error("business-rule", text, "Appointment.status")


def _without_reason(before: Resource | None, after: Resource, view: View) -> Iterator[Issue]:
    """Over without a visit, and not why. What arrives so from elsewhere may lack it."""
    arrived = before is None and view.who.entrance in ARRIVING
    kept = before is not None and before["status"] == after["status"] and not before.get("cancelationReason")
    if after["status"] not in WHY or arrived or kept:
        return
    reason = after.get("cancelationReason") or {}
    if not reason.get("text") and not any(each.get("code") for each in reason.get("coding", ())):
        yield error("required", f"An appointment that is {after['status']} says why.", "Appointment.cancelationReason")


def _too_soon(before: Resource | None, after: Resource, view: View) -> Iterator[Issue]:
    """Nobody has missed a visit that is still to begin, and none was held before its day."""
    if before is None or before["status"] == after["status"]:
        return
    start = reading.moment(after.get("start"), view.zone)
    if start is None:
        return
    if after["status"] == "noshow" and start > view.now:
        yield error("business-rule", "The visit has not begun yet.", "Appointment.status")
    day = datetime.combine(start.astimezone(view.zone).date(), time(0), view.zone)
    if after["status"] == "fulfilled" and day > view.now:
        yield error("business-rule", "The day of the visit has not come yet.", "Appointment.status")


def _begun(appointment: Resource, view: View) -> bool:
    """Whether its time has come: then it is told afterwards, and may be told as what became of it."""
    start = reading.moment(appointment.get("start"), view.zone)
    return start is not None and start <= view.now


def _other_times(before: Resource, after: Resource, view: View) -> Iterator[Issue]:
    """A new time for what is over, or whose time has passed."""
    moved = [name for name in ("start", "end") if _instant(before, name, view) != _instant(after, name, view)]
    if not moved or before.get("start") is None:
        return
    end = _instant(before, "end", view)
    if before["status"] in OVER:
        text = f"The times of an appointment that is {before['status']} do not change; make another one."
    elif end is not None and end <= view.now:
        text = "The time of this appointment has passed: say what became of it, and make another one."
    else:
        return
    yield error("business-rule", text, f"Appointment.{moved[0]}")


def _instant(appointment: Resource, name: str, view: View) -> datetime | None:
    return reading.moment(appointment.get(name), view.zone)


# --- calendars and their sessions ------------------------------------------------------------------------------------------------------


def slot_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """A session ends after it begins, stays in its calendar, and one that was a mistake stays one."""
    if after is None:
        return
    start, end = (reading.moment(after.get(name), view.zone) for name in ("start", "end"))
    if start and end and end <= start:
        yield error("business-rule", "A session ends after it begins.", "Slot.end")
    if before is None:
        return
    if target(before.get("schedule")) != target(after.get("schedule")):
        yield error("business-rule", "A session stays in its calendar; open another one there.", "Slot.schedule")
    if before["status"] == "entered-in-error" and after["status"] != "entered-in-error":
        text = "A session does not go from entered-in-error to anything: open another one."
        yield error("business-rule", text, "Slot.status")


def schedule_guard(_before: Resource | None, after: Resource | None, _view: View) -> Iterator[Issue]:
    """The hours of a week end after they begin, and two spans of one day do not overlap."""
    spans: list[tuple[str, str, str]] = []
    for parts in terms.values(after, terms.WEEKLY):
        day, start, end = (str(terms.part(parts, name) or "") for name in ("day", "start", "end"))
        if not (day and start and end):
            continue
        if end <= start:
            yield error("business-rule", "Hours end after they begin.", "Schedule.extension")
        elif any(day == other and first < end and start < last for other, first, last in spans):
            yield error("business-rule", "Two spans of one day overlap.", "Schedule.extension")
        spans.append((day, start, end))


def possible(appointment: Mapping[str, Any], now: datetime, zone: Any) -> tuple[str, ...]:
    """What people may do with an appointment now: by its status, and by whether its time has begun or passed."""
    start, end = (reading.moment(appointment.get(name), zone) for name in ("start", "end"))
    found = [verb for verb, statuses in VERBS.items() if appointment["status"] in statuses]
    barred = {"reschedule"} if end is not None and end <= now else set()
    if start is not None and start > now:
        barred.add("no-show")
    return tuple(verb for verb in found if verb not in barred)


GUARDS = {"Appointment": [appointment_guard], "Slot": [slot_guard], "Schedule": [schedule_guard]}
