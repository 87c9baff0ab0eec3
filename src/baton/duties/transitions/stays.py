"""A stay in hospital, under observation or in skilled nursing: its end opens a transition, its correction moves it, a new one closes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from baton.duties import codes, reading
from baton.duties.reactions import is_first, wanting
from baton.duties.reading import Chart
from baton.duties.transitions import discharges, episodes, transitions
from baton.duties.transitions.discharges import Discharge
from baton.fhir.resource import Resource
from baton.rules import clocks
from baton.rules.calendar import local_day

if TYPE_CHECKING:
    from baton.store import View

BY_STAY = frozenset({"encounter-cancelled", "encounter-entered-in-error", "no-longer-a-discharge", "patient-corrected"})
"""Reasons for closing that are taken back when the stay itself says so again."""


def stay_may_matter(after: Resource | None) -> bool:
    """Whether an Encounter could concern a transition as a stay."""
    return after is None or not is_first(after) or discharges.is_stay(after)


def long_ago(view: View, encounter: Resource | None) -> bool:
    """Whether a stay ended so long ago that no clock can still run."""
    end = reading.moment(discharges.ended(encounter), view.zone)
    return end is not None and end < view.now - discharges.RECENT


@wanting(stay_may_matter)
def on_stay(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """A stay began, ended, was corrected or taken back."""
    if not (discharges.is_stay(before) or discharges.is_stay(after)) or (
        long_ago(view, after) and (before is None or long_ago(view, before))
    ):
        return []
    patients = sorted({patient for each in (before, after) if (patient := codes.patient_of(each))})
    for patient in patients:
        reading.take_turns(view, f"transitions of {patient}")
    with reading.seeing_all(view):
        charts = {patient: reading.chart(view, patient) for patient in patients}
        return [
            *own_episode(before, after, view, charts),
            *others_episodes(before, after, view, charts),
            *uncovered(before, after, view, charts),
            *parted(before, after, view, charts),
        ]


def own_episode(before: Resource | None, after: Resource | None, view: View, charts: Mapping[str, Chart]) -> list[Resource]:
    """What follows for the episode that this very stay opened or opens."""
    encounter = after or before or {}
    discharge = discharges.read(view, after)
    episode_id = codes.derived_id(transitions.PLAN, f"Encounter/{encounter['id']}")
    found = reading.maybe(view, f"EpisodeOfCare/{episode_id}")
    if discharge is None or after is None:
        return transitions.closing(view, found, stay_reason(after), status=undone_status(after)) if found else []
    chart = charts[discharge.patient]
    why_not = discharges.refusal(view, after, discharge, reading.peek(view, discharge.patient))
    if found is None:
        return (
            []
            if why_not or discharges.too_old(view, discharge) or still_in(chart, discharge) or followed_already(chart, discharge)
            else transitions.opening(view, discharge, chart)
        )
    if episodes.is_active(found):
        return (
            transitions.closing(view, found, "no-longer-a-discharge") if why_not else transitions.correction(view, found, discharge, chart)
        )
    if why_not is None and codes.reason_code(found) in BY_STAY and not discharges.too_old(view, discharge):
        return transitions.reopening(view, found, discharge, chart)
    return []


def stay_reason(after: Resource | None) -> str:
    """Why a stay is no discharge any more."""
    status = after.get("status") if after else "entered-in-error"
    return f"encounter-{status}" if status in discharges.UNDONE else "no-longer-a-discharge"


def undone_status(after: Resource | None) -> str:
    """The status its episode closes with."""
    status = after.get("status") if after else "entered-in-error"
    return str(status) if status in discharges.UNDONE else "cancelled"


def still_in(chart: Chart, discharge: Discharge) -> bool:
    """Whether the patient was, or soon after came, into another stay: then that one's discharge is the one that counts."""
    return any(takes_over(stay, discharge) for stay in other_stays(chart, discharge))


def other_stays(chart: Chart, discharge: Discharge) -> Iterable[Resource]:
    """The patient's other stays."""
    return (each for each in chart.get("Encounter", ()) if discharges.is_stay(each) and f"Encounter/{each['id']}" != discharge.encounter)


