"""What people carry, in one reading of the indexes: by how pressing, and patient by patient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from baton.fhir import resource as fhir_resource
from baton.store.codes import TYPE_CODE, key64, table
from baton.store.named import sql
from baton.store.who import Forbidden, Resource

if TYPE_CHECKING:
    from baton.store.view import View

PATIENT = TYPE_CODE["Patient"]


@dataclass(frozen=True, slots=True)
class Kinds:
    """What promises of a kind weigh (minutes, and the place of the band), and what is usual."""

    minutes: Mapping[str, float]
    bands: Mapping[str, int]
    each: float
    other: float
    medium: int  # open promises that make somebody as pressing
    high: int
    settling: str  # the kind of promise that is open in the first days after a discharge


@dataclass(frozen=True, slots=True)
class Load:
    """What somebody carries in one band: `patients` are theirs or covered (`covering` of them), `minutes` are not weighed yet."""

    person: str
    band: int
    patients: int
    covering: int
    minutes: float
    late: int
    open: int


@dataclass(frozen=True, slots=True)
class Carried:
    """One patient somebody carries. `theirs`: they look after them, or cover for whoever does; else they only owe something."""

    patient: Resource
    band: int
    minutes: float
    late: int
    open: int
    theirs: bool
    covering: bool
    settling: bool = False  # in the first days after a discharge
    person: str = ""  # "Practitioner/id" of whoever carries them


@dataclass(frozen=True, slots=True)
class Weighed:
    """What one patient weighs, and who looks after them now ("Practitioner/id"), if anybody does."""

    band: int
    minutes: float
    open: int
    person: str | None


def _params(view: View, people: Sequence[str], kinds: Kinds) -> tuple[dict[str, Any], str]:
    """The parameters of `carried`, and its text."""
    if view.limits is not None:
        raise Forbidden("This is not for apps.")
    names = sorted(set(kinds.minutes) | set(kinds.bands))
    params: dict[str, Any] = {
        "now": view.now,
        "people": [key64(each) for each in people],
        "codes": names,
        "minutes": [kinds.minutes.get(each, kinds.other) for each in names],
        "bands": [kinds.bands.get(each, 0) for each in names],
        "each": kinds.each,
        "other": kinds.other,
        "medium": kinds.medium,
        "high": kinds.high,
        "settling": kinds.settling,
    }
    seen_team = view.seen("r", params, [TYPE_CODE["CareTeam"]], hashed=True)
    seen_task = view.seen("p", params, [TYPE_CODE["Task"]], hashed=True)
    return params, sql("carried", care_team_table=table("CareTeam"), seen_team=seen_team, seen_task=seen_task)


def loads(view: View, people: Sequence[str], kinds: Kinds) -> list[Load]:
    """What each of these people ("Practitioner/id") carries, band by band, of the patients whoever asks may see."""
    params, carried = _params(view, people, kinds)
    named = {key64(each): each for each in people}
    both: dict[tuple[str, int], list[float]] = {}
    for key, band, *numbers in view.ask(sql("workloads", carried=carried), params, hashing=True):
        before = both.setdefault((named[key], band), [0] * len(numbers))
        both[named[key], band] = [old + new for old, new in zip(before, numbers, strict=True)]
    return [
        Load(person, band, int(patients), int(covering), minutes, int(late), int(open_))
        for (person, band), (patients, covering, minutes, late, open_) in both.items()
    ]


WHICH = {"all": "true", "theirs": "l.theirs", "covering": "l.covering", "late": "l.late > 0"}
"""What can be asked of a caseload."""


@dataclass(frozen=True, slots=True)
class Part:
    """A page of a caseload: its rows; and of the whole how many patients, how much that is late, and the minutes weighed by band."""

    rows: list[Carried]
    patients: int
    late: int
    weighed: float


def caseload(
    view: View,
    persons: Sequence[str],
    people: Sequence[str],
    kinds: Kinds,
    *,
    which: str = "all",
    limit: int = 500,
    start: int = 0,
    weights: Sequence[float] = (1.0, 1.0, 1.0),
) -> Part:
    """The patients some of these people carry, all or those of one kind (`WHICH`), the most pressing first, from `start` on.

    `weights`: what a minute weighs in each band, the least pressing first.
    """
    params, carried = _params(view, people, kinds)
    named = {key64(each): each for each in persons}
    params |= {"persons": list(named), "weights": list(weights)} | view.look_params("a caseload")
    parts = {"carried": carried, "which": WHICH[which], "limit": int(limit), "start": int(start)}
    found = view.ask(sql("caseload", **parts, **_patients(view, params)), params)
    rows = [
        Carried(fhir_resource.parse(body), band, float(minutes), int(late), int(open_), theirs, covering, settling, named[person])
        for body, band, minutes, late, open_, theirs, covering, settling, person, *_whole in found
    ]
    patients, late, weight = found[0][-3:] if found else (0, 0, 0.0)
    return Part(rows, int(patients), int(late), float(weight))


def weighed(view: View, patients: Sequence[str], people: Sequence[str], kinds: Kinds) -> dict[str, Weighed]:
    """What each of these patients ("Patient/id") weighs, and who looks after them."""
    params, carried = _params(view, people, kinds)
    named, whose = {key64(each): each for each in patients}, {key64(each): each for each in people}
    params["patients"] = list(named)
    rows = view.ask(sql("weighed", carried=carried), params, hashing=True)
    return {named[key]: Weighed(band, float(minutes), int(open_), whose.get(person)) for key, band, minutes, open_, person in rows}


def uncarried(view: View, teams: Sequence[str], people: Sequence[str], *, limit: int = 500, start: int = 0) -> tuple[int, list[Resource]]:
    """Of these teams' patients those whom none of these people looks after: how many, and from `start` on who is owed something soonest."""
    params: dict[str, Any] = {"now": view.now, "teams": [key64(each) for each in teams], "people": [key64(each) for each in people]}
    params |= view.look_params("patients without a coordinator")
    rows = view.ask(
        sql("uncarried", care_team_table=table("CareTeam"), limit=int(limit), start=int(start), **_patients(view, params)), params
    )
    return (int(rows[0][1]) if rows else 0), [fhir_resource.parse(body) for body, _ in rows]


