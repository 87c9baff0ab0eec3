"""Who a patient is, how to talk to them, and who else may be told: read from Patient and RelatedPerson, and written back.

Pure. Where each thing is kept stands in docs/duties/patients.md; those addresses are said once, here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, cast

from baton.duties.patients.charts import Preferences
from baton.duties.today.rows import Contact, Gender, Identity
from baton.fhir.resource import extension, human_name, text_of

Resource = dict[str, Any]

INTERPRETER = "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired"
PREFERENCES = "https://baton.example/fhir/StructureDefinition/contact-preferences"
MAY_BE_TOLD = "https://baton.example/fhir/StructureDefinition/may-be-told"
CHANNELS = ("phone", "sms", "email", "mail", "portal")
TOLD_PERMISSION = "https://baton.example/fhir/StructureDefinition/told-permission"
"""On which ground somebody may be told, and until when (see `duties.network`)."""
TOLD = ("everything", "appointments", "nothing")
GENDERS = ("female", "male", "other", "unknown")
PARTS = {"channel": "valueCode", "best-time": "valueString", "voicemail": "valueBoolean", "note": "valueString"}


def identity(patient: Resource, today: date) -> Identity:
    """The head of a page about this patient; age in completed years on `today`, or at death."""
    return Identity(
        id=patient["id"],
        name=human_name(patient),
        gender=gender(patient),
        birth_date=birth_date(patient),
        age=age(patient, today),
        mrn=mrn(patient),
        language=language(patient),
        interpreter=bool(extension(patient, INTERPRETER)),
        phone=phone(patient),
        address=address(patient),
        deceased=bool(patient.get("deceasedBoolean") or patient.get("deceasedDateTime")),
    )


def gender(patient: Resource) -> Gender:
    """Administrative gender; unknown when it is not stated."""
    stated = patient.get("gender")
    return cast(Gender, stated) if stated in GENDERS else "unknown"


def birth_date(patient: Resource) -> date | None:
    """Date of birth; None when it is unknown or known only in part."""
    try:
        return date.fromisoformat(patient.get("birthDate", ""))
    except ValueError:
        return None


def age(patient: Resource, today: date) -> int | None:
    """Completed years on `today`, or on the day of death; when only the year is known, the years between."""
    stated = str(patient.get("birthDate", ""))
    if len(stated) < 4 or not stated[:4].isdigit():
        return None
    died = str(patient.get("deceasedDateTime", ""))[:10]
    on = date.fromisoformat(died) if len(died) == 10 else today
    born = birth_date(patient) or date(int(stated[:4]), 1, 1)
    return max(0, on.year - born.year - ((on.month, on.day) < (born.month, born.day)))


def mrn(patient: Resource) -> str | None:
    """The medical record number: the identifier of type MR, else the first with a value."""
    identifiers = [entry for entry in patient.get("identifier", ()) if entry.get("value")]
    for entry in identifiers:
        if any(coding.get("code") == "MR" for coding in entry.get("type", {}).get("coding", ())):
            return str(entry["value"])
    return str(identifiers[0]["value"]) if identifiers else None


def language(patient: Resource) -> str | None:
    """BCP 47 code of the preferred language, else of the only one stated, else what the language is called."""
    spoken = patient.get("communication", ())
    chosen = next((entry for entry in spoken if entry.get("preferred")), spoken[0] if spoken else None)
    if chosen is None:
        return None
    concept = chosen.get("language", {})
    return next((str(coding["code"]) for coding in concept.get("coding", ()) if coding.get("code")), text_of(concept) or None)


def points(resource: Mapping[str, Any], *systems: str) -> list[dict[str, Any]]:
    """The ways to reach someone that are still in use, the preferred first."""
    found = [
        point
        for point in resource.get("telecom", ())
        if point.get("value") and point.get("use") != "old" and (not systems or point.get("system") in systems)
    ]
    return sorted(found, key=lambda point: (point.get("rank", 99), point.get("use") != "mobile"))


def phone(resource: Mapping[str, Any]) -> str | None:
    """The number to call first."""
    return next((str(point["value"]) for point in points(resource, "phone", "sms")), None)


def address(patient: Resource) -> str | None:
    """The address of today on one line."""
    places = [place for place in patient.get("address", ()) if place.get("use") != "old"]
    if not places:
        return None
    place = next((place for place in places if place.get("use") == "home"), places[0])
    town = " ".join(str(place[part]) for part in ("state", "postalCode") if place.get(part))
    parts = [*place.get("line", ()), place.get("city"), town]
    return ", ".join(part for part in parts if part) or place.get("text")


def _stated(patient: Mapping[str, Any]) -> dict[str, Any]:
    parts = extension(patient, PREFERENCES) or ()
    return {part.get("url", ""): next((part[key] for key in part if key.startswith("value")), None) for part in parts}


def preferences(patient: Resource) -> Preferences:
    """How they want to be spoken to, as far as anyone has asked."""
    stated = _stated(patient)
    return Preferences(
        language=language(patient),
        interpreter=bool(extension(patient, INTERPRETER)),
        channel=stated.get("channel"),
        best_time=stated.get("best-time"),
        voicemail_ok=stated.get("voicemail"),
        note=stated.get("note"),
    )


def contacts(patient: Resource, related_persons: Iterable[Resource], today: date | None = None) -> tuple[Contact, ...]:
    """The patient's own numbers, then the people around them: related persons, then the contacts a hospital sent with the Patient.

    What somebody may be told is left out when it has ended by `today`.
    """
    stated = _stated(patient)
    own = [
        _contact(
            human_name(patient), None, point, preferred=index == 0, voicemail=stated.get("voicemail"), best_time=stated.get("best-time")
        )
        for index, point in enumerate(points(patient, "phone", "sms"))
    ]
    people = [
        _person(human_name(person), person, f"RelatedPerson/{person['id']}", today)
        for person in related_persons
        if person.get("active", True)
    ]
    known = {contact.name.casefold() for contact in people}
    sent = [_person(_contact_name(entry), entry, None, today) for entry in patient.get("contact", ())]
    return (*own, *sorted(people, key=lambda contact: not contact.preferred), *(c for c in sent if c.name.casefold() not in known))


def _contact_name(entry: Mapping[str, Any]) -> str:
    name = entry.get("name", {})
    return str(
        name.get("text")
        or " ".join([*name.get("given", ()), name.get("family", "")]).strip()
        or entry.get("organization", {}).get("display", "")
    )


def _person(name: str, resource: Mapping[str, Any], ref: str | None, today: date | None) -> Contact:
    relation = next((text for concept in resource.get("relationship", ()) if (text := text_of(concept))), "")
    point = next(iter(points(resource, "phone", "sms", "email")), {})
    permission = None if today is not None and lapsed(resource, today) else told(resource)
    stated = _stated(resource)
    contact = _contact(
        name, relation, point, preferred=point.get("rank") == 1, voicemail=stated.get("voicemail"), best_time=stated.get("best-time")
    )
    return replace(contact, may_be_told=None if permission is None else permission == "everything", told=permission, ref=ref)


def _contact(
    name: str, relation: str | None, point: Mapping[str, Any], *, preferred: bool, voicemail: bool | None, best_time: str | None
) -> Contact:
    return Contact(name, relation, point.get("value"), point.get("use"), None, preferred, voicemail, best_time)


def with_preferences(patient: Resource, wanted: Preferences) -> Resource:
    """The Patient with these preferences in place of what was stated before; everything else as it was."""
    kept = [each for each in patient.get("extension", ()) if each.get("url") not in (INTERPRETER, PREFERENCES)]
    said = {"channel": wanted.channel, "best-time": wanted.best_time, "voicemail": wanted.voicemail_ok, "note": wanted.note}
    parts = [{"url": part, PARTS[part]: said[part]} for part in PARTS if said[part] not in (None, "")]
    kept.append({"url": INTERPRETER, "valueBoolean": wanted.interpreter})
    if parts:
        kept.append({"url": PREFERENCES, "extension": parts})
    result = {**patient, "extension": kept}
    spoken = _with_language(patient.get("communication", ()), wanted.language)
    if spoken:
        result["communication"] = spoken
    return result


def _with_language(spoken: Sequence[Mapping[str, Any]], code: str | None) -> list[dict[str, Any]]:
    """The languages, with `code` the preferred one; None leaves them as they were."""
    if not code:
        return [dict(entry) for entry in spoken]
    others = [{key: entry[key] for key in entry if key != "preferred"} for entry in spoken if not _is_language(entry, code)]
    same = next(
        (dict(entry) for entry in spoken if _is_language(entry, code)),
        {"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": code}]}},
    )
    return [{**same, "preferred": True}, *others]


def _is_language(entry: Mapping[str, Any], code: str) -> bool:
    return any(coding.get("code") == code for coding in entry.get("language", {}).get("coding", ()))


def with_told(person: Resource, permission: str | None) -> Resource:
    """The RelatedPerson with what they may be told, without the ground and the end of what held before; None: nobody has asked."""
    kept = [each for each in person.get("extension", ()) if each.get("url") not in (MAY_BE_TOLD, TOLD_PERMISSION)]
    if permission:
        kept.append({"url": MAY_BE_TOLD, "valueCode": permission})
    result = {key: person[key] for key in person if key != "extension"}
    return {**result, "extension": kept} if kept else result


def told(person: Mapping[str, Any]) -> str | None:
    """What this person may be told; None: nobody has asked."""
    stated = extension(person, MAY_BE_TOLD)
    return str(stated) if stated else None


def lapsed(person: Mapping[str, Any], today: date) -> bool:
    """Whether what this person may be told has ended by its own day."""
    until = next((part.get("valueDate") for part in extension(person, TOLD_PERMISSION) or () if part.get("url") == "until"), None)
    return bool(until) and str(until) < today.isoformat()
