"""Help from others: referring with consent, enrollment, outcome, and news.

A community referral is a `ServiceRequest` for a need and a `Task` on Gravity's machine (`rules/referrals.py`); here is what only it needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, reading
from baton.duties.community import directory, needs
from baton.duties.community.directory import GRAVITY, Service
from baton.duties.contact import safe_contact
from baton.duties.patients import identity
from baton.duties.privacy import consents
from baton.duties.privacy.consent_terms import Party, Terms
from baton.duties.promises import refuse, with_note
from baton.duties.reactions import Reaction, wanting
from baton.duties.referrals import referrals, states
from baton.duties.scheduling import notices
from baton.duties.transitions import episodes
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, code_of, extension, target
from baton.rules import authorisation
from baton.rules import needs as rules
from baton.rules.calendar import local_day
from baton.store import Invalid

if TYPE_CHECKING:
    from baton.store import Change, Stored, View

ASKED_HOW: Final = f"{codes.P}/StructureDefinition/status-asked"
ENROLLMENT: Final = "program-enrollment"
OUTCOMES: Final = ("enrolled", "not-enrolled")
DISCLOSER: Final = "Baton"
CLASSES: Final = ("ServiceRequest", "Condition", "Patient")
AGREED_FOR: Final = timedelta(days=365)
WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "en": ("News from your care team", "Hello. There is news for you. Please call your care team."),
    "es": ("Noticias de su equipo de cuidado", "Hola. Hay noticias para usted. Por favor llame a su equipo de cuidado."),
}
"""What is sent to a patient: that there is news, and nothing else."""
STATUS_MAIL: Final = (
    "How does a referral stand?",
    "Hello. Please tell us how the referral with the number below stands. We name nobody here.",
)


# --- referring ---------------------------------------------------------------------------------------------------------------------------


def agreed(view: View, patient: str, service: Service) -> Terms | None:
    """The patient's permission to tell this one party, in force today; None when there is none."""
    return consents.naming(view, patient, {service.organization, service.reference} - {""})


def agree(change: Change, *, patient: str, service: str, signed_on: date | None = None) -> Stored:
    """The patient signed that this one party may be told what it needs to help. Raises Invalid."""
    found = directory.read(change.get("HealthcareService", service))
    today = local_day(change.now, change.zone)
    day = signed_on or today
    if day > today:
        raise refuse("The day is still to come.", "Consent.verification.verificationDate")
    party = Party(found.organization_name or found.name, found.organization or found.reference, "community")
    terms = Terms(
        kind="authorisation",
        patient=patient,
        description=f"What {party.name} needs to know to help",
        discloser=Party(DISCLOSER),
        recipients=(party,),
        purposes=("CAREMGT",),
        classes=CLASSES,
        start=day,
        until=day + AGREED_FOR,
        statements=tuple(authorisation.STATEMENTS),
        signed_by=patient,
        signed_on=day,
    )
    return consents.record(change, terms=terms)


def refer(change: Change, *, need: str, service: str, signed: bool, urgency: str = "routine", note: str | None = None) -> Stored:
    """Refer a need (a Condition's id) to a service the patient agreed to, and send it. `signed`: they signed for this party just now.

    Raises Invalid without their consent, when the service has said that there is no room, or when the same is under way already.
    """
    condition = change.get("Condition", need)
    if not needs.is_need(condition) or not needs.is_open(condition):
        raise refuse("This need is not open any more.", "ServiceRequest.reasonReference")
    resource = change.get("HealthcareService", service)
    found = directory.read(resource)
    patient, code = str(codes.patient_of(condition)), str(needs.need_of(condition))
    if not found.active or not directory.is_listed(resource):
        raise refuse("This service takes nobody any more.", "ServiceRequest.performer")
    if found.capacity.code == "no-capacity":
        raise refuse("They said that there is no room. Ask again, or choose another.", "ServiceRequest.performer")
    if any(target(each.get("owner")) == found.reference for each in open_referrals(change, f"Condition/{need}", patient)):
        raise refuse("This was sent to them already.", "ServiceRequest.performer")
    if signed and agreed(change, patient, found) is None:
        agree(change, patient=patient, service=service)
    name = f"{found.name}, {found.organization_name}" if found.organization_name else found.name
    request: Resource = {
        "resourceType": "ServiceRequest",
        **needs.marks(code),
        "status": "active",
        "intent": "order",
        "priority": urgency,
        "category": needs.categories(code),
        "code": {"text": found.name},
        "subject": {"reference": patient},
        "authoredOn": episodes.instant(change.now),
        "requester": codes.reference_to(change.who.person, change.who.name),
        "performer": [codes.reference_to(found.reference, name)],
        "reasonReference": [{"reference": f"Condition/{need}"}],
        **({"note": [{"text": note.strip()}]} if note and note.strip() else {}),
    }
    asked = change.put(request).reference
    made = referrals.make(change, patient=patient, what=found.name, to=found.reference, urgency=urgency, request=asked).resource()
    task = {**made, **needs.marks(code), "owner": codes.reference_to(found.reference, name)}
    change.put(task)
    return change.put({**states.at(task, "requested"), "lastModified": episodes.instant(change.now)})


