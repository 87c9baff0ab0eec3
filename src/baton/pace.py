"""How fast somebody may call: token buckets in this process's memory, so that asking costs no look at the database."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import Any

BURST = 10  # seconds' worth that may come at once
MOST = 20_000  # callers remembered; beyond, those whose buckets are full are forgotten


class Pace:
    """So many calls a second for each caller; 0 for no limit."""

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` is in seconds."""
        self.per_second = per_second
        self._clock = clock
        self._full = per_second * BURST
        self._buckets: dict[Hashable, tuple[float, float]] = {}  # what is left, as of when
        self._lock = threading.Lock()

    def wait(self, caller: Hashable, cost: float = 1.0) -> float:
        """Take one call from a caller's bucket: 0.0, or (nothing taken) the seconds until there will be one."""
        if not self.per_second:
            return 0.0
        now = self._clock()
        with self._lock:
            left, at = self._buckets.get(caller, (self._full, now))
            left = min(self._full, left + (now - at) * self.per_second)
            if left < cost:
                self._buckets[caller] = (left, now)
                return (cost - left) / self.per_second
            self._buckets[caller] = (left - cost, now)
            if len(self._buckets) > MOST:
                self._forget(now)
        return 0.0

    def _forget(self, now: float) -> None:
        full = [caller for caller, (left, at) in self._buckets.items() if left + (now - at) * self.per_second >= self._full]
        for caller in full or list(self._buckets)[: MOST // 2]:
            del self._buckets[caller]


def address(environ: dict[str, Any], behind_proxy: bool) -> str:
    """The caller's address: what the one proxy in front says, when there is one."""
    if behind_proxy and (said := environ.get("HTTP_X_FORWARDED_FOR")):
        return str(said).rsplit(",", 1)[-1].strip()[:64]
    return str(environ.get("REMOTE_ADDR", ""))
