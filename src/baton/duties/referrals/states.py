"""What a referral is and where it stands: a Task that asks somebody to fulfil a ServiceRequest; and what the door refuses about one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, code_of, has_code, target
from baton.rules import referrals
from baton.rules.referrals import Kind, Move

if TYPE_CHECKING:
    from baton.store import View

TASK_CODE: Final = "http://hl7.org/fhir/CodeSystem/task-code"
BUSINESS: Final = "http://hl7.org/fhir/us/bser/CodeSystem/TaskBusinessStatusCS"
COMMUNITY: Final = "http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/SDOHCC-TaskForReferralManagement"
SPECIALTY: Final = f"{codes.P}/CodeSystem/specialty"
SETTLED: Final = f"{codes.P}/StructureDefinition/referral-settled"
BOOKED: Final = f"{codes.P}/StructureDefinition/referral-booked"
ARRIVING: Final = frozenset({"load", "demo"})
"""Entrances through which a referral may arrive in the middle of its life: what happened before is another system's record."""


def is_referral(task: Mapping[str, Any] | None) -> bool:
    """Whether a Task asks for a ServiceRequest to be fulfilled."""
    if task is None or task.get("resourceType") != "Task" or not has_code(task.get("code"), TASK_CODE, "fulfill"):
        return False
    return str(target(task.get("focus")) or "").startswith("ServiceRequest/")


def is_our_team(organization: Resource) -> bool:
    """Whether an Organization is a team of the house: nobody refers to those."""
    return any(has_code(each, codes.ORGANIZATION_TYPE, "team") for each in organization.get("type", ()))


def business(task: Mapping[str, Any] | None) -> str | None:
    """The BSeR business status ("5.1.2"), None where there is none."""
    return code_of((task or {}).get("businessStatus"), BUSINESS)


def kind(*versions: Mapping[str, Any] | None) -> Kind:
    """Which machine it runs on: BSeR's as soon as any version carries a business status, else Gravity's."""
    return "medical" if any(business(each) for each in versions) else "community"


def state(task: Mapping[str, Any]) -> str:
    """Where it stands, as the rules write it: "in-progress/5.1.2", or "on-hold"."""
    status, within = str(task.get("status")), business(task)
    return f"{status}/{within}" if within else status


def is_ended(task: Mapping[str, Any]) -> bool:
    """Whether its machine has come to an end; the loop may still be open."""
    return state(task) in referrals.ENDS or task.get("status") == "entered-in-error"


def at(task: Resource, end: str) -> Resource:
    """The Task in another state."""
    status, _, within = end.partition("/")
    moved = {key: value for key, value in task.items() if key != "businessStatus"}
    return {**moved, "status": status, **({"businessStatus": codes.concept(BUSINESS, within)} if within else {})}


def urgency(task: Mapping[str, Any]) -> str:
    """How urgent it is; routine where nothing is said."""
    said = task.get("priority")
    return said if said in referrals.URGENCIES else "routine"


def open_moves(task: Mapping[str, Any]) -> tuple[Move, ...]:
    """What may happen next. A draft may still become either kind."""
    now = state(task)
    return (
        referrals.from_state("medical", now) + referrals.from_state("community", now)
        if now == "draft"
        else referrals.from_state(kind(task), now)
    )


def named(moves: tuple[Move, ...]) -> str:
    """The legal moves in words for a refusal."""
    return "; ".join(f"{move.end.replace('/', ' ')} ({move.trigger}, {move.code})" for move in moves) or "nothing: it has ended"


# --- what the door refuses, whoever asks -----------------------------------------------------------------------------------------------


def referral_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """A referral moves only as its machine does, keeps what it needs, and is not made to disappear."""
    if is_referral(before) and before is not None and not is_referral(after):
        if not is_ended(before):
            yield error("business-rule", "An open referral is neither deleted nor turned into something else: cancel it.", "Task")
        return
    if after is None or not is_referral(after) or after.get("status") == "entered-in-error":
        return
    yield from illegal(before if is_referral(before) else None, after, view)
    yield from incomplete(after, kind(before, after))


def illegal(before: Resource | None, after: Resource, view: View) -> Iterator[Issue]:
    """A move that is in no table."""
    which, now = kind(before, after), state(after)
    element = "Task.businessStatus" if which == "medical" else "Task.status"
    if before is None:
        allowed = referrals.states(which) if view.who.entrance in ARRIVING else frozenset(referrals.STARTS[which])
        if now not in allowed:
            yield error("business-rule", f"A referral begins as {' or '.join(referrals.STARTS[which])}, not as {now}.", element)
        return
    was = state(before)
    if was == now or referrals.find("medical" if was == "draft" and business(after) else which, was, now):
        return
    text = f"A referral does not go from {was.replace('/', ' ')} to {now.replace('/', ' ')}"
    text += f"; from there it goes to: {named(open_moves(before))}."
    yield error("business-rule", text, element)


def incomplete(task: Resource, which: Kind) -> Iterator[Issue]:
    """What a referral must carry and this one does not."""
    if task.get("intent") != "order":
        yield error("business-rule", "A referral's Task has the intent 'order'.", "Task.intent")
    if not str(target(task.get("for")) or "").startswith("Patient/"):
        yield error("required", "A referral is for a patient.", "Task.for")
    for element in ("authoredOn", "requester", *(("owner",) if which == "medical" else ())):
        if not task.get(element):
            yield error("required", f"A referral says its {element}.", f"Task.{element}")
    reason = task.get("statusReason")
    if reason is not None and not reason.get("text"):
        yield error("required", "A reason is given in words.", "Task.statusReason.text")
    elif reason is None and which == "community" and referrals.needs_reason(str(task.get("status"))):
        yield error("required", f"A community referral that is {task['status']} says why.", "Task.statusReason.text")


GUARDS = {"Task": [referral_guard]}
