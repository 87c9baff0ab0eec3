"""What a program's scopes let it reach, as conditions on the pointer row: part of the same query a person's rights are part of.

Limits only ever take away. They never speak while the house's own guards and reactions do their work inside a program's change.
The conditions hold nothing but numbers of our own making (types, keys, hashed tokens), so they stand in a statement as they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from baton.fhir.scope import Scope, clauses
from baton.store.codes import TYPE_CODE, key64, token
from baton.store.conditions import token_texts
from baton.store.who import Forbidden


@dataclass(frozen=True, slots=True)
class Limits:
    """The program that acts, what it was granted, and the one patient its patient-level scopes are for."""

    client: str
    scopes: tuple[Scope, ...]
    patient: str | None = None  # "Patient/<id>"

    def granted(self, type_: str, verbs: str, *, versions: bool = False) -> list[Scope]:
        """The scopes that let it do one of these to a type; of `versions`, which no search parameter can narrow, those without any."""
        return [
            scope
            for scope in self.scopes
            if any(scope.covers(type_, verb) for verb in verbs)
            and (scope.level != "patient" or self.patient)
            and not (versions and scope.narrowed)
        ]

    def about(self, patient: str) -> bool:
        """Whether they speak of this patient ("Patient/<id>") at all: the one in context, or anybody whose details the program may read."""
        return patient == self.patient or any(scope.level != "patient" for scope in self.granted("Patient", "rs"))

    def require(self, type_: str, verbs: str, *, versions: bool = False) -> list[Scope]:
        """The same, but never none. Raises Forbidden naming the scope that is missing."""
        granted = self.granted(type_, verbs, versions=versions)
        if not granted:
            raise self.missing(type_, verbs, versions=versions)
        return granted

    def missing(self, type_: str, verbs: str, *, versions: bool = False) -> Forbidden:
        """The refusal that names the scope it would take."""
        levels = {scope.level for scope in self.scopes}
        level = "patient" if self.patient and "user" not in levels else "system" if "system" in levels else "user"
        needed = " or ".join(f"{level}/{type_}.{verb}" for verb in verbs)
        also = ", without search parameters" if versions and self.granted(type_, verbs) else ""
        return Forbidden(f"This app was not granted that: it takes the scope {needed}{also}.", expression=f"scope {needed}")

    def condition(self, type_: str, verbs: str, *, versions: bool = False, row: str = "r") -> str:
        """Which rows of a type these scopes reach; "true" for all of them. Raises Forbidden when none of the scopes speaks of the type."""
        reached = {self._reached(scope, type_, row) for scope in self.require(type_, verbs, versions=versions)}
        return "true" if "true" in reached else "(" + " or ".join(sorted(reached)) + ")"

    def any_of(self, types: Iterable[str], verbs: str, *, versions: bool = False, row: str = "r") -> str:
        """Which rows of several types they reach: "false" when none. The condition names each type."""
        parts = []
        for type_ in types:
            if self.granted(type_, verbs, versions=versions):
                condition = self.condition(type_, verbs, versions=versions, row=row)
                parts.append(f"({row}.type = {TYPE_CODE[type_]} and {condition})")
        return "(" + " or ".join(parts) + ")" if parts else "false"

    def _reached(self, scope: Scope, type_: str, row: str) -> str:
        parts = [f"{row}.patient = {key64(self.patient)}"] if scope.level == "patient" and self.patient else []
        for clause in clauses(scope):
            numbers = ",".join(str(token(text)) for text in token_texts(type_, clause))
            parts.append(f"{row}.tokens && '{{{numbers}}}'::bigint[]")
        return "(" + " and ".join(parts) + ")" if parts else "true"
