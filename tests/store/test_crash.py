"""Nothing acknowledged is lost and nothing is half done, whoever is killed, whenever: the writers, PostgreSQL, or both.

The same with the real server, fifty times: tests/test_crash.py.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from baton.store import postmaster
from baton.store.check import violations
from baton.store.migrate import migrate
from baton.store.postgres import Server, embedded

sys.path.insert(0, str(Path(__file__).parent))
from tests.store.writer import KEY, PARTS, THREADS, ZONE

pytestmark = pytest.mark.crash
KILLS = ["writer"] * 8 + ["postmaster"] * 7 + ["backend"] * 4 + ["all of PostgreSQL"] * 3 + ["everything"] * 2


class Crashes:
    """A writer process on a data folder, and the ways to kill it and its database."""

    def __init__(self, data: Path) -> None:
        self.data, self.acknowledged, self.starts = data, set[tuple[str, int]](), 0
        self.start()

    def start(self) -> None:
        """A new writer, whose numbers no other had."""
        self.starts += 1
        command = [sys.executable, str(Path(__file__).with_name("writer.py")), str(self.data), str(self.starts * 1_000_000)]
        log = (self.data / "writer.log").open("ab")
        self.writer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        log.close()

    def hear(self, changes: int) -> None:
        """Wait until so many more changes were acknowledged."""
        assert self.writer.stdout is not None
        for _ in range(changes):
            self._note(self.writer.stdout.readline())

    def _note(self, line: bytes) -> None:
        assert line.endswith(b"\n"), (self.data / "writer.log").read_text()[-2000:]
        thread, number = line.split()
        self.acknowledged.add((thread.decode(), int(number)))

    def end(self, how: int) -> None:
        """Stop the writer and take in what it still said; after a SIGKILL its last words may be cut short."""
        assert self.writer.stdin is not None and self.writer.stdout is not None
        if how:
            self.writer.send_signal(how)
        self.writer.stdin.close()
        for line in self.writer.stdout:
            if line.endswith(b"\n"):
                self._note(line)
        self.writer.stdout.close()
        self.writer.wait()

    def kill(self, whom: str) -> None:
        """Kill mid-write; whoever was killed just before is waited for, until it acknowledges again."""
        while (server := postmaster.running(self.data / "postgres")) is None:
            self.hear(1)
        children = [int(pid) for pid in Path(f"/proc/{server}/task/{server}/children").read_text().split()]
        if whom == "backend":
            os.kill(random.choice(children), signal.SIGKILL)
        if whom in ("postmaster", "all of PostgreSQL", "everything"):
            os.kill(server, signal.SIGKILL)
        if whom in ("all of PostgreSQL", "everything"):
            for pid in children:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
        if whom in ("writer", "everything"):
            self.end(signal.SIGKILL)
            self.start()


def give_up(_number: int, _frame: object) -> None:
    """A writer that never comes back must not hold up the tests for ever."""
    raise TimeoutError("nothing was acknowledged any more")


@pytest.fixture
def crashes(folder: Path, unused_data: Path) -> Iterator[Crashes]:
    subprocess.run(["cp", "-a", unused_data, folder / "data"], check=True)
    with embedded(folder / "data") as server:
        migrate(server.dsn("owner"))
    crashes = Crashes(folder / "data")
    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(600)
    yield crashes
    signal.alarm(0)
    if crashes.writer.poll() is None:
        crashes.writer.kill()


def test_nothing_acknowledged_is_lost_and_nothing_is_half_done(crashes: Crashes) -> None:
    order = random.Random(2).sample(KILLS, len(KILLS))
    for whom in order:
        crashes.hear(random.randint(3, 25))
        crashes.kill(whom)
    crashes.hear(20)
    crashes.end(0)
    with embedded(crashes.data) as server:
        judge(server, crashes, kills=len(order))
        assert list(violations(server.dsn("owner"), KEY, ZONE)) == []


def judge(server: Server, crashes: Crashes, *, kills: int) -> None:
    """Every acknowledged change is there, whole; of the others only such as were under way when somebody was killed, whole too."""
    with psycopg.connect(server.dsn("owner")) as connection:
        parts = Counter(tuple(id_.split("-")[:2]) for (id_,) in connection.execute("select id from version where id like 't%'"))
        changes = dict(
            connection.execute("select because, count(*) from change c join version v on v.change_id = c.id group by because").fetchall()
        )
        counts = dict(connection.execute("select id, version from resource where id like 'count-%'").fetchall())
        bodies = connection.execute("select id, version, body::json->>'quantity' from version where id like 'count-%'").fetchall()
    found = {(thread, int(number)) for thread, number in parts}
    assert len(crashes.acknowledged) > 300
    assert not crashes.acknowledged - found
    assert len(found - crashes.acknowledged) <= kills * THREADS
    assert set(parts.values()) == {len(PARTS)}
    assert changes == {f"{thread} {number}": len(PARTS) + 1 for thread, number in found}
    assert counts == {f"count-{thread}": times for thread, times in Counter(thread for thread, _ in found).items()}
    assert all(version == int(quantity) for _, version, quantity in bodies)
