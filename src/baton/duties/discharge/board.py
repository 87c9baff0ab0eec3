"""The board of the unit: who goes home when and where to, what is in the way and what it has cost, who is missing; and one stay whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, reading, working_days
from baton.duties.discharge import blockers as discharge_blockers
from baton.duties.discharge import evidence as discharge_evidence
from baton.duties.discharge import handoff as discharge_handoff
from baton.duties.discharge import plans as discharge_plans
from baton.duties.discharge import scores as discharge_scores
from baton.duties.discharge import states
from baton.duties.discharge.blockers import Blocker
from baton.duties.discharge.evidence import Pending
from baton.duties.discharge.handoff import Summary
from baton.duties.discharge.states import Plan
from baton.duties.patients import identity
from baton.duties.support import education
from baton.duties.today.rows import Contact, Identity
from baton.fhir.resource import Resource, parse, target, text_of
from baton.rules import discharge_plan as rules
from baton.rules.calendar import local_day

if TYPE_CHECKING:
    from baton.store import View

MOST: Final = 200
LOOKED_BACK: Final = timedelta(days=45)
SHOWN: Final = ("today", "blocked", "no-day", "left", "green")


@dataclass(frozen=True, slots=True)
class Row:
    """One stay on the board. `next` is a code, `about` what it is about; `hours` are those lost so far."""

    plan: Plan
    patient: Identity
    encounter: str
    reason: str
    place: str
    blockers: tuple[Blocker, ...]
    hours: float
    next: str
    about: str
    shown: frozenset[str]

    @property
    def open_blockers(self) -> tuple[Blocker, ...]:
        """What is in the way now."""
        return tuple(each for each in self.blockers if each.open)


@dataclass(frozen=True, slots=True)
class Board:
    """Every stay one may see: counts by what is shown, the rows chosen (who leaves first comes first), hours lost by cause."""

    counts: tuple[tuple[str, int], ...]
    rows: tuple[Row, ...]
    causes: tuple[tuple[str, float], ...]
    hours: float
    more: bool
    lost: tuple[tuple[str, str, float], ...] = ()  # behind `causes`: ("Patient/id", cause, hours)


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay whole. `fresh` are items that the chart shows done and the plan does not say so yet."""

    row: Row
    contacts: tuple[Contact, ...]
    admitted: datetime | None
    left: datetime | None
    pending: tuple[Pending, ...]
    summaries: tuple[Summary, ...]
    fresh: frozenset[str]
    given: tuple[education.Given, ...]
    suggested: tuple[tuple[str, str], ...]
    paper: str | None
    hand_off: str | None
    contact: Resource | None
    owners: tuple[tuple[str, str], ...]
    early_call: rules.EarlyCall | None

    @property
    def green(self) -> bool:
        """Whether they may leave without a reason: all is signed, and what is not done on the plan the chart shows done."""
        plan = self.row.plan
        return not plan.unsigned and all(step.code in self.fresh for step in plan.before_leaving)


def board(view: View, *, shown: str | None = None) -> Board:
    """The board, narrowed to what is shown."""
    owed = view.promises(None, codes=[states.PLAN], limit=MOST + 1)
    bodies = {str(target(each.task.get("focus"))): each for each in owed[:MOST] if each.patient_body}
    plans = reading.several(view, "CarePlan", bodies)
    encounters = reading.several(view, "Encounter", (target(plan.get("encounter")) for plan in plans.values()))
    tasks = view.find(
        "Task", code=f"{codes.PROMISE}|{states.BLOCKER}", authored_on=f"ge{(view.now - LOOKED_BACK).date().isoformat()}", _count=1000
    )
    rows = []
    for reference, owed_row in bodies.items():
        plan = plans.get(reference)
        if plan is not None and owed_row.patient_body:
            encounter = encounters.get(str(target(plan.get("encounter"))), {})
            rows.append(row(view, plan, encounter, parse(owed_row.patient_body), tasks))
    chosen = [each for each in rows if shown is None or shown in each.shown]
    known = {f"CarePlan/{each.plan.id}": (each.plan, left_of(encounters.get(f"Encounter/{each.encounter}", {}), view)) for each in rows}
    return Board(
        counts=tuple((name, sum(name in each.shown for each in rows)) for name in SHOWN),
        rows=tuple(sorted(chosen, key=_order)),
        causes=tuple((cause, hours) for cause, hours in discharge_blockers.hours_by_cause(tasks, known, view).items() if hours),
        hours=round(sum(each.hours for each in rows), 1),
        more=len(owed) > MOST,
        lost=tuple(each for each in discharge_blockers.lost(tasks, known, view) if each[2]),
    )


