"""Security labels: what a coding in meta.security means to the policy, as bits of one number kept beside every row."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ANY = 1
"""The bit every row has: what is blocked by it is blocked whatever the labels."""
ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
OURS = "https://baton.example/fhir/CodeSystem/label"
REASON = "https://baton.example/fhir/StructureDefinition/label-reason"
"""The extension of a label set by a rule: which rule, and what in the resource met it."""


@dataclass(frozen=True, slots=True)
class Label:
    """A label the policy knows."""

    name: str
    bit: int
    system: str
    code: str
    wide: bool  # on a Patient it reaches everything about them
    words: str


@cache
def policy() -> dict[str, Any]:
    """The policy as it is written in policy.json."""
    found: dict[str, Any] = json.loads(Path(__file__).with_name("policy.json").read_text(encoding="utf-8"))
    return found


@cache
def known() -> dict[str, Label]:
    """The labels by name; a label's bit is its place in policy.json, so that new ones are added at the end."""
    rows = policy()["labels"]
    return {
        row["label"]: Label(row["label"], 2 << place, row["system"], row["code"], row["reach"] == "patient", row["words"])
        for place, row in enumerate(rows)
    }


@cache
def wide() -> int:
    """The labels that reach from a Patient to everything about them."""
    return sum(label.bit for label in known().values() if label.wide)


@cache
def _by_code() -> dict[tuple[str, str], int]:
    return {(label.system, label.code): label.bit for label in known().values()}


def bits(resource: dict[str, Any] | None) -> int:
    """The labels of a resource as a number. A sensitivity of v3-ActCode the policy does not name counts as R (restricted)."""
    found = ANY
    if resource is None:
        return found
    for coding in resource.get("meta", {}).get("security", ()):
        system, code = coding.get("system"), coding.get("code")
        bit = _by_code().get((system, code), 0)
        if not bit and system in (ACT, OURS) and code:
            bit = known()["R"].bit
        found |= bit
    return found


def number(names: Iterable[str]) -> int:
    """The number of some labels by name. Raises KeyError for one the policy does not know."""
    return sum((known()[name].bit for name in set(names)), ANY)


def names(number_: int) -> tuple[str, ...]:
    """The names of the labels in a number."""
    return tuple(label.name for label in known().values() if number_ & label.bit)


def coding(name: str, reason: str | None = None) -> dict[str, Any]:
    """The label as a coding for meta.security, with the reason when a rule set it."""
    label = known()[name]
    found: dict[str, Any] = {"system": label.system, "code": label.code}
    if reason:
        found = {"extension": [{"url": REASON, "valueString": reason}], **found}
    return found


def by_rule(coding_: dict[str, Any]) -> bool:
    """Whether a rule set this label: then the rules decide anew at every writing."""
    return any(each.get("url") == REASON for each in coding_.get("extension", ()))
