"""What keeps a program from being run: each thing that is wrong is named by its element, at the door and at the command line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from baton.duties.programs import criteria
from baton.duties.programs.packs import Criterion, Phase, Program, code_of_program, read
from baton.fhir import query
from baton.fhir.outcome import Bad, Issue, error
from baton.fhir.resource import Resource
from baton.packs import assessments, lessons
from baton.rules import minutes
from baton.rules.units import MASSES
from baton.store import View

SAME_VERSION: Final = "What changes is a new version: give the program another version, so that whoever is in it can finish by the old one."


def pack_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """A program that could not be run is not installed; one that is changed has another version: enrollments go on by theirs."""
    if after is None or code_of_program(after) is None:
        return
    yield from lacking(after)
    if before is not None and changed(before, after) and before.get("version") == after.get("version"):
        yield error("business-rule", SAME_VERSION, "PlanDefinition.version")


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether a program says anything else than before, besides whether it is in use."""
    aside = ("meta", "status", "text")
    return {key: value for key, value in before.items() if key not in aside} != {
        key: value for key, value in after.items() if key not in aside
    }


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
        yield from _phase(phase, known)
    for unknown in sorted(set(program.minutes) - set(minutes.FAMILIES)):
        yield error("code-invalid", f"{unknown} is no family of codes known here.", "PlanDefinition.extension(program)")
    goals = {each.code for each in program.goals}
    for each in program.interventions:
        for unknown in sorted(set(each.goals) - goals):
            yield error("invalid", f"No goal is called {unknown}.", f"{_at('plan', each.code)}.goalId")
    for criterion in program.entry:
        yield from _readable(criterion)
    yield from _spans(program, known)
    yield from _watches(program)


def _at(*ids: str) -> str:
    return "PlanDefinition" + "".join(f".action('{each}')" for each in ids)


def _phase(phase: Phase, known: set[str]) -> Iterator[Issue]:
    where = _at(phase.code)
    if not phase.days or not phase.source:
        element = "documentation" if phase.days else "timingDuration"
        yield error("required", f"The phase {phase.code} has no length, or nobody who says so.", f"{where}.{element}")
    for unknown in sorted(set(phase.following) - known):
        yield error("invalid", f"No phase is called {unknown}.", f"{where}.relatedAction")
    for step in phase.steps:
        at = _at(phase.code, step.code)
        if not step.code or not step.days or not step.source:
            yield error("required", f"The step {step.code} has no time, or nobody who says so.", at)
        if step.asks is not None and step.asks not in assessments.library():
            yield error("invalid", f"There is no assessment {step.asks}.", f"{at}.definitionCanonical")


def _spans(program: Program, known: set[str]) -> Iterator[Issue]:
    for clock in program.clocks:
        if not clock.days or not clock.source:
            yield error("required", f"The clock {clock.code} has no length, or nobody who says so.", _at(clock.code))
        for unknown in sorted({clock.first, clock.last} - known):
            yield error("invalid", f"No phase is called {unknown}.", f"{_at(clock.code)}.relatedAction")
    for board in program.boards:
        for unknown in sorted(set(board.phases) - known):
            yield error("invalid", f"No phase is called {unknown}.", "PlanDefinition.action(board).relatedAction")


def _watches(program: Program) -> Iterator[Issue]:
    for watch in program.watches:
        if not watch.reading or not watch.days or not watch.source or not watch.rises:
            text = f"The watch {watch.code} lacks what is measured, how far it may rise, days to answer, or who says so."
            yield error("required", text, _at(watch.code))
        if watch.lesson not in lessons.library():
            yield error("invalid", f"There is no lesson {watch.lesson}.", f"{_at(watch.code)}.extension(lesson)")
        for rise in watch.rises:
            if rise.by <= 0 or rise.unit not in MASSES or not rise.days or not rise.source:
                text = f"The limit {rise.code} lacks how much, in lb or kg, in how many days, or who says so."
                yield error("required", text, _at(watch.code, rise.code))


def _readable(criterion: Criterion) -> Iterator[Issue]:
    type_, _, text = criteria.asked(criterion.expression, "x", date(2026, 1, 1)).partition("?")
    try:
        query.parse(type_, [tuple(each.partition("=")[::2]) for each in text.split("&") if each])  # type: ignore[misc]
    except Bad as bad:
        yield error("invalid", f"The criterion {criterion.name}: {bad.issues[0].text}", f"{_at('entry')}.condition('{criterion.name}')")


GUARDS = {"PlanDefinition": [pack_guard]}
