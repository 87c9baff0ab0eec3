"""Lessons given in the past month: some taught back, some still to be asked about, some not understood."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from baton.demo.acts import Act, Deed
from baton.demo.plot import Stage
from baton.demo.sayings import vary
from baton.duties.support import education
from baton.packs.lessons import library
from baton.store import Change

LESSONS = {
    "hospital-transitions": ("going-home", "copd", "surgery-and-wound-care"),
    "outpatient-coordination": ("diabetes", "hypertension", "kidney-disease"),
    "heart-vascular": ("heart-failure", "anticoagulants", "hypertension"),
    "oncology-navigation": ("chemotherapy-at-home", "low-mood", "pain-medicines"),
    "geriatrics": ("falls", "memory", "caregiver-strain"),
    "case-management": ("diabetes", "low-mood", "hypertension"),
}
HEARD = (("understood", "understood", "understood"), ("understood", "repeat"), (), ("understood", "refused", "understood"), ("repeat",))
"""What was said to the items of the first lesson given, of the second, and so on; fewer than there are: nobody has asked yet."""
SAID = {"understood": "Said it in other words, and right.", "repeat": "Mixed up two of them.", "refused": "Not today, she said."}


def lessons(stages: Sequence[Stage]) -> Iterator[Act]:
    """Five people of each team learn something."""
    for number, (stage, heard) in enumerate(zip(stages[2::4], HEARD, strict=False)):
        lesson = LESSONS[stage.person.team][number % 3]
        day = stage.days.business(-7 + number)
        begun = stage.days.at(day, f"{9 + number:02d}:35")
        yield Act(begun, stage.worker.who, "A lesson", _given(stage, lesson, "paper" if number % 2 else "aloud"))
        if heard:
            yield Act(begun + timedelta(minutes=25), stage.worker.who, "Taught back", _taught_back(stage, lesson, heard))


def _given(stage: Stage, lesson: str, how: str) -> Deed:
    person = stage.person
    return lambda change: education.give(change, patient=person.reference, lesson=lesson, how=how, language=person.language)


def _taught_back(stage: Stage, lesson: str, heard: Sequence[str]) -> Deed:
    def do(change: Change) -> None:
        given = change.find("Communication", patient=stage.person.reference, instantiates_canonical=library()[lesson].canonical)[0]["id"]
        for number, (ask, result) in enumerate(zip(library()[lesson].said("en").ask, heard, strict=False)):
            note = vary(SAID[result], stage.person.index + number)
            education.teach_back(change, given=str(given), item=ask.item, result=result, note=note)

    return do
