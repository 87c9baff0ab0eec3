"""Seals over what was recorded: each batch of changes and looks is a Merkle tree whose root is keyed and chained to the one before.

Ids come from sequences, so a change with a lower id may be committed later than one with a higher. Whoever took an id holds a lock on the
sequence until the end of their transaction: once all who held it when its last value was read are gone, the ids up to it are decided.

A row's leaf is a digest of its text under a salt made from the key and its number. The leaves are kept with the seal, so that what was
altered or removed is named; altering them too leaves a root that is not theirs, and altering that a digest nobody without the key can make.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import psycopg
from psycopg.rows import class_row

from baton.store import merkle, trail_rows
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
_COLUMNS = "id, at, last_change, changes, last_look, looks, root, mac, form"
_INSERT = f"insert into seal ({_COLUMNS}, leaves) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"  # noqa: S608
_SEALS = f"select {_COLUMNS} from seal where id > %s order by id"  # noqa: S608

TEXTS = {
    "change": "json_build_array('change', id, extract(epoch from at), who, on_behalf_of, because, entrance, purpose,"
    " encode(mac, 'hex'))::text",
    "look": "json_build_array('look', id, extract(epoch from at), patients, who, role, on_behalf_of, entrance, purpose, what,"
    " outcome, detail)::text",
}
"""What is sealed of a row, by table; a change's own digest stands for all its versions."""
_DIGESTS = {
    table: f"select id, sha256(convert_to({text}, 'UTF8')) from {table} where id > %s and id <= %s order by id"  # noqa: S608
    for table, text in TEXTS.items()
}


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
    form: int = 2

    @property
    def name(self) -> str:
        """How a violation names it."""
        return f"seal {self.id} of {self.at.isoformat()}"

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """What its digest covers besides the root."""
        return self.last_change, self.changes, self.last_look, self.looks


BEFORE_THE_FIRST = Seal(0, datetime(1970, 1, 1, tzinfo=UTC), 0, 0, 0, 0, b"", b"")
Leaves = dict[int, bytes]
"""Leaves by the number of their row, in order."""


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
            connection.execute("set local jit = off; set local max_parallel_workers_per_gather = 0")
            before = last(connection)
            count = 0
            while before.last_change < decided[0] or before.last_look < decided[1]:
                to = min(decided[0], before.last_change + MOST), min(decided[1], before.last_look + MOST)
                made, leaves = make(connection, before, *to, key=key, at=at)
                if not (made.changes or made.looks) and to == decided:
                    break  # only ids of what was rolled back: they wait for the next seal
                connection.execute(_INSERT, [*(getattr(made, name) for name in Seal.__slots__), leaves])
                trail_rows.add(connection, made.id, (before.last_change, to[0]), (before.last_look, to[1]))
                count += made.changes + made.looks
                before = made
            return count


def make(
    connection: psycopg.Connection[Any], before: Seal, last_change: int, last_look: int, *, key: bytes, at: datetime
) -> tuple[Seal, bytes]:
    """The seal that follows `before` over the rows as they are now (not written), and its leaves as they are kept."""
    changes = leaves(connection, "change", before.last_change, last_change, key)
    looks = leaves(connection, "look", before.last_look, last_look, key)
    root = merkle.root([*changes.values(), *looks.values()])
    counts = last_change, len(changes), last_look, len(looks)
    mac = seal_mac(key, before.mac, before.id + 1, at, counts, root)
    kept = b"".join(id_.to_bytes(8, "big") + leaf for several in (changes, looks) for id_, leaf in several.items())
    return Seal(before.id + 1, at, *counts, root, mac), kept


def leaves(connection: psycopg.Connection[Any], table: str, after: int, to: int, key: bytes) -> Leaves:
    """The leaves of the rows of a table (change or look) with ids in a span, as they are now."""
    salt, leaf = merkle.salt, merkle.leaf
    with connection.cursor(binary=True) as cursor:
        rows = cursor.execute(_DIGESTS[table].encode(), [after, to]).fetchall()
    return {id_: leaf(salt(key, table, id_), digest) for id_, digest in rows}


def seal_mac(key: bytes, previous: bytes, number: int, at: datetime, counts: tuple[int, int, int, int], root: bytes) -> bytes:
    """The keyed digest of a seal, chained to the one before."""
    said = f"{number}|{at.astimezone(UTC).isoformat(timespec='microseconds')}|{counts}|".encode()
    return blake2b(previous + b"|" + said + root, digest_size=16, key=key).digest()


def last(connection: psycopg.Connection[Any]) -> Seal:
    """The newest seal."""
    with connection.cursor(row_factory=class_row(Seal)) as cursor:
        return cursor.execute(_SEALS.encode() + b" desc limit 1", [0]).fetchone() or BEFORE_THE_FIRST


def every(connection: psycopg.Connection[Any], after: int = 0) -> Iterator[Seal]:
    """All seals after a number, the oldest first."""
    with connection.cursor(row_factory=class_row(Seal)) as cursor:
        yield from cursor.execute(_SEALS.encode(), [after]).fetchall()


def kept(connection: psycopg.Connection[Any], sealed: Seal) -> tuple[Leaves, Leaves]:
    """The leaves kept with a seal: of its changes and of its looks."""
    row = connection.execute("select leaves from seal where id = %s", [sealed.id]).fetchone()
    text = bytes(row[0] or b"") if row else b""
    step = 8 + merkle.SIZE
    pairs = [(int.from_bytes(text[place : place + 8], "big"), text[place + 8 : place + step]) for place in range(0, len(text), step)]
    return dict(pairs[: sealed.changes]), dict(pairs[sealed.changes :])


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
