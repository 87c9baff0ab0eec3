"""Backups: nobody reads them without the secret, nothing altered or cut off opens, and what comes back is what was there."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from baton.store import Store, Who, backup, cluster, erasure, strongbox
from baton.store.check import violations
from baton.store.postgres import Database, Server
from baton.store.strongbox import BoxError

KEY, ZONE, SECRET = b"k" * 32, ZoneInfo("America/New_York"), b"sixteen letters at least"
HUB = Who("Device/baton", "Baton", "system", (), "cli")
ROSA = {"resourceType": "Patient", "id": "rosa", "name": [{"family": "Quillfeather"}], "birthDate": "1955-03-04"}


def boxed(content: bytes, secret: bytes = SECRET, pieces: int = 1) -> bytes:
    file = io.BytesIO()
    box = strongbox.Writer(file, secret)
    step = max(1, len(content) // pieces)
    for place in range(0, len(content), step):
        box.write(content[place : place + step])
    box.close()
    return file.getvalue()


def opened(data: bytes, secret: bytes = SECRET) -> bytes:
    return b"".join(strongbox.read(io.BytesIO(data), secret))


BIG = bytes(range(256)) * (4096 * 2 + 100)


@pytest.mark.parametrize("size", [0, 1, strongbox.CHUNK - 1, strongbox.CHUNK, strongbox.CHUNK + 1, 2 * strongbox.CHUNK])
def test_what_goes_in_comes_out(size: int) -> None:
    assert opened(boxed(BIG[:size], pieces=7)) == BIG[:size]


def test_the_content_cannot_be_read_off_and_no_two_are_alike() -> None:
    one, other = boxed(b"Quillfeather" * 100), boxed(b"Quillfeather" * 100)
    assert b"Quill" not in one and one[8:] != other[8:]


@pytest.fixture(scope="module")
def box() -> bytes:
    return boxed(BIG)


@settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(place=st.integers(0, len(BIG) + strongbox.HEADER + 3 * strongbox.TAG - 1), bit=st.integers(0, 7))
def test_one_altered_bit_anywhere_is_found(box: bytes, place: int, bit: int) -> None:
    altered = bytearray(box)
    altered[place] ^= 1 << bit
    with pytest.raises(BoxError):
        opened(bytes(altered))


STEP = strongbox.CHUNK + strongbox.TAG
CUTS = [0, 5, strongbox.HEADER, strongbox.HEADER + 1, strongbox.HEADER + STEP, strongbox.HEADER + 2 * STEP, -1]


@pytest.mark.parametrize("cut", CUTS)
def test_a_part_is_no_backup(box: bytes, cut: int) -> None:
    with pytest.raises(BoxError):
        opened(box[:cut])


def test_chunks_moved_doubled_or_left_out_do_not_open(box: bytes) -> None:
    head, first, second, last = box[: strongbox.HEADER], *(box[strongbox.HEADER + n * STEP :][:STEP] for n in range(3))
    for order in ([second, first, last], [first, first, second, last], [first, last], [first, second, last, last], [last]):
        with pytest.raises(BoxError):
            opened(head + b"".join(order))


def test_another_secret_does_not_open_it_and_a_short_one_makes_none(box: bytes) -> None:
    with pytest.raises(BoxError, match="secret is another one"):
        opened(box, b"another secret of length")
    with pytest.raises(BoxError, match="at least 16"):
        boxed(b"", b"short")


# --- the database -------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    made = Store(database.app_dsn, clock=lambda: datetime.now(UTC), zone=ZONE, key=KEY)
    for more in ({}, {"active": True}):
        with made.change(HUB, because="Write") as change:
            change.put({**ROSA, **more})
    yield made
    made.close()


@pytest.fixture
def empty(server: Server) -> Iterator[Database]:
    with psycopg.connect(server.dsn("owner", "postgres"), autocommit=True) as connection:
        connection.execute("create database brought_back")
        yield server.database("brought_back")
        connection.execute("drop database brought_back with (force)")


def test_what_comes_back_is_what_was_there(store: Store, database: Database, empty: Database, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    assert backup.make(database.owner_dsn, file, SECRET, key=KEY, kept=True) == file.stat().st_size
    assert file.stat().st_mode & 0o777 == 0o600 and list(tmp_path.iterdir()) == [file]
    assert b"Quillfeather" not in file.read_bytes()
    assert backup.verify(file, SECRET)["key"] == KEY.decode()
    backup.restore(empty.owner_dsn, file, SECRET)
    assert list(violations(empty.owner_dsn, KEY, ZONE)) == []
    again = Store(empty.app_dsn, clock=lambda: datetime.now(UTC), zone=ZONE, key=KEY)
    with again.change(HUB, because="Go on") as change:
        assert change.put({**ROSA, "active": False}).version == 3
    again.close()
    with psycopg.connect(empty.app_dsn, autocommit=True) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("update version set body = null")
    assert list(violations(empty.owner_dsn, KEY, ZONE)) == []


def test_an_altered_one_changes_nothing(store: Store, database: Database, empty: Database, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    backup.make(database.owner_dsn, file, SECRET, key=KEY, kept=False)
    whole = file.read_bytes()
    for altered in (whole[:-1], whole[: len(whole) // 2], whole[:-20] + b"\0" + whole[-19:]):
        file.write_bytes(altered)
        with pytest.raises(BoxError):
            backup.verify(file, SECRET)
        with pytest.raises(BoxError):
            backup.restore(empty.owner_dsn, file, SECRET)
    with psycopg.connect(empty.owner_dsn) as connection:
        assert connection.execute("select count(*) from pg_tables where schemaname = 'public'").fetchone() == (0,)


def test_never_into_a_database_with_something_in_it(store: Store, database: Database, tmp_path: Path) -> None:
    backup.make(database.owner_dsn, tmp_path / "backup", SECRET, key=KEY, kept=False)
    with pytest.raises(BoxError, match="not empty"):
        backup.restore(database.owner_dsn, tmp_path / "backup", SECRET)


def test_never_over_a_file_and_never_half_a_one(store: Store, database: Database, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("x")
    with pytest.raises(BoxError, match="there already"):
        backup.make(database.owner_dsn, tmp_path / "there", SECRET, key=KEY, kept=False)
    with pytest.raises(BoxError, match="pg_dump"):
        backup.make(database.owner_dsn.replace("dbname=", "dbname=no_"), tmp_path / "half", SECRET, key=KEY, kept=False)
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def test_nothing_of_who_was_erased_is_in_a_backup_made_after(store: Store, database: Database, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    act = erasure.Act("rosa", "cli:root", "Practitioner/ann", "Order 7", "court-order", now)

    def dumped() -> bytes:
        file = tmp_path / f"backup{len(list(tmp_path.iterdir()))}"
        backup.make(database.owner_dsn, file, SECRET, key=KEY, kept=False)
        with file.open("rb") as stream:
            content = b"".join(strongbox.read(stream, SECRET)).partition(b"\n")[2]
        plain = tmp_path / "plain"
        plain.write_bytes(content)
        programs = cluster.installed_binaries()
        said = subprocess.run([programs / "pg_restore", "--file=-", plain], capture_output=True, check=True).stdout
        plain.unlink()
        return said

    assert b"Quillfeather" in dumped()
    erasure.erase(database.owner_dsn, act, key=KEY, lawful=lambda found: None, commit=True)
    after = dumped()
    assert b"Quillfeather" not in after and b"quillfeather" not in after and b"1955-03-04" not in after
    assert b"Patient/rosa" in after  # the tombstone
