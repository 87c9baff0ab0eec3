"""The plan for going home: its items, who signs, what may delay it, where to, and its clocks. Pure. Table: data/discharge-plan.json."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from baton.rules.calendar import Calendar, is_business_day
from baton.rules.tables import Row, table

TABLE = "discharge-plan"
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Item:
    """One item of RED or IDEAL: who owns it by default (a role), whether it belongs to the stay or after it, what in the chart shows it."""

    code: str
    set: str
    owner: str
    phase: str
    evidence: str | None
    source: str


@cache
def rows(kind: str) -> tuple[Row, ...]:
    """The rows of a kind, in the order of the file."""
    return tuple(row for row in table(TABLE).rows if row.values["kind"] == kind)


@cache
def names(kind: str) -> tuple[str, ...]:
    """What the rows of a kind (signature, cause, destination, confidence, stay) are called."""
    return tuple(str(row.values["name"]) for row in rows(kind))


@cache
def items() -> tuple[Item, ...]:
    """Every item, RED before IDEAL."""
    found = []
    for row in rows("item"):
        said = row.values
        found.append(Item(row.code, said["set"], said["owner"], said["phase"], said["evidence"], row.source))
    return tuple(found)


SIGNATURES = names("signature")
CAUSES = names("cause")
DESTINATIONS = names("destination")
CONFIDENCES = names("confidence")
STAYS = frozenset(names("stay"))


def unneeded(signature: str) -> bool:
    """Whether this one may be said not to be needed (no therapist was involved, there is no caregiver)."""
    return any(bool(row.values["may_be_unneeded"]) for row in rows("signature") if row.values["name"] == signature)


def disposition(destination: str) -> str:
    """The HL7 discharge-disposition code of a destination."""
    return next(str(row.values["disposition"]) for row in rows("destination") if row.values["name"] == destination)


def clock(code: str) -> Row:
    """A clock's row."""
    return next(row for row in rows("clock") if row.code == f"clock-{code}")


def span_of(code: str) -> timedelta:
    """How long a clock runs."""
    said: Any = clock(code).values
    return timedelta(days=said.get("days", 0), hours=said.get("hours", 0))


def longest() -> timedelta:
    """How long ago a stay may have begun that a plan is begun for: what began earlier and never ended is a forgotten record."""
    return timedelta(days=max(int(row.values["days"]) for row in rows("stay")))


@dataclass(frozen=True, slots=True)
class EarlyCall:
    """A call some illnesses ask for sooner than the pathway does: by which day, and the staffed day nearest to it."""

    by: date
    staffed: date
    source: str


def early_call(codings: Iterable[tuple[str, str]], left: date, calendar: Calendar) -> EarlyCall | None:
    """The call that the reason of a stay asks for ("icd10" or "snomed", code); None when it asks for none.

    When nobody works on that day, the nearest day on which somebody does, after the day of leaving; of two as near the earlier.
    """
    known = list(codings)
    for row in rows("early-call"):
        starts, exact = tuple(row.values["icd10"]), set(row.values["snomed"])
        if any((system == "icd10" and code.startswith(starts)) or (system == "snomed" and code in exact) for system, code in known):
            by = left + timedelta(days=int(row.values["days"]))
            near = (by + timedelta(days=shift) for distance in range(31) for shift in (-distance, distance))
            staffed = next(day for day in near if day > left and is_business_day(day, calendar))
            return EarlyCall(by, staffed, row.source)
    return None


# --- hours lost ---------------------------------------------------------------------------------------


def lost_span(opened: datetime, resolved: datetime | None, *, ready: datetime | None, left: datetime | None, now: datetime) -> Span | None:
    """The time a blocker cost: while it stood, from when the patient could medically have left until they did. None: nothing yet."""
    if ready is None:
        return None
    start, end = max(opened, ready), min(each for each in (resolved, left, now) if each is not None)
    return (start, end) if end > start else None


def hours(spans: Iterable[Span | None]) -> float:
    """Hours covered by these spans together: an hour that two blockers cost is one hour."""
    total, until = timedelta(), None
    for start, end in sorted(span for span in spans if span is not None):
        begin = start if until is None else max(start, until)
        if end > begin:
            total += end - begin
            until = end
        elif until is None:
            until = end
    return round(total.total_seconds() / 3600, 1)
