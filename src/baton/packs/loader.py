"""Reads the packs that come with Baton. A pack is a folder of FHIR resources, one JSON file each."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from baton.fhir import resource as fhir_resource
from baton.fhir.resource import Resource


def folders() -> Iterator[Traversable]:
    """The folder of every pack, by name."""
    here = resources.files(__package__)
    return iter(sorted((each for each in here.iterdir() if each.is_dir() and not each.name.startswith("_")), key=lambda each: each.name))


def names() -> tuple[str, ...]:
    """The names of all packs."""
    return tuple(folder.name for folder in folders())


@cache
def texts(pack: str) -> tuple[bytes, ...]:
    """The resources of a pack as they stand in its files. Raises FileNotFoundError for a pack that is not there."""
    folder = resources.files(__package__).joinpath(pack)
    files = sorted((each for each in folder.iterdir() if each.name.endswith(".json")), key=lambda each: each.name)
    return tuple(each.read_bytes() for each in files)


def load(pack: str) -> list[Resource]:
    """The resources of a pack, parsed afresh (the caller may change them)."""
    return [fhir_resource.parse(text) for text in texts(pack)]


def everything() -> list[Resource]:
    """The resources of all packs."""
    return [resource for pack in names() for resource in load(pack)]


def plan_definition(resource_id: str) -> Resource:
    """The PlanDefinition with this id as it comes with Baton. Raises LookupError."""
    for resource in everything():
        if resource["resourceType"] == "PlanDefinition" and resource["id"] == resource_id:
            return resource
    raise LookupError(f"no pack has a PlanDefinition {resource_id!r}")
