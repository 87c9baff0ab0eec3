"""Erases a patient for good when the law says so: bodies and index rows go, a tombstone stays, and what is left still proves.

Only as the owner of the tables, never through an entrance. A version keeps its row and its digest, so changes and seals verify as before;
the tombstone's own keyed digest covers which versions went, so that nothing else can be passed off as erased.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import blake2b
from typing import Any

import psycopg

from baton.fhir import resource as fhir_resource
from baton.store.codes import TYPE_CODE, key64
from baton.store.mac import fitted

_HISTORY = ("change", "version", "version_row", "look", "seal", "erasure", "trail", "resource")
_VERSIONS = """
select v.rid, v.version, v.type, v.id, v.body, c.at, r.patient is not distinct from %(key)s as own, r.version is not null as pointed
from version v
left join change c on c.id = v.change_id
left join resource r on r.rid = v.rid and r.type = v.type and r.version = v.version
where v.erased is null and (v.body like any(%(mentions)s) or v.rid in (select rid from resource where patient = %(key)s)
    or (v.type = %(type)s and v.id = %(id)s))
order by v.rid, v.version
"""
_BINARIES = """
select v.rid, v.version from version v where v.type = %(type)s and v.id = %(id)s and v.erased is null
  and not exists (select 1 from version m where m.erased is null and m.rid <> v.rid and m.body like %(mention)s
                  and not (m.rid, m.version) in (select * from unnest(%(rids)s::bigint[], %(versions)s::integer[])))
"""
_DIGESTS = """
select erased, count(*), sha256(string_agg(int8send(rid) || int4send(version) || mac, ''::bytea order by rid, version)),
    bool_or(body is not null)
