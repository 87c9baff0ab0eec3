"""Migrations: in order, once, all or nothing, never changed afterwards; on either server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import psycopg
import pytest

from baton.store.migrate import SchemaMismatch, migrate, migrations, require_current
from baton.store.postgres import Database, Server, external

_numbers = count(1)


@pytest.fixture
def empty(server: Server) -> Iterator[Database]:
    """A database without tables."""
    name = f"empty_{next(_numbers)}"
    with psycopg.connect(server.dsn("owner", "postgres"), autocommit=True) as connection:
        connection.execute(f"create database {name}".encode())
        yield server.database(name)
        connection.execute(f"drop database {name} with (force)".encode())


@pytest.fixture
def steps(folder: Path) -> Callable[..., Path]:
    """Writes a folder of migrations."""

    def write(**texts: str) -> Path:
        for path in folder.glob("*.sql"):
            path.unlink()
        for number, (name, text) in enumerate(texts.items(), 1):
            (folder / f"{number:03}_{name}.sql").write_text(text)
        return folder

    return write


def tables(dsn: str) -> set[str]:
    with psycopg.connect(dsn) as connection:
        return {row[0] for row in connection.execute("select tablename from pg_tables where schemaname = 'public'")}


def test_applies_what_is_missing_in_order(empty: Database, steps: Callable[..., Path]) -> None:
    assert migrate(empty.owner_dsn, steps(one="create table one (n int)", two="alter table one add m int")) == ["one", "two", "jobs"]
    three = steps(one="create table one (n int)", two="alter table one add m int", three="create table three ()")
    assert migrate(empty.owner_dsn, three) == ["three"]
    assert migrate(empty.owner_dsn, three) == []
    assert tables(empty.owner_dsn) == {"migration", "one", "three"}
    require_current(empty.app_dsn, three)


def test_applies_all_or_nothing(empty: Database, steps: Callable[..., Path]) -> None:
    with pytest.raises(psycopg.errors.SyntaxError):
        migrate(empty.owner_dsn, steps(one="create table one (n int)", two="create tabel two ()"))
    assert tables(empty.owner_dsn) == set()


def test_refuses_a_changed_old_step(empty: Database, steps: Callable[..., Path]) -> None:
    migrate(empty.owner_dsn, steps(one="create table one (n int)"))
    changed = steps(one="create table one (n bigint)")
    for refuses in (migrate, require_current):
        with pytest.raises(SchemaMismatch, match="1 one was changed"):
            refuses(empty.owner_dsn, changed)


def test_refuses_a_newer_schema(empty: Database, steps: Callable[..., Path]) -> None:
    migrate(empty.owner_dsn, steps(one="create table one (n int)", two="create table two ()"))
    with pytest.raises(SchemaMismatch, match="newer Baton"):
        migrate(empty.owner_dsn, steps(one="create table one (n int)"))


def test_users_are_told_to_migrate(empty: Database, steps: Callable[..., Path]) -> None:
    with pytest.raises(SchemaMismatch, match="run `baton migrate`"):
        require_current(empty.owner_dsn, steps(one="select 1"))


def test_two_at_once_are_fine(empty: Database, steps: Callable[..., Path]) -> None:
    folder = steps(one="create table one (n int)", two="create table two ()")
    with ThreadPoolExecutor(4) as threads:
        applied = list(threads.map(lambda _: migrate(empty.owner_dsn, folder), range(4)))
    assert sorted(applied) == [[], [], [], ["one", "two", "jobs"]]


def test_steps_are_numbered_each_its_own(folder: Path) -> None:
    (folder / "001_one.sql").write_text("")
    (folder / "001_another.sql").write_text("")
    with pytest.raises(ValueError, match="not numbered"):
        migrations(folder)


def test_own_steps_apply_to_both_servers(database: Database, other_database: Database) -> None:
    assert migrate(database.owner_dsn) == migrate(other_database.owner_dsn) == []
    assert tables(database.owner_dsn) == tables(other_database.owner_dsn) > {"version", "change"}
    for dsn in (database.app_dsn, other_database.app_dsn):
        require_current(dsn)


def test_an_owner_who_is_no_superuser_can_migrate(other_server: str) -> None:
    name = f"plain_{next(_numbers)}"
    with psycopg.connect(other_server, autocommit=True) as connection:
        connection.execute(b"create role plain_owner login createrole password 'p'; ")
        connection.execute(f"create database {name} owner plain_owner".encode())
        connection.execute("do $$ begin create role baton_app nologin; exception when duplicate_object then null; end $$")
        connection.execute("grant baton_app to plain_owner")
        try:
            found = external(other_server.replace("/postgres?", f"/{name}?").replace("chief:other", "plain_owner:p"))
            assert "jobs" in migrate(found.owner_dsn)
            require_current(found.app_dsn)
        finally:
            connection.execute(f"drop database {name} with (force)".encode())
            connection.execute("revoke baton_app from plain_owner")
            connection.execute("drop role plain_owner")
