"""The directory as an Open Referral (HSDS 3) package: a folder of CSV tables that any reader of HSDS takes, ours included, unchanged."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from baton.duties.codes import derived_id
from baton.duties.community import directory
from baton.fhir import query
from baton.fhir.resource import Resource, codings, extension, identifier, target, text_of
from baton.intake.hsds_fhir import SYSTEM
from baton.store import Store, View, Who

AT_ONCE: Final = 500
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "organizations": ("id", "name", "alternate_name", "description", "email", "website"),
    "services": (
        "id", "organization_id", "name", "description", "url", "email", "status", "application_process", "eligibility_description",
        "minimum_age", "maximum_age", "assured_date",
    ),
    "locations": ("id", "location_type", "organization_id", "name", "description", "latitude", "longitude"),
    "addresses": (
        "id", "location_id", "attention", "address_1", "address_2", "city", "state_province", "postal_code", "country", "address_type",
    ),
    "phones": ("id", "organization_id", "service_id", "location_id", "number", "type"),
    "schedules": (
        "id", "service_id", "freq", "interval", "byday", "bymonthday", "byyearday", "byweekno", "wkst", "count", "opens_at", "closes_at",
        "timezone", "valid_from", "valid_to", "description",
    ),
    "languages": ("id", "service_id", "code", "name"),
    "required_documents": ("id", "service_id", "document"),
    "service_areas": ("id", "service_id", "name"),
    "service_at_locations": ("id", "service_id", "location_id"),
    "attributes": ("id", "link_id", "link_entity", "taxonomy_term_id"),
    "taxonomy_terms": ("id", "name", "description"),
}  # fmt: skip
"""The tables that are written and their columns, as HSDS 3.0 names them."""
VOICES: Final = {"phone": "voice", "sms": "text", "fax": "fax", "pager": "pager", "other": "video"}
Tables = dict[str, list[dict[str, Any]]]


def export(store: Store, who: Who, folder: Path) -> dict[str, int]:
    """Write the whole directory into a folder, which is made; says how many rows each table has. Nothing of a patient is in it.

    What the house itself learnt of a service (whether there is room) stays here. Raises FileExistsError where the folder is not empty.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty: choose a new folder.")
    folder.mkdir(parents=True, exist_ok=True)
    with store.view(who) as view:
        tables = of(view)
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as opened:
            writer = csv.DictWriter(opened, COLUMNS[name], restval="")
            writer.writeheader()
            writer.writerows(rows)
    packaged = {
        "name": "baton-directory",
        "profile": "tabular-data-package",
        "homepage": "https://docs.openreferral.org/en/3.0/",
        "resources": [{"name": name, "path": f"{name}.csv", "format": "csv"} for name in tables],
    }
    (folder / "datapackage.json").write_text(json.dumps(packaged, indent=1) + "\n", encoding="utf-8")
    return {name: len(rows) for name, rows in tables.items()}


def of(view: View) -> Tables:
    """The directory as rows by table."""
    tables: Tables = {name: [] for name in COLUMNS}
    owners = {f"Organization/{each['id']}": each for each in _all(view, "Organization")}
    spots = {f"Location/{each['id']}": each for each in _all(view, "Location")}
    terms: dict[str, str] = {}
    for each in owners.values():
        _organization(tables, each)
    for each in spots.values():
        _location(tables, each, owners)
    for each in _all(view, "HealthcareService"):
        if directory.is_listed(each):
            _service(tables, each, owners, spots, terms)
    return tables


def _all(view: View, type_: str) -> Iterator[Resource]:
    """Everything of a type that came from a directory, page by page."""
    asked = [("identifier", f"{SYSTEM}|"), ("_count", str(AT_ONCE))]
    cursor: str | None = None
    while True:
        page = view.search(query.parse(type_, [*asked, *([("_cursor", cursor)] if cursor else [])]))
        yield from (each.resource() for each in page.entries)
        cursor = page.next
        if cursor is None:
            return


def _id(resource: Mapping[str, Any] | None) -> str:
    return (identifier(resource, SYSTEM) if resource else None) or ""


def _made(table: str, *parts: object) -> str:
    return derived_id("open-referral", table, *(str(each) for each in parts))


def _contact(resource: Resource, system: str) -> str:
    return next((str(each["value"]) for each in resource.get("telecom", ()) if each.get("system") == system), "")


