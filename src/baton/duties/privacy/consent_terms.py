"""What a Consent says: its terms read from the resource and written to it, what it lacks, and what it covers. Pure.

Where each term is kept stands in docs/duties/consents.md; those addresses are said once, here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from baton.duties.codes import CONTACT_INTERPRETER, CONTACT_INTERPRETING, P, concept
from baton.fhir.resource import Resource, code_of, extension, target
from baton.rules import authorisation, permissions
from baton.rules.tables import Row

Kind = Literal["authorisation", "part2", "restriction", "self-pay", "confidential-communication", "portal-access", "program"]
KIND: Final = f"{P}/CodeSystem/consent-kind"
KINDS: tuple[Kind, ...] = ("authorisation", "part2", "restriction", "self-pay", "confidential-communication", "portal-access")
IN_A_PROGRAM: Final = "program"
"""Agreeing to take part in a program: it lets nothing leave, and is kept by duties/programs/programs.py."""
LAW: Final[Mapping[str, authorisation.Law]] = {"authorisation": "164.508", "part2": "2.31"}
PERMISSION: Final = {"authorisation": "authorisation", "part2": "part2-consent"}
RESTRICTING: Final = ("restriction", "self-pay")

SCOPE: Final = "http://terminology.hl7.org/CodeSystem/consentscope"
ACTION: Final = "http://terminology.hl7.org/CodeSystem/consentaction"
PURPOSE: Final = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
PARTICIPATION: Final = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
POLICY: Final = "http://terminology.hl7.org/CodeSystem/consentpolicycodes"
ACT_CODE: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
RESOURCE_TYPES: Final = "http://hl7.org/fhir/resource-types"
LOINC: Final = "http://loinc.org"
OUR_LABEL: Final = f"{P}/CodeSystem/label"
E: Final = f"{P}/StructureDefinition"
DESCRIPTION, EVENT, STATEMENT = f"{E}/consent-description", f"{E}/consent-expiry-event", f"{E}/consent-statement"
AUTHORITY, REVOKED, RECIPIENT_KIND, MEMBERS = (
    f"{E}/representative-authority",
    f"{E}/consent-revoked",
    f"{E}/recipient-kind",
    f"{E}/intermediary-members",
)
POLICIES: Final = {
    "authorisation": "hipaa-auth",
    "restriction": "hipaa-restrictions",
    "self-pay": "hipaa-self-pay",
    "confidential-communication": "hipaa-restrictions",
    "portal-access": "hipaa-auth",
}
PART2_POLICY: Final = "https://www.ecfr.gov/current/title-42/part-2"
IN_TPO: Final = "tpo"
"""The class of recipients that treat, pay or operate."""


@dataclass(frozen=True, slots=True)
class Party:
    """Who may disclose or receive: by name and reference, or as a class. `members` are those behind an intermediary."""

    name: str = ""
    reference: str | None = None
    kind: str | None = None
    members: str | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What a Consent says. `classes` are LOINC codes of documents, types of resources, or "*"; `event` an expiry that is no date."""

    kind: Kind
    patient: str
    description: str = ""
    discloser: Party | None = None
    recipients: tuple[Party, ...] = ()
    purposes: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    start: date | None = None
    until: date | None = None
    event: str | None = None
    statements: tuple[str, ...] = ()
    signed_by: str | None = None
    signed_on: date | None = None
    authority: str | None = None
    patient_named: bool = True
    status: str = "active"
    id: str = ""
    revoked_on: date | None = None
    interpreter: str = ""  # the name or number of who interpreted when it was signed
    interpreter_kind: str | None = None  # qualified, staff, companion

    @property
    def reference(self) -> str:
        """The "Consent/id" these terms stand in."""
        return f"Consent/{self.id}"

    def given(self) -> frozenset[str]:
        """The codes of the elements that are there."""
        there = {
            "patient-name": self.patient_named,
            "description": bool(self.classes or self.labels or self.data) and bool(self.description.strip()),
            "discloser": self.discloser is not None,
            "recipient": any(each.name.strip() or each.reference or (each.kind and self.in_tpo) for each in self.recipients),
            "purpose": bool(self.purposes),
            "expiry": self.until is not None or bool((self.event or "").strip()),
            "signature": self.signed_by is not None,
            "signature-date": self.signed_on is not None,
            "representative-authority": bool((self.authority or "").strip()),
            "intermediary-members": all(each.members for each in self.recipients if each.kind == "intermediary"),
        }
        return frozenset(code for code, is_there in there.items() if is_there) | frozenset(self.statements)

    @property
    def in_tpo(self) -> bool:
        """Whether every purpose is treatment, payment or operations."""
        return bool(self.purposes) and set(self.purposes) <= permissions.TPO

    def circumstances(self) -> frozenset[str]:
        """Which further rules apply: a representative signed, an intermediary is named, it is for TPO, or it is wrongly combined."""
        psychotherapy = permissions.PSYCHOTHERAPY in self.labels and (len(self.labels) > 1 or bool(self.classes or self.data))
        known = {
            "representative": self.signed_by is not None and not self.signed_by.startswith("Patient/"),
            "tpo": bool(permissions.TPO & set(self.purposes)),
            "intermediary": any(each.kind == "intermediary" for each in self.recipients),
            "compound-psychotherapy": psychotherapy,
            "compound-proceedings": "HLEGAL" in self.purposes and len(self.purposes) > 1,
        }
        return frozenset(code for code, holds in known.items() if holds)

    def lacking(self, day: date) -> tuple[Row, ...]:
        """What keeps it from being used, whatever its status; nothing for what is no authorisation."""
        law = LAW.get(self.kind)
        return authorisation.lacking(law, self.given(), day, self.circumstances()) if law else ()

    def state(self, day: date) -> str:
        """usable, or why it is not: draft, revoked, expired, not-yet, incomplete."""
        if self.revoked_on is not None or self.status == "inactive":
            return "revoked"
        if self.status != "active":
            return "draft" if self.status in ("draft", "proposed") else "void"
        if self.until is not None and day > self.until:
            return "expired"
        if self.start is not None and day < self.start:
            return "not-yet"
        return "incomplete" if self.lacking(day) else "usable"

    def covers(self, kinds: Collection[str], labels: Collection[str], reference: str, label: str | None) -> bool:
        """Whether it speaks of such an item; `label`: it must name this one. What carries labels it does not name is not covered."""
        if label is not None and label not in self.labels:
            return False
        if label is None and self.labels and not set(self.labels) & set(labels):
            return False
        if self.data and reference in self.data:
            return True
        if self.classes:
            return "*" in self.classes or bool(set(self.classes) & set(kinds))
        return bool(self.labels) and not self.data

    def reaches(self, name: str, reference: str | None, kind: str, purpose: str) -> bool:
        """Whether this recipient, for this purpose, is among those it names; no recipient named means all in a restriction."""
        if self.purposes and purpose not in self.purposes:
            return False
        if not self.recipients and self.kind in RESTRICTING:
            return True
        return any(_is(each, name, reference, kind, purpose) for each in self.recipients)


