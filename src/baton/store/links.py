"""Who stands how to a patient, as a resource says: the rows of `panel` it gives. A row that is over when it is written is not written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from typing import Any

from baton.fhir import dates
from baton.fhir import resource as fhir_resource
from baton.store import labels as security
from baton.store.codes import key64

TYPES = frozenset({"CareTeam", "Encounter", "Appointment", "Consent"})
"""The types that say who stands how to their patient."""
Link = tuple[int, int, datetime | None, datetime | None]
"""(key of whoever it is, key of the patient, since, until); None: always."""
_PEOPLE = ("Practitioner/", "PractitionerRole/")
KIND, PORTAL = "https://baton.example/fhir/CodeSystem/consent-kind", "portal-access"
"""The category of a Consent by which a patient, or somebody they name, is let into the portal."""
EVERYTHING, DATES = "*", "Appointment"
"""What such a Consent opens, as the class of its provision: all that the patient may see there, or dates alone."""
_UNDONE = frozenset({"cancelled", "entered-in-error", "noshow"})


def span(period: dict[str, Any] | None, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
    """The first and the last instant of a Period; None where it is open."""
    said = period or {}
    since = dates.interval(said["start"], zone)[0] if said.get("start") else None
    until = dates.interval(said["end"], zone)[1] if said.get("end") else None
    return since, until


def links(resource: dict[str, Any] | None, patient: int | None, zone: tzinfo, now: datetime) -> list[Link]:
    """What a resource of a patient (key) says about who stands to them, but for what is over."""
    if resource is None or patient is None:
        return []
    reader = _READERS.get(resource["resourceType"])
    found = {(key64(who), since, until) for who, since, until in reader(resource, zone)} if reader else set()
    best: dict[int, tuple[datetime | None, datetime | None]] = {}
    for key, since, until in sorted(found, key=repr):
        if until is None or until > now:
            earlier = best.get(key)
            best[key] = (since, until) if earlier is None else _wider(earlier, (since, until))
    return [(key, patient, since, until) for key, (since, until) in best.items()]


def _wider(
    one: tuple[datetime | None, datetime | None], other: tuple[datetime | None, datetime | None]
) -> tuple[datetime | None, datetime | None]:
    since = min(one[0], other[0]) if one[0] and other[0] else None
    until = max(one[1], other[1]) if one[1] and other[1] else None
    return since, until


def _care_team(care_team: dict[str, Any], zone: tzinfo) -> Iterator[tuple[str, datetime | None, datetime | None]]:
    if care_team.get("status") != "active":
        return
    for participant in care_team.get("participant", ()):
        member = fhir_resource.target(participant.get("member"))
        if member and member.startswith(("Organization/", *_PEOPLE)):
            yield member, *span(participant.get("period"), zone)


def _encounter(encounter: dict[str, Any], zone: tzinfo) -> Iterator[tuple[str, datetime | None, datetime | None]]:
    if encounter.get("status") in _UNDONE:
        return
    since, until = span(encounter.get("period"), zone)
    if until is None and encounter.get("status") == "finished":
        until = since or dates.BEGINNING
    for participant in encounter.get("participant", ()):
        yield from _treating(participant.get("individual"), until)


def _appointment(appointment: dict[str, Any], zone: tzinfo) -> Iterator[tuple[str, datetime | None, datetime | None]]:
    if appointment.get("status") in _UNDONE:
        return
    _, until = span({"end": appointment.get("end") or appointment.get("start")}, zone)
    for participant in appointment.get("participant", ()):
        if participant.get("status") != "declined":
            yield from _treating(participant.get("actor"), until)


def _treating(reference: Any, until: datetime | None) -> Iterator[tuple[str, datetime | None, datetime | None]]:
    """Who takes part in a visit prepares it before and answers for it some time after."""
    who = fhir_resource.target(reference)
    if who and who.startswith(_PEOPLE):
        yield who, None, until + timedelta(days=security.policy()["treating_days"]) if until and until < dates.END else until


def _consent(consent: dict[str, Any], zone: tzinfo) -> Iterator[tuple[str, datetime | None, datetime | None]]:
    """Whom a patient lets into the portal: themselves, a proxy who sees what they see, a helper who sees dates."""
    if consent.get("status") != "active" or not any(fhir_resource.has_code(each, KIND, PORTAL) for each in consent.get("category", ())):
        return
    provision, patient = consent.get("provision", {}), fhir_resource.target(consent.get("patient"))
    opens = {coding.get("code") for coding in provision.get("class", ())}
    if not patient or provision.get("type") != "permit":
        return
    for actor in provision.get("actor", ()):
        who = fhir_resource.target(actor.get("reference"))
        kind = (
            "self" if who == patient else None if not (who or "").startswith("RelatedPerson/")
            else "proxy" if EVERYTHING in opens else "helper" if DATES in opens else None
        )  # fmt: skip
        if kind:
            yield f"{kind} {who}", *span(provision.get("period"), zone)


_READERS = {"CareTeam": _care_team, "Encounter": _encounter, "Appointment": _appointment, "Consent": _consent}
