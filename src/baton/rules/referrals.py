"""Closed-loop referrals: which moves there are (BSeR and IHE 360X, Gravity), how long each step may take, what a letter must hold.

A state is written "status/business" ("in-progress/5.1.2"), or the bare status where there is no business status. Table: data/referral.json.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal, cast

from baton.rules.answer import Answer
from baton.rules.calendar import US_FEDERAL, Calendar, add_business_days
from baton.rules.tables import Row, table

Kind = Literal["medical", "community"]
Turn = Literal["ours", "theirs", "patient"]
URGENCIES = ("routine", "urgent", "asap", "stat")
STARTS = {"medical": ("draft", "received/2.0"), "community": ("draft", "requested")}
"""The states in which a referral may come into the world."""
ENDS = frozenset({"rejected/4.0", "cancelled/6.0", "completed/7.0", "rejected", "cancelled", "completed", "failed"})
TABLE = "referral"


@dataclass(frozen=True, slots=True)
class Move:
    """One row of a machine: its code (T01, G01), who makes it (initiator, recipient, either), what triggers it, from where, to where."""

    code: str
    who: str
    trigger: str
    start: str
    end: str
    source: str


@dataclass(frozen=True, slots=True)
class Step:
    """What is owed next about a referral: `name` is also its limit in the table and, with "referral-" before it, the promise."""

    name: str
    turn: Turn


def _move(row: Row) -> Move:
    said = {name: str(row.values[name]) for name in ("who", "trigger", "from", "to")}
    return Move(row.code, said["who"], said["trigger"], said["from"], said["to"], row.source)


@cache
def moves(kind: Kind) -> tuple[Move, ...]:
    """Every move of a machine, in the order of its source."""
    return tuple(_move(row) for row in table(TABLE).rows if row.values["kind"] == kind)


@cache
def from_state(kind: Kind, state: str) -> tuple[Move, ...]:
    """The moves out of a state; none out of an end."""
    return tuple(move for move in moves(kind) if move.start == state)


@cache
def states(kind: Kind) -> frozenset[str]:
    """Every state of a machine."""
    return frozenset(state for move in moves(kind) for state in (move.start, move.end))


def find(kind: Kind, start: str, end: str) -> Move | None:
    """The move between two states, or None when there is none: then it is not allowed."""
    return next((move for move in from_state(kind, start) if move.end == end), None)


def by_trigger(kind: Kind, state: str, trigger: str) -> Move | None:
    """The move that a trigger makes out of a state. Two rows of the source may share it (T06 and T31): the more exact end is taken."""
    return next((move for move in from_state(kind, state) if move.trigger == trigger), None)


def needs_reason(status: str) -> bool:
    """Whether a community referral in this status says why (statusReason.text)."""
    return any(row.values["kind"] == "reason" and row.values["status"] == status for row in table(TABLE).rows)


# --- whose turn, and until when -----------------------------------------------------------------------------------------------------------

_STEPS: dict[str, Step] = {
    "draft": Step("send", "ours"),
    "received/2.0": Step("answer", "theirs"),
    "requested": Step("answer", "theirs"),
    "accepted/3.0": Step("book", "theirs"),
    "accepted": Step("book", "theirs"),
    "in-progress/5.1": Step("book", "theirs"),
    "in-progress/5.1.1": Step("visit", "patient"),
    "in-progress/5.1.2": Step("rebook", "ours"),
    "in-progress/5.1.3": Step("rebook", "ours"),
    "in-progress/5.1.4": Step("result", "theirs"),
    "in-progress": Step("result", "theirs"),
    "in-progress/5.2": Step("cancellation", "theirs"),
    "on-hold": Step("hold", "ours"),
    "rejected/4.0": Step("reroute", "ours"),
    "rejected": Step("reroute", "ours"),
    "failed": Step("reroute", "ours"),
}
_RESULT, _REVIEW, _TELL = Step("result", "theirs"), Step("review", "ours"), Step("tell", "ours")
STEPS = ("send", "answer", "book", "visit", "rebook", "result", "review", "tell", "cancellation", "reroute", "hold")
"""Every step there is, in the order of a loop that goes well first."""


def next_step(state: str, *, result: bool = False, reviewed: bool = False, told: bool = False, settled: bool = False) -> Step | None:
    """What is owed next; None when the loop is closed.

    Service completed is not a closed loop: a result must be here, somebody must have reviewed it, and the patient must have been told.
    `settled`: it was closed without a result, or routed to somebody else, for a reason that is on record.
    """
    if state.partition("/")[0] == "completed":
        if settled:
            return None if told else _TELL
        if not result:
            return _RESULT
        return _REVIEW if not reviewed else None if told else _TELL
    return None if settled else _STEPS.get(state)


def limit(step: str, urgency: str, since: date, calendar: Calendar = US_FEDERAL) -> Answer[date]:
    """The last day of a step that began on a day, by urgency, in business days; an urgency nobody knows counts as routine."""
    rows = [each for each in table(TABLE).rows if each.code == f"limit-{step}"]
    row = next((each for each in rows if each.in_force(since)), rows[0])  # a referral older than the table keeps its first limit
    answer = add_business_days(since, cast(int, row.values[urgency if urgency in URGENCIES else "routine"]), calendar)
    return Answer(answer.value, answer.steps, f"{TABLE}/{row.code}", table(TABLE).version, row.source)


def link_days(on: date) -> int:
    """How many days a link lives with which an outside office answers a referral."""
    return cast(int, table(TABLE).row("answer-link", on).values["days"])


# --- what a referral must hold before it is sent -----------------------------------------------------------------------------------------


def content(specialty: str | None) -> tuple[str, ...]:
    """What a complete referral to this specialty holds, as codes: what every one holds, then the specialty's own."""
    rows = {str(row.values["specialty"]): row for row in table(TABLE).rows if row.values["kind"] == "content"}
    own = cast(list[str], rows[specialty].values["items"]) if specialty in rows else []
    return (*cast(list[str], rows["any"].values["items"]), *own)


def specialties() -> tuple[str, ...]:
    """The specialties that ask for something of their own."""
    return tuple(str(row.values["specialty"]) for row in table(TABLE).rows if row.values["kind"] == "content" and row.code != "content-any")


def missing(specialty: str | None, there: Iterable[str]) -> tuple[str, ...]:
    """What of that is not there yet."""
    have = set(there)
    return tuple(item for item in content(specialty) if item not in have)


def baseline() -> float:
    """The share of referrals that get as far as a completed appointment elsewhere, in percent."""
    return float(cast(float, next(row for row in table(TABLE).rows if row.values["kind"] == "baseline").values["percent"]))
