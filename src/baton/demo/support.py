"""How the people of a team are: concerns in every state, sums over time, goals, those who care; one safety case decided, one open."""

# ruff: noqa: E501 - tables are read by the row

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from baton.demo.acts import Act, Deed
from baton.demo.places import WORKERS
from baton.demo.plot import Stage
from baton.demo.sayings import CONCERNS, GOALS
from baton.duties import codes
from baton.duties.patients import caregivers
from baton.duties.support import assessments, concerns, goals, safety
from baton.duties.support.concern_states import CODE
from baton.packs.assessments import library
from baton.store import Change

AMARA = WORKERS["amara-okonkwo"]
SAFETY_TEAM = AMARA.teams[0]
BEGUN = (-9, -7, -6, -1, -1)
"""So many business days ago each of the concerns was raised."""
STEPS = ("name", "acknowledge", "plan", "settle")
MOODS = {"phq-9": ((-19, (2, 2, 2, 1, 2, 1, 2, 1, 0)), (-10, (2, 1, 1, 1, 1, 1, 1, 1, 0)), (-3, (1, 1, 1, 1, 0, 1, 1, 0, 0))), "gad-7": ((-10, (2, 2, 1, 2, 1, 1, 1)), (-3, (1, 1, 1, 1, 0, 1, 0)))}  # fmt: skip
ADULT = 18
HABIT = "It has become a habit."
FREQUENCY = ("LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9")
STRAIN = ("sleep", "body", "time", "money", "alone", "upset", "worry", "health")
NEEDS = {"food": "yes", "food-today": "yes", "housing": "steady", "transport": "yes", "utilities": "no", "safety": "harm-no", "help": "yes"}


def support(stages: Sequence[Stage]) -> Iterator[Act]:
    """What the people of one team said about how they are."""
    stages = [each for each in stages if each.person.age >= ADULT]
    for stage, ways, day in zip(stages[1::3], CONCERNS, BEGUN, strict=False):
        yield from _concern(stage, *ways[stage.turn % len(ways)], day)
    for stage in stages[3:4]:
        yield from _moods(stage)
        yield from _goals(stage)
    for stage in [each for each in stages if each.person.kin][1:2]:
        yield from _caregiver(stage)
    for stage in stages[7:8]:
        yield _by(
            stage,
            -2,
            "11:20",
            "Distress asked",
            _answered(
                stage, "distress", {"distress": 6, "practical": "yes", **dict.fromkeys(("family", "feelings", "body", "meaning"), "no")}
            ),
        )
    for stage in stages[11:12]:
        yield _by(stage, -4, "10:40", "Social needs asked", _answered(stage, "social-needs", NEEDS))
    if stages and stages[0].person.team == SAFETY_TEAM:
        yield from _decided(stages[15:16])
        yield from _open(stages[19:20])


def _by(stage: Stage, day: int, clock: str, because: str, do: Deed) -> Act:
    return Act(stage.days.at(stage.days.business(day), clock), stage.worker.who, because, do)


# --- concerns and goals -----------------------------------------------------------------------------------------------------------------


def _concern(stage: Stage, words: str, kind: str, answered: str, agreed: str, settled: str, day: int) -> Iterator[Act]:
    reference = stage.person.reference
    yield _by(stage, day, "09:50", "Concern raised", lambda change: concerns.raise_(change, patient=reference, words=words))
    for number, (step, said) in enumerate(zip(STEPS, (kind, answered, agreed, settled), strict=True)):
        if said:
            yield _by(stage, min(day + number, -1), f"{14 + number}:05", "Concern moved", _moved(reference, words, step, said))


def _moved(patient: str, words: str, step: str, said: str) -> Deed:
    def do(change: Change) -> None:
        found = change.find("Task", patient=patient, code=f"{codes.PROMISE}|{CODE}", status=codes.OPEN)
        verbs: dict[str, Any] = {
            "name": lambda id_: concerns.name(change, concern=id_, kind=said),
            "acknowledge": lambda id_: concerns.acknowledge(change, concern=id_, said=said),
            "plan": lambda id_: concerns.plan(change, concern=id_, what=said),
            "settle": lambda id_: concerns.settle(change, concern=id_, said=said),
        }
        for each in found:
            if each["description"] == words:
                verbs[step](each["id"])

    return do


def _goals(stage: Stage) -> Iterator[Act]:
    reference = stage.person.reference
    for number, (words, confidence, helps, progress) in enumerate(GOALS[stage.turn % len(GOALS)]):
        made = _set(reference, words, confidence, helps)
        yield _by(stage, -8, f"13:{10 + number:02d}", "Goal set", made)
        if progress:
            yield _by(stage, -2, f"13:{10 + number:02d}", "Goal asked about", _asked(reference, words, progress, stage.says(HABIT)))


