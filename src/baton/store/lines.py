"""Connections to PostgreSQL: one per thread and kind, healed when the server was restarted."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg import errors, pq

if TYPE_CHECKING:
    from datetime import datetime

    from baton.store.sight import Wall

T = TypeVar("T")

MOST_PREPARED = 300
"""How many statements of ours a connection keeps planned; what comes after is planned each time."""
# STORE's settings: no JIT, no parallel workers for pages of fifty rows
_SETTINGS = "set jit = off; set max_parallel_workers_per_gather = 0; set timezone = 'UTC'"
_SORTING = b"set enable_sort = %s; set enable_incremental_sort = %s; set enable_mergejoin = %s; set enable_nestloop = %s"
_READING = "; set synchronous_commit = off"  # looks may lose their last moment only if the operating system crashes


class Line(psycopg.Connection[Any]):
    """A connection that also runs prepared statements without the driver's adaptation, for the few that are hot."""

    def __init__(self, pgconn: pq.abc.PGconn) -> None:
        """Made by `connect`."""
        super().__init__(pgconn)
        self._names: dict[str, bytes] = {}
        self._standing: tuple[Wall, datetime | None] | None = None
        self.prepared_max = 500

    def stand(self, wall: Wall, now: datetime) -> None:
        """Let row security know who reads from now on: nothing to do when it is who read before, in the same minute."""
        minute = now.replace(second=0, microsecond=0) if wall.keys != b"{}" else None
        if self._standing is not None and self._standing[0] is wall and self._standing[1] == minute:
            return
        _checked(
            self.pgconn.exec_(wall.settings + b"; set baton.now = '%s'" % (minute.isoformat().encode() if minute else b"")), self
        )  # letters and digits of our own
        self._standing = (wall, minute)

    def leave(self) -> None:
        """What was said in a transaction that is rolled back was never said."""
        self._standing = None

    def hashed(self, statement: bytes, params: Any, *, prepare: bool = False) -> psycopg.Cursor[Any]:
        """Execute it with joins and groups hashed, as suits a count: beside what the wall is believed to cost all else looks free."""
        self.pgconn.exec_(_SORTING % ((b"off",) * 4))
        try:
            return self.execute(statement, params, prepare=prepare)
        finally:
            self.pgconn.exec_(_SORTING % ((b"on",) * 4))  # in a transaction that failed its rollback does this

    def quick(self, statement: str, params: Sequence[bytes | None]) -> pq.abc.PGresult:
        """Run a statement with $1 parameters in text form, prepared once. Raises psycopg.Error."""
        name = self._names.get(statement)
        if name is None:
            if len(self._names) >= MOST_PREPARED:
                return self.once(statement, params)
            name = b"baton_%d" % len(self._names)
            _checked(self.pgconn.prepare(name, statement.encode()), self)
            self._names[statement] = name
        result = self.pgconn.exec_prepared(name, params)  # type: ignore[arg-type]  # None is NULL
        if result.status != pq.ExecStatus.TUPLES_OK and result.status != pq.ExecStatus.COMMAND_OK:
            _checked(result, self)
        return result

    def once(self, statement: str, params: Sequence[bytes | None]) -> pq.abc.PGresult:
        """Run a statement with $1 parameters in text form, planned for exactly these. Raises psycopg.Error."""
        result = self.pgconn.exec_params(statement.encode(), params)
        if result.status != pq.ExecStatus.TUPLES_OK and result.status != pq.ExecStatus.COMMAND_OK:
            _checked(result, self)
        return result

    @property
    def dead(self) -> bool:
        """Whether the server hung up on us."""
        return self.closed or self.pgconn.status != pq.ConnStatus.OK


def _checked(result: pq.abc.PGresult, line: Line) -> None:
    if result.status not in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
        if line.dead:
            raise psycopg.OperationalError("the connection is lost")
        raise errors.error_from_result(result)


class Lines:
    """All connections of one store. Threads never share one; those of threads that ended are used again."""

    def __init__(self, dsn: str) -> None:
        """`dsn` is that of the entrances' role."""
        self._dsn = dsn
        self._mine = threading.local()
        self._lock = threading.Lock()
        self._held: list[tuple[weakref.ref[threading.Thread], Line]] = []
        self._closed = False

    def reading(self) -> Line:
        """This thread's connection for reads outside a transaction."""
        line: Line | None = getattr(self._mine, "reading", None)
        if line is None or line.closed:
            line = self._mine.reading = self._connect(_SETTINGS + _READING)
        return line

    def read(self, ask: Callable[[Line], T]) -> T:
        """Ask on this thread's reading connection; once more on a new one when the server had hung up."""
        line = self.reading()
        try:
            return ask(line)
        except psycopg.OperationalError:
            if not line.dead:
                raise
            self._drop(line)
            return ask(self.reading())

    @contextmanager
    def transaction(self, begin: str = "begin", *, durable: bool = True) -> Iterator[Line]:
        """A connection of this thread's own with a transaction begun; rolled back unless the block commits it."""
        kind = "writing" if durable else "still"
        free: list[Line] = self._mine.__dict__.setdefault(kind, [])
        line = free.pop() if free else self._connect(_SETTINGS + ("" if durable else _READING))
        try:
            try:
                line.execute(begin)
            except psycopg.OperationalError:
                if not line.dead:
                    raise
                self._drop(line)
                line = self._connect(_SETTINGS + ("" if durable else _READING))
                line.execute(begin)
            yield line
        finally:
            if not line.dead and line.pgconn.transaction_status != pq.TransactionStatus.IDLE:
                with suppress(psycopg.Error):
                    line.leave()
                    line.pgconn.exec_(b"rollback")
            if line.dead or line.pgconn.transaction_status != pq.TransactionStatus.IDLE:
                self._drop(line)
            else:
                free.append(line)

    def once(self, ask: Callable[[Line], T], again: Callable[[psycopg.Error], T]) -> T:
        """Ask a durable statement in autocommit. A line lost meanwhile leaves open whether it was done: then `again` decides."""
        free: list[Line] = self._mine.__dict__.setdefault("writing", [])
        line = free.pop() if free else self._connect(_SETTINGS)
        try:
            return ask(line)
        except psycopg.OperationalError as error:
            if not line.dead:
                raise
            return again(error)
        finally:
            if line.dead:
                self._drop(line)
            else:
                free.append(line)

    def close(self) -> None:
        """Hang up everywhere."""
        with self._lock:
            self._closed = True
            for _, line in self._held:
                line.close()
            self._held.clear()

    def _connect(self, settings: str) -> Line:
        thread = threading.current_thread()
        with self._lock:
            if self._closed:
                raise psycopg.OperationalError("the store is closed")
            for owner, line in self._held:
                if (dead := owner()) is None or not dead.is_alive():
                    line.close()
            self._held = [(owner, line) for owner, line in self._held if not line.closed]
        line = Line.connect(self._dsn, autocommit=True)
        line.execute(settings.encode())
        with self._lock:
            self._held.append((weakref.ref(thread), line))
        return line

    def _drop(self, line: Line) -> None:
        line.close()
        if getattr(self._mine, "reading", None) is line:
            self._mine.reading = None
