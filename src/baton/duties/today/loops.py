"""Open promises as rows, from the Tasks themselves: for pages that hold a chart already, now or as known on a past instant. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from baton.duties import trace
from baton.duties.codes import BY_HAND, is_open, own_words, promise_code, translations
from baton.duties.patients import identity
from baton.duties.today.rows import Row, State, Why
from baton.fhir.dates import interval
from baton.fhir.resource import extension, human_name, target
from baton.store import Who

Resource = dict[str, Any]
SAID = (
    "discharged",
    "facility",
    "reason",
    "complexity",
    "disposition",
    "booked",
    "missing",
    "requirement",
    "asked-by",
    "referred-to",
    "urgency",
    "expected",
    "destination",
    "written-by",
)


def rows(
    tasks: Iterable[Resource], patient: Resource, *, now: datetime, zone: ZoneInfo, who: Who, names: Mapping[str, str]
) -> tuple[Row, ...]:
    """The open promises among `tasks`, the earliest due first; `names` says what owners are called who are only pointed at."""
    found = [row(task, patient, now=now, zone=zone, who=who, names=names) for task in tasks if is_open(task) and due_of(task, zone)]
    return tuple(sorted(found, key=lambda each: (each.due, each.task)))


def row(task: Resource, patient: Resource, *, now: datetime, zone: ZoneInfo, who: Who, names: Mapping[str, str]) -> Row:
    """One open promise as a row. The Task has a due time (see `due_of`)."""
    due = due_of(task, zone) or now
    owner = target(task.get("owner")) or ""
    owner_name = str(task.get("owner", {}).get("display") or names.get(owner, ""))
    kind = promise_code(task) or BY_HAND
    waits = task.get("status") == "on-hold"
    return Row(
        task=str(task["id"]),
        version=int(task.get("meta", {}).get("versionId", 0)),
        patient=patient["id"],
        patient_name=human_name(patient),
        gender=identity.gender(patient),
        age=identity.age(patient, now.astimezone(zone).date()),
        language=identity.language(patient),
        interpreter=bool(extension(patient, identity.INTERPRETER)),
        kind=kind,
        what=own_words(kind, task),
        others=translations(task),
        attempts=attempts(task),
        due=due,
        late_by=now - due if due <= now else None,
        state=state(due, now, zone, waits),
        why=why(task, zone),
        owner=owner,
        owner_name=owner_name,
        owner_initials="".join(part[0] for part in owner_name.replace("&", " ").split()[:2]).upper(),
        mine=owner == who.person or owner in who.teams,
        waiting_on=(task.get("statusReason") or {}).get("text") if waits else None,
        thread=str(target(task.get("focus"))).partition("/")[2] if kind.startswith("message-") else None,
    )


def due_of(task: Resource, zone: ZoneInfo) -> datetime | None:
    """When a promise is due, local to `zone`; None when it does not say."""
    end = task.get("restriction", {}).get("period", {}).get("end")
    if not end:
        return None
    low, high = interval(end, zone)
    return (low if "T" in end else high - timedelta(seconds=1)).astimezone(zone)


def state(due: datetime, now: datetime, zone: ZoneInfo, waits: bool) -> State:
    """Where a promise stands: what is late is late whoever it waits on."""
    if due <= now:
        return "late"
    if waits:
        return "waiting"
    tomorrow = datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(), zone)
    return "today" if due < tomorrow else "coming"


def attempts(task: Resource) -> int:
    """How many attempts to reach somebody are on record."""
    return sum(1 for output in task.get("output", ()) if str(target(output.get("valueReference")) or "").startswith("Communication/"))


def why(task: Resource, zone: ZoneInfo) -> Why:
    """The rule and the facts worth saying, from the trace the promise carries; and when somebody asked for it, if somebody did."""
    rule, facts = trace.told(task, SAID)
    said = {name: facts[name] for name in SAID if name in facts}
    if "asked-by" in said and task.get("authoredOn"):
        said["asked"] = interval(task["authoredOn"], zone)[0].astimezone(zone)
    if "written-by" in said and task.get("authoredOn"):
        said["written"] = interval(task["authoredOn"], zone)[0].astimezone(zone)
    return Why(rule.partition("|")[0].rpartition("/")[2], said, () if said else trace.known(task, 2))


def owners(tasks: Iterable[Resource]) -> set[str]:
    """Owners the Tasks point at without saying their names."""
    return {
        str(task["owner"]["reference"]) for task in tasks if task.get("owner", {}).get("reference") and not task["owner"].get("display")
    }
