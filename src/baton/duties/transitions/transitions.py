"""Transitional care of adults: the episode a discharge opens, kept up to date, corrected with a visible difference, closed with a reason.

When that happens is said in `stays` (the stay itself) and `happenings` (everything else). Rules and sources: docs/duties/transitions.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from baton.duties import codes, plans, reading, trace
from baton.duties.plans import Plan, Start
from baton.duties.reading import Chart
from baton.duties.trace import Fact
from baton.duties.transitions import discharges, episodes, evidence, upkeep
from baton.duties.transitions.discharges import Discharge
from baton.fhir.resource import Resource
from baton.rules import attempts, clocks, tcm
from baton.rules.answer import Answer
from baton.rules.calendar import local_day
from baton.store import Change, Invalid, Store, View, Who

PLAN = episodes.TRANSITIONAL_CARE
COMPLEXITIES = ("high", "moderate", "low")
HUB = Who(person=codes.HUB, name="Baton", role="system", teams=(), entrance="worker")
WATCHED = (
    (codes.CONTACT, "tcm-contact"),
    ("visit-within-7-days", "tcm-visit-7"),
    ("visit-within-14-days", "tcm-visit-14"),
    ("service-period", "tcm-service-period"),
    (codes.WATCH, "readmission-window"),
    (codes.INFORMATION, "trc-discharge-information"),
)
"""The clocks whose change a correction shows."""


# --- opening and keeping up ---------------------------------------------------------------------------------------------------------------


def plan_of(view: View) -> Plan:
    """The pathway as installed."""
    return plans.current(view, PLAN)


def opening(view: View, discharge: Discharge, chart: Chart) -> list[Resource]:
    """The episode and its promises."""
    plan = plan_of(view)
    if not plan.active:
        return []
    team, name, care_team = reading.team_of(view, discharge.patient, chart.get("CareTeam", ()))
    episode = episodes.opened(discharge, plan=plan.canonical, team=team, team_name=name, care_team=care_team)
    hold(view, plan, episode)
    return settled(view, plan, episode, discharge, chart, known={})


def start_of(view: View, episode: Resource, discharge: Discharge) -> Start:
    """Where the promises of this episode start from."""
    manager = episode["managingOrganization"]
    facts = (*discharge.facts(), Fact("complexity", episodes.complexity(episode)))
    because = str(getattr(view, "because", "")) or f"discharge of {discharge.encounter}"
    return Start(
        episode=f"EpisodeOfCare/{episode['id']}",
        patient=discharge.patient,
        focus=discharge.encounter,
        owner=str(manager["reference"]),
        owner_name=str(manager.get("display", manager["reference"])),
        zone=discharge.zone,
        facts=facts,
        made_by=plans.made_by(view, because),
    )


def hold(view: View, plan: Plan, episode: Resource) -> None:
    """Lock all promises of an episode at once."""
    reference = f"EpisodeOfCare/{episode['id']}"
    reading.hold(view, (f"Task/{plans.task_id(reference, step.code)}" for step in plan.steps))


def tasks_of(view: View, plan: Plan, episode: Resource) -> dict[str, Resource]:
    """The promises of an episode as they stand, by code, locked until the change ends."""
    hold(view, plan, episode)
    reference = f"EpisodeOfCare/{episode['id']}"
    found = ((step.code, reading.maybe(view, f"Task/{plans.task_id(reference, step.code)}")) for step in plan.steps)
    return {code: task for code, task in found if task is not None}


def settled(
    view: View, plan: Plan, episode: Resource, discharge: Discharge, chart: Chart, *, known: dict[str, Resource] | None = None
) -> list[Resource]:
    """The episode, and those of its promises that have to be made or changed."""
    start = start_of(view, episode, discharge)
    known = tasks_of(view, plan, episode) if known is None else known
    said = evidence.gather(chart, discharge, f"Task/{plans.task_id(start.episode, codes.CONTACT)}")
    tasks = upkeep.promises(view, plan, start, discharge, said, episodes.complexity(episode), known)
    return [*tasks, episode]


def refreshed(view: View, episode: Resource, chart: Chart) -> list[Resource]:
    """The promises of a running episode that new facts have changed."""
    discharge = discharges.read(view, reading.peek(view, episodes.encounter_of(episode)))
    if discharge is None:
        return []
    *tasks, _ = settled(view, plan_of(view), episode, discharge, chart)
    return tasks


# --- correcting ---------------------------------------------------------------------------------------------------------------------------


def correction(view: View, episode: Resource, discharge: Discharge, chart: Chart) -> list[Resource]:
    """The episode and its promises after the stay was corrected, with a difference for everything that moved; nothing when nothing did."""
    after = episode
    if episode["patient"]["reference"] != discharge.patient:
        team, name, care_team = reading.team_of(view, discharge.patient, chart.get("CareTeam", ()))
        after = upkeep.without(after, "team")
        after = {**after, "patient": {"reference": discharge.patient}, "managingOrganization": codes.reference_to(team, name)}
        after |= {"team": [{"reference": care_team}]} if care_team else {}
    moved = moves(view, episode, discharge)
    if moved:
        period = {**after["period"], "start": episodes.discharge_text(discharge)}
        after = episodes.with_differences({**after, "period": period}, moved)
    *tasks, _ = settled(view, plan_of(view), after, discharge, chart)
    changed = [*tasks, *([after] if after != episode else [])]
    return [*changed, provenance(view, discharge, changed)] if moved else changed


def provenance(view: View, discharge: Discharge, changed: Iterable[Resource]) -> Resource:
    """Who corrected the stay, when, and what that changed: a correction is told in FHIR's own words too."""
    targets = [{"reference": f"{each['resourceType']}/{each['id']}"} for each in changed if "id" in each]
    return {
        "resourceType": "Provenance",
        "id": codes.derived_id("correction", discharge.episode_id, episodes.instant(view.now)),
        "target": [{"reference": discharge.encounter}, *targets, {"reference": discharge.patient}],
        "recorded": episodes.instant(view.now),
        "activity": codes.concept(codes.DATA_OPERATION, "UPDATE", "The discharge was corrected"),
        "agent": [{"who": codes.reference_to(view.who.person, view.who.name)}],
    }