def open_referrals(view: View, condition: str, patient: str) -> list[Resource]:
    """The referrals of a need that have not ended."""
    return [each for each in referrals_of(view, condition, patient) if not states.is_ended(each)]


def referrals_of(view: View, condition: str, patient: str) -> list[Resource]:
    """Every referral of a need, the newest first."""
    requests = view.find("ServiceRequest", patient=patient, category=f"{needs.US_CORE}|sdoh")
    mine = [each for each in requests if any(target(one) == condition for one in each.get("reasonReference", ()))]
    found = [task for each in mine for task in view.find("Task", focus=f"ServiceRequest/{each['id']}") if states.is_referral(task)]
    return sorted(found, key=lambda each: str(each.get("authoredOn")), reverse=True)


def is_ours(view: View, task: Resource) -> str | None:
    """The need of a community referral made here, None when it is another kind of referral."""
    request = reading.maybe(view, target(task.get("focus")))
    return needs.need_of(request)


def move(change: Change, *, task: str, trigger: str, reason: str | None = None, note: str | None = None) -> Stored:
    """What the other side reports: accept, decline, start, hold, resume, fail; or cancel. The patient hears that there is news."""
    stored = referrals.move(change, task=task, trigger=trigger, reason=reason, note=note)
    tell_news(change, str(target(stored.resource().get("for"))))
    return stored


def enroll(change: Change, *, task: str, status: str, note: str | None = None) -> Stored:
    """Where the patient stands with the program: enrolled, not-enrolled, not-enrolled-on-waitlist. Raises Invalid."""
    referral = referrals.held(change, task)
    if status not in rules.ENROLLMENT:
        raise refuse("Say where they stand with the program.", "Observation.valueCodeableConcept")
    need = is_ours(change, referral)
    if need is None:
        raise refuse("This referral is about no social need.", "Observation.basedOn")
    observation: Resource = {
        "resourceType": "Observation",
        **needs.marks(need),
        "status": "final",
        "category": needs.categories(need, codes.concept(GRAVITY, ENROLLMENT)),
        "code": {"text": str(referral.get("description") or "")},
        "subject": {"reference": str(target(referral.get("for")))},
        "focus": [{"reference": str(target(referral.get("owner")))}],
        "basedOn": [{"reference": str(target(referral.get("focus")))}],
        "effectiveDateTime": episodes.instant(change.now),
        **_said_by(change, referral),
        "valueCodeableConcept": codes.concept(GRAVITY, status),
        **({"note": [{"text": note.strip()}]} if note and note.strip() else {}),
    }
    return change.put(observation)


def _said_by(change: Change, referral: Resource) -> Resource:
    """Who says where the patient stands: whoever records it; the party itself, where it answers through its link."""
    if change.who.person.startswith("Practitioner/"):
        return {"performer": [codes.reference_to(change.who.person, change.who.name)]}
    service = reading.peek(change, target(referral.get("owner"))) or {}
    return {"performer": [service["providedBy"]]} if service.get("providedBy") else {}


def enrollment(view: View, task: Mapping[str, Any]) -> str | None:
    """Where the patient stands with the program of a referral, as last said; None when nobody has."""
    found = view.find("Observation", patient=target(task.get("for")), category=f"{GRAVITY}|{ENROLLMENT}")
    request = target(task.get("focus"))
    mine = [each for each in found if any(target(one) == request for one in each.get("basedOn", ()))]
    latest = max(mine, key=lambda each: (str(each["effectiveDateTime"]), str(each["meta"]["lastUpdated"])), default=None)
    return code_of((latest or {}).get("valueCodeableConcept"), GRAVITY)


