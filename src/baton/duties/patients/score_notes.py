"""What each resource of a chart says on the score: which party's line it belongs to, and the note it puts there. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from baton.duties.codes import CLOSED, CONTACT_OUTCOME, NOTICE_OF_APPOINTMENT, PROMISE
from baton.duties.contact.thread_states import among_both, kind_of
from baton.duties.patients import services
from baton.duties.patients.charts import Party, ScoreNote, State
from baton.duties.patients.services import words
from baton.duties.privacy.packets import DISCLOSURE, is_ours
from baton.fhir.dates import interval
from baton.fhir.resource import code_of, extension, target

Resource = dict[str, Any]
Placed = tuple[Party, str, ScoreNote]  # kind of party, its name (may be empty), the note

NOTE_KIND = "https://baton.example/fhir/CodeSystem/document-kind"
VOID = frozenset({"cancelled", "entered-in-error", "revoked", "stopped", "draft", "superseded"})

# HL7 ActCode class of an encounter -> what it is called here; those of a hospital bed stand on the hospital's line
ENCOUNTERS = {
    "IMP": "inpatient", "ACUTE": "inpatient", "NONAC": "skilled-nursing", "OBSENC": "observation", "SS": "short-stay",
    "EMER": "emergency", "HH": "home-visit", "VR": "virtual-visit", "AMB": "visit", "FLD": "visit", "PRENC": "visit",
}  # fmt: skip
IN_BED = frozenset({"inpatient", "skilled-nursing", "observation", "short-stay", "emergency"})

# status of an appointment -> how it stands on the score; any other is not there
APPOINTMENTS: dict[str, State] = {
    "booked": "planned",
    "pending": "planned",
    "proposed": "planned",
    "arrived": "happened",
    "fulfilled": "happened",
    "noshow": "missed",
}

# whose line an open promise stands on; anything else is the team's own
OWED_BY: dict[str, Party] = {
    "contact-after-discharge": "family",
    "visit-after-discharge": "primary-care",
    "discharge-information": "hospital",
}


def read(resources: Mapping[str, Sequence[Resource]], *, now: datetime, zone: ZoneInfo) -> Iterator[Placed]:
    """Every note of the chart with the party it belongs to, in no particular order."""
    encounters = {f"Encounter/{encounter['id']}": encounter for encounter in resources.get("Encounter", ())}
    chart = Chart(encounters, resources, now, zone)
    for resource_type, reader in READERS.items():
        for resource in resources.get(resource_type, ()):
            yield from reader(resource, chart)


class Chart:
    """What the readers need to know about the rest of the chart."""

    def __init__(
        self, encounters: Mapping[str, Resource], resources: Mapping[str, Sequence[Resource]], now: datetime, zone: ZoneInfo
    ) -> None:
        self.encounters, self.now, self.zone = encounters, now, zone
        appointments = resources.get("Appointment", ())
        self.kept = {target(link) for encounter in encounters.values() for link in encounter.get("appointment", [])}
        self.answers = {
            target(request): f"Appointment/{appointment['id']}"
            for appointment in appointments
            for request in appointment.get("basedOn", [])
            if appointment.get("status") in ("booked", "pending", "proposed")
        }

    def when(self, text: str | None) -> tuple[date, datetime | None] | None:
        """Local day of a FHIR date or dateTime, with its local time when it has one; None when there is no usable date."""
        if not text or len(text) < 10:
            return None
        moment = interval(text, self.zone)[0].astimezone(self.zone)
        return moment.date(), (moment if "T" in text else None)

    def hospital_of(self, reference: str | None) -> str | None:
        """Name of the hospital of an encounter, "" when it has none; None when it was not in a hospital bed."""
        encounter = self.encounters.get(reference or "")
        return _name(encounter.get("serviceProvider")) if encounter and called(encounter) in IN_BED else None


def _name(link: Mapping[str, Any] | None) -> str:
    return str((link or {}).get("display", ""))


def called(encounter: Resource) -> str:
    """What kind of encounter this is, by its class (see ENCOUNTERS)."""
    return ENCOUNTERS.get(str(encounter.get("class", {}).get("code", "AMB")), "visit")


def _encounter(encounter: Resource, chart: Chart) -> Iterator[Placed]:
    status = encounter.get("status", "")
    begun = chart.when(encounter.get("period", {}).get("start"))
    if begun is None or status in ("cancelled", "entered-in-error"):
        return
    what = called(encounter)
    kind: Party
    if what in IN_BED:
        kind, party = "hospital", _name(encounter.get("serviceProvider"))
    elif what == "home-visit":
        kind, party = "home-health", ""
    else:
        kind, party = services.party(encounter.get("serviceType"))
    ended = chart.when(encounter.get("period", {}).get("end")) or (chart.when(chart.now.isoformat()) if status == "in-progress" else None)
    until = ended[0] if ended and ended[0] > begun[0] and what in IN_BED else None
    text = words(encounter.get("reasonCode")) or words(encounter.get("type"))
    state: State = "planned" if status == "planned" else "happened"
    yield kind, party, ScoreNote(begun[0], state, what, text, f"Encounter/{encounter['id']}", begun[1], until)


def _appointment(appointment: Resource, chart: Chart) -> Iterator[Placed]:
    state = APPOINTMENTS.get(appointment.get("status", ""))
    begins = chart.when(appointment.get("start"))
    source = f"Appointment/{appointment['id']}"
    if begins is None or state is None or source in chart.kept:
        return
    service = words(appointment.get("serviceType"))
    kind, party = services.party(*(appointment.get(element) for element in ("specialty", "serviceType", "serviceCategory")))
    yield kind, party, ScoreNote(begins[0], state, "appointment", appointment.get("description") or service, source, begins[1])


def _document(document: Resource, chart: Chart) -> Iterator[Placed]:
    written = chart.when(document.get("date"))
    if written is None or document.get("status") in VOID or is_note(document) or is_ours(document):
        return
    links = document.get("context", {}).get("encounter", [])
    hospital = next((name for link in links if (name := chart.hospital_of(target(link))) is not None), None)
    kind, party = services.party(document.get("context", {}).get("practiceSetting"))
    if hospital is not None:
        kind, party = "hospital", hospital
    text = words(document.get("type")) or document.get("description", "")
    yield kind, party, ScoreNote(written[0], "happened", "document", text, f"DocumentReference/{document['id']}", written[1])


def is_note(document: Resource) -> bool:
    """Whether a DocumentReference is a note written here, rather than a document that arrived."""
    return any(code_of(category, NOTE_KIND) for category in document.get("category", ()))


def _communication(communication: Resource, chart: Chart) -> Iterator[Placed]:
    sent = chart.when(communication.get("sent") or communication.get("received"))
    status = communication.get("status")
    if sent is None or status not in ("completed", "not-done", "in-progress") or kind_of(communication) == "thread":
        return
    if kind_of(communication) == "message" and not among_both(communication):
        return
    if any(code_of(category, NOTICE_OF_APPOINTMENT) for category in communication.get("category", ())):
        return  # the visit itself is there
    if any(code_of(category, DISCLOSURE) for category in communication.get("category", ())):
        to = next((_name(each) for each in communication.get("recipient", ())), "")
        yield "team", "", ScoreNote(sent[0], "happened", "disclosed", to, f"Communication/{communication['id']}", sent[1])
        return
    outcome = str(extension(communication, CONTACT_OUTCOME) or "")
    reached = status == "completed" and outcome not in ("no-answer", "wrong-number", "left-message", "language-line")
    state: State = "happened" if reached else "missed"
    text = "" if outcome else words(communication.get("topic"))
    what = f"call-{outcome}" if outcome else "message"
    yield "family", "", ScoreNote(sent[0], state, what, text, f"Communication/{communication['id']}", sent[1])


def _dispense(dispense: Resource, chart: Chart) -> Iterator[Placed]:
    given = chart.when(dispense.get("whenHandedOver") or dispense.get("whenPrepared"))
    if given is None or dispense.get("status") in VOID:
        return
    state: State = "happened" if dispense.get("status") == "completed" else "planned"
    text = words(dispense.get("medicationCodeableConcept")) or _name(dispense.get("medicationReference"))
    yield "pharmacy", "", ScoreNote(given[0], state, "dispensed", text, f"MedicationDispense/{dispense['id']}", given[1])


def _request(request: Resource, chart: Chart) -> Iterator[Placed]:
    """A referral: a request that names who should perform it. Orders for tests name nobody and are not on the score."""
    asked = chart.when(request.get("authoredOn"))
    if asked is None or request.get("status") in VOID or not (request.get("performerType") or request.get("performer")):
        return
    source = f"ServiceRequest/{request['id']}"
    performer = next((_name(link) for link in request.get("performer", []) if _name(link)), "")
    kind, party = services.party(request.get("performerType"), request.get("category") if not performer else None, performer)
    text = words(request.get("code"))
    yield kind, party, ScoreNote(asked[0], "happened", "referral", text, source, asked[1], leads_to=chart.answers.get(source))


def _task(task: Resource, chart: Chart) -> Iterator[Placed]:
    """An open promise, on the day it is due."""
    code = code_of(task.get("code"), PROMISE)
    end = task.get("restriction", {}).get("period", {}).get("end")
    due = chart.when(end)
    if not code or due is None or task.get("status") in CLOSED:
        return
    state: State = "late" if interval(end, chart.zone)[1] <= chart.now else "owed"
    kind, party = OWED_BY.get(code, "team"), ""
    if kind == "hospital":
        party = chart.hospital_of(target(task.get("encounter")) or target(task.get("focus"))) or ""
    elif kind == "primary-care" and words(task.get("performerType")):
        kind, party = services.party(task.get("performerType"))
    yield kind, party, ScoreNote(due[0], state, code, task.get("description", "") if code == "by-hand" else "", f"Task/{task['id']}")


READERS = {
    "Encounter": _encounter,
    "Appointment": _appointment,
    "DocumentReference": _document,
    "Communication": _communication,
    "MedicationDispense": _dispense,
    "ServiceRequest": _request,
    "Task": _task,
}
