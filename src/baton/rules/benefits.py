"""Programs of help: who may be let in by household and income, in which order to apply, and the life of an application.

Tables: data/benefits.json, data/application.json. A line of a program is configuration, not law: every organisation may set its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import cast

from baton.rules import poverty
from baton.rules.answer import Answer, Step
from baton.rules.calendar import US_FEDERAL, Calendar, add_business_days
from baton.rules.poverty import Level
from baton.rules.tables import Row, table

TABLE, MACHINE = "benefits", "application"
FIRST_BILL = "first-bill"


@dataclass(frozen=True, slots=True)
class Household:
    """What the rules ask of a household: how many, income a year, state, the patient's age, whether a child is expected or under five."""

    size: int
    income: Decimal
    state: str
    age: int | None = None
    small_child: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    """One program for one household: the line it is measured by, whether it fits, what is worth it, until when, and what it asks for."""

    program: str
    name: str
    level: Level | None
    line: int | None
    fits: bool
    discount: int | None
    deadline: date | None
    documents: tuple[str, ...]
    worth: int
    source: str


def programs(on: date) -> tuple[Row, ...]:
    """The programs in force on a day."""
    return tuple(row for row in table(TABLE).in_force(on) if row.values["kind"] == "program")


def program(code: str, on: date) -> Row | None:
    """One program; None when there is none of this code."""
    return next((row for row in programs(on) if row.code == code), None)


@cache
def names() -> Mapping[str, str]:
    """What every program is called, whenever it was in force."""
    return {row.code: str(row.values["name"]) for row in table(TABLE).rows if row.values["kind"] == "program"}


@cache
def proofs() -> tuple[str, ...]:
    """The papers programs ask for."""
    return tuple(row.code for row in table(TABLE).rows if row.values["kind"] == "proof")


def recent(proof: str, of: date, on: date) -> bool:
    """Whether a paper of this kind is recent enough to be handed in."""
    days = next((cast(int, row.values["fresh_days"]) for row in table(TABLE).in_force(on) if row.code == proof), 0)
    return of <= on and (on - of).days <= days


def measured_on(row: Row, on: date) -> date:
    """By the guideline of which day a program measures: today's, or that in force when the federal year began."""
    if row.values["guideline"] != "federal-year":
        return on
    month = next(cast(int, each.values["month"]) for each in table(TABLE).rows if each.code == "federal-year")
    return date(on.year if on.month >= month else on.year - 1, month, 1)


def line(row: Row, state: str) -> int | None:
    """The highest percentage a program lets in, in this state; None where it has no such line."""
    of_states = cast(Mapping[str, int | None], row.values["by_state"])
    return of_states[state.upper()] if state.upper() in of_states else cast(int, row.values["percent"])


def deadline(row: Row, first_bill: date | None) -> date | None:
    """The last day to apply, where a program has one and it is known from when it counts."""
    said = cast(Mapping[str, object] | None, row.values["deadline"])
    return first_bill + timedelta(days=cast(int, said["days"])) if said and first_bill else None


def discount(percent: Decimal, code: str, on: date) -> int | None:
    """How much of a bill a hospital forgives at this percentage; None where the program has no tiers, 0 above the last."""
    tiers = [row.values for row in table(TABLE).in_force(on) if row.values["kind"] == "tier" and row.values["program"] == code]
    return next((cast(int, each["discount"]) for each in tiers if percent <= cast(int, each["up_to"])), 0) if tiers else None


def _for_them(who: Mapping[str, int], household: Household) -> bool:
    """Whether a program is for such people at all: what is not known keeps nobody out."""
    age = household.age
    if age is not None and not who.get("min_age", 0) <= age <= who.get("max_age", 200):
        return False
    return "expecting_or_child_under" not in who or household.small_child


def option(row: Row, household: Household, on: date, first_bill: date | None = None) -> Option:
    """What one program means for a household on a day."""
    limit = line(row, household.state)
    level = poverty.level(household.income, household.size, household.state, measured_on(row, on))
    last = deadline(row, first_bill)
    in_time = last is None or on <= last
    needs_bill = row.values["deadline"] is not None and first_bill is None
    fits = limit is not None and level.percent <= limit and in_time and not needs_bill
    fits = fits and _for_them(cast(Mapping[str, int], row.values["who"]), household)
    return Option(
        program=row.code,
        name=str(row.values["name"]),
        level=level,
        line=limit,
        fits=fits,
        discount=discount(level.percent, row.code, on),
        deadline=last,
        documents=tuple(cast(list[str], row.values["documents"])),
        worth=cast(int, row.values["worth"]),
        source=row.source,
    )


