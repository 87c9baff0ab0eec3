"""Messages: how long an answer may take, what proves what, who may be told what, who may interpret (data/messages.json)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final, cast

from baton.rules.answer import Answer
from baton.rules.calendar import US_FEDERAL, Calendar, add_business_days
from baton.rules.tables import NoRuleError, table

TABLE: Final = "messages"
TOPICS: Final = ("referral", "discharge", "appointment", "concern", "other")
RECEIPTS: Final = ("delivered", "read", "accepted")
"""Three things that are easily taken for one another, the weakest first."""
EVIDENCE: Final = tuple(row.code for row in table(TABLE).rows if row.values["kind"] == "evidence")


def due(clock: str, day: date, calendar: Calendar = US_FEDERAL) -> Answer[date]:
    """The last day of a clock (`answer-<topic>`, `reply`, `colleague`) that starts on that day. Raises NoRuleError."""
    row = table(TABLE).row(clock, day)
    answer = add_business_days(day, cast(int, row.values["count"]), calendar.for_rule(row.values["calendar"]))
    return Answer(answer.value, answer.steps, f"{TABLE}/{row.code}", table(TABLE).version, row.source)


def proves(evidence: str, receipt: str, day: date) -> bool:
    """Whether this evidence proves that something was delivered, read or accepted; what nobody knows proves nothing."""
    try:
        row = table(TABLE).row(evidence, day)
    except NoRuleError:
        return False
    return row.values["kind"] == "evidence" and receipt in row.values["proves"]


def covers(told: str | None, topic: str, day: date) -> bool:
    """Whether somebody who may be told this much may be told about this topic; nobody may who was not asked about."""
    if told is None:
        return False
    try:
        row = table(TABLE).row(told, day)
    except NoRuleError:
        return False
    return row.values["kind"] == "told" and topic in row.values["topics"]


def may_interpret(born: date, day: date) -> bool:
    """Whether somebody born on that day is old enough to interpret."""
    age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    return age >= cast(int, table(TABLE).row("interpreter-age", day).values["count"])


def asked_again(said: date) -> date:
    """Until when a permission that was only spoken holds."""
    return said + timedelta(days=cast(int, table(TABLE).row("permission-verbal", said).values["count"]))
