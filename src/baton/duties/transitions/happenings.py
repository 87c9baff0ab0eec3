"""What else can change a transition: death, a birth date, attempts, bookings, visits, documents, a promise closed, an episode closed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from baton.duties import codes, plans, reading
from baton.duties.reactions import is_first, wanting
from baton.duties.transitions import discharges, episodes, evidence, transitions, upkeep
from baton.fhir.resource import Resource, extension, target
from baton.rules.discharge import is_adult

if TYPE_CHECKING:
    from baton.store import View


def is_deceased(patient: Resource | None) -> bool:
    """Whether a Patient is recorded as deceased."""
    return patient is not None and bool(patient.get("deceasedBoolean") or patient.get("deceasedDateTime"))


@wanting(lambda after: after is not None and (not is_first(after) or is_deceased(after)))
def on_patient(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """A patient has died, or has not after all; or is now known to be a child."""
    if after is None or (before is not None and died_and_born(before) == died_and_born(after)):
        return []
    with reading.seeing_all(view):
        patient = f"Patient/{after['id']}"
        if is_deceased(after):
            return [] if is_deceased(before) else death(view, patient)
        return life(view, patient, after) if before is not None else []


def died_and_born(patient: Resource) -> tuple[bool, Any]:
    """What of a Patient decides about a transition."""
    return is_deceased(patient), patient.get("birthDate")


def death(view: View, patient: str) -> list[Resource]:
    """Every episode and every open promise of somebody who has died is closed, with that reason."""
    outputs = [each for episode in transitions.running(view, patient) for each in transitions.closing(view, episode, "died", by=patient)]
    done = {each["id"] for each in outputs}
    owed = (view.get("Task", each["id"]) for each in view.find("Task", patient=patient, status=codes.OPEN) if each["id"] not in done)
    return [*(upkeep.shut(task, reason="died", now=view.now) for task in owed if codes.is_open(task)), *outputs]


def life(view: View, patient: str, after: Resource) -> list[Resource]:
    """Who was recorded as dead by mistake is owed again what was; whose birth date was corrected is judged by it."""
    outputs: list[Resource] = []
    chart = reading.chart(view, patient)
    for found in chart.get("EpisodeOfCare", ()):
        if not episodes.is_transition(found):
            continue
        episode = view.get("EpisodeOfCare", found["id"])
        discharge = discharges.read(view, reading.peek(view, episodes.encounter_of(episode)))
        if discharge is None:
            continue
        if episodes.is_active(episode) and not is_adult(discharges.birth_date(after), discharge.day):
            outputs += transitions.closing(view, episode, "not-adult", by=patient)
        elif codes.reason_code(episode) == "died" and not discharges.too_old(view, discharge):
            outputs += transitions.reopening(view, episode, discharge, chart)
    return outputs


def recent(view: View, *texts: str | None) -> bool:
    """Whether any of these dates is recent enough to matter (or unknown)."""
    moments = [reading.moment(text, view.zone) for text in texts if text]
    return not moments or any(moment is not None and moment > view.now - discharges.RECENT - timedelta(days=1) for moment in moments)


def is_communication(resource: Mapping[str, Any] | None) -> bool:
    """Whether a Communication documents an attempt, whether it still stands or not."""
    return extension(resource, codes.CONTACT_OUTCOME) is not None


@wanting(lambda after: after is None or is_communication(after))
def on_communication(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """An attempt was documented, corrected or taken back."""
    if not (is_communication(before) or is_communication(after)) or not recent(view, (after or before or {}).get("sent")):
        return []
    return transitions.refresh_patients(view, codes.patient_of(before), codes.patient_of(after))


def patients_of(appointment: Mapping[str, Any] | None) -> list[str]:
    """The patients who take part in an Appointment."""
    actors = [target(each.get("actor")) for each in (appointment or {}).get("participant", ())]
    return [actor for actor in actors if actor is not None and actor.startswith("Patient/")]


def on_appointment(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """A visit was booked, moved, cancelled or kept."""
    if not recent(view, *(each.get("start") for each in (before, after) if each)):
        return []
    return transitions.refresh_patients(view, *patients_of(before), *patients_of(after))


@wanting(lambda after: after is None or not is_first(after) or evidence.is_visit(after))
def on_visit(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """A visit was made, corrected or taken back."""
    visits = [each for each in (before, after) if each is not None and evidence.is_visit(each)]
    if not visits or not recent(view, *(each.get("period", {}).get("start") for each in visits)):
        return []
    return transitions.refresh_patients(view, codes.patient_of(before), codes.patient_of(after))


@wanting(lambda after: after is None or not is_first(after) or evidence.is_summary(after))
def on_document(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """A discharge summary arrived, was superseded or taken back."""
    summaries = [each for each in (before, after) if evidence.is_summary(each)]
    if not summaries or not recent(view, *(each.get("date") for each in summaries if each)):
        return []
    return transitions.refresh_patients(view, codes.patient_of(before), codes.patient_of(after))


def performed(procedure: Mapping[str, Any] | None) -> tuple[str | None, ...]:
    """When a Procedure was done, as it is written; the end of a period, since that is what counts."""
    period = (procedure or {}).get("performedPeriod", {})
    return (procedure or {}).get("performedDateTime"), period.get("end") or period.get("start")


@wanting(lambda after: after is None or not is_first(after) or evidence.is_reconciliation(after))
def on_procedure(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """Medicines were reconciled, or that was taken back."""
    reconciled = [each for each in (before, after) if evidence.is_reconciliation(each)]
    if not reconciled or not recent(view, *(text for each in reconciled for text in performed(each))):
        return []
    return transitions.refresh_patients(view, codes.patient_of(before), codes.patient_of(after))


@wanting(lambda after: after is not None and after.get("status") in codes.CLOSED and codes.promise_code(after) is not None)
def on_promise_closed(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """The last promise of an episode was closed: so is the episode."""
    if after is None or before is None or not codes.is_open(before):
        return []
    with reading.seeing_all(view):
        episode = reading.maybe(view, codes.episode_of(after))
        if episode is None or not episodes.is_active(episode):
            return []
        tasks = transitions.tasks_of(view, plans.current(view, transitions.PLAN), episode).values()
        if any(codes.is_open(task) for task in tasks):
            return []
        return [episodes.closed(episode, status="finished", code="all-closed", now=view.now)]


@wanting(lambda after: after is not None and not is_first(after))
def on_episode(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """An episode was closed from outside: nothing about it is owed any more, and its promises say why."""
    if after is None or not episodes.is_active(before) or episodes.is_active(after):
        return []
    with reading.seeing_all(view):
        tasks = transitions.tasks_of(view, plans.current(view, transitions.PLAN), after).values()
        reason = codes.reason_code(after) or "episode-closed"
        return [upkeep.shut(task, reason=reason, now=view.now) for task in tasks if codes.is_open(task)]
