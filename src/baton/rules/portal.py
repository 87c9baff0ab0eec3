"""The portal's numbers: who may have access of their own, until when one is let in, how long a way in lives. Table: data/portal.json."""

from __future__ import annotations

from datetime import date, timedelta

from baton.rules.discharge import is_adult
from baton.rules.tables import table

TABLE = "portal"


def number(code: str, day: date) -> int:
    """The figure of a row in force on that day, in the row's own unit."""
    values = table(TABLE).row(code, day).values
    return int(next(values[unit] for unit in ("years", "days", "hours", "minutes", "count") if unit in values))


def may_have_own(born: date | None, today: date) -> bool:
    """Whether a person of that birth date may have access of their own; without a birth date nobody has, since it is asked at the door."""
    return born is not None and is_adult(born, today, number("own-from", today))


def is_minor(born: date | None, today: date) -> bool:
    """Whether somebody is known to be a minor; whose birth date nobody knows is taken for none."""
    return born is not None and not is_adult(born, today, number("majority", today))


def proxy_until(born: date | None, today: date, asked: date | None = None) -> date:
    """The last day on which somebody let in today may see the record of a person of that birth date.

    At most a year, or until the day asked for; a minor's ends the day before they come of age.
    """
    last = today + timedelta(days=number("longest", today))
    if asked is not None:
        last = min(last, asked)
    if born is not None and is_minor(born, today):
        last = min(last, _birthday(born, number("majority", today)) - timedelta(days=1))
    return last


def _birthday(born: date, years: int) -> date:
    """The day on which somebody has that age: of those born on a 29 February the 1 March, in a year without one."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)
