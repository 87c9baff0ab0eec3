"""The one decision: who may do what with which resource. decide() answers for one; Masks answer for all of a type, ready for SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from baton.store import labels as security
from baton.store.codes import TYPE_CODE, TYPES
from baton.store.who import STAFF, Who

RELATIONSHIPS = ("unowned", "none", "assigned", "treating", "covering", "mentoring", "glass", "self", "proxy", "helper")
"""How somebody stands to the patient of a resource; "unowned": it is no patient's. Their places are their numbers in SQL."""
INTERACTIONS = ("see", "write", "delete", "export", "subscribe", "relabel", "staff", "glass")
"""What can be done. "see" is every way of reading: read, vread, history, search, count, include, chain, find."""
_SEEING = dict.fromkeys(("read", "vread", "history", "search", "count", "include", "everything"), "see")
_VERBS = {"see": "rs", "export": "rs", "write": "cu", "delete": "d"}
"""What of SMART's scopes each takes; the others are not for programs."""
_WRITING = dict.fromkeys(("create", "update", "patch"), "write")
Outcome = Literal["allow", "mask", "hide", "deny"]
_RANK: dict[str, int] = {"allow": 0, "mask": 1, "hide": 2, "deny": 3}


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, why, and by which row of the policy (None: no row allows it)."""

    outcome: Outcome
    because: str
    row: str | None = None

    @property
    def allowed(self) -> bool:
        """Whether it may be done."""
        return self.outcome == "allow"


@dataclass(frozen=True, slots=True)
class _Row:
    id: str
    roles: frozenset[str]
    relationships: frozenset[str]
    purposes: frozenset[str] | None
    of: frozenset[str]  # groups or single types of a grant, labels of a sensitive row
    interactions: frozenset[str]
    outcome: Outcome
    why: str
    only: str = ""  # the kind of resource a grant means; empty: all of the type

    def speaks_of(self, role: str, relationship: str, purpose: str) -> bool:
        return role in self.roles and relationship in self.relationships and (self.purposes is None or purpose in self.purposes)


def _set(text: str, everything: Iterable[str]) -> frozenset[str]:
    words = text.split()
    return frozenset(everything) | frozenset(words) - {"any"} if "any" in words else frozenset(words)


def _purposes(text: str) -> frozenset[str] | None:
    if text == "any":
        return None
    sets = security.policy()["purposes"]
    return frozenset(code for word in text.split() for code in sets.get(word, word).split())


@cache
def grants() -> tuple[_Row, ...]:
    """The rows that allow."""
    groups = security.policy()["groups"]
    return tuple(
        _Row(
            row["id"],
            _set(row["roles"], STAFF),
            _set(row["relationships"], RELATIONSHIPS),
            _purposes(row["purposes"]),
            _set(row["groups"], groups),
            _set(row["interactions"], INTERACTIONS),
            "allow",
            row["why"],
            row.get("only", ""),
        )
        for row in security.policy()["grants"]
    )


@cache
def sensitive() -> tuple[_Row, ...]:
    """The rows about labels: the first that speaks of a case decides it."""
    return tuple(
        _Row(
            row["id"],
            _set(row["roles"], STAFF),
            _set(row["relationships"], RELATIONSHIPS),
            _purposes(row["purposes"]),
            _set(row["labels"], security.known()),
            frozenset(INTERACTIONS),
            row["outcome"],
            row["why"],
        )
        for row in security.policy()["sensitive"]
    )


@cache
def group_of(type_: str) -> str | None:
    """The group of a resource type in the policy."""
    return next((group for group, types in security.policy()["groups"].items() if type_ in types.split()), None)


def decide(
    who: Who,
    interaction: str,
    type_: str,
    *,
    relationships: Iterable[str] = (),
    labels: int | Iterable[str] = security.ANY,
    purpose: str | None = None,
    kind: str = "",
) -> Decision:
    """Whether `who` may do this to a resource of this type, by how they stand to its patient and how it is labelled.

    `relationships`: all they have (see `View.relationships`); empty: none. What is no patient's has ("unowned",). The best of them
    decides; among the labels the worst. `interaction` is one of INTERACTIONS, or a FHIR one (read, search-type's kin, create, update).
    `kind`: what kind of its type it is (`kinds.of`), for the rows that mean only one.
    """
    asked = _SEEING.get(interaction) or _WRITING.get(interaction) or interaction
    purpose = who.purpose if purpose is None else purpose
    number = labels if isinstance(labels, int) else security.number(labels)
    if who.limits is not None and not who.limits.granted(type_, _VERBS.get(asked, "")):
        return Decision("deny", f"The app was not granted that for {type_}.")
    held = set(relationships)
    held = held if "unowned" in held else held | {"none"}
    decisions = [
        _decide(who.role, asked, type_, relationship, number, purpose, kind) for relationship in RELATIONSHIPS if relationship in held
    ]
    return min(decisions, key=lambda decision: _RANK[decision.outcome])


@lru_cache(maxsize=65536)
def _decide(role: str, interaction: str, type_: str, relationship: str, labels: int, purpose: str, kind: str = "") -> Decision:
    group = group_of(type_)
    granted = next(
        (
            row
            for row in grants()
            if interaction in row.interactions
            and row.only in ("", kind)
            and (group in row.of or type_ in row.of)
            and row.speaks_of(role, relationship, purpose)
        ),
        None,
    )
    if granted is None:
        return Decision("deny", f"No row of the policy lets the role {role} {interaction} {type_} ({relationship}, {purpose}).")
    worst = Decision("allow", granted.why, granted.id)
    for name in security.names(labels):
        ruled = _labelled(name, role, relationship, purpose)
        if _RANK[ruled.outcome] > _RANK[worst.outcome]:
            worst = ruled
    return worst


def _labelled(name: str, role: str, relationship: str, purpose: str) -> Decision:
    for row in sensitive():
        if name in row.of and row.speaks_of(role, relationship, purpose):
            return Decision(row.outcome, row.why, row.id)
    return Decision("hide", f"No row of the policy lets the role {role} see what is labelled {name}.")


@lru_cache(maxsize=4096)
def has_kinds(role: str, interaction: str, type_: str) -> tuple[str, ...]:
    """The kinds of a type that a row lets a role do this to, where not all of the type is theirs."""
    group = group_of(type_)
    rows = [row for row in grants() if role in row.roles and interaction in row.interactions and (group in row.of or type_ in row.of)]
    return tuple(dict.fromkeys(row.only for row in rows if row.only))


# --- for whole queries ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mask:
    """What blocks a resource of a type from somebody in one relationship: any of these bits among its labels."""

    blocked: int  # by hiding, masking or denying; with the bit ANY, nothing of the type is visible
    hidden: int  # those of them that must leave no trace


Masks = tuple[Mask, ...]
"""By relationship, in the order of RELATIONSHIPS."""
NOTHING = Mask(-1, -1)


@lru_cache(maxsize=4096)
def masks(role: str, purpose: str, interaction: str, type_: str) -> Masks:
    """The masks of a type for a role and purpose."""
    return tuple(_mask(role, purpose, interaction, type_, relationship) for relationship in RELATIONSHIPS)


def _mask(role: str, purpose: str, interaction: str, type_: str, relationship: str) -> Mask:
    if _decide(role, interaction, type_, relationship, security.ANY, purpose).outcome == "deny":
        return NOTHING
    blocked = hidden = 0
    for label in security.known().values():
        outcome = _labelled(label.name, role, relationship, purpose).outcome
        if outcome != "allow":
            blocked |= label.bit
        if outcome in ("hide", "deny"):
            hidden |= label.bit
    return Mask(blocked, hidden)


def masks_for(who: Who, interaction: str, type_: str) -> Masks:
    """The masks of a type for somebody. What limits a program that acts for them is a condition of its own: `View.narrow`."""
    return masks(who.role, who.purpose, interaction, type_)


@lru_cache(maxsize=512)
def alike(role: str, purpose: str, types: tuple[int, ...]) -> tuple[tuple[Masks, tuple[int, ...]], ...]:
    """The types (codes; none given: all) grouped by equal masks for seeing."""
    who = Who("", "", role, (), "", purpose)
    found: dict[Masks, list[int]] = {}
    for code in types or TYPE_CODE.values():
        found.setdefault(masks_for(who, "see", TYPES[code - 1]), []).append(code)
    return tuple((each, tuple(codes)) for each, codes in found.items())


def number(relationship: str) -> int:
    """The number of a relationship in SQL: its place."""
    return RELATIONSHIPS.index(relationship)


def held_by(kinds: Sequence[int]) -> tuple[str, ...]:
    """The relationships by their numbers."""
    return tuple(RELATIONSHIPS[kind] for kind in sorted(set(kinds)))
