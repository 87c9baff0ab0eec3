"""What the chart itself shows of a plan for going home, so that nobody ticks what is written already; and the results still pending."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, plans, reading, trace
from baton.duties.discharge import states as discharge_states
from baton.duties.discharge.states import SYSTEM, Plan
from baton.duties.patients import identity
from baton.duties.support import education
from baton.duties.transitions import episodes as transition_episodes
from baton.duties.transitions import evidence
from baton.fhir.resource import Resource, extension, target, text_of

if TYPE_CHECKING:
    from baton.store import View

CHART: Final = ("Appointment", "Communication", "Observation", "Goal", "Task", "DocumentReference", "ServiceRequest", "DiagnosticReport")
UNREAD: Final = frozenset({"registered", "preliminary", "partial"})
TESTS: Final = frozenset({"108252007", "15220000", "363679005", "laboratory", "LAB", "imaging"})
"""Categories of a ServiceRequest that is a test: SNOMED laboratory procedure, laboratory test, imaging; and what others call them."""
PAPER: Final = "after-hospital-plan"
Chart = Mapping[str, Sequence[Resource]]


@dataclass(frozen=True, slots=True)
class Pending:
    """A result not here yet: what, and who reads it by when; `task` is the promise. `came`: it has arrived since."""

    reference: str
    what: str
    owner: str | None
    owner_name: str
    due: datetime | None
    task: str | None
    came: bool = False

    @property
    def owned(self) -> bool:
        """Whether somebody reads it, by a day."""
        return self.task is not None


def chart(view: View, patient: str) -> Chart:
    """What of a record a plan looks at, in one question."""
    return view.compartment(patient.partition("/")[2], CHART, per_type=300)


# --- results that are still to come --------------------------------------------------------------------------------


def pending(found: Chart, encounter: str, view: View) -> tuple[Pending, ...]:
    """The tests of this stay without a result, and those somebody owns already."""
    waiting = {f"{each['resourceType']}/{each['id']}": each for each in _waiting(found, encounter)}
    owned = {
        str(target(each.get("focus"))): each
        for each in found.get("Task", ())
        if codes.promise_code(each) == discharge_states.RESULT and target(each.get("encounter")) == encounter
    }
    listed = [_pending(reference, each, owned.get(reference), view) for reference, each in waiting.items()]
    for reference, task in owned.items():
        if reference not in waiting and codes.is_open(task):
            listed.append(_pending(reference, None, task, view))
    return tuple(sorted(listed, key=lambda each: (each.owned, each.what)))


def _waiting(found: Chart, encounter: str) -> Iterator[Resource]:
    """Reports and results not final, and tests asked for that nothing answers."""
    reports = [each for each in found.get("DiagnosticReport", ()) if each.get("status") not in ("cancelled", "entered-in-error")]
    results = [each for each in found.get("Observation", ()) if each.get("status") not in ("cancelled", "entered-in-error")]
    of_report = {target(each) for report in reports for each in report.get("result", ())}
    yield from (each for each in reports if each.get("status") in UNREAD and target(each.get("encounter")) == encounter)
    for each in results:
        if each.get("status") in UNREAD and target(each.get("encounter")) == encounter and f"Observation/{each['id']}" not in of_report:
            yield each
    answered = {target(basis) for each in (*reports, *results) for basis in each.get("basedOn", ())}
    for request in found.get("ServiceRequest", ()):
        here = target(request.get("encounter")) == encounter and request.get("status") == "active"
        if here and is_test(request) and f"ServiceRequest/{request['id']}" not in answered:
            yield request


def is_test(request: Mapping[str, Any]) -> bool:
    """Whether a ServiceRequest asks for a test."""
    return any(code in TESTS for each in request.get("category", ()) for _, code in reading.codings(each)) or any(
        system == codes.LOINC for system, _ in reading.codings(request.get("code"))
    )


def _pending(reference: str, resource: Resource | None, task: Resource | None, view: View) -> Pending:
    told = trace.of(task) if task else None
    what = text_of((resource or {}).get("code")) or str((task or {}).get("description", ""))
    owner = (task or {}).get("owner") or {}
    return Pending(
        reference, what, target(owner), str(owner.get("display", "")), told.due.astimezone(view.zone) if told else None,
        str(task["id"]) if task else None, resource is None,
    )  # fmt: skip


# --- what is done, as the chart shows ------------------------------------------------------------------------------


def shown(view: View, plan: Plan, found: Chart, person: Mapping[str, Any]) -> frozenset[str]:
    """The kinds of evidence that are there (see the items of rules/data/discharge-plan.json)."""
    since = plan.admitted
    given = [
        each
        for each in education.given_lessons(found.get("Communication", ()), found.get("Observation", ()), view)
        if since is None or each.when >= since
    ]
    signed = {each.role: each for each in plan.signatures}
    summaries = [each for each in found.get("Task", ()) if is_summary(each, plan.id)]
    there = {
        "language": bool(identity.language(dict(person))) and speaks_or_interpreted(person),
        "visit-booked": any(_booked(found.get("Appointment", ()), view)),
        "pending-owned": all(each.owned for each in pending(found, plan.encounter, view)),
        "pharmacy-signed": "pharmacy" in signed and not signed["pharmacy"].unneeded,
        "paper-given": any(is_paper(each, plan.encounter) for each in found.get("DocumentReference", ())),
        "lessons-given": bool(given),
        "taught-back": bool(given) and all(each.taught for each in given),
        "caregiver-signed": {"patient", "caregiver"} <= set(signed),
        "goal-recorded": any(each.get("lifecycleStatus") in ("active", "accepted", "planned") for each in found.get("Goal", ())),
        "summary-delivered": bool(summaries) and all(each.get("status") == "completed" for each in summaries),
        "contacted": any(_contacted(each, plan.encounter) for each in found.get("Task", ())),
    }
    return frozenset(code for code, is_there in there.items() if is_there)


def speaks_or_interpreted(person: Mapping[str, Any]) -> bool:
    """Whether it is known how to speak with them: English, or that an interpreter is or is not needed."""
    language = identity.language(dict(person)) or ""
    return language.split("-")[0] == "en" or extension(person, identity.INTERPRETER) is not None


def _booked(appointments: Iterable[Resource], view: View) -> Iterator[bool]:
    for each in appointments:
        when = reading.moment(each.get("start"), view.zone)
        yield each.get("status") in evidence.BOOKED and when is not None and when >= view.now


def is_paper(document: Mapping[str, Any], encounter: str) -> bool:
    """Whether a document is the plan that the patient of this stay was given."""
    ours = any(code == PAPER for each in document.get("category", ()) for system, code in reading.codings(each) if system == SYSTEM)
    return ours and document.get("status") == "current" and any(target(each) == encounter for each in document["context"]["encounter"])


def is_summary(task: Mapping[str, Any], plan: str) -> bool:
    """Whether a Task is the promise to send the summary of this plan to somebody."""
    return codes.promise_code(task) == discharge_states.SUMMARY and any(
        target(each) == f"CarePlan/{plan}" for each in task.get("basedOn", ())
    )


def contact_task(encounter: str) -> str:
    """The id of the contact promised after this stay."""
    episode = f"EpisodeOfCare/{codes.derived_id(transition_episodes.TRANSITIONAL_CARE, encounter)}"
    return plans.task_id(episode, codes.CONTACT)


def _contacted(task: Mapping[str, Any], encounter: str) -> bool:
    return task.get("id") == contact_task(encounter) and task.get("status") == "completed"
