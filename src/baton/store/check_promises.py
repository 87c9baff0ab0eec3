"""Whether every open promise is whole, and whatever is open is owed at least one. A later duty adds a row to `OPEN_THINGS`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any

from baton.fhir import resource as fhir_resource
from baton.store.index import CLOSED, PROMISE, STAFF_ROLE, P
from baton.store.links import span

Resource = dict[str, Any]

TRACE, EPISODE = f"{P}/StructureDefinition/trace", f"{P}/StructureDefinition/episode"
PATHWAY = f"{P}/StructureDefinition/pathway"
DISCHARGE = f"{P}/CodeSystem/discharge"
TASK_CODE = "http://hl7.org/fhir/CodeSystem/task-code"


@dataclass(frozen=True, slots=True)
class OpenThing:
    """A kind of resource that must have an open promise while it is open, and none once it is closed."""

    type: str
    is_open: Callable[[Resource], bool | None]
    """None: the resource alone does not say, so either is right."""
    is_ours: Callable[[Resource], bool]
    """Whether it counts even when no promise ever named it."""
    named_by: Callable[[Resource], str | None]
    """The reference to it, from a Task that is a promise about it."""
    concerns: Callable[[Resource], bool] = field(default=lambda _: True)
    """Which resources of the type are meant."""


def _extensions(resource: Resource, url: str) -> Iterator[Resource]:
    return (each for each in resource.get("extension", ()) if each.get("url") == url)


def _extension_reference(task: Resource, url: str) -> str | None:
    return next((each.get("valueReference", {}).get("reference") for each in _extensions(task, url)), None)


OPEN_THINGS = (
    OpenThing(
        "EpisodeOfCare",
        is_open=lambda episode: episode.get("status") in ("planned", "waitlist", "active", "onhold"),
        is_ours=lambda episode: any(_extensions(episode, PATHWAY)),
        named_by=lambda task: _extension_reference(task, EPISODE),
    ),
    OpenThing(
        "Task",
        is_open=lambda task: None if task.get("status") in CLOSED else True,  # a loop may be open after its machine has ended
        is_ours=lambda _: True,
        named_by=lambda task: task.get("focus", {}).get("reference") if _promised(task).startswith("referral-") else None,
        concerns=lambda task: (
            fhir_resource.has_code(task.get("code"), TASK_CODE, "fulfill")
            and str(task.get("focus", {}).get("reference", "")).startswith("ServiceRequest/")
        ),
    ),
    OpenThing(
        "CarePlan",
        is_open=lambda plan: plan.get("status") == "active",
        is_ours=lambda _: True,
        named_by=lambda task: task.get("focus", {}).get("reference") if _promised(task) == "discharge-plan" else None,
        concerns=lambda plan: any(fhir_resource.has_code(each, DISCHARGE, "discharge-plan") for each in plan.get("category", ())),
    ),
)


def _promised(task: Resource) -> str:
    return fhir_resource.code_of(task.get("code"), PROMISE) or ""


MENDED_WITHIN = timedelta(minutes=15)
"""A role that ends with a day ends by itself: so long after, what its holder owned has passed on."""
NAMED = f"{P}/CodeSystem/care-team-role"


class Owners:
    """Sees every current resource once, then says what is owned by somebody who worked here and has no role any more."""

    def __init__(self, now: datetime, zone: tzinfo) -> None:
        """`now` is when the newest change was made."""
        self._now, self._zone = now, zone
        self._working: set[str] = set()
        self._worked: set[str] = set()
        self._inactive: set[str] = set()
        self._owned: dict[str, list[str]] = defaultdict(list)  # "Practitioner/id": what names them

    def see(self, resource: Resource) -> None:
        """Take note of a current resource."""
        type_, name = resource.get("resourceType"), f"{resource.get('resourceType')}/{resource.get('id')}"
        if type_ == "PractitionerRole":
            self._role(resource)
        elif type_ == "Practitioner" and resource.get("active", True) is False:
            self._inactive.add(name)
        elif type_ == "Task" and fhir_resource.code_of(resource.get("code"), PROMISE) is not None and resource.get("status") not in CLOSED:
            self._owned[str(fhir_resource.target(resource.get("owner")))].append(name)
        elif type_ == "CareTeam" and resource.get("status") == "active":
            for each in resource.get("participant", ()):
                if any(fhir_resource.code_of(role, NAMED) for role in each.get("role", ())):
                    self._owned[str(fhir_resource.target(each.get("member")))].append(name)

    def _role(self, role: Resource) -> None:
        person = str(fhir_resource.target(role.get("practitioner")))
        if any(fhir_resource.code_of(each, STAFF_ROLE) for each in role.get("code", ())):
            self._worked.add(person)
            since, until = span(role.get("period"), self._zone)
            begun = since is None or since <= self._now + MENDED_WITHIN
            if role.get("active", True) and (not begun or until is None or until + MENDED_WITHIN > self._now):
                self._working.add(person)

    def violations(self) -> Iterator[str]:
        """After everything was seen."""
        gone = (self._worked - self._working) | self._inactive
        for person in sorted(gone & self._owned.keys()):
            yield from (f"{name}: is owned by {person}, who has no role here any more" for name in self._owned[person])


class Promises:
    """Sees every current resource once, then says which open things are owed nothing and which closed ones still are."""

    def __init__(self) -> None:
        """Nothing seen yet."""
        self._things: dict[str, tuple[bool | None, bool]] = {}  # reference: open, ours
        self._open: dict[str, int] = defaultdict(int)  # reference: open promises that name it
        self._named: set[str] = set()

    def see(self, resource: Resource) -> Iterator[str]:
        """Take note of a current resource; gives what is wrong with it as a promise."""
        type_ = resource.get("resourceType")
        if type_ == "Task" and fhir_resource.code_of(resource.get("code"), PROMISE) is not None:
            is_open = resource.get("status") not in CLOSED
            for thing in OPEN_THINGS:
                if reference := thing.named_by(resource):
                    self._named.add(reference)
                    self._open[reference] += is_open
            if is_open:
                yield from (f"Task/{resource.get('id')}: is an open promise without {what}" for what in lacking(resource))
        for thing in OPEN_THINGS:
            if type_ == thing.type and thing.concerns(resource):
                self._things[f"{type_}/{resource.get('id')}"] = (thing.is_open(resource), thing.is_ours(resource))

    def violations(self) -> Iterator[str]:
        """After everything was seen."""
        for reference, (is_open, ours) in self._things.items():
            promised = self._open.get(reference, 0)
            if is_open and not promised and (ours or reference in self._named):
                yield f"{reference}: is open and nothing is promised about it"
            if is_open is False and promised:
                yield f"{reference}: is closed and {promised} promises about it are open"
        for reference in sorted(self._named - self._things.keys()):
            if self._open[reference]:
                yield f"{reference}: is not there and {self._open[reference]} promises about it are open"


def lacking(task: Resource) -> Iterator[str]:
    """What an open promise needs and this one has not."""
    if not str(task.get("for", {}).get("reference", "")).startswith("Patient/"):
        yield "a patient (Task.for)"
    if not task.get("owner", {}).get("reference"):
        yield "an owner (Task.owner)"
    if not task.get("restriction", {}).get("period", {}).get("end"):
        yield "a due time (Task.restriction.period.end)"
    parts = [part for trace in _extensions(task, TRACE) for part in trace.get("extension", ())]
    rule = next((part.get("valueCanonical", "") for part in parts if part.get("url") == "rule"), "")
    if not all(rule.partition("|")):
        yield "the rule that made it and its version (trace)"
    if not any(part.get("url") == "fact" for part in parts):
        yield "the facts that made it (trace)"
