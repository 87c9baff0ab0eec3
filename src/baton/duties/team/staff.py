"""Who works here: people added, given roles in teams from a day to a day, qualified, and leaving. What they may do follows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from baton.duties import codes
from baton.duties.codes import STAFF_ROLE
from baton.duties.team import licences, looking_after
from baton.duties.team.teams import staff_role, works
from baton.duties.transitions import episodes
from baton.fhir.outcome import Issue
from baton.fhir.resource import Resource, code_of, human_name, target
from baton.store import Change, View
from baton.store.who import STAFF, Invalid, NotFound, Stored

ORGANIZATION_TYPE = codes.ORGANIZATION_TYPE
INTAKE = codes.INTAKE
ROLES = tuple(role for role in STAFF if role != "system")
"""The roles of people."""
RELATIONSHIPS = ("assigned", "covering", "mentoring")
"""How a role stands to the patients of its team: they are its own; it stands in for somebody; it is asked about them."""


def _refuse(text: str, element: str, code: str = "value") -> Invalid:
    return Invalid([Issue("error", code, text, element)])


def by_email(view: View, *, email: str) -> str | None:
    """The "Practitioner/<id>" of the person who works here under this e-mail address, or None."""
    found = view.find("Practitioner", email=email.strip().lower(), active="true")
    return f"Practitioner/{found[0]['id']}" if found else None


def add(
    change: Change,
    *,
    email: str,
    role: str,
    team: str | None = None,
    name: str | None = None,
    start: date | None = None,
    end: date | None = None,
) -> str:
    """Give somebody a role, in a team (its reference, or its name: made when there is none) or in Intake. Returns "Practitioner/<id>".

    Adding somebody again changes only what differs: their earlier roles end, and somebody who had left is back. Raises Invalid for an
    e-mail or role that is none.
    """
    email = email.strip().lower()
    if not re.fullmatch(r"[^@\s,|$\\]+@[^@\s,|$\\]+", email):
        raise _refuse(f"{email!r} is not an e-mail address.", "Practitioner.telecom.value")
    _known(role)
    practitioner = by_email(change, email=email) or _back(change, email) or _practitioner(change, email, name or _name_from(email))
    organization = _team(change, team) if team else INTAKE
    for held in _held(change, practitioner):
        change.put(_ended(change, held))
    give(change, person=practitioner, role=role, team=organization, start=start, end=end)
    return practitioner


def give(
    change: Change,
    *,
    person: str,
    role: str,
    team: str,
    site: str | None = None,
    start: date | None = None,
    end: date | None = None,
    stands: str = "assigned",
) -> Stored:
    """One more role, in a team ("Organization/id"), perhaps at a site (by its name), from a day to a day. Raises Invalid.

    Without a first day it simply holds: a hub that rehearses an earlier day knows its people too.
    """
    _known(role)
    if stands not in RELATIONSHIPS:
        raise _refuse(f"{stands!r} is no way to stand to a team: {', '.join(RELATIONSHIPS)}.", "PractitionerRole.extension", "code-invalid")
    if start and end and end < start:
        raise _refuse("The last day is before the first.", "PractitionerRole.period")
    practitioner = change.get(*person.split("/"))
    if not team.startswith("Organization/"):
        raise _refuse("Choose the team.", "PractitionerRole.organization", "required")
    organization = change.get(*team.split("/", 1))
    period = {name: day.isoformat() for name, day in (("start", start), ("end", end)) if day}
    resource: Resource = {
        "resourceType": "PractitionerRole",
        "active": True,
        "practitioner": codes.reference_to(person, human_name(practitioner)),
        "organization": codes.reference_to(team, organization.get("name")),
        **({"period": period} if period else {}),
        "code": [{"coding": [{"system": STAFF_ROLE, "code": role}]}],
    }
    if stands != "assigned":
        resource["extension"] = [{"url": codes.RELATIONSHIP, "valueCode": stands}]
    return change.put(resource | ({"location": [_site(change, site)]} if site and site.strip() else {}))


def end_role(change: Change, *, role: str, on: date | None = None, to: str | None = None) -> Stored:
    """A role ends: now, or with the end of that day. What its holder owns passes to `to`, else to the teams (`leaving`).

    Raises NotFound when it is no role of this house, Invalid when it is over or `to` cannot take over.
    """
    held = change.get("PractitionerRole", role.removeprefix("PractitionerRole/"))
    if staff_role(held) is None:
        raise NotFound(f"There is no role PractitionerRole/{held['id']}.")
    if not held.get("active", True):
        raise _refuse("This role is over already.", "PractitionerRole.active", "business-rule")
    held = _with_successor(change, held, to)
    if on is not None and on >= change.now.astimezone(change.zone).date():
        return change.put({**held, "period": {**held.get("period", {}), "end": on.isoformat()}})
    return change.put(_ended(change, held))


def leave(change: Change, *, person: str, to: str | None = None) -> None:
    """Somebody's access ends now: every role, and they count no more among those who work here. What they own passes to `to`, else to
    the teams (`leaving`). Raises Invalid when `to` cannot take over.
    """
    for held in _held(change, person):
        change.put(_ended(change, _with_successor(change, held, to)))
    practitioner = change.get(*person.split("/"))
    if practitioner.get("active", True):
        change.put({**practitioner, "active": False})


# --- licences and skills -----------------------------------------------------------------------------------------------------------------


def enter_licence(
    change: Change, *, person: str, code: str, number: str = "", issuer: str = "", start: date | None = None, end: date | None = None
) -> Stored:
    """A licence somebody holds; one of the same kind and number is replaced. Raises Invalid."""
    if not re.fullmatch(r"[A-Za-z]{2,8}", code):
        raise _refuse("Choose the licence.", "Practitioner.qualification.code")
    if start and end and end < start:
        raise _refuse("The last day is before the first.", "Practitioner.qualification.period")
    practitioner = change.get(*person.split("/"))
    period = {name: day.isoformat() for name, day in (("start", start), ("end", end)) if day}
    entered: dict[str, Any] = {"code": codes.concept(licences.LICENCE, code)}
    entered |= {"identifier": [{"value": number.strip()}]} if number.strip() else {}
    entered |= {"period": period} if period else {}
    entered |= {"issuer": {"display": issuer.strip()}} if issuer.strip() else {}
    kept = [each for each in practitioner.get("qualification", ()) if not _same_licence(each, code, number.strip())]
    return change.put({**practitioner, "qualification": [*kept, entered]})


def _same_licence(qualification: Resource, code: str, number: str) -> bool:
    numbers = [each.get("value") for each in qualification.get("identifier", ())] or [""]
    return code_of(qualification.get("code"), licences.LICENCE) == code and number in numbers


def remove_licence(change: Change, *, person: str, place: int) -> Stored:
    """A licence entered by mistake is taken away; its history stays. Raises NotFound."""
    practitioner = change.get(*person.split("/"))
    qualifications = list(practitioner.get("qualification", ()))
    if not 0 <= place < len(qualifications) or code_of(qualifications[place].get("code"), licences.LICENCE) is None:
        raise NotFound("There is no such licence.")
    del qualifications[place]
    return change.put(_with(practitioner, qualifications))


def set_skills(change: Change, *, person: str, skills: Iterable[str]) -> Stored:
    """What somebody is especially good at, by codes of CodeSystem skill. Raises Invalid for one that is not in it."""
    known = {each["code"]: each["display"] for each in change.get("CodeSystem", "skill")["concept"]}
    wanted = list(dict.fromkeys(skills))
    if strange := [each for each in wanted if each not in known]:
        raise _refuse(f"{strange[0]!r} is no skill here.", "Practitioner.qualification.code", "code-invalid")
    practitioner = change.get(*person.split("/"))
    kept = [each for each in practitioner.get("qualification", ()) if code_of(each.get("code"), licences.SKILL) is None]
    return change.put(_with(practitioner, [*kept, *({"code": codes.concept(licences.SKILL, each, known[each])} for each in wanted)]))


def set_languages(change: Change, *, person: str, languages: Iterable[str]) -> Stored:
    """The languages somebody works in, as BCP 47 codes. Raises Invalid for what is none."""
    wanted = list(dict.fromkeys(each.strip() for each in languages if each.strip()))
    if strange := [each for each in wanted if not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", each)]:
        raise _refuse(f"{strange[0]!r} is no code of a language.", "Practitioner.communication", "code-invalid")
    practitioner = change.get(*person.split("/"))
    rest = {name: value for name, value in practitioner.items() if name != "communication"}
    spoken = [codes.concept("urn:ietf:bcp:47", each) for each in wanted]
    return change.put({**rest, **({"communication": spoken} if spoken else {})})


def set_share(change: Change, *, person: str, share: int) -> Stored:
    """How much of full time somebody works with patients, in percent. Raises Invalid."""
    if not 0 <= share <= 100:
        raise _refuse("Say a percent of full time, from 0 to 100.", "Practitioner.extension")
    practitioner = change.get(*person.split("/"))
    return change.put(codes.with_extension(practitioner, codes.CAPACITY, {"url": codes.CAPACITY, "valueInteger": share}))


def set_mentor(change: Change, *, person: str, mentor: str | None) -> Stored:
    """Who guides somebody from now on, and co-signs their work; None: nobody any more. Raises Invalid."""
    if mentor is not None and (mentor == person or not works(change, mentor)):
        raise _refuse("Choose somebody else who works here.", "Practitioner.extension")
    practitioner = change.get(*person.split("/"))
    added = [{"url": codes.MENTOR, "valueReference": codes.reference_to(mentor)}] if mentor else []
    return change.put(codes.with_extension(practitioner, codes.MENTOR, *added))


def _with(practitioner: Resource, qualifications: list[Resource]) -> Resource:
    rest = {name: value for name, value in practitioner.items() if name != "qualification"}
    return {**rest, "qualification": qualifications} if qualifications else rest


# --- teams -------------------------------------------------------------------------------------------------------------------------------


def add_team(change: Change, *, name: str) -> str:
    """A team of this name, made when there is none. Returns "Organization/<id>". Raises Invalid without a name."""
    if not name.strip():
        raise _refuse("Say what the team is called.", "Organization.name", "required")
    return _team(change, name.strip())


def rename_team(change: Change, *, team: str, name: str) -> Stored:
    """The team is called something else from now on. Raises Invalid without a name, NotFound when it is no team."""
    if not name.strip():
        raise _refuse("Say what the team is called.", "Organization.name", "required")
    organization = change.get("Organization", team.removeprefix("Organization/"))
    if not any(code_of(each, ORGANIZATION_TYPE) == "team" for each in organization.get("type", ())):
        raise NotFound(f"There is no team Organization/{organization['id']}.")
    return change.put({**organization, "name": name.strip()})


# --- the parts ---------------------------------------------------------------------------------------------------------------------------


def _known(role: str) -> None:
    if role not in ROLES:
        raise _refuse(f"{role!r} is no role here; roles are {', '.join(ROLES)}.", "PractitionerRole.code", "code-invalid")


def _held(change: Change, person: str) -> list[Resource]:
    return [each for each in change.find("PractitionerRole", practitioner=person, active="true") if staff_role(each)]


def _ended(change: Change, role: Resource) -> Resource:
    """A role that is over: it says when, unless its dates did already."""
    now = episodes.instant(change.now)
    period = role.get("period", {})
    start = period.get("start", now)
    return {**role, "active": False, "period": {"start": start, "end": now} if start <= now else {"start": now, "end": now}}


def _with_successor(change: Change, role: Resource, to: str | None) -> Resource:
    if not to:
        return role
    if to == str(target(role.get("practitioner"))) or not looking_after.takes(change, to):
        raise _refuse("Choose somebody else who looks after patients here.", "PractitionerRole.extension")
    return codes.with_extension(role, codes.SUCCESSOR, {"url": codes.SUCCESSOR, "valueReference": codes.reference_to(to)})


def _back(change: Change, email: str) -> str | None:
    for practitioner in change.find("Practitioner", email=email, active="false"):
        change.put({**practitioner, "active": True})
        return f"Practitioner/{practitioner['id']}"
    return None


def _practitioner(change: Change, email: str, name: str) -> str:
    given, _, family = name.strip().rpartition(" ")
    human_name: dict[str, Any] = {"text": name.strip(), "family": family}
    if given:
        human_name["given"] = given.split()
    stored = change.put(
        {
            "resourceType": "Practitioner",
            "active": True,
            "name": [human_name],
            "telecom": [{"system": "email", "value": email, "use": "work"}],
        }
    )
    return f"Practitioner/{stored.id}"


def _team(change: Change, name: str) -> str:
    if name.startswith("Organization/"):
        return name
    for organization in change.find("Organization", type=f"{ORGANIZATION_TYPE}|team", **{"name:exact": name}):
        return f"Organization/{organization['id']}"
    stored = change.put(
        {
            "resourceType": "Organization",
            "active": True,
            "type": [{"coding": [{"system": ORGANIZATION_TYPE, "code": "team"}]}],
            "name": name,
        }
    )
    return f"Organization/{stored.id}"


def _site(change: Change, name: str) -> Resource:
    name = name.strip()
    for location in change.find("Location", **{"name:exact": name}):
        return codes.reference_to(f"Location/{location['id']}", name)
    stored = change.put({"resourceType": "Location", "status": "active", "mode": "instance", "name": name})
    return codes.reference_to(f"Location/{stored.id}", name)


def _name_from(email: str) -> str:
    return " ".join(part.capitalize() for part in re.split(r"[._+-]+", email.partition("@")[0]) if part) or email
