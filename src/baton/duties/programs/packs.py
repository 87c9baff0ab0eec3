"""Programs as data: who may enter, phases with what each owes, goals and interventions, ways out. All of it from PlanDefinitions.

A PlanDefinition is a program when its use context says so; docs/duties/programs.md tells how one is written and installed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, ground
from baton.fhir import query
from baton.fhir import resource as fhir_resource
from baton.fhir.outcome import Bad, Issue, error
from baton.fhir.resource import Resource, code_of, extension
from baton.rules import minutes
from baton.store import Invalid, NotFound, View

if TYPE_CHECKING:
    from baton.store import Change, Stored

PROGRAM: Final = f"{codes.P}/CodeSystem/program"
PART: Final = f"{codes.P}/CodeSystem/program-part"
SETTINGS: Final = f"{codes.P}/StructureDefinition/program"
CRITERION: Final = f"{codes.P}/StructureDefinition/criterion"
AT_LEAST: Final = f"{codes.P}/StructureDefinition/at-least"
COUNT_BY: Final = f"{codes.P}/StructureDefinition/count-by"
DIRECTION: Final = f"{codes.P}/CodeSystem/direction"
LANGUAGE: Final = "application/x-fhir-query"
TRANSLATION: Final = "http://hl7.org/fhir/StructureDefinition/translation"
_VARIABLE = re.compile(r"\{\{%(patient\.id|today)(?:-(\d+)([ymd]))?\}\}")
MOST = 200


@dataclass(frozen=True, slots=True)
class Words:
    """A text and its translations, by language."""

    text: str
    others: Mapping[str, str]

    def said(self, language: str | None) -> str:
        """In this language, else as it was written."""
        return self.others.get((language or "").split("-")[0], self.text)


@dataclass(frozen=True, slots=True)
class Criterion:
    """One condition of entry: what is searched for, how many must be found; `excluding` when none may be."""

    name: str
    text: str
    expression: str
    at_least: int
    excluding: bool


@dataclass(frozen=True, slots=True)
class Step:
    """Something a phase owes: within so many days of its beginning, and who says so."""

    code: str
    title: Words
    days: int
    business: bool
    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase: how long it usually lasts, what it owes, which phases may follow."""

    code: str
    title: Words
    days: int
    source: str
    following: tuple[str, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class GoalTemplate:
    """A goal of the plan: in words, and the barrier it answers."""

    code: str
    text: Words
    barrier: str
    target: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Intervention:
    """Something done for goals: `direction` is what it tells the patient, as a code that may contradict another's."""

    code: str
    title: Words
    goals: tuple[str, ...]
    barrier: str
    direction: str | None
    source: str


@dataclass(frozen=True, slots=True)
class Program:
    """A program as the duties need it. `minutes` are the code families its time may count for, the usual one first."""

    code: str
    canonical: str
    title: Words
    description: str
    active: bool
    consent: bool
    reenrol_days: int
    pause_days: int
    answer_days: int
    minutes: tuple[str, ...]
    close_reasons: tuple[str, ...]
    entry: tuple[Criterion, ...]
    phases: tuple[Phase, ...]
    goals: tuple[GoalTemplate, ...]
    interventions: tuple[Intervention, ...]
    exits: tuple[str, ...]
    sources: tuple[str, ...]

    def phase(self, code: str) -> Phase | None:
        """The phase with this code."""
        return next((each for each in self.phases if each.code == code), None)


def code_of_program(resource: Mapping[str, Any] | None) -> str | None:
    """The program a PlanDefinition defines; None when it defines none."""
    if resource is None or resource.get("resourceType") != "PlanDefinition":
        return None
    contexts = (each.get("valueCodeableConcept") for each in resource.get("useContext", ()))
    return next((found for each in contexts if (found := code_of(each, PROGRAM))), None)


def words(element: Mapping[str, Any], name: str = "title") -> Words:
    """A text of a resource with its translations."""
    others: dict[str, str] = {}
    for each in element.get(f"_{name}", {}).get("extension", ()):
        if each.get("url") == TRANSLATION:
            parts = {part.get("url"): part for part in each.get("extension", ())}
            others[str(parts.get("lang", {}).get("valueCode", ""))] = str(parts.get("content", {}).get("valueString", ""))
    return Words(str(element.get(name, element.get("id", ""))), others)


def _days(action: Mapping[str, Any]) -> int:
    return int(float(action.get("timingDuration", {}).get("value", 0)))


def _sources(action: Mapping[str, Any]) -> str:
    return "; ".join(str(each["citation"]) for each in action.get("documentation", ()) if each.get("citation"))


def _reason(action: Mapping[str, Any]) -> str:
    return next((str(each["text"]) for each in action.get("reason", ()) if each.get("text")), "")


def _step(action: Mapping[str, Any]) -> Step:
    business = extension(action, COUNT_BY) == "business-days"
    return Step(str(action.get("id", "")), words(action), _days(action), business, _sources(action), _reason(action))


def _phase(action: Mapping[str, Any]) -> Phase:
    following = tuple(str(each["actionId"]) for each in action.get("relatedAction", ()) if each.get("relationship") == "before-start")
    steps = tuple(_step(each) for each in action.get("action", ()))
    return Phase(str(action.get("id", "")), words(action), _days(action), _sources(action), following, steps)


def _criterion(condition: Mapping[str, Any]) -> Criterion:
    said = condition.get("expression", {})
    excluding = extension(condition, CRITERION) == "excluding"
    least = int(extension(condition, AT_LEAST) or 1)
    return Criterion(str(said.get("name", "")), str(said.get("description", "")), str(said.get("expression", "")), least, excluding)


def _goal(goal: Mapping[str, Any]) -> GoalTemplate:
    barrier = next((str(each["text"]) for each in goal.get("addresses", ()) if each.get("text")), "")
    return GoalTemplate(str(goal.get("id", "")), words(goal["description"], "text"), barrier, next(iter(goal.get("target", ())), None))


def _intervention(action: Mapping[str, Any]) -> Intervention:
    direction = next((found for each in action.get("code", ()) if (found := code_of(each, DIRECTION))), None)
    goals = tuple(str(each) for each in action.get("goalId", ()))
    return Intervention(str(action.get("id", "")), words(action), goals, _reason(action), direction, _sources(action))


def parts_of(plan_definition: Mapping[str, Any], part: str) -> list[Mapping[str, Any]]:
    """The outer actions that are this part of a program: entry, phase, plan, exit."""
    return [each for each in plan_definition.get("action", ()) if any(code_of(code, PART) == part for code in each.get("code", ()))]


def read(plan_definition: Mapping[str, Any]) -> Program:
    """A PlanDefinition as a program."""
    said: dict[str, list[Any]] = {}
    for each in extension(plan_definition, SETTINGS) or ():
        said.setdefault(str(each["url"]), []).append(next(each[key] for key in each if key.startswith("value")))
    return Program(
        code=code_of_program(plan_definition) or "",
        canonical=f"{plan_definition['url']}|{plan_definition.get('version', '1')}",
        title=words(plan_definition),
        description=str(plan_definition.get("description", "")),
        active=plan_definition.get("status") == "active",
        consent=said.get("consent", ["required"])[0] != "none",
        reenrol_days=int(said.get("reenrol-days", [0])[0]),
        pause_days=int(said.get("pause-days", [90])[0]),
        answer_days=int(said.get("answer-days", [14])[0]),
        minutes=tuple(said.get("minutes", ())),
        close_reasons=tuple(said.get("close-reason", ())),
        entry=tuple(_criterion(each) for part in parts_of(plan_definition, "entry") for each in part.get("condition", ())),
        phases=tuple(_phase(each) for each in parts_of(plan_definition, "phase")),
        goals=tuple(_goal(each) for each in plan_definition.get("goal", ())),
        interventions=tuple(_intervention(each) for part in parts_of(plan_definition, "plan") for each in part.get("action", ())),
        exits=tuple(_sources(part) for part in parts_of(plan_definition, "exit")),
        sources=tuple(str(each["citation"]) for each in plan_definition.get("relatedArtifact", ()) if each.get("citation")),
    )


# --- finding them ------------------------------------------------------------------------------------------------------------------------


def installed(view: View) -> tuple[Program, ...]:
    """Every program of this hub, by name."""
    found = view.find("PlanDefinition", status="active", _count=MOST)
    return tuple(sorted((read(each) for each in found if code_of_program(each)), key=lambda each: each.title.text))


def current(view: View, code: str) -> Program:
    """The program with this code as it is installed. Raises NotFound."""
    found = next((each for each in installed(view) if each.code == code), None)
    if found is None:
        raise NotFound(f"There is no program {code}.")
    return found


def install(change: Change, folder: Path) -> list[Stored]:
    """Bring in a pack from a folder: FHIR resources, one JSON file each. Nothing the second time. Raises Invalid naming the file."""
    written = []
    for path in sorted(folder.glob("*.json")):
        try:
            resource = fhir_resource.parse(path.read_bytes())
        except Bad as bad:
            raise Invalid([Issue("error", "structure", f"{path.name}: {bad.issues[0].text}", None)]) from None
        before = ground.present(change, resource)
        if before is None or not ground.same(before, resource):
            written.append(change.put(resource))
    return written


# --- who may enter -----------------------------------------------------------------------------------------------------------------------


def asked(expression: str, patient: str, today: date) -> str:
    """The search of a criterion for one patient on one day: {{%patient.id}} and {{%today-65y}} put in."""

    def put(found: re.Match[str]) -> str:
        if found[1] == "patient.id":
            return patient
        return _before(today, int(found[2] or 0), found[3] or "d").isoformat()

    return _VARIABLE.sub(put, expression)


def _before(day: date, count: int, unit: str) -> date:
    if unit == "d":
        return day - timedelta(days=count)
    months = day.year * 12 + day.month - 1 - count * (12 if unit == "y" else 1)
    year, month = divmod(months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def holds(view: View, criterion: Criterion, patient: str, today: date) -> bool:
    """Whether a patient (an id) meets a criterion."""
    type_, _, text = asked(criterion.expression, patient, today).partition("?")
    pairs = [tuple(each.partition("=")[::2]) for each in text.split("&") if each]
    found = view.search(query.parse(type_, [*pairs, ("_count", str(criterion.at_least))]))  # type: ignore[list-item]
    return (len(found.entries) >= criterion.at_least) != criterion.excluding


# --- what the door refuses ---------------------------------------------------------------------------------------------------------------


def pack_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """A program that could not be run is not installed: each thing that is wrong is named."""
    if after is not None and code_of_program(after) is not None:
        yield from lacking(after)


def lacking(plan_definition: Mapping[str, Any]) -> Iterator[Issue]:
    """What keeps a program from being run."""
    if not plan_definition.get("url") or not plan_definition.get("version"):
        yield error("required", "A program has a url and a version.", "PlanDefinition.url")
        return
    program = read(plan_definition)
    known = {each.code for each in program.phases}
    if not program.phases:
        yield error("required", "A program has at least one phase.", "PlanDefinition.action")
    for phase in program.phases:
        if not phase.days or not phase.source:
            yield error("required", f"The phase {phase.code} has no length, or nobody who says so.", "PlanDefinition.action.documentation")
        for unknown in sorted(set(phase.following) - known):
            yield error("invalid", f"No phase is called {unknown}.", "PlanDefinition.action.relatedAction")
        for step in phase.steps:
            if not step.code or not step.days or not step.source:
                yield error("required", f"The step {step.code} has no time, or nobody who says so.", "PlanDefinition.action.action")
    for unknown in sorted(set(program.minutes) - set(minutes.FAMILIES)):
        yield error("code-invalid", f"{unknown} is no family of codes known here.", "PlanDefinition.extension(program)")
    goals = {each.code for each in program.goals}
    for unknown in sorted({goal for each in program.interventions for goal in each.goals} - goals):
        yield error("invalid", f"No goal is called {unknown}.", "PlanDefinition.action.goalId")
    for criterion in program.entry:
        yield from _readable(criterion)


def _readable(criterion: Criterion) -> Iterator[Issue]:
    type_, _, text = asked(criterion.expression, "x", date(2026, 1, 1)).partition("?")
    try:
        query.parse(type_, [tuple(each.partition("=")[::2]) for each in text.split("&") if each])  # type: ignore[misc]
    except Bad as bad:
        yield error("invalid", f"The criterion {criterion.name}: {bad.issues[0].text}", "PlanDefinition.action.condition")


GUARDS = {"PlanDefinition": [pack_guard]}
