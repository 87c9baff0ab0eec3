"""Words for what leaves and under which permission: consents, decisions, packets, requests, records asked of others."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext, pgettext_lazy

from baton.desk import labels
from baton.duties.privacy.consent_terms import Party, Terms

KINDS: labels.Words = {
    "authorisation": lazy("Authorization"),
    "part2": lazy("Part 2 consent"),
    "restriction": lazy("Restriction"),
    "self-pay": lazy("Paid out of pocket: not to the health plan"),
    "confidential-communication": lazy("Safe contact"),
}
PURPOSES: labels.Words = {
    "TREAT": lazy("Treatment"),
    "CAREMGT": lazy("Care coordination"),
    "ETREAT": lazy("Emergency treatment"),
    "HPAYMT": lazy("Payment"),
    "HOPERAT": lazy("Health care operations"),
    "PATRQT": lazy("The patient asked for it"),
    "FAMRQT": lazy("The family asked for it"),
    "PUBHLTH": lazy("Public health"),
    "HCOMPL": lazy("Oversight"),
    "HLEGAL": lazy("Legal"),
    "HRESCH": lazy("Research"),
    "THREAT": lazy("A serious threat"),
    "HMARKT": lazy("Marketing"),
}
RECIPIENTS: labels.Words = {
    "provider": lazy("Doctor or clinic"),
    "facility": lazy("Hospital or nursing facility"),
    "pharmacy": lazy("Pharmacy"),
    "part2-program": lazy("Substance use program (Part 2)"),
    "community": lazy("Community organization"),
    "payer": lazy("Health plan"),
    "patient": lazy("The patient"),
    "representative": lazy("The patient’s representative"),
    "family": lazy("Family or friend"),
    "public-health": lazy("Public health authority"),
    "oversight": lazy("Oversight agency"),
    "lawyer": lazy("Lawyer"),
    "court": lazy("Court"),
    "law-enforcement": lazy("Law enforcement"),
    "researcher": lazy("Researcher"),
    "employer": lazy("Employer"),
    "school": lazy("School"),
    "other": lazy("Somebody else"),
    "tpo": lazy("All who treat, pay or operate"),
    "intermediary": lazy("Intermediary"),
}
PERMISSIONS: labels.Words = {
    "treatment": lazy("Treatment (45 CFR 164.506)"),
    "payment": lazy("Payment (45 CFR 164.506)"),
    "operations": lazy("Operations (45 CFR 164.506)"),
    "individual": lazy("The patient’s own access (164.524)"),
    "involved": lazy("Involved in the care (164.510)"),
    "public-health": lazy("Public health (164.512(b))"),
    "oversight": lazy("Oversight (164.512(d))"),
    "legal-process": lazy("Legal process (164.512(e), (f))"),
    "research-waiver": lazy("Research with a waiver (164.512(i))"),
    "threat": lazy("Serious threat (164.512(j))"),
    "authorisation": lazy("Authorization (164.508)"),
    "part2-consent": lazy("Part 2 consent (42 CFR 2.31)"),
    "incidental": lazy("Incidental to a permitted use"),
    "directory": lazy("Facility directory"),
    "national-security": lazy("National security"),
    "custody": lazy("Custody and corrections"),
    "limited-data-set": lazy("Limited data set"),
}
BECAUSE: labels.Words = {
    **PERMISSIONS,
    "part2-emergency": lazy("Medical emergency (42 CFR 2.51)"),
    "restriction": lazy("the patient asked for a restriction, and it was agreed"),
    "self-pay": lazy("paid out of pocket: not to the health plan"),
    "needs-authorisation": lazy("takes an authorization that names it"),
    "needs-part2-consent": lazy("record of a substance use program: takes a Part 2 consent"),
    "psychotherapy-notes": lazy("psychotherapy notes: take an authorization of their own"),
    "consent-expired": lazy("the consent has expired"),
    "consent-revoked": lazy("the consent was revoked"),
    "consent-incomplete": lazy("the consent lacks something it must contain"),
    "consent-draft": lazy("the consent is only a draft"),
    "consent-not-yet": lazy("the consent is not in force yet"),
    "consent-void": lazy("the consent was entered in error"),
    "not-needed": lazy("not needed for this purpose"),
    "points-at-withheld": lazy("points at something withheld"),
    "may-say-the-rest": lazy("the text may repeat what was taken out"),
    "confidential-communication": lazy("the patient asked to be reached another way"),
}
STATES: labels.Words = {
    "usable": pgettext_lazy("consent", "in force"),
    "draft": pgettext_lazy("consent", "draft"),
    "revoked": pgettext_lazy("consent", "revoked"),
    "expired": pgettext_lazy("consent", "expired"),
    "not-yet": pgettext_lazy("consent", "not in force yet"),
    "incomplete": pgettext_lazy("consent", "incomplete: not used"),
    "void": pgettext_lazy("consent", "entered in error"),
}
STATE_MARKS = {"usable": "calm", "draft": "soon", "incomplete": "late"}
CLASSES: labels.Words = {
    "*": lazy("Everything in the record"),
    "18842-5": lazy("Discharge summaries"),
    "11488-4": lazy("Consult notes"),
    "34133-9": lazy("Summaries of care"),
    "11506-3": lazy("Progress notes"),
    "Condition": lazy("Problems"),
    "MedicationRequest": lazy("Medicines"),
    "AllergyIntolerance": lazy("Allergies"),
    "Observation": lazy("Results and measurements"),
    "Encounter": lazy("Visits and stays"),
    "Appointment": lazy("Appointments"),
}
SECTIONS: labels.Words = {
    "DocumentReference": lazy("Documents"),
    "Condition": lazy("Problems"),
    "AllergyIntolerance": lazy("Allergies"),
    "MedicationRequest": lazy("Medicines"),
    "MedicationStatement": lazy("Medicines taken"),
    "Encounter": lazy("Visits and stays"),
    "Procedure": lazy("Procedures"),
    "Immunization": lazy("Immunizations"),
    "DiagnosticReport": lazy("Reports"),
    "Observation": lazy("Results and measurements"),
    "CarePlan": lazy("Care plans"),
    "Appointment": lazy("Appointments"),
}
LABELS: labels.Words = {
    "42CFRPart2": lazy("Substance use program (Part 2)"),
    "PSYTHPN": lazy("Psychotherapy notes"),
    "HIV": lazy("HIV"),
    "SEX": lazy("Reproductive health"),
    "ADOL": lazy("A minor’s confidential care"),
    "SDV": lazy("Violence"),
}
STATEMENTS: labels.Words = {
    "right-to-revoke": lazy("says that it can be revoked in writing, and how"),
    "conditioning": lazy("says whether treatment or payment depends on signing"),
    "redisclosure": lazy("says that what is disclosed may be disclosed again"),
    "redisclosure-tpo": lazy("says that recipients for treatment, payment and operations may disclose it again under HIPAA"),
    "copy-given": lazy("the patient was given a copy"),
}
CHANNELS: labels.Words = {
    "print": lazy("Print: hand over or post"),
    "hand": lazy("Print: into their hands, not by post"),
    "fax": lazy("Fax"),
    "direct": lazy("Direct message"),
    "link": lazy("Secure link by e-mail"),
    "other": lazy("Some other way"),
}
LACKING: labels.Words = {
    "nothing": lazy("Nothing is left to send: choose something that may leave."),
    "reason": lazy("Say why it differs from what is proposed."),
    "recipient": lazy("Say who receives it."),
    "address": lazy("Say where it goes: a number or an address."),
    "not-this-way": lazy("The patient asked not to be reached this way."),
}
REQUESTS: labels.Words = {
    "access-request": lazy("A copy of the record"),
    "amendment-request": lazy("A correction"),
    "accounting-request": lazy("An accounting of disclosures"),
    "restriction-request": lazy("A restriction"),
}
GROUNDS: labels.Words = {
    "accurate": lazy("The record is accurate and complete"),
    "not-created-here": lazy("It was not created here"),
    "not-in-record-set": lazy("It is not part of the record used for decisions"),
    "no-access": lazy("It is not open to inspection"),
    "psychotherapy-notes": lazy("Psychotherapy notes"),
    "legal-proceeding": lazy("Made for a legal proceeding"),
    "confidential-source": lazy("Told by somebody else in confidence"),
    "endangers": lazy("Likely to endanger somebody"),
    "not-held": lazy("It is not held here"),
    "not-agreed": lazy("The restriction is not agreed to"),
    "not-ours": lazy("Nothing is held about this person"),
}
RECORDS: labels.Words = {
    "needs-consent": pgettext_lazy("record request", "needs a consent"),
    "to-send": pgettext_lazy("record request", "to be sent"),
    "sent": pgettext_lazy("record request", "sent"),
    "chased": pgettext_lazy("record request", "reminded"),
    "partial": pgettext_lazy("record request", "partly received"),
    "received": pgettext_lazy("record request", "received"),
    "refused": pgettext_lazy("record request", "refused"),
    "cancelled": pgettext_lazy("record request", "cancelled"),
}
RECORD_MARKS = {"needs-consent": "soon", "to-send": "soon", "sent": "wait", "chased": "wait", "partial": "wait", "received": "calm"}
BASES: labels.Words = {
    "treatment": lazy("Treatment: no authorization needed (164.506(c))"),
    "individual": lazy("At the patient’s request"),
    "part2-consent": lazy("Part 2 consent (42 CFR 2.31)"),
    "authorisation": lazy("Authorization (164.508)"),
}
AVOID: labels.Words = {
    "phone": lazy("No calls, but for the other number they gave"),
    "portal": lazy("Nothing in the portal"),
    "voicemail": lazy("No voicemail"),
    "sms": lazy("No text messages"),
    "email": lazy("No e-mail"),
    "mail": lazy("No letters"),
    "visit": lazy("No visits"),
    "home": lazy("Nothing at home: no calls, letters or visits there"),
}
REFUSALS = (
    lazy("Say which information: the kinds of documents, or everything."),
    lazy("Say who may disclose it."),
    lazy("Say who may receive it."),
    lazy("Say for which purpose."),
    lazy("The consent has no expiry: give a date or an event."),
    lazy("It is not signed."),
    lazy("The signature has no date."),
    lazy("Say by what authority the representative signs."),
    lazy("The form must say that it can be revoked, and how."),
    lazy("The form must say whether treatment or payment depends on signing."),
    lazy("The form must say that what is disclosed may be disclosed again."),
    lazy("The form must say that recipients for treatment, payment and operations may disclose it again under HIPAA."),
    lazy("An intermediary is named together with those it passes the records to."),
    lazy("Psychotherapy notes take an authorization of their own."),
    lazy("A consent for legal proceedings is combined with no other purpose."),
    lazy("It ends before it begins."),
    lazy("It is not in force, so there is nothing to revoke."),
    lazy("A revocation is in writing: keep the letter, then record it."),
    lazy("The day has not come yet."),
    lazy("Say which other way there is: a number, an address or an e-mail address."),
    lazy("The patient asked not to be visited at home: agree on another place first, under safe contact."),
    lazy("The patient asked for nothing in the portal: change that first, under safe contact."),
    lazy("Held: the patient asked for no letters. Say how the paper reaches them."),
    lazy("Held: the patient is reached only the other way they gave. Say how the paper reaches them."),
    lazy("Held: the patient asked for nothing at home. Say how the paper reaches them."),
    lazy("The patient asked not to be reached this way: choose another, or hand it over."),
    lazy("What would leave is not what you saw: something was decided otherwise since. Look again, then send."),
    lazy("Say briefly what was disclosed."),
    lazy("No permission covers this: tell the privacy officer."),
    lazy("Say what the patient asks for, in their words."),
    lazy("Say why it takes longer: the patient is told."),
    lazy("It was extended once, and that is all the rule allows."),
    lazy("Its time is over: it can no longer be extended."),
    lazy("This kind of request is not extended."),
    lazy("Say why, in plain words: the patient is told."),
    lazy("Say which records are wanted."),
    lazy("Say who has them."),
    lazy("A Part 2 program answers only to a consent of 42 CFR 2.31 that names it."),
    lazy("It takes an authorization."),
    lazy("The consent is a draft: put it in force first."),
    lazy("Say why they refuse."),
    lazy("Say why it is not needed any more."),
    lazy("Say what it is."),
    lazy("The file is empty."),
    lazy("The file is larger than 10 MB."),
    lazy("Only PDF, PNG, JPEG and plain text are kept."),
    lazy("Say what came: the request for records is still open."),
    lazy("The patient asked that nothing goes there: a restriction holds the letter back."),
)
"""What the duties answer when they refuse, so that it is known in every language."""


def parties(several: tuple[Party, ...]) -> str:
    """Recipients in words."""
    return ", ".join(each.name or labels.word(RECIPIENTS, each.kind) for each in several) or _("anybody")


def covers(terms: Terms) -> str:
    """What a consent speaks of."""
    said = [labels.word(CLASSES, code) for code in terms.classes] + [labels.word(LABELS, code) for code in terms.labels]
    if terms.data:
        said.append(ngettext("%(n)s document", "%(n)s documents", len(terms.data)) % {"n": len(terms.data)})
    return ", ".join(said) or _("Everything in the record")


def purposes(codes: tuple[str, ...]) -> str:
    """Purposes in words."""
    return ", ".join(labels.word(PURPOSES, code) for code in codes) or _("any purpose")


def until(terms: Terms) -> str:
    """When a consent ends."""
    return labels.birth_day(terms.until) if terms.until else terms.event or ""


def _words(table: labels.Words) -> Callable[[str], str]:
    return lambda code: labels.word(table, code)


FILTERS: dict[str, Callable[..., object]] = {
    "because": _words(BECAUSE),
    "basis_name": _words(BASES),
    "channel_words": _words(CHANNELS),
    "consent_covers": covers,
    "consent_kind": _words(KINDS),
    "consent_state": _words(STATES),
    "consent_mark": lambda state: STATE_MARKS.get(state, ""),
    "consent_until": until,
    "lacking_words": _words(LACKING),
    "avoid_name": _words(AVOID),
    "party_names": parties,
    "permission_name": _words(PERMISSIONS),
    "purpose_name": _words(PURPOSES),
    "purpose_names": purposes,
    "recipient_kind": _words(RECIPIENTS),
    "record_mark": lambda state: RECORD_MARKS.get(state, ""),
    "record_state": _words(RECORDS),
    "request_name": _words(REQUESTS),
    "section_name": _words(SECTIONS),
}
