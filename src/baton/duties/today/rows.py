"""The rows and cards of the worklist: frozen, holding values and codes; the pages put them into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from baton.duties.trace import Trace

if TYPE_CHECKING:
    from baton.duties.contact.safe_contact import SafeContact  # which reads rows itself
    from baton.duties.support.goals import ToAsk

State = Literal["late", "today", "coming", "waiting"]
Gender = Literal["female", "male", "other", "unknown"]
FactValue = str | bool | int | date | datetime


@dataclass(frozen=True, slots=True)
class Why:
    """Why a row is here, in one line: the rule's code (e.g. "transitional-care-adult") and the facts worth saying.

    Facts of the transitional pathway: discharged, booked (datetime), facility, reason, complexity, disposition, requirement (str); of a
    promise made by hand: asked-by (str), asked (datetime, local).
    """

    rule: str
    facts: Mapping[str, FactValue] = field(default_factory=dict)
    known: tuple[tuple[str, FactValue], ...] = ()  # where none of these is told: the first facts its trace knows


@dataclass(frozen=True, slots=True)
class Row:
    """One promise on a worklist. `due` is aware, with the offset of the facility's zone; `late_by` is None unless it is late."""

    task: str
    version: int
    patient: str
    patient_name: str
    gender: Gender
    age: int | None
    language: str | None
    interpreter: bool
    kind: str
    what: str | None
    attempts: int
    due: datetime
    late_by: timedelta | None
    state: State
    why: Why
    owner: str
    owner_name: str
    owner_initials: str
    mine: bool
    waiting_on: str | None
    thread: str | None = None  # the thread it is about, if it is about one
    others: Mapping[str, str] = field(default_factory=dict)  # `what` in other languages, where its words came with them


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the patient is, as a page head shows it. `phone` and `address` are one line each."""

    id: str
    name: str
    gender: Gender
    birth_date: date | None
    age: int | None
    mrn: str | None
    language: str | None
    interpreter: bool
    phone: str | None
    address: str | None
    deceased: bool


@dataclass(frozen=True, slots=True)
class Contact:
    """Someone to call: the patient (relation None) or a person close to them. None where nobody has recorded it.

    `told` is what they may be told (everything, appointments, nothing), `may_be_told` whether that is everything; `ref` the RelatedPerson.
    """

    name: str
    relation: str | None
    phone: str | None
    use: str | None
    may_be_told: bool | None
    preferred: bool
    voicemail_ok: bool | None
    best_time: str | None
    told: str | None = None
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class Medicine:
    """A medicine as its record words it, and what the last stay did to it, where known."""

    text: str
    change: Literal["new", "changed", "stopped"] | None
    reference: str = field(default="", compare=False)  # the order or statement it was read from


@dataclass(frozen=True, slots=True)
class Attempt:
    """One documented attempt to reach someone. `outcome` is a code of CodeSystem contact-outcome.

    `interpreter_kind`: qualified, staff or companion; `against` a code when a message was left that the patient did not want.
    """

    when: datetime
    by: str
    to: str
    outcome: str
    language: str | None
    note: str | None
    minutes: int | None = None
    interpreter: str | None = None
    interpreter_kind: str | None = None
    against: str | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """What a correction moved: `code` names the clock or fact, `was` and `now` its values, `cause` a code, `at` when it was seen."""

    code: str
    was: date | datetime | str
    now: date | datetime | str
    cause: str
    at: datetime
    acknowledged: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """All a call needs, beside the list. `requirement_met`: two timely separate attempts are on record (the promise keeps asking)."""

    row: Row
    identity: Identity
    contacts: tuple[Contact, ...]
    home_since: datetime | None
    facility: str | None
    reason: str | None
    days_in: int | None
    medicines: tuple[Medicine, ...]
    next_visit: datetime | None
    visit_needed_by: datetime | None
    attempts: tuple[Attempt, ...]
    requirement_met: bool
    checklist: tuple[str, ...]
    trace: Trace
    differences: tuple[Difference, ...]
    episode: str | None = None
    safe: SafeContact | None = None
    to_ask: tuple[tuple[str, str], ...] = ()  # (lesson, question) of what was taught and is not yet understood
    goals: tuple[ToAsk, ...] = ()  # the patient's own goals that are pursued, in their words, with what they reported
