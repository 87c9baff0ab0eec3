"""What has already happened about a transition: attempts to reach the patient, visits booked and made, summaries, reconciliations.

Read from the patient's own record in one query, so that it does not matter in which order things arrive, or through which entrance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from baton.duties import codes, reading
from baton.duties.reading import Chart
from baton.duties.transitions.discharges import Discharge, is_stay
from baton.fhir.resource import Resource, code_of, extension, has_code, target
from baton.rules import tcm
from baton.rules.attempts import ABOUT_NEEDS, PHONE, Try

DISCHARGE_SUMMARY = "18842-5"  # LOINC
RECONCILED = (("http://snomed.info/sct", "430193006"), ("http://www.ama-assn.org/go/cpt", "1111F"))
BOOKED = frozenset({"booked", "arrived", "checked-in", "pending"})


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened or is planned: when (aware), and the "Type/id" that says so."""

    when: datetime
    reference: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """A documented attempt, its resource, and what was said about it."""

    attempt: Try
    reference: str
    note: str | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """All of it, each earliest first."""

    spoken: tuple[Spoken, ...] = ()
    visits: tuple[Event, ...] = ()
    booked: tuple[Event, ...] = ()
    summaries: tuple[Event, ...] = ()
    reconciled: tuple[Event, ...] = ()


def gather(found: Chart, discharge: Discharge, contact_task: str) -> Evidence:
    """What the patient's record (see `reading.chart`) says since this discharge. `contact_task` is the "Task/id" attempts are about."""
    zone, since = discharge.zone, discharge.moment
    return Evidence(
        spoken=tuple(sorted(spoken(found.get("Communication", ()), contact_task, zone), key=lambda each: each.attempt.when)),
        visits=ordered(visits(found, discharge)),
        booked=ordered(event for event in appointments(found.get("Appointment", ()), BOOKED, zone) if event.when >= since),
        summaries=ordered(summaries(found.get("DocumentReference", ()), discharge)),
        reconciled=ordered(reconciliations(found.get("Procedure", ()), discharge)),
    )


def ordered(events: Iterator[Event]) -> tuple[Event, ...]:
    """Earliest first."""
    return tuple(sorted(events, key=lambda event: (event.when, event.reference)))


def is_attempt(communication: Mapping[str, Any] | None) -> bool:
    """Whether a Communication documents an attempt that still stands."""
    return extension(communication, codes.CONTACT_OUTCOME) is not None and (communication or {}).get("status") != "entered-in-error"


def about(communication: Mapping[str, Any]) -> list[str]:
    """The "Type/id" references a Communication is about."""
    return [found for each in communication.get("about", ()) if (found := target(each)) is not None]


def spoken(communications: Sequence[Resource], task: str, zone: ZoneInfo) -> Iterator[Spoken]:
    """The attempts that are about this promise."""
    for communication in communications:
        when = reading.moment(communication.get("sent") or communication.get("received"), zone)
        if when is None or not is_attempt(communication) or task not in about(communication):
            continue
        mediums = [found for each in communication.get("medium", ()) if (found := code_of(each, codes.PARTICIPATION_MODE))]
        topic = code_of(communication.get("topic"), codes.TOPIC) or ABOUT_NEEDS
        outcome = str(extension(communication, codes.CONTACT_OUTCOME))
        note = next((str(each["text"]) for each in communication.get("note", ()) if each.get("text")), None)
        yield Spoken(Try(when, outcome, mediums[0] if mediums else PHONE, topic), f"Communication/{communication['id']}", note)


def appointments(found: Sequence[Resource], statuses: frozenset[str], zone: ZoneInfo) -> Iterator[Event]:
    """Appointments of these statuses, at their start."""
    for appointment in found:
        when = reading.moment(appointment.get("start"), zone)
        if appointment.get("status") in statuses and when is not None:
            yield Event(when, f"Appointment/{appointment['id']}")


def is_visit(encounter: Mapping[str, Any] | None, day: date = date.max) -> bool:
    """Whether an Encounter is a visit that was made, of a class that counted on that day (as the rule stands, when none is given)."""
    if encounter is None or encounter.get("status") != "finished":
        return False
    return tcm.is_visit_class(encounter.get("class", {}).get("code"), day) and not is_stay(encounter)


def visits(found: Mapping[str, Sequence[Resource]], discharge: Discharge) -> Iterator[Event]:
    """Visits made after the discharge: ambulatory Encounters, else fulfilled Appointments."""
    for encounter in found.get("Encounter", ()):
        when = reading.moment(encounter.get("period", {}).get("start"), discharge.zone)
        if is_visit(encounter, discharge.day) and when is not None and when >= discharge.moment:
            yield Event(when, f"Encounter/{encounter['id']}")
    for event in appointments(found.get("Appointment", ()), frozenset({"fulfilled"}), discharge.zone):
        if event.when >= discharge.moment:
            yield event


def is_summary(document: Mapping[str, Any] | None) -> bool:
    """Whether a DocumentReference is a current discharge summary."""
    return document is not None and document.get("status") == "current" and has_code(document.get("type"), codes.LOINC, DISCHARGE_SUMMARY)


def summaries(documents: Sequence[Resource], discharge: Discharge) -> Iterator[Event]:
    """Discharge summaries of this stay: those that name it, or that were written since it ended."""
    for document in documents:
        if not is_summary(document):
            continue
        when = reading.moment(document.get("date"), discharge.zone)
        of_stay = discharge.encounter in [target(each) for each in document.get("context", {}).get("encounter", ())]
        if of_stay or (when is not None and when >= discharge.moment):
            yield Event(when or discharge.moment, f"DocumentReference/{document['id']}")


def is_reconciliation(procedure: Mapping[str, Any] | None) -> bool:
    """Whether a Procedure records a medication reconciliation that was done."""
    if procedure is None or procedure.get("status") != "completed":
        return False
    return any(has_code(procedure.get("code"), system, code) for system, code in RECONCILED)


def reconciliations(procedures: Sequence[Resource], discharge: Discharge) -> Iterator[Event]:
    """Medication reconciliations since the day of discharge (that day counts: TRC-4)."""
    for procedure in procedures:
        text = procedure.get("performedDateTime") or procedure.get("performedPeriod", {}).get("start")
        when = reading.moment(text, discharge.zone)
        if is_reconciliation(procedure) and when is not None and when.date() >= discharge.day:
            yield Event(when, f"Procedure/{procedure['id']}")
