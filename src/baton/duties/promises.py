"""Promises: made by hand, kept, put off, handed on, waiting, taken up again; and what the door refuses about them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from baton.duties import codes, plans, reading, trace
from baton.duties.team import licences
from baton.duties.trace import Fact, Step, Trace
from baton.duties.transitions import episodes, upkeep
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, extension, target
from baton.rules.calendar import end_of_day, local_day, start_of_day
from baton.store import Invalid, NotFound

if TYPE_CHECKING:
    from baton.store import Change, Stored, View

BY_HAND_RULE = f"{codes.P}/PlanDefinition/by-hand|1"
SOURCE = "A person of the house undertook it"
OWNERS = ("Organization/", "Practitioner/", "PractitionerRole/", "CareTeam/", "Patient/", "RelatedPerson/", "Device/")
STATUSES = "completed, cancelled, failed, rejected or entered-in-error"


def refuse(text: str, element: str) -> Invalid:
    """A refusal that names the element."""
    return Invalid(text, expression=element)


def held(change: Change, task: str) -> Resource:
    """The open promise with this id, locked until the change ends. Raises NotFound when it is no promise, Invalid when it is closed."""
    found = change.get("Task", task.removeprefix("Task/"))
    if codes.promise_code(found) is None:
        raise NotFound(f"There is no promise Task/{found['id']}.")
    if not codes.is_open(found):
        raise refuse("The promise is closed already.", "Task.status")
    return found


def with_note(change: Change, task: Resource, text: str | None) -> Resource:
    """The promise with somebody's words added."""
    if not text:
        return task
    who = change.who
    person = who.person.startswith(("Practitioner/", "Patient/", "RelatedPerson/", "Organization/"))
    author = {"authorReference": codes.reference_to(who.person, who.name)} if person else {"authorString": who.name or who.person}
    note = {**author, "time": episodes.instant(change.now), "text": text}
    return {**task, "note": [*task.get("note", ()), note]}


def stamped(change: Change, task: Resource) -> Resource:
    """The promise, modified now."""
    return {**task, "lastModified": episodes.instant(change.now)}


def make_by_hand(change: Change, *, patient: str, what: str, due: date, owner: str | None = None) -> Stored:
    """Promise something by hand: what, and by which day. Owner: as given, else the patient's team, else Intake. Raises Invalid."""
    what = what.strip()
    if not what:
        raise refuse("Say what is promised.", "Task.description")
    if due < local_day(change.now, change.zone):
        raise refuse("The day has passed already.", "Task.restriction.period.end")
    patient = patient if "/" in patient else f"Patient/{patient}"
    change.get(*patient.split("/", 1))
    return change.put(by_hand(change, patient=patient, what=what, due=due, owner=owner))


def by_hand(view: View, *, patient: str, what: str, due: date, owner: str | None = None) -> Resource:
    """A promise as somebody's own words and day make it, for whoever writes it."""
    name = reading.name_of(view, owner) if owner else None
    if not owner:
        owner, name, _ = reading.team_of(view, patient)
    end = end_of_day(due, view.zone)
    told = Trace(
        rule=BY_HAND_RULE,
        title="Promise made by hand",
        step=codes.BY_HAND,
        source=SOURCE,
        facts=(Fact("what", what), Fact("asked-by", view.who.name or view.who.person, view.who.person)),
        arithmetic=(Step("start", local_day(view.now, view.zone)), Step("end", due)),
        due=end,
        clears=("done-by-hand", "closed-with-reason"),
        made_by=plans.made_by(view, getattr(view, "because", "") or what),
    )
    now = episodes.instant(view.now)
    task: Resource = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "code": codes.concept(codes.PROMISE, codes.BY_HAND),
        "description": what,
        "for": {"reference": patient},
        "focus": {"reference": patient},
        "authoredOn": now,
        "lastModified": now,
        "requester": codes.reference_to(view.who.person, view.who.name),
        "owner": codes.reference_to(owner, name),
        "restriction": {"period": {"end": end.isoformat()}},
    }
    return trace.put(task, told)


def done(change: Change, *, task: str, note: str | None = None) -> Stored:
    """The promise was kept. The 30-day watch is not done by hand: it ends by itself."""
    found = held(change, task)
    return change.put(upkeep.shut(with_note(change, found, note), reason="kept", status="completed", now=change.now))


def close(change: Change, *, task: str, reason: str, code: str = "not-needed") -> Stored:
    """The promise will not be kept, and this is why. Raises Invalid without a reason."""
    if not reason.strip():
        raise refuse("Say why it is closed.", "Task.statusReason")
    return change.put(upkeep.shut(held(change, task), reason=code, text=reason.strip(), now=change.now))


def reopen(change: Change, *, task: str, reason: str) -> Stored:
    """A closed promise is owed again, and this is why. Raises Invalid when it is open, has no reason, or its episode is over."""
    found = change.get("Task", task.removeprefix("Task/"))
    if codes.promise_code(found) is None or codes.is_open(found):
        raise refuse("There is no closed promise to open again.", "Task.status")
    if not reason.strip():
        raise refuse("Say why it is opened again.", "Task.statusReason")
    again = reading.rehomed(change, upkeep.reopened(found, "reopened-by-hand", change.now))
    return change.put(with_note(change, again, reason.strip()))


