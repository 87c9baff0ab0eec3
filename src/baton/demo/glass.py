"""Charts opened outside one's care: one the privacy desk has looked into, one it has not, and one that waits for a second person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from baton.demo.acts import Act, Deed
from baton.demo.places import WORKERS, Worker
from baton.demo.plot import Stage, begin_the_town
from baton.duties.privacy import glass as glass_duty
from baton.duties.privacy import tasks as privacy_tasks
from baton.store import Change

TEAM = "geriatrics"
AT_NIGHT = "The family called the night line: fell and bleeds; the ambulance asks which blood thinner it is."
ASKED_FOR = "Stood at our desk without an appointment and asked what the heart clinic had decided."
WELL_KNOWN = "A niece called our line because nobody answered at the office; I must know whether she may be told."
FOUND = "The call stands in the log of the night line, and the family thanked us for it."


def glass(stages: Sequence[Stage]) -> Iterator[Act]:
    """People of the geriatrics team, looked at by those of other teams."""
    if not begin_the_town(stages) or stages[0].person.team != TEAM or len(stages) < 13:
        return
    first, second, third = stages[8], stages[9], stages[12]
    yield _broken(first, 4, "20:42", WORKERS["tom-brandt"], "emergency", AT_NIGHT)
    owen = privacy_tasks.office(WORKERS["owen-pike"].who)

    def looked_into(change: Change) -> None:
        for each in privacy_tasks.tasks(change):
            if each.code == "glass-review" and each.patient == first.person.reference:
                privacy_tasks.close(change, task=each.id, finding="appropriate", words=FOUND)

    days = first.days
    yield Act(days.at(days.business(-3), "10:20"), owen, "A broken glass looked into", looked_into)
    yield _broken(second, 1, "11:48", WORKERS["andre-walker"], "patient-called", ASKED_FOR)
    yield Act(days.at(days.business(-9), "09:05"), owen, "A well-known person", _well_known(third))
    yield _broken(third, 1, "16:52", WORKERS["rosa-delgado"], "patient-called", WELL_KNOWN)


def _well_known(stage: Stage) -> Deed:
    def do(change: Change) -> None:
        found = change.get("Patient", stage.person.id)
        meta = found.get("meta", {})
        label = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": glass_duty.VIP, "display": "celebrity information"}
        change.put({**found, "meta": {**meta, "security": [*meta.get("security", ()), label]}})

    return do


def _broken(stage: Stage, ago: int, clock: str, worker: Worker, reason: str, words: str) -> Act:
    who = glass_duty.breaker(worker.who)

    def do(change: Change) -> None:
        glass_duty.break_glass(change, role=worker.role, patient=stage.person.id, reason=reason, words=words, second=True)

    return Act(stage.days.at(stage.days.business(-ago), clock), who, "Breaking the glass", do)
