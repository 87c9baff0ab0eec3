"""An organisation's own closures: said and taken back by those who run the house, and what that moves.

They are kept as `HealthcareService.notAvailable` (docs/adr/0015); docs/duties/closures.md says which clocks count by them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from baton.duties import codes, reading, trace
from baton.duties.reactions import Reaction, wanting
from baton.duties.transitions import discharges, episodes, evidence, transitions
from baton.duties.working_days import (
    KIND,
    LONGEST,
    REASON,
    WORKING_DAYS,
    Closure,
    above,
    calendar,
    day_of,
    is_working_days,
    read,
    service_id,
)
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, human_name, target
from baton.rules import attempts, clocks
from baton.rules.calendar import Calendar, end_of_day, start_of_day
from baton.store import Change, Invalid, PromiseRow, View

LONGEST_REASON = 100
BY = ("supervisor", "administrator", "system")


@dataclass(frozen=True, slots=True)
class Moved:
    """A promise whose last day is another one by a changed calendar."""

    task: str
    patient: str
    patient_name: str
    kind: str
    was: date
    now: date


# --- saying -------------------------------------------------------------------------------------------------------------------------------


def close(change: Change, *, organization: str, first: date, last: date, reason: str) -> None:
    """An organisation is closed on these days. Raises Invalid when it cannot be, or is already."""
    service = reading.maybe(change, f"HealthcareService/{service_id(organization)}")
    known = read(service)
    if any(each.first <= first and last <= each.last for each in known):
        raise Invalid("These days are closed already.", expression="HealthcareService.notAvailable")
    name = reading.name_of(change, organization)
    added = {"description": reason.strip(), "during": {"start": first.isoformat(), "end": last.isoformat()}}
    base: Resource = service or {"resourceType": "HealthcareService", "id": service_id(organization), "active": True}
    change.put(
        {
            **base,
            "providedBy": codes.reference_to(organization, name),
            "type": [codes.concept(KIND, WORKING_DAYS)],
            "notAvailable": [*base.get("notAvailable", ()), added],
        }
    )


def open_again(change: Change, *, organization: str, first: date, last: date) -> None:
    """A closure is taken back. Raises Invalid when there is none on these days."""
    service = reading.maybe(change, f"HealthcareService/{service_id(organization)}") or {}
    days = {"start": first.isoformat(), "end": last.isoformat()}
    kept = [each for each in service.get("notAvailable", ()) if each.get("during") != days]
    if len(kept) == len(service.get("notAvailable", ())):
        raise Invalid("There is no such closure any more.", expression="HealthcareService.notAvailable")
    rest = {key: value for key, value in service.items() if key != "notAvailable"}
    change.put({**rest, **({"notAvailable": kept} if kept else {})})


def guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """Only those who run the house say when it is closed; days and a reason, not too long."""
    if not (is_working_days(before) or is_working_days(after)):
        return
    if view.who.role not in BY:
        yield error("forbidden", "Only a supervisor or an administrator says when an organisation is closed.", "HealthcareService")
        return
    if after is None:
        return
    owner = target(after.get("providedBy"))
    if owner is None or after["id"] != service_id(owner):
        yield error(
            "invalid", "Working days belong to one organisation, under the id that follows from it.", "HealthcareService.providedBy"
        )
    for index, each in enumerate(after.get("notAvailable", ())):
        yield from _objections(each, f"HealthcareService.notAvailable[{index}]")


def _objections(closed: Mapping[str, Any], where: str) -> Iterator[Issue]:
    texts = [str(closed.get("during", {}).get(end, "")) for end in ("start", "end")]
    first, last = map(day_of, texts)
    if first is None or last is None or any(len(text) != 10 for text in texts):
        yield error("required", "A closure has a first and a last day.", f"{where}.during")
    elif not 0 <= (last - first).days < LONGEST:
        yield error("invalid", f"A closure ends on its first day or later, and lasts at most {LONGEST} days.", f"{where}.during")
    if not str(closed.get("description", "")).strip():
        yield error("required", "Say why it is closed.", f"{where}.description")
    elif len(str(closed["description"])) > LONGEST_REASON:
        yield error("too-long", f"A reason has at most {LONGEST_REASON} characters.", f"{where}.description")


# --- what it moves ------------------------------------------------------------------------------------------------------------------------


def waiting_calls(view: View, organizations: Iterable[str]) -> Iterator[tuple[Resource, Resource]]:
    """Calls that are tried again on a business day, with their episodes: the only promises whose day hangs on the calendar of a team."""
    wanted = set(organizations)
    for state in (None, "asleep"):
        after: str | None = None
        while True:
            rows = view.promises(None, codes=[codes.CONTACT], state=state, limit=500, after=after)
            for row in rows:
                _, facts = trace.told(row.task, ("requirement",))
                episode = reading.maybe(view, codes.episode_of(row.task)) if facts.get("requirement") == "met" else None
                if (
                    episode is not None
                    and episodes.is_active(episode)
                    and wanted & set(above(view, target(episode.get("managingOrganization"))))
                ):
                    yield row.task, episode
            if len(rows) < 500:
                break
            after = rows[-1].place


def would_move(view: View, *, organizations: Iterable[str], added: Iterable[Closure] = (), removed: Iterable[Closure] = ()) -> list[Moved]:
    """The promises whose last day would be another one if these closures were added and those removed; nothing is changed."""
    more = {day: REASON + each.reason for each in added for day in each.days}
    fewer = {day for each in removed for day in each.days}
    found = []
    with reading.seeing_all(view):
        for task, episode in waiting_calls(view, organizations):
            known = calendar(view, target(episode.get("managingOrganization")))
            then = Calendar(closures={day: why for day, why in known.closures.items() if day not in fewer} | more)
            was, now = (tried_again(view, task, episode, each) for each in (known, then))
            if was is not None and now is not None and was != now:
                who = reading.maybe(view, codes.patient_of(task)) or {"id": ""}
                found.append(Moved(str(task["id"]), str(who["id"]), human_name(who), codes.CONTACT, was, now))
    return sorted(found, key=lambda each: (each.now, each.patient_name))


def tried_again(view: View, task: Resource, episode: Resource, by: Calendar) -> date | None:
    """The last day of a call by some calendar; None when its stay cannot be read."""
    discharge = discharges.read(view, reading.peek(view, episodes.encounter_of(episode)))
    if discharge is None:
        return None
    said = evidence.gather(reading.chart(view, discharge.patient), discharge, f"Task/{task['id']}")
    last = clocks.last_day("tcm-contact", discharge.day, calendar=by).value
    tries = (each.attempt for each in said.spoken)
    return attempts.judge(tries, discharged=discharge.moment, last_day=last, zone=discharge.zone, calendar=by).due


def due_on(view: View, *, closures: Iterable[Closure], limit: int) -> tuple[int, list[PromiseRow]]:
    """The open promises of the closed teams that are due on these days whatever their calendars: somebody has to see to them before.

    How many, and the first of them.
    """
    from baton.duties.team.teams import people_of  # noqa: PLC0415 - teams knows transitions, which know the calendar

    count, rows = 0, list[PromiseRow]()
    teams: dict[tuple[date, date], list[str]] = {}
    for each in closures:
        teams.setdefault((each.first, each.last), []).append(each.organization)
    for (first, last), organizations in teams.items():
        owners = [*organizations, *people_of(view, organizations)]
        span = start_of_day(first, view.zone), end_of_day(last, view.zone)
        count += view.promises_due(owners, *span)
        rows += view.promises(owners, within=span, limit=limit)
    return count, rows[:limit]


@wanting(lambda after: after is None or is_working_days(after))
def on_working_days(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """Closures were added or taken back: the calls that hang on them get their new day, with a difference for each that moved."""
    if not (is_working_days(before) or is_working_days(after)) or set(read(before)) == set(read(after)):
        return []
    organizations = [found for each in (before, after) if each and (found := target(each.get("providedBy")))]
    outputs: list[Resource] = []
    with reading.seeing_all(view):
        for task, episode in list(waiting_calls(view, organizations)):
            outputs += moved(view, task, view.get("EpisodeOfCare", episode["id"]))
    return outputs


def moved(view: View, task: Resource, episode: Resource) -> list[Resource]:
    """The promises of an episode by the calendar as it is now, and on the episode what became of the call's day."""
    discharge = discharges.read(view, reading.peek(view, episodes.encounter_of(episode)))
    if discharge is None:
        return []
    *tasks, _ = transitions.settled(view, transitions.plan_of(view), episode, discharge, reading.chart(view, discharge.patient))
    was = trace.of(task)
    now = next((trace.of(each) for each in tasks if each["id"] == task["id"]), None)
    if was is None or now is None or was.due == now.due:
        return tasks
    days = was.due.date(), now.due.astimezone(was.due.tzinfo).date()
    return [*tasks, episodes.with_differences(episode, [episodes.difference(codes.CONTACT, *days, "closure-changed", view.now)])]


REACTIONS: dict[str, list[Reaction]] = {"HealthcareService": [on_working_days]}
GUARDS = {"HealthcareService": [guard]}
