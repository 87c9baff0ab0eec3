"""What plans tell a patient to do, and what of it cannot both be done. Table: data/contradictions.json."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

from baton.rules.tables import Row, table

TABLE = "contradictions"


@dataclass(frozen=True, slots=True)
class Said:
    """Something a plan says: the plan ("CarePlan/id"), its words, the direction it was coded with."""

    plan: str
    text: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two things that cannot both be done, the rule that says so, and how grave it is."""

    rule: str
    severity: str
    one: Said
    other: Said
    source: str


def normal(text: str) -> str:
    """Words without what does not matter: for finding the same thing said twice."""
    return re.sub(r"[^\w]+", " ", text.casefold()).strip()


@cache
def _patterns(day: date) -> tuple[tuple[str, tuple[re.Pattern[str], ...]], ...]:
    rows = (row for row in table(TABLE).in_force(day) if row.values["kind"] == "direction")
    return tuple((row.code, tuple(re.compile(each, re.IGNORECASE) for each in row.values["words"])) for row in rows)


def direction(text: str, day: date) -> str | None:
    """What a sentence of a plan tells the patient to do, as a code; None when it is none of those known."""
    return next((code for code, patterns in _patterns(day) if any(each.search(text) for each in patterns)), None)


def _conflicts(day: date) -> Iterator[Row]:
    return (row for row in table(TABLE).in_force(day) if row.values["kind"] == "conflict")


def conflicts(said: Iterable[Said], day: date) -> list[Conflict]:
    """Every pair that contradicts each other, one for each rule and pair of plans."""
    several = [(each, each.code or direction(each.text, day)) for each in said]
    found: dict[tuple[str, str, str], Conflict] = {}
    for row in _conflicts(day):
        ones = [each for each, code in several if code == row.values["one"]]
        others = [each for each, code in several if code == row.values["other"]]
        for one in ones:
            for other in others:
                low, high = sorted((one.plan, other.plan))
                found.setdefault((row.code, low, high), Conflict(row.code, str(row.values["severity"]), one, other, row.source))
    return list(found.values())


def duplicates(said: Iterable[Said], day: date) -> list[tuple[Said, Said]]:
    """What two plans say alike: the same direction, or the same words; the earlier first."""
    first: dict[str, Said] = {}
    found = []
    for each in said:
        key = each.code or direction(each.text, day) or normal(each.text)
        if key in first and first[key].plan != each.plan:
            found.append((first[key], each))
        first.setdefault(key, each)
    return found


def limit(code: str, day: date) -> int:
    """A number of the table: business days to resolve, least confidence."""
    row = table(TABLE).row(code, day)
    return int(next(row.values[key] for key in ("business_days", "least") if key in row.values))
