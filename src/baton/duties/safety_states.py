"""Where a safety case stands: a Task with states as a table; what was done, by whom and when; and what the door refuses about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from baton.duties import clinicians, codes, episodes
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, code_of, extension, target

if TYPE_CHECKING:
    from baton.store import View

CODE: Final = "safety-response"
STATE: Final = f"{codes.P}/CodeSystem/safety-case"
EVENTS: Final = f"{codes.P}/StructureDefinition/safety-events"
LIFE: Final[Mapping[str, Mapping[str, str]]] = {
    "confirm": {"in-contact": "in-contact", "with-clinician": "with-clinician"},
    "hand-over": {"in-contact": "with-clinician"},
    "lose": {"in-contact": "out-of-contact", "with-clinician": "out-of-contact"},
    "reach": {"out-of-contact": "in-contact", "unreachable": "in-contact"},
    "miss": {"out-of-contact": "out-of-contact", "unreachable": "unreachable"},
    "give-up": {"out-of-contact": "unreachable"},
    "decide": dict.fromkeys(("in-contact", "out-of-contact", "with-clinician", "unreachable"), "decided"),
}
"""The life of a case: verb → state before → state after. Whatever is not here is refused. Only a decision ends it."""
STARTS: Final = ("in-contact", "out-of-contact")
DECISIONS: Final = ("emergency-services", "welfare-check", "crisis-line", "seen-today", "safety-plan", "no-present-danger", "not-so-meant")
KEPT: Final = ("for", "focus", "priority", "code", "restriction")


@dataclass(frozen=True, slots=True)
class Event:
    """Something done about a case: what, when, by whom, and in words (the place, the decision, the outcome of a call)."""

    code: str
    at: datetime
    by: str
    name: str
    said: str = ""
    more: str = ""


def is_case(task: Mapping[str, Any] | None) -> bool:
    """Whether a Task is a safety case."""
    return codes.promise_code(task) == CODE


def state(task: Mapping[str, Any] | None) -> str | None:
    """Where it stands."""
    return code_of((task or {}).get("businessStatus"), STATE)


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
            )
        )
    return tuple(found)


def with_event(task: Resource, event: Event, to: str) -> Resource:
    """The case with one more thing done, in the state it led to."""
    parts: list[Resource] = [
        {"url": "code", "valueCode": event.code},
        {"url": "at", "valueInstant": episodes.instant(event.at)},
        {"url": "by", "valueReference": codes.reference_to(event.by, event.name)},
    ]
    parts += [{"url": name, "valueString": text} for name, text in (("said", event.said), ("more", event.more)) if text]
    had = list(extension(task, EVENTS) or ())
    kept = codes.with_extension(task, EVENTS, {"url": EVENTS, "extension": [*had, {"url": "event", "extension": parts}]})
    return {**kept, "businessStatus": codes.concept(STATE, to), "lastModified": episodes.instant(event.at)}


def guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """A case moves as the table says, keeps what was done, is not put off, and ends only with a clinician's own decision."""
    if not is_case(before) and not is_case(after):
        return
    if after is None or not is_case(after):
        yield error("business-rule", "A safety case is not deleted or turned into something else: a clinician decides.", "Task")
    elif before is None or not is_case(before):
        yield from _first(after)
    elif not codes.is_open(before):
        if _shape(before) != _shape(after):
            yield error("business-rule", "What a clinician decided stays as it was decided.", "Task")
    else:
        yield from _next(before, after, view)


def _shape(task: Resource) -> tuple[Any, ...]:
    return (task.get("status"), state(task), extension(task, EVENTS), *(task.get(element) for element in KEPT))


def _first(after: Resource) -> Iterator[Issue]:
    if not codes.is_open(after) or state(after) not in STARTS:
        yield error("business-rule", "A safety case begins open, in contact or out of contact.", "Task.businessStatus")
    if after.get("priority") != "stat":
        yield error("business-rule", "A safety case is stat.", "Task.priority")


def _next(before: Resource, after: Resource, view: View) -> Iterator[Issue]:
    was, now = str(state(before)), str(state(after))
    legal = sorted({moves[was] for moves in LIFE.values() if was in moves})
    if now != was and now not in legal:
        yield error("business-rule", f"A case that is {was} becomes {', '.join(legal)}.", "Task.businessStatus")
    had, has = extension(before, EVENTS) or [], extension(after, EVENTS) or []
    if has[: len(had)] != had:
        yield error("business-rule", "What was done about a safety case stays on record.", f"Task.extension('{EVENTS}')")
    for element in KEPT:
        if before.get(element) != after.get(element):
            yield error("business-rule", "A safety case stays about the same patient, due at once.", f"Task.{element}")
    if codes.is_open(after) and after.get("status") == "on-hold":
        yield error("business-rule", "A safety case does not wait.", "Task.status")
    if codes.is_open(after) == (now == "decided") or (now == "decided" and after.get("status") != "completed"):
        yield error("business-rule", "A safety case ends with a clinician's decision, and with nothing else.", "Task.status")
    elif now == "decided":
        yield from _decided(after, events(after)[len(had) :], view)


def _decided(after: Resource, new: tuple[Event, ...], view: View) -> Iterator[Issue]:
    mine = [each for each in new if each.code == "decide" and each.by == view.who.person]
    if not mine or not clinicians.decides(view):
        yield error("forbidden", "A clinician decides, and says so themselves.", "Task.businessStatus")
    elif mine[-1].said not in DECISIONS or not mine[-1].more.strip():
        yield error("required", "Say what happens, and in a sentence why.", f"Task.extension('{EVENTS}')")


GUARDS = {"Task": [guard]}
