"""The coordinator's worklist: what is owed to whom, most urgent first, and why each row is here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from baton.duties import codes, reading, trace, working_days
from baton.duties.contact import communication, safe_contact
from baton.duties.names import names_of
from baton.duties.patients import chart_parts, identity, medicines
from baton.duties.support import education, goals
from baton.duties.team import teams
from baton.duties.today import loops, recent
from baton.duties.today.rows import Attempt, Contact, Difference, Identity, Medicine, Row, Sheet, State, Why
from baton.duties.transitions import episodes
from baton.fhir import query
from baton.fhir.resource import Resource, parse, target
from baton.rules.calendar import end_of_day, is_business_day, local_day, start_of_day
from baton.store import NotFound, PromiseRow, View

__all__ = [
    "Attempt",
    "Contact",
    "Counts",
    "Difference",
    "Filters",
    "Identity",
    "Medicine",
    "Row",
    "Sheet",
    "State",
    "Today",
    "Why",
    "sheet",
    "today",
    "why",
]

CALL = ("status", "medicines", "red-flags", "follow-up", "home", "results", "questions")
CHECKLISTS = {codes.CONTACT: CALL, codes.WATCH: CALL}
"""What is gone through, by kind of promise."""
CHART = (
    "Encounter",
    "EpisodeOfCare",
    "Appointment",
    "Communication",
    "MedicationRequest",
    "MedicationStatement",
    "RelatedPerson",
    "Task",
    "Consent",
    "Goal",
)
MEANT = 20  # patients that words of a name may mean
LONGEST_AWAY = 40  # days a team is closed at most before somebody is taken to have looked


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to. `kind` is a promise code, `team` an "Organization/id", `q` words of the patient's name."""

    whose: Literal["mine", "team", "everyone"] = "team"
    kind: str | None = None
    state: State | None = None
    team: str | None = None
    q: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many promises stand where, under the same filters but for the state; `discharged_recently` since `discharged_since`."""

    late: int
    today: int
    coming: int
    waiting: int
    asleep: int
    discharged_recently: int
    discharged_since: date
    closed_week: int


@dataclass(frozen=True, slots=True)
class Today:
    """The page of the day. `now` is local to `zone`; `more` continues the list; `kinds` and `teams` fill the filters."""

    now: datetime
    zone: ZoneInfo
    counts: Counts
    patients_in_care: int
    filters: Filters
    rows: tuple[Row, ...]
    more: str | None
    kinds: tuple[tuple[str, int], ...]
    teams: tuple[tuple[str, str], ...]


# --- the list -----------------------------------------------------------------------------------------------------------------------------


def today(view: View, *, filters: Filters | None = None, limit: int = 100, after: str | None = None) -> Today:
    """The worklist of this person, the earliest due first; a handful of questions however long it is. `after` continues it (`more`)."""
    filters = filters or Filters()
    day = local_day(view.now, view.zone)
    bounds = {"start_of_today": start_of_day(day, view.zone), "end_of_today": end_of_day(day, view.zone)}
    owners = owners_of(view, filters)
    asked = {"codes": [filters.kind] if filters.kind else None, **bounds}
    if filters.q.strip():
        patients = [f"Patient/{stored.id}" for _, stored in view.patients(filters.q, MEANT)]
        found = sorted(
            (row for each in patients for row in view.promises(owners, state=filters.state, patient=each, limit=limit, **asked)),
            key=lambda row: row.due,
        )
        tallies = [
            view.promise_tally(owners, patient=each, closed_since=week(view), end_of_today=bounds["end_of_today"]) for each in patients
        ]
    else:
        found = view.promises(owners, state=filters.state, limit=limit + 1, after=after, **asked)
        tallies = [view.promise_tally(owners, closed_since=week(view), end_of_today=bounds["end_of_today"])]
    counts = summed(counted for tally in tallies for kind, counted in tally.items() if filters.kind in (None, kind))
    shown = found[:limit]
    since = last_looked(view)
    return Today(
        now=view.now.astimezone(view.zone),
        zone=view.zone,
        counts=Counts(
            counts.get("late", 0), counts.get("today", 0), counts.get("coming", 0), counts.get("waiting", 0), counts.get("asleep", 0),
            how_many(view, "EpisodeOfCare", **recent.since(since)),
            since, counts.get("closed_since", 0),
        ),
        patients_in_care=view.patients_in_care(),
        filters=filters,
        rows=rows(view, shown),
        more=shown[-1].place if len(found) > limit else None,
        kinds=kinds(tallies),
        teams=teams.names(view),
    )  # fmt: skip


def kinds(tallies: Iterable[Mapping[str, Mapping[str, int]]]) -> tuple[tuple[str, int], ...]:
    """How many open promises there are of each kind, the asleep left out."""
    found: dict[str, int] = {}
    for kind, counted in ((kind, counted) for tally in tallies for kind, counted in tally.items()):
        found[kind] = found.get(kind, 0) + sum(counted[state] for state in ("late", "today", "coming", "waiting"))
    return tuple((kind, count) for kind, count in sorted(found.items()) if count)


def owners_of(view: View, filters: Filters) -> Sequence[str] | None:
    """Whose promises are asked for: one's own, a team's with those of its people, or (None) everyone's."""
    if filters.whose == "mine":
        return [view.who.person]
    if filters.whose == "everyone" and view.who.sees_everyone and not filters.team:
        return None
    wanted = [filters.team] if filters.team else list(view.who.teams)
    if not wanted:
        return None if view.who.sees_everyone else [view.who.person]
    own = [view.who.person] if not filters.team or filters.team in view.who.teams else []
    return list(dict.fromkeys([*wanted, *own, *teams.people_of(view, wanted)]))


