"""SMART App Launch 2.2 scopes: what one program may do at most. Pure; what they then mean for a row, the store decides.

`patient/Observation.rs?category=laboratory` is a level, a type, what may be done (create, read, update, delete, search), and search
parameters that narrow it. The words of version 1 (`patient/*.read`) are translated. What is not understood grants nothing.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import parse_qsl

from baton.fhir import query
from baton.fhir.clauses import Clause, Token
from baton.fhir.definitions import TYPES
from baton.fhir.outcome import Bad, error

LEVELS: Final = ("patient", "user", "system")
VERBS: Final = "cruds"
CONTEXT: Final = ("openid", "fhirUser", "profile", "launch", "launch/patient", "online_access", "offline_access")
"""The scopes that ask for no data."""
LONGEST: Final = 4000
_V1: Final = {"read": "rs", "write": "cud", "*": "cruds"}
_SHAPE: Final = re.compile(r"(patient|user|system)/([A-Za-z]{2,40}|\*)\.([a-z]{1,5}|\*)(?:\?([!#-\[\]-~]{1,400}))?\Z")


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """One scope over resources, in the grammar of version 2."""

    level: str
    type: str  # a resource type, or "*" for all
    verbs: str  # some of "cruds", in that order
    narrowed: str = ""  # search parameters, percent-encoded as in a query string; "" for none

    def __str__(self) -> str:
        return f"{self.level}/{self.type}.{self.verbs}" + (f"?{self.narrowed}" if self.narrowed else "")

    def covers(self, type_: str, verb: str) -> bool:
        """Whether it speaks of this type and allows this."""
        return verb in self.verbs and self.type in ("*", type_)


@dataclass(frozen=True, slots=True)
class Scopes:
    """A list of scopes taken apart."""

    resources: tuple[Scope, ...] = ()
    context: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join([*self.context, *map(str, self.resources)])

    def __bool__(self) -> bool:
        return bool(self.resources or self.context)

    def level(self, *levels: str) -> "Scopes":
        """Only what is at these levels."""
        return replace(self, resources=tuple(each for each in self.resources if each.level in levels))

    def has_level(self, level: str) -> bool:
        """Whether any of them is at this level."""
        return any(each.level == level for each in self.resources)


def read(text: str, *, strict: bool = False) -> Scopes:
    """The scopes of a space-separated list, each once, in their order. What is not understood is left out, or with `strict` raises Bad."""
    resources: dict[Scope, None] = {}
    context: dict[str, None] = {}
    for word in text[:LONGEST].split():
        if word in CONTEXT:
            context[word] = None
            continue
        try:
            resources[one(word)] = None
        except Bad:
            if strict:
                raise
    return Scopes(tuple(resources), tuple(context))


def one(word: str) -> Scope:
    """One scope over resources. Raises Bad saying what is wrong with it."""
    shaped = _SHAPE.match(word)
    if shaped is None:
        raise Bad(error("value", f"{word[:80]!r} is no scope of SMART: it takes the form patient/Observation.rs.", "scope"))
    level, type_, asked, narrowed = shaped.groups()
    verbs = _V1.get(asked, asked)
    if verbs != "".join(verb for verb in VERBS if verb in verbs):
        raise Bad(error("value", f"{word[:80]!r}: what may be done is some of c, r, u, d, s, in that order.", "scope"))
    if type_ != "*" and type_ not in TYPES:
        raise Bad(error("value", f"{word[:80]!r}: there is no resource type {type_}.", "scope"))
    scope = Scope(level, type_, verbs, narrowed or "")
    clauses(scope)
    return scope


def clauses(scope: Scope) -> tuple[Clause, ...]:
    """What narrows a scope, as clauses of a search: coded values only. Raises Bad for anything else."""
    if not scope.narrowed:
        return ()
    if scope.type == "*":
        raise Bad(error("not-supported", "A scope over all types cannot be narrowed by search parameters.", "scope"))
    asked = query.parse(scope.type, scope.narrowed)
    plain = query.Query(scope.type, asked.clauses)
    if asked != plain or len(asked.clauses) != len(parse_qsl(scope.narrowed, keep_blank_values=True)) or not asked.clauses:
        raise Bad(error("not-supported", f"{scope.narrowed[:80]!r} holds more than conditions.", "scope"))
    for clause in asked.clauses:
        coded = clause.type == "token" and not clause.modifier and not clause.chain and clause.param != "_id"
        if not coded or not all(isinstance(value, Token) and value.code for value in clause.values):
            raise Bad(
                error("not-supported", f"A scope is narrowed by codes, such as category=laboratory; {clause.param} is not one.", "scope")
            )
    return asked.clauses


def meet(asked: Scopes, allowed: Scopes) -> Scopes:
    """What both lists grant: never more than either, whatever they say."""
    found: dict[Scope, None] = {}
    for wanted in asked.resources:
        for granted in allowed.resources:
            both = _both(wanted, granted)
            if both is not None:
                found[both] = None
    return Scopes(_without_lesser(found), tuple(each for each in asked.context if each in allowed.context))


def _both(one_: Scope, other: Scope) -> Scope | None:
    """What two scopes grant together."""
    if one_.level != other.level or (one_.type != other.type and "*" not in (one_.type, other.type)):
        return None
    verbs = "".join(verb for verb in VERBS if verb in one_.verbs and verb in other.verbs)
    type_ = other.type if one_.type == "*" else one_.type
    narrowed = "&".join(dict.fromkeys(part for scope in (one_, other) for part in scope.narrowed.split("&") if part))
    return Scope(one_.level, type_, verbs, narrowed) if verbs else None


def _without_lesser(scopes: Iterable[Scope]) -> tuple[Scope, ...]:
    """Without those another one grants too."""
    several = list(scopes)
    return tuple(each for each in several if not any(other != each and _within(each, other) for other in several))


def _within(small: Scope, large: Scope) -> bool:
    same = small.level == large.level and large.type in ("*", small.type) and set(small.verbs) <= set(large.verbs)
    return same and large.narrowed in ("", small.narrowed)