@dataclass(frozen=True, slots=True)
class Unplanned:
    """A stay under way that has no plan: the team of its patient begins one by hand where it wants one."""

    patient: Identity
    encounter: str
    reason: str
    place: str


def unplanned(view: View) -> tuple[Unplanned, ...]:
    """The stays under way without a plan, of all patients one may see, the newest first."""
    asked = {"class": ",".join(sorted(rules.STAYS)), "status": "in-progress,arrived,triaged,onleave"}
    stays = view.find("Encounter", _sort="-date", _count=MOST, **asked)
    planned = reading.several(view, "CarePlan", (states.reference(f"Encounter/{each['id']}") for each in stays))
    without = [each for each in stays if states.reference(f"Encounter/{each['id']}") not in planned]
    people = reading.several(view, "Patient", map(codes.patient_of, without))
    today = local_day(view.now, view.zone)
    return tuple(
        Unplanned(identity.identity(person, today), str(each["id"]), reason_of(each), place_of(each))
        for each in without
        if (person := people.get(str(codes.patient_of(each))))
    )


def reason_of(encounter: Mapping[str, Any]) -> str:
    """Why they are in hospital, in words."""
    return next((text for each in encounter.get("reasonCode", ()) if (text := text_of(each))), "")


def place_of(encounter: Mapping[str, Any]) -> str:
    """Where they are, in words: the last place named, else the hospital."""
    place: Mapping[str, Mapping[str, str]] = next(iter(reversed(encounter.get("location", ()))), {})
    return str(place.get("location", {}).get("display") or encounter.get("serviceProvider", {}).get("display") or "")


def _order(row_: Row) -> tuple[bool, bool, datetime, str]:
    latest = row_.plan.latest
    until = latest.until if latest else datetime.max.replace(tzinfo=row_.plan.admitted.tzinfo if row_.plan.admitted else None)
    return (row_.plan.state == "left", latest is None, until, row_.patient.name)


def left_of(encounter: Mapping[str, Any], view: View) -> datetime | None:
    """When a stay ended; None while it is under way."""
    return reading.moment(encounter.get("period", {}).get("end"), view.zone) if encounter.get("status") == "finished" else None


def row(view: View, plan: Resource, encounter: Resource, patient: Resource, tasks: Iterable[Resource]) -> Row:
    """One stay as a row."""
    known = states.read(plan, view.zone)
    left = left_of(encounter, view)
    blockers = discharge_blockers.of_plan(tasks, known, left, view)
    spans = [rules.lost_span(each.opened, each.resolved, ready=known.ready, left=left, now=view.now) for each in blockers]
    step, about = next_step(known, blockers)
    return Row(
        plan=known,
        patient=identity.identity(patient, local_day(view.now, view.zone)),
        encounter=known.encounter.partition("/")[2],
        reason=reason_of(encounter),
        place=place_of(encounter),
        blockers=blockers,
        hours=rules.hours(spans),
        next=step,
        about=about,
        shown=frozenset(_shown(known, blockers, local_day(view.now, view.zone))),
    )


def _shown(plan: Plan, blockers: Sequence[Blocker], today: date) -> Iterable[str]:
    if plan.state == "left":
        yield "left"
        return
    if plan.latest is None:
        yield "no-day"
    elif plan.latest.until.date() <= today:
        yield "today"
    if any(each.open for each in blockers):
        yield "blocked"
    if plan.green:
        yield "green"


def next_step(plan: Plan, blockers: Sequence[Blocker]) -> tuple[str, str]:
    """What is to be done next, as a code and what it is about."""
    in_the_way = next((each for each in blockers if each.open), None)
    if plan.state == "left":
        still = next(iter(plan.open_steps), None)
        return ("item", still.code) if still else ("close", "")
    if plan.latest is None:
        return "expect", ""
    if in_the_way is not None:
        return "blocker", in_the_way.what
    if not plan.scores:
        return "score", ""
    if plan.before_leaving:
        return "item", plan.before_leaving[0].code
    return ("sign", plan.unsigned[0]) if plan.unsigned else ("leave", "")


