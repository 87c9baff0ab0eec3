"""Proves what was sealed: every row is as it was, none is missing; or names the first that is not. Also proofs of single rows, and anchors.

An anchor is a published seal kept where nobody who can write the database can write: with it, removing the newest seals shows too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.types.json import Jsonb

from baton.store import merkle, seal, trail_rows
from baton.store.mac import fitted
from baton.store.named import sql
from baton.store.seal import BEFORE_THE_FIRST, Leaves, Seal

if TYPE_CHECKING:
    from baton.store.door import Store

HOUR = timedelta(hours=1)

_FORM_1 = {
    "change": "select count(*), sha256(coalesce(string_agg(int8send(id) || mac, ''::bytea order by id), ''::bytea))"
    " from change where id > %s and id <= %s",
    "look": "select count(*), sha256(coalesce(string_agg(convert_to("
    "json_build_array(id, extract(epoch from at), patients, who, entrance, purpose, what)::text, 'UTF8'), ',' order by id), ''::bytea))"
    " from look where id > %s and id <= %s",
}
"""How batches were digested before there were trees; such seals are still proved."""
_ANCHOR = re.compile(r"baton-seal (\d+) (\S+) (\d+) (\d+) ([0-9a-f]+) ([0-9a-f]+)")


@dataclass(frozen=True, slots=True)
class Anchor:
    """A seal as it was published."""

    id: int
    at: datetime
    root: bytes
    mac: bytes


def violations(
    connection: psycopg.Connection[Any],
    key: bytes,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    anchors: Iterable[Anchor] = (),
) -> Iterator[str]:
    """What of the sealed is not as it was sealed, one sentence for each fault.

    `since` and `until` narrow which seals have their rows read again. The chain of the seals is always proved whole. Raises psycopg.Error.
    """
    key = fitted(key)
    published = {anchor.id: anchor for anchor in anchors}
    before = BEFORE_THE_FIRST
    for sealed in seal.every(connection):
        if sealed.id != before.id + 1:
            yield f"{sealed.name}: the seal before it is missing"
        if sealed.mac != seal.seal_mac(key, before.mac, sealed.id, sealed.at, sealed.counts, sealed.root):
            yield f"{sealed.name}: its digest is not ours; it was altered, or the one before it was"
        anchor = published.pop(sealed.id, None)
        if anchor is not None and (anchor.root, anchor.mac) != (sealed.root, sealed.mac):
            yield f"{sealed.name}: is not the seal that was published"
        if (since is None or sealed.at >= since) and (until is None or sealed.at <= until):
            yield from _rows(connection, key, before, sealed)
        before = sealed
    for table in seal.TEXTS:
        for (id_,) in connection.execute(f"select id from {table} where id < 1 limit 1".encode()):  # noqa: S608
            yield f"{table} {id_}: has a number that no seal covers"
    for anchor in published.values():
        yield f"seal {anchor.id} of {anchor.at.isoformat()}: was published and is missing, with all it sealed"


def _rows(connection: psycopg.Connection[Any], key: bytes, before: Seal, sealed: Seal) -> Iterator[str]:
    if sealed.form == 1:
        yield from _batch(connection, before, sealed)
        return
    then = dict(zip(("change", "look"), seal.kept(connection, sealed), strict=True))
    if merkle.root([leaf for several in then.values() for leaf in several.values()]) != sealed.root:
        yield f"{sealed.name}: the leaves kept with it are not those it was made of"
    spans = {"change": (before.last_change, sealed.last_change), "look": (before.last_look, sealed.last_look)}
    for table, (after, to) in spans.items():
        now = seal.leaves(connection, table, after, to, key)
        if now != then[table]:
            yield f"{sealed.name}: {_first(table, then[table], now)}"
    if not trail_rows.says_the_looks(connection, sealed.id, spans["change"], spans["look"]):
        yield f"{sealed.name}: the auditor's index of its looks is not what they say"


def _first(table: str, then: Leaves, now: Leaves) -> str:
    """The first row that is not as it was, and how many more."""
    wrong = sorted(id_ for id_ in then.keys() | now.keys() if then.get(id_) != now.get(id_))
    first, more = wrong[0], len(wrong) - 1
    how = "is missing" if first not in now else "was added after the sealing" if first not in then else "was altered"
    return f"{table} {first} {how}{f', and {more} more {table}s are not as they were sealed' if more else ''}"


def _batch(connection: psycopg.Connection[Any], before: Seal, sealed: Seal) -> Iterator[str]:
    """A seal of the first form: only the batch can be named."""
    found = {
        "change": connection.execute(_FORM_1["change"].encode(), [before.last_change, sealed.last_change]).fetchone() or (0, b""),
        "look": connection.execute(_FORM_1["look"].encode(), [before.last_look, sealed.last_look]).fetchone() or (0, b""),
    }
    counts = {"change": sealed.changes, "look": sealed.looks}
    for table, then in counts.items():
        if found[table][0] != then:
            yield f"{sealed.name}: {then} {table}s were sealed, {found[table][0]} are there"
    same = all(found[table][0] == then for table, then in counts.items())
    if same and sha256(bytes(found["change"][1]) + bytes(found["look"][1])).digest() != sealed.root:
        spans = f"changes {before.last_change + 1} to {sealed.last_change} or looks {before.last_look + 1} to {sealed.last_look}"
        yield f"{sealed.name}: {spans} were altered"


@dataclass(frozen=True, slots=True)
class Unproved:
    """What seals cannot say: numbers that no sealed row has, and rows that no seal covers yet."""

    change_numbers: int
    look_numbers: int
    changes_waiting: int
    looks_waiting: int
    newest: datetime | None


def unproved(connection: psycopg.Connection[Any]) -> Unproved:
    """Numbers used by nobody (an act that came to nothing, or a row removed before its first seal: they cannot be told apart)."""
    change_numbers = look_numbers = 0
    before = BEFORE_THE_FIRST
    for sealed in seal.every(connection):
        change_numbers += sealed.last_change - before.last_change - sealed.changes
        look_numbers += sealed.last_look - before.last_look - sealed.looks
        before = sealed
    waiting = connection.execute(
        "select (select count(*) from change where id > %s), (select count(*) from look where id > %s)",
        [before.last_change, before.last_look],
    ).fetchone() or (0, 0)
    return Unproved(change_numbers, look_numbers, waiting[0], waiting[1], before.at if before.id else None)


@dataclass(frozen=True, slots=True)
class Report:
    """What verifying found, and what it cannot say."""

    violations: list[str]
    unproved: Unproved

    def sentence(self) -> str:
        """What was proved and what was not, in words."""
        left = self.unproved
        newest = f"The newest seal is of {left.newest.isoformat()}." if left.newest else "Nothing is sealed yet."
        begun = "Not everything is as it was sealed." if self.violations else "Everything sealed is as it was sealed."
        return (
            f"{begun} {newest} {left.changes_waiting} changes and {left.looks_waiting} looks wait for their first seal."
            f" {left.change_numbers} numbers of changes and {left.look_numbers} of looks are no row's: what came to nothing, or was"
            " removed before it was sealed; the two cannot be told apart."
        )


def verify(dsn: str, key: bytes, **options: Any) -> Report:
    """`violations` and `unproved` in one still moment. Raises psycopg.Error."""
    with _still(dsn) as connection:
        return Report(list(violations(connection, key, **options)), unproved(connection))


def of(dsn: str, key: bytes, table: str, id_: int) -> dict[str, Any] | None:
    """`prove` on a connection of its own. Raises psycopg.Error."""
    with _still(dsn) as connection:
        return prove(connection, key, table, id_)


@contextmanager
def _still(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(dsn) as connection:
        connection.execute("set timezone = 'UTC'; set jit = off")
        connection.commit()
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        yield connection


# --- one row -----------------------------------------------------------------------------------------------------------------------------


def prove(connection: psycopg.Connection[Any], key: bytes, table: str, id_: int) -> dict[str, Any] | None:
    """The inclusion proof of one row of `change` or `look`; None when there is no such row, or no seal with leaves covers it.

    It holds all that `scripts/verify_proof.py` needs: the row's text, its salt, the siblings up to the root, and the seal.
    """
    key = fitted(key)
    row = connection.execute(f"select {seal.TEXTS[table]} from {table} where id = %s".encode(), [id_]).fetchone()  # noqa: S608
    column = f"last_{table}"
    sealed = next((each for each in seal.every(connection) if getattr(each, column) >= id_), None)
    if row is None or sealed is None or sealed.form == 1:
        return None
    changes, looks = seal.kept(connection, sealed)
    numbers = [("change", number) for number in changes] + [("look", number) for number in looks]
    every = [*changes.values(), *looks.values()]
    if (table, id_) not in numbers:
        return None
    place = numbers.index((table, id_))
    return {
        "proof": "baton-1",
        "row": row[0],
        "salt": merkle.salt(key, table, id_).hex(),
        "leaf": every[place].hex(),
        "path": [[side, digest.hex()] for side, digest in merkle.path(every, place)],
        "root": sealed.root.hex(),
        "seal": line(sealed),
    }


# --- anchors -----------------------------------------------------------------------------------------------------------------------------


def line(sealed: Seal) -> str:
    """A seal as it is published: one line, without a word about anybody."""
    at = sealed.at.astimezone(UTC).isoformat(timespec="milliseconds")
    return f"baton-seal {sealed.id} {at} {sealed.last_change} {sealed.last_look} {sealed.root.hex()} {sealed.mac.hex()}"


def anchors(text: str) -> list[Anchor]:
    """The published seals in a text: a file of them, or an e-mail."""
    return [
        Anchor(int(number), datetime.fromisoformat(at), bytes.fromhex(root), bytes.fromhex(mac))
        for number, at, _, _, root, mac in _ANCHOR.findall(text)
    ]


def after(store: Store, number: int) -> list[Seal]:
    """The seals after this one, the oldest first."""
    return store.lines.read(lambda line: [each for each in seal.every(line, number)])


def announce_hourly(store: Store, now: datetime, payload: Callable[[str], dict[str, Any]]) -> bool:
    """Announce the newest seal as mail, unless one was within the hour or it is no newer; whether it was."""
    with store.lines.transaction() as line_:
        line_.execute("select pg_advisory_xact_lock(%s)", [seal.LOCK])
        newest = seal.last(line_)
        row = line_.execute("select seal, at from published where way = 'mail' order by seal desc limit 1").fetchone()
        if newest.id == 0 or (row is not None and (row[0] >= newest.id or now - row[1] < HOUR)):
            return False
        line_.execute("insert into published (seal, way, at) values (%s, 'mail', %s)", [newest.id, now])
        line_.execute(sql("announce").encode(), [0, now, "mail", Jsonb(payload(line(newest)))])
        line_.execute("commit")
    return True
