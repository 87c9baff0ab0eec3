"""What is asked of the server in each scenario, made from what was loaded."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

Things = dict[str, Any]
"""`patients`: [[id, family], ...]; `bundles`: a folder of transaction Bundles (.json.gz) not yet sent; `seed`."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request: its first line up to the version, its body, and how many resources count when it succeeds."""

    line: bytes
    body: bytes = b""
    units: int = 1


def _get(path: str) -> Request:
    return Request(f"GET /fhir/R4/{path}".encode())


def read(things: Things) -> Iterator[Request]:
    """A Patient by id."""
    rnd, patients = random.Random(things["seed"]), things["patients"]  # noqa: S311
    while True:
        yield _get(f"Patient/{rnd.choice(patients)[0]}")


def family(things: Things) -> Iterator[Request]:
    """Patients by family name."""
    rnd, patients = random.Random(things["seed"]), things["patients"]  # noqa: S311
    while True:
        yield _get(f"Patient?family={quote(rnd.choice(patients)[1])}&_count=20")


def observations(things: Things) -> Iterator[Request]:
    """The 50 newest Observations of a patient."""
    rnd, patients = random.Random(things["seed"]), things["patients"]  # noqa: S311
    while True:
        yield _get(f"Observation?patient=Patient/{rnd.choice(patients)[0]}&_sort=-date&_count=50")


def tasks(things: Things) -> Iterator[Request]:
    """The 50 Tasks of one status that changed last."""
    while True:
        yield _get("Task?status=requested&_sort=-_lastUpdated&_count=50")


def create(things: Things) -> Iterator[Request]:
    """A new Task."""
    rnd, patients = random.Random(things["seed"]), things["patients"]  # noqa: S311
    for number in count():
        yield Request(b"POST /fhir/R4/Task", json.dumps(task(rnd.choice(patients)[0], number, "requested")).encode())


def transaction(things: Things) -> Iterator[Request]:
    """A transaction Bundle: a patient with everything known of them, the next one each time."""
    for path in sorted(Path(things["bundles"]).glob("*.json.gz")):
        body = gzip.decompress(path.read_bytes())
        yield Request(b"POST /fhir/R4", body, int(path.name.split("-")[1]))


def task(patient: str, number: int, status: str) -> dict[str, Any]:
    """A Task as a simple client writes one."""
    return {
        "resourceType": "Task",
        "status": status,
        "intent": "order",
        "priority": ("routine", "urgent", "asap")[number % 3],
        "code": {"coding": [{"system": "http://example.org/tasks", "code": "call", "display": "Call"}]},
        "description": f"Call about transport to the next visit, number {number}",
        "for": {"reference": f"Patient/{patient}"},
        "focus": {"reference": f"Patient/{patient}"},
        "authoredOn": "2026-01-15T10:00:00Z",
        "restriction": {"period": {"end": "2026-02-15T10:00:00Z"}},
        "note": [{"text": "She prefers to be called before noon; ask for an interpreter."}],
    }


SCENARIOS: dict[str, Callable[[Things], Iterator[Request]]] = {
    "read": read,
    "family": family,
    "observations": observations,
    "tasks": tasks,
    "create": create,
    "transaction": transaction,
}
