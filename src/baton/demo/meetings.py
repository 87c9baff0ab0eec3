"""Meetings about people in programs: a tumor board that decided and the next one's agenda; family meetings, one held and one to come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from baton.demo.acts import Act, Deed
from baton.demo.places import WORKERS
from baton.demo.plot import Stage, begin_the_town
from baton.duties import promises
from baton.duties.contact.interpreting import Interpreter
from baton.duties.patients import network
from baton.duties.programs import boards, family_meetings
from baton.duties.scheduling import booking
from baton.duties.team import huddle_reading, huddles
from baton.store import Change

ONCOLOGY, GERIATRICS = "oncology-navigation", "geriatrics"
BOARD = f"Organization/{ONCOLOGY}"
DECISIONS = (  # what the board decided about each in turn, who owes it, in how many business days from today
    ("Surgery first, then four cycles; port before the first", "mei-lin", 4),
    ("Second opinion on the slides from St. Brendan’s", "mei-lin", 2),
    ("Geriatric assessment before chemotherapy", "grace-kim", 6),
)
DISSENT = "Dr. Zhang: radiation first, the nodes are small. Dr. Beaumont: surgery first. To be shown again with the new scan."
AGREED = (  # what the family decided, who owes it, in how many business days, and whether it is kept already
    ("The bed goes downstairs; the son brings two friends on Saturday", 2, False),
    ("One list of pills on the refrigerator, the old ones to the pharmacy", -2, True),
    ("Ask the surgeon whether walking with the frame is allowed", 1, False),
)


def meetings(stages: Sequence[Stage]) -> Iterator[Act]:
    """The meetings of one team."""
    if not begin_the_town(stages):
        return
    team = stages[0].person.team
    if team == ONCOLOGY:
        yield from board(stages[0])
    elif team == GERIATRICS and len(stages) > 10:
        yield from held(stages[2])
        yield from coming(stages[10])


def board(stage: Stage) -> Iterator[Act]:
    """A week ago: three people, each with a decision, one with two opinions that were both written down."""
    who, day = stage.worker.who, stage.days.business(-5)

    def begins(change: Change) -> None:
        items = boards.agenda(change, program=ONCOLOGY)
        if items:
            huddle = boards.begin(change, program=ONCOLOGY, team=BOARD, patients=[each.patient for each in items[:3]])
            huddles.join(change, huddle=huddle, people=["Practitioner/grace-kim"])

    def talks(change: Change) -> None:
        for huddle in _running(change):
            for number, (point, (what, owner, due)) in enumerate(zip(huddle_reading.points(change, huddle), DECISIONS, strict=False)):
                owes, last = f"Practitioner/{owner}", stage.days.business(due)
                huddles.decide(change, huddle=huddle, patient=point.patient, what=what, owner=owes, due=last)
                if number == 1:
                    huddles.say(change, huddle=huddle, patient=point.patient, words=DISSENT, disagree=True)

    def ends(change: Change) -> None:
        for huddle in _running(change):
            huddles.end(change, huddle=huddle)

    for clock, do in (("16:00", begins), ("16:25", talks), ("16:40", ends)):
        yield Act(stage.days.at(day, clock), who, "Tumor board", do)


def _running(change: Change) -> list[str]:
    return [each.id for each in huddle_reading.every(change) if each.end is None and each.team == BOARD]


def held(stage: Stage) -> Iterator[Act]:
    """Four days ago, with the family, and with what was decided as promises."""
    days, who = stage.days, stage.worker.who
    start = days.at(days.business(-4), "15:00")
    yield Act(days.at(days.business(-9), "10:35"), who, "A family meeting is booked", _booked(stage, start))

    def over(change: Change) -> None:
        for each in change.find("Appointment", patient=stage.person.reference, status="booked"):
            if family_meetings.is_meeting(each) and datetime.fromisoformat(each["start"]) <= change.now:
                booking.fulfil(change, appointment=str(each["id"]))
        for what, due, _ in AGREED:
            day = max(days.business(due), change.now.astimezone(days.zone).date())
            promises.make_by_hand(change, patient=stage.person.reference, what=f"Family meeting: {what}", due=day)

    def kept(change: Change) -> None:
        words = [f"Family meeting: {what}" for what, _, done in AGREED if done]
        for task in change.find("Task", patient=stage.person.reference, status="requested,accepted"):
            if task.get("description") in words:
                promises.done(change, task=str(task["id"]), note="Done: they sent a photo.")

    yield Act(days.at(days.business(-4), "15:55"), who, "What the family decided", over)
    yield Act(days.at(days.business(-3), "11:05"), who, "Done", kept)


def coming(stage: Stage) -> Iterator[Act]:
    """The plans that contradict each other are to be gone through with the family in two days."""
    days, who = stage.days, WORKERS["marcus-bell"].who
    yield Act(days.at(days.business(-2), "16:20"), who, "A family meeting is booked", _booked(stage, days.at(days.business(2), "13:30")))


def _booked(stage: Stage, start: datetime) -> Deed:
    person = stage.person

    def do(change: Change) -> None:
        close = [f"RelatedPerson/{each['id']}" for each in change.find("RelatedPerson", patient=person.reference)]
        told = [each for each in close if network.told_now(change, change.get(*each.split("/", 1))) == "everything"]
        spoken = Interpreter("qualified", f"language line {4000 + person.index % 900}", person.language) if person.interpreter else None
        family_meetings.book(change, patient=person.reference, start=start, minutes=45, people=told, interpreter=spoken)

    return do
