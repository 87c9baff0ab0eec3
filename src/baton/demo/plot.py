"""The plot of the town's month: which story each person of the cast lives, so that every team has work of every kind today.

Each story is a function from a stage (a person, a coordinator, the days) to acts. TOLD says which stories every team lives, SPREAD
which are dealt out among the teams.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from baton.demo import acts, clinical, sayings, stories
from baton.demo.acts import Act
from baton.demo.days import Days
from baton.demo.dice import Dice
from baton.demo.people import Person
from baton.demo.places import HOSPITALS, PLACES, TEAMS, Worker
from baton.demo.stories import Story

REASONS = {  # what brings the people of a team to hospital
    "hospital-transitions": ("pneumonia", "sepsis", "bleed", "knee", "copd"),
    "outpatient-coordination": ("cellulitis", "kidney", "copd", "pneumonia"),
    "heart-vascular": ("heart-failure", "afib", "nstemi", "heart-failure"),
    "oncology-navigation": ("fever", "dehydration", "pneumonia"),
    "geriatrics": ("hip", "uti", "pneumonia", "heart-failure"),
    "case-management": ("ketoacidosis", "cellulitis", "kidney", "bleed"),
}


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a story plays: whose it is, who coordinates, which days, which dice."""

    person: Person
    worker: Worker
    days: Days
    dice: Dice

    @property
    def turn(self) -> int:
        """The place of their team: each team says a thing in its own way."""
        return list(TEAMS).index(self.person.team)

    def says(self, text: str) -> str:
        """A sentence as it is said in their team."""
        return sayings.vary(text, self.turn)

    def story(self, discharged: datetime | None, admitted: datetime | None = None, *, reason: str = "", hospital: str = "") -> Story:
        """A stay that ends then, for a reason that suits the person's team."""
        stay = clinical.STAYS[reason or self.dice.choice(REASONS[self.person.team])]
        place = PLACES[hospital or self.dice.choice(HOSPITALS)]
        began = admitted or stories.span(self.dice, stay, discharged or self.days.at(self.days.today, "00:00"))
        return Story(self.person, stay, place, began, discharged, self.worker, self.days, self.dice)


Told = Callable[[Stage], Iterator[Act]]


def late(stage: Stage) -> Iterator[Act]:
    """Nobody answered, the second business day has passed: the contact is overdue and keeps asking."""
    days = stage.days
    story = stage.story(days.at(days.business(-4), "14:10"))
    yield from stories.admitted(story)
    yield stories.summary(story, story.day(1, "09:05"))
    yield story.by(
        story.day(1, "16:40"), "Call after discharge", acts.attempt(stage.person, "no-answer", note=stage.says("Rang eight times."))
    )
    yield from stories.around(story)


def due_today(stage: Stage) -> Iterator[Act]:
    """The contact falls due today; a message was left yesterday. On a day that is no business day, the visit falls due instead."""
    days = stage.days
    discharged = days.due(2, days.today)
    story = stage.story(days.at(discharged or days.back(7), "16:25"), reason="" if discharged else _high(stage))
    yield from stories.admitted(story)
    yield story.by(
        story.day(1, "10:15"),
        "Call after discharge",
        acts.attempt(stage.person, "left-message", note=stage.says("Safe voicemail, no details.")),
    )
    if not discharged:
        yield story.by(story.day(1, "15:45"), "Call after discharge", acts.attempt(stage.person, "reached"))
    yield from stories.around(story)


def fresh(stage: Stage) -> Iterator[Act]:
    """Home since the last business day: everything is still to come."""
    days = stage.days
    last = days.business(-1)
    story = stage.story(days.at(last, stage.dice.choice(("11:50", "15:30", "17:05"))))
    yield from stories.admitted(story)


def well(stage: Stage) -> Iterator[Act]:
    """As it should be: reached in time, seen in time, medicines gone through; only the watch still runs."""
    days, person = stage.days, stage.person
    story = stage.story(days.at(days.back(9), "13:20"))
    yield from stories.admitted(story)
    yield stories.summary(story, story.day(1, "08:40"))
    reached = acts.attempt(person, "reached", note=stage.says("Feels well. Has the new medicines, knows what stopped and whom to call."))
    yield story.by(story.day(1, "10:30"), "Call after discharge", reached)
    seen = story.day(4, "09:40")
    yield stories.booked(story, story.day(1, "10:50"), seen)
    yield from stories.kept(story, seen)
    yield story.by(seen + timedelta(hours=2), "Note", acts.note(person, stage.says("Seen, stable, weight steady. Next call in a week.")))
    yield from stories.around(story)


