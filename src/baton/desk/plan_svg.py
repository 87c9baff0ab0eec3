"""A plan drawn as a week: a column for each day with visits, an hour a line; numbers only, words come from whoever asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

WIDTH, LEFT, TOP, COLUMN_GAP = 640, 44, 30, 6
HOUR = 34
"""Height of an hour."""
MOST_DAYS = 7


@dataclass(frozen=True, slots=True)
class Box:
    """A visit as a box."""

    x: float
    y: float
    width: float
    height: float
    name: str
    times: str
    who: str
    home: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """All there is to draw: days over their columns, hours beside their lines, and the boxes; `more` days did not fit."""

    width: int
    height: float
    days: tuple[tuple[float, date], ...]
    hours: tuple[tuple[float, str], ...]
    boxes: tuple[Box, ...]
    more: int


def draw(visits: Sequence[Mapping[str, Any]]) -> Drawing:
    """The drawing of a plan's visits (as `planning` keeps them)."""
    spans = [(datetime.fromisoformat(each["start"]), datetime.fromisoformat(each["end"]), each) for each in visits]
    every = sorted({start.date() for start, _, _ in spans})
    days = every[:MOST_DAYS]
    first = min((start.hour for start, _, _ in spans), default=8)
    last = max((end.hour + bool(end.minute) for _, end, _ in spans), default=16)
    column = (WIDTH - LEFT) / max(len(days), 1)
    places = {day: LEFT + number * column for number, day in enumerate(days)}
    boxes = []
    for start, end, visit in spans:
        if start.date() not in places:
            continue
        y = TOP + (start.hour + start.minute / 60 - first) * HOUR
        height = max((end - start).total_seconds() / 3600 * HOUR, 17)
        boxes.append(
            Box(
                round(places[start.date()] + COLUMN_GAP / 2, 1),
                round(y, 1),
                round(column - COLUMN_GAP, 1),
                round(height, 1),
                cut(visit["name"], column),
                f"{start:%H:%M}–{end:%H:%M}",
                cut(", ".join(actor["name"] for actor in visit["actors"]), column),
                visit["site"] == "home",
            )
        )
    hours = tuple((TOP + (hour - first) * HOUR, f"{hour:02d}:00") for hour in range(first, last + 1))
    heads = tuple((round(places[day] + column / 2, 1), day) for day in days)
    return Drawing(WIDTH, TOP + (last - first) * HOUR + 8, heads, hours, tuple(boxes), len(every) - len(days))


def cut(text: str, column: float) -> str:
    """As much of a text as fits a column."""
    most = max(6, int((column - COLUMN_GAP) / 6.6))
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
