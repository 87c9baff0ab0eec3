"""Whether the index rows say what the bodies say, by making them anew and comparing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

import psycopg

from baton.fhir.dates import BEGINNING
from baton.store import glass, panel, programs
from baton.store import labels as security
from baton.store.codes import TYPE_CODE, key64
from baton.store.index import Indexed, index, is_team, staff_rows
from baton.store.links import links
from baton.store.sight import glass_key

if TYPE_CHECKING:
    from baton.store.check import Version

Resource = dict[str, Any]
Rows = list[tuple[Any, ...]]

# Every table made from bodies: its name in a sentence, and its rows by rid, in the shape `_expected` gives them.
_TABLES = {
    "strings": "select rid, type, param, value, text from name where rid = any(%s)",
    "dates": "select rid, type, param, lo, hi from moment where rid = any(%s)",
    "promise": "select rid, patient, owner, due, nullif(asleep_until, '-infinity'), closed_at, open, waiting, code, status, labels"
    " from promise where rid = any(%s)",
    "enrolment": "select rid, patient, program, phase, status, open, since, risk, labels from enrolment where rid = any(%s)",
    "reached": "select rid, patient, at, labels from reached where rid = any(%s)",
    "returned": "select rid, patient, at, labels from returned where rid = any(%s)",
    "worked": "select rid, patient, person, program, lower(during), upper(during), labels from worked where rid = any(%s)",
    "panel": "select rid, team, patient, nullif(since, '-infinity'), nullif(until, 'infinity') from panel where rid = any(%s)",
    "team": "select rid, team from team where rid = any(%s)",
    "glass": "select rid, patient, since, until, person, reason from glass where rid = any(%s)",
    "staff": "select rid, person, role, team, relationship, nullif(since, '-infinity'), nullif(until, 'infinity') from staff"
    " where rid = any(%s)",
}
_LEFTOVERS = """
select distinct '{table}', x.rid from {table} x where x.rid <> 0 and not exists (select 1 from version v where v.rid = x.rid)
"""
_NOBODYS = """
with adopted as (select distinct q.patient from panel q join team t on t.team = q.team where q.rid <> 0)
select 'Patient/' || r.id || ': is on nobody''s panel, not even the intake team''s'
from resource r where r.type = %(type)s and not r.gone and r.patient not in (select patient from adopted)
  and not exists (select 1 from panel p where p.patient = r.patient and p.rid = 0 and p.team = %(intake)s)
union all
select 'Patient/' || r.id || ': is on the intake team''s panel although a team has them'
from resource r join panel p on p.patient = r.patient and p.rid = 0 where r.type = %(type)s and r.patient in (select patient from adopted)
union all
select 'panel: team ' || p.team || ' was given patient ' || p.patient || ' by no care team'
from panel p where p.rid = 0
  and (p.team <> %(intake)s or not exists (select 1 from resource r where r.type = %(type)s and r.patient = p.patient))
"""


@dataclass(frozen=True, slots=True)
class Current:
    """The newest version of a resource: what the index rows must be, and what the pointer row says."""

    rid: int
    name: str
    pointer: dict[str, tuple[Any, Any]]  # column: what it is, what it must be
    expected: dict[str, Rows]


def current(version: Version, resource: Resource | None, before: Resource | None, zone: tzinfo) -> Current:
    """What must be indexed of a newest version; a deletion keeps only the patient of the version before."""
    type_ = version.type or ""
    indexed = index(resource, zone) if resource is not None else Indexed(patient=index(before, zone).patient if before else None)
    pointer: dict[str, tuple[Any, Any]] = {
        "patient": (version.patient, indexed.patient),
        "date": ((version.date_lo, version.date_hi), (indexed.date_lo, indexed.date_hi)),
        "last updated": (version.last_updated, version.at),
        "gone": (version.gone, resource is None),
        "labels": (version.labels, security.bits(resource) if resource is not None else security.bits(before)),
        "tokens": (sorted(version.tokens or ()), sorted(indexed.tokens)),
    }
    if before is None and resource is None:
        del pointer["patient"], pointer["labels"]
    return Current(version.rid, f"{type_}/{version.id}", pointer, _expected(type_, version.id, resource, indexed, zone))


def _expected(type_: str, id_: str, resource: Resource | None, indexed: Indexed, zone: tzinfo) -> dict[str, Rows]:
    code = TYPE_CODE[type_]
    rows: dict[str, Rows] = {
        "strings": [(code, *name) for name in indexed.names],
        "dates": [(code, *moment) for moment in indexed.moments],
        **{table: [] for table in ("promise", "panel", "team", "staff", "glass", *programs.TABLES)},
    }
    if made := programs.indexed(resource, indexed.patient, zone):
        rows[made[0]] = [(indexed.patient, *made[1], indexed.labels)]
    if (promise := indexed.promise) is not None:
        dates: tuple[datetime | None, ...] = (promise.due, promise.asleep_until, promise.closed_at)
        rows["promise"] = [
            (indexed.patient, promise.owner, *dates, promise.open, promise.waiting, promise.code, promise.status, indexed.labels)
        ]
    rows["panel"] = [tuple(link) for link in links(resource, indexed.patient, zone, BEGINNING)]
    if resource is not None and type_ == "Organization" and is_team(resource):
        rows["team"] = [(key64(f"Organization/{id_}"),)]
    if opened := glass.pane(resource):
        rows["glass"] = [(opened.patient, opened.since, opened.until, opened.person, opened.reason)]
        rows["panel"] = [(glass_key(opened.person), opened.patient, opened.since, opened.until)]
    if resource is not None and type_ == "PractitionerRole":
        rows["staff"] = [tuple(row) for row in staff_rows(resource, zone)]
    return rows


def violations(connection: psycopg.Connection[Any], batch: Sequence[Current]) -> Iterator[str]:
    """Where the rows of these resources are not what they must be."""
    rids = [each.rid for each in batch]
    found: dict[str, dict[int, Rows]] = {}
    for table, question in _TABLES.items():
        found[table] = defaultdict(list)
        for rid, *row in connection.execute(question.encode(), [rids]):
            found[table][rid].append(tuple(row))
    for each in batch:
        for column, (is_, must) in each.pointer.items():
            if is_ != must:
                yield f"{each.name}: the index of its {column} is not what its body says"
        for table, must in each.expected.items():
            rows = found[table][each.rid]
            if table == "panel":  # what is over need not be there: it was not written when it was over already
                must = [link for link in must if link in rows or link[3] is None]
            if sorted(rows, key=repr) != sorted(must, key=repr):
                yield f"{each.name}: its rows in the index of {table} are not what its body says"


def leftovers(connection: psycopg.Connection[Any]) -> Iterator[str]:
    """Index rows of nothing, and patients who are on no panel or on the wrong one."""
    for table in ("name", "moment", "promise", "panel", "team", "staff", "glass", *programs.TABLES):
        for name, rid in connection.execute(_LEFTOVERS.format(table=table).encode()):
            yield f"index {name}: has rows of resource number {rid}, which is not there"
    wanted = {"type": TYPE_CODE["Patient"], "intake": key64(panel.INTAKE)}
    yield from (sentence for (sentence,) in connection.execute(_NOBODYS.encode(), wanted))
