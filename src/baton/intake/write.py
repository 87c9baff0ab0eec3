"""One unit through the door: the change that holds it, and what to do when it is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from baton.fhir import validate
from baton.fhir.definitions import TYPES
from baton.fhir.outcome import Issue
from baton.intake.known import Known
from baton.intake.plan import Ask, Plan, planned, reason_of
from baton.intake.sources import Refusal
from baton.intake.units import HANDFUL, Unit
from baton.store import Change, Refused, Store, Who
from baton.store.who import Conflict, Gone, NotFound

Resource = dict[str, Any]
_TRIES = 3  # when somebody else changes the same thing at the same moment


@dataclass(slots=True)
class Tally:
    """What came of one unit."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list[Refusal] = field(default_factory=list)
    waiting: list[Unit] = field(default_factory=list)  # refers to something that may still come


def _mark(file: str) -> str:
    """A file's mark: its name may be a patient's, and a reason is kept for ever. Who has the file can work it out again."""
    return f"file {blake2b(file.encode(), digest_size=6).hexdigest()}"


def write(store: Store, who: Who, known: Known, unit: Unit, plan: Plan | None = None, *, last: bool) -> Tally:
    """Bring a unit in; never raises Refused. When not `last`, entries that refer to what may still come come back as waiting."""
    tally = Tally()
    plan = plan or planned(unit, known.places, _asker(store, who, known))
    if plan.missing and not last:
        if unit.whole:
            return Tally(waiting=[unit])
        tally.waiting.append(unit.part(plan.missing, plan.targets))
    elif plan.missing:
        plan.refused |= {place: f"{text} means nothing here" for place, text in plan.missing.items()}
    tally.refused += [Refusal(unit.file, unit.positions[place], reason) for place, reason in sorted(plan.refused.items())]
    if unit.whole and plan.refused:
        return tally
    tally.unchanged += len(plan.present)
    ready = list(plan.ready.items())
    for start in range(0, len(ready), len(ready) if unit.whole else HANDFUL):
        _put(store, who, known, unit, ready[start:] if unit.whole else ready[start : start + HANDFUL], tally)
    return tally


def _asker(store: Store, who: Who, known: Known) -> Ask:
    """Asks what conditional references mean, in a view that is opened only when something is not remembered."""

    def ask(wanted: Sequence[str]) -> dict[str, str]:
        found, left = known.recall(wanted)
        if left:
            with store.view(who) as view:
                found |= known.ask(view, left)
        return found

    return ask


def _put(store: Store, who: Who, known: Known, unit: Unit, ready: Sequence[tuple[int, Resource]], tally: Tally) -> None:
    """One change with these resources; when it is refused, without those that are to blame (or, for a whole unit, not at all)."""
    for again in reversed(range(_TRIES)):
        counted = Tally()
        try:
            with store.change(who, because=f"Load {_mark(unit.file)}") as change:
                change.hold((each["resourceType"], each["id"]) for _, each in ready if each["resourceType"] in TYPES)
                for _, resource in ready:
                    _put_one(change, resource, counted)
        except Conflict as conflict:
            if not again:
                return _refused(store, who, known, unit, ready, tally, conflict)
        except Refused as refused:
            return _refused(store, who, known, unit, ready, tally, refused)
        else:
            break
    known.learn(resource for _, resource in ready)
    tally.added += counted.added
    tally.changed += counted.changed
    tally.unchanged += counted.unchanged
    return None


def _put_one(change: Change, resource: Resource, tally: Tally) -> None:
    try:
        before = change.stored(resource["resourceType"], resource["id"])
    except (NotFound, Gone):
        before = None
    after = change.put(resource, unless_same=True)
    if before is None:
        tally.added += 1
    elif after is before:
        tally.unchanged += 1
    else:
        tally.changed += 1


def _refused(
    store: Store, who: Who, known: Known, unit: Unit, ready: Sequence[tuple[int, Resource]], tally: Tally, refused: Refused
) -> None:
    blamed = {place: reason_of(issues) for place, resource in ready if (issues := _errors(resource))}
    if unit.whole or len(ready) == 1:
        blamed = blamed or {ready[0][0]: reason_of(refused.issues)} if len(ready) == 1 else blamed
        tally.refused += [Refusal(unit.file, unit.positions[place], reason) for place, reason in blamed.items()]
        if not blamed:
            tally.refused.append(Refusal(unit.file, unit.name, reason_of(refused.issues)))
        return
    if blamed:
        tally.refused += [Refusal(unit.file, unit.positions[place], reason) for place, reason in blamed.items()]
        parts = [[each for each in ready if each[0] not in blamed]]
    else:
        middle = len(ready) // 2
        parts = [list(ready[:middle]), list(ready[middle:])]
    for part in parts:
        if part:
            _put(store, who, known, unit, part, tally)


def _errors(resource: Resource) -> list[Issue]:
    return [issue for issue in validate.check(resource) if issue.severity == "error"]
