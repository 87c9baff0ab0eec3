"""When a service of an Open Referral package is open: its schedules as rules, and their time zone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from baton.fhir.resource import Resource
from baton.intake.hsds_fhir import Book, day_of
from baton.intake.hsds_rows import Row
from baton.rules.opening import DAYS, Hours, NoScheduleError, checked

WEEK = dict(zip(DAYS, ("mon", "tue", "wed", "thu", "fri", "sat", "sun"), strict=True))
RULE = ("FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "WKST", "COUNT")


def _rows_of_hours(book: Book, id_: str, links: Iterable[Row]) -> list[Row]:
    """The schedules of a service: its own, and those of its places where it has none."""
    own = [*book.of("schedules", "service_id", id_), *book.at("schedules", "service_at_location_id", links, "id")]
    return own or [row for row in book.at("schedules", "location_id", links, "location_id") if not row.get("service_id")]


def schedules(book: Book, id_: str, links: Iterable[Row]) -> tuple[list[Hours], str | None]:
    """The schedules of a service and the zone of their clock; one that makes no sense is left out and said."""
    found: dict[Hours, None] = {}
    zones = []
    for row in _rows_of_hours(book, id_, links):
        if not row.get("freq"):
            continue  # a schedule that is only words
        try:
            hours = _hours(book, row)
        except (NoScheduleError, ValueError) as wrong:
            book.amiss(row, f"the schedule is left out: {wrong}")
            continue
        found.setdefault(hours)
        zones.append(_zone(book, row))
    return list(found), next((zone for zone in zones if zone), None)


def _hours(book: Book, row: Row) -> Hours:
    parts = {name: row.get(name.lower()) for name in RULE}
    first = day_of(book, row, "valid_from") or day_of(book, row, "dtstart")
    rule = ";".join(f"{name}={text.replace(' ', '')}" for name, text in parts.items() if text)
    last = min(filter(None, (day_of(book, row, "valid_to"), day_of(book, row, "until"))), default=None)
    return Hours(checked(rule, first), _time(row.get("opens_at")), _time(row.get("closes_at")), first, last)


def _time(text: str) -> time | None:
    """An hour of the clock; a stated offset is the place's own and is left to its zone."""
    if not text:
        return None
    bare = text.rstrip("Zz").partition("+")[0].partition("-")[0]
    return time.fromisoformat(bare if bare.count(":") else f"{bare}:00")


def _zone(book: Book, row: Row) -> str | None:
    """The zone of a schedule: by name, or by its offset, which is the hub's own zone when that ever has it."""
    said = row.get("timezone")
    if not said:
        return None
    try:
        offset = timedelta(hours=float(said))
    except ValueError:
        try:
            return ZoneInfo(said).key
        except (ZoneInfoNotFoundError, ValueError):
            book.amiss(row, f"{said!r} is no time zone; the hub's own is taken")
            return None
    kept = {datetime(2026, month, 1, 12, tzinfo=UTC).astimezone(book.zone).utcoffset() for month in (1, 7)}
    if offset in kept:
        return book.zone.key
    hours = offset.total_seconds() / 3600
    if hours == int(hours) and -12 <= hours <= 14:
        return f"Etc/GMT{-int(hours):+d}" if hours else "Etc/GMT"
    book.amiss(row, f"{said!r} is no whole offset; the hub's own time zone is taken")
    return None


def available(hours: Iterable[Hours]) -> Iterator[Resource]:
    """What of the hours FHIR's own element can say: those of every week."""
    for each in hours:
        parts = dict(part.split("=", 1) for part in each.rule.split(";"))
        days = [WEEK[day] for day in parts.get("BYDAY", "").split(",") if day in WEEK]
        if parts["FREQ"] != "WEEKLY" or parts.get("INTERVAL", "1") != "1" or not days or each.past_midnight:
            continue
        clock: Resource = {"availableStartTime": each.opens.isoformat()} if each.opens else {"allDay": True}
        if each.opens and each.closes:
            clock["availableEndTime"] = each.closes.isoformat()
        yield {"daysOfWeek": days, **clock}


def text(book: Book, id_: str, links: Iterable[Row]) -> str:
    """What is said about the hours in words."""
    words = dict.fromkeys(text for row in _rows_of_hours(book, id_, links) for text in (row.get("description"), row.get("notes")) if text)
    return " ".join(words)
