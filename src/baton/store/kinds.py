"""Kinds: which resources of a type a row of the policy means, when it does not mean all of them (`kinds` of policy.json)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from baton.store import labels as security


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: it carries one of the `marks` among its categories and no category beyond `marks` and `beside`.

    `codes`: by type, the systems and beginnings every coding of its `code` must have; a type that is not named may be called anything.
    """

    name: str
    marks: tuple[tuple[str, str], ...]
    beside: tuple[tuple[str, str], ...]
    codes: Mapping[str, Mapping[str, tuple[str, ...]]]

    def meets(self, resource: Mapping[str, Any]) -> bool:
        """Whether a resource is of this kind."""
        said = resource.get("category")
        concepts = said if isinstance(said, list) else [said] if said else []
        categories = [list(_codings(each)) for each in concepts]
        every = [coding for each in categories for coding in each]
        if not all(categories) or not any(_among(each, self.marks) for each in every):
            return False
        return all(_among(each, (*self.marks, *self.beside)) for each in every) and self._called(resource)

    def _called(self, resource: Mapping[str, Any]) -> bool:
        wanted = self.codes.get(str(resource.get("resourceType")))
        if wanted is None:
            return True
        codings = list(_codings(resource.get("code")))
        return bool(codings) and all(code.startswith(wanted.get(system, ("\0",))) for system, code in codings)


def _codings(concept: Any) -> Iterator[tuple[str, str]]:
    for each in (concept or {}).get("coding", ()) if isinstance(concept, Mapping) else ():
        yield str(each.get("system", "")), str(each.get("code", ""))


def _among(coding: tuple[str, str], several: tuple[tuple[str, str], ...]) -> bool:
    return any(system == coding[0] and code in ("*", coding[1]) for system, code in several)


@cache
def known() -> tuple[Kind, ...]:
    """The kinds of the policy."""
    return tuple(
        Kind(
            row["kind"],
            tuple((system, code) for system, code in row["marks"]),
            tuple((system, code) for system, code in row["beside"]),
            {type_: {system: tuple(codes.split()) for system, codes in each.items()} for type_, each in row["codes"].items()},
        )
        for row in security.policy()["kinds"]
    )


def of(*versions: Mapping[str, Any] | None) -> str:
    """The kind of a resource in all of these versions (before and after a change); empty when it is of none."""
    there = [each for each in versions if each is not None]
    return next((kind.name for kind in known() if there and all(kind.meets(each) for each in there)), "")
