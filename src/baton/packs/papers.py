"""The fixed sentences of papers that patients take home, as data: by language, with how days are said."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Language:
    """The sentences of a paper in one language, and its names of months and days (Monday first)."""

    words: Mapping[str, str]
    months: tuple[str, ...]
    days: tuple[str, ...]
    pattern: str

    def day(self, day: date) -> str:
        """A day as people say it: "Wednesday, July 8"."""
        return self.pattern.format(name=self.days[day.weekday()], number=day.day, month=self.months[day.month - 1])

    def text(self) -> str:
        """Everything a reader reads, a line for each sentence."""
        return "\n".join(self.words.values())


@cache
def words(code: str) -> Mapping[str, Language]:
    """A paper's sentences by language (BCP 47). Raises FileNotFoundError for a paper that is none."""
    raw = json.loads(resources.files(__package__).joinpath("_papers", f"{code}.json").read_text(encoding="utf-8"))
    found = {}
    for name in ("en", "es"):
        said = raw[name]
        found[name] = Language(said["words"], tuple(said["months"]), tuple(said["days"]), said["day"])
    return found