def _is(party: Party, name: str, reference: str | None, kind: str, purpose: str) -> bool:
    if party.reference:
        return party.reference == reference
    if party.name.strip() and party.kind != "intermediary":
        return party.name.strip().casefold() == name.strip().casefold()
    if party.kind == IN_TPO:
        return purpose in permissions.TPO and kind in ("provider", "facility", "pharmacy", "payer", "part2-program", "community")
    return party.kind == kind


def labels_of(resource: Mapping[str, Any]) -> frozenset[str]:
    """The codes of a resource's security labels."""
    return frozenset(str(each["code"]) for each in resource.get("meta", {}).get("security", ()) if each.get("code"))


# --- reading and writing ----------------------------------------------------------------------------------------------------------------


def read(consent: Mapping[str, Any]) -> Terms:
    """The terms of a Consent; one without a kind of ours that denies is read as a restriction, any other as an authorisation."""
    provision = consent.get("provision", {})
    coded = next((found for each in consent.get("category", ()) if (found := code_of(each, KIND))), None)
    unnamed: Kind = "restriction" if provision.get("type") == "deny" else "authorisation"
    kind: Kind = next((each for each in (*KINDS, IN_A_PROGRAM) if each == coded), unnamed)
    period = provision.get("period", {})
    verified: Resource = next((each for each in consent.get("verification", ()) if each.get("verified")), {})
    actors = [(code_of(each.get("role"), PARTICIPATION), _party(each)) for each in provision.get("actor", ())]
    revoked = {part.get("url"): part for part in extension(consent, REVOKED) or ()}
    return Terms(
        kind=kind,
        patient=str(target(consent.get("patient")) or ""),
        description=str(extension(consent, DESCRIPTION) or ""),
        discloser=next((party for role, party in actors if role == "CST"), None),
        recipients=tuple(party for role, party in actors if role != "CST"),
        purposes=_codes(provision.get("purpose", ())),
        classes=_codes(provision.get("class", ())),
        labels=_codes(provision.get("securityLabel", ())),
        data=tuple(str(target(each.get("reference"))) for each in provision.get("data", ())),
        start=_day(period.get("start")),
        until=_day(period.get("end")),
        event=extension(consent, EVENT),
        statements=tuple(str(each["valueCode"]) for each in consent.get("extension", ()) if each.get("url") == STATEMENT),
        signed_by=target(verified.get("verifiedWith")),
        signed_on=_day(verified.get("verificationDate")),
        authority=extension(consent, AUTHORITY),
        patient_named=bool(target(consent.get("patient"))),
        status=str(consent.get("status", "")),
        id=str(consent.get("id", "")),
        revoked_on=_day(revoked.get("on", {}).get("valueDate")),
        interpreter=str(extension(consent, CONTACT_INTERPRETER) or ""),
        interpreter_kind=_kind_of_interpreter(consent),
    )


