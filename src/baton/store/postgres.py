"""The database under the store: PostgreSQL embedded in the data folder, shared by every Baton process that uses it, or any other server."""

from __future__ import annotations

import fcntl
import logging
import os
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from baton.store import cluster, postmaster
from baton.store.cluster import APP, DATABASE, OWNER, DatabaseUnusable, Place, secret
from baton.store.forks import STARTING

__all__ = ["Database", "DatabaseUnusable", "Server", "embedded", "external", "open_database", "secret"]

log = logging.getLogger(__name__)

OLDEST = 16
RECOVERY_SECONDS = 600.0  # reading back a long log after a crash
LOCK_SECONDS = 30.0  # a killed server's lock and shared memory clearing
SOCKETLESS_SECONDS = 5.0  # of a running server, before it is started again
LAUNCH_SECONDS = 0.2  # until a server just launched has written who it is
KEEPER_SECONDS = 0.3  # between looks whether the server lives
LOG_BYTES = 10_000_000


@dataclass(frozen=True, slots=True)
class Database:
    """How to reach a database: `owner_dsn` may change the tables (migrate, check), `app_dsn` is what every entrance connects with."""

    owner_dsn: str = field(repr=False)
    app_dsn: str = field(repr=False)

    @property
    def app_options(self) -> dict[str, Any]:
        """The parameters of `app_dsn` one by one, for a driver that wants them so (Django)."""
        return conninfo_to_dict(self.app_dsn)

    def describe(self) -> str:
        """One line for people: where it is, never a password."""
        parts = conninfo_to_dict(self.owner_dsn)
        return f"PostgreSQL database {parts.get('dbname', '')} at {parts.get('host', 'localhost')}"


class DatabaseSettings(Protocol):
    """What of the settings matters here."""

    @property
    def data(self) -> Path:
        """The data folder."""

    @property
    def database_url(self) -> str:
        """Address of a server to use instead of the embedded one, or empty."""


@contextmanager
def open_database(settings: DatabaseSettings) -> Iterator[Database]:
    """The database the settings name, started if it is the embedded one and not running. Raises DatabaseUnusable."""
    if settings.database_url:
        yield external(settings.database_url)
        return
    with embedded(settings.data) as server:
        server.keep()
        yield server.database()


# --- any other server ---------------------------------------------------------------------------------------------------------------


def external(url: str) -> Database:
    """Any PostgreSQL 16 or newer: its entrances log in as the given user and act as the role `baton_app`. Raises DatabaseUnusable."""
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
            _check_server(connection)
            _ensure_role(connection)
    except psycopg.OperationalError as error:
        raise DatabaseUnusable(f"BATON_DATABASE_URL cannot be reached: {str(error).strip()}") from error
    options = f"{conninfo_to_dict(url).get('options') or ''} -c role={APP}".strip()
    return Database(make_conninfo(url), make_conninfo(url, options=options))


def _check_server(connection: psycopg.Connection[Any]) -> None:
    if connection.info.server_version < OLDEST * 10000:
        version = connection.info.parameter_status("server_version")
        raise DatabaseUnusable(f"BATON_DATABASE_URL is a PostgreSQL {version}; Baton needs {OLDEST} or newer.")
    if (encoding := connection.info.parameter_status("server_encoding")) != "UTF8":
        raise DatabaseUnusable(f"BATON_DATABASE_URL is a database encoded in {encoding}; Baton needs one in UTF8.")


def _ensure_role(connection: psycopg.Connection[Any]) -> None:
    """Make sure the role the entrances act as exists and this user can become it."""
    user = connection.info.user
    try:
        if not connection.execute("select 1 from pg_roles where rolname = %s", [APP]).fetchone():
            with suppress(psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):  # made by another Baton at this moment
                connection.execute(sql.SQL("create role {} nologin").format(sql.Identifier(APP)))
        may = connection.execute("select pg_has_role(current_user, %s, 'SET')", [APP]).fetchone()
        if not (may and may[0]):
            connection.execute(sql.SQL("grant {} to {}").format(sql.Identifier(APP), sql.Identifier(user)))
    except psycopg.errors.InsufficientPrivilege as error:
        raise DatabaseUnusable(
            f"The user {user} of BATON_DATABASE_URL may not make or take the role Baton's entrances act as. Let an administrator run "
            f'(the first only if there is no such role yet): CREATE ROLE {APP} NOLOGIN; GRANT {APP} TO "{user}";'
        ) from error