def complete(change: Change, *, task: str, outcome: str, note: str | None = None) -> Stored:
    """The other side is done: what came of it is kept as a Procedure, and where the patient stands with it. Raises Invalid."""
    referral = referrals.held(change, task)
    need = is_ours(change, referral)
    if outcome not in OUTCOMES or need is None:
        raise refuse("Say what came of it.", "Observation.valueCodeableConcept")
    patient, request = str(target(referral.get("for"))), str(target(referral.get("focus")))
    procedure: Resource = {
        "resourceType": "Procedure",
        **needs.marks(need),
        "status": "completed" if outcome == "enrolled" else "not-done",
        "category": {**codes.concept(GRAVITY, need), "text": need},
        "code": {"text": str(referral.get("description") or "")},
        "subject": {"reference": patient},
        "basedOn": [{"reference": request}],
        "performedDateTime": episodes.instant(change.now),
        **({"note": [{"text": note.strip()}]} if note and note.strip() else {}),
    }
    done = change.put(procedure)
    enroll(change, task=task, status=outcome, note=note)
    output = {"type": codes.concept(GRAVITY, "resulting-activity"), "valueReference": {"reference": done.reference}}
    stored = referrals.moved(change, {**referral, "output": [*referral.get("output", ()), output]}, "outcome", note=note)
    tell_news(change, patient)
    return stored


def inquire(change: Change, *, task: str) -> bool:
    """Ask the other side how it stands, by e-mail where there is an address; the call is noted either way. Says whether it was written.

    Raises Invalid when they were asked less than a quarter of an hour ago.
    """
    referral = referrals.held(change, task)
    last = reading.moment(extension(referral, ASKED_HOW), change.zone)
    if not rules.may_ask_again(last, change.now):
        raise refuse("They were asked within the last 15 minutes.", "Task.extension")
    if states.is_ended(referral) or states.state(referral) == "draft":
        raise refuse("There is nothing to ask about now.", "Task.status")
    now = {"url": ASKED_HOW, "valueDateTime": episodes.instant(change.now)}
    asked = codes.with_extension(with_note(change, referral, "Asked how it stands"), ASKED_HOW, now)
    change.put({**asked, "lastModified": episodes.instant(change.now)})
    party = reading.peek(change, target(referral.get("owner")))
    address = next((str(each["value"]) for each in (party or {}).get("telecom", ()) if each.get("system") == "email"), None)
    if address is None:
        return False
    subject, text = STATUS_MAIL
    change.announce("mail", {"to": address, "subject": subject, "text": f"{text}\n\n{str(referral['id'])[:8]}"})
    return True


def tell_news(change: Change, patient: str) -> bool:
    """Tell a patient who chose e-mail or text that there is news, and nothing else. Says whether anything goes out."""
    with reading.seeing_all(change):
        person = reading.peek(change, patient)
    way = notices.way_to(person) if person else None
    if person is None or way is None:
        return False
    channel, address = way
    subject, text = WORDS.get((identity.language(person) or "en").split("-")[0], WORDS["en"])
    payload = {"subject": subject, "text": text}
    try:
        safe_contact.announce(
            change, patient=patient, channel=channel, address=address, topic=notices.CHANNELS[channel][1], payload=payload
        )
    except Invalid:  # they asked not to be reached this way: then they are not
        return False
    return True


# --- what the door refuses, and what follows --------------------------------------------------------------------------------------------


def consent_needed(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """What is about a social need leaves only to a party the patient agreed to, whoever sends it."""
    if after is None or not states.is_referral(after) or view.who.entrance in states.ARRIVING:
        return
    was = states.state(before) if before is not None else "draft"
    if was != "draft" or states.state(after) != "requested":
        return
    owner = str(target(after.get("owner")) or "")
    with reading.seeing_all(view):
        if needs.need_of(reading.maybe(view, target(after.get("focus")))) is None:
            return
        party = reading.peek(view, owner)
        patient = str(target(after.get("for")))
        listed = party is not None and directory.is_listed(party)
        allowed = agreed(view, patient, directory.read(party)) is not None if party is not None and listed else _named(view, patient, owner)
    if not allowed:
        yield error("business-rule", "The patient has not agreed that they are told.", "Task.owner")


def _named(view: View, patient: str, owner: str) -> bool:
    today = local_day(view.now, view.zone)
    return any(
        terms.kind == "authorisation" and terms.state(today) == "usable" and any(each.reference == owner for each in terms.recipients)
        for terms in consents.of_patient(view, patient)
    )


@wanting(states.is_referral)
def on_referral(_before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """A referral for a need was sent or ended: what is owed about the need follows."""
    if after is None:
        return []
    with reading.seeing_all(view):
        request = reading.maybe(view, target(after.get("focus")))
        if needs.need_of(request) is None:
            return []
        conditions = [reading.maybe(view, target(each)) for each in (request or {}).get("reasonReference", ())]
        return [each for found in conditions if found is not None and needs.is_need(found) for each in needs.promised(view, found)]


GUARDS = {"Task": [consent_needed]}
REACTIONS: dict[str, list[Reaction]] = {"Task": [on_referral]}
