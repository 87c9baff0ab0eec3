"""Figures of the operations page, counted where the promises are indexed: a handful of statements, no bodies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from baton.fhir import resource as fhir_resource
from baton.store.codes import TYPE_CODE, key64, table
from baton.store.named import sql
from baton.store.who import Forbidden, Resource

if TYPE_CHECKING:
    from baton.store.view import View


def _begun(view: View, since: datetime, codes: Sequence[str]) -> tuple[dict[str, Any], str]:
    if view.limits is not None:
        raise Forbidden("This is not for apps.")
    params: dict[str, Any] = {"since": since, "now": view.now, "codes": list(codes)}
    return params, view.seen("p", params, [TYPE_CODE["Task"]], hashed=True)


def clocks(view: View, since: datetime, codes: Sequence[str]) -> dict[str, tuple[int, int]]:
    """By kind: how many were in time, of how many that were done since or are late."""
    params, seen = _begun(view, since, codes)
    rows = view.ask(sql("clocks", d=sql("done_or_late", seen_task=seen)), params)
    return {code: (kept, of) for code, kept, of in rows}


@dataclass(frozen=True, slots=True)
class Groups:
    """How patients are told apart: languages other than English, where bands of age begin, and what each kind of insurance is coded as."""

    others: Sequence[str]
    ages: Sequence[int]
    payers: Mapping[str, Sequence[str]]


KINDS: Final = ("language", "sex", "age", "race", "ethnicity", "insurance")
_ORIGIN: Final = (
    '$.extension[*] ? (@.url == "http://hl7.org/fhir/us/core/StructureDefinition/us-core-{kind}")'
    '.extension[*] ? (@.url == "ombCategory").valueCoding.code'
)


def _who(params: dict[str, Any], groups: Groups) -> str:
    payers = [(name, key64(f"Coverage.type={code}")) for name, codes in groups.payers.items() for code in codes]
    params |= {
        "spanish": [key64("Patient.language=es")],
        "others": [key64(f"Patient.language={each}") for each in groups.others if each != "es"],
        "female": [key64("Patient.gender=female")],
        "male": [key64("Patient.gender=male")],
        "ages": list(groups.ages),
        "payers": [name for name, _ in payers],
        "payer_tokens": [token for _, token in payers],
        "race": _ORIGIN.replace("{kind}", "race"),
        "ethnicity": _ORIGIN.replace("{kind}", "ethnicity"),
        "omb": "%ombCategory%",
        "nul": "\\u0000",  # which PostgreSQL's JSON refuses
    }
    return sql("grouped", patient=TYPE_CODE["Patient"], patient_table=table("Patient"), coverage_table=table("Coverage"))


def _grouped(params: dict[str, Any], groups: Groups, seen: str, *, waits: bool) -> str:
    counted = sql("no_longer", w=sql("waited", seen_task=seen, task_table=table("Task"))) if waits else sql("done_or_late", seen_task=seen)
    return f"{counted}, {_who(params, groups)}, {sql('with_groups')}"


def groups_of(view: View, patients: Sequence[str], groups: Groups) -> dict[str, dict[str, str]]:
    """The groups of each of these patients ("Patient/id"), by each of `KINDS`."""
    if view.limits is not None:
        raise Forbidden("This is not for apps.")
    named = {key64(each): each for each in patients}
    params: dict[str, Any] = {"now": view.now, "patients": list(named)}
    rows = view.ask(sql("groups_of", who=_who(params, groups)), params) if named else []
    return {named[key]: dict(zip(KINDS, names, strict=True)) for key, *names in rows}


def equity(
    view: View, since: datetime, codes: Sequence[str], groups: Groups, *, waits: bool = False
) -> dict[str, dict[str, tuple[int, int, int]]]:
    """The same of all these kinds together, by each of `KINDS`: group → in time, of how many, for how many people.

    `waits`: not whether it was in time, but whether it took no longer than the middle one of its kind.
    """
    params, seen = _begun(view, since, codes)
    statement = sql("equity").replace("{d}, {g}", _grouped(params, groups, seen, waits=waits))
    found: dict[str, dict[str, tuple[int, int, int]]] = {}
    for kind, name, kept, of, people in view.ask(statement, params):
        found.setdefault(kind, {})[name] = (kept, of, people)
    return found


@dataclass(frozen=True, slots=True)
class Counted:
    """One promise that a number counted, with its patient (None: no patient's, or theirs not to be seen)."""

    patient: Resource | None
    code: str
    due: datetime
    done: datetime | None
    kept: bool


@dataclass(frozen=True, slots=True)
class Counting:
    """What a number counted: the part of it that was asked for; how many in all, and of how many people."""

    rows: list[Counted]
    counted: int
    people: int


WHOLE: Final = slice(0, None)


def behind(
    view: View,
    since: datetime,
    codes: Sequence[str],
    *,
    groups: Groups,
    group: tuple[str, str] | None = None,
    missed: bool = False,
    waits: bool = False,
    part: slice = WHOLE,
) -> Counting:
    """What the clocks of these kinds counted: of everybody or of one group, all or only what was not in time; a part of it.

    `waits`: as `equity` says, of one group.
    """
    params, seen = _begun(view, since, codes)
    source, rows = "d", sql("done_or_late", seen_task=seen)
    where = "not kept" if missed else "true"
    if group is not None:
        if group[0] not in KINDS:
            return Counting([], 0, 0)
        source, rows = "g", _grouped(params, groups, seen, waits=waits)
        where += f" and {group[0]} = %(group)s"
        params["group"] = group[1]
    return _counted(view, params, rows, (source, where), part)


def waited(view: View, since: datetime, codes: Sequence[str], *, part: slice = WHOLE) -> Counting:
    """What the waits of these kinds counted; a part of it."""
    params, seen = _begun(view, since, codes)
    return _counted(view, params, sql("waited", seen_task=seen, task_table=table("Task")), ("w", "true"), part)


def _counted(view: View, params: dict[str, Any], rows: str, chosen: tuple[str, str], part: slice) -> Counting:
    params |= view.look_params("who is behind a number")
    start = int(part.start or 0)
    limit = "all" if part.stop is None else int(part.stop) - start
    parts = {"rows": rows, "source": chosen[0], "where": chosen[1], "limit": limit, "start": start}
    found = view.ask(sql("behind_a_number", **parts, patient=TYPE_CODE["Patient"], patient_table=table("Patient")), params)
    listed = [Counted(fhir_resource.parse(body) if body else None, *rest) for _n, _people, there, body, *rest in found if there]
    return Counting(listed, int(found[0][0]), int(found[0][1]))


def waits(view: View, since: datetime, codes: Sequence[str]) -> dict[str, tuple[int, float, float]]:
    """By kind: how many were done since, and in how many days: the middle one, and what nine of ten stay under."""
    params, seen = _begun(view, since, codes)
    rows = view.ask(sql("waits", w=sql("waited", seen_task=seen, task_table=table("Task"))), params)
    return {code: (count, float(middle), float(most)) for code, count, middle, most in rows}
