"""Licences and skills: what somebody is qualified for, until when, and what the door refuses to whoever is not.

A licence is a `Practitioner.qualification` with a code of HL7 table 0360, its issuer, number and dates; a skill is one with a code of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from baton.duties import codes, reading
from baton.duties.transitions import upkeep
from baton.fhir import dates
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, code_of, human_name, target
from baton.rules import performers
from baton.rules.calendar import local_day

if TYPE_CHECKING:
    from baton.store import View

LICENCE: Final = "http://terminology.hl7.org/CodeSystem/v2-0360"
SKILL: Final = f"{codes.P}/CodeSystem/skill"
KINDS: Final = ("RN", "NP", "PA", "MD", "DO", "PharmD", "RPH", "CNM", "CNS", "CMA")
"""The licences offered where one is entered; any other code of the table counts as well."""
SOON: Final = timedelta(days=60)
"""A licence that ends so soon is shown as expiring."""
KEEPERS: Final = ("administrator", "supervisor", "system")
NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Held:
    """A licence or a skill of somebody. `place` is where it stands among their qualifications."""

    place: int
    code: str
    text: str
    number: str | None
    issuer: str | None
    start: date | None
    end: date | None
    standing: str  # in-force | expiring | expired | to-come


def days(period: Resource, view: View) -> tuple[date | None, date | None]:
    """The first and the last day of a period on the wall of the house; None for an open end."""
    start, end = period.get("start"), period.get("end")
    first = local_day(dates.interval(start, view.zone)[0], view.zone) if start else None
    last = local_day(dates.interval(end, view.zone)[1] - timedelta(microseconds=1), view.zone) if end else None
    return first, last


def standing(start: date | None, end: date | None, today: date) -> str:
    """How something with these days stands today."""
    if start is not None and today < start:
        return "to-come"
    if end is None:
        return "in-force"
    return "expired" if end < today else "expiring" if end - today <= SOON else "in-force"


def held(view: View, practitioner: Resource, system: str) -> tuple[Held, ...]:
    """The licences (or, by the system, the skills) of somebody, in the order they were entered."""
    today, found = local_day(view.now, view.zone), []
    for place, each in enumerate(practitioner.get("qualification", ())):
        code = code_of(each.get("code"), system)
        if code is None:
            continue
        start, end = days(each.get("period", {}), view)
        number = next((str(one["value"]) for one in each.get("identifier", ()) if one.get("value")), None)
        text = str(each["code"].get("text") or code)
        found.append(Held(place, code, text, number, each.get("issuer", {}).get("display"), start, end, standing(start, end, today)))
    return tuple(found)


def of(view: View, practitioner: Resource) -> list[performers.Licence]:
    """The same licences as the rules ask for them."""
    return [performers.Licence(each.code, each.start, each.end) for each in held(view, practitioner, LICENCE)]


def kind_of(view: View, task: str, person: str) -> str | None:
    """As what this person ("Practitioner/id") may do a promise of this code today; None when they may not."""
    practitioner = reading.peek(view, person)
    return performers.kind_of(task, of(view, practitioner or {}), local_day(view.now, view.zone))


def lets(task: str) -> set[str]:
    """The licences of which one is needed for a promise of this code, as the table has them last; none where nothing is asked for."""
    row = performers.gate(task, date.max)
    return {code for each in performers.kinds(row).values() for code in each} if row else set()


def who_can(view: View, task: str, among: Iterable[str] = ()) -> list[str]:
    """Names of people who work here and may do this today, those of the given teams first, each with the licence that lets them."""
    row = performers.gate(task, local_day(view.now, view.zone))
    if row is None:
        return []
    first, near, far = set(among), list[str](), list[str]()
    lets = {code for licences in performers.kinds(row).values() for code in licences}
    with reading.seeing_all(view):
        teams: dict[str, set[str]] = {}
        for role in view.find("PractitionerRole", active="true"):
            if any(code_of(each, codes.STAFF_ROLE) for each in role.get("code", ())) and (person := target(role.get("practitioner"))):
                teams.setdefault(person, set()).add(str(target(role.get("organization"))))
        ids = ",".join(sorted(person.partition("/")[2] for person in teams))
        for practitioner in view.find("Practitioner", _id=ids, active="true") if ids else ():
            codes_held = [
                each.code for each in held(view, practitioner, LICENCE) if each.standing in ("in-force", "expiring") and each.code in lets
            ]
            if codes_held:
                known = f"{human_name(practitioner)} ({codes_held[0]})"
                (near if teams[f"Practitioner/{practitioner['id']}"] & first else far).append(known)
    return [*sorted(near, key=str.casefold), *sorted(far, key=str.casefold)]


# --- what the door refuses, whoever asks -----------------------------------------------------------------------------------------------

RECONCILERS = "Medicines are reconciled by a prescriber, a clinical pharmacist or a registered nurse whose licence is in force."
REFUSED: Final = {codes.RECONCILIATION: RECONCILERS}


def unfit(view: View, code: str, person: str) -> Iterator[Issue]:
    """Why this person cannot be handed a promise of this code: a licence they lack today; and who has one."""
    if performers.gate(code, local_day(view.now, view.zone)) is None or kind_of(view, code, person) is not None:
        return
    yield error("business-rule", REFUSED.get(code, "This asks for a licence that is in force."), "Task.owner")
    able = who_can(view, code, view.who.teams)
    yield error("business-rule", f"These can: {', '.join(able[:NAMED])}" if able else "Nobody here has such a licence yet.", "Task.owner")


def performer_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """A promise that asks for a licence is kept only by somebody who has one, in force today. The hub's own feeds answer for themselves."""
    code = codes.promise_code(after)
    if after is None or code is None or after.get("status") != "completed" or (before or {}).get("status") == "completed":
        return
    if view.who.role == "system" or performers.gate(code, local_day(view.now, view.zone)) is None:
        return
    if any(kind_of(view, code, person) for person in did_it(after, view)):
        return
    yield error("business-rule", REFUSED.get(code, "This asks for a licence that is in force."), "Task.status")
    able = who_can(view, code, view.who.teams)
    yield error("business-rule", f"These can: {', '.join(able[:NAMED])}" if able else "Nobody here has such a licence yet.", "Task.owner")