def is_same(stay: Resource, discharge: Discharge) -> bool:
    """Whether another Encounter records this very stay (a hospital's ward and its billing, say): they overlap and end at the same time.

    Where one of them knows only the day, the same day is the same time.
    """
    end = discharges.ended(stay)
    moment = reading.moment(end, discharge.zone)
    if end is None or moment is None:
        return False
    together = moment == discharge.moment if discharge.exact and "T" in end else local_day(moment, discharge.zone) == discharge.day
    start = reading.moment(stay.get("period", {}).get("start"), discharge.zone)
    return together and (start is None or start.date() <= discharge.day)


def followed_already(chart: Chart, discharge: Discharge) -> bool:
    """Whether another record of the same stay has opened the transition: a patient went home once, and is owed everything once."""
    known = {str(each["id"]) for each in chart.get("EpisodeOfCare", ()) if episodes.is_transition(each)}
    same = (each for each in other_stays(chart, discharge) if is_same(each, discharge))
    return any(codes.derived_id(transitions.PLAN, f"Encounter/{each['id']}") in known for each in same)


def takes_over(stay: Resource, discharge: Discharge) -> bool:
    """Whether another stay ends what followed from a discharge: it began within 30 days after it, or outlasted it.

    A stay without an end that began before the discharge is not believed: such records are forgotten ones more often than not.
    """
    if stay.get("status") not in discharges.PRESENT or is_same(stay, discharge):
        return False
    period = stay.get("period", {})
    start, end = reading.moment(period.get("start"), discharge.zone), reading.moment(period.get("end"), discharge.zone)
    if start is None or (stay.get("status") == "finished" and end is not None and end <= discharge.moment):
        return False
    if start >= discharge.moment:
        last = clocks.last_day("readmission-window", discharge.day).value
        return local_day(start, discharge.zone) <= last
    return end is not None and end > discharge.moment and stay.get("status") == "finished"


def others_episodes(before: Resource | None, after: Resource | None, view: View, charts: Mapping[str, Chart]) -> list[Resource]:
    """What a stay means for the episodes of the patient's earlier discharges: readmitted, or not readmitted after all."""
    encounter = after or before or {}
    reference = f"Encounter/{encounter['id']}"
    outputs: list[Resource] = []
    for chart in charts.values():
        for episode in chart.get("EpisodeOfCare", ()):
            if not episodes.is_transition(episode) or episodes.encounter_of(episode) == reference:
                continue
            outputs += other_episode(view, episode["id"], after, reference, chart)
    return outputs


def other_episode(view: View, episode_id: str, stay: Resource | None, reference: str, chart: Chart) -> list[Resource]:
    """One earlier episode, in the light of this stay."""
    episode = view.get("EpisodeOfCare", episode_id)
    discharge = discharges.read(view, reading.peek(view, episodes.encounter_of(episode)))
    if discharge is None:
        return []
    same_patient = stay is not None and codes.patient_of(stay) == discharge.patient
    taken_over = stay is not None and same_patient and discharges.is_stay(stay) and takes_over(stay, discharge)
    if taken_over:
        return transitions.closing(view, episode, "readmitted", by=reference)
    if codes.reason_code(episode) == "readmitted" and episodes.closed_by(episode) == reference and not discharges.too_old(view, discharge):
        return transitions.reopening(view, episode, discharge, chart)
    return []


def uncovered(before: Resource | None, after: Resource | None, view: View, charts: Mapping[str, Chart]) -> list[Resource]:
    """Discharges that had opened nothing because this stay, now taken back, seemed to come after them."""
    patient = codes.patient_of(before)
    if patient is None or before is None or before.get("status") in discharges.UNDONE or stay_reason(after) == "no-longer-a-discharge":
        return []
    stays = (each for each in charts[patient].get("Encounter", ()) if each["id"] != before["id"])
    others = [each for each in stays if discharges.ended(each) and not long_ago(view, each)]
    return [output for each in others for output in own_episode(each, each, view, charts)]


def parted(before: Resource | None, after: Resource | None, view: View, charts: Mapping[str, Chart]) -> list[Resource]:
    """Records that were taken for this very stay, and after its correction are another: each is judged as one of its own."""
    was, now = discharges.read(view, before), discharges.read(view, after)
    if was is None or now is None or was.patient != now.patient or was.moment == now.moment:
        return []
    others = [each for each in other_stays(charts[now.patient], now) if is_same(each, was) and not is_same(each, now)]
    return [output for each in others for output in (*own_episode(each, each, view, charts), *others_episodes(each, each, view, charts))]
