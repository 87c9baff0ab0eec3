"""A directory of community services: where each thing is kept in the FHIR resources, and a service read from them. Pure.

A service is one HealthcareService with its places, hours, languages, eligibility and papers; docs/duties/community.md has the table.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from baton.duties.codes import P
from baton.fhir.resource import Resource, codings, extension, parse, target, text_of
from baton.rules.opening import Hours

GRAVITY: Final = "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes"
CAPACITY: Final = "http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/SDOHCC-ExtensionHealthcareServiceCapacityStatus"
CELL: Final = f"{P}/CodeSystem/cell"
NOWHERE: Final = "nowhere"
TIMEZONE: Final = "http://hl7.org/fhir/StructureDefinition/timezone"
GEOLOCATION: Final = "http://hl7.org/fhir/StructureDefinition/geolocation"
E: Final = f"{P}/StructureDefinition"
DOCUMENT, ASSURED, HOURS, AGES, POSITION, ASKED, ANSWERED = (
    f"{E}/required-document",
    f"{E}/assured-date",
    f"{E}/service-hours",
    f"{E}/service-ages",
    f"{E}/position",
    f"{E}/capacity-asked",
    f"{E}/capacity-answered",
)
OURS: Final = (CAPACITY, ASKED, ANSWERED)
"""What the house itself learns about a service: a new load of the directory leaves it."""
SIDE: Final = 0.25
"""Degrees of latitude and longitude of a cell: about 17 miles from south to north."""
MILES: Final = 3958.8
"""The radius of the earth."""


KNOWN: Final = 8192
"""How many services a process keeps read: a search looks at hundreds, and they change once in months."""


@dataclass(frozen=True, slots=True)
class Place:
    """One of the places where a service is given."""

    reference: str
    name: str
    latitude: float | None
    longitude: float | None


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a party last said about room for one more: a Gravity code, when, its words; `asked` is when it was last asked."""

    code: str | None
    answered: datetime | None
    note: str | None
    asked: datetime | None


@dataclass(frozen=True, slots=True)
class Service:
    """One service of the directory, as pages and finders need it."""

    id: str
    name: str
    organization: str
    organization_name: str
    about: str
    needs: tuple[str, ...]
    kinds: tuple[str, ...]
    places: tuple[Place, ...]
    hours: tuple[Hours, ...]
    zone: str | None
    hours_text: str
    languages: tuple[str, ...]
    eligibility: str
    ages: tuple[int | None, int | None]
    documents: tuple[str, ...]
    how: str
    area: str
    phones: tuple[str, ...]
    email: str | None
    url: str | None
    assured: date | None
    active: bool
    capacity: Capacity

    @property
    def reference(self) -> str:
        """ "HealthcareService/id"."""
        return f"HealthcareService/{self.id}"

    def clock(self, otherwise: ZoneInfo) -> ZoneInfo:
        """The zone of its hours."""
        try:
            return ZoneInfo(self.zone) if self.zone else otherwise
        except (ZoneInfoNotFoundError, ValueError):
            return otherwise


def is_listed(service: Mapping[str, Any] | None) -> bool:
    """Whether a HealthcareService belongs to the directory: it says in which cell it is."""
    return any(system == CELL for each in (service or {}).get("characteristic", ()) for system, _ in codings(each))


def read(service: Mapping[str, Any]) -> Service:
    """A HealthcareService of the directory."""
    ages = {part["url"]: part.get("valueInteger") for part in extension(service, AGES) or ()}
    telecom = service.get("telecom", ())
    said = [each.get("code", {}).get("text") or each.get("comment") for each in service.get("eligibility", ())]
    return Service(
        id=str(service["id"]),
        name=str(service.get("name") or text_of(next(iter(service.get("type", ())), None))),
        organization=str(target(service.get("providedBy")) or ""),
        organization_name=str(service.get("providedBy", {}).get("display") or ""),
        about=str(service.get("comment") or ""),
        needs=tuple(code for each in service.get("category", ()) for system, code in codings(each) if system == GRAVITY and code),
        kinds=tuple(text_of(each) for each in service.get("type", ())),
        places=tuple(_places(service)),
        hours=tuple(_hours(service)),
        zone=extension(service, TIMEZONE),
        hours_text=str(service.get("availabilityExceptions") or ""),
        languages=tuple(str(code) for each in service.get("communication", ()) for _, code in codings(each)),
        eligibility=" ".join(str(each) for each in said if each),
        ages=(ages.get("from"), ages.get("to")),
        documents=tuple(str(each["valueString"]) for each in service.get("extension", ()) if each.get("url") == DOCUMENT),
        how=str(service.get("extraDetails") or ""),
        area="; ".join(str(each["display"]) for each in service.get("coverageArea", ()) if each.get("display")),
        phones=tuple(str(each["value"]) for each in telecom if each.get("system") == "phone"),
        email=next((str(each["value"]) for each in telecom if each.get("system") == "email"), None),
        url=next((str(each["value"]) for each in telecom if each.get("system") == "url"), None),
        assured=_day(extension(service, ASSURED)),
        active=bool(service.get("active", True)),
        capacity=capacity(service),
    )


