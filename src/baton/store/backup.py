"""Backups: everything the hub holds in one encrypted file, made while it runs, brought back into an empty data folder.

PostgreSQL's own pg_dump and pg_restore do the work, of one still moment; `strongbox` keeps what comes out of them. Nothing of a patient
that was erased before can be in it: a dump holds live rows alone.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import psycopg
from psycopg.conninfo import conninfo_to_dict

from baton.store import cluster, strongbox
from baton.store.mac import fitted
from baton.store.strongbox import BoxError

_ENVIRONMENT = {
    "host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE", "options": "PGOPTIONS",
    "sslmode": "PGSSLMODE",
}  # fmt: skip
_DUMP = ("pg_dump", "--format=custom", "--compress=gzip:1", "--no-owner", "--no-password")
_RESTORE = ("pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-password")


def make(dsn: str, path: Path, secret: bytes, *, key: bytes, kept: bool) -> int:
    """Write a backup of the database at `dsn` (its owner's); its size in bytes. Raises BoxError.

    `key` is the hub's; it goes into the backup when `kept`, that is when the data folder is the only place it is kept in.
    """
    if path.exists():
        raise BoxError(f"{path} is there already: a backup never overwrites a file.")
    partial = path.with_name(path.name + ".partial")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            box = strongbox.Writer(file, secret)
            said = {"made": datetime.now(UTC).isoformat(), "key": key.decode("latin-1") if kept else None, "key_print": key_print(key)}
            box.write(json.dumps(said).encode() + b"\n")
            _dump(dsn, box)
            box.close()
            file.flush()
            os.fsync(file.fileno())
        os.link(partial, path)
    except FileExistsError as error:
        raise BoxError(f"{path} is there already: a backup never overwrites a file.") from error
    except OSError as error:
        raise BoxError(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        partial.unlink(missing_ok=True)
    return path.stat().st_size


def key_print(key: bytes) -> str:
    """By what a key is recognised, without telling it."""
    return blake2b(b"Baton's key", digest_size=8, key=fitted(key)).hexdigest()


def verify(path: Path, secret: bytes) -> dict[str, Any]:
    """Read a backup to its end and prove every byte of it; what it says of itself. Raises BoxError."""
    with _opened(path) as file:
        said, rest = _begin(strongbox.read(file, secret))
        for _ in rest:
            pass
    return said


def restore(dsn: str, path: Path, secret: bytes) -> None:
    """Bring a backup into the empty database at `dsn` (its owner's), whole or not at all. Raises BoxError."""
    with psycopg.connect(dsn) as connection:
        found = connection.execute("select count(*) from pg_tables where schemaname not in ('pg_catalog', 'information_schema')").fetchone()
    if found and found[0]:
        raise BoxError("The database is not empty: a backup is brought back into an empty one only.")
    with _opened(path) as file:
        _, rest = _begin(strongbox.read(file, secret))
        with _tool(dsn, (*_RESTORE, f"--dbname={conninfo_to_dict(dsn)['dbname']}"), stdin=subprocess.PIPE) as process:
            assert process.stdin is not None
            try:
                with suppress(BrokenPipeError):
                    for data in rest:
                        process.stdin.write(data)
                    process.stdin.close()
            except BaseException:
                process.kill()  # nothing was committed
                raise
            said = process.stderr.read() if process.stderr else b""
    if process.returncode:
        raise BoxError(f"pg_restore: {said.decode(errors='replace').strip()[-1000:]}")


def _dump(dsn: str, box: strongbox.Writer) -> None:
    with _tool(dsn, _DUMP, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        while data := process.stdout.read(strongbox.CHUNK):
            box.write(data)
        said = process.stderr.read() if process.stderr else b""
    if process.returncode:
        raise BoxError(f"pg_dump: {said.decode(errors='replace').strip()[-1000:]}")


def _tool(dsn: str, command: tuple[str, ...], **options: Any) -> subprocess.Popen[bytes]:
    """One of PostgreSQL's programs on a database; its password is in the environment, never on the command line."""
    parts = conninfo_to_dict(dsn)
    environment = {name: str(parts[part]) for part, name in _ENVIRONMENT.items() if parts.get(part)}
    program = cluster.installed_binaries() / command[0]
    return subprocess.Popen(  # noqa: S603
        [str(program), *command[1:]],
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", **environment},
        stderr=subprocess.PIPE,
        **options,
    )


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise BoxError(f"{path} cannot be read: {error.strerror}.") from error


def _begin(content: Iterator[bytes]) -> tuple[dict[str, Any], Iterator[bytes]]:
    """What the backup says of itself (its first line), and the rest."""
    line, _, rest = next(content).partition(b"\n")
    said: dict[str, Any] = json.loads(line)
    return said, chain([rest], content)
