"""Which outside parties may take part in a thread about a patient, and whether a message may go to them: by the rules of what may leave.

A party is an office, agency or other organisation, no team of ours: one that has a referral of the patient, or is part of their care.
A service of the community's directory is told only what the patient signed for; an office that treats, what it may have for treatment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from baton.duties import parties, reading
from baton.duties.community import directory
from baton.duties.patients import identity
from baton.duties.privacy import consents, disclosure
from baton.duties.privacy.decisions import Decision, Recipient
from baton.duties.referrals import states
from baton.fhir.resource import target
from baton.rules import permissions
from baton.rules.calendar import local_day
from baton.store import View

if TYPE_CHECKING:
    from baton.store import Change, Stored

KINDS: Final = ("Organization/", "HealthcareService/")
OVER: Final = ("draft", "cancelled", "rejected", "failed", "entered-in-error")
"""A referral that stands so gives its owner no part in a thread: it was not sent, or is theirs no more."""
TREATING: Final = ("provider", "facility", "pharmacy", "part2-program")


@dataclass(frozen=True, slots=True)
class Party:
    """One party: "Organization/id" or "HealthcareService/id", as a recipient of records, and where it is written to ("" for nowhere).

    `signs`: it is told only what the patient signed for, in a consent that names one of `consent`.
    """

    recipient: Recipient
    email: str
    signs: bool
    consent: frozenset[str]

    @property
    def reference(self) -> str:
        """ "Type/id"."""
        return str(self.recipient.reference)

    @property
    def name(self) -> str:
        """What it is called."""
        return self.recipient.name

    @property
    def purpose(self) -> str:
        """For what it is told: to treat, or that care is managed with it."""
        return "TREAT" if self.recipient.kind in TREATING else "CAREMGT"


def party(view: View, reference: str) -> Party | None:
    """A party by its reference; None for a team of ours, and for what is none."""
    if not reference.startswith(KINDS):
        return None
    with reading.seeing_all(view):
        found = reading.peek(view, reference)
        if found is None or not found.get("active", True) or reading.is_team(found):
            return None
        email = next((str(point["value"]) for point in identity.points(found, "email")), "")
        if found["resourceType"] == "Organization":
            known = parties.party(found).recipient
            kind = "provider" if known.kind == "other" else known.kind
            return Party(Recipient(known.name, kind, reference, email or known.address), email, kind == "community", frozenset({reference}))
        service, listed = directory.read(found), directory.is_listed(found)
        provider = reading.peek(view, target(found.get("providedBy"))) or {}
        email = service.email or email or next((str(point["value"]) for point in identity.points(provider, "email")), "")
        name = service.organization_name or service.name or reading.name_of(view, reference)
        kind = "community" if listed else "provider"
        named = frozenset({service.organization, reference} - {""})
        return Party(Recipient(name, kind, reference, email or None), email, listed, named)


def around(view: View, patient: str) -> tuple[Party, ...]:
    """The parties of a patient ("Patient/id"): who has a referral that was sent, who is on the care team, who the patient's doctors are."""
    found = {each.reference: each for ref in _references(view, patient) if (each := party(view, ref)) is not None}
    return tuple(sorted(found.values(), key=lambda each: each.name.casefold()))


def _references(view: View, patient: str) -> set[str]:
    with reading.seeing_all(view):
        person = reading.peek(view, patient) or {}
        sent = view.find("Task", patient=patient, code=f"{states.TASK_CODE}|fulfill")
        owners = [target(each.get("owner")) for each in sent if states.is_referral(each) and each["status"] not in OVER]
        doctors = [target(each) for each in person.get("generalPractitioner", ())]
        teams = view.find("CareTeam", patient=patient, status="active")
        members = [target(one.get("member")) for each in teams for one in each.get("participant", ())]
        named = [each for each in (*owners, *doctors, *members) if each]
        roles = [reading.peek(view, each) or {} for each in named if each.startswith("PractitionerRole/")]
        return {each for each in (*named, *(target(role.get("organization")) for role in roles)) if each and each.startswith(KINDS)}


def decided(view: View, patient: str, reference: str, message: Mapping[str, Any] | None = None) -> Decision:
    """Whether a party may take part in a thread about a patient; with a message, whether that one may go to it. Decided anew each time."""
    found = party(view, reference)
    if found is None or reference not in _references(view, patient):
        return Decision(reference, "deny", "", "no-part-in-care")
    signed = consents.naming(view, patient, found.consent) if found.signs else None
    if found.signs and signed is None:
        return Decision(reference, "deny", "", "not-agreed")
    item = dict(message or {"resourceType": "Communication", "id": "new"})
    with reading.seeing_all(view):
        (decision,) = consents.decide_disclosure(view, patient, found.recipient, found.purpose, [item])
    return replace(decision, permission="authorisation", consents=(signed.reference,)) if signed and decision.leaves else decision


def record(change: Change, *, patient: str, reference: str, topic: str, message: Mapping[str, Any]) -> Stored | None:
    """Keep that a message went to a party: to whom, under which permission, never what it says. None for a party that is none."""
    found, decision = party(change, reference), decided(change, patient, reference, message)
    if found is None or not decision.leaves:
        return None
    parts = {
        "permission": decision.permission, "description": f"Message: {topic}", "address": found.email,
        "recipient-kind": found.recipient.kind, "channel": "link",
    }  # fmt: skip
    counted = permissions.counted(decision.permission, local_day(change.now, change.zone))
    told = disclosure.recorded(change, patient, found.recipient, found.purpose, counted, parts)
    told["extension"][0]["extension"] += [{"url": "consent", "valueReference": {"reference": each}} for each in decision.consents]
    return change.put(told)
