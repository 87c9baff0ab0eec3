"""How far a long run is: a bar with rate and time left on a terminal, a line every few seconds anywhere else."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import IO, Self

from tqdm import tqdm

_EVERY = 5.0  # seconds between lines where there is no terminal


class Progress:
    """Counts resources, and bytes towards a known total. Silent when not `shown`. Safe to use from several threads."""

    def __init__(self, what: str, total: int, *, shown: bool, stream: IO[str] | None = None) -> None:
        self.what, self.total, self.shown = what, max(total, 1), shown
        self.stream = stream or sys.stderr
        self.count = self.done = 0
        self.started = self._said = time.monotonic()
        self._lock = threading.Lock()
        self._bar: tqdm[None] | None = None
        if shown and self.stream.isatty():
            shape = "{desc} {percentage:3.0f}% |{bar}| {postfix} {elapsed} gone, {remaining} left"
            self._bar = tqdm(total=self.total, desc=what, bar_format=shape, file=self.stream, leave=False, dynamic_ncols=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.close()

    def add(self, count: int, size: int) -> None:
        """This many more resources are done, which took this many bytes of the total."""
        with self._lock:
            self.count += count
            self.done += size
            if self._bar is not None:
                self._bar.set_postfix_str(f"{self.count:,} resources, {self.rate():,.0f}/s,", refresh=False)
                self._bar.update(min(size, self.total - self._bar.n))
            elif self.shown and time.monotonic() - self._said >= _EVERY:
                self._said = time.monotonic()
                print(self.line(), file=self.stream, flush=True)  # noqa: T201

    def rate(self) -> float:
        """Resources a second since the start."""
        return self.count / max(time.monotonic() - self.started, 1e-9)

    def line(self) -> str:
        """One line that says it all."""
        gone = time.monotonic() - self.started
        share = min(self.done / self.total, 1.0)
        left = f", {gone * (1 - share) / share:,.0f} s left" if 0 < share < 1 else ""
        return f"{self.what}: {share:.0%}, {self.count:,} resources, {self.rate():,.0f}/s{left}"
