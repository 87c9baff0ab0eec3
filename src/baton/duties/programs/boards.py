"""The agenda of a meeting about a program: a tumor board. Everybody in its phases, each with the clock and what is open; then a huddle.

What is decided there, by whom and until when, who does not agree, and who was there how long: `duties.team.huddles`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from baton.duties import codes, reading
from baton.duties.names import names_of
from baton.duties.programs import packs, states
from baton.duties.programs.packs import PROGRAM, Board, Phase, Program
from baton.duties.promises import refuse
from baton.duties.team import huddles
from baton.duties.today import loops
from baton.duties.today.rows import Row
from baton.fhir.resource import Resource, human_name
from baton.rules.calendar import local_day
from baton.store import NotFound
from baton.store import programs as index

if TYPE_CHECKING:
    from baton.store import Change, View

MOST = 30


@dataclass(frozen=True, slots=True)
class Item:
    """Somebody to talk about: the phase they are in since how many days, and what is open about them."""

    patient: str
    name: str
    phase: Phase
    days: int
    open: tuple[Row, ...]


def of(view: View, program: str) -> tuple[Program, Board]:
    """The program and its board. Raises NotFound when it has none."""
    found = packs.current(view, program)
    if not found.boards:
        raise NotFound(f"{found.title.text} has no board.")
    return found, found.boards[0]


def agenda(view: View, *, program: str) -> tuple[Item, ...]:
    """Everybody in the phases of the board, those longest over their phase first: a few questions, whoever many there are."""
    found, board = of(view, program)
    members = [
        each for phase in board.phases for each in index.population(view, program=program, phase=phase, status="active", limit=MOST)[0]
    ][:MOST]
    if not members:
        return ()
    patients = list(dict.fromkeys(f"Patient/{each.patient}" for each in members))
    joined, people = ",".join(patients), reading.several(view, "Patient", patients)
    since = _since(view, joined, found.code)
    tasks: dict[str, list[Resource]] = {}
    for task in view.find("Task", patient=joined, status=codes.OPEN, _count=1000):
        if codes.promise_code(task) is not None:
            tasks.setdefault(str(codes.patient_of(task)), []).append(task)
    names = names_of(view, loops.owners([task for several in tasks.values() for task in several]))
    today, items = local_day(view.now, view.zone), []
    for each in members:
        phase, reference = found.phase(each.phase), f"Patient/{each.patient}"
        person = people.get(reference)
        if phase is not None and person is not None:
            rows = loops.rows(tasks.get(reference, ()), person, now=view.now, zone=view.zone, who=view.who, names=names)
            items.append(Item(each.patient, human_name(person), phase, (today - since.get(reference, today)).days, rows))
    return tuple(sorted(items, key=lambda item: (item.phase.days - item.days, item.name)))


def _since(view: View, patients: str, program: str) -> dict[str, date]:
    found = view.find("EpisodeOfCare", patient=patients, type=f"{PROGRAM}|{program}", status="active", _count=1000)
    return {each.patient: each.stays[-1].since for each in map(states.read, found) if each.stays}


def begin(change: Change, *, program: str, team: str, patients: Sequence[str]) -> str:
    """The meeting begins, about these patients (ids). Returns the id of the huddle. Raises Invalid."""
    _, board = of(change, program)
    several = [f"Patient/{each}" for each in dict.fromkeys(patients)]
    if not several:
        raise refuse("Choose whom to talk about.", "Communication.subject")
    for each in several:
        reading.hold(change, [each])
    about = {"text": board.title.text, **board.title.beside("text")}
    return huddles.begin(change, team=team, patients=several, about=about)