def moves(view: View, episode: Resource, discharge: Discharge) -> list[Resource]:
    """What the corrected discharge moved: its own time, and every clock that now ends on another day."""
    text = str(episode["period"]["start"])
    was = reading.moment(text, discharge.zone)
    if was is None or (was == discharge.moment and ("T" in text) == discharge.exact):
        return []
    cause, day = "discharge-corrected", local_day(was, discharge.zone)
    first = episodes.difference(
        "discharged", was if "T" in text else day, discharge.moment if discharge.exact else discharge.day, cause, view.now
    )
    ends = [(code, clocks.last_day(name, day).value, clocks.last_day(name, discharge.day).value) for code, name in WATCHED]
    return [first, *(episodes.difference(code, old, new, cause, view.now) for code, old, new in ends if old != new)]


# --- closing and reopening ----------------------------------------------------------------------------------------------------------------


def closing(view: View, episode: Resource, reason: str, *, status: str = "finished", by: str | None = None) -> list[Resource]:
    """A running episode closed with a reason, its open promises before it; nothing when it is closed already."""
    if not episodes.is_active(episode):
        return []
    tasks = tasks_of(view, plan_of(view), episode).values()
    shut = [upkeep.shut(task, reason=reason, now=view.now) for task in tasks if codes.is_open(task)]
    return [*shut, episodes.closed(episode, status=status, code=reason, now=view.now, by=by)]


def reopening(view: View, episode: Resource, discharge: Discharge, chart: Chart) -> list[Resource]:
    """A closed episode under way again: what was closed with it is owed again, by the clocks of today's facts."""
    reason = codes.reason_code(episode)
    plan = plan_of(view)
    tasks = tasks_of(view, plan, episode)
    known = {code: again(task, reason, view) for code, task in tasks.items()}
    team, name, _ = reading.team_of(view, discharge.patient, chart.get("CareTeam", ()))
    after = {**episodes.reopened(episode, view.now), "managingOrganization": codes.reference_to(team, name)}
    moved = moves(view, episode, discharge)
    if moved:
        after = episodes.with_differences({**after, "period": {"start": episodes.discharge_text(discharge)}}, moved)
    *changed, _ = settled(view, plan, after, discharge, chart, known=known)
    fresh = {task["id"] for task in changed}
    return [after, *changed, *(task for code, task in known.items() if task != tasks[code] and task["id"] not in fresh)]


def again(task: Resource, reason: str | None, view: View) -> Resource:
    """A promise owed again when it was closed for the reason its episode was."""
    if codes.reason_code(task) == reason and task.get("status") == "cancelled":
        return reading.rehomed(view, upkeep.reopened(task, f"{reason}-taken-back", view.now))
    return task


def running(view: View, patient: str, chart: Chart | None = None) -> list[Resource]:
    """The patient's transitions under way, locked."""
    found = view.find("EpisodeOfCare", patient=patient, status=episodes.ACTIVE) if chart is None else chart.get("EpisodeOfCare", ())
    locked = (view.get("EpisodeOfCare", each["id"]) for each in found if episodes.is_transition(each))
    return [each for each in locked if episodes.is_active(each)]


