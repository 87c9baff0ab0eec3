"""The score of a patient's care: one line per party, and on it what happened, what is planned and what is owed.

Pure: resources in, a frozen `Score` out. Days are days of the facility's zone. States and their sources stand in docs/duties/patients.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class ScoreNote:
    """One event on a line. `time` is set when the hour is known; `until` is the last day of something that lasted."""

    day: date
    state: str  # happened | missed | planned | owed | late
    what: str  # a code the desk has words for
    text: str  # words of the chart itself, shown as they are
    source: str  # "Type/id" of the resource it was drawn from
    time: datetime | None = None
    until: date | None = None
    leads_to: str | None = None  # source of the planned note that answers this one


@dataclass(frozen=True, slots=True)
class Lane:
    """One party. `party` is its proper name, or empty when the kind says enough."""

    party: str
    kind: str  # hospital | primary-care | specialty | home-health | pharmacy | community | team | family
    notes: tuple[ScoreNote, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """The window from `start` to `end`, both included; `beyond` counts what is owed after it."""

    start: date
    end: date
    today: date
    lanes: tuple[Lane, ...]
    beyond: int = 0
