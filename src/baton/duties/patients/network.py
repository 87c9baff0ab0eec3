"""The people around a patient: who may be told what, on which ground and until when, and how each of them is best reached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, reading
from baton.duties.patients import identity
from baton.duties.patients.charts import Preferences
from baton.duties.privacy import consent_terms
from baton.duties.transitions.episodes import instant
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, extension, human_name, target, text_of
from baton.rules import messages
from baton.rules.calendar import local_day
from baton.store import Invalid, View

if TYPE_CHECKING:
    from baton.store import Change, Stored

SOURCES: Final = ("patient-said", "patient-wrote", "consent", "representative")
"""On what ground somebody may be told: the patient said so, wrote so, signed a consent, or the person decides for them by law."""
LONGEST: Final = 300


@dataclass(frozen=True, slots=True)
class Permission:
    """What somebody may be told: `told` as in `identity.TOLD` or None; the ground; until when; who heard it and when."""

    told: str | None = None
    source: str | None = None
    consent: str | None = None
    until: date | None = None
    on: date | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """One person around the patient. `standing`: holds, expired, consent-ended, nothing, not-asked, not-active."""

    ref: str
    name: str
    relation: str
    permission: Permission
    standing: str
    phone: str | None
    email: str | None
    wants: Preferences
    born: date | None
    active: bool

    @property
    def id(self) -> str:
        """The id of the RelatedPerson."""
        return self.ref.partition("/")[2]


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether somebody may be told, and why or why not, as a code."""

    allowed: bool
    because: str


# --- reading ----------------------------------------------------------------------------------------------------------------------------


def permission(person: Mapping[str, Any]) -> Permission:
    """What is kept about what somebody may be told."""
    parts = {part.get("url"): part for part in extension(person, identity.TOLD_PERMISSION) or ()}
    return Permission(
        told=identity.told(person),
        source=parts.get("source", {}).get("valueCode"),
        consent=target(parts.get("consent", {}).get("valueReference")),
        until=_day(parts.get("until", {}).get("valueDate")),
        on=_day(str(parts.get("on", {}).get("valueDateTime", ""))[:10]),
        by=parts.get("by", {}).get("valueReference", {}).get("display"),
    )


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text)) if text else None
    except ValueError:
        return None


def standing(view: View, person: Mapping[str, Any]) -> str:
    """Where what somebody may be told stands today."""
    kept, day = permission(person), local_day(view.now, view.zone)
    ends = _day(str(person.get("period", {}).get("end", ""))[:10])
    if not person.get("active", True) or (ends is not None and day > ends):
        return "not-active"
    if kept.told is None:
        return "not-asked"
    if kept.told == "nothing":
        return "nothing"
    if kept.until is not None and day > kept.until:
        return "expired"
    if kept.source == "consent":
        with reading.seeing_all(view):
            consent = reading.peek(view, kept.consent)
        if consent is None or consent_terms.read(consent).state(day) != "usable":
            return "consent-ended"
    return "holds"


def told_now(view: View, person: Mapping[str, Any]) -> str | None:
    """What somebody may be told today: what was permitted, while it holds."""
    found = standing(view, person)
    return permission(person).told if found in ("holds", "nothing") else None


def may_be_told(view: View, person: str, topic: str, *, patient: str) -> Answer:
    """Whether a "RelatedPerson/id" may be told about a topic of this patient today. Everyone who writes to family asks first."""
    with reading.seeing_all(view):
        found = reading.peek(view, person) if person.startswith("RelatedPerson/") else None
        if found is None or codes.patient_of(found) != patient:
            return Answer(False, "not-of-this-patient")
        where = standing(view, found)
    if where != "holds":
        return Answer(False, where)
    if not messages.covers(identity.told(found), topic, local_day(view.now, view.zone)):
        return Answer(False, "not-about-this")
    return Answer(True, "permitted")


def of_patient(view: View, patient: str) -> tuple[Person, ...]:
    """Everybody around a patient ("Patient/id"), those who may be told most first."""
    found = [shown(view, each) for each in view.find("RelatedPerson", patient=patient)]
    order = {"holds": 0, "expired": 1, "consent-ended": 1, "not-asked": 2, "nothing": 3, "not-active": 4}
    return tuple(sorted(found, key=lambda each: (order[each.standing], each.name.casefold())))


def shown(view: View, person: Resource) -> Person:
    """One person around the patient, as a page shows them."""
    return Person(
        ref=f"RelatedPerson/{person['id']}",
        name=human_name(person),
        relation=next((text for each in person.get("relationship", ()) if (text := text_of(each))), ""),
        permission=permission(person),
        standing=standing(view, person),
        phone=identity.phone(person),
        email=next((str(point["value"]) for point in identity.points(person, "email")), None),
        wants=identity.preferences(person),
        born=identity.birth_date(person),
        active=bool(person.get("active", True)),
    )


# --- keeping it up to date --------------------------------------------------------------------------------------------------------------


