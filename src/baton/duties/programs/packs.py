"""Programs as data: who may enter, phases with what each owes, goals and interventions, ways out. All of it from PlanDefinitions.

A PlanDefinition is a program when its use context says so; docs/duties/programs.md tells how one is written and installed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from baton.duties import codes, reading
from baton.duties.programs.wording import Words as Words
from baton.duties.programs.wording import words as words
from baton.fhir.resource import code_of, extension
from baton.packs import assessments
from baton.store import NotFound, View

PROGRAM: Final = f"{codes.P}/CodeSystem/program"
PART: Final = f"{codes.P}/CodeSystem/program-part"
SETTINGS: Final = f"{codes.P}/StructureDefinition/program"
CRITERION: Final = f"{codes.P}/StructureDefinition/criterion"
AT_LEAST: Final = f"{codes.P}/StructureDefinition/at-least"
COUNT_BY: Final = f"{codes.P}/StructureDefinition/count-by"
DIRECTION: Final = f"{codes.P}/CodeSystem/direction"
RISE: Final = f"{codes.P}/StructureDefinition/rise"
STRENGTH: Final = f"{codes.P}/StructureDefinition/strength"
LESSON: Final = f"{codes.P}/StructureDefinition/lesson"
LOINC: Final = "http://loinc.org"
LANGUAGE: Final = "application/x-fhir-query"
MOST = 200


@dataclass(frozen=True, slots=True)
class Criterion:
    """One condition of entry: what is searched for, how many must be found; `excluding` when none may be."""

    name: str
    text: str
    words: Words
    expression: str
    at_least: int
    excluding: bool


@dataclass(frozen=True, slots=True)
class Step:
    """Something a phase owes: within so many days of its beginning, and who says so.

    `asks`: the assessment whose answers keep it; `strength`: how strongly its guideline advises it ("reasonable", "uncertain").
    """

    code: str
    title: Words
    days: int
    business: bool
    source: str
    reason: str
    asks: str | None = None
    strength: str = ""


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
    barrier: Words
    target: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Intervention:
    """Something done for goals: `direction` is what it tells the patient, as a code that may contradict another's."""

    code: str
    title: Words
    goals: tuple[str, ...]
    barrier: Words
    direction: str | None
    source: str
    strength: str = ""


@dataclass(frozen=True, slots=True)
class Clock:
    """A span over several phases that is watched: from the beginning of one to the beginning of another, in at most so many days."""

    code: str
    title: Words
    first: str
    last: str
    days: int
    source: str


@dataclass(frozen=True, slots=True)
class Board:
    """A meeting that talks about everybody who is in these phases: a tumor board."""

    title: Words
    phases: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Rise:
    """A reading that is so much higher than one of the days before wants an answer."""

    code: str
    title: Words
    by: float
    unit: str
    days: int
    source: str


@dataclass(frozen=True, slots=True)
class Watch:
    """What is measured at home and watched: the code of the reading, how it may rise, days to answer, the lesson with the warning signs."""

    code: str
    title: Words
    reading: str
    rises: tuple[Rise, ...]
    days: int
    lesson: str
    source: str


@dataclass(frozen=True, slots=True)
class Program:
    """A program as the duties need it. `minutes` are the code families its time may count for, the usual one first."""

    id: str
    code: str
    version: str
    canonical: str
    title: Words
    description: Words
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
    clocks: tuple[Clock, ...] = ()
    boards: tuple[Board, ...] = ()
    watches: tuple[Watch, ...] = ()

    def phase(self, code: str) -> Phase | None:
        """The phase with this code."""
        return next((each for each in self.phases if each.code == code), None)


def code_of_program(resource: Mapping[str, Any] | None) -> str | None:
    """The program a PlanDefinition defines; None when it defines none."""
    if resource is None or resource.get("resourceType") != "PlanDefinition":
        return None
    contexts = (each.get("valueCodeableConcept") for each in resource.get("useContext", ()))
    return next((found for each in contexts if (found := code_of(each, PROGRAM))), None)


def _days(action: Mapping[str, Any]) -> int:
    return int(float(action.get("timingDuration", {}).get("value", 0)))


def _sources(action: Mapping[str, Any]) -> str:
    return "; ".join(str(each["citation"]) for each in action.get("documentation", ()) if each.get("citation"))


def _reason(action: Mapping[str, Any]) -> Words:
    return next((words(each, "text") for each in action.get("reason", ()) if each.get("text")), Words("", {}))


def _step(action: Mapping[str, Any]) -> Step:
    business = extension(action, COUNT_BY) == "business-days"
    asks = asked_by(action)
    said, strength = _reason(action).text, str(extension(action, STRENGTH) or "")
    return Step(str(action.get("id", "")), words(action), _days(action), business, _sources(action), said, asks, strength)


def asked_by(action: Mapping[str, Any]) -> str | None:
    """The assessment a step is kept by, as its Questionnaire is named; None when it is kept by whoever does it."""
    canonical = str(action.get("definitionCanonical", ""))
    return canonical.removeprefix(assessments.URL).partition("|")[0] if canonical.startswith(assessments.URL) else None


