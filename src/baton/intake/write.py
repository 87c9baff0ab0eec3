"""One unit through the door: where each entry will live, what its links become, and the change that holds it all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from baton.fhir import bundle, validate
from baton.fhir.bundle import Entry
from baton.fhir.definitions import TYPES
from baton.fhir.outcome import Bad, Issue
from baton.intake.known import Known, made_id, names, plain
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


@dataclass(slots=True)
class _Plan:
    """What to write, and what stands in the way, by place in the unit."""

    ready: dict[int, Resource] = field(default_factory=dict)
    present: set[int] = field(default_factory=set)  # ifNoneExist found them
    refused: dict[int, str] = field(default_factory=dict)
    missing: dict[int, str] = field(default_factory=dict)  # conditional references that mean nothing yet
    targets: dict[str, str] = field(default_factory=dict)


def write(store: Store, who: Who, known: Known, unit: Unit, *, last: bool) -> Tally:
    """Bring a unit in; never raises Refused. When not `last`, entries that refer to what may still come come back as waiting."""
    tally = Tally()
    plan = _planned(store, who, known, unit)
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


# ---- planning


def _planned(store: Store, who: Who, known: Known, unit: Unit) -> _Plan:
    plan = _Plan(targets=dict(unit.targets))
    ask = _Asker(store, who, known)
    assigned = {}
    try:
        conditions = ask([text for entry in unit.entries if (text := _condition(entry))])
        for place, entry in enumerate(unit.entries):
            found = conditions.get(_condition(entry) or "")
            if found and entry.method == "POST":
                plan.present.add(place)
            assigned[entry.index] = found or f"{_type(entry)}/{_own_id(entry) or made_id(entry)}"
        plan.targets |= bundle.resolve(unit.entries, assigned)
        links = _Links(plan.targets, unit, assigned, ask)
        for place, entry in enumerate(unit.entries):
            if place not in plan.present:
                _plan_entry(plan, links, place, entry, assigned[entry.index], unit.whole)
    except (Bad, Refused) as refused:
        plan.refused[0] = _reason(refused.issues)
        plan.refused |= {} if unit.whole else {place: plan.refused[0] for place in range(len(unit.entries))}
    return plan


def _plan_entry(plan: _Plan, links: _Links, place: int, entry: Entry, lives: str, whole: bool) -> None:
    assert entry.resource is not None
    links.missed.clear()
    resource = bundle.rewrite(entry.resource, links)
    type_, _, id_ = lives.partition("/")
    if entry.id and resource.get("id", entry.id) != entry.id:
        plan.refused[place] = f"the url says {entry.id}, the resource says {resource['id']}"
        return
    if resource.get("id") != id_:
        resource = {
            "resourceType": type_,
            "id": id_,
            **{key: value for key, value in resource.items() if key not in ("id", "resourceType")},
        }
    left = [text for text in bundle.dangling(resource) if whole or "?" in text] if links.missed else []
    placeholders = [text for text in left if text.startswith("urn:")]
    if placeholders:
        plan.refused[place] = f"{placeholders[0]} is no entry of this Bundle"
    elif left:
        plan.missing[place] = left[0]
    else:
        plan.ready[place] = resource


def _type(entry: Entry) -> str:
    assert entry.resource is not None
    name: str = entry.resource["resourceType"]
    return name


def _own_id(entry: Entry) -> str | None:
    assert entry.resource is not None
    own = entry.id if entry.method == "PUT" and entry.id else entry.resource.get("id")
    return own if own is None else str(own)


def _condition(entry: Entry) -> str | None:
    """The search that says whether this entry is here already: a POST with ifNoneExist, a PUT to a search."""
    search = entry.if_none_exist.lstrip("?").partition("?")[2] or entry.if_none_exist.lstrip("?") if entry.if_none_exist else entry.query
    return f"{_type(entry)}?{search}" if search and entry.method in ("POST", "PUT") else None


class _Asker:
    """Asks what conditional references mean, in a view that is opened only when something is not remembered."""

    def __init__(self, store: Store, who: Who, known: Known) -> None:
        self.store, self.who, self.known = store, who, known

    def __call__(self, wanted: Sequence[str]) -> dict[str, str]:
        found, asked = self.known.recall(wanted)
        if asked:
            with self.store.view(self.who) as view:
                found |= self.known.ask(view, asked)
        return found


class _Links(dict[str, str]):
    """The links of a unit; the first conditional one it does not know makes it look all of the unit's up, in as few searches as can be."""

    def __init__(self, targets: Mapping[str, str], unit: Unit, assigned: Mapping[int, str], ask: _Asker) -> None:
        super().__init__(targets)
        self.unit, self.assigned, self.ask, self.asked = unit, assigned, ask, False
        self.missed: set[str] = set()

    def get(self, text: str, default: Any = None) -> Any:
        place = super().get(text)
        if place is None and (text.startswith("urn:uuid:") or "?" in text):
            if not self.asked and "?" in text:
                self.asked = True
                self.update(self._meant(bundle.conditionals(self.unit.entries)))
                place = super().get(text)
            if place is None:
                self.missed.add(text)
        return place

    def _meant(self, wanted: Iterable[str]) -> dict[str, str]:
        """What is stored comes first; what stands in the same unit is not in the store yet."""
        found = self.ask(list(wanted))
        left = [text for text in wanted if text not in found]
        if left:
            here = {name: self.assigned[entry.index] for entry in self.unit.entries for name in names(entry.resource or {})}
            found |= {text: here[plain(text)] for text in left if plain(text) in here}
        return found


# ---- writing


def _put(store: Store, who: Who, known: Known, unit: Unit, ready: Sequence[tuple[int, Resource]], tally: Tally) -> None:
    """One change with these resources; when it is refused, without those that are to blame (or, for a whole unit, not at all)."""
    for again in reversed(range(_TRIES)):
        counted = Tally()
        try:
            with store.change(who, because=f"Load {unit.file}") as change:
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
    blamed = {place: _reason(issues) for place, resource in ready if (issues := _errors(resource))}
    if unit.whole or len(ready) == 1:
        blamed = blamed or {ready[0][0]: _reason(refused.issues)} if len(ready) == 1 else blamed
        tally.refused += [Refusal(unit.file, unit.positions[place], reason) for place, reason in blamed.items()]
        if not blamed:
            tally.refused.append(Refusal(unit.file, unit.name, _reason(refused.issues)))
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


def _reason(issues: Iterable[Issue]) -> str:
    return "; ".join(f"{issue.expression}: {issue.text}" if issue.expression else issue.text for issue in issues) or "refused"
