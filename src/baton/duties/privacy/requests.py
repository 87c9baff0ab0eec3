"""What patients ask about their record: a copy, a correction, an accounting, a restriction. Each is a promise with the law's own clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, letters, plans, promises, reading, trace
from baton.duties.privacy import slips
from baton.duties.trace import Fact, Trace
from baton.duties.transitions import episodes, upkeep
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, extension, target
from baton.paper import Paper
from baton.rules import privacy_clocks
from baton.rules.answer import Answer
from baton.rules.calendar import end_of_day, local_day
from baton.store import Invalid, View

if TYPE_CHECKING:
    from baton.store import Change, Stored

CODES: Final = privacy_clocks.REQUESTS
RULE: Final = f"{codes.P}/Library/privacy-clocks|1"
EXTENDED: Final = f"{codes.P}/StructureDefinition/extended"
CLEARS: Final = ("request-answered", "closed-with-reason")
LONGEST = 2000


def receive(change: Change, *, patient: str, code: str, what: str, received: date | None = None, owner: str | None = None) -> Stored:
    """A request came: what is asked, and on which day. The clock runs from that day. Raises Invalid."""
    today = local_day(change.now, change.zone)
    received, what = received or today, what.strip()
    issues = list(_refusals(code, what, received, today))
    if issues:
        raise Invalid(issues)
    change.get(*patient.split("/", 1))
    name = reading.name_of(change, owner) if owner else None
    if not owner:
        owner, name, _ = reading.team_of(change, patient)
    answer = privacy_clocks.due(code, received)
    facts = (Fact("received", received), Fact("what", what), Fact("asked-by", change.who.name or change.who.person, change.who.person))
    return change.put(promise(change, patient, code, what, answer, facts, codes.reference_to(owner, name), focus=patient))


def _refusals(code: str, what: str, received: date, today: date) -> Iterator[Issue]:
    if code not in CODES:
        yield error("code-invalid", f"{code!r} is none of {', '.join(CODES)}.", "Task.code")
    if not what:
        yield error("required", "Say what the patient asks for, in their words.", "Task.description")
    if len(what) > LONGEST:
        yield error("too-long", f"At most {LONGEST} characters; the letter itself belongs among the documents.", "Task.description")
    if received > today:
        yield error("invalid", "The day has not come yet.", "Task.authoredOn")


def promise(
    change: Change,
    patient: str,
    code: str,
    what: str,
    answer: Answer[date],
    facts: tuple[Fact, ...],
    owner: Resource,
    *,
    focus: str,
    clears: tuple[str, ...] = CLEARS,
) -> Resource:
    """A promise with its clock, explained."""
    now = episodes.instant(change.now)
    told = told_of(change, code, answer, facts, clears)
    task: Resource = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "code": codes.concept(codes.PROMISE, code),
        "description": what,
        "for": {"reference": patient},
        "focus": {"reference": focus},
        "authoredOn": now,
        "lastModified": now,
        "requester": codes.reference_to(change.who.person, change.who.name),
        "owner": owner,
        "restriction": {"period": {"end": told.due.isoformat()}},
    }
    return trace.put(task, told)


def told_of(change: Change, code: str, answer: Answer[date], facts: tuple[Fact, ...], clears: tuple[str, ...] = CLEARS) -> Trace:
    """Why such a promise is due when it is."""
    return Trace(
        rule=RULE,
        title="Privacy clocks",
        step=code,
        source=answer.source,
        facts=(*facts, Fact("clock", f"{answer.rule}, version {answer.version}")),
        arithmetic=answer.steps,
        due=end_of_day(answer.value, change.zone),
        clears=clears,
        made_by=plans.made_by(change, change.because),
    )


def _held(change: Change, task: str) -> tuple[Resource, str]:
    found = promises.held(change, task)
    code = codes.promise_code(found) or ""
    if code not in CODES:
        raise Invalid("This is no request about the record.", expression="Task.code")
    return found, code


def extend(change: Change, *, task: str, reason: str, letter: Paper | None = None, way: str | None = None) -> Stored:
    """Take the one extension the rule allows, telling the patient why and until when. `way`: see `slips.handed`.

    Raises Invalid when it is late, or was taken.
    """
    found, code = _held(change, task)
    told = trace.of(found)
    if not reason.strip():
        raise Invalid("Say why it takes longer: the patient is told.", expression="Task.extension(extended)")
    if extension(found, EXTENDED) is not None:
        raise Invalid("It was extended once, and that is all the rule allows.", expression="Task.extension(extended)")
    if told is None or told.due < change.now:
        raise Invalid("Its time is over: it can no longer be extended.", expression="Task.restriction.period.end")
    try:
        answer = privacy_clocks.extended(code, _received(told))
    except ValueError:
        raise Invalid("This kind of request is not extended.", expression="Task.code") from None
    due = end_of_day(answer.value, change.zone)
    told = replace(told, arithmetic=answer.steps, due=due).with_facts(Fact("extended", reason.strip()))
    period = {**found["restriction"]["period"], "end": due.isoformat()}
    parts = [{"url": "at", "valueDateTime": episodes.instant(change.now)}, {"url": "reason", "valueString": reason.strip()}]
    longer = codes.with_extension(found, EXTENDED, {"url": EXTENDED, "extension": parts})
    longer = trace.put({**longer, "restriction": {**found["restriction"], "period": period}}, told)
    return change.put(promises.stamped(change, _with_letter(change, longer, letter, way)))


def _received(told: Trace) -> date:
    received = told.fact("received")
    return received.date() if isinstance(received, datetime) else received if isinstance(received, date) else told.due.date()


def grant(
    change: Change, *, task: str, note: str = "", fulfilled_by: str | None = None, letter: Paper | None = None, way: str | None = None
) -> Stored:
    """What was asked for was done; `fulfilled_by` is the "Type/id" that did it (a packet, an accounting, a consent)."""
    found, _ = _held(change, task)
    found = promises.with_note(change, _with_letter(change, found, letter, way), note.strip() or None)
    if fulfilled_by:
        found = {**found, "output": [*found.get("output", ()), upkeep.output(upkeep.FULFILLED_BY, fulfilled_by)]}
    return change.put(upkeep.shut(found, reason="kept", status="completed", now=change.now))


def deny(change: Change, *, task: str, ground: str, reason: str, letter: Paper | None = None, way: str | None = None) -> Stored:
    """It is denied, on a ground the rule knows, with the reason in plain words; the patient is told in writing. Raises Invalid."""
    found, code = _held(change, task)
    known = [row.code for row in privacy_clocks.grounds(code, local_day(change.now, change.zone))]
    if ground not in known:
        raise Invalid(f"{ground!r} is none of {', '.join(known)}.", expression="Task.statusReason", code="code-invalid")
    if not reason.strip():
        raise Invalid("Say why, in plain words: the patient is told.", expression="Task.statusReason")
    found = _with_letter(change, found, letter, way)
    shut = upkeep.shut(found, reason="denied", status="rejected", text=f"{ground}: {reason.strip()}", now=change.now)
    return change.put(shut)


def _with_letter(change: Change, task: Resource, letter: Paper | None, way: str | None) -> Resource:
    """The promise linked to the letter that told the patient."""
    if letter is None:
        return task
    patient = str(codes.patient_of(task))
    slips.handed(change, "answer", patient=patient, way=way)
    kept = letters.keep(change, patient=patient, paper=letter, about=f"Task/{task['id']}", way=way)
    return {**task, "output": [*task.get("output", ()), upkeep.output("letter", kept.reference)]}


def of_patient(view: View, patient: str) -> list[Resource]:
    """Every request of a patient about their record, the newest first."""
    found = [each for each in view.find("Task", patient=patient, code=coded()) if codes.promise_code(each) in CODES]
    return sorted(found, key=lambda each: str(each.get("authoredOn")), reverse=True)


def open_ones(view: View) -> list[Resource]:
    """The requests that are still to be answered, among those this person may see, the earliest due first."""
    found = [each for each in view.find("Task", code=coded(), status=codes.OPEN) if codes.is_open(each)]
    return sorted(found, key=lambda each: str(each.get("restriction", {}).get("period", {}).get("end", "")))


def coded() -> str:
    """The codes of all kinds of requests, as a search parameter says them."""
    return ",".join(f"{codes.PROMISE}|{code}" for code in CODES)


def what(task: Resource) -> dict[str, Any]:
    """What a page says of a request."""
    told = trace.of(task)
    parts = {part["url"]: part for part in extension(task, EXTENDED) or ()}
    return {
        "id": task["id"],
        "code": codes.promise_code(task),
        "patient": target(task.get("for")),
        "what": task.get("description", ""),
        "received": told.fact("received") if told else None,
        "due": told.due if told else None,
        "open": codes.is_open(task),
        "status": task.get("status"),
        "extended": parts.get("reason", {}).get("valueString"),
        "reason": (task.get("statusReason") or {}).get("text"),
        "letters": [target(each.get("valueReference")) for each in task.get("output", ()) if upkeep.is_output(each, "letter")],
        "owner": task.get("owner", {}).get("display", ""),
    }
