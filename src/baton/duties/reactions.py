"""What a reaction is: called in the door's transaction with a resource before and after, it answers with what follows from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from baton.fhir.resource import Resource

if TYPE_CHECKING:
    from baton.store import View

Reaction = Callable[[Resource | None, Resource | None, "View"], list[Resource]]


def wanting(wants: Callable[[Resource | None], bool]) -> Callable[[Reaction], Reaction]:
    """Give a reaction its cheap question: whether the resource as it now is could interest it at all (None: it was deleted)."""

    def mark(reaction: Reaction) -> Reaction:
        cast(Any, reaction).wants = wants
        return reaction

    return mark


def is_first(resource: Mapping[str, Any]) -> bool:
    """Whether this is a resource's first version: nothing can follow from what it was before."""
    return bool(resource.get("meta", {}).get("versionId") == "1")
