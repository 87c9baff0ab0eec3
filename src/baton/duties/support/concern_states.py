"""Where a concern stands: a Task from the day a worry is said until the patient says that it is settled; states and moves as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, doings, reading
from baton.duties.contact import thread_notices
from baton.duties.doings import EVENTS, Event, events
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, code_of, target

if TYPE_CHECKING:
    from baton.store import View

CODE: Final = "concern"
STATE: Final = f"{codes.P}/CodeSystem/concern-state"
KIND: Final = f"{codes.P}/CodeSystem/concern-kind"
KINDS: Final = (
    "fear", "sadness", "anger", "loneliness", "grief", "family", "caregiving", "money", "home", "body", "treatment", "future", "meaning",
    "violence", "other",
)  # fmt: skip
VIOLENCE: Final = "violence"
OPEN: Final = ("raised", "named", "acknowledged", "planned")
LIFE: Final[Mapping[str, Mapping[str, str]]] = {
    "name": {"raised": "named", "named": "named"},
    "acknowledge": {"named": "acknowledged"},
    "plan": {"acknowledged": "planned", "planned": "planned"},
    "not-settled": {"planned": "acknowledged", "settled": "raised"},
    "settle": dict.fromkeys(OPEN, "settled"),
}
"""The life of a concern: verb → state before → state after. Whatever is not here is refused.

What was settled and is not after all is raised again: it is named, answered and planned anew, and keeps what was said before.
"""
STARTS: Final = ("raised", "named")
THEIRS: Final = ("raise", "settle", "not-settled")
"""What whoever raised it says themselves; the rest is said by those who care for them."""
OUTSIDE: Final = ("Patient/", "RelatedPerson/")


def is_concern(task: Mapping[str, Any] | None) -> bool:
    """Whether a Task is a concern."""
    return codes.promise_code(task) == CODE


def state(task: Mapping[str, Any] | None) -> str | None:
    """Where it stands."""
    return code_of((task or {}).get("businessStatus"), STATE)


def kind(task: Mapping[str, Any] | None) -> str | None:
    """What it is about, once it has been named."""
    return code_of((task or {}).get("reasonCode"), KIND)


def with_event(task: Resource, event: Event, to: str) -> Resource:
    """The concern with one more thing done, in the state it led to."""
    return doings.added(task, event, codes.concept(STATE, to))


def guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """A concern moves as the table says, keeps what was done, and is closed by the patient's own word."""
    if not is_concern(before) and not is_concern(after):
        return
    if after is None or not is_concern(after):
        yield error("business-rule", "A concern is not deleted or turned into something else: the patient closes it.", "Task")
    elif before is None or not is_concern(before):
        if not codes.is_open(after) or state(after) not in STARTS:
            yield error("business-rule", "A concern begins open: raised, or raised and named.", "Task.businessStatus")
        yield from _whole(after)
        yield from _by_themselves(None, after, view)
    elif not codes.is_open(before):
        yield from _over(before, after)
        yield from _by_themselves(before, after, view)
    else:
        yield from _next(before, after, view)
        yield from _by_themselves(before, after, view)


def _over(before: Resource, after: Resource) -> Iterator[Issue]:
    """What is closed stays so; but what was settled comes back when whoever is worried says that it is not."""
    if not codes.is_open(after):
        if state(before) != state(after):
            yield error("business-rule", "A concern that comes back is raised again.", "Task.status")
        return
    back = [each for each in events(after)[len(events(before)) :] if _said_by_them(each, "not-settled")]
    if state(before) != "settled" or state(after) != "raised" or not back:
        yield error("business-rule", "A concern that comes back is raised again.", "Task.status")
    yield from _same(before, after)
    yield from _whole(after)


def _said_by_them(event: Event, code: str) -> bool:
    return event.code == code and event.whom.startswith(OUTSIDE) and bool(event.said)


def _by_themselves(before: Resource | None, after: Resource, view: View) -> Iterator[Issue]:
    """Somebody outside says what worries them and whether it is settled: in their own name, about what they raised or what is theirs."""
    me = view.who.person
    if not me.startswith(OUTSIDE):
        return
    if me.startswith("RelatedPerson/") and not thread_notices.may_sign_in(view, me, str(codes.patient_of(after))):
        yield error("forbidden", "Whoever sees dates alone raises no concern here.", "Task")
    elif me not in (str(codes.patient_of(after)), target(after.get("requester"))) or (
        before is None and me != target(after.get("requester"))
    ):
        yield error("forbidden", "Whoever raised it says so, or the patient.", "Task.requester")
    new = events(after)[len(events(before)) :]
    if any(each.code not in THEIRS or each.by != me or each.whom != me for each in new) or (before is None and state(after) != "raised"):
        yield error("forbidden", "Those who care for the patient name, answer and plan.", f"Task.extension('{EVENTS}')")
    if before is not None and (not new or kind(before) != kind(after)):
        yield error("forbidden", "Those who care for the patient name, answer and plan.", "Task")


def _whole(after: Resource) -> Iterator[Issue]:
    if not str(after.get("description") or "").strip():
        yield error("required", "Say it in the patient's own words.", "Task.description")
    if state(after) in OPEN[1:] and kind(after) not in KINDS:
        yield error("required", "Say what it is about.", "Task.reasonCode")


def _next(before: Resource, after: Resource, view: View) -> Iterator[Issue]:
    was, now = str(state(before)), str(state(after))
    legal = sorted({moves[was] for moves in LIFE.values() if was in moves})
    if now != was and now not in legal:
        yield error("business-rule", f"A concern that is {was} becomes {', '.join(legal)}.", "Task.businessStatus")
    yield from _same(before, after)
    yield from _whole(after)
    if not codes.is_open(after):
        yield from _closed(before, after, now, view)
    elif now == "settled":
        yield error("business-rule", "What is settled is closed.", "Task.status")


def _same(before: Resource, after: Resource) -> Iterator[Issue]:
    if not doings.kept(before, after):
        yield error("business-rule", "What was done about a concern stays on record.", f"Task.extension('{EVENTS}')")
    if before.get("description") != after.get("description") or before.get("for") != after.get("for"):
        yield error("business-rule", "The patient's words stay as they were said.", "Task.description")


def _closed(before: Resource, after: Resource, now: str, view: View) -> Iterator[Issue]:
    """By the patient's word; or because it was put down by mistake, or the patient has died."""
    why = str((after.get("statusReason") or {}).get("text") or "").strip()
    if after["status"] == "entered-in-error" and why:
        return
    if after["status"] == "cancelled" and code_of(after.get("statusReason"), codes.STATE) == "died":
        person = reading.peek(view, codes.patient_of(after)) or {}
        if person.get("deceasedBoolean") or person.get("deceasedDateTime"):
            return
    said = next((each for each in events(after)[len(events(before)) :] if _said_by_them(each, "settle")), None)
    if now != "settled" or after["status"] != "completed" or said is None:
        yield error("business-rule", "The patient closes it: say what they said, and who said it.", "Task.status")


GUARDS = {"Task": [guard]}