def snooze(change: Change, *, task: str, until: date, reason: str) -> Stored:
    """Put off until the morning of a day, with a reason. It comes back by itself, or as soon as it is late. Raises Invalid."""
    if not reason.strip():
        raise refuse("Say why it can wait.", "Task.note")
    if until <= local_day(change.now, change.zone):
        raise refuse("Choose a day that is still to come.", "Task.restriction.period.start")
    found = held(change, task)
    period = found["restriction"]["period"]
    start = start_of_day(until, change.zone)
    told = trace.of(found)
    if told is not None and start > told.due:
        raise refuse("It is due before that day.", "Task.restriction.period.start")
    asleep = {**found, "restriction": {**found["restriction"], "period": {**period, "start": start.isoformat()}}}
    return change.put(stamped(change, with_note(change, asleep, reason.strip())))


def wait(change: Change, *, task: str, on: str) -> Stored:
    """The next step is somebody else's: say whose. Raises Invalid."""
    if not on.strip():
        raise refuse("Say on whom it waits.", "Task.statusReason")
    found = held(change, task)
    return change.put(stamped(change, {**found, "status": "on-hold", "statusReason": codes.concept(codes.STATE, "waiting", on.strip())}))


def wake(change: Change, *, task: str) -> Stored:
    """Back on the list: no longer put off, no longer waiting."""
    found = held(change, task)
    period = {key: value for key, value in found["restriction"]["period"].items() if key != "start"}
    awake = {**upkeep.without(found, "statusReason"), "status": "requested", "restriction": {**found["restriction"], "period": period}}
    return change.put(stamped(change, awake))


def reassign(change: Change, *, task: str, to: str, reason: str | None = None) -> Stored:
    """Into the hands of a person or a team. Raises Invalid when there is nobody of that reference, or they lack the licence it asks for."""
    found = held(change, task)
    if not to.startswith(("Organization/", "Practitioner/")) or reading.maybe(change, to) is None:
        raise refuse("There is nobody of that name to hand it to.", "Task.owner")
    if to.startswith("Practitioner/") and (issues := list(licences.unfit(change, str(codes.promise_code(found)), to))):
        raise Invalid(issues)
    status = "requested" if found["status"] in ("accepted", "in-progress") else found["status"]
    handed = {**found, "status": status, "owner": codes.reference_to(to, reading.name_of(change, to))}
    return change.put(stamped(change, with_note(change, handed, reason and reason.strip())))


# --- what the door refuses, whoever asks -----------------------------------------------------------------------------------------------


def task_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """An open promise is whole, stands in an open episode, is not deleted; a closed one is not opened again without a reason."""
    if after is None:
        if codes.is_open(before):
            yield error("business-rule", "An open promise is not deleted: close it with a reason.", "Task")
        return
    if codes.promise_code(after) is None:
        if codes.is_open(before):
            yield error("business-rule", f"A promise stays a promise until it is closed ({STATUSES}).", "Task.code")
        return
    if not codes.is_open(after):
        return
    yield from lacking(after)
    if before is not None and codes.promise_code(before) is not None and not codes.is_open(before):
        mark = extension(after, codes.REOPENED)
        if mark is None or mark == extension(before, codes.REOPENED):
            yield error("business-rule", "A closed promise is opened again only with a reason.", "Task.status")
    if before is None or not codes.is_open(before):
        episode = reading.maybe(view, codes.episode_of(after))
        if episode is not None and episodes.is_transition(episode) and not episodes.is_active(episode):
            yield error("business-rule", "The episode is over: nothing new is promised in it.", "Task.extension")


def lacking(task: Resource) -> Iterator[Issue]:
    """What an open promise must have and this one has not."""
    if not str(target(task.get("for")) or "").startswith("Patient/"):
        yield error("required", "A promise is made to a patient.", "Task.for")
    if not str(target(task.get("owner")) or "").startswith(OWNERS):
        yield error("required", "A promise has an owner: a person or a team.", "Task.owner")
    if not task.get("restriction", {}).get("period", {}).get("end"):
        yield error("required", "A promise is due at a time.", "Task.restriction.period.end")
    told = trace.of(task)
    if told is None:
        yield error("required", "A promise says which rule, version and facts made it.", f"Task.extension('{trace.URL}')")
    elif not all(told.rule.partition("|")) or not told.facts:
        yield error("required", "A promise's trace names the rule with its version, and the facts.", f"Task.extension('{trace.URL}')")


def episode_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """A running transition is not deleted, and stays a transition of its own until it is closed."""
    if not episodes.is_active(before) or before is None:
        return
    if after is None:
        yield error("business-rule", "A running transition is not deleted: close it with a reason.", "EpisodeOfCare")
    elif not episodes.is_transition(after):
        yield error("business-rule", "A running transition stays one until it is closed.", "EpisodeOfCare.type")


GUARDS = {"Task": [task_guard]}
