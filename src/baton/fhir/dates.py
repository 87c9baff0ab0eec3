"""FHIR dates and times as spans of real time.

A FHIR date may be a year, a month, a day or an instant. Each stands for the whole span it names, here always the half-open
`[lo, hi)` in aware UTC datetimes. A date without an offset is a date on the wall of the facility, so a zone is asked for.
Source: R4 datatypes (date, dateTime, instant, Period) and search (2.1.1.4.6, dates).
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any, Final

BEGINNING: Final = datetime.min.replace(tzinfo=UTC)
END: Final = datetime.max.replace(tzinfo=UTC)
_LAST_DAY: Final = date.max.toordinal()

_DATE_TIME: Final = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:\d\d)?)?)?)?", re.ASCII)

Interval = tuple[datetime, datetime]


def interval(text: str, zone: tzinfo) -> Interval:
    """The span `[lo, hi)` in UTC that a date, dateTime or instant names; `zone` is used where it states no offset.

    A leap second counts as the second before it. Raises ValueError when the text is no FHIR date or no day of the calendar.
    """
    return _quick(text) or _interval(text, zone)


@lru_cache(maxsize=4096)
def _interval(text: str, zone: tzinfo) -> Interval:
    year, month, day, hour, minute, second, fraction, offset = _parts(text)
    if month is None:
        return _at(zone, year), (_at(zone, year + 1) if year < 9999 else END)
    if day is None:
        following = (year + 1, 1) if month == 12 else (year, month + 1)
        return _at(zone, year, month), (_at(zone, *following) if following[0] < 10000 else END)
    if hour is None:
        morrow = date(year, month, day).toordinal() + 1
        return _at(zone, year, month, day), (_at(zone, *date.fromordinal(morrow).timetuple()[:3]) if morrow <= _LAST_DAY else END)
    lo = _at(_offset(offset) or zone, year, month, day, hour, minute or 0, min(second or 0, 59), _microseconds(fraction))
    return lo, _later(lo, _width(second, fraction))


def period_interval(period: Mapping[str, Any], zone: tzinfo) -> Interval:
    """The span of a Period: to the end of its end date; an open side reaches to BEGINNING or END. Raises ValueError as `interval` does."""
    start, end = period.get("start"), period.get("end")
    return (interval(start, zone)[0] if start else BEGINNING), (interval(end, zone)[1] if end else END)


def parse_instant(text: str) -> datetime:
    """The aware UTC datetime of an instant, or of a dateTime that has a time and an offset. Raises ValueError for anything less."""
    year, month, day, hour, minute, second, fraction, offset = _parts(text)
    where = _offset(offset)
    if month is None or day is None or hour is None or minute is None or where is None:
        raise ValueError(f"not an instant: {text!r}")
    return _at(where, year, month, day, hour, minute, min(second or 0, 59), _microseconds(fraction))


def format_instant(moment: datetime) -> str:
    """An aware datetime as a FHIR instant in UTC with milliseconds: 2026-07-02T18:10:00.000Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def is_date(text: str) -> bool:
    """Whether the text is a date, dateTime or instant on the calendar."""
    try:
        interval(text, UTC)
    except ValueError:
        return False
    return True


def _quick(text: str) -> Interval | None:
    """The span of the common form 2026-07-02T14:10:00(.123)-04:00, read at C speed; None for anything else."""
    if not (text[10:11] == "T" and text[7] == text[4] == "-" and text[16:17] == text[13:14] == ":" and text[19:20] in _AFTER_SECONDS):
        return None
    if (text[-1] != "Z" and not (text[-3] == ":" and text[-6] in "+-" and text[-5:-3] <= "14")) or (
        text[19] == "." and not text[20].isdigit()
    ):
        return None
    try:
        lo = datetime.fromisoformat(text).astimezone(UTC)
        return lo, lo + (_SECOND if text[19] != "." else _fraction_width(len(text) - (21 if text[-1] == "Z" else 26)))
    except (ValueError, OverflowError):
        return None


_AFTER_SECONDS: Final = frozenset(".Z+-")
_SECOND: Final = timedelta(seconds=1)


@lru_cache(maxsize=32)
def _fraction_width(digits: int) -> timedelta:
    return timedelta(microseconds=10 ** max(0, 6 - digits))


_Parts = tuple[int, int | None, int | None, int | None, int | None, int | None, str | None, str | None]


def _parts(text: str) -> _Parts:
    found = _DATE_TIME.fullmatch(text)
    if found is None:
        raise ValueError(f"not a FHIR date: {text!r}")
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    if second is not None and int(second) > 60:
        raise ValueError(f"no such second: {text!r}")
    numbers = [int(each) if each is not None else None for each in (month, day, hour, minute, second)]
    return int(year), *numbers, fraction, offset  # type: ignore[return-value]


@lru_cache(maxsize=64)
def _offset(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    if text == "Z":
        return UTC
    hours, minutes = int(text[1:3]), int(text[4:6])
    if hours > 14 or minutes > 59:
        raise ValueError(f"no such offset: {text!r}")
    ahead = timedelta(hours=hours, minutes=minutes)
    return timezone(-ahead if text[0] == "-" else ahead)


def _width(second: int | None, fraction: str | None) -> timedelta:
    if second is None:
        return timedelta(minutes=1)
    if fraction is None:
        return _SECOND
    return _fraction_width(len(fraction))


def _microseconds(fraction: str | None) -> int:
    return int(fraction[:6].ljust(6, "0")) if fraction else 0


def _at(zone: tzinfo, year: int, month: int = 1, day: int = 1, hour: int = 0, minute: int = 0, second: int = 0, micro: int = 0) -> datetime:
    try:
        return datetime(year, month, day, hour, minute, second, micro, tzinfo=zone).astimezone(UTC)
    except OverflowError:
        return BEGINNING if year == 1 else END


def _later(moment: datetime, width: timedelta) -> datetime:
    try:
        return moment + width
    except OverflowError:
        return END
