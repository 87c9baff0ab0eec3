"""Everything a call to a patient or somebody close to them needs, whatever it is about: who, how, when, and what was tried before."""

from __future__ import annotations

from dataclasses import dataclass

from baton.duties import codes
from baton.duties.contact import communication, safe_contact
from baton.duties.contact.safe_contact import Answer, SafeContact
from baton.duties.names import names_of
from baton.duties.patients import identity, network
from baton.duties.patients.network import Person
from baton.duties.support import education
from baton.duties.today import loops
from baton.duties.today.rows import Attempt, Contact, Identity, Row
from baton.duties.transitions import evidence
from baton.fhir.resource import human_name
from baton.store import View

CHART = ("Communication", "Task", "RelatedPerson", "Consent")
EARLIER = 30
"""Calls shown of those made before."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """The page of a call. `voicemail` says whether one may be left for the patient, and why not; `numbers` are their own."""

    identity: Identity
    safe: SafeContact | None
    voicemail: Answer
    best_time: str | None
    note: str | None
    numbers: tuple[Contact, ...]
    people: tuple[Person, ...]
    promises: tuple[Row, ...]
    chosen: Row | None
    earlier: tuple[tuple[Attempt, str], ...]
    to_ask: tuple[tuple[str, str], ...] = ()  # (lesson, question) of what was taught and is not yet understood


def workspace(view: View, *, patient: str, task: str | None = None) -> Workspace:
    """All of it for a patient (an id); `task` is the promise the call is about. Raises NotFound."""
    person = view.get("Patient", patient)
    chart = view.compartment(patient, CHART)
    reference, day = f"Patient/{patient}", view.now.astimezone(view.zone).date()
    tasks = [each for each in chart.get("Task", ()) if codes.is_open(each)]
    names = names_of(view, loops.owners(tasks))
    rows = loops.rows(tasks, person, now=view.now, zone=view.zone, who=view.who, names=names)
    asked, wants = safe_contact.wanted(chart.get("Consent", ())), identity.preferences(person)
    numbers = safe_contact.reachable(identity.contacts(person, ()), asked, person)
    people = {f"RelatedPerson/{each['id']}": human_name(each) for each in chart.get("RelatedPerson", ())} | {reference: human_name(person)}
    promised = {f"Task/{each['id']}": each for each in chart.get("Task", ())}
    earlier = []
    for each in chart.get("Communication", ()):
        if evidence.is_attempt(each) and (read := communication.as_attempt(each, view.zone)) is not None:
            about = next((promised[link] for link in evidence.about(each) if link in promised), None)
            earlier.append((communication.named(read, people), codes.promise_code(about) or ""))
    return Workspace(
        identity=identity.identity(person, day),
        safe=asked,
        voicemail=safe_contact.answer(asked, person, "voicemail", asked.phone if asked else None),
        best_time=wants.best_time,
        note=wants.note,
        numbers=tuple(each for each in numbers if each.relation is None),
        people=network.of_patient(view, reference),
        promises=rows,
        chosen=next((each for each in rows if each.task == task), None),
        earlier=tuple(sorted(earlier, key=lambda pair: pair[0].when, reverse=True)[:EARLIER]),
        to_ask=tuple(
            (given.title, item.ask.question)
            for given, item in education.unproved(view, patient=patient, communications=chart.get("Communication", ()))
        ),
    )