def permit(
    change: Change, *, person: str, told: str | None, source: str | None = None, until: date | None = None, consent: str | None = None
) -> Stored:
    """Keep what somebody ("RelatedPerson/id") may be told, on which ground and until when; None: nobody has asked.

    What the patient only said holds for a year unless a day is given. Raises Invalid.
    """
    found = change.get(*person.split("/", 1))
    day = local_day(change.now, change.zone)
    issues = list(_refusals(change, found, told, source, until, consent, day))
    if issues:
        raise Invalid(issues)
    return change.put(permitted(change, found, Permission(told, source, consent, until)), unless_same=True)


def permitted(change: View, person: Resource, wanted: Permission) -> Resource:
    """The RelatedPerson with this permission in place of the one before."""
    day = local_day(change.now, change.zone)
    until = wanted.until or (
        messages.asked_again(day) if wanted.source == "patient-said" and wanted.told not in (None, "nothing") else None
    )
    parts: list[Resource] = [{"url": "source", "valueCode": wanted.source}] if wanted.source else []
    parts += [{"url": "consent", "valueReference": {"reference": wanted.consent}}] if wanted.consent else []
    parts += [{"url": "until", "valueDate": until.isoformat()}] if until else []
    parts += [
        {"url": "on", "valueDateTime": instant(change.now)},
        {"url": "by", "valueReference": codes.reference_to(change.who.person, change.who.name)},
    ]
    told = identity.with_told(person, wanted.told)
    return (
        {**told, "extension": [*told.get("extension", ()), {"url": identity.TOLD_PERMISSION, "extension": parts}]} if wanted.told else told
    )


def _refusals(
    view: View, person: Resource, told: str | None, source: str | None, until: date | None, consent: str | None, day: date
) -> Iterator[Issue]:
    where = "RelatedPerson.extension(told-permission)"
    if told is not None and told not in identity.TOLD:
        yield error("code-invalid", f"{told!r} is nothing that can be told.", "RelatedPerson.extension(may-be-told)")
    if source is not None and source not in SOURCES:
        yield error("code-invalid", f"{source!r} is none of {', '.join(SOURCES)}.", f"{where}.source")
    if told in ("everything", "appointments") and source is None:
        yield error("required", "Say on which ground they may be told.", f"{where}.source")
    if until is not None and until < day:
        yield error("invalid", "The day has passed already.", f"{where}.until")
    if source == "consent":
        found = reading.peek(view, consent)
        if found is None or target(found.get("patient")) != codes.patient_of(person):
            yield error("required", "Name the consent of this patient that says so.", f"{where}.consent")


def add(change: Change, *, patient: str, name: str, relation: str, phone: str = "", email: str = "", born: date | None = None) -> Stored:
    """Somebody close to the patient, not asked about yet. Raises Invalid without a name or a relation."""
    issues = [
        error("required", text, element)
        for said, text, element in (
            (name, "Say who it is.", "RelatedPerson.name"),
            (relation, "Say how they are related.", "RelatedPerson.relationship"),
        )
        if not said.strip()
    ]
    if issues:
        raise Invalid(issues)
    change.get(*patient.split("/", 1))
    given, _, family = name.strip().rpartition(" ")
    person: Resource = {
        "resourceType": "RelatedPerson",
        "active": True,
        "patient": {"reference": patient},
        "relationship": [{"text": relation.strip()}],
        "name": [{"family": family, **({"given": given.split()} if given else {})}],
        **({"birthDate": born.isoformat()} if born else {}),
    }
    return change.put(_reached(person, phone, email))


def _reached(person: Resource, phone: str, email: str) -> Resource:
    others = [each for each in person.get("telecom", ()) if each.get("system") not in ("phone", "sms", "email")]
    points = [{"system": system, "value": value.strip()} for system, value in (("phone", phone), ("email", email)) if value.strip()]
    kept = {key: value for key, value in person.items() if key != "telecom"}
    return {**kept, "telecom": [*others, *points]} if others or points else kept


def describe(change: Change, *, person: str, wanted: Preferences, phone: str = "", email: str = "") -> Stored:
    """How somebody around the patient is best reached: language, interpreter, channel, times, voicemail. Raises Invalid."""
    if wanted.channel and wanted.channel not in identity.CHANNELS:
        raise Invalid(
            f"{wanted.channel!r} is no way to reach anyone here.", expression="RelatedPerson.extension(contact-preferences).channel"
        )
    for name, words in (("best-time", wanted.best_time), ("note", wanted.note)):
        if words and len(words) > LONGEST:
            text = f"At most {LONGEST} characters; the rest belongs in a note."
            raise Invalid(text, expression=f"RelatedPerson.extension(contact-preferences).{name}")
    found = change.get(*person.split("/", 1))
    return change.put(identity.with_preferences(_reached(found, phone, email), wanted), unless_same=True)


def end(change: Change, *, person: str) -> Stored:
    """They are no longer to be reached or told anything; what was said to them stays on record."""
    return change.put({**change.get(*person.split("/", 1)), "active": False}, unless_same=True)
