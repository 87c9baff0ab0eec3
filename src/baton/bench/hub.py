"""The hub under a bench: the real one, with a supervisor to act."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from baton import app
from baton.app import HUB, Hub
from baton.settings import Settings

__all__ = ["HUB", "SUPERVISOR", "Hub", "opened"]

SUPERVISOR = "Practitioner/bench-supervisor"


@contextmanager
def opened(settings: Settings) -> Iterator[Hub]:
    """A hub on a database brought up to date, with a supervisor who may see everyone."""
    with app.opened(settings) as hub:
        with hub.store.change(HUB, because="Have somebody to act in a bench") as change:
            for resource in _supervisor():
                change.put(resource, unless_same=True)
        yield hub


def _supervisor() -> list[dict[str, Any]]:
    practitioner = SUPERVISOR.partition("/")[2]
    role = {"coding": [{"system": "https://baton.example/fhir/CodeSystem/staff-role", "code": "supervisor"}]}
    return [
        {"resourceType": "Practitioner", "id": practitioner, "active": True, "name": [{"family": "Bench", "given": ["Sam"]}]},
        {
            "resourceType": "PractitionerRole",
            "id": f"{practitioner}-role",
            "active": True,
            "practitioner": {"reference": SUPERVISOR},
            "organization": {"reference": "Organization/intake"},
            "code": [role],
        },
    ]
