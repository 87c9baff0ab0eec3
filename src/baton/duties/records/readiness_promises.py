"""The promise that a chart is ready before the visit: made a week before when something is missing, kept by what comes, never by a tick.

It follows the chart in the same transaction: a visit booked for the coming week has its promise with its booking, and what comes that a
list could ask for (`readiness.could_matter`) is looked at at once where such a promise is open; what goes again, where one was kept. The
clock makes those that come into the week by themselves, ends those whose visit began, and looks again now and then at what two changes at
the same moment did not see of each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final, cast
from weakref import WeakKeyDictionary

from baton.duties import codes, plans, promises, reading, trace
from baton.duties.reactions import Reaction, is_first, wanting
from baton.duties.records import readiness
from baton.duties.records.readiness import STATUSES, Visit
from baton.duties.trace import Fact, Trace
from baton.duties.transitions import episodes, upkeep
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, target
from baton.rules import readiness as rules
from baton.rules.calendar import end_of_day, local_day
from baton.store import Refused, View, worklist

if TYPE_CHECKING:
    from baton.store import Change, Store, Who

CODE: Final = "visit-readiness"
RULE: Final = f"{codes.P}/Library/readiness|1"
CLEARS: Final = ("chart-ready", "closed-with-reason")
AGAIN: Final = 15
"""Every so many minutes the charts of open promises are looked at again."""
MOST: Final = 40
"""How many charts are looked at in one go; the rest a minute later."""


def task_id(appointment: Resource) -> str:
    """The promise about a visit at its present time; moved, it is another one."""
    return codes.derived_id(CODE, str(appointment["id"]), str(appointment.get("start")))


def watch(who: Who, store: Store, now: datetime) -> None:
    """Each minute: the visits of the coming week that nobody has looked at; now and then the open promises anew."""
    with store.view(who) as view:
        today = local_day(view.now, view.zone)
        until = end_of_day(today + (today - rules.begins(today)), view.zone)
        span = [f"ge{episodes.instant(view.now)}", f"le{episodes.instant(until)}"]
        booked = view.find("Appointment", status=STATUSES, date=span, _count=1000)
        found = {task_id(each): each for each in booked if readiness.asks(view, each)}
        known = {str(each["id"]) for each in view.find("Task", _id=",".join(found), _count=len(found))} if found else set()
        again = view.find("Task", code=f"{codes.PROMISE}|{CODE}", status=codes.OPEN) if view.now.minute % AGAIN == 0 else []
    for id_, appointment in [each for each in found.items() if each[0] not in known][:MOST]:
        with store.change(who, because="Is the chart ready for the visit?") as change:
            look(change, appointment=str(appointment["id"]), id_=id_)
    for task in again:
        with store.change(who, because="Is the chart ready for the visit?") as change:
            look_again(change, task=str(task["id"]))


def look(change: Change, *, appointment: str, id_: str = "") -> Resource | None:
    """Look at a chart for the first time: the promise made, open when something is missing, kept at once when nothing is."""
    made = _first(change, change.get("Appointment", appointment), id_)
    return change.put(made).resource() if made else None


def _first(change: Change, found: Resource, id_: str = "") -> Resource | None:
    """The promise about a visit as its chart is; None where it asks nothing."""
    visit = readiness.of_appointment(change, found)
    if visit is None:
        return None
    appointment, patient, day = str(found["id"]), f"Patient/{visit.patient.id}", local_day(visit.start, change.zone)
    answer = rules.due(day, local_day(change.now, change.zone))
    team, name, _ = reading.team_of(change, patient)
    told = Trace(
        rule=RULE,
        title="Readiness",
        step=CODE,
        source=answer.source,
        facts=(Fact("visit", visit.start, f"Appointment/{appointment}"), Fact("list", visit.checklist.code), *_missing(visit)),
        arithmetic=answer.steps,
        due=min(end_of_day(answer.value, change.zone), visit.start),
        clears=CLEARS,
        made_by=plans.made_by(change, change.because),
    )
    now = episodes.instant(change.now)
    task: Resource = {
        "resourceType": "Task",
        "id": id_ or task_id(found),
        "status": "requested",
        "intent": "order",
        "code": codes.concept(codes.PROMISE, CODE),
        **({"description": visit.what} if visit.what else {}),
        "for": {"reference": patient},
        "focus": {"reference": f"Appointment/{appointment}"},
        "authoredOn": now,
        "lastModified": now,
        "requester": codes.reference_to(change.who.person, change.who.name),
        "owner": codes.reference_to(team, name),
        "restriction": {"period": {"end": told.due.isoformat()}},
    }
    made = trace.put(task, told)
    return _kept(change, made, visit) if visit.ready else made


def _missing(visit: Visit) -> tuple[Fact, ...]:
    return (Fact("missing", ", ".join(each.item.code for each in visit.lacking)),) if visit.lacking else ()


def _kept(change: Change, task: Resource, visit: Visit) -> Resource:
    evidence = [upkeep.output(upkeep.FULFILLED_BY, each.reference) for each in visit.found if each.reference]
    return upkeep.shut({**task, **({"output": evidence} if evidence else {})}, reason="kept", status="completed", now=change.now)


def look_again(change: Change, *, task: str) -> None:
    """Look at a chart once more: kept when everything is there, over when the visit has begun, else told what is still missing."""
    found = change.get("Task", task)
    if codes.is_open(found) and (after := _anew(change, found)) is not None:
        change.put(after)


def _anew(change: Change, found: Resource) -> Resource | None:
    """The promise as the chart is now; None where it says so already. One that was kept is owed again when what kept it is gone."""
    appointment = reading.peek(change, target(found.get("focus")))
    visit = readiness.of_appointment(change, appointment) if appointment else None
    if visit is None or appointment is None or appointment.get("status") != STATUSES or task_id(appointment) != found["id"]:
        over = upkeep.shut(found, reason="not-needed", text="The visit is not at that time any more", now=change.now)
        return over if codes.is_open(found) else None
    if not codes.is_open(found):
        again = None if visit.ready or visit.start <= change.now else upkeep.reopened(found, "evidence-withdrawn", change.now)
        told = trace.of(found)
        return reading.rehomed(change, trace.put(again, told.with_facts(*_missing(visit)))) if again and told else None
    if visit.start <= change.now:
        return upkeep.shut(found, reason="not-needed", text="The visit has begun", now=change.now)
    if visit.ready:
        return _kept(change, found, visit)
    told = trace.of(found)
    if told is None or told.fact("missing") == _missing(visit)[0].value:
        return None
    return promises.stamped(change, trace.put(found, told.with_facts(*_missing(visit))))


def stale(view: View, visits: Sequence[Visit]) -> tuple[str, ...]:
    """Of the open promises about these visits, those that say something else than the charts do now: one question for all."""
    ids = {codes.derived_id(CODE, each.id, each.start_as_written): each for each in visits}
    tasks = view.find("Task", _id=",".join(ids), status=codes.OPEN, _count=len(ids)) if ids else []
    told = {str(each["id"]): trace.of(each) for each in tasks}
    return tuple(id_ for id_, one in told.items() if one is not None and _says(one) != _missing(ids[id_]))


def _says(told: Trace) -> tuple[Fact, ...]:
    return tuple(each for each in told.facts if each.name == "missing")


def task_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """The promise that a chart is ready is kept by what is in the chart; somebody who goes without closes it with a reason."""
    if codes.promise_code(after) != CODE or after is None or after.get("status") != "completed" or not codes.is_open(before):
        return
    with reading.seeing_all(view):
        appointment = reading.peek(view, target(after.get("focus")))
        visit = readiness.of_appointment(view, appointment) if appointment else None
    if visit is not None and not visit.ready:
        yield error("business-rule", "Something is still missing for this visit: ask for it, or close this with a reason.", "Task.status")


@wanting(lambda after: after is None or after.get("status") == STATUSES or not is_first(after))
def on_appointment(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """A visit was cancelled or moved: what was owed for that time is not. Booked for the coming week, what it lacks is owed at once."""
    booked = after is not None and after.get("status") == STATUSES
    if before is None or before.get("status") != STATUSES:
        return _booked(view, after) if booked and after is not None else []
    if after is not None and after.get("status") in (STATUSES, "arrived", "checked-in") and after.get("start") == before.get("start"):
        return []
    return [*_over(view, before, after), *(_booked(view, after) if booked and after is not None else [])]


def _booked(view: View, appointment: Resource) -> list[Resource]:
    """What is owed about a visit at the moment it is booked; nothing for one after the coming week, whose turn comes by the clock."""
    start = reading.moment(appointment.get("start"), view.zone)
    if start is None or start <= view.now or rules.begins(local_day(start, view.zone)) > local_day(view.now, view.zone):
        return []
    if not readiness.asks(view, appointment):
        return []
    with reading.seeing_all(view):
        known = reading.peek(view, f"Task/{task_id(appointment)}")
        try:
            made = None if known else _first(cast("Change", view), appointment, task_id(appointment))
        except Refused:  # a visit of somebody whose chart is not here
            return []
    _LOOKED.pop(view, None)
    return [made] if made else []


def _over(view: View, before: Resource, after: Resource | None) -> list[Resource]:
    with reading.seeing_all(view):
        try:
            task = view.get("Task", task_id(before))
        except Refused:
            return []
    if not codes.is_open(task):
        return []
    text = "The visit took place" if after is not None and after.get("status") == "fulfilled" else "The visit is not at that time any more"
    return [upkeep.shut(task, reason="not-needed", text=text, now=view.now)]


_LOOKED: Final[WeakKeyDictionary[View, dict[tuple[str, bool], int]]] = WeakKeyDictionary()
"""In one change, by patient and whether something went: how much it had written when it was looked at (or -1: nothing is promised)."""


@wanting(lambda after: after is None or readiness.could_matter(after))
def on_evidence(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """Something came, changed or went that a visit's list could ask for: what is promised about that chart says so at once."""
    change = cast("Change", view)
    out = []
    for patient in dict.fromkeys(filter(None, (readiness.whose(after), readiness.whose(before)))):
        looked, key = _LOOKED.setdefault(change, {}), (patient, before is not None)
        if looked.get(key) in (-1, change.written):
            continue
        with reading.seeing_all(change):
            ahead = worklist.open_of(change, patient, CODE)
            if before is not None:
                kept = change.find("Task", patient=patient, code=f"{codes.PROMISE}|{CODE}", status="completed")
                ahead += [str(each["id"]) for each in kept if _ahead(each, change.now)]
            anew = [_anew(change, change.get("Task", each)) for each in ahead]
        looked[key] = change.written if ahead else -1
        out += [each for each in anew if each is not None]
    return out


def _ahead(task: Resource, now: datetime) -> bool:
    """Whether the visit that a promise was made for is still to come."""
    told = trace.of(task)
    visit = told.fact("visit") if told else None
    return isinstance(visit, datetime) and visit > now


GUARDS = {"Task": [task_guard]}
REACTIONS: dict[str, list[Reaction]] = {"Appointment": [on_appointment], **{each: [on_evidence] for each in readiness.LOOKED_FOR}}
