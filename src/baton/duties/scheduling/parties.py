"""Whom a change of an appointment concerns: who takes part, who helps the patient with it, and whoever owns what depends on it.

Each is named once, however many ties they have; `kind` is what the change means to them, who may only now belong to it, or no longer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, reading
from baton.duties.contact import guests
from baton.duties.referrals import states as referral_states
from baton.duties.scheduling import openings, terms
from baton.fhir.resource import Resource, dump, target

if TYPE_CHECKING:
    from baton.store import View

MOVED, CANCELLED, REBOOKED = "moved", "cancelled", "rebooked"
KINDS: Final = (MOVED, CANCELLED, REBOOKED)
"""What happened to an appointment that everybody in it is told of."""
ROLES: Final = ("patient", "caregiver", "companion", "clinician", "interpreter", "place", "service", "referral", "promise")
"""Why somebody is told, the nearest first."""
TYPES: Final = {"RelatedPerson": "companion", "Location": "place", "HealthcareService": "service", "Device": "place", "Patient": "patient"}
"""What somebody who takes part is, by type, where nothing else says it; everybody else is a clinician."""


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody to be told: who ("Type/id"), their name, why, and what happened as it concerns them."""

    ref: str
    name: str
    role: str
    kind: str


def of(view: View, before: Resource | None, after: Resource, kind: str) -> tuple[Party, ...]:
    """Everybody whom it concerns, each once, the patient first. `before` is None for one that was just booked."""
    now, was = _taking_part(after), _taking_part(before) if kind != REBOOKED else []
    found: dict[str, Party] = {}
    for ref in dict.fromkeys((*now, *was)):
        means = kind if kind != MOVED or (ref in now and ref in was) else REBOOKED if ref in now else CANCELLED
        _add(view, found, ref, role_of(view, ref), means)
    patient = terms.patient_of(after)
    if patient:
        for each in guests.of_patient(view, patient):
            if not each.own:
                _add(view, found, each.person, "caregiver", kind)
        for ref, role in owners(view, patient, after):
            _add(view, found, ref, role, kind)
    return tuple(sorted(found.values(), key=lambda each: (ROLES.index(each.role), each.name.casefold(), each.ref)))


def _add(view: View, found: dict[str, Party], ref: str, role: str, kind: str) -> None:
    """One more; whoever is there already stays what they are, but somebody let into the portal is that first of all."""
    known = found.get(ref)
    if known is None or (role == "caregiver" and known.role == "companion"):
        found[ref] = Party(ref, reading.name_of(view, ref), role, known.kind if known else kind)


def _taking_part(appointment: Mapping[str, Any] | None) -> list[str]:
    """Who takes part and has not declined."""
    several = (appointment or {}).get("participant", ())
    return [ref for each in several if each.get("status") != "declined" and (ref := target(each.get("actor")))]


def role_of(view: View, ref: str) -> str:
    """What somebody who takes part is there for."""
    type_ = ref.partition("/")[0]
    return TYPES.get(type_) or ("interpreter" if interprets(view, ref) else "clinician")


def interprets(view: View, ref: str) -> bool:
    """Whether somebody's calendar is an interpreter's."""
    if not ref.startswith(("Practitioner/", "PractitionerRole/")):
        return False
    return any(openings.INTERPRETER in openings.specialties(each) for each in view.find("Schedule", actor=ref))


def owners(view: View, patient: str, appointment: Resource) -> Iterator[tuple[str, str]]:
    """Who owns the referral an appointment meets, or a promise that depends on it: (reference, "referral" or "promise")."""
    named = [f"Appointment/{appointment['id']}", *terms.needs_of(appointment)]
    for need in terms.needs_of(appointment):
        for task in view.find("Task", focus=need):
            if referral_states.is_referral(task) and not referral_states.is_ended(task):
                named.append(f"Task/{task['id']}")
                yield from _people(task, "referral", "owner", "requester")
    for task in view.find("Task", patient=patient, status=codes.OPEN):
        if codes.is_open(task) and (codes.promise_code(task) == codes.VISIT or mentions(task, named)):
            yield from _people(task, "promise", "owner")


def _people(task: Resource, role: str, *elements: str) -> Iterator[tuple[str, str]]:
    for element in elements:
        ref = target(task.get(element))
        if ref and ref != codes.HUB and not ref.startswith("Patient/"):
            yield ref, role


def mentions(resource: Resource, references: Iterable[str]) -> bool:
    """Whether a resource refers to any of these, wherever in it: in what it is about, or among the facts of its trace."""
    text = dump(resource)
    return any(f'"{each}"'.encode() in text for each in references)
