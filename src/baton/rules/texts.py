"""Words that stop texts to a number and words that begin them again, as carriers and the law know them. Table: data/texts.json."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from baton.rules.tables import table

TABLE = "texts"


@dataclass(frozen=True, slots=True)
class Word:
    """What a text of one word asks for, in which language; `doubtful`: who has a date ahead may mean the date."""

    means: Literal["stop", "start"]
    language: str
    doubtful: bool


def word(text: str, day: date) -> Word | None:
    """What a text asks for where it is nothing but such a word; None for everything else, which is for others to read."""
    plain = "".join(filter(str.isalnum, text.casefold()))
    rows = list(table(TABLE).in_force(day))
    for row in rows:
        means = row.values["means"]
        if means in ("stop", "start") and plain in row.values["words"]:
            doubtful = any(plain in each.values["words"] for each in rows if each.values["means"] == "doubtful")
            return Word(means, row.values["language"], doubtful)
    return None


def confirmed_within(day: date) -> timedelta:
    """How long after such a word the one text that confirms it may still go out."""
    return timedelta(minutes=table(TABLE).row("confirmation", day).values["minutes"])
