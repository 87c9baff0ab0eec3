"""Reading in a second process: unpacking, parsing and planning go on beside the writing, on another core.

The process gets the files and what is known by name so far, and answers with one pickled unit after the other. What needs the store it
leaves unplanned.
"""

from __future__ import annotations

import gc
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

from baton.intake import sources
from baton.intake.plan import Plan, planned
from baton.intake.sources import Refusal, Source
from baton.intake.units import Unit, units

WORTH = 4_000_000  # bytes below which starting a process takes longer than it saves

Read = tuple[Unit, Plan | None] | Refusal


class ReaderStoppedError(Exception):
    """The process that reads the files ended before it was done."""


def here(files: Sequence[Source]) -> Iterator[Read]:
    """Read in this process; nothing is planned yet."""
    for source in files:
        for each in units(sources.read(source)):
            yield each if isinstance(each, Refusal) else (each, None)


def beside(files: Sequence[Source], places: Mapping[str, str]) -> Iterator[Read]:
    """Read in a process of its own. Raises ReaderStoppedError when that ends early."""
    command = [sys.executable, "-m", "baton.intake.reader"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603 - our own module
        assert process.stdin and process.stdout
        try:
            pickle.dump((list(files), dict(places)), process.stdin)
            process.stdin.close()
            while (each := _next(process.stdout)) is not None:
                yield each
        finally:
            process.stdout.close()
            process.kill()


def _next(stream: IO[bytes]) -> Read | None:
    try:
        each: Read | None = pickle.load(stream)  # noqa: S301 - written by our own process
    except (EOFError, pickle.UnpicklingError) as error:
        raise ReaderStoppedError("the process that reads the files ended before it was done") from error
    return each


class _UnknownError(Exception):
    """Only the store can say."""


def main(given: IO[bytes], answers: IO[bytes]) -> None:
    """The other process: read what is to be read, plan it, hand it over."""
    gc.disable()  # parsed JSON holds no cycles, and looking for them takes a fifth of the time
    files, places = pickle.load(given)  # noqa: S301 - written by our own process

    def ask(wanted: Sequence[str]) -> dict[str, str]:
        if any(text not in places for text in wanted):
            raise _UnknownError
        return {text: places[text] for text in wanted}

    for each in here(files):
        if isinstance(each, Refusal):
            _answer(answers, each)
            continue
        unit, plan = each[0], None
        try:
            plan = planned(unit, places, ask)
            unit = unit.planned()
        except _UnknownError:
            pass
        _answer(answers, (unit, plan))
    _answer(answers, None)


def _answer(answers: IO[bytes], value: Any) -> None:
    pickle.dump(value, answers, pickle.HIGHEST_PROTOCOL)
    answers.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that writes says when to stop
    try:
        main(sys.stdin.buffer, sys.stdout.buffer)
    except BrokenPipeError:
        sys.exit(1)
