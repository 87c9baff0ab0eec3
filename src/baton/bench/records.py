"""The records a bench works with: the demo's people and charts, each with a hundred measurements more, as transaction Bundles."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from baton.demo.chart import chart
from baton.demo.people import people

Resource = dict[str, Any]

MEASUREMENTS = 130
"""Observations added to each chart, so that the fifty newest are fifty."""
_SEED = 20260702
_VITALS = (
    ("8867-4", "Heart rate", "/min", 62, 96),
    ("9279-1", "Respiratory rate", "/min", 12, 22),
    ("8310-5", "Body temperature", "Cel", 36.1, 37.9),
    ("29463-7", "Body weight", "kg", 48.0, 112.0),
    ("2708-6", "Oxygen saturation", "%", 90, 99),
    ("2339-0", "Glucose", "mg/dL", 80, 210),
)


def charts(first: int, count: int) -> Iterator[list[Resource]]:
    """The charts of `count` people, beginning with the one of index `first`; ids and references are the demo's."""
    today, zone = date(2026, 7, 2), ZoneInfo("America/New_York")
    for person in people(_SEED, first + count, today):
        if person.index >= first:
            resources = list(chart(_SEED, person, today - timedelta(days=30), zone))
            yield resources + list(measurements(person.id, random.Random(person.index)))  # noqa: S311


def measurements(patient: str, rnd: random.Random) -> Iterator[Resource]:
    """Vital signs and laboratory values of the last three years."""
    for number in range(MEASUREMENTS):
        code, display, unit, low, high = rnd.choice(_VITALS)
        taken = datetime(2023, 7, 1, tzinfo=UTC) + timedelta(minutes=rnd.randrange(3 * 365 * 24 * 60))
        yield {
            "resourceType": "Observation",
            "id": f"{patient}-m{number}",
            "status": "final",
            "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}]}],
            "code": {"coding": [{"system": "http://loinc.org", "code": code, "display": display}], "text": display},
            "subject": {"reference": f"Patient/{patient}"},
            "effectiveDateTime": taken.isoformat(),
            "issued": taken.isoformat(timespec="milliseconds"),
            "valueQuantity": {
                "value": round(rnd.uniform(low, high), 1),
                "unit": unit,
                "system": "http://unitsofmeasure.org",
                "code": unit,
            },
        }


def bundle(resources: list[Resource], rnd: random.Random) -> Resource:
    """A transaction Bundle that creates these resources under ids of the server's, as an electronic record would send them."""
    names = {f"{each['resourceType']}/{each['id']}": f"urn:uuid:{UUID(int=rnd.getrandbits(128), version=4)}" for each in resources}
    entries = []
    for each in resources:
        sent = {key: value for key, value in _named(each, names).items() if key != "id"}
        full_url = names[f"{each['resourceType']}/{each['id']}"]
        entries.append({"fullUrl": full_url, "resource": sent, "request": {"method": "POST", "url": each["resourceType"]}})
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def _named(node: Any, names: dict[str, str]) -> Any:
    if isinstance(node, dict):
        return {key: names.get(value, value) if key == "reference" else _named(value, names) for key, value in node.items()}
    return [_named(each, names) for each in node] if isinstance(node, list) else node


def write(folder: Path, first: int, count: int) -> int:
    """Write one packed Bundle for each person (its name ends in how many resources it holds); gives the number of resources."""
    folder.mkdir(parents=True, exist_ok=True)
    total, rnd = 0, random.Random(first)  # noqa: S311
    for number, resources in enumerate(charts(first, count)):
        text = json.dumps(bundle(resources, rnd)).encode()
        (folder / f"{number:06d}-{len(resources)}-.json.gz").write_bytes(gzip.compress(text, 1))
        total += len(resources)
    return total
