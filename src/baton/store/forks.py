"""No process is forked while a command is being started: the fork would keep the start's pipes open, and the starter waiting for ever."""

from __future__ import annotations

import os
import threading

STARTING = threading.RLock()
"""Held while a command is being started, and while a file's lock is held that a fork would keep."""


def wait_for_starts() -> None:
    """From now on every fork of this process waits until no command is being started."""
    os.register_at_fork(before=STARTING.acquire, after_in_parent=STARTING.release, after_in_child=STARTING.release)