def did_it(task: Resource, view: View) -> list[str]:
    """Who kept the promise: whom the Procedure that fulfilled it names, else who says it is kept."""
    procedure = reading.peek(view, upkeep.fulfilled_by(task) or "")
    named = [found for each in (procedure or {}).get("performer", ()) if (found := target(each.get("actor")))]
    return [each for each in named if each.startswith("Practitioner/")] or [view.who.person]


def practitioner_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """Licences, skills, address and leaving of those who work here are entered by who answers for them; a supervisor not their own."""
    changed = [element for element, of in ANSWERED_FOR.items() if of(before or {}) != of(after or {})]
    if before is None or not changed or view.who.role in ("system", "administrator") or not _works_here(view, before):
        return
    if view.who.role not in KEEPERS or view.who.person == f"Practitioner/{before['id']}":
        text = "Licences, skills, share, mentor and addresses of staff are entered by an administrator or a supervisor, not by oneself."
        yield error("forbidden", text, f"Practitioner.{changed[0]}")


ANSWERED_FOR: Final[dict[str, Callable[[Resource], object]]] = {
    "qualification": lambda practitioner: practitioner.get("qualification", []),
    "active": lambda practitioner: practitioner.get("active", True),
    "extension": lambda practitioner: [
        each for each in practitioner.get("extension", ()) if each.get("url") in (codes.CAPACITY, codes.MENTOR)
    ],
    "telecom": lambda practitioner: [each.get("value") for each in practitioner.get("telecom", ()) if each.get("system") == "email"],
}
"""What of a Practitioner is not for everybody to change."""


def _works_here(view: View, practitioner: Resource) -> bool:
    roles = view.find("PractitionerRole", practitioner=f"Practitioner/{practitioner['id']}", active="true")
    return any(code_of(each, codes.STAFF_ROLE) for role in roles for each in role.get("code", ()))


GUARDS = {"Task": [performer_guard], "Practitioner": [practitioner_guard]}
