"""Social needs by Gravity's categories: which words of a directory mean which need, capacity, enrollment. Table: data/needs.json. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import cast

from baton.rules.answer import Answer
from baton.rules.calendar import US_FEDERAL, Calendar, add_business_days
from baton.rules.tables import table

TABLE = "needs"
FIRST = date(2026, 1, 1)
_WORD = re.compile(r"[a-z]+")


def _codes(kind: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(row.code for row in table(TABLE).rows if row.values["kind"] == kind))


NEEDS = _codes("need")
CAPACITY = _codes("capacity")
ENROLLMENT = _codes("enrollment")


def icd10(need: str, day: date) -> str:
    """The ICD-10-CM code a need is given on a day of the house; before the table begins, the first it has."""
    return str(table(TABLE).row(need, max(day, FIRST)).values["icd10"])


def label(need: str) -> str | None:
    """The security label of everything about a need; None where it is no more sensitive than the rest of the record."""
    return next((str(row.values["label"]) for row in table(TABLE).rows if row.code == need and "label" in row.values), None)


@cache
def _by_word() -> dict[str, str]:
    """Which need each word means; of two needs with the same word the first in the table has it."""
    known: dict[str, str] = {}
    for row in table(TABLE).rows:
        for word in cast(list[str], row.values.get("words", ())):
            known.setdefault(word.replace("-", " "), row.code)
    return known


def meant(*texts: str) -> tuple[str, ...]:
    """The needs that words speak of, in the order of the table; a Gravity category in the text is that need."""
    found: set[str] = set()
    known = _by_word()
    for text in texts:
        lower = text.lower()
        found |= {need for need in NEEDS if need == lower or need.replace("-", " ") in lower}
        words = _WORD.findall(lower)
        pairs = [f"{one} {two}" for one, two in zip(words, words[1:], strict=False)]
        found |= {known[each] for each in (*words, *pairs) if each in known}
        found |= {known[each[:-1]] for each in words if each.endswith("s") and each[:-1] in known}
    return tuple(need for need in NEEDS if need in found)


def has_room(capacity: str | None) -> bool | None:
    """Whether somebody can be sent there; None when nobody has said."""
    return next((bool(row.values["open"]) for row in table(TABLE).rows if row.code == capacity), None)


def span(code: str, on: date) -> timedelta:
    """A span of the table: capacity-holds, assured-fresh, assured-old."""
    return timedelta(days=cast(int, table(TABLE).row(code, on).values["days"]))


def copy_holds(on: date) -> timedelta:
    """How long a sheet that was taken along may lie on a device."""
    return timedelta(hours=cast(int, table(TABLE).row("home-copy-holds", on).values["hours"]))


def link_days(on: date) -> int:
    """How many days a link lives with which a party answers a referral."""
    return cast(int, table(TABLE).row("answer-link", on).values["days"])


def may_ask_again(last: datetime | None, now: datetime) -> bool:
    """Whether a party may be asked again how something stands: not more often than Gravity allows."""
    minutes = next(cast(int, row.values["minutes"]) for row in table(TABLE).rows if row.code == "poll")
    return last is None or now - last >= timedelta(minutes=minutes)


@lru_cache(maxsize=4096)
def freshness(assured: date | None, on: date) -> str:
    """How fresh a record of the directory is: fresh, aging, old, or unknown when nobody vouched for it."""
    if assured is None:
        return "unknown"
    age = on - assured
    return "fresh" if age <= span("assured-fresh", on) else "aging" if age <= span("assured-old", on) else "old"


def limit(since: date, calendar: Calendar = US_FEDERAL) -> Answer[date]:
    """The last day by which help is looked for, in business days."""
    row = table(TABLE).row("limit-help", since)
    answer = add_business_days(since, cast(int, row.values["days"]), calendar)
    return Answer(answer.value, answer.steps, f"{TABLE}/{row.code}", table(TABLE).version, row.source)


def in_table(codes: Iterable[str]) -> bool:
    """Whether all of these are needs."""
    return set(codes) <= set(NEEDS)
