"""The ground every hub stands on: the hub itself, the Intake team, the vocabulary and the pathways, brought into the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from baton.duties.reading import maybe
from baton.fhir.resource import reference_to
from baton.packs import assessments, loader

if TYPE_CHECKING:
    from baton.store import Change, Stored

OURS_ONLY = frozenset({"Device", "Organization"})
"""Made once and then left to the house: an organisation may rename its Intake."""


def install(change: Change) -> list[Stored]:
    """Bring in what is missing or has changed; a changed pack becomes a new version. Returns what was written; nothing the second time."""
    written = []
    for resource in (*loader.everything(), *assessments.questionnaires()):
        before = present(change, resource)
        if before is not None and (resource["resourceType"] in OURS_ONLY or same(before, resource)):
            continue
        written.append(change.put(resource))
    return written


def present(change: Change, resource: dict[str, object]) -> dict[str, object] | None:
    """The resource as it is stored now; None when it is not there."""
    return maybe(change, reference_to(resource))


def same(before: dict[str, object], resource: dict[str, object]) -> bool:
    """Whether the stored resource says what the pack says."""
    return {key: value for key, value in before.items() if key != "meta"} == {
        key: value for key, value in resource.items() if key != "meta"
    }
