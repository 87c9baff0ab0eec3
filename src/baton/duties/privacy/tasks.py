"""The privacy desk's tasks: what it looks into, by when, why, how it ended. Owed to the house, so no promises; nobody else sees them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from baton.duties import codes, trace
from baton.duties.trace import Fact, Trace
from baton.duties.transitions import episodes
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, code_of, target
from baton.rules import looking
from baton.rules.calendar import end_of_day, local_day
from baton.store import Forbidden, Invalid, Refused, Who
from baton.store import labels as security

if TYPE_CHECKING:
    from baton.store import Change, Stored, View

SYSTEM = f"{codes.P}/CodeSystem/privacy-task"
DESK = "Organization/privacy-desk"
ROLES = frozenset({"auditor", "administrator"})
"""Who sits at the privacy desk."""
OPEN = ("requested", "in-progress")


@dataclass(frozen=True, slots=True)
class PrivacyTask:
    """One task: `person` did it, `patient` is whose chart it was (references), `facts` made it, `finding` is how it ended."""

    id: str
    code: str
    patient: str | None
    person: str
    name: str
    focus: str | None
    made: datetime
    due: datetime
    open: bool
    facts: tuple[tuple[str, str], ...]
    rule: str
    source: str
    finding: str | None = None
    words: str | None = None


def office(who: Who) -> Who:
    """The same person with the sight of the privacy desk. Raises Forbidden for those who do not sit there."""
    if who.role not in ROLES:
        raise Forbidden("The privacy desk is for auditors and administrators.")
    return replace(who, role="system", lent=who.own_role, purpose="HCOMPL")


def task_id(code: str, key: str) -> str:
    """The id of a task: it follows from what it is about, so that nothing is looked into twice."""
    return codes.derived_id("privacy", code, key)


def make(
    change: Change,
    *,
    code: str,
    key: str,
    patient: str | None,
    person: str,
    name: str,
    focus: str | None = None,
    facts: Sequence[tuple[str, str | int]] = (),
    rule: tuple[str, str, str] | None = None,
) -> Stored | None:
    """Have the desk look into something by its clock; None when it was told already. `rule`: name, version and source of what made it."""
    id_ = task_id(code, key)
    if _there(change, id_) is not None:
        return None
    answer = looking.due(code, local_day(change.now, change.zone))
    made_by = rule or (answer.rule, answer.version, answer.source)
    due = end_of_day(answer.value, change.zone)
    told = Trace(
        rule=f"{codes.P}/rule/{made_by[0]}|{made_by[1]}",
        title=made_by[0],
        step=code,
        source=made_by[2],
        facts=(Fact("person", person, person), *(Fact(fact, value) for fact, value in facts)),
        arithmetic=answer.steps,
        due=due,
        clears=("finding",),
    )
    now = episodes.instant(change.now)
    task: Resource = {
        "resourceType": "Task",
        "id": id_,
        "meta": {"security": [security.coding("PRIVACY")]},
        "status": "requested",
        "intent": "order",
        "code": codes.concept(SYSTEM, code),
        "authoredOn": now,
        "lastModified": now,
        "requester": codes.reference_to(person, name),
        "owner": codes.reference_to(DESK, "Privacy desk"),
        "restriction": {"period": {"end": due.isoformat()}},
        **({"for": {"reference": patient}} if patient else {}),
        **({"focus": {"reference": focus}} if focus else {}),
    }
    return change.put(trace.put(task, told))


def end(change: Change, *, code: str, key: str, finding: str, words: str) -> Stored | None:
    """Close the task about something, when there is one and it is open."""
    found = _there(change, task_id(code, key))
    return close(change, task=found["id"], finding=finding, words=words) if found and found["status"] in OPEN else None


def close(change: Change, *, task: str, finding: str, words: str) -> Stored:
    """Close a task with a finding and why. Raises Invalid without them, or when it is closed already."""
    found = change.get("Task", task)
    if code_of(found.get("code"), SYSTEM) is None or found["status"] not in OPEN:
        raise Invalid([error("business-rule", "This was answered already.", "Task.status")])
    if finding not in looking.codes("finding", local_day(change.now, change.zone)):
        raise Invalid([error("value", "Choose what was found.", "Task.statusReason")])
    if not words.strip():
        raise Invalid([error("required", "Say in a sentence how you know.", "Task.note")])
    now, who = episodes.instant(change.now), change.who
    note = {"authorReference": codes.reference_to(who.person, who.name), "time": now, "text": words.strip()}
    shut = {
        **found,
        "status": "completed",
        "statusReason": codes.concept(SYSTEM, finding),
        "lastModified": now,
        "executionPeriod": {"end": now},
        "note": [*found.get("note", ()), note],
    }
    return change.put(shut)


def tasks(view: View, *, still_open: bool = True, count: int = 200) -> list[PrivacyTask]:
    """The desk's tasks (as `office` sees), the earliest due first; those closed, the last closed first."""
    status = ",".join(OPEN) if still_open else "completed"
    zone = view.zone
    found = [_local(read(each), zone) for each in view.find("Task", code=f"{SYSTEM}|", status=status, _sort="-_lastUpdated", _count=count)]
    return sorted(found, key=lambda each: each.due) if still_open else found


def _local(task: PrivacyTask, zone: ZoneInfo) -> PrivacyTask:
    return replace(task, made=task.made.astimezone(zone), due=task.due.astimezone(zone))


def read(task: Resource) -> PrivacyTask:
    """A Task of the desk as the pages need it."""
    told = trace.of(task)
    notes = task.get("note", ())
    made = datetime.fromisoformat(task["authoredOn"])
    return PrivacyTask(
        id=task["id"],
        code=str(code_of(task.get("code"), SYSTEM)),
        patient=codes.patient_of(task),
        person=str(target(task.get("requester"))),
        name=str(task.get("requester", {}).get("display", "")),
        focus=target(task.get("focus")),
        made=made,
        due=told.due if told else made,
        open=task["status"] in OPEN,
        facts=tuple((fact.name, str(fact.value)) for fact in told.facts if fact.name != "person") if told else (),
        rule=told.title if told else "",
        source=told.source if told else "",
        finding=code_of(task.get("statusReason"), SYSTEM),
        words=notes[-1]["text"] if notes else None,
    )


def _there(change: Change, id_: str) -> Resource | None:
    try:
        return change.get("Task", id_)
    except Refused:
        return None


def guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """A task of the desk is not deleted, is closed with a finding, and stays closed."""
    if before is None or code_of(before.get("code"), SYSTEM) is None:
        return
    if after is None or code_of(after.get("code"), SYSTEM) is None:
        yield error("business-rule", "A task of the privacy desk is closed with a finding, never deleted.", "Task")
    elif before["status"] not in OPEN and after["status"] != before["status"]:
        yield error("business-rule", "What was found is not taken back.", "Task.status")
    elif after["status"] not in OPEN and code_of(after.get("statusReason"), SYSTEM) is None:
        yield error("business-rule", "A task of the privacy desk is closed with a finding.", "Task.statusReason")


def audit_event_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """Nobody adds to the hub's own record, or changes it: it is made of what happened."""
    yield error("business-rule", "AuditEvents are made of what this hub recorded itself; none is taken from outside.", "AuditEvent")


GUARDS = {"Task": [guard], "AuditEvent": [audit_event_guard]}
