"""What every test may ask for: a PostgreSQL of its own process (`server`), and fresh migrated databases (`database`, `module_database`)."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest

from baton.store import cluster
from baton.store.migrate import migrate
from baton.store.postgres import Database, Server, embedded, external

# Most tests need no durability; those that kill things start a server of their own without these.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "64MB", "autovacuum": "off"}
_numbers = count(1)


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder with a short path (sockets), which PostgreSQL's account can enter; gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="baton-test-", dir="/tmp"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short folder for one test."""
    with short_folder() as path:
        yield path


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One embedded PostgreSQL for each process of the test run."""
    with short_folder() as path, embedded(path / "data", settings=FAST) as started:
        yield started


@pytest.fixture(scope="session")
def unused_data() -> Iterator[Path]:
    """A data folder with a durable cluster that nobody uses, to copy (`cp -a`): quicker than making one."""
    with short_folder() as path:
        embedded(path / "data", settings={"shared_buffers": "32MB"}).stop()
        yield path / "data"


@contextmanager
def postgres_16() -> Iterator[str]:
    """The address (of its superuser) of a PostgreSQL 16 that nobody of Baton started: "any PostgreSQL"."""
    binaries = cluster.installed_binaries("pginstall")
    with short_folder() as path:
        account = cluster.Account.of(path / "none")
        home, password = path / "home", path / "password"
        home.mkdir()
        password.write_text("other")
        for made in (home, password):
            account.own(made, 0o700)
        options = (
            "--username",
            "chief",
            "--pwfile",
            password,
            "--auth",
            "scram-sha-256",
            "--encoding",
            "UTF8",
            "--locale",
            "C",
            "--no-sync",
        )
        account.run(binaries / "initdb", "--pgdata", home / "data", *options, stdout=subprocess.DEVNULL).check_returncode()
        control = (binaries / "pg_ctl", "--pgdata", home / "data", "--silent", "--wait")
        account.run(
            *control, "--log", home / "log", "--options", f"-k {home} -c listen_addresses= -c fsync=off", "start"
        ).check_returncode()
        try:
            yield f"postgresql://chief:other@/postgres?host={home}"
        finally:
            account.run(*control, "--mode", "fast", "stop").check_returncode()


@pytest.fixture(scope="session")
def other_server() -> Iterator[str]:
    """That server, shared by a run's tests."""
    with postgres_16() as address:
        yield address


@pytest.fixture
def untouched_server() -> Iterator[str]:
    """Such a server on which nobody has done anything yet."""
    with postgres_16() as address:
        yield address


class Databases:
    """Makes and drops databases on one server. Copying a migrated one is far quicker than migrating."""

    def __init__(self, admin: str, reach: Callable[[str], Database]) -> None:
        self._admin, self._reach = admin, reach
        self.template = self._named("template")
        self._execute(f"create database {self.template}")
        migrate(reach(self.template).owner_dsn)

    def copy(self, template: str = "") -> Database:
        """A fresh database like the template; it must not be in use."""
        name = self._named("copy")
        self._execute(f"create database {name} template {template or self.template} strategy file_copy")
        return self._reach(name)

    def drop(self, database: Database) -> None:
        """Whoever may still use it."""
        self._execute(f"drop database {database.app_options['dbname']} with (force)")

    @contextmanager
    def copied(self, template: str = "") -> Iterator[Database]:
        """A copy for a `with` block."""
        database = self.copy(template)
        try:
            yield database
        finally:
            self.drop(database)

    def _named(self, what: str) -> str:
        return f"{what}_{os.getpid()}_{next(_numbers)}"

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self._admin, autocommit=True) as connection:
            connection.execute(statement.encode())


@pytest.fixture(scope="session")
def other_databases(other_server: str) -> Databases:
    """Databases on the other server, reached the way BATON_DATABASE_URL is."""
    return Databases(other_server, lambda name: external(other_server.replace("/postgres?", f"/{name}?")))


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest) -> Databases:
    """Databases on the embedded server; on the other one with BATON_TEST_OTHER=1: everything must work the same there."""
    if os.environ.get("BATON_TEST_OTHER"):
        other: Databases = request.getfixturevalue("other_databases")
        return other
    server: Server = request.getfixturevalue("server")
    return Databases(server.dsn("owner", "postgres"), server.database)


@pytest.fixture
def database(databases: Databases) -> Iterator[Database]:
    """A fresh migrated database for one test: `Store(database.app_dsn, …)`."""
    with databases.copied() as copy:
        yield copy


@pytest.fixture(scope="module")
def module_database(databases: Databases) -> Iterator[Database]:
    """A fresh migrated database shared by the tests of one module."""
    with databases.copied() as copy:
        yield copy


@pytest.fixture
def other_database(other_databases: Databases) -> Iterator[Database]:
    """A fresh migrated database on the other server."""
    with other_databases.copied() as copy:
        yield copy
