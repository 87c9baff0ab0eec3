"""The privacy desk: what waits for it, with clocks; and the record searched by patient, person, time, purpose and outcome."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from baton.duties import reading
from baton.duties.names import names_of, patient_names
from baton.duties.patients.identity import birth_date
from baton.duties.privacy import glass, requests
from baton.duties.privacy import tasks as privacy_tasks
from baton.duties.privacy.glass import Grant
from baton.duties.privacy.tasks import PrivacyTask
from baton.fhir.resource import Resource, human_name, split
from baton.store import Refused, trail
from baton.store.trail import Asked, Recorded

if TYPE_CHECKING:
    from baton.store import View


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something the desk must answer, with who it concerns by name, and the grant it is about, if it is about one."""

    task: PrivacyTask
    patient_name: str
    grant: Grant | None
    late: bool


@dataclass(frozen=True, slots=True)
class Desk:
    """What waits, the earliest due first. `requests` are what patients ask about their record, as `requests.what` tells them."""

    approvals: tuple[Waiting, ...]
    broken: tuple[Waiting, ...]
    flags: tuple[Waiting, ...]
    requests: tuple[dict[str, Any], ...]
    closed: tuple[Waiting, ...]
    now: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """One record of the trail with the names a reader needs."""

    record: Recorded
    at: datetime
    name: str
    behalf: str
    patients: tuple[tuple[str, str], ...]  # id, name


@dataclass(frozen=True, slots=True)
class Found:
    """One page of the record; `next` is where the page after it starts."""

    rows: tuple[Shown, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Meant:
    """Somebody a typed name may mean: a patient or a person at work."""

    ref: str
    name: str
    birth_date: date | None = None


def desk(view: View) -> Desk:
    """Everything that waits for the desk, as `privacy_tasks.office` sees."""
    waiting = privacy_tasks.tasks(view)
    closed = privacy_tasks.tasks(view, still_open=False, count=30)
    asked = [requests.what(each) for each in requests.open_ones(view)]
    names = patient_names(view, [*(each.patient for each in (*waiting, *closed)), *(each["patient"] for each in asked)])
    grants = _grants(view, [*waiting, *closed])
    rows = [_waiting(view, each, names, grants) for each in waiting]
    return Desk(
        approvals=tuple(each for each in rows if each.task.code == "glass-approval"),
        broken=tuple(each for each in rows if each.task.code == "glass-review"),
        flags=tuple(each for each in rows if each.task.code in ("unusual-look", "misfiled")),
        requests=tuple({**each, "patient_name": names.get(each["patient"] or "", "")} for each in asked),
        closed=tuple(_waiting(view, each, names, grants) for each in closed),
        now=view.now,
    )


def _waiting(view: View, task: PrivacyTask, names: dict[str, str], grants: dict[str, Grant]) -> Waiting:
    return Waiting(task, names.get(task.patient or "", ""), grants.get(task.focus or ""), task.open and task.due < view.now)


def _grants(view: View, tasks: Iterable[PrivacyTask]) -> dict[str, Grant]:
    """The grants that tasks are about, by reference."""
    found = reading.several(view, "Basic", (task.focus for task in tasks))
    return {reference: glass.local(glass.grant(each, view.now), view.zone) for reference, each in found.items()}


def search(view: View, office: View, asked: Asked, *, after: str | None = None, limit: int = 50) -> Found:
    """One page of the record as the auditor (`view`) may see it, with names from the office. Raises Forbidden, Invalid."""
    page = trail.page(view, asked, limit=limit, after=after)
    patients = patient_names(office, {each for record in page.records for each in record.patients[:20]})
    people = names_of(office, {record.who for record in page.records} | {record.on_behalf_of or "" for record in page.records})
    return Found(
        tuple(
            Shown(
                record,
                record.at.astimezone(view.zone),
                people.get(record.who, record.who),
                people.get(record.on_behalf_of, record.on_behalf_of) if record.on_behalf_of else "",
                tuple((each.partition("/")[2], patients.get(each, "")) for each in record.patients[:20]),
            )
            for record in page.records
        ),
        page.next,
    )


def first_shown(view: View, *, patient: str, person: str, since: datetime) -> datetime | None:
    """Who knew what when: the instant somebody was first shown something of a patient since it was recorded. Raises Forbidden."""
    return trail.first_shown(view, patient, person, since)


def meant(office: View, *, patient: str = "", person: str = "") -> tuple[list[Meant], list[Meant]]:
    """Which patients and which people typed names may mean, the likeliest first."""
    patients = [_meant(stored.resource()) for _, stored in office.patients(patient, 8)] if patient.strip() else []
    people = [_meant(stored.resource()) for _, stored in office.people(person, 8)] if person.strip() else []
    return patients, people


def named(office: View, reference: str | None) -> Meant | None:
    """The patient or person of a reference; None when there is none."""
    parts = split(reference) if reference else None
    try:
        return _meant(office.get(*parts)) if parts else None
    except Refused:
        return None


def _meant(resource: Resource) -> Meant:
    ref = f"{resource['resourceType']}/{resource['id']}"
    return Meant(ref, human_name(resource), birth_date(resource) if resource["resourceType"] == "Patient" else None)