def waiting(stage: Stage) -> Iterator[Act]:
    """Reached, but the hospital has not sent the summary, and the clinic has not said when: their turn."""
    days, person = stage.days, stage.person
    story = stage.story(days.at(days.business(-2), "12:15"))
    yield from stories.admitted(story)
    yield story.by(story.day(1, "09:20"), "Call after discharge", acts.attempt(person, "reached"))
    records, desk = f"{story.place.name}, medical records", f"{story.aftercare.name}, scheduling"
    yield story.by(story.day(1, "09:45"), "Asked for the summary", acts.wait(person, "discharge-information", records))
    yield story.by(story.day(1, "09:50"), "Asked for a visit", acts.wait(person, "visit-after-discharge", desk))
    yield from stories.around(story)


def summary_overnight(stage: Stage) -> Iterator[Act]:
    """The summary that was asked for came in the night: a promise closed before anyone was at work."""
    days, person = stage.days, stage.person
    story = stage.story(days.at(days.back(5), "18:10"))
    yield from stories.admitted(story)
    yield story.by(story.day(1, "11:10"), "Call after discharge", acts.attempt(person, "reached"))
    yield stories.booked(story, story.day(1, "11:30"), days.at(days.business(3), "14:00"))
    yield stories.summary(story, days.at(days.today, "00:06"))


def no_show(stage: Stage) -> Iterator[Act]:
    """The visit was booked and they did not come: the seven days are over, a new day is found."""
    days, person = stage.days, stage.person
    story = stage.story(days.at(days.back(12), "10:45"), reason=_high(stage))
    yield from stories.admitted(story)
    yield stories.summary(story, story.day(1, "14:10"))
    yield story.by(story.day(1, "11:15"), "Call after discharge", acts.attempt(person, "reached", note="Ride is the problem."))
    start = story.day(4, "13:00")
    yield stories.booked(story, story.day(1, "11:40"), start)
    yield stories.missed(story, start)
    yield stories.booked(story, days.at(days.business(-1), "09:15"), days.at(days.business(2), "09:20"), number=2)
    yield from stories.around(story)


def readmitted(stage: Stage) -> Iterator[Act]:
    """Back in hospital inside the thirty days, and home again yesterday."""
    days, person = stage.days, stage.person
    story = stage.story(days.at(days.back(17), "15:00"))
    yield from stories.admitted(story)
    yield story.by(
        story.day(1, "10:00"), "Call after discharge", acts.attempt(person, "reached", note=stage.says("Short of breath on stairs."))
    )
    yield stories.booked(story, story.day(1, "10:20"), story.day(8, "11:00"))
    again = replace(story, number=2, admitted=days.at(days.back(8), "04:30"), discharged=days.at(days.business(-1), "13:40"))
    assert again.discharged is not None
    if again.discharged > again.admitted:
        yield from stories.admitted(again)


def corrected(stage: Stage) -> Iterator[Act]:
    """The hospital corrects the hour of the discharge, across midnight: dates move, and somebody must see that they did."""
    days = stage.days
    day = days.business(-3)
    story = stage.story(days.at(day, "23:40"))
    yield from stories.admitted(story)
    right = replace(story, discharged=days.at(day + timedelta(days=1), "00:15"))
    correction = acts.put(right.stay_encounter())
    yield story.came(days.at(days.business(-1), "08:20"), f"ADT A08 from {story.place.name}: discharge time corrected", correction)
    yield story.by(story.day(1, "12:10"), "Call after discharge", acts.attempt(stage.person, "left-message"))


def died(stage: Stage) -> Iterator[Act]:
    """They die at home; nothing more may ring in that house but what is meant to."""
    days, person = stage.days, stage.person
    story = stage.story(days.at(days.back(20), "12:00"))
    yield from stories.admitted(story)
    yield story.by(story.day(1, "09:30"), "Call after discharge", acts.attempt(person, "reached", note="Hospice was talked about."))
    when = days.at(days.back(6), "07:10")
    deceased = acts.amend("Patient", person.id, deceasedDateTime=when.replace(microsecond=0).isoformat())
    yield story.came(when + timedelta(hours=3), f"Death reported by {story.place.name}", deceased)


def nursing(stage: Stage) -> Iterator[Act]:
    """From hospital to a nursing facility, which opens nothing; from there home three days ago, which does."""
    days = stage.days
    story = replace(stage.story(days.at(days.back(19), "14:30")), to="snf")
    yield from stories.admitted(story)
    court = replace(
        story, number=2, place=PLACES["cedar-court"], kind="NONAC", to="home", admitted=days.at(days.back(19), "16:10"),
        discharged=days.at(days.back(3), "10:30"),
    )  # fmt: skip
    yield from stories.admitted(court)
    yield from stories.around(court)