# --- the embedded server ------------------------------------------------------------------------------------------------------------


def embedded(data: Path, *, settings: Mapping[str, str] | None = None) -> Server:
    """The PostgreSQL of a data folder, started if no other Baton process has it running; the last to leave stops it.

    `settings` are PostgreSQL's (tests trade durability for speed); they count only for the process that starts it. Raises DatabaseUnusable.
    """
    data = data.expanduser().absolute()
    if not data.exists():
        data.mkdir(parents=True)
        data.chmod(0o711 if os.geteuid() == 0 else 0o700)
    try:
        with _locked(data / "postgres.starting"):
            place = cluster.settle(data)
            cluster.make(place)
            users = _lock(place.base / "postgres.users", fcntl.LOCK_SH)
            try:
                run = _ensure_running(place, dict(settings or {}))
            except BaseException:  # told to stop just now, too: a server we have only begun to start must not stay behind
                time.sleep(LAUNCH_SECONDS)
                _leave(place, users)
                raise
    except PermissionError as error:
        raise DatabaseUnusable(
            f"{error.filename or data} is another account's: start Baton as that one, or choose another data folder."
        ) from error
    except OSError as error:
        raise DatabaseUnusable(f"The database cannot be kept in {data}: {error}.") from error
    return Server(place, run, users, dict(settings or {}))


class Server:
    """A use of the embedded PostgreSQL by this process, until `stop`."""

    def __init__(self, place: Place, run: Path, users: IO[bytes], settings: dict[str, str]) -> None:
        """Made by `embedded`."""
        self.place, self.run, self._users, self._pid = place, run, users, os.getpid()
        self._settings, self._left = settings, threading.Event()
        self._keeper: threading.Thread | None = None

    def dsn(self, role: str = "app", database: str = DATABASE) -> str:
        """How to connect: `role` is "app" (every entrance) or "owner" (migrate and check)."""
        return _dsn(self.place, self.run, OWNER if role == "owner" else APP, database)

    def database(self, name: str = DATABASE) -> Database:
        """One of its databases, as the store wants it."""
        return Database(self.dsn("owner", name), self.dsn("app", name))

    def postmaster(self) -> int | None:
        """The process id of the running server, None when it does not run."""
        return postmaster.running(self.place.cluster)

    def keep(self) -> None:
        """From now on until `stop`, start PostgreSQL again whenever it is found dead (killed, out of memory), in the background."""
        self._keeper = threading.Thread(target=self._keep, name="postgres keeper", daemon=True)
        self._keeper.start()

    def _keep(self) -> None:
        while not self._left.wait(KEEPER_SECONDS):
            try:
                if postmaster.running(self.place.cluster) is None:
                    with _locked(self.place.data / "postgres.starting"):
                        _ensure_running(self.place, self._settings)
                    log.error("PostgreSQL had died and was started again")
            except Exception:
                log.exception("PostgreSQL died and could not be started again")
                self._left.wait(5)

    def stop(self) -> None:
        """Leave; stops PostgreSQL if no other process uses it. May be called twice; does nothing in a forked child."""
        if self._users.closed or os.getpid() != self._pid:
            return
        self._left.set()
        if self._keeper:
            self._keeper.join()
        with suppress(FileNotFoundError), _locked(self.place.data / "postgres.starting"):  # someone may have removed the folder under us
            _leave(self.place, self._users)

    def __enter__(self) -> Server:
        """The server itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Leave it."""
        self.stop()


