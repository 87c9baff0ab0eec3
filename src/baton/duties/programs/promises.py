"""What is owed about an enrolment: an answer, the steps of its phase and a look at its end, or to take it up again.

While an enrolment is open it is never owed nothing. The same facts always give the same promises, so it may run after every event.
What people closed stays closed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from baton.duties import codes, plans, reading, trace, working_days
from baton.duties.owed import promise as open_promise
from baton.duties.programs.packs import Program, Step, Words
from baton.duties.programs.states import Enrolment, is_enrolment, program_of, read
from baton.duties.reactions import Reaction, is_first, wanting
from baton.duties.trace import Fact, Trace
from baton.duties.transitions import episodes, upkeep
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, target
from baton.rules.answer import Answer
from baton.rules.calendar import US_FEDERAL, add_business_days, add_days, end_of_day, local_day
from baton.store import View

STEP: Final = "program-step"
ASK: Final = "ask"
"""The fact that names the assessment whose answers keep a promise."""
REVIEW: Final = "program-review"
ANSWER: Final = "program-answer"
RESUME: Final = "program-resume"
GROUP: Final = f"{codes.P}/NamingSystem/enrolment"
READING: Final = "program-reading"
"""A reading at home past its limit (`watches`): it is no step, and is over only with the enrolment."""
KINDS: Final = (STEP, REVIEW, ANSWER, RESUME)
CLEARS: Final = {
    STEP: ("program-step-done", "closed-with-reason"),
    REVIEW: ("program-looked-at", "program-moved-on"),
    ANSWER: ("program-answered",),
    RESUME: ("program-resumed",),
}


@dataclass(frozen=True, slots=True)
class Owed:
    """One thing owed: its kind, which step of the program, in words, until when, who says so."""

    kind: str
    step: str
    title: Words
    answer: Answer[date]
    source: str
    key: str
    """What its identity is made of besides the enrolment."""
    asks: str | None = None
    """The assessment whose answers keep it."""


def promise_id(enrolment: Enrolment, key: str) -> str:
    """The id of a promise about an enrolment; it follows from both."""
    return codes.derived_id(enrolment.reference, key)


def is_about(task: Mapping[str, Any] | None) -> bool:
    """Whether a Task is a promise about an enrolment."""
    return codes.promise_code(task) in KINDS


def owed(enrolment: Enrolment, program: Program, view: View, team: str) -> list[Owed]:
    """What the enrolment owes now, by its state and phase."""
    today = local_day(view.now, view.zone)
    if enrolment.state in ("planned", "waitlist"):
        since = enrolment.since or today
        answer = add_days(since, program.answer_days)
        return [
            Owed(
                ANSWER,
                "answer",
                program.title,
                answer,
                f"{program.title.text}: answered within {program.answer_days} days",
                f"answer {since}",
            )
        ]
    if enrolment.state == "onhold" and (pause := enrolment.pause) is not None:
        days = (pause.until - pause.since).days
        source = f"Paused until then because: {pause.reason}"
        return [Owed(RESUME, "resume", program.title, add_days(pause.since, days), source, f"resume {pause.since}")]
    phase = program.phase(enrolment.phase)
    if enrolment.state != "active" or phase is None:
        return []
    since, number = enrolment.stays[-1].since, len(enrolment.stays)
    late = enrolment.paused_days(since)
    key = f"{number} {phase.code} {since}"
    steps = [
        Owed(STEP, each.code, each.title, due(each, since, late, view, team), each.source, f"{key} {each.code}", each.asks)
        for each in phase.steps
    ]
    review = Owed(REVIEW, phase.code, phase.title, add_days(since, phase.days + late), phase.source, f"{key} review")
    return [*steps, review]


def due(step: Step, since: date, late: int, view: View, team: str) -> Answer[date]:
    """The last day of a step, later by the days its enrolment was paused."""
    if not step.business:
        return add_days(since, step.days + late)
    start = add_days(since, late).value if late else since
    return add_business_days(start, step.days, working_days.calendar(view, team) if team != codes.INTAKE else US_FEDERAL)


def refreshed(view: View, episode: Resource) -> list[Resource]:
    """The promises of an enrolment that have to be made, opened again or closed."""
    enrolment = read(episode)
    program = program_of(view, enrolment)
    existing = {str(each["id"]): each for each in _existing(view, enrolment)}
    if program is None:
        return []
    team, name, _ = reading.team_of(view, enrolment.patient)
    wanted = {promise_id(enrolment, each.key): each for each in owed(enrolment, program, view, team)}
    fell = [task for id_, task in existing.items() if codes.is_open(task) and id_ not in wanted and not _stands(task, enrolment)]
    changed = [_over(task, enrolment, view) for task in fell]
    for id_, each in wanted.items():
        before = existing.get(id_)
        if before is None:
            changed.append(made(view, enrolment, program, each, id_, (team, name)))
        elif not codes.is_open(before) and codes.reason_code(before) in ("program-paused", "episode-closed", "program-moved"):
            changed.append(_again(view, before, told(view, enrolment, program, each)))
    if wanted and not any(_stays_open(id_, existing, changed) for id_ in wanted):
        changed += _next_look(view, enrolment, program, existing, (team, name))
    return changed


def _existing(view: View, enrolment: Enrolment) -> list[Resource]:
    found = view.find("Task", group_identifier=f"{GROUP}|{enrolment.id}")
    reading.hold(view, (f"Task/{each['id']}" for each in found))
    return [view.get("Task", str(each["id"])) for each in found]


def _stays_open(id_: str, existing: Mapping[str, Resource], changed: list[Resource]) -> bool:
    task = next((each for each in changed if each.get("id") == id_), existing.get(id_))
    return codes.is_open(task)


def _next_look(
    view: View, enrolment: Enrolment, program: Program, existing: Mapping[str, Resource], owner: tuple[str, str]
) -> list[Resource]:
    """Everything of the phase is done: somebody looks again, so that nobody in a program is forgotten."""
    phase = program.phase(enrolment.phase)
    days = phase.days if phase is not None else program.answer_days
    today = local_day(view.now, view.zone)
    number = 1
    while (id_ := promise_id(enrolment, f"{len(enrolment.stays)} look {number}")) in existing and not codes.is_open(existing[id_]):
        number += 1
    title = phase.title if phase is not None else program.title
    look = Owed(
        REVIEW, enrolment.phase or "look", title, add_days(today, days), phase.source if phase else program.title.text, f"look {number}"
    )
    return [] if id_ in existing else [made(view, enrolment, program, look, id_, owner)]


def _over(task: Resource, enrolment: Enrolment, view: View) -> Resource:
    """A promise that fell away: the enrolment was paused, closed, or went on."""
    if codes.promise_code(task) == REVIEW and _is_look(task, enrolment) and enrolment.state == "active":
        return task
    if codes.promise_code(task) in (ANSWER, RESUME) and enrolment.state == "active":
        shut = upkeep.closed(task, upkeep.Kept("completed", "kept", view.now, enrolment.reference), view.now)
        return {**shut, "lastModified": episodes.instant(view.now)}
    reason = "program-paused" if enrolment.state == "onhold" else "program-moved" if enrolment.is_open else "episode-closed"
    return upkeep.shut(task, reason=reason, now=view.now)


def _stands(task: Resource, enrolment: Enrolment) -> bool:
    return codes.promise_code(task) == READING and enrolment.is_open


def _is_look(task: Resource, enrolment: Enrolment) -> bool:
    """Whether it is a further look in the phase the enrolment is in."""
    number = len(enrolment.stays)
    return any(task["id"] == promise_id(enrolment, f"{number} look {each}") for each in range(1, 100))


def _again(view: View, task: Resource, fresh: Trace) -> Resource:
    again = upkeep.reopened(task, "program-resumed", view.now)
    period = {"end": fresh.due.isoformat()}
    return reading.rehomed(view, trace.put({**again, "restriction": {"period": period}}, fresh))


def told(view: View, enrolment: Enrolment, program: Program, each: Owed) -> Trace:
    """Why it is owed, and until when."""
    stay = enrolment.stays[-1] if enrolment.stays else None
    phase = program.phase(enrolment.phase)
    said = (
        Fact("program", program.title.text, enrolment.reference),
        Fact("program-phase", phase.title.text, enrolment.reference) if phase is not None else None,
        Fact("phase-since", stay.since, enrolment.reference) if stay is not None else None,
        Fact("offered", enrolment.since, enrolment.reference) if each.kind == ANSWER and enrolment.since else None,
        Fact("paused-because", enrolment.pause.reason, enrolment.reference) if enrolment.pause else None,
        Fact(ASK, each.asks) if each.asks else None,
        Fact("step", each.step),
    )
    return Trace(
        rule=program.canonical,
        title=program.title.text,
        step=each.kind,
        source=each.source or program.canonical,
        facts=tuple(fact for fact in said if fact is not None),
        arithmetic=each.answer.steps,
        due=end_of_day(each.answer.value, view.zone),
        clears=("answers-finished", "closed-with-reason") if each.asks else CLEARS[each.kind],
        made_by=plans.made_by(view, getattr(view, "because", "") or "program"),
    )


def made(view: View, enrolment: Enrolment, program: Program, each: Owed, id_: str, owner: tuple[str, str]) -> Resource:
    """The promise, new: owed by the patient's team."""
    explained = told(view, enrolment, program, each)
    task = about(view, enrolment, explained, id_=id_, focus=enrolment.reference, owner=owner, description=each.title.text)
    return {**task, **each.title.beside("description")}


