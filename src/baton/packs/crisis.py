"""Words for a crisis, as data: what whoever is on the line says, what a patient who answered alone reads, and the numbers of the place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

HERE = "us"


@dataclass(frozen=True, slots=True)
class Crisis:
    """One language's words: `say` is for whoever is on the line, `patient` for whoever answered alone; the numbers to call.

    `now` stands wherever somebody writes what nobody reads at once: no machine decides who should see it.
    """

    language: str
    emergency: str
    lifeline: str
    say: tuple[str, ...]
    patient: tuple[str, ...]
    now: tuple[str, ...]
    call_lifeline: str
    call_emergency: str


@cache
def _raw(place: str) -> Mapping[str, Any]:
    text = resources.files(__package__).joinpath("_crisis", f"{place}.json").read_text(encoding="utf-8")
    found: Mapping[str, Any] = json.loads(text)
    return found


def words(language: str | None, place: str = HERE) -> Crisis:
    """The words in this language (BCP 47); in English where they are not written in that one."""
    raw = _raw(place)
    spoken = (language or "en").split("-")[0]
    spoken = spoken if spoken in ("en", "es") else "en"
    said = raw[spoken]
    return Crisis(
        spoken,
        raw["emergency"],
        raw["lifeline"],
        tuple(said["say"]),
        tuple(said["patient"]),
        tuple(said["now"]),
        said["call"],
        said["emergency"],
    )


def in_force_from(place: str = HERE) -> date:
    """Since when these numbers are in force."""
    return date.fromisoformat(_raw(place)["effective_from"])


def sources(place: str = HERE) -> tuple[str, ...]:
    """Where they come from."""
    return tuple(_raw(place)["sources"])