def refresh_patients(view: View, *patients: str | None) -> list[Resource]:
    """Bring the running transitions of these patients up to date."""
    with reading.seeing_all(view):
        wanted = dict.fromkeys(patient for patient in patients if patient)
        charts = ((reading.chart(view, patient), patient) for patient in wanted)
        return [each for chart, patient in charts for episode in running(view, patient, chart) for each in refreshed(view, episode, chart)]


# --- what people decide -------------------------------------------------------------------------------------------------------------------


def episode_of_task(change: Change, task: str) -> Resource:
    """The running transition a promise belongs to, locked. Raises Invalid when there is none."""
    found = change.get("Task", task.removeprefix("Task/"))
    episode = reading.maybe(change, codes.episode_of(found))
    if episode is None or not episodes.is_active(episode):
        raise Invalid("This promise belongs to no running transition.", expression="Task.extension")
    return episode


def set_complexity(change: Change, *, task: str, complexity: str) -> None:
    """Record how complex the medical decision making is (high, moderate, low): the visit moves between 7 and 14 days, with a difference.

    `task` is any promise of the transition. Raises Invalid.
    """
    if complexity not in COMPLEXITIES:
        raise Invalid(f"Complexity is {', '.join(COMPLEXITIES)}; not {complexity!r}.", expression="EpisodeOfCare.extension")
    episode = episode_of_task(change, task)
    if episodes.complexity(episode) == complexity:
        return
    discharge = discharges.read(change, reading.peek(change, episodes.encounter_of(episode)))
    if discharge is None:
        raise Invalid("The stay this follows from cannot be read.", expression="EpisodeOfCare.extension")
    was, now = (clocks.last_day("tcm-visit", discharge.day, complexity=each).value for each in (episodes.complexity(episode), complexity))
    moved = [episodes.difference(codes.VISIT, was, now, "complexity-changed", change.now)] if was != now else []
    after = episodes.with_differences(episodes.with_complexity(episode, complexity), moved)
    for resource in settled(change, plan_of(change), after, discharge, reading.chart(change, discharge.patient)):
        change.put(resource)


def acknowledge_difference(change: Change, *, task: str) -> None:
    """Everything a correction moved in this promise's transition has been seen, in one step; nothing to do the second time."""
    episode = episode_of_task(change, task)
    if any(not each.acknowledged for each in episodes.differences(episode)):
        change.put(episodes.acknowledged(episode, by=change.who.person, at=change.now))


def end_watch(change: Change, *, task: str) -> bool:
    """The 30 days are over: the watch is kept, whatever is still open is closed with that reason, the episode is finished.

    Returns whether there was something to end.
    """
    watch = change.get("Task", task.removeprefix("Task/"))
    told = trace.of(watch)
    if not codes.is_open(watch) or codes.promise_code(watch) != codes.WATCH or told is None or told.due >= change.now:
        return False
    change.put(upkeep.shut(watch, reason="watch-ended", status="completed", now=change.now))
    episode = reading.maybe(change, codes.episode_of(watch))
    if episode is not None:
        for resource in closing(change, episode, "watch-ended"):
            if resource["id"] != watch["id"]:
                change.put(resource)
    return True


def close_watches(store: Store, now: datetime | None = None, *, limit: int = 500) -> int:
    """Ends every 30-day watch that has run out, each in a change of its own; for the worker's clock. Returns how many ended."""
    now = now or store.now()
    with store.view(HUB) as view:
        late = view.promises(None, codes=[codes.WATCH], state="late", limit=limit)
    ended = 0
    for row in late:
        with store.change(HUB, because="The 30 days after discharge are over", at=now) as change:
            ended += end_watch(change, task=row.task_id)
    return ended


def proposal(view: View, *, episode: str) -> Answer[str | None]:
    """The code that may be proposed for a transition (99495, 99496 or none, with the reasons); never billed by itself. Raises NotFound."""
    found = view.get("EpisodeOfCare", episode)
    discharge = discharges.read(view, view.get("Encounter", str(episodes.encounter_of(found)).partition("/")[2]))
    if discharge is None:
        return Answer(None, (), "tcm/proposal")
    contact = f"Task/{plans.task_id(f'EpisodeOfCare/{episode}', codes.CONTACT)}"
    said = evidence.gather(reading.chart(view, discharge.patient), discharge, contact)
    last = clocks.last_day("tcm-contact", discharge.day).value
    judged = attempts.judge((each.attempt for each in said.spoken), discharged=discharge.moment, last_day=last, zone=discharge.zone)
    visited = local_day(said.visits[0].when, discharge.zone) if said.visits else None
    return tcm.proposal(discharge.day, visited=visited, complexity=episodes.complexity(found), contact_met=judged.met)
