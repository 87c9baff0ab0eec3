"""The processes that serve pages and API: one that dies is started again, endlessly but never in a hurry."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from granian.server import MPServer

from baton.store.forks import wait_for_starts

AT_ONCE = 5  # deaths within WINDOW seconds after which each new start waits for PAUSE seconds
WINDOW = 60.0
PAUSE = 10.0


class Server(MPServer):
    """Granian, except that processes which die quickly one after the other do not end the whole hub: what was wrong may pass."""

    def __init__(self, target: str, **options: Any) -> None:
        """As Granian's."""
        super().__init__(target, **options)
        self._deaths: list[float] = []
        os.register_at_fork(after_in_child=_let_go)
        wait_for_starts()

    def _spawn_workers(self, spawn_target: Callable[..., None], target_loader: Callable[..., Any]) -> None:
        with _holding():
            super()._spawn_workers(spawn_target, target_loader)  # type: ignore[no-untyped-call]

    def _respawn_workers(
        self, workers: Sequence[int], spawn_target: Callable[..., None], target_loader: Callable[..., Any], delay: float = 0
    ) -> None:
        now = time.monotonic()
        self._deaths = [death for death in self._deaths if now - death < WINDOW] + [now] * len(workers)
        if len(self._deaths) > AT_ONCE:
            while time.monotonic() - now < PAUSE:
                if self.interrupt_signal:  # told to stop
                    return
                time.sleep(0.1)
        with _holding():
            super()._respawn_workers(workers, spawn_target, target_loader, delay)
        self.respawned_wrks.clear()  # Granian ends when it finds one here that dies again within 5.5 s


@contextmanager
def _holding() -> Iterator[None]:
    """Processes forked in this block get a SIGTERM sent meanwhile a moment later, when it has its effect."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _let_go() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # until the process sets its own handler: the parent's, inherited, does nothing there
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
