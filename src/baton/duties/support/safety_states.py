"""Where a safety case stands: a Task with states as a table; what was done, by whom and when; and what the door refuses about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, doings
from baton.duties.doings import EVENTS, Event, events
from baton.duties.support import clinicians
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, code_of, extension

if TYPE_CHECKING:
    from baton.store import View

CODE: Final = "safety-response"
TOLD: Final = "told"
"""What the patient themselves said about the case: that they read the help, where they are, how to call them."""
STATE: Final = f"{codes.P}/CodeSystem/safety-case"
LIFE: Final[Mapping[str, Mapping[str, str]]] = {
    "confirm": {"in-contact": "in-contact", "with-clinician": "with-clinician"},
    "hand-over": {"in-contact": "with-clinician"},
    "lose": {"in-contact": "out-of-contact", "with-clinician": "out-of-contact"},
    "reach": {"out-of-contact": "in-contact", "unreachable": "in-contact"},
    "miss": {"out-of-contact": "out-of-contact", "unreachable": "unreachable"},
    "give-up": {"out-of-contact": "unreachable"},
    "remind": {"in-contact": "in-contact"},
    "tell": {state: state for state in ("in-contact", "out-of-contact", "with-clinician", "unreachable")},
    "decide": dict.fromkeys(("in-contact", "out-of-contact", "with-clinician", "unreachable"), "decided"),
}
"""The life of a case: verb → state before → state after. Whatever is not here is refused. Only a decision ends it."""
STARTS: Final = ("in-contact", "out-of-contact")
DECISIONS: Final = ("emergency-services", "welfare-check", "crisis-line", "seen-today", "safety-plan", "no-present-danger", "not-so-meant")
KEPT: Final = ("for", "focus", "priority", "code", "restriction")


def is_case(task: Mapping[str, Any] | None) -> bool:
    """Whether a Task is a safety case."""
    return codes.promise_code(task) == CODE


def state(task: Mapping[str, Any] | None) -> str | None:
    """Where it stands."""
    return code_of((task or {}).get("businessStatus"), STATE)


def with_event(task: Resource, event: Event, to: str) -> Resource:
    """The case with one more thing done, in the state it led to."""
    return doings.added(task, event, codes.concept(STATE, to))


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
    if not doings.kept(before, after):
        yield error("business-rule", "What was done about a safety case stays on record.", f"Task.extension('{EVENTS}')")
    if view.who.role != "system" and any(each.by != view.who.person for each in events(after)[len(events(before)) :]):
        yield error("business-rule", "What is done is put down by whoever did it.", f"Task.extension('{EVENTS}')")
    if view.who.person.startswith("Patient/") and (now != was or any(each.code != TOLD for each in events(after)[len(events(before)) :])):
        yield error("forbidden", "The patient says where they are; what is done is done by others.", f"Task.extension('{EVENTS}')")
    for element in KEPT:
        if before.get(element) != after.get(element):
            yield error("business-rule", "A safety case stays about the same patient, due at once.", f"Task.{element}")
    if codes.is_open(after) and after.get("status") == "on-hold":
        yield error("business-rule", "A safety case does not wait.", "Task.status")
    if codes.is_open(after) == (now == "decided") or (now == "decided" and after.get("status") != "completed"):
        yield error("business-rule", "A safety case ends with a clinician's decision, and with nothing else.", "Task.status")
    elif now == "decided":
        yield from _decided(after, events(after)[len(events(before)) :], view)


def _decided(after: Resource, new: tuple[Event, ...], view: View) -> Iterator[Issue]:
    mine = [each for each in new if each.code == "decide" and each.by == view.who.person]
    if not mine or not clinicians.decides(view):
        yield error("forbidden", "A clinician decides, and says so themselves.", "Task.businessStatus")
    elif mine[-1].said not in DECISIONS or not mine[-1].more.strip():
        yield error("required", "Say what happens, and in a sentence why.", f"Task.extension('{EVENTS}')")


GUARDS = {"Task": [guard]}