def _kind_of_interpreter(consent: Mapping[str, Any]) -> str | None:
    parts = extension(consent, CONTACT_INTERPRETING) or ()
    return next((part["valueCode"] for part in parts if part.get("url") == "kind"), None)


def write(terms: Terms, *, now: str, author: Resource) -> Resource:
    """The Consent of these terms."""
    provision: Resource = {"type": "deny" if terms.kind in RESTRICTING else "permit"}
    period = {"start": terms.start and terms.start.isoformat(), "end": terms.until and terms.until.isoformat()}
    actors = [_actor("CST", terms.discloser)] if terms.discloser else []
    provision["period"] = {key: value for key, value in period.items() if value}
    provision["actor"] = [*actors, *(_actor("IRCP", each) for each in terms.recipients)]
    provision["action"] = [concept(ACTION, "disclose")]
    provision["securityLabel"] = [{"system": ACT_CODE, "code": code} for code in terms.labels]
    provision["purpose"] = [{"system": PURPOSE, "code": code} for code in terms.purposes]
    provision["class"] = [_class(code) for code in terms.classes]
    provision["data"] = [{"meaning": "instance", "reference": {"reference": each}} for each in terms.data]
    said = {DESCRIPTION: terms.description.strip(), EVENT: (terms.event or "").strip(), AUTHORITY: (terms.authority or "").strip()}
    extensions: list[Resource] = [{"url": url, "valueString": text} for url, text in said.items() if text]
    extensions += [{"url": STATEMENT, "valueCode": code} for code in terms.statements]
    extensions += [{"url": CONTACT_INTERPRETER, "valueString": terms.interpreter.strip()}] if terms.interpreter.strip() else []
    if terms.interpreter_kind:
        extensions.append({"url": CONTACT_INTERPRETING, "extension": [{"url": "kind", "valueCode": terms.interpreter_kind}]})
    consent: Resource = {
        "resourceType": "Consent",
        "extension": extensions,
        "status": terms.status,
        "scope": concept(SCOPE, "patient-privacy"),
        "category": [concept(KIND, terms.kind)],
        "patient": {"reference": terms.patient},
        "dateTime": now,
        "performer": [{"reference": terms.signed_by}] if terms.signed_by else [],
        "provision": {key: value for key, value in provision.items() if value},
    }
    if terms.signed_by or terms.signed_on:
        signature: Resource = {"verified": True}
        signature |= {"verifiedWith": {"reference": terms.signed_by}} if terms.signed_by else {}
        consent["verification"] = [signature | ({"verificationDate": terms.signed_on.isoformat()} if terms.signed_on else {})]
    if terms.kind in POLICIES:
        consent["policyRule"] = concept(POLICY, POLICIES[terms.kind])
    else:
        consent["policy"] = [{"authority": "https://www.ecfr.gov", "uri": PART2_POLICY}]
    if terms.id:
        consent["id"] = terms.id
    return {key: value for key, value in consent.items() if value}


def _party(actor: Mapping[str, Any]) -> Party:
    who, kind = actor.get("reference", {}), extension(actor, RECIPIENT_KIND)
    name = str(who.get("display", ""))
    return Party("" if name == kind else name, target(who), kind, extension(actor, MEMBERS))  # a class has no name: FHIR wants a reference


def _actor(role: str, party: Party) -> Resource:
    who: Resource = {key: value for key, value in (("reference", party.reference), ("display", party.name.strip())) if value}
    extensions: list[Resource] = [{"url": RECIPIENT_KIND, "valueCode": party.kind}] if party.kind else []
    extensions += [{"url": MEMBERS, "valueString": party.members}] if party.members else []
    return {
        **({"extension": extensions} if extensions else {}),
        "role": concept(PARTICIPATION, role),
        "reference": who or {"display": str(party.kind)},
    }


def _class(code: str) -> Resource:
    return {"system": RESOURCE_TYPES if code == "*" or code[:1].isalpha() else LOINC, "code": code}


def _codes(codings: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(str(each["code"]) for each in codings if each.get("code"))


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text)[:10]) if text else None
    except ValueError:
        return None
