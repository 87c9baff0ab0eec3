"""The coordinator's worklist: what is owed to whom, most urgent first, and why each row is here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from baton.duties.rows import Attempt, Contact, Difference, Identity, Medicine, Row, Sheet, State, Why

__all__ = [
    "Attempt",
    "Contact",
    "Counts",
    "Difference",
    "Filters",
    "Identity",
    "Medicine",
    "Row",
    "Sheet",
    "State",
    "Today",
    "Why",
]


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to. `kind` is a promise code, `team` an "Organization/id", `q` words of the patient's name."""

    whose: Literal["mine", "team", "everyone"] = "team"
    kind: str | None = None
    state: State | None = None
    team: str | None = None
    q: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many promises stand where, under the same filters but for the state; `discharged_recently` since `discharged_since`."""

    late: int
    today: int
    coming: int
    waiting: int
    asleep: int
    discharged_recently: int
    discharged_since: date
    closed_week: int


@dataclass(frozen=True, slots=True)
class Today:
    """The page of the day. `now` is local to `zone`; `more` continues the list; `kinds` and `teams` fill the filters."""

    now: datetime
    zone: ZoneInfo
    counts: Counts
    patients_in_care: int
    filters: Filters
    rows: tuple[Row, ...]
    more: str | None
    kinds: tuple[tuple[str, int], ...]
    teams: tuple[tuple[str, str], ...]
