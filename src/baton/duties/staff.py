"""The people who work here: a Practitioner with an e-mail address, and a PractitionerRole that says role and team."""

from __future__ import annotations

import re
from typing import Any

from baton.fhir.outcome import Issue
from baton.store import Change, View
from baton.store.who import ROLES as EVERY_ROLE
from baton.store.who import Invalid

STAFF_ROLE = "https://baton.example/fhir/CodeSystem/staff-role"
ORGANIZATION_TYPE = "http://terminology.hl7.org/CodeSystem/organization-type"
INTAKE = "Organization/intake"
ROLES = tuple(role for role in EVERY_ROLE if role != "system")
"""The roles of people."""


def by_email(view: View, *, email: str) -> str | None:
    """The "Practitioner/<id>" of the person who works here under this e-mail address, or None."""
    found = view.find("Practitioner", email=email.strip().lower(), active="true")
    return f"Practitioner/{found[0]['id']}" if found else None


def add(change: Change, *, email: str, role: str, team: str | None = None, name: str | None = None) -> str:
    """Give somebody a role, in the named team (made when there is none of that name) or in Intake. Returns "Practitioner/<id>".

    Adding somebody again changes only what differs: their earlier roles end. Raises Invalid for an e-mail or role that is none.
    """
    email = email.strip().lower()
    if not re.fullmatch(r"[^@\s,|$\\]+@[^@\s,|$\\]+", email):
        raise Invalid([Issue("error", "value", f"{email!r} is not an e-mail address.", "Practitioner.telecom.value")])
    if role not in ROLES:
        raise Invalid([Issue("error", "code-invalid", f"{role!r} is no role here; roles are {', '.join(ROLES)}.", "PractitionerRole.code")])
    practitioner = by_email(change, email=email) or _practitioner(change, email, name or _name_from(email))
    organization = _team(change, team) if team else INTAKE
    for held in change.find("PractitionerRole", practitioner=practitioner, active="true"):
        if any(coding.get("system") == STAFF_ROLE for code in held.get("code", []) for coding in code.get("coding", [])):
            change.put({**held, "active": False})
    change.put(
        {
            "resourceType": "PractitionerRole",
            "active": True,
            "practitioner": {"reference": practitioner},
            "organization": {"reference": organization},
            "code": [{"coding": [{"system": STAFF_ROLE, "code": role}]}],
        }
    )
    return practitioner


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


def _name_from(email: str) -> str:
    return " ".join(part.capitalize() for part in re.split(r"[._+-]+", email.partition("@")[0]) if part) or email
