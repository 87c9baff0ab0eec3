"""Loading files of resources: bundles, NDJSON, single resources, folders, packed or not, in an order that is worked out.

A load is a restore: ids are kept, and what is there already with the same content is left alone. A transaction bundle goes in whole or not
at all, as one change; everything else goes in singly, some hundred resources to a change. See docs/loading.md.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from baton.intake import order, reader, sources
from baton.intake.known import Known
from baton.intake.plan import Plan
from baton.intake.progress import Progress
from baton.intake.reader import Read
from baton.intake.sources import Refusal, Source
from baton.intake.units import Unit
from baton.intake.write import Tally, write
from baton.store import Store, Who

__all__ = ["Refusal", "Report", "load"]
_WRITERS = 2  # one computes while the database works for the other


@dataclass(slots=True)
class Report:
    """What came of a load. `unchanged` were there already, word for word; `changed` got a new version."""

    files: int = 0
    resources: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list[Refusal] = field(default_factory=list)
    seconds: float = 0.0

    def sentence(self) -> str:
        """The report in one line."""
        rate = self.resources / self.seconds if self.seconds > 0 else 0
        return (
            f"{self.resources:,} resources from {self.files:,} files: {self.added:,} added, {self.changed:,} changed, "
            f"{self.unchanged:,} unchanged, {len(self.refused):,} refused; {self.seconds:,.1f} s, {rate:,.0f}/s"
        )


def load(store: Store, who: Who, paths: Sequence[str | Path], *, progress: bool = False) -> Report:
    """Load every resource behind these paths ("-" is standard input). What cannot go in is in the report, never an exception.

    Raises KeyboardInterrupt when interrupted, after the changes under way have ended: what is in is in whole.
    """
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="baton-load-") as kept:
        report = Report()
        found: list[Source] = []
        for each in sources.find(paths, Path(kept)):
            report.files += 1
            if isinstance(each, Refusal):
                report.refused.append(each)
            else:
                found.append(each)
        with Progress("Loading", sum(source.size for source in found), shown=progress) as shown:
            _Run(store, who, report, shown).go(found)
    place = {source.name: index for index, source in enumerate(found)}
    report.refused.sort(key=lambda refusal: place.get(refusal.file, -1))
    report.seconds = time.monotonic() - started
    return report


class _Run:
    """One load under way: units handed out to writers, phase after phase, then once more those that waited for something."""

    def __init__(self, store: Store, who: Who, report: Report, progress: Progress) -> None:
        self.store, self.who, self.report, self.progress = store, who, report, progress
        self.known = Known()
        self.waiting: list[Unit] = []
        self.lock = threading.Lock()
        self.stopped = threading.Event()

    def go(self, found: Iterable[Source]) -> None:
        for ground, phase in order.phases(found):
            big = sum(source.size for source in phase) > reader.WORTH
            beside = big and not ground
            self._phase(reader.beside(phase, self.known.places) if beside else reader.here(phase), 1 if ground else _WRITERS, last=False)
        waiting, self.waiting = self.waiting, []
        self._phase(((unit, None) for unit in waiting), 1, last=True)

    def _phase(self, queue: Iterator[Read], writers: int, *, last: bool) -> None:
        errors: list[BaseException] = []
        handing = threading.Lock()

        def take() -> tuple[Unit, Plan | None] | None:
            with handing:
                while not self.stopped.is_set() and (each := next(queue, None)) is not None:
                    if not isinstance(each, Refusal):
                        return each
                    self.report.refused.append(each)
            return None

        def work() -> None:
            try:
                while (taken := take()) is not None:
                    unit, plan = taken
                    self._account(unit, write(self.store, self.who, self.known, unit, plan, last=last))
            except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
                self.stopped.set()
                errors.append(error)

        try:
            _wait([threading.Thread(target=work, name=f"load-{number}") for number in range(writers)], self.stopped.set)
        finally:
            queue.close()  # type: ignore[attr-defined]
        if errors:
            raise errors[0]

    def _account(self, unit: Unit, tally: Tally) -> None:
        with self.lock:
            self.report.added += tally.added
            self.report.changed += tally.changed
            self.report.unchanged += tally.unchanged
            self.report.refused += tally.refused
            self.waiting += tally.waiting
            done = len(unit.positions) - sum(len(waiting.positions) for waiting in tally.waiting)
            self.report.resources += done
        self.progress.add(done, unit.size)


def _wait(threads: list[threading.Thread], stop: Callable[[], None]) -> None:
    """Run the threads to their end; an interruption stops them between two changes and is raised afterwards."""
    interrupted: KeyboardInterrupt | None = None
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        try:
            for thread in threads:
                thread.join(0.1)
        except KeyboardInterrupt as error:
            interrupted = error
            stop()
    if interrupted:
        raise interrupted
