"""How fast somebody may call: token buckets that all processes of a machine share, so that asking costs no look at the database."""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import threading
import time
from collections.abc import Callable, Hashable
from hashlib import blake2b
from pathlib import Path
from typing import Any

BURST = 10  # seconds' worth that may come at once
MOST = 20_000  # callers remembered by one process alone; beyond, those whose buckets are full are forgotten
SLOTS = 1 << 16  # buckets of a shared file; two callers in one are slowed together, which one in thousands may notice
_BUCKET = struct.Struct("dd")  # what is left, as of when


class Pace:
    """So many calls a second for each caller; 0 for no limit.

    `shared` is a file in which every process of this machine keeps the same buckets: what one takes the others miss. Without it, or where
    it cannot be made, a process counts alone. What it holds is worth nothing after a restart of the machine.
    """

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic, shared: Path | None = None) -> None:
        """`clock` is in seconds and, on one machine, the same for all processes."""
        self.per_second = per_second
        self._clock = clock
        self._full = per_second * BURST
        self._buckets: dict[Hashable, tuple[float, float]] = {}
        self._lock = threading.Lock()
        self._file, self._map = _opened(shared) if shared is not None and per_second else (-1, None)

    def wait(self, caller: Hashable, cost: float = 1.0) -> float:
        """Take one call from a caller's bucket: 0.0, or (nothing taken) the seconds until there will be one."""
        if not self.per_second:
            return 0.0
        with self._lock:
            if self._map is not None:
                return self._shared(self._map, caller, cost)
            now = self._clock()
            left, at = self._buckets.get(caller, (self._full, now))
            left, wait = self._taken(left, at, now, cost)
            self._buckets[caller] = (left, now)
            if len(self._buckets) > MOST:
                self._forget(now)
            return wait

    def _shared(self, buckets: mmap.mmap, caller: Hashable, cost: float) -> float:
        slot = int.from_bytes(blake2b(repr(caller).encode(), digest_size=4).digest(), "big") % SLOTS * _BUCKET.size
        fcntl.lockf(self._file, fcntl.LOCK_EX, _BUCKET.size, slot)  # let go by itself when a process is killed
        try:
            now = self._clock()
            left, at = _BUCKET.unpack_from(buckets, slot)
            if not 0 < at <= now:  # never used, or of before the machine was started
                left, at = self._full, now
            left, wait = self._taken(left, at, now, cost)
            _BUCKET.pack_into(buckets, slot, left, now)
            return wait
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, _BUCKET.size, slot)

    def _taken(self, left: float, at: float, now: float, cost: float) -> tuple[float, float]:
        left = min(self._full, left + (now - at) * self.per_second)
        return (left, (cost - left) / self.per_second) if left < cost else (left - cost, 0.0)

    def _forget(self, now: float) -> None:
        full = [caller for caller, (left, at) in self._buckets.items() if left + (now - at) * self.per_second >= self._full]
        for caller in full or list(self._buckets)[: MOST // 2]:
            del self._buckets[caller]


def _opened(path: Path) -> tuple[int, mmap.mmap | None]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.ftruncate(file, SLOTS * _BUCKET.size)
        return file, mmap.mmap(file, SLOTS * _BUCKET.size)
    except OSError:
        return -1, None


def address(environ: dict[str, Any], behind_proxy: bool) -> str:
    """The caller's address: what the one proxy in front says, when there is one."""
    if behind_proxy and (said := environ.get("HTTP_X_FORWARDED_FOR")):
        return str(said).rsplit(",", 1)[-1].strip()[:64]
    return str(environ.get("REMOTE_ADDR", ""))
