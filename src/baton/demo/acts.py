"""What people did in the past month, one act at a time: when, who, why, and what it changed through the duties' own verbs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from baton.demo.people import Person
from baton.demo.places import P
from baton.duties import promises
from baton.duties.contact import communication
from baton.duties.patients import patients
from baton.duties.transitions import transitions
from baton.store import Change, Who

Resource = dict[str, Any]
Deed = Callable[[Change], object]

PROMISE = f"{P}/CodeSystem/promise"
OPEN = "requested,accepted,in-progress,on-hold"


@dataclass(frozen=True, slots=True)
class Act:
    """One change of the past month."""

    when: datetime
    who: Who
    because: str
    do: Deed


def promise(change: Change, person: Person, code: str, what: str | None = None) -> str | None:
    """The id of the person's open promise of this kind (and, by hand, of these words) that is due first; None when there is none."""
    found = change.find("Task", patient=person.reference, code=f"{PROMISE}|{code}", status=OPEN)
    found = [task for task in found if what in (None, task.get("description"))]
    found.sort(key=lambda task: (task["restriction"]["period"]["end"], task["id"]))
    return str(found[0]["id"]) if found else None


def put(*resources: Resource) -> Deed:
    """Bring these resources in."""

    def do(change: Change) -> None:
        for resource in resources:
            change.put(resource)

    return do


def amend(type_: str, id_: str, **elements: Any) -> Deed:
    """Change some elements of a resource; None takes one away."""

    def do(change: Change) -> None:
        resource = {**change.get(type_, id_), **elements}
        change.put({name: value for name, value in resource.items() if value is not None})

    return do


def all_of(deeds: Iterable[Deed]) -> Deed:
    """Several in one change."""
    several = list(deeds)

    def do(change: Change) -> None:
        for deed in several:
            deed(change)

    return do


def attempt(person: Person, outcome: str, *, to: str | None = None, note: str | None = None) -> Deed:
    """Ring them about the contact owed after a discharge."""

    def do(change: Change) -> None:
        if task := promise(change, person, "contact-after-discharge"):
            spoken = person.language if outcome == "reached" else None
            interpreter = f"language line {4000 + person.index % 900}" if spoken and person.interpreter else None
            communication.attempt(change, task=task, outcome=outcome, language=spoken, to=to, interpreter=interpreter, note=note)

    return do


def done(person: Person, code: str, note: str | None = None, *, what: str | None = None) -> Deed:
    """Keep a promise."""

    def do(change: Change) -> None:
        if task := promise(change, person, code, what):
            promises.done(change, task=task, note=note)

    return do


def wait(person: Person, code: str, on: str) -> Deed:
    """It is somebody else's turn."""

    def do(change: Change) -> None:
        if task := promise(change, person, code):
            promises.wait(change, task=task, on=on)

    return do


def snooze(person: Person, what: str, until: date, reason: str) -> Deed:
    """Put a promise made by hand to sleep."""

    def do(change: Change) -> None:
        if task := promise(change, person, "by-hand", what):
            promises.snooze(change, task=task, until=until, reason=reason)

    return do


def by_hand(person: Person, what: str, due: date, *, owner: str | None = None, on: str | None = None) -> Deed:
    """Promise something nobody's rule asks for; with `on`, it is that party's turn at once."""

    def do(change: Change) -> None:
        task = promises.make_by_hand(change, patient=person.reference, what=what, due=due, owner=owner)
        if on:
            promises.wait(change, task=_id(task), on=on)

    return do


def _id(task: Any) -> str:
    """The id of a Task, however it was handed back."""
    return str(task if isinstance(task, str) else task["id"] if isinstance(task, dict) else task.id).removeprefix("Task/")


def note(person: Person, text: str) -> Deed:
    """Write a note."""
    return lambda change: patients.note(change, patient=person.id, text=text)


def complexity(person: Person, level: str) -> Deed:
    """Say how complex the decisions of a transition are: it decides how soon the visit must be."""

    def do(change: Change) -> None:
        if task := promise(change, person, "visit-after-discharge"):
            transitions.set_complexity(change, task=task, complexity=level)

    return do
