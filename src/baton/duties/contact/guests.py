"""Whom a patient lets into the portal: themselves, and others for everything or for dates alone, until a day. Each is a Consent.

The store makes who may see what from these Consents, in the transaction that writes them: what is ended here is over for whoever looks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from baton.duties import codes, reading
from baton.duties.contact import safe_contact
from baton.duties.patients import identity, network
from baton.duties.privacy import consent_terms, consents
from baton.duties.privacy.consent_terms import Party, Terms
from baton.duties.reactions import Reaction, wanting
from baton.duties.transitions import episodes
from baton.duties.transitions.happenings import is_deceased
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, extension, has_code, human_name, target, text_of
from baton.rules import portal as rules
from baton.rules.calendar import local_day
from baton.store import Invalid, NotFound, Who

if TYPE_CHECKING:
    from baton.store import Change, Stored, View

KIND: Final = "portal-access"
CLASSES: Final = {"everything": "*", "dates": "Appointment"}
"""What somebody is let in for, and the class of the Consent that says so."""
TOLD: Final = {"everything": "everything", "dates": "appointments"}
"""The same as what somebody may be told by telephone."""
ROLE: Final = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
RESTORED: Final = f"{codes.P}/StructureDefinition/consent-restored"
"""On a permission that stands again after a death recorded by mistake: since which day, by whose correction, and which had ended."""
DIED: Final = "died"
RELATIONS: Final = ("SPS", "PRN", "CHILD", "SIB", "FRND", "NBOR", "GUARD", "O")
"""Who somebody is to the patient, as codes of v3-RoleCode; O: other."""


@dataclass(frozen=True, slots=True)
class Access:
    """One permission in force: whose, for what, since when, until when. `own`: the patient's own."""

    consent: str
    person: str
    name: str
    relation: str
    level: str
    since: date | None
    until: date | None
    own: bool


def of_patient(view: View, patient: str) -> tuple[Access, ...]:
    """Who may see a patient ("Patient/id") in the portal now, the patient first."""
    today = local_day(view.now, view.zone)
    found = [each for each in _consents(view, patient) if each.state(today) == "usable"]
    return tuple(sorted((_access(view, each, patient) for each in found), key=lambda each: (not each.own, each.name.casefold())))


def _consents(view: View, patient: str) -> Iterator[Terms]:
    for consent in view.find("Consent", patient=patient, status="active", category=f"{consent_terms.KIND}|{KIND}"):
        terms = consent_terms.read(consent)
        if terms.kind == KIND and terms.recipients and terms.recipients[0].reference:
            yield terms


def _access(view: View, terms: Terms, patient: str) -> Access:
    person = str(terms.recipients[0].reference)
    resource = reading.peek(view, person) or {}
    relation = "" if person == patient else next((text for each in resource.get("relationship", ()) if (text := relation_of(each))), "")
    level = next((level for level, code in CLASSES.items() if code in terms.classes), "dates")
    return Access(terms.id, person, human_name(resource) or person, relation, level, terms.start, terms.until, person == patient)


def relation_of(concept: Resource) -> str:
    """What somebody is to the patient: a code of RELATIONS where it is one, else the words that are there."""
    code = next((code for _, code in reading.codings(concept) if code in RELATIONS), None)
    return code or text_of(concept)


def close_to(view: View, patient: str) -> tuple[tuple[str, str], ...]:
    """Those close to a patient who are on file: (reference, name)."""
    found = [each for each in view.find("RelatedPerson", patient=patient) if each.get("active", True) and human_name(each)]
    return tuple((f"RelatedPerson/{each['id']}", human_name(each)) for each in found)


def let_in(change: Change, *, patient: str, person: str, level: str = "everything", until: date | None = None) -> Stored:
    """Let the patient ("Patient/id", then `person` is the same) or somebody close to them see the record in the portal.

    What was said for the same person before ends. At most a year; a parent's of a minor until they come of age. Raises Invalid.
    """
    someone, today = change.get(*patient.split("/", 1)), local_day(change.now, change.zone)
    other = change.get(*person.split("/", 1)) if person != patient else None
    born = identity.birth_date(someone)
    if issues := list(_refusals(change.who, someone, other, patient, level, until, today)):
        raise Invalid(issues)
    for earlier in of_patient(change, patient):
        if earlier.person == person:
            end(change, consent=earlier.consent)
    if other is not None:
        _told(change, other, TOLD[level], until)
    terms = Terms(
        KIND,
        patient,
        description="Access to the portal",
        recipients=(Party(human_name(other or someone), person),),
        classes=("*" if person == patient else CLASSES[level],),
        start=today,
        until=None if person == patient else rules.proxy_until(born, today, until),
        signed_by=patient,
        signed_on=today,
    )
    author = codes.reference_to(change.who.person, change.who.name)
    return change.put(consent_terms.write(terms, now=episodes.instant(change.now), author=author))


