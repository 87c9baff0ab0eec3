"""What somebody left behind who is gone: for whom it needs a new owner, who takes it, and what happens by itself each minute."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final

from baton.duties import codes, reading
from baton.duties.team import handover_states as states
from baton.duties.team import handovers, leaving, looking_after, teams
from baton.duties.team.handover_states import LEFT, SYSTEM, Handover
from baton.duties.team.handovers import Move
from baton.duties.transitions import episodes
from baton.fhir import query
from baton.fhir.resource import Resource, target
from baton.store import Invalid, Refused
from baton.store import workload as store_of

if TYPE_CHECKING:
    from baton.store import Change, Store, View, Who

log = logging.getLogger(__name__)
MOST: Final = 5000


def how_many(view: View) -> int:
    """For how many patients something needs a new owner: nothing is read."""
    said = [("business-status", f"{SYSTEM}|needs-owner"), ("_summary", "count")]
    return view.search(query.parse("Task", said)).total or 0


def waiting(view: View) -> list[Handover]:
    """What was left behind and needs a new owner, the oldest first."""
    found = [states.read(each, view) for each in view.find("Task", business_status=f"{SYSTEM}|needs-owner", _count=MOST)]
    return sorted(found, key=lambda each: (each.decided or view.now, each.id))


def take(change: Change, *, moves: Mapping[str, str]) -> str:
    """Somebody takes over what was left behind (the left Task's id → "Practitioner/id"). Returns what names it together. Raises Invalid."""
    held = {left: _held(change, left) for left in moves}
    if not held:
        raise Invalid("Choose at least one patient.", expression="Task.for", code="required")
    along: dict[str, list[Resource]] = {}
    for task in held.values():
        for reference in states.values(task, "input", "promise"):
            promise = change.get(*str(reference).split("/", 1))
            if codes.is_open(promise) and str(target(promise.get("owner"))).startswith("Organization/"):
                along.setdefault(str(codes.patient_of(task)), []).append(promise)
    chosen = {str(codes.patient_of(task)): moves[left] for left, task in held.items()}
    batch = handovers.hand(change, giver=None, moves=[Move(patient, to) for patient, to in chosen.items()], why="", along=along)
    for left, task in held.items():
        after = states.moved(task, "take") or task
        group = {"system": states.BATCH, "value": batch}
        owner = codes.reference_to(moves[left], reading.name_of(change, moves[left]))
        change.put({**after, "groupIdentifier": group, "owner": owner, "lastModified": episodes.instant(change.now)})
    return batch


def settle(change: Change, *, left: str) -> None:
    """It stays as it is now, with the team or whoever took it meanwhile: nobody needs to be named. Raises Invalid."""
    after = states.moved(_held(change, left), "settle")
    change.put({**(after or {}), "lastModified": episodes.instant(change.now)})


def _held(change: Change, left: str) -> Resource:
    task = change.get("Task", left.removeprefix("Task/"))
    if states.kind(task) != LEFT or states.state(task) != "needs-owner":
        raise Invalid("Somebody has taken this over already.", expression="Task.businessStatus", code="business-rule")
    if change.who.role not in handovers.KEEPERS:
        raise Invalid("This is for supervisors.", expression="Task.owner", code="forbidden")
    return task


# --- by itself --------------------------------------------------------------------------------------------------------------------------


def tick(who: Who, store: Store, now: datetime) -> None:
    """Each minute: a role whose last day is over ends, with all that follows; what reached somebody gone meanwhile passes on; what was left
    behind and has an owner again is settled. Bears being asked twice.
    """
    with store.view(who) as view:
        roles = [each for each in view.find("PractitionerRole", _count=MOST) if teams.staff_role(each)]
        active = [each for each in roles if each.get("active", True)]
        over = [each for each in active if not teams.holds(each, view) and not leaving.to_come(view, each)]
        working = {str(target(each.get("practitioner"))) for each in active if each not in over}
        owing = store_of.owing(view, sorted({str(target(each.get("practitioner"))) for each in roles} - working))
        found = [each.id for each in waiting(view) if _looked_after(view, each)]
    for role in over:
        _do(who, store, "The last day of a role is over", lambda change, id_=role["id"]: _end(change, id_))  # type: ignore[misc]
    for person in owing:
        _do(who, store, "What somebody owns who is gone passes on", lambda change, person=person: _pass_on(change, person))  # type: ignore[misc]
    for left in found:
        _do(who, store, "What was left behind is looked after", lambda change, left=left: settle(change, left=left))  # type: ignore[misc]


def _do(who: Who, store: Store, because: str, act: Callable[[Change], object]) -> None:
    try:
        with store.change(who, because=because) as change:
            act(change)
    except Refused:
        log.exception("what somebody left could not move by itself")  # this is tried again next minute


def _end(change: Change, role: str) -> None:
    held = change.get("PractitionerRole", role)
    if held.get("active", True):
        change.put({**held, "active": False})


def _pass_on(change: Change, person: str) -> None:
    if leaving.gone(change, person):
        change.put_all(leaving.all_of(change, person))


def _looked_after(view: View, left: Handover) -> bool:
    """Whether nothing of what was left behind needs an owner any more."""
    care_team = reading.peek(view, reading.team_of(view, left.patient)[2])
    if left.coordinator and looking_after.after(care_team) is None:
        return False
    found = reading.several(view, "Task", left.moved).values()
    return not any(codes.is_open(each) and str(target(each.get("owner"))).startswith("Organization/") for each in found)
