"""Reading what may not be there: references that lead nowhere, places, names, teams."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from baton.duties.codes import INTAKE, ORGANIZATION_TYPE
from baton.fhir import dates
from baton.fhir.resource import Resource, extension, has_code, human_name, split, target
from baton.store import Change, Refused, View

T = TypeVar("T")
TIMEZONE = "http://hl7.org/fhir/StructureDefinition/timezone"


@contextmanager
def seeing_all(view: View) -> Iterator[None]:
    """What must follow from an event follows whoever caused it: reads in this block see all patients. Who is answerable stays the same."""
    who = view.who
    view.who = replace(who, role="system", lent=who.own_role)
    try:
        yield
    finally:
        view.who = who


_KEPT: WeakKeyDictionary[View, dict[tuple[Any, ...], Any]] = WeakKeyDictionary()


def once(view: View, key: tuple[Any, ...], ask: Callable[[], T]) -> T:
    """What several parts of one page ask alike, asked once: for as long as the view lasts, and never in a change, which may alter it."""
    if isinstance(view, Change):
        return ask()
    kept = _KEPT.setdefault(view, {})
    mine = (view.who.role, *key)
    if mine not in kept:
        kept[mine] = ask()
    return kept[mine]  # type: ignore[no-any-return]


def maybe(view: View, reference: str | None) -> Resource | None:
    """The resource a reference leads to; None when it leads nowhere, or nowhere this person may go."""
    parts = split(reference) if reference else None
    if parts is None:
        return None
    try:
        return view.get(*parts)
    except Refused:
        return None


def peek(view: View, reference: str | None) -> Resource | None:
    """As `maybe`, without locking it in a change: for what is only read."""
    parts = split(reference) if reference else None
    if parts is None:
        return None
    try:
        return View.stored(view, *parts).resource()
    except Refused:
        return None


AT_ONCE = 200
"""How many are asked for in one question."""


def several(view: View, type_: str, references: Iterable[str | None]) -> dict[str, Resource]:
    """Resources of one type by their references, asked for together; what is not there, or not theirs to see, is left out."""
    ids = sorted({each.partition("/")[2] for each in references if each and each.startswith(f"{type_}/")})
    handfuls = (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))
    return {f"{type_}/{each['id']}": each for some in handfuls for each in view.find(type_, _id=",".join(some), _count=len(some))}


def hold(view: View, references: Iterable[str]) -> None:
    """In a change: lock all of these at once, so that writing them asks no more."""
    if isinstance(view, Change):
        view.hold(found for each in references if (found := split(each)) is not None)


def take_turns(view: View, about: str) -> None:
    """In a change: whoever else decides about this waits until it ends, so that two never decide the same thing at once."""
    if isinstance(view, Change):
        view.take_turns(about)


CHART = ("CareTeam", "EpisodeOfCare", "Encounter", "Communication", "Appointment", "DocumentReference", "Procedure")
Chart = Mapping[str, Sequence[Resource]]


def chart(view: View, patient: str) -> Chart:
    """What a transition needs of a patient's record, newest first by type, in one question; empty when there is no such patient."""
    try:
        return view.compartment(patient.partition("/")[2], CHART, per_type=100)
    except Refused:
        return {}


def name_of(view: View, reference: str) -> str:
    """The name of a person, team or place; its reference when it has none."""
    resource = peek(view, reference)
    if resource is None:
        return reference
    name = resource.get("name") or next((each["name"] for each in resource.get("deviceName", ())), None)
    return (name if isinstance(name, str) else human_name(resource)) or reference


def zone_of(view: View, encounter: Resource) -> ZoneInfo:
    """The zone of the discharging facility: what its Location or Organization states, else the hub's."""
    places = [target(place.get("location")) for place in encounter.get("location", ())]
    for reference in (*places, target(encounter.get("serviceProvider"))):
        stated = extension(peek(view, reference), TIMEZONE)
        if isinstance(stated, str):
            try:
                return ZoneInfo(stated)
            except (ZoneInfoNotFoundError, ValueError):
                continue
    return view.zone


def facility_of(view: View, encounter: Resource) -> str | None:
    """What the discharging facility is called."""
    for element in (encounter.get("serviceProvider"), *(place.get("location") for place in encounter.get("location", ()))):
        if not element:
            continue
        if element.get("display"):
            return str(element["display"])
        found = peek(view, target(element))
        if found is not None and isinstance(found.get("name"), str):
            return str(found["name"])
    return None


def is_team(organization: Resource | None) -> bool:
    """Whether an Organization is a team of coordinators."""
    return organization is not None and any(has_code(each, ORGANIZATION_TYPE, "team") for each in organization.get("type", ()))


def team_of(view: View, patient: str, care_teams: Iterable[Resource] | None = None) -> tuple[str, str, str | None]:
    """The patient's team as (reference, name, CareTeam reference): the first team an active CareTeam names, else Intake."""
    found = view.find("CareTeam", patient=patient, status="active") if care_teams is None else care_teams
    active = (each for each in found if each.get("status") == "active")
    for care_team in sorted(active, key=lambda each: str(each["id"])):
        for participant in care_team.get("participant", ()):
            member = target(participant.get("member"))
            if member is None or not member.startswith("Organization/"):
                continue
            organization = peek(view, member)
            if organization is not None and is_team(organization):
                return member, str(organization.get("name", member)), f"CareTeam/{care_team['id']}"
    return INTAKE, name_of(view, INTAKE), None


def members(care_team: Resource | None) -> list[str]:
    """The organisations an active CareTeam names."""
    if care_team is None or care_team.get("status") != "active":
        return []
    found = (target(each.get("member")) for each in care_team.get("participant", ()))
    return [each for each in found if each is not None and each.startswith("Organization/")]


def teams_of(view: View, patient: str) -> list[str]:
    """Every team an active CareTeam gives the patient to; Intake when none does."""
    named = dict.fromkeys(each for care_team in view.find("CareTeam", patient=patient, status="active") for each in members(care_team))
    return [each for each in named if is_team(peek(view, each))] or [INTAKE]


def rehomed(view: View, task: Resource) -> Resource:
    """A promise owed again, by a team that has the patient: while it was closed the patient may have gone to another."""
    owner, patient = target(task.get("owner")), target(task.get("for"))
    if owner is None or patient is None or not owner.startswith("Organization/") or owner in teams_of(view, patient):
        return task
    team, name, _ = team_of(view, patient)
    return {**task, "owner": {"reference": team, "display": name}}


def moment(text: str | None, zone: ZoneInfo) -> datetime | None:
    """The first instant a FHIR date or dateTime can mean, in `zone`; None when there is none or it is no date."""
    try:
        return dates.interval(text, zone)[0].astimezone(zone) if text else None
    except (ValueError, OverflowError):
        return None


def codings(*concepts: Any) -> Iterable[tuple[str | None, str]]:
    """(system, code) of Codings and CodeableConcepts alike, None skipped."""
    for each in concepts:
        for coding in (each or {}).get("coding", (each,) if each else ()):
            if coding.get("code"):
                yield coding.get("system"), str(coding["code"])