def waiting(view: View, team: str, *, limit: int = 200, start: int = 0) -> tuple[int, list[tuple[Resource, datetime, int]]]:
    """The patients of a team, those here longest first, from `start` on: how many; each with since when, and how much is open for them."""
    params: dict[str, Any] = {"team": key64(team)}
    params |= view.look_params("patients who wait for a team")
    rows = view.ask(
        sql("waiting", care_team_table=table("CareTeam"), limit=int(limit), start=int(start), **_patients(view, params)), params
    )
    return (int(rows[0][3]) if rows else 0), [(fhir_resource.parse(body), since, int(open_)) for body, since, open_, _ in rows]


def works(view: View, person: str) -> bool:
    """Whether somebody ("Practitioner/id") has a role that holds now: asked at every promise that is given to a person."""
    params = {"person": person, "id": person.partition("/")[2], "now": view.now, "inactive": [key64("Practitioner.active=false")]}
    statement = sql("works", practitioner=TYPE_CODE["Practitioner"], practitioner_table=table("Practitioner"))
    return bool(view.ask(statement, params, prepare=True)[0][0])


def owing(view: View, people: Sequence[str]) -> list[str]:
    """Which of these people ("Practitioner/id") own an open promise, or are named in a CareTeam that gives them a patient."""
    named = {key64(each): each for each in people}
    rows = view.ask(sql("owing"), {"people": list(named), "now": view.now}) if named else []
    return [named[key] for (key,) in rows]


def _patients(view: View, params: dict[str, Any]) -> dict[str, Any]:
    return {"patient": PATIENT, "patient_table": table("Patient"), "seen_patient": view.seen("r", params, [PATIENT])}
