"""The resources of an Open Referral package, and each of its services as one HealthcareService."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from zoneinfo import ZoneInfo

from baton.duties.codes import concept
from baton.duties.community import directory
from baton.fhir.resource import Resource
from baton.intake import hsds_hours
from baton.intake.hsds_fhir import Book, Made, day_of, identifier_of, location_of, made_id, organization_of, slim, telecom_of, web_of
from baton.intake.hsds_rows import Package, Row
from baton.intake.sources import Refusal
from baton.rules import needs

STATUSES = {"active": True, "inactive": False, "defunct": False, "temporarily closed": False}


def resources(package: Package, zone: ZoneInfo) -> tuple[list[Made], list[Refusal]]:
    """Every resource of a package, organizations first, and what is amiss in it."""
    book = Book(package, zone)
    organizations, locations, services = (book.once(table) for table in ("organizations", "locations", "services"))
    spots = {id_: location_of(book, row, organizations) for id_, row in locations.items()}
    made = [Made(row, organization_of(book, row)) for row in organizations.values() if _named(book, row)]
    made += [Made(locations[id_], spot) for id_, spot in spots.items()]
    for id_, row in services.items():
        organization = organizations.get(row.get("organization_id"))
        if not _named(book, row):
            continue
        if row.get("organization_id") and organization is None:
            book.amiss(row, f"there is no organization {row.get('organization_id')}")
            continue
        if row.get("status") and row.get("status").lower() not in STATUSES:
            book.amiss(row, f"{row.get('status')!r} is no status: active, inactive, defunct or temporarily closed")
            continue
        made.append(Made(row, _service(book, id_, row, organization, spots)))
    return made, [*package.refused, *book.refused]


def _named(book: Book, row: Row) -> bool:
    if not row.get("name"):
        book.amiss(row, "it has no name")
    return bool(row.get("name"))


def _service(book: Book, id_: str, row: Row, organization: Row | None, spots: Mapping[str, Resource]) -> Resource:
    links = book.of("service_at_locations", "service_id", id_)
    places = [spots[each.get("location_id")] for each in links if each.get("location_id") in spots]
    for each in links:
        if each.get("location_id") not in spots:
            book.amiss(each, f"there is no location {each.get('location_id') or '(none)'}")
    terms = _terms(book, id_)
    phones = [*book.of("phones", "service_id", id_), *book.at("phones", "service_at_location_id", links, "id")]
    hours, zone = hsds_hours.schedules(book, id_, links)
    words = (*terms, row.get("name"), row.get("alternate_name"), row.get("description"))
    wanted = needs.meant(*terms) or needs.meant(*words)
    papers = dict.fromkeys(each.get("document") for each in book.of("required_documents", "service_id", id_))
    extensions: list[Resource] = [{"url": directory.DOCUMENT, "valueString": each} for each in papers if each]
    if (assured := day_of(book, row, "assured_date")) is not None:
        extensions.append({"url": directory.ASSURED, "valueDate": assured.isoformat()})
    extensions += [directory.hours_extension(each) for each in hours]
    extensions += [{"url": directory.TIMEZONE, "valueCode": zone}] if zone else []
    extensions += _ages(book, row)
    status = row.get("status").lower() or "active"
    return slim(
        {
            "resourceType": "HealthcareService",
            "id": made_id("service", id_),
            "extension": extensions,
            "identifier": identifier_of(id_),
            "active": STATUSES[status],
            "providedBy": _provider(organization),
            "category": [concept(directory.GRAVITY, each) for each in wanted] or [concept(directory.GRAVITY, "sdoh-category-unspecified")],
            "type": [{"text": each} for each in terms],
            "location": [_spot(each) for each in places],
            "name": row.get("name"),
            "comment": " ".join(filter(None, (row.get("alert"), row.get("description")))),
            "extraDetails": " ".join(dict.fromkeys(filter(None, _how(book, id_, row)))),
            "telecom": [*telecom_of(book, phones), *web_of(row, "url")],
            "coverageArea": [{"display": each} for each in _areas(book, id_)],
            "eligibility": [{"comment": row.get("eligibility_description")}] if row.get("eligibility_description") else [],
            "characteristic": [concept(directory.CELL, each) for each in _cells(places)],
            "communication": _languages(book, id_, links),
            "availableTime": list(hsds_hours.available(hours)),
            "availabilityExceptions": hsds_hours.text(book, id_, links),
        }
    )


def _provider(organization: Row | None) -> Resource:
    if organization is None:
        return {}
    return {"reference": f"Organization/{made_id('organization', organization.get('id'))}", "display": organization.get("name")}


def _spot(location: Resource) -> Resource:
    at = location.get("position")
    parts = [{"url": name, "valueDecimal": at[name]} for name in ("latitude", "longitude")] if at else []
    address = location.get("address", {})
    shown = ", ".join(filter(None, (location.get("name"), *address.get("line", ()), address.get("city"))))
    return slim(
        {
            "extension": [{"url": directory.POSITION, "extension": parts}] if parts else [],
            "reference": f"Location/{location['id']}",
            "display": shown,
        }
    )


def _cells(places: Iterable[Resource]) -> list[str]:
    found = {directory.cell(at["latitude"], at["longitude"]) for each in places if (at := each.get("position"))}
    return sorted(found) or [directory.NOWHERE]


def _terms(book: Book, id_: str) -> list[str]:
    """What a service is called in the directory's own taxonomy."""
    terms = {row.get("id"): row for row in book.package.tables["taxonomy_terms"]}
    found = []
    for row in book.of("attributes", "link_id", id_):
        if row.get("link_entity") not in ("", "service"):
            continue
        term = terms.get(row.get("taxonomy_term_id"))
        if row.get("taxonomy_term_id") and term is None:
            book.amiss(row, f"there is no taxonomy term {row.get('taxonomy_term_id')}")
        elif name := (term.get("name") if term else row.get("value")):
            found.append(name)
    return list(dict.fromkeys(found))


def _languages(book: Book, id_: str, links: Iterable[Row]) -> list[Resource]:
    found: dict[str, Resource] = {}
    rows = [*book.of("languages", "service_id", id_), *book.at("languages", "location_id", links, "location_id")]
    for row in rows:
        code, name = row.get("code").lower(), row.get("name")
        if code or name:
            coding = [{"system": "urn:ietf:bcp:47", "code": code}] if code else []
            found.setdefault(code or name, slim({"coding": coding, "text": name}))
    return list(found.values())


def _how(book: Book, id_: str, row: Row) -> Iterator[str]:
    yield row.get("application_process")
    yield row.get("fees_description") or row.get("fees")
    yield row.get("wait_time")
    yield row.get("interpretation_services")
    for cost in book.of("cost_options", "service_id", id_):
        said = (cost.get("option"), cost.get("amount"), cost.get("currency").upper(), cost.get("amount_description"))
        yield " ".join(filter(None, said))


def _areas(book: Book, id_: str) -> list[str]:
    said = (each.get("name") or each.get("description") for each in book.of("service_areas", "service_id", id_))
    return list(dict.fromkeys(text for text in said if text))


def _ages(book: Book, row: Row) -> list[Resource]:
    parts = []
    for name, column in (("from", "minimum_age"), ("to", "maximum_age")):
        if row.get(column):
            try:
                parts.append({"url": name, "valueInteger": int(float(row.get(column)))})
            except (ValueError, OverflowError):
                book.amiss(row, f"{column} {row.get(column)!r} is no age; it is left out")
    return [{"url": directory.AGES, "extension": parts}] if parts else []
