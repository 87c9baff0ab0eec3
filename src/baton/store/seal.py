"""Seals over what was recorded: batches of changes and looks, counted, digested, keyed and chained, so that none can go missing unseen.

Ids come from sequences, so a change with a lower id may be committed later than one with a higher. Whoever took an id holds a lock on the
sequence until the end of their transaction: once all who held it when its last value was read are gone, the ids up to it are decided.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b, sha256
from typing import Any

import psycopg
from psycopg.rows import class_row

from baton.store.mac import fitted

log = logging.getLogger(__name__)

LOCK = 0x7365616C  # "seal": one sealer at a time
MOST = 100_000  # ids in one seal
PATIENCE = 10.0  # seconds to wait for transactions under way; a longer one is sealed next time

_LAST = """
select coalesce(pg_sequence_last_value('change_id'), 0), coalesce(pg_sequence_last_value('look_id_seq'), 0)
"""
_HOLDERS = """
select distinct virtualtransaction from pg_locks
where locktype = 'relation' and relation in ('change_id'::regclass, 'look_id_seq'::regclass) and pid <> pg_backend_pid()
  and database = (select oid from pg_database where datname = current_database())
"""
_COLUMNS = "id, at, last_change, changes, last_look, looks, root, mac"
_INSERT = f"insert into seal ({_COLUMNS}) values (%s, %s, %s, %s, %s, %s, %s, %s)"  # noqa: S608
_SEALS = f"select {_COLUMNS} from seal order by id"  # noqa: S608
_CHANGES = """
select count(*), sha256(coalesce(string_agg(int8send(id) || mac, ''::bytea order by id), ''::bytea))
from change where id > %s and id <= %s
"""
_LOOKS = """
select count(*), sha256(coalesce(string_agg(convert_to(
    json_build_array(id, extract(epoch from at), patients, who, entrance, purpose, what)::text, 'UTF8'), ',' order by id), ''::bytea))
from look where id > %s and id <= %s
"""


@dataclass(frozen=True, slots=True)
class Seal:
    """One row of the table `seal`; it covers the ids after those of the seal before it."""

    id: int
    at: datetime
    last_change: int
    changes: int
    last_look: int
    looks: int
    root: bytes
    mac: bytes


BEFORE_THE_FIRST = Seal(0, datetime(1970, 1, 1, tzinfo=UTC), 0, 0, 0, 0, b"", b"")


def seal(dsn: str, *, key: bytes, at: datetime) -> int:
    """Seal everything decided and not sealed yet; how many changes and looks that were. Raises psycopg.Error."""
    key = fitted(key)
    with psycopg.connect(dsn, autocommit=True) as connection:
        decided = _decided(connection)
        if decided is None:
            log.warning("not sealed: a change has been under way for more than %d s; next time", PATIENCE)
            return 0
        with connection.transaction():
            connection.execute("select pg_advisory_xact_lock(%s)", [LOCK])
            before = last(connection)
            count = 0
            while before.last_change < decided[0] or before.last_look < decided[1]:
                to = min(decided[0], before.last_change + MOST), min(decided[1], before.last_look + MOST)
                made = make(connection, before, *to, key=key, at=at)
                if not (made.changes or made.looks) and to == decided:
                    break  # only ids of what was rolled back: they wait for the next seal
                connection.execute(_INSERT, [getattr(made, name) for name in Seal.__slots__])
                count += made.changes + made.looks
                before = made
            return count


def make(connection: psycopg.Connection[Any], before: Seal, last_change: int, last_look: int, *, key: bytes, at: datetime) -> Seal:
    """The seal that follows `before` over the rows as they are now (not written)."""
    changes, changes_digest = _digest(connection, _CHANGES, before.last_change, last_change)
    looks, looks_digest = _digest(connection, _LOOKS, before.last_look, last_look)
    root = sha256(changes_digest + looks_digest).digest()
    mac = seal_mac(key, before.mac, before.id + 1, at, (last_change, changes, last_look, looks), root)
    return Seal(before.id + 1, at, last_change, changes, last_look, looks, root, mac)


def seal_mac(key: bytes, previous: bytes, number: int, at: datetime, counts: tuple[int, int, int, int], root: bytes) -> bytes:
    """The keyed digest of a seal, chained to the one before."""
    said = f"{number}|{at.astimezone(UTC).isoformat(timespec='microseconds')}|{counts}|".encode()
    return blake2b(previous + b"|" + said + root, digest_size=16, key=key).digest()


def violations(connection: psycopg.Connection[Any], key: bytes) -> Iterator[str]:
    """What of the sealed is not as it was sealed, one sentence each."""
    before = BEFORE_THE_FIRST
    for sealed in _all(connection):
        name = f"seal {sealed.id} of {sealed.at.isoformat()}"
        if sealed.id != before.id + 1:
            yield f"{name}: the seal before it is missing"
        now = make(connection, before, sealed.last_change, sealed.last_look, key=key, at=sealed.at)
        counts = (sealed.last_change, sealed.changes, sealed.last_look, sealed.looks)
        if sealed.mac != seal_mac(key, before.mac, sealed.id, sealed.at, counts, sealed.root):
            yield f"{name}: its digest is not ours; it was altered, or the one before it was"
        for what, then, found in (("changes", sealed.changes, now.changes), ("looks", sealed.looks, now.looks)):
            if then != found:
                yield f"{name}: {then} {what} were sealed, {found} are there (ids {_span(what, before, sealed)})"
        if (now.changes, now.looks) == (sealed.changes, sealed.looks) and now.root != sealed.root:
            yield f"{name}: changes (ids {_span('changes', before, sealed)}) or looks (ids {_span('looks', before, sealed)}) were altered"
        before = sealed


def last(connection: psycopg.Connection[Any]) -> Seal:
    """The newest seal."""
    with connection.cursor(row_factory=class_row(Seal)) as cursor:
        return cursor.execute(_SEALS + " desc limit 1").fetchone() or BEFORE_THE_FIRST


def _all(connection: psycopg.Connection[Any]) -> Iterator[Seal]:
    with connection.cursor(row_factory=class_row(Seal)) as cursor:
        yield from cursor.execute(_SEALS).fetchall()


def _span(what: str, before: Seal, sealed: Seal) -> str:
    lo, hi = (before.last_change, sealed.last_change) if what == "changes" else (before.last_look, sealed.last_look)
    return f"{lo + 1} to {hi}"


def _decided(connection: psycopg.Connection[Any]) -> tuple[int, int] | None:
    """Up to which change and look every id is committed or never will be; None when someone keeps us waiting too long."""
    row = connection.execute(_LAST).fetchone()
    assert row is not None
    waiting_for = {each for (each,) in connection.execute(_HOLDERS)}
    give_up = time.monotonic() + PATIENCE
    while waiting_for:
        if time.monotonic() > give_up:
            return None
        time.sleep(0.02)
        waiting_for &= {each for (each,) in connection.execute(_HOLDERS)}
    return int(row[0]), int(row[1])


def _digest(connection: psycopg.Connection[Any], question: str, after: int, to: int) -> tuple[int, bytes]:
    row = connection.execute(question.encode(), [after, to]).fetchone()
    assert row is not None
    return int(row[0]), bytes(row[1])
