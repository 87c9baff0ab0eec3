"""Find: patients however their name was heard, and people; each hit says why it is one.

What was typed is health information: it is never part of an address, a page's title or a log line.
Patients outside one's care are not found.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from baton.duties.codes import STAFF_ROLE
from baton.duties.names import names_of
from baton.duties.patients import identity
from baton.duties.today.rows import Gender
from baton.fhir.resource import code_of, human_name, target, text_of
from baton.store import View, words
from baton.store.people import birth_dates

Match = Literal["name", "birth date", "mrn", "phone", "sounds like"]
Resource = dict[str, Any]
SHORTEST = 2


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
    """Someone at work: "Practitioner/id", name, role (a staff role's code, else the chart's words), team name, and how to call them."""

    ref: str
    name: str
    role: str
    team: str
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class FindResult:
    """What was found for a text. `actions` are (code, address) pairs, filled in by the desk, which has the words for them."""

    text: str
    patients: tuple[Hit, ...]
    people: tuple[Person, ...]
    actions: tuple[tuple[str, str], ...] = ()


def find(view: View, *, text: str, limit: int = 12) -> FindResult:
    """Patients and people meant by `text`, the likeliest first; nothing for less than two characters."""
    text = " ".join(text.split())
    if len(text) < SHORTEST:
        return FindResult(text, (), ())
    today = view.now.astimezone(view.zone).date()
    patients = [_hit(stored.resource(), text, today) for _, stored in view.patients(text, limit)]
    return FindResult(text, tuple(patients), tuple(_people(view, [stored.resource() for _, stored in view.people(text, 8)])))


def _hit(patient: Resource, text: str, today: date) -> Hit:
    return Hit(
        id=patient["id"],
        name=human_name(patient),
        gender=identity.gender(patient),
        age=identity.age(patient, today),
        birth_date=identity.birth_date(patient),
        mrn=identity.mrn(patient),
        why=why(patient, text, today),
    )


def why(patient: Resource, text: str, today: date) -> Match:
    """What in this patient `text` meets: number, name, date of birth or telephone; what meets none of them was found by its sound."""
    days, rest = birth_dates(text, today)
    if identity.birth_date(patient) in days:
        return "birth date"
    wanted, typed, said = words.normal(text), words.digits(text), words.words(rest)
    if any(words.normal(str(entry["value"])).startswith(wanted) for entry in patient.get("identifier", ()) if entry.get("value")):
        return "mrn"
    if said and all(_in_name(word, patient) for word in said):
        return "name"
    if len(typed) >= 4 and any(words.digits(str(point.get("value", ""))).startswith(typed) for point in patient.get("telecom", ())):
        return "phone"
    return "sounds like"


def _in_name(word: str, patient: Resource) -> bool:
    parts = [part for name in patient.get("name", ()) for part in (name.get("family"), *name.get("given", ()), name.get("text")) if part]
    return any(known.startswith(word) for part in parts for known in words.words(str(part)))


def _people(view: View, practitioners: list[Resource]) -> Iterable[Person]:
    """People with what they do and for which team: two questions for all of them."""
    if not practitioners:
        return []
    asked = ",".join(f"Practitioner/{each['id']}" for each in practitioners)
    held: dict[str, Resource] = {}
    for role in view.find("PractitionerRole", practitioner=asked, active="true", _count=200):
        held.setdefault(target(role.get("practitioner")) or "", role)
    names = names_of(view, {target(role.get("organization")) or "" for role in held.values()})
    return [_person(each, held.get(f"Practitioner/{each['id']}", {}), names) for each in practitioners]


def _person(practitioner: Resource, role: Resource, names: dict[str, str]) -> Person:
    codes = role.get("code", ())
    staff = next((code for concept in codes if (code := code_of(concept, STAFF_ROLE))), None)
    said = next((text for concept in [*role.get("specialty", ()), *codes] if (text := text_of(concept))), "")
    works_for = role.get("organization", {})
    return Person(
        ref=f"Practitioner/{practitioner['id']}",
        name=human_name(practitioner),
        role=staff or said,
        team=str(works_for.get("display") or names.get(target(works_for) or "", "")),
        phone=identity.phone(role) or identity.phone(practitioner),
    )
