"""What people and organisations are called that a chart only points at, asked once for a whole page."""

from __future__ import annotations

from collections.abc import Iterable

from baton.duties import reading
from baton.fhir.resource import human_name, split
from baton.store import Refused, View


def names_of(view: View, references: Iterable[str]) -> dict[str, str]:
    """Names by "Type/id"; those of other types, or not found, are left out. From a view of the past, the names of then, one by one."""
    by_type: dict[str, list[str]] = {}
    for reference in sorted(references):
        where = split(reference)
        if where and where[0] in ("Organization", "Practitioner"):
            by_type.setdefault(where[0], []).append(where[1])
    if view.at is not None:
        return {f"{where[0]}/{where[1]}": name for where in _pairs(by_type) if (name := _name_then(view, *where))}
    return {
        f"{resource_type}/{found['id']}": human_name(found)
        for resource_type, ids in by_type.items()
        for found in view.find(resource_type, _id=",".join(ids), _count=len(ids))
    }


def patient_names(view: View, patients: Iterable[str | None]) -> dict[str, str]:
    """The names of patients by reference, of those this person may see."""
    return {reference: human_name(person) for reference, person in reading.several(view, "Patient", patients).items()}


def _pairs(by_type: dict[str, list[str]]) -> Iterable[tuple[str, str]]:
    return ((resource_type, id_) for resource_type, ids in by_type.items() for id_ in ids)


def _name_then(view: View, resource_type: str, id_: str) -> str:
    try:
        return human_name(view.get(resource_type, id_))
    except Refused:
        return ""
