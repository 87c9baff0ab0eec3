"""What was done about a Task, kept on it: what, when, by whom, in words; added to, never taken away. And the state it led to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from baton.duties import codes
from baton.duties.transitions import episodes
from baton.fhir.resource import Resource, extension, target

EVENTS: Final = f"{codes.P}/StructureDefinition/task-events"


@dataclass(frozen=True, slots=True)
class Event:
    """Something done: what, when, by whom, and in words; `more` is what else was said, `whom` who said it when that was somebody else."""

    code: str
    at: datetime
    by: str
    name: str
    said: str = ""
    more: str = ""
    whom: str = ""


def events(task: Mapping[str, Any] | None) -> tuple[Event, ...]:
    """What was done, in order."""
    found = []
    for each in extension(task, EVENTS) or ():
        one = {part["url"]: next(value for key, value in part.items() if key.startswith("value")) for part in each["extension"]}
        by = one["by"]
        found.append(
            Event(
                one["code"],
                datetime.fromisoformat(one["at"]),
                str(target(by)),
                by.get("display", ""),
                one.get("said", ""),
                one.get("more", ""),
                str(target(one.get("whom")) or ""),
            )
        )
    return tuple(found)


def added(task: Resource, event: Event, state: Resource) -> Resource:
    """The Task with one more thing done, in the state (a CodeableConcept) it led to."""
    parts: list[Resource] = [
        {"url": "code", "valueCode": event.code},
        {"url": "at", "valueInstant": episodes.instant(event.at)},
        {"url": "by", "valueReference": codes.reference_to(event.by, event.name)},
    ]
    parts += [{"url": name, "valueString": text} for name, text in (("said", event.said), ("more", event.more)) if text]
    parts += [{"url": "whom", "valueReference": {"reference": event.whom}}] if event.whom else []
    had = list(extension(task, EVENTS) or ())
    kept = codes.with_extension(task, EVENTS, {"url": EVENTS, "extension": [*had, {"url": "event", "extension": parts}]})
    return {**kept, "businessStatus": state, "lastModified": episodes.instant(event.at)}


def kept(before: Resource | None, after: Resource | None) -> bool:
    """Whether everything that was on record before still is, and first."""
    had, has = extension(before, EVENTS) or [], extension(after, EVENTS) or []
    return bool(has[: len(had)] == had)
