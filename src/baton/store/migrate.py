"""Brings a database's tables to what this code expects: sql/NNN_name.sql in order, each once, none changed afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

from baton.store.cluster import APP

SQL = Path(__file__).with_name("sql")
LOCK = 0x6261746F6E  # "baton": two processes that migrate at once take turns


class SchemaMismatch(Exception):  # noqa: N818
    """The database's tables are not those of this Baton; the message says in which way and what to do."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered step."""

    number: int
    name: str
    text: str

    @property
    def digest(self) -> str:
        """What the step was when it was applied; a change of it afterwards is refused."""
        return sha256(self.text.encode()).hexdigest()


def migrations(folder: Path = SQL) -> list[Migration]:
    """The steps this code knows, in order. Raises ValueError for a name or number that cannot be."""
    steps = []
    for path in sorted(folder.glob("*.sql")):
        number, _, name = path.stem.partition("_")
        steps.append(Migration(int(number), name, path.read_text(encoding="utf-8")))
    numbers = [step.number for step in steps]
    if numbers != sorted(set(numbers)):
        raise ValueError(f"The files in {folder} are not numbered each its own: {numbers}")
    return steps


def migrate(dsn: str, folder: Path = SQL) -> list[str]:
    """Apply what is missing, all or nothing, as the owner; the names of what was applied. Raises SchemaMismatch."""
    steps = migrations(folder)
    with psycopg.connect(dsn) as connection:
        connection.execute("select pg_advisory_xact_lock(%s)", [LOCK])
        connection.execute(
            "create table if not exists migration (number int primary key, name text not null, digest text not null,"
            " at timestamptz not null default now())"
        )
        connection.execute(f'grant select on migration to "{APP}"')
        missing = steps[_compare(_recorded(connection), steps) :]
        for step in missing:
            connection.execute(step.text.encode())
            connection.execute("insert into migration (number, name, digest) values (%s, %s, %s)", [step.number, step.name, step.digest])
        return [step.name for step in missing] + _migrate_jobs(connection)


def require_current(dsn: str, folder: Path = SQL) -> None:
    """For those who only use the tables: raises SchemaMismatch unless they are exactly those of this code."""
    steps = migrations(folder)
    with psycopg.connect(dsn) as connection:
        exists = connection.execute("select to_regclass('migration') is not null").fetchone()
        done = _compare(_recorded(connection), steps) if exists and exists[0] else 0
    if done < len(steps):
        raise SchemaMismatch(f"The database lacks {len(steps) - done} of {len(steps)} migrations: run `baton migrate`.")


def _recorded(connection: psycopg.Connection[Any]) -> list[tuple[int, str, str]]:
    return connection.execute("select number, name, digest from migration order by number").fetchall()


def _compare(recorded: list[tuple[int, str, str]], steps: list[Migration]) -> int:
    """How many steps are applied; raises SchemaMismatch when what was applied is not what this code knows."""
    if len(recorded) > len(steps):
        raise SchemaMismatch(
            f"The database was migrated by a newer Baton (step {recorded[-1][0]}; this one knows {len(steps)}): start that one."
        )
    for (number, name, digest), step in zip(recorded, steps, strict=False):
        if (number, digest) != (step.number, step.digest):
            raise SchemaMismatch(
                f"Migration {number} {name} was changed after it was applied to this database: bring its old text back, add a new one."
            )
    return len(recorded)


def _migrate_jobs(connection: psycopg.Connection[Any]) -> list[str]:
    """Procrastinate's tables, in a schema of their own; its own steps when a newer version of the package brings some."""
    found = find_spec("procrastinate")
    sql = Path(found.origin or "").with_name("sql") if found else Path()
    known = {path.name: path for path in sorted((sql / "migrations").glob("*.sql"))}
    exists = connection.execute("select to_regclass('procrastinate.applied') is not null").fetchone()
    if exists and exists[0]:
        rows = connection.execute("select name from procrastinate.applied").fetchall()
        texts = {name: path for name, path in known.items() if name not in {row[0] for row in rows}}
    else:
        connection.execute("create schema procrastinate; create table procrastinate.applied (name text primary key)")
        texts = {"schema.sql": sql / "schema.sql"}
    if not texts:
        return []
    connection.execute("set local search_path to procrastinate")
    for path in texts.values():
        connection.execute(path.read_bytes())
    connection.cursor().executemany("insert into applied values (%s) on conflict do nothing", [[name] for name in known])
    connection.execute("set local search_path to default")
    connection.execute(
        f'grant usage on schema procrastinate to "{APP}"; grant all on all tables in schema procrastinate to "{APP}";'
        f'grant all on all sequences in schema procrastinate to "{APP}"; revoke insert, update on procrastinate.applied from "{APP}"'
    )
    return ["jobs"]
