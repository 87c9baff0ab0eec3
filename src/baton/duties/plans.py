"""Runs a pathway: the actions of a PlanDefinition become promises. Which pathway, for whom and from when is the caller's to say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from baton.duties import codes, trace
from baton.duties.trace import Fact, MadeBy, Trace
from baton.fhir.resource import Resource, code_of, extension
from baton.packs import loader
from baton.rules.answer import Answer
from baton.rules.calendar import end_of_day
from baton.store import Refused, View

Clock = Callable[[str], Answer[date]]


@dataclass(frozen=True, slots=True)
class Step:
    """One action of a pathway that makes a promise: its code, its clock by name, its sources, and what clears it."""

    code: str
    clock: str
    source: str
    clears: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A pathway as the runner needs it. `canonical` is url|version."""

    canonical: str
    title: str
    active: bool
    conditions: tuple[str, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Start:
    """Where a pathway starts from: whose, because of what, who owns what follows, and the facts the rules knew."""

    episode: str
    patient: str
    focus: str
    owner: str
    owner_name: str
    zone: ZoneInfo
    facts: tuple[Fact, ...]
    made_by: MadeBy


def actions(plan_definition: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every action of a PlanDefinition, outer before inner."""
    for action in plan_definition.get("action", ()):
        yield action
        yield from actions(action)


def read(plan_definition: Mapping[str, Any]) -> Plan:
    """A PlanDefinition as a Plan; actions without a promise code and a clock make no promise."""
    steps: list[Step] = []
    conditions: list[str] = []
    for action in actions(plan_definition):
        conditions += [each["expression"]["name"] for each in action.get("condition", ()) if "name" in each.get("expression", {})]
        code = next((found for each in action.get("code", ()) if (found := code_of(each, codes.PROMISE))), None)
        clock = extension(action, codes.CLOCK)
        if code is None or clock is None:
            continue
        sources = [str(each["citation"]) for each in action.get("documentation", ()) if each.get("citation")]
        clears = tuple(each["valueCode"] for each in action.get("extension", ()) if each.get("url") == codes.CLEARS)
        steps.append(Step(code, clock, "; ".join(sources) or plan_definition["url"], clears))
    version = plan_definition.get("version", "1")
    title = plan_definition.get("title", plan_definition["id"])
    active = plan_definition.get("status") == "active"
    return Plan(f"{plan_definition['url']}|{version}", title, active, tuple(conditions), tuple(steps))


def current(view: View, plan_id: str) -> Plan:
    """The pathway as this hub has it installed (an organisation may have changed it), else as it comes with Baton."""
    try:
        return read(View.stored(view, "PlanDefinition", plan_id).resource())  # read, not locked: every discharge asks for it
    except Refused:
        return read(loader.plan_definition(plan_id))


def made_by(view: View, because: str) -> MadeBy:
    """The change at work, for a trace."""
    return MadeBy(view.who.person, view.who.name, view.now.replace(microsecond=0), because)


def task_id(episode: str, code: str) -> str:
    """The id of a pathway's promise: it follows from the episode, so that running twice makes nothing twice."""
    return codes.derived_id(episode, code)


def trace_of(plan: Plan, step: Step, start: Start, answer: Answer[date], facts: tuple[Fact, ...] = ()) -> Trace:
    """Why this promise exists: what the pathway started from, the clock's rule, and further facts; due at the last second of its day."""
    rule = Fact("clock", f"{answer.rule}, version {answer.version}")
    due = end_of_day(answer.value, start.zone)
    known = (*start.facts, rule, *facts)
    return Trace(plan.canonical, plan.title, step.code, step.source, known, answer.steps, due, step.clears, start.made_by)


def promise(plan: Plan, start: Start, told: Trace) -> Resource:
    """One open promise: a Task due when its trace says, carrying it."""
    now = start.made_by.when.isoformat().replace("+00:00", "Z")
    task: Resource = {
        "resourceType": "Task",
        "id": task_id(start.episode, told.step),
        "extension": [trace.to_extension(told), {"url": codes.EPISODE, "valueReference": {"reference": start.episode}}],
        "instantiatesCanonical": plan.canonical,
        "groupIdentifier": {"system": codes.TRANSITION, "value": start.episode.partition("/")[2]},
        "status": "requested",
        "intent": "order",
        "code": codes.concept(codes.PROMISE, told.step),
        "focus": {"reference": start.focus},
        "for": {"reference": start.patient},
        "encounter": {"reference": start.focus},
        "authoredOn": now,
        "lastModified": now,
        "requester": {"reference": codes.HUB},
        "owner": codes.reference_to(start.owner, start.owner_name),
        "restriction": {"period": {"end": told.due.isoformat()}},
    }
    if not start.focus.startswith("Encounter/"):
        del task["encounter"]
    return task


def promises(plan: Plan, start: Start, clock: Clock) -> list[Resource]:
    """Every promise of a pathway; `clock` answers for a clock's name with its last day."""
    return [promise(plan, start, trace_of(plan, step, start, clock(step.clock))) for step in plan.steps]