def _set(patient: str, words: str, confidence: int, helps: str) -> Deed:
    return lambda change: goals.set_goal(change, patient=patient, words=words, confidence=confidence, helps=helps)


def _asked(patient: str, words: str, progress: str, said: str) -> Deed:
    def do(change: Change) -> None:
        found = next(each for each in change.find("Goal", patient=patient) if each["description"]["text"] == words)
        goals.ask(change, goal=found["id"], progress=progress, confidence=9, words=said)

    return do


# --- assessments ------------------------------------------------------------------------------------------------------------------------


def _answered(stage: Stage, assessment: str, answers: dict[str, Any], source: str | None = None, *, done: bool = True) -> Deed:
    person = stage.person
    return lambda change: assessments.answer(
        change, patient=person.reference, assessment=assessment, answers=answers, source=source, language=person.language, done=done
    )


def _moods(stage: Stage) -> Iterator[Act]:
    for assessment, times in MOODS.items():
        links = [each.link for each in library()[assessment].items if each.link != "69722-7"]
        for day, values in times:
            said = {link: FREQUENCY[value] for link, value in zip(links, values, strict=True)} | {"69722-7": "LA6573-5"}
            yield _by(stage, day, "10:15" if assessment == "phq-9" else "10:25", "Mood asked", _answered(stage, assessment, said))


def _caregiver(stage: Stage) -> Iterator[Act]:
    kin = f"RelatedPerson/{stage.person.id}-kin1"
    yield _by(
        stage, -6, "15:10", "Caregiver of the care team", lambda change: caregivers.join(change, patient=stage.person.reference, person=kin)
    )
    before, now = (dict.fromkeys(STRAIN, word) for word in ("often", "sometimes"))
    yield _by(stage, -16, "15:30", "Caregiver asked", _answered(stage, "caregiver-strain", {**before, "break": "no"}, kin))
    yield _by(stage, -3, "15:30", "Caregiver asked", _answered(stage, "caregiver-strain", {**now, "sleep": "often"}, kin))
    can = dict.fromkeys(("medicines", "moving", "washing", "equipment", "signs", "rides", "nights"), "can")
    yield _by(
        stage, -3, "15:45", "Caregiver asked", _answered(stage, "caregiver-ability", {**can, "wound": "show-me", "nights": "cannot"}, kin)
    )


# --- safety -----------------------------------------------------------------------------------------------------------------------------


def _nine(stage: Stage) -> Deed:
    return _answered(stage, "phq-9", {"44250-9": FREQUENCY[1], "44255-8": FREQUENCY[2], "44260-2": FREQUENCY[1]}, done=False)


def _case(stage: Stage, verb: Any, **said: Any) -> Deed:
    def do(change: Change) -> None:
        found = change.find("Task", patient=stage.person.reference, code=f"{codes.PROMISE}|safety-response", status=codes.OPEN)
        verb(change, task=found[0]["id"], **said)

    return do


def _decided(stages: Sequence[Stage]) -> Iterator[Act]:
    """Last week: the line broke, three call-backs, and a clinician had the police look in."""
    for stage in stages:
        yield _by(stage, -6, "09:03", "Mood asked", _nine(stage))
        yield _by(
            stage,
            -6,
            "09:05",
            "Place and number confirmed",
            _case(stage, safety.confirm, place=f"{stage.person.street}, alone", number=stage.person.phone),
        )
        yield _by(stage, -6, "09:07", "Contact lost", _case(stage, safety.lose))
        for clock in ("09:09", "09:14", "09:20"):
            yield _by(stage, -6, clock, "Called back", _case(stage, safety.call, outcome="no-answer"))
        decided = _case(
            stage,
            safety.decide,
            decision="welfare-check",
            why="Three calls unanswered. The police looked in and are at the door; seen at Harbor Behavioral today.",
        )
        yield Act(stage.days.at(stage.days.business(-6), "09:24"), AMARA.who, "Decided in a safety case", decided)


def _open(stages: Sequence[Stage]) -> Iterator[Act]:
    """Since the last business day: with the clinician, who has not decided yet."""
    for stage in stages:
        yield _by(stage, -1, "16:31", "Mood asked", _nine(stage))
        yield _by(
            stage,
            -1,
            "16:33",
            "Place and number confirmed",
            _case(stage, safety.confirm, place=f"{stage.person.street}, with a neighbor", number=stage.person.phone),
        )
        yield _by(stage, -1, "16:38", "Handed over to a clinician", _case(stage, safety.hand_over, to=f"Practitioner/{AMARA.id}"))
