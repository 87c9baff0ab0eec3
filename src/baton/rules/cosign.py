"""What of a mentored colleague's work is co-signed, and by which day. Table: data/cosign.json."""

from __future__ import annotations

from datetime import date

from baton.rules.answer import Answer
from baton.rules.calendar import US_FEDERAL, Calendar, add_business_days
from baton.rules.tables import Row, table

TABLE = "cosign"


def asks(kind: str, day: date) -> Row | None:
    """The row that asks for a co-signature of this kind of work; None when none does."""
    return next((row for row in table(TABLE).in_force(day) if kind in row.values["kinds"]), None)


def due(code: str, done: date, calendar: Calendar = US_FEDERAL) -> Answer[date]:
    """By which day the mentor looks at what was done on a day, by a row of the table."""
    row = table(TABLE).row(code, done)
    counted = add_business_days(done, int(row.values["days"]), calendar)
    return Answer(counted.value, counted.steps, row.code, table(TABLE).version, row.source)