from version where erased is not null group by erased
"""
_ROOT = """
select sha256(string_agg(int8send(v.rid) || int4send(v.version) || v.mac, ''::bytea order by v.rid, v.version))
from version v join unnest(%s::bigint[], %s::integer[]) as u (rid, version) using (rid, version)
"""
_ERASE = """
update version v set body = null, erased = %s from unnest(%s::bigint[], %s::integer[]) as u (rid, version)
where v.rid = u.rid and v.version = u.version
"""
_UNPOINT = """
update resource set gone = true, patient = null, tokens = '{}', date_lo = '-infinity', date_hi = '-infinity' where rid = any(%s)
"""
_TABLES = """
select c.table_name, array_agg(c.column_name::text) from information_schema.columns c
join information_schema.tables t using (table_schema, table_name)
where c.table_schema = current_schema() and t.table_type = 'BASE TABLE' and c.column_name in ('rid', 'patient') and c.data_type = 'bigint'
group by c.table_name order by c.table_name
"""
_TOMBSTONES = "select id, at, patient, who, approved_by, because, law, versions, root, mac from erasure order by id"
_TOMBSTONE = """
insert into erasure (at, patient, who, approved_by, because, law, versions, root, mac)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s) returning id
"""
_LOOK = """
insert into look (at, patients, who, role, entrance, purpose, what, detail) values (%s, %s, %s, 'system', 'cli', 'HLEGAL', 'erase', %s)
"""


class CannotEraseError(Exception):
    """The patient cannot be erased as things are; the message says what to do first."""


@dataclass(frozen=True, slots=True)
class Act:
    """Who erases whom, why, and who answers for it."""

    patient: str  # the id
    who: str
    approved_by: str
    because: str
    law: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """What there is of the patient, as the retention schedule wants it."""

    last_activity: date
    born: str | None


@dataclass(frozen=True, slots=True)
class Erased:
    """What was (or would be) erased; `left` names what a person should look at."""

    number: int
    versions: int
    resources: int
    left: list[str]


def erase(dsn: str, act: Act, *, key: bytes, lawful: Callable[[Found], None], commit: bool, scrub: bool = False) -> Erased:
    """Erase everything of a patient, as the owner, in one transaction; without `commit` only find out what that would be.

    `lawful` is told what was found and raises when the law does not allow it. `scrub` rewrites the tables' files too.
    Raises CannotEraseError and psycopg.Error.
    """
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "set local timezone = 'UTC'; set local baton.erasing = 'yes'; lock table version, resource in share row exclusive mode"
        )
        rows = connection.execute(_VERSIONS.encode(), _wanted(act.patient)).fetchall()
        if not any(row[6] or (row[2], row[3]) == (TYPE_CODE["Patient"], act.patient) for row in rows):
            raise CannotEraseError(f"there is no Patient/{act.patient} here, or nothing of them that was not erased before.")
        whole, versions = _chosen(rows, act.patient)
        lawful(_found(rows))
        bodies = [row[4] for row in rows if (row[0], row[1]) in versions and row[4]]
        for rid, version in _binaries(connection, bodies, versions):
            whole.add(rid)
            versions.add((rid, version))
        names = _identifiers(bodies, act.patient)
        done = _write(connection, act, whole, sorted(versions), fitted(key))
        left = list(_left(connection, act.patient, names))
        if not commit:
            connection.rollback()
            return Erased(0, len(versions), len(whole), left)
    _clean_up(dsn, "full, analyze" if scrub else "analyze")
    return Erased(done, len(versions), len(whole), left)


def violations(connection: psycopg.Connection[Any], key: bytes) -> Iterator[str]:
    """Tombstones that are not ours, and versions without a body that no tombstone stands for."""
    found = {number: (count, bytes(root), bodies) for number, count, root, bodies in connection.execute(_DIGESTS.encode())}
    for number, at, *said, versions, root, mac in connection.execute(_TOMBSTONES.encode()).fetchall():
        name = f"erasure {number} of {at.isoformat()}"
        if bytes(mac) != _mac(key, at, said, versions, bytes(root)):
            yield f"{name}: its digest is not ours; it was altered or forged"
        if found.pop(number, None) != (versions, bytes(root), False):
            yield f"{name}: the versions it speaks of are not those that were erased"
    for number in found:
        yield f"erasure {number}: is not there, but versions say they were erased by it"


def _mac(key: bytes, at: datetime, said: list[str], versions: int, root: bytes) -> bytes:
    digest = blake2b(digest_size=16, key=key)
    for text in (at.astimezone(UTC).isoformat(timespec="microseconds"), *said, str(versions)):
        encoded = text.encode()
        digest.update(len(encoded).to_bytes(4, "big") + encoded)
    digest.update(root)
    return digest.digest()


def _wanted(patient: str) -> dict[str, Any]:
    mentions = [f'%Patient/{patient}"%', f"%Patient/{patient}/\\_history%", f"%Patient/{patient}#%"]
    return {"key": key64(f"Patient/{patient}"), "mentions": mentions, "type": TYPE_CODE["Patient"], "id": patient}


def _chosen(rows: list[Any], patient: str) -> tuple[set[int], set[tuple[int, int]]]:
    """The resources that go whole, and every version that goes. Raises CannotEraseError when a current one is about others too."""
    own = {rid for rid, _, type_, id_, _, _, own, _ in rows if own or (type_, id_) == (TYPE_CODE["Patient"], patient)}
    shared = []
    for rid, _, type_, id_, body, _, _, pointed in rows:
        if rid not in own and pointed:
            others = set(re.findall(r"Patient/([A-Za-z0-9.\-]{1,64})", body or "")) - {patient}
            if others:
                shared.append(f"{list(TYPE_CODE)[type_ - 1]}/{id_}")
            else:
                own.add(rid)
    if shared:
        raise CannotEraseError(f"these speak of other patients too; take this one out of them first: {', '.join(sorted(shared))}.")
    return own, {(rid, version) for rid, version, _, _, body, *_ in rows}


def _found(rows: list[Any]) -> Found:
    born = None
    for _, _, type_, _, body, *_ in rows:
        if type_ == TYPE_CODE["Patient"] and body:
            born = fhir_resource.parse(body).get("birthDate", born)
    return Found(max(row[5] for row in rows if row[5]).date(), born)


def _binaries(connection: psycopg.Connection[Any], bodies: list[str], versions: set[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The files that only what goes speaks of."""
    rids, numbers = ([pair[place] for pair in versions] for place in (0, 1))
    for id_ in sorted({id_ for body in bodies for id_ in re.findall(r"Binary/([A-Za-z0-9.\-]{1,64})", body)}):
        asked = {"type": TYPE_CODE["Binary"], "id": id_, "mention": f'%Binary/{id_}"%', "rids": rids, "versions": numbers}
        yield from connection.execute(_BINARIES.encode(), asked).fetchall()


