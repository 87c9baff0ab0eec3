"""What PostgreSQL alone does with the same statements: recorded while the store runs them once, then run by pgbench."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from baton.store import Store
from baton.store.cluster import installed_binaries

_RATE = re.compile(r"tps = ([\d.]+) \(without initial connection time\)")
_ENVIRONMENT = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "options": "PGOPTIONS",
}


class Tape:
    """A connection that also writes down each statement as text that stands alone."""

    def __init__(self, line: Any, taken: list[str]) -> None:
        self._line, self._taken = line, taken

    def quick(self, statement: str, params: Sequence[bytes | None]) -> Any:
        """As `Line.quick`."""
        self._taken.append(re.sub(r"\$(\d+)", lambda place: _literal(params[int(place[1]) - 1]), statement))
        return self._line.quick(statement, params)

    def once(self, statement: str, params: Sequence[bytes | None]) -> Any:
        """As `Line.once`."""
        self._taken.append(re.sub(r"\$(\d+)", lambda place: _literal(params[int(place[1]) - 1]), statement))
        return self._line.once(statement, params)

    def execute(self, statement: Any, params: Any = None, **options: Any) -> Any:
        """As `Connection.execute`."""
        self._taken.append(psycopg.ClientCursor(self._line).mogrify(statement, params))
        return self._line.execute(statement, params, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._line, name)


class Recorder:
    """The lines of a store with a tape on each."""

    def __init__(self, lines: Any) -> None:
        self._lines = lines
        self.taken: list[str] = []

    def read(self, ask: Callable[[Any], Any]) -> Any:
        """As `Lines.read`."""
        return self._lines.read(lambda line: ask(Tape(line, self.taken)))

    def once(self, ask: Callable[[Any], Any], again: Callable[[Any], Any]) -> Any:
        """As `Lines.once`."""
        return self._lines.once(lambda line: ask(Tape(line, self.taken)), again)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._lines, name)


def _literal(param: bytes | None) -> str:
    # pgbench takes ":word" for a variable of its own even inside quotes, so a colon is written as an escape
    if param is None:
        return "null"
    return "E'" + param.decode().replace("\\", "\\\\").replace("'", "''").replace(":", "\\x3a") + "'"


def recorded(store: Store, do: Callable[[], object]) -> list[str]:
    """The statements the store runs while `do` works with it."""
    lines = store.lines
    recorder = Recorder(lines)
    store.lines = recorder  # type: ignore[assignment]
    try:
        do()
    finally:
        store.lines = lines
    return recorder.taken


def pgbench(dsn: str, scripts: Sequence[str], *, seconds: int, prepared: bool, clients: int = 8) -> float:
    """Transactions per second of these scripts, one at random each time, on `clients` connections. Raises RuntimeError."""
    options = conninfo_to_dict(dsn)
    environment = os.environ | {name: str(options[key]) for key, name in _ENVIRONMENT.items() if options.get(key)}
    environment["PGOPTIONS"] = f"{environment.get('PGOPTIONS', '')} -c baton.fast={'E' * 200}".strip()  # row security: as the hub itself
    binary = installed_binaries() / "pgbench"
    with tempfile.TemporaryDirectory(prefix="baton-bench-") as folder:
        files: list[str] = []
        for number, script in enumerate(scripts):
            path = Path(folder) / f"{number}.sql"
            path.write_text(script, encoding="utf-8")
            files += ["-f", str(path)]
        mode = "prepared" if prepared else "simple"
        command = [str(binary), "-n", "-M", mode, "-c", str(clients), "-j", "2", "-T", str(seconds), *files]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    found = _RATE.search(done.stdout)
    if done.returncode or not found:
        raise RuntimeError(f"pgbench: {done.stderr[-600:] or done.stdout[-600:]}")
    return float(found[1])


def one_line(statement: str) -> str:
    """A statement as pgbench takes it: without comments, ended."""
    plain = re.sub(r"--[^\n]*", "", statement)
    return " ".join(plain.split()) + ";"
