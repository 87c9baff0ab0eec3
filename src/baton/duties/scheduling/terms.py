"""Where scheduling keeps what in FHIR: addresses of extensions and code systems, said once, and how they are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from baton.duties.codes import P
from baton.fhir.resource import Resource, extension, has_code, target

CATEGORY: Final = f"{P}/CodeSystem/service-category"
VISIT: Final = "visit"
"""A ServiceRequest of this category is a need: a visit somebody has to find a time for."""
MINUTES: Final = f"{P}/StructureDefinition/visit-minutes"
MODALITY: Final = f"{P}/StructureDefinition/modality"
AFTER: Final = f"{P}/StructureDefinition/after"
START_FROM: Final = f"{P}/StructureDefinition/start-from"
START_UNTIL: Final = f"{P}/StructureDefinition/start-until"
WEEKLY: Final = f"{P}/StructureDefinition/weekly-hours"
ACCEPTS: Final = f"{P}/StructureDefinition/accepts-insurance"
RESERVE: Final = f"{P}/StructureDefinition/kept-for-urgent"
HOLD_UNTIL: Final = f"{P}/StructureDefinition/hold-until"
REPLY: Final = f"{P}/StructureDefinition/patient-reply"
REMINDED: Final = f"{P}/StructureDefinition/reminded"
ITINERARY: Final = f"{P}/NamingSystem/itinerary"
REASON: Final = f"{P}/CodeSystem/appointment-reason"
PLAN: Final = f"{P}/StructureDefinition/planning"
PLANNING: Final = f"{P}/CodeSystem/planning"

IN_PERSON: Final = "in-person"
HOME: Final = "home"
HOME_VISIT: Final = "home-visit"
"""The category of a visit at the patient's home, beside its modality: what can be searched for."""
MODALITIES: Final = (IN_PERSON, "video", "phone", HOME)
PRIORITIES: Final = ("stat", "asap", "urgent", "routine")
URGENCY: Final = {"stat": 8, "asap": 4, "urgent": 3, "routine": 1}
"""How much a late day weighs, by ServiceRequest.priority."""
MISSED: Final = ("transport", "forgot", "ill", "work-or-family", "language", "cost", "afraid", "not-told", "other", "unknown")
CANCELLED: Final = ("patient", "provider", "ill", "moved", "not-needed", "hold-expired", "deceased", "other")
BARRIERS: Final = frozenset({"transport", "work-or-family", "language", "cost", "afraid"})
"""Reasons for missing a visit that will be there the next time too, unless somebody does something about them."""
LIVE: Final = frozenset({"pending", "booked", "arrived", "checked-in", "fulfilled"})
"""The statuses of an Appointment that meets its need, or is about to."""


def value(resource: Mapping[str, Any] | None, url: str, default: Any = None) -> Any:
    """The value of an extension, or what stands for none."""
    found = extension(resource, url)
    return default if found is None else found


def values(resource: Mapping[str, Any] | None, url: str) -> list[Any]:
    """The values of every extension with this url."""
    several = [each for each in (resource or {}).get("extension", ()) if each.get("url") == url]
    return [extension({"extension": [each]}, url) for each in several]


def part(parts: Any, name: str) -> Any:
    """The value of a part of an extension made of parts."""
    return extension({"extension": parts or ()}, name)


def at_home(modality: str) -> list[Resource]:
    """The category that a visit of this modality, or the need of one, has because it is at the patient's home."""
    return [{"coding": [{"system": CATEGORY, "code": HOME_VISIT}]}] if modality == HOME else []


def is_home(appointment: Mapping[str, Any] | None) -> bool:
    """Whether an Appointment is a visit at the patient's home."""
    return any(has_code(each, CATEGORY, HOME_VISIT) for each in (appointment or {}).get("serviceCategory", ()))


def is_need(resource: Mapping[str, Any] | None) -> bool:
    """Whether a ServiceRequest is a need for a visit."""
    return bool(resource) and any(has_code(each, CATEGORY, VISIT) for each in (resource or {}).get("category", ()))


def actors(appointment: Mapping[str, Any], *types: str) -> list[Resource]:
    """The participants' actors, of these types when any are given."""
    found = [each.get("actor", {}) for each in appointment.get("participant", ())]
    return [actor for actor in found if not types or (target(actor) or "").startswith(tuple(f"{type_}/" for type_ in types))]


def patient_of(appointment: Mapping[str, Any]) -> str | None:
    """The "Patient/id" an Appointment is for."""
    return next((target(actor) for actor in actors(appointment, "Patient")), None)


def needs_of(appointment: Mapping[str, Any]) -> list[str]:
    """The "ServiceRequest/id" an Appointment meets."""
    return [found for each in appointment.get("basedOn", ()) if (found := target(each))]