def path(household: Household, on: date, *, first_bill: date | None = None, have: Iterable[str] = ()) -> tuple[Option, ...]:
    """The programs that fit, in the order to apply: what runs out soon, then what is worth most, then what the papers at hand serve."""
    at_hand = set(have)
    urgent = timedelta(days=next((cast(int, row.values["days"]) for row in table(TABLE).in_force(on) if row.code == "urgent"), 0))

    def order(each: Option) -> tuple[int, int, int, str]:
        soon = each.deadline is not None and each.deadline - on <= urgent
        return (0 if soon else 1, -each.worth, len(set(each.documents) - at_hand), each.program)

    return tuple(sorted((each for row in programs(on) if (each := option(row, household, on, first_bill)).fits), key=order))


# --- the life of an application -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Move:
    """One row of the machine: its code, what makes it happen, from where to where, who makes it, and what it asks for."""

    code: str
    trigger: str
    start: str
    end: str
    who: str
    asks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class State:
    """One state: the FHIR status it has, and what is owed in it (None: it is over)."""

    name: str
    status: str
    step: str | None
    turn: str | None


@cache
def moves() -> tuple[Move, ...]:
    """Every move of the machine."""
    found = (row for row in table(MACHINE).rows if row.values["kind"] == "move")
    return tuple(
        Move(
            row.code,
            str(row.values["trigger"]),
            str(row.values["from"]),
            str(row.values["to"]),
            str(row.values["who"]),
            tuple(cast(list[str], row.values["asks"])),
        )
        for row in found
    )


@cache
def states() -> Mapping[str, State]:
    """Every state of the machine, by name."""
    found = (row.values for row in table(MACHINE).rows if row.values["kind"] == "state")
    return {
        str(each["state"]): State(str(each["state"]), str(each["status"]), cast(str | None, each["step"]), cast(str | None, each["turn"]))
        for each in found
    }


START = "gathering"


def from_state(state: str) -> tuple[Move, ...]:
    """The moves out of a state."""
    return tuple(move for move in moves() if move.start == state)


def find(start: str, end: str) -> Move | None:
    """The move between two states; None when there is none."""
    return next((move for move in from_state(start) if move.end == end), None)


def apply_by(since: date, last: date | None, calendar: Calendar = US_FEDERAL) -> Answer[date]:
    """Until when an application is sent: ten business days, or its own deadline when that is sooner."""
    row = table(MACHINE).row("limit-apply", max(since, date(2026, 1, 1)))
    answer = add_business_days(since, cast(int, row.values["days"]), calendar)
    if last is not None and last < answer.value:
        answer = Answer(max(last, since), (Step("start", since), Step("moved", max(last, since), "deadline")))
    return Answer(answer.value, answer.steps, f"{MACHINE}/{row.code}", table(MACHINE).version, row.source)


def after(since: date, row: Row, what: str) -> Answer[date]:
    """The last day of a clock of a program: decision_days, answer_days, appeal_days."""
    count = cast(int, row.values[what])
    end = since + timedelta(days=count)
    steps = (Step("start", since), Step("count", end, None, count), Step("end", end))
    return Answer(end, steps, f"{TABLE}/{row.code}", table(TABLE).version, row.source)


def renewal(since: date, row: Row) -> date:
    """The day until which a benefit runs when nobody has said another."""
    months = since.month - 1 + cast(int, row.values["renewal_months"])
    year, month = since.year + months // 12, months % 12 + 1
    for day in range(since.day, 27, -1):
        try:
            return date(year, month, day)
        except ValueError:
            continue
    return date(year, month, min(since.day, 28))


def ahead(ends: date) -> date:
    """From which day on a renewal is on the list."""
    row = table(MACHINE).row("renew-ahead", max(ends, date(2026, 1, 1)))
    return ends - timedelta(days=cast(int, row.values["days"]))
