"""A small drawing of sums over time: one line, a dot for each day; the numbers stand beside it as words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

WIDTH, HEIGHT, EDGE = 240, 56, 6


@dataclass(frozen=True, slots=True)
class Trend:
    """Points of a polyline ("x,y x,y") and its dots."""

    line: str
    dots: tuple[tuple[str, str], ...]
    width: int = WIDTH
    height: int = HEIGHT


def trend(values: Sequence[tuple[datetime, int]], most: int) -> Trend:
    """The line of values over time, the earliest first; `most` is the highest there can be."""
    if not values:
        return Trend("", ())
    first, last = values[0][0], values[-1][0]
    span = max((last - first).total_seconds(), 1.0)
    dots = tuple(
        (
            f"{EDGE + (WIDTH - 2 * EDGE) * ((when - first).total_seconds() / span if len(values) > 1 else 0.5):.1f}",
            f"{HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * value / max(most, 1):.1f}",
        )
        for when, value in values
    )
    return Trend(" ".join(f"{x},{y}" for x, y in dots), dots)
