"""Consents: what the patient allowed, restricted and took back; and the decision about each thing that might leave."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from baton.duties import codes, reading
from baton.duties.patients import network
from baton.duties.privacy import consent_terms
from baton.duties.privacy.consent_terms import LAW, RESTRICTING, Terms, labels_of
from baton.duties.privacy.decisions import Asked, Decision, Item, Recipient, decide, item_of
from baton.duties.transitions import episodes
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, code_of
from baton.rules import authorisation, permissions
from baton.rules.calendar import local_day
from baton.store import Invalid, View

if TYPE_CHECKING:
    from baton.store import Change, Stored

__all__ = [
    "Asked",
    "Decision",
    "Item",
    "Recipient",
    "decide",
    "decide_disclosure",
    "labels_of",
    "lacking",
    "naming",
    "of_patient",
    "record",
    "revoke",
]

LACKING = {
    "description": "Say which information: the kinds of documents, or everything.",
    "discloser": "Say who may disclose it.",
    "recipient": "Say who may receive it.",
    "purpose": "Say for which purpose.",
    "expiry": "The consent has no expiry: give a date or an event.",
    "signature": "It is not signed.",
    "signature-date": "The signature has no date.",
    "representative-authority": "Say by what authority the representative signs.",
    "right-to-revoke": "The form must say that it can be revoked, and how.",
    "conditioning": "The form must say whether treatment or payment depends on signing.",
    "redisclosure": "The form must say that what is disclosed may be disclosed again.",
    "redisclosure-tpo": "The form must say that recipients for treatment, payment and operations may disclose it again under HIPAA.",
    "patient-name": "Say whose records they are.",
    "intermediary-members": "An intermediary is named together with those it passes the records to.",
    "compound-psychotherapy": "Psychotherapy notes take an authorization of their own.",
    "compound-proceedings": "A consent for legal proceedings is combined with no other purpose.",
}
"""What is said of each element that is not there; the desk puts it into the reader's language."""


def lacking(terms: Terms, day: date) -> list[Issue]:
    """One error for each thing that keeps a form from being used, naming the element."""
    return [error("required", LACKING[row.code], row.values["element"]) for row in terms.lacking(day)]


def of_patient(view: View, patient: str) -> list[Terms]:
    """Every Consent of a patient as its terms, whoever asks: what the patient decided binds also those who may not read it."""
    with reading.seeing_all(view):
        return [consent_terms.read(each) for each in view.find("Consent", patient=patient)]


def naming(view: View, patient: str, recipients: Collection[str]) -> Terms | None:
    """The patient's authorisation that names one of these recipients (references), in force today; None when there is none."""
    today = local_day(view.now, view.zone)
    for terms in of_patient(view, patient):
        named = any(each.reference and each.reference in recipients for each in terms.recipients)
        if named and terms.kind == "authorisation" and terms.state(today) == "usable":
            return terms
    return None


def record(change: Change, *, terms: Terms) -> Stored:
    """Keep what the patient signed (or asked to be restricted and was agreed to); as a draft when `terms.status` says so.

    An active authorisation or Part 2 consent is refused while anything it must contain is missing: Invalid, an issue for each element.
    """
    change.get(*terms.patient.split("/", 1))
    issues = list(_refusals(terms))
    if issues:
        raise Invalid(issues)
    if terms.signed_by is not None and not terms.signed_by.startswith("Patient/"):
        change.get(*terms.signed_by.split("/", 1))
    author = codes.reference_to(change.who.person, change.who.name)
    return change.put(consent_terms.write(terms, now=episodes.instant(change.now), author=author))


def _refusals(terms: Terms) -> Iterator[Issue]:
    for known, given, element in (
        (permissions.PURPOSES, terms.purposes, "Consent.provision.purpose"),
        (authorisation.STATEMENTS, terms.statements, "Consent.extension(statement)"),
    ):
        for each in given:
            if each not in known:
                yield error("code-invalid", f"{each!r} is none of {', '.join(known)}.", element)
    if terms.start and terms.until and terms.until < terms.start:
        yield error("invalid", "It ends before it begins.", "Consent.provision.period.end")


def amend(change: Change, *, terms: Terms) -> Stored:
    """Complete a draft: what was missing is there now. Raises Invalid when it is no draft or still lacks something."""
    before = consent_terms.read(change.get("Consent", terms.id))
    if before.state(local_day(change.now, change.zone)) != "draft":
        raise Invalid("Only a draft is completed; a signed consent is revoked and made anew.", expression="Consent.status")
    return record(change, terms=replace(terms, patient=before.patient))


