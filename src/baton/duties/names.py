"""What people and organisations are called that a chart only points at, asked once for a whole page."""

from __future__ import annotations

from collections.abc import Iterable

from baton.fhir.resource import human_name, split
from baton.store import View


def names_of(view: View, references: Iterable[str]) -> dict[str, str]:
    """Names by "Type/id"; those of other types, or not found, are left out."""
    by_type: dict[str, list[str]] = {}
    for reference in sorted(references):
        where = split(reference)
        if where and where[0] in ("Organization", "Practitioner"):
            by_type.setdefault(where[0], []).append(where[1])
    return {
        f"{resource_type}/{found['id']}": human_name(found)
        for resource_type, ids in by_type.items()
        for found in view.find(resource_type, _id=",".join(ids), _count=len(ids))
    }