def _told(change: Change, other: Resource, told: str, until: date | None) -> None:
    """Who is let in may also be told: as the patient says it here; of what was written down before, nothing is widened by others."""
    if change.who.role == "patient" or network.told_now(change, other) is None:
        network.permit(change, person=f"RelatedPerson/{other['id']}", told=told, source="patient-said", until=until)


def _refusals(
    who: Who, patient: Resource, other: Resource | None, reference: str, level: str, until: date | None, today: date
) -> Iterator[Issue]:
    if level not in CLASSES:
        yield error("code-invalid", "Say what they may see.", "Consent.provision.class")
    if is_deceased(patient):
        yield error("business-rule", "The patient has died: the privacy desk decides about the record.", "Consent.patient")
    if until is not None and until < today:
        yield error("invalid", "The day has passed already.", "Consent.provision.period.end")
    if other is None:
        if not rules.may_have_own(identity.birth_date(patient), today):
            yield error(
                "business-rule", "The patient is too young for access of their own, or has no birth date on file.", "Consent.patient"
            )
        return
    if other["resourceType"] != "RelatedPerson" or target(other.get("patient")) != reference or not other.get("active", True):
        yield error("not-found", "There is nobody of that name close to the patient.", "Consent.provision.actor")
        return
    told = identity.told(other)
    if who.role != "patient" and (told == "nothing" or (told == "appointments" and level == "everything")):
        yield error("business-rule", "The patient said this person may be told less than that.", "Consent.provision.class")


def end(change: Change, *, consent: str) -> Stored:
    """That permission is over, from this moment. Raises NotFound, Invalid."""
    found = consent_terms.read(change.get("Consent", consent.removeprefix("Consent/")))
    if found.kind != KIND:
        raise NotFound(f"There is no such permission {consent}.")
    return consents.revoke(change, consent=found.id, on=local_day(change.now, change.zone), in_writing=False)