@lru_cache(maxsize=KNOWN)
def stored(body: bytes) -> Service | None:
    """A service as it is stored; None for what is not of the directory. Kept by its very bytes: what has changed is read anew."""
    resource = parse(body)
    return read(resource) if is_listed(resource) else None


def capacity(service: Mapping[str, Any]) -> Capacity:
    """What is known of a service's room for one more."""
    parts = {part.get("url"): part for part in extension(service, CAPACITY) or ()}
    said = parts.get("capacityStatus", {}).get("valueCodeableConcept")
    code = next((code for system, code in codings(said) if system == GRAVITY), None)
    note = parts.get("capacityNotes", {}).get("valueString")
    return Capacity(code, _moment(extension(service, ANSWERED)), note, _moment(extension(service, ASKED)))


def _places(service: Mapping[str, Any]) -> Iterator[Place]:
    for each in service.get("location", ()):
        at = {part["url"]: part.get("valueDecimal") for part in extension(each, POSITION) or ()}
        latitude, longitude = at.get("latitude"), at.get("longitude")
        known = latitude is not None and longitude is not None
        yield Place(
            str(target(each) or ""),
            str(each.get("display") or ""),
            float(latitude) if known and latitude is not None else None,
            float(longitude) if known and longitude is not None else None,
        )


def _hours(service: Mapping[str, Any]) -> Iterator[Hours]:
    for each in service.get("extension", ()):
        if each.get("url") == HOURS:
            part = {one["url"]: one for one in each.get("extension", ())}
            yield Hours(
                str(part["rule"]["valueString"]),
                _clock(part.get("opens", {}).get("valueTime")),
                _clock(part.get("closes", {}).get("valueTime")),
                _day(part.get("first", {}).get("valueDate")),
                _day(part.get("last", {}).get("valueDate")),
            )


def hours_extension(hours: Hours) -> Resource:
    """One schedule as it is kept."""
    said: list[Resource] = [{"url": "rule", "valueString": hours.rule}]
    said += [{"url": name, "valueTime": at.isoformat()} for name, at in (("opens", hours.opens), ("closes", hours.closes)) if at]
    said += [{"url": name, "valueDate": day.isoformat()} for name, day in (("first", hours.first), ("last", hours.last)) if day]
    return {"url": HOURS, "extension": said}


def _clock(text: str | None) -> time | None:
    return time.fromisoformat(text) if text else None


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text)[:10]) if text else None
    except ValueError:
        return None


def _moment(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text)) if text else None
    except ValueError:
        return None


# --- where -------------------------------------------------------------------------------------------------------------------------------


def cell(latitude: float, longitude: float) -> str:
    """The cell a point lies in."""
    return f"{math.floor(latitude / SIDE)}:{math.floor(longitude / SIDE)}"


def cells(latitude: float, longitude: float, miles: float) -> Iterator[str]:
    """Every cell that reaches within this many miles of a point."""
    north = math.degrees(miles / MILES)
    east = north / max(math.cos(math.radians(min(abs(latitude) + north, 89.0))), 0.01)
    rows = range(math.floor((latitude - north) / SIDE), math.floor((latitude + north) / SIDE) + 1)
    columns = range(math.floor((longitude - east) / SIDE), math.floor((longitude + east) / SIDE) + 1)
    return (f"{row}:{column}" for row in rows for column in columns)


def miles_between(one: tuple[float, float], two: tuple[float, float]) -> float:
    """The distance as the crow flies."""
    (latitude, longitude), (other, further) = ((math.radians(each) for each in point) for point in (one, two))
    half = math.sin((other - latitude) / 2) ** 2 + math.cos(latitude) * math.cos(other) * math.sin((further - longitude) / 2) ** 2
    return 2 * MILES * math.asin(min(1.0, math.sqrt(half)))


def nearest(places: Iterable[Place], point: tuple[float, float] | None) -> tuple[float, Place] | None:
    """The nearest of some places and how far it is; None when nobody knows where they or the point are."""
    if point is None:
        return None
    known = (
        (miles_between(point, (each.latitude, each.longitude)), each)
        for each in places
        if each.latitude is not None and each.longitude is not None
    )
    return min(known, key=lambda pair: pair[0], default=None)
