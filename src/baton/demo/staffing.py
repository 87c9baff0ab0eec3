"""Who comes and goes among those who work in the town: somebody left and their patients need new owners; somebody was away and is back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from baton.demo.acts import Act, Deed
from baton.demo.days import Days
from baton.demo.places import WORKERS
from baton.demo.plot import Stage, begin_the_town
from baton.duties import promises
from baton.duties.team import absences, handovers, staff
from baton.duties.team.handovers import Move
from baton.store import Change

LUIS, DANA = WORKERS["luis-ortega"].who, WORKERS["dana-roth"].who
LEFT_TEAM, AWAY_TEAM = "outpatient-coordination", "heart-vascular"
PAULA = ("Paula Reyes", "paula.reyes@baton.example")
"""Somebody who worked here until last week."""
OWED = ("Ask the clinic for the stress test date", "Bring the walker to the repair", "Letter for the housing office")


def staffing(stages: Sequence[Stage]) -> Iterator[Act]:
    """What happened in the two teams where somebody came or went."""
    if not begin_the_town(stages) or len(stages) < 12:
        return
    team = stages[0].person.team
    if team == LEFT_TEAM:
        yield from left(stages[-9:-6])
    elif team == AWAY_TEAM:
        yield from back(stages[-3:-1])


def left(stages: Sequence[Stage]) -> Iterator[Act]:
    """Three of Tom's patients were Paula's; she left three days ago, and nobody was named for them yet."""
    days = stages[0].days

    def comes(change: Change) -> None:
        person = staff.add(change, email=PAULA[1], role="coordinator", team=f"Organization/{LEFT_TEAM}", name=PAULA[0])
        staff.enter_licence(change, person=person, code="RN", number="RN52991", issuer="Rhode Island Department of Health")

    def takes(change: Change) -> None:
        moves = [Move(each.person.reference, _paula(change)) for each in stages]
        handovers.hand(change, giver="Practitioner/tom-brandt", moves=moves, why="Paula’s first patients")

    def goes(change: Change) -> None:
        staff.leave(change, person=_paula(change))

    yield Act(days.at(days.business(-21), "09:00"), DANA, "Add somebody who works here", comes)
    yield Act(days.at(days.business(-20), "09:10"), LUIS, "Patients handed over", takes)
    for number, (stage, what) in enumerate(zip(stages, OWED, strict=False)):
        when = days.at(days.business(-5), f"11:{10 + 7 * number}")
        yield Act(when, LUIS, "Promised by hand", _promised(stage, what, days, number))
    yield Act(days.at(days.business(-3), "16:30"), DANA, "Somebody leaves", goes)


def _paula(change: Change) -> str:
    return str(staff.by_email(change, email=PAULA[1]))


def _promised(stage: Stage, what: str, days: Days, number: int) -> Deed:
    def do(change: Change) -> None:
        promises.make_by_hand(change, patient=stage.person.reference, what=what, due=days.business(1 + number), owner=_paula(change))

    return do


def back(stages: Sequence[Stage]) -> Iterator[Act]:
    """Andre was away two weeks ago and came back a day early: what was lent went back."""
    days, andre = stages[0].days, "Practitioner/andre-walker"
    first, last = days.business(-12), days.business(-8)

    def lend(change: Change) -> None:
        moves = [Move(each.person.reference, "Practitioner/grace-kim") for each in stages]
        absences.record(change, person=andre, first=first, last=last, moves=moves, why="Jury duty")

    def here(change: Change) -> None:
        for each in absences.of_person(change, andre):
            if each.standing == "now":
                absences.back_early(change, absence=each.id)

    yield Act(days.at(first, "07:35"), LUIS, "Cover for an absence", lend)
    yield Act(days.at(last, "08:05"), LUIS, "Back early", here)
