"""Help for one patient on one page, and the needs of all patients somebody may see: what was found, who helps, where that stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from baton.duties import codes, reading
from baton.duties.community import benefits, community, means, needs, proofs
from baton.duties.community.benefits import Application
from baton.duties.community.directory import GRAVITY
from baton.duties.community.means import Means
from baton.duties.community.needs import Need, Screened
from baton.duties.community.proofs import Proof
from baton.duties.patients import identity
from baton.duties.referrals import answering, states
from baton.duties.referrals.promises import name_of_owner
from baton.duties.today.rows import Identity
from baton.fhir.resource import Resource, code_of, extension, target
from baton.rules import referrals as rules
from baton.rules.benefits import Option
from baton.rules.calendar import local_day

if TYPE_CHECKING:
    from baton.store import View

MOST = 500
BY_FORM = frozenset({"outcome"})
"""Moves that a form of its own makes."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One party that was asked to help: the referral's id, where it stands, since when and why, the patient's place with the program."""

    task: str
    to: str
    state: str
    since: datetime | None
    reason: str | None
    enrollment: str | None
    moves: tuple[str, ...]
    ended: bool
    may_complete: bool
    inquired: datetime | None
    link: answering.Link | None = None
    answers: tuple[answering.Answered, ...] = ()


@dataclass(frozen=True, slots=True)
class NeedRow:
    """A need and everybody who was asked to help with it, the newest first."""

    need: Need
    asked: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class HelpPage:
    """Everything about help for one patient."""

    identity: Identity
    needs: tuple[NeedRow, ...]
    screened: tuple[Screened, ...]
    over: tuple[Need, ...]
    means: Means | None
    path: tuple[Option, ...]
    papers: tuple[Proof, ...]
    applications: tuple[Application, ...]
    first_bill: date | None
    language: str


def page(view: View, *, patient: str) -> HelpPage:
    """Help for one patient (an id). Raises NotFound."""
    person = view.get("Patient", patient)
    reference = f"Patient/{patient}"
    found = [each for each in view.find("Condition", patient=reference, category=f"{needs.US_CORE}|sdoh") if needs.is_need(each)]
    goals = view.find("Goal", patient=reference, lifecycle_status="proposed,planned,accepted,active,on-hold")
    referrals = _referrals(view, reference)
    papers = proofs.papers(view, reference)
    rows = (NeedRow(needs.read(view, each, goals), referrals.get(f"Condition/{each['id']}", ())) for each in found if needs.is_open(each))
    over = (needs.read(view, each, ()) for each in found if not needs.is_open(each))
    today = local_day(view.now, view.zone)
    return HelpPage(
        identity=identity.identity(person, today),
        needs=tuple(sorted(rows, key=lambda each: (each.need.since is None, each.need.since))),
        screened=needs.screened(view, reference),
        over=tuple(over),
        means=means.known(view, person),
        path=proofs.path(view, person),
        papers=papers,
        applications=benefits.of_patient(view, reference),
        first_bill=proofs.first_bill(view, reference, papers),
        language=(identity.language(person) or "en").split("-")[0],
    )


def _referrals(view: View, patient: str) -> dict[str, tuple[Asked, ...]]:
    """Who was asked to help with each need ("Condition/id")."""
    orders = {
        f"ServiceRequest/{each['id']}": each for each in view.find("ServiceRequest", patient=patient, category=f"{needs.US_CORE}|sdoh")
    }
    if not orders:
        return {}
    enrolled = _enrolled(view, patient)
    tasks = view.find("Task", patient=patient, code=f"{states.TASK_CODE}|fulfill")
    found: dict[str, list[Asked]] = {}
    for task in sorted(tasks, key=lambda each: str(each.get("authoredOn")), reverse=True):
        request = orders.get(str(target(task.get("focus"))))
        for each in (request or {}).get("reasonReference", ()):
            found.setdefault(str(target(each)), []).append(asked(view, task, enrolled.get(str(target(task.get("focus"))))))
    return {need: tuple(several) for need, several in found.items()}


def _enrolled(view: View, patient: str) -> dict[str, str]:
    """Where a patient stands with each program, by ServiceRequest, as last said."""
    found = view.find("Observation", patient=patient, category=f"{GRAVITY}|{community.ENROLLMENT}")
    latest: dict[str, str] = {}
    for each in sorted(found, key=lambda one: (str(one["effectiveDateTime"]), str(one["meta"]["lastUpdated"]))):
        code = code_of(each.get("valueCodeableConcept"), GRAVITY)
        for request in (target(one) for one in each.get("basedOn", ())):
            if request and code:
                latest[request] = code
    return latest


