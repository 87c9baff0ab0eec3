"""Weights at home in the heart program: a week of readings, a limit of the patient's own, one past it, and one of last week decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from baton.demo import shapes
from baton.demo.acts import Act, Deed, put
from baton.demo.plot import Stage
from baton.duties import codes
from baton.duties.programs import states, watches
from baton.duties.programs.promises import READING
from baton.store import Change, Who

TEAM, PROGRAM, WATCH = "heart-vascular", "heart-failure", "weight"
WEIGHED = (  # in lb, one a day: the last is of yesterday; 2.6 lb in a day are past the clinic’s limit of 2
    (182.4, 182.0, 182.6, 182.2, 182.8, 183.0, 182.6, 185.2),
    (148.2, 148.6, 152.2, 151.4, 150.0, 149.2, 148.8, 148.4),
)
OWN_LIMIT = 2
DECIDED = ("medicine-changed", "Spoke with Dr. Sørensen: one extra furosemide tablet today and tomorrow, weigh again. Feels well.")


def weights(stages: Sequence[Stage]) -> Iterator[Act]:
    """Two people of the heart team, the second and the third who entered, weigh themselves each morning."""
    if len(stages) < 3 or stages[0].person.team != TEAM:
        return
    first, second = stages[1:3]
    yield Act(first.days.at(first.days.back(10), "10:10"), first.worker.who, "The patient's own limit", _own_limit(first))
    for stage, weighed in ((first, WEIGHED[0]), (second, WEIGHED[1])):
        yield from _week(stage, weighed)
    decided = second.days.at(second.days.back(len(WEIGHED[1]) - 2), "10:20")
    yield Act(decided, second.worker.who, "A reading decided", _decided(second))


def _week(stage: Stage, weighed: Sequence[float]) -> Iterator[Act]:
    """A reading each morning until yesterday, sent by the scale itself."""
    person, days = stage.person, stage.days
    scale = Who(f"Device/{person.id}-scale", "Scale at home", "system", (), "demo")
    device = {
        "resourceType": "Device", "id": f"{person.id}-scale", "status": "active", "patient": {"reference": person.reference},
        "deviceName": [{"name": "Scale at home", "type": "user-friendly-name"}],
    }  # fmt: skip
    begun = days.at(days.back(len(weighed)), "07:00")
    yield Act(begun - timedelta(hours=14), stage.worker.who, "A scale for home", put(device))
    for number, value in enumerate(weighed):
        when = days.at(days.back(len(weighed) - number), f"0{6 + number % 2}:{(person.index * 7 + number * 11) % 60:02d}")
        reading = shapes.observation(f"{person.id}-scale{number + 1}", person, "weight", value, when)
        yield Act(when + timedelta(minutes=1), scale, "Weight at home", put({**reading, "device": {"reference": scale.person}}))


def _own_limit(stage: Stage) -> Deed:
    def do(change: Change) -> None:
        for each in states.of_patient(change, stage.person.reference):
            if each.program == PROGRAM and each.state == "active":
                watches.set_limit(change, enrolment=each.id, watch=WATCH, rise="day", by=OWN_LIMIT, unit="lb")

    return do


def _decided(stage: Stage) -> Deed:
    def do(change: Change) -> None:
        for task in change.find("Task", patient=stage.person.reference, code=f"{codes.PROMISE}|{READING}", status=codes.OPEN):
            watches.decide(change, task=str(task["id"]), disposition=DECIDED[0], note=DECIDED[1])

    return do
