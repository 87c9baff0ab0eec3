"""The manifest of a hand-off: a hash for each thing in it, what is empty and why, what of RED is done or waived. Pure.

Signed (see `signing`), whoever receives it can verify it offline, with nothing but the two files and the published key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from baton.duties.discharge.states import Plan
from baton.fhir.resource import Resource, dump, parse, reference_to

TRC: Final = {
    "practitioner": "",
    "procedures": "47519-4",
    "diagnoses": "11450-4",
    "medications": "10160-0",
    "results": "30954-2",
    "instructions": "69730-0",
}
"""The six things HEDIS TRC wants in discharge information, and the section of each; the practitioner is who signed."""


def digest(resource: Mapping[str, Any]) -> str:
    """The hash of a resource as it is written in the document."""
    return hashlib.sha256(dump(resource)).hexdigest()


def manifest(bundle: Resource, plan: Plan) -> Resource:
    """What the document holds, hash by hash."""
    composition = bundle["entry"][0]["resource"]
    sections = []
    for section in composition["section"]:
        code = section["code"]["coding"][0]["code"]
        reason = next((each["code"] for each in section.get("emptyReason", {}).get("coding", ())), None)
        entries = [each["reference"] for each in section.get("entry", ())]
        sections.append({"code": code, "title": section["title"], "entries": entries, "emptyReason": reason})
    return {
        "document": hashlib.sha256(dump(bundle)).hexdigest(),
        "made": bundle["timestamp"],
        "sections": sections,
        "items": {reference_to(each["resource"]): digest(each["resource"]) for each in bundle["entry"]},
        "red": [
            {"item": step.code, "state": step.state, "owner": step.owner_name, "reason": step.reason, "by": step.by}
            for step in plan.steps
            if step.item.set == "red"
        ],
        "trc": {name: _there(name, sections, plan) for name in TRC},
    }


def _there(name: str, sections: list[dict[str, Any]], plan: Plan) -> bool:
    if name == "practitioner":
        return any(each.role == "physician" and not each.unneeded for each in plan.signatures)
    return any(each["code"] == TRC[name] and each["entries"] for each in sections)


def problems(document: bytes, listed: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a document by its manifest: what was altered, is missing or was added. Nothing when it is whole."""
    bundle = parse(document)
    there = {reference_to(each["resource"]): digest(each["resource"]) for each in bundle.get("entry", ()) if each.get("resource")}
    items: Mapping[str, str] = listed.get("items", {})
    yield from (f"{reference} is missing" for reference in items if reference not in there)
    yield from (f"{reference} was altered" for reference, hash_ in there.items() if items.get(reference, hash_) != hash_)
    yield from (f"{reference} was added" for reference in there if reference not in items)
    if hashlib.sha256(dump(bundle)).hexdigest() != listed.get("document"):
        yield "the document is not the one of the manifest"