def revoke(change: Change, *, consent: str, on: date, in_writing: bool) -> Stored:
    """The patient takes it back, in writing, as of that day. What has left under it has left. Raises Invalid."""
    found = change.get("Consent", consent.removeprefix("Consent/"))
    change.get(*consent_terms.read(found).patient.split("/", 1))
    terms = consent_terms.read(found)
    if terms.revoked_on is not None or terms.status != "active":
        raise Invalid("It is not in force, so there is nothing to revoke.", expression="Consent.status")
    if terms.kind in LAW and not in_writing:
        raise Invalid("A revocation is in writing: keep the letter, then record it.", expression="Consent.extension(consent-revoked)")
    if on > local_day(change.now, change.zone):
        raise Invalid("The day has not come yet.", expression="Consent.extension(consent-revoked)")
    parts = [
        {"url": "on", "valueDate": on.isoformat()},
        {"url": "in-writing", "valueBoolean": in_writing},
        {"url": "by", "valueReference": codes.reference_to(change.who.person, change.who.name)},
    ]
    marked = codes.with_extension(found, consent_terms.REVOKED, {"url": consent_terms.REVOKED, "extension": parts})
    return change.put({**marked, "status": "inactive"})


def decide_disclosure(
    view: View,
    patient: str,
    recipient: Recipient,
    purpose: str,
    resources: Sequence[Resource],
    *,
    paper: str | None = None,
    consents: Iterable[Terms] | None = None,
) -> tuple[Decision, ...]:
    """A decision for each resource, by the patient's consents as they stand and the rules of today. Writes nothing.

    Raises Invalid for a purpose or a kind of recipient that is none.
    """
    _known(recipient, purpose)
    asked = Asked(recipient, purpose, local_day(view.now, view.zone), paper, _told(view, patient, recipient))
    known = of_patient(view, patient) if consents is None else list(consents)
    return decide(known, [item_of(each) for each in resources], asked)


def _known(recipient: Recipient, purpose: str) -> None:
    if purpose not in permissions.PURPOSES:
        raise Invalid(f"{purpose!r} is no purpose known here.", expression="Consent.provision.purpose", code="code-invalid")
    if recipient.kind not in permissions.RECIPIENTS:
        raise Invalid(f"{recipient.kind!r} is no kind of recipient.", expression="Consent.provision.actor", code="code-invalid")


def _told(view: View, patient: str, recipient: Recipient) -> str | None:
    """What a family member on file may be told; nothing for one who is not, or who is somebody else's."""
    if recipient.kind != "family" or not (recipient.reference or "").startswith("RelatedPerson/"):
        return None
    person = reading.peek(view, recipient.reference)
    return network.told_now(view, person) if person is not None and codes.patient_of(person) == patient else None


def consent_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """An active authorisation is whole, whoever wrote it; one that was in force is not deleted, nor made to say something else."""
    day = local_day(view.now, view.zone)
    was = consent_terms.read(before) if before is not None else None
    if after is None:
        if was is not None and was.status in ("active", "inactive"):
            yield error("business-rule", "A consent is kept six years: revoke it instead.", "Consent")
        return
    now = consent_terms.read(after)
    reading.maybe(view, now.patient)  # locked: who decides about this patient at this moment waits, and sees what was decided
    if now.status == "active" and _ours(after):
        yield from lacking(now, day)
    if was is not None and was.status in ("active", "inactive") and _said(was) != _said(now):
        yield error("business-rule", "What was signed stays as it was signed: revoke it and make another.", "Consent.provision")
    if was is not None and was.revoked_on is not None and (now.revoked_on is None or now.status == "active"):
        yield error("business-rule", "What was revoked stays revoked: a new consent takes a new signature.", "Consent.status")


def _ours(consent: Resource) -> bool:
    return any(code_of(each, consent_terms.KIND) in LAW for each in consent.get("category", ()))


def _said(terms: Terms) -> Any:
    """The terms without what may change after signing."""
    return replace(terms, status="", revoked_on=None, statements=())


def is_restriction(terms: Terms) -> bool:
    """Whether it holds something back rather than lets it go."""
    return terms.kind in RESTRICTING


GUARDS = {"Consent": [consent_guard]}
