"""Enrolments, contacts and time as rows the door makes from EpisodeOfCare, Communication and Basic: what panels and months are read from.

In a program a patient is once at a time, and nobody works twice at the same moment: constraints of PostgreSQL, not checks that could race.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

import psycopg

from baton.fhir import dates
from baton.fhir import resource as fhir_resource
from baton.store.codes import TYPE_CODE, key64, token
from baton.store.index import P
from baton.store.lines import Line
from baton.store.named import sql
from baton.store.sight import EVERYTHING
from baton.store.who import Invalid
from baton.store.worklist import ASLEEP
from baton.store.write import Row

if TYPE_CHECKING:
    from baton.store.view import View

PROGRAM = f"{P}/CodeSystem/program"
PHASE = f"{P}/StructureDefinition/phase"
RISK = f"{P}/StructureDefinition/risk"
OUTCOME = f"{P}/StructureDefinition/contact-outcome"
CLOSED = f"{P}/StructureDefinition/closed-because"
KIND = f"{P}/CodeSystem/basic-kind"
WORKED = f"{P}/StructureDefinition/worked"
TYPES = frozenset({"EpisodeOfCare", "Communication", "Basic"})
OPEN = frozenset({"planned", "waitlist", "active", "onhold"})
YEAR = timedelta(days=365)
"""How far back a return to hospital is looked for in a population."""
RISKS = ("", "low", "medium", "high")
"""The levels of risk; their places are what the index holds."""
_PATIENTS = """(
    select r.patient, r.labels, ''::text as program, ''::text as phase, ''::text as status, r.last_updated as since, 0 as risk
    from resource_patient r where r.type = {patient} and not r.gone{more}
) g"""
_OUTSIDE = " and not exists (select from enrolment_seen e where e.patient = r.patient and e.open)"
SOURCES = {
    "": ("enrolment_seen g", "g.open"),
    "*": (_PATIENTS.replace("{more}", ""), "true"),
    "-": (_PATIENTS.replace("{more}", _OUTSIDE), "true"),
}
"""What a population is taken from: any program, everyone in care, those in none."""
_NARROWED = ("o.late > 0", "n.needs > 0", "b.at is not null")


class Twice(Invalid):
    """It would be the second at the same time."""

    status = 409
    code = "conflict"


@dataclass(frozen=True, slots=True)
class Member:
    """One of a population: the id of the patient, the enrolment ("" for none), what is open, late and unmet, when last reached.

    `returned`: when they were last back in hospital within the days a discharge is watched, in the past year.
    """

    patient: str
    program: str
    phase: str
    status: str
    since: datetime
    risk: str
    open: int
    late: int
    reached: datetime | None
    needs: int
    returned: datetime | None = None


@dataclass(frozen=True, slots=True)
class Worked:
    """Time somebody worked for a patient (keys), from and to, and the id of the Basic that says so."""

    patient: int
    person: int
    program: str
    start: datetime
    end: datetime
    id: str


def program_of(episode: Mapping[str, Any]) -> str | None:
    """The program an EpisodeOfCare is an enrolment in."""
    return next((found for each in episode.get("type", ()) if (found := fhir_resource.code_of(each, PROGRAM))), None)


def _parts(extension: Mapping[str, Any]) -> dict[str, Any]:
    return {part.get("url"): next((part[key] for key in part if key.startswith("value")), None) for part in extension.get("extension", ())}


def _enrolment(episode: Mapping[str, Any], zone: tzinfo) -> tuple[Any, ...] | None:
    program = program_of(episode)
    if program is None:
        return None
    phases = [_parts(each).get("code") for each in episode.get("extension", ()) if each.get("url") == PHASE]
    risk = next((str(_parts(each).get("level", "")) for each in episode.get("extension", ()) if each.get("url") == RISK), "")
    since = dates.interval(str(episode.get("period", {}).get("start") or episode["meta"]["lastUpdated"]), zone)[0]
    status = str(episode.get("status", ""))
    phase = str(phases[-1]) if phases and phases[-1] else ""
    return program, phase, status, status in OPEN, since, RISKS.index(risk) if risk in RISKS else 0


def _reached(communication: Mapping[str, Any], zone: tzinfo) -> tuple[Any, ...] | None:
    if fhir_resource.extension(communication, OUTCOME) != "reached" or communication.get("status") == "entered-in-error":
        return None
    when = communication.get("sent") or communication.get("received")
    return (dates.interval(str(when), zone)[0],) if when else None


def _worked(basic: Mapping[str, Any], zone: tzinfo) -> tuple[Any, ...] | None:
    if not fhir_resource.has_code(basic.get("code"), KIND, "minutes"):
        return None
    found = next((_parts(each) for each in basic.get("extension", ()) if each.get("url") == WORKED), {})
    person = fhir_resource.target(basic.get("author"))
    if not person or not found.get("start") or not found.get("end") or found.get("taken-back"):
        return None
    start, end = dates.parse_instant(str(found["start"])), dates.parse_instant(str(found["end"]))
    return (key64(person), str(found.get("program", "")), start, end) if start < end else None


def _returned(episode: Mapping[str, Any], zone: tzinfo) -> tuple[Any, ...] | None:
    """A transition that ended because its patient was back in hospital."""
    closed = next((_parts(each) for each in episode.get("extension", ()) if each.get("url") == CLOSED), {})
    end = episode.get("period", {}).get("end")
    if closed.get("code") != "readmitted" or not end or episode.get("status") == "entered-in-error":
        return None
    return (dates.interval(str(end), zone)[0],)


READERS = {
    "EpisodeOfCare": (("enrolment", _enrolment), ("returned", _returned)),
    "Communication": (("reached", _reached),),
    "Basic": (("worked", _worked),),
}
TABLES = ("enrolment", "reached", "returned", "worked")


def indexed(resource: Mapping[str, Any] | None, patient: int | None, zone: tzinfo) -> tuple[str, tuple[Any, ...]] | None:
    """The table and the row (after rid and patient) that a resource makes; None when it makes none."""
    if resource is None or patient is None or resource["resourceType"] not in READERS:
        return None
    made = ((table, read(resource, zone)) for table, read in READERS[resource["resourceType"]])
    return next(((table, row) for table, row in made if row is not None), None)


def moves(row: Row, zone: tzinfo) -> bool:
    """Whether writing this new row moves these indexes."""
    return indexed(row.after, row.indexed.patient, zone) is not None


def keep(line: Line, rows: Sequence[Row], zone: tzinfo) -> None:
    """Bring the indexes to what these rows, just written, say. Raises Twice, and psycopg.Error."""
    mine = [row for row in rows if row.type in TYPES]
    made = [(row, found) for row in mine if (found := indexed(row.after, row.patient, zone))]
    old = [row.rid for row in mine if row.before is not None]
    if not made and not old:
        return
    by_table: dict[str, list[tuple[Any, ...]]] = {table: [] for table in TABLES}
    for row, (table, values) in made:
        by_table[table].append((row.rid, row.patient, *values, row.labels))
    opened = [each for each in by_table["enrolment"] if each[5]]
    if opened:
        line.execute(sql("lock_enrolments").encode(), [[key64(f"{each[1]} {each[2]}") for each in opened]], prepare=True)
    if old:
        line.execute(sql("unenrol").encode(), {"rids": old}, prepare=True)
    if opened:
        _once(line, opened)
    for table, name in zip(TABLES, ("enrol", "reach", "return"), strict=False):
        if by_table[table]:
            line.execute(sql(name).encode(), [list(column) for column in zip(*by_table[table], strict=True)], prepare=True)
    if by_table["worked"]:
        _work(line, by_table["worked"])


def _once(line: Line, opened: Sequence[tuple[Any, ...]]) -> None:
    wanted = [(each[1], each[2]) for each in opened]
    there = set(line.execute(sql("enrolled").encode(), [list(column) for column in zip(*wanted, strict=True)], prepare=True).fetchall())
    if there or len(set(wanted)) < len(wanted):
        raise Twice("The patient is in this program already: go on with that enrollment.", expression="EpisodeOfCare.type")


def _work(line: Line, rows: Sequence[tuple[Any, ...]]) -> None:
    line.once("savepoint worked", [])
    try:
        line.execute(sql("work").encode(), [list(column) for column in zip(*rows, strict=True)], prepare=True)
    except psycopg.errors.ExclusionViolation as clash:
        line.once("rollback to savepoint worked", [])  # not through the driver: it would forget every prepared statement
        line.leave()
        raise Twice("This time overlaps with other time of the same person.", expression="Basic.extension(worked)") from clash


# --- what is read from them ------------------------------------------------------------------------------------------------------------


def population(
    view: View,
    *,
    program: str = "",
    phase: str = "",
    status: str = "",
    risk: str = "",
    late: bool = False,
    needs: bool = False,
    back: bool = False,
    silent_since: datetime | None = None,
    limit: int = 50,
    offset: int = 0,
) -> tuple[list[Member], int]:
    """One page of a population, those with something overdue first, then by risk and by how long nobody reached them; and how many in all.

    `program`: a code, "" for any, "-" for those in none, "*" for everyone in care. `silent_since`: not reached since then.
    """
    params: dict[str, Any] = {
        "now": view.now,
        "year": view.now - YEAR,
        "limit": limit,
        "offset": offset,
        "needs": [token("Condition.category=sdoh"), token("Condition.clinical-status=active")],
    }
    source, condition = SOURCES.get(program, SOURCES[""])
    kind = TYPE_CODE["Patient" if program in ("*", "-") else "EpisodeOfCare"]
    seen = view.seen("g", params, [kind], hashed=True)
    parts = [] if seen == EVERYTHING else [seen]
    for column, wanted in (("program", "" if program in ("*", "-") else program), ("phase", phase), ("status", status)):
        if wanted:
            parts.append(f"g.{column} = %({column})s")
            params[column] = wanted
    filters = [f"g.risk = {RISKS.index(risk)}"] if risk in RISKS[1:] else []
    filters += [said for wanted, said in zip((late, needs, back), _NARROWED, strict=True) if wanted]
    if silent_since is not None:
        filters.append("(c.at is null or c.at < %(silent)s)")
        params["silent"] = silent_since
    statement = sql(
        "population",
        source=source.replace("{patient}", str(TYPE_CODE["Patient"])),
        who=" and ".join([condition, *parts]),
        filters=" and ".join(filters) or "true",
        stays=view.seen("x", params, [TYPE_CODE["EpisodeOfCare"]], hashed=True),
        asleep=ASLEEP,
        condition=TYPE_CODE["Condition"],
        patient=TYPE_CODE["Patient"],
    )
    rows = view.ask(statement, params)
    found = [
        Member(id_, pr, ph, st, since, RISKS[level], n, late_, at, unmet, again)
        for id_, pr, ph, st, since, level, n, late_, at, unmet, again, _ in rows
    ]
    return found, int(rows[0][-1]) if rows else 0


def phases(view: View) -> dict[str, dict[tuple[str, str], int]]:
    """By program, how many open enrolments stand in each (phase, status)."""
    params: dict[str, Any] = {}
    seen = view.seen("e", params, [TYPE_CODE["EpisodeOfCare"]], hashed=True)
    found: dict[str, dict[tuple[str, str], int]] = {}
    for program, phase, status, count in view.ask(sql("population_phases", who=seen), params):
        found.setdefault(program, {})[phase, status] = count
    return found


def worked(view: View, start: datetime, end: datetime, *, patients: Sequence[str] | None = None) -> list[Worked]:
    """Time worked that touches a span, patient by patient, earliest first; of these patients ("Patient/<id>") when some are named."""
    params: dict[str, Any] = {"start": start, "end": end}
    parts = [view.seen("w", params, [TYPE_CODE["Basic"]], hashed=patients is None)]
    if patients is not None:
        parts.append("w.patient = any(%(patients)s::bigint[])")
        params["patients"] = [key64(each) for each in patients]
    rows = view.ask(sql("minutes_between", basic=TYPE_CODE["Basic"], who=" and ".join(parts)), params)
    return [Worked(whose, person, program, lo, hi, id_) for _, whose, person, program, lo, hi, id_ in rows]