def _lock(path: Path, how: int) -> IO[bytes]:
    # Closing (never LOCK_UN) gives the lock back: a forked child that still uses the server then keeps it.
    file = path.open("ab")
    try:
        fcntl.flock(file, how)
    except BaseException:
        file.close()
        raise
    return file


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with STARTING, _lock(path, fcntl.LOCK_EX):  # a process forked meanwhile would keep the lock
        yield


def _leave(place: Place, users: IO[bytes]) -> None:
    """Stop the server unless another process uses it. Call under the starting lock."""
    users.close()
    try:
        _lock(place.base / "postgres.users", fcntl.LOCK_EX | fcntl.LOCK_NB).close()
    except BlockingIOError:
        return
    postmaster.shut_down(place.cluster)


def _dsn(place: Place, run: Path, user: str, database: str) -> str:
    return make_conninfo(host=str(run), port=5432, user=user, password=secret(place.data, user), dbname=database, connect_timeout=10)


def _ensure_running(place: Place, settings: dict[str, str]) -> Path:
    """Find the server running or start it, through whatever a killed one left behind. Gives the folder of its socket."""
    give_up = time.monotonic() + LOCK_SECONDS
    while True:
        said_before = place.log.stat().st_size if place.log.exists() else 0
        if found := postmaster.running(place.cluster):
            pid, run = found, postmaster.socket_folder(place.cluster)
        else:
            run = cluster.socket_folder(place)
            postmaster.clear_remains(place.cluster, run)
            cluster.tune(place, run, settings)
            pid = _launch(place)
        if _wait_until_answering(place, run, pid):
            _ensure_databases(place, run)
            return run
        said = postmaster.last_words(place.log, said_before)
        passing = found or "lock file" in said or "shared memory" in said
        if not passing or time.monotonic() > give_up:
            raise DatabaseUnusable(f"PostgreSQL does not start; {place.log} ends with:\n{said}")
        time.sleep(0.1)


def _launch(place: Place) -> int:
    """Start the server in a session of its own (Ctrl-C at the terminal is not for it), handed over to init."""
    if place.log.exists() and place.log.stat().st_size > LOG_BYTES:
        place.log.replace(place.log.with_suffix(".log.old"))
    with place.log.open("ab") as log:
        os.fchmod(log.fileno(), 0o600)
        started = place.account.run(
            *("/bin/sh", "-c", '"$@" >&2 </dev/null & echo $!', "sh", place.binaries / "postgres", "-D", place.cluster),
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    return int(started.stdout)


def _wait_until_answering(place: Place, run: Path, pid: int) -> bool:
    """Whether the server came to answer; False when it went away instead."""
    dsn = _dsn(place, run, OWNER, "postgres")
    give_up = time.monotonic() + RECOVERY_SECONDS
    socketless_since, pause = time.monotonic(), 0.005
    while postmaster.alive(pid):
        try:
            psycopg.connect(dsn).close()
            return True
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise DatabaseUnusable(f"The passwords in {place.data / 'secrets'} are not those of {place.cluster}.") from error
            if time.monotonic() > give_up:
                raise DatabaseUnusable(f"PostgreSQL (process {pid}) has not answered for {RECOVERY_SECONDS:.0f} s: {error}") from error
        if (run / ".s.PGSQL.5432").exists():
            socketless_since = time.monotonic()
        elif time.monotonic() - socketless_since > SOCKETLESS_SECONDS:  # someone swept the socket away: nobody can come in any more
            postmaster.shut_down(place.cluster)
        time.sleep(pause := min(pause * 1.2, 0.1))
    return False


def _ensure_databases(place: Place, run: Path) -> None:
    """The role of the entrances and the database: after the cluster was made, and after a start that was killed before it came so far."""
    with psycopg.connect(_dsn(place, run, OWNER, "postgres"), autocommit=True) as connection:
        if not connection.execute("select 1 from pg_roles where rolname = %s", [APP]).fetchone():
            statement = sql.SQL("create role {} login password {}").format(sql.Identifier(APP), sql.Literal(secret(place.data, APP)))
            connection.execute(statement)
        if not connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
