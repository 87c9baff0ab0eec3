"""Nobody is booked twice: who is booked when, as rows the door makes from Appointments that occupy, under an exclusion constraint.

People (and devices) are booked themselves; a PractitionerRole books its practitioner. A Location is one room only when its physicalType
says room, bed or vehicle: a clinic has many visits at once. HealthcareServices have capacity and are not booked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

import psycopg

from baton.fhir import dates
from baton.fhir import resource as fhir_resource
from baton.fhir.outcome import Issue
from baton.store.codes import TYPE_CODE, key64, table
from baton.store.lines import Line
from baton.store.named import sql
from baton.store.who import Invalid
from baton.store.write import Row

if TYPE_CHECKING:
    from baton.store.view import View

TYPE = "Appointment"
OCCUPYING = frozenset({"pending", "booked", "arrived", "checked-in"})
"""The statuses of an Appointment in which those who take part are taken; pending is a hold."""
DIRECT = frozenset({"Patient", "Practitioner", "RelatedPerson", "Device"})
ROOMS = frozenset({"ro", "bd", "ve"})
"""location-physical-type: room, bed, vehicle."""


Wanted = tuple[int, int, datetime, datetime, str, int]
"""Which appointment (rid), whom (key), from, to, who that is, and the place among its participants."""


class Occupied(Invalid):
    """Somebody is booked already at that time."""

    status = 409
    code = "conflict"


def occupied(appointment: Mapping[str, Any] | None) -> tuple[datetime, datetime] | None:
    """The time an Appointment takes of those who take part; None when it takes none."""
    if not appointment or appointment.get("status") not in OCCUPYING or not appointment.get("start") or not appointment.get("end"):
        return None
    return dates.parse_instant(appointment["start"]), dates.parse_instant(appointment["end"])


def participants(appointment: Mapping[str, Any]) -> list[tuple[int, str]]:
    """(place in the list, "Type/id") of those who take part and have not declined."""
    found = []
    for place, participant in enumerate(appointment.get("participant", ())):
        reference = fhir_resource.target(participant.get("actor"))
        if reference and participant.get("status") != "declined" and fhir_resource.is_local(reference):
            found.append((place, reference))
    return found


def keep(line: Line, rows: Sequence[Row], zone: tzinfo) -> None:
    """Bring the bookings to what these rows, just written, say. Raises Occupied naming who and when, and psycopg.Error."""
    mine = [row for row in rows if row.type == TYPE]
    if not mine:
        return
    taken = {row.rid: time for row in mine if (time := occupied(row.after))}
    named = {row.rid: participants(row.after or {}) for row in mine if row.rid in taken}
    booked = _booked(line, {reference for each in named.values() for _, reference in each})
    every: list[Wanted] = [
        (row.rid, key64(booked[reference]), *taken[row.rid], reference, place)
        for row in mine
        if row.rid in taken and taken[row.rid][0] < taken[row.rid][1]
        for place, reference in named[row.rid]
        if reference in booked
    ]
    wanted = list({each[:2]: each for each in every}.values())
    if wanted:
        line.execute(sql("lock_actors").encode(), [[each[1] for each in wanted]], prepare=True)
    if any(row.before is not None for row in mine):
        line.execute(sql("unbook").encode(), [[row.rid for row in mine]], prepare=True)
    if not wanted:
        return
    line.once("savepoint booking", [])
    try:
        line.execute(sql("book").encode(), [list(column) for column in zip(*(each[:4] for each in wanted), strict=True)], prepare=True)
    except psycopg.errors.ExclusionViolation as clash:
        # not through the driver: it would take a rollback for a reason to forget every prepared statement, ours among them
        line.once("rollback to savepoint booking", [])
        line.leave()
        names = {reference: display for row in mine for reference, display in _displays(row.after)}
        raise _refusal(line, wanted, names, zone) from clash


def _booked(line: Line, references: Iterable[str]) -> dict[str, str]:
    """Of these references, those that can be booked, each with whom it books."""
    several = [found for reference in references if (found := fhir_resource.split(reference))]
    booked = {f"{type_}/{id_}": f"{type_}/{id_}" for type_, id_ in several if type_ in DIRECT}
    for type_, whom in (("Location", _room), ("PractitionerRole", _practitioner)):
        ids = sorted({id_ for each, id_ in several if each == type_})
        for id_, body in line.execute(sql("bodies_of", table=table(type_), type=TYPE_CODE[type_]).encode(), [ids]) if ids else ():
            if actor := whom(fhir_resource.parse(body)):
                booked[f"{type_}/{id_}"] = actor
    return booked


def _room(location: Mapping[str, Any]) -> str | None:
    return f"Location/{location['id']}" if fhir_resource.has_code(location.get("physicalType"), None, *ROOMS) else None


def _practitioner(role: Mapping[str, Any]) -> str | None:
    return fhir_resource.target(role.get("practitioner")) or f"PractitionerRole/{role['id']}"


def _displays(appointment: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    for participant in (appointment or {}).get("participant", ()):
        actor = participant.get("actor", {})
        if (reference := fhir_resource.target(actor)) and actor.get("display"):
            yield reference, actor["display"]


def _refusal(line: Line, wanted: Sequence[Wanted], names: Mapping[str, str], zone: tzinfo) -> Occupied:
    """Who is booked already and when: by somebody else, or twice in this very change."""
    wanted = sorted(wanted, key=lambda each: each[4].startswith("Patient/"))  # who could be another is named before the patient
    for number, (_, actor, start, end, reference, place) in enumerate(wanted):
        others = [(each[2], each[3]) for each in wanted[:number] if each[1] == actor and each[2] < end and start < each[3]]
        others += [(lo, hi) for _, lo, hi, _ in line.execute(sql("busy").encode(), _asked([actor], start, end))]
        for lo, hi in others:
            # A patient is named by reference alone: nothing of the person stands in a message that may be kept elsewhere.
            who = reference if reference.startswith("Patient/") else names.get(reference, reference)
            lo, hi = lo.astimezone(zone), hi.astimezone(zone)
            text = f"{who} is booked already from {lo:%Y-%m-%d %H:%M} to {hi:%H:%M} ({hi:%Z})."
            return Occupied([Issue("error", "conflict", text, f"Appointment.participant[{place}].actor")])
    return Occupied("Somebody in this appointment is booked already at that time.", expression="Appointment.participant")


def _asked(actors: Iterable[int], start: datetime, end: datetime) -> dict[str, Any]:
    return {"actors": [f"[{actor},{actor}]" for actor in actors], "start": start, "end": end}


def busy(view: View, references: Iterable[str], start: datetime, end: datetime) -> dict[str, list[tuple[datetime, datetime]]]:
    """When these ("Type/id") are booked within a time, earliest first, whoever the patients are: only that they are, and when."""
    keys = {key64(reference): reference for reference in references}
    found: dict[str, list[tuple[datetime, datetime]]] = {reference: [] for reference in keys.values()}
    for actor, lo, hi, _ in view.ask(sql("busy"), _asked(keys, start, end)) if keys else ():
        found[keys[actor]].append((lo, hi))
    return found
