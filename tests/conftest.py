"""What every test may ask for: a PostgreSQL of its own process (`server`), and fresh migrated databases (`database`, `module_database`)."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from psycopg import sql

from baton.store import cluster
from baton.store.migrate import migrate
from baton.store.postgres import Database, Server, embedded, external

# Most tests need no durability; those that kill things start a server of their own without these.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "autovacuum": "off",
    "max_wal_size": "256MB",
    "scram_iterations": "1",
}
MEMORY = Path("/dev/shm")
CHEAP = {"time_cost": 1, "memory_cost": 8, "parallelism": 1}
REAL = {name: getattr(Argon2PasswordHasher, name) for name in CHEAP}
ROOM = 4 << 30  # bytes free in memory for the databases of a test process
_numbers = count(1)


def pytest_configure() -> None:
    """Passwords are hashed in no time, but where a test asks for the hasher as it is (`real_hashing`)."""
    for name, value in CHEAP.items():
        setattr(Argon2PasswordHasher, name, value)


@contextmanager
def short_folder(within: Path = Path("/tmp")) -> Iterator[Path]:
    """A folder with a short path (sockets), which PostgreSQL's account can enter; gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="baton-test-", dir=within))
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


def quickest() -> Path:
    """Where files that need not last are made: in memory where there is enough, since a database is some 900 files."""
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM else Path("/tmp")


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One embedded PostgreSQL for each process of the test run, whose passwords are checked without long arithmetic."""
    with short_folder(quickest()) as path, embedded(path / "data", settings=FAST) as started:
        with psycopg.connect(started.dsn("owner", "postgres"), autocommit=True) as connection:
            password = sql.Literal(cluster.secret(path / "data", cluster.OWNER))
            connection.execute(sql.SQL("alter role {} password {}").format(sql.Identifier(cluster.OWNER), password))
        yield started


@pytest.fixture
def real_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The password hasher with its real cost."""
    for name, value in REAL.items():
        monkeypatch.setattr(Argon2PasswordHasher, name, value)


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
        self._reach, self._ready = reach, dict[str, str]()
        self._connection = psycopg.connect(admin, autocommit=True)
        self.template = self._named("template")
        self._execute(f"create database {self.template}")
        migrate(reach(self.template).owner_dsn)

    def ready(self, what: str, prepare: Callable[[Database], None]) -> str:
        """The name of a template that was prepared once (a ward, a house, a town) and that tests copy; nobody may use it itself."""
        if what not in self._ready:
            database = self.copy()
            prepare(database)
            self._ready[what] = database.app_options["dbname"]
        return self._ready[what]

    def close(self) -> None:
        """Let the server go."""
        self._connection.close()

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
        self._connection.execute(statement.encode())


@pytest.fixture(scope="session")
def other_databases(other_server: str) -> Iterator[Databases]:
    """Databases on the other server, reached the way BATON_DATABASE_URL is."""
    with closing(Databases(other_server, lambda name: external(other_server.replace("/postgres?", f"/{name}?")))) as databases:
        yield databases


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    """Databases on the embedded server; on the other one with BATON_TEST_OTHER=1: everything must work the same there."""
    if os.environ.get("BATON_TEST_OTHER"):
        yield request.getfixturevalue("other_databases")
        return
    server: Server = request.getfixturevalue("server")
    with closing(Databases(server.dsn("owner", "postgres"), server.database)) as databases:
        yield databases


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
