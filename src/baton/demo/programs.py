"""Programs, plans and time in the town: enrolments in every state and phase, goals, plans that contradict, a month of minutes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from baton.demo import sayings
from baton.demo.acts import Act, Deed, put
from baton.demo.places import reference
from baton.demo.plot import Stage
from baton.demo.sayings import OWN_GOALS
from baton.duties.contact import communication
from baton.duties.contact.interpreting import Interpreter
from baton.duties.programs import care_plans, minutes, programs, states
from baton.duties.support import assessments
from baton.store import Change
from baton.store import programs as index
from baton.store.codes import key64

PROGRAM = {  # the program of a team, and how its phases follow
    "heart-vascular": ("heart-failure", ("titration", "rehab", "steady")),
    "oncology-navigation": ("oncology-navigation", ("diagnosis", "staging", "mdt", "treatment")),
    "geriatrics": ("geriatrics-4ms", ("one-plan", "steady")),
    "case-management": ("chronic-care", ("monthly",)),
    "outpatient-coordination": ("chronic-care", ("monthly", "rest")),
    "hospital-transitions": ("chronic-care", ("monthly",)),
}
FEW = {"hospital-transitions": 3}
"""Where only so many are in a program: most of these people go on to other teams."""
LONGER = {"oncology-navigation": 2, "hospital-transitions": 2}
"""Where the work takes longer."""
WAITED = 30
"""Days for which somebody waited before they were entered, where a phase is late."""
PLANS = (
    ("Cardiology", ("Fluids ≤1.5 L a day", "Weigh every morning")),
    ("Urology", ("Drink ≥2.5 L a day",)),
    ("Physical therapy", ("Walk twice daily",)),
    ("Orthopedics", ("Non-weight-bearing, left leg, 6 weeks",)),
)
WORK = ((22, "Call about weight and breath"), (14, "Arranged the ride"), (9, "Spoke with the clinic"), (18, "Went over the plan together"))
FIRST_TALK = (64, "Went through what comes now, with the family")
"""On the day some of them entered: it is long enough for a code of that month."""
FATES = ("first", "on", "on", "steady", "paused", "offered", "waiting", "left", "declined", "withdrawn", "contradiction")
LATE = {"oncology-navigation": ("late", "late")}
"""Those who come after, in one team: whose first phase took longer than it should, and why."""
LATE_BECAUSE = ("The first biopsy was too small and had to be repeated", "Wanted to be at a wedding in the family first")
FREQUENCY = ("LA6568-5", "LA6569-3")
LITTLE = {"44250-9": FREQUENCY[1], "44255-8": FREQUENCY[0]}
ANSWERS: dict[str, tuple[tuple[str, int, dict[str, Any]], ...]] = {
    "geriatrics-4ms": (
        ("four-ms", 2, {"matters": "To stay in my own kitchen", "proxy": "yes", "medicines": "yes", **LITTLE, "memory": "no",
                        "falls": "one", "hurt": "no", "steady": "no"}),
        ("phq-2", 2, LITTLE),
    ),
    "heart-failure": (("phq-2", 2, LITTLE),),
    "chronic-care": (
        ("social-needs", 2, {"food": "no", "housing": "steady", "transport": "no", "utilities": "no", "safety": "harm-no"}),
    ),
    "oncology-navigation": (
        ("distress", 4, {"distress": 5, "practical": "yes", **dict.fromkeys(("family", "feelings", "body", "meaning"), "no")}),
    ),
}  # fmt: skip
"""What a phase asks, on which working day after the entry it is answered, and how."""
DESPITE = "Known to the clinic; the list of problems lags behind"


def enrolments(stages: Sequence[Stage]) -> Iterator[Act]:
    """The programs of one team's people, one fate after the other; the last of them has four plans."""
    if not stages or stages[0].person.team not in PROGRAM:
        return
    team = stages[0].person.team
    fates = (*FATES, *LATE.get(team, ()))[: FEW.get(team)]
    for number, (stage, fate) in enumerate(zip(stages, fates, strict=False)):
        yield from _contradicted(stage) if fate == "contradiction" else _lived(stage, fate, number)


def _act(stage: Stage, day: date, clock: str, because: str, do: Deed) -> Act:
    return Act(stage.days.at(day, clock), stage.worker.who, because, do)


def _enrolment(change: Change, stage: Stage) -> str:
    program = PROGRAM[stage.person.team][0]
    found = [each for each in states.of_patient(change, stage.person.reference) if each.program == program]
    return found[0].id


def _verb(stage: Stage, verb: str, **said: object) -> Deed:
    return lambda change: getattr(programs, verb)(change, enrolment=_enrolment(change, stage), **said)


