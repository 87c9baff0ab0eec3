"""The worker's process: beside the server, started again, gone with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from baton.worker import process

WORKER = (
    "import os, pathlib, sys, signal; pathlib.Path(sys.argv[1], str(os.getpid())).touch(); print(os.getpid(), flush=True); signal.pause()"
)
SERVER = """
import os, signal, sys
from baton.worker import process
child = os.fork()
if child == 0:
    signal.signal(signal.SIGTERM, signal.SIG_IGN if sys.argv[1:] else signal.SIG_DFL)
    process.die_with_parent(os.getppid(), signal.SIGKILL if sys.argv[1:] else signal.SIGTERM)
    print(os.getpid(), flush=True)
    signal.pause()
sys.stdin.read()
"""


def appears(folder: Path, number: int) -> list[int]:
    """Wait (on the folder, not on a clock) until that many workers were seen."""
    while len(seen := [int(path.name) for path in folder.iterdir()]) < number:
        os.sched_yield()
    return seen


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except FileNotFoundError:
        return True


def test_runs_beside_and_is_started_again(tmp_path: Path) -> None:
    with process.running(command=(sys.executable, "-c", WORKER, str(tmp_path))):
        (first,) = appears(tmp_path, 1)
        os.kill(first, signal.SIGKILL)
        (second,) = set(appears(tmp_path, 2)) - {first}
    assert gone(first) and gone(second)


@pytest.mark.parametrize("deaf", [[], ["deaf"]], ids=["asked", "deaf to being asked, so killed"])
def test_ends_with_its_parent_however_that_ends(deaf: list[str]) -> None:
    with subprocess.Popen([sys.executable, "-c", SERVER, *deaf], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        worker = int(server.stdout.readline())
        server.kill()
        server.wait()
        assert server.stdout.readline() == ""  # the worker's end of the pipe closes when it ends
    while not gone(worker):
        os.sched_yield()