def week(view: View) -> datetime:
    """Monday morning of this week."""
    day = local_day(view.now, view.zone)
    return start_of_day(day - timedelta(days=day.weekday()), view.zone)


def last_looked(view: View) -> date:
    """The last business day before today on which this person's team was at work: since when a coordinator has not looked."""
    calendar = working_days.calendar(view, next(iter(view.who.teams), None))
    day = local_day(view.now, view.zone) - timedelta(days=1)
    for _ in range(LONGEST_AWAY):
        if is_business_day(day, calendar):
            break
        day -= timedelta(days=1)
    return day


def done(view: View, *, filters: Filters, limit: int = 50, after: str | None = None) -> recent.Recent:
    """What the count of the week stands for: closed since Monday, under the same filters but for the state."""
    meant = [f"Patient/{stored.id}" for _, stored in view.patients(filters.q, MEANT)] if filters.q.strip() else None
    owners = owners_of(view, filters)
    return recent.done(view, owners=owners, monday=week(view), kind=filters.kind, patients=meant, limit=limit, after=after)


def how_many(view: View, type_: str, **params: str) -> int:
    """How many resources a search finds, among those this person may see."""
    said = [*((name.replace("__", ":"), value) for name, value in params.items()), ("_summary", "count")]
    return view.search(query.parse(type_, said)).total or 0