@wanting(lambda after: after is not None and is_deceased(after))
def on_death(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """The patient has died: nobody comes in by their leave any more; each permission ends, and says when."""
    if after is None or is_deceased(before):
        return []
    with reading.seeing_all(view):
        found = [view.get("Consent", each.id) for each in _consents(view, f"Patient/{after['id']}")]
    return _ended(view, found, DIED)


def _ended(view: View, found: list[Resource], because: str) -> list[Resource]:
    """These permissions, over from this moment, saying why."""
    parts = [
        {"url": "on", "valueDate": local_day(view.now, view.zone).isoformat()},
        {"url": "in-writing", "valueBoolean": False},
        {"url": "by", "valueReference": codes.reference_to(view.who.person, view.who.name)},
        {"url": "because", "valueCode": because},
    ]
    marks = {"url": consent_terms.REVOKED, "extension": parts}
    return [{**codes.with_extension(each, consent_terms.REVOKED, marks), "status": "inactive"} for each in found]


@wanting(lambda after: after is not None and safe_contact.rules_out(after, "portal"))
def on_safe_contact(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """The patient wants nothing in the portal: their own page closes. Whom else they let in is for them to end."""
    if after is None or (before is not None and safe_contact.rules_out(before, "portal")):
        return []
    patient = str(target(after.get("patient")))
    with reading.seeing_all(view):
        own = [each.id for each in _consents(view, patient) if each.recipients[0].reference == patient]
        return _ended(view, [view.get("Consent", each) for each in own], "safe-contact")


@wanting(lambda after: after is not None and not is_deceased(after))
def on_life(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """The death was recorded by mistake: what ended at it stands again, where it would still stand had nobody died.

    What has run out meanwhile, was given anew, or is more than somebody may be told today, does not come back.
    """
    if after is None or not is_deceased(before):
        return []
    patient, today = f"Patient/{after['id']}", local_day(view.now, view.zone)
    with reading.seeing_all(view):
        found = view.find("Consent", patient=patient, status="inactive", category=f"{consent_terms.KIND}|{KIND}")
        ended = [each for each in found if _ended_by_death(each) and _still_stands(view, consent_terms.read(each), after, today)]
        return [again for each in ended if (again := _again(view, each, today)) is not None]


def _again(view: View, ended: Resource, today: date) -> Resource | None:
    """The permission anew, as it was signed, with whose correction it came back by; None when it came back before."""
    id_ = codes.derived_id("restored", f"Consent/{ended['id']}")
    if reading.maybe(view, f"Consent/{id_}") is not None:
        return None
    parts = [
        {"url": "on", "valueDate": today.isoformat()},
        {"url": "by", "valueReference": codes.reference_to(view.who.person, view.who.name)},
        {"url": "of", "valueReference": {"reference": f"Consent/{ended['id']}"}},
    ]
    bare = {key: value for key, value in codes.with_extension(ended, consent_terms.REVOKED).items() if key != "meta"}
    return {**codes.with_extension(bare, RESTORED, {"url": RESTORED, "extension": parts}), "id": id_, "status": "active"}


def _ended_by_death(consent: Resource) -> bool:
    parts = {part.get("url"): part for part in extension(consent, consent_terms.REVOKED) or ()}
    return bool(parts.get("because", {}).get("valueCode") == DIED)


def _still_stands(view: View, terms: Terms, patient: Resource, today: date) -> bool:
    person = str(terms.recipients[0].reference) if terms.recipients else ""
    if not person or (terms.until is not None and today > terms.until):
        return False
    if person == terms.patient:
        return rules.may_have_own(identity.birth_date(patient), today)
    other = reading.peek(view, person)
    if other is None or not other.get("active", True) or target(other.get("patient")) != terms.patient:
        return False
    told = network.told_now(view, other)
    return told == "everything" or (told == TOLD["dates"] and CLASSES["everything"] not in terms.classes)


def guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """Nobody is let in to a patient who has died, nor the patient where they asked for nothing in the portal, whoever writes it."""
    if (
        after is None
        or after.get("status") != "active"
        or not any(has_code(each, consent_terms.KIND, KIND) for each in after.get("category", ()))
    ):
        return
    with reading.seeing_all(view):
        patient = reading.peek(view, target(after.get("patient")))
    if is_deceased(patient):
        yield error("business-rule", "The patient has died: the privacy desk decides about the record.", "Consent.patient")
    reference = str(target(after.get("patient")))
    own = any(party.reference == reference for party in consent_terms.read(after).recipients)
    if own and not safe_contact.may_contact(view, reference, "portal").allowed:
        text = "The patient asked for nothing in the portal: change that first, under safe contact."
        yield error("business-rule", text, "Consent.provision.actor")


def lost(view: View, person: str) -> str | None:
    """The patient ("Patient/id") who had let somebody in and has died since; None when there is none."""
    try:
        patient = patient_of(view, person)
    except NotFound:
        return None
    if person == patient or not is_deceased(reading.peek(view, patient)):
        return None
    had = view.find("Consent", patient=patient, category=f"{consent_terms.KIND}|{KIND}")
    named = (party.reference for each in had for party in consent_terms.read(each).recipients)
    return patient if person in named else None


def add_close(change: Change, *, patient: str, name: str, relation: str, email: str) -> Stored:
    """Somebody close to the patient whom nobody had written down yet. Raises Invalid."""
    name, email = " ".join(name.split()), email.strip()
    issues = [error("required", "Say who it is.", "RelatedPerson.name")] if not name or len(name) > 100 else []
    if relation not in RELATIONS:
        issues.append(error("code-invalid", "Say who they are to the patient.", "RelatedPerson.relationship"))
    if "@" not in email:
        issues.append(error("required", "Say their e-mail address.", "RelatedPerson.telecom"))
    if issues:
        raise Invalid(issues)
    given, _, family = name.rpartition(" ")
    return change.put(
        {
            "resourceType": "RelatedPerson",
            "active": True,
            "patient": {"reference": patient},
            "relationship": [codes.concept(ROLE, relation)],
            "name": [{"text": name, "family": family, **({"given": given.split()} if given else {})}],
            "telecom": [{"system": "email", "value": email}],
        }
    )


def patient_of(view: View, person: str) -> str:
    """The patient somebody is let in to. Raises NotFound."""
    if person.startswith("Patient/"):
        return person
    found = reading.peek(view, person)
    patient = target((found or {}).get("patient"))
    if not patient:
        raise NotFound(f"There is no {person}.")
    return patient


GUARDS = {"Consent": [guard]}
REACTIONS: dict[str, list[Reaction]] = {"Patient": [on_death, on_life], "Consent": [on_safe_contact]}
