"""What follows from an appointment, whoever writes it: a visit missed is to be found a new time, its referral moves with it.

A new time found keeps the promise to find one. A reason for missing that will be there the next time is a barrier at the head of the chart.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from baton.duties import codes, promises, reading
from baton.duties.reactions import Reaction, wanting
from baton.duties.referrals import states as referral_states
from baton.duties.scheduling import notices, terms
from baton.duties.transitions import episodes, upkeep
from baton.duties.transitions.happenings import is_deceased
from baton.fhir.resource import Resource, code_of
from baton.rules.calendar import add_business_days, local_day

if TYPE_CHECKING:
    from baton.store import View

REBOOK_DAYS: Final = 2
"""Business days within which a missed or declined visit is to have a new time (PROPOSED)."""
TRIGGERS: Final = {"booked": ("schedule", "reschedule"), "noshow": ("no-show",), "cancelled": ("appointment-cancelled",)}
"""What an Appointment.status is in the life of the referral it is based on; of two the one that is possible there."""


@wanting(lambda after: after is not None and after.get("status") in TRIGGERS and bool(terms.needs_of(after)))
def on_appointment(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """An appointment got a time, was moved, missed or cancelled."""
    if after is None or (before is not None and _same(before, after)):
        return []
    found: list[Resource] = []
    with reading.seeing_all(view):
        for need in terms.needs_of(after):
            referrals = [each for each in view.find("Task", focus=need) if referral_states.is_referral(each)]
            if referrals:
                found += (moved for each in referrals if (moved := _moved(view, each, after)) is not None)
            else:
                found += _need(view, need, before, after)
        if after["status"] == "noshow" and (barrier := _barrier(view, after)) is not None:
            found.append(barrier)
    return found


def _same(before: Resource, after: Resource) -> bool:
    return before["status"] == after["status"] and before.get("start") == after.get("start")


def _moved(view: View, referral: Resource, appointment: Resource) -> Resource | None:
    """The referral with its visit booked, moved, missed or cancelled; None when its table has no such move from where it stands."""
    if referral_states.kind(referral) != "medical":
        return None
    triggers = TRIGGERS[appointment["status"]]
    moves = referral_states.open_moves(referral)
    way = next((each for trigger in triggers for each in moves if each.trigger == trigger), None)
    if way is None:
        return None
    moved = upkeep.without(referral_states.at(referral, way.end), "statusReason")
    booked = [{"url": referral_states.BOOKED, "valueDateTime": appointment["start"]}] if appointment["status"] == "booked" else []
    if reason := _why(appointment):
        moved["statusReason"] = {"text": reason}
    return {**codes.with_extension(moved, referral_states.BOOKED, *booked), "lastModified": episodes.instant(view.now)}


def _why(appointment: Resource) -> str:
    """Why it ended, in the words that were given, else by its code."""
    reason = appointment.get("cancelationReason") or {}
    return str(reason.get("text") or code_of(reason, terms.REASON) or "")


def _need(view: View, need: str, before: Resource | None, after: Resource) -> Iterator[Resource]:
    """The promise to find a new time: made when the visit was missed or the patient cannot come, kept when there is one."""
    owed = [
        each
        for each in view.find("Task", based_on=need)
        if codes.promise_code(each) == codes.BY_HAND and codes.is_open(each)
    ]  # fmt: skip
    if after["status"] == "booked":
        for each in owed:
            evidence = [upkeep.output(upkeep.FULFILLED_BY, f"Appointment/{after['id']}")]
            shut = upkeep.shut({**each, "output": evidence}, reason="kept", status="completed", now=view.now)
            yield shut
        return
    if after["status"] == "cancelled" and notices.replied(after) != notices.NO:
        return  # the need is on the list again
    patient = terms.patient_of(after)
    if owed or not patient or (before is not None and before["status"] in ("noshow", "cancelled")):
        return
    missed = [each for each in view.find("Appointment", based_on=need, status="noshow,cancelled") if each["id"] != after["id"]]
    why = f"missed ({code_of(after.get('cancelationReason'), terms.REASON) or _why(after)})"
    why = "the patient cannot come" if after["status"] == "cancelled" else why
    what = f"Find a new time: {after.get('description') or 'visit'}; {why}, attempt {len(missed) + 2} is next"
    due = add_business_days(local_day(view.now, view.zone), REBOOK_DAYS).value
    yield {**promises.by_hand(view, patient=patient, what=what, due=due), "basedOn": [{"reference": need}]}


def _barrier(view: View, missed: Resource) -> Resource | None:
    """A barrier at the head of the patient's page, once for each reason; None for a reason that is none or is known."""
    reason, patient = code_of(missed.get("cancelationReason"), terms.REASON), terms.patient_of(missed)
    if reason not in terms.BARRIERS or not patient:
        return None
    id_ = codes.derived_id("barrier", patient, reason)
    known = reading.maybe(view, f"Flag/{id_}")
    if known is not None and known.get("status") == "active":
        return None
    return {
        "resourceType": "Flag",
        "id": id_,
        "status": "active",
        "category": [codes.concept("http://terminology.hl7.org/CodeSystem/flag-category", "admin")],
        "code": codes.concept(terms.REASON, reason, f"Misses visits: {reason}"),
        "subject": {"reference": patient},
        "period": {"start": episodes.instant(view.now)},
    }


@wanting(lambda after: after is not None and is_deceased(after))
def on_death(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """The patient has died: what was booked or held for them is cancelled, and nobody is reminded of it."""
    if after is None or is_deceased(before):
        return []
    cause = codes.concept(terms.REASON, "deceased")
    with reading.seeing_all(view):
        asked = {
            "patient": f"Patient/{after['id']}",
            "status": "proposed,pending,waitlist,booked",
            "date": f"ge{episodes.instant(view.now)}",
        }
        found = view.find("Appointment", **asked)
    return [{**codes.with_extension(each, terms.HOLD_UNTIL), "status": "cancelled", "cancelationReason": cause} for each in found]


REACTIONS: dict[str, list[Reaction]] = {"Appointment": [on_appointment], "Patient": [on_death]}
