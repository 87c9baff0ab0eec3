"""Minutes of a month: each counted once for a patient, and the codes they reach: proposed, never billed. Table: data/minutes.json."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from baton.rules.calendar import start_of_day
from baton.rules.tables import Row, table

TABLE = "minutes"
FAMILIES: tuple[str, ...] = tuple(row.code for row in table(TABLE).rows if row.values["kind"] == "family")
LONGEST: int = next(int(row.values["minutes"]) for row in table(TABLE).rows if row.code == "longest-entry")


@dataclass(frozen=True, slots=True)
class Entry:
    """Time one person worked for a patient: half open, aware, whole minutes. `counts` is false where it may not count (no consent then)."""

    id: str
    person: str
    program: str
    start: datetime
    end: datetime
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Code:
    """A proposed code: how often, and who says how many minutes it takes."""

    code: str
    units: int
    minutes: int
    source: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a month's minutes reach, or why nothing may be proposed (`blocked`: codes); `needed` minutes are lacking for the next unit."""

    family: str
    minutes: int
    codes: tuple[Code, ...]
    blocked: tuple[str, ...]
    needed: int | None


def minute(instant: datetime) -> int:
    """The number of a minute since 1970: what is counted."""
    return int(instant.timestamp() // 60)


def month_of(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The instants a calendar month begins and ends at in a zone."""
    first = day.replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    return start_of_day(first, zone), start_of_day(following, zone)


def split(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """A span cut at every midnight of the zone."""
    while start < end:
        midnight = start_of_day(start.astimezone(zone).date() + timedelta(days=1), zone)
        last = min(end, midnight, key=lambda each: each.astimezone(UTC))
        yield start, last
        start = last


def counted(entries: Iterable[Entry], first: datetime, last: datetime) -> dict[str, int]:
    """Minutes by entry id, between two instants: no minute twice for one patient, whoever worked and for which program.

    The entry that began first has the minute; of those that began together the one with the smaller id.
    """
    taken: set[int] = set()
    low, high = minute(first), minute(last)
    found: dict[str, int] = {}
    for entry in sorted(entries, key=lambda each: (each.start, each.id)):
        if not entry.counts:
            found[entry.id] = 0
            continue
        span = range(max(minute(entry.start), low), min(minute(entry.end), high))
        fresh = set(span) - taken
        taken |= fresh
        found[entry.id] = len(fresh)
    return found


def by_program(entries: Iterable[Entry], first: datetime, last: datetime) -> dict[str, int]:
    """Minutes of one patient by program, each minute in one of them."""
    several = list(entries)
    each = counted(several, first, last)
    found: dict[str, int] = {}
    for entry in several:
        found[entry.program] = found.get(entry.program, 0) + each[entry.id]
    return found


def family_row(family: str, day: date) -> Row:
    """The rules of a family on a day. Raises NoRuleError."""
    return table(TABLE).row(family, day)


def excludes(family: str, day: date) -> bool:
    """Whether codes of this family leave no room for minute-based ones in the same month."""
    return bool(family_row(family, day).values.get("excludes"))


def codes_for(family: str, minutes: int, day: date) -> tuple[Code, ...]:
    """The codes that so many minutes reach under the rules of that day."""
    rows = [row for row in table(TABLE).in_force(day) if row.values.get("family") == family]
    first = next(row for row in rows if row.values["kind"] == "first")
    if minutes < first.values["minutes"]:
        return ()
    found = [Code(first.code, 1, int(first.values["minutes"]), first.source)]
    for row in rows:
        if row.values["kind"] == "each":
            units = (minutes - int(first.values["minutes"])) // int(row.values["minutes"])
            units = min(units, int(row.values["most"])) if row.values["most"] is not None else units
            if units:
                found.append(Code(row.code, units, int(row.values["minutes"]), row.source))
    return tuple(found)


def lacking(family: str, minutes: int, day: date) -> int | None:
    """How many minutes more the next unit takes; None when there is no further one."""
    now = codes_for(family, minutes, day)
    for more in range(1, 61):
        if codes_for(family, minutes + more, day) != now:
            return more
    return None


def propose(family: str, minutes: int, day: date, there: Mapping[str, bool], *, excluded: bool = False) -> Proposal:
    """What may be proposed for a month's minutes. `there`: which requirements are on record; `excluded`: by another program."""
    row = family_row(family, day)
    blocked = [each for each in row.values["requires"] if not there.get(each)]
    if excluded and not row.values.get("excludes"):
        blocked.append("bundled")
    reached = codes_for(family, minutes, day)
    return Proposal(family, minutes, () if blocked else reached, tuple(blocked) if reached else (), lacking(family, minutes, day))
