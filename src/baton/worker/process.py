"""The worker as a process beside the server: ends with it, and is started again when it dies."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from baton.store.forks import STARTING

log = logging.getLogger(__name__)

PATIENCE = 25.0  # seconds a worker may take to finish what is under way
_WORK = """
import sys
from baton.worker import process
process.die_with_parent(int(sys.argv[1]))
from baton.cli import main
raise SystemExit(main(["work"]))
"""


def die_with_parent(parent: int, how: signal.Signals = signal.SIGTERM) -> None:
    """Have this process sent a signal when its parent (its process id) is gone, however it went, be it before this was called."""
    with suppress(OSError, AttributeError):
        if ctypes.CDLL(None, use_errno=True).prctl(1, how) == 0:  # PR_SET_PDEATHSIG, Linux
            if os.getppid() != parent:
                os.kill(os.getpid(), how)
            return
    threading.Thread(target=_watch, args=(parent, how), daemon=True).start()


def _watch(parent: int, how: signal.Signals) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), how)


@contextmanager
def running(environ: Mapping[str, str] | None = None, command: Sequence[str] = (sys.executable, "-c", _WORK)) -> Iterator[None]:
    """`baton work` beside this block, with these settings as environment variables; the command is told our process id."""
    command = (*command, str(os.getpid()))
    stop = threading.Event()
    # The thread that starts a child must live as long as the child may: Linux takes its end for the parent's.
    keeper = threading.Thread(target=_keep, args=(command, {**os.environ, **(environ or {})}, stop), name="worker keeper")
    keeper.start()
    try:
        yield
    finally:
        stop.set()
        keeper.join()


def _keep(command: Sequence[str], environ: Mapping[str, str], stop: threading.Event) -> None:
    pause = 1.0
    while not stop.is_set():
        started = time.monotonic()
        # A group of its own: Ctrl-C at the terminal is for us, and we tell it.
        with STARTING:
            begun = subprocess.Popen(command, env=environ, stdin=subprocess.DEVNULL, process_group=0)  # noqa: S603
        with begun as worker:
            while worker.poll() is None and not stop.wait(0.1):
                pass
            if stop.is_set():
                _end(worker)
                return
        pause = 1.0 if time.monotonic() - started > 60 else min(pause * 2, 60)
        log.error("the worker ended with %s; it is started again in %d s", worker.returncode, pause)
        stop.wait(pause)


def _end(worker: subprocess.Popen[bytes]) -> None:
    worker.terminate()
    try:
        worker.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()