def about(
    view: View, enrolment: Enrolment, explained: Trace, *, id_: str, focus: str, description: str,
    owner: tuple[str, str] | None = None, priority: str | None = None,
) -> Resource:  # fmt: skip
    """A promise about an enrolment, new, of the enrolment's group and episode; owned by the patient's team unless said otherwise."""
    task = open_promise(
        view, explained, id_=id_, patient=enrolment.patient, focus=focus, owner=owner, description=description, priority=priority
    )
    episode = {"url": codes.EPISODE, "valueReference": {"reference": enrolment.reference}}
    return {**task, "extension": [episode, *task["extension"]], "groupIdentifier": {"system": GROUP, "value": enrolment.id}}


# --- what the door refuses, and what follows ---------------------------------------------------------------------------------------------


def task_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """An answer and a resumption are recorded on the enrolment: a tick does not keep them."""
    if not codes.is_open(before) or codes.is_open(after) or after is None or codes.promise_code(before) not in (ANSWER, RESUME):
        return
    if codes.reason_code(after) == "died":
        return
    episode = reading.maybe(view, codes.episode_of(after))
    state = read(episode).state if episode is not None and is_enrolment(episode) else ""
    if codes.promise_code(before) == ANSWER and state in ("planned", "waitlist"):
        yield error("business-rule", "Record on the patient's programs what they answered.", "Task.status")
    if codes.promise_code(before) == RESUME and state == "onhold":
        yield error("business-rule", "Take the program up again, pause it longer, or close it.", "Task.status")


@wanting(is_enrolment)
def on_enrolment(_before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """An enrolment was made or moved: what is owed about it moves with it."""
    if after is None:
        return []
    with reading.seeing_all(view):
        return refreshed(view, after)


@wanting(lambda after: after is not None and not is_first(after) and is_about(after) and not codes.is_open(after))
def on_promise_closed(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """A promise about an enrolment was closed: when it was the last, somebody looks again."""
    if after is None or not codes.is_open(before):
        return []
    with reading.seeing_all(view):
        episode = reading.maybe(view, codes.episode_of(after) or target(after.get("focus")))
        return refreshed(view, episode) if episode is not None and is_enrolment(episode) else []


GUARDS = {"Task": [task_guard]}
REACTIONS: dict[str, list[Reaction]] = {"EpisodeOfCare": [on_enrolment], "Task": [on_promise_closed]}
