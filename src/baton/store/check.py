"""Proves what must never break on the live data: one sentence for each violation, in one still moment, streaming.

Promises are whole, what is open is owed something, no row of the history was altered, removed or added by anyone who does not hold the key
(invariants 1 to 3 of ARCHITECTURE.md), and the index rows say what the bodies say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

import psycopg
from psycopg.rows import class_row

from baton.fhir import resource as fhir_resource
from baton.store import check_bookings, check_index, check_promises, erasure, proof
from baton.store.mac import change_mac, fitted, version_mac

BATCH = 500

_VERSIONS = """
select v.rid, v.version, t.name as type, v.id, v.at, v.mac, v.body, v.erased, c.id is not null as changed, r.version is not null as pointed,
       r.patient, nullif(r.date_lo, '-infinity') as date_lo, nullif(r.date_hi, '-infinity') as date_hi, r.last_updated, r.gone, r.tokens,
       r.labels
from version v
left join type t on t.code = v.type
left join change c on c.id = v.change_id
left join resource r on r.type = v.type and r.rid = v.rid and r.version = v.version and r.id = v.id
order by v.rid, v.version
"""
_CHANGES = """
select c.id, c.at, c.who, c.on_behalf_of, c.because, c.entrance, c.purpose, c.mac,
       array(select v.mac from version v where v.change_id = c.id)
from change c order by c.id
"""
_POINTERS = """
select coalesce(t.name, 'type ' || r.type) || '/' || r.id || ': the pointer names version ' || r.version || ', which is not there'
from resource r left join type t on t.code = r.type
left join version v on v.rid = r.rid and v.version = r.version and v.type = r.type and v.id = r.id
where v.rid is null
"""
_TWICE = """
select t.name || '/' || v.id || ': is kept under ' || count(distinct v.rid) || ' numbers'
from version v join type t on t.code = v.type group by t.name, v.id having count(distinct v.rid) > 1
"""


@dataclass(frozen=True, slots=True)
class Version:
    """A row of the history with its pointer, if that names it."""

    rid: int
    version: int
    type: str | None
    id: str
    at: datetime
    mac: bytes
    body: str | None
    erased: int | None
    changed: bool
    pointed: bool
    patient: int | None
    date_lo: datetime | None
    date_hi: datetime | None
    last_updated: datetime | None
    gone: bool | None
    tokens: list[int] | None
    labels: int | None

    @property
    def name(self) -> str:
        """How a violation names it."""
        return f"{self.type}/{self.id} version {self.version}"


def violations(dsn: str, key: bytes, zone: tzinfo) -> Iterator[str]:
    """Every violation in the database, as its owner; `key` and `zone` are those the Store was given. Raises psycopg.Error."""
    key = fitted(key)
    with psycopg.connect(dsn) as connection:
        connection.execute("set timezone = 'UTC'; set jit = off")
        connection.commit()
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        yield from _changes(connection, key)
        yield from _versions(connection, key, zone)
        for question in (_POINTERS, _TWICE):
            yield from (sentence for (sentence,) in connection.execute(question.encode()))
        yield from check_index.leftovers(connection)
        yield from check_bookings.violations(connection)
        yield from erasure.violations(connection, key)
        yield from proof.violations(connection, key)


def _changes(connection: psycopg.Connection[Any], key: bytes) -> Iterator[str]:
    """Every change says who and why, and has made exactly the versions it was recorded with."""
    with connection.cursor("changes") as cursor:
        cursor.itersize = BATCH
        for id_, at, who, on_behalf_of, because, entrance, purpose, mac, versions in cursor.execute(_CHANGES.encode()):
            name = f"change {id_} of {at.isoformat()}"
            if not who.strip() or not because.strip():
                yield f"{name}: says not {'who' if not who.strip() else 'why'}"
            if mac != change_mac(key, at, who, on_behalf_of, because, entrance, purpose, versions):
                yield f"{name}: its digest is not ours; it was altered or forged, or a version of it was added or removed"


def _versions(connection: psycopg.Connection[Any], key: bytes, zone: tzinfo) -> Iterator[str]:
    """One walk over all versions of all resources: history, pointers, index rows, promises."""
    promises = check_promises.Promises()
    newest = connection.execute("select max(at) from change").fetchone()
    owners = check_promises.Owners((newest and newest[0]) or datetime.now(UTC), zone)
    batch: list[check_index.Current] = []
    for history in _histories(connection):
        yield from _history(history, key)
        newest, parsed = history[-1], None
        try:
            parsed = fhir_resource.parse(newest.body) if newest.body is not None else None
            before = fhir_resource.parse(history[-2].body) if parsed is None and len(history) > 1 and history[-2].body else None
            if newest.pointed and newest.type:
                batch.append(check_index.current(newest, parsed, before, zone))
        except Exception as error:  # noqa: BLE001  whatever a forged body does to us is a violation, not our end
            yield f"{newest.name}: cannot be read ({type(error).__name__}: {error})"
        if parsed is not None:
            yield from promises.see(parsed)
            owners.see(parsed)
        if len(batch) == BATCH:
            yield from check_index.violations(connection, batch)
            batch.clear()
    yield from check_index.violations(connection, batch)
    yield from promises.violations()
    yield from owners.violations()


def _histories(connection: psycopg.Connection[Any]) -> Iterator[list[Version]]:
    """All versions of one resource at a time."""
    history: list[Version] = []
    with connection.cursor("versions", row_factory=class_row(Version)) as cursor:
        cursor.itersize = BATCH
        for version in cursor.execute(_VERSIONS.encode()):
            if history and history[-1].rid != version.rid:
                yield history
                history = []
            history.append(version)
    if history:
        yield history


def _history(history: list[Version], key: bytes) -> Iterator[str]:
    """The versions of one resource are whole, ours, contiguous, and the pointer names the newest."""
    first = history[0]
    for expected, version in enumerate(history, 1):
        if version.type is None:
            yield f"{version.name}: is of no known type"
            continue
        if version.version != expected:
            yield (
                f"{version.name}: comes after version {expected - 1}; versions are missing"
                if expected > 1
                else f"{version.name}: is the first"
            )
            return
        if (version.type, version.id) != (first.type, first.id):
            yield f"{version.name}: lies in the history of {first.type}/{first.id}"
        if not version.changed:
            yield f"{version.name}: has no change that says who and why"
        body = version.body.encode() if version.body is not None else None
        if version.erased is None and version.mac != version_mac(key, version.type, version.id, version.version, version.at, body):
            yield f"{version.name}: its digest is not ours; it was altered or forged"
        if version.pointed and version is not history[-1]:
            yield f"{version.name}: the pointer names it, but version {history[-1].version} is the newest"
    if not any(version.pointed for version in history):
        yield f"{history[-1].name}: no pointer names it or an earlier one"
