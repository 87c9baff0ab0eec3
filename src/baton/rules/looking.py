"""Looking that somebody should look at: which looks are unusual, and why; how soon the privacy desk answers. Table: data/looking.json."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast
from zoneinfo import ZoneInfo

from baton.rules.answer import Answer
from baton.rules.calendar import US_FEDERAL, Calendar, add_business_days, add_days
from baton.rules.tables import Row, table

TABLE = "looking"


@dataclass(frozen=True, slots=True)
class Looked:
    """What is known of one person who opened one patient's chart. Addresses are "postal code|line"; `at` is aware.

    `charts`: different patients opened by the person within the hour of the many-charts rule; `night`: in that night.
    """

    role: str
    at: datetime
    staff_names: tuple[str, ...] = ()
    patient_names: tuple[str, ...] = ()
    staff_addresses: tuple[str, ...] = ()
    patient_addresses: tuple[str, ...] = ()
    same_person: bool = False
    works_here: bool = False
    vip: bool = False
    related: bool = True
    charts: int = 1
    night: int = 0


@dataclass(frozen=True, slots=True)
class Flag:
    """One reason to look into it: its code, the facts that made it, and the rule."""

    code: str
    facts: tuple[tuple[str, str | int], ...]
    rule: str
    version: str
    source: str

    @property
    def about_the_person(self) -> bool:
        """Whether it is about how somebody looks, not about at whom."""
        return self.code in ("many-charts", "out-of-hours")


def flags(looked: Looked, zone: ZoneInfo) -> list[Flag]:
    """Every flag this look raises, each with its facts."""
    day = looked.at.astimezone(zone).date()
    rows = {row.code: row for row in table(TABLE).in_force(day) if row.values["kind"] == "flag"}
    found = []
    for code, rule in _RULES.items():
        row = rows.get(code)
        if row is not None and (facts := rule(looked, row, zone)) is not None:
            found.append(Flag(code, tuple(facts), f"{TABLE}/{code}", table(TABLE).version, row.source))
    return found


Facts = list[tuple[str, str | int]] | None


def _own(looked: Looked, row: Row, zone: ZoneInfo) -> Facts:
    return [("same", "name-and-birth-date")] if looked.same_person else None


def _family(looked: Looked, row: Row, zone: ZoneInfo) -> Facts:
    shared = {normal(name) for name in looked.staff_names} & {normal(name) for name in looked.patient_names}
    return [("name", name) for name in sorted(shared)] if shared and not looked.same_person else None


def _neighbour(looked: Looked, row: Row, zone: ZoneInfo) -> Facts:
    shared = set(_streets(looked.staff_addresses)) & set(_streets(looked.patient_addresses))
    return [("street", f"{code} {street}") for code, street in sorted(shared)] if shared and not looked.same_person else None


def _colleague(looked: Looked, row: Row, zone: ZoneInfo) -> Facts:
    return [("works-here", "name-and-birth-date")] if looked.works_here and not looked.same_person else None


def _vip(looked: Looked, row: Row, zone: ZoneInfo) -> Facts:
    return [("label", "CEL")] if looked.vip and not looked.related else None


def _stranger(looked: Looked, row: Row, zone: ZoneInfo) -> Facts:
    return [("role", looked.role)] if not looked.related and looked.role in cast(list[str], row.values["roles"]) else None


def _many(looked: Looked, row: Row, zone: ZoneInfo) -> Facts:
    most, minutes = cast(int, row.values["count"]), cast(int, row.values["minutes"])
    return [("charts", looked.charts), ("minutes", minutes), ("most", most)] if looked.charts > most else None


def _night(looked: Looked, row: Row, zone: ZoneInfo) -> Facts:
    if not is_night(looked.at, zone) or looked.night < cast(int, row.values["count"]):
        return None
    return [("charts", looked.night), ("from", cast(int, row.values["from"])), ("to", cast(int, row.values["to"]))]


_RULES: dict[str, Callable[[Looked, Row, ZoneInfo], Facts]] = {
    "own-record": _own,
    "family-name": _family,
    "neighbour": _neighbour,
    "colleague": _colleague,
    "vip": _vip,
    "no-relationship": _stranger,
    "many-charts": _many,
    "out-of-hours": _night,
}
FLAGS = tuple(_RULES)


def is_night(at: datetime, zone: ZoneInfo) -> bool:
    """Whether an instant lies out of hours."""
    local = at.astimezone(zone)
    row = table(TABLE).row("out-of-hours", local.date())
    return local.hour >= cast(int, row.values["from"]) or local.hour < cast(int, row.values["to"])


def window(day: date) -> int:
    """The minutes within which many charts are many."""
    return cast(int, table(TABLE).row("many-charts", day).values["minutes"])


def normal(text: str) -> str:
    """A name without case, accents and marks."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in plain if character.isalnum())


def _streets(addresses: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(postal code, street without its number and what comes after a comma) of addresses that have both."""
    for address in addresses:
        code, _, line = address.partition("|")
        street = normal(re.sub(r"\d+\w*", "", line.partition(",")[0]))
        if code.strip() and street:
            yield code.strip()[:5], street


def due(code: str, day: date, calendar: Calendar = US_FEDERAL) -> Answer[date]:
    """The last day for the privacy desk to answer (glass-review, unusual-look, glass-approval)."""
    row = table(TABLE).row(code, day)
    count = cast(int, row.values["count"])
    counted = add_business_days(day, count, calendar) if row.values["unit"] == "business-days" else add_days(day, count)
    return Answer(counted.value, counted.steps, f"{TABLE}/{code}", table(TABLE).version, row.source)


def codes(kind: str, day: date) -> tuple[str, ...]:
    """The codes of a kind (reason, finding, flag) in force, in the order of the table."""
    return tuple(row.code for row in table(TABLE).in_force(day) if row.values["kind"] == kind)


def fewest_words(reason: str, day: date) -> int:
    """How many words a reason to break the glass needs at least."""
    return cast(int, table(TABLE).row(reason, day).values["words"])