def _lived(stage: Stage, fate: str, number: int) -> Iterator[Act]:
    """One person's way through the program of their team."""
    program, phases = PROGRAM[stage.person.team]
    days, who = stage.days, stage.person.reference
    begun = days.business(-6 if fate == "first" else -22 + number % 4)
    given: dict[str, Any] = {"patient": who, "program": program, "despite": sayings.vary(DESPITE, stage.person.index)}
    if fate in ("offered", "waiting", "declined"):
        offered = days.business(-6 - number % 3)
        yield _act(
            stage, offered, "11:10", "A program is offered", lambda change: programs.offer(change, **given, waitlist=fate == "waiting")
        )
        if fate == "declined":
            no = _verb(stage, "decline", reason="declined", words=stage.says("Enough calls already"))
            yield _act(stage, offered + timedelta(days=1), "10:25", "They said no", no)
        return
    since = begun - timedelta(days=WAITED) if fate == "late" else None
    enter: Deed = lambda change: programs.enrol(  # noqa: E731
        change, **given, consent="verbal" if number % 2 else "written", since=since
    )
    yield _act(stage, begun, "10:40", "A program is entered", enter)
    words, sure, barrier = OWN_GOALS[(number + 7 * stage.turn) % len(OWN_GOALS)]
    goal: Deed = lambda change: care_plans.add_goal(change, patient=who, words=words, confidence=sure, addresses=barrier)  # noqa: E731
    yield _act(stage, begun, "10:55", "A goal of the patient's", goal)
    yield _act(
        stage,
        days.after(begun, 1),
        "09:15",
        "The plan of the program",
        lambda change: care_plans.merge(change, patient=who, program=program),
    )
    yield from _answered(stage, program, begun, fate)
    if fate == "late":
        yield from _at_last(stage, number)
    elif fate != "first":
        ways = phases if fate == "steady" else phases[: 1 + number % len(phases)]
        for step, phase in enumerate(ways):
            yield _act(stage, days.after(begun, 3 + 2 * step), "14:20", f"On to {phase}", _verb(stage, "advance", to=phase))
    if fate != "first":
        yield _act(stage, days.business(-3 - number), "11:40", "A call", _reached(stage))
    yield from _time(stage, program, begun, number)
    last = days.business(-2)
    if fate == "paused":
        until = days.today + timedelta(days=12)
        yield _act(
            stage, last, "15:05", "Paused", _verb(stage, "pause", until=until, reason=stage.says("With a sister until after the holidays"))
        )
    elif fate == "left":
        leaving = {
            "reason": "graduated",
            "words": "Knows the signs and whom to call",
            "rating": 5,
            "feedback": stage.says("You always called back."),
        }
        yield _act(stage, last, "15:30", "Graduated", _verb(stage, "close", **leaving))
    elif fate == "withdrawn":
        yield _act(stage, last, "16:10", "Consent is taken back", _verb(stage, "withdraw", on=last))


def _answered(stage: Stage, program: str, begun: date, fate: str) -> Iterator[Act]:
    """What the first phases ask, answered; of those who have just come in it is still due."""
    if fate in ("first", "late"):
        return
    for number, (assessment, day, said) in enumerate(ANSWERS[program]):

        def ask(change: Change, assessment: str = assessment, said: dict[str, Any] = said) -> None:
            person = stage.person
            said = {link: sayings.vary(each, person.index) if isinstance(each, str) else each for link, each in said.items()}
            assessments.answer(change, patient=person.reference, assessment=assessment, answers=said, language=person.language, done=True)

        yield _act(stage, stage.days.after(begun, day), f"10:{10 + 15 * number:02d}", "Asked in a program", ask)


def _reached(stage: Stage) -> Deed:
    """The call of the month: how they are, and what comes next."""
    person = stage.person
    spoken = Interpreter("qualified", f"language line {4000 + person.index % 900}", person.language) if person.interpreter else None
    return lambda change: communication.call(
        change, patient=person.reference, outcome="reached", language=person.language, interpreter=spoken, minutes=8,
        note=sayings.vary("The plan was gone through; knows the next step and whom to call.", person.index),
    )  # fmt: skip


def _at_last(stage: Stage, number: int) -> Iterator[Act]:
    """On from a phase that took too long, with the reason; now before the board."""
    days, because = stage.days, LATE_BECAUSE[number % len(LATE_BECAUSE)]
    steps = ((-12, "diagnosis", because), (-9, "staging", ""), (-7, "mdt", ""))
    for day, phase, why in steps[: 2 + number % 2]:
        yield _act(stage, days.business(day), "14:40", f"On to {phase}", _verb(stage, "advance", to=phase, because=why))


def _time(stage: Stage, program: str, begun: date, number: int) -> Iterator[Act]:
    """Minutes on working days since they entered, each person's at an hour of their own."""
    if number % 3 == 1:
        yield _worked(stage, program, stage.days.at(begun, "15:00"), *FIRST_TALK)
    times = LONGER.get(stage.person.team, 1)
    for step, (length, what) in enumerate((each * times, what) for each, what in WORK[: 1 + number % len(WORK)]):
        day = stage.days.after(begun, 2 + 4 * step)
        if day >= stage.days.today:
            return
        start = stage.days.at(day, f"{8 + number % 8:02d}:{20 if step % 2 else 5:02d}")
        yield _worked(stage, program, start, length, what)


def _worked(stage: Stage, program: str, start: datetime, length: int, what: str) -> Act:
    """Minutes worked for somebody, unless whoever worked was busy."""

    def log(change: Change) -> None:
        busy = index.worked(change, start, start + timedelta(minutes=length))
        if all(each.person != key64(stage.worker.who.person) for each in busy):
            said = sayings.vary(what, stage.person.index)
            minutes.log(change, patient=stage.person.reference, program=program, start=start, minutes=length, what=said)

    return Act(start + timedelta(minutes=length + 5), stage.worker.who, "Time worked", log)


def _contradicted(stage: Stage) -> Iterator[Act]:
    """Four plans that cannot all be followed."""
    person = stage.person
    for number, (source, said) in enumerate(PLANS):
        plan = {
            "resourceType": "CarePlan",
            "id": f"{person.id}-plan{number + 1}",
            "status": "active",
            "intent": "plan",
            "title": f"Plan of {source}",
            "subject": reference("Patient", person.id, person.name),
            "author": {"display": source},
            "activity": [{"detail": {"status": "in-progress", "description": each}} for each in said],
        }
        yield _act(stage, stage.days.business(-3), f"{9 + number:02d}:45", f"Plan of {source} received", put(plan))