def _related(action: Mapping[str, Any], how: str) -> tuple[str, ...]:
    return tuple(str(each["actionId"]) for each in action.get("relatedAction", ()) if each.get("relationship") == how)


def _clock(action: Mapping[str, Any]) -> Clock:
    first, last = (next(iter(_related(action, how)), "") for how in ("after-start", "before-start"))
    return Clock(str(action.get("id", "")), words(action), first, last, _days(action), _sources(action))


def _board(action: Mapping[str, Any]) -> Board:
    return Board(words(action), _related(action, "concurrent"), _sources(action))


def _rise(action: Mapping[str, Any]) -> Rise:
    by = extension(action, RISE) or {}
    value = float(by.get("value", 0))
    return Rise(str(action.get("id", "")), words(action), value, str(by.get("unit", "")), _days(action), _sources(action))


def _watch(action: Mapping[str, Any]) -> Watch:
    reading_ = next((found for each in action.get("code", ()) if (found := code_of(each, LOINC))), "")
    rises = tuple(_rise(each) for each in action.get("action", ()))
    lesson = str(extension(action, LESSON) or "")
    return Watch(str(action.get("id", "")), words(action), reading_, rises, _days(action), lesson, _sources(action))


def _phase(action: Mapping[str, Any]) -> Phase:
    steps = tuple(_step(each) for each in action.get("action", ()))
    return Phase(str(action.get("id", "")), words(action), _days(action), _sources(action), _related(action, "before-start"), steps)


def _criterion(condition: Mapping[str, Any]) -> Criterion:
    said = condition.get("expression", {})
    excluding = extension(condition, CRITERION) == "excluding"
    least = int(extension(condition, AT_LEAST) or 1)
    told = words(said, "description")
    return Criterion(str(said.get("name", "")), told.text, told, str(said.get("expression", "")), least, excluding)


def _goal(goal: Mapping[str, Any]) -> GoalTemplate:
    barrier = next((words(each, "text") for each in goal.get("addresses", ()) if each.get("text")), Words("", {}))
    return GoalTemplate(str(goal.get("id", "")), words(goal["description"], "text"), barrier, next(iter(goal.get("target", ())), None))


def _intervention(action: Mapping[str, Any]) -> Intervention:
    direction = next((found for each in action.get("code", ()) if (found := code_of(each, DIRECTION))), None)
    goals = tuple(str(each) for each in action.get("goalId", ()))
    strength = str(extension(action, STRENGTH) or "")
    return Intervention(str(action.get("id", "")), words(action), goals, _reason(action), direction, _sources(action), strength)


def parts_of(plan_definition: Mapping[str, Any], part: str) -> list[Mapping[str, Any]]:
    """The outer actions that are this part of a program: entry, phase, plan, exit."""
    return [each for each in plan_definition.get("action", ()) if any(code_of(code, PART) == part for code in each.get("code", ()))]


def read(plan_definition: Mapping[str, Any]) -> Program:
    """A PlanDefinition as a program."""
    said: dict[str, list[Any]] = {}
    for each in extension(plan_definition, SETTINGS) or ():
        said.setdefault(str(each["url"]), []).append(next(each[key] for key in each if key.startswith("value")))
    return Program(
        id=str(plan_definition.get("id", "")),
        code=code_of_program(plan_definition) or "",
        version=str(plan_definition.get("version", "1")),
        canonical=f"{plan_definition['url']}|{plan_definition.get('version', '1')}",
        title=words(plan_definition),
        description=words(plan_definition, "description"),
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
        clocks=tuple(_clock(each) for each in parts_of(plan_definition, "clock")),
        boards=tuple(_board(each) for each in parts_of(plan_definition, "board")),
        watches=tuple(_watch(each) for each in parts_of(plan_definition, "watch")),
    )


# --- finding them ------------------------------------------------------------------------------------------------------------------------


def installed(view: View) -> tuple[Program, ...]:
    """Every program of this hub, by name."""
    found = view.find("PlanDefinition", status="active", _count=MOST)
    return tuple(sorted((read(each) for each in found if code_of_program(each)), key=lambda each: each.title.text))


def of_version(view: View, canonical: str) -> Program | None:
    """The program as it was in this version ("url|version"), replaced by a newer one or not; None when it never was here."""
    with reading.seeing_all(view):
        for each in view.find("PlanDefinition", url=canonical.partition("|")[0]):
            if code_of_program(each) and (found := read(each)).canonical == canonical:
                return found
            if code_of_program(each):
                return next((found for found in _versions(view, str(each["id"])) if found.canonical == canonical), None)
    return None


def _versions(view: View, id_: str) -> Iterator[Program]:
    page = view.history("PlanDefinition", id_, count=MOST)
    yield from (read(body) for stored in page.entries if stored.body and code_of_program(body := stored.resource()))


def current(view: View, code: str) -> Program:
    """The program with this code as it is installed. Raises NotFound."""
    found = next((each for each in installed(view) if each.code == code), None)
    if found is None:
        raise NotFound(f"There is no program {code}.")
    return found