def summed(several: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Counts added up."""
    total: dict[str, int] = {}
    for counts in several:
        for name, count in counts.items():
            total[name] = total.get(name, 0) + count
    return total


def rows(view: View, found: Sequence[PromiseRow]) -> tuple[Row, ...]:
    """Promises of the worklist as rows; the bodies came with them, and the names stand on the Tasks."""
    tasks = [each.task for each in found]
    bodies = {each.patient: each.patient_body for each in found}
    people = {patient: parse(body) if body else nobody(patient) for patient, body in bodies.items()}
    patients = [people[each.patient] for each in found]
    names = names_of(view, missing) if (missing := loops.owners(tasks)) else {}
    pairs = zip(tasks, patients, strict=True)
    return tuple(loops.row(task, who_is, now=view.now, zone=zone_of(task, view.zone), who=view.who, names=names) for task, who_is in pairs)


def nobody(reference: str | None) -> Resource:
    """A patient that is only pointed at."""
    return {"resourceType": "Patient", "id": (reference or "Patient/").partition("/")[2]}


def zone_of(task: Resource, zone: ZoneInfo) -> Any:
    """The zone a promise's due time was written in: its own offset where it differs from the hub's at that moment."""
    try:
        due = datetime.fromisoformat(str(task["restriction"]["period"]["end"]))
    except (KeyError, ValueError):
        return zone
    return due.tzinfo if due.tzinfo is not None and due.utcoffset() != due.astimezone(zone).utcoffset() else zone


# --- one row ------------------------------------------------------------------------------------------------------------------------------


def promised(view: View, task: str) -> Resource:
    """The promise with this id. Raises NotFound when there is none, or none this person may see."""
    found = view.get("Task", task.removeprefix("Task/"))
    if codes.promise_code(found) is None:
        raise NotFound(f"There is no promise Task/{task}.")
    return found


def why(view: View, *, task: str) -> trace.Trace:
    """Why a promise is there: rule, version, facts, the arithmetic of its date, and what clears it. Raises NotFound."""
    told = trace.of(promised(view, task))
    if told is None:
        raise NotFound(f"Task/{task} says not why it is there.")
    return told


def sheet(view: View, *, task: str) -> Sheet:
    """All that the call about a promise needs: three questions. Raises NotFound."""
    found = promised(view, task)
    told = trace.of(found)
    if told is None:
        raise NotFound(f"Task/{task} says not why it is there.")
    patient_id = str(codes.patient_of(found)).partition("/")[2]
    patient = view.get("Patient", patient_id)
    chart = view.compartment(patient_id, CHART, per_type=100)
    zone, day = zone_of(found, view.zone), local_day(view.now, view.zone)
    names = names_of(view, missing) if (missing := loops.owners([found])) else {}
    said = communication.attempts_state(view, task=found, communications=chart.get("Communication", []), zone=view.zone)
    episode = next((each for each in chart.get("EpisodeOfCare", ()) if f"EpisodeOfCare/{each['id']}" == codes.episode_of(found)), None)
    encounter = next((each for each in chart.get("Encounter", ()) if f"Encounter/{each['id']}" == target(found.get("focus"))), None)
    stayed = chart_parts.last_stay([encounter] if encounter else chart.get("Encounter", ()), view.zone)
    discharged = told.fact("discharged")
    asked = safe_contact.wanted(chart.get("Consent", ()))
    return Sheet(
        row=loops.row(found, patient, now=view.now, zone=zone, who=view.who, names=names),
        identity=identity.identity(patient, day),
        contacts=safe_contact.reachable(identity.contacts(patient, chart.get("RelatedPerson", ()), day), asked, patient),
        safe=asked,
        home_since=discharged.astimezone(zone) if isinstance(discharged, datetime) else None,
        facility=text(told.fact("facility")),
        reason=text(told.fact("reason")),
        days_in=(stayed[1] - stayed[0]).days if stayed else None,
        medicines=medicines.medicines(chart.get("MedicationRequest", ()), chart.get("MedicationStatement", ()), stay=stayed),
        next_visit=next_visit(chart.get("Appointment", ()), view),
        visit_needed_by=visit_needed_by(chart.get("Task", ()), found),
        attempts=said.attempts,
        requirement_met=said.requirement_met,
        checklist=CHECKLISTS.get(codes.promise_code(found) or "", ()),
        trace=told,
        differences=episodes.differences(episode) if episode else (),
        episode=str(episode["id"]) if episode else None,
        to_ask=tuple(
            (given.title, item.ask.question)
            for given, item in education.unproved(view, patient=patient_id, communications=chart.get("Communication", ()))
        ),
        goals=goals.to_ask(view, chart.get("Goal", ())),
    )


def text(value: object) -> str | None:
    """A fact that is words."""
    return str(value) if value is not None else None


def next_visit(appointments: Iterable[Resource], view: View) -> datetime | None:
    """The earliest visit still in the book."""
    booked = (each for each in appointments if each.get("status") in ("booked", "pending", "arrived", "checked-in"))
    starts = (reading.moment(each.get("start"), view.zone) for each in booked)
    return min((start for start in starts if start is not None and start >= view.now), default=None)


def visit_needed_by(tasks: Iterable[Resource], task: Resource) -> datetime | None:
    """When the visit of the same transition is due, while it is still owed."""
    episode = codes.episode_of(task)
    for each in tasks:
        if episode and codes.episode_of(each) == episode and codes.promise_code(each) == codes.VISIT and codes.is_open(each):
            told = trace.of(each)
            return told.due if told else None
    return None
