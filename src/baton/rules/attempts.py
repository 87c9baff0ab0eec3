"""Reaching somebody: what counts as contact, what counts as an attempt, and until when to keep asking. Table: data/tcm.json."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from baton.rules.answer import Step
from baton.rules.calendar import US_FEDERAL, Calendar, add_business_days, local_day
from baton.rules.tables import table

OUTCOMES = ("reached", "left-message", "no-answer", "wrong-number", "refused", "language-line")
PHONE, ABOUT_NEEDS = "PHONE", "needs-and-status"


@dataclass(frozen=True, slots=True)
class Try:
    """One documented attempt: when (aware), its outcome, by which medium (v3 ParticipationMode), about what."""

    when: datetime
    outcome: str
    medium: str = PHONE
    topic: str = ABOUT_NEEDS


@dataclass(frozen=True, slots=True)
class Judgement:
    """Where the contact stands.

    `reached` is the first contact that counts; `timely` how many separate timely unsuccessful attempts there are; `met_by_attempts`
    whether they are enough; `due` the day to ask again by; `steps` the arithmetic that moved it.
    """

    reached: Try | None
    reached_in_time: bool
    timely: int
    met_by_attempts: bool
    due: date
    steps: tuple[Step, ...]

    @property
    def met(self) -> bool:
        """Whether the rule is satisfied: contact in time, or enough timely attempts."""
        return self.reached_in_time or self.met_by_attempts


def counts(attempt: Try, on: date) -> bool:
    """Whether the medium and the matter are of the kind that counts at all; an unknown medium does not."""
    rows = {row.code: row.values for row in table("tcm").in_force(on) if row.values["kind"] in ("medium", "topic")}
    return all(bool(rows.get(code, {}).get("counts")) for code in (attempt.medium, attempt.topic))


def outcome_says(outcome: str, what: str, on: date) -> bool:
    """What the table says of an outcome: `what` is "reaches" or "attempt"."""
    return any(bool(row.values[what]) for row in table("tcm").in_force(on) if row.values["kind"] == "outcome" and row.code == outcome)


def separate(attempts: Iterable[Try], apart: timedelta) -> list[Try]:
    """The attempts that are far enough from the one counted before."""
    kept: list[Try] = []
    for attempt in attempts:
        if not kept or attempt.when - kept[-1].when >= apart:
            kept.append(attempt)
    return kept


def judge(attempts: Iterable[Try], *, discharged: datetime, last_day: date, zone: ZoneInfo, calendar: Calendar = US_FEDERAL) -> Judgement:
    """Judge the attempts made since the discharge against the last day for contact.

    Timely means before that day ends, on the facility's wall. When enough timely attempts are on record and nobody was reached, the promise
    keeps asking: due the next business day after the last attempt, never earlier than the last day. `calendar` is that of the organisation
    which owes the call; which days of it count is in the table.
    """
    rule = table("tcm").row("attempts", local_day(discharged, zone))
    since = sorted((attempt for attempt in attempts if attempt.when >= discharged), key=lambda attempt: attempt.when)
    valid = [attempt for attempt in since if counts(attempt, last_day)]
    reached = next((attempt for attempt in valid if outcome_says(attempt.outcome, "reaches", last_day)), None)
    failed = [attempt for attempt in valid if outcome_says(attempt.outcome, "attempt", last_day)]
    timely = [attempt for attempt in failed if local_day(attempt.when, zone) <= last_day]
    counted = len(separate(timely, timedelta(minutes=cast(int, rule.values["minutes_apart"]))))
    enough = counted >= cast(int, rule.values["count"])
    in_time = reached is not None and local_day(reached.when, zone) <= last_day
    due, steps = last_day, tuple([Step("attempts", n=counted, reason="timely")] if counted else [])
    if enough and reached is None:
        days, whose = cast(int, rule.values["again"]), cast(str, rule.values["calendar"])
        again = add_business_days(local_day(failed[-1].when, zone), days, calendar.for_rule(whose))
        if again.value > last_day:
            due, steps = again.value, (*steps, *again.steps[:-1], Step("moved", again.value, "keep-trying"))
    return Judgement(reached, in_time, counted, enough, due, steps)
