"""Long lists, a page at a time: from which row on (`?from=`), how many there are in all, and where the next page begins."""

from __future__ import annotations

from dataclasses import dataclass

from baton.web.gate import Request

ROWS = 100


@dataclass(frozen=True, slots=True)
class Paged:
    """Which rows of how many a page shows, counted from one; `following` is where the next page begins (None: this is the last)."""

    first: int
    last: int
    total: int
    following: int | None


def start(request: Request) -> int:
    """The row a page begins with, counted from nought: as the address says, else the first."""
    said = request.GET.get("from", "")
    return int(said) if said.isdecimal() and len(said) < 8 else 0


def part(request: Request) -> slice:
    """The rows of a page."""
    first = start(request)
    return slice(first, first + ROWS)


def paged(request: Request, shown: int, total: int) -> Paged:
    """What a page says of itself, having shown so many rows of so many."""
    first = start(request)
    last = first + shown
    return Paged(min(first + 1, last), last, total, last if shown and last < total else None)
