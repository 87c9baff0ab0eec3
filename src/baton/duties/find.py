"""Find: patients however their name was heard, people, and actions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from baton.duties.rows import Gender

Match = Literal["name", "birth date", "mrn", "phone", "sounds like"]


@dataclass(frozen=True, slots=True)
class Hit:
    """A patient found, and what in them matched."""

    id: str
    name: str
    gender: Gender
    age: int | None
    birth_date: date | None
    mrn: str | None
    why: Match


@dataclass(frozen=True, slots=True)
class Person:
    """Someone at work: "Practitioner/id", name, role code, team name."""

    ref: str
    name: str
    role: str
    team: str


@dataclass(frozen=True, slots=True)
class FindResult:
    """What was found for a text. `actions` are (code, address) pairs."""

    text: str
    patients: tuple[Hit, ...]
    people: tuple[Person, ...]
    actions: tuple[tuple[str, str], ...]