def _phones(tables: Tables, resource: Resource, column: str) -> None:
    for each in resource.get("telecom", ()):
        if each.get("system") in VOICES:
            id_ = _made("phone", resource["id"], each["system"], each["value"])
            tables["phones"].append({"id": id_, column: _id(resource), "number": each["value"], "type": VOICES[each["system"]]})


def _organization(tables: Tables, organization: Resource) -> None:
    name = str(organization.get("name", ""))
    row = {"id": _id(organization), "name": name, "alternate_name": next(iter(organization.get("alias", ())), ""), "description": name}
    tables["organizations"].append({**row, "email": _contact(organization, "email"), "website": _contact(organization, "url")})
    _phones(tables, organization, "organization_id")


def _location(tables: Tables, location: Resource, owners: Mapping[str, Resource]) -> None:
    id_, at, address = _id(location), location.get("position", {}), location.get("address")
    owner = owners.get(str(target(location.get("managingOrganization"))))
    tables["locations"].append(
        {
            "id": id_, "location_type": "physical" if at or address else "virtual", "organization_id": _id(owner),
            "name": location.get("name", ""), "description": location.get("description", ""), "latitude": at.get("latitude", ""),
            "longitude": at.get("longitude", ""),
        }
    )  # fmt: skip
    _phones(tables, location, "location_id")
    if address:
        lines = list(address.get("line", ()))
        attention = lines.pop(0) if len(lines) > 2 else ""
        tables["addresses"].append(
            {
                "id": _made("address", id_), "location_id": id_, "attention": attention,
                **dict(zip(("address_1", "address_2"), lines, strict=False)), "city": address.get("city", ""),
                "state_province": address.get("state", ""), "postal_code": address.get("postalCode", ""),
                "country": address.get("country", ""), "address_type": address.get("type", "physical"),
            }
        )  # fmt: skip


def _service(
    tables: Tables, service: Resource, owners: Mapping[str, Resource], spots: Mapping[str, Resource], terms: dict[str, str]
) -> None:
    said, id_ = directory.read(service), _id(service)
    low, high = said.ages
    tables["services"].append(
        {
            "id": id_, "organization_id": _id(owners.get(said.organization)), "name": said.name, "description": said.about,
            "url": said.url or "", "email": said.email or "", "status": "active" if said.active else "inactive",
            "application_process": said.how, "eligibility_description": said.eligibility, "minimum_age": "" if low is None else low,
            "maximum_age": "" if high is None else high, "assured_date": extension(service, directory.ASSURED) or "",
        }
    )  # fmt: skip
    _phones(tables, service, "service_id")
    _beside(tables, "required_documents", "document", id_, said.documents)
    _beside(tables, "service_areas", "name", id_, [str(each["display"]) for each in service.get("coverageArea", ()) if "display" in each])
    for each in service.get("communication", ()):
        code, name = next((code for _, code in codings(each) if code), ""), str(each.get("text", ""))
        tables["languages"].append({"id": _made("language", id_, code, name), "service_id": id_, "code": code, "name": name})
    for place in said.places:
        if place.reference in spots:
            where = _id(spots[place.reference])
            tables["service_at_locations"].append({"id": _made("at", id_, where), "service_id": id_, "location_id": where})
    for term in (text_of(each) for each in service.get("type", ())):
        if term not in terms:
            terms[term] = _made("term", term)
            tables["taxonomy_terms"].append({"id": terms[term], "name": term, "description": term})
        row = {"id": _made("attribute", id_, term), "link_id": id_, "link_entity": "service", "taxonomy_term_id": terms[term]}
        tables["attributes"].append(row)
    tables["schedules"].extend(_schedules(said, id_))


def _schedules(said: directory.Service, id_: str) -> Iterator[dict[str, Any]]:
    for number, hours in enumerate(said.hours):
        parts = {name.lower(): text for name, _, text in (each.partition("=") for each in hours.rule.split(";"))}
        clock = {name: f"{at:%H:%M:%S}" for name, at in (("opens_at", hours.opens), ("closes_at", hours.closes)) if at}
        days = {name: day.isoformat() for name, day in (("valid_from", hours.first), ("valid_to", hours.last)) if day}
        yield {"id": _made("schedule", id_, number), "service_id": id_, **parts, **clock, **days, "timezone": said.zone or ""}
    if said.hours_text:
        yield {"id": _made("schedule", id_, "words"), "service_id": id_, "description": said.hours_text}


def _beside(tables: Tables, table: str, column: str, service: str, texts: Sequence[str]) -> None:
    for text in texts:
        tables[table].append({"id": _made(table, service, text), "service_id": service, column: text})