def _write(connection: psycopg.Connection[Any], act: Act, whole: set[int], versions: list[tuple[int, int]], key: bytes) -> int:
    """Write the tombstone, take the bodies and index rows away; the tombstone's number."""
    rids, numbers = ([pair[place] for pair in versions] for place in (0, 1))
    row = connection.execute(_ROOT.encode(), [rids, numbers]).fetchone()
    root = bytes(row[0]) if row else b""
    said = [f"Patient/{act.patient}", act.who, act.approved_by, act.because, act.law]
    made = connection.execute(
        _TOMBSTONE.encode(), [act.at, *said, len(versions), root, _mac(key, act.at, said, len(versions), root)]
    ).fetchone()
    number = int(made[0]) if made else 0
    connection.execute(_ERASE.encode(), [number, rids, numbers])
    patient = key64(f"Patient/{act.patient}")
    for table, columns in connection.execute(_TABLES.encode()).fetchall():
        if table not in _HISTORY and not table.startswith("resource_"):
            for column in columns:
                values = list(whole) if column == "rid" else [patient]
                connection.execute(f'delete from "{table}" where "{column}" = any(%s)'.encode(), [values])  # noqa: S608
    connection.execute(_UNPOINT.encode(), [list(whole)])
    connection.execute("delete from outbox where payload::text like %s", [f"%{act.patient}%"])
    connection.execute("delete from launch where patient like %s", [f"%{act.patient}"])
    connection.execute(_LOOK.encode(), [act.at, [patient], act.who, f"erasure {number}, approved by {act.approved_by}"])
    return number


def _identifiers(bodies: list[str], patient: str) -> list[tuple[str, str]]:
    """By what somebody could still find the patient in what others wrote: names, numbers, telephones; what each is, and the text."""
    found: set[tuple[str, str]] = set()
    for body in bodies:
        if '"resourceType":"Patient"' not in body[:200]:
            continue
        resource = fhir_resource.parse(body)
        found |= {("number", each["value"]) for each in resource.get("identifier", ()) if len(each.get("value", "")) > 4}
        found |= {("telephone or address", each["value"]) for each in resource.get("telecom", ()) if len(each.get("value", "")) > 6}
        for name in resource.get("name", ()):
            full = name.get("text") or " ".join([*name.get("given", ()), name.get("family", "")])
            found.add(("name", full.strip()))
    return sorted(each for each in found if each[1])


def _left(connection: psycopg.Connection[Any], patient: str, names: list[tuple[str, str]]) -> Iterator[str]:
    """What others' records still say of the patient in so many words: for a person to judge (a family shares a telephone)."""
    for what, text in names:
        asked = connection.execute(
            "select distinct t.name || '/' || v.id from version v join type t on t.code = v.type where v.body like %s limit 20",
            ["%" + re.sub(r"([%_\\])", r"\\\1", text) + "%"],
        )
        for (reference,) in asked.fetchall():
            yield f"{reference} has the same {what} in it"


def _clean_up(dsn: str, how: str) -> None:
    """PostgreSQL keeps samples of what columns held, names among them, and old rows until it cleans up: have it do both now."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for table in ("version", "resource", "name", "moment", "panel", "promise", "outbox", "pg_statistic"):
            connection.execute(f"vacuum ({how}) {table}".encode())
        connection.execute("checkpoint")
