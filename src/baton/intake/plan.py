"""Where each entry of a unit will live, and what its links become. Pure, so that another process can do it.

What only the store can say is asked through one function, from conditional references to "Type/id".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from baton.fhir import bundle
from baton.fhir.bundle import Entry
from baton.fhir.outcome import Bad, Issue
from baton.intake.known import made_id, names, plain
from baton.intake.units import Unit
from baton.store.who import Refused

Resource = dict[str, Any]
Ask = Callable[[Sequence[str]], dict[str, str]]


@dataclass(slots=True)
class Plan:
    """What to write, and what stands in the way, by place in the unit."""

    ready: dict[int, Resource] = field(default_factory=dict)
    present: set[int] = field(default_factory=set)  # ifNoneExist found them
    refused: dict[int, str] = field(default_factory=dict)
    missing: dict[int, str] = field(default_factory=dict)  # conditional references that mean nothing yet
    targets: dict[str, str] = field(default_factory=dict)


def planned(unit: Unit, known: Mapping[str, str], ask: Ask) -> Plan:
    """Work a unit out. `known` is what is remembered by name; whatever `ask` raises, other than Refused, goes through."""
    plan = Plan(targets=dict(unit.targets))
    assigned = {}
    try:
        conditions = ask([text for entry in unit.entries if (text := _condition(entry))])
        for place, entry in enumerate(unit.entries):
            found = conditions.get(_condition(entry) or "")
            if found and entry.method == "POST":
                plan.present.add(place)
            assigned[entry.index] = found or f"{_type(entry)}/{_own_id(entry) or made_id(entry)}"
        plan.targets |= bundle.resolve(unit.entries, assigned)
        links = _Links(plan.targets, unit, assigned, known, ask)
        for place, entry in enumerate(unit.entries):
            if place not in plan.present:
                _plan_entry(plan, links, place, entry, assigned[entry.index], unit.whole)
    except (Bad, Refused) as refused:
        plan.refused[0] = reason_of(refused.issues)
        plan.refused |= {} if unit.whole else {place: plan.refused[0] for place in range(len(unit.entries))}
    return plan


def _plan_entry(plan: Plan, links: _Links, place: int, entry: Entry, lives: str, whole: bool) -> None:
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


class _Links(dict[str, str]):
    """The links of a unit; the first conditional one it does not know makes it look all of the unit's up, in as few searches as can be."""

    def __init__(self, targets: Mapping[str, str], unit: Unit, assigned: Mapping[int, str], known: Mapping[str, str], ask: Ask) -> None:
        super().__init__(targets)
        self.known = known
        self.unit, self.assigned, self.ask, self.asked = unit, assigned, ask, False
        self.missed: set[str] = set()

    def get(self, text: str, default: Any = None) -> Any:
        place = super().get(text)
        if place is None and (text.startswith("urn:uuid:") or "?" in text):
            if "?" in text and (place := self.known.get(plain(text))):
                self[text] = place
                return place
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


def reason_of(issues: Iterable[Issue]) -> str:
    """Issues as one line."""
    return "; ".join(f"{issue.expression}: {issue.text}" if issue.expression else issue.text for issue in issues) or "refused"
