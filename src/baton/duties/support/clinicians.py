"""Which clinicians to call about a patient now: of their teams, on call, on duty; and who may decide in a safety case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, reading
from baton.duties.team import licences, oncall
from baton.fhir.resource import human_name, target
from baton.rules import performers
from baton.rules.calendar import local_day
from baton.store import Change

if TYPE_CHECKING:
    from baton.store import View

ROLE: Final = "clinician"
DECISION: Final = "safety-decision"
SUBJECT: Final = "Baton: you are needed now"
TEXT: Final = "Something in Baton needs you at once. Please sign in. This message says no more on purpose."
LINK: Final = "/support"
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Clinician:
    """Somebody to call: at which number, whether their hours say now, whether the patient's team is theirs, whether they are on call."""

    reference: str
    name: str
    phone: str | None
    now: bool
    ours: bool
    on_call: bool = False


def of_patient(view: View, patient: str) -> tuple[Clinician, ...]:
    """The clinicians to call about a patient, the nearest first: of their teams before others, then on call, then on duty."""
    answering = oncall.now(view)
    on_call = answering if answering is not None and not answering.instead else None
    duty = on_call.person if on_call else None
    with reading.seeing_all(view):
        teams = reading.teams_of(view, patient)
        roles = view.find("PractitionerRole", role=f"{codes.STAFF_ROLE}|{ROLE}", active="true")
        people = reading.several(view, "Practitioner", (target(each.get("practitioner")) for each in roles))
    found: dict[str, Clinician] = {}
    for role in roles:
        person = str(target(role.get("practitioner")))
        if person not in people or people[person].get("active") is False:
            continue
        ours, now = target(role.get("organization")) in teams, on_duty(role, view.now.astimezone(view.zone))
        had = found.get(person)
        name = human_name(people[person])
        phone = (on_call.phone if on_call and person == duty else None) or phone_of(role) or phone_of(people[person])
        found[person] = Clinician(
            person, name, phone, now or (had is not None and had.now), ours or (had is not None and had.ours), person == duty
        )
    if on_call and on_call.person not in found:
        found[on_call.person] = Clinician(on_call.person, on_call.name, on_call.phone, True, False, True)
    return tuple(sorted(found.values(), key=lambda each: (not each.ours, not each.on_call, not each.now, each.name)))


def tell(view: View, patient: str, owner: str) -> None:
    """In a change: e-mail whoever owns a case, and the supervisors, that they are needed. No name, no reason: only that it waits."""
    if not isinstance(view, Change):
        return
    with reading.seeing_all(view):
        teams = reading.teams_of(view, patient)
        roles = view.find("PractitionerRole", role=f"{codes.STAFF_ROLE}|supervisor", active="true")
        near = [each for each in roles if target(each.get("organization")) in teams] or roles
        people = dict.fromkeys([owner, *sorted(str(target(each.get("practitioner"))) for each in near)])
        for person in (reading.peek(view, each) for each in people if each.startswith("Practitioner/")):
            address = next((str(each["value"]) for each in (person or {}).get("telecom", ()) if each.get("system") == "email"), None)
            if address:
                view.announce("mail", {"to": address, "subject": SUBJECT, "text": TEXT, "link": LINK})


def phone_of(resource: Mapping[str, Any]) -> str | None:
    """The first telephone number of somebody."""
    return next((str(each["value"]) for each in resource.get("telecom", ()) if each.get("system") == "phone" and each.get("value")), None)


def on_duty(role: Mapping[str, Any], now: datetime) -> bool:
    """Whether a PractitionerRole's hours cover this moment on the wall; one that says no hours always does."""
    hours: Iterable[Mapping[str, Any]] = role.get("availableTime", ())
    said = list(hours)
    return not said or any(_covers(each, now) for each in said)


def _covers(hours: Mapping[str, Any], now: datetime) -> bool:
    days = hours.get("daysOfWeek") or DAYS
    if hours.get("allDay"):
        return DAYS[now.weekday()] in days
    start = time.fromisoformat(hours.get("availableStartTime", "00:00:00"))
    end = time.fromisoformat(hours.get("availableEndTime", "23:59:59"))
    if start <= end:
        return DAYS[now.weekday()] in days and start <= now.time() <= end
    tonight, since_yesterday = now.time() >= start, now.time() <= end  # over midnight: the night belongs to the day it began on
    return (tonight and DAYS[now.weekday()] in days) or (since_yesterday and DAYS[now.weekday() - 1] in days)


def decides(view: View) -> bool:
    """Whether the person at work may say what happens: a clinician of the house, or somebody whose licence in force lets them."""
    who = view.who
    if who.own_role == ROLE:
        return True
    if not who.person.startswith("Practitioner/"):
        return False
    held = licences.of(view, reading.peek(view, who.person) or {})
    return performers.kind_of(DECISION, held, local_day(view.now, view.zone)) is not None


def as_owner(found: Iterable[Clinician]) -> tuple[str, str] | None:
    """Whose a case is: the first clinician of the patient's own teams; None when those have none."""
    return next(((each.reference, each.name) for each in found if each.ours), None)


__all__ = ["Clinician", "as_owner", "decides", "of_patient", "on_duty"]
