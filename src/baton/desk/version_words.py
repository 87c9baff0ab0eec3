"""What a version of somebody's work changed, in words: elements as what they mean, times on the wall of the house, people by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

from baton.desk import labels
from baton.duties import reading
from baton.duties.records import fact_kinds
from baton.duties.team.mentoring import Event
from baton.fhir.resource import human_name
from baton.store import View

ELEMENTS: labels.Words = {
    "status": lazy("Where it stands"),
    "businessStatus": lazy("Where it stands, more closely"),
    "statusReason": lazy("Why it stands there"),
    "priority": lazy("How pressing"),
    "code": lazy("What it is"),
    "category": lazy("What it is"),
    "title": lazy("Called"),
    "description": lazy("In words"),
    "focus": lazy("About"),
    "addresses": lazy("About"),
    "reasonCode": lazy("Because of"),
    "reasonReference": lazy("Because of"),
    "basedOn": lazy("Follows from"),
    "partOf": lazy("Part of"),
    "replaces": lazy("In place of"),
    "encounter": lazy("During"),
    "authoredOn": lazy("Begun"),
    "created": lazy("Begun"),
    "period": lazy("Goes on"),
    "executionPeriod": lazy("Worked on"),
    "restriction": lazy("To be done"),
    "requester": lazy("Asked by"),
    "author": pgettext_lazy("element", "Written by"),
    "contributor": lazy("Helped by"),
    "owner": lazy("Owed by"),
    "performerType": lazy("For whom it is"),
    "careTeam": lazy("Care team"),
    "goal": lazy("Goals"),
    "activity": lazy("What is done"),
    "note": lazy("Noted"),
    "input": lazy("Goes in"),
    "output": lazy("Came out"),
    "location": lazy("Where"),
    "supportingInfo": lazy("Beside it"),
    "relevantHistory": lazy("Beside it"),
}
"""Elements of a Task and of a CarePlan."""
PLUMBING = frozenset({
    "intent", "identifier", "instantiatesCanonical", "instantiatesUri", "groupIdentifier", "for", "subject", "contained", "implicitRules",
    "language", "insurance",
})  # fmt: skip
"""What says nothing about the work; and for whom it is, which the page says already."""
STATUSES: labels.Words = {
    "draft": pgettext_lazy("work", "begun"),
    "requested": pgettext_lazy("work", "promised"),
    "received": pgettext_lazy("work", "received"),
    "accepted": pgettext_lazy("work", "accepted"),
    "ready": pgettext_lazy("work", "ready"),
    "in-progress": pgettext_lazy("work", "under way"),
    "active": pgettext_lazy("work", "in force"),
    "on-hold": pgettext_lazy("work", "waits for somebody else"),
    "completed": pgettext_lazy("work", "done"),
    "cancelled": pgettext_lazy("work", "closed, not done"),
    "rejected": pgettext_lazy("work", "refused"),
    "failed": pgettext_lazy("work", "did not succeed"),
    "revoked": pgettext_lazy("work", "given up"),
    "entered-in-error": pgettext_lazy("work", "entered in error"),
    "unknown": pgettext_lazy("work", "not known"),
}
PRIORITIES: labels.Words = {
    "routine": pgettext_lazy("work", "as usual"),
    "urgent": pgettext_lazy("work", "urgent"),
    "asap": pgettext_lazy("work", "as soon as possible"),
    "stat": pgettext_lazy("work", "at once"),
}
OUTPUTS: labels.Words = {
    "attempt": lazy("Tried"),
    "fulfilled-by": lazy("Kept by"),
}
"""What comes out of a promise."""
MEANT: labels.Words = {
    "Communication": lazy("a call or a message"),
    "Appointment": lazy("a visit"),
    "Encounter": lazy("a stay or a visit"),
    "Task": lazy("something promised"),
    "CarePlan": lazy("a plan"),
    "DocumentReference": lazy("a document"),
    "QuestionnaireResponse": lazy("answers to questions"),
}
"""What a reference means whose own resource has no name."""
CODES: Mapping[str, labels.Words] = {"status": STATUSES, "priority": PRIORITIES}
SHOWN = 300
"""Letters of a value: what is longer stands on the page of the work itself."""
END_OF_DAY = time(23, 59)


@dataclass(frozen=True, slots=True)
class Changed:
    """One thing a version changed: what it is, what it was (empty: nothing), what it is now (empty: taken away)."""

    what: str
    was: str
    now: str


def changed(view: View, event: Event) -> tuple[Changed, ...]:
    """All that a version changed, as it is read by people."""
    told = partial(_value, view)
    rows = [(each, told(each, was), told(each, now)) for each, was, now in event.changed if each.lstrip("_") not in PLUMBING]
    return tuple(Changed(labels.word(ELEMENTS, each), was, now) for each, was, now in rows if was != now)


def _value(view: View, element: str, value: Any) -> str:
    if value is None or value in ({}, []):
        return ""
    if isinstance(value, list):
        return "; ".join(dict.fromkeys(said for each in value if (said := _value(view, element, each))))[:SHOWN]
    if isinstance(value, dict):
        return _structure(view, element, value)[:SHOWN]
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return _plain(view, element, str(value))[:SHOWN]


def _plain(view: View, element: str, value: str) -> str:
    if element in CODES:
        return str(labels.word(CODES[element], value))
    when = reading.moment(value, view.zone) if value[:4].isdigit() and value[4:5] == "-" else None
    if when is None:
        return value
    local = when.astimezone(view.zone)
    is_day = len(value) <= len("2026-07-31") or local.time().replace(second=0, microsecond=0) == END_OF_DAY
    return labels.day(local) if is_day else labels.moment(local)


def _structure(view: View, element: str, value: Mapping[str, Any]) -> str:
    told = partial(_value, view)
    if "coding" in value or set(value) == {"text"}:
        coding: Mapping[str, Any] = next(iter(value.get("coding", ())), {})
        code = str(coding.get("code", ""))
        own = next((labels.word(each, code) for each in (labels.PROMISES, OUTPUTS) if code in each), "")
        return str(own or value.get("text") or coding.get("display") or labels.word({}, code))
    if "reference" in value or "display" in value:
        return _named(view, value)
    if {"start", "end"} & set(value):
        return _span(told(element, value.get("start")), told(element, value.get("end")))
    if "detail" in value:  # an activity of a plan
        said = value["detail"]
        return told("description", said.get("description") or said.get("code"))
    if "type" in value and len(value) > 1:  # what goes into a Task, and what came out
        return (
            f"{told('type', value['type'])}: {'; '.join(told('value', each) for name, each in value.items() if name.startswith('value'))}"
        )
    if isinstance(value.get("text"), str):  # an Annotation: by whom and when is the version's own
        return str(value["text"])
    kept = {name: each for name, each in value.items() if name not in ("extension", "id", "url", "system")}
    return ", ".join(filter(None, (told(name, each) for name, each in kept.items())))


def _span(start: str, end: str) -> str:
    """A span whose ends are said already."""
    if start and end:
        return _("%(start)s to %(end)s") % {"start": start, "end": end}
    return _("by %(day)s") % {"day": end} if end else _("from %(day)s") % {"day": start}


def _named(view: View, reference: Mapping[str, Any]) -> str:
    """Who or what a reference means: as it is called now, else as it was called then."""
    meant = str(reference.get("reference", "")).partition("/_history/")[0]
    found = reading.peek(view, meant)
    name = (found or {}).get("name")
    own = name if isinstance(name, str) else human_name(found) if name and found else ""
    said = own or str(reference.get("display") or "") or (found and (found.get("title") or fact_kinds.text(found))) or ""
    type_ = meant.partition("/")[0]
    return str(said or (labels.word(MEANT, type_) if type_ in MEANT else _("something in the chart")))
