"""What is said when somebody leaves a program: how long, through which phases, what was reached, what they say; kept as a paper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from baton.duties import codes, reading
from baton.duties.programs import care_plans, states
from baton.duties.programs import packs as program_packs
from baton.duties.programs.packs import Program
from baton.duties.programs.states import Enrolment
from baton.duties.transitions import evidence
from baton.fhir.resource import Resource, extension, text_of
from baton.rules import minutes as minute_rules
from baton.rules.calendar import local_day
from baton.store import View
from baton.store import programs as index

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Summary:
    """A time in a program, as it is summed up: phases with their days and limits, goals, promises, contacts, minutes."""

    enrolment: Enrolment
    program: Program
    phases: tuple[tuple[program_packs.Phase, date, date | None, int, str], ...]
    goals: tuple[tuple[str, str, int | None], ...]
    kept: int
    dropped: int
    contacts: int
    minutes: int


def summary(view: View, *, enrolment: str) -> Summary:
    """The summary of an enrolment, closed or still running. Raises NotFound."""
    _, found = states.held(view, enrolment)
    program = states.must_have(view, found)
    today = local_day(view.now, view.zone)
    since, until = found.since or today, found.until or today
    tasks = [each for each in view.find("Task", patient=found.patient) if codes.episode_of(each) == found.reference]
    calls = [each for each in view.find("Communication", patient=found.patient) if evidence.is_attempt(each)]
    first, last = minute_rules.month_of(since, view.zone)[0], minute_rules.month_of(until, view.zone)[1]
    worked = [
        minute_rules.Entry(each.id, str(each.person), each.program, each.start, each.end)
        for each in index.worked(view, first, last, patients=[found.patient])
    ]
    return Summary(
        enrolment=found,
        program=program,
        phases=tuple(clocks(found, program, today)),
        goals=tuple(_goals(view, found.patient)),
        kept=sum(each.get("status") == "completed" for each in tasks),
        dropped=sum(each.get("status") == "cancelled" for each in tasks),
        contacts=sum(_reached(each, since, until, view) for each in calls),
        minutes=minute_rules.by_program(worked, first, last).get(found.program, 0),
    )


def clocks(enrolment: Enrolment, program: Program, today: date) -> Iterable[tuple[program_packs.Phase, date, date | None, int, str]]:
    """Each phase it went through: since when, until when, how many days that was, and why, where somebody said so."""
    for stay in enrolment.stays:
        phase = program.phase(stay.phase)
        if phase is not None:
            yield phase, stay.since, stay.until, ((stay.until or today) - stay.since).days, stay.because


@dataclass(frozen=True, slots=True)
class Span:
    """A clock over several phases: from when, until when (None: it still runs), how many days, and why each phase took what it took."""

    clock: program_packs.Clock
    since: date
    until: date | None
    days: int
    reasons: tuple[tuple[program_packs.Phase, int, str], ...]


def spans(enrolment: Enrolment, program: Program, today: date) -> Iterable[Span]:
    """The clocks of the program that have begun for this enrolment."""
    for clock in program.clocks:
        first = next((number for number, stay in enumerate(enrolment.stays) if stay.phase == clock.first), None)
        if first is None:
            continue
        last = next((number for number, stay in enumerate(enrolment.stays) if number > first and stay.phase == clock.last), None)
        since = enrolment.stays[first].since
        until = enrolment.stays[last].since if last is not None else enrolment.until
        reasons = tuple(
            (phase, ((stay.until or today) - stay.since).days, stay.because)
            for stay in enrolment.stays[first:last]
            if stay.because and (phase := program.phase(stay.phase)) is not None
        )
        yield Span(clock, since, until, ((until or today) - since).days, reasons)


def _goals(view: View, patient: str) -> Iterable[tuple[str, str, int | None]]:
    for goal in view.find("Goal", patient=patient):
        if goal.get("lifecycleStatus") not in ("entered-in-error", "rejected"):
            achievement = next((code for _, code in reading.codings(goal.get("achievementStatus"))), "")
            yield text_of(goal.get("description")) or "", achievement, care_plans.confidence_of(goal)


def _reached(communication: Resource, since: date, until: date, view: View) -> bool:
    when = reading.moment(communication.get("sent"), view.zone)
    return extension(communication, codes.CONTACT_OUTCOME) == "reached" and when is not None and since <= when.date() <= until
