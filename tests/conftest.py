"""What every test may ask for: a PostgreSQL of its own process (`server`), and fresh migrated databases (`database`, `module_database`)."""

from __future__ import annotations

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


def _execute(server: Server, statement: str) -> None:
    with psycopg.connect(server.dsn("owner", "postgres"), autocommit=True) as connection:
        connection.execute(statement.encode())


@pytest.fixture(scope="session")
def template(server: Server) -> str:
    """The name of a migrated database to copy."""
    _execute(server, "create database baton_template")
    migrate(server.dsn("owner", "baton_template"))
    return "baton_template"


@contextmanager
def _copy(server: Server, template: str) -> Iterator[Database]:
    name = f"copy_{next(_numbers)}"
    _execute(server, f"create database {name} template {template} strategy file_copy")
    try:
        yield server.database(name)
    finally:
        _execute(server, f"drop database {name} with (force)")


@pytest.fixture
def database(server: Server, template: str) -> Iterator[Database]:
    """A fresh migrated database for one test: `Store(database.app_dsn, …)`."""
    with _copy(server, template) as copy:
        yield copy


@pytest.fixture(scope="module")
def module_database(server: Server, template: str) -> Iterator[Database]:
    """A fresh migrated database shared by the tests of one module."""
    with _copy(server, template) as copy:
        yield copy


@pytest.fixture
def new_database(server: Server, template: str) -> Iterator[Callable[[], Database]]:
    """Makes further fresh migrated databases, for tests that need two or that compare."""
    made: list[str] = []

    def make() -> Database:
        name = f"copy_{next(_numbers)}"
        _execute(server, f"create database {name} template {template} strategy file_copy")
        made.append(name)
        return server.database(name)

    yield make
    for name in made:
        _execute(server, f"drop database {name} with (force)")


@pytest.fixture(scope="session")
def other_server() -> Iterator[str]:
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


@pytest.fixture
def other_database(other_server: str) -> Iterator[Database]:
    """A fresh migrated database on the other server, reached the way BATON_DATABASE_URL is."""
    name = f"other_{next(_numbers)}"
    with psycopg.connect(other_server, autocommit=True) as connection:
        connection.execute(f"create database {name}".encode())
        found = external(other_server.replace("/postgres?", f"/{name}?"))
        migrate(found.owner_dsn)
        try:
            yield found
        finally:
            connection.execute(f"drop database {name} with (force)".encode())
