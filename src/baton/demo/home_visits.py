"""Visits at home in the town: one that brought answers, those of today and of the coming days, and one nobody has found a time for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from baton.demo.acts import Act, Deed
from baton.demo.places import WORKERS
from baton.demo.plot import Stage, begin_the_town
from baton.duties.community import home_copies, home_visits
from baton.duties.community.home_copies import Given
from baton.duties.scheduling import needs
from baton.store import Change

HOURS = {"case-management": ("09:30", "14:00"), "geriatrics": ("11:00", "15:30")}
OTHERS = {"hospital-transitions": "09:00", "heart-vascular": "10:30", "outpatient-coordination": "13:15", "oncology-navigation": "14:30"}
"""Teams without a social worker: when their coordinator goes to one of their people."""
WHAT = "See how they live and what is missing"
SEEN = {"food-home": "yes", "heat": "yes", "sound": "no", "fallen": "once", "floors": "no", "smoke": "yes", "all-medicines": "yes"}


def _of_another_team(stage: Stage, clock: str) -> Iterator[Act]:
    days, who = stage.days, stage.worker.who
    yield Act(days.at(days.business(-2), "09:20"), who, "A home visit is booked", _planned(stage, days.at(days.business(2), clock)))


def _planned(stage: Stage, when: datetime) -> Deed:
    def plan(change: Change) -> None:
        home_visits.plan(change, need=_needed(change, stage), start=when, notify=False)

    return plan


def _needed(change: Change, stage: Stage) -> str:
    made = needs.make(change, patient=stage.person.id, what=WHAT, specialty="Home visit", minutes=60, modality="home")
    return made.id


def _noted(stage: Stage, access: str, safety: str) -> Deed:
    return lambda change: home_visits.note(change, patient=stage.person.id, access=access, safety=safety)


def _answered(stage: Stage, when: datetime) -> Deed:
    def answer(change: Change) -> None:
        (visit,) = (each for each in change.find("Appointment", patient=stage.person.reference, status="booked") if _is(each, when))
        copy = home_copies.take(change, appointment=str(visit["id"]))
        given = [Given(link, said, change.now) for link, said in SEEN.items()]
        home_copies.send(change, copy=copy.id, answers=[*given, Given("notes", "Damp wall in the kitchen.", change.now)])

    return answer


def _taken(stage: Stage, when: datetime) -> Deed:
    def take(change: Change) -> None:
        for each in change.find("Appointment", patient=stage.person.reference, status="booked"):
            if _is(each, when):
                home_copies.take(change, appointment=str(each["id"]))

    return take


def _is(appointment: dict[str, str], when: datetime) -> bool:
    return datetime.fromisoformat(appointment["start"]) == when


def at_home(stages: Sequence[Stage]) -> Iterator[Act]:
    """Of the people of the two teams that have a social worker, five each; of a big town's only the first sixty: there is one of him."""
    if not begin_the_town(stages) or len(stages) < 8:
        return
    hours = HOURS.get(stages[0].person.team)
    if hours is None:
        yield from _of_another_team(stages[6], OTHERS[stages[0].person.team])
    if hours is None or len(stages) < 18:
        return
    who = next(each.who for each in WORKERS.values() if each.role == "social-worker")
    days, (first, second) = stages[0].days, hours
    seen, now, later, next_week, waiting = stages[13:18]
    last = days.at(days.business(-3), first)
    yield Act(days.at(days.business(-6), "08:40"), who, "A home visit is booked", _planned(seen, last))
    yield Act(last + timedelta(minutes=70), who, "Answers of a home visit", _answered(seen, last))
    yield Act(days.at(days.business(-4), "08:50"), who, "A home visit is booked", _planned(now, days.at(days.today, first)))
    yield Act(
        days.at(days.business(-4), "08:55"), who, "How to get in", _noted(now, "Ring twice; the side door sticks", "A dog in the yard")
    )
    yield Act(days.at(days.business(-4), "09:00"), who, "A home visit is booked", _planned(later, days.at(days.today, second)))
    yield Act(days.at(days.today, "07:50"), who, "The sheet of a home visit is taken along", _taken(later, days.at(days.today, second)))
    yield Act(days.at(days.business(-3), "09:05"), who, "A home visit is booked", _planned(next_week, days.at(days.business(3), first)))
    yield Act(days.at(days.business(-2), "09:10"), who, "A home visit is needed", lambda change: _needed(change, waiting))
