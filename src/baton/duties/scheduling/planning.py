"""Times found together: asked for at the desk, worked out by the worker, kept with the patient, and held as one itinerary."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from baton.duties import codes, reading
from baton.duties.scheduling import asking, booking, needs, terms
from baton.duties.scheduling import model as m
from baton.duties.scheduling.asking import Ask
from baton.fhir.outcome import Issue
from baton.fhir.resource import Resource
from baton.store import Invalid, NotFound

if TYPE_CHECKING:
    from baton.store import Change, Store, Stored, View, Who

TOPIC = "plan"
"""The outbox topic that has the worker plan."""
QUEUED, RUNNING, DONE, FAILED = "queued", "running", "done", "failed"
SECONDS = 7.5
"""How long the best plan is looked for: whoever asked sees one within eight seconds, proved best or with how much better any could be."""


@dataclass(frozen=True, slots=True)
class Planning:
    """One asking: its state, how far it is (0 to 100), what was asked, and what came out (None until it is done)."""

    id: str
    patient: str  # "Patient/id"
    state: str
    progress: int
    ask: Ask
    answer: Mapping[str, Any] | None
    at: datetime | None


def ask(change: Change, *, asked: Ask) -> Stored:
    """Ask for times together; the worker is told once this stands. Raises Invalid naming what is wrong with what was asked."""
    issues = list(_wrong(change, asked))
    if issues:
        raise Invalid(issues)
    basic: Resource = {
        "resourceType": "Basic",
        "code": codes.concept(terms.PLANNING, "together"),
        "subject": {"reference": asked.patient},
        "created": change.now.astimezone(change.zone).date().isoformat(),
    }
    if change.who.person.startswith("Practitioner/"):
        basic["author"] = codes.reference_to(change.who.person, change.who.name)
    stored = change.put(_with(basic, QUEUED, 0, asked.as_json(), None))
    change.announce(TOPIC, {"planning": stored.id})
    return stored


def _wrong(change: Change, asked: Ask) -> Sequence[Issue]:
    found: list[Issue] = []
    change.get(*asked.patient.split("/", 1))
    for wrong, text in (
        (not 1 <= len(set(asked.needs)) <= asking.MOST, f"Choose between 1 and {asking.MOST} needs."),
        (not 1 <= asked.days <= 120, "Look at between 1 and 120 days."),
        (not asked.weekdays, "Choose at least one day of the week."),
        (asked.matters not in asking.ORDERS, "Say what matters most."),
        (not (0 <= asked.way <= 300 and 0 <= asked.between <= 300), "A way takes between 0 and 300 minutes."),
        (_later(asked.from_, asked.until), "The patient's hours end before they begin."),
        (any(_later(each.start, each.end) for each in asked.elsewhere), "A time elsewhere ends before it begins."),
    ):
        found += [Issue("error", "value", text, "Basic.extension")] if wrong else []
    for id_ in asked.needs:
        need = needs.one(change, id_)
        if f"Patient/{need.patient}" != asked.patient:
            raise NotFound(f"There is no need {id_} of this patient.")
        if need.state in ("booked", "held"):
            found.append(
                Issue("error", "business-rule", "One of these needs has a time already; move or cancel it first.", "Basic.extension")
            )
    return found


def _later(start: str, end: str) -> bool:
    try:
        return time.fromisoformat(start) >= time.fromisoformat(end)
    except ValueError:
        return True


def _with(basic: Resource, state: str, progress: int, asked: Mapping[str, Any], answer: Mapping[str, Any] | None) -> Resource:
    parts: list[Resource] = [
        {"url": "state", "valueCode": state},
        {"url": "progress", "valueInteger": progress},
        {"url": "asked", "valueString": json.dumps(asked)},
    ]
    parts += [{"url": "answer", "valueString": json.dumps(answer)}] if answer is not None else []
    return codes.with_extension(basic, terms.PLAN, {"url": terms.PLAN, "extension": parts})


def read(view: View, planning: str) -> Planning:
    """One asking. Raises NotFound (also when not theirs to see)."""
    return of(view, view.get("Basic", planning))


def of(view: View, basic: Resource) -> Planning:
    """A Basic as an asking. Raises NotFound when it is something else."""
    parts = terms.value(basic, terms.PLAN)
    if parts is None:
        raise NotFound(f"Basic/{basic['id']} is no planning.")
    answer = terms.part(parts, "answer")
    asked = Ask.of(json.loads(terms.part(parts, "asked")))
    at = reading.moment(basic["meta"]["lastUpdated"], view.zone)
    return Planning(
        basic["id"],
        asked.patient,
        terms.part(parts, "state"),
        terms.part(parts, "progress"),
        asked,
        json.loads(answer) if answer else None,
        at,
    )


def latest(view: View, patient: str) -> Planning | None:
    """What was asked last for a patient: where the next asking begins."""
    found = view.find("Basic", subject=patient, code=f"{terms.PLANNING}|together", _sort="-_lastUpdated", _count=1)
    return of(view, found[0]) if found else None


# --- in the worker ---------------------------------------------------------------------------------------------------------------


def planner(who: Who, store: Store) -> Callable[[Mapping[str, Any]], None]:
    """The outbox handler that plans."""

    def handle(payload: Mapping[str, Any]) -> None:
        run(who, store, str(payload["planning"]))

    return handle


def run(who: Who, store: Store, planning: str) -> None:
    """Work one asking out, saying how far it is, and keep what came out. Asked again, it does nothing that is done."""

    def note(state: str, progress: int, answer: Mapping[str, Any] | None = None) -> None:
        with store.change(who, because="Times found together: how far it is") as change:
            basic = change.get("Basic", planning)
            change.put(_with(basic, state, progress, of(change, basic).ask.as_json(), answer))

    with store.view(who) as view:
        found = read(view, planning)
        if found.state == DONE:
            return
    note(RUNNING, 10)
    try:
        with store.view(who) as view:
            problem = asking.problem(view, found.ask)
            names = {option.site: place_name(view, option.site) for need in problem.needs for option in need.options}
    except (ValueError, NotFound) as error:
        note(FAILED, 100, {"status": FAILED, "error": str(error)})
        return
    answer = worked_out(problem, names, lambda progress: note(RUNNING, progress))
    note(DONE, 100, answer)


def place_name(view: View, site: str) -> str:
    """What a site is called; empty for home."""
    return "" if site == m.HOME else reading.name_of(view, site)


def worked_out(problem: m.Problem, names: Mapping[str, str], progress: Callable[[int], None]) -> dict[str, Any]:
    """The best plan with its proof, or why there is none; what else there is, why not sooner, and what booking one by one would give."""
    from baton.duties.scheduling import onebyone, solver, why  # noqa: PLC0415  the solver is loaded where planning runs alone

    told = _Telling(problem, names)
    plan = solver.plan(problem, seconds=SECONDS)
    answer: dict[str, Any] = {"status": plan.status, "seconds": round(plan.seconds, 2), "first_day": problem.first_day.isoformat()}
    progress(50)
    if plan.visits:
        answer["plan"] = told.plan(plan)
        sooner = why.why_not_sooner(problem, plan)
        progress(70)
        answer["alternatives"] = [{"kind": each.kind, "plan": told.plan(each.plan)} for each in why.alternatives(problem, plan)]
        if sooner:
            core = [told.obstacle(each) for each in sooner.core]
            answer["sooner"] = {"day": sooner.day.isoformat(), "core": core, "plan": told.plan(sooner.plan) if sooner.plan else None}
    elif plan.status == m.IMPOSSIBLE:
        conflict = why.conflict(problem)
        if conflict:
            answer["conflict"] = {
                "core": [told.obstacle(each) for each in conflict.core],
                "relaxations": [
                    {"given_up": [told.obstacle(wish) for wish in way.given_up], "plan": told.plan(way.plan)}
                    for way in conflict.relaxations
                ],
            }
    progress(90)
    one = onebyone.book(problem)
    answer["one_by_one"] = {"stuck": problem.need(one.stuck).name if one.stuck else None, "plan": told.plan(one.plan)}
    return answer


class _Telling:
    """Plans and obstacles as they are stored: codes, values and names, no sentences."""

    def __init__(self, problem: m.Problem, names: Mapping[str, str]) -> None:
        self.problem, self.names = problem, names
        self.actors = {actor.id: actor.name for actor in problem.actors}

    def plan(self, plan: m.Plan) -> dict[str, Any]:
        """A plan."""
        return {
            "status": plan.status,
            "visits": [self.visit(each) for each in plan.visits],
            "values": dict(plan.values),
            "bounds": dict(plan.bounds),
            "trips": plan.trips,
            "last_day": plan.last_day.isoformat() if plan.last_day else None,
        }

    def visit(self, visit: m.Visit) -> dict[str, Any]:
        """A visit, with the names of its need, its people and its place."""
        return {
            "need": visit.need,
            "name": self.problem.need(visit.need).name,
            "start": visit.start.isoformat(),
            "end": visit.end.isoformat(),
            "site": visit.site,
            "place": self.names.get(visit.site, ""),
            "actors": [{"role": role, "id": actor, "name": self.actors[actor]} for role, actor in visit.actors],
        }

    def obstacle(self, obstacle: m.Obstacle) -> dict[str, Any]:
        """What stands in the way: its kind, its values, and the names of the needs it speaks of."""
        names = {need.id: need.name for need in self.problem.needs}
        parts: dict[str, Any] = {}
        for name, value in asdict(obstacle).items():
            if name in ("need", "first", "then"):
                parts[name] = names[value]
            elif name == "needs":
                parts[name] = [names[each] for each in value]
            elif isinstance(value, date | datetime | time):
                parts[name] = value.isoformat()
            else:
                parts[name] = value
        return {"kind": type(obstacle).__name__, **parts}


# --- holding what was found ------------------------------------------------------------------------------------------------------


def choose(change: Change, *, planning: str, which: str = "plan") -> list[Stored]:
    """Hold the visits of a plan that was found: "plan", the number of an alternative, or "relaxed" with the number of a way out.

    All of them or none. Raises Invalid when there is no such plan, Occupied when somebody was quicker.
    """
    found = read(change, planning)
    chosen = pick(found.answer or {}, which)
    if chosen is None:
        raise Invalid("There is no such plan.", expression="Basic.extension")
    wanted = [
        booking.Wanted(
            f"ServiceRequest/{visit['need']}",
            datetime.fromisoformat(visit["start"]),
            datetime.fromisoformat(visit["end"]),
            tuple(actor["id"] for actor in visit["actors"]),
            visit["site"] if visit["site"].startswith("Location/") else None,
        )
        for visit in chosen["visits"]
    ]
    return booking.hold(change, wanted=wanted)


def pick(answer: Mapping[str, Any], which: str) -> Mapping[str, Any] | None:
    """The plan of an answer that is meant."""
    kind, _, number = which.partition("-")
    if kind == "plan":
        return answer.get("plan")
    several: Sequence[Mapping[str, Any]] = {
        "other": answer.get("alternatives", ()),
        "relaxed": answer.get("conflict", {}).get("relaxations", ()),
    }.get(kind, ())
    plan: Mapping[str, Any] | None = several[int(number)]["plan"] if number.isdigit() and int(number) < len(several) else None
    return plan if plan and plan["visits"] else None
