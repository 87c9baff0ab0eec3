"""Open Referral rows as FHIR: each organization, location and service as one resource; what is amiss is said by file and row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from baton.duties.codes import ORGANIZATION_TYPE, P, concept, derived_id
from baton.fhir.resource import Resource
from baton.intake.hsds_rows import Package, Row
from baton.intake.sources import Refusal

SYSTEM = f"{P}/NamingSystem/open-referral"
PHONES = {
    "voice": "phone",
    "text": "sms",
    "sms": "sms",
    "fax": "fax",
    "cell": "phone",
    "pager": "pager",
    "video": "other",
    "textphone": "other",
}


@dataclass(frozen=True, slots=True)
class Made:
    """One resource with the row it was made of."""

    row: Row
    resource: Resource


@dataclass(slots=True)
class Book:
    """A package by its links: whatever belongs to an organization, a service, a location or both."""

    package: Package
    zone: ZoneInfo
    refused: list[Refusal] = field(default_factory=list)
    by: dict[tuple[str, str], dict[str, list[Row]]] = field(default_factory=dict)

    def of(self, table: str, link: str, id_: str) -> list[Row]:
        """The rows of a table that name this id in this column."""
        if (table, link) not in self.by:
            found: dict[str, list[Row]] = defaultdict(list)
            for row in self.package.tables[table]:
                if row.get(link):
                    found[row.get(link)].append(row)
            self.by[table, link] = found
        return self.by[table, link].get(id_, [])

    def at(self, table: str, link: str, links: Iterable[Row], column: str) -> list[Row]:
        """The rows of a table that belong to where a service is given."""
        return [row for each in links for row in self.of(table, link, each.get(column))]

    def once(self, table: str) -> dict[str, Row]:
        """The rows of a table by id, the fullest of each: a nested package says the same thing in many places."""
        found: dict[str, Row] = {}
        for row in self.package.tables[table]:
            id_ = row.get("id")
            if not id_:
                self.refused.append(row.refused("the row has no id"))
            elif id_ not in found or len(row.values) > len(found[id_].values):
                found[id_] = row
        return found

    def amiss(self, row: Row, reason: str) -> None:
        """Something that was left out, and why."""
        self.refused.append(row.refused(reason))


def made_id(kind: str, id_: str) -> str:
    """The id of what was loaded: the same row of the same directory is always the same resource."""
    return derived_id("open-referral", kind, id_)


def identifier_of(id_: str) -> list[Resource]:
    """The id a directory gave it, so that it can be found by it."""
    return [{"system": SYSTEM, "value": id_}]


def organization_of(book: Book, row: Row) -> Resource:
    """An organization."""
    id_ = row.get("id")
    telecom = [*telecom_of(book, book.of("phones", "organization_id", id_)), *web_of(row, "website", "url")]
    return slim(
        {
            "resourceType": "Organization",
            "id": made_id("organization", id_),
            "identifier": identifier_of(id_),
            "active": True,
            "type": [concept(ORGANIZATION_TYPE, "cg")],
            "name": row.get("name"),
            "alias": [row.get("alternate_name")] if row.get("alternate_name") else [],
            "telecom": telecom,
        }
    )


def location_of(book: Book, row: Row, organizations: Mapping[str, Row]) -> Resource:
    """A location, with its position where it is one on earth."""
    id_ = row.get("id")
    addresses = book.of("addresses", "location_id", id_)
    owner = row.get("organization_id")
    accessible = [each.get("description") for each in book.of("accessibility", "location_id", id_)]
    words = dict.fromkeys([row.get("description"), row.get("transportation"), *accessible])
    at = _position(book, row)
    first = next((each for each in addresses if each.get("address_type") == "physical"), next(iter(addresses), None))
    return slim(
        {
            "resourceType": "Location",
            "id": made_id("location", id_),
            "identifier": identifier_of(id_),
            "status": "active",
            "name": row.get("name") or (first.get("address_1") if first else ""),
            "description": " ".join(filter(None, words)),
            "mode": "instance",
            "telecom": telecom_of(book, book.of("phones", "location_id", id_)),
            "address": _address(first) if first else {},
            "position": {"longitude": at[1], "latitude": at[0]} if at else {},
            "managingOrganization": {"reference": f"Organization/{made_id('organization', owner)}"} if owner in organizations else {},
        }
    )


def _position(book: Book, row: Row) -> tuple[float, float] | None:
    texts = row.get("latitude"), row.get("longitude")
    if not any(texts):
        return None
    try:
        latitude, longitude = (round(float(text), 7) for text in texts)
    except ValueError:
        book.amiss(row, f"{texts[0]!r}, {texts[1]!r} is no position; the place is kept without one")
        return None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        book.amiss(row, f"latitude {texts[0]}, longitude {texts[1]} is nowhere on earth; the place is kept without a position")
        return None
    return latitude, longitude


def _address(row: Row) -> Resource:
    return slim(
        {
            "type": "postal" if row.get("address_type") == "postal" else "physical",
            "line": [each for each in (row.get("attention"), row.get("address_1"), row.get("address_2")) if each],
            "city": row.get("city"),
            "state": row.get("state_province"),
            "postalCode": row.get("postal_code"),
            "country": row.get("country"),
        }
    )


def telecom_of(book: Book, rows: Iterable[Row]) -> list[Resource]:
    """Telephones, each number once."""
    found: dict[str, Resource] = {}
    for row in rows:
        number = row.get("number").strip('"')
        if not number:
            book.amiss(row, "the telephone has no number")
            continue
        extension = row.get("extension")
        value = f"{number} ext. {extension}" if extension else number
        found.setdefault(value, {"system": PHONES.get(row.get("type").lower() or "voice", "phone"), "value": value, "use": "work"})
    return list(found.values())


def web_of(row: Row, *columns: str) -> list[Resource]:
    """E-mail and web addresses."""
    pairs = [("email", row.get("email"))] + [("url", row.get(column)) for column in columns]
    seen = {pair for pair in pairs if pair[1]}
    return [{"system": system, "value": value, "use": "work"} for system, value in sorted(seen)]


def day_of(book: Book, row: Row, column: str) -> date | None:
    """A day of the calendar; what is none is left out and said."""
    try:
        return date.fromisoformat(row.get(column)[:10]) if row.get(column) else None
    except ValueError:
        book.amiss(row, f"{column} {row.get(column)!r} is no date; it is left out")
        return None


def slim(resource: dict[str, Any]) -> Resource:
    """Without what is empty: FHIR has no empty elements."""
    return {key: value for key, value in resource.items() if value not in ("", [], {}, None)}
