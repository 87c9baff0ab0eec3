"""Who records are sent to and asked of: the organisations on file that are no teams of ours, what they are, where they are reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from baton.duties import codes, reading
from baton.duties.patients import identity
from baton.duties.privacy.decisions import Recipient
from baton.fhir.resource import Resource, code_of, human_name, text_of
from baton.rules import permissions
from baton.store import View

KIND: Final = f"{codes.P}/CodeSystem/recipient-kind"
BY_TYPE: Final = {
    "prov": "provider",
    "dept": "provider",
    "pay": "payer",
    "ins": "payer",
    "cg": "community",
    "govt": "public-health",
    "edu": "school",
}
"""What an organisation is when nobody said it with a code of ours."""
MOST: Final = 300


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody on file: who they are as a recipient, and how they are best reached."""

    recipient: Recipient
    detail: str = ""
    channel: str = "print"


def organizations(view: View) -> tuple[Party, ...]:
    """The organisations that records go to and come from, by name."""
    found = [each for each in view.find("Organization", _count=MOST) if each.get("active", True) and not reading.is_team(each)]
    return tuple(sorted((party(each) for each in found), key=lambda each: each.recipient.name.casefold()))


def of(view: View, reference: str) -> Party | None:
    """One of them, or a person close to the patient, by reference; None when there is none."""
    found = reading.peek(view, reference)
    if found is None:
        return None
    if found["resourceType"] == "RelatedPerson":
        return Party(
            Recipient(human_name(found), "family", reference, identity.phone(found)), text_of(next(iter(found.get("relationship", ())), {}))
        )
    return party(found) if found["resourceType"] == "Organization" and not reading.is_team(found) else None


def party(organization: Resource) -> Party:
    """An organisation as a recipient."""
    types = organization.get("type", ())
    stated = next((code for each in types if (code := code_of(each, KIND)) in permissions.RECIPIENTS), None)
    coded = next((code for each in types if (code := code_of(each, codes.ORGANIZATION_TYPE))), "")
    points = {point.get("system"): str(point.get("value", "")) for point in reversed(identity.points(organization))}
    fax, direct = points.get("fax"), next((value for value in points.values() if "@direct." in value), None)
    address = fax or direct or identity.address(organization) or points.get("phone")
    recipient = Recipient(human_name(organization), stated or BY_TYPE.get(coded, "other"), f"Organization/{organization['id']}", address)
    return Party(
        recipient, next((text for each in types if (text := text_of(each))), ""), "fax" if fax else "direct" if direct else "print"
    )
