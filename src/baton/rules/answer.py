"""An answer that explains itself: the value, and the arithmetic that led to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Generic, Literal, TypeVar

T = TypeVar("T")

Op = Literal["start", "skip", "count", "end", "moved", "attempts"]
OPS: tuple[Op, ...] = ("start", "skip", "count", "end", "moved", "attempts")


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the arithmetic of a date, as a code and its numbers; the pages put it into words.

    op: start (day 0), skip (a day that does not count, `reason` says why), count (the `n`-th day that counts), end (the result),
    moved (the day was moved to `day` because of `reason`), attempts (`n` timely attempts are on record).
    """

    op: Op
    day: date | None = None
    reason: str | None = None
    n: int | None = None


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What a rule says (`value`), how it got there (`steps`), and the rule itself: its code, its version and who says so."""

    value: T
    steps: tuple[Step, ...] = ()
    rule: str = ""
    version: str = ""
    source: str = ""