def asked(view: View, task: Resource, enrollment: str | None) -> Asked:
    """One referral as the page shows it."""
    moves = tuple(dict.fromkeys(move.trigger for move in states.open_moves(task)))
    ended = states.is_ended(task)
    return Asked(
        task=str(task["id"]),
        to=name_of_owner(task),
        state=states.state(task),
        since=reading.moment(task.get("lastModified"), view.zone),
        reason=task.get("statusReason", {}).get("text"),
        enrollment=enrollment,
        moves=tuple(each for each in moves if each not in BY_FORM) if states.state(task) != "draft" else (),
        ended=ended,
        may_complete=rules.by_trigger("community", states.state(task), "outcome") is not None,
        inquired=reading.moment(extension(task, community.ASKED_HOW), view.zone),
        link=answering.link_of(task, view),
        answers=answering.answered(task, view),
    )


# --- needs of everybody -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Open:
    """An open need of somebody: who, since when, and the furthest anybody who was asked has come."""

    need: Need
    patient: str
    patient_name: str
    about: Identity
    place: str
    to: str
    stands: str


PLACES = ("nobody", "again", "asked", "waitlist", "under-way", "enrolled")
"""Where help with a need stands: nobody asked; to be asked elsewhere; asked; on a waiting list; under way; enrolled."""


def place(several: Iterable[Asked]) -> tuple[str, Asked | None]:
    """Where help with a need stands, and the referral that says so."""
    best: tuple[int, str, Asked | None] = (0, "nobody", None)
    for each in several:
        if each.enrollment == "enrolled":
            name = "enrolled"
        elif each.state in ("rejected", "failed", "cancelled"):
            name = "again"
        elif each.enrollment == "not-enrolled-on-waitlist":
            name = "waitlist"
        else:
            name = "asked" if each.state in ("draft", "requested") else "under-way"
        rank = PLACES.index(name)
        if rank > best[0]:
            best = (rank, name, each)
    return best[1], best[2]


def everybody(view: View) -> tuple[Open, ...]:
    """The open needs of all patients one may see, those nobody was asked about first, then the oldest."""
    found = view.find("Condition", category=f"{needs.US_CORE}|sdoh", clinical_status="active", _sort="recorded-date", _count=MOST)
    mine = [each for each in found if needs.is_need(each) and needs.is_open(each)]
    people = _people(view, {str(codes.patient_of(each)) for each in mine})
    asked_of = _asked_of_all(view)
    rows = []
    for each in mine:
        patient = str(codes.patient_of(each))
        person = people.get(patient)
        if person is None:
            continue
        where, by = place(asked_of.get(f"Condition/{each['id']}", ()))
        need = needs.read(view, each, ())
        rows.append(Open(need, patient.partition("/")[2], person.name, person, where, by.to if by else "", by.state if by else ""))
    return tuple(sorted(rows, key=lambda row: (PLACES.index(row.place), row.need.since is None, row.need.since)))


def _people(view: View, patients: set[str]) -> Mapping[str, Identity]:
    today = local_day(view.now, view.zone)
    return {reference: identity.identity(person, today) for reference, person in reading.several(view, "Patient", patients).items()}


def _asked_of_all(view: View) -> dict[str, list[Asked]]:
    """Who was asked to help, by need, of all patients."""
    orders = {f"ServiceRequest/{each['id']}": each for each in view.find("ServiceRequest", category=f"{needs.US_CORE}|sdoh", _count=1000)}
    enrolled: dict[str, str] = {}
    for each in sorted(
        view.find("Observation", category=f"{GRAVITY}|{community.ENROLLMENT}", _count=1000), key=lambda one: str(one["effectiveDateTime"])
    ):
        for request in (target(one) for one in each.get("basedOn", ())):
            enrolled[str(request)] = str(code_of(each.get("valueCodeableConcept"), GRAVITY))
    found: dict[str, list[Asked]] = {}
    focus = sorted(orders)
    for start in range(0, len(focus), 100):
        for task in view.find("Task", focus=",".join(focus[start : start + 100]), code=f"{states.TASK_CODE}|fulfill"):
            request = str(target(task.get("focus")))
            for each in orders[request].get("reasonReference", ()):
                found.setdefault(str(target(each)), []).append(asked(view, task, enrolled.get(request)))
    return found