def observed(stage: Stage) -> Iterator[Act]:
    """A night under observation counts too."""
    days = stage.days
    story = replace(
        stage.story(days.at(days.business(-1), "09:50"), days.at(days.business(-1) - timedelta(days=1), "19:30")), kind="OBSENC"
    )
    yield from stories.admitted(story)


def inside(stage: Stage) -> Iterator[Act]:
    """In hospital now."""
    days = stage.days
    story = stage.story(None, days.at(days.back(2), "21:15"))
    yield from stories.admitted(story)
    yield story.by(
        days.at(days.business(-1), "16:30"), "Note", acts.note(stage.person, "Expected home in two days. Oxygen and a ride to arrange.")
    )


def by_the_daughter(stage: Stage) -> Iterator[Act]:
    """The number was wrong; somebody close to them answers."""
    days, person = stage.days, stage.person
    story = stage.story(days.at(days.back(6), "11:25"))
    yield from stories.admitted(story)
    yield story.by(story.day(1, "13:05"), "Call after discharge", acts.attempt(person, "wrong-number", note="Number belongs to a bakery."))
    to = f"RelatedPerson/{person.id}-kin1" if person.kin else None
    reached = acts.attempt(person, "reached", to=to, note="Medicines picked up. Sleeps in the living room, stairs are hard.")
    yield story.by(story.day(2, "09:10"), "Call after discharge", reached)
    yield stories.summary(story, story.day(2, "15:00"))
    yield stories.booked(story, story.day(2, "09:30"), days.at(days.business(1), "15:20"))
    yield from stories.around(story)


def long_ago(stage: Stage) -> Iterator[Act]:
    """The thirty days are nearly over, and nothing happened that should not have."""
    days, person = stage.days, stage.person
    story = stage.story(days.at(days.back(27), "10:10"))
    yield from stories.admitted(story)
    yield stories.summary(story, story.day(1, "10:10"))
    yield story.by(story.day(1, "14:20"), "Call after discharge", acts.attempt(person, "no-answer"))
    yield story.by(story.day(2, "10:05"), "Call after discharge", acts.attempt(person, "reached"))
    seen = story.day(5, "11:00")
    yield stories.booked(story, story.day(2, "10:25"), seen)
    yield from stories.kept(story, seen)
    yield from stories.around(story)


def twice_in_vain(stage: Stage) -> Iterator[Act]:
    """Two timely attempts stand on record, and it keeps asking."""
    days, person = stage.days, stage.person
    story = stage.story(days.at(days.business(-5), "15:55"))
    yield from stories.admitted(story)
    yield story.by(story.day(1, "10:40"), "Call after discharge", acts.attempt(person, "no-answer"))
    yield story.by(story.day(2, "16:05"), "Call after discharge", acts.attempt(person, "left-message"))
    yield stories.summary(story, story.day(3, "07:55"))


TOLD: tuple[Told, ...] = (fresh, late, due_today, well, waiting, summary_overnight)
SPREAD: tuple[Told, ...] = (
    corrected, readmitted, no_show, died, nursing, observed, inside, by_the_daughter, long_ago, twice_in_vain, long_ago, fresh,
    inside, well,
)  # fmt: skip


def _high(stage: Stage) -> str:
    """A reason of the person's team with high complexity."""
    reasons = [name for name in REASONS[stage.person.team] if clinical.STAYS[name].complexity == "high"]
    return stage.dice.choice(reasons)


def cast(people: Iterable[Person], workers: dict[str, Worker], days: Days, seed: int) -> tuple[list[tuple[Told, Stage]], list[Stage]]:
    """Who lives which story, and who is left over, team by team in the order people come."""
    lines = {team: [*TOLD, *SPREAD[number :: len(TEAMS)]] for number, team in enumerate(TEAMS)}
    told: list[tuple[Told, Stage]] = []
    left: list[Stage] = []
    for person in people:
        stage = Stage(person, workers[person.team], days, Dice(seed, "story", person.index))
        if person.age >= 20 and lines[person.team]:
            told.append((lines[person.team].pop(0), stage))
        elif person.age >= 18:
            left.append(stage)
    return told, left


FIRST = 200  # people among whom the first sixty of each team begin


def begin_the_town(stages: Sequence[Stage]) -> bool:
    """Whether these are the first of their team: of what a team does once, a big town that asks several times has one."""
    return bool(stages) and stages[0].person.index < FIRST
