"""Ready for the visit: which list a visit has, what is fresh enough for it, by when it is there. Table: data/readiness.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, cast

from baton.rules.answer import Answer, Step
from baton.rules.tables import table

TABLE = "readiness"


@dataclass(frozen=True, slots=True)
class Item:
    """Something that must be in the chart: where it is looked for, by which codes or words, how old it may be (0: any), who has it."""

    code: str
    kind: str
    codes: frozenset[str]
    words: tuple[str, ...]
    days: int
    source: str


@dataclass(frozen=True, slots=True)
class Checklist:
    """What must be in the chart before a visit of one kind, and who says so."""

    code: str
    items: tuple[Item, ...]
    source: str


def checklist(words: str, day: date) -> Checklist:
    """The list of a visit that says of itself these words."""
    low = words.casefold()
    rows = [row for row in table(TABLE).in_force(day) if row.values["kind"] == "visit"]
    row = next(row for row in rows if any(_begins(low, word) for word in row.values["words"]))
    return Checklist(row.code, tuple(_item(each) for each in row.values["items"]), row.source)


@lru_cache(maxsize=1)
def asked_for() -> tuple[frozenset[str], tuple[str, ...]]:
    """Every code and every word (small letters) that any list looks for, whenever it is in force."""
    items = [_item(each) for row in table(TABLE).rows if row.values["kind"] == "visit" for each in row.values["items"]]
    found = frozenset(code for each in items for code in each.codes)
    return found, tuple(sorted({word for each in items for word in each.words}))


def _begins(text: str, word: str) -> bool:
    return not word or any(part.startswith(word) for part in text.replace("/", " ").split()) or (" " in word and word in text)


def _item(raw: Mapping[str, Any]) -> Item:
    return Item(raw["item"], raw["kind"], frozenset(raw["codes"]), tuple(raw.get("words", ())), raw["days"], raw["from"])


def fresh(days: int, on: date, visit: date) -> bool:
    """Whether something of that day is young enough on the day of the visit."""
    return days == 0 or (visit - on).days <= days


def begins(visit: date) -> date:
    """The first day on which somebody looks."""
    return visit - timedelta(days=_looks(visit)["first"])


def due(visit: date, today: date) -> Answer[date]:
    """By when what is missing is there: three days before, or the day before for what is found so late; never after the visit."""
    looks = _looks(visit)
    three, one = (visit - timedelta(days=looks[each]) for each in ("due", "last"))
    day = three if today <= three else max(today, one)
    steps = (Step("start", visit), Step("count", day, "days-before", (visit - day).days), Step("end", day))
    row = table(TABLE).row("looks", visit)
    return Answer(min(day, visit), steps, f"{TABLE}/looks", table(TABLE).version, row.source)


def last_look(visit: date) -> date:
    """The day on which it is looked at for the last time."""
    return visit - timedelta(days=_looks(visit)["last"])


def _looks(day: date) -> Mapping[str, int]:
    return cast("Mapping[str, int]", table(TABLE).row("looks", day).values)