# --- one stay ------------------------------------------------------------------------------------------------------


def stay(view: View, *, encounter: str) -> Stay:
    """One stay whole. Raises NotFound when it has no plan."""
    found, known = discharge_plans.held(view, states.plan_id(f"Encounter/{encounter.removeprefix('Encounter/')}"))
    patient = view.get("Patient", known.patient.partition("/")[2])
    chart = view.compartment(
        patient["id"], (*discharge_evidence.CHART, "Encounter", "Condition", "RelatedPerson", "CareTeam"), per_type=300
    )
    here = next((each for each in chart.get("Encounter", ()) if f"Encounter/{each['id']}" == known.encounter), {})
    tasks = chart.get("Task", ())
    there = discharge_evidence.shown(view, known, chart, patient)
    given = education.given_lessons(chart.get("Communication", ()), chart.get("Observation", ()), view)
    had = {each.lesson.code for each in given}
    reasons: list[Resource] = [{"code": each} for each in here.get("reasonCode", ())]
    wanted = education.suggested((*reasons, *chart.get("Condition", ())), just_home=True)
    documents = [each for each in chart.get("DocumentReference", ()) if each.get("status") == "current"]
    return Stay(
        row=row(view, found, here, patient, tasks),
        contacts=identity.contacts(patient, chart.get("RelatedPerson", ()), view.now.astimezone(view.zone).date()),
        admitted=known.admitted,
        left=left_of(here, view),
        pending=discharge_evidence.pending(chart, known.encounter, view),
        summaries=tuple(discharge_handoff.read(each, view) for each in tasks if discharge_evidence.is_summary(each, known.id)),
        fresh=frozenset(step.code for step in known.open_steps if step.item.evidence in there),
        given=tuple(each for each in given if known.admitted is None or each.when >= known.admitted),
        suggested=tuple((code, why) for code, why in wanted.items() if code not in had),
        paper=next((str(each["id"]) for each in documents if discharge_evidence.is_paper(each, known.encounter)), None),
        hand_off=next((str(each["id"]) for each in documents if _is_hand_off(each, known.encounter)), None),
        contact=next((each for each in tasks if each["id"] == discharge_evidence.contact_task(known.encounter)), None),
        owners=tuple(_owners(view, known, chart)),
        early_call=_early_call(view, known, here),
    )


def _early_call(view: View, plan: Plan, encounter: Mapping[str, Any]) -> rules.EarlyCall | None:
    left = left_of(encounter, view)
    if left is None or plan.state != "left":
        return None
    codings = [coding for concept in encounter.get("reasonCode", ()) for coding in discharge_scores.coded(concept)]
    team, _name, _care_team = reading.team_of(view, plan.patient)
    return rules.early_call(codings, left.date(), working_days.calendar(view, team))


def _is_hand_off(document: Resource, encounter: str) -> bool:
    ours = any(code == "hand-off" for each in document.get("category", ()) for _, code in reading.codings(each))
    return ours and any(target(each) == encounter for each in document.get("context", {}).get("encounter", ()))


def _owners(view: View, plan: Plan, chart: Mapping[str, Sequence[Resource]]) -> Iterable[tuple[str, str]]:
    """Who outside the house may own something of this patient: who takes over, and whom the care team names."""
    found = dict(plan.accepting)
    for care_team in chart.get("CareTeam", ()):
        for each in care_team.get("participant", ()):
            member = target(each.get("member"))
            if member and member.startswith("Practitioner/"):
                found.setdefault(member, str(each["member"].get("display") or reading.name_of(view, member)))
    return ((reference, name) for reference, name in found.items() if reference.startswith(("Practitioner/", "Organization/")))


def of_patient(view: View, patient: str) -> Resource | None:
    """The latest open plan of a patient, for their page; None when there is none."""
    found = view.find("CarePlan", patient=patient, category=f"{states.SYSTEM}|{states.KIND}", status="active")
    return max(found, key=lambda each: str(each.get("period", {}).get("start"))) if found else None
