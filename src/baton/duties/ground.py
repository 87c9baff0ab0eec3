"""The ground every hub stands on: the hub itself, the Intake team, the vocabulary and the pathways, brought into the store."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

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
        if before is not None and (resource["resourceType"] in OURS_ONLY or same(before, resource) or is_theirs(before, resource)):
            continue
        written.append(change.put(resource))
    return written


def is_theirs(before: Mapping[str, Any], resource: Mapping[str, Any]) -> bool:
    """Whether the house put a pathway of its own in this place: one somebody else publishes, or a newer version than Baton brings."""
    if resource["resourceType"] != "PlanDefinition":
        return False
    return before.get("publisher") != resource.get("publisher") or _number(before.get("version")) > _number(resource.get("version"))


def _number(version: object) -> tuple[tuple[int, str], ...]:
    """A version to compare by: what is digits counts as a number."""
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in re.findall(r"\d+|[a-z]+", str(version or "0").casefold()))


def present(change: Change, resource: dict[str, object]) -> dict[str, object] | None:
    """The resource as it is stored now; None when it is not there."""
    return maybe(change, reference_to(resource))


def same(before: dict[str, object], resource: dict[str, object]) -> bool:
    """Whether the stored resource says what the pack says."""
    return {key: value for key, value in before.items() if key != "meta"} == {
        key: value for key, value in resource.items() if key != "meta"
    }
